//! Endpoints of services (§1.11): slices, and the `Endpoints` of before.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use super::meta::is_of_kind;
use super::scalar::{Annotation, Field, Flag};
use super::structure::{List, Record, whole};
use crate::resource::EndpointSlice;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Slice {
    metadata: Record<SliceMetadata>,
    address_type: Field<Box<str>>,
    endpoints: List<Record<Endpoint>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SliceMetadata {
    labels: Record<SliceLabels>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SliceLabels {
    #[serde(rename = "kubernetes.io/service-name")]
    service: Field<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Endpoint {
    node_name: Field<Box<str>>,
    conditions: Record<Conditions>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Conditions {
    ready: Flag,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Endpoints {
    metadata: Record<EndpointsMetadata>,
    subsets: List<Record<Subset>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EndpointsMetadata {
    name: Field<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subset {
    /// The ready ones; the others are in `notReadyAddresses`.
    addresses: List<Record<Address>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Address {
    ip: Annotation<IpAddr>,
    node_name: Field<Box<str>>,
}

pub(super) fn decode(value: &Value) -> Result<EndpointSlice, String> {
    if is_of_kind(value, "Endpoints") { endpoints(value) } else { slice(value) }
}

fn slice(value: &Value) -> Result<EndpointSlice, String> {
    let Slice { metadata, address_type, endpoints } = whole(value)?;
    // Unknown readiness is readiness.
    let ready: Vec<_> =
        endpoints.into_records().filter(|endpoint| endpoint.conditions.0.ready.0.unwrap_or(true)).collect();
    Ok(EndpointSlice {
        service: metadata.0.labels.0.service.0.unwrap_or_default(),
        ipv4: address_type.0.as_deref() == Some("IPv4"),
        ipv6: address_type.0.as_deref() == Some("IPv6"),
        any_ready: !ready.is_empty(),
        ready_nodes: each_once(ready.into_iter().filter_map(|endpoint| endpoint.node_name.0)),
    })
}

fn endpoints(value: &Value) -> Result<EndpointSlice, String> {
    let Endpoints { metadata, subsets } = whole(value)?;
    let ready: Vec<Address> = subsets.into_records().flat_map(|s| s.addresses.into_records()).collect();
    let has = |of_family: fn(&IpAddr) -> bool| ready.iter().filter_map(|a| a.ip.0.as_ref()).any(of_family);
    Ok(EndpointSlice {
        service: metadata.0.name.0.unwrap_or_default(),
        ipv4: has(IpAddr::is_ipv4),
        ipv6: has(IpAddr::is_ipv6),
        any_ready: !ready.is_empty(),
        ready_nodes: each_once(ready.into_iter().filter_map(|address| address.node_name.0)),
    })
}

fn each_once(nodes: impl Iterator<Item = Box<str>>) -> Vec<Box<str>> {
    nodes.collect::<BTreeSet<_>>().into_iter().collect()
}
