//! Judging the neighbor's OPEN (RFC 4271 §6.2), and what the two agree on.

mod common;

use std::net::Ipv4Addr;

use bytes::BytesMut;
use common::{AS_A, AS_B, HIGH, LOW, Node, OUT, Pair, Side, config_a, config_b, epoch, open_b, secs};
use godwit_fsm::{
    Action, CloseReason, GracefulRestartConfig, Negotiated, Outbound, PeerConfig, RemoteAs, State,
};
use godwit_wire::{
    AS_TRANS, AddPathFamily, AddressFamily, Capability, GracefulRestart, GracefulRestartFamily, Notification,
    Open,
};

const IPV4: AddressFamily = AddressFamily::IPV4;
const IPV6: AddressFamily = AddressFamily::IPV6;
const FLOW4: AddressFamily = AddressFamily { afi: 1, safi: 133 };

/// What a machine says to an OPEN that came over the wire: agreed, or the NOTIFICATION.
fn judge(config: &PeerConfig, open: &Open) -> Result<Negotiated, Notification> {
    let (mut node, now) = (Node::new(config.clone(), 5), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    let mut bytes = BytesMut::new();
    open.encode(&mut bytes);
    let mut actions = node.receive(OUT, &bytes, now);
    actions.extend(node.input(now, |s| s.keepalive(OUT, now)));
    for action in actions {
        match action {
            Action::Established(_, negotiated) => return Ok(*negotiated),
            Action::Send(_, Outbound::Notification(notification)) => {
                assert_eq!(node.state(), State::Idle, "it waits after the error");
                return Err(notification);
            }
            _ => {}
        }
    }
    panic!("neither one nor the other");
}

fn refused(config: &PeerConfig, open: &Open) -> (u8, u8, Vec<u8>) {
    let notification = judge(config, open).expect_err("it is refused");
    (notification.code, notification.subcode, notification.data.to_vec())
}

fn agreed(config: &PeerConfig, open: &Open) -> Negotiated {
    judge(config, open).expect("it is accepted")
}

fn expecting(remote_as: RemoteAs) -> PeerConfig {
    PeerConfig { remote_as, ..config_a() }
}

fn families(list: &[AddressFamily]) -> Vec<Capability> {
    list.iter().map(|f| Capability::Multiprotocol(*f)).collect()
}

#[test]
fn wrong_as_is_2_2_with_the_as_that_came() {
    let open = |asn: u16| Open { asn, ..open_b(Vec::new()) };
    assert_eq!(refused(&config_a(), &open(65003)), (2, 2, 65003u16.to_be_bytes().into()));
    assert_eq!(refused(&expecting(RemoteAs::Internal), &open(65002)).0, 2);
    assert_eq!(refused(&expecting(RemoteAs::External), &open(AS_A as u16)).1, 2);
    // RFC 7607 §2: AS 0 is nobody's, whoever is expected.
    for remote_as in [RemoteAs::External, RemoteAs::Number(0)] {
        assert_eq!(refused(&expecting(remote_as), &open(0)), (2, 2, vec![0, 0]));
    }
    assert_eq!(agreed(&config_a(), &open(65002)).peer_as, AS_B);
    assert!(agreed(&expecting(RemoteAs::Internal), &open(AS_A as u16)).internal);
    assert!(!agreed(&expecting(RemoteAs::External), &open(65002)).internal);
}

#[test]
fn four_octet_as_counts_where_it_is_announced() {
    let open = |asn, as4| Open { asn, ..open_b(vec![Capability::FourOctetAs(as4)]) };
    let big = expecting(RemoteAs::Number(4_200_000_001));
    assert_eq!(agreed(&big, &open(AS_TRANS, 4_200_000_001)).peer_as, 4_200_000_001);
    assert_eq!(refused(&big, &open(AS_TRANS, 4_200_000_002)), (2, 2, AS_TRANS.to_be_bytes().into()));
    // RFC 6793 §4.1: the two fields must not contradict each other, and AS 0 is nobody's.
    assert_eq!(refused(&config_a(), &open(65003, AS_B)).1, 2);
    assert_eq!(refused(&expecting(RemoteAs::External), &open(AS_TRANS, 0)).1, 2);
    // AS_TRANS without the capability is an AS like another.
    assert_eq!(refused(&big, &Open { asn: AS_TRANS, ..open_b(Vec::new()) }).1, 2);

    let both = agreed(&config_a(), &open(65002, AS_B));
    let only_we = agreed(&config_a(), &open_b(Vec::new()));
    let only_they = agreed(&PeerConfig { four_octet_as: false, ..config_a() }, &open(65002, AS_B));
    assert_eq!([both, only_we, only_they].map(|n| n.four_octet_as), [true, false, false]);
}

#[test]
fn four_octet_as_between_two_machines() {
    let pair = Pair::established(|a, b| {
        (a.local_as, a.remote_as) = (4_200_000_001, RemoteAs::Number(4_200_000_002));
        (b.local_as, b.remote_as) = (4_200_000_002, RemoteAs::External);
    });
    let (_, at_b) = pair.negotiated(Side::B);
    assert_eq!((at_b.peer_as, at_b.remote_open.asn), (4_200_000_001, AS_TRANS));
    assert!(at_b.four_octet_as);
}

#[test]
fn bad_bgp_identifier_is_2_3_with_the_identifier() {
    let open = |identifier| Open { identifier, ..open_b(Vec::new()) };
    assert_eq!(refused(&config_a(), &open(Ipv4Addr::UNSPECIFIED)), (2, 3, vec![0; 4]));
    // RFC 6286 §2.2: only within an AS it must not be ours, and it need not be a host's address.
    let internal = Open { asn: AS_A as u16, ..open(LOW) };
    assert_eq!(refused(&expecting(RemoteAs::Internal), &internal), (2, 3, LOW.octets().into()));
    assert_eq!(agreed(&config_a(), &open(LOW)).peer_id, LOW);
    assert_eq!(agreed(&config_a(), &open(Ipv4Addr::BROADCAST)).peer_id, Ipv4Addr::BROADCAST);
    assert_eq!(agreed(&config_a(), &open(HIGH)).peer_id, HIGH);
}

#[test]
fn hold_time_of_one_or_two_is_2_6_and_others_are_fine() {
    let open = |hold_time_secs| Open { hold_time_secs, ..open_b(Vec::new()) };
    for hold in [1, 2] {
        assert_eq!(refused(&config_a(), &open(hold)), (2, 6, Vec::new()));
    }
    for (hold, agreed_secs) in [(0, 0), (3, 3), (240, 240), (241, 240), (65535, 240)] {
        assert_eq!(agreed(&config_a(), &open(hold)).hold_time, secs(agreed_secs));
    }
}

#[test]
fn families_of_both_are_spoken_in_our_order() {
    let config = PeerConfig { families: vec![IPV6, FLOW4, IPV4], ..config_a() };
    let open = open_b(families(&[IPV4, AddressFamily { afi: 25, safi: 70 }, IPV6, IPV4]));
    assert_eq!(agreed(&config, &open).families, [IPV6, IPV4]);
    // RFC 4760 §8: without the capability it speaks IPv4, and nothing but IPv4.
    assert_eq!(agreed(&config, &open_b(Vec::new())).families, [IPV4]);
    assert_eq!(agreed(&config, &open_b(vec![Capability::RouteRefresh])).families, [IPV4]);
}

#[test]
fn no_family_in_common_is_2_7_with_ours() {
    let config = PeerConfig { families: vec![IPV6, FLOW4], ..config_a() };
    let ours = vec![1, 4, 0, 2, 0, 1, 1, 4, 0, 1, 0, 133];
    assert_eq!(refused(&config, &open_b(families(&[IPV4]))), (2, 7, ours.clone()));
    assert_eq!(refused(&config, &open_b(Vec::new())), (2, 7, ours));
}

#[test]
fn family_we_do_not_speak_is_not_agreed_on_because_we_send_no_capabilities() {
    // An OPEN of ours without capabilities says IPv4 to the neighbor, but there is no IPv4 here.
    let config = PeerConfig { families: vec![IPV6], capabilities: false, ..config_a() };
    assert_eq!(refused(&config, &open_b(Vec::new())), (2, 7, vec![1, 4, 0, 2, 0, 1]));
    let config = PeerConfig { families: vec![IPV4], capabilities: false, ..config_a() };
    assert_eq!(agreed(&config, &open_b(families(&[IPV4, IPV6]))).families, [IPV4]);
}

#[test]
fn mandatory_family_that_is_missing_is_2_7_with_that_one() {
    let config = PeerConfig { families: vec![IPV4, IPV6], mandatory_families: vec![IPV6], ..config_a() };
    // RFC 5492 §5: the data are the capabilities that are missing, not those that are there.
    assert_eq!(refused(&config, &open_b(families(&[IPV4]))), (2, 7, vec![1, 4, 0, 2, 0, 1]));
    assert_eq!(agreed(&config, &open_b(families(&[IPV6]))).families, [IPV6]);
}

#[test]
fn route_refresh_needs_both() {
    let with = open_b(vec![Capability::RouteRefresh]);
    let off = PeerConfig { route_refresh: false, ..config_a() };
    assert!(agreed(&config_a(), &with).route_refresh);
    assert!(!agreed(&config_a(), &open_b(Vec::new())).route_refresh);
    assert!(!agreed(&off, &with).route_refresh);
}

#[test]
fn graceful_restart_needs_both() {
    let theirs = GracefulRestart {
        restart_time_secs: 120,
        families: vec![GracefulRestartFamily { family: IPV4, forwarding_preserved: true }],
        ..GracefulRestart::default()
    };
    let with = open_b(vec![Capability::GracefulRestart(theirs.clone())]);
    let off = PeerConfig { graceful_restart: GracefulRestartConfig::Off, ..config_a() };
    assert_eq!(agreed(&config_a(), &with).graceful_restart, Some(theirs));
    assert_eq!(agreed(&config_a(), &open_b(Vec::new())).graceful_restart, None);
    assert_eq!(agreed(&off, &with).graceful_restart, None);
}

/// RFC 7911 §4: a direction counts where one can send and the other receive, in a family of both.
#[test]
fn add_path_needs_a_sender_and_a_receiver() {
    let entry = |family, receive, send| AddPathFamily { family, receive, send };
    let agree = |ours: Vec<AddPathFamily>, theirs: Vec<AddPathFamily>| {
        let config = PeerConfig { families: vec![IPV4, IPV6], add_path: ours, ..config_a() };
        let mut capabilities = families(&[IPV4, FLOW4]);
        capabilities.push(Capability::AddPath(theirs));
        let agreed = agreed(&config, &open_b(capabilities));
        assert_eq!(agreed.add_path(FLOW4), (false, false));
        assert_eq!(agreed.add_path(IPV6), (false, false), "it is not spoken on this session");
        agreed.add_path(IPV4)
    };
    for (ours, theirs) in (0..4).flat_map(|ours| (0..4).map(move |theirs| (ours, theirs))) {
        let way = |bits: i32| [IPV4, IPV6, FLOW4].map(|f| entry(f, bits & 1 != 0, bits & 2 != 0)).to_vec();
        let expected = (ours & 1 != 0 && theirs & 2 != 0, ours & 2 != 0 && theirs & 1 != 0);
        assert_eq!(agree(way(ours), way(theirs)), expected, "{ours} and {theirs}");
    }
    assert_eq!(agree(vec![entry(IPV4, true, true)], vec![entry(IPV6, true, true)]), (false, false));
    let config = PeerConfig { add_path: vec![entry(IPV4, true, true)], ..config_a() };
    assert_eq!(agreed(&config, &open_b(Vec::new())).add_path(IPV4), (false, false), "only we want it");
    let without = PeerConfig { capabilities: false, ..config };
    let theirs = vec![Capability::AddPath(vec![entry(IPV4, true, true)])];
    assert_eq!(agreed(&without, &open_b(theirs)).add_path(IPV4), (false, false), "we said nothing of it");
}

#[test]
fn open_says_what_is_configured() {
    let mut config = PeerConfig { families: vec![IPV4, IPV6], hold_time_secs: 90, ..config_a() };
    config.graceful_restart = GracefulRestartConfig::On { restart_time_secs: 60 };
    (config.restarting, config.restart_families) = (true, vec![IPV4, IPV6]);
    config.preserved_families = vec![IPV4];
    let family = |family| GracefulRestartFamily { family, forwarding_preserved: family == IPV4 };
    let graceful = GracefulRestart {
        restarting: true,
        notification: false,
        restart_time_secs: 60,
        families: vec![family(IPV4), family(IPV6)],
    };
    let paths = |family, receive, send| AddPathFamily { family, receive, send };
    config.add_path = vec![paths(IPV4, true, false), paths(IPV6, false, false), paths(FLOW4, true, true)];
    let mut capabilities = families(&[IPV4, IPV6]);
    capabilities.extend([
        Capability::RouteRefresh,
        Capability::GracefulRestart(graceful),
        Capability::FourOctetAs(AS_A),
        Capability::AddPath(vec![paths(IPV4, true, false)]),
        Capability::EnhancedRouteRefresh,
    ]);
    let sent = agreed(&config, &open_b(Vec::new())).local_open;
    assert_eq!(sent, Open { asn: AS_A as u16, hold_time_secs: 90, identifier: LOW, capabilities });

    config.graceful_restart = GracefulRestartConfig::Off;
    (config.route_refresh, config.four_octet_as) = (false, false);
    config.add_path.clear();
    assert_eq!(agreed(&config, &open_b(Vec::new())).local_open.capabilities, families(&[IPV4, IPV6]));
    config.capabilities = false;
    assert_eq!(agreed(&config, &open_b(Vec::new())).local_open.capabilities, []);
}

#[test]
fn neighbor_without_optional_parameters_is_asked_again_without() {
    let (mut node, mut now) = (Node::new(config_a(), 5), epoch());
    node.start(now);
    let mut sent = Vec::new();
    for _ in 0..2 {
        let actions = node.connect_done(Ok(()), now);
        sent.extend(actions.into_iter().filter_map(|action| match action {
            Action::Send(OUT, Outbound::Open(open)) => Some(open.capabilities.len()),
            _ => None,
        }));
        let actions = node.input(now, |s| s.notification(OUT, &Notification::new(2, 4), now));
        assert!(actions.contains(&Action::Close(OUT, CloseReason::Gone)));
        if node.state() != State::Idle {
            now = node.session.next_timeout().expect("it tries again");
            assert_eq!(node.handle_timeout(now), [Action::Connect]);
        }
    }
    assert_eq!(sent, [5, 0], "multiprotocol, both route refreshes, graceful restart and AS4; then none");
    assert_eq!(node.state(), State::Idle, "there is nothing more to leave out: it is an error");

    // Whoever starts it again may have another neighbor in mind.
    node.stop(&godwit_fsm::StopCause::Deconfigured, now);
    node.start(now);
    let actions = node.connect_done(Ok(()), now);
    assert!(
        actions.iter().any(|a| matches!(a, Action::Send(_, Outbound::Open(o)) if !o.capabilities.is_empty()))
    );
}

#[test]
fn both_ends_agree() {
    let mut pair = Pair::new(
        PeerConfig { families: vec![IPV4, IPV6], hold_time_secs: 30, ..config_a() },
        PeerConfig { families: vec![FLOW4, IPV6, IPV4], hold_time_secs: 60, ..config_b() },
    );
    pair.start(Side::B);
    pair.start(Side::A);
    pair.run(secs(1));
    let ((_, a), (_, b)) = (pair.negotiated(Side::A), pair.negotiated(Side::B));
    assert_eq!((&a.families[..], &b.families[..]), (&[IPV4, IPV6][..], &[IPV6, IPV4][..]));
    assert_eq!((a.hold_time, a.route_refresh), (b.hold_time, b.route_refresh));
    assert_eq!((a.local_open, a.remote_open), (b.remote_open, b.local_open));
}
