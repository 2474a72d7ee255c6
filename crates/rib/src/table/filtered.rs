//! `import keep filtered`: what import filters refused, kept to be looked at.
//!
//! These paths are beside the table, not in it: no reader of the table sees them, so that they are never the best, never
//! exported, and nothing resolves through them. Without any they take no room and no time.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::attrs::AttrId;
use crate::key::NetKey;
use crate::source::SourceId;

use super::paths::PATHS_PER_NET_MAX;
use super::stale::Since;
use super::view::PathView;
use super::{Net, Path, Table};

/// Nets with their kept paths, the last to come first as BIRD has them.
#[derive(Debug)]
pub(super) struct Filtered<K> {
    nets: Vec<Net<K>>,
    index: HashTable<u32>,
    free: Vec<u32>,
}

impl<K> Default for Filtered<K> {
    fn default() -> Self {
        Self { nets: Vec::new(), index: HashTable::new(), free: Vec::new() }
    }
}

impl<K: NetKey> Filtered<K> {
    fn find(&self, hasher: &FixedState, key: K) -> Option<u32> {
        let is_it = |id: &u32| self.nets.get(*id as usize).is_some_and(|net| net.key == key);
        self.index.find(hasher.hash_one(key), is_it).copied()
    }

    fn paths(&self, id: u32) -> &[Path] {
        self.nets.get(id as usize).map_or(&[], |net| &net.paths)
    }

    fn paths_mut(&mut self, hasher: &FixedState, key: K) -> Option<&mut SmallVec<[Path; 1]>> {
        let id = self.find(hasher, key)?;
        self.nets.get_mut(id as usize).map(|net| &mut net.paths)
    }

    fn push(&mut self, hasher: &FixedState, key: K, path: Path) {
        if let Some(paths) = self.paths_mut(hasher, key) {
            paths.insert(0, path);
            return;
        }
        let net = Net { key, paths: SmallVec::from_elem(path, 1) };
        let free = self.free.pop();
        let id = match free.and_then(|id| Some((id, self.nets.get_mut(id as usize)?))) {
            Some((id, place)) => {
                *place = net;
                id
            }
            None => {
                self.nets.push(net);
                (self.nets.len() - 1) as u32
            }
        };
        let nets = &self.nets;
        let hash = |id: &u32| nets.get(*id as usize).map_or(0, |net| hasher.hash_one(net.key));
        self.index.insert_unique(hasher.hash_one(key), id, hash);
    }

    fn remove(&mut self, hasher: &FixedState, key: K, source: SourceId) -> Option<Path> {
        let paths = self.paths_mut(hasher, key)?;
        let position = paths.iter().position(|path| path.source == source)?;
        let old = paths.remove(position);
        if paths.is_empty() {
            let nets = &self.nets;
            let is_it = |id: &u32| nets.get(*id as usize).is_some_and(|net| net.key == key);
            if let Ok(entry) = self.index.find_entry(hasher.hash_one(key), is_it) {
                self.free.push(entry.remove().0);
            }
        }
        Some(old)
    }

    /// Octets of it.
    pub(super) fn memory(&self) -> usize {
        self.nets.capacity() * size_of::<Net<K>>() + self.index.allocation_size() + self.free.capacity() * 4
    }
}

/// What became of a path that is to be kept.
pub(super) enum Keep {
    /// There was none in the table, and none like it here.
    New,
    /// It has replaced one in the table.
    Replaced,
    /// It was here already.
    Same,
    /// It is past `receive limit`.
    Limited,
    /// The net has too many from this neighbor.
    Crowded,
}

impl<K: NetKey> Table<K> {
    /// Sets whether a source's paths that are past `import limit` are kept like those a filter refuses.
    pub fn set_keep_filtered(&mut self, id: SourceId, keeps: bool) {
        if let Some(slot) = self.slot_mut(id) {
            slot.keeps_filtered = keeps;
        }
    }

    /// How many paths of a source are kept though they were refused.
    pub fn filtered_count(&self, id: SourceId) -> u64 {
        self.slot(id).map_or(0, |slot| slot.filtered)
    }

    /// The nets of which something is kept, from an id on, with the ids to go on from.
    pub fn filtered_from(&self, cursor: u32) -> impl Iterator<Item = (u32, K)> {
        let nets = self.filtered.as_ref().map_or(&[][..], |filtered| &filtered.nets);
        let nets = nets.iter().enumerate().skip(cursor as usize).filter(|(_, net)| !net.paths.is_empty());
        nets.map(|(id, net)| (id as u32, net.key))
    }

