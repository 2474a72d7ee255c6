//! BIRD's control socket: the server, the text formats of both dialects, and a client.
//!
//! [`command::parse`] and everything in [`format`] know neither sockets nor clocks.
#![forbid(unsafe_code)]

use std::future::Future;
use std::pin::Pin;

use godwit_api::{Reply, Request};

pub mod client;
pub mod command;
mod execute;
pub mod format;
mod framing;
mod policy;
mod server;

pub use client::{ClientArgs, run_client};
pub use framing::Framer;
pub use server::{BindError, ServerConfig, bind, converse, serve};

/// Whoever answers for the router.
pub trait Backend: Send + Sync + 'static {
    /// Answers one question.
    fn ask(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>>;
}
