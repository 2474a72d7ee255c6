use std::fmt;

use bytes::Bytes;

use crate::{AttributeError, Excerpt, Notification};

/// What is wrong with a message as a whole: it ends the session with exactly one NOTIFICATION.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MessageError {
    /// The marker is not all ones (RFC 4271 §6.1).
    Marker,
    /// The length field is out of bounds for its type.
    Length(u16),
    /// No such message type.
    Type(u8),
    /// OPEN: a version other than 4.
    Version(u8),
    /// OPEN: the optional parameters do not fit their lengths.
    OpenMalformed,
    /// OPEN: a parameter that is neither a capability nor known.
    OptionalParameter(u8),
    /// OPEN: hold time of one or two seconds.
    HoldTime(u16),
    /// UPDATE: lengths that contradict each other, so that the NLRI cannot be found.
    AttributeList {
        /// What is wrong.
        what: &'static str,
        /// Where: the UPDATE from the length field on, or the attribute.
        excerpt: Excerpt,
    },
    /// UPDATE: an attribute error that asks for routes to be withdrawn, and no routes to withdraw
    /// (RFC 7606 §5.2).
    NothingToWithdraw(AttributeError),
    /// UPDATE: MP_REACH_NLRI whose next hop cannot be, so that its NLRI cannot be found.
    OptionalAttribute {
        /// What is wrong.
        what: &'static str,
        /// Where the attribute begins, octets from the start of the attribute block.
        offset: usize,
        /// The attribute from its flags on.
        attribute: Bytes,
    },
    /// UPDATE: a prefix that cannot be: longer than its family's addresses, or cut short.
    NetworkField {
        /// What is wrong.
        what: &'static str,
        /// Where the prefix begins, octets from the start of its field.
        offset: usize,
        /// The field from the prefix on.
        excerpt: Excerpt,
    },
    /// ROUTE-REFRESH of a wrong length (RFC 7313 §5): the whole message.
    RouteRefreshLength(Bytes),
}

impl MessageError {
    /// The NOTIFICATION for it (RFC 4271 §6).
    pub fn notification(&self) -> Notification {
        let (code, subcode, data) = match self {
            Self::Marker => (1, 1, Bytes::new()),
            Self::Length(n) => (1, 2, Bytes::copy_from_slice(&n.to_be_bytes())),
            Self::Type(n) => (1, 3, Bytes::copy_from_slice(&[*n])),
            Self::Version(_) => (2, 1, Bytes::from_static(&[0, 4])),
            Self::OpenMalformed => (2, 0, Bytes::new()),
            Self::OptionalParameter(_) => (2, 4, Bytes::new()),
            Self::HoldTime(_) => (2, 6, Bytes::new()),
            Self::AttributeList { .. } | Self::NothingToWithdraw(_) => (3, 1, Bytes::new()),
            Self::OptionalAttribute { attribute, .. } => (3, 9, attribute.clone()),
            Self::NetworkField { .. } => (3, 10, Bytes::new()),
            Self::RouteRefreshLength(message) => (7, 1, message.clone()),
        };
        Notification { code, subcode, data }
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marker => f.write_str("Connection not synchronized"),
            Self::Length(n) => write!(f, "Bad message length: {n}"),
            Self::Type(n) => write!(f, "Bad message type: {n}"),
            Self::Version(n) => write!(f, "Unsupported version number: {n}"),
            Self::OpenMalformed => f.write_str("Invalid OPEN message: optional parameters"),
            Self::OptionalParameter(n) => write!(f, "Unsupported optional parameter: {n}"),
            Self::HoldTime(n) => write!(f, "Unacceptable hold time: {n}"),
            Self::AttributeList { what, excerpt } => {
                write!(f, "Malformed attribute list: {what} <{excerpt}>")
            }
            Self::NothingToWithdraw(error) => {
                f.write_str("Malformed attribute list: ")?;
                error.tell(f)?;
                write!(f, " in an UPDATE without reachable routes <{}>", error.excerpt)
            }
            Self::OptionalAttribute { what, offset, attribute } => {
                write!(f, "Optional attribute error: {what} at octet {offset} <{}>", Excerpt::new(attribute))
            }
            Self::NetworkField { what, offset, excerpt } => {
                write!(f, "Invalid network field: {what} at octet {offset} <{excerpt}>")
            }
            Self::RouteRefreshLength(m) => write!(f, "Invalid ROUTE-REFRESH message length: {}", m.len()),
        }
    }
}

impl std::error::Error for MessageError {}
