//! What holds for the whole node: its own facts and the settings of BGPConfiguration.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use ipnetwork::IpNetwork;
use sha2::{Digest as _, Sha256};

use super::times::Times;
use super::{Fidelity, Problem};
use crate::cluster::Cluster;
use crate::resource::{
    BgpConfiguration, BindMode, Node, PrefixAdvertisement, ProgramClusterRoutes, SecretKey, SessionTimes,
};
use crate::settings::{NodeSettings, Release, RouterIdSetting};
use crate::{Id, Kind};

/// The AS of nodes that nobody gave one (§3.0).
const AS_DEFAULT: u32 = 64512;
/// The route priority of workloads (§4.1).
const PRIORITY_DEFAULT: u32 = 1024;
/// Keeps load balancers off a node (§4.6).
const EXCLUDED_LABEL: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// An address family.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// Whether a prefix is of it.
    pub(crate) fn has(self, net: IpNetwork) -> bool {
        net.is_ipv6() == (self == Self::V6)
    }

    /// Whether an address is of it.
    pub(crate) fn has_ip(self, ip: IpAddr) -> bool {
        ip.is_ipv6() == (self == Self::V6)
    }

    /// `4` or `6`.
    pub fn digit(self) -> char {
        match self {
            Self::V4 => '4',
            Self::V6 => '6',
        }
    }

    /// A node's BGP address with its subnet.
    pub(crate) fn of(self, node: &Node) -> Option<IpNetwork> {
        match self {
            Self::V4 => node.ipv4,
            Self::V6 => node.ipv6,
        }
    }

    /// The length of a host route.
    pub(crate) fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }
}

/// The BGP log level (§3.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LogLevel {
    None,
    Info,
    Debug,
}

/// The settings of BGPConfiguration that concern other nodes' peers, and ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    pub(crate) release: Release,
    pub(crate) fidelity: Fidelity,
    /// Our node.
    pub(crate) own: Arc<Node>,
    pub(crate) own_as: u32,
    pub(crate) global_as: u32,
    /// Our cluster id, if we are a route reflector.
    pub(crate) cluster_id: Option<Box<str>>,
    pub(crate) global_port: Option<u16>,
    pub(crate) own_port: Option<u16>,
    pub(crate) bind_mode: BindMode,
    pub(crate) mesh: bool,
    pub(crate) mesh_password: Option<SecretKey>,
    pub(crate) mesh_restart_time: Option<Duration>,
    pub(crate) mesh_times: Times,
    pub(crate) log: LogLevel,
    pub(crate) ignored_interfaces: Vec<Box<str>>,
    /// With the communities they stand for.
    pub(crate) advertisements: Vec<PrefixAdvertisement>,
    pub(crate) communities: Vec<(Box<str>, Box<str>)>,
    pub(crate) program: ProgramClusterRoutes,
    pub(crate) priority: [u32; 2],
    /// Load balancers are kept off our node.
    pub(crate) excluded: bool,
    pub(crate) cluster_ips: Vec<IpNetwork>,
    pub(crate) external_ips: Vec<IpNetwork>,
    pub(crate) load_balancer_ips: Vec<IpNetwork>,
    pub(crate) aggregation: bool,
    /// The router id of both families; none: IPv6 only, and nothing set.
    pub(crate) router_id: Ipv4Addr,
    /// Blocks are the pod CIDRs of nodes.
    pub(crate) use_pod_cidr: bool,
    pub(crate) problems: Vec<Problem>,
}

