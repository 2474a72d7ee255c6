//! Local workloads.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

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
