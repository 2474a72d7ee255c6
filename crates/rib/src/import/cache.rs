//! Attribute blocks that a session has seen lately, by their raw bytes: those are not read again.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::attrs::HashedAttributes;

/// Places for blocks at first: most neighbors of a node have few routes.
const SLOTS_MIN: usize = 8;
/// Places when a neighbor has shown that it has many.
const SLOTS_MAX: usize = 512;

#[derive(Debug)]
struct Cached {
    raw: Box<[u8]>,
    set: Option<HashedAttributes>,
}

/// The blocks, each in the one place its hash says.
#[derive(Debug)]
pub(super) struct BlockCache {
    hasher: FixedState,
    slots: Vec<Option<Cached>>,
    /// Blocks put in so far, up to where there are as many places as there will be.
    stored: usize,
}

impl BlockCache {
    pub(super) fn new(seed: u64) -> Self {
        Self { hasher: FixedState::with_seed(seed), slots: places(SLOTS_MIN), stored: 0 }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots.iter_mut().for_each(|slot| *slot = None);
    }

    /// What became of a block the last time; `Some(None)`: its routes were withdrawn.
    pub(super) fn get(&self, raw: &[u8]) -> Option<Option<HashedAttributes>> {
        let cached = self.slots.get(self.slot(raw))?.as_ref()?;
        (*cached.raw == *raw).then(|| cached.set.clone())
    }

    /// Remembers what became of a block.
    pub(super) fn put(&mut self, raw: &[u8], set: Option<HashedAttributes>) {
        if self.slots.len() < SLOTS_MAX {
            self.stored += 1;
            if self.stored > 2 * SLOTS_MIN {
                self.slots = places(SLOTS_MAX);
            }
        }
        let slot = self.slot(raw);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(Cached { raw: raw.into(), set });
        }
    }

    fn slot(&self, raw: &[u8]) -> usize {
        self.hasher.hash_one(raw) as usize % self.slots.len().max(1)
    }
}

fn places(count: usize) -> Vec<Option<Cached>> {
    std::iter::repeat_with(|| None).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_with_what_a_neighbor_has_to_say() {
        let mut cache = BlockCache::new(7);
        for n in 0..100u32 {
            cache.put(&n.to_be_bytes(), None);
            assert!(cache.get(&n.to_be_bytes()).is_some());
        }
        assert_eq!(cache.slots.len(), SLOTS_MAX);
        let kept = (0..100u32).filter(|n| cache.get(&n.to_be_bytes()).is_some()).count();
        assert!(kept > 50, "{kept}");
        cache.clear();
        assert!(cache.get(&99u32.to_be_bytes()).is_none());
    }
}
