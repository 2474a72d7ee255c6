//! From resources to the routers of a node (calico.md §3). A change is followed only as far as it reaches:
//! [`Work`] counts how far that was.

mod base;
mod explicit;
mod family;
mod frame;
mod mesh;
mod peer;
mod peer_policy;
mod peers;
mod policy;
mod problems;
mod reach;
mod services;
mod session;
mod times;

use std::collections::BTreeMap;
use std::sync::Arc;

use godwit_config::{Password, RouterConfig};
use serde::{Deserialize, Serialize};

use self::explicit::Contribution;
use self::family::{Changed, Common, FamilyParts};
use self::frame::Frame;
pub use self::frame::{Family, hash_id};
use self::peer::Peer;
pub use self::problems::Problem;
use self::services::Services;
use self::session::PasswordState;
use crate::cluster::{Changes, Cluster};
use crate::resource::SecretKey;
use crate::settings::NodeSettings;
use crate::{Demand, Id, Kind, Object, Resource, Scope, Update};

/// Whether Calico is followed where it is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fidelity {
    /// As confd does it, faults and all: what a comparison with its files is made with.
    Calico,
    /// As it should be (`docs/calico.md` lists the differences).
    #[default]
    Godwit,
}

/// How much was made again, since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Work {
    /// Nodes looked at for the mesh.
    pub nodes_examined: u64,
    /// BGPPeers looked at.
    pub peers_examined: u64,
    /// Services looked at.
    pub services_examined: u64,
    /// Times the common filters of a family were compiled.
    pub programs_compiled: u64,
    /// Filters of peers that were compiled.
    pub filters_compiled: u64,
    /// Protocols that were made.
    pub protocols_built: u64,
}

/// The routers of a node: one for each family, as there is a BIRD for each.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeConfig {
    /// IPv4's.
    pub ipv4: Arc<RouterConfig>,
    /// IPv6's.
    pub ipv6: Arc<RouterConfig>,
}

impl NodeConfig {
    /// A family's router.
    pub fn family(&self, family: Family) -> &Arc<RouterConfig> {
        match family {
            Family::V4 => &self.ipv4,
            Family::V6 => &self.ipv6,
        }
    }
}

/// Computes a node's routers from what backends say, and keeps them current.
#[derive(Debug)]
pub struct Compiler {
    settings: NodeSettings,
    fidelity: Fidelity,
    /// Workloads' files are watched, so that they must have been read once.
    with_workloads: bool,
    cluster: Cluster,
    changes: Changes,
    frame: Option<Frame>,
    mesh: BTreeMap<Box<str>, Vec<Arc<Peer>>>,
    explicit: BTreeMap<Box<str>, Contribution>,
    services: Services,
    families: [FamilyParts; 2],
    merged: peers::Merged,
    work: Work,
    current: Option<NodeConfig>,
}

impl Compiler {
    /// Knows nothing yet. `with_workloads`: a backend lists [`Kind::EndpointStatus`] too.
    pub fn new(settings: NodeSettings, fidelity: Fidelity, with_workloads: bool) -> Self {
        Self {
            cluster: Cluster::new(&settings.node, &settings.kubernetes_node),
            settings,
            fidelity,
            with_workloads,
            changes: Changes::default(),
            frame: None,
            mesh: BTreeMap::new(),
            explicit: BTreeMap::new(),
            services: Services::default(),
            families: Family::ALL.map(FamilyParts::new),
            merged: peers::Merged::default(),
            work: Work::default(),
            current: None,
        }
    }

    /// Takes what a backend saw. Nothing is computed yet.
    pub fn apply(&mut self, update: Update) {
        self.cluster.apply(update, &mut self.changes);
    }

    /// Takes what was last known of a datastore for all there is.
    pub fn restore(&mut self, objects: Vec<(Id, Resource)>) {
        let mut by_kind: BTreeMap<Kind, Vec<Object>> =
            Kind::ALL.into_iter().map(|k| (k, Vec::new())).collect();
        for (id, resource) in objects {
            by_kind.entry(id.kind).or_default().push(Object { id, resource: Ok(resource) });
        }
        for (kind, objects) in by_kind {
            self.apply(Update::Listed { scope: Scope::Kind(kind), objects });
        }
    }

    /// The same datastore, followed with another fidelity. Nothing is computed yet.
    pub fn with_fidelity(&self, fidelity: Fidelity) -> Self {
        let mut other = Self::new(self.settings.clone(), fidelity, self.with_workloads);
        other.cluster.clone_from(&self.cluster);
        other
    }

    /// What is known of the datastore.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What changed since the last [`compute`](Self::compute).
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// How much was made so far.
    pub fn work(&self) -> Work {
        self.work
    }

    /// The routers as they were computed last.
    pub fn current(&self) -> Option<&NodeConfig> {
        self.current.as_ref()
    }

    /// What must be watched, as far as is known.
    pub fn demand(&self) -> Demand {
        let wanted = |key: &SecretKey| key.name.clone();
        let services = self.cluster.configurations.get("default").is_some_and(|c| {
            let ranges = [&c.service_cluster_ips, &c.service_external_ips, &c.service_load_balancer_ips];
            ranges.iter().any(|r| !r.is_empty())
        });
        let mesh = self.frame.as_ref().and_then(|f| f.mesh_password.as_ref()).map(wanted);
        let peers = self.merged.peers().filter_map(|p| p.password.as_ref()).map(wanted);
        Demand {
            services: services || self.settings.advertise_cluster_ips.is_some(),
            secrets: mesh.into_iter().chain(peers).collect(),
        }
    }

