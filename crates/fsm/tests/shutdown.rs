//! How sessions end on purpose: Cease and its subcodes (RFC 4486), and what the operator says (RFC 9003).

mod common;

use std::time::Instant;

use common::{Node, OUT, Pair, Side, config_a, epoch, millis, open_b, secs};
use godwit_fsm::{Action, Down, Outbound, Session, State, StopCause};
use godwit_wire::{AddressFamily, Notification, Open, RouteRefresh};

fn shutdown(text: &str) -> StopCause {
    StopCause::AdministrativeShutdown(Some(text.into()))
}

/// What B shows of what A's operator said.
fn heard(cause: &StopCause) -> Option<String> {
    let mut pair = Pair::established(|_, _| {});
    pair.stop(Side::A, cause);
    pair.run(millis(20));
    pair.b.session.status(pair.now).shutdown_message
}

#[test]
fn each_cause_has_its_subcode_and_both_ends_know_it() {
    let causes = [
        (StopCause::AdministrativeShutdown(None), 2, "Administrative shutdown"),
        (StopCause::AdministrativeReset(None), 4, "Administrative reset"),
        (StopCause::Deconfigured, 3, "Peer de-configured"),
        (StopCause::ConfigurationChange, 6, "Other configuration change"),
        (StopCause::MaxPrefixes, 1, "Maximum number of prefixes reached"),
    ];
    for (cause, subcode, text) in causes {
        let mut pair = Pair::established(|_, _| {});
        pair.stop(Side::A, &cause);
        pair.run(millis(20));
        assert_eq!(pair.notifications(Side::A), [Notification::new(6, subcode)]);
        assert_eq!(pair.codes(Side::B), [], "a NOTIFICATION is not answered");
        let down = |reason: String| vec![Down { reason, graceful: false, stays_stale: Vec::new() }];
        assert_eq!(pair.downs(Side::A), down(format!("Error: {text}")));
        assert_eq!(pair.downs(Side::B), down(format!("Received: {text}")));
        let status = pair.b.session.status(pair.now);
        assert_eq!(status.last_error, Some(format!("Received: {text}")));
        assert_eq!(status.shutdown_message, None);
    }
}

#[test]
fn words_of_the_operator_reach_the_neighbor() {
    assert_eq!(heard(&shutdown("Wartung bis 12:00 – Köln")).as_deref(), Some("Wartung bis 12:00 – Köln"));
    let reset = StopCause::AdministrativeReset(Some("new filters".into()));
    assert_eq!(heard(&reset).as_deref(), Some("new filters"));
    assert_eq!(heard(&shutdown("")), None);
    assert_eq!(heard(&shutdown("two\nlines\u{7}")).as_deref(), Some("two lines "), "it is shown on one line");
}

#[test]
fn long_words_are_cut_between_characters() {
    let long = "ü".repeat(200);
    let heard = heard(&shutdown(&long)).expect("something");
    assert_eq!(heard, "ü".repeat(127), "254 octets; RFC 9003 has room for 255");
}

#[test]
fn words_are_forgotten_when_the_session_is_back() {
    let mut pair = Pair::established(|_, _| {});
    pair.stop(Side::A, &shutdown("back soon"));
    pair.run(secs(1));
    assert!(pair.b.session.status(pair.now).shutdown_message.is_some());
    pair.start(Side::A);
    pair.run(secs(1));
    assert_eq!(pair.states(), (State::Established, State::Established));
    let status = pair.b.session.status(pair.now);
    assert_eq!((status.shutdown_message, status.last_error), (None, None));
}

#[test]
fn stopped_machine_does_nothing_and_lets_nobody_in() {
    let mut pair = Pair::established(|a, b| (a.passive, b.passive) = (true, false));
    pair.stop(Side::A, &StopCause::AdministrativeShutdown(None));
    assert_eq!(pair.a.session.next_timeout(), None);
    pair.run(secs(3_600));
    assert_eq!(pair.codes(Side::A), [(6, 2)], "and no other");
    assert_eq!(pair.states().0, State::Idle);
    // B is let down at once each time, and comes more and more seldom, but it comes.
    let connects = pair.connects(Side::B).len();
    assert!((700..1_100).contains(&connects), "{connects} attempts in an hour");
    let now = pair.now;
    assert_eq!(pair.a.stop(&StopCause::Deconfigured, now), [], "it is stopped already");
    pair.start(Side::A);
    pair.run(secs(10));
    assert_eq!(pair.states(), (State::Established, State::Established));
}

#[test]
fn restart_comes_back_at_once() {
    let mut pair = Pair::established(|_, _| {});
    pair.stop(Side::A, &StopCause::AdministrativeReset(None));
    pair.start(Side::A);
    pair.run(secs(1));
    assert_eq!(pair.states(), (State::Established, State::Established));
    assert_eq!((pair.downs(Side::A).len(), pair.downs(Side::B).len()), (1, 1));
}

#[test]
fn second_start_and_a_stop_before_any_change_nothing() {
    let (mut node, now) = (Node::new(config_a(), 1), epoch());
    assert_eq!(node.stop(&StopCause::AdministrativeShutdown(None), now), []);
    assert_eq!(node.start(now), [Action::Connect]);
    assert_eq!(node.start(now), []);
    assert_eq!(node.stop(&StopCause::AdministrativeShutdown(None), now), [Action::AbortConnect]);
}

#[test]
fn too_many_prefixes_end_the_session_for_a_while() {
    let mut pair = Pair::established(|_, _| {});
    pair.change(Side::A, |node, now| node.input(now, |s| s.end(&StopCause::MaxPrefixes, now)));
    pair.run(secs(44));
    assert_eq!(pair.states().0, State::Idle, "the error wait is 45 seconds at least");
    assert_eq!(pair.codes(Side::A), [(6, 1)]);
    assert_eq!(pair.downs(Side::A)[0].reason, "Automatic shutdown: Route limit exceeded");
    pair.run(secs(20));
    assert_eq!(pair.states(), (State::Established, State::Established));
}

/// RFC 6608 §4: the data of an FSM error is the type of the message that has no place.
#[test]
fn a_message_without_a_place_is_named_by_its_type() {
    let request = RouteRefresh::request(AddressFamily::IPV4);
    let told = |established: bool, message: &dyn Fn(&mut Session, Instant)| {
        let (mut node, now) = (Node::new(config_a(), 3), epoch());
        node.start(now);
        node.connect_done(Ok(()), now);
        if established {
            node.input(now, |s| s.open(OUT, open_b(Vec::new()), now));
            node.input(now, |s| s.keepalive(OUT, now));
        }
        let actions = node.input(now, |s| message(s, now));
        let sent = actions.into_iter().find_map(|action| match action {
            Action::Send(_, Outbound::Notification(n)) => Some((n.code, n.subcode, n.data.to_vec())),
            _ => None,
        });
        sent.expect("a NOTIFICATION")
    };
    assert_eq!(told(false, &|s, now| s.keepalive(OUT, now)), (5, 1, vec![4]));
    assert_eq!(
        told(false, &|s, now| {
            let _ = s.update(OUT, now);
        }),
        (5, 1, vec![2])
    );
    assert_eq!(told(false, &|s, now| s.route_refresh(OUT, request, now)), (5, 1, vec![5]));
    let again = Open { hold_time_secs: 17, ..open_b(Vec::new()) };
    assert_eq!(told(true, &|s, now| s.open(OUT, again.clone(), now)), (5, 3, vec![1]));
}
