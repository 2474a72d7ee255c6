//! Between the kernel's messages and our types.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteNextHop, RouteNextHopFlags,
    RouteProtocol, RouteScope, RouteType, RouteVia,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::PROTOCOL_BIRD;
use crate::metrics::{Metrics, realm, realm_number};
use crate::model::{Address, Event, KernelRoute, Link, RouteHop, RouteKind, WEIGHT_MAX};

/// An event from a message, if it is about something we look at.
pub(crate) fn event(message: RouteNetlinkMessage) -> Option<Event> {
    Some(match message {
        RouteNetlinkMessage::NewLink(m) => Event::Link(link(&m)),
        RouteNetlinkMessage::DelLink(m) => Event::LinkGone(m.header.index),
        RouteNetlinkMessage::NewAddress(m) => Event::Address(address(&m)?),
        RouteNetlinkMessage::DelAddress(m) => Event::AddressGone(address(&m)?),
        RouteNetlinkMessage::NewRoute(m) => Event::Route(route(&m)?),
        RouteNetlinkMessage::DelRoute(m) => Event::RouteGone(route(&m)?),
        _ => return None,
    })
}

fn link(m: &LinkMessage) -> Link {
    let flags = m.header.flags;
    let mut link = Link {
        index: m.header.index,
        admin_up: flags.contains(LinkFlags::Up),
        link_up: flags.contains(LinkFlags::LowerUp),
        loopback: flags.contains(LinkFlags::Loopback),
        point_to_point: flags.contains(LinkFlags::Pointopoint),
        broadcast: flags.contains(LinkFlags::Broadcast),
        multicast: flags.contains(LinkFlags::Multicast),
        ..Link::default()
    };
    for attribute in &m.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::Controller(index) => link.master = Some(*index),
            _ => {}
        }
    }
    link
}

fn address(m: &AddressMessage) -> Option<Address> {
    let (mut local, mut other) = (None, None);
    for attribute in &m.attributes {
        match attribute {
            AddressAttribute::Local(a) => local = Some(*a),
            AddressAttribute::Address(a) => other = Some(*a),
            _ => {}
        }
    }
    // IFA_ADDRESS is the peer's where IFA_LOCAL is ours and differs (rtnetlink(7)).
    let own = local.or(other)?;
    let flags = m.header.flags;
    let bad = AddressHeaderFlags::Tentative | AddressHeaderFlags::Dadfailed;
    Some(Address {
        ifindex: m.header.index,
        address: IpNetwork::new(own, m.header.prefix_len).ok()?,
        peer: other.filter(|a| *a != own),
        secondary: own.is_ipv4() && flags.contains(AddressHeaderFlags::Secondary),
        tentative: flags.intersects(bad),
        scope: m.header.scope.into(),
    })
}

/// A route we can understand: unicast or one that drops, without a cache entry's or a TOS's
/// peculiarities.
fn route(m: &RouteMessage) -> Option<KernelRoute> {
    let h = &m.header;
    if h.flags.contains(RouteFlags::Cloned) || h.tos != 0 || h.source_prefix_length != 0 {
        return None;
    }
    let any: IpAddr = match h.address_family {
        AddressFamily::Inet => Ipv4Addr::UNSPECIFIED.into(),
        AddressFamily::Inet6 => Ipv6Addr::UNSPECIFIED.into(),
        _ => return None,
    };
    let mut found = Attributes { destination: any, table: h.table.into(), ..Attributes::default_with(any) };
    found.read(&m.attributes);
    // Next hops on a link that is down lead nowhere. Of our own routes they are still ours.
    if u8::from(h.protocol) != PROTOCOL_BIRD && !found.drop_dead(&m.attributes) {
        return None;
    }
    let kind = match h.kind {
        RouteType::Unicast => RouteKind::Unicast(found.hops(h.flags.contains(RouteFlags::Onlink))),
        RouteType::BlackHole => RouteKind::Blackhole,
        RouteType::Unreachable => RouteKind::Unreachable,
        RouteType::Prohibit => RouteKind::Prohibit,
        _ => return None,
    };
    Some(KernelRoute {
        table: found.table,
        net: IpNetwork::new(found.destination, h.destination_prefix_length).ok()?,
        kind,
        protocol: h.protocol.into(),
        metric: found.metric,
        prefsrc: found.prefsrc,
        scope: h.scope.into(),
        realm: found.realm,
        metrics: found.metrics,
    })
}

struct Attributes {
    destination: IpAddr,
    table: u32,
    metric: u32,
    prefsrc: Option<IpAddr>,
    gateway: Option<IpAddr>,
    oif: u32,
    multipath: Vec<RouteHop>,
    realm: u32,
    metrics: Metrics,
}

impl Attributes {
    fn default_with(destination: IpAddr) -> Self {
        Self {
            destination,
            table: 0,
            metric: 0,
            prefsrc: None,
            gateway: None,
            oif: 0,
            multipath: Vec::new(),
            realm: 0,
            metrics: Metrics::default(),
        }
    }

    fn read(&mut self, attributes: &[RouteAttribute]) {
        for attribute in attributes {
            match attribute {
                RouteAttribute::Destination(a) => self.destination = ip(a).unwrap_or(self.destination),
                RouteAttribute::Gateway(_) | RouteAttribute::Via(_) => self.gateway = gateway(attribute),
                RouteAttribute::PrefSource(a) => self.prefsrc = ip(a),
                RouteAttribute::Oif(index) => self.oif = *index,
                RouteAttribute::Priority(metric) => self.metric = *metric,
                RouteAttribute::Table(table) => self.table = *table,
                RouteAttribute::MultiPath(hops) => {
                    self.multipath = hops.iter().map(hop).collect();
                    // Each next hop has its own; BIRD 2 takes the last one's for the route's.
                    let mut realms = hops.iter().flat_map(|h| &h.attributes).rev().filter_map(realm_of);
                    self.realm = realms.next().unwrap_or(self.realm);
                }
                RouteAttribute::Realm(_) => self.realm = realm_of(attribute).unwrap_or_default(),
                RouteAttribute::Metrics(list) => self.metrics = Metrics::read(list),
                _ => {}
            }
        }
    }

