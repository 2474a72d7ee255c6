//! BGPPeer objects: which peers they give our node, and which they give it from the other side
//! (§3.3, §3.4, §3.7).

use std::sync::Arc;

use super::Problem;
use super::frame::{Family, Frame, own_port_of, port_of};
use super::peer::{Origin, Peer, is_passive};
use super::times::Times;
use crate::cluster::Cluster;
use crate::resource::{BgpPeer, Node, PeerAddress};
use crate::settings::Release;
use crate::{Id, Kind, Selector};

/// The most characters of a selector from 3.33 on; earlier ones may have 4096 (§1.14).
const SELECTOR_MAX: usize = 1024;

/// What one BGPPeer gives our node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contribution {
    /// As it says.
    pub(crate) forward: Vec<Arc<Peer>>,
    /// Because we are the other side of it.
    pub(crate) reverse: Vec<Arc<Peer>>,
    pub(crate) problems: Vec<Problem>,
    /// Our node has it.
    own_near: bool,
    /// Our node is whom it names.
    own_far: bool,
}

/// Reads BGPPeers.
#[derive(Debug)]
pub(crate) struct Explicit<'c> {
    pub(crate) frame: &'c Frame,
    pub(crate) cluster: &'c Cluster,
    /// Our node's name.
    pub(crate) own: &'c str,
}

