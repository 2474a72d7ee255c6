//! The loop that never gives up: connect, list what has to be listed, watch, and again.

use std::time::Instant;

use tokio::time::{sleep, timeout_at};
use tracing::{debug, info};

use crate::backend::Updates;
use crate::settings::EtcdSettings;
use crate::{Scope, Update};

use super::connection::{Connection, Failure, Stream};
use super::explain::{Refusal, refusal};
use super::listing::{self, Pages};
use super::pace::{Backoff, Beat, Pulse, Timing, random};
use super::places::{Places, Step};
use super::prefix::Prefix;
use super::rpc::WatchRequest;

/// One backend's work.
pub(super) struct Session {
    settings: EtcdSettings,
    timing: Timing,
    places: Places,
    /// By prefix: its watch works, as far as was said.
    working: Vec<bool>,
    /// Since when every watcher is open on this connection.
    since: Option<Instant>,
    updates: Updates,
}

/// Why a stream is left though the connection is good.
enum Left {
    /// Something has to be listed.
    ListAgain,
    /// The connection is of no use: one line; `None` if it was said already.
    Broken(Option<String>),
}

impl Session {
    pub(super) fn new(
        settings: EtcdSettings,
        timing: Timing,
        prefixes: Vec<Prefix>,
        updates: Updates,
    ) -> Self {
        let working = vec![false; prefixes.len()];
        Self { settings, timing, places: Places::new(prefixes), working, since: None, updates }
    }

