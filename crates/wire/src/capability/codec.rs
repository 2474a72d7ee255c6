//! Capabilities: from octets and back.

use bytes::{BufMut, Bytes, BytesMut};

use super::{
    AddPathFamily, Capability, ExtendedNextHopFamily, GracefulRestart, GracefulRestartFamily, Hostname,
    LongLivedFamily, Role,
};
use crate::{AddressFamily, MessageError};

const MULTIPROTOCOL: u8 = 1;
const ROUTE_REFRESH: u8 = 2;
const EXTENDED_NEXT_HOP: u8 = 5;
const EXTENDED_MESSAGE: u8 = 6;
pub(crate) const ROLE: u8 = 9;
const GRACEFUL_RESTART: u8 = 64;
const FOUR_OCTET_AS: u8 = 65;
const ADD_PATH: u8 = 69;
const ENHANCED_ROUTE_REFRESH: u8 = 70;
const LONG_LIVED_GRACEFUL_RESTART: u8 = 71;
const HOSTNAME: u8 = 73;

/// What 24 bits hold, seconds.
const STALE_TIME_MAX: u32 = 0x00ff_ffff;
/// Octets a capability's value can have.
const VALUE_LEN_MAX: usize = 255;
/// Octets for both names of [`Hostname`], which have a length octet each.
const NAMES_LEN_MAX: usize = VALUE_LEN_MAX - 2;

/// A capability from its code and value. One whose length is wrong is kept as unknown, which is to
/// ignore it (RFC 5492 §3); only AS4, without which the peer's AS is not known, is an error.
pub(crate) fn decode_capability(code: u8, value: &[u8]) -> Result<Capability, MessageError> {
    let decoded = match (code, value) {
        (MULTIPROTOCOL, [a, b, _, safi]) => {
            Some(Capability::Multiprotocol(AddressFamily { afi: u16::from_be_bytes([*a, *b]), safi: *safi }))
        }
        (ROUTE_REFRESH, []) => Some(Capability::RouteRefresh),
        (ENHANCED_ROUTE_REFRESH, []) => Some(Capability::EnhancedRouteRefresh),
        (FOUR_OCTET_AS, [a, b, c, d]) => Some(Capability::FourOctetAs(u32::from_be_bytes([*a, *b, *c, *d]))),
        (FOUR_OCTET_AS, _) => return Err(MessageError::OpenMalformed),
        (GRACEFUL_RESTART, [high, low, families @ ..]) if families.len().is_multiple_of(4) => {
            Some(Capability::GracefulRestart(GracefulRestart {
                restarting: high & 0x80 != 0,
                notification: high & 0x40 != 0,
                restart_time_secs: u16::from_be_bytes([high & 0x0f, *low]),
                families: families.chunks_exact(4).filter_map(graceful_family).collect(),
            }))
        }
        // An empty list says nothing, and is no error.
        (EXTENDED_NEXT_HOP, families) if families.len().is_multiple_of(6) => Some(
            Capability::ExtendedNextHop(families.chunks_exact(6).filter_map(extended_next_hop).collect()),
        ),
        (EXTENDED_MESSAGE, []) => Some(Capability::ExtendedMessage),
        (ROLE, [code]) => Role::from_code(*code).map(Capability::Role),
        (LONG_LIVED_GRACEFUL_RESTART, families) if families.len().is_multiple_of(7) => {
            let families = families.chunks_exact(7).filter_map(long_lived_family).collect();
            Some(Capability::LongLivedGracefulRestart(families))
        }
        (HOSTNAME, value) => hostname(value).map(Capability::Hostname),
        // One Send/Receive value that is not defined spoils the capability (RFC 7911 §4).
        (ADD_PATH, families) if families.len().is_multiple_of(4) => {
            families.chunks_exact(4).map(add_path_family).collect::<Option<_>>().map(Capability::AddPath)
        }
        _ => None,
    };
    Ok(decoded.unwrap_or_else(|| Capability::Unknown { code, value: Bytes::copy_from_slice(value) }))
}

fn graceful_family(chunk: &[u8]) -> Option<GracefulRestartFamily> {
    let [a, b, safi, flags] = *chunk else { return None };
    Some(GracefulRestartFamily {
        family: AddressFamily { afi: u16::from_be_bytes([a, b]), safi },
        forwarding_preserved: flags & 0x80 != 0,
    })
}

fn add_path_family(chunk: &[u8]) -> Option<AddPathFamily> {
    let [a, b, safi, direction @ 1..=3] = *chunk else { return None };
    let family = AddressFamily { afi: u16::from_be_bytes([a, b]), safi };
    Some(AddPathFamily { family, receive: direction & 1 != 0, send: direction & 2 != 0 })
}

