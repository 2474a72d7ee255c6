//! A neighbor that is back, and comes to an end or does not, or is lost again.

use std::time::Instant;

use godwit_fsm::{Action, State, StopCause};
use godwit_wire::{AddressFamily, Open};

use crate::common::{IN, Node, OUT, secs};
use crate::{IPV4, IPV6, established, open};

/// Nobody is there until then.
fn wait(node: &mut Node, now: Instant, until: Instant) -> Vec<(u64, Action)> {
    let mut all = Vec::new();
    while let Some(at) = node.session.next_timeout().filter(|at| *at <= until) {
        let mut actions = node.handle_timeout(at);
        actions.extend(node.connect_done(Err("Connection refused"), at));
        all.extend(actions.into_iter().map(|action| ((at - now).as_secs(), action)));
    }
    all
}

/// The neighbor is back, with a hold time of zero.
fn back(node: &mut Node, at: Instant, open: Open) {
    assert!(node.accept(at).0);
    let open = Open { hold_time_secs: 0, ..open };
    node.input(at, |s| s.open(IN, open, at));
    node.input(at, |s| s.keepalive(IN, at));
    assert_eq!(node.state(), State::Established);
}

fn fates(actions: Vec<(u64, Action)>) -> Vec<(u64, Action)> {
    let wanted = |a: &Action| {
        matches!(
            a,
            Action::LongLived(_)
                | Action::FamilyExpired(_)
                | Action::EarlierExpired(_)
                | Action::StaleExpired
        )
    };
    actions.into_iter().filter(|(_, action)| wanted(action)).collect()
}

fn stays_stale(actions: &[Action]) -> &[AddressFamily] {
    let down = |action: &Action| matches!(action, Action::Down(_));
    let Some(Action::Down(down)) = actions.iter().find(|a| down(a)) else { panic!("it is not down") };
    &down.stays_stale
}

fn open_long(long: &[(AddressFamily, u32)]) -> Open {
    open((100, &[IPV4]), long, false)
}

#[test]
fn timers_are_shown_and_go_on_after_the_neighbors_return() {
    let open = || open((100, &[IPV4]), &[(IPV4, 1000)], false);
    let (mut node, now) = established(open());
    node.closed(OUT, now);
    assert_eq!(node.session.status(now).long_lived_timers, []);
    let at = now + secs(150);
    wait(&mut node, now, at);
    let status = node.session.status(at);
    assert_eq!(status.long_lived_timers, [(IPV4, secs(950), secs(1000))]);
    assert!(status.neighbor_restarting && status.restart_timer.is_none());
    back(&mut node, at, open());
    let status = node.session.status(at + secs(400));
    assert_eq!(status.long_lived_timers, [(IPV4, secs(550), secs(1000))], "not six minutes, nor for ever");
    assert!(status.neighbor_restarting, "until End-of-RIB");
    // It does not end: what is stale goes when it would have gone, and the session goes on.
    let mut late = node.clone();
    let said = wait(&mut late, now, now + secs(5000));
    assert!(said.iter().any(|(_, a)| matches!(a, Action::Log(_, t) if t == "Long-lived stale timeout")));
    assert_eq!(fates(said), [(1100, Action::StaleExpired)]);
    assert_eq!(late.state(), State::Established);
    assert!(!late.session.status(now + secs(5000)).channels_wait);
    // It does.
    let mut ends = node.clone();
    ends.input(at, |s| s.set_family_refreshed(IPV6));
    assert!(ends.session.status(at).neighbor_restarting);
    ends.input(at, |s| s.set_family_refreshed(IPV4));
    let status = ends.session.status(at);
    assert_eq!((status.long_lived_timers, status.neighbor_restarting), (vec![], false));
    assert_eq!(fates(wait(&mut ends, now, now + secs(5000))), []);
    // A stop takes them all.
    assert!(node.stop(&StopCause::Deconfigured, at).iter().any(|a| matches!(a, Action::Down(_))));
    assert_eq!(node.session.next_timeout(), None);
}

/// One family stays for long, the other has six minutes after the return.
#[test]
fn each_family_of_a_neighbor_that_is_back_has_its_own_time() {
    let open = || open((100, &[IPV4]), &[(IPV6, 5000)], false);
    let (mut node, now) = established(open());
    node.closed(OUT, now);
    back(&mut node, now + secs(50), open());
    let mut ended = node.clone();
    let all = fates(wait(&mut node, now, now + secs(9000)));
    assert_eq!(all, [(410, Action::FamilyExpired(IPV4)), (5000, Action::StaleExpired)]);
    ended.input(now, |s| s.set_family_refreshed(IPV4));
    assert_eq!(fates(wait(&mut ended, now, now + secs(9000))), [(5000, Action::StaleExpired)]);
}

