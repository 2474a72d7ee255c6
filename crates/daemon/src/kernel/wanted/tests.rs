use std::net::IpAddr;

use godwit_filter::RouteSource;

use super::*;
use crate::links::Link;

const ETH0: u32 = 2;
const TUNL0: u32 = 7;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn links() -> LinkTable {
    let link = |index, name: &str| Link { index, name: name.into(), ..Link::default() };
    LinkTable { links: vec![link(ETH0, "eth0"), link(TUNL0, "tunl0")] }
}

/// A path over a BGP next hop that is behind a gateway, with a tunnel or none.
fn path(next_hop: &str, gateway: &str, weight: u16, tunnel: Option<&str>) -> WantedPath {
    let hop = NextHop { gateway: Some(ip(gateway)), ifindex: ETH0, weight, onlink: false };
    let destination = Destination::Unicast(hop);
    let mut attributes = RouteAttributes::new(RouteSource::Bgp, 100, destination.clone());
    attributes.bgp.next_hop = Some(ip(next_hop));
    attributes.set_extra("krt_tunnel", tunnel.map(|name| AttributeValue::String(name.into())));
    WantedPath { attributes: Arc::new(attributes), destination, neighbor: Some((ip(next_hop), 0)) }
}

fn plain(gateway: &str, weight: u16) -> WantedPath {
    path(gateway, gateway, weight, None)
}

/// The next hops in short: `gateway%interface*weight`, `!` where it is on-link by order.
fn hops_of(best: WantedPath, merged: Vec<WantedPath>, limit: usize, family: Family) -> Vec<String> {
    let wanted = wanted(&WantedRoute { best, merged }, limit, family, &links());
    let RouteKind::Unicast(hops) = wanted.kind else { panic!("{wanted:?}") };
    let text = |h: &RouteHop| {
        let onlink = if h.onlink { "!" } else { "" };
        format!("{}%{}*{}{onlink}", h.gateway.expect("a gateway"), h.ifindex, h.weight)
    };
    hops.iter().map(text).collect()
}

#[test]
fn equal_next_hops_are_one_and_their_order_is_none() {
    let v4 = |best: &str, merged: &[&str]| {
        hops_of(plain(best, 1), merged.iter().map(|g| plain(g, 1)).collect(), 16, Family::Ipv4)
    };
    let three = ["192.0.2.1%2*1", "192.0.2.2%2*1", "192.0.2.3%2*1"];
    assert_eq!(v4("192.0.2.2", &["192.0.2.3", "192.0.2.1", "192.0.2.2"]), three);
    assert_eq!(v4("192.0.2.1", &["192.0.2.2", "192.0.2.1", "192.0.2.3", "192.0.2.3"]), three);
}

#[test]
fn other_weights_are_other_next_hops_of_ipv4_alone() {
    let merged = |family| hops_of(plain("192.0.2.1", 3), vec![plain("192.0.2.1", 7)], 16, family);
    assert_eq!(merged(Family::Ipv4), ["192.0.2.1%2*3", "192.0.2.1%2*7"]);
    assert_eq!(merged(Family::Ipv6), ["192.0.2.1%2*7"]);
}

#[test]
fn the_best_is_always_among_the_limit() {
    let merged = || ["192.0.2.3", "192.0.2.1", "192.0.2.2"].map(|g| plain(g, 1)).to_vec();
    assert_eq!(hops_of(plain("192.0.2.9", 1), merged(), 2, Family::Ipv4), ["192.0.2.1%2*1", "192.0.2.9%2*1"]);
    assert_eq!(hops_of(plain("192.0.2.9", 1), merged(), 1, Family::Ipv4), ["192.0.2.9%2*1"]);
}

#[test]
fn a_tunnel_leads_to_the_bgp_next_hop_if_it_is_there() {
    let one =
        |tunnel| hops_of(path("198.51.100.1", "192.0.2.1", 1, Some(tunnel)), Vec::new(), 16, Family::Ipv4);
    assert_eq!(one("tunl0"), ["198.51.100.1%7*1!"]);
    assert_eq!(one("tunl1"), ["192.0.2.1%2*1"]);
    assert_eq!(one(""), ["192.0.2.1%2*1"]);
}

#[test]
fn each_of_several_next_hops_has_its_own_tunnel_or_none() {
    let tunnel = |next_hop| path(next_hop, "192.0.2.1", 1, Some("tunl0"));
    let merged = vec![tunnel("198.51.100.2"), plain("192.0.2.5", 1)];
    assert_eq!(
        hops_of(tunnel("198.51.100.1"), merged, 16, Family::Ipv4),
        ["192.0.2.5%2*1", "198.51.100.1%7*1!", "198.51.100.2%7*1!"]
    );
}

#[test]
fn a_tunnel_is_for_routes_with_a_gateway_and_a_bgp_next_hop() {
    let to = |destination: Destination, next_hop: Option<&str>| {
        let mut path = path("198.51.100.1", "192.0.2.1", 1, Some("tunl0"));
        let attributes = Arc::make_mut(&mut path.attributes);
        attributes.bgp.next_hop = next_hop.map(ip);
        path.destination = destination;
        wanted(&WantedRoute { best: path, merged: Vec::new() }, 1, Family::Ipv4, &links()).kind
    };
    assert_eq!(to(Destination::Blackhole, Some("198.51.100.1")), RouteKind::Blackhole);
    let device = NextHop { gateway: None, ifindex: ETH0, weight: 1, onlink: false };
    let plain = RouteHop { gateway: None, ifindex: ETH0, weight: 1, onlink: false };
    assert_eq!(
        to(Destination::Unicast(device.clone()), Some("198.51.100.1")),
        RouteKind::Unicast(vec![plain])
    );
    let gateway = NextHop { gateway: Some(ip("192.0.2.1")), ..device };
    let plain = route_hop(&gateway);
    assert_eq!(to(Destination::Unicast(gateway), None), RouteKind::Unicast(vec![plain]));
}

#[test]
fn a_tunnel_that_comes_or_goes_is_noticed() {
    let mut tunnels: Tunnels<ipnetwork::Ipv4Network> = Tunnels::default();
    let net = "10.0.0.0/26".parse().expect("a prefix");
    let best = path("198.51.100.1", "192.0.2.1", 1, Some("tunl0"));
    let route = WantedRoute { best, merged: Vec::new() };
    tunnels.note(net, Some(&route), &LinkTable::default());
    assert!(!tunnels.look(&LinkTable::default()));
    assert!(tunnels.look(&links()));
    assert!(!tunnels.look(&links()));
    assert!(tunnels.look(&LinkTable::default()));
    assert_eq!(tunnels.routes.len(), 1);
    tunnels.note(net, None, &links());
    assert_eq!(tunnels.routes.len(), 0);
}
