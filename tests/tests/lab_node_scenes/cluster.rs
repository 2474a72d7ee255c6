//! A cluster: a rack of nodes with pods, and a datastore.
//!
//! Node N has the addresses 172.20.0.(10+N) and `fd00:20::1N`, the blocks 10.50.N.0/26 and `fd00:50:0:N::/122`, and in
//! each the address 2 for its pod.

use anyhow::{Context as _, Result};
use godwit_lab::{Namespace, until};
use serde_json::Value;

use crate::sessions::Sessions;
use crate::speaker::{Kind, RELEASE, Speaker, Told};
use crate::store::{NodeObject, Object, Store, bgp_configuration, ip_pool};
use godwit_lab::rack::{Pod, Rack, forwarder, ip_batch};

/// The AS of the cluster.
pub(crate) const CLUSTER_AS: u32 = 64512;

/// A machine of the cluster.
pub(crate) struct Node {
    pub(crate) object: NodeObject,
    pub(crate) blocks: Vec<Object>,
    pub(crate) machine: Namespace,
    /// Its place at the rack.
    pub(crate) port: String,
    /// The pod's, on the node.
    pub(crate) interface: String,
    pub(crate) pod: Pod,
    pub(crate) speaker: Speaker,
    pub(crate) block4: String,
    pub(crate) block6: String,
}

/// An address without its prefix length.
fn bare(address: &str) -> &str {
    address.split('/').next().unwrap_or(address)
}

impl Node {
    pub(crate) fn ipv4(&self) -> &str {
        bare(&self.object.ipv4)
    }

    pub(crate) fn ipv6(&self) -> &str {
        bare(&self.object.ipv6)
    }

    /// The address of a family.
    pub(crate) fn address(&self, family: u8) -> &str {
        if family == 4 { self.ipv4() } else { self.ipv6() }
    }

    pub(crate) fn block(&self, family: u8) -> &str {
        if family == 4 { &self.block4 } else { &self.block6 }
    }

    pub(crate) fn start(&mut self, kind: Kind) -> Result<()> {
        self.speaker.start(&self.machine, kind)
    }

    /// Waits for a session to be Established.
    pub(crate) fn established(&self, family: u8, protocol: &str) -> Result<()> {
        let command = format!("show protocols {protocol}");
        until(&format!("{protocol} to be Established"), || {
            self.speaker.birdc(family, &command).contains("Established")
        })
        .with_context(|| self.told())
        .map(|_| ())
    }

    /// Waits until it has recovered from its restart: before that, another one would cost routes (RFC 4724 §4.2).
    pub(crate) fn has_recovered(&self) -> Result<()> {
        for family in [4, 6] {
            until(&format!("{} to recover", self.object.name), || {
                let status = self.speaker.birdc(family, "show status");
                status.contains("Daemon is") && !status.to_lowercase().contains("graceful restart")
            })
            .with_context(|| self.told())?;
        }
        Ok(())
    }

    /// Everything there is to say when something is not as it should be.
    pub(crate) fn told(&self) -> String {
        let mut all = format!("{}:\n", self.object.name);
        for family in [4, 6] {
            all += &self.speaker.birdc(family, "show protocols");
            all += &self.speaker.birdc(family, "show route");
            all += &self.machine.ip(&[&format!("-{family}"), "route"]).unwrap_or_default();
        }
        let log = self.speaker.log();
        all + &log[log.len().saturating_sub(6000)..]
    }

    /// Its BGP protocols.
    pub(crate) fn sessions(&self) -> Sessions {
        Sessions::of(&self.speaker)
    }

    /// The kernel's routes to a prefix.
    pub(crate) fn kernel(&self, prefix: &str) -> Vec<String> {
        self.machine.routes(prefix)
    }

