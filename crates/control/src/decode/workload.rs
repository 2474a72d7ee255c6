//! Felix's files about local workloads (§1.12).

use std::net::IpAddr;

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde_json::Value;

use super::scalar::Field;
use super::structure::{List, whole};
use super::text::Interface;
use crate::resource::EndpointStatus;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Whole {
    #[serde(rename = "bgpPeerName")]
    bgp_peer: Field<Box<str>>,
    #[serde(rename = "ipv4Nets")]
    ipv4: List<Field<Interface>>,
    #[serde(rename = "ipv6Nets")]
    ipv6: List<Field<Interface>>,
}

pub(super) fn decode(value: &Value) -> Result<Option<EndpointStatus>, String> {
    let Whole { bgp_peer, ipv4, ipv6 } = whole(value)?;
    let Some(bgp_peer) = bgp_peer.0 else { return Ok(None) };
    let ipv4 = match first(&ipv4).map(|net| net.ip()) {
        Some(IpAddr::V4(ip)) => Some(ip),
        Some(IpAddr::V6(ip)) => return Err(format!("ipv4Nets[0]: {ip} is not of IPv4")),
        None => None,
    };
    let ipv6 = match first(&ipv6).map(|net| net.ip()) {
        Some(IpAddr::V6(ip)) => Some(ip),
        Some(IpAddr::V4(ip)) => return Err(format!("ipv6Nets[0]: {ip} is not of IPv6")),
        None => None,
    };
    Ok(Some(EndpointStatus { bgp_peer, ipv4, ipv6 }))
}

fn first(nets: &List<Field<Interface>>) -> Option<IpNetwork> {
    nets.0.first()?.0.as_ref().map(|net| net.0)
}
