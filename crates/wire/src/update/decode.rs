//! One path attribute after the other: each decoder gives a value or its RFC 7606 treatment.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attribute_error::{Fault, Treatment};
use crate::{
    AddressFamily, Aggregator, AsPath, AsPathBuilder, ExtendedCommunity, LargeCommunity, MessageError,
    Origin, PathAttributes, SegmentKind, UnknownAttribute,
};

use super::{AttributeContext, MpReach, MpUnreach, ParsedAttributes, is_next_hop};

const OPTIONAL: u8 = 0x80;
const TRANSITIVE: u8 = 0x40;
const PARTIAL: u8 = 0x20;
const EXTENDED_LENGTH: u8 = 0x10;

type Judged<T> = Result<T, (Fault, Treatment)>;

const LENGTH: (Fault, Treatment) = (Fault::Length, Treatment::Withdraw);

pub(super) struct Decoder<'c, 'a> {
    context: &'c AttributeContext,
    parsed: ParsedAttributes<'a>,
    seen: [u64; 4],
    as4_path: Option<AsPath>,
    as4_aggregator: Option<Aggregator>,
}

impl<'c, 'a> Decoder<'c, 'a> {
    pub(super) fn new(context: &'c AttributeContext) -> Self {
        Self {
            context,
            parsed: ParsedAttributes::default(),
            seen: [0; 4],
            as4_path: None,
            as4_aggregator: None,
        }
    }

