//! When a machine tries again: refused, unanswered, and after errors.

mod common;

use std::time::{Duration, Instant};

use common::{Node, OUT, Pair, Side, config_a, config_b, epoch, gaps, millis, open_b, secs};
use godwit_fsm::{Action, PeerConfig, State, StopCause};
use godwit_wire::Notification;

/// 75 to 100 percent of a time (RFC 4271 §10).
fn jittered(time: Duration, found: Duration) -> bool {
    (time * 3 / 4..=time).contains(&found)
}

/// Lets a wait pass that ends with a connection attempt; how long it was.
fn wait(node: &mut Node, now: &mut Instant) -> Duration {
    let at = node.session.next_timeout().expect("it tries again");
    let waited = at - *now;
    *now = at;
    assert_eq!(node.handle_timeout(at), [Action::Connect]);
    waited
}

/// The waits after each of so many refused attempts.
fn refused(config: PeerConfig, seed: u64, times: usize) -> Vec<Duration> {
    let (mut node, mut now) = (Node::new(config, seed), epoch());
    node.start(now);
    let mut waits = Vec::new();
    for _ in 0..times {
        node.connect_done(Err("Connection refused"), now);
        assert_eq!(node.state(), State::Active);
        waits.push(wait(&mut node, &mut now));
    }
    waits
}

/// Connects, and is told of an error; how long it waits then.
fn error(node: &mut Node, now: &mut Instant) -> Duration {
    node.connect_done(Ok(()), *now);
    node.input(*now, |s| s.notification(OUT, &Notification::new(2, 2), *now));
    assert_eq!(node.state(), State::Idle);
    wait(node, now)
}

#[test]
fn refused_attempts_are_made_less_and_less_often() {
    let waits = refused(config_a(), 1, 20);
    let mut expected = millis(100);
    for (n, found) in waits.iter().enumerate() {
        assert!(jittered(expected, *found), "{found:?} after {n} attempts, not {expected:?}");
        expected = (expected * 2).min(secs(5));
    }
    assert_ne!(waits[18], waits[19], "jitter");
}

#[test]
fn waits_are_different_for_different_neighbors_and_the_same_for_the_same() {
    assert_eq!(refused(config_a(), 1, 10), refused(config_a(), 1, 10));
    assert_ne!(refused(config_a(), 1, 10), refused(config_a(), 3, 10));
}

#[test]
fn refused_attempts_wait_for_the_connect_delay_where_one_is_set() {
    let config = PeerConfig { connect_delay: Some(secs(5)), connect_retry: secs(30), ..config_a() };
    let (mut node, mut now) = (Node::new(config, 1), epoch());
    node.start(now);
    let first = wait(&mut node, &mut now);
    assert!(jittered(secs(5), first) && first != secs(5), "{first:?}");
    for _ in 0..5 {
        node.connect_done(Err("Connection refused"), now);
        // As BIRD does: the retry time is for attempts that nobody answers.
        assert!(jittered(secs(5), wait(&mut node, &mut now)));
        assert_eq!(node.session.status(now).connect_delay, None, "it is over");
    }
}

#[test]
fn pause_is_never_longer_than_the_retry_time() {
    let config = PeerConfig { connect_retry: secs(1), ..config_a() };
    assert!(refused(config, 1, 20).iter().all(|w| *w <= secs(1)));
}

#[test]
fn unanswered_attempt_is_made_anew_after_the_retry_time() {
    let config = PeerConfig { connect_retry: secs(40), ..config_a() };
    let mut pair = Pair::new(config, config_b());
    pair.cut = true;
    pair.start(Side::A);
    pair.run(secs(400));
    let connects = pair.connects(Side::A);
    assert!(connects.len() >= 10 && gaps(&connects).iter().all(|g| jittered(secs(40), *g)), "{connects:?}");
    assert!(gaps(&connects).windows(2).any(|g| g[0] != g[1]), "{connects:?}");
    assert_eq!(pair.states().0, State::Connect);
}

#[test]
fn retry_time_of_zero_waits_for_the_system_to_give_up() {
    let config = PeerConfig { connect_retry: Duration::ZERO, ..config_a() };
    let (mut node, now) = (Node::new(config.clone(), 1), epoch());
    assert_eq!(node.start(now), [Action::Connect]);
    assert_eq!(node.session.next_timeout(), None);
    for config in [PeerConfig { connect_delay: Some(secs(1)), ..config.clone() }, config] {
        assert!(refused(config, 1, 10).iter().skip(1).all(|w| *w >= millis(75)), "no busy loop");
    }
}

#[test]
fn neighbor_that_appears_late_is_found() {
    let mut pair = Pair::new(config_a(), PeerConfig { passive: true, ..config_b() });
    pair.listens[Side::B as usize] = false;
    pair.start(Side::A);
    pair.run(secs(600));
    assert_eq!(pair.states(), (State::Active, State::Idle));
    pair.listens[Side::B as usize] = true;
    pair.start(Side::B);
    pair.run(secs(6));
    assert_eq!(pair.states(), (State::Established, State::Established));
}

