//! The plan of one table: wanted against observed routes.

mod common;

use common::*;
use godwit_netlink::{Alien, Family, Fib, KernelRoute, Operation, RouteHop, RouteKind, Wanted};

const EEXIST: i32 = 17;
const ENETUNREACH: i32 = 101;

#[test]
fn nothing_happens_before_the_first_dump() {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, false);
    fib.want(net("10.0.0.0/8"), Some(wanted(via("192.0.2.1"))));
    fib.feed_complete();
    assert!(!fib.has_plan());
    assert_eq!(fib.plan(10), []);
    dump(&mut fib, &[]);
    assert!(fib.has_plan());
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8");
    assert!(!fib.has_plan());
}

#[test]
fn a_new_route_is_added_a_changed_one_replaced_an_unwanted_one_deleted() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/8");
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    assert_eq!(applied(&mut fib), [Operation::Add(ours("10.0.0.0/8", via("192.0.2.1")))]);
    fib.want(n, Some(wanted(RouteKind::Blackhole)));
    assert_eq!(applied(&mut fib), [Operation::Replace(ours("10.0.0.0/8", RouteKind::Blackhole))]);
    fib.want(n, None);
    assert_eq!(short(&applied(&mut fib)), "-10.0.0.0/8");
    assert_eq!((fib.counters().replaced, fib.counters().deleted, fib.wanted_count()), (2, 1, 0));
}

#[test]
fn nothing_is_sent_for_what_is_equal() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/8");
    let route = Some(wanted(via("192.0.2.1")));
    fib.want(n, route.clone());
    applied(&mut fib);
    fib.want(n, route.clone());
    // Our own change comes back as news, and is in the next dump.
    let _ = fib.observe(&ours("10.0.0.0/8", via("192.0.2.1")), false);
    dump(&mut fib, &[ours("10.0.0.0/8", via("192.0.2.1"))]);
    assert_eq!(fib.plan(10), []);
    // What was asked for while it was on its way is not sent once it was seen.
    dump(&mut fib, &[]);
    let _ = fib.observe(&ours("10.0.0.0/8", via("192.0.2.1")), false);
    assert_eq!(fib.plan(10), []);
    assert_eq!(fib.counters().disturbed, 1);
    // To and fro is no change.
    fib.want(n, None);
    fib.want(n, route);
    assert!(fib.plan(10).len() <= 1);
}

#[test]
fn the_kernel_shows_the_same_in_other_ways() {
    let several = |hops: &[(&str, u16)]| {
        RouteKind::Unicast(hops.iter().map(|(a, weight)| RouteHop { weight: *weight, ..hop(a, 2) }).collect())
    };
    let same: &[(RouteKind, RouteKind)] = &[
        // The order of next hops is the kernel's.
        (several(&[("192.0.2.1", 1), ("192.0.2.2", 3)]), several(&[("192.0.2.2", 3), ("192.0.2.1", 1)])),
        // The weight of the only next hop is not kept.
        (several(&[("192.0.2.1", 7)]), several(&[("192.0.2.1", 1)])),
        // More than it can hold.
        (several(&[("192.0.2.1", 300), ("192.0.2.2", 1)]), several(&[("192.0.2.1", 256), ("192.0.2.2", 1)])),
        // The kernel finds an interface itself.
        (RouteKind::Unicast(vec![hop("192.0.2.1", 0)]), via("192.0.2.1")),
        (RouteKind::Unicast(vec![RouteHop { onlink: true, ..hop("192.0.2.1", 2) }]), via("192.0.2.1")),
    ];
    for (ask, seen) in same {
        let mut fib = empty_fib();
        fib.want(net("10.0.0.0/8"), Some(wanted(ask.clone())));
        applied(&mut fib);
        let _ = fib.observe(&ours("10.0.0.0/8", seen.clone()), false);
        assert_eq!(fib.plan(10), [], "{ask:?} {seen:?}");
    }
    let other: &[(RouteKind, RouteKind)] = &[
        (via("192.0.2.1"), via("192.0.2.2")),
        (via("192.0.2.1"), RouteKind::Unicast(vec![hop("192.0.2.1", 3)])),
        (via("192.0.2.1"), RouteKind::Unreachable),
        (RouteKind::Blackhole, RouteKind::Prohibit),
        (several(&[("192.0.2.1", 1), ("192.0.2.2", 3)]), several(&[("192.0.2.1", 3), ("192.0.2.2", 1)])),
        (several(&[("192.0.2.1", 1), ("192.0.2.2", 1)]), via("192.0.2.1")),
    ];
    for (ask, seen) in other {
        let mut fib = empty_fib();
        fib.want(net("10.0.0.0/8"), Some(wanted(ask.clone())));
        applied(&mut fib);
        let _ = fib.observe(&ours("10.0.0.0/8", seen.clone()), false);
        assert_eq!(short(&fib.plan(10)), "=10.0.0.0/8", "{ask:?} {seen:?}");
    }
}