    /// Leaves out what the kernel marks as dead; whether something is left of what there was.
    fn drop_dead(&mut self, attributes: &[RouteAttribute]) -> bool {
        let before = self.multipath.len();
        for attribute in attributes {
            if let RouteAttribute::MultiPath(hops) = attribute {
                let alive = hops.iter().filter(|h| !h.flags.contains(RouteNextHopFlags::Dead));
                self.multipath = alive.map(hop).collect();
            }
        }
        before == 0 || !self.multipath.is_empty()
    }

    fn hops(&mut self, onlink: bool) -> Vec<RouteHop> {
        if self.multipath.is_empty() {
            vec![RouteHop { gateway: self.gateway, ifindex: self.oif, weight: 1, onlink }]
        } else {
            std::mem::take(&mut self.multipath)
        }
    }
}

fn hop(h: &RouteNextHop) -> RouteHop {
    RouteHop {
        gateway: h.attributes.iter().find_map(gateway),
        ifindex: h.interface_index,
        weight: u16::from(h.hops) + 1,
        onlink: h.flags.contains(RouteNextHopFlags::Onlink),
    }
}

fn realm_of(attribute: &RouteAttribute) -> Option<u32> {
    match attribute {
        RouteAttribute::Realm(realm) => Some(realm_number(*realm)),
        _ => None,
    }
}

/// The gateway; an IPv6 one of an IPv4 route has an attribute of its own (RFC 8950).
fn gateway(attribute: &RouteAttribute) -> Option<IpAddr> {
    match attribute {
        RouteAttribute::Gateway(a) => ip(a),
        RouteAttribute::Via(RouteVia::Inet(a)) => Some((*a).into()),
        RouteAttribute::Via(RouteVia::Inet6(a)) => Some((*a).into()),
        _ => None,
    }
}

fn gateway_attribute(net: &IpNetwork, gateway: IpAddr) -> RouteAttribute {
    match (net, gateway) {
        (IpNetwork::V4(_), IpAddr::V6(a)) => RouteAttribute::Via(RouteVia::Inet6(a)),
        _ => RouteAttribute::Gateway(gateway.into()),
    }
}

fn ip(a: &RouteAddress) -> Option<IpAddr> {
    match a {
        RouteAddress::Inet(a) => Some((*a).into()),
        RouteAddress::Inet6(a) => Some((*a).into()),
        _ => None,
    }
}

/// The kernel's message for a route; for a deletion what identifies it is enough.
pub(crate) fn route_message(route: &KernelRoute, delete: bool) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: if route.net.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 },
        destination_prefix_length: route.net.prefix(),
        // Tables past 255 go in the attribute alone.
        table: u8::try_from(route.table).unwrap_or(0),
        protocol: RouteProtocol::from(route.protocol),
        scope: if delete { RouteScope::NoWhere } else { RouteScope::from(route.scope) },
        kind: if delete { RouteType::Unspec } else { kind(&route.kind) },
        ..RouteHeader::default()
    };
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Destination(route.net.ip().into()));
    attributes.push(RouteAttribute::Table(route.table));
    if route.metric != 0 {
        attributes.push(RouteAttribute::Priority(route.metric));
    }
    if delete {
        return message;
    }
    if let Some(prefsrc) = route.prefsrc {
        attributes.push(RouteAttribute::PrefSource(prefsrc.into()));
    }
    let metrics = route.metrics.message();
    if !metrics.is_empty() {
        attributes.push(RouteAttribute::Metrics(metrics));
    }
    // The kernel wants that of several next hops with each of them.
    let several = matches!(&route.kind, RouteKind::Unicast(hops) if hops.len() > 1);
    if route.realm != 0 && !several {
        attributes.push(RouteAttribute::Realm(realm(route.realm)));
    }
    match &route.kind {
        RouteKind::Unicast(hops) => match hops.as_slice() {
            [one] => {
                attributes.extend(one.gateway.map(|a| gateway_attribute(&route.net, a)));
                attributes.push(RouteAttribute::Oif(one.ifindex));
                if one.onlink {
                    message.header.flags |= RouteFlags::Onlink;
                }
            }
            several => attributes
                .push(RouteAttribute::MultiPath(several.iter().map(|hop| next_hop(route, hop)).collect())),
        },
        RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => {}
    }
    message
}

fn kind(kind: &RouteKind) -> RouteType {
    match kind {
        RouteKind::Unicast(_) => RouteType::Unicast,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
    }
}

fn next_hop(route: &KernelRoute, hop: &RouteHop) -> RouteNextHop {
    let mut next_hop = RouteNextHop::default();
    next_hop.interface_index = hop.ifindex;
    next_hop.hops = u8::try_from(hop.weight.clamp(1, WEIGHT_MAX) - 1).unwrap_or(u8::MAX);
    if hop.onlink {
        next_hop.flags = RouteNextHopFlags::Onlink;
    }
    next_hop.attributes.extend(hop.gateway.map(|a| gateway_attribute(&route.net, a)));
    if route.realm != 0 {
        next_hop.attributes.push(RouteAttribute::Realm(realm(route.realm)));
    }
    next_hop
}
