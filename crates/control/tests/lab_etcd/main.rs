//! The etcd backend against Debian's etcd, on loopback.
//!
//! The programs `etcd`, `etcdctl` and, for certificates, `openssl` have to be there.

mod certificates;
mod cluster;
mod failures;
mod login;
mod relay;
mod server;
mod tls;
mod watched;
mod watching;
