//! Our own addresses, which are announced as next hops.

use std::net::{IpAddr, Ipv6Addr};

use godwit_config::{BgpConfig, Neighbor};
use godwit_rib::{Links, OnLink};

use crate::links::{LinkTable, is_link_local};

/// The next hops of a session: global ones for each family, a link-local one, and the interface they are on (0: the
/// neighbor is not on a link).
#[derive(Clone, Copy, Default)]
pub(super) struct Own {
    pub(super) ipv4: Option<IpAddr>,
    pub(super) ipv6: Option<IpAddr>,
    pub(super) link_local: Option<Ipv6Addr>,
    pub(super) ifindex: u32,
}

/// The addresses we announce as next hops: the session's own, and for the other family the
/// preferred one of the session's interface.
pub(super) fn own_addresses(bgp: &BgpConfig, links: &LinkTable, local: Option<IpAddr>, peer: IpAddr) -> Own {
    let named = match &bgp.neighbor {
        Neighbor::Address { interface: Some(name), .. } => links.by_name(name),
        _ => None,
    };
    let session_link = match (named, links.on_link(peer, None)) {
        (Some(link), _) => link.index,
        (None, OnLink::Yes(index)) => index,
        (None, OnLink::Local | OnLink::No) => local
            .and_then(|l| links.addresses().find(|(_, a)| a.address.ip() == l))
            .map_or(0, |(link, _)| link.index),
    };
    let local = bgp.local_address.or(local).filter(|a| !is_link_local(*a));
    let of =
        |ipv4: bool| local.filter(|l| l.is_ipv4() == ipv4).or_else(|| links.preferred(session_link, ipv4));
    let direct = bgp.multihop.is_none();
    let link_local = if direct { links.link_local(session_link) } else { None };
    Own {
        ipv4: of(true),
        ipv6: of(false).or(link_local.map(IpAddr::V6)),
        link_local,
        ifindex: if direct { session_link } else { 0 },
    }
}
