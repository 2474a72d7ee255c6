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
    /// ROAs of prefixes of a family.
    Roa(AddressFamily),
    /// Something there are no tables for yet, as the configuration names it.
    Other(String),
}

impl NetType {
    /// What the table of a channel holds: labelled and multicast routes have tables of their family.
    pub(super) fn of_table(&self) -> Self {
        let Self::Other(name) = self else { return self.clone() };
        match name.split_once('-') {
            Some(("ipv4", "multicast" | "mpls")) => Self::Unicast(AddressFamily::IPV4),
            Some(("ipv6", "multicast" | "mpls")) => Self::Unicast(AddressFamily::IPV6),
            Some((base, "multicast" | "mpls")) => Self::Other(base.to_owned()),
            _ => self.clone(),
        }
    }

    /// The type as BIRD's messages name it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Unicast(family) => family.to_string(),
            Self::Roa(AddressFamily::IPV6) => "roa6".into(),
            Self::Roa(_) => "roa4".into(),
            Self::Other(name) => name.clone(),
        }
    }
}
