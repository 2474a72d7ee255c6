//! How far each prefix is known, and what an answer of a watch means for it. No I/O.
//!
//! A revision counts as seen only when the watcher of that prefix told it: of two prefixes that change one
//! after the other, the second may be told first, so what one watcher has seen says nothing about another's.

use crate::Update;

use super::prefix::Prefix;
use super::rpc::{Event, KeyValue, ResponseHeader, StatusResponse, WatchCreateRequest, WatchResponse};

/// What a stream's own answers have for an id.
const STREAM: i64 = -1;

/// A prefix and how far it is known.
#[derive(Debug)]
struct Place {
    prefix: Prefix,
    /// Everything up to here was said; `None`: it has to be listed.
    seen: Option<i64>,
    /// Its watcher is open on this stream.
    open: bool,
    /// Events of an answer that came in parts, so far.
    parts: Vec<Event>,
}

/// What tells one history of revisions from another: that of another cluster, or of a backup. A backup that
/// is restored under the same names has the same cluster id, but everything else begins anew or goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct History {
    cluster: u64,
    /// The highest so far, like the rest.
    term: u64,
    revision: i64,
    /// 0: it was never told.
    index: u64,
}

/// Every prefix, and the history that the revisions are of.
#[derive(Debug)]
pub(super) struct Places {
    places: Vec<Place>,
    history: Option<History>,
}

/// What an answer means.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Step {
    /// The watcher of a prefix is open.
    Opened(usize),
    /// Changes under a prefix, all of one answer; none: it was a sign of life.
    Changed {
        /// Which prefix.
        which: usize,
        /// In order.
        updates: Vec<Update>,
        /// The last that is known of it.
        revision: i64,
    },
    /// The stream is alive.
    Alive(i64),
    /// More of it comes.
    Part,
    /// What was missed cannot be had any more: some prefixes are to be listed.
    ListAgain(String),
    /// The stream is of no use: why.
    Broken(String),
}

impl Places {
    /// Nothing is known yet.
    pub(super) fn new(prefixes: Vec<Prefix>) -> Self {
        let place = |prefix| Place { prefix, seen: None, open: false, parts: Vec::new() };
        Self { places: prefixes.into_iter().map(place).collect(), history: None }
    }

