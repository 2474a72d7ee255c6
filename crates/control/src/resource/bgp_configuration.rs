//! BGP's settings.

use std::time::Duration;

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

use super::{SecretKey, SessionTimes};

/// An entry of `prefixAdvertisements`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PrefixAdvertisement {
    /// Which routes, without host bits.
    pub cidr: IpNetwork,
    /// Names of communities, or communities, as written.
    pub communities: Vec<Box<str>>,
}

/// `bindMode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum BindMode {
    /// Every address.
    #[default]
    Any,
    /// The node's BGP address.
    NodeIp,
}

/// `programClusterRoutes`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ProgramClusterRoutes {
    /// `Enabled`.
    Enabled,
    /// `EnabledIPIPOnly`.
    EnabledIpipOnly,
    /// `EnabledNoEncapOnly`.
    EnabledNoEncapOnly,
    /// `Disabled`.
    Disabled,
}

/// BGP's settings (§1.6).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BgpConfiguration {
    /// `logSeverityScreen`, as written.
    pub log_severity: Option<Box<str>>,
    /// `nodeToNodeMeshEnabled`.
    pub mesh_enabled: Option<bool>,
    /// `asNumber`.
    pub as_number: Option<u32>,
    /// `listenPort`; not 0.
    pub listen_port: Option<u16>,
    /// `prefixAdvertisements`; none if the field is not there.
    pub prefix_advertisements: Option<Vec<PrefixAdvertisement>>,
    /// `communities`: name and value.
    pub communities: Vec<(Box<str>, Box<str>)>,
    /// `nodeMeshPassword`.
    pub mesh_password: Option<SecretKey>,
    /// `nodeMeshMaxRestartTime`.
    pub mesh_max_restart_time: Option<Duration>,
    /// `bindMode`.
    pub bind_mode: BindMode,
    /// `ignoredInterfaces`: patterns.
    pub ignored_interfaces: Vec<Box<str>>,
    /// `serviceClusterIPs`, without empty entries.
    pub service_cluster_ips: Vec<IpNetwork>,
    /// `serviceExternalIPs`, without empty entries.
    pub service_external_ips: Vec<IpNetwork>,
    /// `serviceLoadBalancerIPs`, without empty entries.
    pub service_load_balancer_ips: Vec<IpNetwork>,
    /// `serviceLoadBalancerAggregation` is `Disabled`.
    pub load_balancer_aggregation_disabled: bool,
    /// `programClusterRoutes`; none if missing or unknown.
    pub program_cluster_routes: Option<ProgramClusterRoutes>,
    /// `ipv4NormalRoutePriority`.
    pub ipv4_normal_route_priority: Option<u32>,
    /// `ipv6NormalRoutePriority`.
    pub ipv6_normal_route_priority: Option<u32>,
    /// The mesh's times, which are godwit's own.
    #[serde(default)]
    pub times: SessionTimes,
}
