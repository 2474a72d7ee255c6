//! Paths of a neighbor that stays away for long (RFC 9494 §4.2): they are marked, by which they lose to any other, and
//! those that are not to stay so go.

use std::sync::Arc;

use godwit_wire::well_known::{LLGR_STALE, NO_LLGR};

use crate::attrs::HashedAttributes;
use crate::key::NetKey;
use crate::source::SourceId;

use super::Table;

/// Stale paths of a source that are to be marked, from net `cursor` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marking {
    pub(super) source: SourceId,
    seed: u64,
    cursor: u32,
}

impl<K: NetKey> Table<K> {
    /// Begins to mark those paths of a source that are stale with LLGR_STALE, and to remove those that say NO_LLGR.
    /// `seed` is that of [`HashedAttributes::new`].
    pub fn make_long_lived(&mut self, source: SourceId, seed: u64) {
        self.jobs.markings.push(Marking { source, seed, cursor: 0 });
    }

    pub(super) fn marking_slice(&mut self, marking: Marking, budget: u32) {
        let Marking { source, seed, cursor } = marking;
        let Some(present) = self.slot(source).map(|slot| slot.generation) else { return };
        let end = cursor.saturating_add(budget).min(self.nets.len() as u32);
        for id in cursor..end {
            let paths = &self.nets[id as usize].paths;
            let stale: Vec<_> =
                paths.iter().filter(|p| self.is_stale(p, source, present)).map(|p| p.source).collect();
            for path_source in stale {
                self.mark_path(id, path_source, seed);
            }
        }
        if end < self.nets.len() as u32 {
            self.jobs.markings.push(Marking { cursor: end, ..marking });
        }
    }

    fn mark_path(&mut self, id: u32, source: SourceId, seed: u64) {
        let paths = &self.nets[id as usize].paths;
        let Some(position) = paths.iter().position(|p| p.source == source) else { return };
        let attributes = self.attrs.get(paths[position].attrs);
        let communities = &attributes.bgp.communities;
        if communities.contains(&NO_LLGR) {
            self.remove_path(id, source);
            return;
        }
        if communities.contains(&LLGR_STALE) {
            return;
        }
        let mut marked = (**attributes).clone();
        marked.bgp.communities = communities.iter().copied().chain([LLGR_STALE]).collect();
        let attrs = self.acquire(&HashedAttributes::new(Arc::new(marked), seed));
        let old = std::mem::replace(&mut self.nets[id as usize].paths[position].attrs, attrs);
        self.path_changed(id, source);
        self.worsened(id, position);
        self.release(old);
    }
}
