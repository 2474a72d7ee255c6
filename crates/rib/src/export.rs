//! The export step: from changed nets to what a peer or the kernel is told.

mod bgp;
mod check;
mod kept;
mod kernel;
mod limit;
mod options;
mod paths;
mod policy;
mod preview;
mod rewrite;
mod secondary;
mod sent;
mod told;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use godwit_filter::{Filter, Surroundings};

use crate::attrs::AttrId;
use crate::bitmap::Bitmap;
use crate::counters::ExportCounters;
use crate::key::NetKey;
use crate::limit::Bound;
use crate::source::SourceId;
use crate::table::Table;
use crate::trace::Trace;

pub(crate) use kept::KeptRoute;

pub use check::{Refused, export_check};
pub use kernel::{WantedPath, WantedRoute};
pub use options::{AigpPolicy, BgpExport, LinkLocalFormat, MissingLinkLocal, NextHopPolicy, PrivateAsPolicy};
pub use preview::Preview;

/// An exporter of a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExporterId(pub u32);

/// Which routes an exporter passes on.
#[derive(Clone, PartialEq, Debug)]
pub enum ExportPolicy {
    /// Every route.
    All,
    /// None.
    None,
    /// Those a filter accepts, as it leaves them.
    Filter(Arc<Filter>),
}

/// Who is told.
#[derive(Debug)]
pub enum ExporterKind {
    /// A BGP neighbor (later: a group of those with equal policy), by UPDATE messages.
    Bgp(Arc<BgpExport>),
    /// A kernel table, by routes.
    Kernel {
        /// `merge paths`: those as good as the best go with it, up to so many next hops.
        merge_paths: Option<u32>,
    },
}

/// What [`Table::export`] took out of the table.
#[derive(Debug)]
pub enum Exported<K> {
    /// Whole UPDATE messages, one after the other, and how many nets they carry.
    Updates(Bytes),
    /// Routes wanted (`Some`) or no longer wanted (`None`).
    Routes(Vec<(K, Option<WantedRoute>)>),
}

/// The export side of a channel: what has changed since it was last asked, and what it has sent.
///
/// Changes are kept as ids of nets, not as routes: a reader that is slow sees the state of the
/// table when it reads, and what came and went in between is never sent.
#[derive(Debug)]
pub struct Exporter {
    kind: ExporterKind,
    policy: ExportPolicy,
    /// The channel's own source: its routes are not sent back.
    own_source: Option<SourceId>,
    surroundings: Arc<dyn Surroundings + Send>,
    /// Every net from here on has yet to be looked at.
    feed: Option<u32>,
    queue: VecDeque<u32>,
    dirty: Bitmap,
    /// Nets of which something was sent.
    sent: Bitmap,
    /// Which paths of them, if every path is sent.
    paths: Option<sent::SentPaths>,
    /// What was sent, if it is kept (`export table`).
    kept: Option<kept::KeptRoutes>,
    refused: Bitmap,
    processed: Vec<u32>,
    /// The feed is through and End-of-RIB was not yet taken.
    fed: bool,
    counters: ExportCounters,
    messages: Vec<String>,
    faults: Vec<String>,
    trace: Option<Trace>,
    traces: Vec<String>,
    /// Routes of interface addresses are refused before any filter is asked.
    leaves_device_routes: bool,
    /// Of each net the first path that passes is sent.
    secondary: bool,
    limit: Bound,
    /// That the limit is passed has been told.
    limit_told: bool,
}