impl Frame {
    /// What holds now; `None` if our node is not in the datastore.
    pub(crate) fn new(cluster: &Cluster, settings: &NodeSettings, fidelity: Fidelity) -> Option<Self> {
        let own = cluster.nodes.get(settings.node.as_str())?.clone();
        let nothing = BgpConfiguration::default();
        let global = cluster.configurations.get("default").map_or(&nothing, |c| &**c);
        let name = node_configuration(&settings.node);
        let node = cluster.configurations.get(name.as_str()).map(|c| &**c);
        let mut problems = Vec::new();
        let global_as = global.as_number.unwrap_or(AS_DEFAULT);
        let advertises = node.filter(|n| n.prefix_advertisements.is_some()).unwrap_or(global);
        let severity = node.and_then(|n| n.log_severity.as_ref()).or(global.log_severity.as_ref());
        let router_id = router_id(settings, &own, &mut problems);
        for name in cluster.configurations.keys() {
            if &**name != "default" && !name.starts_with("node.") {
                let text = "has no effect: only 'default' and 'node.NAME' are known";
                problems.push(Problem::new(Id::new(Kind::BgpConfiguration, name), text));
            }
        }
        let mesh_times = match fidelity {
            Fidelity::Calico => Times::default(),
            Fidelity::Godwit => mesh_times(settings, global, node, &mut problems),
        };
        let cluster_ips = match settings.advertise_cluster_ips {
            Some(net) => vec![net],
            None => global.service_cluster_ips.clone(),
        };
        Some(Self {
            release: settings.release,
            fidelity,
            own_as: own.as_number.unwrap_or(global_as),
            global_as,
            cluster_id: own.route_reflector_cluster_id.clone(),
            global_port: global.listen_port,
            own_port: node.and_then(|n| n.listen_port).or(global.listen_port),
            bind_mode: global.bind_mode,
            mesh: global.mesh_enabled.unwrap_or(true),
            mesh_password: global.mesh_password.clone(),
            mesh_restart_time: global.mesh_max_restart_time,
            mesh_times,
            log: log_level(severity.map(|s| &**s)),
            ignored_interfaces: global.ignored_interfaces.clone(),
            advertisements: advertises.prefix_advertisements.clone().unwrap_or_default(),
            communities: advertises.communities.clone(),
            program: programs(settings.release, global.program_cluster_routes),
            priority: [
                global.ipv4_normal_route_priority.unwrap_or(PRIORITY_DEFAULT),
                global.ipv6_normal_route_priority.unwrap_or(PRIORITY_DEFAULT),
            ],
            excluded: own.labels.get(EXCLUDED_LABEL).is_some_and(|v| &**v == "true"),
            cluster_ips,
            external_ips: global.service_external_ips.clone(),
            load_balancer_ips: global.service_load_balancer_ips.clone(),
            // The switch came with 3.31.
            aggregation: settings.release < Release::V3_31 || !global.load_balancer_aggregation_disabled,
            router_id,
            use_pod_cidr: settings.use_pod_cidr,
            problems,
            own,
        })
    }

    /// Our BGP address.
    pub(crate) fn address(&self, family: Family) -> Option<IpAddr> {
        family.of(&self.own).map(|net| net.ip())
    }

    /// A node's AS: its own, else the cluster's.
    pub(crate) fn as_of(&self, node: &Node) -> u32 {
        node.as_number.unwrap_or(self.global_as)
    }