    /// Endpoint after endpoint, for ever.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new(&self.timing);
        // Anywhere, so that not all nodes of a cluster are at its first member.
        let mut turn = random() as usize;
        loop {
            self.since = None;
            if let Some(why) = self.one(turn).await {
                debug!("{why}");
                self.fault_all(&why).await;
            }
            // A connection that lasted was a success; one that breaks as soon as it stands is none.
            if self.since.is_some_and(|since| since.elapsed() > self.timing.pause_max) {
                backoff.reset();
            }
            turn = turn.wrapping_add(1);
            sleep(backoff.pause(random())).await;
        }
    }

    /// One connection until it breaks: why; `None` if that was said already.
    async fn one(&mut self, turn: usize) -> Option<String> {
        let url =
            turn.checked_rem(self.settings.endpoints.len()).and_then(|i| self.settings.endpoints.get(i));
        let Some(url) = url else {
            return Some("etcd: no endpoint is set; set ETCD_ENDPOINTS".to_owned());
        };
        let mut connection = match Connection::open(&self.settings, url, &self.timing).await {
            Ok(connection) => connection,
            Err(why) => return Some(why),
        };
        loop {
            // Before anything is resumed: is it the same history?
            match connection.status().await {
                Ok(Some(status)) => {
                    if let Err(why) = self.places.check_status(&status) {
                        say_listing(&connection, &why);
                    }
                }
                Ok(None) => {}
                Err(failure) => return Some(connection.explain("the status", &failure)),
            }
            let listed = self.list(&mut connection).await;
            let left = match listed {
                Ok(()) => self.watch(&mut connection).await,
                Err(left) => left,
            };
            match left {
                Left::ListAgain => sleep(self.timing.pause_min).await,
                Left::Broken(why) => return why,
            }
        }
    }

    /// Lists what has to be, at one revision, and says it in one batch. Prefixes that may not be read are
    /// said and left out.
    async fn list(&mut self, connection: &mut Connection) -> Result<(), Left> {
        let due = self.places.due();
        let mut revision = 0;
        let mut found = Vec::new();
        for which in due {
            let Some(prefix) = self.places.prefix(which) else { continue };
            let (scope, mut pages) = (prefix.scope(), Pages::new(prefix, revision));
            let mut kvs = Vec::new();
            let all = loop {
                let Some(request) = pages.next() else { break Ok(()) };
                match connection.range(request).await {
                    Ok(answer) => {
                        let header = answer.header.unwrap_or_default();
                        if revision == 0 {
                            self.places.check(&header).map_err(|why| list_again(connection, &why))?;
                            revision = header.revision;
                        }
                        kvs.extend(pages.take(answer, revision));
                    }
                    Err(failure) => break Err(failure),
                }
            };
            match all {
                Ok(()) => found.push((which, kvs)),
                Err(failure) => self.not_listed(connection, scope, which, failure).await?,
            }
        }
        let places = &mut self.places;
        let lists: Vec<Update> =
            found.into_iter().filter_map(|(which, kvs)| places.listed(which, &kvs, revision)).collect();
        if !lists.is_empty() {
            self.send(lists).await;
        }
        if self.places.any_known() { Ok(()) } else { Err(Left::Broken(None)) }
    }

    /// A prefix could not be listed: only being denied leaves the others alone.
    async fn not_listed(
        &mut self,
        connection: &Connection,
        scope: Scope,
        which: usize,
        failure: Failure,
    ) -> Result<(), Left> {
        let key = self.places.prefix(which).map(|prefix| prefix.key.clone()).unwrap_or_default();
        let why = connection.explain(&key, &failure);
        match &failure {
            Failure::Refused(status) if refusal(status) == Refusal::Denied => {
                self.fault(which, scope, &why).await;
                Ok(())
            }
            Failure::Refused(status) if refusal(status) == Refusal::Compacted => {
                Err(list_again(connection, "compacted while it was listed"))
            }
            _ => Err(Left::Broken(Some(why))),
        }
    }

    /// Watches what is known, until the stream is left.
    async fn watch(&mut self, connection: &mut Connection) -> Left {
        let mut pulse = Pulse::new(&self.timing, Instant::now());
        let mut stream = match connection.watch(self.places.open()).await {
            Ok(stream) => stream,
            Err(failure) => return Left::Broken(Some(connection.explain("the watch", &failure))),
        };
        // What is still to be listed was denied: perhaps it is granted meanwhile.
        let denied = self.places.due();
        let mut retry = Instant::now() + self.timing.pause_max;
        loop {
            let due = if denied.is_empty() { pulse.due() } else { pulse.due().min(retry) };
            match timeout_at(due.into(), stream.responses.message()).await {
                Ok(Ok(Some(response))) => {
                    let step = self.places.take(response);
                    if let Some(left) = self.step(connection, step).await {
                        return left;
                    }
                    // A watcher that does not open must not hide behind those that do.
                    if self.places.all_open() {
                        self.since.get_or_insert_with(Instant::now);
                        pulse.heard(Instant::now());
                    }
                }
                Ok(Ok(None)) => return broken(connection, "the watch was ended"),
                Ok(Err(status)) => return Left::Broken(Some(connection.way.refused("the watch", &status))),
                Err(_) if Instant::now() >= pulse.due() => {
                    if pulse.fire(Instant::now()) == Beat::Dead || !ask_progress(&stream) {
                        return broken(connection, "the watch is silent, and does not answer");
                    }
                }
                Err(_) => {
                    if self.is_granted(connection, &denied).await {
                        return Left::ListAgain;
                    }
                    retry = Instant::now() + self.timing.pause_max;
                }
            }
        }
    }

    /// Says what came; `Some` if the stream is to be left.
    async fn step(&mut self, connection: &Connection, step: Step) -> Option<Left> {
        match step {
            Step::Opened(which) => {
                let scope = self.places.prefix(which)?.scope();
                if let Some(working) = self.working.get_mut(which).filter(|working| !**working) {
                    *working = true;
                    self.send(vec![Update::Works(scope)]).await;
                }
            }
            Step::Changed { which, mut updates, revision } => {
                let scope = self.places.prefix(which)?.scope();
                updates.push(heard(scope, revision));
                self.send(updates).await;
            }
            Step::Alive(revision) => {
                let due = self.places.due();
                let watched = self.places.prefixes().enumerate().filter(|(which, _)| !due.contains(which));
                let updates = watched.map(|(_, prefix)| heard(prefix.scope(), revision)).collect();
                self.send(updates).await;
            }
            Step::Part => {}
            Step::ListAgain(why) => return Some(list_again(connection, &why)),
            Step::Broken(why) => return Some(broken(connection, &why)),
        }
        None
    }

    /// Whether a prefix that was denied may be read now; says again those that may not.
    async fn is_granted(&mut self, connection: &mut Connection, denied: &[usize]) -> bool {
        for &which in denied {
            let Some(prefix) = self.places.prefix(which) else { continue };
            let (scope, key) = (prefix.scope(), prefix.key.clone());
            match connection.range(listing::probe(prefix)).await {
                Ok(_) => return true,
                Err(failure) => {
                    let why = connection.explain(&key, &failure);
                    self.fault(which, scope, &why).await;
                }
            }
        }
        false
    }

    async fn fault(&mut self, which: usize, scope: Scope, why: &str) {
        if let Some(working) = self.working.get_mut(which) {
            *working = false;
        }
        self.send(vec![Update::Fault { scope, error: why.to_owned() }]).await;
    }

    async fn fault_all(&mut self, why: &str) {
        self.working.fill(false);
        let fault = |prefix: &Prefix| Update::Fault { scope: prefix.scope(), error: why.to_owned() };
        let updates = self.places.prefixes().map(fault).collect();
        self.send(updates).await;
    }

    async fn send(&self, updates: Vec<Update>) {
        // Nobody listens: the task is about to end.
        let _ = self.updates.send(updates).await;
    }
}

fn list_again(connection: &Connection, why: &str) -> Left {
    say_listing(connection, why);
    Left::ListAgain
}

fn say_listing(connection: &Connection, why: &str) {
    info!("etcd {}: listing again: {why}", connection.way.endpoint);
}

fn broken(connection: &Connection, why: &str) -> Left {
    Left::Broken(Some(format!("etcd {}: {why}", connection.way.endpoint)))
}

fn heard(scope: Scope, revision: i64) -> Update {
    Update::Heard { scope, revision: revision.to_string().into() }
}

/// Whether it could be asked.
fn ask_progress(stream: &Stream) -> bool {
    stream.requests.try_send(WatchRequest::progress()).is_ok()
}
