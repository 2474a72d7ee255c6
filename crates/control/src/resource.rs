//! Calico's and Kubernetes' objects, as far as BGP is concerned (calico.md §1). Values are checked:
//! what cannot be is refused by [`decode`](crate::decode).

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

use crate::Selector;

/// What kind of object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// A node of the cluster.
    Node,
    /// `IPPool`.
    IpPool,
    /// `BGPConfiguration`: `default` or `node.NAME`.
    BgpConfiguration,
    /// `BGPPeer`.
    BgpPeer,
    /// `BGPFilter`.
    BgpFilter,
    /// `BlockAffinity`: a block of addresses and its node.
    BlockAffinity,
    /// A Kubernetes Service.
    Service,
    /// A Kubernetes `EndpointSlice`.
    EndpointSlice,
    /// A Kubernetes Secret.
    Secret,
    /// A file of Felix about a local workload.
    EndpointStatus,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Node,
        Self::IpPool,
        Self::BgpConfiguration,
        Self::BgpPeer,
        Self::BgpFilter,
        Self::BlockAffinity,
        Self::Service,
        Self::EndpointSlice,
        Self::Secret,
        Self::EndpointStatus,
    ];

    /// The name as manifests have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::IpPool => "IPPool",
            Self::BgpConfiguration => "BGPConfiguration",
            Self::BgpPeer => "BGPPeer",
            Self::BgpFilter => "BGPFilter",
            Self::BlockAffinity => "BlockAffinity",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
            Self::Secret => "Secret",
            Self::EndpointStatus => "EndpointStatus",
        }
    }

    /// Whether objects of the kind are in namespaces.
    pub fn is_namespaced(self) -> bool {
        matches!(self, Self::Service | Self::EndpointSlice | Self::Secret)
    }
}

/// Which object. Ordered by kind, then namespace, then name, both by octets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Id {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty if it is in none.
    pub namespace: Box<str>,
    /// Its name.
    pub name: Box<str>,
}

impl Id {
    /// An object outside namespaces.
    pub fn new(kind: Kind, name: &str) -> Self {
        Self { kind, namespace: "".into(), name: name.into() }
    }

    /// An object in a namespace.
    pub fn namespaced(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.name())?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// An object of one of the kinds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Resource {
    /// A node.
    Node(Node),
    /// A pool.
    IpPool(IpPool),
    /// BGP's settings.
    BgpConfiguration(Box<BgpConfiguration>),
    /// Peers.
    BgpPeer(Box<BgpPeer>),
    /// A filter.
    BgpFilter(BgpFilter),
    /// A block.
    BlockAffinity(BlockAffinity),
    /// A service.
    Service(Service),
    /// Endpoints of a service.
    EndpointSlice(EndpointSlice),
    /// A secret.
    Secret(Secret),
    /// A local workload.
    EndpointStatus(EndpointStatus),
}

impl Resource {
    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Node(_) => Kind::Node,
            Self::IpPool(_) => Kind::IpPool,
            Self::BgpConfiguration(_) => Kind::BgpConfiguration,
            Self::BgpPeer(_) => Kind::BgpPeer,
            Self::BgpFilter(_) => Kind::BgpFilter,
            Self::BlockAffinity(_) => Kind::BlockAffinity,
            Self::Service(_) => Kind::Service,
            Self::EndpointSlice(_) => Kind::EndpointSlice,
            Self::Secret(_) => Kind::Secret,
            Self::EndpointStatus(_) => Kind::EndpointStatus,
        }
    }
}

/// Labels of an object.
pub type Labels = BTreeMap<Box<str>, Box<str>>;

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

/// `ipipMode`, `vxlanMode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Encapsulation {
    /// `Never`, and what is missing or unknown.
    #[default]
    Never,
    /// `Always`.
    Always,
    /// `CrossSubnet`.
    CrossSubnet,
}

/// A pool (§1.9).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IpPool {
    /// Its addresses, without host bits.
    pub cidr: IpNetwork,
    /// `ipipMode`.
    pub ipip: Encapsulation,
    /// `vxlanMode`.
    pub vxlan: Encapsulation,
    /// `disableBGPExport`.
    pub disable_bgp_export: bool,
}

/// A value in a Secret: `secretKeyRef`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct SecretKey {
    /// The Secret's name, in calico-node's namespace.
    pub name: Box<str>,
    /// The key in it.
    pub key: Box<str>,
}

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

/// The annotations `godwit/hold-time` and `godwit/keepalive-time`, seconds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SessionTimes {
    /// The hold time: 0, or 3 to 65535.
    pub hold: Option<u16>,
    /// The keepalive time: 1 to 65535.
    pub keepalive: Option<u16>,
    /// What is said of values that are ignored: sentences that begin with their verb.
    pub faults: Vec<Box<str>>,
}

/// `nextHopMode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum NextHop {
    /// As BGP does by itself.
    #[default]
    Auto,
    /// Always us.
    ToSelf,
    /// Unchanged.
    Keep,
}

/// A peer's address, and port if one is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeerAddress {
    /// The address.
    pub ip: IpAddr,
    /// The port; not 0.
    pub port: Option<u16>,
}

