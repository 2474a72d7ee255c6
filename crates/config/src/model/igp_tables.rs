//! The tables next hops are looked up in.

use godwit_wire::AddressFamily;

use super::{ChannelConfig, ProtocolConfig, ProtocolKind};

/// `igp table`: one for each family of next hops. None: see [`ProtocolConfig::igp_table`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IgpTables {
    /// For IPv4 next hops.
    pub ipv4: Option<String>,
    /// For IPv6 next hops.
    pub ipv6: Option<String>,
}

impl IgpTables {
    /// The table that was named for next hops of a family.
    pub fn of(&self, family: AddressFamily) -> Option<&String> {
        if family == AddressFamily::IPV6 { self.ipv6.as_ref() } else { self.ipv4.as_ref() }
    }

    /// Names one.
    pub fn set(&mut self, family: AddressFamily, name: String) {
        let place = if family == AddressFamily::IPV6 { &mut self.ipv6 } else { &mut self.ipv4 };
        *place = Some(name);
    }

    /// Those that were named, if any was.
    pub fn words(&self) -> Option<String> {
        let names: Vec<&str> = self.names().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Those that were named.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.ipv4.iter().chain(&self.ipv6)
    }
}

impl ProtocolConfig {
    /// The name of the table that a channel's next hops of a family are looked up in: what it says itself, its own table,
    /// what the protocol's channel of that family has, or the default table.
    pub fn igp_table<'a>(&'a self, channel: &'a ChannelConfig, family: AddressFamily) -> &'a str {
        let named = |channel: &'a ChannelConfig| match &self.kind {
            ProtocolKind::Static(config) => config.igp_tables.of(family),
            _ => channel.bgp.igp_tables.of(family),
        };
        let own = |channel: &'a ChannelConfig| Some(&channel.table).filter(|_| channel.family == family);
        let other = self.channels.iter().find(|c| c.family == family);
        let found = named(channel)
            .or_else(|| own(channel))
            .or_else(|| other.and_then(named))
            .or_else(|| other.and_then(own));
        found.map_or(if family == AddressFamily::IPV6 { "master6" } else { "master4" }, String::as_str)
    }
}
