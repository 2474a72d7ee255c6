//! Metrics, realms and scopes: compared with what the kernel made of them.

mod common;

use common::*;
use godwit_netlink::{Fib, KernelRoute, Metrics, Operation, RouteKind, Wanted};

fn metrics(list: &[(u16, u32)]) -> Metrics {
    let mut metrics = Metrics::default();
    list.iter().for_each(|(number, value)| metrics.set(*number, *value));
    metrics
}

fn asked() -> Wanted {
    Wanted {
        scope: Some(200),
        realm: 7,
        // RTAX_LOCK, MTU, ADVMSS, HOPLIMIT.
        metrics: metrics(&[(1, 1 << 2), (2, 70_000), (8, 1000), (10, 300)]),
        ..wanted(via("192.0.2.1"))
    }
}

/// As the kernel says that it has it.
fn kept() -> KernelRoute {
    KernelRoute {
        scope: 200,
        realm: 7,
        metrics: metrics(&[(1, 1 << 2), (2, 65_520), (8, 1000), (10, 255)]),
        ..ours("10.0.0.0/8", via("192.0.2.1"))
    }
}

fn programmed(of: Wanted) -> Fib {
    let mut fib = empty_fib();
    fib.want(net("10.0.0.0/8"), Some(of));
    applied(&mut fib);
    fib
}

#[test]
fn what_is_asked_for_is_sent() {
    let mut fib = empty_fib();
    fib.want(net("10.0.0.0/8"), Some(asked()));
    let plan = applied(&mut fib);
    let [Operation::Add(route)] = plan.as_slice() else { panic!("{plan:?}") };
    assert_eq!((route.scope, route.realm, &route.metrics), (200, 7, &asked().metrics));
}

#[test]
fn what_the_kernel_made_of_it_is_no_difference() {
    // A kernel without realms says of none.
    for found in [kept(), KernelRoute { realm: 0, ..kept() }] {
        let mut fib = programmed(asked());
        let _ = fib.observe(&found, false);
        assert!(applied(&mut fib).is_empty(), "{found:?}");
    }
}

#[test]
fn what_others_made_of_it_is_one() {
    for found in [
        KernelRoute { scope: 0, ..kept() },
        KernelRoute { realm: 8, ..kept() },
        KernelRoute { metrics: metrics(&[(1, 1 << 2), (2, 65_520), (8, 1000)]), ..kept() },
        KernelRoute { metrics: metrics(&[(1, 1 << 2), (2, 1400), (8, 1000), (10, 255)]), ..kept() },
        KernelRoute { metrics: metrics(&[(2, 65_520), (8, 1000), (10, 255)]), ..kept() },
    ] {
        let mut fib = programmed(asked());
        let _ = fib.observe(&found, false);
        let plan = applied(&mut fib);
        assert!(matches!(plan.as_slice(), [Operation::Replace(_)]), "{found:?} {plan:?}");
    }
    let mut fib = programmed(wanted(via("192.0.2.1")));
    let _ = fib.observe(&kept(), false);
    assert_eq!(applied(&mut fib).len(), 1, "nothing was asked for");
}

#[test]
fn ipv6_has_neither_scope_nor_realm() {
    let mut fib = Fib::new(MAIN, godwit_netlink::Family::Ipv6, 0, false);
    dump(&mut fib, &[]);
    let to = Wanted { scope: Some(200), realm: 7, ..wanted(RouteKind::Blackhole) };
    fib.want(net("2001:db8::/32"), Some(to));
    let plan = applied(&mut fib);
    let [Operation::Add(route)] = plan.as_slice() else { panic!("{plan:?}") };
    assert_eq!((route.scope, route.realm), (0, 0));
    let seen = KernelRoute { metric: 1024, ..ours("2001:db8::/32", RouteKind::Blackhole) };
    let _ = fib.observe(&seen, false);
    assert!(applied(&mut fib).is_empty());
}
