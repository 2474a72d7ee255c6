//! Best path selection, step by step: which of two paths wins, and at which step. Every pair is
//! put in in both orders.

mod common;

use std::net::Ipv4Addr;

use common::contender::{Contender, Via, arena, enter, prize};
use common::{announce, best, external, internal, ip, other, path_with, static_route, via, withdraw};
use godwit_filter::Destination;
use godwit_wire::{AsPathBuilder, Origin, SegmentKind};

/// `winner` is best, whichever came first.
fn wins(step: &str, winner: &Contender, loser: &Contender) {
    let mut table = arena();
    let first = enter(&mut table, winner);
    enter(&mut table, loser);
    assert_eq!(best(&table, prize()), Some(first), "{step}: the winner came first\n{winner:?}\n{loser:?}");
    let mut table = arena();
    enter(&mut table, loser);
    let second = enter(&mut table, winner);
    assert_eq!(best(&table, prize()), Some(second), "{step}: the winner came last\n{winner:?}\n{loser:?}");
}

/// What makes a path worse at one step, and nowhere else.
type Flaw = fn(&mut Contender);

/// The steps in BIRD's order.
const STEPS: [(&str, Flaw); 12] = [
    ("preference", |c| c.preference = 90),
    ("resolvable next hop", |c| c.next_hop = Via::Nothing),
    ("not LLGR stale", |c| c.llgr_stale = true),
    ("local preference", |c| c.local_pref = Some(99)),
    ("AS path length", |c| c.as_path.push(65003)),
    ("origin", |c| c.origin = Some(Origin::Egp)),
    ("MED", |c| c.med = Some(1)),
    ("external over internal", |c| c.from.interior = true),
    ("IGP metric", |c| c.next_hop = Via::Metric(11)),
    ("router id", |c| c.from.peer_id = Ipv4Addr::new(10, 0, 0, 2)),
    ("cluster list length", |c| c.clusters = 1),
    ("neighbor address", |c| c.from.peer_address = ip("192.0.2.2")),
];

/// The winner of a step is worse at every later one, so that a step out of place shows.
#[test]
fn each_step_outweighs_all_that_follow() {
    for (i, (step, flaw)) in STEPS.iter().enumerate() {
        let mut winner = Contender::from(1);
        // From the last to the first: an unresolvable next hop has no metric.
        for (_, later) in STEPS[i + 1..].iter().rev() {
            later(&mut winner);
        }
        let loser = Contender::from(1).but(flaw);
        wins(step, &winner, &loser);
    }
}

#[test]
fn each_step_decides_between_paths_else_equal() {
    for (step, flaw) in STEPS {
        wins(step, &Contender::from(1), &Contender::from(1).but(flaw));
    }
}

