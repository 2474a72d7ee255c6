//! What the directory keeps of a door.

use std::net::{IpAddr, SocketAddr};

use godwit_config::{BgpConfig, InterfacePattern, Neighbor};
use godwit_rib::{Links as _, OnLink};
use ipnetwork::IpNetwork;
use tokio::sync::mpsc;

use crate::links::{Link, LinkTable, is_link_local, matches};

use crate::secret::Secret;

use super::{Incoming, minimum_ttl};

/// Where connections from somebody go.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) to: mpsc::Sender<Incoming>,
    pub(super) secret: Option<Secret>,
    pub(super) minimum_ttl: Option<u8>,
    /// The kernel has a key for it; else that of a range it is in counts.
    pub(super) own_key: bool,
    /// The interface of a link-local address.
    pub(super) interface: Option<String>,
}

impl Entry {
    pub(super) fn new(bgp: &BgpConfig, interface: Option<String>, to: mpsc::Sender<Incoming>) -> Self {
        let secret = Secret::of(bgp);
        Self { to, secret, minimum_ttl: minimum_ttl(bgp), own_key: false, interface }
    }
}

/// Where connections from a range go.
#[derive(Debug)]
pub(super) struct RangeEntry {
    pub(super) net: IpNetwork,
    pub(super) entry: Entry,
    /// Neighbors must be on a link.
    direct: bool,
    /// On which; empty: any.
    patterns: Vec<InterfacePattern>,
}

impl RangeEntry {
    pub(super) fn new(bgp: &BgpConfig, net: IpNetwork, to: mpsc::Sender<Incoming>) -> Self {
        Self {
            net,
            entry: Entry::new(bgp, bgp.range_interface.clone(), to),
            direct: bgp.multihop.is_none(),
            patterns: bgp.interface_range.clone(),
        }
    }

    /// Whether this is for who connects from there.
    pub(super) fn takes(&self, peer: SocketAddr, links: Option<&LinkTable>) -> bool {
        if !self.net.contains(peer.ip()) {
            return false;
        }
        let named = self.entry.interface.as_deref();
        let link_local = is_link_local(peer.ip());
        // Every link has such addresses: as BIRD has it, they are let in where links are named.
        if link_local && named.is_none() && self.patterns.is_empty() {
            return false;
        }
        let somewhere = self.direct || named.is_some() || !self.patterns.is_empty();
        let Some(links) = links.filter(|_| somewhere) else { return true };
        let Some(link) = link_of(peer, links) else { return false };
        named.is_none_or(|name| *link.name == *name)
            && (self.patterns.is_empty() || selected(&self.patterns, link))
    }
}

/// The link somebody is on.
pub(super) fn link_of(peer: SocketAddr, links: &LinkTable) -> Option<&Link> {
    let index = match (peer.ip(), peer) {
        (IpAddr::V6(ip), SocketAddr::V6(v6)) if ip.is_unicast_link_local() => v6.scope_id(),
        (ip, _) => match links.on_link(ip, None) {
            OnLink::Yes(index) => index,
            OnLink::Local | OnLink::No => return None,
        },
    };
    links.by_index(index)
}

fn selected(patterns: &[InterfacePattern], link: &Link) -> bool {
    link.addresses.iter().any(|address| matches(patterns, &link.name, address))
}

/// The interface that tells a neighbor from another one of the same address.
pub(super) fn interface_of(bgp: &BgpConfig, peer: IpAddr) -> Option<String> {
    match &bgp.neighbor {
        Neighbor::Address { interface, .. } => interface.clone().filter(|_| is_link_local(peer)),
        Neighbor::Range(_) => None,
    }
}
