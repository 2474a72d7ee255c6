//! Capabilities of an OPEN message (RFC 5492): what they say. `codec` reads and writes them.

mod codec;

use std::fmt;

use bytes::Bytes;

use crate::AddressFamily;
use crate::text::printable;

pub(crate) use codec::{ROLE, decode_capability, encode_capability};

/// A capability of an OPEN message (RFC 5492).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Capability {
    /// Multiprotocol extensions (RFC 4760 §8), code 1.
    Multiprotocol(AddressFamily),
    /// Route refresh (RFC 2918), code 2.
    RouteRefresh,
    /// Extended next hop encoding (RFC 8950 §4), code 5.
    ExtendedNextHop(Vec<ExtendedNextHopFamily>),
    /// Messages of up to 65,535 octets are taken (RFC 8654 §3), code 6.
    ExtendedMessage,
    /// BGP Role (RFC 9234 §4.1), code 9.
    Role(Role),
    /// Graceful restart (RFC 4724 §3), code 64.
    GracefulRestart(GracefulRestart),
    /// 4-octet AS numbers (RFC 6793 §3), code 65.
    FourOctetAs(u32),
    /// ADD-PATH (RFC 7911 §4), code 69.
    AddPath(Vec<AddPathFamily>),
    /// Enhanced route refresh (RFC 7313), code 70.
    EnhancedRouteRefresh,
    /// Long-lived graceful restart (RFC 9494 §3), code 71.
    LongLivedGracefulRestart(Vec<LongLivedFamily>),
    /// The sender's name, code 73 (the FQDN capability).
    Hostname(Hostname),
    /// Any other capability, or a known one with a value that cannot be, kept as it came.
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

/// One family of [`Capability::ExtendedNextHop`]: its NLRI may go with next hops of another family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExtendedNextHopFamily {
    /// The family of the NLRI.
    pub family: AddressFamily,
    /// The AFI of the next hop: 2, IPv6, is the one that is defined.
    pub next_hop_afi: u16,
}

/// One family of [`Capability::LongLivedGracefulRestart`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LongLivedFamily {
    /// The family.
    pub family: AddressFamily,
    /// F bit: forwarding state was preserved.
    pub forwarding_preserved: bool,
    /// Long-lived stale time, seconds, 24 bits.
    pub stale_time_secs: u32,
}

/// What the sender of an OPEN is to its neighbor (RFC 9234 §4.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Role {
    /// Sells transit to its neighbor.
    Provider = 0,
    /// A route server.
    RsServer = 1,
    /// A client of a route server.
    RsClient = 2,
    /// Buys transit from its neighbor.
    Customer = 3,
    /// Exchanges its own and its customers' routes.
    Peer = 4,
}

impl Role {
    /// The role with this code point, if it is assigned.
    pub fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Provider,
            1 => Self::RsServer,
            2 => Self::RsClient,
            3 => Self::Customer,
            4 => Self::Peer,
            _ => return None,
        })
    }

    /// The only role the neighbor of such a speaker can have (RFC 9234 §4.2).
    #[must_use]
    pub fn counterpart(self) -> Self {
        match self {
            Self::Provider => Self::Customer,
            Self::RsServer => Self::RsClient,
            Self::RsClient => Self::RsServer,
            Self::Customer => Self::Provider,
            Self::Peer => Self::Peer,
        }
    }

    /// BIRD's name of it, in `local role` and in `show protocols all`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::RsServer => "rs_server",
            Self::RsClient => "rs_client",
            Self::Customer => "customer",
            Self::Peer => "peer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The value of [`Capability::Hostname`]: octets of UTF-8, as the neighbor says. Shown by
/// [`fmt::Display`], which keeps a terminal safe from them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hostname {
    /// The host's name, at most 253 octets with the domain.
    pub host: Bytes,
    /// Its domain, mostly empty.
    pub domain: Bytes,
}

impl Hostname {
    /// The value for a host without a domain.
    pub fn new(host: &str) -> Self {
        Self { host: Bytes::copy_from_slice(host.as_bytes()), domain: Bytes::new() }
    }
}

/// Prints `host` or `host.domain`, without what is not text.
impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.host))?;
        if !self.domain.is_empty() {
            write!(f, ".{}", printable(&self.domain))?;
        }
        Ok(())
    }
}
