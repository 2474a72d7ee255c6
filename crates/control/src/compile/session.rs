//! A peer becomes a protocol (§3.1 to §3.3).

use std::net::Ipv4Addr;
use std::time::Duration;

use godwit_config::{
    BgpConfig, ChannelConfig, DebugFlags, GatewayMode, GracefulRestartMode, Neighbor, NeighborAs,
    NextHopMode, Password, Policy, ProtocolConfig, ProtocolKind,
};

use super::family::table;
use super::frame::{Frame, LogLevel};
use super::peer::{Origin, Peer};
use crate::resource::NextHop;
use crate::settings::Release;

/// The TTL of `multihop` alone.
const MULTIHOP: u8 = 64;
/// Twelve bits in the capability (RFC 4724 §3).
const RESTART_SECS_MAX: u64 = 4095;
/// BGP routes' preference.
const PREFERENCE: u16 = 100;

/// The password of a peer, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PasswordState {
    /// It has none.
    None,
    /// This one.
    Known(Password),
    /// It has one that is not to be had; why.
    Missing(String),
}

/// Whether the session is within our AS.
pub(crate) fn is_internal(frame: &Frame, peer: &Peer) -> bool {
    peer.remote_as == local_as(frame, peer)
}

/// Whether the export filter is told that the session is internal; before 3.32 every session of the mesh is.
pub(crate) fn is_internal_to_filters(frame: &Frame, peer: &Peer) -> bool {
    (peer.origin == Origin::Mesh && frame.release < Release::V3_32) || is_internal(frame, peer)
}

fn local_as(frame: &Frame, peer: &Peer) -> u32 {
    peer.local_as.unwrap_or(frame.own_as)
}

/// The neighbor's cluster id is unknown or another than ours, and the session internal: a client, if we
/// are a route reflector. The cluster id it is told.
fn reflects<'f>(frame: &'f Frame, peer: &Peer) -> Option<&'f str> {
    let own = frame.cluster_id.as_deref()?;
    let applies = peer.origin != Origin::Mesh && is_internal(frame, peer);
    (applies && peer.cluster_id.as_deref() != Some(own)).then_some(own)
}

/// The protocol of a peer.
pub(crate) fn protocol(
    frame: &Frame,
    peer: &Peer,
    password: &PasswordState,
    import: Policy,
    export: Policy,
) -> ProtocolConfig {
    let family = peer.family();
    let neighbor = Neighbor::Address { address: peer.address, interface: None };
    let mut bgp = BgpConfig::new(local_as(frame, peer), neighbor, NeighborAs::Number(peer.remote_as));
    bgp.local_address = frame.address(family).filter(|_| peer.from_own_address);
    if let Some(port) = peer.port {
        bgp.neighbor_port = port;
    }
    bgp.ttl_security = peer.ttl_security > 0;
    bgp.multihop = multihop(frame, peer);
    bgp.check_link = false;
    bgp.passive = peer.passive;
    if let Some(cluster_id) = reflects(frame, peer) {
        bgp.rr_client = true;
        bgp.rr_cluster_id = cluster_id.parse::<Ipv4Addr>().ok();
    }
    bgp.connect_delay = Some(Duration::from_secs(2));
    bgp.connect_retry = Duration::from_secs(5);
    bgp.error_wait = (Duration::from_secs(5), Duration::from_secs(30));
    bgp.graceful_restart = GracefulRestartMode::On;
    if let Some(time) = peer.restart_time {
        bgp.graceful_restart_time_secs = rounded(time).min(RESTART_SECS_MAX) as u16;
    }
    if let Some(hold) = peer.times.hold {
        bgp.hold_time_secs = hold;
    }
    // A keepalive time of no second at all is none.
    bgp.keepalive_time_secs =
        peer.times.keepalive.map(rounded).filter(|s| *s > 0).map(|s| u16::try_from(s).unwrap_or(u16::MAX));
    bgp.allow_local_as = peer.allowed_local_as;
    let held = match password {
        PasswordState::None => None,
        PasswordState::Known(password) => {
            bgp.password = Some(password.clone());
            None
        }
        PasswordState::Missing(reason) => Some(reason.clone()).filter(|_| !frame.is_exact()),
    };

    let mut channel = ChannelConfig::new(table(family).family, table(family).name, PREFERENCE);
    channel.import = import;
    channel.export = export;
    channel.bgp.gateway = GatewayMode::Recursive;
    channel.bgp.add_paths = (true, true);
    match next_hop(frame, peer) {
        NextHop::Auto => {}
        NextHop::ToSelf => {
            channel.bgp.next_hop_self = NextHopMode::All;
            channel.bgp.next_hop_keep = Some(NextHopMode::Off);
        }
        NextHop::Keep => channel.bgp.next_hop_keep = Some(NextHopMode::All),
    }

    ProtocolConfig {
        description: Some("Connection to BGP peer".into()),
        debug: debug(frame),
        channels: vec![channel],
        held,
        ..ProtocolConfig::new(peer.name(), ProtocolKind::Bgp(Box::new(bgp)))
    }
}

/// Every session may have routers in between, but for external ones of the mesh before 3.33.
fn multihop(frame: &Frame, peer: &Peer) -> Option<u8> {
    if peer.ttl_security > 0 {
        return Some(peer.ttl_security);
    }
    let direct = peer.origin == Origin::Mesh && frame.release < Release::V3_33 && !is_internal(frame, peer);
    (!direct).then_some(MULTIHOP)
}

fn next_hop(frame: &Frame, peer: &Peer) -> NextHop {
    let deprecated = peer.keep_next_hop && !is_internal(frame, peer);
    peer.next_hop.unwrap_or(if deprecated { NextHop::Keep } else { NextHop::Auto })
}

/// Whole seconds, half a second up.
fn rounded(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_millis() >= 500)
}

/// What a session logs (§3.10). From 3.33 on Calico has every accepted route logged; that is a cost nobody
/// asked for.
fn debug(frame: &Frame) -> DebugFlags {
    let states = DebugFlags::STATES;
    match frame.log {
        LogLevel::None => DebugFlags::default(),
        LogLevel::Debug => DebugFlags::ALL,
        LogLevel::Info if frame.is_exact() && frame.release >= Release::V3_33 => {
            DebugFlags(states | DebugFlags::ROUTES | DebugFlags::FILTERS | DebugFlags::EVENTS)
        }
        LogLevel::Info => DebugFlags(states),
    }
}
