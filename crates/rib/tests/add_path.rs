//! ADD-PATH (RFC 7911): several paths of a net from one neighbor, and all paths to one.

mod common;

use std::net::IpAddr;

use common::paths::{PathPeer, announce_paths, withdraw_paths};
use common::peer::Peer;
use common::update::{as_path, body, channel, mp_reach, mp_unreach, next_hop, origin, session};
use common::{
    Link, SEED, announce, announce_all, any, best, bgp, external, filter, internal, ip, net, net6, path,
    path_with, settle, to_external, to_internal, via, withdraw,
};
use godwit_filter::{Destination, RouteAttributes};
use godwit_rib::{
    Batches, BgpExport, BgpSource, ChannelImport, ExportPolicy, ImportStep, PATHS_PER_NET_MAX, Preview,
    Refused, SourceId, SourceLimit, Table,
};
use ipnetwork::Ipv4Network;

const A: &str = "198.51.100.0/24";
const B: &str = "203.0.113.0/24";

/// A path that can be told from others by its MED.
fn nth(n: u32) -> RouteAttributes {
    path_with(|p| p.bgp.med = Some(n))
}

/// The path identifiers of a net from neighbors that send such, the best first.
fn ids(table: &Table<Ipv4Network>, text: &str) -> Vec<u32> {
    table.net(net(text)).map_or_else(Vec::new, |n| n.paths().filter_map(|p| p.path_id).collect())
}

fn table() -> (Table<Ipv4Network>, SourceId) {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    (table, source)
}

#[test]
fn paths_of_one_neighbor_stand_beside_each_other() {
    let (mut table, source) = table();
    // Zero is an identifier like any other, and so is the greatest.
    for (id, med) in [(7, 30), (0, 10), (u32::MAX, 20)] {
        announce_paths(&mut table, source, &[(id, net(A))], &nth(med));
    }
    assert_eq!(ids(&table, A), [0, 7, u32::MAX], "the best first, the others as they came");
    let view = table.net(net(A)).unwrap();
    assert!(view.paths().all(|p| p.source_id == source));
    let (imported, preferred, counters) = table.source_counters(source);
    assert_eq!((imported, preferred, counters.updates.accepted), (3, 1, 3));
    assert_eq!((table.path_count(), table.net_count()), (3, 1));

    // The same again changes nothing; another set replaces the path of that identifier alone.
    announce_paths(&mut table, source, &[(7, net(A))], &nth(30));
    assert_eq!(table.source_counters(source).2.updates.ignored, 1);
    announce_paths(&mut table, source, &[(7, net(A))], &nth(5));
    assert_eq!(ids(&table, A)[0], 7);
    assert_eq!(table.path_count(), 3);

    withdraw_paths(&mut table, source, &[(7, net(A)), (8, net(A)), (7, net(B))]);
    assert_eq!(ids(&table, A), [0, u32::MAX]);
    let withdraws = table.source_counters(source).2.withdraws;
    assert_eq!((withdraws.accepted, withdraws.ignored), (1, 2), "what was never there is not withdrawn");
    withdraw_paths(&mut table, source, &[(0, net(A)), (u32::MAX, net(A))]);
    assert!(table.net(net(A)).is_none());
    assert_eq!(table.source_counters(source).0, 0);
}