    /// What is kept of a net. As BIRD has it the first is the best, if nothing of the net is in the table.
    pub fn filtered_paths(&self, key: K) -> impl Iterator<Item = PathView<'_>> {
        let id = self.filtered.as_ref().and_then(|filtered| filtered.find(&self.hasher, key));
        let alone = id.is_some() && self.net(key).is_none();
        let paths = id.map_or(&[][..], |id| self.kept_at(id)).iter().enumerate();
        paths.filter_map(move |(i, path)| self.path_view(path, alone && i == 0))
    }

    fn kept_at(&self, id: u32) -> &[Path] {
        self.filtered.as_ref().map_or(&[], |filtered| filtered.paths(id))
    }

    pub(super) fn is_kept(&self, key: K, source: SourceId) -> bool {
        let id = self.filtered.as_ref().and_then(|filtered| filtered.find(&self.hasher, key));
        id.is_some_and(|id| self.kept_at(id).iter().any(|path| path.source == source))
    }

    /// Keeps a path that a filter refused, in place of what its source has announced before.
    pub(super) fn keep(
        &mut self,
        key: K,
        source: SourceId,
        path_id: Option<u32>,
        attrs: AttrId,
        now: u64,
    ) -> Keep {
        let sub = match path_id {
            None => source,
            Some(path_id) => match self.acquire_sub(source, path_id) {
                Some(sub) => sub,
                None => return Keep::Crowded,
            },
        };
        let keep = self.keep_in_place(key, sub, attrs, now);
        if path_id.is_some() {
            self.release_sub(sub);
        }
        keep
    }

    fn keep_in_place(&mut self, key: K, source: SourceId, attrs: AttrId, now: u64) -> Keep {
        let id = self.find(key);
        let has_path = |id: u32| self.nets[id as usize].paths.iter().any(|path| path.source == source);
        let there = id.filter(|id| has_path(*id));
        if there.is_none() && !self.is_kept(key, source) {
            if self.is_crowded_here(key, source) {
                return Keep::Crowded;
            }
            let slot = self.slot_mut(source);
            if slot.is_some_and(|slot| !slot.receive.admits(slot.imported + slot.filtered)) {
                return Keep::Limited;
            }
        }
        let same = !self.keep_path(key, source, attrs, now);
        match there {
            // After it was put here: there are no fewer in between.
            Some(id) => {
                self.remove_path(id, source);
                Keep::Replaced
            }
            None if same => Keep::Same,
            None => Keep::New,
        }
    }

    /// Whether so many paths of a net are kept of one neighbor as may be.
    pub(super) fn is_crowded_here(&self, key: K, source: SourceId) -> bool {
        let id = self.filtered.as_ref().and_then(|filtered| filtered.find(&self.hasher, key));
        let paths = id.map_or(&[][..], |id| self.kept_at(id));
        let parent = self.main_source(source);
        let of_neighbor = |path: &&Path| self.main_source(path.source) == parent;
        paths.len() >= PATHS_PER_NET_MAX && paths.iter().filter(of_neighbor).count() >= PATHS_PER_NET_MAX
    }

    /// Puts a path here; `false` if it is here already.
    pub(super) fn keep_path(&mut self, key: K, source: SourceId, attrs: AttrId, now: u64) -> bool {
        let generation = self.slot(source).map_or(0, |slot| slot.generation);
        let path = Path { source, attrs, since: Since::new(now, generation) };
        let filtered = self.filtered.get_or_insert_default();
        let old = filtered.paths_mut(&self.hasher, key);
        let position = |paths: &[Path]| paths.iter().position(|old| old.source == source);
        if let Some((paths, i)) = old.and_then(|paths| position(paths).map(|i| (paths, i)))
            && let Some(old) = paths.get_mut(i)
        {
            if old.attrs == attrs {
                old.since = old.since.refreshed(generation);
                return false;
            }
            let old = std::mem::replace(old, path).attrs;
            if let Some(until) = paths.get_mut(..=i) {
                until.rotate_right(1);
            }
            self.attrs.retain(attrs, 1);
            self.release(old);
            return true;
        }
        filtered.push(&self.hasher, key, path);
        self.attrs.retain(attrs, 1);
        self.retain_sub(source);
        if let Some(slot) = self.slot_mut(source) {
            slot.filtered += 1;
        }
        true
    }

    /// Forgets a path that was kept.
    pub(super) fn unkeep(&mut self, key: K, source: SourceId) {
        let Some(filtered) = &mut self.filtered else { return };
        let Some(old) = filtered.remove(&self.hasher, key, source) else { return };
        if filtered.index.is_empty() {
            self.filtered = None;
        }
        if let Some(slot) = self.slot_mut(source) {
            slot.filtered -= 1;
            slot.receive.has_fallen_to(slot.imported + slot.filtered);
        }
        self.release(old.attrs);
        self.release_sub(source);
    }
}

/// Places: the nets of the table by their ids, then those here. A job that goes from place to place meets each path that
/// was there when it began: nets that come meanwhile only have it look at some of those here twice.
impl<K: NetKey> Table<K> {
    pub(super) fn places_end(&self) -> u32 {
        let kept = self.filtered.as_ref().map_or(0, |filtered| filtered.nets.len());
        (self.nets.len() + kept) as u32
    }

    fn is_net(&self, place: u32) -> bool {
        (place as usize) < self.nets.len()
    }

    fn paths_at(&self, place: u32) -> &[Path] {
        match self.nets.get(place as usize) {
            Some(net) => &net.paths,
            None => self.kept_at(place - self.nets.len() as u32),
        }
    }

    /// Removes a path that is at a place.
    fn remove_at(&mut self, place: u32, source: SourceId) {
        if self.is_net(place) {
            self.remove_path(place, source);
            return;
        }
        let id = place as usize - self.nets.len();
        let key = self.filtered.as_ref().and_then(|filtered| filtered.nets.get(id)).map(|net| net.key);
        if let Some(key) = key {
            self.unkeep(key, source);
        }
    }

    /// Removes the paths at a place that are to go. There may be several of one source, one for each path identifier.
    pub(super) fn remove_where(&mut self, place: u32, goes: impl Fn(&Self, &Path) -> bool) {
        while let Some(path) = self.paths_at(place).iter().find(|path| goes(self, path)) {
            let source = path.source;
            self.remove_at(place, source);
        }
    }
}
