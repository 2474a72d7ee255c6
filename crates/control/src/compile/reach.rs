//! Which peers a change of objects reaches.

use std::collections::BTreeSet;

use super::explicit::{Contribution, Explicit};
use super::frame::Frame;
use super::{Compiler, mesh};
use crate::cluster::Changes;

impl Compiler {
    /// Every peer again.
    pub(super) fn peers_again(&mut self, frame: &Frame) {
        let cluster = &self.cluster;
        self.work.nodes_examined += cluster.nodes.len() as u64;
        self.work.peers_examined += cluster.peers.len() as u64;
        let mesh = cluster.nodes.iter().map(|(name, node)| {
            let peers = mesh::peers(frame, cluster, name, node);
            (name.clone(), peers)
        });
        self.mesh = mesh.filter(|(_, peers)| !peers.is_empty()).collect();
        let reader = Explicit { frame, cluster, own: &self.settings.node };
        let all = cluster.peers.iter();
        self.explicit = all.map(|(name, it)| (name.clone(), reader.contribution(name, it))).collect();
    }

    /// The peers that changes of objects reach.
    pub(super) fn peers_after(&mut self, frame: &Frame, changes: &Changes) {
        let cluster = &self.cluster;
        let reader = Explicit { frame, cluster, own: &self.settings.node };
        // A node's own BGPConfiguration has its port.
        let by_port = changes.configurations.iter().filter_map(|name| name.strip_prefix("node."));
        let nodes: BTreeSet<&str> = changes.nodes.keys().map(|n| &**n).chain(by_port).collect();
        let mut again: BTreeSet<&str> = changes.peers.iter().map(|n| &**n).collect();
        for name in nodes {
            self.work.nodes_examined += 1;
            let now = cluster.nodes.get(name);
            let was = changes.nodes.get(name).and_then(Option::as_ref);
            let peers = now.map(|node| mesh::peers(frame, cluster, name, node)).unwrap_or_default();
            if peers.is_empty() {
                self.mesh.remove(name);
            } else if self.mesh.get(name) != Some(&peers) {
                self.mesh.insert(name.into(), peers);
            }
            for (peer, given) in &self.explicit {
                let Some(it) = cluster.peers.get(peer) else { continue };
                if now.into_iter().chain(was).any(|node| reader.concerns(it, given, name, node)) {
                    again.insert(peer);
                }
            }
        }
        if changes.endpoints {
            let workloads = cluster.peers.iter().filter(|(_, it)| it.local_workload_selector.is_some());
            again.extend(workloads.map(|(name, _)| &**name));
        }
        let again: Vec<(Box<str>, Option<Contribution>)> = again
            .into_iter()
            .map(|name| (name.into(), cluster.peers.get(name).map(|it| reader.contribution(name, it))))
            .collect();
        self.work.peers_examined += again.len() as u64;
        for (name, given) in again {
            match given {
                Some(given) => self.explicit.insert(name, given),
                None => self.explicit.remove(&name),
            };
        }
    }
}