    /// The priority of workload routes.
    pub(crate) fn priority(&self, family: Family) -> u32 {
        let [v4, v6] = self.priority;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    /// Whether services are advertised at all.
    pub(crate) fn wants_services(&self) -> bool {
        !(self.cluster_ips.is_empty() && self.external_ips.is_empty() && self.load_balancer_ips.is_empty())
    }

    /// Whether a node takes part in WireGuard in a family.
    pub(crate) fn has_wireguard(&self, family: Family, node: &Node) -> bool {
        let by_pod_cidr =
            self.use_pod_cidr && node.wireguard_key && node.pod_cidrs.iter().any(|c| family.has(*c));
        let by_address = match family {
            Family::V4 => node.wireguard_ipv4,
            Family::V6 => node.wireguard_ipv6,
        };
        by_pod_cidr || by_address
    }

    /// Whether LOCAL_PREF carries the route priority (§4.1).
    pub(crate) fn has_priorities(&self) -> bool {
        self.release >= Release::V3_32
    }

    /// Whether we do as Calico does even where it is wrong.
    pub(crate) fn is_exact(&self) -> bool {
        self.fidelity == Fidelity::Calico
    }

    /// Whether BGP programs routes of IPIP pools.
    pub(crate) fn programs_ipip(&self) -> bool {
        matches!(self.program, ProgramClusterRoutes::Enabled | ProgramClusterRoutes::EnabledIpipOnly)
    }

    /// Whether BGP programs routes of pools without encapsulation.
    pub(crate) fn programs_plain(&self) -> bool {
        matches!(self.program, ProgramClusterRoutes::Enabled | ProgramClusterRoutes::EnabledNoEncapOnly)
    }
}

/// The port a node listens on, if it is not BGP's.
pub(crate) fn port_of(cluster: &Cluster, node: &str, global: Option<u16>) -> Option<u16> {
    own_port_of(cluster, node).or(global)
}

/// The port of a node's own BGPConfiguration.
pub(crate) fn own_port_of(cluster: &Cluster, node: &str) -> Option<u16> {
    let name = node_configuration(node);
    cluster.configurations.get(name.as_str()).and_then(|c| c.listen_port)
}

/// The name of a node's own BGPConfiguration.
fn node_configuration(node: &str) -> String {
    format!("node.{node}")
}

/// The node's own annotation goes before that for all nodes, and that before the settings.
fn mesh_times(
    settings: &NodeSettings,
    global: &BgpConfiguration,
    node: Option<&BgpConfiguration>,
    problems: &mut Vec<Problem>,
) -> Times {
    let own = node_configuration(&settings.node);
    let mut add = |name: &str, text: &str| {
        problems.push(Problem::new(Id::new(Kind::BgpConfiguration, name), text));
    };
    global.times.faults.iter().for_each(|text| add("default", text));
    node.iter().flat_map(|n| &n.times.faults).for_each(|text| add(&own, text));
    let of = |field: fn(&SessionTimes) -> Option<u16>| {
        node.and_then(|n| field(&n.times)).or_else(|| field(&global.times))
    };
    let times = SessionTimes {
        hold: of(|t| t.hold).or(settings.mesh_hold_time_secs),
        keepalive: of(|t| t.keepalive),
        faults: Vec::new(),
    };
    let (times, problem) = Times::new(&times, None);
    if let Some(text) = problem {
        let by_node = node.is_some_and(|n| n.times.keepalive.is_some());
        add(if by_node { &own } else { "default" }, &text);
    }
    times
}

/// Before 3.32 BGP programs everything; 3.32 has a switch, later releases four positions (§3.12).
fn programs(release: Release, wanted: Option<ProgramClusterRoutes>) -> ProgramClusterRoutes {
    use ProgramClusterRoutes::{Disabled, Enabled, EnabledNoEncapOnly};
    match release {
        Release::V3_30 | Release::V3_31 => Enabled,
        Release::V3_32 if wanted == Some(Disabled) => Disabled,
        Release::V3_32 => Enabled,
        Release::V3_33 => wanted.unwrap_or(EnabledNoEncapOnly),
    }
}

fn log_level(severity: Option<&str>) -> LogLevel {
    match severity.unwrap_or("info").to_ascii_lowercase().as_str() {
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        _ => LogLevel::None,
    }
}

/// §3.9. A node without an IPv4 address has the hash of its name, where Calico has none and never runs.
fn router_id(settings: &NodeSettings, own: &Node, problems: &mut Vec<Problem>) -> Ipv4Addr {
    match (&settings.router_id, own.ipv4) {
        (RouterIdSetting::Fixed(id), _) => *id,
        (RouterIdSetting::Hash, _) => hash_id(&settings.node),
        (RouterIdSetting::FromAddress, Some(IpNetwork::V4(net))) => net.ip(),
        (RouterIdSetting::FromAddress, _) => {
            let id = hash_id(&settings.node);
            let text = format!("has no IPv4 address: the router id is {id}, as with CALICO_ROUTER_ID=hash");
            problems.push(Problem::new(Id::new(Kind::Node, &settings.node), text));
            id
        }
    }
}

/// The router id of a node's name.
pub fn hash_id(node: &str) -> Ipv4Addr {
    let digest = Sha256::digest(node.as_bytes());
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| digest.get(at).copied().unwrap_or_default());
    Ipv4Addr::new(if a > 223 { a - 32 } else { a }, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_router_id_of_a_name_is_calicos() {
        assert_eq!(hash_id("kube-master"), Ipv4Addr::new(25, 79, 212, 8));
    }
}