    /// Waits until the kernel has exactly one route of BGP's to a prefix, and that has all these words.
    pub(crate) fn routes_to(&self, prefix: &str, words: &[&str]) -> Result<()> {
        until(&format!("{} to have {prefix} {words:?}", self.object.name), || {
            let routes = self.kernel(prefix);
            let ours: Vec<_> = routes.iter().filter(|route| route.contains("proto bird")).collect();
            ours.len() == 1 && words.iter().all(|word| ours.iter().all(|route| route.contains(word)))
        })
        .with_context(|| self.told())
        .map(|_| ())
    }

    /// Waits until the kernel has no route to a prefix.
    pub(crate) fn no_route_to(&self, prefix: &str) -> Result<()> {
        until(&format!("{} to lose {prefix}", self.object.name), || self.kernel(prefix).is_empty())
            .with_context(|| self.told())
            .map(|_| ())
    }
}

/// The name of a mesh peer.
pub(crate) fn mesh(address: &str) -> String {
    peer("Mesh", address)
}

/// The name of a peer: `Mesh`, `Global` or `Node` and its address.
pub(crate) fn peer(scope: &str, address: &str) -> String {
    format!("{scope}_{}", address.replace(['.', ':'], "_"))
}

/// A cluster.
pub(crate) struct Cluster {
    pub(crate) rack: Rack,
    pub(crate) store: Store,
    pub(crate) nodes: Vec<Node>,
    pub(crate) release: &'static str,
}

impl Cluster {
    /// A rack without nodes; the datastore has the pools and the cluster's own AS.
    pub(crate) fn new() -> Result<Self> {
        Self::in_store(Rack::new("rack")?, Store::folder()?)
    }

    /// The same with a datastore of one's own.
    pub(crate) fn in_store(rack: Rack, store: Store) -> Result<Self> {
        store.put(&ip_pool("pods-v4", "10.50.0.0/16"))?;
        store.put(&ip_pool("pods-v6", "fd00:50::/48"))?;
        store.put(&bgp_configuration(serde_json::json!({ "asNumber": CLUSTER_AS })))?;
        Ok(Self { rack, store, nodes: Vec::new(), release: RELEASE })
    }

    /// The sessions of each node.
    pub(crate) fn sessions(&self) -> Vec<Sessions> {
        self.nodes.iter().map(Node::sessions).collect()
    }

    /// The first nodes' sessions are what they were, but for those with some peers.
    pub(crate) fn undisturbed(&self, before: &[Sessions], except: &[String]) -> Result<()> {
        for (node, before) in self.nodes.iter().zip(before) {
            node.sessions().undisturbed(before, except).with_context(|| node.told())?;
        }
        Ok(())
    }

    /// A cluster of some nodes, which speak and are all connected.
    pub(crate) fn meshed(nodes: u8) -> Result<Self> {
        let mut cluster = Self::new()?;
        for number in 1..=nodes {
            cluster.add(number, |_| {})?;
        }
        cluster.start(Kind::usual())?;
        cluster.mesh_is_up()?;
        Ok(cluster)
    }

    /// Adds a node, of whose object something may be different. It does not speak yet.
    pub(crate) fn add(&mut self, number: u8, different: impl FnOnce(&mut NodeObject)) -> Result<()> {
        let mut object = NodeObject {
            name: format!("node-{number}"),
            ipv4: format!("172.20.0.{}/24", 10 + number),
            ipv6: format!("fd00:20::1{number}/64"),
            ..NodeObject::default()
        };
        different(&mut object);
        let machine = forwarder(&object.name)?;
        let port = self.rack.plug(&machine, "eth0", &[&object.ipv4, &object.ipv6])?;
        // A node has a default route, and without it would not stand in for the gateway of its pods.
        ip_batch(&machine, "route add default via 172.20.0.1\nroute add default via fd00:20::1\n")?;
        self.settle_in(number, object, machine, port)
    }