/// RFC 9494 §4.2: at a second loss the long time that runs is neither ended nor begun anew, and is for all there is.
#[test]
fn a_long_time_that_runs_goes_on_at_a_second_loss() {
    let open = |long| open((100, &[IPV4]), &[(IPV4, long)], false);
    let (mut node, now) = established(open(1000));
    assert_eq!(stays_stale(&node.closed(OUT, now)), []);
    wait(&mut node, now, now + secs(150));
    back(&mut node, now + secs(150), open(2000));
    // Without the capability the rule of RFC 4724 counts.
    let mut without = node.clone();
    without.closed(IN, now + secs(200));
    back(&mut without, now + secs(200), open_long(&[]));
    assert_eq!(stays_stale(&without.closed(IN, now + secs(210))), []);
    assert_eq!(fates(wait(&mut without, now, now + secs(5000))), [(310, Action::StaleExpired)]);

    let lost = node.closed(IN, now + secs(200));
    assert_eq!(stays_stale(&lost), [IPV4]);
    let pending = "Neighbor graceful restart detected - already pending";
    assert!(lost.iter().any(|a| matches!(a, Action::Log(_, text) if text == pending)));
    let status = node.session.status(now + secs(200));
    assert_eq!(status.long_lived_timers, [(IPV4, secs(900), secs(1000))]);
    assert_eq!(status.restart_timer, Some((secs(100), secs(100))));
    // What came in between is stale for long after its own restart time.
    let all = fates(wait(&mut node, now, now + secs(5000)));
    assert_eq!(all, [(300, Action::LongLived(vec![IPV4])), (1100, Action::StaleExpired)]);
}

/// Before the long time has begun, what is stale goes at a second loss, as BIRD does.
#[test]
fn what_is_not_stale_for_long_yet_goes_at_a_second_loss() {
    let open = || open_long(&[(IPV4, 1000)]);
    let (mut node, now) = established(open());
    node.closed(OUT, now);
    back(&mut node, now + secs(50), open());
    assert_eq!(stays_stale(&node.closed(IN, now + secs(60))), []);
    let all = fates(wait(&mut node, now, now + secs(5000)));
    assert_eq!(all, [(160, Action::LongLived(vec![IPV4])), (1160, Action::StaleExpired)]);
}

/// RFC 8538 §4.1: with the N bit of both, what is stale stays at further losses, but not for ever.
#[test]
fn with_the_n_bit_what_is_stale_stays_at_further_losses_for_a_time() {
    for n_bit in [true, false] {
        let open = || open((100, &[IPV4]), &[], n_bit);
        let stays = if n_bit { &[IPV4][..] } else { &[] };
        let (mut node, now) = established(open());
        assert_eq!(stays_stale(&node.closed(OUT, now)), []);
        // It comes back each 50 seconds, and goes before it comes to an end.
        let mut all = Vec::new();
        for round in 1..=20 {
            let at = now + secs(50 * round);
            all.extend(wait(&mut node, now, at));
            back(&mut node, at, open());
            assert_eq!(stays_stale(&node.closed(IN, at + secs(10))), stays, "{round}");
        }
        all.extend(wait(&mut node, now, now + secs(5000)));
        let earlier = |at| (at, Action::EarlierExpired(vec![IPV4]));
        let all = fates(all);
        // 100 seconds and then six minutes from the first loss; then from the last one before that.
        let wanted = [(n_bit, earlier(460)), (n_bit, earlier(920)), (true, (1110, Action::StaleExpired))];
        let wanted: Vec<_> = wanted.into_iter().filter(|(is, _)| *is).map(|(_, fate)| fate).collect();
        assert_eq!(all, wanted);
    }
}

/// End-of-RIB ends it.
#[test]
fn after_end_of_rib_nothing_is_left_of_an_earlier_loss() {
    let open = || open((100, &[IPV4, IPV6]), &[], true);
    let (mut node, now) = established(open());
    node.closed(OUT, now);
    back(&mut node, now + secs(50), open());
    node.input(now, |s| s.set_family_refreshed(IPV6));
    assert_eq!(stays_stale(&node.closed(IN, now + secs(60))), [IPV4]);
    back(&mut node, now + secs(70), open());
    let mut silent = node.clone();
    let earlier = (460, Action::EarlierExpired(vec![IPV4]));
    // Back since 70: the last loss was at 60, and six minutes are 430.
    assert_eq!(fates(wait(&mut silent, now, now + secs(5000))), [(430, Action::StaleExpired)]);
    assert!(!fates(wait(&mut silent, now, now + secs(5000))).contains(&earlier));
    node.input(now, |s| s.set_family_refreshed(IPV4));
    node.input(now, |s| s.set_family_refreshed(IPV6));
    assert_eq!(stays_stale(&node.closed(IN, now + secs(80))), []);
    assert_eq!(fates(wait(&mut node, now, now + secs(5000))), [(180, Action::StaleExpired)]);
}
