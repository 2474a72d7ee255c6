//! What an exporter remembers: a net is withdrawn once, and only if it was announced.

mod common;

use std::sync::Arc;

use common::peer::{Peer, Said};
use common::{
    announce, announce_all, any, best, bgp, external, filter, net, path, path_with, settle, to_external,
    to_internal, withdraw,
};
use godwit_filter::NoSurroundings;
use godwit_rib::{
    BgpExport, ExportPolicy, Exported, Exporter, ExporterKind, NextHopPolicy, Preview, Refused, SourceId,
    Table,
};
use godwit_wire::AsPath;
use ipnetwork::Ipv4Network;

const A: &str = "198.51.100.0/24";
const B: &str = "203.0.113.0/24";

fn announced(text: &str) -> Said {
    Said::Announced(any(text))
}

fn withdrawn(text: &str) -> Said {
    Said::Withdrawn(any(text))
}

/// A table with one source, and the neighbor 192.0.2.9 under a policy.
fn lab(policy: ExportPolicy) -> (Table<Ipv4Network>, SourceId, Peer) {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let peer = Peer::new(&mut table, to_external(9), policy, None);
    (table, source, peer)
}

#[test]
fn a_route_is_not_sent_back_to_where_it_came_from() {
    let mut table = Table::new(1);
    let one = table.add_source(bgp(external(1)), None);
    let two = table.add_source(bgp(external(2)), None);
    let mut to_one = Peer::new(&mut table, to_external(1), ExportPolicy::All, Some(one));
    // Its next hops are 192.0.2.1, which would not be sent to the neighbor of that address.
    table.exporter_mut(to_one.id).unwrap().set_kind(ExporterKind::Bgp(Arc::new(BgpExport {
        next_hop_self: NextHopPolicy::All,
        ..to_external(1)
    })));
    announce(&mut table, two, net(A), &path());
    assert_eq!(to_one.listen(&mut table), [announced(A)]);
    // Its own path becomes the best: what it was told before is no longer so, and there is no second choice.
    announce(&mut table, one, net(A), &path());
    assert_eq!(best(&table, net(A)), Some(one));
    assert_eq!(to_one.listen(&mut table), [withdrawn(A)]);
    announce(&mut table, one, net(A), &path_with(|p| p.bgp.med = Some(0)));
    assert!(to_one.listen(&mut table).is_empty());
    let preview = table.exporter(to_one.id).unwrap().preview(&table.net(net(A)).unwrap());
    assert!(matches!(preview, Some(Preview::Refused(Refused::SplitHorizon))));
    withdraw(&mut table, one, net(A));
    assert_eq!(to_one.listen(&mut table), [announced(A)]);
    withdraw(&mut table, two, net(A));
    assert_eq!(to_one.listen(&mut table), [withdrawn(A)]);
}

/// Hearing fails on a withdrawal of what was not announced, so it is enough to listen.
#[test]
fn what_was_not_announced_is_not_withdrawn() {
    let (mut table, source, mut peer) = lab(filter("if net = 198.51.100.0/24 then accept; reject;"));
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    assert_eq!(peer.listen(&mut table), [announced(A)]);
    table.flush_source(source);
    settle(&mut table);
    assert_eq!(peer.listen(&mut table), [withdrawn(A)]);
    assert!(peer.listen(&mut table).is_empty());
    let (held, counters) = table.exporter(peer.id).unwrap().counters();
    // As BIRD counts: both are gone, one had been sent.
    assert_eq!((held, counters.withdraws.received, counters.withdraws.accepted), (0, 2, 1));
    assert_eq!((counters.updates.received, counters.updates.filtered, counters.updates.accepted), (2, 1, 1));
}

