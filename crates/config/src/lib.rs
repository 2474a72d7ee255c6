//! `RouterConfig`, its validation and diff, and the front ends that produce it: bird.conf in both
//! dialects, and TOML.
//!
//! [`load`] reads a text in either language; [`diff`] says what a new configuration changes.
#![forbid(unsafe_code)]

mod bird;
mod check;
mod compare;
mod constants;
mod convert;
mod defaults;
mod diff;
mod extra;
mod format;
mod lang;
mod load;
mod model;
mod print;
mod toml;

pub use check::{Problem, validate};
pub use compare::{Difference, compare};
pub use constants::constants_from_database;
pub use convert::{Converted, Language, convert};
pub use diff::{ChangeKind, ChannelChange, ChannelFault, ConfigDiff, GlobalChange, ProtocolChange, diff};
pub use extra::{Applied, Extra, ExtraError};
pub use format::format;
pub use load::{Format, IncludeLoader, LoadOptions, Loaded, load};
pub use model::*;
pub use print::{Parts, print, print_parts, print_without_secrets};