    /// The same for a machine that is already wired.
    pub(crate) fn settle_in(
        &mut self,
        number: u8,
        object: NodeObject,
        machine: Namespace,
        port: String,
    ) -> Result<()> {
        let (ipv4, ipv6) = (format!("10.50.{number}.2"), format!("fd00:50:0:{number}::2"));
        let interface = format!("cali{number:011x}");
        let pod = Pod::new(&machine, &interface, &ipv4, &ipv6)?;
        let (block4, block6) = (format!("10.50.{number}.0/26"), format!("fd00:50:0:{number}::/122"));
        let block = |cidr: &String| Object::Block { node: object.name.clone(), cidr: cidr.clone() };
        let blocks = vec![block(&block4), block(&block6)];
        let told = Told { datastore: self.store.flag(), node: object.name.clone(), release: self.release };
        let node = Node {
            object,
            blocks,
            machine,
            port,
            interface,
            pod,
            speaker: Speaker::new(told)?,
            block4,
            block6,
        };
        self.register(&node)?;
        self.nodes.push(node);
        Ok(())
    }

    /// Writes a node's objects.
    pub(crate) fn register(&self, node: &Node) -> Result<()> {
        node.blocks.iter().try_for_each(|block| self.store.put(block))?;
        self.put(&[Object::Node(node.object.clone())])
    }

    /// Starts every node that does not speak.
    pub(crate) fn start(&mut self, kind: Kind) -> Result<()> {
        for node in self.nodes.iter_mut().filter(|node| !node.speaker.runs()) {
            node.start(kind)?;
        }
        Ok(())
    }

    /// Writes objects, and has every node that needs it look.
    pub(crate) fn put(&self, objects: &[Object]) -> Result<()> {
        objects.iter().try_for_each(|object| self.store.put(object))?;
        self.refresh()
    }

    /// Removes objects, and has every node that needs it look.
    pub(crate) fn delete(&self, objects: &[Object]) -> Result<()> {
        objects.iter().try_for_each(|object| self.store.delete(object))?;
        self.refresh()
    }

    /// Writes the cluster's BGPConfiguration: its AS and this.
    pub(crate) fn configure(&self, mut spec: Value) -> Result<()> {
        spec["asNumber"] = CLUSTER_AS.into();
        self.put(&[bgp_configuration(spec)])
    }

    pub(crate) fn refresh(&self) -> Result<()> {
        self.nodes.iter().try_for_each(|node| node.speaker.refresh(&node.machine))
    }

    /// Waits until all nodes have their sessions with all others.
    pub(crate) fn mesh_is_up(&self) -> Result<()> {
        for node in &self.nodes {
            for other in self.nodes.iter().filter(|other| other.object.name != node.object.name) {
                for family in [4, 6] {
                    node.established(family, &mesh(other.address(family)))?;
                }
            }
        }
        Ok(())
    }

    /// The other nodes that have blocks.
    pub(crate) fn others<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        let has_blocks = |other: &&Node| !other.blocks.is_empty();
        self.nodes.iter().filter(move |other| other.object.name != node.object.name).filter(has_blocks)
    }

    /// Waits until every node has every other's blocks in its kernel, through the other itself.
    pub(crate) fn blocks_are_everywhere(&self) -> Result<()> {
        for node in &self.nodes {
            for other in self.others(node) {
                for family in [4, 6] {
                    let via = format!("via {} dev eth0 ", other.address(family));
                    node.routes_to(other.block(family), &[&via])?;
                }
            }
        }
        Ok(())
    }

    /// Every pod of a node with blocks pings every other.
    pub(crate) fn pods_reach_each_other(&self) -> Result<()> {
        for node in self.nodes.iter().filter(|node| !node.blocks.is_empty()) {
            for other in self.others(node) {
                for address in [&other.pod.ipv4, &other.pod.ipv6] {
                    let what = format!("{address} to answer {}", node.pod.ipv4);
                    until(&what, || node.pod.pings(address)).with_context(|| node.told())?;
                }
            }
        }
        Ok(())
    }
}
