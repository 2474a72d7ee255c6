//! What the tests share: paths to put in, sources they come from, links, and a filter from text.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod contender;
pub(crate) mod paths;
pub(crate) mod peer;
pub(crate) mod session;
pub(crate) mod update;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use godwit_filter::{
    Destination, NextHop, Parser, ProgramBuilder, RouteAttributes, RouteSource, SourceMap, Surroundings, lex,
};
use godwit_rib::{
    AigpPolicy, BgpExport, BgpSource, ExportPolicy, HashedAttributes, Links, NetKey, NextHopPolicy, OnLink,
    PrivateAsPolicy, RouteBatch, SourceId, SourceInfo, Table,
};
use godwit_wire::{AsPath, MESSAGE_LEN_MAX, Origin};
use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};

/// The seed of hashes; any will do.
pub(crate) const SEED: u64 = 7;
/// Our AS.
pub(crate) const LOCAL_AS: u32 = 65000;
/// The interface of 192.0.2.0/24 and 2001:db8::/64.
pub(crate) const ETH0: u32 = 2;

pub(crate) fn net(text: &str) -> Ipv4Network {
    text.parse().unwrap()
}

pub(crate) fn net6(text: &str) -> Ipv6Network {
    text.parse().unwrap()
}

pub(crate) fn any(text: &str) -> IpNetwork {
    text.parse().unwrap()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The link the neighbors are on. 192.0.2.254 is our own address.
#[derive(Debug)]
pub(crate) struct Link;

impl Surroundings for Link {
    fn interface_name(&self, ifindex: u32) -> Option<Arc<str>> {
        (ifindex == ETH0).then(|| "eth0".into())
    }

    fn interface_index(&self, name: &str) -> Option<u32> {
        (name == "eth0").then_some(ETH0)
    }

    fn neighbor_interface(&self, address: IpAddr) -> Option<u32> {
        matches!(self.on_link(address, None), OnLink::Yes(_)).then_some(ETH0)
    }
}

impl Links for Link {
    fn on_link(&self, address: IpAddr, interface: Option<u32>) -> OnLink {
        let on = |net: &str| any(net).contains(address);
        if address == ip("192.0.2.254") {
            OnLink::Local
        } else if on("192.0.2.0/24") || on("2001:db8::/64") || (on("fe80::/10") && interface == Some(ETH0)) {
            OnLink::Yes(ETH0)
        } else {
            OnLink::No
        }
    }
}

pub(crate) fn via(gateway: &str) -> Destination {
    Destination::Unicast(NextHop { gateway: Some(ip(gateway)), ifindex: ETH0, weight: 1, onlink: false })
}

/// A path of AS 65001 as the import step leaves it, by way of 192.0.2.1.
pub(crate) fn path() -> RouteAttributes {
    let mut path = RouteAttributes::new(RouteSource::Bgp, 100, via("192.0.2.1"));
    path.bgp.origin = Some(Origin::Igp);
    path.bgp.as_path = Some(AsPath::from_sequence(&[65001]));
    path.bgp.next_hop = Some(ip("192.0.2.1"));
    path.bgp.local_pref = Some(100);
    path
}

/// The same for IPv6.
pub(crate) fn path6() -> RouteAttributes {
    let mut path = path();
    path.destination = via("2001:db8::1");
    path.bgp.next_hop = Some(ip("2001:db8::1"));
    path
}

/// A path with something changed.
pub(crate) fn path_with(change: impl FnOnce(&mut RouteAttributes)) -> RouteAttributes {
    let mut path = path();
    change(&mut path);
    path
}

/// A static route, with nothing of BGP.
pub(crate) fn static_route(destination: Destination) -> RouteAttributes {
    RouteAttributes::new(RouteSource::Static, 200, destination)
}

pub(crate) fn hashed(attributes: &RouteAttributes) -> HashedAttributes {
    HashedAttributes::new(Arc::new(attributes.clone()), SEED)
}

/// The external neighbor 192.0.2.N of AS 65000 + N, on the link.
pub(crate) fn external(n: u8) -> BgpSource {
    BgpSource {
        peer_address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)),
        peer_id: Ipv4Addr::new(10, 0, 0, n),
        peer_as: LOCAL_AS + u32::from(n),
        local_as: LOCAL_AS,
        public_as: LOCAL_AS,
        internal: false,
        interior: false,
        rr_client: false,
        cluster_id: 0x0a00_00fe,
        ifindex: ETH0,
        cost: 0,
        path_metric: true,
        med_metric: false,
        deterministic_med: false,
        igp_metric: true,
        prefer_older: false,
        resolves_to_drops: true,
        default_med: 0,
        default_local_pref: 100,
    }
}

