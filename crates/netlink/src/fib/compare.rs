//! When two routes are the same, and which are looked at.

use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::IpNetwork;

use super::Wanted;
use crate::model::{Family, RouteHop, RouteKind, WEIGHT_MAX};

/// RT_SCOPE_UNIVERSE and RT_SCOPE_LINK (rtnetlink(7)).
const UNIVERSE: u8 = 0;
const LINK: u8 = 253;

/// The metric a route gets: the table's, or its own. IPv6 has no metric zero: the kernel takes 1024.
pub(super) fn effective_metric(table: u32, family: Family, own: u32) -> u32 {
    match (table, own, family) {
        (0, 0, Family::Ipv6) => 1024,
        (0, own, _) => own,
        (metric, _, _) => metric,
    }
}

/// The scope a route gets: of a link if it goes straight to an interface, unless another is wanted. IPv6 knows none.
pub(super) fn scope(family: Family, wanted: &Wanted) -> u8 {
    let device = matches!(&wanted.kind, RouteKind::Unicast(hops) if hops.iter().all(|h| h.gateway.is_none()));
    match (family, wanted.scope) {
        (Family::Ipv6, _) => UNIVERSE,
        (Family::Ipv4, Some(scope)) => scope,
        (Family::Ipv4, None) if device => LINK,
        (Family::Ipv4, None) => UNIVERSE,
    }
}

/// Whether a route has the realm that is wanted. A kernel may be built without realms: a route that has none is
/// not put right, as that would never end.
pub(super) fn same_realm(family: Family, found: u32, wanted: u32) -> bool {
    family == Family::Ipv6 || found == 0 || found == wanted
}

/// Whether a route of the kernel does what is wanted. The kernel keeps next hops in an order of its own,
/// may add flags, finds an interface where none is given, and has no weight for an only next hop.
pub(super) fn same_kind(found: &RouteKind, wanted: &RouteKind) -> bool {
    let (RouteKind::Unicast(found), RouteKind::Unicast(wanted)) = (found, wanted) else {
        return found == wanted;
    };
    let any_interface = wanted.iter().any(|h| h.ifindex == 0);
    let essence = |hops: &[RouteHop]| {
        let weight = |h: &RouteHop| if hops.len() == 1 { 1 } else { h.weight.clamp(1, WEIGHT_MAX) };
        let interface = |h: &RouteHop| if any_interface { 0 } else { h.ifindex };
        let mut list: Vec<_> = hops.iter().map(|h| (h.gateway, interface(h), weight(h))).collect();
        list.sort_unstable();
        list
    };
    essence(found) == essence(wanted)
}

/// Multicast, link-local and host destinations are not routes to learn, nor what is no address at all.
/// 169.254.0.0/16 and 240.0.0.0/4 are, as in BIRD 2.
pub(super) fn is_learnable(net: &IpNetwork) -> bool {
    match net.ip() {
        IpAddr::V4(a) => a.is_unspecified() || is_unicast(a),
        IpAddr::V6(a) => match a.segments() {
            // Where an IPv4 address is inside, that decides (RFC 4291 §2.5.5).
            [0, 0, 0, 0, 0, 0 | 0xffff, _, _] if !a.is_unspecified() => {
                let [.., w, x, y, z] = a.octets();
                is_unicast(Ipv4Addr::new(w, x, y, z))
            }
            [0, 0, 0, 0, high, low, ..] => high == 0 && low == 0,
            _ => !(a.is_multicast() || a.is_unicast_link_local()),
        },
    }
}

fn is_unicast(a: Ipv4Addr) -> bool {
    !(a.octets()[0] == 0 || a.is_multicast() || a.is_loopback() || a.is_broadcast())
}