/// A SAFI takes two octets here; one above 255 is of no family there is, and is left out.
fn extended_next_hop(chunk: &[u8]) -> Option<ExtendedNextHopFamily> {
    let [a, b, 0, safi, c, d] = *chunk else { return None };
    let family = AddressFamily { afi: u16::from_be_bytes([a, b]), safi };
    Some(ExtendedNextHopFamily { family, next_hop_afi: u16::from_be_bytes([c, d]) })
}

fn long_lived_family(chunk: &[u8]) -> Option<LongLivedFamily> {
    let [a, b, safi, flags, x, y, z] = *chunk else { return None };
    Some(LongLivedFamily {
        family: AddressFamily { afi: u16::from_be_bytes([a, b]), safi },
        forwarding_preserved: flags & 0x80 != 0,
        stale_time_secs: u32::from_be_bytes([0, x, y, z]),
    })
}

/// Two texts, each behind its length; the second may be missing altogether.
fn hostname(value: &[u8]) -> Option<Hostname> {
    let (len, rest) = value.split_first()?;
    let (host, rest) = rest.split_at_checked(usize::from(*len))?;
    let domain = match rest.split_first() {
        None => rest,
        Some((len, domain)) if domain.len() == usize::from(*len) => domain,
        Some(_) => return None,
    };
    // Without the second length there would be room for more than can be written again.
    if host.len() + domain.len() > NAMES_LEN_MAX {
        return None;
    }
    Some(Hostname { host: Bytes::copy_from_slice(host), domain: Bytes::copy_from_slice(domain) })
}

fn put_text(text: &[u8], room: usize, out: &mut BytesMut) {
    let text = text.get(..text.len().min(room)).unwrap_or_default();
    out.put_u8(text.len() as u8);
    out.put_slice(text);
}

/// Appends code, length and value. What does not fit in a value is left out.
pub(crate) fn encode_capability(capability: &Capability, out: &mut BytesMut) {
    let start = out.len();
    out.put_u16(0);
    let code = match capability {
        Capability::Multiprotocol(family) => {
            out.put_u16(family.afi);
            out.put_u8(0);
            out.put_u8(family.safi);
            MULTIPROTOCOL
        }
        Capability::RouteRefresh => ROUTE_REFRESH,
        Capability::EnhancedRouteRefresh => ENHANCED_ROUTE_REFRESH,
        Capability::FourOctetAs(asn) => {
            out.put_u32(*asn);
            FOUR_OCTET_AS
        }
        Capability::GracefulRestart(gr) => {
            let flags = u16::from(gr.restarting) << 15 | u16::from(gr.notification) << 14;
            out.put_u16(flags | (gr.restart_time_secs & 0x0fff));
            for f in gr.families.iter().take(63) {
                out.put_u16(f.family.afi);
                out.put_u8(f.family.safi);
                out.put_u8(u8::from(f.forwarding_preserved) << 7);
            }
            GRACEFUL_RESTART
        }
        Capability::AddPath(families) => {
            // A family without a direction has no code of its own: it is left out.
            for f in families.iter().filter(|f| f.receive || f.send).take(63) {
                out.put_u16(f.family.afi);
                out.put_u8(f.family.safi);
                out.put_u8(u8::from(f.receive) | u8::from(f.send) << 1);
            }
            ADD_PATH
        }
        Capability::ExtendedNextHop(families) => {
            for f in families.iter().take(42) {
                out.put_u16(f.family.afi);
                out.put_u16(f.family.safi.into());
                out.put_u16(f.next_hop_afi);
            }
            EXTENDED_NEXT_HOP
        }
        Capability::ExtendedMessage => EXTENDED_MESSAGE,
        Capability::Role(role) => {
            out.put_u8(*role as u8);
            ROLE
        }
        Capability::LongLivedGracefulRestart(families) => {
            for f in families.iter().take(36) {
                out.put_u16(f.family.afi);
                out.put_u8(f.family.safi);
                out.put_u8(u8::from(f.forwarding_preserved) << 7);
                out.put_uint(f.stale_time_secs.min(STALE_TIME_MAX).into(), 3);
            }
            LONG_LIVED_GRACEFUL_RESTART
        }
        Capability::Hostname(name) => {
            put_text(&name.host, NAMES_LEN_MAX, out);
            put_text(&name.domain, NAMES_LEN_MAX - name.host.len().min(NAMES_LEN_MAX), out);
            HOSTNAME
        }
        Capability::Unknown { code, value } => {
            out.put_slice(value.get(..value.len().min(VALUE_LEN_MAX)).unwrap_or(value));
            *code
        }
    };
    let len = (out.len() - start - 2) as u8;
    if let Some(head) = out.get_mut(start..start + 2) {
        head.copy_from_slice(&[code, len]);
    }
}
