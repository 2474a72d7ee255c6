//! The objects, their revisions and the changes of late.
//!
//! Two limits on the past, as with a real server: *compaction* ([`Store::compacted`]) says from which revision on new
//! requests may ask about the past; the ring of changes itself ([`Store::floor`]) says what a watch that is open and
//! behind can still be told. Compaction does not hurt a watch that is open.

mod objects;
mod past;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

pub(crate) use objects::Part;

/// Namespace (empty for none) and name.
pub(crate) type Key = (String, String);
/// The objects of one resource, in the order of lists.
pub(crate) type Objects = BTreeMap<Key, Arc<Value>>;

/// One change of one object.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) resource: Arc<str>,
    pub(crate) key: Key,
    /// The object before; none if it was created.
    pub(crate) before: Option<Arc<Value>>,
    /// The object after; none if it was deleted.
    pub(crate) after: Option<Arc<Value>>,
}

/// The state at one moment, to restart with later: what a backup holds.
#[derive(Clone, Debug)]
pub struct Snapshot {
    revision: u64,
    objects: BTreeMap<Arc<str>, Objects>,
}

impl Snapshot {
    /// The revision at which it was taken.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

/// All that a server stores.
#[derive(Debug)]
pub(crate) struct Store {
    revision: u64,
    objects: BTreeMap<Arc<str>, Objects>,
    changes: VecDeque<Change>,
    changes_max: usize,
    compacted: u64,
    floor: u64,
    /// Never goes back, not even with a snapshot: two objects never share a uid.
    uids: u64,
    /// Counts restarts, so that a watch notices that the revisions it knows are another history's.
    epoch: u64,
}

impl Store {
    pub(crate) fn new(revision: u64, changes_max: usize) -> Self {
        Self {
            revision,
            objects: BTreeMap::new(),
            changes: VecDeque::new(),
            changes_max,
            compacted: revision,
            floor: revision,
            uids: 0,
            epoch: 0,
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn get(&self, resource: &str, key: &Key) -> Option<Arc<Value>> {
        self.objects.get(resource)?.get(key).cloned()
    }

    pub(crate) fn len(&self, resource: &str) -> usize {
        self.objects.get(resource).map_or(0, Objects::len)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { revision: self.revision, objects: self.objects.clone() }
    }

    /// Takes the state of a snapshot, revision counter included, and knows no past.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot) {
        self.objects.clone_from(&snapshot.objects);
        self.revision = snapshot.revision;
        self.changes.clear();
        self.compacted = self.revision;
        self.floor = self.revision;
        self.epoch += 1;
    }

    /// Counts a revision up without a change of any object here, as other kinds of a cluster do all the time.
    pub(crate) fn advance(&mut self, by: u64) {
        self.revision = self.revision.saturating_add(by);
    }

    /// Makes a change: gives it the next revision, writes it down and keeps the history within its bound.
    fn commit(&mut self, resource: &str, key: Key, after: Option<Value>) -> Option<Arc<Value>> {
        self.revision += 1;
        let resource: Arc<str> = match self.objects.get_key_value(resource) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(resource),
        };
        let after = after.map(|mut object| {
            object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
            Arc::new(object)
        });
        let objects = self.objects.entry(Arc::clone(&resource)).or_default();
        let before = match &after {
            Some(object) => objects.insert(key.clone(), Arc::clone(object)),
            None => objects.remove(&key),
        };
        self.changes.push_back(Change {
            revision: self.revision,
            resource,
            key,
            before,
            after: after.clone(),
        });
        while self.changes.len() > self.changes_max {
            if let Some(oldest) = self.changes.pop_front() {
                self.floor = oldest.revision;
                self.compacted = self.compacted.max(oldest.revision);
            }
        }
        after
    }
}
