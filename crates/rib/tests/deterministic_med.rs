//! `deterministic med`: of the paths by way of one neighboring AS only the best is compared with the others.

mod common;

use common::contender::{Contender, arena, enter, prize, winner};
use common::{settle, withdraw};
use godwit_rib::Table;
use ipnetwork::Ipv4Network;

/// A path by way of an AS, with a MED and a neighbor's router id.
fn path(n: u8, asn: u32, med: u32, router_id: u8) -> Contender {
    Contender::from(n).but(|c| {
        c.as_path = vec![asn, 65099];
        c.med = Some(med);
        c.from.peer_id = [10, 0, 0, router_id].into();
        c.from.deterministic_med = true;
    })
}

/// RFC 3345's kind of circle: 1 beats 2 by MED, 2 beats 3 and 3 beats 1 by router id.
fn circle() -> [Contender; 3] {
    [path(1, 7, 0, 30), path(2, 7, 5, 10), path(3, 8, 9, 20)]
}

fn orders<T: Clone>(of: &[T; 3]) -> Vec<[T; 3]> {
    let at = |order: [usize; 3]| order.map(|i| of[i].clone());
    [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(at).to_vec()
}

fn of(contenders: &[Contender]) -> Table<Ipv4Network> {
    let mut table = arena();
    for contender in contenders {
        enter(&mut table, contender);
    }
    table
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    for order in orders(&circle()) {
        // 2 is hidden by 1, and 3 is better than 1.
        assert_eq!(winner(&of(&order)), Some(common::ip("192.0.2.3")), "{order:?}");
    }
    let without = orders(&circle())
        .into_iter()
        .map(|order| winner(&of(&order.map(|c| c.but(|c| c.from.deterministic_med = false)))));
    let winners: std::collections::BTreeSet<_> = without.collect();
    assert!(winners.len() > 1, "else it does: {winners:?}");
}

#[test]
fn what_hid_another_goes_or_changes() {
    for order in orders(&circle()) {
        let mut table = arena();
        let sources: Vec<_> = order.iter().map(|c| (c.from.peer_address, enter(&mut table, c))).collect();
        let first = sources.iter().find(|(address, _)| *address == common::ip("192.0.2.1")).unwrap().1;
        withdraw(&mut table, first, prize());
        assert_eq!(winner(&table), Some(common::ip("192.0.2.2")), "nothing hides it any more");
        let worse = circle()[0].clone().but(|c| c.med = Some(6));
        common::announce(&mut table, first, prize(), &worse.path());
        assert_eq!(winner(&table), Some(common::ip("192.0.2.2")), "now it hides the first");
        common::announce(&mut table, first, prize(), &circle()[0].path());
        assert_eq!(winner(&table), Some(common::ip("192.0.2.3")));
    }
}

#[test]
fn only_sources_that_want_it_are_grouped() {
    let [one, two, three] = circle();
    let plain = two.but(|c| c.from.deterministic_med = false);
    let mut table = of(&[one, three, plain]);
    assert_eq!(winner(&table), Some(common::ip("192.0.2.2")), "nobody hides it");
    let sources: Vec<_> = table.net(prize()).unwrap().paths().map(|p| p.source_id).collect();
    for source in sources {
        table.flush_source(source);
    }
    settle(&mut table);
    assert_eq!(table.net(prize()).map(|_| ()), None);
}

#[test]
fn what_is_hidden_is_not_merged_either() {
    let same = |n, asn, med| path(n, asn, med, n);
    // 2 is as good as 3, being of another AS, but is hidden by 1.
    let mut table = of(&[same(1, 7, 0), same(2, 7, 5), same(3, 8, 9)]);
    let merged = |table: &Table<Ipv4Network>| table.net(prize()).unwrap().mergeable_paths().len();
    assert_eq!((winner(&table), merged(&table)), (Some(common::ip("192.0.2.1")), 1));
    enter(&mut table, &same(4, 7, 0));
    assert_eq!(merged(&table), 2, "equal ones of a group are");
}

#[test]
fn what_hid_another_is_marked_as_long_lived_stale() {
    for order in orders(&circle()) {
        let mut table = arena();
        let sources: Vec<_> = order.iter().map(|c| (c.from.peer_address, enter(&mut table, c))).collect();
        let first = sources.iter().find(|(address, _)| *address == common::ip("192.0.2.1")).unwrap().1;
        assert_eq!(winner(&table), Some(common::ip("192.0.2.3")));
        table.mark_stale(first);
        settle(&mut table);
        table.make_long_lived(first, common::SEED);
        settle(&mut table);
        // The second is better than the first now, and than the third anyway.
        assert_eq!(winner(&table), Some(common::ip("192.0.2.2")), "{order:?}");
    }
}
