//! What is known of the datastore: the last good version of every object that matters.

mod changes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

pub use changes::Changes;

use crate::resource::{
    BgpConfiguration, BgpFilter, BgpPeer, BlockAffinity, EndpointSlice, EndpointStatus, IpPool, Node,
    Resource, Secret, Service,
};
use crate::{Id, Kind, Object, Scope, Update};

/// A namespace and a name in it.
pub type Namespaced = (Box<str>, Box<str>);

/// The objects of a datastore, by name. Of an object that became invalid the last good version stays;
/// [`Cluster::refused`] says why.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Whose affinities matter.
    own: Box<str>,
    /// The same node to Kubernetes: whose endpoints matter.
    own_endpoints: Box<str>,
    pub(crate) nodes: BTreeMap<Box<str>, Arc<Node>>,
    pub(crate) pools: BTreeMap<Box<str>, IpPool>,
    pub(crate) configurations: BTreeMap<Box<str>, Arc<BgpConfiguration>>,
    pub(crate) peers: BTreeMap<Box<str>, Arc<BgpPeer>>,
    pub(crate) filters: BTreeMap<Box<str>, Arc<BgpFilter>>,
    /// Of the own node only.
    pub(crate) affinities: BTreeMap<Box<str>, BlockAffinity>,
    pub(crate) services: BTreeMap<Namespaced, Service>,
    pub(crate) slices: BTreeMap<Namespaced, EndpointSlice>,
    pub(crate) secrets: BTreeMap<Namespaced, Arc<Secret>>,
    pub(crate) endpoints: BTreeMap<Box<str>, EndpointStatus>,
    /// Nodes by their BGP addresses.
    by_address: HashMap<IpAddr, BTreeSet<Box<str>>>,
    /// Slices by their service.
    by_service: BTreeMap<Namespaced, BTreeSet<Box<str>>>,
    refused: BTreeMap<Id, String>,
    listed: BTreeSet<Scope>,
}

impl Cluster {
    /// Nothing, as a node sees it. `kubernetes_node` is its name in endpoints.
    pub fn new(own: &str, kubernetes_node: &str) -> Self {
        Self {
            own: own.into(),
            own_endpoints: kubernetes_node.into(),
            nodes: BTreeMap::new(),
            pools: BTreeMap::new(),
            configurations: BTreeMap::new(),
            peers: BTreeMap::new(),
            filters: BTreeMap::new(),
            affinities: BTreeMap::new(),
            services: BTreeMap::new(),
            slices: BTreeMap::new(),
            secrets: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            by_address: HashMap::new(),
            by_service: BTreeMap::new(),
            refused: BTreeMap::new(),
            listed: BTreeSet::new(),
        }
    }

    /// Takes what a backend saw; what is not as it was before is noted in `changes`.
    pub fn apply(&mut self, update: Update, changes: &mut Changes) {
        match update {
            Update::Listed { scope, objects } => self.listed(scope, objects, changes),
            Update::Changed(object) => self.changed(object, changes),
            Update::Deleted(id) => self.deleted(&id, changes),
            Update::Heard { .. } | Update::Fault { .. } | Update::Works(_) => {}
        }
    }

    /// Whether a scope was listed at least once.
    pub fn is_listed(&self, scope: &Scope) -> bool {
        self.listed.contains(scope)
    }

