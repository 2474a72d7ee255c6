//! Everything that reads a Calico node's BGP daemon: each consumer does here what it does there, first with
//! BIRD 1.6.8, then with godwit and the same configuration, and has to come to the same.

mod calicoctl;
mod container;
mod exporter;
mod others;
mod pace;
mod probes;
mod reporter;
mod restart;
mod scene;
mod seen;
mod wire;
mod words;