    /// Every prefix.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = &Prefix> {
        self.places.iter().map(|place| &place.prefix)
    }

    /// A prefix.
    pub(super) fn prefix(&self, which: usize) -> Option<&Prefix> {
        self.places.get(which).map(|place| &place.prefix)
    }

    /// The prefixes that have to be listed.
    pub(super) fn due(&self) -> Vec<usize> {
        self.places.iter().enumerate().filter(|(_, p)| p.seen.is_none()).map(|(i, _)| i).collect()
    }

    /// Whether there is a prefix that can be watched.
    pub(super) fn any_known(&self) -> bool {
        self.places.iter().any(|place| place.seen.is_some())
    }

    /// All watchers that were asked for are open.
    pub(super) fn all_open(&self) -> bool {
        self.places.iter().all(|place| place.open || place.seen.is_none())
    }

    /// Whether an answer is of the history that is known; if not, nothing is known any more.
    ///
    /// # Errors
    /// It is of another history: how that was seen.
    pub(super) fn check(&mut self, header: &ResponseHeader) -> Result<(), String> {
        let newest = self.history.map_or(0, |known| known.revision);
        self.same_history(header)?;
        if header.revision < newest {
            let has = header.revision;
            return Err(
                self.forget(format!("it is at revision {has} after {newest}: restored from a backup?"))
            );
        }
        Ok(())
    }

    /// The same by the index of a member's log.
    ///
    /// # Errors
    /// It is of another history: how that was seen.
    pub(super) fn check_status(&mut self, status: &StatusResponse) -> Result<(), String> {
        self.same_history(&status.header.unwrap_or_default())?;
        let index = status.raft_index;
        let Some(known) = &mut self.history else { return Ok(()) };
        if index < known.index {
            let was = known.index;
            return Err(self.forget(format!("its log is at {index} after {was}: restored from a backup?")));
        }
        known.index = index;
        Ok(())
    }

    /// As [`check`](Self::check), for an answer whose revision may lag behind.
    fn same_history(&mut self, header: &ResponseHeader) -> Result<(), String> {
        let (cluster, term) = (header.cluster_id, header.raft_term);
        let known = self.history.get_or_insert(History { cluster, ..History::default() });
        if known.cluster != cluster {
            let was = known.cluster;
            return Err(self.forget(format!("it is another cluster: {cluster:x} after {was:x}")));
        }
        if known.term > term {
            let was = known.term;
            return Err(self.forget(format!("it is in term {term} after {was}: restored from a backup?")));
        }
        known.term = term;
        known.revision = known.revision.max(header.revision);
        Ok(())
    }

    fn forget(&mut self, why: String) -> String {
        self.history = None;
        for place in &mut self.places {
            place.seen = None;
        }
        why
    }

    /// A prefix was listed at a revision: what to say of it.
    pub(super) fn listed(&mut self, which: usize, kvs: &[KeyValue], revision: i64) -> Option<Update> {
        let place = self.places.get_mut(which)?;
        place.seen = Some(revision);
        Some(place.prefix.listed(kvs))
    }

    /// A new stream: the watchers to ask for. They begin with the last revision that was seen, whose
    /// events are dropped when they come again: etcd (since 3.4.25, 3.5.8) does not answer a progress
    /// request as long as a watcher waits for a revision that is not there yet.
    pub(super) fn open(&mut self) -> Vec<WatchCreateRequest> {
        let mut requests = Vec::new();
        for (id, place) in (1..).zip(&mut self.places) {
            place.open = false;
            place.parts.clear();
            let Some(seen) = place.seen else { continue };
            requests.push(WatchCreateRequest {
                key: place.prefix.key.clone().into_bytes(),
                range_end: place.prefix.end(),
                start_revision: seen,
                progress_notify: true,
                watch_id: id,
                fragment: true,
            });
        }
        requests
    }

    /// What an answer means.
    pub(super) fn take(&mut self, response: WatchResponse) -> Step {
        let header = response.header.unwrap_or_default();
        if response.compact_revision == 0 && response.canceled {
            return Step::Broken(format!("the watch was ended: {}", response.cancel_reason));
        }
        let history = if response.created { self.check(&header) } else { self.same_history(&header) };
        if let Err(why) = history {
            return Step::ListAgain(why);
        }
        if response.watch_id == STREAM {
            return Step::Alive(header.revision);
        }
        let index = response.watch_id.checked_sub(1).and_then(|id| usize::try_from(id).ok());
        let found = index.and_then(|which| Some((which, self.places.get_mut(which)?)));
        let Some((which, place)) = found.filter(|(_, place)| place.seen.is_some()) else {
            let id = response.watch_id;
            return Step::Broken(format!(
                "an answer for watcher {id}, which was not asked for: etcd before 3.4, or a proxy?"
            ));
        };
        if response.compact_revision != 0 {
            place.seen = None;
            let (key, oldest) = (&place.prefix.key, response.compact_revision);
            return Step::ListAgain(format!("{key} was compacted up to {oldest}"));
        }
        if response.created {
            place.open = true;
            return Step::Opened(which);
        }
        place.take(which, header.revision, response.events, response.fragment)
    }
}

impl Place {
    fn take(&mut self, which: usize, now: i64, events: Vec<Event>, fragment: bool) -> Step {
        let is_progress = events.is_empty() && self.parts.is_empty() && !fragment;
        self.parts.extend(events);
        if fragment {
            return Step::Part;
        }
        let seen = self.seen.unwrap_or(0);
        let events = std::mem::take(&mut self.parts);
        let new = || events.iter().filter(|event| revision(event) > seen);
        let updates = new().filter_map(|event| self.prefix.changed(event)).collect();
        // The header of events may be ahead of them, when more come; that of a progress is true.
        let told = if is_progress { now } else { new().map(revision).max().unwrap_or(seen) };
        let revision = told.max(seen);
        self.seen = Some(revision);
        Step::Changed { which, updates, revision }
    }
}

fn revision(event: &Event) -> i64 {
    event.kv.as_ref().map_or(0, |kv| kv.mod_revision)
}

#[cfg(test)]
mod tests;
