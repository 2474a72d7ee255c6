//! Long-lived graceful restart (RFC 9494), and NOTIFICATIONs that end a session gracefully (RFC 8538).

#[path = "long_lived/back.rs"]
mod back;
mod common;

use std::time::Instant;

use common::{Node, OUT, Pair, Side, config_a, epoch, millis, open_b, secs};
use godwit_fsm::{Action, GracefulRestartConfig, LongLivedConfig, Outbound, PeerConfig, State, StopCause};
use godwit_wire::{
    AddressFamily, Capability, GracefulRestart, GracefulRestartFamily, LongLivedFamily, Notification, Open,
    cease,
};

const IPV4: AddressFamily = AddressFamily::IPV4;
const IPV6: AddressFamily = AddressFamily::IPV6;

fn config() -> PeerConfig {
    let long = |family| LongLivedConfig { family, stale_time_secs: None, bounds_secs: (0, 0xff_ffff) };
    PeerConfig {
        families: vec![IPV4, IPV6],
        long_lived: Some(vec![long(IPV4), long(IPV6)]),
        graceful_notification: true,
        ..config_a()
    }
}

/// A neighbor's OPEN: restart time and families of graceful restart, families and times of the long one.
fn open(restart: (u16, &[AddressFamily]), long: &[(AddressFamily, u32)], notification: bool) -> Open {
    let family = |f: &AddressFamily| GracefulRestartFamily { family: *f, forwarding_preserved: true };
    let graceful = GracefulRestart {
        restarting: false,
        notification,
        restart_time_secs: restart.0,
        families: restart.1.iter().map(family).collect(),
    };
    let lived = |(family, stale_time_secs): &(AddressFamily, u32)| LongLivedFamily {
        family: *family,
        forwarding_preserved: true,
        stale_time_secs: *stale_time_secs,
    };
    open_b(vec![
        Capability::Multiprotocol(IPV4),
        Capability::Multiprotocol(IPV6),
        Capability::GracefulRestart(graceful),
        Capability::LongLivedGracefulRestart(long.iter().map(lived).collect()),
    ])
}

