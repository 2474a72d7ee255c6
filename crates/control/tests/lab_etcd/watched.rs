//! What a backend said, put together as a consumer would.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use godwit_control::backend::Datastore;
use godwit_control::backend::etcd::{Etcd, Timing};
use godwit_control::settings::EtcdSettings;
use godwit_control::{Demand, Id, Kind, Object, Resource, Scope, Update};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::server::PATIENCE;

/// The kinds that etcd has.
pub(crate) const KINDS: [Kind; 6] =
    [Kind::Node, Kind::IpPool, Kind::BgpConfiguration, Kind::BgpPeer, Kind::BgpFilter, Kind::BlockAffinity];

/// The key of a resource.
pub(crate) fn key(kind: Kind, name: &str) -> String {
    let plural = format!("{}s", kind.name().to_lowercase());
    format!("/calico/resources/v3/projectcalico.org/{plural}/{name}")
}

/// A resource that is as small as can be.
pub(crate) fn value(kind: Kind, name: &str) -> String {
    let spec = match kind {
        Kind::IpPool => r#"{"cidr":"10.0.0.0/16"}"#,
        Kind::BgpPeer => r#"{"peerIP":"192.0.2.1","asNumber":64513}"#,
        _ => "{}",
    };
    let kind = kind.name();
    format!(
        r#"{{"kind":"{kind}","apiVersion":"projectcalico.org/v3","metadata":{{"name":"{name}"}},"spec":{spec}}}"#
    )
}

/// A backend that runs, and what it said.
pub(crate) struct Watched {
    updates: mpsc::Receiver<Vec<Update>>,
    pub(crate) task: JoinHandle<()>,
    _demand: watch::Sender<Demand>,
    /// What there is.
    pub(crate) objects: BTreeMap<Id, Result<Resource, String>>,
    /// Faults of what does not work.
    pub(crate) faults: BTreeMap<Scope, String>,
    /// Every fault so far.
    pub(crate) all_faults: Vec<String>,
    /// What works.
    pub(crate) works: BTreeSet<Scope>,
    /// How often each was listed.
    pub(crate) lists: BTreeMap<Scope, usize>,
    /// How often each was changed or deleted by an event.
    pub(crate) events: BTreeMap<Id, usize>,
    /// Events of each batch that had any.
    pub(crate) batches: Vec<usize>,
    /// The revision heard of last.
    pub(crate) heard: BTreeMap<Scope, u64>,
    /// How often something was heard.
    pub(crate) hearings: usize,
}

/// Short enough for tests, long enough for a machine with much to do.
pub(crate) fn quick() -> Timing {
    Timing { silence: Duration::from_millis(300), pause_max: Duration::from_millis(500), ..Timing::default() }
}

pub(crate) fn settings(endpoints: &[String]) -> EtcdSettings {
    EtcdSettings { endpoints: endpoints.to_vec(), ..EtcdSettings::default() }
}

impl Watched {
    /// Runs a backend for the node `n1`.
    pub(crate) fn start(settings: EtcdSettings) -> Self {
        Self::with(settings, quick())
    }

    pub(crate) fn with(settings: EtcdSettings, timing: Timing) -> Self {
        let (sender, updates) = mpsc::channel(8);
        let (demand, demands) = watch::channel(Demand::default());
        let backend = Box::new(Etcd::new(settings, "n1".into()).with_timing(timing));
        let task = tokio::spawn(backend.run(demands, sender));
        Self {
            updates,
            task,
            _demand: demand,
            objects: BTreeMap::new(),
            faults: BTreeMap::new(),
            all_faults: Vec::new(),
            works: BTreeSet::new(),
            lists: BTreeMap::new(),
            events: BTreeMap::new(),
            batches: Vec::new(),
            heard: BTreeMap::new(),
            hearings: 0,
        }
    }

    /// Listens until something holds.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let wait = async {
            while !holds(self) {
                let batch = self.updates.recv().await.expect("the backend goes on");
                self.apply(batch);
            }
        };
        if timeout(PATIENCE, wait).await.is_err() {
            let mut state = String::new();
            for (scope, error) in &self.faults {
                let _ = writeln!(state, "{scope:?}: {error}");
            }
            panic!("not in time: {what}\n{state}works: {:?}\nlists: {:?}", self.works, self.lists);
        }
    }

    /// Everything works.
    pub(crate) async fn until_works(&mut self) {
        self.until("everything works", |w| w.works.len() == KINDS.len() && w.faults.is_empty()).await;
    }

    /// A resource is there, or not.
    pub(crate) async fn until_has(&mut self, kind: Kind, name: &str, has: bool) {
        let id = Id::new(kind, name);
        self.until(&format!("{id}: {has}"), |w| w.objects.contains_key(&id) == has).await;
    }

    /// Every prefix has a fault with this in it.
    pub(crate) async fn until_faults(&mut self, text: &str) {
        self.until(text, |w| w.faults.len() == KINDS.len() && w.faults.values().all(|f| f.contains(text)))
            .await;
    }

    /// How often the nodes were listed.
    pub(crate) fn node_lists(&self) -> usize {
        self.lists.get(&Scope::Kind(Kind::Node)).copied().unwrap_or_default()
    }

    /// Nobody listens any more: the backend's task.
    pub(crate) fn leave(self) -> JoinHandle<()> {
        self.task
    }

    fn apply(&mut self, batch: Vec<Update>) {
        let mut events = 0;
        for update in batch {
            match update {
                Update::Listed { scope, objects } => {
                    let kind = scope.kind();
                    let count = objects.len();
                    self.objects.retain(|id, _| id.kind != kind);
                    self.objects.extend(objects.into_iter().map(|Object { id, resource }| (id, resource)));
                    let now = self.objects.keys().filter(|id| id.kind == kind).count();
                    assert_eq!(now, count, "each is once in the list, and of its kind");
                    *self.lists.entry(scope).or_default() += 1;
                }
                Update::Changed(Object { id, resource }) => {
                    self.listed_first(&id);
                    events += 1;
                    *self.events.entry(id.clone()).or_default() += 1;
                    self.objects.insert(id, resource);
                }
                Update::Deleted(id) => {
                    self.listed_first(&id);
                    events += 1;
                    *self.events.entry(id.clone()).or_default() += 1;
                    self.objects.remove(&id);
                }
                Update::Heard { scope, revision } => {
                    self.hearings += 1;
                    self.heard.insert(scope, revision.parse().expect("a number"));
                }
                Update::Fault { scope, error } => {
                    assert!(!error.contains('\n'), "one line: {error}");
                    assert!(!error.contains("secret"), "no password: {error}");
                    self.works.remove(&scope);
                    self.all_faults.push(error.clone());
                    self.faults.insert(scope, error);
                }
                Update::Works(scope) => {
                    assert!(self.lists.contains_key(&scope), "{scope:?} was listed");
                    self.faults.remove(&scope);
                    self.works.insert(scope);
                }
            }
        }
        if events > 0 {
            self.batches.push(events);
        }
    }

    fn listed_first(&self, id: &Id) {
        assert!(self.lists.contains_key(&Scope::Kind(id.kind)), "{id} comes after its list");
    }
}
