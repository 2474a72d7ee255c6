//! Path attributes: from values to octets, in ascending order.

use std::net::IpAddr;

use super::EncodeContext;
use crate::update::{EXTENDED_LENGTH, OPTIONAL, PARTIAL, TRANSITIVE, as4};
use crate::{Aggregator, PathAttributes, RareAttributes};

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
    unknown(out, 17..=25);
    if context.aigp {
        put_aigp(rare, out);
    }
    unknown(out, 27..=31);
    sorted_list(out, OPTIONAL | TRANSITIVE, 32, &rare.large_communities, |c| {
        let mut octets = [0; 12];
        for (to, from) in octets.chunks_exact_mut(4).zip([c.global, c.data1, c.data2]) {
            to.copy_from_slice(&from.to_be_bytes());
        }
        octets
    });
    unknown(out, 33..=34);
    if let Some(asn) = rare.only_to_customer {
        attribute(out, OPTIONAL | TRANSITIVE, 35, &asn.to_be_bytes());
    }
    unknown(out, 36..=255);
}

/// AGGREGATOR or AS4_AGGREGATOR.
fn put_aggregator(out: &mut Vec<u8>, code: u8, asn: &[u8], aggregator: Aggregator) {
    attribute_head(out, OPTIONAL | TRANSITIVE, code, asn.len() + 4);
    out.extend_from_slice(asn);
    out.extend_from_slice(&aggregator.address.octets());
}

/// AIGP: the metric in a TLV of type 1, then the TLVs that came with it (RFC 7311 §3).
fn put_aigp(rare: &RareAttributes, out: &mut Vec<u8>) {
    let metric_len = if rare.aigp.is_some() { 11 } else { 0 };
    let len = metric_len + rare.aigp_tlvs.len();
    if len == 0 {
        return;
    }
    attribute_head(out, OPTIONAL, 26, len);
    if let Some(metric) = rare.aigp {
        out.extend_from_slice(&[1, 0, 11]);
        out.extend_from_slice(&metric.to_be_bytes());
    }
    out.extend_from_slice(&rare.aigp_tlvs);
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
