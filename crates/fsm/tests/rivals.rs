//! With two connections none is confirmed before the neighbor is known to know of both.

mod common;

use std::net::Ipv4Addr;
use std::time::Instant;

use common::{HIGH, IN, LOW, Node, OUT, Pair, Side, config_a, config_b, epoch, millis, open_b, secs, twice};
use godwit_fsm::{Action, CloseReason, Direction, GracefulRestartConfig, Outbound, PeerConfig, State};
use godwit_wire::{AddressFamily, Capability, GracefulRestart, Notification, Open};

fn collision() -> Outbound {
    Outbound::Notification(Notification::new(6, 7))
}

/// Of two whose router identifier is `ours` the one that goes.
fn loser(ours: Ipv4Addr) -> Direction {
    if ours == LOW { OUT } else { IN }
}

const IDENTIFIERS: [Ipv4Addr; 2] = [LOW, Ipv4Addr::new(192, 0, 2, 3)];

#[test]
fn none_is_confirmed_before_both_opens_are_there() {
    for (ours, first) in IDENTIFIERS.into_iter().flat_map(|ours| [(ours, OUT), (ours, IN)]) {
        let loser = loser(ours);
        let (mut node, now) = twice(PeerConfig { router_id: ours, ..config_a() });
        let actions = node.input(now, |s| s.open(first, open_b(Vec::new()), now));
        assert_eq!(actions, [], "whom it hears of last, it may take for a restart");
        let actions = node.input(now, |s| s.open(first.other(), open_b(Vec::new()), now));
        let unlogged: Vec<&Action> = actions.iter().filter(|a| !matches!(a, Action::Log(..))).collect();
        let [Action::Send(told, word), Action::Close(closed, _), Action::Send(stays, keepalive)] =
            unlogged[..]
        else {
            panic!("{actions:?}");
        };
        assert_eq!((*told, *closed, *stays), (loser, loser, loser.other()));
        assert_eq!((word, keepalive), (&collision(), &Outbound::Keepalive));
        assert_eq!(node.state(), State::OpenConfirm);
        node.input(now, |s| s.keepalive(loser.other(), now));
        assert_eq!(node.state(), State::Established);
    }
}

#[test]
fn keepalive_that_came_before_the_decision_counts() {
    for (ours, first) in IDENTIFIERS.into_iter().flat_map(|ours| [(ours, OUT), (ours, IN)]) {
        let (mut node, now) = twice(PeerConfig { router_id: ours, ..config_a() });
        node.input(now, |s| s.open(first, open_b(Vec::new()), now));
        assert_eq!(node.input(now, |s| s.keepalive(first, now)), []);
        assert_eq!(node.state(), State::OpenSent);
        node.input(now, |s| s.open(first.other(), open_b(Vec::new()), now));
        let expected = if loser(ours) == first { State::OpenConfirm } else { State::Established };
        assert_eq!((node.state(), node.is_linked(loser(ours))), (expected, false));
    }
}

#[test]
fn what_comes_of_the_other_connection_is_waited_for_in_bounded_time() {
    for first in [OUT, IN] {
        // It goes.
        let (mut node, now) = twice(config_a());
        node.input(now, |s| s.open(first, open_b(Vec::new()), now));
        let actions = node.closed(first.other(), now);
        assert!(actions.contains(&Action::Send(first, Outbound::Keepalive)), "{actions:?}");
        // Nothing comes of it; so it is dropped as soon as the first is established.
        let (mut node, now) = twice(config_a());
        node.input(now, |s| s.open(first, open_b(Vec::new()), now));
        let at = node.session.next_timeout().expect("it does not wait for ever");
        assert_eq!(at, now + secs(10));
        assert_eq!(node.handle_timeout(at), [Action::Send(first, Outbound::Keepalive)]);
        let actions = node.input(at, |s| s.keepalive(first, at));
        assert!(actions.contains(&Action::Send(first.other(), collision())), "{actions:?}");
        assert_eq!((node.state(), node.is_linked(first.other())), (State::Established, false));
        // It has had its time already.
        let (mut node, now) = twice(config_a());
        let late = now + secs(10);
        let actions = node.input(late, |s| s.open(first, open_b(Vec::new()), late));
        assert_eq!(actions, [Action::Send(first, Outbound::Keepalive)], "it may be a stranger's");
    }
}

