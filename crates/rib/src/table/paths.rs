//! Several paths of a net from one source (ADD-PATH, RFC 7911): each path identifier a source uses
//! is a *sub-source* of its own, so that a net still has at most one path from each.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::export::ExporterId;
use crate::key::NetKey;
use crate::source::SourceId;

use super::{Path, Table};

/// Paths a source may have for one net. Those beyond are ignored: a neighbor must not decide how
/// long everyone looks for the best of them.
pub const PATHS_PER_NET_MAX: usize = 64;

/// Marks the id of a sub-source. Ids of sources proper are below.
const SUB: u32 = 1 << 30;

/// A source and the path identifier it uses.
#[derive(Debug)]
struct Sub {
    parent: SourceId,
    path_id: u32,
    /// Paths that have it as their source.
    refs: u32,
}

/// The sub-sources of a table, counted by the paths that use them. Some neighbors use an identifier
/// for one net only: there can be as many as paths.
#[derive(Debug, Default)]
pub(super) struct SubSources {
    subs: Vec<Sub>,
    index: HashTable<u32>,
    free: Vec<u32>,
}

impl SubSources {
    fn get(&self, id: SourceId) -> Option<&Sub> {
        if id.0 & SUB == 0 { None } else { self.subs.get((id.0 & !SUB) as usize) }
    }

    fn find(&self, hash: u64, parent: SourceId, path_id: u32) -> Option<u32> {
        let same = |sub: &Sub| sub.parent == parent && sub.path_id == path_id;
        self.index.find(hash, |index| self.subs.get(*index as usize).is_some_and(same)).copied()
    }

    fn insert(&mut self, hasher: &FixedState, sub: Sub) -> Option<u32> {
        let hash = hasher.hash_one((sub.parent, sub.path_id));
        let index = match self.free.pop() {
            Some(index) => {
                *self.subs.get_mut(index as usize)? = sub;
                index
            }
            // Every id plus one is a path identifier of ours below the marks of `SentPaths`.
            None if self.subs.len() >= SUB as usize - 4 => return None,
            None => {
                self.subs.push(sub);
                (self.subs.len() - 1) as u32
            }
        };
        let subs = &self.subs;
        self.index.insert_unique(hash, index, |index| {
            subs.get(*index as usize).map_or(0, |s| hasher.hash_one((s.parent, s.path_id)))
        });
        Some(index)
    }

    fn release(&mut self, hasher: &FixedState, id: SourceId) {
        let index = id.0 & !SUB;
        let Some(sub) = self.subs.get_mut(index as usize) else { return };
        sub.refs -= 1;
        if sub.refs > 0 {
            return;
        }
        let hash = hasher.hash_one((sub.parent, sub.path_id));
        if let Ok(entry) = self.index.find_entry(hash, |other| *other == index) {
            entry.remove();
            self.free.push(index);
        }
    }

    /// Octets of it.
    pub(super) fn memory(&self) -> usize {
        self.subs.capacity() * size_of::<Sub>() + self.index.allocation_size() + self.free.capacity() * 4
    }
}

impl<K: NetKey> Table<K> {
    /// The source proper behind a path's source.
    pub(crate) fn main_source(&self, id: SourceId) -> SourceId {
        if id.0 & SUB == 0 { id } else { self.subs.get(id).map_or(id, |sub| sub.parent) }
    }

    /// The path identifier a neighbor uses for a path of this source, if it uses any.
    pub(super) fn path_id(&self, id: SourceId) -> Option<u32> {
        self.subs.get(id).map(|sub| sub.path_id)
    }

    /// The sub-source of a path identifier, with one more reference. `None`: there are too many.
    pub(super) fn acquire_sub(&mut self, parent: SourceId, path_id: u32) -> Option<SourceId> {
        let hash = self.hasher.hash_one((parent, path_id));
        let index = match self.subs.find(hash, parent, path_id) {
            Some(index) => index,
            None => self.subs.insert(&self.hasher, Sub { parent, path_id, refs: 0 })?,
        };
        let id = SourceId(index | SUB);
        self.retain_sub(id);
        Some(id)
    }

    /// The sub-source of a path identifier, if some path has it.
    pub(super) fn find_sub(&self, parent: SourceId, path_id: u32) -> Option<SourceId> {
        let hash = self.hasher.hash_one((parent, path_id));
        self.subs.find(hash, parent, path_id).map(|index| SourceId(index | SUB))
    }

    /// Counts a path of a source; only those of sub-sources are counted here.
    pub(super) fn retain_sub(&mut self, id: SourceId) {
        if id.0 & SUB != 0
            && let Some(sub) = self.subs.subs.get_mut((id.0 & !SUB) as usize)
        {
            sub.refs += 1;
        }
    }

    /// A path of a source less. A sub-source is forgotten with its last.
    pub(super) fn release_sub(&mut self, id: SourceId) {
        if id.0 & SUB != 0 {
            self.subs.release(&self.hasher, id);
        }
    }

    /// Whether a net has as many paths from one neighbor as it may have. Stale ones do not count: a
    /// neighbor that comes back may have other identifiers.
    pub(super) fn is_crowded(&self, net: u32, source: SourceId) -> bool {
        let paths = &self.nets[net as usize].paths;
        if source.0 & SUB == 0 || paths.len() < PATHS_PER_NET_MAX {
            return false;
        }
        let parent = self.main_source(source);
        let generation = self.slot(parent).map_or(0, |slot| slot.generation);
        let counts =
            |p: &&Path| self.main_source(p.source) == parent && !self.is_stale(p, parent, generation);
        paths.iter().filter(counts).count() >= PATHS_PER_NET_MAX
    }

    /// Counts a path that was ignored since its net is crowded; the first of a source is worth a line.
    pub(super) fn note_crowded(&mut self, key: K, source: SourceId) {
        let Some(slot) = self.slot_mut(source) else { return };
        slot.crowded += 1;
        if slot.crowded == 1 {
            let line = format!(
                "{}: more than {PATHS_PER_NET_MAX} paths of {}: the others are ignored, here and in other nets",
                slot.info.protocol,
                key.to_net()
            );
            self.warnings.push(line);
        }
    }

    /// Paths of a source that were ignored, because their nets had [`PATHS_PER_NET_MAX`] from it.
    pub fn crowded_out(&self, source: SourceId) -> u64 {
        self.slot(source).map_or(0, |slot| slot.crowded)
    }

    /// Lines for the log at the class for a neighbor's faults, since last asked.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Whether someone sends every path.
    pub(super) fn has_watchers(&self) -> bool {
        !self.watchers.is_empty()
    }

    /// Tells those who send every path that this one is new, changed or gone.
    pub(super) fn path_changed(&mut self, net: u32, source: SourceId) {
        self.open_circles_of(net);
        for ExporterId(watcher) in &self.watchers {
            if let Some(Some(exporter)) = self.exporters.get_mut(*watcher as usize) {
                exporter.mark_path(net, source);
            }
        }
    }
}
