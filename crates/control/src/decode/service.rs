//! Services (§1.11), with the defaults of an API server for those that never saw one.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use super::scalar::{Annotation, Field};
use super::structure::{List, Record, whole};
use crate::resource::{Service, ServiceType, TrafficPolicy};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Whole {
    spec: Record<Spec>,
    status: Record<Status>,
}

/// Entries that are no addresses are left out, so they read like annotations.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    #[serde(rename = "type")]
    of_type: Field<Box<str>>,
    #[serde(rename = "clusterIP")]
    cluster_ip: Field<Box<str>>,
    #[serde(rename = "clusterIPs")]
    cluster_ips: List<Field<Box<str>>>,
    ip_families: List<Field<Box<str>>>,
    #[serde(rename = "externalIPs")]
    external_ips: List<Annotation<IpAddr>>,
    #[serde(rename = "loadBalancerIP")]
    load_balancer_ip: Annotation<IpAddr>,
    external_traffic_policy: Field<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    load_balancer: Record<LoadBalancer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LoadBalancer {
    ingress: List<Record<Ingress>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ingress {
    ip: Annotation<IpAddr>,
}

pub(super) fn decode(value: &Value) -> Result<Service, String> {
    let Whole { spec: Record(spec), status: Record(status) } = whole(value)?;
    let of_type = match spec.of_type.0.as_deref() {
        None | Some("ClusterIP") => ServiceType::ClusterIp,
        Some("NodePort") => ServiceType::NodePort,
        Some("LoadBalancer") => ServiceType::LoadBalancer,
        Some(_) => ServiceType::Other,
    };
    // The list and the single one are made of each other.
    let mut listed: Vec<_> = spec.cluster_ips.0.into_iter().filter_map(|ip| ip.0).collect();
    let cluster_ip = spec.cluster_ip.0.or_else(|| listed.first().cloned());
    if listed.is_empty() {
        listed.extend(cluster_ip.clone());
    }
    let cluster_ips: Vec<IpAddr> =
        listed.iter().filter_map(|text| text.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical()).collect();
    let families: Vec<_> = spec.ip_families.0.into_iter().filter_map(|family| family.0).collect();
    let has_family = |name: &str, of_family: fn(&IpAddr) -> bool| {
        if families.is_empty() {
            cluster_ips.iter().any(of_family)
        } else {
            families.iter().any(|family| &**family == name)
        }
    };
    Ok(Service {
        of_type,
        has_cluster_ip: cluster_ip.is_some_and(|ip| &*ip != "None"),
        ipv4: has_family("IPv4", IpAddr::is_ipv4),
        ipv6: has_family("IPv6", IpAddr::is_ipv6),
        cluster_ips,
        external_ips: spec.external_ips.0.into_iter().filter_map(|ip| ip.0).collect(),
        load_balancer_ip: spec.load_balancer_ip.0,
        ingress_ips: status.load_balancer.0.ingress.into_records().filter_map(|i| i.ip.0).collect(),
        traffic_policy: match spec.external_traffic_policy.0.as_deref() {
            Some("Cluster") => Some(TrafficPolicy::Cluster),
            Some("Local") => Some(TrafficPolicy::Local),
            None if matches!(of_type, ServiceType::NodePort | ServiceType::LoadBalancer) => {
                Some(TrafficPolicy::Cluster)
            }
            _ => None,
        },
    })
}
