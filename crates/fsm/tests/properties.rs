//! Whatever happens, in whatever order, a machine keeps to the rules that `common::Node` checks after
//! each event; and two machines find together, however slow the wire is.

mod common;
#[path = "properties/opens.rs"]
mod opens;

use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{AS_A, LOW, Node, Pair, Side, config_a, config_b, epoch, millis, open_b, secs};
use godwit_fsm::{
    Action, Direction, GracefulRestartConfig, LongLivedConfig, PeerConfig, RemoteAs, Required, State,
    StopCause,
};
use godwit_wire::{AddressFamily, Capability, MessageError, Notification, Open, Role, RouteRefresh};
use opens::open;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;

/// Something that happens to a machine.
#[derive(Clone, Debug)]
enum Step {
    Start,
    Stop(StopCause),
    End(StopCause),
    Link(bool),
    ConnectDone(bool),
    /// An outgoing connection that nobody asked for, or not any more.
    Late,
    Incoming,
    Closed(Direction),
    Open(Direction, Open),
    Keepalive(Direction),
    Update(Direction),
    Refresh(Direction, RouteRefresh),
    /// Octets went, and some are left.
    Wrote(Direction, bool, bool),
    Notification(Direction, Notification),
    Malformed(Direction, MessageError),
    /// Octets as they may come from anybody.
    Octets(Direction, Vec<u8>),
    /// What makes a session, over a connection of this direction.
    Handshake(Direction),
    /// The next timer, and not before.
    Wait,
    /// The driver was busy: every timer may be due.
    Sleep(Duration),
    /// Time goes on, but the timers are not looked at before the next event.
    Drift(Duration),
}

const FAMILIES: [AddressFamily; 3] =
    [AddressFamily::IPV4, AddressFamily::IPV6, AddressFamily { afi: 1, safi: 133 }];

fn hold_time() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0), Just(3), 3u16..400, Just(u16::MAX)]
}

fn seconds(max: u64) -> impl Strategy<Value = Duration> {
    prop_oneof![Just(Duration::ZERO), (0..=max).prop_map(secs)]
}

fn config() -> impl Strategy<Value = PeerConfig> {
    let timers = (
        (hold_time(), hold_time(), option::of(1u16..400)),
        (option::of(seconds(30)), seconds(200), seconds(100), seconds(400), seconds(400)),
    );
    let remote = select(vec![RemoteAs::Number(65002), RemoteAs::External, RemoteAs::Internal]);
    let graceful = select(vec![
        GracefulRestartConfig::Off,
        GracefulRestartConfig::Aware,
        GracefulRestartConfig::On { restart_time_secs: 100 },
    ]);
    let families = (subsequence(FAMILIES.to_vec(), 1..=3), subsequence(FAMILIES.to_vec(), 0..=1));
    let often = || prop::bool::weighted(0.8);
    let seldom = || prop::bool::weighted(0.2);
    let flags = (seldom(), seldom(), often(), often(), often(), seldom());
    let newer = (
        (option::of(0u32..100), often(), option::of(Just(Role::Peer)), prop::bool::weighted(0.1)),
        (any::<bool>(), select(vec![0, 0, 0xff7f_u16]), 0u32..200),
    );
    let all = (timers, remote, graceful, families, flags, newer);
    all.prop_map(|(timers, remote_as, graceful_restart, f, flags, newer)| {
        let ((send_hold_time_secs, is_long_lived, local_role, roles), newer) = newer;
        let (graceful_notification, disable_after_cease, most) = newer;
        let long = |family| LongLivedConfig { family, stale_time_secs: Some(100), bounds_secs: (0, most) };
        let long_lived = is_long_lived.then(|| FAMILIES.map(long).to_vec());
        let ((hold_time_secs, startup_hold_time_secs, keepalive_time_secs), timers) = timers;
        let (connect_delay, connect_retry, wait_min, wait_max, error_forget) = timers;
        let (disable_after_error, passive, capabilities, route_refresh, four_octet_as, restarting) = flags;
        PeerConfig {
            hold_time_secs,
            startup_hold_time_secs,
            keepalive_time_secs,
            connect_delay,
            connect_retry,
            error_wait: (wait_min, wait_max),
            error_forget,
            disable_after_error,
            passive,
            capabilities,
            families: f.0,
            mandatory_families: f.1,
            route_refresh,
            four_octet_as,
            graceful_restart,
            restarting,
            send_hold_time_secs,
            long_lived,
            local_role,
            required: Required { roles, ..Required::default() },
            graceful_notification,
            disable_after_cease,
            ..PeerConfig::new(AS_A, remote_as, LOW, AddressFamily::IPV4)
        }
    })
}

