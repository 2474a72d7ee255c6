//! Keeps a node's configuration current: datastores in, configurations out.

mod health;
mod server;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use godwit_config::{ChangeKind, ConfigDiff, RouterConfig, diff};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use self::health::Health;
pub use self::server::serve_status;
pub use self::snapshot::snapshot;
use crate::backend::Datastore;
use crate::settings::NodeSettings;
use crate::state_file::{self, State};
use crate::status::{ChangeStatus, Counters, Remark, Source, Status};
use crate::{Compiler, Demand, Family, Fidelity, NodeConfig, Problem, Scope, Update};

/// Batches that wait; a backend that is faster than we are waits itself.
const QUEUE: usize = 64;
/// How long the first configuration waits for the secrets its peers name (calico.md §3.3).
const SECRETS_WAIT: Duration = Duration::from_millis(500);
/// How long the datastore may take before what was last known is used.
const STATE_FILE_WAIT: Duration = Duration::from_secs(2);
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
        let state = self.may_use_state_file().then(|| self.started + STATE_FILE_WAIT);
        [self.save_at, secrets, state].into_iter().flatten().min()
    }

    fn waits_for_secrets(&self) -> bool {
        !self.impatient && self.source == Source::Nothing && !self.compiler.secrets_to_come().is_empty()
    }

    fn may_use_state_file(&self) -> bool {
        self.options.state_file.is_some() && !self.state_file_tried && self.source == Source::Nothing
    }

    async fn time(&mut self) {
        let now = Instant::now();
        if self.waits_for_secrets() && now >= self.started + SECRETS_WAIT {
            self.impatient = true;
            self.publish(Duration::ZERO, Duration::ZERO, String::from("start"));
        }
        if self.may_use_state_file() && now >= self.started + STATE_FILE_WAIT {
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

    /// Hands the configuration on if it is another one.
    fn publish(&mut self, apply: Duration, compute: Duration, what: String) {
        let Some(now) = self.compiler.current().cloned() else { return };
        self.say_problems();
        let start = Instant::now();
        let before = self.configurations.borrow().clone();
        let (mut added, mut removed, mut changed) = (0, 0, 0);
        let mut other = before.is_none();
        for family in Family::ALL {
            let old = before.as_ref().map(|b| b.family(family));
            if old.is_some_and(|old| Arc::ptr_eq(old, now.family(family))) {
                continue;
            }
            let nothing = RouterConfig::default();
            let difference = diff(old.map_or(&nothing, |o| o), now.family(family));
            other |= !difference.is_empty();
            let (a, r, c) = count(&difference);
            (added, removed, changed) = (added + a, removed + r, changed + c);
        }
        if !other {
            return;
        }
        if self.source == Source::Nothing {
            self.source = Source::Datastore;
        }
        self.configurations.send_replace(Some(now));
        let change = ChangeStatus {
            age: 0,
            what,
            added,
            removed,
            changed,
            apply_us: micros(apply),
            compute_us: micros(compute),
            publish_us: micros(start.elapsed()),
        };
        tracing::info!(
            "configuration changed by {}: {added} protocols added, {removed} removed, {changed} changed, in {} us",
            change.what,
            change.apply_us + change.compute_us + change.publish_us
        );
        self.last_change = Some((Instant::now(), change));
        self.counters.changes += 1;
        if self.options.state_file.is_some() && self.source == Source::Datastore {
            self.save_at.get_or_insert_with(|| Instant::now() + SAVE_DELAY);
        }
    }

    /// Says what is new to be said, once.
    fn say_problems(&mut self) {
        let now: BTreeSet<Problem> = self.compiler.problems().into_iter().collect();
        for problem in now.difference(&self.problems) {
            tracing::warn!("{problem}");
        }
        for gone in self.problems.difference(&now) {
            tracing::info!("no longer: {gone}");
        }
        self.problems = now;
    }

    /// The datastore is not there: what was last known is better than nothing.
    fn use_state_file(&mut self) {
        self.state_file_tried = true;
        let Some(path) = self.options.state_file.clone() else { return };
        let state = match state_file::load(&path, &self.options.node.node) {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!("waiting for the datastore: there is no last known state ({error})");
                return;
            }
        };
        let written = state.written;
        let with_workloads = self.options.with_workloads;
        let mut restored = Compiler::new(self.options.node.clone(), Fidelity::Godwit, with_workloads);
        restored.restore(state.objects);
        if restored.compute().is_none() {
            tracing::warn!(
                "waiting for the datastore: the last known state has no node {}",
                self.options.node.node
            );
            return;
        }
        tracing::warn!("the datastore has not answered: using the state last known, written at {written}");
        self.source = Source::StateFile { written };
        // What was read so far goes on being read beside.
        self.fresh = Some(std::mem::replace(&mut self.compiler, restored));
        self.publish(Duration::ZERO, Duration::ZERO, format!("state file {}", path.display()));
    }

    async fn save(&mut self) {
        self.save_at = None;
        let Some(path) = self.options.state_file.clone() else { return };
        let state = State {
            version: state_file::VERSION,
            node: self.options.node.node.clone(),
            release: self.options.node.release,
            written: unix_now(),
            objects: self.compiler.cluster().objects(),
        };
        let place = path.clone();
        let saved = tokio::task::spawn_blocking(move || state_file::save(&place, &state)).await;
        match saved {
            Ok(Ok(())) => tracing::debug!("state written to {}", path.display()),
            Ok(Err(error)) => tracing::warn!("the state cannot be kept: {error}"),
            Err(error) => tracing::warn!("the state cannot be kept: {error}"),
        }
    }

    fn status(&self) -> Status {
        let now = Instant::now();
        let reading = self.fresh.as_ref().unwrap_or(&self.compiler);
        let refused = reading.cluster().refused().iter();
        let waits_for = reading.waits_for().iter().map(scope_name).collect();
        let last_change = self
            .last_change
            .as_ref()
            .map(|(at, change)| ChangeStatus { age: now.duration_since(*at).as_secs(), ..change.clone() });
        let protocols = self.compiler.current();
        let protocols = protocols.map_or((0, 0), |c| (c.ipv4.protocols.len(), c.ipv6.protocols.len()));
        Status {
            node: self.options.node.node.clone(),
            release: self.options.node.release.to_string(),
            datastores: self.names.clone(),
            source: self.source.clone(),
            degraded: self.health.is_degraded() || self.source != Source::Datastore,
            waits_for,
            watches: self.health.watches(now, reading.cluster()),
            refused: refused.map(|(id, why)| Remark { object: id.to_string(), text: why.clone() }).collect(),
            problems: self.compiler.problems().into_iter().map(remark).collect(),
            last_change,
            protocols,
            counters: Counters { work: self.compiler.work(), ..self.counters },
        }
    }
}

fn remark(of: Problem) -> Remark {
    Remark { object: of.id.to_string(), text: of.text }
}

/// A scope for people.
pub(crate) fn scope_name(scope: &Scope) -> String {
    match scope {
        Scope::Kind(kind) => kind.name().to_owned(),
        Scope::One(id) => id.to_string(),
    }
}

/// Protocols added, removed, changed.
fn count(difference: &ConfigDiff) -> (usize, usize, usize) {
    let of = |which: fn(&ChangeKind) -> bool| difference.protocols.iter().filter(|p| which(&p.kind)).count();
    (
        of(|k| matches!(k, ChangeKind::Added)),
        of(|k| matches!(k, ChangeKind::Removed)),
        of(|k| matches!(k, ChangeKind::Restart { .. } | ChangeKind::Modify { .. })),
    )
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// For ever, if there is no deadline.
async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
