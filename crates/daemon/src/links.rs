//! The interfaces of the host, as every part of the daemon sees them: an immutable table that is
//! replaced as a whole when the kernel reports a change.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use godwit_config::InterfacePattern;
use godwit_filter::{Scope, Surroundings};
use godwit_rib::{Links, OnLink};
use ipnetwork::IpNetwork;

/// An address of a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LinkAddress {
    /// The address, host bits kept, with the length of its prefix.
    pub(crate) address: IpNetwork,
    /// The other end of a point-to-point address.
    pub(crate) peer: Option<IpAddr>,
    /// A secondary address of its prefix.
    pub(crate) secondary: bool,
    /// How far it reaches.
    pub(crate) scope: Scope,
}

impl LinkAddress {
    /// The prefix that is reached directly: the peer's host route, or the address's own prefix.
    pub(crate) fn prefix(&self) -> Option<IpNetwork> {
        match self.peer {
            Some(peer) if self.address.prefix() >= host_len(peer) => {
                IpNetwork::new(peer, host_len(peer)).ok()
            }
            _ => IpNetwork::new(self.address.network(), self.address.prefix()).ok(),
        }
    }
}

/// Whether an address is the first or the last of an IPv4 net: that is nobody's.
fn names_the_net(net: &IpNetwork, address: IpAddr) -> bool {
    net.is_ipv4() && net.prefix() < 31 && (address == net.network() || address == net.broadcast())
}

fn host_len(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// An interface.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: Arc<str>,
    pub(crate) master: Option<u32>,
    pub(crate) admin_up: bool,
    pub(crate) link_up: bool,
    pub(crate) loopback: bool,
    pub(crate) point_to_point: bool,
    pub(crate) broadcast: bool,
    pub(crate) multicast: bool,
    pub(crate) mtu: u32,
    pub(crate) addresses: Vec<LinkAddress>,
    /// Another number than before: the kernel may have dropped routes through it in between, without a word
    /// (it went down, lost its carrier or an address, or is another one of the same index).
    pub(crate) lost: u64,
}

/// All interfaces.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LinkTable {
    pub(crate) links: Vec<Link>,
}

impl LinkTable {
    pub(crate) fn by_index(&self, index: u32) -> Option<&Link> {
        self.links.iter().find(|l| l.index == index)
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|l| *l.name == *name)
    }

    /// The link that is up and has an address, or reaches it, and whether it is its own; looked for on one
    /// interface or on all. Every link has link-local addresses, so those need the interface.
    pub(crate) fn link_of(&self, address: IpAddr, interface: Option<u32>) -> Option<(u32, bool)> {
        if interface.is_none() && is_link_local(address) {
            return None;
        }
        let mut found: Option<(u8, u32)> = None;
        for (link, a) in self.addresses() {
            if !link.admin_up || interface.is_some_and(|index| index != link.index) {
                continue;
            }
            if a.address.ip() == address {
                return Some((link.index, true));
            }
            if let Some(prefix) = a.prefix()
                && prefix.contains(address)
                && !names_the_net(&prefix, address)
                && found.is_none_or(|(len, _)| prefix.prefix() > len)
            {
                found = Some((prefix.prefix(), link.index));
            }
        }
        found.map(|(_, index)| (index, false))
    }

    /// The addresses of interfaces that are up, with the interfaces' numbers.
    pub(crate) fn own_addresses(&self) -> BTreeSet<(IpAddr, u32)> {
        let up = self.addresses().filter(|(link, _)| link.admin_up);
        up.map(|(link, address)| (address.address.ip(), link.index)).collect()
    }

    /// The name of an interface, or its number where there is none any more.
    pub(crate) fn name(&self, index: u32) -> Arc<str> {
        self.by_index(index).map_or_else(|| index.to_string().into(), |l| l.name.clone())
    }

    /// Addresses with their links.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (&Link, &LinkAddress)> {
        self.links.iter().flat_map(|l| l.addresses.iter().map(move |a| (l, a)))
    }

    /// The link-local IPv6 address of a link.
    pub(crate) fn link_local(&self, ifindex: u32) -> Option<Ipv6Addr> {
        self.by_index(ifindex)?.addresses.iter().find_map(|a| match a.address.ip() {
            IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(v6),
            _ => None,
        })
    }

    /// The preferred address of a family on a link: the first primary one of wider than link scope.
    pub(crate) fn preferred(&self, ifindex: u32, ipv4: bool) -> Option<IpAddr> {
        self.by_index(ifindex)?
            .addresses
            .iter()
            .find(|a| a.address.is_ipv4() == ipv4 && !a.secondary && a.scope > Scope::Link)
            .map(|a| a.address.ip())
    }

    /// The numerically lowest primary IPv4 address of wider than link scope on interfaces that are
    /// up, restricted to patterns if there are any: BIRD's default router id.
    pub(crate) fn router_id(&self, patterns: &[InterfacePattern]) -> Option<Ipv4Addr> {
        self.addresses()
            .filter(|(link, a)| link.admin_up && !a.secondary && a.scope > Scope::Link)
            .filter(|(link, a)| patterns.is_empty() || matches(patterns, &link.name, a))
            .filter_map(|(_, a)| match a.address.ip() {
                IpAddr::V4(v4) => Some(v4),
                IpAddr::V6(_) => None,
            })
            .min()
    }
}

/// Whether interface patterns select an address on an interface: the first that matches decides.
pub(crate) fn matches(patterns: &[InterfacePattern], name: &str, address: &LinkAddress) -> bool {
    let inside =
        |p: &IpNetwork| p.contains(address.address.ip()) || address.peer.is_some_and(|a| p.contains(a));
    patterns
        .iter()
        .find(|p| {
            p.name.as_deref().is_none_or(|glob| godwit_filter::glob::matches(glob, name))
                && p.prefix.as_ref().is_none_or(inside)
        })
        .is_some_and(|p| !p.negative)
}

/// Whether an address is one of those that every link has: link-local, of IPv6.
pub(crate) fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(a) if a.is_unicast_link_local())
}

impl Surroundings for LinkTable {
    fn interface_name(&self, ifindex: u32) -> Option<Arc<str>> {
        self.by_index(ifindex).map(|l| l.name.clone())
    }

    fn interface_index(&self, name: &str) -> Option<u32> {
        self.by_name(name).map(|l| l.index)
    }

    fn neighbor_interface(&self, address: IpAddr) -> Option<u32> {
        match self.on_link(address, None) {
            OnLink::Yes(index) => Some(index),
            OnLink::Local | OnLink::No => None,
        }
    }
}

/// Whether it can be a gateway at all, as BIRD has it: not in 0/8 or 127/8, not multicast or broadcast.
pub(crate) fn is_gateway(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => !a.is_loopback() && !a.is_multicast() && !a.is_broadcast() && a.octets()[0] != 0,
        IpAddr::V6(a) => !a.is_loopback() && !a.is_multicast(),
    }
}

impl Links for LinkTable {
    fn on_link(&self, address: IpAddr, interface: Option<u32>) -> OnLink {
        match self.link_of(address, interface).filter(|_| is_gateway(address)) {
            Some((_, true)) => OnLink::Local,
            Some((index, false)) => OnLink::Yes(index),
            None => OnLink::No,
        }
    }
}
