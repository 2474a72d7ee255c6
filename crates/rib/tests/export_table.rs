//! `export table`: what was sent is kept, and what would only repeat it is not sent.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::peer::Peer;
use common::{announce, bgp, external, filter, ip, net, path, path_with, to_external, withdraw};
use godwit_rib::{BgpExport, ExportPolicy, SourceLimit, Table};
use ipnetwork::Ipv4Network;

const NET: &str = "10.1.0.0/16";

fn peer(table: &mut Table<Ipv4Network>, export: BgpExport, policy: ExportPolicy) -> Peer {
    Peer::with_table(table, export, policy)
}

/// The nets of which something is kept, with the MEDs.
fn kept(table: &Table<Ipv4Network>, peer: &Peer) -> BTreeMap<Ipv4Network, Vec<Option<u32>>> {
    let exporter = table.exporter(peer.id).unwrap();
    let nets: Vec<_> = table.exported_from(exporter, 0).collect();
    let meds = |key| table.exported_paths(exporter, key).iter().map(|path| path.attributes.bgp.med).collect();
    nets.into_iter().map(|(_, key)| (key, meds(key))).collect()
}

#[test]
fn what_is_as_it_was_sent_is_not_sent() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let hides = filter("bgp_med = 13; accept;");
    let (mut with, mut without) =
        (peer(&mut table, to_external(3), hides.clone()), Peer::new(&mut table, to_external(4), hides, None));
    announce(&mut table, source, net(NET), &path());
    assert_eq!((with.listen(&mut table).len(), without.listen(&mut table).len()), (1, 1));
    announce(&mut table, source, net(NET), &path_with(|path| path.bgp.med = Some(5)));
    assert_eq!((with.listen(&mut table).len(), without.listen(&mut table).len()), (0, 1));
    // What is shown is what the filter made of it.
    assert_eq!(kept(&table, &with), BTreeMap::from([(net(NET), vec![Some(13)])]));
    let (sent, counters) = table.exporter(with.id).unwrap().counters();
    assert_eq!((sent, counters.updates.received, counters.updates.accepted), (1, 2, 1));
    // It is sent when it is asked for, and when it is another.
    table.exporter_mut(with.id).unwrap().refeed();
    assert_eq!(with.listen(&mut table).len(), 1);
    announce(&mut table, source, net(NET), &path_with(|path| path.bgp.communities = [7].into()));
    assert_eq!(with.listen(&mut table).len(), 1);
    withdraw(&mut table, source, net(NET));
    assert_eq!(with.listen(&mut table).len(), 1);
    assert_eq!(without.listen(&mut table).len(), 1);
    assert_eq!(kept(&table, &with), BTreeMap::new());
    assert_eq!(table.net_count(), 0);
}

#[test]
fn what_is_refused_or_too_much_is_not_kept() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let mut peer = peer(&mut table, to_external(3), filter("if bgp_med = 9 then reject; accept;"));
    table.exporter_mut(peer.id).unwrap().set_limit(Some(SourceLimit { max: 2, refuse: true }));
    let nets: Vec<Ipv4Network> = (1..=3).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    for key in &nets {
        announce(&mut table, source, *key, &path());
    }
    peer.listen(&mut table);
    assert_eq!(kept(&table, &peer).len(), 2);
    assert!(table.exporter(peer.id).unwrap().limit_was_passed());
    announce(&mut table, source, nets[0], &path_with(|path| path.bgp.med = Some(9)));
    assert_eq!(peer.listen(&mut table).len(), 1, "it is withdrawn");
    assert_eq!(kept(&table, &peer).len(), 1);
    // A set that does not fit in a message withdraws what was sent, too.
    let long: Arc<[u32]> = (0..1200).collect();
    announce(&mut table, source, nets[1], &path_with(|path| path.bgp.communities = long.to_vec().into()));
    assert_eq!(peer.listen(&mut table).len(), 1);
    assert_eq!(kept(&table, &peer).len(), 0);
}

#[test]
fn every_path_is_kept_with_add_path() {
    let mut table = Table::new(1);
    let [a, b] = [1, 2].map(|n| table.add_source(bgp(external(n)), None));
    let export = BgpExport { add_path: true, ..to_external(3) };
    let peer = peer(&mut table, export, filter("bgp_community = -empty-; accept;"));
    let hear = |table: &mut Table<Ipv4Network>| {
        let mut octets = 0;
        while table.has_export(peer.id) {
            if let Some(godwit_rib::Exported::Updates(bytes)) = table.export(peer.id, usize::MAX) {
                octets += bytes.len();
            }
        }
        octets
    };
    announce(&mut table, a, net(NET), &path());
    announce(&mut table, b, net(NET), &path_with(|path| path.bgp.med = Some(1)));
    assert!(hear(&mut table) > 0);
    let exporter = table.exporter(peer.id).unwrap();
    assert_eq!(exporter.counters().0, 2);
    assert_eq!(table.exported_paths(exporter, net(NET)).len(), 2);
    announce(&mut table, a, net(NET), &path_with(|path| path.bgp.communities = [7].into()));
    assert_eq!(hear(&mut table), 0, "a path is sent again as it was");
    withdraw(&mut table, a, net(NET));
    assert!(hear(&mut table) > 0);
    assert_eq!(kept(&table, &peer), BTreeMap::from([(net(NET), vec![Some(1)])]));
}

#[test]
fn the_longest_match_is_looked_for_among_what_was_sent() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    let mut peer = peer(&mut table, to_external(3), filter("if net.len > 16 then reject; accept;"));
    announce(&mut table, source, net(NET), &path());
    announce(&mut table, source, net("10.1.2.0/24"), &path());
    table.exporter_mut(peer.id).unwrap().set_time(77);
    peer.listen(&mut table);
    let exporter = table.exporter(peer.id).unwrap();
    assert_eq!(table.exported_longest(exporter, net("10.1.2.3/32")), Some(net(NET)));
    assert_eq!(table.exported_longest(exporter, net("10.2.2.3/32")), None);
    let sent = table.exported_paths(exporter, net(NET));
    assert_eq!((sent[0].since, sent[0].best), (77, true));
    assert_eq!(table.longest(ip("10.1.2.3")).map(|net| net.key()), Some(net("10.1.2.0/24")));
}
