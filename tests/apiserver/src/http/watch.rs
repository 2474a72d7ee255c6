//! Watches.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use super::accept::Form;
use super::list::{reached, shape};
use super::{Call, respond};
use crate::kinds::Kind;
use crate::selector::Selector;
use crate::server::{ExpiredWatch, FutureWatch};
use crate::shared::{Gates, Shared, State};
use crate::status::Failure;
use crate::store::{Change, Key};

/// How long a watch lasts that names no timeout.
const TIMEOUT: Duration = Duration::from_secs(1800);
/// How many changes are made events at a time.
const BATCH: usize = 256;

/// Begins a watch. Errors: 406, 422, 504 for a revision from the future, 410 if the server's habit is to tell so.
pub(crate) fn watch(call: &Call<'_>) -> Result<Response, Failure> {
    let (options, habits) = (&call.options, &call.shared.habits);
    options.check_watch(habits.streaming_lists)?;
    call.form.fits(false)?;
    let ticks = call.shared.ticks();
    let mut state = call.shared.look();
    let current = state.store.revision();
    let from = options.revision.filter(|revision| *revision != 0);
    if options.send_initial_events == Some(true) || habits.future_watch == FutureWatch::Refuse {
        reached(&state.store, options.revision)?;
    }
    // Without a revision, or from any, a watch begins with all there is, unless told not to.
    let initial = options.send_initial_events.unwrap_or(from.is_none());
    if !initial && from.is_some_and(|from| from < state.store.compacted()) {
        return expired(habits.expired_watch, from.unwrap_or_default(), state.store.compacted());
    }
    let objects = if initial { state.store.at(&call.kind.resource(), current) } else { None };
    let lasts = options.timeout_secs.map_or(TIMEOUT, Duration::from_secs);
    let mut stream = Stream {
        shared: Arc::clone(call.shared),
        ticks,
        kind: Arc::clone(&call.kind),
        namespace: call.key.0.clone(),
        selector: options.selector.clone(),
        form: call.form,
        seen: if initial { current } else { from.unwrap_or(current) },
        epoch: state.store.epoch(),
        gates: state.gates.clone(),
        waiting: VecDeque::new(),
        ends: Instant::now() + lasts,
        bookmark: options.bookmarks.then(|| Instant::now() + habits.bookmark_interval),
        last: false,
    };
    for (key, object) in objects.iter().flatten() {
        if stream.wants(key, object) {
            stream.push("ADDED", object, None);
        }
    }
    if options.send_initial_events == Some(true) && options.bookmarks {
        stream.push_bookmark(true);
    }
    *state.watches.entry(call.kind.resource()).or_default() += 1;
    drop(state);
    // Those who wait for a watch to be open are told.
    call.shared.change(|_| ());
    let events = futures::stream::unfold(stream, |mut stream| async move {
        let piece = stream.next().await?;
        Some((piece, stream))
    });
    Ok(respond::raw(200, respond::JSON, Body::from_stream(events)))
}

fn expired(habit: ExpiredWatch, wanted: u64, oldest: u64) -> Result<Response, Failure> {
    let failure = Failure::expired(format!("too old resource version: {wanted} ({oldest})"));
    match habit {
        ExpiredWatch::Http => Err(failure),
        ExpiredWatch::Event => {
            let event = json!({"type": "ERROR", "object": failure.body()});
            Ok(respond::raw(200, respond::JSON, Body::from(format!("{event}\n"))))
        }
    }
}

/// An open watch.
struct Stream {
    shared: Arc<Shared>,
    ticks: Receiver<u64>,
    kind: Arc<Kind>,
    /// Empty for all.
    namespace: String,
    selector: Selector,
    form: Form,
    /// All changes up to this revision have been told, or are waiting.
    seen: u64,
    epoch: u64,
    /// The orders at the beginning, or those obeyed since.
    gates: Gates,
    waiting: VecDeque<Bytes>,
    ends: Instant,
    /// When the next bookmark is due, if they are allowed.
    bookmark: Option<Instant>,
    /// What waits is the last to come.
    last: bool,
}

/// What a look at the state tells a watch to do.
enum Next {
    Send,
    Wait,
    WaitFrozen,
    End,
    Break,
}

