#[path = "../../../crates/rib/tests/common/mod.rs"]
mod common;
mod driver;
mod expected;
mod family;
mod far_end;
mod frames;
mod input;
#[path = "../../../crates/fsm/tests/common/node.rs"]
#[allow(dead_code, reason = "the tests of the machine use all of it")]
mod node;
mod options;
mod said;
mod update;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use godwit_filter::RouteAttributes;
use godwit_fsm::{Direction, State, StopCause};
use godwit_wire::{AddressFamily, Origin, encode_keepalive, withdraw_ipv4, withdraw_ipv6};

use driver::{Driver, trace};
use family::Family;
use frames::frame;
use input::Input;
use options::{Options, beside, policy};

/// As many steps as are taken; what is left of the input is not looked at.
const STEPS_MAX: usize = 300;

/// A whole session: connections, octets in pieces of any size, timers, reloads, a neighbor that goes away and comes
/// back; what it announces goes by way of the import step into real tables, and out of them to the neighbor itself and
/// to others, whose ends read it with our own parser.
///
/// The octets of the fuzzer are choices ([`input`]): options first, then steps. After each event the machine is held to
/// its rules (`Node`, of the machine's tests); what neighbors hold is what the table has, said a second time
/// (`expected`); and when everything is withdrawn, nothing is left.
pub fn session(data: &[u8]) {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    let now = *EPOCH.get_or_init(Instant::now);
    let mut input = Input::new(data);
    let options = Options::new(&mut input);
    let mut told = |family| {
        let mut told = |n| (beside(n, family, &mut input), policy(input.byte()));
        vec![told(7), told(9)]
    };
    let (told4, told6) = (told(AddressFamily::IPV4), told(AddressFamily::IPV6));
    let ends_by_withdrawal = input.below(2) == 0;
    let mut driver = Driver::new(options, Family::new(told4), Family::new(told6), now);
    driver.start();
    let mut steps = 0;
    while !input.is_empty() && steps < STEPS_MAX {
        step(&mut driver, &mut input);
        steps += 1;
    }
    end(driver, ends_by_withdrawal);
}

fn step(driver: &mut Driver, input: &mut Input<'_>) {
    let kind = input.byte();
    let way = if kind & 0x80 == 0 { Direction::Incoming } else { Direction::Outgoing };
    // What comes, comes over the connection that there is.
    let way = driver.direction().filter(|_| kind & 0x40 == 0).unwrap_or(way);
    trace(format_args!("step {} {way:?}", kind & 0x3f));
    match kind & 0x3f {
        0..=19 => messages(driver, input, way),
        20..=25 => handshake(driver, input, way),
        26 => driver.start(),
        27 => driver.connect_done(true),
        28 => driver.connect_done(false),
        29 => driver.accept(input.below(2) == 1),
        30 | 31 => driver.closed(way),
        32..=35 => driver.wait(Duration::ZERO),
        36 => driver.wait(Duration::from_secs(u64::from(input.byte()) * 2)),
        // Later, and nobody has looked at the timers.
        37 => driver.now += Duration::from_millis(u64::from(input.byte()) * 50),
        38 => {
            let len = usize::from(input.byte());
            driver.receive(way, &input.octets(len));
        }
        39 => driver.stop(&cause(input)),
        40 => {
            let cause = cause(input);
            driver.event(|session, now| session.end(&cause, now));
        }
        41 => driver.set_reachable(input.below(2) == 0),
        42 => {
            let [went, waits, ..] = input.bits();
            driver.event(|session, now| session.wrote(way, went, waits, now));
        }
        43 => driver.event(|session, _| session.set_recovered()),
        44..=46 => driver.set_import(policy(input.byte())),
        47 | 48 => {
            let (which, to) = (input.byte(), policy(input.byte()));
            if which < 128 {
                driver.ipv4.set_policy(which, to);
            } else {
                driver.ipv6.set_policy(which, to);
            }
        }
        49..=53 => other(driver, input),
        54..=59 => {
            let nets_max = input.below(6) + 1;
            driver.ipv4.go_on(nets_max);
            driver.ipv6.go_on(nets_max);
        }
        60 | 61 => {
            driver.ipv4.settle();
            driver.ipv6.settle();
        }
        _ => driver.receive(way, &[0xff; 16]),
    }
}

fn cause(input: &mut Input<'_>) -> StopCause {
    match input.below(5) {
        0 => StopCause::AdministrativeShutdown(Some("x".repeat(usize::from(input.byte()) * 2))),
        1 => StopCause::AdministrativeReset(None),
        2 => StopCause::Deconfigured,
        3 => StopCause::ConfigurationChange,
        _ => StopCause::MaxPrefixes,
    }
}

