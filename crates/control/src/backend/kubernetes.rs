//! A Kubernetes API server as a datastore: lists and watches of what a node needs, and no more.
//!
//! Each kind (and each secret) has a watcher of its own. They share a connection, and hand objects on as
//! they come: nothing of the cluster is kept here.
//!
//! kube's client is used; its `watcher` is not. It hides bookmarks, so that a watch which waits for a revision of
//! the future (an API server restored from a backup) looks like a quiet one; and when the start of a watch
//! is refused because of its revision, it asks for the same revision for ever.

mod connection;
mod lines;
mod objects;
mod pace;
mod place;
mod problem;
mod watcher;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use self::connection::Connection;
use self::watcher::Watcher;
use super::{Datastore, Running, Updates};
use crate::settings::{KubernetesSettings, NodeSettings};
use crate::{Demand, Id, Kind, Scope, Update};

/// Updates that wait to be handed on; a watcher that is faster waits itself.
const QUEUE: usize = 1024;

/// What is read of a cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// Everything.
    Everything,
    /// Services, their endpoints and secrets: what stays in Kubernetes when the rest is in etcd.
    ServicesAndSecrets,
}

/// How long things take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// The pause after a fault; it doubles with each that follows.
    pub pause_min: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// How long a watch may be silent. An API server sends a bookmark every minute.
    pub silence_max: Duration,
    /// How long the answer to a request may take, a page of a list as a whole.
    pub answer_max: Duration,
    /// How long a watch is asked to last, at least; up to twice as long, so that not all nodes come back at once.
    pub watch_min: Duration,
    /// When a kind that is not installed is looked for again.
    pub absent: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            pause_min: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
            silence_max: Duration::from_secs(310),
            answer_max: Duration::from_secs(60),
            watch_min: Duration::from_secs(300),
            absent: Duration::from_secs(30 * 60),
        }
    }
}

/// The backend that watches a Kubernetes API server.
///
/// It connects when it is run, and again and again for as long as that does not succeed. A kind that is not
/// installed is listed empty, and so is a secret that may not be read, until it may.
#[derive(Debug)]
pub struct Kubernetes {
    settings: KubernetesSettings,
    node: NodeSettings,
    reads: Reads,
    timing: Timing,
}

impl Kubernetes {
    /// The cluster that the settings lead to, as a node needs it. Nothing is read yet, no file either.
    pub fn new(settings: KubernetesSettings, node: NodeSettings, reads: Reads) -> Self {
        Self { settings, node, reads, timing: Timing::default() }
    }

    /// The same with other times.
    pub fn with_timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }

    async fn follow(self, mut demand: watch::Receiver<Demand>, updates: Updates) {
        let (sender, mut seen) = mpsc::channel(QUEUE);
        let mut watchers = Watchers {
            connection: Arc::new(Connection::new(self.settings, self.timing)),
            node: self.node,
            timing: self.timing,
            sender,
            always: Vec::new(),
            tasks: JoinSet::new(),
            running: BTreeMap::new(),
        };
        if self.reads == Reads::Everything {
            watchers.always.extend(
                [Kind::Node, Kind::IpPool, Kind::BgpConfiguration, Kind::BgpPeer, Kind::BgpFilter]
                    .map(Scope::Kind),
            );
            if !watchers.node.use_pod_cidr {
                watchers.always.push(Scope::Kind(Kind::BlockAffinity));
            }
        }
        watchers.adjust(&demand.borrow_and_update().clone());
        let mut demanded = true;
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                () = updates.closed() => return,
                changed = demand.changed(), if demanded => match changed {
                    Ok(()) => watchers.adjust(&demand.borrow_and_update().clone()),
                    // Nobody will demand anything else.
                    Err(_) => demanded = false,
                },
                // What is ready together is one change.
                _ = seen.recv_many(&mut batch, QUEUE) => {
                    if updates.send(std::mem::take(&mut batch)).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

impl Datastore for Kubernetes {
    fn describe(&self) -> String {
        connection::describe(&self.settings)
    }

    fn run(self: Box<Self>, demand: watch::Receiver<Demand>, updates: Updates) -> Running {
        Box::pin(self.follow(demand, updates))
    }
}

/// The watchers that run. They end with this.
struct Watchers {
    connection: Arc<Connection>,
    node: NodeSettings,
    timing: Timing,
    sender: mpsc::Sender<Update>,
    /// What is watched whatever is demanded.
    always: Vec<Scope>,
    tasks: JoinSet<()>,
    running: BTreeMap<Scope, AbortHandle>,
}

impl Watchers {
    /// Starts what is wanted and does not run, and ends what is not wanted any more.
    fn adjust(&mut self, demand: &Demand) {
        let mut wanted = self.always.clone();
        if demand.services {
            wanted.extend([Kind::Service, Kind::EndpointSlice].map(Scope::Kind));
        }
        let secret = |name: &str| Scope::One(Id::namespaced(Kind::Secret, &self.node.namespace, name));
        wanted.extend(demand.secrets.iter().map(|name| secret(name)));
        self.running.retain(|scope, task| {
            let stays = wanted.contains(scope);
            if !stays {
                task.abort();
            }
            stays
        });
        // Those that were ended are forgotten.
        while self.tasks.try_join_next().is_some() {}
        for scope in wanted {
            if self.running.contains_key(&scope) {
                continue;
            }
            let connection = Arc::clone(&self.connection);
            let watcher =
                Watcher::new(scope.clone(), &self.node, connection, self.timing, self.sender.clone());
            self.running.insert(scope, self.tasks.spawn(watcher.run()));
        }
    }
}
