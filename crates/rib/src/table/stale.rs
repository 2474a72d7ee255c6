//! Paths of a neighbor that is away and expected back (RFC 4724 §4.2).
//!
//! A path knows the generation of its source in which it was last announced. To mark all of a source's
//! paths stale is to begin another generation, however many there are; an announcement brings a path
//! into the present one, and changes nothing else if it is as before. Taking the stale ones away is
//! a job over the table.

use crate::key::NetKey;
use crate::source::SourceId;

use super::{Path, Table};

/// When a path came and its source's generation, in one word: milliseconds since the Unix epoch need no
/// more than 48 bits before the year 10889.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since(u64);

const TIME_BITS: u32 = 48;

impl Since {
    pub(super) fn new(millis: u64, generation: u16) -> Self {
        Self(millis & ((1 << TIME_BITS) - 1) | u64::from(generation) << TIME_BITS)
    }

    /// Milliseconds since the Unix epoch.
    pub(super) fn millis(self) -> u64 {
        self.0 & ((1 << TIME_BITS) - 1)
    }

    pub(super) fn generation(self) -> u16 {
        (self.0 >> TIME_BITS) as u16
    }

    /// The same time in another generation.
    pub(super) fn refreshed(self, generation: u16) -> Self {
        Self::new(self.millis(), generation)
    }
}

/// How many losses, one after the other, paths may stay stale over.
const LOSSES_MAX: u16 = 1 << 14;

/// Whether a generation came before another. They wrap around; no path is ever far behind, since those
/// that are stale at a second loss go, or at one of very many.
fn is_before(generation: u16, other: u16) -> bool {
    (1..=i16::MAX as u16).contains(&other.wrapping_sub(generation))
}

/// Paths of a source that are to go: those of generations before `oldest`, from place `cursor` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    pub(super) source: SourceId,
    oldest: u16,
    cursor: u32,
}

impl<K: NetKey> Table<K> {
    /// Marks all paths of a source stale: they stay until they are announced again or
    /// [`Table::sweep_stale`] takes them away. Those that are stale already go.
    pub fn mark_stale(&mut self, source: SourceId) {
        let Some(slot) = self.slot_mut(source) else { return };
        let fresh = slot.generation;
        slot.generation = fresh.wrapping_add(1);
        self.sweep(source, fresh);
    }

    /// Marks all paths of a source stale, as [`Table::mark_stale`] does, but those that are stale already stay, too
    /// (RFC 8538 §4.1).
    pub fn mark_stale_again(&mut self, source: SourceId) {
        let Some(slot) = self.slot_mut(source) else { return };
        let fresh = slot.generation;
        slot.generation = fresh.wrapping_add(1);
        self.sweep(source, fresh.wrapping_sub(LOSSES_MAX));
    }

    /// Begins to remove those paths of a source that were stale already when they were last marked.
    pub fn sweep_stale_earlier(&mut self, source: SourceId) {
        if let Some(present) = self.slot(source).map(|slot| slot.generation) {
            self.sweep(source, present.wrapping_sub(1));
        }
    }

    /// Marks all paths of a source stale, as [`Table::mark_stale`] does, but those that are stale already stay,
    /// too: the neighbor is about to announce all it has again (RFC 7313 §4).
    pub fn mark_refresh(&mut self, source: SourceId) {
        if let Some(slot) = self.slot_mut(source) {
            slot.generation = slot.generation.wrapping_add(1);
        }
    }

    /// Begins to remove those paths of a source that were not announced since they were marked stale.
    pub fn sweep_stale(&mut self, source: SourceId) {
        if let Some(present) = self.slot(source).map(|slot| slot.generation) {
            self.sweep(source, present);
        }
    }

    /// Whether a source has paths that are stale. Looks at every net: for tests.
    pub fn has_stale(&self, source: SourceId) -> bool {
        let Some(present) = self.slot(source).map(|slot| slot.generation) else { return false };
        self.nets.iter().flat_map(|net| &net.paths).any(|path| self.is_stale(path, source, present))
    }

    fn sweep(&mut self, source: SourceId, oldest: u16) {
        // One that is under way and takes more does this one's work.
        if self.jobs.sweeps.iter().any(|sweep| sweep.source == source && is_before(oldest, sweep.oldest)) {
            return;
        }
        // One that takes less has nothing left to do once this one is through.
        self.jobs.sweeps.retain(|sweep| sweep.source != source);
        self.jobs.sweeps.push(Sweep { source, oldest, cursor: 0 });
    }

    /// Whether a path of a source is of a generation before one.
    pub(super) fn is_stale(&self, path: &Path, source: SourceId, oldest: u16) -> bool {
        self.main_source(path.source) == source && is_before(path.since.generation(), oldest)
    }

    pub(super) fn sweep_slice(&mut self, sweep: Sweep, budget: u32) {
        let Sweep { source, oldest, cursor } = sweep;
        let end = cursor.saturating_add(budget).min(self.places_end());
        for place in cursor..end {
            self.remove_where(place, |table, path| table.is_stale(path, source, oldest));
        }
        if end < self.places_end() {
            self.jobs.sweeps.push(Sweep { cursor: end, ..sweep });
        }
    }
}