/// A machine with an established session to a neighbor that sent this.
fn established(open: Open) -> (Node, Instant) {
    let (mut node, now) = (Node::new(config(), 3), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    node.input(now, |s| s.open(OUT, open, now));
    node.input(now, |s| s.keepalive(OUT, now));
    assert_eq!(node.state(), State::Established);
    (node, now)
}

fn is_graceful(actions: &[Action]) -> bool {
    let down = |action: &Action| match action {
        Action::Down(down) => Some(down.graceful),
        _ => None,
    };
    actions.iter().find_map(down).expect("it is down")
}

/// What becomes of routes that are stale, and when, from the loss on.
fn fate(mut node: Node, now: Instant) -> Vec<(u64, Action)> {
    let mut all: Vec<_> = node.closed(OUT, now).into_iter().map(|action| (now, action)).collect();
    while let Some(at) = node.session.next_timeout().filter(|at| *at <= now + secs(100_000)) {
        all.extend(node.handle_timeout(at).into_iter().map(|action| (at, action)));
        all.extend(node.connect_done(Err("Connection refused"), at).into_iter().map(|action| (at, action)));
        if !node.session.status(at).neighbor_restarting {
            break;
        }
    }
    let wanted =
        |a: &Action| matches!(a, Action::LongLived(_) | Action::FamilyExpired(_) | Action::StaleExpired);
    let wanted = all.into_iter().filter(|(_, action)| wanted(action));
    wanted.map(|(at, action)| ((at - now).as_secs(), action)).collect()
}

#[test]
fn the_long_time_follows_the_restart_time_in_each_family() {
    let both = [IPV4, IPV6];
    let lost = |restart, long: &[(AddressFamily, u32)]| {
        let (node, now) = established(open(restart, long, false));
        fate(node, now)
    };
    let long = |families: &[AddressFamily]| Action::LongLived(families.to_vec());
    let (gone, all_gone) = (Action::FamilyExpired, Action::StaleExpired);
    assert_eq!(
        lost((100, &both), &[(IPV4, 1000), (IPV6, 2000)]),
        [(100, long(&both)), (1100, gone(IPV4)), (2100, all_gone.clone())]
    );
    assert_eq!(
        lost((100, &both), &[(IPV4, 1000)]),
        [(100, gone(IPV6)), (100, long(&[IPV4])), (1100, all_gone.clone())]
    );
    // RFC 9494 §4.2: what has no restart time begins with the long one.
    assert_eq!(lost((0, &both), &[(IPV6, 50)]), [(0, long(&[IPV6])), (50, all_gone.clone())]);
    assert_eq!(lost((0, &[]), &[(IPV6, 50)]), [(0, long(&[IPV6])), (50, all_gone.clone())]);
    assert_eq!(
        lost((100, &[IPV4]), &[(IPV6, 50)]),
        [(0, long(&[IPV6])), (50, gone(IPV6)), (100, all_gone.clone())]
    );
    assert_eq!(
        lost((100, &[IPV4]), &[(IPV6, 150)]),
        [(0, long(&[IPV6])), (100, gone(IPV4)), (150, all_gone.clone())]
    );
    assert_eq!(lost((100, &both), &[]), [(100, all_gone)]);
    // There is nothing to keep.
    let (mut node, now) = established(open((0, &[]), &[(IPV4, 0)], false));
    assert!(!is_graceful(&node.closed(OUT, now)));
}

/// As BIRD does: a neighbor that is silent and whose routes may stay for long is away, not in error.
#[test]
fn silence_of_such_a_neighbor_is_graceful() {
    for (long, codes) in [(vec![(IPV4, 1000)], vec![]), (vec![], vec![(4, 0)])] {
        let (mut node, now) = established(open((100, &[IPV4]), &long, false));
        let mut actions = Vec::new();
        while node.state() == State::Established {
            let at = node.session.next_timeout().expect("the hold timer");
            assert!(at <= now + secs(90));
            actions = node.handle_timeout(at);
        }
        let told: Vec<_> = actions.iter().filter_map(notification).map(|n| (n.code, n.subcode)).collect();
        assert_eq!((told, is_graceful(&actions)), (codes, !long.is_empty()));
        let error = node.session.status(now).last_error.expect("an error");
        assert!(error.ends_with("Error: Hold timer expired"), "{error}");
    }
}

fn notification(action: &Action) -> Option<&Notification> {
    match action {
        Action::Send(_, Outbound::Notification(notification)) => Some(notification),
        _ => None,
    }
}

/// RFC 8538 §4: with the N bit of both, a NOTIFICATION is as a lost connection, unless it is a Hard Reset.
#[test]
fn a_notification_is_graceful_if_both_said_so() {
    let hard = |inner: Notification| Notification::hard_reset(&inner);
    for (n_bit, sent, graceful) in [
        (true, Notification::new(3, 1), true),
        (true, Notification::new(6, cease::CONFIGURATION_CHANGE), true),
        (true, hard(Notification::new(6, cease::ADMINISTRATIVE_SHUTDOWN)), false),
        (false, Notification::new(3, 1), false),
        (false, Notification::new(6, cease::CONFIGURATION_CHANGE), false),
    ] {
        let (mut node, now) = established(open((100, &[IPV4]), &[], n_bit));
        let actions = node.input(now, |s| s.notification(OUT, &sent, now));
        assert_eq!(is_graceful(&actions), graceful, "{n_bit} {sent:?}");
        assert_eq!(actions.iter().filter_map(notification).count(), 0);
    }
    // And one of ours: the hold timer, a bad message.
    for n_bit in [true, false] {
        let (mut node, now) = established(open((100, &[IPV4]), &[], n_bit));
        let error = godwit_wire::MessageError::Type(9);
        assert_eq!(is_graceful(&node.input(now, |s| s.message_error(OUT, &error, now))), n_bit);
        assert_eq!(node.session.status(now).neighbor_restarting, n_bit);
    }
}

#[test]
fn what_is_to_end_for_good_is_said_in_a_hard_reset() {
    let text = || Some("for good".to_owned());
    let causes = [
        (StopCause::AdministrativeShutdown(text()), Some(2)),
        (StopCause::AdministrativeReset(text()), Some(4)),
        (StopCause::Deconfigured, Some(3)),
        (StopCause::MaxPrefixes, Some(1)),
        (StopCause::ConfigurationChange, None),
    ];
    for (cause, inner) in causes {
        let mut pair = Pair::established(|a, b| {
            (a.graceful_notification, b.graceful_notification) = (true, true);
            a.graceful_restart = GracefulRestartConfig::On { restart_time_secs: 100 };
            a.restart_families = a.families.clone();
        });
        pair.stop(Side::A, &cause);
        pair.run(millis(20));
        let [sent] = pair.notifications(Side::A).try_into().expect("one");
        assert_eq!(sent.inner().map(|n| n.subcode), inner, "{cause:?}");
        assert_eq!(pair.downs(Side::B)[0].graceful, inner.is_none());
        let status = pair.b.session.status(pair.now);
        if matches!(inner, Some(2 | 4)) {
            assert_eq!(status.shutdown_message.as_deref(), Some("for good"));
            assert!(status.last_error.is_some_and(|e| e.starts_with("Received: Hard reset: Administrative")));
        }
    }
}

#[test]
fn a_cease_that_is_listed_disables_the_session() {
    let config =
        PeerConfig { disable_after_cease: 1 << cease::ADMINISTRATIVE_SHUTDOWN | 1 << 15, ..config() };
    let shutdown = Notification::new(6, cease::ADMINISTRATIVE_SHUTDOWN);
    for (sent, disabled) in [
        (shutdown.clone(), true),
        (Notification::hard_reset(&shutdown), true),
        (Notification::new(6, 200), true),
        (Notification::new(6, cease::ADMINISTRATIVE_RESET), false),
        (Notification::new(3, 2), false),
    ] {
        let (mut node, now) = (Node::new(config.clone(), 3), epoch());
        node.start(now);
        node.connect_done(Ok(()), now);
        let actions = node.input(now, |s| s.notification(OUT, &sent, now));
        assert_eq!(actions.contains(&Action::Disable), disabled, "{sent:?}");
        assert_eq!(node.session.next_timeout().is_none(), disabled);
    }
}

/// As BIRD shows it: of a neighbor that has spoken of long-lived restart, if with a time of zero, the channels are not
/// down when its time is over, and that is when the restart is done.
#[test]
fn channels_wait_on_for_a_neighbor_that_spoke_of_long_lived_restart() {
    for (long, waits) in [(&[][..], false), (&[(IPV4, 0)][..], true), (&[(IPV4, 50)][..], true)] {
        let (mut node, now) = established(open((100, &[IPV4]), long, false));
        assert!(!node.session.status(now).channels_wait);
        node.closed(OUT, now);
        assert!(node.session.status(now).channels_wait);
        let (mut at, mut said) = (now, Vec::new());
        while at < now + secs(200) {
            at = node.session.next_timeout().expect("something is waited for").min(now + secs(200));
            said.extend(node.handle_timeout(at));
            node.connect_done(Err("Connection refused"), at);
        }
        let status = node.session.status(at);
        assert_eq!((status.neighbor_restarting, status.channels_wait), (false, waits), "{long:?}");
        let done = |action: &Action| matches!(action, Action::Log(_, text) if text.ends_with("restart done"));
        assert_eq!(said.iter().any(done), waits, "{long:?}");
        assert!(node.accept(at).0);
        node.input(at, |s| s.open(common::IN, open((100, &[IPV4]), long, false), at));
        node.input(at, |s| s.keepalive(common::IN, at));
        assert!(!node.session.status(at).channels_wait);
    }
}
