//! BGP on the wire: messages, capabilities, path attributes and NLRI, parsed and encoded.
//!
//! This crate knows bytes and nothing else: no sockets, no clock, no policy, no tables. What it
//! encodes it decodes to the same value. A parser never panics and never allocates more than a
//! small multiple of its input; an attribute error is its RFC 7606 treatment.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod afi;
mod as_path;
mod attribute_error;
mod attributes;
mod capability;
mod community;
mod encode;
mod error;
mod excerpt;
mod frame;
pub mod limits;
mod nlri;
mod notification;
mod open;
mod route_refresh;
mod text;
mod update;
pub mod well_known;

pub use afi::AddressFamily;
pub use as_path::{AsPath, AsPathBuilder, Segment, SegmentKind, is_private_as};
pub use attribute_error::{AttributeError, Fault, Treatment};
pub use attributes::{Aggregator, Origin, PathAttributes, RareAttributes, UnknownAttribute};
pub use capability::{
    AddPathFamily, Capability, ExtendedNextHopFamily, GracefulRestart, GracefulRestartFamily, Hostname,
    LongLivedFamily, Role,
};
pub use community::{ExtendedCommunity, LargeCommunity};
pub use encode::{
    EncodeContext, EncodeError, announce_ipv4, announce_ipv6, encode_attributes, end_of_rib, withdraw_ipv4,
    withdraw_ipv6,
};
pub use error::MessageError;
pub use excerpt::Excerpt;
pub use frame::{
    EXTENDED_MESSAGE_LEN_MAX, Frame, HEADER_LEN, MESSAGE_LEN_MAX, MessageType, encode_keepalive, next_frame,
};
pub use nlri::{
    Ipv4Nlri, Ipv6Nlri, NlriItem, PathNlri, ipv4_nlri, ipv4_path_nlri, ipv6_nlri, ipv6_path_nlri,
};
pub use notification::{Notification, cease};
pub use open::{AS_TRANS, Open};
pub use route_refresh::{RefreshKind, RouteRefresh};
pub use update::{
    AttributeContext, MpReach, MpUnreach, ParsedAttributes, UpdateFrame, end_of_rib_family, parse_attributes,
    split_update,
};