/// Peers (§1.7). An empty selector is none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct BgpPeer {
    /// `node`.
    pub node: Option<Box<str>>,
    /// `nodeSelector`.
    pub node_selector: Option<Selector>,
    /// `peerIP`.
    pub peer_ip: Option<PeerAddress>,
    /// `peerSelector`.
    pub peer_selector: Option<Selector>,
    /// `localWorkloadSelector`, which is Felix's to evaluate.
    pub local_workload_selector: Option<Box<str>>,
    /// `asNumber`; 0 is none.
    pub as_number: Option<u32>,
    /// `localASNumber`; 0 is none.
    pub local_as_number: Option<u32>,
    /// `keepOriginalNextHop`.
    pub keep_original_next_hop: bool,
    /// `nextHopMode`; none if missing.
    pub next_hop: Option<NextHop>,
    /// `password`.
    pub password: Option<SecretKey>,
    /// `sourceAddress` is `None`.
    pub no_source_address: bool,
    /// `maxRestartTime`.
    pub max_restart_time: Option<Duration>,
    /// `keepaliveTime`.
    pub keepalive_time: Option<Duration>,
    /// `numAllowedLocalASNumbers`.
    pub allowed_local_as: u32,
    /// `ttlSecurity`; 0 is off.
    pub ttl_security: u8,
    /// `reachableBy`; of the family of `peerIP`.
    pub reachable_by: Option<IpAddr>,
    /// `filters`.
    pub filters: Vec<Box<str>>,
    /// `reversePeering` is `Manual`.
    pub no_reverse_peering: bool,
    /// The session's times, which are godwit's own.
    #[serde(default)]
    pub times: SessionTimes,
}

/// `action`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FilterAction {
    /// `Accept`.
    Accept,
    /// `Reject`.
    Reject,
}

/// `matchOperator`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MatchOperator {
    /// `Equal`.
    Equal,
    /// `NotEqual`.
    NotEqual,
    /// `In`: equal or more specific.
    In,
    /// `NotIn`.
    NotIn,
}

/// `peerType`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PeerType {
    /// `eBGP`.
    External,
    /// `iBGP`.
    Internal,
}

/// A community of a filter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Community {
    /// `aa:nn`.
    Standard(u16, u16),
    /// `aa:nn:mm`.
    Large(u32, u32, u32),
}

/// `prefixLength` with the prefix it restricts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PrefixMatch {
    /// `cidr`, without host bits.
    pub cidr: IpNetwork,
    /// `matchOperator`.
    pub operator: MatchOperator,
    /// `prefixLength.min`.
    pub min_length: Option<u8>,
    /// `prefixLength.max`.
    pub max_length: Option<u8>,
}

/// An entry of `operations`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FilterOperation {
    /// `addCommunity`.
    AddCommunity(Community),
    /// `prependASPath`: the result begins with these.
    PrependAsPath(Vec<u32>),
    /// `setPriority`.
    SetPriority(u32),
}

/// A rule of a filter: it matches if all that is given matches (§1.8).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilterRule {
    /// What happens to a route that matches.
    pub action: FilterAction,
    /// `cidr`, `matchOperator`, `prefixLength`.
    pub prefix: Option<PrefixMatch>,
    /// `source` is `RemotePeers`.
    pub from_remote_peers: bool,
    /// `interface`: a pattern.
    pub interface: Option<Box<str>>,
    /// `peerType`.
    pub peer_type: Option<PeerType>,
    /// `communities.values`.
    pub community: Option<Community>,
    /// `asPathPrefix`; empty: not given.
    pub as_path_prefix: Vec<u32>,
    /// `priority`.
    pub priority: Option<u32>,
    /// `operations`; only with `Accept`.
    pub operations: Vec<FilterOperation>,
}

/// A filter (§1.8).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BgpFilter {
    /// `importV4`.
    pub import_v4: Vec<FilterRule>,
    /// `exportV4`.
    pub export_v4: Vec<FilterRule>,
    /// `importV6`.
    pub import_v6: Vec<FilterRule>,
    /// `exportV6`.
    pub export_v6: Vec<FilterRule>,
}

/// The state of a block's affinity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum AffinityState {
    /// Empty: confirmed by an old release.
    #[default]
    Implicit,
    /// `confirmed`.
    Confirmed,
    /// `pending`: not there yet.
    Pending,
    /// `pendingDeletion`: being released.
    PendingDeletion,
}

/// A block of a node (§1.10). What is deleted, or of type `virtual`, is never one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlockAffinity {
    /// The node's name.
    pub node: Box<str>,
    /// The block, without host bits.
    pub cidr: IpNetwork,
    /// How far the node has it.
    pub state: AffinityState,
}

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

/// Endpoints of a service: the ready ones (§1.11).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EndpointSlice {
    /// The service's name, in the slice's namespace; empty: of none.
    pub service: Box<str>,
    /// `addressType` is `IPv4`.
    pub ipv4: bool,
    /// `addressType` is `IPv6`.
    pub ipv6: bool,
    /// Whether any endpoint is ready.
    pub any_ready: bool,
    /// The nodes that have ready endpoints, ascending, each once.
    pub ready_nodes: Vec<Box<str>>,
}

/// A secret. Its values are never shown.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Secret {
    /// Values by key.
    pub data: BTreeMap<Box<str>, Vec<u8>>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.data.keys()).finish()
    }
}

/// A workload of this node that is a peer (§1.12). Files without a peer's name are none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndpointStatus {
    /// The `BGPPeer` it is a peer of.
    pub bgp_peer: Box<str>,
    /// The first of `ipv4Nets`.
    pub ipv4: Option<Ipv4Addr>,
    /// The first of `ipv6Nets`.
    pub ipv6: Option<Ipv6Addr>,
}
