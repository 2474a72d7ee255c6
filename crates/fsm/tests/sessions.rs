//! Two machines on a wire: who connects, what keeps a session alive, and what ends it.

mod common;

use std::time::Duration;

use common::{AS_A, AS_B, Event, HIGH, LOW, Node, Pair, Side, config_a, config_b, epoch, gaps, millis, secs};
use godwit_fsm::{Action, Direction, Outbound, State};
use godwit_wire::{AddressFamily, Notification, RouteRefresh};

/// For IPv4: the shortest UPDATE.
const END_OF_RIB: [u8; 23] = {
    let mut message = [0xff; 23];
    let rest = [0, 23, 2, 0, 0, 0, 0];
    let mut i = 0;
    while i < rest.len() {
        message[16 + i] = rest[i];
        i += 1;
    }
    message
};

fn is_keepalive(event: &Event) -> bool {
    matches!(event, Event::Sends(_, Outbound::Keepalive))
}

fn sent(pair: &Pair, by: Side) -> Vec<String> {
    let name = |event: &Event| match event {
        Event::Sends(_, Outbound::Open(_)) => Some("OPEN".to_owned()),
        Event::Sends(_, Outbound::Keepalive) => Some("KEEPALIVE".to_owned()),
        Event::Sends(_, Outbound::Notification(n)) => Some(format!("{}/{}", n.code, n.subcode)),
        Event::Sends(_, Outbound::RouteRefresh(_)) => Some("ROUTE-REFRESH".to_owned()),
        _ => None,
    };
    pair.log.iter().filter(|(_, side, _)| *side == by).filter_map(|(_, _, e)| name(e)).collect()
}

#[test]
fn one_connects_and_both_are_established() {
    let mut b = config_b();
    b.passive = true;
    let mut pair = Pair::new(config_a(), b);
    pair.start(Side::B);
    assert_eq!(pair.states(), (State::Idle, State::Active));
    pair.start(Side::A);
    assert_eq!(pair.states(), (State::Connect, State::Active));
    pair.run(millis(10));
    assert_eq!(pair.states(), (State::Connect, State::OpenSent));
    pair.run(millis(10));
    assert_eq!(pair.states(), (State::OpenConfirm, State::OpenSent), "B's OPEN came with the connection");
    pair.run(millis(10));
    assert_eq!(pair.states(), (State::OpenConfirm, State::Established));
    pair.run(millis(10));
    assert_eq!(pair.states(), (State::Established, State::Established));

    for side in [Side::A, Side::B] {
        assert_eq!(sent(&pair, side), ["OPEN", "KEEPALIVE"], "and no more: {side:?}");
    }
    let ((over_a, at_a), (over_b, at_b)) = (pair.negotiated(Side::A), pair.negotiated(Side::B));
    assert_eq!((over_a, over_b), (Direction::Outgoing, Direction::Incoming));
    assert_eq!((at_a.peer_as, at_a.peer_id, at_a.internal), (AS_B, HIGH, false));
    assert_eq!((at_b.peer_as, at_b.peer_id, at_b.internal), (AS_A, LOW, false));
    assert_eq!((&at_a.local_open, &at_a.remote_open), (&at_b.remote_open, &at_b.local_open));
}

#[test]
fn passive_side_never_connects_not_even_after_a_loss() {
    let mut pair = Pair::established(|_, _| {});
    assert_eq!(pair.b.session.status(pair.now).state_name, "Established");
    pair.change(Side::B, |node, now| node.closed(Direction::Incoming, now));
    assert_eq!(pair.b.session.status(pair.now).state_name, "Passive");
    assert_eq!(pair.b.session.next_timeout(), None, "it only waits");
    pair.run(secs(10));
    assert_eq!(pair.connects(Side::B), []);
}

#[test]
fn two_passive_sides_never_meet() {
    let (mut a, mut b) = (config_a(), config_b());
    a.passive = true;
    b.passive = true;
    let mut pair = Pair::new(a, b);
    pair.start(Side::A);
    pair.start(Side::B);
    pair.run(secs(100_000));
    assert_eq!(pair.states(), (State::Active, State::Active));
    assert_eq!(pair.log, []);
}

#[test]
fn connect_delay_lets_the_neighbor_come_first() {
    let mut a = config_a();
    a.connect_delay = Some(secs(5));
    let mut pair = Pair::new(a, config_b());
    pair.start(Side::A);
    assert_eq!(pair.states().0, State::Active, "it waits");
    pair.run(secs(2));
    pair.start(Side::B);
    pair.run(secs(20));
    assert_eq!(pair.states(), (State::Established, State::Established));
    assert_eq!(pair.connects(Side::A), []);
    assert_eq!(pair.negotiated(Side::A).0, Direction::Incoming);
}