#[test]
fn all_paths_go_with_their_session() {
    let (mut table, source) = table();
    let other = table.add_source(bgp(external(2)), None);
    let nets: Vec<Ipv4Network> =
        (0..10).map(|n| Ipv4Network::new([10, 0, n, 0].into(), 24).unwrap()).collect();
    for id in 0..5 {
        let paths: Vec<_> = nets.iter().map(|net| (id, *net)).collect();
        announce_paths(&mut table, source, &paths, &nth(id));
        announce_paths(&mut table, other, &paths, &nth(id));
    }
    assert_eq!(table.path_count(), 100);
    table.flush_source(source);
    // What comes behind its back is not taken.
    announce_paths(&mut table, source, &[(9, nets[0])], &nth(9));
    settle(&mut table);
    assert_eq!(table.path_count(), 50);
    assert!(table.nets_from(0).all(|n| n.paths().all(|p| p.source_id == other)));
    // The next to get the id begins with nothing.
    let again = table.add_source(bgp(external(3)), None);
    assert_eq!((again, table.source_counters(again).0), (source, 0));
    announce_paths(&mut table, again, &[(3, nets[0])], &nth(0));
    assert_eq!(table.source_counters(again).0, 1);
    table.flush_source(again);
    table.flush_source(other);
    settle(&mut table);
    assert_eq!((table.path_count(), table.net_count(), table.attrs().len()), (0, 0, 0));
}

#[test]
fn a_neighbor_has_so_many_paths_of_a_net() {
    let (mut table, source) = table();
    let other = table.add_source(bgp(external(2)), None);
    let max = u32::try_from(PATHS_PER_NET_MAX).unwrap();
    for id in 0..65_535 {
        announce_paths(&mut table, source, &[(id, net(A))], &path());
    }
    assert_eq!(table.path_count(), u64::from(max));
    assert_eq!(table.crowded_out(source), 65_535 - u64::from(max));
    assert_eq!(table.source_counters(source).2.updates.ignored, 65_535 - u64::from(max));
    assert_eq!(
        table.take_warnings(),
        [format!(
            "peer_192.0.2.1: more than {max} paths of {A}: the others are ignored, here and in other nets"
        )]
    );
    // Those that are there can change; other neighbors, and other nets, are not concerned.
    announce_paths(&mut table, source, &[(5, net(A)), (9999, net(B))], &nth(1));
    announce_paths(&mut table, other, &[(70_000, net(A))], &path());
    announce(&mut table, other, net(A), &path());
    assert_eq!(table.path_count(), u64::from(max) + 3);
    withdraw_paths(&mut table, source, &[(5, net(A)), (65_534, net(A))]);
    announce_paths(&mut table, source, &[(65_534, net(A)), (65_533, net(A))], &nth(2));
    assert_eq!(table.path_count(), u64::from(max) + 3, "one place was free");
}

/// A neighbor that has restarted may use other identifiers: the old ones are in nobody's way, and
/// go when it has said all (RFC 4724 §4.2).
#[test]
fn identifiers_may_be_others_after_a_restart() {
    let (mut table, source) = table();
    let mut peer = PathPeer::new(&mut table, to_external(9), ExportPolicy::All, None);
    let max = u32::try_from(PATHS_PER_NET_MAX).unwrap();
    for id in 0..max {
        announce_paths(&mut table, source, &[(id, net(A))], &path());
    }
    assert_eq!(peer.listen(&mut table).0, PATHS_PER_NET_MAX);
    table.mark_stale(source);
    settle(&mut table);
    assert_eq!(peer.listen(&mut table), (0, 0));
    // One comes back as it was, and the others under other names, one too many of them.
    for id in [0].into_iter().chain(1000..1000 + max) {
        announce_paths(&mut table, source, &[(id, net(A))], &path());
    }
    assert_eq!(table.crowded_out(source), 1);
    table.sweep_stale(source);
    settle(&mut table);
    assert_eq!(table.path_count(), u64::from(max));
    assert_eq!(peer.listen(&mut table), (PATHS_PER_NET_MAX - 1, PATHS_PER_NET_MAX - 1));
    assert_eq!(peer.held.len(), PATHS_PER_NET_MAX);
}

/// An import limit counts paths.
#[test]
fn import_limit() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), Some(SourceLimit { max: 2, refuse: true }));
    assert!(!announce_paths(&mut table, source, &[(1, net(A)), (2, net(A))], &path()));
    assert!(announce_paths(&mut table, source, &[(3, net(A)), (1, net(B))], &path()));
    assert_eq!((table.path_count(), table.net_count()), (2, 1));
}

