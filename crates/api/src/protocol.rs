use std::net::{IpAddr, Ipv4Addr};

use godwit_config::{Limit, Policy, StaticNextHop};
use godwit_wire::{AddressFamily, Capability};
use ipnetwork::IpNetwork;

use crate::UnixMillis;

/// State of a protocol as `show protocols` names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProtocolState {
    /// `down`.
    Down,
    /// `start`.
    Start,
    /// `up`.
    Up,
    /// `stop`.
    Stop,
    /// `flush`.
    Flush,
}

/// A protocol instance as it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct ProtocolStatus {
    /// Its name.
    pub name: String,
    /// Its type as shown: `BGP`, `Kernel`, `Device`, `Direct`, `Static`.
    pub kind: &'static str,
    /// The table of its only channel, if its type has exactly one (kernel, static).
    pub table: Option<String>,
    /// Its state.
    pub state: ProtocolState,
    /// Since when.
    pub since: UnixMillis,
    /// `description`.
    pub description: Option<String>,
    /// The shutdown message last received (RFC 9003).
    pub message: Option<String>,
    /// Its own router id, if it has one.
    pub router_id: Option<Ipv4Addr>,
    /// The session, for BGP.
    pub bgp: Option<Box<BgpStatus>>,
    /// Of a static protocol: the next hops that cannot be used now.
    pub dormant_next_hops: Vec<StaticNextHop>,
    /// Its channels.
    pub channels: Vec<ChannelStatus>,
}

/// A BGP session as it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct BgpStatus {
    /// The state as BIRD names it: `Idle`, `Connect`, `Active`, `OpenSent`, `OpenConfirm`,
    /// `Established`, `Close`, `Passive`, `Down`.
    pub state: &'static str,
    /// The neighbor's address, `%interface` if link-local.
    pub neighbor: NeighborStatus,
    /// The port connected to, if not 179.
    pub neighbor_port: Option<u16>,
    /// The neighbor's AS; 0 if not known yet.
    pub neighbor_as: u32,
    /// Our AS towards it.
    pub local_as: u32,
    /// The neighbor's BGP identifier, once OPEN has come.
    pub neighbor_id: Option<Ipv4Addr>,
    /// What we announced and what it did, while a session is up.
    pub capabilities: Option<(Vec<Capability>, Vec<Capability>)>,
    /// Internal session.
    pub internal: bool,
    /// Multihop session.
    pub multihop: bool,
    /// The neighbor is our route reflector client.
    pub rr_client: bool,
    /// The neighbor is our route server client.
    pub rs_client: bool,
    /// 4-octet AS numbers are in use.
    pub four_octet_as: bool,
    /// The address we speak from.
    pub source_address: Option<IpAddr>,
    /// Hold timer: (seconds left, negotiated seconds).
    pub hold_timer: Option<(f64, u32)>,
    /// Keepalive timer: (seconds left, seconds).
    pub keepalive_timer: Option<(f64, u32)>,
    /// Send hold timer, while octets wait for the neighbor to take them: (seconds left, seconds).
    pub send_hold_timer: Option<(f64, u32)>,
    /// Connect delay: (seconds left, seconds).
    pub connect_delay: Option<(f64, u32)>,
    /// Error wait: (seconds left, seconds).
    pub error_wait: Option<(f64, u32)>,
    /// The neighbor restarts gracefully: what it announced before stays for now.
    pub neighbor_restarting: bool,
    /// How long it may still be away, seconds.
    pub restart_timer: Option<f64>,
    /// The last error with its class, as shown: `Socket: Connection refused`.
    pub last_error: Option<String>,
}

/// Whom a session talks to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NeighborStatus {
    /// One address, with its interface if link-local.
    Address(IpAddr, Option<String>),
    /// Everyone in a range.
    Range(IpNetwork),
}

/// A channel as it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct ChannelStatus {
    /// Its family.
    pub family: AddressFamily,
    /// Its state: `DOWN`, `START`, `UP`, `FLUSHING`.
    pub state: &'static str,
    /// Its table.
    pub table: String,
    /// Its preference.
    pub preference: u16,
    /// What `Input filter:` shows: `ACCEPT`, `REJECT`, a name, `(unnamed)`.
    pub import: String,
    /// What `Output filter:` shows.
    pub export: String,
    /// The limits with whether each is hit: receive, import, export.
    pub limits: [Option<(Limit, bool)>; 3],
    /// Counters; meaningful while the channel is up.
    pub counters: ChannelCounters,
    /// The next hop we announce (global, link-local), for BGP.
    pub bgp_next_hop: Option<(IpAddr, Option<IpAddr>)>,
    /// The tables IPv4 and IPv6 next hops are looked up in, for a recursive BGP channel.
    pub igp_tables: [Option<String>; 2],
    /// After a restart of ours: `pending` (End-of-RIB is waited for), `waiting` (for others), or both.
    pub recovery: Option<&'static str>,
    /// The neighbor restarts gracefully, and the channel's routes stay for now.
    pub neighbor_restarting: bool,
    /// They stay for long (RFC 9494).
    pub long_lived: bool,
    /// For how long they may still do so, seconds.
    pub long_lived_timer: Option<f64>,
}

/// How a policy is shown.
pub fn policy_text(policy: &Policy) -> String {
    match policy {
        Policy::All => "ACCEPT".into(),
        Policy::None => "REJECT".into(),
        Policy::Filter(filter) => filter.name().unwrap_or("(unnamed)").into(),
    }
}

/// Route counters of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChannelCounters {
    /// Routes of this channel in the table.
    pub imported: u64,
    /// Routes kept though the filter rejected them (with keep filtered).
    pub filtered: u64,
    /// Routes exported now.
    pub exported: u64,
    /// Imported routes that are best of their net.
    pub preferred: u64,
    /// Import updates.
    pub import_updates: UpdateCounters,
    /// Import withdraws.
    pub import_withdraws: UpdateCounters,
    /// Export updates.
    pub export_updates: UpdateCounters,
    /// Export withdraws.
    pub export_withdraws: UpdateCounters,
}

/// One row of `Route change stats`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UpdateCounters {
    /// All.
    pub received: u64,
    /// Not valid, or (export) refused before the filter.
    pub rejected: u64,
    /// Refused by the filter.
    pub filtered: u64,
    /// Changed nothing.
    pub ignored: u64,
    /// Taken.
    pub accepted: u64,
}
