//! BGP on the wire: messages, capabilities, path attributes and NLRI, parsed and encoded.
//!
//! This crate knows bytes and nothing else: no sockets, no clock, no policy, no tables. What it
//! encodes it decodes to the same value. A parser never panics and never allocates more than a
//! small multiple of its input; an attribute error is its RFC 7606 treatment.
#![forbid(unsafe_code)]

mod afi;
mod as_path;
mod attributes;
mod capability;
mod community;

pub use afi::AddressFamily;
pub use as_path::{AsPath, AsPathBuilder, Segment, SegmentKind};
pub use attributes::{Aggregator, Origin, PathAttributes, RareAttributes, UnknownAttribute};
pub use capability::{Capability, GracefulRestart, GracefulRestartFamily};
pub use community::{ExtendedCommunity, LargeCommunity};
