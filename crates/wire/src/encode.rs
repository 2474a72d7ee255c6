//! UPDATE: from attributes and nets to bytes. Attributes are encoded once and copied into as many
//! messages as their nets need.

use std::net::{IpAddr, Ipv6Addr};

use bytes::{BufMut, BytesMut};
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::frame::{EXTENDED_MESSAGE_LEN_MAX, HEADER_LEN, put_message};
use crate::nlri::NlriItem;
use crate::update::{EXTENDED_LENGTH, OPTIONAL, PARTIAL, TRANSITIVE, as4};
use crate::{AddressFamily, Aggregator, MessageType, PathAttributes};

/// What of the session matters for writing UPDATEs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EncodeContext {
    /// Both ends use 4-octet AS numbers.
    pub four_octet_as: bool,
    /// The longest message the neighbor takes, octets.
    pub message_len_max: usize,
}

impl EncodeContext {
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

/// Appends attributes in ascending order of type code (RFC 4271 §5), NEXT_HOP only if the next hop
/// is IPv4 and `with_next_hop`. Community lists go out sorted and without repetition.
pub fn encode_attributes(
    a: &PathAttributes,
    with_next_hop: bool,
    context: &EncodeContext,
    out: &mut Vec<u8>,
) {
    if let Some(origin) = a.origin {
        attribute(out, TRANSITIVE, 1, &[origin as u8]);
    }
    if let Some(path) = &a.as_path {
        if context.four_octet_as {
            attribute(out, TRANSITIVE, 2, path.as_wire());
        } else {
            attribute(out, TRANSITIVE, 2, &as4::narrow(path));
        }
    }
    if let (true, Some(IpAddr::V4(next_hop))) = (with_next_hop, a.next_hop) {
        attribute(out, TRANSITIVE, 3, &next_hop.octets());
    }
    if let Some(med) = a.med {
        attribute(out, OPTIONAL, 4, &med.to_be_bytes());
    }
    if let Some(local_pref) = a.local_pref {
        attribute(out, TRANSITIVE, 5, &local_pref.to_be_bytes());
    }
    let Some(rare) = a.rare.as_deref() else {
        sorted_list(out, OPTIONAL | TRANSITIVE, 8, &a.communities, u32::to_be_bytes);
        if !context.four_octet_as {
            put_as4_path(a, out);
        }
        return;
    };
    if rare.atomic_aggregate {
        attribute(out, TRANSITIVE, 6, &[]);
    }
    if let Some(aggregator) = rare.aggregator {
        if context.four_octet_as {
            put_aggregator(out, 7, &aggregator.asn.to_be_bytes(), aggregator);
        } else {
            put_aggregator(out, 7, &as4::narrow_as(aggregator.asn).to_be_bytes(), aggregator);
        }
    }
    sorted_list(out, OPTIONAL | TRANSITIVE, 8, &a.communities, u32::to_be_bytes);
    if let Some(id) = rare.originator_id {
        attribute(out, OPTIONAL, 9, &id.octets());
    }
    list(out, OPTIONAL, 10, &rare.cluster_list, u32::to_be_bytes);
    let unknown = |out: &mut Vec<u8>, codes: std::ops::RangeInclusive<u8>| {
        for u in rare.unknown.iter().filter(|u| codes.contains(&u.code)) {
            attribute(out, u.flags & (OPTIONAL | TRANSITIVE | PARTIAL), u.code, &u.value);
        }
    };
    unknown(out, 0..=15);
    sorted_list(out, OPTIONAL | TRANSITIVE, 16, &rare.ext_communities, |c| c.0.to_be_bytes());
    if !context.four_octet_as {
        put_as4_path(a, out);
        if let Some(aggregator) = rare.aggregator.filter(|g| g.asn > u32::from(u16::MAX)) {
            put_aggregator(out, 18, &aggregator.asn.to_be_bytes(), aggregator);
        }
    }
    unknown(out, 17..=31);
    sorted_list(out, OPTIONAL | TRANSITIVE, 32, &rare.large_communities, |c| {
        let mut octets = [0; 12];
        for (to, from) in octets.chunks_exact_mut(4).zip([c.global, c.data1, c.data2]) {
            to.copy_from_slice(&from.to_be_bytes());
        }
        octets
    });
    unknown(out, 33..=255);
}

/// AGGREGATOR or AS4_AGGREGATOR.
fn put_aggregator(out: &mut Vec<u8>, code: u8, asn: &[u8], aggregator: Aggregator) {
    attribute_head(out, OPTIONAL | TRANSITIVE, code, asn.len() + 4);
    out.extend_from_slice(asn);
    out.extend_from_slice(&aggregator.address.octets());
}

/// AS4_PATH, where the 2-octet path lost something.
fn put_as4_path(a: &PathAttributes, out: &mut Vec<u8>) {
    if let Some(path) = a.as_path.as_ref().and_then(as4::as4_path_for) {
        attribute(out, OPTIONAL | TRANSITIVE, 17, path.as_wire());
    }
}

fn attribute(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    attribute_head(out, flags, code, value.len());
    out.extend_from_slice(value);
}

/// Flags, code and length. A length no attribute can have makes the block too long for any message,
/// which is found out when it is put into one.
fn attribute_head(out: &mut Vec<u8>, flags: u8, code: u8, len: usize) {
    if let Ok(len) = u8::try_from(len) {
        out.extend_from_slice(&[flags, code, len]);
    } else {
        out.extend_from_slice(&[flags | EXTENDED_LENGTH, code]);
        out.extend_from_slice(&(len.min(usize::from(u16::MAX)) as u16).to_be_bytes());
    }
}

/// A list of items of `N` octets, if there are any.
fn list<T: Copy, const N: usize>(
    out: &mut Vec<u8>,
    flags: u8,
    code: u8,
    items: &[T],
    octets: impl Fn(T) -> [u8; N],
) {
    if items.is_empty() {
        return;
    }
    attribute_head(out, flags, code, items.len() * N);
    for item in items {
        out.extend_from_slice(&octets(*item));
    }
}

fn sorted_list<T: Copy + Ord, const N: usize>(
    out: &mut Vec<u8>,
    flags: u8,
    code: u8,
    items: &[T],
    octets: impl Fn(T) -> [u8; N],
) {
    if items.is_sorted_by(|a, b| a < b) {
        return list(out, flags, code, items, octets);
    }
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    list(out, flags, code, &sorted, octets);
}

/// Appends UPDATEs that announce IPv4 nets in the NLRI field, with path identifiers if they have
/// them. With no nets nothing is appended: the call only tells whether the attributes fit.
///
/// # Errors
/// The attributes leave no room for a prefix, or the next hop is not IPv4; nothing was appended.
pub fn announce_ipv4<N: NlriItem<Net = Ipv4Network>>(
    attributes: &PathAttributes,
    nets: &[N],
    context: &EncodeContext,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    if !matches!(attributes.next_hop, Some(IpAddr::V4(_))) {
        return Err(EncodeError::NextHop);
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

/// Appends UPDATEs that announce IPv6 nets in MP_REACH_NLRI, which stands first (RFC 7606 §5.1).
/// Nets may have path identifiers. With no nets the call only tells whether the attributes fit.
///
/// # Errors
/// The attributes leave no room for a prefix, or there is no IPv6 next hop; nothing was appended.
pub fn announce_ipv6<N: NlriItem<Net = Ipv6Network>>(
    attributes: &PathAttributes,
    nets: &[N],
    context: &EncodeContext,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let Some(IpAddr::V6(next_hop)) = attributes.next_hop else { return Err(EncodeError::NextHop) };
    let link_local = attributes.rare.as_ref().and_then(|r| r.link_local_next_hop);
    let link_local = link_local.filter(|ll| *ll != next_hop);
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
                put_family(AddressFamily::IPV6, out);
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
