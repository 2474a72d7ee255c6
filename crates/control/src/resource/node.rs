//! Nodes.

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

use super::Labels;

/// A node (§1.3, §1.4).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Node {
    /// The BGP address with its subnet, host bits and all; a bare address is a /32.
    pub ipv4: Option<IpNetwork>,
    /// The same for IPv6.
    pub ipv6: Option<IpNetwork>,
    /// Its AS, if it has its own.
    pub as_number: Option<u32>,
    /// Makes it a route reflector. Not empty; from etcd not always a dotted quad.
    pub route_reflector_cluster_id: Option<Box<str>>,
    /// Whether it has a WireGuard address of IPv4.
    pub wireguard_ipv4: bool,
    /// Whether it has a WireGuard address of IPv6.
    pub wireguard_ipv6: bool,
    /// Whether it has a WireGuard key; with `USE_POD_CIDR` its addresses follow from its pod CIDRs then.
    pub wireguard_key: bool,
    /// What selectors see: Calico's own labels, those of Kubernetes over them.
    pub labels: Labels,
    /// `spec.podCIDRs`, for `USE_POD_CIDR`.
    pub pod_cidrs: Vec<IpNetwork>,
}