#[test]
fn source_addresses_are_compared() {
    let source = Some([192, 0, 2, 9].into());
    let mut fib = empty_fib();
    fib.want(net("10.0.0.0/8"), Some(Wanted { prefsrc: source, ..wanted(via("192.0.2.1")) }));
    applied(&mut fib);
    let _ = fib.observe(&ours("10.0.0.0/8", via("192.0.2.1")), false);
    let plan = applied(&mut fib);
    assert!(matches!(plan.as_slice(), [Operation::Replace(route)] if route.prefsrc == source), "{plan:?}");
    // What an earlier configuration asked for does not stay.
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, false);
    dump(&mut fib, &[KernelRoute { prefsrc: source, ..ours("10.0.0.0/8", via("192.0.2.1")) }]);
    fib.want(net("10.0.0.0/8"), Some(wanted(via("192.0.2.1"))));
    let plan = applied(&mut fib);
    assert!(matches!(plan.as_slice(), [Operation::Replace(route)] if route.prefsrc.is_none()), "{plan:?}");
}

#[test]
fn a_place_that_becomes_free_is_taken() {
    let mut fib = empty_fib();
    let foreign = route("10.0.0.0/8", via("192.0.2.7"), FOREIGN, 0);
    let _ = fib.observe(&foreign, false);
    fib.want(foreign.net, Some(wanted(via("192.0.2.1"))));
    let plan = fib.plan(10);
    assert!(fib.result(&plan[0], Some(EEXIST)));
    // One with another metric was not in the way.
    let _ = fib.observe(&route("10.0.0.0/8", via("192.0.2.7"), FOREIGN, 5), true);
    assert!(!fib.has_plan());
    let _ = fib.observe(&foreign, true);
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8");
    // The same when it took ours away first.
    let _ = fib.observe(&foreign, false);
    let _ = fib.observe(&foreign, true);
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8");
}

#[test]
fn the_same_refusal_is_news_once() {
    let mut fib = empty_fib();
    fib.want(net("10.0.0.0/8"), Some(wanted(via("192.0.2.1"))));
    let plan = fib.plan(10);
    assert!(fib.result(&plan[0], Some(ENETUNREACH)) && !fib.result(&plan[0], Some(ENETUNREACH)));
    assert!(fib.result(&plan[0], Some(EEXIST)) && fib.is_refused(&net("10.0.0.0/8")));
    assert!(fib.result(&plan[0], None) && !fib.is_refused(&net("10.0.0.0/8")));
}

#[test]
fn foreign_routes_are_left_alone() {
    let mut fib = empty_fib();
    let foreign = route("10.0.0.0/8", via("192.0.2.7"), FOREIGN, 0);
    dump(&mut fib, &[foreign.clone(), route("10.1.0.0/16", via("192.0.2.7"), FOREIGN, 5)]);
    assert_eq!(fib.plan(10), []);
    // What we want beside it may be added, never put in its place.
    fib.want(foreign.net, Some(wanted(via("192.0.2.1"))));
    let plan = fib.plan(10);
    assert_eq!(short(&plan), "+10.0.0.0/8");
    fib.result(&plan[0], Some(EEXIST));
    assert!(fib.has_refused());
    // It is tried again the same way.
    assert_eq!(fib.retry_refused(), 1);
    let plan = fib.plan(10);
    assert_eq!(short(&plan), "+10.0.0.0/8");
    fib.result(&plan[0], Some(EEXIST));
    // Nor is it deleted when ours is no longer wanted.
    fib.want(foreign.net, None);
    assert_eq!(short(&applied(&mut fib)), "");
    assert_eq!(short(&fib.remove_all()), "");
}

#[test]
fn who_replaced_our_route_keeps_it() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/8");
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    applied(&mut fib);
    // The kernel says nothing of ours when somebody replaces it.
    let _ = fib.observe(&route("10.0.0.0/8", via("192.0.2.7"), FOREIGN, 0), false);
    fib.want(n, Some(wanted(via("192.0.2.2"))));
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8");
}

#[test]
fn a_metric_of_ones_own_bounds_what_is_ours() {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 32, false);
    let other = route("10.0.0.0/8", via("192.0.2.9"), 12, 100);
    let stray = route("10.1.0.0/16", via("192.0.2.9"), 12, 32);
    dump(&mut fib, &[other, stray]);
    fib.feed_complete();
    assert_eq!(short(&applied(&mut fib)), "-10.1.0.0/16");
    // The route's own metric does not matter then.
    fib.want(net("10.2.0.0/16"), Some(Wanted { metric: 7, ..wanted(via("192.0.2.1")) }));
    let plan = applied(&mut fib);
    assert!(matches!(plan.as_slice(), [Operation::Add(route)] if route.metric == 32), "{plan:?}");
}