/// A few messages, which arrive in pieces.
fn messages(driver: &mut Driver, input: &mut Input<'_>, way: Direction) {
    let mut octets = Vec::new();
    let shape = driver.shape();
    for _ in 0..=input.below(3) {
        octets.extend(frame(input, &driver.options, &shape));
    }
    let piece = match input.below(8) {
        0 => 1 + usize::from(input.byte()),
        1 => 1,
        _ => octets.len(),
    };
    for piece in octets.chunks(piece.max(1 + octets.len() / 100)) {
        driver.receive(way, piece);
    }
}

/// What makes a session, or begins to.
fn handshake(driver: &mut Driver, input: &mut Input<'_>, way: Direction) {
    match way {
        Direction::Outgoing => driver.connect_done(true),
        Direction::Incoming => driver.accept(true),
    }
    let mut octets = BytesMut::new();
    frames::open(input, &driver.options).encode(&mut octets);
    driver.receive(way, &octets);
    let mut octets = BytesMut::new();
    encode_keepalive(&mut octets);
    driver.receive(way, &octets);
}

/// Somebody else announces a net or withdraws it.
fn other(driver: &mut Driver, input: &mut Input<'_>) {
    let [ipv6, withdraws, no_export, far, large, worse, prefix, own] = input.bits();
    let which = input.byte();
    let place = input.byte();
    let mut path = match which % 3 {
        2 => common::static_route(common::via(if ipv6 { "2001:db8::9" } else { "192.0.2.9" })),
        _ if ipv6 => common::path6(),
        _ => common::path(),
    };
    if which % 3 != 2 {
        changed(&mut path, [no_export, far, large, worse, own]);
    }
    let path = (!withdraws).then_some(&path);
    if ipv6 {
        let net = if prefix { "2001:db8::/32".into() } else { format!("2001:db8:{place:x}00::/48") };
        driver.ipv6.other(which, common::net6(&net), path);
    } else {
        let net = if prefix { "192.0.0.0/16".into() } else { format!("10.{place}.0.0/24") };
        driver.ipv4.other(which, common::net(&net), path);
    }
}

fn changed(path: &mut RouteAttributes, [no_export, far, large, worse, own]: [bool; 5]) {
    if no_export {
        path.bgp.communities = [0xffff_ff01].into();
    }
    if far {
        path.bgp.as_path = Some(godwit_wire::AsPath::from_sequence(&[65001, 4_200_000_000, 64512, 65003]));
        path.bgp.rare_mut().cluster_list = [9, 8].into();
    }
    if large {
        path.bgp.communities = (0..1000).collect();
    }
    if worse {
        (path.bgp.origin, path.bgp.med) = (Some(Origin::Incomplete), Some(5));
    }
    if own {
        path.bgp.rare_mut().aigp = Some(u64::MAX - 3);
    }
}

/// Everything is taken back: by the neighbor, or with its session.
fn end(mut driver: Driver, by_withdrawal: bool) {
    driver.ipv4.settle();
    driver.ipv6.settle();
    // What is stale may have path identifiers of an earlier session, which this one cannot speak of.
    let can_withdraw = driver.is_between_messages() && !driver.is_stale();
    if let Some(way) = driver.direction().filter(|_| by_withdrawal && can_withdraw) {
        let octets = withdrawals(&driver);
        driver.receive(way, &octets);
        assert!(driver.is_up(), "withdrawals are no fault");
        assert!(driver.ipv4.nets_of_session().is_empty() && driver.ipv6.nets_of_session().is_empty());
        driver.ipv4.settle();
        driver.ipv6.settle();
    }
    driver.stop(&StopCause::AdministrativeShutdown(None));
    assert_eq!((driver.node.state(), driver.node.session.next_timeout()), (State::Idle, None));
    driver.ipv4.finish();
    driver.ipv6.finish();
}

/// UPDATEs of the neighbor that withdraw all it has announced.
fn withdrawals(driver: &Driver) -> BytesMut {
    let mut out = BytesMut::new();
    let (nets4, nets6) = (driver.ipv4.nets_of_session(), driver.ipv6.nets_of_session());
    let with_ids: Vec<_> = nets4.iter().filter_map(|(net, id)| Some(((*id)?, *net))).collect();
    let without: Vec<_> = nets4.iter().filter(|(_, id)| id.is_none()).map(|(net, _)| *net).collect();
    withdraw_ipv4(&with_ids, 4096, &mut out);
    withdraw_ipv4(&without, 4096, &mut out);
    let with_ids: Vec<_> = nets6.iter().filter_map(|(net, id)| Some(((*id)?, *net))).collect();
    let without: Vec<_> = nets6.iter().filter(|(_, id)| id.is_none()).map(|(net, _)| *net).collect();
    withdraw_ipv6(&with_ids, 4096, &mut out);
    withdraw_ipv6(&without, 4096, &mut out);
    out
}
