//! All peers of our node: whose address is whose when several objects name it (§3.3).

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use super::Problem;
use super::explicit::Contribution;
use super::frame::{Family, Frame};
use super::peer::{Origin, Peer};
use crate::Id;

/// The peers by the names of their protocols.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    ipv4: BTreeMap<String, Arc<Peer>>,
    ipv6: BTreeMap<String, Arc<Peer>>,
    pub(crate) problems: Vec<Problem>,
}

/// Puts the peers together.
#[derive(Debug)]
struct Merge<'f> {
    frame: &'f Frame,
    merged: Merged,
    /// Neighbors of BGPPeers, with who named each first.
    taken: HashMap<(IpAddr, u16), Id>,
}

impl Merged {
    pub(crate) fn new(
        frame: &Frame,
        mesh: &BTreeMap<Box<str>, Vec<Arc<Peer>>>,
        explicit: &BTreeMap<Box<str>, Contribution>,
    ) -> Self {
        let mut merge = Merge { frame, merged: Self::default(), taken: HashMap::new() };
        let forward = || explicit.values().flat_map(|c| &c.forward);
        // Global ones win over those of nodes, and within each the lowest name, where Calico tosses a coin.
        for origin in [Origin::Global, Origin::Node] {
            forward().filter(|p| p.origin == origin).for_each(|p| merge.explicit(p, true));
        }
        explicit.values().flat_map(|c| &c.reverse).for_each(|p| merge.explicit(p, false));
        forward().filter(|p| p.origin == Origin::LocalWorkload).for_each(|p| merge.add(p));
        mesh.values().flatten().for_each(|p| merge.add(p));
        merge.merged
    }

    /// A family's.
    pub(crate) fn family(&self, family: Family) -> &BTreeMap<String, Arc<Peer>> {
        match family {
            Family::V4 => &self.ipv4,
            Family::V6 => &self.ipv6,
        }
    }

    /// All.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.ipv4.values().chain(self.ipv6.values())
    }
}

impl Merge<'_> {
    /// A peer of a BGPPeer: not if another has named the neighbor. `said`: to be shadowed is worth a word.
    fn explicit(&mut self, peer: &Arc<Peer>, said: bool) {
        if let Some(first) = self.taken.get(&peer.identity()) {
            if said && *first != peer.from {
                let text = format!("has no effect for {}: {first} names that neighbor too", peer.address);
                self.merged.problems.push(Problem::new(peer.from.clone(), text));
            }
            return;
        }
        self.taken.insert(peer.identity(), peer.from.clone());
        self.add(peer);
    }

    fn add(&mut self, peer: &Arc<Peer>) {
        let family = peer.family();
        // Without an address of the family there is no BGP of it.
        if self.frame.address(family).is_none() {
            return;
        }
        let mut problem = |text: String| self.merged.problems.push(Problem::new(peer.from.clone(), text));
        if peer.remote_as == 0 {
            return problem(format!("gives {} no AS: asNumber is needed", peer.address));
        }
        let cluster_id = self.frame.cluster_id.as_deref();
        if cluster_id.is_some_and(|id| id.parse::<std::net::Ipv4Addr>().is_err()) {
            problem(
                "is reflected under our router id: our route reflector cluster id is no dotted quad".into(),
            );
        }
        let peers = match family {
            Family::V4 => &mut self.merged.ipv4,
            Family::V6 => &mut self.merged.ipv6,
        };
        let name = peer.name();
        if let Some(first) = peers.get(&name) {
            let text = format!("has no effect: {} has its address {}", first.from, peer.address);
            self.merged.problems.push(Problem::new(peer.from.clone(), text));
            return;
        }
        peers.insert(name, peer.clone());
    }
}