#[test]
fn errors_lengthen_the_wait_up_to_its_limit() {
    let (mut node, mut now) = (Node::new(config_a(), 1), epoch());
    node.start(now);
    for expected in [60, 120, 240, 300, 300, 300] {
        let found = error(&mut node, &mut now);
        assert!(jittered(secs(expected), found), "{found:?}, not {expected} s");
    }
    // An error that is forgotten counts no more.
    now += secs(1_000);
    assert!(jittered(secs(60), error(&mut node, &mut now)));
}

#[test]
fn configured_error_waits_are_kept() {
    let config = PeerConfig { error_wait: (secs(10), secs(15)), error_forget: secs(12), ..config_a() };
    let (mut node, mut now) = (Node::new(config, 1), epoch());
    node.start(now);
    assert!(jittered(secs(10), error(&mut node, &mut now)));
    assert!(jittered(secs(15), error(&mut node, &mut now)));
    now += secs(12);
    assert!(jittered(secs(10), error(&mut node, &mut now)));
    // A limit below the first wait does not shorten it.
    let config = PeerConfig { error_wait: (secs(10), secs(1)), ..config_a() };
    let (mut node, mut now) = (Node::new(config, 1), epoch());
    node.start(now);
    for _ in 0..3 {
        assert!(jittered(secs(10), error(&mut node, &mut now)));
    }
}

#[test]
fn stop_forgets_the_waits() {
    let (mut node, mut now) = (Node::new(config_a(), 1), epoch());
    node.start(now);
    for _ in 0..3 {
        error(&mut node, &mut now);
    }
    node.stop(&StopCause::AdministrativeReset(None), now);
    assert_eq!(node.start(now), [Action::Connect], "at once");
    assert!(jittered(secs(60), error(&mut node, &mut now)));
}

#[test]
fn nobody_is_let_in_while_it_waits_after_an_error() {
    let (mut node, now) = (Node::new(config_a(), 1), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    node.input(now, |s| s.notification(OUT, &Notification::new(2, 2), now));
    let until = node.session.next_timeout().expect("it waits");
    assert!(!node.accept(now + secs(44)).0, "the wait is 45 seconds at least");
    assert!(node.session.status(now).error_wait.is_some());
    node.handle_timeout(until);
    assert!(node.accept(until).0);
}

#[test]
fn wrong_as_on_both_sides_keeps_to_the_error_wait() {
    let mut a = config_a();
    a.remote_as = godwit_fsm::RemoteAs::Number(65009);
    let mut pair = Pair::new(a, config_b());
    pair.start(Side::A);
    pair.start(Side::B);
    pair.run(secs(3_600));
    let connects = pair.connects(Side::A).len() + pair.connects(Side::B).len();
    assert!((8..150).contains(&connects), "{connects} attempts in an hour");
    assert!(pair.codes(Side::A).contains(&(2, 2)));
    assert_eq!((pair.downs(Side::A), pair.downs(Side::B)), (vec![], vec![]));
    let last_error = pair.a.session.status(pair.now).last_error;
    assert!(last_error.is_some(), "the operator sees it");
}

#[test]
fn disable_after_error_ends_it() {
    let config = PeerConfig { disable_after_error: true, ..config_a() };
    let (mut node, now) = (Node::new(config, 1), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    let bad = godwit_wire::Open { asn: 65009, ..open_b(Vec::new()) };
    let actions = node.input(now, |s| s.open(OUT, bad, now));
    assert_eq!(actions.last(), Some(&Action::Disable));
    assert_eq!((node.state(), node.session.next_timeout()), (State::Idle, None));
    assert!(!node.accept(now).0);
    assert_eq!(node.session.status(now).last_error.as_deref(), Some("BGP Error: Bad peer AS"));
    assert_eq!(node.start(now), [Action::Connect], "the operator enables it again");
}

#[test]
fn session_that_dies_young_is_begun_again_less_and_less_often() {
    let (mut node, mut now) = (Node::new(config_a(), 1), epoch());
    node.start(now);
    let mut live = |node: &mut Node, time: Duration| {
        node.connect_done(Ok(()), now);
        node.input(now, |s| s.open(OUT, open_b(Vec::new()), now));
        node.input(now, |s| s.keepalive(OUT, now));
        assert_eq!(node.state(), State::Established);
        now += time;
        node.closed(OUT, now);
        wait(node, &mut now)
    };
    for expected in [100, 200, 400, 800] {
        assert!(jittered(millis(expected), live(&mut node, millis(4_999))));
    }
    assert!(jittered(millis(100), live(&mut node, secs(5))), "one that lived was no failure");
}

#[test]
fn stop_and_a_new_link_begin_with_short_pauses() {
    let (mut node, mut now) = (Node::new(config_a(), 1), epoch());
    let changes: [fn(&mut Node, Instant); 2] = [
        |node, now| {
            node.stop(&StopCause::Deconfigured, now);
            node.start(now);
        },
        |node, now| {
            node.set_reachable(false, now);
            node.set_reachable(true, now);
        },
    ];
    node.start(now);
    for change in changes {
        for _ in 0..4 {
            node.connect_done(Err("Connection refused"), now);
            wait(&mut node, &mut now);
        }
        change(&mut node, now);
        node.connect_done(Err("Connection refused"), now);
        assert!(jittered(millis(100), wait(&mut node, &mut now)));
    }
}
