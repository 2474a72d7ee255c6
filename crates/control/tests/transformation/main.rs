//! From resources to routers: every rule and trap of calico.md that belongs there, as a node sees it.
#![allow(missing_docs, clippy::expect_used)]

mod changes;
mod common;
mod explicit_peers;
mod extra;
mod mesh;
mod policy;
mod services;
mod times;
