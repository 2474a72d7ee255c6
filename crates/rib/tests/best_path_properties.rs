//! The best path is a function of the paths there are, not of how they came.
//!
//! Two options of BIRD's break that by design and are left out: `prefer older`, and MED compared
//! among paths of one neighbor AS only (RFC 3345): here it is compared always, or all paths come
//! from one AS.

mod common;

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv4Addr};

use common::contender::{Contender, Via, arena, enter, prize, winner};
use common::{announce, settle, withdraw};
use godwit_wire::Origin;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A property of a path that is nearly always the same, so that every step gets to decide.
fn mostly<T: Clone + std::fmt::Debug + 'static>(usual: T, others: Vec<T>) -> impl Strategy<Value = T> {
    prop_oneof![4 => Just(usual), 1 => select(others)]
}

prop_compose! {
    fn contender()(
        preference in mostly(100, vec![99, 101]),
        next_hop in mostly(Via::Metric(10), vec![
            Via::Metric(9), Via::Metric(11), Via::UnknownMetric, Via::Device, Via::Blackhole, Via::Nothing,
        ]),
        llgr_stale in mostly(false, vec![true]),
        local_pref in mostly(Some(100), vec![None, Some(99), Some(101)]),
        as_path in mostly(vec![1, 2], vec![vec![1], vec![1, 2, 3], vec![7, 2]]),
        origin in mostly(Some(Origin::Igp), vec![Some(Origin::Egp), Some(Origin::Incomplete), None]),
        med in mostly(Some(0), vec![None, Some(1), Some(2)]),
        internal in any::<bool>(),
        router_id in 1..4_u8,
        originator_id in mostly(None, vec![Some(Ipv4Addr::new(10, 0, 0, 1)), Some(Ipv4Addr::new(10, 0, 0, 9))]),
        clusters in 0..3_usize,
        aigp in mostly(None, vec![Some(1), Some(3)]),
    ) -> Contender {
        let mut c = Contender::from(0);
        (c.from.internal, c.from.interior) = (internal, internal);
        c.from.peer_id = Ipv4Addr::new(10, 0, 0, router_id);
        Contender { preference, next_hop, llgr_stale, local_pref, as_path, origin, med, originator_id, clusters, aigp, from: c.from }
    }
}

prop_compose! {
    /// Contenders that can be put in a line, each from its own address.
    fn contenders()(
        mut list in prop::collection::vec(contender(), 1..7),
        med_metric in any::<bool>(),
        path_metric in any::<bool>(),
        igp_metric in any::<bool>(),
        default_med in 0..2_u32,
    ) -> Vec<Contender> {
        for (c, n) in list.iter_mut().zip(1..) {
            c.from.peer_address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
            c.from.med_metric = med_metric;
            c.from.path_metric = path_metric;
            c.from.igp_metric = igp_metric;
            c.from.default_med = default_med;
            if !med_metric {
                c.as_path[0] = 1;
            }
        }
        list
    }
}

/// The order as RFC 4271 §9.1.2.2 and BIRD have it, written as one tuple: the greatest is best.
fn rank(c: &Contender) -> impl Ord + use<> {
    let (usable, igp) = match c.next_hop {
        Via::Metric(metric) => (true, u64::from(metric)),
        // To BIRD 2 a blackhole is as good as another route.
        Via::UnknownMetric | Via::Blackhole => (true, u64::from(u32::MAX)),
        Via::Device => (true, 0),
        Via::Nothing => (false, 0),
    };
    let total_aigp = match c.aigp {
        Some(aigp) if usable && igp < u64::from(u32::MAX) => aigp + igp.max(1),
        _ => u64::MAX,
    };
    let path_len = if c.from.path_metric { c.as_path.len() } else { 0 };
    (
        (c.preference, usable, !c.llgr_stale, c.local_pref.unwrap_or(100)),
        Reverse((
            total_aigp,
            path_len,
            c.origin.unwrap_or(Origin::Incomplete),
            c.med.unwrap_or(c.from.default_med),
        )),
        !c.from.internal,
        Reverse(if c.from.igp_metric { igp } else { 0 }),
        Reverse((c.originator_id.unwrap_or(c.from.peer_id), c.clusters, c.from.peer_address)),
    )
}

fn expected(list: &[Contender]) -> Option<IpAddr> {
    list.iter().max_by(|a, b| rank(a).cmp(&rank(b))).map(|c| c.from.peer_address)
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        (list, shuffled) in contenders().prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
    ) {
        let mut table = arena();
        for (i, c) in shuffled.iter().enumerate() {
            enter(&mut table, c);
            prop_assert_eq!(winner(&table), expected(&shuffled[..=i]));
        }
        prop_assert_eq!(winner(&table), expected(&list));
    }

    #[test]
    fn a_withdrawal_restores_what_was_best_before(list in contenders(), extra in any::<Index>()) {
        let (extra, rest) = {
            let mut rest = list.clone();
            (rest.remove(extra.index(list.len())), rest)
        };
        let mut table = arena();
        rest.iter().for_each(|c| { enter(&mut table, c); });
        let before = winner(&table);
        let source = enter(&mut table, &extra);
        prop_assert_eq!(winner(&table), expected(&list));
        withdraw(&mut table, source, prize());
        prop_assert_eq!(winner(&table), before);
    }

    /// Replacing a path and having had it from the start come to the same.
    #[test]
    fn a_replacement_leaves_no_trace(list in contenders(), changed in contender(), which in any::<Index>()) {
        let mut table = arena();
        let sources: Vec<_> = list.iter().map(|c| enter(&mut table, c)).collect();
        let i = which.index(list.len());
        let mut after = list.clone();
        // The session stays what it is; only what it said of the net changes.
        let from = after[i].from.clone();
        after[i] = Contender { from, ..changed };
        if !after[i].from.med_metric {
            after[i].as_path[0] = 1;
        }
        announce(&mut table, sources[i], prize(), &after[i].path());
        prop_assert_eq!(winner(&table), expected(&after));
    }

    /// As is withdrawing all but one, one after the other.
    #[test]
    fn the_next_best_follows(list in contenders().prop_shuffle()) {
        let mut table = arena();
        let mut left: Vec<_> = list.iter().map(|c| (c.clone(), enter(&mut table, c))).collect();
        while let Some(best) = winner(&table) {
            prop_assert_eq!(Some(best), expected(&left.iter().map(|(c, _)| c.clone()).collect::<Vec<_>>()));
            let i = left.iter().position(|(c, _)| c.from.peer_address == best).unwrap();
            let (_, source) = left.remove(i);
            table.flush_source(source);
            settle(&mut table);
        }
        prop_assert!(left.is_empty());
    }
}
