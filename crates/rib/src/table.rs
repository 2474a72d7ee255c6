//! A routing table: nets, their paths, the best of them, and who has to hear of a change.

mod apply;
mod batch;
mod circles;
mod filtered;
mod jobs;
mod limits;
mod long_lived;
mod lookup;
mod paths;
mod select;
mod sent;
mod stale;
mod view;
mod watch;

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::attrs::{AttrId, AttrStore, HashedAttributes};
use crate::best::Candidate;
use crate::counters::ImportCounters;
use crate::export::{Exported, Exporter, ExporterId};
use crate::key::NetKey;
use crate::limit::{Bound, SourceLimit};
use crate::nexthop::NextHopTracker;
use crate::source::{SourceId, SourceInfo};
use crate::trace::Trace;

use stale::Since;

pub use batch::{Change, RouteBatch};
pub use paths::PATHS_PER_NET_MAX;
pub use view::{NetView, PathView};

/// One path of a net. Sixteen octets: a million of them are in memory at once.
#[derive(Clone, Copy, Debug)]
struct Path {
    source: SourceId,
    attrs: AttrId,
    /// When it came, and whether it is stale.
    since: Since,
}

/// A net with its paths, the best one first. A net with one path allocates nothing of its own.
#[derive(Debug)]
struct Net<K> {
    key: K,
    paths: SmallVec<[Path; 1]>,
}

#[derive(Debug)]
struct SourceSlot {
    info: SourceInfo,
    imported: u64,
    /// Those it has in [`Table::filtered`].
    filtered: u64,
    /// Those that are too many to be imported go there, too.
    keeps_filtered: bool,
    preferred: u64,
    counters: ImportCounters,
    receive: Bound,
    import: Bound,
    /// Paths that were ignored because their nets had too many from it.
    crowded: u64,
    trace: Option<Trace>,
    /// Paths of another one are stale.
    generation: u16,
}

/// A routing table of one family. It is owned by one task; everything it has to say to others is
/// taken out of it by [`Table::export`].
#[derive(Debug)]
pub struct Table<K: NetKey> {
    nets: Vec<Net<K>>,
    index: HashTable<u32>,
    hasher: FixedState,
    free: Vec<u32>,
    /// What filters refused and is kept; nothing if there is no such path.
    filtered: Option<Box<filtered::Filtered<K>>>,
    /// How many nets there are of each prefix length, so that longest match skips empty ones.
    lengths: Box<[u32; 129]>,
    attrs: AttrStore,
    next_hops: NextHopTracker,
    sources: Vec<Option<SourceSlot>>,
    subs: paths::SubSources,
    exporters: Vec<Option<Exporter>>,
    /// The exporters that have to hear of every path.
    watchers: Vec<ExporterId>,
    jobs: jobs::Jobs,
    /// Sources with `deterministic med`.
    deterministic: usize,
    /// Lines about routes of sources that are traced.
    traces: Vec<String>,
    warnings: Vec<String>,
    remarks: Vec<String>,
    /// Paths in the table.
    paths: u64,
    /// Nets with a path. The others wait for a reader to say that they are gone.
    live: u64,
}

impl<K: NetKey> Table<K> {
    /// An empty table. `seed` keeps peers from choosing colliding prefixes.
    pub fn new(seed: u64) -> Self {
        Self {
            nets: Vec::new(),
            index: HashTable::new(),
            hasher: FixedState::with_seed(seed),
            free: Vec::new(),
            filtered: None,
            lengths: Box::new([0; 129]),
            attrs: AttrStore::default(),
            next_hops: NextHopTracker::default(),
            sources: Vec::new(),
            subs: paths::SubSources::default(),
            exporters: Vec::new(),
            watchers: Vec::new(),
            jobs: jobs::Jobs::default(),
            deterministic: 0,
            traces: Vec::new(),
            warnings: Vec::new(),
            remarks: Vec::new(),
            paths: 0,
            live: 0,
        }
    }

