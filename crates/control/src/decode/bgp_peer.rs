//! Peers (§1.7). What is contradictory or unknown is refused: a guess would be a session nobody wanted.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::scalar::{AsNumber, Bounded, Field, Flag};
use super::secret::Reference;
use super::structure::{List, Record, spec};
use super::text::FromText;
use super::times;
use crate::Selector;
use crate::resource::{BgpPeer, NextHop, PeerAddress};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    node: Field<Box<str>>,
    node_selector: Field<Selector>,
    #[serde(rename = "peerIP")]
    peer_ip: Field<PeerAddress>,
    peer_selector: Field<Selector>,
    local_workload_selector: Field<Box<str>>,
    as_number: AsNumber,
    #[serde(rename = "localASNumber")]
    local_as_number: AsNumber,
    keep_original_next_hop: Flag,
    next_hop_mode: Field<NextHop>,
    password: Record<Reference>,
    source_address: Field<SourceAddress>,
    max_restart_time: Field<Duration>,
    keepalive_time: Field<Duration>,
    #[serde(rename = "numAllowedLocalASNumbers")]
    allowed_local_as: Bounded<u32, 0, 2_147_483_647>,
    ttl_security: Bounded<u8, 0, 255>,
    reachable_by: Field<IpAddr>,
    filters: List<Field<Box<str>>>,
    reverse_peering: Field<ReversePeering>,
}

impl FromText for Selector {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }
}

impl FromText for NextHop {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "Auto" => Ok(Self::Auto),
            "Self" => Ok(Self::ToSelf),
            "Keep" => Ok(Self::Keep),
            _ => Err(format!("{text:?} is neither Auto nor Self nor Keep")),
        }
    }
}

#[derive(PartialEq)]
enum SourceAddress {
    UseNodeIp,
    None,
}

impl FromText for SourceAddress {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "UseNodeIP" => Ok(Self::UseNodeIp),
            "None" => Ok(Self::None),
            _ => Err(format!("{text:?} is neither UseNodeIP nor None")),
        }
    }
}

#[derive(PartialEq)]
enum ReversePeering {
    Auto,
    Manual,
}

impl FromText for ReversePeering {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "Auto" => Ok(Self::Auto),
            "Manual" => Ok(Self::Manual),
            _ => Err(format!("{text:?} is neither Auto nor Manual")),
        }
    }
}

pub(super) fn decode(value: &Value) -> Result<BgpPeer, String> {
    let spec: Spec = spec(value)?;
    contradictions(&spec)?;
    Ok(BgpPeer {
        node: spec.node.0,
        node_selector: spec.node_selector.0,
        peer_ip: spec.peer_ip.0,
        peer_selector: spec.peer_selector.0,
        local_workload_selector: spec.local_workload_selector.0,
        as_number: spec.as_number.0,
        local_as_number: spec.local_as_number.0,
        keep_original_next_hop: spec.keep_original_next_hop.is_set(),
        next_hop: spec.next_hop_mode.0,
        password: spec.password.0.into_key("spec.password")?,
        no_source_address: spec.source_address.0 == Some(SourceAddress::None),
        max_restart_time: spec.max_restart_time.0,
        keepalive_time: spec.keepalive_time.0,
        allowed_local_as: spec.allowed_local_as.0.unwrap_or_default(),
        ttl_security: spec.ttl_security.0.unwrap_or_default(),
        // It is for a peer with an address only.
        reachable_by: spec.reachable_by.0.filter(|_| spec.peer_ip.0.is_some()),
        filters: spec.filters.0.into_iter().filter_map(|name| name.0).collect(),
        no_reverse_peering: spec.reverse_peering.0 == Some(ReversePeering::Manual),
        times: times::decode(value),
    })
}

/// Fields that exclude each other.
fn contradictions(spec: &Spec) -> Result<(), String> {
    let node = ("spec.node", spec.node.0.is_some());
    let nodes = ("spec.nodeSelector", spec.node_selector.0.is_some());
    let address = ("spec.peerIP", spec.peer_ip.0.is_some());
    let peers = ("spec.peerSelector", spec.peer_selector.0.is_some());
    let workloads = ("spec.localWorkloadSelector", spec.local_workload_selector.0.is_some());
    for (one, other) in [(node, nodes), (address, peers), (address, workloads), (peers, workloads)] {
        if one.1 && other.1 {
            return Err(format!("{} and {} exclude each other", one.0, other.0));
        }
    }
    if let (Some(gateway), Some(peer)) = (spec.reachable_by.0, spec.peer_ip.0)
        && gateway.is_ipv4() != peer.ip.is_ipv4()
    {
        return Err(format!("spec.reachableBy: {gateway} is not of the family of the peer, {}", peer.ip));
    }
    Ok(())
}
