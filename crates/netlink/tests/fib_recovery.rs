//! What an earlier life left in the kernel stays as it is until recovery is over.

mod common;

use common::*;
use godwit_netlink::{Family, Fib, KernelRoute, RouteKind, Wanted};

const A: &str = "192.0.2.1";
const B: &str = "192.0.2.2";

/// Recovering, with these routes found.
fn recovering(found: &[KernelRoute]) -> Fib {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, true);
    fib.set_recovering(true);
    dump(&mut fib, found);
    fib.feed_complete();
    fib
}

#[test]
fn what_is_there_is_neither_changed_nor_taken_away() {
    let found =
        [ours("10.0.0.0/8", via(A)), ours("10.1.0.0/16", via(A)), ours("10.2.0.0/16", RouteKind::Blackhole)];
    let mut fib = recovering(&found);
    fib.want(net("10.0.0.0/8"), Some(wanted(via(B))));
    fib.want(net("10.1.0.0/16"), Some(wanted(via(A))));
    fib.want(net("10.1.0.0/16"), None);
    assert_eq!(applied(&mut fib), []);
    assert!(!fib.has_plan() && !fib.has_refused());
    assert_eq!((fib.held_count(), fib.counters().disturbed), (2, 0));
    // However often it is read.
    dump(&mut fib, &found);
    let _ = fib.observe(&found[0], false);
    assert_eq!(applied(&mut fib), []);
    fib.set_recovering(false);
    assert_eq!(short(&applied(&mut fib)), "=10.0.0.0/8 -10.1.0.0/16 -10.2.0.0/16");
}

#[test]
fn the_latest_wish_is_what_happens() {
    let mut fib = recovering(&[ours("10.0.0.0/8", via(A)), ours("10.1.0.0/16", via(A))]);
    for (one, other) in
        [(Some(via(B)), None), (None, Some(via(B))), (Some(via(A)), Some(RouteKind::Blackhole))]
    {
        fib.want(net("10.0.0.0/8"), one.map(wanted));
        fib.want(net("10.1.0.0/16"), other.map(wanted));
        assert_eq!(applied(&mut fib), []);
    }
    fib.set_recovering(false);
    // The first is as it was before all that.
    assert_eq!(short(&applied(&mut fib)), "=10.1.0.0/16");
}

#[test]
fn wishes_before_the_first_dump_wait_as_well() {
    let mut fib = Fib::new(MAIN, Family::Ipv4, 0, false);
    fib.set_recovering(true);
    fib.want(net("10.0.0.0/8"), Some(wanted(via(B))));
    fib.want(net("10.1.0.0/16"), Some(wanted(via(B))));
    dump(&mut fib, &[ours("10.0.0.0/8", via(A)), route("10.1.0.0/16", via(A), 12, 7)]);
    // One of ours with another metric is one of ours.
    assert_eq!(applied(&mut fib), []);
    fib.set_recovering(false);
    assert_eq!(short(&applied(&mut fib)), "=10.0.0.0/8 +10.1.0.0/16");
    fib.feed_complete();
    assert_eq!(short(&applied(&mut fib)), "-10.1.0.0/16");
}

#[test]
fn where_there_is_none_of_ours_it_is_made_and_changed_at_once() {
    let mut fib = recovering(&[]);
    let n = net("10.0.0.0/8");
    fib.want(n, Some(wanted(via(A))));
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8");
    let _ = fib.observe(&ours("10.0.0.0/8", via(A)), false);
    dump(&mut fib, &[ours("10.0.0.0/8", via(A))]);
    fib.want(n, Some(Wanted { metric: 0, ..wanted(via(B)) }));
    assert_eq!(short(&applied(&mut fib)), "=10.0.0.0/8");
    fib.want(n, None);
    assert_eq!(short(&applied(&mut fib)), "-10.0.0.0/8");
}

#[test]
fn what_was_held_for_a_route_that_goes_is_done() {
    let found =
        [ours("10.0.0.0/8", via(A)), ours("10.1.0.0/16", via(A)), route("10.2.0.0/16", via(A), 12, 7)];
    let nets = ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"];
    let fill = || {
        let mut fib = recovering(&found);
        nets.iter().for_each(|n| fib.want(net(n), Some(wanted(via(B)))));
        assert_eq!(applied(&mut fib), []);
        fib
    };
    let mut fib = fill();
    found.iter().for_each(|route| drop(fib.observe(route, true)));
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8 +10.1.0.0/16 +10.2.0.0/16");
    let mut fib = fill();
    dump(&mut fib, &found[1..2]);
    assert_eq!(short(&applied(&mut fib)), "+10.0.0.0/8 +10.2.0.0/16");
    assert_eq!(fib.held_count(), 1);
}

#[test]
fn a_stop_takes_everything() {
    let mut fib = recovering(&[ours("10.0.0.0/8", via(A)), ours("10.1.0.0/16", via(A))]);
    fib.want(net("10.0.0.0/8"), Some(wanted(via(B))));
    assert_eq!(applied(&mut fib), []);
    assert_eq!(fib.remove_all().len(), 2);
}
