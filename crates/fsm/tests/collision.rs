//! Two connections with the same neighbor: one stays (RFC 4271 §6.8, RFC 6286 §2.3).

mod common;

use std::net::Ipv4Addr;

use common::{
    AS_A, AS_B, Event, HIGH, IN, LOW, Node, OUT, Pair, Side, config_a, config_b, epoch, millis, open_b, secs,
    twice,
};
use godwit_fsm::{Action, CloseReason, Direction, GracefulRestartConfig, Outbound, PeerConfig, State};
use godwit_wire::{AddressFamily, Capability, GracefulRestart, GracefulRestartFamily, Notification, Open};

/// Both start at once, with these identifiers.
fn meet(a: Ipv4Addr, b: Ipv4Addr) -> Pair {
    let a = PeerConfig { router_id: a, ..config_a() };
    let b = PeerConfig { router_id: b, ..config_b() };
    let mut pair = Pair::new(a, b);
    pair.crossing = true;
    pair.start(Side::A);
    pair.start(Side::B);
    pair.run(millis(500));
    pair
}

#[test]
fn connection_of_the_higher_identifier_stays() {
    for (a, b, winner) in [(LOW, HIGH, Side::B), (HIGH, LOW, Side::A)] {
        let pair = meet(a, b);
        assert_eq!(pair.states(), (State::Established, State::Established));
        assert_eq!((pair.connects(Side::A).len(), pair.connects(Side::B).len()), (1, 1));
        for side in [Side::A, Side::B] {
            let expected = if side == winner { OUT } else { IN };
            assert_eq!(pair.negotiated(side).0, expected, "{side:?} with {a} and {b}");
            assert_eq!(pair.codes(side), [(6, 7)], "the other one is closed from both ends");
            assert_eq!(pair.times(side, |e| matches!(e, Event::Up(..))).len(), 1);
            assert_eq!(pair.downs(side), []);
        }
    }
}

#[test]
fn who_is_come_to_while_nobody_answers_connects_no_more() {
    let mut pair = Pair::new(config_a(), config_b());
    pair.start(Side::A);
    pair.start(Side::B);
    pair.run(millis(500));
    assert_eq!(pair.states(), (State::Established, State::Established));
    for side in [Side::A, Side::B] {
        assert_eq!((pair.codes(side), pair.connects(side).len()), (Vec::new(), 1));
    }
}

#[test]
fn with_equal_identifiers_the_higher_as_decides() {
    let pair = meet(LOW, LOW);
    assert_eq!(pair.states(), (State::Established, State::Established));
    const { assert!(AS_B > AS_A) };
    assert_eq!((pair.negotiated(Side::A).0, pair.negotiated(Side::B).0), (IN, OUT));
    assert_eq!((pair.connects(Side::A).len(), pair.connects(Side::B).len()), (1, 1), "at once");
}

#[test]
fn told_of_a_collision_it_has_no_error_to_show() {
    let (mut node, now) = twice(config_a());
    node.input(now, |s| s.notification(OUT, &Notification::new(6, 7), now));
    let status = node.session.status(now);
    assert_eq!((status.last_error, status.connect_delay), (None, None));
    assert_eq!(node.state(), State::OpenSent);
}

#[test]
fn status_is_that_of_the_connection_that_is_furthest() {
    for first in [OUT, IN] {
        let (mut node, now) = twice(config_a());
        assert_eq!(node.session.status(now).remote_open, None);
        node.input(now, |s| s.open(first, open_b(Vec::new()), now));
        assert_eq!(node.session.status(now).remote_open, Some(open_b(Vec::new())));
    }
}

#[test]
fn collision_is_no_error() {
    let pair = meet(LOW, HIGH);
    for node in [&pair.a, &pair.b] {
        assert_eq!(node.session.status(pair.now).last_error, None);
    }
}

#[test]
fn bad_open_on_the_second_connection_leaves_the_first_alone() {
    let (mut node, now) = twice(config_a());
    node.input(now, |s| s.open(OUT, open_b(Vec::new()), now));
    let stranger = Open { asn: 65009, ..open_b(Vec::new()) };
    let actions = node.input(now, |s| s.open(IN, stranger, now));
    let [.., Action::Close(IN, CloseReason::AfterFlush), Action::Send(OUT, Outbound::Keepalive)] =
        &actions[..]
    else {
        panic!("{actions:?}");
    };
    assert_eq!(node.state(), State::OpenConfirm);
    node.input(now, |s| s.keepalive(OUT, now));
    assert_eq!(node.state(), State::Established);
}

#[test]
fn attempt_of_ours_is_given_up_when_the_neighbor_is_established() {
    let mut pair = Pair::new(config_a(), config_b());
    // B answers nobody: what A sends to connect is lost, and B comes itself.
    pair.start(Side::A);
    pair.cut = true;
    pair.run(secs(1));
    pair.cut = false;
    assert_eq!((pair.states().0, pair.a.connecting), (State::Connect, true));
    pair.start(Side::B);
    pair.run(secs(1));
    assert_eq!(pair.states(), (State::Established, State::Established));
    assert!(!pair.a.connecting);
    let next = pair.a.session.next_timeout().expect("keepalives");
    assert!(next < pair.now + secs(81), "and its timer is off");
}

