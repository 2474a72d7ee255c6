//! The node-to-node mesh (§3.2).

use std::sync::Arc;

use super::frame::{Family, Frame, port_of};
use super::peer::{Origin, Peer, is_passive};
use crate::cluster::Cluster;
use crate::resource::Node;
use crate::settings::Release;
use crate::{Id, Kind};

/// The mesh peers that a node is to ours: one for each family it and we have an address of.
pub(crate) fn peers(frame: &Frame, cluster: &Cluster, name: &str, node: &Node) -> Vec<Arc<Peer>> {
    if !frame.mesh || frame.cluster_id.is_some() || node.route_reflector_cluster_id.is_some() {
        return Vec::new();
    }
    let peer = |family: Family| {
        let (address, own) = (family.of(node)?.ip(), frame.address(family)?);
        // By address, not by name: whoever has our address is nobody to talk to.
        if address == own {
            return None;
        }
        let remote_as = match node.as_number {
            Some(n) => n,
            // Calico takes our own AS, which is not what the other node takes for itself.
            None if frame.is_exact() && frame.release >= Release::V3_32 => frame.own_as,
            None => frame.global_as,
        };
        Some(Arc::new(Peer {
            port: port_of(cluster, name, frame.global_port),
            passive: is_passive(address, own),
            password: frame.mesh_password.clone(),
            restart_time: frame.mesh_restart_time,
            times: frame.mesh_times,
            ..Peer::new(Origin::Mesh, Id::new(Kind::Node, name), address, remote_as)
        }))
    };
    Family::ALL.into_iter().filter_map(peer).collect()
}
