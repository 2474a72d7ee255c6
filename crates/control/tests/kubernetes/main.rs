//! A Kubernetes API server as a datastore: what is read of it, and how faults are survived.

mod access;
mod cluster;
mod demand;
mod faults;
mod groups;
mod kinds;
mod lists;
mod past;
mod tls;
mod watches;