    /// What was refused, and why.
    pub fn refused(&self) -> &BTreeMap<Id, String> {
        &self.refused
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Node => self.nodes.len(),
            Kind::IpPool => self.pools.len(),
            Kind::BgpConfiguration => self.configurations.len(),
            Kind::BgpPeer => self.peers.len(),
            Kind::BgpFilter => self.filters.len(),
            Kind::BlockAffinity => self.affinities.len(),
            Kind::Service => self.services.len(),
            Kind::EndpointSlice => self.slices.len(),
            Kind::Secret => self.secrets.len(),
            Kind::EndpointStatus => self.endpoints.len(),
        }
    }

    /// The nodes' names, ascending.
    pub fn node_names(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(|name| &**name)
    }

    /// Whether an object is there in a version that is good.
    pub fn has(&self, id: &Id) -> bool {
        let key = || (id.namespace.clone(), id.name.clone());
        match id.kind {
            Kind::Node => self.nodes.contains_key(&id.name),
            Kind::IpPool => self.pools.contains_key(&id.name),
            Kind::BgpConfiguration => self.configurations.contains_key(&id.name),
            Kind::BgpPeer => self.peers.contains_key(&id.name),
            Kind::BgpFilter => self.filters.contains_key(&id.name),
            Kind::BlockAffinity => self.affinities.contains_key(&id.name),
            Kind::Service => self.services.contains_key(&key()),
            Kind::EndpointSlice => self.slices.contains_key(&key()),
            Kind::Secret => self.secrets.contains_key(&key()),
            Kind::EndpointStatus => self.endpoints.contains_key(&id.name),
        }
    }

    /// Every object, by identity.
    pub fn objects(&self) -> Vec<(Id, Resource)> {
        let mut all = Vec::new();
        let mut add = |kind, (namespace, name): (&str, &str), resource| {
            all.push((Id::namespaced(kind, namespace, name), resource));
        };
        self.nodes.iter().for_each(|(n, r)| add(Kind::Node, ("", n), Resource::Node(Node::clone(r))));
        self.pools.iter().for_each(|(n, r)| add(Kind::IpPool, ("", n), Resource::IpPool(r.clone())));
        self.configurations.iter().for_each(|(n, r)| {
            let resource = Resource::BgpConfiguration(Box::new(BgpConfiguration::clone(r)));
            add(Kind::BgpConfiguration, ("", n), resource);
        });
        self.peers.iter().for_each(|(n, r)| {
            add(Kind::BgpPeer, ("", n), Resource::BgpPeer(Box::new(BgpPeer::clone(r))));
        });
        self.filters.iter().for_each(|(n, r)| {
            add(Kind::BgpFilter, ("", n), Resource::BgpFilter(BgpFilter::clone(r)));
        });
        self.affinities.iter().for_each(|(n, r)| {
            add(Kind::BlockAffinity, ("", n), Resource::BlockAffinity(r.clone()));
        });
        self.services
            .iter()
            .for_each(|((ns, n), r)| add(Kind::Service, (ns, n), Resource::Service(r.clone())));
        self.slices.iter().for_each(|((ns, n), r)| {
            add(Kind::EndpointSlice, (ns, n), Resource::EndpointSlice(r.clone()));
        });
        self.secrets.iter().for_each(|((ns, n), r)| {
            add(Kind::Secret, (ns, n), Resource::Secret(Secret::clone(r)));
        });
        self.endpoints.iter().for_each(|(n, r)| {
            add(Kind::EndpointStatus, ("", n), Resource::EndpointStatus(r.clone()));
        });
        all
    }

    /// The nodes that have a BGP address, in the order of their names.
    pub(crate) fn nodes_at(&self, address: IpAddr) -> impl Iterator<Item = (&str, &Arc<Node>)> {
        let names = self.by_address.get(&address).into_iter().flatten();
        names.filter_map(|name| Some((&**name, self.nodes.get(name)?)))
    }

    /// The slices of a service.
    pub(crate) fn slices_of(&self, service: &Namespaced) -> impl Iterator<Item = &EndpointSlice> {
        let namespace = &service.0;
        let names = self.by_service.get(service).into_iter().flatten();
        names.filter_map(move |name| self.slices.get(&(namespace.clone(), name.clone())))
    }

    fn listed(&mut self, scope: Scope, objects: Vec<Object>, changes: &mut Changes) {
        let there: BTreeSet<&Id> = objects.iter().map(|o| &o.id).collect();
        let gone: Vec<Id> = match &scope {
            Scope::One(id) => Some(id).filter(|id| !there.contains(id)).cloned().into_iter().collect(),
            Scope::Kind(kind) => self.ids(*kind).into_iter().filter(|id| !there.contains(id)).collect(),
        };
        for id in gone {
            self.deleted(&id, changes);
        }
        for object in objects {
            self.changed(object, changes);
        }
        if self.listed.insert(scope) {
            changes.listed = true;
        }
    }

    /// Every object of a kind, refused ones among them.
    fn ids(&self, kind: Kind) -> BTreeSet<Id> {
        let plain =
            |names: Vec<&Box<str>>| names.into_iter().map(|n| Id::new(kind, n)).collect::<BTreeSet<_>>();
        let spaced = |names: Vec<&Namespaced>| {
            names.into_iter().map(|(ns, n)| Id::namespaced(kind, ns, n)).collect::<BTreeSet<_>>()
        };
        let mut ids = match kind {
            Kind::Node => plain(self.nodes.keys().collect()),
            Kind::IpPool => plain(self.pools.keys().collect()),
            Kind::BgpConfiguration => plain(self.configurations.keys().collect()),
            Kind::BgpPeer => plain(self.peers.keys().collect()),
            Kind::BgpFilter => plain(self.filters.keys().collect()),
            Kind::BlockAffinity => plain(self.affinities.keys().collect()),
            Kind::Service => spaced(self.services.keys().collect()),
            Kind::EndpointSlice => spaced(self.slices.keys().collect()),
            Kind::Secret => spaced(self.secrets.keys().collect()),
            Kind::EndpointStatus => plain(self.endpoints.keys().collect()),
        };
        ids.extend(self.refused.keys().filter(|id| id.kind == kind).cloned());
        ids
    }

    fn changed(&mut self, object: Object, changes: &mut Changes) {
        let Object { id, resource } = object;
        let resource = match resource {
            Ok(resource) if resource.kind() == id.kind => resource,
            Ok(_) => return self.refuse(id, "is of another kind".into(), changes),
            Err(reason) => return self.refuse(id, reason, changes),
        };
        if self.refused.remove(&id).is_some() {
            changes.refused(&id);
        }
        let (key, name) = ((id.namespace, id.name.clone()), id.name);
        match resource {
            Resource::Node(node) => self.put_node(name, Some(node), changes),
            Resource::IpPool(pool) => changes.pools |= put(&mut self.pools, name, pool),
            Resource::BgpConfiguration(it) => {
                if put(&mut self.configurations, name.clone(), Arc::new(*it)) {
                    changes.configurations.insert(name);
                }
            }
            Resource::BgpPeer(it) => {
                if put(&mut self.peers, name.clone(), Arc::new(*it)) {
                    changes.peers.insert(name);
                }
            }
            Resource::BgpFilter(it) => changes.filters |= put(&mut self.filters, name, Arc::new(it)),
            Resource::BlockAffinity(it) if it.node == self.own => {
                changes.affinities |= put(&mut self.affinities, name, it);
            }
            Resource::BlockAffinity(_) => changes.affinities |= self.affinities.remove(&name).is_some(),
            Resource::Service(it) => {
                if put(&mut self.services, key.clone(), it) {
                    changes.services.insert(key);
                }
            }
            Resource::EndpointSlice(it) => self.put_slice(key, Some(it), changes),
            Resource::Secret(it) => {
                if put(&mut self.secrets, key, Arc::new(it)) {
                    changes.secrets.insert(name);
                }
            }
            Resource::EndpointStatus(it) => changes.endpoints |= put(&mut self.endpoints, name, it),
        }
    }

    fn refuse(&mut self, id: Id, reason: String, changes: &mut Changes) {
        if self.refused.get(&id) != Some(&reason) {
            changes.refused(&id);
            self.refused.insert(id, reason);
        }
    }

    fn deleted(&mut self, id: &Id, changes: &mut Changes) {
        if self.refused.remove(id).is_some() {
            changes.refused(id);
        }
        let (name, key) = (&id.name, (id.namespace.clone(), id.name.clone()));
        match id.kind {
            Kind::Node => self.put_node(name.clone(), None, changes),
            Kind::IpPool => changes.pools |= self.pools.remove(name).is_some(),
            Kind::BgpConfiguration => {
                if self.configurations.remove(name).is_some() {
                    changes.configurations.insert(name.clone());
                }
            }
            Kind::BgpPeer => {
                if self.peers.remove(name).is_some() {
                    changes.peers.insert(name.clone());
                }
            }
            Kind::BgpFilter => changes.filters |= self.filters.remove(name).is_some(),
            Kind::BlockAffinity => changes.affinities |= self.affinities.remove(name).is_some(),
            Kind::Service => {
                if self.services.remove(&key).is_some() {
                    changes.services.insert(key);
                }
            }
            Kind::EndpointSlice => self.put_slice(key, None, changes),
            Kind::Secret => {
                if self.secrets.remove(&key).is_some() {
                    changes.secrets.insert(name.clone());
                }
            }
            Kind::EndpointStatus => changes.endpoints |= self.endpoints.remove(name).is_some(),
        }
    }

    /// A node's new version, or that it is gone.
    fn put_node(&mut self, name: Box<str>, node: Option<Node>, changes: &mut Changes) {
        let old = self.nodes.get(&name).cloned();
        if old.as_deref() == node.as_ref() {
            return;
        }
        for address in old.iter().flat_map(|n| n.addresses()) {
            if let Some(names) = self.by_address.get_mut(&address) {
                names.remove(&name);
                if names.is_empty() {
                    self.by_address.remove(&address);
                }
            }
        }
        for address in node.iter().flat_map(Node::addresses) {
            self.by_address.entry(address).or_default().insert(name.clone());
        }
        match node {
            Some(node) => self.nodes.insert(name.clone(), Arc::new(node)),
            None => self.nodes.remove(&name),
        };
        // Several changes of one node: what it was before the first is what counts.
        changes.nodes.entry(name).or_insert(old);
    }

    fn put_slice(&mut self, key: Namespaced, mut slice: Option<EndpointSlice>, changes: &mut Changes) {
        let (namespace, name) = key.clone();
        if let Some(slice) = &mut slice {
            // Which other nodes have endpoints is nothing to us.
            slice.ready_nodes.retain(|node| *node == self.own_endpoints);
            slice.ready_nodes.shrink_to_fit();
        }
        if self.slices.get(&key) == slice.as_ref() {
            return;
        }
        let service = |of: &EndpointSlice| (namespace.clone(), of.service.clone());
        if let Some(was) = self.slices.get(&key).map(service) {
            if let Some(names) = self.by_service.get_mut(&was) {
                names.remove(&name);
                if names.is_empty() {
                    self.by_service.remove(&was);
                }
            }
            changes.services.insert(was);
        }
        match slice {
            Some(slice) => {
                let now = service(&slice);
                self.by_service.entry(now.clone()).or_default().insert(name);
                changes.services.insert(now);
                self.slices.insert(key, slice);
            }
            None => {
                self.slices.remove(&key);
            }
        }
    }
}

impl Node {
    /// Its BGP addresses.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.ipv4.iter().chain(&self.ipv6).map(ipnetwork::IpNetwork::ip)
    }
}

/// Puts a value; whether it is another than before.
fn put<K: Ord, V: PartialEq>(map: &mut BTreeMap<K, V>, key: K, value: V) -> bool {
    if map.get(&key) == Some(&value) {
        return false;
    }
    map.insert(key, value);
    true
}
