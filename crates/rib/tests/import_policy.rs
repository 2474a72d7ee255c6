//! Import filters, and the memory of attribute blocks: it never changes a result.

mod common;

use std::sync::Arc;

use common::update::{
    A, A6, B, GLOBAL, as_path, attribute, body, channel, flat, good, mp_reach, next_hop, origin, session,
    step,
};
use common::{Link, announce_all, bgp, external, filter, net, path, via};
use godwit_filter::RouteAttributes;
use godwit_rib::{Batches, ExportPolicy, ImportStep, Links, OnLink, Table};
use godwit_wire::AddressFamily;
use ipnetwork::Ipv4Network;
use proptest::prelude::*;
use proptest::sample::select;

fn run(step: &mut ImportStep, body: &[u8]) -> Batches {
    let mut batches = Batches::default();
    step.update(body, &Link, &mut batches).expect("the session goes on");
    batches
}

#[test]
fn a_rejected_route_is_withdrawn() {
    let only_a = filter("if net = 198.51.100.0/24 then accept; reject;");
    let mut step = step(session(), only_a);
    let batches = run(&mut step, &body(&[], &good(), &[A, B].concat()));
    let routes = flat(&batches.ipv4);
    assert!(routes[0].1.is_some() && routes[1].1.is_none());
    assert_eq!((batches.ipv4.counters.updates.received, batches.ipv4.counters.updates.filtered), (2, 1));
    assert_eq!(batches.ipv4.counters.updates.rejected, 0);

    // And a path that passed before goes from the table.
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    announce_all(&mut table, source, &[net("198.51.100.0/24"), net("203.0.113.0/24")], &path());
    table.apply(source, batches.ipv4, 1);
    assert!(table.net(net("203.0.113.0/24")).is_none());
    let (imported, _, counters) = table.source_counters(source);
    assert_eq!((imported, counters.updates.filtered, counters.withdraws.accepted), (1, 1, 1));
}

#[test]
fn import_none_takes_nothing() {
    let batches = run(&mut step(session(), ExportPolicy::None), &body(&[], &good(), &A));
    assert_eq!(flat(&batches.ipv4), [(net("198.51.100.0/24"), None)]);
    assert_eq!(batches.ipv4.counters.updates.filtered, 1);
}

/// Nets that a filter treats alike share one set, and marks for export are not left on it.
#[test]
fn what_a_filter_changes() {
    let policy = filter("bgp_local_pref = 200; bgp_med = 5; bgp_next_hop = 192.0.2.9; accept;");
    let batches = run(&mut step(session(), policy), &body(&[], &good(), &[A, B].concat()));
    assert_eq!(batches.ipv4.changes.len(), 1);
    let route = flat(&batches.ipv4).remove(0).1.unwrap();
    assert_eq!((route.bgp.local_pref, route.bgp.med), (Some(200), Some(5)));
    assert!(!route.fresh_med && !route.fresh_next_hop);
}

#[test]
fn a_filter_may_tell_nets_apart() {
    let policy = filter("if net = 198.51.100.0/24 then bgp_med = 1; else bgp_med = 2; accept;");
    let batches = run(&mut step(session(), policy), &body(&[], &good(), &[A, B, A].concat()));
    let meds: Vec<_> = flat(&batches.ipv4).into_iter().map(|(_, a)| a.unwrap().bgp.med).collect();
    assert_eq!(meds, [Some(1), Some(2), Some(1)]);
}

#[test]
fn filters_print_and_fail_into_the_summary() {
    let mut batches = Batches::default();
    let mut printing = step(session(), filter("print \"seen \", net; accept;"));
    let summary = printing.update(&body(&[], &good(), &A), &Link, &mut batches).unwrap();
    assert_eq!(summary.messages, ["seen 198.51.100.0/24"]);
    let mut failing = step(session(), filter("if 1 / (bgp_local_pref - 100) = 1 then accept; accept;"));
    let mut batches = Batches::default();
    let summary = failing.update(&body(&[], &good(), &A), &Link, &mut batches).unwrap();
    assert_eq!(summary.remarks.len(), 1);
    assert!(flat(&batches.ipv4)[0].1.is_none(), "an error refuses");
}

/// A block seen before is not read again: the routes share the very same set.
#[test]
fn a_block_seen_before_is_recognised() {
    let mut step = step(session(), ExportPolicy::All);
    let first = run(&mut step, &body(&[], &good(), &A));
    let second = run(&mut step, &body(&A, &good(), &B));
    let set = |b: &Batches| {
        let announced = b.ipv4.changes.iter().find_map(|(change, _)| change.announced());
        announced.unwrap().attributes().clone()
    };
    assert!(Arc::ptr_eq(&set(&first), &set(&second)));
    step.forget();
    assert!(!Arc::ptr_eq(&set(&first), &set(&run(&mut step, &body(&[], &good(), &A)))));
}

/// More blocks than are remembered share places, and are told apart all the same.
#[test]
fn blocks_that_share_a_place_are_told_apart() {
    let mut step = step(session(), ExportPolicy::All);
    for med in (0..2_000_u32).chain(0..2_000) {
        let block = [good(), attribute(0x80, 4, &med.to_be_bytes())].concat();
        let routes = flat(&run(&mut step, &body(&[], &block, &A)).ipv4);
        assert_eq!(routes[0].1.as_ref().unwrap().bgp.med, Some(med));
    }
}