#[test]
fn other_tables_and_families_are_not_looked_at() {
    let mut fib = Fib::new(100, Family::Ipv4, 0, true);
    dump(&mut fib, &[ours("10.0.0.0/8", via("192.0.2.1")), ours("2001:db8::/32", via("2001:db8::1"))]);
    fib.feed_complete();
    assert!(!fib.has_plan());
    assert_eq!(fib.observe(&route("10.0.0.0/8", via("192.0.2.1"), FOREIGN, 0), false), None);
}

#[test]
fn routes_of_an_earlier_life_are_taken_over_or_go_after_the_first_feed() {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, false);
    let names = ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"];
    dump(&mut fib, &names.map(|n| ours(n, via("192.0.2.1"))));
    fib.want(net(names[0]), Some(wanted(via("192.0.2.1"))));
    fib.want(net(names[1]), Some(wanted(via("192.0.2.2"))));
    assert_eq!(short(&applied(&mut fib)), "=10.1.0.0/16");
    fib.feed_complete();
    assert_eq!(short(&applied(&mut fib)), "-10.2.0.0/16");
    // Ours of another run beside us go with the next dump.
    let kept = [ours(names[0], via("192.0.2.1")), ours(names[1], via("192.0.2.2"))];
    dump(&mut fib, &[&kept[..], &[ours("10.9.0.0/16", RouteKind::Blackhole)]].concat());
    assert_eq!(short(&applied(&mut fib)), "-10.9.0.0/16");
}

#[test]
fn a_stray_that_is_gone_again_is_not_taken_over() {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, false);
    dump(&mut fib, &[ours("10.0.0.0/16", via("192.0.2.1"))]);
    // The news that it went were lost.
    dump(&mut fib, &[]);
    fib.want(net("10.0.0.0/16"), Some(wanted(via("192.0.2.1"))));
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/16");
}

#[test]
fn what_the_dump_does_not_show_is_made_again() {
    let mut fib = empty_fib();
    for n in ["10.0.0.0/16", "10.1.0.0/16"] {
        fib.want(net(n), Some(wanted(via("192.0.2.1"))));
    }
    applied(&mut fib);
    dump(&mut fib, &[ours("10.1.0.0/16", via("192.0.2.1"))]);
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/16");
    assert_eq!(fib.counters().disturbed, 1);
    // So is one that somebody deletes.
    let _ = fib.observe(&ours("10.1.0.0/16", via("192.0.2.1")), true);
    assert_eq!(short(&applied(&mut fib)), "=10.1.0.0/16");
    assert_eq!(fib.counters().disturbed, 2);
}

#[test]
fn a_refused_route_stays_wanted() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/8");
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    let plan = fib.plan(10);
    fib.result(&plan[0], Some(ENETUNREACH));
    assert!(fib.has_refused() && !fib.has_plan());
    assert_eq!((fib.wanted_count(), fib.counters().refused), (1, 1));
    assert_eq!(fib.retry_refused(), 1);
    // Asked twice, tried once.
    assert_eq!(fib.retry_refused(), 0);
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8");
    let _ = fib.observe(&ours("10.0.0.0/8", via("192.0.2.1")), false);
    assert!(!fib.has_refused());
}

#[test]
fn a_refused_change_leaves_the_old_route_ours_to_delete() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/8");
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    applied(&mut fib);
    fib.want(n, Some(wanted(via("198.51.100.1"))));
    let plan = fib.plan(10);
    assert_eq!(short(&plan), "=10.0.0.0/8");
    fib.result(&plan[0], Some(ENETUNREACH));
    fib.want(n, None);
    assert_eq!(short(&applied(&mut fib)), "-10.0.0.0/8");
}

#[test]
fn another_metric_is_another_route() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/8");
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    applied(&mut fib);
    fib.want(n, Some(Wanted { metric: 9, ..wanted(via("192.0.2.1")) }));
    let plan = applied(&mut fib);
    let metrics: Vec<u32> = plan
        .iter()
        .map(|operation| match operation {
            Operation::Delete(r) | Operation::Add(r) | Operation::Replace(r) => r.metric,
        })
        .collect();
    assert_eq!((short(&plan).as_str(), metrics), ("+10.0.0.0/8 -10.0.0.0/8", vec![9, 0]));
}