#[test]
fn attempt_of_ours_that_has_got_there_is_waited_for() {
    let (mut node, now) = (Node::new(config_a(), 3), epoch());
    node.start(now);
    assert!(node.accept(now).0);
    assert_eq!(node.input(now, |s| s.open(IN, open_b(Vec::new()), now)), []);
    let actions = node.connect_done(Ok(()), now);
    assert!(matches!(&actions[..], [.., Action::Send(OUT, Outbound::Open(_))]), "{actions:?}");
    node.input(now, |s| s.open(OUT, open_b(Vec::new()), now));
    assert_eq!((node.state(), node.is_linked(OUT), node.is_linked(IN)), (State::OpenConfirm, false, true));
    // One that has not got there is given up, and one that fails keeps nobody waiting.
    for given_up in [true, false] {
        let (mut node, now) = (Node::new(config_a(), 3), epoch());
        node.start(now);
        assert!(node.accept(now).0);
        node.input(now, |s| s.open(IN, open_b(Vec::new()), now));
        let actions = if given_up {
            node.input(now, |s| s.abandon_connect(now))
        } else {
            node.connect_done(Err("Connection refused"), now)
        };
        assert_eq!(actions.contains(&Action::AbortConnect), given_up);
        assert!(actions.contains(&Action::Send(IN, Outbound::Keepalive)), "{actions:?}");
    }
}