impl Explicit<'_> {
    /// What a BGPPeer gives our node.
    pub(crate) fn contribution(&self, name: &str, it: &BgpPeer) -> Contribution {
        let mut given = Contribution::default();
        let id = Id::new(Kind::BgpPeer, name);
        for (field, selector) in [("nodeSelector", &it.node_selector), ("peerSelector", &it.peer_selector)] {
            if let Some(error) = selector.as_ref().and_then(|s| self.selector_error(s)) {
                let text = format!("spec.{field} matches nothing: {error}");
                given.problems.push(Problem::new(id.clone(), text));
            }
        }
        let (_, problem) = self.times(it);
        if !self.frame.is_exact() {
            let faults = it.times.faults.iter().map(ToString::to_string).chain(problem);
            given.problems.extend(faults.map(|text| Problem::new(id.clone(), text)));
        }
        given.own_near = self.is_near(it, self.own, &self.frame.own);
        given.own_far = Self::reverses(it) && self.is_far(it, self.own, &self.frame.own);
        if given.own_near {
            self.forward(&id, it, &mut given);
        }
        if given.own_far {
            given.reverse =
                self.near_nodes(it).flat_map(|(n, node)| self.reversed(&id, it, n, node)).collect();
        }
        given
    }

    /// Whether a change of another node may change what a BGPPeer gives.
    pub(crate) fn concerns(&self, it: &BgpPeer, given: &Contribution, name: &str, node: &Node) -> bool {
        let addressed = it.peer_ip.is_some_and(|peer| node.addresses().any(|a| a == peer.ip));
        let forward =
            given.own_near && (addressed || it.peer_selector.as_ref().is_some_and(|s| self.matches(s, node)));
        forward || (given.own_far && self.is_near(it, name, node))
    }

    fn selector_error(&self, selector: &Selector) -> Option<String> {
        // Few are so long that their characters have to be counted.
        if self.frame.release >= Release::V3_33 && selector.text().len() > SELECTOR_MAX {
            let length = selector.text().chars().count();
            if length > SELECTOR_MAX {
                return Some(format!("{length} characters, and at most {SELECTOR_MAX} are allowed"));
            }
        }
        selector.error().map(str::to_owned)
    }

    fn matches(&self, selector: &Selector, node: &Node) -> bool {
        self.selector_error(selector).is_none() && selector.matches(&node.labels)
    }

    /// Whether a node has the peering.
    fn is_near(&self, it: &BgpPeer, name: &str, node: &Node) -> bool {
        match (&it.node, &it.node_selector) {
            (Some(of), _) => **of == *name,
            (None, Some(selector)) => self.matches(selector, node),
            (None, None) => true,
        }
    }

    fn reverses(it: &BgpPeer) -> bool {
        !it.no_reverse_peering && it.local_workload_selector.is_none()
    }

    /// Whether a node is one the peering is with (§3.4).
    fn is_far(&self, it: &BgpPeer, name: &str, node: &Node) -> bool {
        if let Some(selector) = &it.peer_selector {
            return self.matches(selector, node);
        }
        let Some(PeerAddress { ip, port }) = it.peer_ip else { return false };
        let its_as = it.as_number.unwrap_or(self.frame.global_as);
        let listens = own_port_of(self.cluster, name).or(self.frame.global_port);
        node.addresses().any(|a| a == ip)
            && self.frame.as_of(node) == its_as
            && (port.is_none() || listens.is_none() || port == listens)
    }

    fn near_nodes<'i>(&'i self, it: &'i BgpPeer) -> impl Iterator<Item = (&'i str, &'i Node)> {
        let nodes = self.cluster.nodes.iter().map(|(n, node)| (&**n, &**node));
        nodes.filter(move |(name, node)| self.is_near(it, name, node))
    }

    fn origin(it: &BgpPeer) -> Origin {
        let global = it.node.is_none() && it.node_selector.is_none();
        if global { Origin::Global } else { Origin::Node }
    }

    fn forward(&self, id: &Id, it: &BgpPeer, given: &mut Contribution) {
        if it.local_workload_selector.is_some() {
            given.forward = self.workloads(id, it);
        } else if let Some(selector) = &it.peer_selector {
            let nodes = self.cluster.nodes.iter().filter(|(_, node)| self.matches(selector, node));
            let peers = nodes.flat_map(|(name, node)| {
                let families = Family::ALL.into_iter();
                families.filter_map(|f| self.of_node(Self::origin(it), id, it, name, node, f))
            });
            given.forward = peers.collect();
        } else if let Some(address) = it.peer_ip {
            given.forward = self.addressed(id, it, address).into_iter().collect();
        } else {
            let text = "names no peer: peerIP, peerSelector or localWorkloadSelector is needed";
            given.problems.push(Problem::new(id.clone(), text));
        }
    }

    /// The other side of a peering: a node that has it is our peer, in the family of its address.
    fn reversed(&self, id: &Id, it: &BgpPeer, name: &str, node: &Node) -> Vec<Arc<Peer>> {
        let wanted = |family: &Family| it.peer_ip.is_none_or(|peer| family.has_ip(peer.ip));
        let peer = |family| self.of_node(Origin::Node, id, it, name, node, family);
        Family::ALL.into_iter().filter(wanted).filter_map(peer).collect()
    }

    /// A node as a peer. `localASNumber` and `numAllowedLocalASNumbers` are not for these.
    fn of_node(
        &self,
        origin: Origin,
        id: &Id,
        it: &BgpPeer,
        name: &str,
        node: &Node,
        family: Family,
    ) -> Option<Arc<Peer>> {
        let address = family.of(node)?.ip();
        if address == self.frame.address(family)? {
            return None;
        }
        let peer = Peer {
            port: port_of(self.cluster, name, self.frame.global_port),
            cluster_id: node.route_reflector_cluster_id.clone(),
            ..Peer::new(origin, id.clone(), address, self.frame.as_of(node))
        };
        Some(Arc::new(self.with_options(peer, it)))
    }

    /// A peer given by its address.
    fn addressed(&self, id: &Id, it: &BgpPeer, of: PeerAddress) -> Option<Arc<Peer>> {
        let family = if of.ip.is_ipv6() { Family::V6 } else { Family::V4 };
        let own = self.frame.address(family)?;
        if of.ip == own {
            return None;
        }
        let its_as = it.as_number.unwrap_or(self.frame.global_as);
        let inherited = || {
            let mut nodes = self.cluster.nodes_at(of.ip);
            let (name, _) = nodes.find(|(_, node)| self.frame.as_of(node) == its_as)?;
            port_of(self.cluster, name, self.frame.global_port)
        };
        let origin = Self::origin(it);
        let is_node = self.cluster.nodes_at(of.ip).next().is_some();
        let peer = Peer {
            port: of.port.or_else(inherited),
            local_as: it.local_as_number.filter(|_| self.frame.release >= Release::V3_31),
            passive: origin == Origin::Global && is_node && is_passive(of.ip, own),
            allowed_local_as: it.allowed_local_as,
            reachable_by: it.reachable_by,
            ..Peer::new(origin, id.clone(), of.ip, it.as_number.unwrap_or(0))
        };
        Some(Arc::new(self.with_options(peer, it)))
    }

    /// The options that every kind of BGPPeer has.
    fn with_options(&self, peer: Peer, it: &BgpPeer) -> Peer {
        Peer {
            from_own_address: !it.no_source_address,
            ttl_security: it.ttl_security,
            next_hop: it.next_hop,
            keep_next_hop: it.keep_original_next_hop,
            restart_time: it.max_restart_time,
            times: self.times(it).0,
            password: it.password.clone(),
            filters: it.filters.as_slice().into(),
            ..peer
        }
    }

    /// The times of a BGPPeer's sessions; an annotation goes before the field.
    fn times(&self, it: &BgpPeer) -> (Times, Option<String>) {
        let calico = it.keepalive_time.filter(|_| self.frame.release >= Release::V3_32);
        if self.frame.is_exact() {
            return (Times { hold: None, keepalive: calico }, None);
        }
        Times::new(&it.times, calico)
    }

    /// The workloads of our node that Felix says are peers of this BGPPeer.
    fn workloads(&self, id: &Id, it: &BgpPeer) -> Vec<Arc<Peer>> {
        let files = self.cluster.endpoints.values().filter(|e| e.bgp_peer == id.name);
        let addresses = files.flat_map(|e| {
            let v4 = e.ipv4.map(std::net::IpAddr::V4);
            v4.into_iter().chain(e.ipv6.map(std::net::IpAddr::V6))
        });
        addresses
            .map(|address| {
                let origin = Origin::LocalWorkload;
                Arc::new(Peer {
                    local_as: it.local_as_number.filter(|_| self.frame.release >= Release::V3_31),
                    passive: true,
                    from_own_address: false,
                    // Calico has no keepalive time for these.
                    times: self.times(&BgpPeer { keepalive_time: None, ..it.clone() }).0,
                    filters: it.filters.as_slice().into(),
                    ..Peer::new(origin, id.clone(), address, it.as_number.unwrap_or(0))
                })
            })
            .collect()
    }
}