impl Exporter {
    /// An exporter that will be fed the whole table.
    pub fn new(
        kind: ExporterKind,
        policy: ExportPolicy,
        own_source: Option<SourceId>,
        surroundings: Arc<dyn Surroundings + Send>,
    ) -> Self {
        let every_path = matches!(&kind, ExporterKind::Bgp(export) if export.add_path);
        Self {
            kind,
            policy,
            own_source,
            surroundings,
            feed: Some(0),
            queue: VecDeque::new(),
            dirty: Bitmap::default(),
            sent: Bitmap::default(),
            paths: every_path.then(sent::SentPaths::default),
            kept: None,
            refused: Bitmap::default(),
            processed: Vec::new(),
            fed: false,
            counters: ExportCounters::default(),
            messages: Vec::new(),
            faults: Vec::new(),
            trace: None,
            traces: Vec::new(),
            leaves_device_routes: false,
            secondary: false,
            limit: Bound::default(),
            limit_told: false,
        }
    }

    /// Routes sent and not withdrawn since, and what was counted.
    pub fn counters(&self) -> (u64, ExportCounters) {
        let sent = self.paths.as_ref().map_or(self.sent.len(), sent::SentPaths::len);
        (sent as u64, self.counters)
    }

    /// Whether every path of a net that passes is sent, with a path identifier, not only the best one.
    pub fn sends_every_path(&self) -> bool {
        self.paths.is_some()
    }

    /// Changes what passes; the whole table is looked at again.
    pub fn set_policy(&mut self, policy: ExportPolicy) {
        self.policy = policy;
        self.start_feed();
    }

    /// How a BGP neighbor is told; `None` if this is no BGP neighbor.
    pub fn bgp(&self) -> Option<&BgpExport> {
        match &self.kind {
            ExporterKind::Bgp(export) => Some(export),
            ExporterKind::Kernel { .. } => None,
        }
    }

    /// The policy in force.
    pub fn policy(&self) -> &ExportPolicy {
        &self.policy
    }

    /// Who is told.
    pub fn kind(&self) -> &ExporterKind {
        &self.kind
    }

    /// Changes who is told (with other options), without forgetting what was sent.
    pub fn set_kind(&mut self, mut kind: ExporterKind) {
        if let ExporterKind::Bgp(export) = &mut kind {
            Arc::make_mut(export).add_path = self.paths.is_some();
        }
        self.kind = kind;
        self.start_feed();
    }

    /// The interfaces filters see.
    pub fn set_surroundings(&mut self, surroundings: Arc<dyn Surroundings + Send>) {
        self.surroundings = surroundings;
    }

    /// Sends everything again (route refresh, `reload out`).
    pub fn refeed(&mut self) {
        self.start_feed();
        self.fed = false;
    }

    /// Has the end of the feed told once more, when all that has changed until now is out; of a feed
    /// that goes on its end.
    pub fn fence(&mut self) {
        if self.feed.is_none() {
            // No net is that far: nothing is looked at again.
            (self.feed, self.fed) = (Some(u32::MAX), false);
        }
    }

    /// Begins to look at every net. That covers the changes that wait; sending them first would
    /// send them twice.
    fn start_feed(&mut self) {
        self.feed = Some(0);
        self.queue.clear();
        self.dirty.clear();
    }

    /// The channel's own source changed (its session was restarted).
    pub fn set_own_source(&mut self, source: Option<SourceId>) {
        self.own_source = source;
    }

    /// Whether the whole table has been looked at and that was not yet told: once after each feed.
    pub fn take_fed(&mut self) -> bool {
        self.feed.is_none() && self.queue.is_empty() && std::mem::take(&mut self.fed)
    }

    /// The kernel refused (or took) the route of a net; shown by `show route`.
    pub(crate) fn set_refused(&mut self, id: u32, refused: bool) {
        if refused {
            self.refused.insert(id);
        } else {
            self.refused.remove(id);
        }
    }

    pub(crate) fn is_refused(&self, id: u32) -> bool {
        self.refused.contains(id)
    }

    /// Whether this net was sent.
    pub(crate) fn has_sent(&self, id: u32) -> bool {
        self.sent.contains(id)
    }

    pub(crate) fn mark(&mut self, id: u32) {
        if self.feed.is_some_and(|cursor| id >= cursor) {
            return;
        }
        if self.dirty.insert(id) {
            self.queue.push_back(id);
        }
    }

