//! Calico's and Kubernetes' objects, as far as BGP is concerned (calico.md §1). Values are checked:
//! what cannot be is refused by [`decode`](crate::decode).

mod affinity;
mod bgp_configuration;
mod bgp_filter;
mod bgp_peer;
mod endpoints;
mod ip_pool;
mod node;
mod secret;
mod service;
mod times;
mod workload;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use affinity::{AffinityState, BlockAffinity};
pub use bgp_configuration::{BgpConfiguration, BindMode, PrefixAdvertisement, ProgramClusterRoutes};
pub use bgp_filter::{
    BgpFilter, Community, FilterAction, FilterOperation, FilterRule, MatchOperator, PeerType, PrefixMatch,
};
pub use bgp_peer::{BgpPeer, NextHop, PeerAddress};
pub use endpoints::EndpointSlice;
pub use ip_pool::{Encapsulation, IpPool};
pub use node::Node;
pub use secret::{Secret, SecretKey};
pub use service::{Service, ServiceType, TrafficPolicy};
pub use times::SessionTimes;
pub use workload::EndpointStatus;

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
