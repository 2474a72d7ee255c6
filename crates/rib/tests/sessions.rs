//! Announce, replace, withdraw and the end of a session: whose paths go, and who hears of it.

mod common;

use common::peer::{Peer, Said};
use common::{
    announce, announce_all, any, best, bgp, external, net, path, path_with, settle, sources, to_external,
    withdraw,
};
use godwit_rib::{ExportPolicy, RowCounters, SourceId, SourceLimit, Table};
use ipnetwork::Ipv4Network;

const A: &str = "198.51.100.0/24";
const B: &str = "203.0.113.0/24";

struct Lab {
    table: Table<Ipv4Network>,
    first: SourceId,
    second: SourceId,
    peer: Peer,
}

/// Two sources, the first with the better neighbor address, and a third neighbor that listens.
fn lab() -> Lab {
    let mut table = Table::new(1);
    let first = table.add_source(bgp(external(1)), None);
    let second = table.add_source(bgp(external(2)), None);
    let mut peer = Peer::new(&mut table, to_external(3), ExportPolicy::All, None);
    assert!(peer.listen(&mut table).is_empty());
    Lab { table, first, second, peer }
}

fn announced(text: &str) -> Said {
    Said::Announced(any(text))
}

fn withdrawn(text: &str) -> Said {
    Said::Withdrawn(any(text))
}

#[test]
fn a_withdrawal_takes_one_path_of_one_source() {
    let Lab { mut table, first, second, mut peer } = lab();
    for source in [first, second] {
        announce_all(&mut table, source, &[net(A), net(B)], &path());
    }
    assert_eq!(table.path_count(), 4);
    assert_eq!(peer.listen(&mut table), [announced(A), announced(B)]);

    withdraw(&mut table, first, net(A));
    assert_eq!(sources(&table, net(A)), [second]);
    assert_eq!(sources(&table, net(B)), [first, second]);
    assert_eq!(peer.listen(&mut table), [announced(A)]);
    withdraw(&mut table, second, net(A));
    assert!(table.net(net(A)).is_none());
    assert_eq!(peer.listen(&mut table), [withdrawn(A)]);
    assert_eq!((table.path_count(), table.net_count()), (2, 1));
}

#[test]
fn a_withdrawal_of_nothing_changes_nothing() {
    let Lab { mut table, first, second, mut peer } = lab();
    announce(&mut table, first, net(A), &path());
    peer.listen(&mut table);
    withdraw(&mut table, second, net(A));
    withdraw(&mut table, second, net(B));
    assert_eq!(sources(&table, net(A)), [first]);
    assert!(!table.has_export(peer.id));
    let (_, _, counters) = table.source_counters(second);
    assert_eq!((counters.withdraws.ignored, counters.withdraws.accepted), (2, 0));
}

#[test]
fn a_path_that_is_not_best_is_nobodys_business() {
    let Lab { mut table, first, second, mut peer } = lab();
    announce(&mut table, first, net(A), &path());
    peer.listen(&mut table);
    announce(&mut table, second, net(A), &path());
    announce(&mut table, second, net(A), &path_with(|p| p.bgp.med = Some(1)));
    withdraw(&mut table, second, net(A));
    assert!(!table.has_export(peer.id));
}

#[test]
fn a_replacement_is_one_path_with_its_own_age() {
    let Lab { mut table, first, mut peer, .. } = lab();
    announce(&mut table, first, net(A), &path());
    peer.listen(&mut table);
    let changed = path_with(|p| p.bgp.communities = [7].into());
    let mut batch = godwit_rib::RouteBatch::default();
    batch.announce(net(A), &common::hashed(&changed));
    table.apply(first, batch, 5_000);
    let view = table.net(net(A)).unwrap();
    let paths: Vec<_> = view.paths().collect();
    assert_eq!(paths.len(), 1);
    assert_eq!((paths[0].since, &**paths[0].attributes), (5_000, &changed));
    assert_eq!(peer.listen(&mut table), [announced(A)]);
    assert_eq!(*peer.nets[&any(A)].communities, [7]);
    assert_eq!(table.path_count(), 1);
}

