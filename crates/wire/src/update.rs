//! UPDATE: from bytes to attributes and NLRI (RFC 4271 §4.3, RFC 4760, RFC 7606).

pub(crate) mod as4;
mod decode;
mod value;

use std::net::{IpAddr, Ipv6Addr};

use crate::attribute_error::{AttributeError, Fault, Treatment};
use crate::limits::ATTRIBUTE_ERRORS_MAX;
use crate::{AddressFamily, Excerpt, MessageError, PathAttributes};

/// The attribute flags (RFC 4271 §4.3).
pub(crate) const OPTIONAL: u8 = 0x80;
pub(crate) const TRANSITIVE: u8 = 0x40;
pub(crate) const PARTIAL: u8 = 0x20;
pub(crate) const EXTENDED_LENGTH: u8 = 0x10;

/// The three fields of an UPDATE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpdateFrame<'a> {
    /// Withdrawn Routes (IPv4).
    pub withdrawn: &'a [u8],
    /// Path Attributes.
    pub attributes: &'a [u8],
    /// Network Layer Reachability Information (IPv4).
    pub nlri: &'a [u8],
}

/// Splits the body of an UPDATE.
///
/// # Errors
/// A length field points past the message, so that the NLRI cannot be found.
pub fn split_update(body: &[u8]) -> Result<UpdateFrame<'_>, MessageError> {
    let wrong = |what, from| MessageError::AttributeList { what, excerpt: Excerpt::new(from) };
    let (withdrawn, rest) = sized(body).ok_or_else(|| wrong("withdrawn routes length", body))?;
    let (attributes, nlri) = sized(rest).ok_or_else(|| wrong("total path attribute length", rest))?;
    Ok(UpdateFrame { withdrawn, attributes, nlri })
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

/// The family whose End-of-RIB marker an UPDATE is, if it is one (RFC 4724 §2): an UPDATE of
/// nothing at all for IPv4 unicast, of nothing but an empty MP_UNREACH_NLRI for any family. Look
/// here before parsing: with any other attribute, however faulty, an UPDATE is no marker.
///
/// The family need not be one that was negotiated.
pub fn end_of_rib_family(frame: &UpdateFrame<'_>) -> Option<AddressFamily> {
    if !frame.withdrawn.is_empty() || !frame.nlri.is_empty() {
        return None;
    }
    const FLAGS: u8 = OPTIONAL | TRANSITIVE | EXTENDED_LENGTH;
    const EXTENDED: u8 = OPTIONAL | EXTENDED_LENGTH;
    match *frame.attributes {
        [] => Some(AddressFamily::IPV4),
        [flags, 15, 3, a, b, safi] if flags & FLAGS == OPTIONAL => {
            Some(AddressFamily { afi: u16::from_be_bytes([a, b]), safi })
        }
        [flags, 15, 0, 3, a, b, safi] if flags & FLAGS == EXTENDED => {
            Some(AddressFamily { afi: u16::from_be_bytes([a, b]), safi })
        }
        _ => None,
    }
}

/// What of the session matters for reading attributes. The default is an internal session with 2-octet
/// ASes on which nothing was negotiated.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AttributeContext {
    /// The neighbor is external: of another AS, or of another member AS of our confederation.
    pub external: bool,
    /// The neighbor is in our confederation (RFC 5065). If it is external too, its paths begin with
    /// AS_CONFED_SEQUENCE and it may send LOCAL_PREF.
    pub confederation: bool,
    /// Both ends use 4-octet AS numbers.
    pub four_octet_as: bool,
    /// LOCAL_PREF is taken from an external neighbor.
    pub allow_local_pref: bool,
    /// AS_SETs are taken (RFC 9774 asks not to).
    pub allow_as_sets: bool,
    /// AIGP is taken (RFC 7311 §3.3); otherwise it is dropped in silence.
    pub aigp: bool,
    /// Families negotiated.
    pub families: Vec<AddressFamily>,
    /// Families whose routes may have next hops of IPv6 though they are of IPv4 (RFC 8950). For IPv6
    /// families it means that an IPv4-mapped next hop is an IPv4 one.
    pub extended_next_hop: Vec<AddressFamily>,
}

impl AttributeContext {
    /// The neighbor is neither of our AS nor of our confederation.
    pub(crate) fn is_outside(&self) -> bool {
        self.external && !self.confederation
    }
}

