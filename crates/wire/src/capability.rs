use bytes::{BufMut, Bytes, BytesMut};

use crate::{AddressFamily, MessageError};

/// A capability of an OPEN message (RFC 5492).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Capability {
    /// Multiprotocol extensions (RFC 4760 §8), code 1.
    Multiprotocol(AddressFamily),
    /// Route refresh (RFC 2918), code 2.
    RouteRefresh,
    /// Graceful restart (RFC 4724 §3), code 64.
    GracefulRestart(GracefulRestart),
    /// 4-octet AS numbers (RFC 6793 §3), code 65.
    FourOctetAs(u32),
    /// ADD-PATH (RFC 7911 §4), code 69.
    AddPath(Vec<AddPathFamily>),
    /// Enhanced route refresh (RFC 7313), code 70.
    EnhancedRouteRefresh,
    /// Any other capability, kept as it came.
    Unknown {
        /// The capability code (IANA).
        code: u8,
        /// The value's bytes.
        value: Bytes,
    },
}

/// The graceful restart capability's value (RFC 4724 §3, RFC 8538 §2).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GracefulRestart {
    /// R bit: the sender has restarted and waits for End-of-RIB.
    pub restarting: bool,
    /// N bit (RFC 8538): NOTIFICATION is graceful too.
    pub notification: bool,
    /// Restart time in seconds, 0 to 4095.
    pub restart_time_secs: u16,
    /// The families it covers.
    pub families: Vec<GracefulRestartFamily>,
}

/// One family of a [`GracefulRestart`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GracefulRestartFamily {
    /// The family.
    pub family: AddressFamily,
    /// F bit: forwarding state was preserved.
    pub forwarding_preserved: bool,
}

/// One family of [`Capability::AddPath`]: in which direction its NLRI carry path identifiers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AddPathFamily {
    /// The family.
    pub family: AddressFamily,
    /// Its sender can receive several paths of a net.
    pub receive: bool,
    /// Its sender can send them.
    pub send: bool,
}

const MULTIPROTOCOL: u8 = 1;
const ROUTE_REFRESH: u8 = 2;
const GRACEFUL_RESTART: u8 = 64;
const FOUR_OCTET_AS: u8 = 65;
const ADD_PATH: u8 = 69;
const ENHANCED_ROUTE_REFRESH: u8 = 70;

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

/// Appends code, length and value.
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
            for f in &gr.families {
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
        Capability::Unknown { code, value } => {
            out.put_slice(value.get(..value.len().min(255)).unwrap_or(value));
            *code
        }
    };
    let len = (out.len() - start - 2) as u8;
    if let Some(head) = out.get_mut(start..start + 2) {
        head.copy_from_slice(&[code, len]);
    }
}