fn step(policy: ExportPolicy) -> ImportStep {
    let channel = ChannelImport { add_path: true, ..channel(policy) };
    ImportStep::new(session(), Some(channel.clone()), Some(channel), SEED)
}

#[test]
fn import_of_path_identifiers() {
    const NETS: [u8; 24] =
        [0, 0, 0, 1, 24, 198, 51, 100, 0, 0, 0, 2, 24, 198, 51, 100, 0, 0, 0, 1, 24, 203, 0, 113];
    let good = [origin(0), as_path(&[65001]), next_hop([192, 0, 2, 1])].concat();
    let mut step = step(filter("if net = 203.0.113.0/24 then reject; accept;"));
    let mut batches = Batches::default();
    // Twice: the second time the attributes are known.
    for _ in 0..2 {
        step.update(&body(&[], &good, &NETS), &Link, &mut batches).unwrap();
    }
    step.update(&body(&NETS[8..16], &[], &[]), &Link, &mut batches).unwrap();
    assert_eq!(batches.ipv4.path_ids, [1, 2, 1, 1, 2, 1, 2]);
    let (mut table, source) = table();
    // What a filter refuses takes away what its identifier had, and no more.
    announce_paths(&mut table, source, &[(1, net(B)), (2, net(B))], &nth(9));
    table.apply(source, std::mem::take(&mut batches.ipv4), 1);
    assert_eq!((ids(&table, A), ids(&table, B)), (vec![1], vec![2]));

    let net6_paths = [0, 0, 0, 9, 48, 0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 8, 48, 0x20, 1, 0xd, 0xb8, 0, 1];
    let global = "2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets();
    let reach = [origin(0), as_path(&[65001]), mp_reach(&global, &net6_paths)].concat();
    step.update(&body(&[], &reach, &[]), &Link, &mut batches).unwrap();
    step.update(&body(&[], &mp_unreach(&net6_paths[11..]), &[]), &Link, &mut batches).unwrap();
    assert_eq!((&batches.ipv6.path_ids[..], batches.ipv6.nets.len()), (&[9, 8, 8][..], 3));

    // Prefixes without identifiers where identifiers were agreed on: the session ends (RFC 7606 §5.3).
    let error = step.update(&body(&[], &good, &[24, 198, 51, 100]), &Link, &mut batches).unwrap_err();
    assert_eq!((error.notification().code, error.notification().subcode), (3, 10));
}

#[test]
fn every_path_is_sent_and_only_what_changes_again() {
    let (mut table, one) = table();
    let two = table.add_source(bgp(external(2)), None);
    let mut peer = PathPeer::new(&mut table, to_external(9), ExportPolicy::All, None);
    announce(&mut table, two, net(A), &nth(9));
    announce_paths(&mut table, one, &[(5, net(A)), (6, net(A)), (5, net(B)), (6, net(B))], &nth(9));
    assert_eq!(peer.listen(&mut table), (5, 0));
    assert_eq!(peer.messages, 2, "one for each set of attributes from a neighbor");
    assert_eq!((peer.paths(any(A)).len(), peer.paths(any(B)).len()), (3, 2));
    let (sent, counters) = table.exporter(peer.id).unwrap().counters();
    assert_eq!((sent, counters.updates.accepted), (5, 5));

    // One that is not the best changes, one goes, one comes: that is all that is said.
    let before: Vec<u32> = peer.paths(any(A)).iter().map(|(id, _)| *id).collect();
    announce(&mut table, two, net(A), &path_with(|p| p.bgp.as_path = None));
    assert_eq!(peer.listen(&mut table), (1, 0));
    assert_eq!(peer.paths(any(A)).iter().map(|(id, _)| *id).collect::<Vec<_>>(), before, "it keeps its id");
    announce_paths(&mut table, one, &[(7, net(A))], &nth(1));
    withdraw_paths(&mut table, one, &[(6, net(A))]);
    assert_eq!(peer.listen(&mut table), (1, 1));
    assert_eq!(peer.withdrawn[0].0, any(A));
    // What came and went in between is not sent, and what changed and changed back is what it is.
    announce_paths(&mut table, one, &[(8, net(A))], &nth(1));
    withdraw_paths(&mut table, one, &[(8, net(A))]);
    assert_eq!(peer.listen(&mut table), (0, 0));

    // A refresh sends all of it again.
    table.exporter_mut(peer.id).unwrap().refeed();
    assert_eq!(peer.listen(&mut table), (5, 0));
    withdraw(&mut table, two, net(A));
    withdraw_paths(&mut table, one, &[(5, net(A)), (7, net(A)), (5, net(B)), (6, net(B))]);
    assert_eq!(peer.listen(&mut table), (0, 5));
    assert!(peer.held.is_empty() && table.net_count() == 0);
    assert_eq!(table.exporter(peer.id).unwrap().counters().0, 0);
}

