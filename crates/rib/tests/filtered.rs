//! What import filters refuse and `import keep filtered` keeps: it is there to be looked at, and no more.

mod common;

use common::peer::Peer;
use common::update::{A, B, body, channel, good, session};
use common::{
    Link, SEED, announce, announce_all, bgp, external, filter, hashed, ip, net, other, path, path_with,
    settle, static_route, to_external, via, withdraw,
};
use godwit_filter::{Destination, RouteAttributes};
use godwit_rib::{
    Batches, ChannelImport, ExportPolicy, ImportStep, PATHS_PER_NET_MAX, Resolution, RouteBatch, SourceId,
    SourceLimit, Table,
};
use ipnetwork::Ipv4Network;

const NET: &str = "10.1.0.0/16";

fn keep(table: &mut Table<Ipv4Network>, from: SourceId, net: Ipv4Network, path: &RouteAttributes) {
    keep_each(table, from, &[(net, None)], path);
}

/// Keeps paths with their identifiers.
fn keep_each(
    table: &mut Table<Ipv4Network>,
    from: SourceId,
    paths: &[(Ipv4Network, Option<u32>)],
    path: &RouteAttributes,
) {
    let mut batch = RouteBatch::default();
    for (net, id) in paths {
        batch.path_ids.extend(*id);
        batch.keep(*net, &hashed(path));
    }
    table.apply(from, batch, 3_000);
}

/// The sources of what is kept of a net, the first to be shown first.
fn kept(table: &Table<Ipv4Network>, key: Ipv4Network) -> Vec<(SourceId, bool)> {
    table.filtered_paths(key).map(|path| (path.source_id, path.best)).collect()
}

#[test]
fn what_is_kept_is_not_in_the_table() {
    let mut table = Table::new(1);
    let [a, b] = [1, 2].map(|n| table.add_source(bgp(external(n)), None));
    let mut peer = Peer::new(&mut table, to_external(3), ExportPolicy::All, None);
    let hop = net("192.0.2.0/24");
    let through = path_with(|path| path.destination = Destination::Recursive(ip("192.0.2.1")));
    announce(&mut table, b, net("10.2.0.0/16"), &through);
    settle(&mut table);
    assert_eq!(peer.listen(&mut table).len(), 1);
    let direct = table.add_source(other("static", 2), None);
    keep(&mut table, direct, hop, &static_route(via("192.0.2.9")));
    keep(&mut table, a, net(NET), &path());
    settle(&mut table);
    assert!(peer.listen(&mut table).is_empty());
    assert_eq!((table.net_count(), table.path_count()), (1, 1));
    assert!(table.net(net(NET)).is_none() && table.longest(ip("10.1.0.1")).is_none());
    let resolution = table.net(net("10.2.0.0/16")).unwrap().paths().next().unwrap().resolution.cloned();
    assert_eq!(resolution, Some(Resolution::Unresolved), "a kept path is used");
    assert_eq!(table.source_counters(a).0, 0);
    assert_eq!(table.filtered_count(a), 1);
    assert_eq!(kept(&table, net(NET)), [(a, true)]);
    // The better one is not the best of what is kept: the last to come is.
    keep(&mut table, b, net(NET), &path_with(|path| path.preference = 10));
    assert_eq!(kept(&table, net(NET)), [(b, true), (a, false)]);
    assert_eq!(table.filtered_from(0).map(|(_, key)| key).collect::<Vec<_>>(), [hop, net(NET)]);
}

#[test]
fn one_takes_the_place_of_the_other_and_is_counted_as_bird_counts() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let mut peer = Peer::new(&mut table, to_external(3), ExportPolicy::All, None);
    let counts = |table: &Table<_>| {
        let (imported, _, c) = table.source_counters(source);
        let (u, w) = (c.updates, c.withdraws);
        (imported, table.filtered_count(source), [u.accepted, u.ignored], [w.accepted, w.ignored])
    };
    keep(&mut table, source, net(NET), &path());
    assert_eq!(counts(&table), (0, 1, [0, 0], [0, 1]));
    // The same again, then another one.
    keep(&mut table, source, net(NET), &path());
    assert_eq!(counts(&table), (0, 1, [0, 0], [0, 1]));
    keep(&mut table, source, net(NET), &path_with(|path| path.bgp.med = Some(1)));
    assert_eq!(counts(&table), (0, 1, [0, 0], [0, 2]));
    announce(&mut table, source, net(NET), &path());
    assert_eq!(counts(&table), (1, 0, [1, 0], [0, 2]));
    assert_eq!(peer.listen(&mut table).len(), 1);
    keep(&mut table, source, net(NET), &path());
    assert_eq!(counts(&table), (0, 1, [1, 0], [1, 2]));
    assert_eq!(peer.listen(&mut table).len(), 1);
    assert!(table.net(net(NET)).is_none());
    withdraw(&mut table, source, net(NET));
    assert_eq!(counts(&table), (0, 0, [1, 0], [1, 3]));
    assert_eq!(table.filtered_from(0).count(), 0);
    assert!(table.attrs().is_empty(), "a set is still held");
}