    pub(super) fn run(mut self, block: &'a [u8]) -> Result<ParsedAttributes<'a>, MessageError> {
        let mut rest = block;
        while !rest.is_empty() {
            let offset = block.len() - rest.len();
            let Some((flags, code, value, after)) = split_attribute(rest) else {
                let code = rest.get(1).copied().unwrap_or(0);
                self.parsed.fail(code, offset, Fault::Overrun, Treatment::Withdraw);
                break;
            };
            rest = after;
            self.attribute(flags, code, value, offset)?;
        }
        self.merge_as4();
        Ok(self.parsed)
    }

    fn attribute(&mut self, flags: u8, code: u8, value: &'a [u8], offset: usize) -> Result<(), MessageError> {
        if self.is_repeated(code) {
            if matches!(code, 14 | 15) {
                return Err(MessageError::AttributeList("MP_REACH_NLRI or MP_UNREACH_NLRI twice"));
            }
            self.parsed.fail(code, offset, Fault::Duplicate, Treatment::Discard);
            return Ok(());
        }
        if let Some(expected) = expected_flags(code)
            && flags & (OPTIONAL | TRANSITIVE) != expected
        {
            if matches!(code, 14 | 15) {
                return Err(MessageError::AttributeList("flags of an MP attribute"));
            }
            self.parsed.fail(code, offset, Fault::Flags, Treatment::Withdraw);
            return Ok(());
        }
        let judged = match code {
            14 => return self.mp_reach(value, offset),
            15 => return self.mp_unreach(value, offset),
            _ => self.value(flags, code, value),
        };
        if let Err((fault, treatment)) = judged {
            self.parsed.fail(code, offset, fault, treatment);
        }
        Ok(())
    }

    fn is_repeated(&mut self, code: u8) -> bool {
        let Some(word) = self.seen.get_mut(usize::from(code) / 64) else { return false };
        let bit = 1 << (code % 64);
        let repeated = *word & bit != 0;
        *word |= bit;
        repeated
    }

    fn value(&mut self, flags: u8, code: u8, value: &[u8]) -> Judged<()> {
        let context = self.context;
        let a: &mut PathAttributes = &mut self.parsed.attributes;
        match code {
            0 => return Err((Fault::Value, Treatment::Discard)),
            1 => a.origin = Some(origin(value)?),
            2 => a.as_path = Some(as_path(value, context)?),
            3 => a.next_hop = Some(next_hop(value)?),
            4 => a.med = Some(number(value, Treatment::Withdraw)?),
            5 if context.external && !context.allow_local_pref => {
                return Err((Fault::NotAllowed, Treatment::Discard));
            }
            5 => a.local_pref = Some(number(value, Treatment::Withdraw)?),
            6 if value.is_empty() => a.rare_mut().atomic_aggregate = true,
            6 => return Err((Fault::Length, Treatment::Discard)),
            7 => a.rare_mut().aggregator = Some(aggregator(value, context.four_octet_as)?),
            8 => a.communities = words(value)?.collect(),
            9 | 10 if context.external => return Err((Fault::NotAllowed, Treatment::Discard)),
            9 => a.rare_mut().originator_id = Some(Ipv4Addr::from(number(value, Treatment::Withdraw)?)),
            10 => a.rare_mut().cluster_list = words(value)?.collect(),
            16 => a.rare_mut().ext_communities = chunks::<8>(value)?.map(ext_community).collect(),
            17 | 18 if context.four_octet_as => return Err((Fault::NotAllowed, Treatment::Discard)),
            17 => self.as4_path = Some(AsPath::from_wire(value).ok_or((Fault::Value, Treatment::Discard))?),
            18 => self.as4_aggregator = Some(aggregator(value, true)?),
            32 => a.rare_mut().large_communities = chunks::<12>(value)?.map(large_community).collect(),
            _ => return self.unknown(flags, code, value),
        }
        Ok(())
    }

    /// An attribute we do not know is carried on if it is transitive, with Partial set; dropped in
    /// silence if it is not (RFC 4271 §9). One that claims to be well-known withdraws.
    fn unknown(&mut self, flags: u8, code: u8, value: &[u8]) -> Judged<()> {
        if flags & OPTIONAL == 0 {
            return Err((Fault::UnknownWellKnown, Treatment::Withdraw));
        }
        if flags & TRANSITIVE != 0 {
            let attribute =
                UnknownAttribute { flags: (flags & !EXTENDED_LENGTH) | PARTIAL, code, value: value.into() };
            let list = &mut self.parsed.attributes.rare_mut().unknown;
            let place = list.partition_point(|u| u.code < code);
            list.insert(place, attribute);
        }
        Ok(())
    }

    fn mp_reach(&mut self, value: &'a [u8], offset: usize) -> Result<(), MessageError> {
        let broken = MessageError::AttributeList("MP_REACH_NLRI");
        let Some((head, rest)) = value.split_first_chunk::<4>() else { return Err(broken) };
        let [a, b, safi, next_hop_len] = *head;
        let family = AddressFamily { afi: u16::from_be_bytes([a, b]), safi };
        let (next_hop, rest) = rest.split_at_checked(usize::from(next_hop_len)).ok_or(broken.clone())?;
        let (_, nlri) = rest.split_first().ok_or(broken)?;
        if !self.context.families.contains(&family) {
            self.parsed.fail(14, offset, Fault::Family, Treatment::Discard);
            return Ok(());
        }
        let (next_hop, link_local) =
            mp_next_hop(next_hop).ok_or(MessageError::AttributeList("next hop length of MP_REACH_NLRI"))?;
        self.parsed.mp_reach = Some(MpReach { family, next_hop, link_local, nlri });
        Ok(())
    }

    fn mp_unreach(&mut self, value: &'a [u8], offset: usize) -> Result<(), MessageError> {
        let Some((head, nlri)) = value.split_first_chunk::<3>() else {
            return Err(MessageError::AttributeList("MP_UNREACH_NLRI"));
        };
        let [a, b, safi] = *head;
        let family = AddressFamily { afi: u16::from_be_bytes([a, b]), safi };
        if self.context.families.contains(&family) {
            self.parsed.mp_unreach = Some(MpUnreach { family, nlri });
        } else {
            self.parsed.fail(15, offset, Fault::Family, Treatment::Discard);
        }
        Ok(())
    }

    /// Puts 4-octet AS numbers back in that a 2-octet neighbor could not carry (RFC 6793 §4.2.3).
    fn merge_as4(&mut self) {
        if self.context.four_octet_as {
            return;
        }
        let a = &mut self.parsed.attributes;
        if let Some(rare) = a.rare.as_deref_mut()
            && let Some(aggregator) = &mut rare.aggregator
        {
            // An aggregator that is not AS_TRANS says that AS4_PATH is stale too.
            if aggregator.asn != u32::from(crate::AS_TRANS) && self.as4_aggregator.is_some() {
                return;
            }
            if let Some(as4) = self.as4_aggregator.take() {
                *aggregator = as4;
            }
        }
        if let (Some(path), Some(as4)) = (&a.as_path, self.as4_path.take()) {
            a.as_path = Some(merge_paths(path, &as4));
        }
    }
}

fn split_attribute(bytes: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    let [flags, code] = *head;
    let (len, rest) = if flags & EXTENDED_LENGTH == 0 {
        let (len, rest) = rest.split_first()?;
        (usize::from(*len), rest)
    } else {
        let (len, rest) = rest.split_first_chunk::<2>()?;
        (usize::from(u16::from_be_bytes(*len)), rest)
    };
    let (value, rest) = rest.split_at_checked(len)?;
    Some((flags, code, value, rest))
}

/// The optional and transitive flags a known attribute must have.
fn expected_flags(code: u8) -> Option<u8> {
    Some(match code {
        1 | 2 | 3 | 5 | 6 => TRANSITIVE,
        4 | 9 | 10 | 14 | 15 => OPTIONAL,
        7 | 8 | 16 | 17 | 18 | 32 => OPTIONAL | TRANSITIVE,
        _ => return None,
    })
}

fn origin(value: &[u8]) -> Judged<Origin> {
    match value {
        [0] => Ok(Origin::Igp),
        [1] => Ok(Origin::Egp),
        [2] => Ok(Origin::Incomplete),
        [_] => Err((Fault::Value, Treatment::Withdraw)),
        _ => Err(LENGTH),
    }
}

fn as_path(value: &[u8], context: &AttributeContext) -> Judged<AsPath> {
    let bad = (Fault::Value, Treatment::Withdraw);
    let path = if context.four_octet_as {
        AsPath::from_wire(value).ok_or(bad)?
    } else {
        widen_path(value).ok_or(bad)?
    };
    for segment in path.segments() {
        let refused = match segment.kind {
            SegmentKind::Sequence => false,
            SegmentKind::Set => context.external && !context.allow_as_sets,
            // Only a member of our confederation may send these, and there is none yet.
            SegmentKind::ConfedSequence | SegmentKind::ConfedSet => context.external,
        };
        if refused || segment.ases().any(|asn| asn == 0) {
            return Err(bad);
        }
    }
    Ok(path)
}

/// A path with 2-octet AS numbers.
fn widen_path(mut rest: &[u8]) -> Option<AsPath> {
    let mut builder = AsPathBuilder::default();
    while !rest.is_empty() {
        let (head, after) = rest.split_first_chunk::<2>()?;
        let [code, count] = *head;
        let kind = SegmentKind::from_code(code)?;
        if count == 0 {
            return None;
        }
        let (ases, after) = after.split_at_checked(usize::from(count) * 2)?;
        let ases: Vec<u32> = ases
            .chunks_exact(2)
            .map(|c| c.try_into().map_or(0, |c| u32::from(u16::from_be_bytes(c))))
            .collect();
        builder.push(kind, &ases);
        rest = after;
    }
    Some(builder.finish())
}

/// RFC 6793 §4.2.3: as much of the 2-octet path's front as the 4-octet path lacks, then the latter.
fn merge_paths(path: &AsPath, as4: &AsPath) -> AsPath {
    let (long, short) = (path.path_len(), as4.path_len());
    if long < short {
        return path.clone();
    }
    let mut lead = (long - short) as usize;
    let mut builder = AsPathBuilder::default();
    for segment in path.segments() {
        match segment.kind {
            SegmentKind::ConfedSequence | SegmentKind::ConfedSet => {
                builder.push(segment.kind, &segment.ases().collect::<Vec<_>>());
            }
            SegmentKind::Set if lead > 0 => {
                builder.push(segment.kind, &segment.ases().collect::<Vec<_>>());
                lead -= 1;
            }
            SegmentKind::Sequence if lead > 0 => {
                let ases: Vec<u32> = segment.ases().take(lead).collect();
                lead -= ases.len();
                builder.push(segment.kind, &ases);
            }
            _ => break,
        }
    }
    for segment in as4.segments() {
        if matches!(segment.kind, SegmentKind::Sequence | SegmentKind::Set) {
            builder.push(segment.kind, &segment.ases().collect::<Vec<_>>());
        }
    }
    builder.finish()
}

fn next_hop(value: &[u8]) -> Judged<IpAddr> {
    let octets: [u8; 4] = value.try_into().map_err(|_| LENGTH)?;
    let address = Ipv4Addr::from(octets);
    if is_next_hop(address) { Ok(address.into()) } else { Err((Fault::Value, Treatment::Withdraw)) }
}

/// A next hop field of MP_REACH_NLRI: 4 octets, 16, or 32 with a link-local address (RFC 2545 §3).
fn mp_next_hop(value: &[u8]) -> Option<(Option<IpAddr>, Option<Ipv6Addr>)> {
    if let Ok(octets) = <[u8; 4]>::try_from(value) {
        return Some((Some(Ipv4Addr::from(octets).into()), None));
    }
    let (global, rest) = value.split_first_chunk::<16>()?;
    let global = Ipv6Addr::from(*global);
    if rest.is_empty() {
        let link_local = global.is_unicast_link_local().then_some(global);
        return Some((Some(global.into()), link_local));
    }
    let second = Ipv6Addr::from(<[u8; 16]>::try_from(rest).ok()?);
    Some((Some(global.into()), Some(second).filter(Ipv6Addr::is_unicast_link_local)))
}

fn number(value: &[u8], treatment: Treatment) -> Judged<u32> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| (Fault::Length, treatment))
}

