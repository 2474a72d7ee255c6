use bytes::Bytes;

use crate::AddressFamily;

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
