//! One scope: list, watch, and what to do when either fails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::Timing;
use super::connection::{Connection, Link};
use super::lines::Lines;
use super::objects::{self, Event, Seen};
use super::pace::{Pace, spread};
use super::place::{From, Group, Place, forbidden};
use super::problem::{Cause, Problem};
use crate::settings::NodeSettings;
use crate::{Id, Kind, Object, Scope, Update};

/// A watch that ends sooner, and told nothing, was no watch.
const SHORT: Duration = Duration::from_secs(1);
/// A watch that lasted this long worked, even if it told nothing.
const GOOD: Duration = Duration::from_secs(10);
/// After so many faults in a row without anything heard, all is listed again.
const TRIES_MAX: u32 = 5;
/// So often in a row a kind that was there must not be, to be believed: an API server that starts may not
/// know its kinds yet.
const ABSENT_TRIES: u32 = 5;
/// How many objects are read before others get a turn.
const TURN: usize = 256;

/// Watches a scope for ever.
pub(super) struct Watcher {
    scope: Scope,
    own: String,
    whole_nodes: bool,
    connection: Arc<Connection>,
    timing: Timing,
    sender: mpsc::Sender<Update>,
    pace: Pace,
    /// Where it was listed, or is to be.
    group: Group,
    /// Why the group is not certain.
    uncertain: Option<Problem>,
    /// What the next list is to be of.
    from: From,
    /// From where to watch; none: it is to be listed first.
    revision: Option<Box<str>>,
    /// It was listed, if only empty.
    listed: bool,
    /// It was there when it was last looked for.
    present: bool,
    absent_tries: u32,
    works: bool,
    /// The last problem was a routine one.
    routine: bool,
    /// Affinities that are our own.
    mine: BTreeSet<Box<str>>,
}

impl Watcher {
    pub(super) fn new(
        scope: Scope,
        node: &NodeSettings,
        connection: Arc<Connection>,
        timing: Timing,
        sender: mpsc::Sender<Update>,
    ) -> Self {
        Self {
            scope,
            own: node.node.clone(),
            whole_nodes: node.use_pod_cidr,
            connection,
            timing,
            sender,
            pace: Pace::new(timing.pause_min, timing.pause_max),
            group: Group::V1,
            uncertain: None,
            from: From::Any,
            revision: None,
            listed: false,
            present: false,
            absent_tries: 0,
            works: false,
            routine: false,
            mine: BTreeSet::new(),
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            if let Err(problem) = self.turn().await {
                let pause = self.after(problem).await;
                sleep(pause).await;
            }
        }
    }

    /// Lists if needed, and watches until the watch ends as it should.
    async fn turn(&mut self) -> Result<(), Problem> {
        let link = self.connection.link().await?;
        let result = self.turn_with(&link).await;
        if result.as_ref().is_err_and(Problem::is_of_connection) {
            self.connection.renew(&link).await;
        }
        result
    }

    async fn turn_with(&mut self, link: &Link) -> Result<(), Problem> {
        if is_calico(self.scope.kind()) {
            let (group, uncertain) = self.connection.group(link).await?;
            if group != self.group {
                self.start_over(From::Any);
            }
            (self.group, self.uncertain) = (group, uncertain);
        }
        let place = Place::of(&self.scope, self.group, self.whole_nodes);
        let revision = match self.revision.clone() {
            Some(revision) => revision,
            None => self.list(link, &place).await.map_err(|problem| self.explain("list", problem))?,
        };
        self.watch(link, &place, &revision).await.map_err(|problem| self.explain("watch", problem))
    }

    /// Reads all there is, page by page.
    async fn list(&mut self, link: &Link, place: &Place) -> Result<Box<str>, Problem> {
        let kind = self.scope.kind();
        let mut found = Vec::new();
        let mut mine = BTreeSet::new();
        let mut from = self.from.clone();
        let revision = loop {
            let response = self.connection.get(link, &place.list(&from), place.accept(true)).await?;
            let body = self.connection.body(response).await?;
            let page = objects::page(&body).map_err(|text| Problem::new(Cause::Refused, text))?;
            for (index, item) in page.items().enumerate() {
                if index % TURN == TURN - 1 {
                    tokio::task::yield_now().await;
                }
                match objects::look(kind, &self.own, item) {
                    Ok(Seen::There(object)) => {
                        if kind == Kind::BlockAffinity {
                            mine.insert(object.id.name.clone());
                        }
                        found.push(object);
                    }
                    Ok(Seen::NotThere(_) | Seen::Foreign(_)) => {}
                    Err(reason) => tracing::warn!("an object of kind {} is left out: {reason}", kind.name()),
                }
            }
            match page.next {
                Some(token) => from = From::Page(token),
                None => break page.revision,
            }
        };
        self.mine = mine;
        self.present = true;
        self.absent_tries = 0;
        self.listed(found).await;
        self.at(&revision).await;
        Ok(revision)
    }

    async fn watch(&mut self, link: &Link, place: &Place, revision: &str) -> Result<(), Problem> {
        let lasts = spread(self.timing.watch_min, 1);
        let path = place.watch(revision, lasts);
        let response = self.connection.get(link, &path, place.accept(false)).await?;
        self.work().await;
        let start = Instant::now();
        let mut lines = Lines::new(response.into_body());
        let mut told = false;
        loop {
            let Ok(line) = timeout(self.timing.silence_max, lines.next()).await else {
                let secs = self.timing.silence_max.as_secs_f32();
                return Err(Problem::new(Cause::Silent, format!("the watch was silent for {secs} s")));
            };
            if start.elapsed() >= GOOD {
                self.pace.reset();
            }
            let Some(line) = line? else { break };
            if line.trim_ascii().is_empty() {
                continue;
            }
            self.event(line).await?;
            told = true;
        }
        if !told && start.elapsed() < SHORT {
            return Err(Problem::new(Cause::Short, "the server ended the watch at once"));
        }
        self.pace.reset();
        Ok(())
    }