fn aggregator(value: &[u8], four_octet_as: bool) -> Judged<Aggregator> {
    let (asn, address) = match (four_octet_as, value) {
        (true, [a, b, c, d, address @ ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), address),
        (false, [a, b, address @ ..]) => (u32::from(u16::from_be_bytes([*a, *b])), address),
        _ => return Err((Fault::Length, Treatment::Discard)),
    };
    let address: [u8; 4] = address.try_into().map_err(|_| (Fault::Length, Treatment::Discard))?;
    if asn == 0 {
        return Err((Fault::Value, Treatment::Discard));
    }
    Ok(Aggregator { asn, address: address.into() })
}

fn chunks<const N: usize>(value: &[u8]) -> Judged<impl Iterator<Item = [u8; N]> + '_> {
    if value.is_empty() || !value.len().is_multiple_of(N) {
        return Err(LENGTH);
    }
    Ok(value.chunks_exact(N).filter_map(|c| c.try_into().ok()))
}

fn words(value: &[u8]) -> Judged<impl Iterator<Item = u32> + '_> {
    Ok(chunks::<4>(value)?.map(u32::from_be_bytes))
}

fn ext_community(octets: [u8; 8]) -> ExtendedCommunity {
    ExtendedCommunity(u64::from_be_bytes(octets))
}

fn large_community(octets: [u8; 12]) -> LargeCommunity {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = octets;
    LargeCommunity {
        global: u32::from_be_bytes([a, b, c, d]),
        data1: u32::from_be_bytes([e, f, g, h]),
        data2: u32::from_be_bytes([i, j, k, l]),
    }
}
