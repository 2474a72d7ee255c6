//! A peer of our node, as the datastore wants it, before it becomes a protocol.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::frame::Family;
use super::times::Times;
use crate::Id;
use crate::resource::{NextHop, SecretKey};

/// Where a peer comes from; the first part of its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Origin {
    /// A BGPPeer for every node.
    Global,
    /// A workload of our node.
    LocalWorkload,
    /// The node-to-node mesh.
    Mesh,
    /// A BGPPeer for some nodes.
    Node,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "Global",
            Self::LocalWorkload => "Local_Workload",
            Self::Mesh => "Mesh",
            Self::Node => "Node",
        })
    }
}

/// A peer.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Peer {
    pub(crate) origin: Origin,
    /// What asks for it.
    pub(crate) from: Id,
    pub(crate) address: IpAddr,
    pub(crate) port: Option<u16>,
    /// 0: nobody said.
    pub(crate) remote_as: u32,
    /// Our AS on this session, if it is not the node's.
    pub(crate) local_as: Option<u32>,
    /// Connect from our BGP address.
    pub(crate) from_own_address: bool,
    pub(crate) passive: bool,
    /// Hops; 0: no check.
    pub(crate) ttl_security: u8,
    /// The neighbor's cluster id, where it is known.
    pub(crate) cluster_id: Option<Box<str>>,
    pub(crate) next_hop: Option<NextHop>,
    /// `keepOriginalNextHop`, for external sessions.
    pub(crate) keep_next_hop: bool,
    pub(crate) restart_time: Option<Duration>,
    pub(crate) times: Times,
    pub(crate) allowed_local_as: u32,
    pub(crate) password: Option<SecretKey>,
    pub(crate) reachable_by: Option<IpAddr>,
    pub(crate) filters: Arc<[Box<str>]>,
}

impl Peer {
    /// A peer without options.
    pub(crate) fn new(origin: Origin, from: Id, address: IpAddr, remote_as: u32) -> Self {
        Self {
            origin,
            from,
            address,
            port: None,
            remote_as,
            local_as: None,
            from_own_address: true,
            passive: false,
            ttl_security: 0,
            cluster_id: None,
            next_hop: None,
            keep_next_hop: false,
            restart_time: None,
            times: Times::default(),
            allowed_local_as: 0,
            password: None,
            reachable_by: None,
            filters: Arc::default(),
        }
    }

    /// The protocol's name (§3.2, §3.3). It is read by calicoctl and the probes.
    pub(crate) fn name(&self) -> String {
        let address = self.address.to_string().replace(['.', ':'], "_");
        match (self.origin, self.port) {
            (Origin::Global | Origin::Node, Some(port)) => format!("{}_{address}_port_{port}", self.origin),
            _ => format!("{}_{address}", self.origin),
        }
    }

    /// The family of its address.
    pub(crate) fn family(&self) -> Family {
        if self.address.is_ipv6() { Family::V6 } else { Family::V4 }
    }

    /// Which neighbor: 179 is the port of one that names none.
    pub(crate) fn identity(&self) -> (IpAddr, u16) {
        (self.address, self.port.unwrap_or(179))
    }
}

/// Who waits for the other to connect: the one whose address is the smaller text marks the greater as
/// passive (§3.2). It must be the text, or nodes that run BIRD do not agree with us.
pub(crate) fn is_passive(peer: IpAddr, own: IpAddr) -> bool {
    peer.to_string() > own.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passive_side_is_found_by_text() {
        let passive = |peer: &str, own: &str| {
            Some(is_passive(peer.parse::<IpAddr>().ok()?, own.parse::<IpAddr>().ok()?))
        };
        assert_eq!(passive("10.0.0.2", "10.0.0.10"), Some(true));
        assert_eq!(passive("10.0.0.10", "10.0.0.2"), Some(false));
        assert_eq!(passive("fd00::9", "fd00::10"), Some(true));
    }
}
