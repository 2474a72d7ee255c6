//! Route origin authorizations (RFC 6482) that the configuration itself has, and where they are kept.

use std::sync::Arc;

use godwit_filter::Filter;
use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

/// A table of ROAs: `roa4 table`, `roa6 table`, `roa table` of 1.6.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoaTableConfig {
    /// Its name.
    pub name: String,
    /// What its prefixes are: [`AddressFamily::IPV4`] or [`AddressFamily::IPV6`].
    pub family: AddressFamily,
    /// What stands in it from the start (1.6).
    pub roas: Vec<Roa>,
}

/// `NET max N as N`: the AS may originate the net and its more specifics up to a length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roa {
    /// The net.
    pub net: IpNetwork,
    /// `max`: the longest prefix.
    pub max_length: u8,
    /// `as`.
    pub origin: u32,
}

/// A ROA of a static protocol.
#[derive(Clone, PartialEq, Debug)]
pub struct StaticRoa {
    /// What it says.
    pub roa: Roa,
    /// The commands in braces, run on it.
    pub commands: Option<Arc<Filter>>,
}

impl std::fmt::Display for Roa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} max {} as {}", self.net, self.max_length, self.origin)
    }
}