#[test]
fn once_one_is_confirmed_no_other_is_taken() {
    let (mut node, now) = (Node::new(config_a(), 3), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    node.input(now, |s| s.open(OUT, open_b(Vec::new()), now));
    assert_eq!((node.state(), node.accept(now + secs(4)).0), (State::OpenConfirm, false));
    // The neighbor may be gone without a word and back.
    assert!(node.accept(now + secs(5)).0);
}

/// A configuration with graceful restart, so that there is something to lose.
fn careful(router_id: Ipv4Addr) -> PeerConfig {
    PeerConfig { router_id, ..with_graceful_restart(config_a()) }
}

fn with_graceful_restart(config: PeerConfig) -> PeerConfig {
    let graceful_restart = GracefulRestartConfig::On { restart_time_secs: 120 };
    PeerConfig { graceful_restart, restart_families: vec![AddressFamily::IPV4], ..config }
}

/// The OPEN of a neighbor that keeps our routes over a restart of ours.
fn helper() -> Open {
    open_b(vec![Capability::GracefulRestart(GracefulRestart::default())])
}

/// One machine with a connection of ours on which the neighbor's OPEN has come.
fn answered(config: PeerConfig, open: Open) -> (Node, Instant, Vec<Action>) {
    let (mut node, now) = (Node::new(config, 3), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    let actions = node.input(now, |s| s.open(OUT, open, now));
    (node, now, actions)
}

#[test]
fn who_opened_the_connection_confirms_last() {
    let (mut node, now, actions) = answered(careful(LOW), helper());
    assert_eq!((actions, node.state()), (Vec::new(), State::OpenSent), "it may still find a collision");
    let actions = node.input(now, |s| s.keepalive(OUT, now));
    assert_eq!(actions.first(), Some(&Action::Send(OUT, Outbound::Keepalive)));
    assert_eq!(node.state(), State::Established);
    // Who was connected to confirms at once, or both would wait.
    let (mut node, now) = (Node::new(PeerConfig { passive: true, ..careful(LOW) }, 3), epoch());
    node.start(now);
    assert!(node.accept(now).0);
    let actions = node.input(now, |s| s.open(IN, helper(), now));
    assert_eq!(actions, [Action::Send(IN, Outbound::Keepalive)]);
}

#[test]
fn neighbor_that_does_not_confirm_first_is_waited_for_in_bounded_time() {
    let (mut node, now, _) = answered(careful(LOW), helper());
    let at = node.session.next_timeout().expect("it does not wait for ever");
    assert_eq!(at, now + secs(10));
    assert_eq!(node.handle_timeout(at), [Action::Send(OUT, Outbound::Keepalive)]);
    assert_eq!(node.state(), State::OpenConfirm);
}

#[test]
fn nobody_waits_where_no_routes_are_kept() {
    // We keep none and the neighbor none, or the neighbor does not know of it.
    for (config, open) in [(config_a(), helper()), (careful(LOW), open_b(Vec::new()))] {
        let (_, _, actions) = answered(config, open);
        assert_eq!(actions, [Action::Send(OUT, Outbound::Keepalive)]);
    }
}

#[test]
fn connection_that_comes_before_ours_is_confirmed_is_taken() {
    for ours in IDENTIFIERS {
        let (mut node, now, _) = answered(careful(ours), helper());
        assert!(node.accept(now).0, "the neighbor is not established yet");
        // The neighbor's OPEN on it is waited for even if it has confirmed the other one.
        assert_eq!(node.input(now, |s| s.keepalive(OUT, now)), []);
        node.input(now, |s| s.open(IN, helper(), now));
        let loser = loser(ours);
        assert_eq!(node.is_linked(OUT), loser != OUT);
        if loser == OUT {
            assert_eq!(node.state(), State::OpenConfirm);
        } else {
            // It is the neighbor's to close.
            assert!(node.is_linked(IN));
            let actions = node.closed(IN, now);
            assert!(actions.contains(&Action::Send(OUT, Outbound::Keepalive)), "{actions:?}");
            assert_eq!(node.state(), State::Established);
        }
    }
}

#[test]
fn losing_connection_of_the_neighbor_is_left_to_it() {
    let higher = IDENTIFIERS[1];
    // What comes of it, then what is to be done.
    let twice = || {
        let (mut node, now) = twice(careful(higher));
        for direction in [IN, OUT] {
            assert_eq!(node.input(now, |s| s.open(direction, helper(), now)), []);
        }
        (node, now)
    };
    // That it closes it is waited for, whether it says so before or not, and in any order with its KEEPALIVE.
    for (cease, closed_first) in [(true, true), (true, false), (false, true), (false, false)] {
        let (mut node, now) = twice();
        if !closed_first {
            assert_eq!(node.input(now, |s| s.keepalive(OUT, now)), []);
        }
        if cease {
            let actions = node.input(now, |s| s.notification(IN, &Notification::new(6, 7), now));
            assert!(matches!(&actions[..], [Action::Log(..)]), "{actions:?}");
        }
        assert_eq!((node.state(), node.is_linked(IN)), (State::OpenSent, true));
        node.closed(IN, now);
        if closed_first {
            assert_eq!(node.state(), State::OpenSent);
            node.input(now, |s| s.keepalive(OUT, now));
        }
        assert_eq!((node.state(), node.is_linked(IN)), (State::Established, false));
        assert_eq!(node.session.status(now).last_error, None);
    }
    // It says so and does not close it.
    let (mut node, now) = twice();
    node.input(now, |s| s.keepalive(OUT, now));
    node.input(now, |s| s.notification(IN, &Notification::new(6, 7), now));
    let at = node.session.next_timeout().expect("it does not wait for ever");
    assert_eq!(at, now + secs(2));
    let actions = node.handle_timeout(at);
    let [Action::Close(IN, CloseReason::Gone), Action::Send(OUT, Outbound::Keepalive), ..] = &actions[..]
    else {
        panic!("{actions:?}");
    };
    // It sees no collision, and confirms both; or it says nothing more.
    for says_more in [true, false] {
        let (mut node, now) = twice();
        if says_more {
            assert_eq!(node.input(now, |s| s.keepalive(IN, now)), []);
            assert_eq!(node.input(now, |s| s.keepalive(OUT, now)), []);
        }
        let at = node.session.next_timeout().expect("it does not wait for ever");
        assert_eq!(at, now + secs(if says_more { 2 } else { 10 }));
        let actions = node.handle_timeout(at);
        assert!(actions.contains(&Action::Send(IN, collision())), "{actions:?}");
        assert!(actions.contains(&Action::Send(OUT, Outbound::Keepalive)), "{actions:?}");
        assert_eq!((node.is_linked(IN), node.is_linked(OUT)), (false, true));
    }
    // It closes the other one, as nobody should: then this one stays.
    let (mut node, now) = twice();
    let actions = node.closed(OUT, now);
    assert!(actions.contains(&Action::Send(IN, Outbound::Keepalive)), "{actions:?}");
}

#[test]
fn both_confirm_the_same_one_of_two() {
    for (a, b, winner) in [(LOW, HIGH, Side::B), (HIGH, LOW, Side::A)] {
        let mut pair =
            Pair::new(careful(a), PeerConfig { router_id: b, ..with_graceful_restart(config_b()) });
        pair.crossing = true;
        pair.start(Side::A);
        pair.start(Side::B);
        pair.run(millis(500));
        assert_eq!(pair.states(), (State::Established, State::Established), "at once");
        for side in [Side::A, Side::B] {
            let (over, codes) = if side == winner { (OUT, &[][..]) } else { (IN, &[(6, 7)][..]) };
            assert_eq!(
                (pair.negotiated(side).0, &*pair.codes(side)),
                (over, codes),
                "who opened it closes it"
            );
            assert_eq!(pair.downs(side), []);
        }
    }
}

#[test]
fn second_connection_is_left_alone_while_it_may_be_from_before() {
    let (mut node, now, _) = answered(careful(LOW), helper());
    assert_eq!(node.session.refuses_from(now), None, "it is taken");
    node.input(now, |s| s.keepalive(OUT, now));
    assert!(!node.accept(now).0);
    assert_eq!(node.session.refuses_from(now + secs(4)), Some(now + secs(5)));
    assert_eq!(node.session.refuses_from(now + secs(5)), None);
    // Where no routes are kept it is refused at once.
    let (mut node, now, _) = answered(config_a(), helper());
    node.input(now, |s| s.keepalive(OUT, now));
    assert_eq!((node.state(), node.session.refuses_from(now)), (State::Established, None));
}