/// An identifier that another path has got means that path.
#[test]
fn identifiers_that_are_used_again() {
    let (mut table, one) = table();
    let mut peer = PathPeer::new(&mut table, to_external(9), ExportPolicy::All, None);
    announce_paths(&mut table, one, &[(5, net(A))], &nth(5));
    peer.listen(&mut table);
    withdraw_paths(&mut table, one, &[(5, net(A))]);
    announce_paths(&mut table, one, &[(6, net(A))], &path_with(|p| p.bgp.as_path = None));
    peer.listen(&mut table);
    let paths = peer.paths(any(A));
    assert_eq!(paths.len(), 1);
    assert_eq!(paths[0].1.as_path.as_ref().unwrap().to_string(), "65000");
}

/// A route reflector: a client has all paths but its own.
#[test]
fn own_paths_are_not_sent_back() {
    let client = |n| BgpSource { rr_client: true, ..internal(n) };
    let to_client = |n| BgpExport { rr_client: true, ..to_internal(n) };
    let mut table = Table::new(1);
    let one = table.add_source(bgp(client(1)), None);
    let two = table.add_source(bgp(client(2)), None);
    let three = table.add_source(bgp(internal(3)), None);
    let mut to_one = PathPeer::new(&mut table, to_client(1), ExportPolicy::All, Some(one));
    let mut to_three = PathPeer::new(&mut table, to_internal(3), ExportPolicy::All, Some(three));
    let mut to_four = PathPeer::new(&mut table, to_internal(4), ExportPolicy::All, None);
    let from = |n: u8| {
        let address: IpAddr = [192, 0, 2, 10 + n].into();
        path_with(|p| (p.destination, p.bgp.next_hop) = (via(&address.to_string()), Some(address)))
    };
    announce_paths(&mut table, one, &[(1, net(A)), (2, net(A))], &from(1));
    announce_paths(&mut table, two, &[(1, net(A)), (2, net(A))], &from(2));
    announce(&mut table, three, net(A), &from(3));
    to_one.listen(&mut table);
    to_three.listen(&mut table);
    to_four.listen(&mut table);
    let hops = |peer: &PathPeer| {
        let mut hops: Vec<_> = peer.held.values().map(|a| a.next_hop.unwrap().to_string()).collect();
        hops.sort();
        hops
    };
    assert_eq!(hops(&to_one), ["192.0.2.12", "192.0.2.12", "192.0.2.13"]);
    assert_eq!(hops(&to_three), ["192.0.2.11", "192.0.2.11", "192.0.2.12", "192.0.2.12"]);
    assert_eq!(hops(&to_four), hops(&to_three), "nothing of one that is no client to another");
    let view = table.net(net(A)).unwrap();
    let exporter = table.exporter(to_one.id).unwrap();
    for path in view.paths() {
        let (preview, own) = (exporter.preview_path(net(A), &path), path.source_id == one);
        assert_eq!(matches!(preview, Preview::Refused(Refused::SplitHorizon)), own);
        assert_eq!(matches!(preview, Preview::Passed(_)), !own);
        assert_eq!(exporter.has_exported_path(&view, &path), !own);
    }
}