/// Pairs at the edges of one step each: the first wins. The second's neighbor address is lower,
/// so that it would win if the step said nothing.
#[test]
fn edges_of_the_steps() {
    let better = || Contender::from(9);
    let worse = || Contender::from(1);
    let high_id = |c: &mut Contender| c.from.peer_id = Ipv4Addr::new(10, 0, 0, 99);
    let pairs: Vec<(&str, Contender, Contender)> = vec![
        (
            "unknown metric is resolvable",
            better().but(|c| c.next_hop = Via::UnknownMetric),
            worse().but(|c| c.next_hop = Via::Nothing),
        ),
        ("a blackhole does not resolve", better(), worse().but(|c| c.next_hop = Via::Blackhole)),
        (
            "a missing local preference is the default",
            better().but(|c| c.local_pref = None),
            worse().but(|c| c.local_pref = Some(99)),
        ),
        (
            "the default local preference is the source's own",
            better().but(|c| {
                c.local_pref = None;
                c.from.default_local_pref = 200;
            }),
            worse().but(|c| c.local_pref = Some(199)),
        ),
        (
            "a missing MED is the source's default",
            better().but(|c| c.med = Some(4)),
            worse().but(|c| {
                c.med = None;
                c.from.default_med = 5;
            }),
        ),
        ("a missing MED is 0 by default", better().but(|c| c.med = None), worse().but(|c| c.med = Some(1))),
        (
            "no origin counts as incomplete",
            better().but(|c| c.origin = Some(Origin::Egp)),
            worse().but(|c| c.origin = None),
        ),
        (
            "path metric on one side is enough",
            better(),
            worse().but(|c| {
                c.as_path.push(65003);
                c.from.path_metric = false;
            }),
        ),
        (
            "med metric on one side compares different neighbor ASes",
            better().but(|c| c.from.med_metric = true),
            worse().but(|c| {
                c.as_path[0] = 65099;
                c.med = Some(1);
            }),
        ),
        (
            "a device route has metric 0",
            better().but(|c| c.next_hop = Via::Device),
            worse().but(|c| c.next_hop = Via::Metric(1)),
        ),
        (
            "an unknown metric is the worst",
            better().but(|c| c.next_hop = Via::Metric(30)),
            worse().but(|c| c.next_hop = Via::UnknownMetric),
        ),
        ("igp metric off counts as 0", better().but(|c| c.from.igp_metric = false), worse()),
        (
            "ORIGINATOR_ID stands for the router id",
            better().but(|c| c.originator_id = Some(Ipv4Addr::new(10, 0, 0, 0))),
            worse(),
        ),
        (
            "a high ORIGINATOR_ID loses",
            better(),
            worse().but(|c| c.originator_id = Some(Ipv4Addr::new(10, 0, 0, 100))),
        ),
        ("router ids compare as numbers", better(), worse().but(high_id)),
        (
            "cluster lists compare by length",
            better().but(|c| {
                c.from.peer_id = Ipv4Addr::new(10, 0, 0, 1);
                c.clusters = 1;
            }),
            worse().but(|c| c.clusters = 2),
        ),
    ];
    for (step, winner, loser) in pairs {
        wins(step, &winner, &loser);
    }
}

/// Steps that are to be silent: the lower neighbor address wins though the other path looks better.
#[test]
fn steps_that_do_not_apply() {
    let pairs: Vec<(&str, Contender, Contender)> = vec![
        (
            "MEDs of different neighbor ASes",
            Contender::from(1).but(|c| c.med = Some(9)),
            Contender::from(9).but(|c| {
                c.as_path[0] = 65099;
                c.med = Some(1);
            }),
        ),
        (
            "path lengths with path metric off on both sides",
            Contender::from(1).but(|c| {
                c.as_path.push(65003);
                c.from.path_metric = false;
            }),
            Contender::from(9).but(|c| c.from.path_metric = false),
        ),
        (
            "metrics with igp metric off on both sides",
            Contender::from(1).but(|c| {
                c.next_hop = Via::Metric(20);
                c.from.igp_metric = false;
            }),
            Contender::from(9).but(|c| c.from.igp_metric = false),
        ),
    ];
    for (step, winner, loser) in pairs {
        wins(step, &winner, &loser);
    }
}

#[test]
fn an_empty_path_is_of_our_own_as_for_med() {
    let empty = |n, med| {
        Contender::from(n).but(|c| {
            c.from = internal(n);
            c.as_path = Vec::new();
            c.med = Some(med);
        })
    };
    wins("MED of local routes", &empty(9, 1), &empty(1, 2));
}

/// An AS_SET counts one, whatever its size; confederation segments count nothing.
#[test]
fn sets_and_confederations_count_little() {
    let path = |segments: &[(SegmentKind, &[u32])]| {
        let mut builder = AsPathBuilder::default();
        segments.iter().for_each(|(kind, ases)| builder.push(*kind, ases));
        path_with(|p| p.bgp.as_path = Some(builder.finish()))
    };
    let set = path(&[(SegmentKind::Sequence, &[65001]), (SegmentKind::Set, &[1, 2, 3])]);
    let confed = path(&[(SegmentKind::ConfedSequence, &[5, 6, 7]), (SegmentKind::Sequence, &[65001, 1])]);
    let long = path(&[(SegmentKind::Sequence, &[65001, 1, 2])]);
    for short in [set, confed] {
        let mut table = arena();
        let loser = table.add_source(common::bgp(external(1)), None);
        let winner = table.add_source(common::bgp(external(9)), None);
        announce(&mut table, loser, prize(), &long);
        announce(&mut table, winner, prize(), &short);
        assert_eq!(best(&table, prize()), Some(winner), "{short:?}");
    }
}