    /// Registers a source of paths. An id is used again only after [`Table::flush_source`] has
    /// removed all its paths.
    pub fn add_source(&mut self, info: SourceInfo, limit: Option<SourceLimit>) -> SourceId {
        self.deterministic += usize::from(info.has_deterministic_med());
        let slot = SourceSlot {
            info,
            imported: 0,
            filtered: 0,
            keeps_filtered: false,
            preferred: 0,
            counters: ImportCounters::default(),
            receive: Bound::default(),
            import: Bound::new(limit),
            crowded: 0,
            trace: None,
            generation: 0,
        };
        match self.sources.iter().position(Option::is_none) {
            Some(i) => {
                self.sources[i] = Some(slot);
                SourceId(i as u32)
            }
            None => {
                self.sources.push(Some(slot));
                SourceId((self.sources.len() - 1) as u32)
            }
        }
    }

    /// What is known of a source.
    pub fn source(&self, id: SourceId) -> Option<&SourceInfo> {
        self.slot(id).map(|s| &s.info)
    }

    /// A source's paths in the table, those of them that are best, and its counters.
    pub fn source_counters(&self, id: SourceId) -> (u64, u64, ImportCounters) {
        self.slot(id).map_or_else(Default::default, |s| (s.imported, s.preferred, s.counters))
    }

    /// What is told of a source's routes from now on.
    pub fn set_source_trace(&mut self, id: SourceId, trace: Option<Trace>) {
        if let Some(slot) = self.slot_mut(id) {
            slot.trace = trace;
        }
    }

    /// Lines about routes of sources that are traced, since last asked.
    pub fn take_traces(&mut self) -> Vec<String> {
        std::mem::take(&mut self.traces)
    }

    fn slot(&self, id: SourceId) -> Option<&SourceSlot> {
        self.sources.get(self.main_source(id).0 as usize)?.as_ref()
    }

    fn slot_mut(&mut self, id: SourceId) -> Option<&mut SourceSlot> {
        let id = self.main_source(id);
        self.sources.get_mut(id.0 as usize)?.as_mut()
    }

    /// Adds an exporter; it is fed the whole table by the following [`Table::export`] calls.
    pub fn add_exporter(&mut self, exporter: Exporter) -> ExporterId {
        let every_path = exporter.hears_of_every_path();
        let index = self.exporters.iter().position(Option::is_none).unwrap_or(self.exporters.len());
        if index == self.exporters.len() {
            self.exporters.push(None);
        }
        self.exporters[index] = Some(exporter);
        let id = ExporterId(index as u32);
        self.watchers.extend(every_path.then_some(id));
        id
    }

    /// Removes an exporter; what it had sent is forgotten.
    pub fn remove_exporter(&mut self, id: ExporterId) {
        let Some(exporter) = self.exporters.get_mut(id.0 as usize).and_then(Option::take) else { return };
        drop(exporter);
        self.watchers.retain(|watcher| *watcher != id);
        // Nets without paths may have waited for this exporter alone.
        self.jobs.collect_from(0);
    }

    /// An exporter's state.
    pub fn exporter(&self, id: ExporterId) -> Option<&Exporter> {
        self.exporters.get(id.0 as usize)?.as_ref()
    }

    /// An exporter's state, to change its policy or counters.
    pub fn exporter_mut(&mut self, id: ExporterId) -> Option<&mut Exporter> {
        self.exporters.get_mut(id.0 as usize)?.as_mut()
    }

    /// Takes the next changes out of the table for one exporter: at most about `nets_max` nets.
    /// `None` when it has nothing to say.
    pub fn export(&mut self, id: ExporterId, nets_max: usize) -> Option<Exported<K>> {
        let mut exporter = self.exporters.get_mut(id.0 as usize).and_then(Option::take)?;
        let exported = exporter.drain(self, nets_max);
        let done = exporter.take_processed();
        self.exporters[id.0 as usize] = Some(exporter);
        for net in done {
            self.try_free(net);
        }
        exported
    }

