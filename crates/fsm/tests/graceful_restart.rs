//! Graceful restart (RFC 4724): which ends of a session let the neighbor's routes stay, for how long, and
//! what we say of ours.

mod common;

use std::time::{Duration, Instant};

use common::{AS_B, HIGH, IN, Node, OUT, Pair, Side, config_a, epoch, millis, open_b, secs};
use godwit_fsm::{
    Action, Direction, GracefulRestartConfig, LogClass, Outbound, PeerConfig, State, StopCause,
};
use godwit_wire::{AddressFamily, Capability, GracefulRestart, GracefulRestartFamily, Notification, Open};

const IPV4: AddressFamily = AddressFamily::IPV4;

/// A neighbor's capability: IPv4, with this time.
fn forwarding(restart_time_secs: u16) -> GracefulRestart {
    let family = GracefulRestartFamily { family: IPV4, forwarding_preserved: true };
    GracefulRestart { families: vec![family], restart_time_secs, ..GracefulRestart::default() }
}

/// The neighbor's OPEN with it.
fn open(capability: Option<GracefulRestart>) -> Open {
    open_b(capability.into_iter().map(Capability::GracefulRestart).collect())
}

/// Exchanges OPEN and KEEPALIVE over a connection that is up.
fn establish(node: &mut Node, over: Direction, open: Open, now: Instant) {
    node.input(now, |s| s.open(over, open, now));
    node.input(now, |s| s.keepalive(over, now));
    assert_eq!(node.state(), State::Established);
}

