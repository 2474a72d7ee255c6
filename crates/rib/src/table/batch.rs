//! What a source hands to a table.

use std::sync::Arc;

use crate::attrs::HashedAttributes;
use crate::counters::ImportCounters;

/// What happens to nets of a batch.
#[derive(Clone, Debug)]
pub enum Change {
    /// They are announced with this attribute set.
    Announce(HashedAttributes),
    /// The source withdraws them.
    Withdraw,
    /// They were announced, and a filter refused them: what the source announced before is gone.
    Filtered,
    /// The same, but they are kept to be looked at as the filter left them (`import keep filtered`).
    Kept(HashedAttributes),
    /// They are none that may be in a table.
    Invalid,
    /// They were announced with attributes that are not valid, which is a withdrawal (RFC 7606 §2).
    Malformed,
}

impl Change {
    /// The attribute set, if this is an announcement.
    pub fn announced(&self) -> Option<&HashedAttributes> {
        match self {
            Self::Announce(set) => Some(set),
            Self::Withdraw | Self::Filtered | Self::Kept(_) | Self::Invalid | Self::Malformed => None,
        }
    }
}

/// Changes of one source, in the order they came. Built by a session for many UPDATEs at once.
#[derive(Debug)]
pub struct RouteBatch<K> {
    /// What happens to the next `count` nets of `nets`.
    pub changes: Vec<(Change, u32)>,
    /// The nets.
    pub nets: Vec<K>,
    /// Their path identifiers (RFC 7911), one for each net, where the source uses such; else none.
    pub path_ids: Vec<u32>,
    /// What the import step counted on the way here; `ignored` and `accepted` are the table's.
    pub counters: ImportCounters,
}

impl<K> Default for RouteBatch<K> {
    fn default() -> Self {
        Self {
            changes: Vec::new(),
            nets: Vec::new(),
            path_ids: Vec::new(),
            counters: ImportCounters::default(),
        }
    }
}

impl<K> RouteBatch<K> {
    /// Adds one announcement.
    pub fn announce(&mut self, net: K, set: &HashedAttributes) {
        match self.changes.last_mut() {
            Some((Change::Announce(last), count)) if Arc::ptr_eq(last.attributes(), set.attributes()) => {
                *count += 1;
            }
            _ => self.changes.push((Change::Announce(set.clone()), 1)),
        }
        self.nets.push(net);
    }

    /// Adds one withdrawal.
    pub fn withdraw(&mut self, net: K) {
        self.gone(net, Change::Withdraw);
    }

    /// Adds one announcement that a filter refused.
    pub fn filtered(&mut self, net: K) {
        self.gone(net, Change::Filtered);
    }

    /// Adds one announcement that a filter refused, which is kept with these attributes.
    pub fn keep(&mut self, net: K, set: &HashedAttributes) {
        match self.changes.last_mut() {
            Some((Change::Kept(last), count)) if Arc::ptr_eq(last.attributes(), set.attributes()) => {
                *count += 1;
            }
            _ => self.changes.push((Change::Kept(set.clone()), 1)),
        }
        self.nets.push(net);
    }

    /// Adds one announcement with attributes that are not valid.
    pub fn malformed(&mut self, net: K) {
        self.gone(net, Change::Malformed);
    }

    /// Adds one announcement of a net that is not valid.
    pub fn invalid(&mut self, net: K) {
        self.gone(net, Change::Invalid);
    }

    /// A change without attributes.
    fn gone(&mut self, net: K, change: Change) {
        match self.changes.last_mut() {
            Some((last, count)) if std::mem::discriminant(last) == std::mem::discriminant(&change) => {
                *count += 1;
            }
            _ => self.changes.push((change, 1)),
        }
        self.nets.push(net);
    }

    /// Whether it holds nothing, counts included.
    pub fn is_empty(&self) -> bool {
        self.nets.is_empty() && self.counters == ImportCounters::default()
    }
}