#[test]
fn established_session_is_not_disturbed_by_another_connection() {
    // Whatever the identifiers: the neighbor has not said that it restarted (RFC 4724 §5).
    for graceful_restart in [GracefulRestartConfig::Off, GracefulRestartConfig::Aware] {
        for router_id in [LOW, Ipv4Addr::new(192, 0, 2, 3)] {
            let mut pair = Pair::established(|a, b| {
                a.router_id = router_id;
                (a.graceful_restart, b.graceful_restart) = (graceful_restart, graceful_restart);
            });
            for side in [Side::A, Side::B] {
                pair.change(side, |node, now| {
                    let (taken, actions) = node.accept(now);
                    assert!(!taken && actions.is_empty(), "{graceful_restart:?}: {actions:?}");
                    actions
                });
            }
            assert_eq!(pair.states(), (State::Established, State::Established));
        }
    }
}

/// A machine with an established session to a neighbor that keeps forwarding while it restarts.
fn with_restarting_neighbor(over: Direction) -> (Node, std::time::Instant) {
    let (mut node, now) = (Node::new(config_a(), 3), epoch());
    node.start(now);
    match over {
        OUT => drop(node.connect_done(Ok(()), now)),
        IN => {
            assert!(node.accept(now).0);
            node.input(now, |s| s.abandon_connect(now));
        }
    }
    let family = GracefulRestartFamily { family: AddressFamily::IPV4, forwarding_preserved: false };
    let graceful =
        GracefulRestart { families: vec![family], restart_time_secs: 90, ..GracefulRestart::default() };
    let open = open_b(vec![Capability::GracefulRestart(graceful)]);
    node.input(now, |s| s.open(over, open, now));
    node.input(now, |s| s.keepalive(over, now));
    assert_eq!(node.state(), State::Established);
    (node, now)
}

#[test]
fn restarted_neighbor_takes_the_place_of_its_old_connection() {
    for over in [OUT, IN] {
        let (mut node, now) = with_restarting_neighbor(over);
        // One that has connected twice at once has not restarted.
        assert_eq!((node.accept(now + secs(4)).0, node.state()), (false, State::Established));
        let now = now + secs(5);
        let (taken, actions) = node.accept(now);
        assert!(taken);
        let unlogged: Vec<&Action> = actions.iter().filter(|a| !matches!(a, Action::Log(..))).collect();
        let [Action::Close(closed, CloseReason::Gone), Action::Down(down), rest @ ..] = &unlogged[..] else {
            panic!("{actions:?}");
        };
        assert_eq!((*closed, down.graceful), (over, true), "RFC 4724 §4.2: its routes stay");
        assert!(matches!(rest, [Action::Send(IN, Outbound::Open(_))]), "{rest:?}");
        assert_eq!(node.state(), State::OpenSent);
    }
}

#[test]
fn restarted_neighbor_that_is_gone_again_is_connected_to() {
    let (mut node, now) = with_restarting_neighbor(IN);
    let now = now + secs(5);
    // It was there to be taken, but the driver could not: then it is up to us.
    node.input(now, |s| assert!(s.accepts_incoming(now)));
    let at = node.session.next_timeout().expect("it tries to connect");
    assert!(at <= now + secs(1));
    assert_eq!(node.handle_timeout(at), [Action::Connect]);
}

#[test]
fn both_connections_are_told_of_a_shutdown() {
    let (mut node, now) = twice(config_a());
    let cause = godwit_fsm::StopCause::AdministrativeShutdown(None);
    let actions = node.stop(&cause, now);
    let word = Outbound::Notification(Notification::new(6, 2));
    for direction in [OUT, IN] {
        assert!(actions.contains(&Action::Send(direction, word.clone())));
        assert!(actions.contains(&Action::Close(direction, CloseReason::AfterFlush)));
    }
}

#[test]
fn loss_of_one_connection_does_not_begin_a_third() {
    let (mut node, now) = twice(config_a());
    let actions = node.closed(OUT, now);
    assert!(!actions.contains(&Action::Connect));
    assert_eq!((node.state(), node.session.status(now).connect_delay), (State::OpenSent, None));
    // The other goes as well: now it is time to try again.
    node.closed(IN, now);
    assert_eq!(node.state(), State::Active);
    let at = node.session.next_timeout().expect("it will try");
    assert_eq!(node.handle_timeout(at), [Action::Connect]);
}

#[test]
fn loss_of_the_neighbors_connection_leaves_our_attempt_alone() {
    let (mut node, now) = (Node::new(config_a(), 3), epoch());
    node.start(now);
    node.accept(now);
    node.closed(IN, now);
    assert_eq!((node.state(), node.session.status(now).connect_delay), (State::Connect, None));
}

#[test]
fn error_on_the_neighbors_connection_ends_our_attempt() {
    let (mut node, now) = (Node::new(config_a(), 3), epoch());
    node.start(now);
    node.accept(now);
    let actions = node.input(now, |s| s.notification(IN, &Notification::new(2, 2), now));
    assert!(actions.contains(&Action::AbortConnect), "{actions:?}");
    assert_eq!(node.state(), State::Idle);
}