#[test]
fn a_receive_limit_counts_them_and_an_import_limit_makes_some() {
    let nets: Vec<Ipv4Network> = (0..4).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    let limit = Some(SourceLimit { max: 3, refuse: true });
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    table.set_limits(source, limit, None);
    announce_all(&mut table, source, &nets[..2], &path());
    keep(&mut table, source, nets[2], &path());
    keep(&mut table, source, nets[3], &path());
    assert!(table.limits_were_passed(source).receive);
    assert_eq!((table.source_counters(source).0, table.filtered_count(source)), (2, 1));
    // One that is there already is no more than before, either way.
    keep(&mut table, source, nets[0], &path());
    announce(&mut table, source, nets[2], &path());
    assert_eq!((table.source_counters(source).0, table.filtered_count(source)), (2, 1));

    let source = table.add_source(bgp(external(2)), Some(SourceLimit { max: 1, refuse: true }));
    for keeps in [false, true] {
        table.set_keep_filtered(source, keeps);
        announce_all(&mut table, source, &nets, &path());
        assert_eq!(table.source_counters(source).0, 1);
        assert_eq!(table.filtered_count(source), if keeps { 3 } else { 0 });
    }
    // With room it is imported when it comes again.
    withdraw(&mut table, source, nets[0]);
    announce_all(&mut table, source, &nets[3..], &path());
    assert_eq!((table.source_counters(source).0, table.filtered_count(source)), (1, 2));
}

#[test]
fn they_go_with_their_source_and_when_they_are_stale() {
    let mut table = Table::new(1);
    let [a, b] = [1, 2].map(|n| table.add_source(bgp(external(n)), None));
    let nets: Vec<Ipv4Network> = (0..10).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    for (i, key) in nets.iter().enumerate() {
        keep(&mut table, a, *key, &path());
        if i % 2 == 0 { keep(&mut table, b, *key, &path()) } else { announce(&mut table, b, *key, &path()) }
    }
    table.mark_stale(a);
    settle(&mut table);
    assert_eq!(table.filtered_count(a), 10);
    for key in &nets[..4] {
        keep(&mut table, a, *key, &path());
    }
    table.sweep_stale(a);
    settle(&mut table);
    assert_eq!((table.filtered_count(a), table.filtered_count(b)), (4, 5));
    table.flush_source(b);
    settle(&mut table);
    assert!(table.source(b).is_none());
    assert_eq!((table.filtered_count(a), table.path_count()), (4, 0));
    table.flush_source(a);
    settle(&mut table);
    assert!(table.source(a).is_none() && table.attrs().is_empty());
    assert_eq!(table.filtered_from(0).count(), 0);
}

/// As BIRD has it: they stay as they are, for as long as the others.
#[test]
fn those_that_stay_for_long_are_not_marked() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    keep(&mut table, source, net(NET), &path());
    table.mark_stale(source);
    table.make_long_lived(source, SEED);
    settle(&mut table);
    assert!(table.filtered_paths(net(NET)).next().unwrap().attributes.bgp.communities.is_empty());
    table.sweep_stale(source);
    settle(&mut table);
    assert_eq!(table.filtered_count(source), 0);
}

#[test]
fn paths_with_identifiers_are_told_apart_and_are_not_too_many() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let many: Vec<_> = (0..PATHS_PER_NET_MAX as u32 + 5).map(|id| (net(NET), Some(id))).collect();
    keep_each(&mut table, source, &many, &path());
    assert_eq!(table.filtered_count(source), PATHS_PER_NET_MAX as u64);
    assert_eq!(table.crowded_out(source), 5);
    assert!(table.filtered_paths(net(NET)).any(|path| path.path_id == Some(7)));
    let mut batch = RouteBatch::default();
    batch.path_ids.push(7);
    batch.withdraw(net(NET));
    table.apply(source, batch, 1);
    assert!(!table.filtered_paths(net(NET)).any(|path| path.path_id == Some(7)));
    table.flush_source(source);
    settle(&mut table);
    assert_eq!(table.filtered_from(0).count(), 0);
}

#[test]
fn the_import_step_keeps_them_as_the_filter_left_them() {
    let policy = filter("if net = 198.51.100.0/24 then { bgp_local_pref = 7; reject; } accept;");
    for (policy, expected) in [(policy, [Some(7), None]), (ExportPolicy::None, [Some(100), Some(100)])] {
        let channel = ChannelImport { keep_filtered: true, ..channel(policy) };
        let mut step = ImportStep::new(session(), Some(channel), None, SEED);
        let mut batches = Batches::default();
        step.update(&body(&[], &good(), &[A, B].concat()), &Link, &mut batches).unwrap();
        let mut table = Table::new(1);
        let source = table.add_source(bgp(external(1)), None);
        table.apply(source, batches.ipv4, 1);
        let kept = ["198.51.100.0/24", "203.0.113.0/24"]
            .map(|key| table.filtered_paths(net(key)).next().and_then(|path| path.attributes.bgp.local_pref));
        assert_eq!(kept, expected);
    }
}
