//! Limits on what a neighbor is sent, and on what it sends.

mod common;

use common::paths::PathPeer;
use common::peer::Peer;
use common::{announce_all, bgp, external, filter, net, path, path_with, to_external, withdraw_all};
use godwit_rib::{ExportPolicy, LimitsPassed, RouteBatch, SourceId, SourceLimit, Table};
use ipnetwork::Ipv4Network;

fn nets() -> Vec<Ipv4Network> {
    (0..6).map(|i| net(&format!("10.{i}.0.0/16"))).collect()
}

fn table() -> (Table<Ipv4Network>, SourceId) {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    (table, source)
}

fn limit(max: u32, refuse: bool) -> Option<SourceLimit> {
    Some(SourceLimit { max, refuse })
}

#[test]
fn a_neighbor_is_sent_no_more_than_so_many() {
    for refuse in [true, false] {
        let (mut table, source) = table();
        let mut peer =
            Peer::new(&mut table, to_external(9), filter("if net = 10.0.0.0/16 then reject; accept;"), None);
        assert!(!table.exporter_mut(peer.id).unwrap().set_limit(limit(3, refuse)));
        announce_all(&mut table, source, &nets()[..4], &path());
        peer.listen(&mut table);
        assert_eq!(peer.nets.len(), 3, "what the filter refuses does not count");
        assert!(!table.exporter_mut(peer.id).unwrap().take_limit_passed());
        announce_all(&mut table, source, &nets()[4..], &path());
        peer.listen(&mut table);
        assert_eq!(peer.nets.len(), if refuse { 3 } else { 5 });
        let exporter = table.exporter_mut(peer.id).unwrap();
        assert!(exporter.take_limit_passed());
        assert!(!exporter.take_limit_passed(), "it is reported once");
        assert!(exporter.limit_was_passed());
        assert_eq!(exporter.counters().1.updates.rejected, if refuse { 2 } else { 0 });
        // What is there may change; what goes makes room.
        announce_all(&mut table, source, &nets()[..4], &path_with(|p| p.bgp.local_pref = Some(7)));
        withdraw_all(&mut table, source, &nets()[1..4]);
        peer.listen(&mut table);
        announce_all(&mut table, source, &nets()[4..5], &path_with(|p| p.bgp.local_pref = Some(7)));
        peer.listen(&mut table);
        assert!(peer.nets.contains_key(&nets()[4].into()));
        let again: Vec<_> = (0..9).map(|i| net(&format!("10.9.{i}.0/24"))).collect();
        announce_all(&mut table, source, &again, &path());
        peer.listen(&mut table);
        assert!(table.exporter_mut(peer.id).unwrap().take_limit_passed(), "it is news again");
    }
}

#[test]
fn paths_count_one_by_one() {
    let (mut table, source) = table();
    let mut peer = PathPeer::new(&mut table, to_external(9), ExportPolicy::All, None);
    table.exporter_mut(peer.id).unwrap().set_limit(limit(3, true));
    let set = common::hashed(&path());
    for id in 1..=5 {
        let mut batch = RouteBatch::default();
        batch.path_ids.push(id);
        batch.announce(nets()[0], &set);
        table.apply(source, batch, 1);
        peer.listen(&mut table);
    }
    assert_eq!(peer.held.len(), 3);
    assert!(table.exporter_mut(peer.id).unwrap().take_limit_passed());
}

#[test]
fn a_lower_limit_is_passed_at_once() {
    let (mut table, source) = table();
    let mut peer = Peer::new(&mut table, to_external(9), ExportPolicy::All, None);
    announce_all(&mut table, source, &nets(), &path());
    peer.listen(&mut table);
    let exporter = table.exporter_mut(peer.id).unwrap();
    assert!(!exporter.set_limit(limit(6, true)));
    assert!(exporter.set_limit(limit(5, true)));
    assert!(!exporter.set_limit(limit(5, true)), "the same again is no news");
}

#[test]
fn receive_and_import_limits_are_told_apart() {
    let (mut table, source) = table();
    table.set_limits(source, limit(2, false), limit(4, true));
    let mut put = |nets: &[Ipv4Network]| {
        let mut batch = RouteBatch::default();
        let set = common::hashed(&path());
        nets.iter().for_each(|net| batch.announce(*net, &set));
        table.apply(source, batch, 1)
    };
    assert_eq!(put(&nets()[..2]), LimitsPassed::default());
    assert_eq!(put(&nets()[..3]), LimitsPassed { receive: true, import: false });
    assert_eq!(put(&nets()), LimitsPassed { receive: false, import: true });
    assert_eq!(table.path_count(), 4);
    assert_eq!(table.limits_were_passed(source), LimitsPassed { receive: true, import: true });
    assert_eq!(table.set_limits(source, limit(3, true), None), LimitsPassed { receive: true, import: false });
}