fn cause() -> impl Strategy<Value = StopCause> {
    prop_oneof![
        option::of("\\PC{0,300}").prop_map(StopCause::AdministrativeShutdown),
        option::of("\\PC{0,10}").prop_map(StopCause::AdministrativeReset),
        Just(StopCause::Deconfigured),
        Just(StopCause::ConfigurationChange),
        Just(StopCause::MaxPrefixes),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let way = || select(vec![Direction::Outgoing, Direction::Incoming]);
    let notification = (0u8..8, 0u8..12, vec(any::<u8>(), 0..40))
        .prop_map(|(code, subcode, data)| Notification { code, subcode, data: data.into() });
    let error = select(vec![
        MessageError::Marker,
        MessageError::HoldTime(1),
        MessageError::OptionalParameter(1),
        MessageError::RouteRefreshLength(Bytes::from_static(b"x")),
    ]);
    let refresh =
        (select(FAMILIES.to_vec()), 0u8..4).prop_map(|(family, subtype)| RouteRefresh { family, subtype });
    let octets = (1u8..6, vec(any::<u8>(), 0..40)).prop_map(|(kind, body)| {
        let mut octets = vec![0xff; 16];
        octets.extend_from_slice(&[0, 19 + body.len() as u8, kind]);
        octets.extend(body);
        octets
    });
    let time = || prop_oneof![(0u64..5_000).prop_map(millis), (0u64..500).prop_map(secs)];
    prop_oneof![
        6 => Just(Step::Start),
        1 => cause().prop_map(Step::Stop),
        1 => cause().prop_map(Step::End),
        1 => any::<bool>().prop_map(Step::Link),
        8 => prop::bool::weighted(0.8).prop_map(Step::ConnectDone),
        1 => Just(Step::Late),
        6 => Just(Step::Incoming),
        2 => way().prop_map(Step::Closed),
        12 => (way(), open()).prop_map(|(d, open)| Step::Open(d, open)),
        12 => way().prop_map(Step::Keepalive),
        3 => way().prop_map(Step::Update),
        3 => (way(), any::<bool>(), any::<bool>()).prop_map(|(d, went, waits)| Step::Wrote(d, went, waits)),
        1 => (way(), refresh).prop_map(|(d, refresh)| Step::Refresh(d, refresh)),
        2 => (way(), notification).prop_map(|(d, n)| Step::Notification(d, n)),
        1 => (way(), error).prop_map(|(d, error)| Step::Malformed(d, error)),
        1 => (way(), octets).prop_map(|(d, octets)| Step::Octets(d, octets)),
        6 => way().prop_map(Step::Handshake),
        8 => Just(Step::Wait),
        3 => time().prop_map(Step::Sleep),
        2 => time().prop_map(Step::Drift),
    ]
}

fn take(node: &mut Node, step: &Step, now: &mut Instant) -> Vec<Action> {
    let at = *now;
    match step.clone() {
        Step::Start => node.start(at),
        Step::Stop(cause) => node.stop(&cause, at),
        Step::End(cause) => node.input(at, |s| s.end(&cause, at)),
        Step::Link(there) => node.set_reachable(there, at),
        Step::ConnectDone(done) => node.connect_done(done.then_some(()).ok_or("Connection refused"), at),
        Step::Late if node.connecting || node.is_linked(Direction::Outgoing) => Vec::new(),
        Step::Late => {
            node.connecting = true;
            node.connect_done(Ok(()), at)
        }
        Step::Incoming => node.accept(at).1,
        Step::Closed(direction) => node.closed(direction, at),
        Step::Open(direction, open) => node.input(at, |s| s.open(direction, open, at)),
        Step::Keepalive(direction) => node.input(at, |s| s.keepalive(direction, at)),
        Step::Update(direction) => node.input(at, |s| {
            s.update(direction, at);
        }),
        Step::Refresh(direction, refresh) => node.input(at, |s| s.route_refresh(direction, refresh, at)),
        Step::Wrote(direction, went, waits) => node.input(at, |s| s.wrote(direction, went, waits, at)),
        Step::Notification(direction, n) => node.input(at, |s| s.notification(direction, &n, at)),
        Step::Malformed(direction, error) => node.input(at, |s| s.message_error(direction, &error, at)),
        Step::Octets(direction, octets) => node.receive(direction, &octets, at),
        Step::Handshake(direction) => {
            let mut actions = match direction {
                Direction::Outgoing => node.connect_done(Ok(()), at),
                Direction::Incoming => node.accept(at).1,
            };
            let open = open_b(FAMILIES.map(Capability::Multiprotocol).to_vec());
            actions.extend(node.input(at, |s| s.open(direction, open, at)));
            actions.extend(node.input(at, |s| s.keepalive(direction, at)));
            actions
        }
        Step::Wait => {
            *now = node.session.next_timeout().map_or(at, |next| next.max(at));
            node.handle_timeout(*now)
        }
        Step::Sleep(time) => {
            *now += time;
            node.handle_timeout(*now)
        }
        Step::Drift(time) => {
            *now += time;
            Vec::new()
        }
    }
}

fn run(config: &PeerConfig, seed: u64, steps: &[Step], start: Instant) -> (Vec<Action>, Node) {
    let (mut node, mut now) = (Node::new(config.clone(), seed), start);
    let mut actions = Vec::new();
    for step in steps {
        actions.extend(take(&mut node, step, &mut now));
        let status = node.session.status(now);
        assert_eq!(status.state, node.state());
        if node.state() == State::Established {
            assert!(status.capabilities.is_some());
        }
    }
    (actions, node)
}

/// Whether a session was ever up.
fn is_up(actions: &[Action]) -> bool {
    actions.iter().any(|a| matches!(a, Action::Established(..)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_breaks_a_rule(
        config in config(), seed in any::<u64>(), steps in vec(step(), 0..120),
    ) {
        let start = epoch();
        let (actions, _) = run(&config, seed, &steps, start);
        // The same again: there is nothing in it but its input.
        prop_assert_eq!(actions, run(&config, seed, &steps, start).0);
    }

    #[test]
    fn only_time_is_needed_to_try_again(
        config in config(), seed in any::<u64>(), steps in vec(step(), 0..60),
    ) {
        // Whatever was before: started, reachable, not passive and with nobody there, it connects.
        let config = PeerConfig { passive: false, disable_after_error: false, disable_after_cease: 0, ..config };
        let (_, mut node) = run(&config, seed, &steps, epoch());
        let mut now = epoch() + secs(1_000_000);
        node.handle_timeout(now);
        for direction in [Direction::Outgoing, Direction::Incoming] {
            node.closed(direction, now);
        }
        node.set_reachable(true, now);
        node.start(now);
        for _ in 0..8 {
            if node.connecting {
                break;
            }
            now = node.session.next_timeout().expect("it waits for something");
            node.handle_timeout(now);
        }
        prop_assert!(node.connecting, "{:#?}", node);
    }

    #[test]
    fn two_machines_find_together(
        seeds in any::<(u64, u64)>(),
        delays in vec((0u64..1_500).prop_map(millis), 1..9),
        holds in (30u16..300, 30u16..300),
        connect_delays in (option::of(seconds(10)), option::of(seconds(10))),
        higher in any::<bool>(),
        apart in (0u64..3_000).prop_map(millis),
    ) {
        let id = if higher { [192, 0, 2, 9].into() } else { LOW };
        let a = PeerConfig {
            router_id: id, hold_time_secs: holds.0, connect_delay: connect_delays.0, ..config_a()
        };
        let b = PeerConfig { hold_time_secs: holds.1, connect_delay: connect_delays.1, ..config_b() };
        let mut pair = Pair::new(a.clone(), b.clone());
        (pair.a, pair.b) = (Node::new(a, seeds.0), Node::new(b, seeds.1));
        pair.delays = delays;
        pair.start(Side::A);
        pair.run(apart);
        pair.start(Side::B);
        pair.run(secs(600));
        prop_assert_eq!(pair.states(), (State::Established, State::Established), "{:#?}", pair.log);
        let (over_a, over_b) = (pair.negotiated(Side::A).0, pair.negotiated(Side::B).0);
        prop_assert_eq!(over_a, over_b.other(), "the same connection");
        let events = pair.downs(Side::A).len() + pair.downs(Side::B).len();
        pair.run(secs(900));
        prop_assert_eq!(events, pair.downs(Side::A).len() + pair.downs(Side::B).len(), "and it stays");
    }
}

#[test]
fn random_events_get_as_far_as_established() {
    // Or the properties above would hold of machines that never do anything.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (config(), any::<u64>(), vec(step(), 60..120));
    let runs = (0..200).map(|_| strategy.new_tree(&mut runner).expect("a value").current());
    let up = runs.filter(|(config, seed, steps)| is_up(&run(config, *seed, steps, epoch()).0)).count();
    assert!(up > 40, "{up} of 200");
}
