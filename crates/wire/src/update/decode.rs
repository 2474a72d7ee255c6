//! The walk over a path attribute block: which attributes are there, whose flags are right, and
//! what RFC 7606 makes of the wrong ones. Values are read in `value`.

use std::net::Ipv4Addr;

use bytes::Bytes;

use crate::attribute_error::{Fault, Treatment};
use crate::limits::{CLUSTER_LIST_MAX, COMMUNITIES_MAX, UNKNOWN_ATTRIBUTES_MAX};
use crate::{AddressFamily, Aggregator, AsPath, Excerpt, MessageError, PathAttributes, UnknownAttribute};

use super::value::{
    self, Judged, aggregator, aigp, as_path, as4_path, ext_community, is_mp_next_hop, large_community, list,
    mp_next_hop, next_hop, number, origin,
};
use super::{
    AttributeContext, EXTENDED_LENGTH, MpReach, MpUnreach, OPTIONAL, PARTIAL, ParsedAttributes, TRANSITIVE,
    as4,
};

pub(super) struct Decoder<'c, 'a> {
    context: &'c AttributeContext,
    parsed: ParsedAttributes<'a>,
    /// One bit for each type code that was there.
    seen: [u64; 4],
    as4_path: Option<AsPath>,
    as4_aggregator: Option<Aggregator>,
    /// MP_REACH_NLRI carries prefixes, be it of a family we ignore.
    mp_reachable: bool,
    /// There are attributes beside MP_UNREACH_NLRI.
    has_others: bool,
}

/// What the walk over a block comes to.
pub(super) struct Walked<'a> {
    pub(super) parsed: ParsedAttributes<'a>,
    pub(super) mp_reachable: bool,
    pub(super) has_others: bool,
}

/// One attribute as it stands in the block.
#[derive(Clone, Copy)]
struct Raw<'a> {
    flags: u8,
    code: u8,
    value: &'a [u8],
    /// From the flags to the end of the value.
    whole: &'a [u8],
    /// Octets from the start of the block.
    offset: usize,
}

impl<'c, 'a> Decoder<'c, 'a> {
    pub(super) fn new(context: &'c AttributeContext) -> Self {
        Self {
            context,
            parsed: ParsedAttributes::default(),
            seen: [0; 4],
            as4_path: None,
            as4_aggregator: None,
            mp_reachable: false,
            has_others: false,
        }
    }

