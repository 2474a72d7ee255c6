//! Nodes, of Kubernetes (§1.3) and of Calico (§1.4).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde_json::Value;

use super::scalar::{Annotation, AsNumber, Field};
use super::structure::{List, Record, whole};
use super::text::{FromText, Interface, Prefix};
use crate::resource::{Labels, Node};

/// Values that YAML took for something else become text.
type LabelFields = BTreeMap<Box<str>, Field<Box<str>>>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Kubernetes {
    metadata: Record<Metadata>,
    spec: Record<Spec>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    labels: Option<LabelFields>,
    annotations: Record<Annotations>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Annotations {
    #[serde(rename = "projectcalico.org/IPv4Address")]
    ipv4: Annotation<Interface>,
    #[serde(rename = "projectcalico.org/IPv6Address")]
    ipv6: Annotation<Interface>,
    #[serde(rename = "projectcalico.org/ASNumber")]
    as_number: Annotation<AsNumber>,
    #[serde(rename = "projectcalico.org/RouteReflectorClusterID")]
    cluster_id: Annotation<ClusterId>,
    #[serde(rename = "projectcalico.org/IPv4WireguardInterfaceAddr")]
    wireguard_ipv4: Annotation<IpAddr>,
    #[serde(rename = "projectcalico.org/IPv6WireguardInterfaceAddr")]
    wireguard_ipv6: Annotation<IpAddr>,
    #[serde(rename = "projectcalico.org/WireguardPublicKey")]
    wireguard_key: Annotation<Box<str>>,
    #[serde(rename = "projectcalico.org/labels")]
    labels: Annotation<LabelsText>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    #[serde(rename = "podCIDR")]
    pod_cidr: Annotation<Prefix>,
    #[serde(rename = "podCIDRs")]
    pod_cidrs: List<Annotation<Prefix>>,
}

/// A dotted quad.
struct ClusterId(Box<str>);

impl FromText for ClusterId {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse::<Ipv4Addr>().map(|id| Self(id.to_string().into())).map_err(|error| error.to_string())
    }
}

/// A JSON object in a string.
struct LabelsText(Labels);

impl FromText for LabelsText {
    fn from_text(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| error.to_string())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Calico {
    metadata: Record<CalicoMetadata>,
    spec: Record<CalicoSpec>,
    status: Record<Spec>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CalicoMetadata {
    labels: Option<LabelFields>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CalicoSpec {
    bgp: Record<Bgp>,
    wireguard: Record<Wireguard>,
}

/// Addresses that are none count as absent, as everywhere in a node.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Bgp {
    #[serde(rename = "ipv4Address")]
    ipv4: Annotation<Interface>,
    #[serde(rename = "ipv6Address")]
    ipv6: Annotation<Interface>,
    #[serde(rename = "asNumber")]
    as_number: AsNumber,
    #[serde(rename = "routeReflectorClusterID")]
    cluster_id: Field<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wireguard {
    #[serde(rename = "interfaceIPv4Address")]
    ipv4: Annotation<IpAddr>,
    #[serde(rename = "interfaceIPv6Address")]
    ipv6: Annotation<IpAddr>,
}

/// A node of either, or the metadata of one of Kubernetes.
pub(super) fn decode(value: &Value) -> Result<Node, String> {
    let version = value.get("apiVersion").and_then(Value::as_str);
    let has_bgp = value.get("spec").and_then(|spec| spec.get("bgp")).is_some_and(|bgp| !bgp.is_null());
    if version == Some("projectcalico.org/v3") || has_bgp { calico(value) } else { kubernetes(value) }
}

fn kubernetes(value: &Value) -> Result<Node, String> {
    let Kubernetes { metadata: Record(metadata), spec: Record(spec) } = whole(value)?;
    let annotations = metadata.annotations.0;
    let mut labels = annotations.labels.0.map(|labels| labels.0).unwrap_or_default();
    labels.extend(texts(metadata.labels));
    Ok(Node {
        ipv4: address(annotations.ipv4, IpNetwork::is_ipv4),
        ipv6: address(annotations.ipv6, IpNetwork::is_ipv6),
        as_number: annotations.as_number.0.and_then(|number| number.0),
        route_reflector_cluster_id: annotations.cluster_id.0.map(|id| id.0),
        wireguard_ipv4: annotations.wireguard_ipv4.0.is_some_and(|ip| ip.is_ipv4()),
        wireguard_ipv6: annotations.wireguard_ipv6.0.is_some_and(|ip| ip.is_ipv6()),
        wireguard_key: annotations.wireguard_key.0.is_some_and(|key| !key.is_empty()),
        labels,
        pod_cidrs: pod_cidrs(spec),
    })
}

fn calico(value: &Value) -> Result<Node, String> {
    let Calico { metadata, spec: Record(spec), status } = whole(value)?;
    let (bgp, wireguard) = (spec.bgp.0, spec.wireguard.0);
    Ok(Node {
        ipv4: address(bgp.ipv4, IpNetwork::is_ipv4),
        ipv6: address(bgp.ipv6, IpNetwork::is_ipv6),
        as_number: bgp.as_number.0,
        route_reflector_cluster_id: bgp.cluster_id.0,
        wireguard_ipv4: wireguard.ipv4.0.is_some_and(|ip| ip.is_ipv4()),
        wireguard_ipv6: wireguard.ipv6.0.is_some_and(|ip| ip.is_ipv6()),
        wireguard_key: false,
        labels: texts(metadata.0.labels).collect(),
        pod_cidrs: pod_cidrs(status.0),
    })
}

/// An address of a family that a node can have.
fn address(interface: Annotation<Interface>, of_family: fn(&IpNetwork) -> bool) -> Option<IpNetwork> {
    let network = interface.0?.0;
    let ip = network.ip();
    // IPv4 in the dress of IPv6 is of neither family to a session.
    (of_family(&network) && !ip.is_unspecified() && ip == ip.to_canonical()).then_some(network)
}

fn texts(labels: Option<LabelFields>) -> impl Iterator<Item = (Box<str>, Box<str>)> {
    labels.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0.unwrap_or_default()))
}

/// An API server makes the list of the single one.
fn pod_cidrs(spec: Spec) -> Vec<IpNetwork> {
    let mut all: Vec<_> = spec.pod_cidrs.0.into_iter().filter_map(|cidr| cidr.0).map(|cidr| cidr.0).collect();
    if all.is_empty() {
        all.extend(spec.pod_cidr.0.map(|cidr| cidr.0));
    }
    all
}
