//! What the tests drive machines with: configurations, a driver that checks what a machine asks of
//! it, and two machines on a wire.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

mod node;
mod pair;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use godwit_fsm::{Direction, PeerConfig, RemoteAs};
use godwit_wire::{AddressFamily, Capability, Open};

pub(crate) use node::Node;
pub(crate) use pair::{Event, Pair, Side};

/// The AS of side A, and of a machine that stands alone.
pub(crate) const AS_A: u32 = 65001;
/// The AS of side B.
pub(crate) const AS_B: u32 = 65002;
/// The lower identifier: A's.
pub(crate) const LOW: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The higher identifier: B's.
pub(crate) const HIGH: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// The connection that the machine opens.
pub(crate) const OUT: Direction = Direction::Outgoing;
/// The one that the neighbor opens.
pub(crate) const IN: Direction = Direction::Incoming;

/// The instant everything is counted from.
#[expect(clippy::disallowed_methods, reason = "an instant cannot be had in another way")]
pub(crate) fn epoch() -> Instant {
    Instant::now()
}

pub(crate) const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(crate) const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The times between those given.
pub(crate) fn gaps(times: &[Duration]) -> Vec<Duration> {
    times.windows(2).map(|w| w[1].saturating_sub(w[0])).collect()
}

/// A's configuration for B.
pub(crate) fn config_a() -> PeerConfig {
    PeerConfig::new(AS_A, RemoteAs::Number(AS_B), LOW, AddressFamily::IPV4)
}

/// B's configuration for A.
pub(crate) fn config_b() -> PeerConfig {
    PeerConfig::new(AS_B, RemoteAs::Number(AS_A), HIGH, AddressFamily::IPV4)
}

/// An OPEN of B's, without optional parameters but these.
pub(crate) fn open_b(capabilities: Vec<Capability>) -> Open {
    Open { asn: AS_B as u16, hold_time_secs: 90, identifier: HIGH, capabilities }
}

/// A machine with two connections in OpenSent.
pub(crate) fn twice(config: PeerConfig) -> (Node, Instant) {
    let (mut node, now) = (Node::new(config, 3), epoch());
    node.start(now);
    node.connect_done(Ok(()), now);
    assert!(node.accept(now).0);
    (node, now)
}
