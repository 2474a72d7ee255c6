//! UPDATE: from attributes and nets to bytes. Attributes are encoded once and copied into as many
//! messages as their nets need.

mod attributes;

use std::net::{IpAddr, Ipv6Addr};

use bytes::{BufMut, BytesMut};
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::frame::{EXTENDED_MESSAGE_LEN_MAX, HEADER_LEN, MESSAGE_LEN_MAX, put_message};
use crate::nlri::NlriItem;
use crate::update::{EXTENDED_LENGTH, OPTIONAL};
use crate::{AddressFamily, MessageType, PathAttributes};

pub use attributes::encode_attributes;

/// What of the session matters for writing UPDATEs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EncodeContext {
    /// Both ends use 4-octet AS numbers.
    pub four_octet_as: bool,
    /// The longest message the neighbor takes, octets: [`crate::MESSAGE_LEN_MAX`], or
    /// [`EXTENDED_MESSAGE_LEN_MAX`] if it announced so (RFC 8654).
    pub message_len_max: usize,
    /// AIGP goes to the neighbor (RFC 7311 §3.3); otherwise it is left out.
    pub aigp: bool,
    /// Nets of one family may go with next hops of the other: IPv4 nets with IPv6 next hops (RFC 8950),
    /// IPv6 nets with IPv4 next hops, IPv4-mapped.
    pub extended_next_hop: bool,
}

/// What any neighbor of today takes: 4-octet ASes, messages of 4,096 octets, nothing that has to be
/// negotiated.
impl Default for EncodeContext {
    fn default() -> Self {
        Self::PLAIN
    }
}

impl EncodeContext {
    /// The default.
    pub const PLAIN: Self =
        Self { four_octet_as: true, message_len_max: MESSAGE_LEN_MAX, aigp: false, extended_next_hop: false };

    /// What a message has left beside `fixed` octets, if that is `least` or more.
    fn room(&self, fixed: usize, least: usize) -> Result<usize, EncodeError> {
        let len_max = self.message_len_max.min(EXTENDED_MESSAGE_LEN_MAX);
        len_max.checked_sub(fixed).filter(|room| *room >= least).ok_or(EncodeError::TooLong)
    }
}

/// Why routes cannot be announced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodeError {
    /// The attributes leave no room for a single prefix in a message.
    TooLong,
    /// The next hop is missing or of another family.
    NextHop,
}

impl std::fmt::Display for EncodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the attributes do not fit in a message",
            Self::NextHop => "there is no next hop of the family",
        })
    }
}

impl std::error::Error for EncodeError {}

/// Octets of an UPDATE beside attributes and nets: header and the two length fields.
const UPDATE_OVERHEAD: usize = HEADER_LEN + 4;

/// Appends UPDATEs that announce IPv4 nets, with path identifiers if they have them: in the NLRI field,
/// or with an IPv6 next hop in MP_REACH_NLRI (RFC 8950). With no nets nothing is appended: the call only
/// tells whether the attributes fit.
///
/// # Errors
/// The attributes leave no room for a prefix, or there is no next hop the neighbor understands; nothing
/// was appended.
pub fn announce_ipv4<N: NlriItem<Net = Ipv4Network>>(
    attributes: &PathAttributes,
    nets: &[N],
    context: &EncodeContext,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    match attributes.next_hop {
        Some(IpAddr::V4(_)) => {}
        Some(IpAddr::V6(next_hop)) if context.extended_next_hop => {
            return announce_mp(AddressFamily::IPV4, next_hop, attributes, nets, context, out);
        }
        _ => return Err(EncodeError::NextHop),
    }
    let mut block = Vec::with_capacity(96);
    encode_attributes(attributes, true, context, &mut block);
    let room = context.room(UPDATE_OVERHEAD + block.len(), N::LEN_MAX)?;
    let mut rest = nets;
    while !rest.is_empty() {
        put_message(out, MessageType::Update, |out| {
            out.put_u16(0);
            out.put_u16(block.len() as u16);
            out.put_slice(&block);
            rest = put_nets(rest, room, out);
        });
    }
    Ok(())
}

/// Writes as many nets as fit and returns the others.
fn put_nets<'n, N: NlriItem>(nets: &'n [N], room: usize, out: &mut BytesMut) -> &'n [N] {
    let mut left = room;
    let mut rest = nets;
    while let Some((net, after)) = rest.split_first() {
        let len = net.nlri_len();
        if len > left {
            break;
        }
        left -= len;
        net.put(out);
        rest = after;
    }
    rest
}