impl Stream {
    /// The next piece of the answer; none at its end.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            self.ticks.borrow_and_update();
            match self.look() {
                Next::Send => match self.waiting.pop_front() {
                    Some(event) => return Some(Ok(event)),
                    None => return None,
                },
                Next::End => return None,
                Next::Break => return Some(Err(io::ErrorKind::ConnectionAborted.into())),
                Next::WaitFrozen => self.ticks.changed().await.ok()?,
                Next::Wait => self.wait().await?,
            }
        }
    }

    /// Waits for a change, the end (none) or the time of a bookmark.
    async fn wait(&mut self) -> Option<()> {
        let bookmark = self.bookmark.unwrap_or(self.ends);
        tokio::select! {
            changed = self.ticks.changed() => changed.ok(),
            () = sleep_until(self.ends) => None,
            () = sleep_until(bookmark), if self.bookmark.is_some() => {
                self.bookmark = Some(Instant::now() + self.shared.habits.bookmark_interval);
                let current = self.shared.look().store.revision();
                self.push_due_bookmark(current);
                Some(())
            }
        }
    }

    fn look(&mut self) -> Next {
        let shared = Arc::clone(&self.shared);
        let state = shared.look();
        let orders = &state.gates;
        if orders.broken != self.gates.broken || state.store.epoch() != self.epoch {
            return Next::Break;
        }
        if orders.closed != self.gates.closed {
            return Next::End;
        }
        if orders.frozen {
            return Next::WaitFrozen;
        }
        if !self.waiting.is_empty() || self.last {
            return Next::Send;
        }
        self.read(&state);
        if let (Some(failure), true) = (&orders.failure, orders.failed != self.gates.failed) {
            self.write(&json!({"type": "ERROR", "object": failure.body()}));
            self.last = true;
        } else if state.kinds.by_resource(&self.kind.resource()).is_none() {
            self.last = true;
        } else if orders.bookmarks != self.gates.bookmarks && self.waiting.is_empty() {
            self.gates.bookmarks = orders.bookmarks;
            if self.bookmark.is_some() {
                self.push_due_bookmark(state.store.revision());
            }
        }
        if self.waiting.is_empty() && !self.last { Next::Wait } else { Next::Send }
    }

    /// Makes events of the changes since the last look.
    fn read(&mut self, state: &State) {
        if !state.store.remembers(self.seen) {
            // Too slow: what it missed is gone. A real server ends such a watch, and the next one is told 410.
            self.last = true;
            return;
        }
        let mut count = 0;
        for change in state.store.since(self.seen).take(BATCH) {
            count += 1;
            self.seen = change.revision;
            if *change.resource == self.kind.resource() {
                self.tell(change);
            }
        }
        if count < BATCH {
            // Revisions of kinds that are not here count too.
            self.seen = self.seen.max(state.store.revision());
        }
    }

    /// The event of a change. An object that enters or leaves what is selected is added or deleted to this client.
    fn tell(&mut self, change: &Change) {
        let wanted = |object: &&Arc<Value>| self.wants(&change.key, object);
        let (before, after) = (change.before.as_ref().filter(wanted), change.after.as_ref().filter(wanted));
        match (before, after) {
            (None, Some(after)) => self.push("ADDED", after, None),
            (Some(_), Some(after)) => self.push("MODIFIED", after, None),
            // The object as it was, with the revision of the change.
            (Some(before), None) => self.push("DELETED", before, Some(change.revision)),
            (None, None) => {}
        }
    }

    fn wants(&self, key: &Key, object: &Value) -> bool {
        (self.namespace.is_empty() || key.0 == self.namespace) && self.selector.matches(object)
    }

    fn push(&mut self, event: &str, object: &Value, revision: Option<u64>) {
        let mut object = shape(object, self.form);
        if let Some(revision) = revision {
            object["metadata"]["resourceVersion"] = json!(revision.to_string());
        }
        self.write(&json!({"type": event, "object": object}));
    }

    /// A bookmark, unless the watch waits for a revision that the server has not reached: then there is none to tell.
    fn push_due_bookmark(&mut self, current: u64) {
        if self.seen <= current {
            self.push_bookmark(false);
        }
    }

    /// A bookmark at the revision up to which all has been told.
    fn push_bookmark(&mut self, initial_end: bool) {
        let mut metadata = json!({"resourceVersion": self.seen.to_string(), "creationTimestamp": null});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let (api_version, kind) = match self.form {
            Form::Full => (self.kind.api_version(), self.kind.kind.as_str()),
            _ => ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadata"),
        };
        let object = json!({"kind": kind, "apiVersion": api_version, "metadata": metadata});
        self.write(&json!({"type": "BOOKMARK", "object": object}));
    }

    fn write(&mut self, event: &Value) {
        self.waiting.push_back(Bytes::from(format!("{event}\n")));
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.change(|state| {
            if let Some(count) = state.watches.get_mut(&self.kind.resource()) {
                *count = count.saturating_sub(1);
            }
        });
    }
}