#[test]
fn a_route_the_filter_no_longer_takes_is_withdrawn() {
    let (mut table, source, mut peer) = lab(filter("if bgp_local_pref > 50 then accept; reject;"));
    let prefer = |value| path_with(|p| p.bgp.local_pref = Some(value));
    announce(&mut table, source, net(A), &prefer(100));
    assert_eq!(peer.listen(&mut table), [announced(A)]);
    announce(&mut table, source, net(A), &prefer(10));
    assert_eq!(peer.listen(&mut table), [withdrawn(A)]);
    let withdraws = table.exporter(peer.id).unwrap().counters().1.withdraws;
    assert_eq!((withdraws.received, withdraws.accepted), (0, 1), "the net is there");
    announce(&mut table, source, net(A), &prefer(20));
    assert!(peer.listen(&mut table).is_empty());
    announce(&mut table, source, net(A), &prefer(60));
    assert_eq!(peer.listen(&mut table), [announced(A)]);
}

/// As is one that is refused before the filter.
#[test]
fn a_route_that_may_no_longer_be_sent_is_withdrawn() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    announce(&mut table, source, net(A), &path());
    peer.listen(&mut table);
    announce(&mut table, source, net(A), &path_with(|p| p.bgp.communities = [0xffff_ff01].into()));
    assert_eq!(peer.listen(&mut table), [withdrawn(A)]);
    announce(&mut table, source, net(A), &path());
    peer.listen(&mut table);
    announce(&mut table, source, net(A), &path_with(|p| p.bgp.next_hop = Some(common::ip("192.0.2.9"))));
    assert_eq!(peer.listen(&mut table), [withdrawn(A)], "its own address is no next hop for it");
}

#[test]
fn a_new_policy_is_applied_to_all() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    peer.listen(&mut table);
    let mut set = |policy| {
        table.exporter_mut(peer.id).unwrap().set_policy(policy);
        peer.listen(&mut table).to_vec()
    };
    let only_a = || filter("if net = 198.51.100.0/24 then accept; reject;");
    assert_eq!(set(only_a()), [withdrawn(B), announced(A)]);
    assert_eq!(set(ExportPolicy::None), [withdrawn(A)]);
    assert_eq!(set(ExportPolicy::None), []);
    assert_eq!(set(only_a()), [announced(A)]);
    assert_eq!(set(filter("reject;")), [withdrawn(A)]);
    assert_eq!(set(ExportPolicy::All), [announced(A), announced(B)]);
    let prepend = filter("bgp_path.prepend(65000); accept;");
    assert_eq!(set(prepend), [announced(A), announced(B)]);
    assert_eq!(peer.nets[&any(B)].as_path.as_ref().unwrap().to_string(), "65000 65000 65001");
}

#[test]
fn new_options_are_applied_without_a_withdrawal() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    announce(&mut table, source, net(A), &path());
    peer.listen(&mut table);
    let own = BgpExport { next_hop_self: NextHopPolicy::All, ..to_external(9) };
    table.exporter_mut(peer.id).unwrap().set_kind(ExporterKind::Bgp(Arc::new(own)));
    assert_eq!(peer.listen(&mut table), [announced(A)]);
    assert_eq!(peer.nets[&any(A)].next_hop, Some(common::ip("192.0.2.254")));
}

/// A refresh sends every net once, those too that had changed and were waiting.
#[test]
fn a_refresh_sends_everything_once() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    peer.listen(&mut table);
    announce(&mut table, source, net(B), &path_with(|p| p.bgp.communities = [5].into()));
    table.exporter_mut(peer.id).unwrap().refeed();
    let mut said = peer.listen(&mut table).to_vec();
    said.sort_by_key(|s| format!("{s:?}"));
    assert_eq!(said, [announced(A), announced(B)]);
    assert_eq!(*peer.nets[&any(B)].communities, [5]);
}

/// A withdrawal that waits when a refresh begins is not lost in it.
#[test]
fn a_refresh_keeps_pending_withdrawals() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    peer.listen(&mut table);
    withdraw(&mut table, source, net(A));
    table.exporter_mut(peer.id).unwrap().refeed();
    assert_eq!(peer.listen(&mut table), [withdrawn(A), announced(B)]);
    // And the net's place is free again.
    announce(&mut table, source, net("10.0.0.0/8"), &path());
    assert_eq!(table.net(net("10.0.0.0/8")).unwrap().id(), 0);
}

