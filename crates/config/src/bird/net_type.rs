//! What a table or channel holds.

use godwit_wire::AddressFamily;

/// The words that begin a table or channel.
pub(super) const NET_TYPES: &[&str] =
    &["ipv4", "ipv6", "vpn4", "vpn6", "roa4", "roa6", "flow4", "flow6", "mpls", "aspa", "evpn", "eth"];

/// What the nets of a table or channel are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NetType {
    /// Unicast of a family a table can hold.
    Unicast(AddressFamily),
    /// Something there are no tables for yet, as the configuration names it.
    Other(String),
}

impl NetType {
    /// The type as BIRD's messages name it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Unicast(family) => family.to_string(),
            Self::Other(name) => name.clone(),
        }
    }
}
