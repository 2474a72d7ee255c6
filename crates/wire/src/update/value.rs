//! The values of path attributes: each function gives a value, or what is wrong with it and its
//! RFC 7606 treatment.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::SegmentKind::ConfedSequence;
use crate::attribute_error::{Fault, Treatment};
use crate::limits::{AS_PATH_MAX, COMMUNITIES_MAX};
use crate::{AddressFamily, Aggregator, AsPath, ExtendedCommunity, LargeCommunity, Origin, SegmentKind};

use super::{AttributeContext, as4};

pub(super) type Judged<T> = Result<T, (Fault, Treatment)>;

const LENGTH: (Fault, Treatment) = (Fault::Length, Treatment::Withdraw);
const VALUE: (Fault, Treatment) = (Fault::Value, Treatment::Withdraw);
const TOO_MANY: (Fault, Treatment) = (Fault::TooMany, Treatment::Withdraw);

pub(super) fn origin(value: &[u8]) -> Judged<Origin> {
    match value {
        [0] => Ok(Origin::Igp),
        [1] => Ok(Origin::Egp),
        [2] => Ok(Origin::Incomplete),
        [_] => Err(VALUE),
        _ => Err(LENGTH),
    }
}

pub(super) fn as_path(value: &[u8], context: &AttributeContext) -> Judged<AsPath> {
    let path = if context.four_octet_as { AsPath::from_wire(value) } else { as4::widen(value) };
    let path = path.ok_or(VALUE)?;
    // A member of our confederation has put its own AS in front, in a segment of such (RFC 5065 §5). A route
    // server puts nothing in front of what it originates (RFC 7947 §2.2.2): as with BIRD, an empty path is a path.
    let first = path.segments().next().map(|s| s.kind);
    if context.external && context.confederation && first != Some(ConfedSequence) {
        return Err(VALUE);
    }
    let mut count = 0;
    for segment in path.segments() {
        let refused = match segment.kind {
            SegmentKind::Sequence => false,
            SegmentKind::Set => !context.allow_as_sets,
            // Only a member of our confederation may send these (RFC 5065 §5).
            SegmentKind::ConfedSequence | SegmentKind::ConfedSet => !context.confederation,
        };
        if refused || segment.ases().any(|asn| asn == 0) {
            return Err(VALUE);
        }
        count += segment.count();
    }
    if count > AS_PATH_MAX { Err(TOO_MANY) } else { Ok(path) }
}

/// AS4_PATH: dropped if malformed (RFC 6793 §6), but an AS_SET in it is refused as one in AS_PATH
/// is (RFC 9774 §3).
pub(super) fn as4_path(value: &[u8], context: &AttributeContext) -> Judged<AsPath> {
    const MALFORMED: (Fault, Treatment) = (Fault::Value, Treatment::Discard);
    let path = AsPath::from_wire(value).filter(|p| !p.is_empty()).ok_or(MALFORMED)?;
    if path.ases().any(|asn| asn == 0) || path.ases().count() > AS_PATH_MAX {
        return Err(MALFORMED);
    }
    let has_set = path.segments().any(|s| s.kind == SegmentKind::Set);
    if has_set && !context.allow_as_sets { Err(VALUE) } else { Ok(path) }
}

pub(super) fn next_hop(value: &[u8]) -> Judged<IpAddr> {
    let octets: [u8; 4] = value.try_into().map_err(|_| LENGTH)?;
    let address = Ipv4Addr::from(octets);
    if address.is_unspecified() { Err(VALUE) } else { Ok(address.into()) }
}

/// The next hop field of MP_REACH_NLRI: 4 octets, 16, or 32 with a link-local address beside the
/// global one (RFC 2545 §3). `None`: no such length, so that nothing after it can be trusted.
/// Families whose next hops have another form have none here.
pub(super) fn mp_next_hop(
    family: AddressFamily,
    field: &[u8],
    context: &AttributeContext,
) -> Option<(Option<IpAddr>, Option<Ipv6Addr>)> {
    if !matches!((family.afi, family.safi), (1 | 2, 1 | 2 | 4)) {
        return Some((None, None));
    }
    if let Ok(octets) = <[u8; 4]>::try_from(field) {
        return Some((Some(Ipv4Addr::from(octets).into()), None));
    }
    let (global, rest) = field.split_first_chunk::<16>()?;
    let global = Ipv6Addr::from(*global);
    let second = match rest {
        [] => global,
        rest => Ipv6Addr::from(<[u8; 16]>::try_from(rest).ok()?),
    };
    let link_local = Some(second).filter(Ipv6Addr::is_unicast_link_local);
    match global.to_ipv4_mapped() {
        Some(address) if family.afi == 2 && context.extended_next_hop.contains(&family) => {
            Some((Some(address.into()), None))
        }
        // One without a global address, whether its neighbor writes `::` before the link-local one or that twice.
        _ if link_local == Some(global) => Some((Some(Ipv6Addr::UNSPECIFIED.into()), link_local)),
        _ => Some((Some(global.into()), link_local)),
    }
}

