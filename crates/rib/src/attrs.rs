//! Interned attribute sets: each distinct set is in memory once per table, whoever announced it.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use godwit_filter::RouteAttributes;
use hashbrown::HashTable;

/// An attribute set in an [`AttrStore`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AttrId(pub u32);

/// Attributes with their hash, computed by whoever made them, so that the table's owner does not
/// have to. All parts of one process use one seed.
#[derive(Clone, Debug)]
pub struct HashedAttributes {
    attributes: Arc<RouteAttributes>,
    hash: u64,
}

impl HashedAttributes {
    /// Hashes `attributes` with the process's `seed`, which peers must not know.
    pub fn new(attributes: Arc<RouteAttributes>, seed: u64) -> Self {
        let hash = FixedState::with_seed(seed).hash_one(&*attributes);
        Self { attributes, hash }
    }

    /// The attributes.
    pub fn attributes(&self) -> &Arc<RouteAttributes> {
        &self.attributes
    }
}

#[derive(Debug)]
struct Entry {
    /// `None` while the slot is free.
    attributes: Option<Arc<RouteAttributes>>,
    hash: u64,
    refs: u32,
    /// The next hop the set resolves through, or `NO_NEXT_HOP`.
    next_hop: u32,
}

/// No next hop to resolve.
pub(crate) const NO_NEXT_HOP: u32 = u32::MAX;

/// The attribute sets of a table, counted by the paths that use them.
#[derive(Debug, Default)]
pub struct AttrStore {
    entries: Vec<Entry>,
    index: HashTable<u32>,
    free: Vec<u32>,
}

impl AttrStore {
    /// The id of an equal set, put in if it is new, with one more reference. `next_hop` is asked
    /// for the resolution of a new set.
    pub(crate) fn acquire(
        &mut self,
        set: &HashedAttributes,
        next_hop: impl FnOnce(&RouteAttributes) -> u32,
    ) -> AttrId {
        let found = self.index.find(set.hash, |id| {
            self.entries.get(*id as usize).is_some_and(|e| {
                e.hash == set.hash
                    && e.attributes
                        .as_ref()
                        .is_some_and(|a| Arc::ptr_eq(a, &set.attributes) || **a == *set.attributes)
            })
        });
        if let Some(&id) = found {
            self.retain(AttrId(id), 1);
            return AttrId(id);
        }
        let entry = Entry {
            attributes: Some(set.attributes.clone()),
            hash: set.hash,
            refs: 1,
            next_hop: next_hop(&set.attributes),
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        let entries = &self.entries;
        self.index.insert_unique(set.hash, id, |id| entries[*id as usize].hash);
        AttrId(id)
    }

    /// Adds references to a set already held.
    pub(crate) fn retain(&mut self, id: AttrId, count: u32) {
        if let Some(entry) = self.entries.get_mut(id.0 as usize) {
            entry.refs += count;
        }
    }

    /// Gives one reference back. The next hop is returned when that was the last.
    pub(crate) fn release(&mut self, id: AttrId) -> Option<u32> {
        let entry = self.entries.get_mut(id.0 as usize)?;
        entry.refs -= 1;
        if entry.refs > 0 {
            return None;
        }
        let (hash, next_hop) = (entry.hash, entry.next_hop);
        entry.attributes = None;
        if let Ok(found) = self.index.find_entry(hash, |other| *other == id.0) {
            found.remove();
        }
        self.free.push(id.0);
        Some(next_hop)
    }

    /// The set with this id.
    ///
    /// # Panics
    /// If the id is not held by any path: a reference was miscounted.
    pub fn get(&self, id: AttrId) -> &Arc<RouteAttributes> {
        self.entries[id.0 as usize].attributes.as_ref().expect("an id in use has its set")
    }

    pub(crate) fn next_hop(&self, id: AttrId) -> u32 {
        self.entries.get(id.0 as usize).map_or(NO_NEXT_HOP, |e| e.next_hop)
    }

    /// Distinct sets held.
    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Whether no set is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Octets of the store's own structures and, roughly, of the sets.
    pub fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.index.allocation_size()
            + self.len() * (size_of::<RouteAttributes>() + 64)
    }
}
