//! Services.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A service's type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum ServiceType {
    /// `ClusterIP`, and what is missing.
    #[default]
    ClusterIp,
    /// `NodePort`.
    NodePort,
    /// `LoadBalancer`.
    LoadBalancer,
    /// `ExternalName` and what is unknown.
    Other,
}

/// `externalTrafficPolicy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TrafficPolicy {
    /// `Cluster`.
    Cluster,
    /// `Local`.
    Local,
}

/// A service (§1.11), with what an API server would have filled in. Entries that are no addresses are not in it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Service {
    /// `type`.
    pub of_type: ServiceType,
    /// Whether `clusterIP` is neither empty nor `None`.
    pub has_cluster_ip: bool,
    /// `clusterIPs`.
    pub cluster_ips: Vec<IpAddr>,
    /// `ipFamilies` has IPv4.
    pub ipv4: bool,
    /// `ipFamilies` has IPv6.
    pub ipv6: bool,
    /// `externalIPs`.
    pub external_ips: Vec<IpAddr>,
    /// `loadBalancerIP`.
    pub load_balancer_ip: Option<IpAddr>,
    /// `status.loadBalancer.ingress[].ip`.
    pub ingress_ips: Vec<IpAddr>,
    /// `externalTrafficPolicy`; none if not set.
    pub traffic_policy: Option<TrafficPolicy>,
}