    /// Whether an exporter has changes to send.
    pub fn has_export(&self, id: ExporterId) -> bool {
        self.exporter(id).is_some_and(|e| e.has_work(self.nets.len() as u32))
    }

    /// Nets with at least one path.
    pub fn net_count(&self) -> u64 {
        self.live
    }

    /// Paths.
    pub fn path_count(&self) -> u64 {
        self.paths
    }

    /// The attribute sets.
    pub fn attrs(&self) -> &AttrStore {
        &self.attrs
    }

    /// Octets of nets and paths, and of attribute sets.
    pub fn memory(&self) -> (usize, usize) {
        let nets = self.nets.capacity() * size_of::<Net<K>>() + self.index.allocation_size();
        let exporters: usize = self.exporters.iter().flatten().map(Exporter::memory).sum();
        let filtered = self.filtered.as_ref().map_or(0, |filtered| filtered.memory());
        (nets + filtered + self.subs.memory() + exporters, self.attrs.memory())
    }

    fn hash(&self, key: K) -> u64 {
        self.hasher.hash_one(key)
    }

    fn find(&self, key: K) -> Option<u32> {
        let nets = &self.nets;
        self.index.find(self.hash(key), |id| nets[*id as usize].key == key).copied()
    }

    fn find_or_insert(&mut self, key: K) -> u32 {
        let hash = self.hash(key);
        let nets = &self.nets;
        if let Some(&id) = self.index.find(hash, |id| nets[*id as usize].key == key) {
            return id;
        }
        let id = match self.free.pop() {
            Some(id) => {
                self.nets[id as usize].key = key;
                id
            }
            None => {
                self.nets.push(Net { key, paths: SmallVec::new() });
                (self.nets.len() - 1) as u32
            }
        };
        self.lengths[usize::from(key.len())] += 1;
        let (nets, hasher) = (&self.nets, &self.hasher);
        self.index.insert_unique(hash, id, |id| hasher.hash_one(nets[*id as usize].key));
        id
    }

    /// Forgets a net that has no path and that no exporter still has to speak of.
    fn try_free(&mut self, id: u32) {
        let Some(net) = self.nets.get(id as usize) else { return };
        if !net.paths.is_empty() || self.exporters.iter().flatten().any(|e| e.remembers(id)) {
            return;
        }
        let key = net.key;
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one(key), |other| *other == id) {
            entry.remove();
            self.lengths[usize::from(key.len())] -= 1;
            self.free.push(id);
        }
    }

    fn mark_changed(&mut self, id: u32) {
        for exporter in self.exporters.iter_mut().flatten() {
            exporter.mark(id);
        }
    }

    fn candidate(&self, path: &Path) -> Option<Candidate<'_>> {
        Some(Candidate {
            attributes: self.attrs.get(path.attrs),
            source: &self.slot(path.source)?.info,
            resolution: self.next_hops.resolution(self.attrs.next_hop(path.attrs)),
        })
    }

    fn acquire(&mut self, set: &HashedAttributes) -> AttrId {
        let next_hops = &mut self.next_hops;
        let mut fresh = None;
        let id = self.attrs.acquire(set, |attributes| {
            let Some(hop) = attributes.destination.recursion() else { return crate::attrs::NO_NEXT_HOP };
            let bits = if hop.table == 0 { K::address_bits(hop.address) } else { None };
            let (id, new) = next_hops.acquire(hop, bits);
            fresh = new.then_some(id);
            id
        });
        if let Some(next_hop) = fresh {
            self.jobs.circles.forget(next_hop);
            let resolution = self.resolve(next_hop);
            self.next_hops.resolve(next_hop, resolution);
        }
        id
    }

    fn release(&mut self, id: AttrId) {
        if let Some(next_hop) = self.attrs.release(id) {
            self.next_hops.release(next_hop);
        }
    }
}