#[test]
fn the_same_again_is_ignored() {
    let Lab { mut table, first, mut peer, .. } = lab();
    announce(&mut table, first, net(A), &path());
    peer.listen(&mut table);
    announce(&mut table, first, net(A), &path());
    assert!(!table.has_export(peer.id));
    let (imported, _, counters) = table.source_counters(first);
    assert_eq!(imported, 1);
    assert_eq!(counters.updates, RowCounters { accepted: 1, ignored: 1, ..RowCounters::default() });
    assert_eq!(table.net(net(A)).unwrap().paths().next().unwrap().since, 1_000);
}

/// What comes and goes between two readings is never sent.
#[test]
fn a_reader_sees_the_table_as_it_is_then() {
    let Lab { mut table, first, mut peer, .. } = lab();
    announce(&mut table, first, net(A), &path());
    withdraw(&mut table, first, net(A));
    assert!(peer.listen(&mut table).is_empty());
    for med in 1..9 {
        announce(&mut table, first, net(B), &path_with(|p| p.bgp.communities = [med].into()));
    }
    assert_eq!(peer.listen(&mut table), [announced(B)]);
    assert_eq!(*peer.nets[&any(B)].communities, [8]);
}

#[test]
fn a_flush_takes_all_paths_of_the_session_and_no_others() {
    let Lab { mut table, first, second, mut peer } = lab();
    let nets: Vec<Ipv4Network> = (0..50).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    announce_all(&mut table, first, &nets, &path());
    announce_all(&mut table, second, &nets[25..], &path());
    peer.listen(&mut table);
    assert_eq!(peer.nets.len(), 50);

    table.flush_source(first);
    assert!(table.has_job());
    settle(&mut table);
    assert!(table.source(first).is_none());
    for (i, n) in nets.iter().enumerate() {
        assert_eq!(best(&table, *n), (i >= 25).then_some(second), "{n}");
    }
    peer.listen(&mut table);
    let gone = peer.said.iter().filter(|s| matches!(s, Said::Withdrawn(_))).count();
    assert_eq!((gone, peer.said.len()), (25, 50));
    assert_eq!(peer.nets.len(), 25);
    assert!(peer.nets.keys().all(|n| nets[25..].iter().any(|k| any(&k.to_string()) == *n)));
    let (imported, preferred, _) = table.source_counters(second);
    assert_eq!((imported, preferred, table.path_count(), table.net_count()), (25, 25, 25, 25));
}

#[test]
fn sessions_that_end_together_are_all_flushed() {
    let Lab { mut table, first, second, mut peer } = lab();
    let nets: Vec<Ipv4Network> = (0..20).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    announce_all(&mut table, first, &nets, &path());
    announce_all(&mut table, second, &nets, &path());
    peer.listen(&mut table);
    table.flush_source(first);
    table.step(5);
    table.flush_source(second);
    table.flush_source(first);
    settle(&mut table);
    assert_eq!((table.path_count(), table.net_count()), (0, 0));
    peer.listen(&mut table);
    assert!(peer.nets.is_empty());
    assert!(table.attrs().is_empty());
}

/// A source's place is free again only once nothing of it is left.
#[test]
fn an_id_is_used_again_only_after_the_flush() {
    let Lab { mut table, first, .. } = lab();
    announce(&mut table, first, net(A), &path());
    table.flush_source(first);
    let third = table.add_source(bgp(external(4)), None);
    assert_ne!(third, first);
    settle(&mut table);
    assert_eq!(table.add_source(bgp(external(5)), None), first);
    assert!(table.net(net(A)).is_none());
}