/// A machine with an established session to a neighbor with this capability.
fn established(capability: Option<GracefulRestart>) -> (Node, Instant) {
    let (mut node, now) = (Node::new(config_a(), 3), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    establish(&mut node, OUT, open(capability), now);
    (node, now)
}

fn is_graceful(actions: &[Action]) -> bool {
    let down = |action: &Action| match action {
        Action::Down(down) => Some(down.graceful),
        _ => None,
    };
    actions.iter().find_map(down).expect("it is down")
}

fn logged(actions: &[Action], text: &str) -> bool {
    actions.contains(&Action::Log(LogClass::Trace, text.into()))
}

/// Lets time pass, timer by timer. All actions on the way, with when they came.
fn pass(node: &mut Node, start: Instant, time: Duration) -> Vec<(Duration, Action)> {
    let mut all = Vec::new();
    while let Some(at) = node.session.next_timeout().filter(|at| *at <= start + time) {
        all.extend(node.handle_timeout(at).into_iter().map(|action| (at - start, action)));
        // Nobody is there.
        all.extend(node.connect_done(Err("Connection refused"), at).into_iter().map(|a| (at - start, a)));
    }
    all
}

fn expired_at(actions: &[(Duration, Action)]) -> Vec<Duration> {
    actions.iter().filter(|(_, action)| *action == Action::StaleExpired).map(|(at, _)| *at).collect()
}

#[test]
fn only_a_lost_connection_of_a_neighbor_that_keeps_forwarding_is_graceful() {
    let aware = GracefulRestart::default();
    let cases =
        [(Some(forwarding(120)), true), (Some(forwarding(0)), false), (Some(aware), false), (None, false)];
    for (capability, graceful) in cases {
        let (mut node, now) = established(capability.clone());
        let actions = node.closed(OUT, now);
        assert_eq!(is_graceful(&actions), graceful, "{capability:?}");
        assert_eq!(logged(&actions, "Neighbor graceful restart detected"), graceful);
        assert_eq!(node.session.status(now).neighbor_restarting, graceful);
    }
    // RFC 4724 §4: a NOTIFICATION of either side ends it for good, and so does the operator.
    let (mut node, now) = established(Some(forwarding(120)));
    let cease = Notification::new(6, 2);
    assert!(!is_graceful(&node.input(now, |s| s.notification(OUT, &cease, now))));
    let (mut node, now) = established(Some(forwarding(120)));
    assert!(!is_graceful(&node.stop(&StopCause::AdministrativeShutdown(None), now)));
    let (mut node, now) = established(Some(forwarding(120)));
    assert!(!is_graceful(&node.handle_timeout(now + secs(90))), "hold timer");
    let (mut node, now) = established(Some(forwarding(120)));
    assert!(!is_graceful(&node.set_reachable(false, now)));
    let (mut node, now) = established(Some(forwarding(120)));
    assert!(!is_graceful(&node.input(now, |s| s.end(&StopCause::MaxPrefixes, now))));
    // Nor do we help who has not heard that we would.
    let mut node = Node::new(PeerConfig { graceful_restart: GracefulRestartConfig::Off, ..config_a() }, 3);
    node.start(now);
    node.connect_done(Ok(()), now);
    establish(&mut node, OUT, open(Some(forwarding(120))), now);
    assert!(!is_graceful(&node.closed(OUT, now)));
}

#[test]
fn two_machines_that_restart_gracefully_say_so_to_each_other() {
    let mut pair = Pair::established(|a, b| {
        a.graceful_restart = GracefulRestartConfig::On { restart_time_secs: 120 };
        (b.graceful_restart, b.passive) = (GracefulRestartConfig::Aware, true);
    });
    let (_, at_b) = pair.negotiated(Side::B);
    assert_eq!(at_b.graceful_restart.map(|g| (g.restart_time_secs, g.families.len())), Some((120, 1)));
    // A is gone without a word.
    pair.change(Side::A, |node, now| node.closed(OUT, now));
    pair.run(millis(15));
    assert_eq!((pair.downs(Side::A)[0].graceful, pair.downs(Side::B)[0].graceful), (false, true));
    // It comes back.
    pair.run(secs(20));
    assert_eq!(pair.states(), (State::Established, State::Established));
    assert!(pair.b.session.status(pair.now).restart_timer.is_none());
    assert!(pair.b.session.status(pair.now).neighbor_restarting, "until End-of-RIB");
    pair.change(Side::B, |node, now| node.input(now, godwit_fsm::Session::set_refreshed));
    assert!(!pair.b.session.status(pair.now).neighbor_restarting);
}

#[test]
fn a_neighbor_that_stays_away_loses_its_routes_when_its_time_is_over() {
    let (mut node, now) = established(Some(forwarding(90)));
    node.closed(OUT, now);
    let status = node.session.status(now + secs(30));
    assert_eq!(status.restart_timer, Some((secs(60), secs(90))));
    let actions = pass(&mut node, now, secs(1000));
    assert_eq!(expired_at(&actions), [secs(90)], "once, and on time");
    assert!(actions.iter().any(|(_, a)| *a == Action::Connect), "it tries to connect meanwhile");
    assert!(!node.session.status(now + secs(1000)).neighbor_restarting);
}

/// Attempts that come to nothing do not make its time longer, nor do they end it.
#[test]
fn connections_that_fail_change_nothing() {
    let (mut node, now) = established(Some(forwarding(90)));
    node.closed(OUT, now);
    assert!(node.accept(now + secs(1)).0);
    node.closed(IN, now + secs(2));
    assert!(node.accept(now + secs(3)).0);
    // Its OPEN is not good: an error wait follows.
    let bad = Open { asn: (AS_B + 1) as u16, hold_time_secs: 90, identifier: HIGH, capabilities: Vec::new() };
    node.input(now + secs(3), |s| s.open(IN, bad, now + secs(3)));
    assert_eq!(node.state(), State::Idle);
    assert!(node.session.status(now + secs(4)).neighbor_restarting);
    assert_eq!(expired_at(&pass(&mut node, now, secs(1000))), [secs(90)]);
}

/// Its routes are gone with the link, and go with the operator's word.
#[test]
fn a_lost_link_or_a_stop_ends_the_wait() {
    let (mut node, now) = established(Some(forwarding(90)));
    node.closed(OUT, now);
    assert!(node.link_down(now).contains(&Action::StaleExpired));
    assert!(!node.session.status(now).neighbor_restarting);
    let (mut node, now) = established(Some(forwarding(90)));
    node.closed(OUT, now);
    assert!(node.stop(&StopCause::Deconfigured, now).contains(&Action::StaleExpired));
    assert_eq!(node.session.next_timeout(), None);
}

#[test]
fn a_neighbor_that_is_back_has_time_until_end_of_rib() {
    for (restart_time, stale_time) in [(90, 360), (1000, 1000)] {
        let (mut node, now) = established(Some(forwarding(restart_time)));
        node.closed(OUT, now);
        node.accept(now);
        let open = Open { hold_time_secs: 0, ..open(Some(forwarding(restart_time))) };
        establish(&mut node, IN, open, now);
        assert_eq!(expired_at(&pass(&mut node, now, secs(5000))), [secs(stale_time)]);
        assert_eq!(node.state(), State::Established, "the session goes on");
    }
}

#[test]
fn end_of_rib_ends_the_wait() {
    let (mut node, now) = established(Some(forwarding(90)));
    assert!(node.input(now, godwit_fsm::Session::set_refreshed).is_empty(), "nothing was stale");
    node.closed(OUT, now);
    assert!(node.input(now, godwit_fsm::Session::set_refreshed).is_empty(), "it is not there");
    node.accept(now);
    establish(&mut node, IN, Open { hold_time_secs: 0, ..open(Some(forwarding(90))) }, now);
    let actions = node.input(now, godwit_fsm::Session::set_refreshed);
    assert!(logged(&actions, "Neighbor graceful restart done"));
    assert_eq!(pass(&mut node, now, secs(5000)), []);
}

#[test]
fn a_second_loss_begins_anew() {
    let (mut node, now) = established(Some(forwarding(90)));
    node.closed(OUT, now);
    node.accept(now);
    establish(&mut node, IN, open(Some(forwarding(60))), now);
    let later = now + secs(10);
    assert!(is_graceful(&node.closed(IN, later)));
    assert_eq!(expired_at(&pass(&mut node, later, secs(5000))), [secs(60)], "by the time it announced last");
    // And a hard end while routes are stale leaves nothing to wait for.
    let (mut node, now) = established(Some(forwarding(90)));
    node.closed(OUT, now);
    node.accept(now);
    establish(&mut node, IN, open(Some(forwarding(90))), now);
    assert!(!is_graceful(&node.input(now, |s| s.notification(IN, &Notification::new(6, 4), now))));
    assert!(!node.session.status(now).neighbor_restarting);
}

/// RFC 4724 §4.2: a new connection of a neighbor whose old one still looks alive.
#[test]
fn a_new_connection_takes_the_place_of_the_old() {
    let (mut node, now) = established(Some(forwarding(90)));
    let now = now + secs(60);
    let (taken, actions) = node.accept(now);
    assert!(taken && is_graceful(&actions));
    let notified = |a: &Action| matches!(a, Action::Send(_, Outbound::Notification(_)));
    assert!(!actions.iter().any(notified), "the old connection ends without a word");
    assert_eq!(node.state(), State::OpenSent);
    establish(&mut node, IN, open(Some(forwarding(90))), now);
    // One that does not keep forwarding has to be lost first.
    let (mut node, now) = established(Some(GracefulRestart::default()));
    assert!(!node.accept(now + secs(60)).0);
}

fn our_capability(actions: &[Action]) -> GracefulRestart {
    let of = |action: &Action| match action {
        Action::Send(_, Outbound::Open(open)) => open.graceful_restart().cloned(),
        _ => None,
    };
    actions.iter().find_map(of).expect("an OPEN with the capability")
}

/// R and F: after a restart until the recovery is over; F after a lost connection, since the routes are in
/// our kernel still.
#[test]
fn what_we_say_of_ourselves() {
    let config = PeerConfig {
        graceful_restart: GracefulRestartConfig::On { restart_time_secs: 60 },
        preserved_families: vec![IPV4],
        restarting: true,
        ..config_a()
    };
    let bits = |g: &GracefulRestart| (g.restarting, g.families[0].forwarding_preserved);
    let (mut node, now) = (Node::new(config.clone(), 3), epoch());
    node.start(now);
    assert_eq!(bits(&our_capability(&node.connect_done(Ok(()), now))), (true, true));
    node.input(now, godwit_fsm::Session::set_recovered);
    establish(&mut node, OUT, open(None), now);
    node.closed(OUT, now);
    assert_eq!(bits(&our_capability(&node.accept(now).1)), (false, true));

    let fresh = PeerConfig { preserved_families: Vec::new(), restarting: false, ..config };
    let mut node = Node::new(fresh, 3);
    node.start(now);
    assert_eq!(bits(&our_capability(&node.connect_done(Ok(()), now))), (false, false));
    establish(&mut node, OUT, open(None), now);
    node.closed(OUT, now);
    assert_eq!(bits(&our_capability(&node.accept(now).1)), (false, true));
}

#[test]
fn another_configuration_holds_from_the_next_connection_on() {
    let (mut node, now) = established(Some(forwarding(120)));
    let restarting = PeerConfig { restarting: true, ..config_a() };
    assert!(node.session.set_config(restarting), "what has become of the restart is not configured");
    let mut stricter = config_a();
    stricter.required.hostname = true;
    assert!(!node.session.set_config(stricter), "there would be no session now");
    assert_eq!(node.state(), State::Established);
    node.session.closed(OUT, None, now);
    assert!(node.session.set_config(config_a()), "there is no session that it could not suffice for");
}
