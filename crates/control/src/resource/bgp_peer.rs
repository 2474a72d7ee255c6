//! Peers.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SecretKey, SessionTimes};
use crate::Selector;

/// `nextHopMode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum NextHop {
    /// As BGP does by itself.
    #[default]
    Auto,
    /// Always us.
    ToSelf,
    /// Unchanged.
    Keep,
}

/// A peer's address, and port if one is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeerAddress {
    /// The address.
    pub ip: IpAddr,
    /// The port; not 0.
    pub port: Option<u16>,
}

/// Peers (§1.7). An empty selector is none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct BgpPeer {
    /// `node`.
    pub node: Option<Box<str>>,
    /// `nodeSelector`.
    pub node_selector: Option<Selector>,
    /// `peerIP`.
    pub peer_ip: Option<PeerAddress>,
    /// `peerSelector`.
    pub peer_selector: Option<Selector>,
    /// `localWorkloadSelector`, which is Felix's to evaluate.
    pub local_workload_selector: Option<Box<str>>,
    /// `asNumber`; 0 is none.
    pub as_number: Option<u32>,
    /// `localASNumber`; 0 is none.
    pub local_as_number: Option<u32>,
    /// `keepOriginalNextHop`.
    pub keep_original_next_hop: bool,
    /// `nextHopMode`; none if missing.
    pub next_hop: Option<NextHop>,
    /// `password`.
    pub password: Option<SecretKey>,
    /// `sourceAddress` is `None`.
    pub no_source_address: bool,
    /// `maxRestartTime`.
    pub max_restart_time: Option<Duration>,
    /// `keepaliveTime`.
    pub keepalive_time: Option<Duration>,
    /// `numAllowedLocalASNumbers`.
    pub allowed_local_as: u32,
    /// `ttlSecurity`; 0 is off.
    pub ttl_security: u8,
    /// `reachableBy`; of the family of `peerIP`.
    pub reachable_by: Option<IpAddr>,
    /// `filters`.
    pub filters: Vec<Box<str>>,
    /// `reversePeering` is `Manual`.
    pub no_reverse_peering: bool,
    /// The session's times, which are godwit's own.
    #[serde(default)]
    pub times: SessionTimes,
}
