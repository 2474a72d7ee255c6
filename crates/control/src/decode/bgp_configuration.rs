//! BGP's settings (§1.6). Enumerations that are unknown are the default.

use std::time::Duration;

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde_json::Value;

use super::scalar::{AsNumber, Bounded, Field, Flag};
use super::secret::Reference;
use super::structure::{List, Record, spec};
use super::text::{FromText, InterfacePattern, Prefix};
use super::times;
use crate::resource::{BgpConfiguration, BindMode, Community, PrefixAdvertisement, ProgramClusterRoutes};

/// A kernel's metric that leaves room for a higher and a lower one.
type Priority = Bounded<u32, 1, 2_147_483_646>;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    log_severity_screen: Field<Box<str>>,
    node_to_node_mesh_enabled: Flag,
    as_number: AsNumber,
    listen_port: Bounded<u16, 0, 65535>,
    prefix_advertisements: Option<Vec<Record<Advertisement>>>,
    communities: List<Record<NamedCommunity>>,
    node_mesh_password: Record<Reference>,
    node_mesh_max_restart_time: Field<Duration>,
    bind_mode: Field<Box<str>>,
    ignored_interfaces: List<Field<IgnoredInterface>>,
    #[serde(rename = "serviceClusterIPs")]
    service_cluster_ips: List<Record<Block>>,
    #[serde(rename = "serviceExternalIPs")]
    service_external_ips: List<Record<Block>>,
    #[serde(rename = "serviceLoadBalancerIPs")]
    service_load_balancer_ips: List<Record<Block>>,
    service_load_balancer_aggregation: Field<Box<str>>,
    program_cluster_routes: Field<Box<str>>,
    ipv4_normal_route_priority: Priority,
    ipv6_normal_route_priority: Priority,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Advertisement {
    cidr: Field<Prefix>,
    communities: List<Field<Box<str>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedCommunity {
    name: Field<Box<str>>,
    value: Field<CommunityText>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block {
    cidr: Field<Prefix>,
}

/// A community, as written.
struct CommunityText(Box<str>);

impl FromText for CommunityText {
    fn from_text(text: &str) -> Result<Self, String> {
        Community::from_text(text).map(|_| Self(text.into()))
    }
}

/// A pattern that leaves any interface at all.
struct IgnoredInterface(Box<str>);

impl FromText for IgnoredInterface {
    fn from_text(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Err("\"*\" would ignore every interface".into());
        }
        InterfacePattern::from_text(text).map(|pattern| Self(pattern.0))
    }
}

pub(super) fn decode(value: &Value) -> Result<BgpConfiguration, String> {
    let spec: Spec = spec(value)?;
    Ok(BgpConfiguration {
        log_severity: spec.log_severity_screen.0,
        mesh_enabled: spec.node_to_node_mesh_enabled.0,
        as_number: spec.as_number.0,
        listen_port: spec.listen_port.0.filter(|port| *port != 0),
        prefix_advertisements: spec.prefix_advertisements.map(advertisements),
        communities: communities(spec.communities),
        mesh_password: spec.node_mesh_password.0.into_key("spec.nodeMeshPassword")?,
        mesh_max_restart_time: spec.node_mesh_max_restart_time.0,
        bind_mode: match spec.bind_mode.0.as_deref() {
            Some("NodeIP") => BindMode::NodeIp,
            _ => BindMode::Any,
        },
        ignored_interfaces: spec.ignored_interfaces.0.into_iter().filter_map(|i| i.0).map(|i| i.0).collect(),
        service_cluster_ips: blocks(spec.service_cluster_ips),
        service_external_ips: blocks(spec.service_external_ips),
        service_load_balancer_ips: blocks(spec.service_load_balancer_ips),
        load_balancer_aggregation_disabled: spec.service_load_balancer_aggregation.0.as_deref()
            == Some("Disabled"),
        program_cluster_routes: match spec.program_cluster_routes.0.as_deref() {
            Some("Enabled") => Some(ProgramClusterRoutes::Enabled),
            Some("EnabledIPIPOnly") => Some(ProgramClusterRoutes::EnabledIpipOnly),
            Some("EnabledNoEncapOnly") => Some(ProgramClusterRoutes::EnabledNoEncapOnly),
            Some("Disabled") => Some(ProgramClusterRoutes::Disabled),
            _ => None,
        },
        ipv4_normal_route_priority: spec.ipv4_normal_route_priority.0,
        ipv6_normal_route_priority: spec.ipv6_normal_route_priority.0,
        times: times::decode(value),
    })
}

/// One without a prefix is of no route.
fn advertisements(list: Vec<Record<Advertisement>>) -> Vec<PrefixAdvertisement> {
    list.into_iter()
        .filter_map(|Record(entry)| {
            let cidr = entry.cidr.0?.0;
            let communities = entry.communities.0.into_iter().filter_map(|text| text.0).collect();
            Some(PrefixAdvertisement { cidr, communities })
        })
        .collect()
}

/// One without a name or without a value is of no use.
fn communities(list: List<Record<NamedCommunity>>) -> Vec<(Box<str>, Box<str>)> {
    list.into_records().filter_map(|entry| Some((entry.name.0?, entry.value.0?.0))).collect()
}

fn blocks(list: List<Record<Block>>) -> Vec<IpNetwork> {
    list.into_records().filter_map(|block| block.cidr.0).map(|cidr| cidr.0).collect()
}
