//! `RouterConfig`, its validation and diff, and the front ends that produce it: bird.conf in both
//! dialects, and TOML.
//!
//! [`diff()`] says what a new configuration changes.
#![forbid(unsafe_code)]

mod birdconf;
mod constants;
mod defaults;
mod diff;
mod load;
mod model;
mod toml_front;

pub use constants::constants_from_database;
pub use diff::{ChangeKind, ChannelChange, ConfigDiff, GlobalChange, ProtocolChange, diff};
pub use load::{Format, LoadOptions, Loaded, load};
pub use model::*;