    /// A path is new, has changed or is gone; only those who send every path need to know.
    pub(crate) fn mark_path(&mut self, id: u32, path: SourceId) {
        if let Some(paths) = &mut self.paths {
            paths.mark(id, sent::sent_id(path));
        }
        self.mark(id);
    }

    pub(crate) fn remembers(&self, id: u32) -> bool {
        self.dirty.contains(id) || self.sent.contains(id)
    }

    pub(crate) fn has_work(&self, id_end: u32) -> bool {
        !self.queue.is_empty() || self.feed.is_some_and(|cursor| cursor < id_end || !self.fed)
    }

    pub(crate) fn take_processed(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.processed)
    }

    pub(crate) fn memory(&self) -> usize {
        let paths = self.paths.as_ref().map_or(0, sent::SentPaths::memory);
        let paths = paths + self.kept.as_ref().map_or(0, kept::KeptRoutes::memory);
        self.queue.capacity() * 4 + self.dirty.memory() + self.sent.memory() + self.refused.memory() + paths
    }

    /// The ids to look at next: changes first, then the feed; and how many of them are changes.
    fn next_ids(&mut self, id_end: u32, nets_max: usize) -> (Vec<u32>, usize) {
        let mut ids: Vec<u32> = Vec::with_capacity(nets_max.min(self.queue.len() + 1024));
        while ids.len() < nets_max
            && let Some(id) = self.queue.pop_front()
        {
            self.dirty.remove(id);
            ids.push(id);
        }
        if self.queue.is_empty() && self.queue.capacity() > 65_536 {
            self.queue = VecDeque::new();
        }
        let changed = ids.len();
        if let Some(cursor) = self.feed
            && changed < nets_max
        {
            let end = cursor.saturating_add((nets_max - ids.len()) as u32).min(id_end);
            ids.extend(cursor..end);
            self.feed = if end >= id_end { None } else { Some(end) };
            self.fed = self.feed.is_none();
        }
        (ids, changed)
    }

    pub(crate) fn drain<K: NetKey>(&mut self, table: &Table<K>, nets_max: usize) -> Option<Exported<K>> {
        let (ids, changed) = self.next_ids(table.id_end(), nets_max);
        if ids.is_empty() {
            return None;
        }
        let trace = self.trace.clone();
        let before: Option<Vec<(u32, bool)>> =
            trace.is_some().then(|| ids.iter().map(|id| (*id, self.sent.contains(*id))).collect());
        let exported = match &self.kind {
            ExporterKind::Bgp(export) => {
                let export = Arc::clone(export);
                let kept = self.kept.take();
                let updates = match self.paths.take() {
                    paths if kept.is_some() => self.drain_kept(table, &export, paths, kept, &ids, changed),
                    Some(sent) => self.drain_paths(table, &export, sent, &ids, changed),
                    None if self.secondary => self.drain_secondary(table, &export, &ids),
                    None => self.drain_bgp(table, &export, &ids),
                };
                (!updates.is_empty()).then_some(Exported::Updates(updates))
            }
            ExporterKind::Kernel { merge_paths } => {
                let merges = merge_paths.is_some();
                let routes = self.drain_routes(table, &ids, merges);
                (!routes.is_empty()).then_some(Exported::Routes(routes))
            }
        };
        if let (Some(trace), Some(before)) = (&trace, &before) {
            self.tell(trace, table, before);
        }
        let counts = !self.sends_every_path();
        for (place, id) in ids.into_iter().enumerate() {
            if table.best_ids(id).is_none() {
                // As BIRD counts: what left the table, whether it had been sent or not.
                self.counters.withdraws.received += u64::from(counts && place < changed);
                self.processed.push(id);
            }
        }
        exported
    }
}

/// A change that goes out: sorted so that nets with one attribute set stand together.
struct Candidate {
    attrs: AttrId,
    source: SourceId,
    id: u32,
}
