//! `import table`: what a neighbor has announced, as it was before the import filter.

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

use crate::attrs::HashedAttributes;

/// Routes by net and path identifier (RFC 7911). Nothing is kept unless it is on.
#[derive(Debug)]
pub(super) struct Kept<K> {
    is_on: bool,
    /// Routes came before it was on, or are not as they would come now.
    is_outdated: bool,
    routes: HashMap<(K, Option<u32>), HashedAttributes, FixedState>,
    /// Those that were not announced again since the neighbor began to announce all it has (RFC 7313 §4).
    stale: HashSet<(K, Option<u32>), FixedState>,
}

impl<K> Default for Kept<K> {
    fn default() -> Self {
        Self { is_on: false, is_outdated: false, routes: HashMap::default(), stale: HashSet::default() }
    }
}

impl<K: Eq + std::hash::Hash + Copy> Kept<K> {
    /// Switches it on or off; what is kept goes with the latter.
    pub(super) fn set(&mut self, is_on: bool, seed: u64) {
        if self.is_on != is_on {
            let hasher = FixedState::with_seed(seed);
            let routes = HashMap::with_hasher(hasher.clone());
            let stale = HashSet::with_hasher(hasher);
            *self = Self { is_on, is_outdated: true, routes, stale };
        }
    }

    /// From now on everything is as it comes.
    pub(super) fn begins(&mut self) {
        self.is_outdated = false;
    }

    /// What is kept would not be made so any more.
    pub(super) fn is_made_otherwise(&mut self) {
        self.is_outdated = true;
    }

    /// Whether it has all there is, as it came.
    pub(super) fn is_complete(&self) -> bool {
        self.is_on && !self.is_outdated
    }

    pub(super) fn announced(&mut self, net: K, path_id: Option<u32>, set: &HashedAttributes) {
        if self.is_on {
            self.routes.insert((net, path_id), set.clone());
            self.stale.remove(&(net, path_id));
        }
    }

    pub(super) fn gone(&mut self, net: K, path_id: Option<u32>) {
        if self.is_on {
            self.routes.remove(&(net, path_id));
            self.stale.remove(&(net, path_id));
        }
    }

    /// The neighbor begins to announce all it has again.
    pub(super) fn refresh_begins(&mut self) {
        self.stale.extend(self.routes.keys());
    }

    /// It has done so: it has nothing else.
    pub(super) fn refresh_ends(&mut self) {
        for route in self.stale.drain() {
            self.routes.remove(&route);
        }
    }

    /// All routes but those that are stale: whether the neighbor has them still is for it to say.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, Option<u32>, &HashedAttributes)> {
        let fresh = self.routes.iter().filter(|(route, _)| !self.stale.contains(*route));
        fresh.map(|((net, path_id), set)| (*net, *path_id, set))
    }
}
