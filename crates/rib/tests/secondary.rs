//! `secondary`: where the best path may not go to a neighbor, the next one does.

mod common;

use std::sync::Arc;

use common::contender::prize;
use common::peer::Peer;
use common::{announce, bgp, external, filter, ip, path_with, to_external, via, withdraw};
use godwit_filter::{NoSurroundings, RouteAttributes};
use godwit_rib::{ExportPolicy, Exporter, ExporterKind, SourceId, Table};
use ipnetwork::Ipv4Network;

/// By way of 192.0.2.N, preferred the more the lower N is.
fn path(n: u8) -> RouteAttributes {
    path_with(|p| {
        let hop = ip(&format!("192.0.2.{n}"));
        p.destination = via(&hop.to_string());
        p.bgp.next_hop = Some(hop);
        p.bgp.local_pref = Some(200 - u32::from(n));
    })
}

fn table() -> (Table<Ipv4Network>, Vec<SourceId>) {
    let mut table = Table::new(1);
    let sources: Vec<_> = (1..=3).map(|n| table.add_source(bgp(external(n)), None)).collect();
    // The worst first, so that the order in the net is not that of preference.
    for n in [3, 1, 2] {
        announce(&mut table, sources[usize::from(n) - 1], prize(), &path(n));
    }
    (table, sources)
}

/// A neighbor with `secondary` or without.
fn peer(
    table: &mut Table<Ipv4Network>,
    policy: ExportPolicy,
    own: Option<SourceId>,
    secondary: bool,
) -> Peer {
    let mut peer = Peer::new(table, to_external(9), ExportPolicy::None, own);
    table.remove_exporter(peer.id);
    let kind = ExporterKind::Bgp(Arc::new(to_external(9)));
    let mut exporter = Exporter::new(kind, policy, own, std::sync::Arc::new(NoSurroundings));
    if secondary {
        exporter.send_first_that_passes();
    }
    peer.id = table.add_exporter(exporter);
    peer.listen(table);
    peer
}

fn hop(peer: &Peer) -> Option<String> {
    peer.nets.get(&prize().into()).and_then(|a| a.next_hop).map(|a| a.to_string())
}

#[test]
fn the_next_one_goes() {
    let not_best = || filter("if bgp_local_pref = 199 then reject; accept;");
    let (mut table, sources) = table();
    assert_eq!(hop(&peer(&mut table, not_best(), None, false)), None, "without, nothing goes");
    let mut second = peer(&mut table, not_best(), None, true);
    assert_eq!(hop(&second).as_deref(), Some("192.0.2.2"));
    let own = peer(&mut table, ExportPolicy::All, Some(sources[0]), true);
    assert_eq!(hop(&own).as_deref(), Some("192.0.2.2"), "the neighbor's own is not sent back");
    let all = peer(&mut table, ExportPolicy::All, None, true);
    assert_eq!(hop(&all).as_deref(), Some("192.0.2.1"), "the best if it may");

    // What is not best changes, and goes.
    announce(&mut table, sources[1], prize(), &path_with(|p| p.bgp.local_pref = Some(10)));
    second.listen(&mut table);
    assert_eq!(hop(&second).as_deref(), Some("192.0.2.3"));
    withdraw(&mut table, sources[2], prize());
    second.listen(&mut table);
    assert_eq!(hop(&second).as_deref(), Some("192.0.2.1"), "the one of the low preference");
    withdraw(&mut table, sources[1], prize());
    second.listen(&mut table);
    assert_eq!(hop(&second), None);
    assert_eq!(table.exporter(second.id).unwrap().counters().0, 0);
}

#[test]
fn what_communities_forbid_is_passed_over() {
    let (mut table, sources) = table();
    let hidden = path_with(|p| {
        p.bgp.local_pref = Some(500);
        p.bgp.communities = [0xffff_ff01].into();
    });
    announce(&mut table, sources[0], prize(), &hidden);
    let peer = peer(&mut table, ExportPolicy::All, None, true);
    assert_eq!(hop(&peer).as_deref(), Some("192.0.2.2"));
}
