//! Keeps a node's configuration current: datastores in, configurations out.

mod health;
mod last_known;
mod publish;
mod report;
mod server;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use self::health::Health;
pub use self::server::serve_status;
pub use self::snapshot::snapshot;
use crate::backend::Datastore;
use crate::settings::NodeSettings;
use crate::status::{ChangeStatus, Counters, Source, Status};
use crate::{Compiler, Demand, Fidelity, NodeConfig, Problem, Scope, Update};

/// Batches that wait; a backend that is faster than we are waits itself.
const QUEUE: usize = 64;
/// How long the first configuration waits for the secrets its peers name (calico.md §3.3).
const SECRETS_WAIT: Duration = Duration::from_millis(500);
/// How long after a change the state is written, with what else changed until then.
const SAVE_DELAY: Duration = Duration::from_secs(5);

/// Asks for the status.
pub type StatusRequest = oneshot::Sender<Status>;

/// The configurations of a node, each replacing the one before.
pub type Configurations = watch::Receiver<Option<NodeConfig>>;

/// What a follower is given.
#[derive(Debug)]
pub struct FollowOptions {
    /// Who we are.
    pub node: NodeSettings,
    /// Whether one of the datastores has the files of workloads.
    pub with_workloads: bool,
    /// Where the last known state is kept.
    pub state_file: Option<std::path::PathBuf>,
}

/// A follower that runs.
#[derive(Debug)]
pub struct Following {
    /// What it computes.
    pub configurations: Configurations,
    /// Where to send to be told the status.
    pub ask: mpsc::Sender<StatusRequest>,
    /// Ends when nobody listens to the configurations any more and what has to be kept is written.
    pub task: JoinHandle<()>,
}

/// Computes configurations for as long as somebody listens to them.
pub fn follow(options: FollowOptions, datastores: Vec<Box<dyn Datastore>>) -> Following {
    let (configurations, receiver) = watch::channel(None);
    let (ask, questions) = mpsc::channel(16);
    let follower = Follower::new(options, &datastores, configurations);
    let task = tokio::spawn(follower.run(datastores, questions));
    Following { configurations: receiver, ask, task }
}

struct Follower {
    options: FollowOptions,
    names: Vec<String>,
    compiler: Compiler,
    /// While what was last known is in use: what the datastore says, until it has said everything.
    fresh: Option<Compiler>,
    source: Source,
    health: Health,
    configurations: watch::Sender<Option<NodeConfig>>,
    demand: watch::Sender<Demand>,
    /// Secrets are not waited for any longer.
    impatient: bool,
    started: Instant,
    last_change: Option<(Instant, ChangeStatus)>,
    counters: Counters,
    problems: BTreeSet<Problem>,
    /// When the state is to be written.
    save_at: Option<Instant>,
    state_file_tried: bool,
}

/// What woke the follower.
enum Event {
    Updates(Vec<Update>),
    Question(StatusRequest),
    Time,
    End,
}

impl Follower {
    fn new(
        options: FollowOptions,
        datastores: &[Box<dyn Datastore>],
        configurations: watch::Sender<Option<NodeConfig>>,
    ) -> Self {
        let compiler = Compiler::new(options.node.clone(), Fidelity::Godwit, options.with_workloads);
        Self {
            names: datastores.iter().map(|d| d.describe()).collect(),
            options,
            compiler,
            fresh: None,
            source: Source::Nothing,
            health: Health::default(),
            configurations,
            demand: watch::channel(Demand::default()).0,
            impatient: false,
            started: Instant::now(),
            last_change: None,
            counters: Counters::default(),
            problems: BTreeSet::new(),
            save_at: None,
            state_file_tried: false,
        }
    }