/// Appends UPDATEs that announce IPv6 nets in MP_REACH_NLRI. Nets may have path identifiers. With no
/// nets the call only tells whether the attributes fit.
///
/// # Errors
/// The attributes leave no room for a prefix, or there is no next hop the neighbor understands; nothing
/// was appended.
pub fn announce_ipv6<N: NlriItem<Net = Ipv6Network>>(
    attributes: &PathAttributes,
    nets: &[N],
    context: &EncodeContext,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let next_hop = match attributes.next_hop {
        Some(IpAddr::V6(next_hop)) => next_hop,
        Some(IpAddr::V4(next_hop)) if context.extended_next_hop => next_hop.to_ipv6_mapped(),
        _ => return Err(EncodeError::NextHop),
    };
    announce_mp(AddressFamily::IPV6, next_hop, attributes, nets, context, out)
}

/// MP_REACH_NLRI stands first (RFC 7606 §5.1).
fn announce_mp<N: NlriItem>(
    family: AddressFamily,
    next_hop: Ipv6Addr,
    attributes: &PathAttributes,
    nets: &[N],
    context: &EncodeContext,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let link_local = attributes.rare.as_ref().and_then(|r| r.link_local_next_hop);
    let link_local = link_local.filter(|_| next_hop.to_ipv4_mapped().is_none());
    let mut block = Vec::with_capacity(96);
    encode_attributes(attributes, false, context, &mut block);
    let next_hop_len = if link_local.is_some() { 32 } else { 16 };
    // Flags, code, length; family, next hop length, reserved octet.
    let fixed = UPDATE_OVERHEAD + block.len() + 4 + 5 + next_hop_len;
    let room = context.room(fixed, N::LEN_MAX)?;
    let mut rest = nets;
    while !rest.is_empty() {
        put_message(out, MessageType::Update, |out| {
            out.put_u16(0);
            let attributes_len = out.len();
            out.put_u16(0);
            rest = put_mp(14, out, |out| {
                put_family(family, out);
                put_next_hop(next_hop, link_local, out);
                out.put_u8(0);
                put_nets(rest, room, out)
            });
            out.put_slice(&block);
            patch_len(out, attributes_len);
        });
    }
    Ok(())
}

fn put_family(family: AddressFamily, out: &mut BytesMut) {
    out.put_u16(family.afi);
    out.put_u8(family.safi);
}

fn put_next_hop(global: Ipv6Addr, link_local: Option<Ipv6Addr>, out: &mut BytesMut) {
    out.put_u8(if link_local.is_some() { 32 } else { 16 });
    out.put_slice(&global.octets());
    if let Some(link_local) = link_local {
        out.put_slice(&link_local.octets());
    }
}

/// Appends an MP attribute with an extended length.
fn put_mp<R>(code: u8, out: &mut BytesMut, value: impl FnOnce(&mut BytesMut) -> R) -> R {
    out.put_u8(OPTIONAL | EXTENDED_LENGTH);
    out.put_u8(code);
    let len = out.len();
    out.put_u16(0);
    let result = value(out);
    patch_len(out, len);
    result
}

/// Writes into the 2-octet field at `at` how much follows it.
fn patch_len(out: &mut BytesMut, at: usize) {
    let len = (out.len() - at - 2) as u16;
    if let Some(field) = out.get_mut(at..at + 2) {
        field.copy_from_slice(&len.to_be_bytes());
    }
}

/// Appends UPDATEs that withdraw IPv4 nets.
pub fn withdraw_ipv4<N: NlriItem<Net = Ipv4Network>>(nets: &[N], message_len_max: usize, out: &mut BytesMut) {
    let room = message_len_max.min(EXTENDED_MESSAGE_LEN_MAX).saturating_sub(UPDATE_OVERHEAD).max(N::LEN_MAX);
    let mut rest = nets;
    while !rest.is_empty() {
        put_message(out, MessageType::Update, |out| {
            let len = out.len();
            out.put_u16(0);
            rest = put_nets(rest, room, out);
            patch_len(out, len);
            out.put_u16(0);
        });
    }
}

/// Appends UPDATEs that withdraw IPv6 nets in MP_UNREACH_NLRI.
pub fn withdraw_ipv6<N: NlriItem<Net = Ipv6Network>>(nets: &[N], message_len_max: usize, out: &mut BytesMut) {
    let room =
        message_len_max.min(EXTENDED_MESSAGE_LEN_MAX).saturating_sub(UPDATE_OVERHEAD + 4 + 3).max(N::LEN_MAX);
    let mut rest = nets;
    while !rest.is_empty() {
        put_message(out, MessageType::Update, |out| {
            out.put_u16(0);
            let len = out.len();
            out.put_u16(0);
            rest = put_mp(15, out, |out| {
                put_family(AddressFamily::IPV6, out);
                put_nets(rest, room, out)
            });
            patch_len(out, len);
        });
    }
}

/// Appends a family's End-of-RIB marker (RFC 4724 §2).
pub fn end_of_rib(family: AddressFamily, out: &mut BytesMut) {
    put_message(out, MessageType::Update, |out| {
        out.put_u16(0);
        let len = out.len();
        out.put_u16(0);
        if family != AddressFamily::IPV4 {
            out.put_slice(&[OPTIONAL, 15, 3]);
            put_family(family, out);
        }
        patch_len(out, len);
    });
}