#[test]
fn the_end_of_a_feed_is_told_once() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    let id = peer.id;
    let fed = |table: &mut Table<Ipv4Network>| table.exporter_mut(id).unwrap().take_fed();
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    assert!(!fed(&mut table));
    peer.listen_once(&mut table, 1);
    assert!(!fed(&mut table), "half way");
    peer.listen(&mut table);
    assert!(fed(&mut table));
    assert!(!fed(&mut table));
    announce(&mut table, source, net("10.0.0.0/8"), &path());
    peer.listen(&mut table);
    assert!(!fed(&mut table), "a change is no feed");
    table.exporter_mut(id).unwrap().refeed();
    assert!(!fed(&mut table));
    peer.listen(&mut table);
    announce(&mut table, source, net("11.0.0.0/8"), &path());
    assert!(!fed(&mut table), "a change came before it could be told");
    peer.listen(&mut table);
    assert!(fed(&mut table));
}

/// An empty table is fed too: End-of-RIB is due even when there is nothing before it.
#[test]
fn an_empty_feed_ends() {
    let (mut table, _, mut peer) = lab(ExportPolicy::All);
    assert!(table.has_export(peer.id));
    assert!(peer.listen(&mut table).is_empty());
    assert!(table.exporter_mut(peer.id).unwrap().take_fed());
}

#[test]
fn a_late_reader_is_told_everything() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    peer.listen(&mut table);
    let mut late = Peer::new(&mut table, to_internal(8), ExportPolicy::All, None);
    assert_eq!(late.listen(&mut table), [announced(A), announced(B)]);
    assert!(!table.has_export(peer.id), "the first one has nothing new to hear");
}

/// What does not fit in a message is not sent, and taken back if an earlier form did fit.
#[test]
fn attributes_that_do_not_fit() {
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    let huge = path_with(|p| {
        p.bgp.communities = (0..1_000).collect();
        p.bgp.as_path = Some(AsPath::from_sequence(&[65001; 60]));
    });
    announce(&mut table, source, net(A), &huge);
    assert!(peer.listen(&mut table).is_empty());
    assert_eq!(table.exporter_mut(peer.id).unwrap().take_faults().len(), 1);
    announce(&mut table, source, net(A), &path());
    assert_eq!(peer.listen(&mut table), [announced(A)]);
    announce(&mut table, source, net(A), &huge);
    assert_eq!(peer.listen(&mut table), [withdrawn(A)]);
    assert!(!table.exporter(peer.id).unwrap().has_exported(&table.net(net(A)).unwrap()));
    let extended = BgpExport { message_len_max: 65_535, ..to_external(8) };
    let mut patient = Peer::new(&mut table, extended, ExportPolicy::All, None);
    assert_eq!(patient.listen(&mut table), [announced(A)]);
}

/// The filter makes one net's attributes too long; the others of the set are sent nonetheless.
#[test]
fn one_net_too_long_does_not_hold_back_others() {
    let grow = "bgp_path.prepend(1); ".repeat(15);
    let policy = filter(&format!("if net = 198.51.100.0/24 then {{ {grow} }} accept;"));
    let (mut table, source, mut peer) = lab(ExportPolicy::All);
    let nearly = path_with(|p| p.bgp.communities = (0..1_000).collect());
    announce_all(&mut table, source, &[net(A), net(B)], &nearly);
    assert_eq!(peer.listen(&mut table), [announced(A), announced(B)]);
    table.exporter_mut(peer.id).unwrap().set_policy(policy);
    assert_eq!(peer.listen(&mut table), [withdrawn(A), announced(B)]);
    withdraw(&mut table, source, net(A));
    withdraw(&mut table, source, net(B));
    assert_eq!(peer.listen(&mut table), [withdrawn(B)]);
}