#[test]
fn shorter_hold_time_counts_and_keepalive_is_a_third_of_it() {
    for (a_secs, b_secs, hold) in [(240, 90, 90), (9, 90, 9), (3, 3, 3), (240, 65535, 240)] {
        let mut pair = Pair::established(|a, b| (a.hold_time_secs, b.hold_time_secs) = (a_secs, b_secs));
        for side in [Side::A, Side::B] {
            let (_, negotiated) = pair.negotiated(side);
            assert_eq!(negotiated.hold_time, secs(hold));
            assert_eq!(negotiated.keepalive_time, secs(hold / 3));
        }
        pair.run(secs(hold * 100));
        assert_eq!(pair.states(), (State::Established, State::Established), "it stays up");
        assert_eq!(pair.downs(Side::A), []);
    }
}

#[test]
fn keepalives_are_jittered_but_never_more_than_one_a_second() {
    let mut pair = Pair::established(|a, _| a.hold_time_secs = 30);
    pair.run(secs(1_000));
    for side in [Side::A, Side::B] {
        // The first of all answers OPEN; RFC 4271 §10: 75 to 100 percent of the time.
        let gaps = gaps(&pair.times(side, is_keepalive));
        assert!(gaps.iter().all(|g| (millis(7_500)..=secs(10)).contains(g)), "{gaps:?}");
        assert!(gaps.iter().any(|g| *g < secs(9)) && gaps.iter().any(|g| *g > secs(9)), "{gaps:?}");
    }
    // RFC 4271 §4.4: at most one a second, with the shortest hold time and with one that is scaled.
    for keepalive in [None, Some(1)] {
        let mut pair = Pair::established(|a, b| {
            a.keepalive_time_secs = keepalive;
            b.hold_time_secs = 3;
        });
        pair.run(secs(60));
        let gaps = gaps(&pair.times(Side::A, is_keepalive));
        assert!(gaps.iter().all(|g| *g >= secs(1)), "{keepalive:?}: {gaps:?}");
        assert!(gaps.len() >= 50, "and not much less: {gaps:?}");
    }
}

#[test]
fn configured_keepalive_time_is_scaled_to_the_hold_time() {
    let pair = Pair::established(|a, b| {
        (a.hold_time_secs, a.keepalive_time_secs) = (240, Some(20));
        (b.hold_time_secs, b.keepalive_time_secs) = (60, Some(25));
    });
    assert_eq!(pair.negotiated(Side::A).1.keepalive_time, secs(5), "20 of 240 is 5 of 60");
    assert_eq!(pair.negotiated(Side::B).1.keepalive_time, secs(25), "its own hold time counts");
}

#[test]
fn hold_time_of_zero_turns_both_timers_off() {
    let mut pair = Pair::established(|a, b| {
        (a.hold_time_secs, b.hold_time_secs) = (0, 90);
        b.keepalive_time_secs = Some(10);
    });
    assert_eq!(pair.negotiated(Side::B).1.hold_time, Duration::ZERO);
    assert_eq!(pair.negotiated(Side::B).1.keepalive_time, Duration::ZERO);
    assert_eq!((pair.a.session.next_timeout(), pair.b.session.next_timeout()), (None, None));
    pair.cut = true;
    pair.run(secs(1_000_000));
    assert_eq!(pair.states(), (State::Established, State::Established));
}

#[test]
fn hold_time_of_one_or_two_seconds_is_refused() {
    for hold in [1, 2] {
        let mut a = config_a();
        a.hold_time_secs = hold;
        let mut b = config_b();
        b.passive = true;
        let mut pair = Pair::new(a, b);
        pair.start(Side::B);
        pair.start(Side::A);
        pair.run(secs(5));
        assert_eq!(pair.codes(Side::B), [(2, 6)]);
        assert_eq!(pair.states().1, State::Idle, "it waits after the error");
    }
}

#[test]
fn silent_neighbor_is_given_up_when_the_hold_time_is_over() {
    let mut pair = Pair::established(|a, b| (a.hold_time_secs, b.hold_time_secs) = (90, 30));
    pair.run(secs(100));
    let heard = pair.times(Side::B, is_keepalive).last().copied().expect("some") + millis(10);
    pair.cut = true;
    pair.run(secs(31));
    let ended = pair.times(Side::A, |e| matches!(e, Event::Down(_)));
    assert_eq!(ended, [heard + secs(30)]);
    for side in [Side::A, Side::B] {
        assert_eq!(pair.codes(side), [(4, 0)]);
        let [down] = pair.downs(side).try_into().expect("once");
        assert_eq!((down.reason.as_str(), down.graceful), ("BGP Error: Hold timer expired", false));
        assert_eq!(pair.node(side).session.state(), State::Idle);
    }
}