/// The best path is refused, and the others go out all the same.
#[test]
fn policies_look_at_every_path() {
    let (mut table, one) = table();
    let med = filter("if bgp_med >= 5 then { bgp_community.add((1, 1)); accept; } reject;");
    let mut peer = PathPeer::new(&mut table, to_external(9), med, None);
    let mut plain =
        Peer::new(&mut table, to_external(8), filter("if bgp_med >= 5 then accept; reject;"), None);
    for n in 3..8 {
        announce_paths(&mut table, one, &[(n, net(A))], &nth(n));
    }
    assert_eq!(peer.listen(&mut table), (3, 0));
    assert!(plain.listen(&mut table).is_empty(), "who is sent one path gets the best or none");
    announce_paths(&mut table, one, &[(7, net(A))], &nth(2));
    assert_eq!(peer.listen(&mut table), (0, 1));
    table.exporter_mut(peer.id).unwrap().set_policy(ExportPolicy::None);
    assert_eq!(peer.listen(&mut table), (0, 2));
    table.exporter_mut(peer.id).unwrap().set_policy(ExportPolicy::All);
    assert_eq!(peer.listen(&mut table), (5, 0));
    table.remove_exporter(peer.id);
    announce_paths(&mut table, one, &[(1, net(A))], &nth(0));
    assert_eq!(best(&table, net(A)), Some(one));
}

/// A next hop that goes elsewhere concerns the paths through it.
#[test]
fn paths_whose_next_hop_moves_are_sent_again() {
    let (mut table, one) = table();
    let igp = table.add_source(common::other("static", 1), None);
    let recursive = |address: &str| {
        path_with(|p| {
            p.destination = Destination::Recursive(ip(address));
            p.bgp.next_hop = Some(ip(address));
        })
    };
    let mut peer = PathPeer::new(&mut table, to_internal(9), ExportPolicy::All, None);
    let covering = |gateway: &str| common::static_route(via(gateway));
    announce_all(&mut table, igp, &[net("10.1.0.0/16"), net("10.2.0.0/16")], &covering("192.0.2.21"));
    announce_paths(&mut table, one, &[(1, net(A))], &recursive("10.1.0.1"));
    announce_paths(&mut table, one, &[(2, net(A))], &recursive("10.2.0.1"));
    settle(&mut table);
    peer.listen(&mut table);
    assert_eq!(peer.paths(any(A)).len(), 2);
    announce(&mut table, igp, net("10.2.0.0/16"), &covering("192.0.2.22"));
    settle(&mut table);
    peer.listen(&mut table);
    assert_eq!(peer.announced.iter().filter(|(n, _)| *n == any(A)).count(), 1);
}

#[test]
fn ipv6_paths() {
    let mut table = Table::new(1);
    let one = table.add_source(bgp(external(1)), None);
    let own = Some(ip("2001:db8::fe"));
    let mut peer =
        PathPeer::new(&mut table, BgpExport { own_next_hop: own, ..to_external(9) }, ExportPolicy::All, None);
    let nets: Vec<_> = (0..3000).map(|n| net6(&format!("2001:db8:{n:x}::/48"))).collect();
    for id in [1, 2] {
        let paths: Vec<_> = nets.iter().map(|n| (id, *n)).collect();
        announce_paths(&mut table, one, &paths, &common::path6());
    }
    assert_eq!(peer.listen(&mut table), (6000, 0));
    assert!(peer.messages < 20, "{} messages", peer.messages);
    withdraw_paths(&mut table, one, &[(1, nets[0]), (2, nets[0]), (2, nets[1])]);
    assert_eq!(peer.listen(&mut table), (0, 3));
    assert_eq!(peer.held.len(), 5997);
}
