//! Questions about the past: the changes since a revision, and the objects as they were at one.

use super::{Change, Objects, Store};

impl Store {
    /// The revision up to which the past is forgotten for new requests: changes after it can be told.
    pub(crate) fn compacted(&self) -> u64 {
        self.compacted
    }

    /// Forgets the past for new requests. Watches that are open still get what they have not read yet.
    pub(crate) fn compact(&mut self) {
        self.compacted = self.revision;
    }

    /// Whether a watch that has seen everything up to `revision` can still be told the rest.
    pub(crate) fn remembers(&self, revision: u64) -> bool {
        revision >= self.floor
    }

    /// The changes after `revision`, oldest first.
    pub(crate) fn since(&self, revision: u64) -> impl Iterator<Item = &Change> {
        let start = self.changes.partition_point(|change| change.revision <= revision);
        self.changes.range(start..)
    }

    /// The objects of a resource as they were at `revision`; none if that is forgotten.
    pub(crate) fn at(&self, resource: &str, revision: u64) -> Option<Objects> {
        let mut objects = self.objects.get(resource).cloned().unwrap_or_default();
        if revision >= self.revision {
            return Some(objects);
        }
        if revision < self.compacted || revision < self.floor {
            return None;
        }
        for change in self.changes.iter().rev().take_while(|change| change.revision > revision) {
            if &*change.resource != resource {
                continue;
            }
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), before.clone()),
                None => objects.remove(&change.key),
            };
        }
        Some(objects)
    }
}