/// A fault is told each time, not only when its block is new.
#[test]
fn a_faulty_block_is_judged_each_time() {
    let mut step = step(session(), ExportPolicy::All);
    for _ in 0..2 {
        let mut batches = Batches::default();
        let faulty = [good(), attribute(0x40, 6, &[1])].concat();
        let summary = step.update(&body(&[], &faulty, &A), &Link, &mut batches).unwrap();
        assert_eq!(summary.remarks.len(), 1);
    }
}

/// A new channel takes effect on blocks seen before.
#[test]
fn a_new_policy_forgets() {
    let mut step = step(session(), ExportPolicy::All);
    let before = flat(&run(&mut step, &body(&[], &good(), &A)).ipv4).remove(0).1.unwrap();
    let mut changed = channel(ExportPolicy::All);
    changed.preference = 77;
    step.set_channel(AddressFamily::IPV4, changed);
    let after = flat(&run(&mut step, &body(&[], &good(), &A)).ipv4).remove(0).1.unwrap();
    assert_eq!((before.preference, after.preference), (100, 77));
    step.set_channel(AddressFamily::IPV4, channel(ExportPolicy::None));
    assert!(flat(&run(&mut step, &body(&[], &good(), &A)).ipv4)[0].1.is_none());
}

#[test]
fn links_that_change_are_seen_after_forgetting() {
    #[derive(Debug)]
    struct Down;
    impl godwit_filter::Surroundings for Down {
        fn interface_name(&self, _: u32) -> Option<Arc<str>> {
            None
        }
        fn interface_index(&self, _: &str) -> Option<u32> {
            None
        }
        fn neighbor_interface(&self, _: std::net::IpAddr) -> Option<u32> {
            None
        }
    }
    impl Links for Down {
        fn on_link(&self, _: std::net::IpAddr, _: Option<u32>) -> OnLink {
            OnLink::No
        }
    }
    let mut step = step(session(), ExportPolicy::All);
    let route = flat(&run(&mut step, &body(&[], &good(), &A)).ipv4).remove(0).1.unwrap();
    assert_eq!(route.destination, via("192.0.2.1"));
    step.forget();
    let mut batches = Batches::default();
    step.update(&body(&[], &good(), &A), &Down, &mut batches).unwrap();
    assert!(flat(&batches.ipv4)[0].1.is_none());
}

/// Attribute blocks of all kinds: good ones, loops, faults, bad next hops, multiprotocol.
fn blocks() -> Vec<Vec<u8>> {
    let with = |o: u8, ases: &[u32], hop| [origin(o), as_path(ases), next_hop(hop)].concat();
    vec![
        good(),
        with(2, &[65001], [192, 0, 2, 1]),
        with(0, &[65001, 65000], [192, 0, 2, 1]),
        with(9, &[65001], [192, 0, 2, 1]),
        with(0, &[65001], [10, 9, 8, 7]),
        with(0, &[65001], [192, 0, 2, 254]),
        [origin(0), as_path(&[65001])].concat(),
        [good(), attribute(0x40, 6, &[1])].concat(),
        [good(), attribute(0xc0, 8, &[0, 1, 0, 2])].concat(),
        [good(), attribute(0xc0, 99, b"what")].concat(),
        [mp_reach(&GLOBAL, &A6), good()].concat(),
        [good(), common::update::mp_unreach(&A6)].concat(),
    ]
}

type Flat<K> = Vec<(K, Option<RouteAttributes>)>;

fn flats(batches: &Batches) -> (Flat<Ipv4Network>, Flat<ipnetwork::Ipv6Network>) {
    (flat(&batches.ipv4), flat(&batches.ipv6))
}

proptest! {
    /// The same UPDATEs with the memory, and without: each read by a step that has seen nothing.
    #[test]
    fn the_memory_changes_no_result(
        updates in prop::collection::vec(
            (select(blocks()), select(vec![vec![], A.to_vec()]), select(vec![vec![], A.to_vec(), [A, B].concat(), vec![8, 127]])),
            1..40,
        ),
        policy in select(vec![
            ExportPolicy::All,
            ExportPolicy::None,
            filter("if net = 198.51.100.0/24 then { bgp_med = 1; accept; } reject;"),
        ]),
    ) {
        let mut remembers = step(session(), policy.clone());
        for (block, withdrawn, nlri) in updates {
            let body = body(&withdrawn, &block, &nlri);
            let mut cached = Batches::default();
            let mut fresh = Batches::default();
            let with = remembers.update(&body, &Link, &mut cached);
            let without = step(session(), policy.clone()).update(&body, &Link, &mut fresh);
            prop_assert_eq!(with.is_err(), without.is_err());
            prop_assert_eq!(flats(&cached), flats(&fresh));
            prop_assert_eq!(cached.ipv4.counters, fresh.ipv4.counters);
            prop_assert_eq!(cached.ipv6.counters, fresh.ipv6.counters);
        }
    }
}
