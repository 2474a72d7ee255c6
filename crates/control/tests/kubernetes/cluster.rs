//! A cluster for a test, and who follows it.

use std::collections::BTreeMap;
use std::time::Duration;

use apiserver_double::{Builder, CalicoApi, Handle, Server};
use godwit_control::backend::Datastore;
use godwit_control::backend::kubernetes::{Kubernetes, Reads, Timing};
use godwit_control::settings::{KubernetesSettings, NodeSettings};
use godwit_control::{Demand, Id, Kind, Resource, Scope, Update};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a condition may take to come true.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const NODES: &str = "v1/nodes";
pub(crate) const PEERS: &str = "crd.projectcalico.org/v1/bgppeers";
pub(crate) const PEERS_PATH: &str = "/apis/crd.projectcalico.org/v1/bgppeers";
/// The kinds that are always watched.
pub(crate) const ALWAYS: [Kind; 6] =
    [Kind::Node, Kind::IpPool, Kind::BgpConfiguration, Kind::BgpPeer, Kind::BgpFilter, Kind::BlockAffinity];

/// Faults are tried again fast; nothing else happens by time.
pub(crate) fn timing() -> Timing {
    Timing {
        pause_min: Duration::from_millis(10),
        pause_max: Duration::from_millis(100),
        ..Timing::default()
    }
}

pub(crate) fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "annotations": {"projectcalico.org/IPv4Address": "10.0.0.1/24"}},
        "spec": {"podCIDRs": ["10.1.0.0/24"]},
    })
}

pub(crate) fn calico(group: &str, kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec})
}

pub(crate) fn peer(name: &str, asn: u32) -> Value {
    let spec = json!({"peerIP": "192.0.2.1", "asNumber": asn});
    calico("crd.projectcalico.org/v1", "BGPPeer", name, spec)
}

pub(crate) fn secret(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "kube-system"},
        "data": {"password": "aHVzaA=="},
    })
}

pub(crate) fn peer_id(name: &str) -> Id {
    Id::new(Kind::BgpPeer, name)
}

pub(crate) fn secret_id(name: &str) -> Id {
    Id::namespaced(Kind::Secret, "kube-system", name)
}

pub(crate) fn of(kind: Kind) -> Scope {
    Scope::Kind(kind)
}

/// A server with Calico's kinds in their classic group.
pub(crate) async fn server(settings: impl FnOnce(Builder) -> Builder) -> (Server, Handle) {
    server_of(CalicoApi::V1, settings).await
}

pub(crate) async fn server_of(api: CalicoApi, settings: impl FnOnce(Builder) -> Builder) -> (Server, Handle) {
    let server = settings(Server::builder().calico(api)).start().await.unwrap();
    let handle = server.handle();
    (server, handle)
}

pub(crate) fn node_settings() -> NodeSettings {
    NodeSettings {
        node: "n1".into(),
        kubernetes_node: "n1".into(),
        namespace: "kube-system".into(),
        ..NodeSettings::default()
    }
}

pub(crate) fn at(url: &str) -> KubernetesSettings {
    KubernetesSettings { endpoint: Some(url.into()), ..KubernetesSettings::default() }
}

/// The backend as the tests have it unless they say otherwise.
pub(crate) fn backend(server: &Server) -> Kubernetes {
    Kubernetes::new(at(&server.url()), node_settings(), Reads::Everything).with_timing(timing())
}

/// Takes what a backend says, and keeps what follows from it.
pub(crate) struct Follower {
    pub(crate) updates: mpsc::Receiver<Vec<Update>>,
    pub(crate) demand: watch::Sender<Demand>,
    pub(crate) task: JoinHandle<()>,
    pub(crate) known: BTreeMap<Id, Result<Resource, String>>,
    /// How often a scope was listed.
    pub(crate) lists: BTreeMap<Scope, usize>,
    /// All faults so far.
    pub(crate) faults: Vec<(Scope, String)>,
    /// The scopes that work, and those that do not (any more).
    pub(crate) works: BTreeMap<Scope, bool>,
    /// How often a scope was heard of, and the revision.
    pub(crate) heard: BTreeMap<Scope, (usize, String)>,
    /// Identities of changes and deletions, in their order.
    pub(crate) events: Vec<Id>,
    pub(crate) batches: usize,
}

