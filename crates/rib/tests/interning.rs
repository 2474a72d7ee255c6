//! Attribute sets are in memory once, whoever announced them, and go with their last path.

mod common;

use std::sync::Arc;

use common::{announce, announce_all, bgp, external, net, path, path_with, settle, withdraw};
use godwit_filter::RouteAttributes;
use godwit_rib::{SourceId, Table};
use ipnetwork::Ipv4Network;
use proptest::prelude::*;
use proptest::sample::select;

fn nets() -> Vec<Ipv4Network> {
    (0..6).map(|i| net(&format!("10.{i}.0.0/16"))).collect()
}

fn table(sources: u8) -> (Table<Ipv4Network>, Vec<SourceId>) {
    let mut table = Table::new(1);
    let ids = (1..=sources).map(|n| table.add_source(bgp(external(n)), None)).collect();
    (table, ids)
}

fn set_of(table: &Table<Ipv4Network>, net: Ipv4Network, source: SourceId) -> Arc<RouteAttributes> {
    let view = table.net(net).unwrap();
    view.paths().find(|p| p.source_id == source).unwrap().attributes.clone()
}

#[test]
fn equal_sets_of_different_sources_are_one() {
    let (mut table, ids) = table(2);
    let nets = nets();
    // Each call makes the set anew: equal, not the same allocation.
    announce(&mut table, ids[0], nets[0], &path());
    announce(&mut table, ids[0], nets[1], &path());
    announce(&mut table, ids[1], nets[0], &path());
    assert_eq!(table.attrs().len(), 1);
    let first = set_of(&table, nets[0], ids[0]);
    assert!(Arc::ptr_eq(&first, &set_of(&table, nets[1], ids[0])));
    assert!(Arc::ptr_eq(&first, &set_of(&table, nets[0], ids[1])));
}

#[test]
fn a_set_goes_with_its_last_path() {
    let (mut table, ids) = table(2);
    let nets = nets();
    announce_all(&mut table, ids[0], &nets, &path());
    announce(&mut table, ids[1], nets[0], &path());
    announce(&mut table, ids[1], nets[1], &path_with(|p| p.bgp.med = Some(1)));
    assert_eq!(table.attrs().len(), 2);
    let held = Arc::downgrade(&set_of(&table, nets[0], ids[0]));

    table.flush_source(ids[0]);
    settle(&mut table);
    assert_eq!(table.attrs().len(), 2, "the other source still has both");
    withdraw(&mut table, ids[1], nets[0]);
    assert_eq!(table.attrs().len(), 1);
    assert!(held.upgrade().is_none(), "and the memory is free");
    // Its place is used again; the other set is where it was.
    announce(&mut table, ids[1], nets[2], &path_with(|p| p.bgp.med = Some(2)));
    assert_eq!(set_of(&table, nets[1], ids[1]).bgp.med, Some(1));
    assert_eq!(set_of(&table, nets[2], ids[1]).bgp.med, Some(2));
    assert_eq!(table.attrs().len(), 2);
}

#[test]
fn a_replacement_lets_the_old_set_go() {
    let (mut table, ids) = table(1);
    for med in 0..100 {
        announce(&mut table, ids[0], nets()[0], &path_with(|p| p.bgp.med = Some(med)));
        assert_eq!(table.attrs().len(), 1);
    }
}

/// A batch without effect leaves no set behind: beyond a limit, or announced and withdrawn in one.
#[test]
fn what_is_not_taken_is_not_kept() {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), Some(godwit_rib::SourceLimit { max: 0, refuse: true }));
    announce_all(&mut table, source, &nets(), &path());
    assert!(table.attrs().is_empty());
    let other = table.add_source(bgp(external(2)), None);
    let mut batch = godwit_rib::RouteBatch::default();
    batch.announce(nets()[0], &common::hashed(&path()));
    batch.withdraw(nets()[0]);
    table.apply(other, batch, 1);
    assert!(table.attrs().is_empty());
}

/// Every attribute tells sets apart, the less common ones too.
#[test]
fn sets_that_differ_are_kept_apart() {
    let (mut table, ids) = table(1);
    let changes: [fn(&mut RouteAttributes); 6] = [
        |_| {},
        |p| p.preference = 1,
        |p| p.from = Some(common::ip("192.0.2.77")),
        |p| p.bgp.communities = [1].into(),
        |p| p.bgp.rare_mut().atomic_aggregate = true,
        |p| p.set_extra("igp_metric", Some(godwit_filter::AttributeValue::Int(5))),
    ];
    for (net, change) in nets().into_iter().zip(changes) {
        announce(&mut table, ids[0], net, &path_with(change));
    }
    assert_eq!(table.attrs().len(), changes.len());
}

proptest! {
    /// After anything at all there are as many sets as distinct ones in use.
    #[test]
    fn there_are_as_many_sets_as_are_in_use(
        steps in prop::collection::vec((0..3_usize, select(nets()), prop::option::of(0..4_u32)), 1..80),
    ) {
        let (mut table, ids) = table(3);
        for (source, net, med) in steps {
            match med {
                Some(med) => announce(&mut table, ids[source], net, &path_with(|p| p.bgp.med = Some(med))),
                None => withdraw(&mut table, ids[source], net),
            }
            let mut used: Vec<_> =
                table.nets_from(0).flat_map(|n| n.paths().map(|p| p.attributes.bgp.med).collect::<Vec<_>>()).collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(table.attrs().len(), used.len());
        }
    }
}
