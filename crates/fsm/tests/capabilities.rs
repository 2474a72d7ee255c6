//! Capabilities beyond the first ones: what both must have, what is required of the neighbor, and what its
//! lack leads to.

mod common;

use bytes::BytesMut;
use common::{AS_A, Node, OUT, Pair, config_a, epoch, millis, open_b, secs};
use godwit_fsm::{
    Action, GracefulRestartConfig, LogClass, LongLivedConfig, Negotiated, Outbound, PeerConfig, RemoteAs,
    Required, State,
};
use godwit_wire::{
    AddPathFamily, AddressFamily, Capability, ExtendedNextHopFamily, GracefulRestart, GracefulRestartFamily,
    Hostname, LongLivedFamily, Notification, Open, Role,
};

const IPV4: AddressFamily = AddressFamily::IPV4;
const IPV6: AddressFamily = AddressFamily::IPV6;

/// What a machine says to an OPEN: agreed, or the NOTIFICATION.
fn judge(config: &PeerConfig, open: Open) -> Result<Negotiated, Notification> {
    let (mut node, now) = (Node::new(config.clone(), 5), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    let mut bytes = BytesMut::new();
    open.encode(&mut bytes);
    let mut actions = node.receive(OUT, &bytes, now);
    actions.extend(node.input(now, |s| s.keepalive(OUT, now)));
    let outcome = actions.into_iter().find_map(|action| match action {
        Action::Established(_, negotiated) => Some(Ok(*negotiated)),
        Action::Send(_, Outbound::Notification(notification)) => Some(Err(notification)),
        _ => None,
    });
    outcome.expect("one or the other")
}

fn agreed(config: &PeerConfig, capabilities: Vec<Capability>) -> Negotiated {
    judge(config, open_b(capabilities)).expect("it is accepted")
}

fn refused(config: &PeerConfig, capabilities: Vec<Capability>) -> (u8, u8, Vec<u8>) {
    let notification = judge(config, open_b(capabilities)).expect_err("it is refused");
    (notification.code, notification.subcode, notification.data.to_vec())
}

/// The OPEN a machine sends.
fn sent(config: &PeerConfig) -> Vec<Capability> {
    agreed(config, Vec::new()).local_open.capabilities
}

fn next_hops(families: &[AddressFamily]) -> Capability {
    let of = |f: &AddressFamily| ExtendedNextHopFamily { family: *f, next_hop_afi: 2 };
    Capability::ExtendedNextHop(families.iter().map(of).collect())
}

#[test]
fn what_needs_both_is_agreed_on_only_if_both_have_it() {
    let both = PeerConfig { extended_messages: true, extended_next_hop: vec![IPV4], ..config_a() };
    let theirs = vec![
        Capability::RouteRefresh,
        Capability::EnhancedRouteRefresh,
        Capability::ExtendedMessage,
        next_hops(&[IPV4, IPV6]),
    ];
    let all = agreed(&both, theirs.clone());
    assert_eq!((all.enhanced_route_refresh, all.message_len_max), (true, 65_535));
    assert_eq!(all.extended_next_hop, [IPV4], "a family that is not in use does not count");
    let neither = |n: Negotiated| {
        assert_eq!((n.enhanced_route_refresh, n.message_len_max), (false, 4096));
        assert_eq!(n.extended_next_hop, []);
    };
    neither(agreed(&both, Vec::new()));
    let off = PeerConfig { enhanced_route_refresh: false, ..config_a() };
    neither(agreed(&off, theirs.clone()));
    neither(agreed(&PeerConfig { capabilities: false, ..both.clone() }, theirs.clone()));
    // Without route refresh there is no better one.
    let plain = PeerConfig { route_refresh: false, ..both };
    assert!(!sent(&plain).contains(&Capability::EnhancedRouteRefresh));
}

#[test]
fn open_says_all_that_is_configured_in_the_order_of_bird() {
    let config = PeerConfig {
        extended_messages: true,
        extended_next_hop: vec![IPV4, IPV6],
        hostname: Some("r1".into()),
        local_role: Some(Role::Provider),
        long_lived: Some(vec![
            LongLivedConfig { family: IPV4, stale_time_secs: Some(3600), bounds_secs: (0, 0xff_ffff) },
            LongLivedConfig { family: IPV6, stale_time_secs: None, bounds_secs: (0, 0xff_ffff) },
        ]),
        ..config_a()
    };
    let restart = |notification| {
        Capability::GracefulRestart(GracefulRestart { notification, ..GracefulRestart::default() })
    };
    let long_lived = LongLivedFamily { family: IPV4, forwarding_preserved: false, stale_time_secs: 3600 };
    assert_eq!(
        sent(&config),
        [
            Capability::Multiprotocol(IPV4),
            Capability::RouteRefresh,
            next_hops(&[IPV4]),
            Capability::ExtendedMessage,
            Capability::Role(Role::Provider),
            restart(false),
            Capability::FourOctetAs(AS_A),
            Capability::EnhancedRouteRefresh,
            Capability::LongLivedGracefulRestart(vec![long_lived]),
            Capability::Hostname(Hostname::new("r1")),
        ]
    );
    let notifying = PeerConfig { graceful_notification: true, ..config.clone() };
    assert!(sent(&notifying).contains(&restart(true)));
    // RFC 9494 §4.1: not without the other; RFC 9234 §4.1: not within an AS.
    let bare = PeerConfig { graceful_restart: GracefulRestartConfig::Off, ..config.clone() };
    assert!(!sent(&bare).iter().any(|c| matches!(c, Capability::LongLivedGracefulRestart(_))));
    let implied = PeerConfig { announces_ipv4: false, ..config_a() };
    assert!(!sent(&implied).contains(&Capability::Multiprotocol(IPV4)));
    let internal = PeerConfig { remote_as: RemoteAs::Internal, ..config };
    let open = Open { asn: AS_A as u16, ..open_b(vec![Capability::Role(Role::Provider)]) };
    let agreed = judge(&internal, open).expect("roles are none of its business");
    assert_eq!(agreed.role, None);
    assert!(!agreed.local_open.capabilities.iter().any(|c| matches!(c, Capability::Role(_))));
}

/// Capabilities that do not fit in 255 octets go in the extended form, which is read as the same (RFC 9072).
#[test]
fn many_capabilities_go_in_long_parameters() {
    let config =
        PeerConfig { families: (1..60).map(|safi| AddressFamily { afi: 1, safi }).collect(), ..config_a() };
    let open = agreed(&config, Vec::new()).local_open;
    let mut bytes = BytesMut::new();
    open.encode(&mut bytes);
    assert_eq!(bytes[28..30], [255, 255]);
    assert_eq!(Open::parse(&bytes[19..]).expect("it is good"), open);
}

#[test]
fn roles_fit_or_there_is_no_session() {
    let roles = [Role::Provider, Role::RsServer, Role::RsClient, Role::Customer, Role::Peer];
    let pairs = [
        (Role::Provider, Role::Customer),
        (Role::Customer, Role::Provider),
        (Role::RsServer, Role::RsClient),
        (Role::RsClient, Role::RsServer),
        (Role::Peer, Role::Peer),
    ];
    for (ours, theirs) in roles.into_iter().flat_map(|ours| roles.map(|theirs| (ours, theirs))) {
        let config = PeerConfig { local_role: Some(ours), ..config_a() };
        let open = vec![Capability::Role(theirs)];
        if pairs.contains(&(ours, theirs)) {
            assert_eq!(agreed(&config, open).role, Some(ours));
        } else {
            assert_eq!(refused(&config, open), (2, 11, vec![]), "{ours} and {theirs}");
        }
    }
    // In BIRD's words.
    let (mut node, now) = (Node::new(PeerConfig { local_role: Some(Role::Peer), ..config_a() }, 5), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    let customer = open_b(vec![Capability::Role(Role::Customer)]);
    let actions = node.input(now, |s| s.open(OUT, customer, now));
    assert!(actions.contains(&Action::Log(LogClass::Remote, "Error: Role mismatch (customer)".into())));
    assert_eq!(node.session.status(now).last_error.as_deref(), Some("BGP Error: Role mismatch"));
    let config = PeerConfig { local_role: Some(Role::Peer), ..config_a() };
    let peer = Capability::Role(Role::Peer);
    // RFC 9234 §4.2: who says nothing is taken as it is expected, unless it has to say it.
    assert_eq!(agreed(&config, Vec::new()).role, Some(Role::Peer));
    assert_eq!(agreed(&config, vec![peer.clone(), peer.clone()]).role, Some(Role::Peer));
    assert_eq!(refused(&config, vec![peer.clone(), Capability::Role(Role::Customer)]).1, 11, "two roles");
    let strict = PeerConfig { required: Required { roles: true, ..Required::default() }, ..config };
    assert_eq!(refused(&strict, Vec::new()), (2, 11, vec![]));
    assert_eq!(agreed(&strict, vec![peer.clone()]).role, Some(Role::Peer));
    // Without a role of ours nobody asks.
    assert_eq!(agreed(&config_a(), vec![peer.clone(), Capability::Role(Role::Customer)]).role, None);
}

#[test]
fn what_is_required_and_not_there_is_2_7_with_it() {
    let graceful = Capability::GracefulRestart(GracefulRestart::default());
    let name = Capability::Hostname(Hostname::new("r2"));
    let long = Capability::LongLivedGracefulRestart(Vec::new());
    let four = Capability::FourOctetAs(common::AS_B);
    type Require = fn(&mut Required);
    let cases: [(Require, Capability, Vec<u8>); 8] = [
        (|r| r.route_refresh = true, Capability::RouteRefresh, vec![2, 0]),
        (|r| r.extended_messages = true, Capability::ExtendedMessage, vec![6, 0]),
        (|r| r.graceful_restart = true, graceful, vec![64, 2, 0, 0]),
        (|r| r.four_octet_as = true, four, vec![65, 4, 0, 0, 0xfd, 0xe9]),
        (|r| r.enhanced_route_refresh = true, Capability::EnhancedRouteRefresh, vec![70, 0]),
        (|r| r.long_lived_graceful_restart = true, long, vec![71, 0]),
        (|r| r.hostname = true, name, vec![73, 4, 2, b'r', b'1', 0]),
        (|r| r.extended_next_hop = vec![IPV4], next_hops(&[IPV4]), vec![5, 6, 0, 1, 0, 1, 0, 2]),
    ];
    let base = PeerConfig { hostname: Some("r1".into()), ..config_a() };
    let mut everything = base.clone();
    for (require, capability, data) in cases.clone() {
        let mut config = base.clone();
        require(&mut config.required);
        require(&mut everything.required);
        assert_eq!(refused(&config, Vec::new()), (2, 7, data), "{capability:?}");
        agreed(&config, vec![capability]);
    }
    // All that is missing is told, and only that.
    let all: Vec<u8> = cases[..7].iter().flat_map(|(_, _, data)| data.clone()).collect();
    assert_eq!(refused(&everything, vec![next_hops(&[IPV4])]), (2, 7, all));
    let ours = |receive, send| AddPathFamily { family: IPV4, receive, send };
    let mut config = PeerConfig { add_path: vec![ours(true, false)], ..config_a() };
    config.required.add_path = vec![IPV4];
    assert_eq!(refused(&config, Vec::new()), (2, 7, vec![69, 4, 0, 1, 1, 1]));
    assert_eq!(refused(&config, vec![Capability::AddPath(vec![ours(true, false)])]).1, 7);
    agreed(&config, vec![Capability::AddPath(vec![ours(false, true)])]);
}

#[test]
fn hold_and_keepalive_times_have_a_least() {
    let least = |hold, keepalive| PeerConfig {
        min_hold_time_secs: hold,
        min_keepalive_time_secs: keepalive,
        ..config_a()
    };
    // The neighbor offers 90 seconds.
    agreed(&least(90, 30), Vec::new());
    assert_eq!(refused(&least(91, 0), Vec::new()), (2, 6, vec![]));
    assert_eq!(refused(&least(0, 31), Vec::new()), (2, 6, vec![]));
    let never = Open { hold_time_secs: 0, ..open_b(Vec::new()) };
    assert!(judge(&least(1, 0), never.clone()).is_err(), "no hold time is less than any");
    assert!(judge(&least(0, 0), never).is_ok());
}

#[test]
fn times_a_neighbor_announces_have_bounds() {
    let config = PeerConfig {
        restart_time_bounds_secs: (10, 100),
        long_lived: Some(vec![LongLivedConfig {
            family: IPV4,
            stale_time_secs: None,
            bounds_secs: (0, 1000),
        }]),
        ..config_a()
    };
    let family = GracefulRestartFamily { family: IPV4, forwarding_preserved: true };
    for (announced, taken) in [(0, 10), (50, 50), (4095, 100)] {
        let graceful = GracefulRestart {
            restart_time_secs: announced,
            families: vec![family],
            ..GracefulRestart::default()
        };
        let agreed = agreed(&config, vec![Capability::GracefulRestart(graceful)]);
        assert_eq!(agreed.graceful_restart.map(|g| g.restart_time_secs), Some(taken));
    }
    let long =
        |family, stale_time_secs| LongLivedFamily { family, forwarding_preserved: true, stale_time_secs };
    let theirs = Capability::LongLivedGracefulRestart(vec![long(IPV4, 5000), long(IPV6, 5000)]);
    let graceful = Capability::GracefulRestart(GracefulRestart::default());
    assert_eq!(agreed(&config, vec![graceful, theirs.clone()]).long_lived, [long(IPV4, 1000)]);
    assert_eq!(agreed(&config, vec![theirs]).long_lived, [], "it is nothing without the other");
}

#[test]
fn a_neighbor_without_parameters_is_asked_once_without_and_one_that_misses_a_capability_is_not() {
    let config = PeerConfig { error_wait: (secs(5), secs(5)), ..config_a() };
    for (subcode, expected) in [(4, [5, 0, 5]), (7, [5, 5, 5])] {
        let (mut node, mut now) = (Node::new(config.clone(), 5), epoch());
        node.start(now);
        let mut sent = Vec::new();
        for _ in 0..3 {
            let actions = node.connect_done(Ok(()), now);
            sent.extend(actions.into_iter().filter_map(|action| match action {
                Action::Send(OUT, Outbound::Open(open)) => Some(open.capabilities.len()),
                _ => None,
            }));
            node.input(now, |s| s.notification(OUT, &Notification::new(2, subcode), now));
            now = node.session.next_timeout().expect("it tries again");
            node.handle_timeout(now);
            if !node.connecting {
                now = node.session.next_timeout().expect("it connects");
                node.handle_timeout(now);
            }
        }
        // It may not have been that: after the wait for the error it is told all again.
        assert_eq!(sent, expected);
    }
}

/// The driver does not read, so that nothing is heard: that is no fault of the neighbor's.
#[test]
fn there_is_no_hold_timer_where_nothing_is_read() {
    let mut pair = Pair::established(|a, b| {
        (a.disable_rx, b.hold_time_secs) = (true, 30);
    });
    pair.cut = true;
    pair.run(millis(300_000));
    assert_ne!(pair.states().1, State::Established, "the neighbor has heard nothing either");
    assert_eq!(pair.states().0, State::Established);
}
