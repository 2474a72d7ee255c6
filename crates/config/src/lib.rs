//! `RouterConfig`, its validation and diff, and the front ends that produce it: bird.conf in both
//! dialects, and TOML.
#![forbid(unsafe_code)]

mod diff;
mod model;

pub use diff::{ChangeKind, ConfigDiff, ProtocolChange, diff};
pub use model::*;