impl Follower {
    pub(crate) fn of(backend: Kubernetes, demand: Demand) -> Self {
        let (sender, updates) = mpsc::channel(1);
        let (demand, receiver) = watch::channel(demand);
        Self {
            updates,
            demand,
            task: tokio::spawn(Box::new(backend).run(receiver, sender)),
            known: BTreeMap::new(),
            lists: BTreeMap::new(),
            faults: Vec::new(),
            works: BTreeMap::new(),
            heard: BTreeMap::new(),
            events: Vec::new(),
            batches: 0,
        }
    }

    /// One that has seen all there is.
    pub(crate) async fn synced(backend: Kubernetes) -> Self {
        let mut follower = Self::of(backend, Demand::default());
        follower.until(|f| ALWAYS.iter().all(|kind| f.works(*kind))).await;
        follower
    }

    pub(crate) fn works(&self, kind: Kind) -> bool {
        self.works.get(&of(kind)) == Some(&true)
    }

    pub(crate) fn lists(&self, kind: Kind) -> usize {
        self.lists.get(&of(kind)).copied().unwrap_or_default()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        matches!(self.known.get(&peer_id(name)), Some(Ok(_)))
    }

    pub(crate) fn faulted(&self, kind: Kind, words: &str) -> bool {
        self.faults.iter().any(|(scope, text)| *scope == of(kind) && text.contains(words))
    }

    pub(crate) fn peers(&self) -> usize {
        self.known.keys().filter(|id| id.kind == Kind::BgpPeer).count()
    }

    /// Takes updates until a condition holds.
    pub(crate) async fn until(&mut self, condition: impl Fn(&Self) -> bool) {
        let took = timeout(DEADLINE, async {
            while !condition(self) {
                let batch = self.updates.recv().await.expect("the backend ended");
                self.take(batch);
            }
        });
        let over = took.await.is_err();
        assert!(!over, "known: {:?}\nfaults: {:?}\nworks: {:?}", self.known.keys(), self.faults, self.works);
    }

    /// The same, and the condition is asked again when something happens at the server.
    pub(crate) async fn until_at(&mut self, handle: &Handle, condition: impl Fn(&Self, &Handle) -> bool) {
        let mut updates = std::mem::replace(&mut self.updates, mpsc::channel(1).1);
        let took = timeout(DEADLINE, async {
            while !condition(self, handle) {
                let batch = tokio::select! {
                    batch = updates.recv() => batch.expect("the backend ended"),
                    () = handle.wait_until(|handle| condition(self, handle)) => continue,
                };
                self.take(batch);
            }
        });
        let took = took.await;
        self.updates = updates;
        let over = took.is_err();
        assert!(!over, "known: {:?}\nfaults: {:?}\nworks: {:?}", self.known.keys(), self.faults, self.works);
    }

    pub(crate) fn take(&mut self, batch: Vec<Update>) {
        assert!(!batch.is_empty(), "a batch of nothing");
        self.batches += 1;
        for update in batch {
            match update {
                Update::Listed { scope, objects } => {
                    self.known.retain(|id, _| match &scope {
                        Scope::Kind(kind) => id.kind != *kind,
                        Scope::One(one) => id != one,
                    });
                    for object in objects {
                        let id = object.id.clone();
                        let twice = self.known.insert(object.id, object.resource).is_some();
                        assert!(!twice, "{id} is listed twice");
                    }
                    *self.lists.entry(scope).or_default() += 1;
                }
                Update::Changed(object) => {
                    self.events.push(object.id.clone());
                    self.known.insert(object.id, object.resource);
                }
                Update::Deleted(id) => {
                    self.known.remove(&id);
                    self.events.push(id);
                }
                Update::Heard { scope, revision } => {
                    let (count, last) = self.heard.entry(scope).or_default();
                    *count += 1;
                    *last = revision.into();
                }
                Update::Fault { scope, error } => {
                    assert!(!error.contains('\n') && !error.is_empty(), "{error:?}");
                    self.works.insert(scope.clone(), false);
                    self.faults.push((scope, error));
                }
                Update::Works(scope) => {
                    self.works.insert(scope, true);
                }
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}