    async fn run(
        mut self,
        datastores: Vec<Box<dyn Datastore>>,
        mut questions: mpsc::Receiver<StatusRequest>,
    ) {
        let (sender, mut updates) = mpsc::channel(QUEUE);
        let mut tasks = tokio::task::JoinSet::new();
        for datastore in datastores {
            tracing::info!("reading {}", datastore.describe());
            tasks.spawn(datastore.run(self.demand.subscribe(), sender.clone()));
        }
        drop(sender);
        loop {
            let deadline = self.deadline();
            let event = tokio::select! {
                batch = updates.recv() => batch.map_or(Event::End, Event::Updates),
                // When nobody can ask any more, this is no reason to wake.
                Some(question) = questions.recv() => Event::Question(question),
                () = sleep_until(deadline) => Event::Time,
                () = self.configurations.closed() => Event::End,
            };
            match event {
                Event::Updates(mut batch) => {
                    // What is there already is one change.
                    while let Ok(more) = updates.try_recv() {
                        batch.extend(more);
                    }
                    self.take(batch);
                }
                // Who asks may have gone.
                Event::Question(answer) => drop(answer.send(self.status())),
                Event::Time => self.time().await,
                Event::End => break,
            }
        }
        if self.save_at.is_some() {
            self.save().await;
        }
    }

    /// When there is something to do without anybody saying so.
    fn deadline(&self) -> Option<Instant> {
        let secrets = self.waits_for_secrets().then(|| self.started + SECRETS_WAIT);
        [self.save_at, secrets, self.last_known_due()].into_iter().flatten().min()
    }

    fn waits_for_secrets(&self) -> bool {
        !self.impatient && self.source == Source::Nothing && !self.compiler.secrets_to_come().is_empty()
    }

    async fn time(&mut self) {
        let now = Instant::now();
        if self.waits_for_secrets() && now >= self.started + SECRETS_WAIT {
            self.impatient = true;
            self.publish(Duration::ZERO, Duration::ZERO, String::from("start"));
        }
        if self.last_known_due().is_some_and(|at| now >= at) {
            self.use_state_file();
        }
        if self.save_at.is_some_and(|at| now >= at) {
            self.save().await;
        }
    }

    /// Notes what backends saw, and computes.
    fn take(&mut self, batch: Vec<Update>) {
        let start = Instant::now();
        let mut faulty = false;
        for update in batch {
            faulty |= matches!(update, Update::Fault { .. });
            self.count(&update);
            self.health.note(&update);
            self.fresh.as_mut().unwrap_or(&mut self.compiler).apply(update);
        }
        if faulty && self.may_use_state_file() {
            self.use_state_file();
        }
        let apply = start.elapsed();
        if let Some(mut fresh) = self.fresh.take() {
            if fresh.compute().is_none() {
                self.ask_for(fresh.demand());
                self.fresh = Some(fresh);
                return;
            }
            tracing::info!("the datastore has been read: the state file is not needed any more");
            self.compiler = fresh;
            self.source = Source::Datastore;
        }
        let what = self.compiler.changes().summary();
        let start = Instant::now();
        let computed = self.compiler.compute().is_some();
        // Services may be what is waited for.
        self.ask_for(self.compiler.demand());
        if !computed {
            return;
        }
        self.counters.computed += 1;
        let compute = start.elapsed();
        if self.waits_for_secrets() {
            return;
        }
        self.publish(apply, compute, what);
    }

    fn count(&mut self, update: &Update) {
        let objects: &[crate::Object] = match update {
            Update::Listed { objects, .. } => objects,
            Update::Changed(object) => std::slice::from_ref(object),
            Update::Deleted(_) => &[],
            Update::Fault { .. } => {
                self.counters.faults += 1;
                &[]
            }
            Update::Heard { .. } | Update::Works(_) => &[],
        };
        self.counters.objects += objects.len() as u64;
        for object in objects {
            let Err(reason) = &object.resource else { continue };
            self.counters.refused += 1;
            if self.compiler.cluster().refused().get(&object.id) != Some(reason) {
                tracing::warn!("{} is refused: {reason}", object.id);
            }
        }
    }

    fn ask_for(&self, demand: Demand) {
        self.demand.send_if_modified(|current| {
            let other = *current != demand;
            *current = demand;
            other
        });
    }
}

/// A scope for people.
pub(crate) fn scope_name(scope: &Scope) -> String {
    match scope {
        Scope::Kind(kind) => kind.name().to_owned(),
        Scope::One(id) => id.to_string(),
    }
}

/// For ever, if there is no deadline.
async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