/// What a session had still in the pipe when it ended does not come back to life.
#[test]
fn routes_after_the_flush_are_dropped() {
    let Lab { mut table, first, mut peer, .. } = lab();
    let nets: Vec<Ipv4Network> = (0..20).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    announce_all(&mut table, first, &nets, &path());
    table.flush_source(first);
    table.step(10);
    announce_all(&mut table, first, &nets[..5], &path_with(|p| p.bgp.med = Some(3)));
    settle(&mut table);
    assert_eq!(table.path_count(), 0);
    peer.listen(&mut table);
    assert!(peer.nets.is_empty());
}

#[test]
fn limits() {
    let nets: Vec<Ipv4Network> = (0..5).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    for refuse in [true, false] {
        let mut table = Table::new(1);
        let source = table.add_source(bgp(external(1)), Some(SourceLimit { max: 3, refuse }));
        assert!(!announce_all(&mut table, source, &nets[..3], &path()), "at the limit is not past it");
        assert!(!table.limits_were_passed(source).import);
        assert!(announce_all(&mut table, source, &nets[3..4], &path()));
        assert!(!announce_all(&mut table, source, &nets[4..], &path()), "it is reported once");
        assert!(table.limits_were_passed(source).import);
        let there = if refuse { 3 } else { 5 };
        let (imported, _, counters) = table.source_counters(source);
        assert_eq!(imported, there);
        assert_eq!((counters.updates.accepted, counters.updates.ignored), (there, 5 - there));
        assert_eq!((table.path_count(), table.net_count()), (there, there));
        // A path that is there may change, and one that goes makes room.
        assert!(!announce_all(&mut table, source, &nets[..3], &path_with(|p| p.bgp.med = Some(1))));
        nets[..3].iter().for_each(|net| withdraw(&mut table, source, *net));
        assert!(!announce_all(&mut table, source, &nets[4..], &path()));
        assert_eq!(sources(&table, nets[4]), [source]);
        // Within it again, the next time is news, and the mark stays.
        assert!(table.limits_were_passed(source).import);
        assert!(announce_all(&mut table, source, &nets, &path()));
    }
}

/// A net that waits only for a reader to say it is gone has no path any more, and is not counted.
#[test]
fn nets_without_paths_are_not_counted_nor_listed() {
    let Lab { mut table, first, mut peer, .. } = lab();
    announce_all(&mut table, first, &[net(A), net(B)], &path());
    peer.listen(&mut table);
    withdraw(&mut table, first, net(A));
    assert_eq!(table.net_count(), 1);
    assert_eq!(table.nets_from(0).map(|n| n.key()).collect::<Vec<_>>(), [net(B)]);
    assert!(table.longest(common::ip("198.51.100.1")).is_none());
    peer.listen(&mut table);
    assert_eq!(table.net_count(), 1);
}

/// Nets that waited for a reader alone are let go with it.
#[test]
fn a_reader_that_leaves_holds_nothing_back() {
    let Lab { mut table, first, mut peer, .. } = lab();
    announce_all(&mut table, first, &[net(A), net(B)], &path());
    peer.listen(&mut table);
    withdraw(&mut table, first, net(A));
    table.remove_exporter(peer.id);
    settle(&mut table);
    assert_eq!(table.net_count(), 1);
    // The place is used again, and by another net.
    announce(&mut table, first, net("10.0.0.0/8"), &path());
    assert_eq!(
        table.nets_from(0).map(|n| (n.id(), n.key())).collect::<Vec<_>>(),
        [(0, net("10.0.0.0/8")), (1, net(B)),]
    );
}

/// The place of a net that is gone, or was never let in, is used again.
#[test]
fn nets_leave_no_places_behind() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let blocked = table.add_source(bgp(external(2)), Some(SourceLimit { max: 0, refuse: true }));
    for i in 0..50 {
        let n = net(&format!("10.{i}.0.0/16"));
        announce(&mut table, blocked, n, &path());
        announce(&mut table, source, n, &path());
        assert_eq!(table.net(n).unwrap().id(), 0);
        withdraw(&mut table, source, n);
        announce(&mut table, blocked, net("192.168.0.0/16"), &path());
    }
}