    async fn event(&mut self, line: &[u8]) -> Result<(), Problem> {
        let kind = self.scope.kind();
        let event = objects::event(line).map_err(|text| Problem::new(Cause::Broken, text))?;
        match event {
            None => return Ok(()),
            Some(Event::Error(status)) => return Err(Problem::event(status.get().as_bytes())),
            Some(Event::Bookmark(revision)) => self.at(&revision).await,
            Some(Event::There(revision, object)) => {
                match objects::look(kind, &self.own, object) {
                    Ok(Seen::There(object)) => {
                        if kind == Kind::BlockAffinity {
                            self.mine.insert(object.id.name.clone());
                        }
                        self.say(Update::Changed(object)).await;
                    }
                    Ok(Seen::NotThere(id)) => self.gone(id, true).await,
                    Ok(Seen::Foreign(id)) => self.gone(id, false).await,
                    Err(reason) => tracing::warn!("an object of kind {} is left out: {reason}", kind.name()),
                }
                self.revision = Some(revision);
            }
            Some(Event::Gone(revision, object)) => {
                match objects::name(kind, object.get()) {
                    Ok(id) => self.gone(id, kind != Kind::BlockAffinity).await,
                    Err(reason) => tracing::warn!("an object of kind {} is left out: {reason}", kind.name()),
                }
                self.revision = Some(revision);
            }
        }
        self.pace.reset();
        Ok(())
    }

    /// An object is gone. Of affinities of other nodes nothing is said.
    async fn gone(&mut self, id: Id, anyway: bool) {
        if self.mine.remove(&id.name) || anyway {
            self.say(Update::Deleted(id)).await;
        }
    }

    /// Notes a problem, says it, and tells how long to wait.
    async fn after(&mut self, problem: Problem) -> Duration {
        match problem.cause {
            Cause::Expired | Cause::Ahead => self.start_over(From::Newest),
            // The server may come back with less than it had; only a list tells.
            Cause::Silent | Cause::Lost | Cause::Unreachable => {
                if let Some(seen) = self.revision.take() {
                    self.start_over(From::NotOlder(seen));
                }
            }
            Cause::Absent if may_be_absent(self.scope.kind()) => {
                if let Some(pause) = self.absent().await {
                    return pause;
                }
            }
            Cause::Forbidden if self.scope.kind() == Kind::Secret && !self.listed => {
                // Its peers have no password until it may be read; the others need not wait for that.
                self.listed(Vec::new()).await;
            }
            _ => {}
        }
        if self.pace.tries() >= TRIES_MAX && self.revision.is_some() {
            self.start_over(From::Newest);
        }
        // What happens now and then is nothing to tell of, unless it happens each time.
        let quiet = problem.is_routine() && (self.pace.tries() == 0 || !self.routine);
        self.routine = problem.is_routine();
        let pause = self.pace.pause(problem.retry_after);
        if quiet {
            tracing::debug!("{:?}: {}", self.scope, problem.text);
            return pause;
        }
        self.works = false;
        self.say(Update::Fault { scope: self.scope.clone(), error: problem.text }).await;
        pause
    }

    /// The kind is not installed; how long to wait if that is believed.
    async fn absent(&mut self) -> Option<Duration> {
        self.connection.forget_group().await;
        self.start_over(From::Newest);
        self.absent_tries += 1;
        let believed = !self.present || self.absent_tries >= ABSENT_TRIES;
        if !believed || self.uncertain.is_some() {
            return None;
        }
        if self.present || !self.listed {
            tracing::info!("{} is not installed", self.scope.kind().name());
            self.mine.clear();
            self.listed(Vec::new()).await;
        }
        self.present = false;
        self.pace.reset();
        self.work().await;
        Some(spread(self.timing.absent, 10))
    }

    /// Puts a problem in words that help.
    fn explain(&self, verb: &str, problem: Problem) -> Problem {
        let text = match (problem.cause, &self.uncertain) {
            (Cause::Forbidden, _) => forbidden(verb, &self.scope, self.group),
            (Cause::Absent, Some(why)) => {
                let group = self.group.name();
                format!("it is not in {group}, and which groups there are is not known: {}", why.text)
            }
            _ => problem.text,
        };
        Problem { text, ..problem }
    }

    fn start_over(&mut self, from: From) {
        self.revision = None;
        self.from = from;
    }

    /// All is known up to a revision.
    async fn at(&mut self, revision: &str) {
        self.revision = Some(revision.into());
        self.say(Update::Heard { scope: self.scope.clone(), revision: revision.into() }).await;
    }

    async fn listed(&mut self, objects: Vec<Object>) {
        self.listed = true;
        self.say(Update::Listed { scope: self.scope.clone(), objects }).await;
    }

    async fn work(&mut self) {
        if !self.works {
            self.works = true;
            self.say(Update::Works(self.scope.clone())).await;
        }
    }

    async fn say(&self, update: Update) {
        if self.sender.send(update).await.is_err() {
            // Nobody listens any more: this task is about to be ended.
            std::future::pending::<()>().await;
        }
    }
}

/// Whether the kind may not be installed. What is always there and is not found is no API server's.
fn may_be_absent(kind: Kind) -> bool {
    is_calico(kind) || kind == Kind::EndpointSlice
}

/// Whether the kind is in one of Calico's groups.
fn is_calico(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::IpPool | Kind::BgpConfiguration | Kind::BgpPeer | Kind::BgpFilter | Kind::BlockAffinity
    )
}