/// RFC 5004: between external paths of different routers the one that was there stays.
#[test]
fn prefer_older_keeps_the_older() {
    let older = |n| Contender::from(n).but(|c| c.from.prefer_older = true);
    for (first, second) in [(1, 9), (9, 1)] {
        let mut table = arena();
        let stays = enter(&mut table, &older(first));
        enter(&mut table, &older(second));
        assert_eq!(best(&table, prize()), Some(stays));
    }
    let inside = |n| older(n).but(|c| c.from.internal = true);
    wins("internal paths are not concerned", &inside(1), &inside(9));
    let same_id = |n| older(n).but(|c| c.from.peer_id = Ipv4Addr::new(10, 0, 0, 1));
    wins("nor are paths of one router", &same_id(1), &same_id(9));
}

#[test]
fn preference_decides_between_protocols() {
    for bgp_first in [true, false] {
        let mut table = arena();
        let fixed = table.add_source(other("static1", 3), None);
        let route = static_route(via("192.0.2.9"));
        if !bgp_first {
            announce(&mut table, fixed, prize(), &route);
        }
        enter(&mut table, &Contender::from(1).but(|c| c.preference = 199));
        if bgp_first {
            announce(&mut table, fixed, prize(), &route);
        }
        assert_eq!(best(&table, prize()), Some(fixed));
        let preferred = enter(&mut table, &Contender::from(2).but(|c| c.preference = 201));
        assert_eq!(best(&table, prize()), Some(preferred));
    }
}

/// At equal preference the type's rank decides, and within a type the path that was there.
#[test]
fn rank_decides_between_types_and_age_within_one() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut table = arena();
        let ids = [1, 2, 3].map(|rank| table.add_source(other("p", rank), None));
        for i in order {
            announce(&mut table, ids[i], prize(), &static_route(Destination::Blackhole));
        }
        assert_eq!(best(&table, prize()), Some(ids[2]), "{order:?}");
    }
    let mut table = arena();
    let first = table.add_source(other("static1", 1), None);
    let second = table.add_source(other("static2", 1), None);
    announce(&mut table, second, prize(), &static_route(Destination::Blackhole));
    announce(&mut table, first, prize(), &static_route(Destination::Unreachable));
    assert_eq!(best(&table, prize()), Some(second));
    assert_eq!(table.net(prize()).unwrap().paths().filter(|p| p.best).count(), 1);
}

/// Among equals the oldest is next, also after another was preferred for a while.
#[test]
fn the_oldest_of_equals_is_next() {
    let mut table = arena();
    let ids = [1, 2, 3, 4].map(|n| table.add_source(other(&format!("static{n}"), 1), None));
    let at = |preference| {
        let mut route = static_route(Destination::Blackhole);
        route.preference = preference;
        route
    };
    for id in ids {
        announce(&mut table, id, prize(), &at(200));
    }
    announce(&mut table, ids[2], prize(), &at(210));
    assert_eq!(best(&table, prize()), Some(ids[2]));
    for next in [ids[2], ids[0], ids[1], ids[3]] {
        assert_eq!(best(&table, prize()), Some(next));
        withdraw(&mut table, next, prize());
    }
    assert!(table.net(prize()).is_none());
}

/// A path that gets better or worse where it is: the best follows.
#[test]
fn a_replacement_is_compared_again() {
    let mut table = arena();
    let a = enter(&mut table, &Contender::from(1));
    let b = enter(&mut table, &Contender::from(2));
    let c = enter(&mut table, &Contender::from(3));
    assert_eq!(best(&table, prize()), Some(a));
    announce(&mut table, c, prize(), &Contender::from(3).but(|c| c.local_pref = Some(200)).path());
    assert_eq!(best(&table, prize()), Some(c));
    announce(&mut table, c, prize(), &Contender::from(3).but(|c| c.local_pref = Some(50)).path());
    assert_eq!(best(&table, prize()), Some(a));
    announce(&mut table, a, prize(), &Contender::from(1).but(|c| c.local_pref = Some(60)).path());
    assert_eq!(best(&table, prize()), Some(b));
    for (source, preferred) in [(a, 0), (b, 1), (c, 0)] {
        let (imported, best, _) = table.source_counters(source);
        assert_eq!((imported, best), (1, preferred));
    }
}
