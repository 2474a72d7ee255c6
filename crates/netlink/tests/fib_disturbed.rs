//! What becomes of routes whose interface goes, and of those that somebody else removes.

mod common;

use std::net::IpAddr;

use common::*;
use godwit_netlink::{Alien, Family, Fib, RouteHop, RouteKind, Wanted};

/// The interface of [`via`], and another.
const ONE: u32 = 2;
const OTHER: u32 = 3;

#[test]
fn foreign_routes_go_with_their_only_interface() {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, true);
    let both = RouteKind::Unicast(vec![hop("192.0.2.1", ONE), hop("198.51.100.1", OTHER)]);
    let routes = [
        route("10.0.0.0/24", via("192.0.2.1"), FOREIGN, 0),
        route("10.0.1.0/24", both, FOREIGN, 0),
        route("10.0.2.0/24", RouteKind::Blackhole, FOREIGN, 0),
        route("10.0.3.0/24", via("192.0.2.1"), FOREIGN, 5),
        route("10.0.3.0/24", RouteKind::Unicast(vec![hop("198.51.100.1", OTHER)]), FOREIGN, 7),
    ];
    dump(&mut fib, &routes);
    let news = fib.interfaces_gone(|index| index == ONE);
    assert_eq!(news, [Alien::None(net("10.0.0.0/24")), Alien::Best(routes[4].clone())]);
    assert_eq!(fib.interfaces_gone(|index| index == ONE), []);
    // Of the one through both the kernel has to be asked.
    assert!(fib.depends_on(|index| index == ONE, &[].into()));
}

#[test]
fn only_what_carries_routes_matters() {
    let source: IpAddr = [192, 0, 2, 9].into();
    let mut fib = empty_fib();
    assert!(!fib.depends_on(|_| true, &[source].into()));
    fib.want(net("10.0.0.0/24"), Some(Wanted { prefsrc: Some(source), ..wanted(via("192.0.2.1")) }));
    applied(&mut fib);
    assert!(fib.depends_on(|index| index == ONE, &[].into()));
    assert!(fib.depends_on(|_| false, &[source].into()));
    assert!(!fib.depends_on(|index| index == OTHER, &[[192, 0, 2, 8].into()].into()));
    // The kernel has chosen the interface.
    fib.want(net("10.0.0.0/24"), Some(wanted(RouteKind::Unicast(vec![RouteHop { ..hop("192.0.2.1", 0) }]))));
    applied(&mut fib);
    assert!(fib.depends_on(|index| index == 0, &[].into()));
}

#[test]
fn a_route_that_is_removed_again_and_again_waits_longer_and_longer() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/24");
    let ours = ours("10.0.0.0/24", via("192.0.2.1"));
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    applied(&mut fib);
    for _ in 0..5 {
        let _ = fib.observe(&ours, true);
        assert_eq!(short(&applied(&mut fib)), "=10.0.0.0/24");
    }
    let mut waits = Vec::new();
    for _ in 0..8 {
        let _ = fib.observe(&ours, true);
        assert!(fib.is_waiting(&n));
        // Nor does it come back because the table says the same once more, or with a scan.
        fib.want(n, Some(wanted(via("192.0.2.1"))));
        dump(&mut fib, &[]);
        let mut ticks = 0;
        while !fib.has_plan() {
            fib.tick();
            ticks += 1;
        }
        waits.push(ticks);
        assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/24");
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 64, 64]);
    assert_eq!(fib.take_contested(), [n]);
    assert_eq!(fib.counters().disturbed, 13);
    // Left alone for a while it is put back at once again.
    while fib.has_contests() {
        fib.tick();
    }
    let _ = fib.observe(&ours, true);
    assert_eq!(short(&applied(&mut fib)), "=10.0.0.0/24");
}

#[test]
fn another_route_does_not_wait_nor_what_had_another_cause() {
    let mut fib = empty_fib();
    let n = net("10.0.0.0/24");
    let removed = |fib: &mut Fib| {
        for _ in 0..6 {
            let _ = fib.observe(&ours("10.0.0.0/24", via("192.0.2.1")), true);
            applied(fib);
        }
    };
    fib.want(n, Some(wanted(via("192.0.2.1"))));
    applied(&mut fib);
    removed(&mut fib);
    assert!(fib.is_waiting(&n));
    fib.forget_contests();
    assert_eq!(short(&applied(&mut fib)), "=10.0.0.0/24");
    removed(&mut fib);
    fib.want(n, Some(wanted(RouteKind::Blackhole)));
    assert!(!fib.is_waiting(&n));
    assert_eq!(applied(&mut fib).len(), 1);
}
