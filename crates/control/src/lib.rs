//! Calico's resources in, a router's configuration out.
//!
//! A [`backend`] watches a datastore and says what it sees as [`Update`]s; [`decode`] has already made
//! [`Resource`]s of them. Everything between those and the `RouterConfig` is without I/O.
#![forbid(unsafe_code)]

pub mod backend;
pub mod cluster;
mod compile;
pub mod decode;
pub mod follow;
pub mod resource;
pub mod selector;
pub mod settings;
pub mod state_file;
pub mod status;
pub mod update;
mod yaml;

pub use compile::{Compiler, Family, Fidelity, NodeConfig, Problem, Work, hash_id};
pub use resource::{Id, Kind, Resource};
pub use selector::Selector;
pub use update::{Demand, Object, Scope, Update};