/// The internal neighbor 192.0.2.N, not a client.
pub(crate) fn internal(n: u8) -> BgpSource {
    BgpSource { peer_as: LOCAL_AS, internal: true, interior: true, ifindex: 0, ..external(n) }
}

/// A BGP source as a table knows it.
pub(crate) fn bgp(source: BgpSource) -> SourceInfo {
    SourceInfo { protocol: format!("peer_{}", source.peer_address).into(), type_rank: 0, bgp: Some(source) }
}

/// A source of another type.
pub(crate) fn other(protocol: &str, type_rank: u8) -> SourceInfo {
    SourceInfo { protocol: protocol.into(), type_rank, bgp: None }
}

/// The external neighbor 192.0.2.N of AS 65000 + N as export sees it.
pub(crate) fn to_external(n: u8) -> BgpExport {
    BgpExport {
        local_as: LOCAL_AS,
        public_as: LOCAL_AS,
        internal: false,
        interior: false,
        rr_client: false,
        rs_client: false,
        cluster_id: 0x0a00_00fe,
        peer_address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)),
        ifindex: ETH0,
        own_next_hop: Some(ip("192.0.2.254")),
        link_local_format: godwit_rib::LinkLocalFormat::Native,
        missing_link_local: None,
        own_link_local: None,
        next_hop_self: NextHopPolicy::Off,
        next_hop_keep: NextHopPolicy::Off,
        interpret_communities: true,
        default_local_pref: 100,
        allow_local_pref: false,
        long_lived: true,
        role: None,
        aigp: AigpPolicy::Off,
        allow_med: false,
        as_override: None,
        private_as: PrivateAsPolicy::Keep,
        extended_next_hop: false,
        rewrite_before_filter: false,
        four_octet_as: true,
        add_path: false,
        message_len_max: MESSAGE_LEN_MAX,
    }
}

/// The internal neighbor 192.0.2.N as export sees it, not a client.
pub(crate) fn to_internal(n: u8) -> BgpExport {
    BgpExport { internal: true, interior: true, ifindex: 0, ..to_external(n) }
}

pub(crate) fn announce<K: NetKey>(table: &mut Table<K>, from: SourceId, net: K, path: &RouteAttributes) {
    announce_all(table, from, &[net], path);
}

/// Announces nets with one attribute set; whether the source passed its limit.
pub(crate) fn announce_all<K: NetKey>(
    table: &mut Table<K>,
    from: SourceId,
    nets: &[K],
    path: &RouteAttributes,
) -> bool {
    let set = hashed(path);
    let mut batch = RouteBatch::default();
    nets.iter().for_each(|net| batch.announce(*net, &set));
    table.apply(from, batch, 1_000).import
}

pub(crate) fn withdraw<K: NetKey>(table: &mut Table<K>, from: SourceId, net: K) {
    withdraw_all(table, from, &[net]);
}

pub(crate) fn withdraw_all<K: NetKey>(table: &mut Table<K>, from: SourceId, nets: &[K]) {
    let mut batch = RouteBatch::default();
    nets.iter().for_each(|net| batch.withdraw(*net));
    table.apply(from, batch, 2_000);
}

/// Does all work that waits in the table, in small slices.
pub(crate) fn settle<K: NetKey>(table: &mut Table<K>) {
    while table.step(3) {}
}

/// The source of a net's best path.
pub(crate) fn best<K: NetKey>(table: &Table<K>, net: K) -> Option<SourceId> {
    let view = table.net(net)?;
    let first = view.paths().next()?;
    assert!(first.best, "the first path is the best");
    Some(first.source_id)
}

/// The sources of a net's paths, in ascending order.
pub(crate) fn sources<K: NetKey>(table: &Table<K>, net: K) -> Vec<SourceId> {
    let mut ids: Vec<_> =
        table.net(net).map_or_else(Vec::new, |view| view.paths().map(|p| p.source_id).collect());
    ids.sort_unstable();
    ids
}

/// The policy `filter f { TEXT }`.
pub(crate) fn filter(text: &str) -> ExportPolicy {
    let mut map = SourceMap::default();
    let text = format!("filter f {{ {text} }}");
    let tokens = lex("test.conf", &text, &mut map, &mut |_, _| Err("no files here".into())).unwrap();
    let mut parser = Parser::new(&tokens);
    assert!(parser.eat_symbol("filter"));
    let mut builder = ProgramBuilder::new(false, &map);
    builder.parse_filter(&mut parser).unwrap_or_else(|e| panic!("{}", map.render(&e)));
    ExportPolicy::Filter(builder.finish().filter("f").unwrap())
}
