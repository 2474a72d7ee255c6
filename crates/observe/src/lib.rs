//! What the router tells of itself without being asked: the log, in BIRD's form or as JSON.
#![forbid(unsafe_code)]

mod log;

pub use log::{Log, router};