    pub(super) fn run(mut self, block: &'a [u8]) -> Result<Walked<'a>, MessageError> {
        let mut rest = block;
        while !rest.is_empty() {
            let offset = block.len() - rest.len();
            let Some((raw, after)) = split_attribute(rest, offset) else {
                let code = rest.get(1).copied().unwrap_or(0);
                // What MP attributes say of nets cannot be found, and must not go unheard (RFC 7606 §3 j).
                if matches!(code, 14 | 15) {
                    let what = "MP_REACH_NLRI or MP_UNREACH_NLRI runs past the attribute block";
                    return Err(MessageError::AttributeList { what, excerpt: Excerpt::new(rest) });
                }
                self.has_others = true;
                self.parsed.fail(code, offset, rest, (Fault::Overrun, Treatment::Withdraw));
                break;
            };
            rest = after;
            self.attribute(raw)?;
        }
        if !self.context.four_octet_as {
            as4::merge(&mut self.parsed.attributes, self.as4_path.take(), self.as4_aggregator.take());
        }
        let Self { parsed, mp_reachable, has_others, .. } = self;
        Ok(Walked { parsed, mp_reachable, has_others })
    }

    fn attribute(&mut self, raw: Raw<'a>) -> Result<(), MessageError> {
        self.has_others |= raw.code != 15;
        if self.is_repeated(raw.code) {
            if matches!(raw.code, 14 | 15) {
                return Err(unreadable("MP_REACH_NLRI or MP_UNREACH_NLRI twice", raw));
            }
            self.fail(raw, (Fault::Duplicate, Treatment::Discard));
            return Ok(());
        }
        let is_multiprotocol = matches!(raw.code, 14 | 15);
        if let Some((expected, treatment)) = expected_flags(raw.code)
            && raw.flags & (OPTIONAL | TRANSITIVE) != expected
        {
            self.fail(raw, (Fault::Flags, treatment));
            // The nets of MP attributes have to be known to be withdrawn.
            if !is_multiprotocol {
                return Ok(());
            }
        }
        match raw.code {
            14 => self.mp_reach(raw),
            15 => self.mp_unreach(raw),
            _ => {
                if let Err(judgement) = self.value(raw) {
                    self.fail(raw, judgement);
                }
                Ok(())
            }
        }
    }

    fn fail(&mut self, raw: Raw<'_>, judgement: (Fault, Treatment)) {
        self.parsed.fail(raw.code, raw.offset, raw.whole, judgement);
    }

    fn is_repeated(&mut self, code: u8) -> bool {
        let Some(word) = self.seen.get_mut(usize::from(code) / 64) else { return false };
        let bit = 1 << (code % 64);
        let repeated = *word & bit != 0;
        *word |= bit;
        repeated
    }

    /// One line for each type: `n` is the value's octets.
    fn value(&mut self, raw: Raw<'_>) -> Judged<()> {
        let context = self.context;
        let n = raw.value;
        let a: &mut PathAttributes = &mut self.parsed.attributes;
        match raw.code {
            0 => return Err((Fault::Value, Treatment::Discard)),
            1 => a.origin = Some(origin(n)?),
            2 => a.as_path = Some(as_path(n, context)?),
            3 => a.next_hop = Some(next_hop(n)?),
            4 => a.med = Some(number(n)?),
            5 if context.is_outside() => {
                if !context.allow_local_pref {
                    return Err((Fault::NotAllowed, Treatment::Discard));
                }
                a.local_pref = Some(number(n).map_err(|(fault, _)| (fault, Treatment::Discard))?);
            }
            5 => a.local_pref = Some(number(n)?),
            6 if n.is_empty() => a.rare_mut().atomic_aggregate = true,
            6 => return Err((Fault::Length, Treatment::Discard)),
            7 => a.rare_mut().aggregator = Some(aggregator(n, context.four_octet_as)?),
            8 => a.communities = list(n, COMMUNITIES_MAX, u32::from_be_bytes)?,
            9 | 10 if context.external => return Err((Fault::NotAllowed, Treatment::Discard)),
            9 => a.rare_mut().originator_id = Some(Ipv4Addr::from(number(n)?)),
            10 => a.rare_mut().cluster_list = list(n, CLUSTER_LIST_MAX, u32::from_be_bytes)?,
            16 => a.rare_mut().ext_communities = list(n, COMMUNITIES_MAX, ext_community)?,
            26 => {
                let (metric, others) = aigp(n, context.aigp)?;
                let rare = a.rare_mut();
                (rare.aigp, rare.aigp_tlvs) = (metric, others);
            }
            35 => a.rare_mut().only_to_customer = Some(number(n)?),
            17 | 18 if context.four_octet_as => return Err((Fault::NotAllowed, Treatment::Discard)),
            17 => self.as4_path = Some(as4_path(n, context)?),
            18 => self.as4_aggregator = Some(aggregator(n, true)?),
            32 => a.rare_mut().large_communities = list(n, COMMUNITIES_MAX, large_community)?,
            _ => {
                value::check_carried(raw.code, n)?;
                return self.unknown(raw);
            }
        }
        Ok(())
    }

    /// An attribute we do not know is carried on if it is transitive, with Partial set; dropped in
    /// silence if it is not (RFC 4271 §9). One that claims to be well-known withdraws.
    fn unknown(&mut self, raw: Raw<'_>) -> Judged<()> {
        if raw.flags & OPTIONAL == 0 {
            return Err((Fault::UnknownWellKnown, Treatment::Withdraw));
        }
        if raw.flags & TRANSITIVE == 0 {
            return Ok(());
        }
        let list = &mut self.parsed.attributes.rare_mut().unknown;
        if list.len() >= UNKNOWN_ATTRIBUTES_MAX {
            return Err((Fault::TooMany, Treatment::Withdraw));
        }
        let flags = OPTIONAL | TRANSITIVE | PARTIAL;
        let place = list.partition_point(|u| u.code < raw.code);
        list.insert(place, UnknownAttribute { flags, code: raw.code, value: raw.value.into() });
        Ok(())
    }

    fn mp_reach(&mut self, raw: Raw<'a>) -> Result<(), MessageError> {
        let Some((family, rest)) = split_family(raw.value) else {
            return Err(unreadable("MP_REACH_NLRI cut short", raw));
        };
        if !self.context.families.contains(&family) {
            // Its inside is not looked at: we may not know how to read it.
            self.mp_reachable = true;
            self.fail(raw, (Fault::Family, Treatment::Discard));
            return Ok(());
        }
        let broken = |what| MessageError::OptionalAttribute {
            what,
            offset: raw.offset,
            attribute: Bytes::copy_from_slice(raw.whole),
        };
        let split = rest
            .split_first()
            .and_then(|(len, rest)| rest.split_at_checked(usize::from(*len)))
            .and_then(|(next_hop, rest)| Some((next_hop, rest.split_first()?.1)));
        let (next_hop, nlri) = split.ok_or_else(|| broken("MP_REACH_NLRI cut short"))?;
        let (next_hop, link_local) = mp_next_hop(family, next_hop, self.context)
            .ok_or_else(|| broken("next hop length of MP_REACH_NLRI"))?;
        self.mp_reachable = !nlri.is_empty();
        if self.mp_reachable && next_hop.is_some_and(|n| !is_mp_next_hop(family, n, link_local, self.context))
        {
            self.fail(raw, (Fault::Value, Treatment::Withdraw));
        }
        self.parsed.mp_reach = Some(MpReach { family, next_hop, link_local, nlri });
        Ok(())
    }

    fn mp_unreach(&mut self, raw: Raw<'a>) -> Result<(), MessageError> {
        let Some((family, nlri)) = split_family(raw.value) else {
            return Err(unreadable("MP_UNREACH_NLRI cut short", raw));
        };
        if self.context.families.contains(&family) {
            self.parsed.mp_unreach = Some(MpUnreach { family, nlri });
        } else {
            self.fail(raw, (Fault::Family, Treatment::Discard));
        }
        Ok(())
    }
}

fn unreadable(what: &'static str, raw: Raw<'_>) -> MessageError {
    MessageError::AttributeList { what, excerpt: Excerpt::new(raw.whole) }
}

fn split_attribute(bytes: &[u8], offset: usize) -> Option<(Raw<'_>, &[u8])> {
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
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((Raw { flags, code, value, whole, offset }, rest))
}

fn split_family(value: &[u8]) -> Option<(AddressFamily, &[u8])> {
    let (head, rest) = value.split_first_chunk::<3>()?;
    let [a, b, safi] = *head;
    Some((AddressFamily { afi: u16::from_be_bytes([a, b]), safi }, rest))
}

/// The optional and transitive flags an attribute must have, and what becomes of it otherwise:
/// RFC 7606 §3 c, or what its own RFC says.
fn expected_flags(code: u8) -> Option<(u8, Treatment)> {
    Some(match code {
        1 | 2 | 3 | 5 | 6 => (TRANSITIVE, Treatment::Withdraw),
        4 | 9 | 10 | 14 | 15 => (OPTIONAL, Treatment::Withdraw),
        7 | 8 | 16 | 17 | 18 | 25 | 32 | 35 => (OPTIONAL | TRANSITIVE, Treatment::Withdraw),
        // AIGP (RFC 7311 §3.1), BGP-LS (RFC 9552 §8.2.2), Prefix-SID (RFC 8669 §6).
        26 | 29 => (OPTIONAL, Treatment::Discard),
        40 => (OPTIONAL | TRANSITIVE, Treatment::Discard),
        _ => return None,
    })
}