/// Whether routes of the family can have this next hop. As BIRD has it, one that is nobody's address, as 127.0.0.1, is
/// just on no link, and leads nowhere if it is looked up. An unspecified IPv6 address stands before
/// the link-local one of a neighbor that has no other.
pub(super) fn is_mp_next_hop(
    family: AddressFamily,
    next_hop: IpAddr,
    link_local: Option<Ipv6Addr>,
    context: &AttributeContext,
) -> bool {
    let is_of = |afi| family.afi == afi || context.extended_next_hop.contains(&family);
    match next_hop {
        IpAddr::V4(address) => is_of(1) && !address.is_unspecified(),
        IpAddr::V6(address) => is_of(2) && (!address.is_unspecified() || link_local.is_some()),
    }
}

/// Four octets.
pub(super) fn number(value: &[u8]) -> Judged<u32> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| LENGTH)
}

pub(super) fn aggregator(value: &[u8], four_octet_as: bool) -> Judged<Aggregator> {
    const LENGTH: (Fault, Treatment) = (Fault::Length, Treatment::Discard);
    let (asn, address) = match (four_octet_as, value) {
        (true, [a, b, c, d, address @ ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), address),
        (false, [a, b, address @ ..]) => (u32::from(u16::from_be_bytes([*a, *b])), address),
        _ => return Err(LENGTH),
    };
    let address: [u8; 4] = address.try_into().map_err(|_| LENGTH)?;
    if asn == 0 {
        return Err((Fault::Value, Treatment::Discard));
    }
    Ok(Aggregator { asn, address: address.into() })
}

/// A list of items of `N` octets, at least one and at most `max`.
pub(super) fn list<T, const N: usize>(
    value: &[u8],
    max: usize,
    item: impl Fn([u8; N]) -> T,
) -> Judged<Box<[T]>> {
    let (items, rest) = value.as_chunks::<N>();
    if items.is_empty() || !rest.is_empty() {
        return Err(LENGTH);
    }
    if items.len() > max {
        return Err(TOO_MANY);
    }
    Ok(items.iter().map(|octets| item(*octets)).collect())
}

pub(super) fn ext_community(octets: [u8; 8]) -> ExtendedCommunity {
    ExtendedCommunity(u64::from_be_bytes(octets))
}

pub(super) fn large_community(octets: [u8; 12]) -> LargeCommunity {
    let (words, _) = octets.as_chunks::<4>();
    let mut words = words.iter().map(|word| u32::from_be_bytes(*word));
    let mut word = || words.next().unwrap_or_default();
    LargeCommunity { global: word(), data1: word(), data2: word() }
}

/// The metric of AIGP and its other TLVs (RFC 7311 §3). Each TLV is a type, a length that counts these
/// three octets too, and a value: a metric in type 1. Only the first of these counts.
pub(super) fn aigp(value: &[u8], enabled: bool) -> Judged<(Option<u64>, Box<[u8]>)> {
    const MALFORMED: (Fault, Treatment) = (Fault::Value, Treatment::Discard);
    if !enabled {
        return Err((Fault::NotAllowed, Treatment::Discard));
    }
    let (mut metric, mut others) = (None, Vec::new());
    let mut rest = value;
    while !rest.is_empty() {
        let (head, _) = rest.split_first_chunk::<3>().ok_or(MALFORMED)?;
        let [kind, high, low] = *head;
        let len = usize::from(u16::from_be_bytes([high, low]));
        let (tlv, after) = rest.split_at_checked(len).ok_or(MALFORMED)?;
        let octets = tlv.get(3..).ok_or(MALFORMED)?;
        if kind == AIGP_TLV {
            let octets: [u8; 8] = octets.try_into().map_err(|_| MALFORMED)?;
            if metric.is_none() {
                metric = Some(u64::from_be_bytes(octets));
                rest = after;
                continue;
            }
        }
        others.extend_from_slice(tlv);
        rest = after;
    }
    Ok((metric, others.into()))
}

/// The TLV of AIGP that holds the metric.
const AIGP_TLV: u8 = 1;

/// Attributes that are only carried, but whose RFCs say what a bad length means.
pub(super) fn check_carried(code: u8, value: &[u8]) -> Judged<()> {
    match code {
        // IPv6 extended communities (RFC 5701, RFC 7606 §7.15).
        25 if value.is_empty() || !value.len().is_multiple_of(20) => Err(LENGTH),
        25 if value.len() / 20 > COMMUNITIES_MAX => Err(TOO_MANY),
        _ => Ok(()),
    }
}