#[test]
fn an_old_metric_is_cleared_away_though_the_new_one_is_there_already() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/8");
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    applied(&mut fib);
    fib.want(n, Some(Wanted { metric: 9, ..wanted(via("192.0.2.1")) }));
    let _ = fib.observe(&route("10.0.0.0/8", via("192.0.2.1"), 12, 9), false);
    let plan = applied(&mut fib);
    assert!(matches!(plan.as_slice(), [Operation::Delete(route)] if route.metric == 0), "{plan:?}");
}

#[test]
fn taking_over_a_stray_of_another_metric_clears_the_old_route_away() {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, false);
    let n = net("10.0.0.0/8");
    dump(&mut fib, &[route("10.0.0.0/8", via("192.0.2.1"), 12, 5)]);
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8");
    fib.want(n, Some(Wanted { metric: 5, ..wanted(via("192.0.2.1")) }));
    fib.feed_complete();
    let plan = applied(&mut fib);
    assert!(matches!(plan.as_slice(), [Operation::Delete(route)] if route.metric == 0), "{plan:?}");
}

#[test]
fn ipv6_has_no_metric_zero() {
    let mut fib = Fib::new(MAIN, Family::Ipv6, 0, false);
    dump(&mut fib, &[]);
    fib.want(net("2001:db8::/32"), Some(wanted(via("fe80::1"))));
    let plan = applied(&mut fib);
    assert!(matches!(plan.as_slice(), [Operation::Add(route)] if route.metric == 1024), "{plan:?}");
    dump(&mut fib, &[route("2001:db8::/32", via("fe80::1"), 12, 1024)]);
    assert!(!fib.has_plan());
}

#[test]
fn a_plan_has_a_bound() {
    let mut fib = empty_fib();
    let nets: Vec<_> = (0..50_u8).map(|i| net(&format!("10.{i}.0.0/16"))).collect();
    for (n, metric) in nets.iter().flat_map(|n| [(n, 0), (n, 5)]) {
        fib.want(*n, Some(Wanted { metric, ..wanted(RouteKind::Blackhole) }));
        while fib.has_plan() {
            let plan = fib.plan(1);
            assert!(plan.len() <= 1, "{}", short(&plan));
            for operation in &plan {
                fib.result(operation, None);
            }
        }
    }
    assert_eq!(fib.remove_all().len(), 50);
}

#[test]
fn the_best_foreign_route_is_news() {
    let mut fib = empty_fib();
    let far = route("10.0.0.0/8", via("192.0.2.1"), FOREIGN, 20);
    let near = route("10.0.0.0/8", via("192.0.2.2"), FOREIGN, 10);
    assert_eq!(fib.observe(&far, false), Some(Alien::Best(far.clone())));
    assert_eq!(fib.observe(&far, false), None);
    assert_eq!(fib.observe(&near, false), Some(Alien::Best(near.clone())));
    assert_eq!(fib.observe(&near, true), Some(Alien::Best(far.clone())));
    assert_eq!(fib.observe(&far, true), Some(Alien::None(far.net)));
    // A dump tells what went without a word.
    let _ = fib.observe(&near, false);
    let _ = fib.observe(&far, false);
    fib.begin_resync();
    assert_eq!(fib.observe(&far, false), None);
    assert_eq!(fib.end_resync(), [Alien::Best(far.clone())]);
    fib.forget_aliens();
    assert_eq!(fib.observe(&far, false), Some(Alien::Best(far)));
    // The kernel's own routes, and such as lead nowhere, are not learned.
    let nowhere = ["127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "0.5.0.0/16"];
    for r in nowhere.iter().map(|n| route(n, via("192.0.2.1"), FOREIGN, 0)) {
        assert_eq!(fib.observe(&r, false), None);
    }
    // As BIRD 2 has it.
    for somewhere in ["0.0.0.0/0", "0.0.0.0/9", "169.254.0.0/16", "240.0.0.0/4"] {
        let r = route(somewhere, via("192.0.2.1"), FOREIGN, 0);
        assert_eq!(fib.observe(&r, false), Some(Alien::Best(r)));
    }
    let mut ipv6 = Fib::new(MAIN, Family::Ipv6, 0, true);
    for (n, learned) in [
        ("::/0", true),
        ("::/96", true),
        ("::5/128", false),
        ("::1:0:0:0/80", false),
        ("::ffff:0:0/96", false),
        ("::ffff:1.2.3.0/120", true),
        ("0:0:0:1::/64", true),
        ("fe80::/64", false),
        ("ff05::/16", false),
        ("fd00::/8", true),
    ] {
        let r = route(n, via("2001:db8::1"), FOREIGN, 1024);
        assert_eq!(ipv6.observe(&r, false).is_some(), learned, "{n}");
    }
    assert_eq!(fib.observe(&route("10.5.0.0/16", via("192.0.2.1"), 2, 0), false), None);
}
