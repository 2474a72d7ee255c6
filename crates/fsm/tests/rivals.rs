//! With two connections none is confirmed before the neighbor is known to know of both.

mod common;

use std::net::Ipv4Addr;

use common::{IN, LOW, Node, OUT, config_a, epoch, open_b, secs, twice};
use godwit_fsm::{Action, Direction, Outbound, PeerConfig, State};
use godwit_wire::Notification;

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