/// MP_REACH_NLRI, of a family that was negotiated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MpReach<'a> {
    /// The family.
    pub family: AddressFamily,
    /// The global next hop.
    pub next_hop: Option<IpAddr>,
    /// The link-local next hop beside it (RFC 2545).
    pub link_local: Option<Ipv6Addr>,
    /// The NLRI field.
    pub nlri: &'a [u8],
}

/// MP_UNREACH_NLRI, of a family that was negotiated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MpUnreach<'a> {
    /// The family.
    pub family: AddressFamily,
    /// The withdrawn routes field.
    pub nlri: &'a [u8],
}

/// An attribute block, read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ParsedAttributes<'a> {
    /// The attributes that are good.
    pub attributes: PathAttributes,
    /// MP_REACH_NLRI.
    pub mp_reach: Option<MpReach<'a>>,
    /// MP_UNREACH_NLRI.
    pub mp_unreach: Option<MpUnreach<'a>>,
    /// The strongest treatment of all errors. Routes announced are withdrawn at [`Treatment::Withdraw`].
    pub verdict: Treatment,
    /// What was wrong, the first [`crate::limits::ATTRIBUTE_ERRORS_MAX`] of it.
    pub errors: Vec<AttributeError>,
}

impl ParsedAttributes<'_> {
    /// `octets`: the attribute from its flags on.
    fn fail(&mut self, code: u8, offset: usize, octets: &[u8], (fault, treatment): (Fault, Treatment)) {
        let is_stronger = treatment > self.verdict;
        self.verdict = self.verdict.max(treatment);
        let error = AttributeError { code, offset, fault, treatment, excerpt: Excerpt::new(octets) };
        if self.errors.len() < ATTRIBUTE_ERRORS_MAX {
            self.errors.push(error);
        } else if is_stronger && let Some(last) = self.errors.last_mut() {
            // What decides is told in any case.
            *last = error;
        }
    }
}

/// Reads an attribute block. `has_nlri`: the UPDATE's own NLRI field is not empty.
///
/// # Errors
/// Only where RFC 7606 leaves no choice but to end the session: MP attributes twice or unreadable,
/// or an error that asks for a withdrawal in an UPDATE without reachable NLRI (§5.2), since then
/// nobody can say which nets were meant. What has no attribute but MP_UNREACH_NLRI only withdraws anyway.
///
/// NLRI fields are not looked into: [`crate::ipv4_nlri`] and [`crate::ipv6_nlri`] judge them.
pub fn parse_attributes<'a>(
    block: &'a [u8],
    has_nlri: bool,
    context: &AttributeContext,
) -> Result<ParsedAttributes<'a>, MessageError> {
    let decode::Walked { mut parsed, mp_reachable, has_others } = decode::Decoder::new(context).run(block)?;
    if has_nlri || (mp_reachable && parsed.mp_reach.is_some()) {
        check_mandatory(&mut parsed, has_nlri, context);
    }
    if !has_nlri
        && !mp_reachable
        && has_others
        && let Some(at) = parsed.errors.iter().position(|e| e.treatment == Treatment::Withdraw)
    {
        return Err(MessageError::NothingToWithdraw(parsed.errors.swap_remove(at)));
    }
    parsed.attributes.normalise();
    Ok(parsed)
}

/// RFC 7606 §3 d: a missing mandatory attribute withdraws.
fn check_mandatory(parsed: &mut ParsedAttributes<'_>, has_nlri: bool, context: &AttributeContext) {
    let missing = |p: &mut ParsedAttributes<'_>, code| {
        // An attribute that was there and malformed has been reported already.
        if p.errors.iter().all(|e| e.code != code) {
            p.fail(code, 0, &[], (Fault::Missing, Treatment::Withdraw));
        }
    };
    if parsed.attributes.origin.is_none() {
        missing(parsed, 1);
    }
    if parsed.attributes.as_path.is_none() {
        missing(parsed, 2);
    }
    if has_nlri && parsed.attributes.next_hop.is_none() {
        missing(parsed, 3);
    }
    // It has to be there between internal neighbors (RFC 4271 §5.1.5); members of a confederation may leave it out.
    if !context.external && parsed.attributes.local_pref.is_none() {
        missing(parsed, 5);
    }
}
