//! A Kubernetes API server for tests.
//!
//! It keeps objects in memory and speaks the documented API over plain HTTP on loopback: one revision counter over
//! all resources, lists with pages pinned to a revision, watches with bookmarks and initial events, and every way a
//! client may be told that its revision is too old or from the future. A [`Handle`] changes objects directly and
//! makes the server fail: dropped and frozen watches, answers cut in half, refused tokens, compaction, a restart with
//! the state of an old backup.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use apiserver_double::{CalicoApi, Server};
//! use serde_json::json;
//!
//! let server = Server::builder().calico(CalicoApi::V1).start().await?;
//! let handle = server.handle();
//! handle.create(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}))?;
//! println!("{}/api/v1/nodes", server.url());
//! handle.compact();
//! # Ok(()) }
//! ```
//!
//! Two names identify things throughout: a *resource* is `apiVersion/plural` (`"v1/nodes"`,
//! `"crd.projectcalico.org/v1/ippools"`), an *object* is `name` or `namespace/name`.
//!
//! Nothing grows without bound: the history of changes is a ring ([`Builder::history`]) and so is the log of requests.
//! Timers are tokio's, so a test may pause and advance them. What is deliberately absent: protobuf, server-side apply,
//! strategic merge patch, collection deletes, conversion between versions, schema validation.

mod access;
mod continuation;
mod fault;
mod handle;
mod http;
mod kinds;
mod listener;
mod log;
mod merge_patch;
mod selector;
mod server;
mod shared;
mod status;
mod store;

pub use access::Verb;
pub use fault::{Action, Fault};
pub use handle::Handle;
pub use kinds::{CalicoApi, Kind};
pub use log::Logged;
pub use server::{Builder, ExpiredWatch, FutureWatch, Server};
pub use status::Failure;
pub use store::Snapshot;