/// RFC 7607 §2: whatever filters do, nobody is told of AS 0.
#[test]
fn no_path_with_as_zero_is_announced() {
    let policy = "if net = 198.51.100.0/24 then { bgp_path.prepend(0); bgp_path.prepend(7); } accept;";
    for first_that_passes in [false, true] {
        let mut table = Table::new(1);
        let source = table.add_source(bgp(external(1)), None);
        let mut peer = Peer::new(&mut table, to_external(8), ExportPolicy::All, None);
        announce_all(&mut table, source, &[net(A), net(B)], &path());
        assert_eq!(peer.listen(&mut table), [announced(A), announced(B)]);
        table.exporter_mut(peer.id).unwrap().set_policy(filter(policy));
        if first_that_passes {
            table.exporter_mut(peer.id).unwrap().send_first_that_passes();
        }
        assert_eq!(peer.listen(&mut table), [withdrawn(A), announced(B)]);
        let exporter = table.exporter_mut(peer.id).unwrap();
        assert_eq!(exporter.counters().1.updates.rejected, 1);
        let [fault] = exporter.take_faults().try_into().unwrap();
        assert_eq!(fault, "198.51.100.0/24: AS 0 is in the path: no filter may put it there");
    }
}

/// `show route export` says what was done.
#[test]
fn a_preview_agrees_with_what_was_sent() {
    let (mut table, source, mut peer) =
        lab(filter("if net = 198.51.100.0/24 then { bgp_med = 3; accept; } reject;"));
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    announce(&mut table, source, net("10.0.0.0/8"), &path_with(|p| p.bgp.communities = [0xffff_ff02].into()));
    peer.listen(&mut table);
    let exporter = table.exporter(peer.id).unwrap();
    let preview = |n| exporter.preview(&table.net(net(n)).unwrap()).unwrap();
    assert!(matches!(preview(A), Preview::Passed(a) if a.bgp.med == Some(3)));
    assert!(matches!(preview(B), Preview::Filtered));
    assert!(matches!(preview("10.0.0.0/8"), Preview::Refused(Refused::Community)));
    for (n, sent) in [(A, true), (B, false), ("10.0.0.0/8", false)] {
        assert_eq!(exporter.has_exported(&table.net(net(n)).unwrap()), sent, "{n}");
    }
}

/// A kernel table is told of routes in the same way.
#[test]
fn a_kernel_table_is_told_once_too() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let own = table.add_source(common::other("kernel1", 9), None);
    let policy = filter("if net = 203.0.113.0/24 then reject; krt_metric = 5; accept;");
    let kernel = table.add_exporter(Exporter::new(
        ExporterKind::Kernel { merge_paths: None },
        policy,
        Some(own),
        Arc::new(NoSurroundings),
    ));
    let read = |table: &mut Table<Ipv4Network>| {
        let mut out = Vec::new();
        while table.has_export(kernel) {
            if let Some(Exported::Routes(routes)) = table.export(kernel, 1) {
                out.extend(routes.into_iter().map(|(n, r)| (n.to_string(), r.map(|r| r.best.destination))));
            }
        }
        out
    };
    announce_all(&mut table, source, &[net(A), net(B)], &path());
    announce(&mut table, own, net("10.0.0.0/8"), &common::static_route(common::via("192.0.2.5")));
    assert_eq!(read(&mut table), [(A.into(), Some(common::via("192.0.2.1")))]);
    table.set_refused(kernel, net(A), true);
    assert!(table.net(net(A)).unwrap().kernel_refused());
    table.flush_source(source);
    settle(&mut table);
    assert_eq!(read(&mut table), [(A.into(), None)]);
    announce(&mut table, source, net(A), &path());
    assert!(read(&mut table).is_empty(), "the source is gone");
    let again = table.add_source(bgp(external(1)), None);
    // Both, as either may get the place that A had.
    announce_all(&mut table, again, &[net(A), net(B)], &path());
    assert!(table.nets_from(0).all(|n| !n.kernel_refused()), "the mark went with the route");
}