    /// What has not been listed yet and without which nothing can be computed.
    pub fn waits_for(&self) -> Vec<Scope> {
        let always = [Kind::Node, Kind::IpPool, Kind::BgpConfiguration, Kind::BgpPeer, Kind::BgpFilter];
        let mut kinds = always.to_vec();
        if !self.settings.use_pod_cidr {
            kinds.push(Kind::BlockAffinity);
        }
        if self.with_workloads {
            kinds.push(Kind::EndpointStatus);
        }
        // Once something runs, what is new to it may come later.
        if self.current.is_none() && self.demand().services {
            kinds.extend([Kind::Service, Kind::EndpointSlice]);
        }
        kinds.into_iter().map(Scope::Kind).filter(|scope| !self.cluster.is_listed(scope)).collect()
    }

    /// Secrets that peers name and that have not been looked for yet. It is worth waiting for them a moment
    /// before the first [`compute`](Self::compute): without them, their sessions are held.
    pub fn secrets_to_come(&self) -> Vec<Scope> {
        let namespace = &self.settings.namespace;
        let scope = |name| Scope::One(Id::namespaced(Kind::Secret, namespace, name));
        let all = Scope::Kind(Kind::Secret);
        if self.cluster.is_listed(&all) {
            return Vec::new();
        }
        self.demand()
            .secrets
            .iter()
            .map(|name| scope(name))
            .filter(|scope| !self.cluster.is_listed(scope))
            .collect()
    }

    /// Computes the routers. `None` if that is not possible yet: not everything is listed, or our node is
    /// not there; what runs then goes on.
    pub fn compute(&mut self) -> Option<&NodeConfig> {
        if !self.waits_for().is_empty() {
            return None;
        }
        if self.current.is_some() && self.changes.is_empty() {
            return self.current.as_ref();
        }
        let frame = Frame::new(&self.cluster, &self.settings, self.fidelity)?;
        let changes = std::mem::take(&mut self.changes);
        let old = self.frame.replace(frame.clone());
        let first = old.is_none() || self.current.is_none();
        let frame_changed = old.as_ref() != Some(&frame);
        if first || frame_changed {
            self.peers_again(&frame);
        } else {
            self.peers_after(&frame, &changes);
        }
        let services = if first || frame_changed {
            self.work.services_examined += self.cluster.services.len() as u64;
            self.services.update_all(&frame, &self.cluster)
        } else {
            self.work.services_examined += changes.services.len() as u64;
            self.services.update(&frame, &self.cluster, changes.services.iter())
        };
        let nodes = !changes.nodes.is_empty() || !changes.configurations.is_empty();
        let peers = first || frame_changed || nodes || !changes.peers.is_empty() || changes.endpoints;
        if peers {
            self.merged = peers::Merged::new(&frame, &self.mesh, &self.explicit);
        }
        let filters = first || frame_changed || changes.filters || changes.pools || changes.affinities;
        // Other nodes' WireGuard is in the kernel's filter.
        let filters = filters
            || services > 0
            || (nodes && Family::ALL.iter().any(|f| frame.has_wireguard(*f, &frame.own)));
        if filters || peers || !changes.secrets.is_empty() {
            self.assemble(&frame, filters, frame_changed);
        }
        let [v4, v6] = &self.families;
        self.current = Some(NodeConfig { ipv4: v4.config.clone(), ipv6: v6.config.clone() });
        self.current.as_ref()
    }

    fn assemble(&mut self, frame: &Frame, filters: bool, frame_changed: bool) {
        let mut families = std::mem::replace(&mut self.families, Family::ALL.map(FamilyParts::new));
        let mut work = self.work;
        for (family, parts) in Family::ALL.into_iter().zip(&mut families) {
            let services = self.services.routes(frame, family);
            let common =
                Common { frame, cluster: &self.cluster, services: &services, own: &self.settings.node };
            let program = filters && parts.filters(&common, &mut work);
            let changed = Changed { frame: frame_changed, program };
            let mut password = |peer: &Peer| self.password(peer);
            parts.assemble(&common, self.merged.family(family), &mut password, changed, &mut work);
        }
        self.work = work;
        self.families = families;
    }

    fn password(&self, peer: &Peer) -> PasswordState {
        let Some(SecretKey { name, key }) = &peer.password else { return PasswordState::None };
        let namespace = &self.settings.namespace;
        let missing = |what: &str| PasswordState::Missing(format!("secret {namespace}/{name} {what}"));
        let Some(secret) = self.cluster.secrets.get(&(namespace.as_str().into(), name.clone())) else {
            return missing("is not there, or may not be read");
        };
        let Some(octets) = secret.data.get(key) else { return missing(&format!("has no key '{key}'")) };
        let password = Password::new(octets.clone());
        if password.is_usable() {
            PasswordState::Known(password)
        } else {
            missing(&format!("has {} octets at '{key}', and TCP MD5 takes 1 to 80", octets.len()))
        }
    }
}