#[test]
fn neighbor_that_never_sends_open_is_given_up_after_the_startup_hold_time() {
    let mut config = config_a();
    (config.startup_hold_time_secs, config.hold_time_secs) = (200, 30);
    let (mut node, now) = (Node::new(config, 1), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    assert_eq!(node.handle_timeout(now + millis(199_999)), []);
    let actions = node.handle_timeout(now + secs(200));
    assert!(actions.contains(&Action::Send(Direction::Outgoing, Outbound::Notification(notification(4, 0)))));
    assert_eq!(node.state(), State::Idle);
}

#[test]
fn first_keepalive_of_the_neighbor_starts_the_hold_time_anew() {
    let (mut node, now) = (Node::new(config_a(), 1), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    node.input(now, |s| s.open(Direction::Outgoing, common::open_b(Vec::new()), now));
    let later = now + secs(60);
    node.input(later, |s| s.keepalive(Direction::Outgoing, later));
    assert_eq!(node.session.status(later).hold_timer, Some((secs(90), secs(90))));
}

#[test]
fn keepalive_update_and_route_refresh_keep_the_session_alive() {
    let mut pair = Pair::established(|a, _| a.hold_time_secs = 30);
    let (over, node) = (Direction::Outgoing, &mut pair.a);
    for n in 0..20 {
        let now = pair.now + secs(29 * n);
        node.handle_timeout(now);
        assert_eq!(node.state(), State::Established, "after message {n}");
        match n % 3 {
            0 => node.input(now, |s| s.keepalive(over, now)),
            1 => node.receive(over, &END_OF_RIB, now),
            _ => node.input(now, |s| {
                s.route_refresh(over, RouteRefresh { family: AddressFamily::IPV4, subtype: 0 }, now);
            }),
        };
    }
}

/// RFC 9687: a neighbor that is heard and takes nothing of what we send.
#[test]
fn neighbor_that_takes_nothing_is_given_up_after_the_send_hold_time() {
    let times = |told: Option<u32>, hold: u16| {
        let mut pair = Pair::established(|a, b| {
            (a.send_hold_time_secs, b.hold_time_secs) = (told, hold);
        });
        let now = pair.now;
        pair.change(Side::A, |node, now| node.input(now, |s| s.wrote(Direction::Outgoing, false, true, now)));
        pair.a.session.status(now).send_hold_timer.map(|(left, whole)| (left, whole.as_secs()))
    };
    assert_eq!([times(None, 240), times(None, 9)], [Some((secs(480), 480)), Some((secs(18), 18))]);
    assert_eq!([times(Some(480), 60), times(Some(1), 3)], [Some((secs(120), 120)), Some((secs(1), 1))]);
    // None at all, on either word.
    assert_eq!([times(Some(0), 240), times(None, 0), times(Some(480), 0)], [None; 3]);

    let mut pair = Pair::established(|a, _| a.send_hold_time_secs = Some(100));
    let (over, start) = (Direction::Outgoing, pair.now);
    let wrote = |pair: &mut Pair, went, waits| {
        pair.change(Side::A, |node, now| node.input(now, |s| s.wrote(over, went, waits, now)));
    };
    wrote(&mut pair, false, true);
    pair.run(secs(90));
    // It takes a little: the time begins anew. That nothing goes does not.
    wrote(&mut pair, true, true);
    pair.run(secs(90));
    wrote(&mut pair, false, true);
    assert_eq!(pair.states().0, State::Established);
    pair.run(secs(11));
    assert_eq!((pair.codes(Side::A), pair.now - start), (vec![(8, 0)], secs(191)));
    let [down] = pair.downs(Side::A).try_into().expect("once");
    assert_eq!((down.reason.as_str(), down.graceful), ("BGP Error: Send hold timer expired", false));
    // All is taken: there is nothing to wait for.
    let mut pair = Pair::established(|a, _| a.send_hold_time_secs = Some(100));
    wrote(&mut pair, false, true);
    wrote(&mut pair, true, false);
    pair.run(secs(1000));
    assert_eq!((pair.states().0, pair.codes(Side::A)), (State::Established, vec![]));
}

#[test]
fn neighbor_is_off_the_link_and_comes_back() {
    let mut pair = Pair::established(|_, _| {});
    pair.change(Side::A, |node, now| node.set_reachable(false, now));
    assert_eq!(pair.states().0, State::Idle);
    let [down] = pair.downs(Side::A).try_into().expect("once");
    assert_eq!((down.reason.as_str(), down.graceful), ("Error: Neighbor lost", false));
    assert_eq!(pair.codes(Side::A), [], "there is nobody to tell");
    pair.change(Side::A, |node, now| {
        let (taken, actions) = node.accept(now);
        assert!(!taken, "it cannot be the neighbor");
        actions
    });
    pair.run(secs(1_000));
    assert_eq!(pair.states(), (State::Idle, State::Active));
    pair.change(Side::A, |node, now| node.set_reachable(true, now));
    pair.run(secs(1));
    assert_eq!(pair.states(), (State::Established, State::Established));
}

#[test]
fn garbage_ends_the_session_and_both_know_why() {
    let mut pair = Pair::established(|_, _| {});
    pair.inject(Side::A, Direction::Outgoing, &[0xff; 19]);
    pair.run(millis(25));
    assert_eq!(
        pair.notifications(Side::B),
        [Notification { data: vec![0xff, 0xff].into(), ..notification(1, 2) }]
    );
    assert_eq!(pair.downs(Side::A)[0].reason, "Received: Bad message length");
    assert_eq!(pair.downs(Side::B)[0].reason, "BGP Error: Bad message length");
    assert_eq!(pair.codes(Side::A), [], "a NOTIFICATION is not answered");
}

fn notification(code: u8, subcode: u8) -> Notification {
    Notification::new(code, subcode)
}
