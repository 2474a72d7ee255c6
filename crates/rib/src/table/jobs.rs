//! Work over a whole table, done a slice at a time so that nothing else waits for it.

use std::collections::BTreeSet;

use crate::key::NetKey;
use crate::source::SourceId;

use super::Table;
use super::circles::Circles;
use super::long_lived::Marking;
use super::stale::Sweep;

/// What is to be done over the whole table.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    /// Sources whose paths are removed, each with the next net to look at.
    flushes: Vec<(SourceId, u32)>,
    /// Stale paths that are removed.
    pub(super) sweeps: Vec<Sweep>,
    /// Stale paths that are marked as such.
    pub(super) markings: Vec<Marking>,
    /// Next hops to look up again.
    reresolve: BTreeSet<u32>,
    /// Next hops whose resolution changed: nets through them are compared again, from here on.
    changed: BTreeSet<u32>,
    changed_cursor: u32,
    pub(super) circles: Circles,
    /// Sources whose paths are compared again, each with the next net to look at.
    compares: Vec<(SourceId, u32)>,
    /// Nets from here on may be free to go.
    collect: Option<u32>,
}

impl Jobs {
    pub(super) fn reresolve(&mut self, next_hop: u32) {
        self.reresolve.insert(next_hop);
    }

    /// Paths through a next hop go elsewhere than before.
    pub(super) fn resolves_otherwise(&mut self, next_hop: u32) {
        self.changed.insert(next_hop);
        self.changed_cursor = 0;
    }

    pub(super) fn collect_from(&mut self, cursor: u32) {
        self.collect = Some(cursor);
    }

    /// Whether this source's paths are being removed.
    pub(super) fn flushes(&self, source: SourceId) -> bool {
        self.flushes.iter().any(|(s, _)| *s == source)
    }

    fn is_idle(&self) -> bool {
        self.flushes.is_empty()
            && self.sweeps.is_empty()
            && self.markings.is_empty()
            && self.reresolve.is_empty()
            && self.changed.is_empty()
            && self.compares.is_empty()
            && self.collect.is_none()
    }
}

impl<K: NetKey> Table<K> {
    /// Begins to remove all paths of a source, which is forgotten when that is done.
    pub fn flush_source(&mut self, source: SourceId) {
        let Some(slot) = self.slot(source) else { return };
        let empty = slot.imported + slot.filtered == 0;
        self.jobs.sweeps.retain(|sweep| sweep.source != source);
        self.jobs.markings.retain(|marking| marking.source != source);
        if empty {
            self.forget(source);
        } else if !self.jobs.flushes(source) {
            self.jobs.flushes.push((source, 0));
        }
    }

    /// Whether [`Table::step`] has something to do.
    pub fn has_job(&self) -> bool {
        !self.jobs.is_idle()
    }

    /// Whether nets are being compared again because next hops go elsewhere: more such changes are better kept back until
    /// that is through, as each begins with the first net.
    pub fn follows_next_hops(&self) -> bool {
        !self.jobs.changed.is_empty()
    }

    /// Does a slice of the pending work, about `budget` nets long. Whether more is left.
    pub fn step(&mut self, budget: u32) -> bool {
        if let Some((source, cursor)) = self.jobs.flushes.pop() {
            self.flush_slice(source, cursor, budget);
        } else if let Some(sweep) = self.jobs.sweeps.pop() {
            self.sweep_slice(sweep, budget);
        } else if let Some(marking) = self.jobs.markings.pop() {
            self.marking_slice(marking, budget);
        } else if !self.jobs.reresolve.is_empty() {
            self.reresolve_all();
        } else if !self.jobs.changed.is_empty() {
            self.reselect_slice(budget);
        } else if let Some((source, cursor)) = self.jobs.compares.pop() {
            self.compare_slice(source, cursor, budget);
        } else if let Some(cursor) = self.jobs.collect.take() {
            self.collect_slice(cursor, budget);
        }
        if self.jobs.reresolve.is_empty() && self.jobs.changed.is_empty() {
            self.jobs.circles.rest();
        }
        self.has_job()
    }

    fn flush_slice(&mut self, source: SourceId, cursor: u32, budget: u32) {
        let end = cursor.saturating_add(budget).min(self.places_end());
        for place in cursor..end {
            self.remove_where(place, |table, path| table.main_source(path.source) == source);
        }
        let left = self.slot(source).is_some_and(|s| s.imported + s.filtered > 0);
        if left && end < self.places_end() {
            self.jobs.flushes.push((source, end));
        } else {
            self.forget(source);
        }
    }

    fn forget(&mut self, source: SourceId) {
        if let Some(slot) = self.sources.get_mut(source.0 as usize).and_then(Option::take) {
            self.deterministic -= usize::from(slot.info.has_deterministic_med());
        }
    }

    /// What a net's first path from this source, or from a sub-source of it, has as its source.
    fn path_of(&self, id: u32, source: SourceId) -> Option<SourceId> {
        let paths = &self.nets[id as usize].paths;
        paths.iter().map(|p| p.source).find(|path| self.main_source(*path) == source)
    }

    fn reresolve_all(&mut self) {
        for next_hop in std::mem::take(&mut self.jobs.reresolve) {
            self.resolve_again(next_hop);
        }
    }

    fn reselect_slice(&mut self, budget: u32) {
        self.jobs.circles.within = true;
        let cursor = self.jobs.changed_cursor;
        let end = cursor.saturating_add(budget).min(self.nets.len() as u32);
        for id in cursor..end {
            let concerned = self.nets[id as usize]
                .paths
                .iter()
                .any(|p| self.jobs.changed.contains(&self.attrs.next_hop(p.attrs)));
            if concerned {
                self.tell_resolved(id);
                self.select(id);
                self.best_changed(id);
            }
        }
        self.jobs.changed_cursor = end;
        if end >= self.nets.len() as u32 {
            self.jobs.changed.clear();
        }
        self.jobs.circles.within = false;
    }

    /// Changes the `cost` of a BGP source; its paths are compared again.
    pub fn set_cost(&mut self, source: SourceId, cost: u32) {
        let bgp = self.slot_mut(source).and_then(|slot| slot.info.bgp.as_mut());
        if let Some(bgp) = bgp.filter(|bgp| bgp.cost != cost) {
            bgp.cost = cost;
            self.jobs.compares.push((source, 0));
        }
    }

    fn compare_slice(&mut self, source: SourceId, cursor: u32, budget: u32) {
        let end = cursor.saturating_add(budget).min(self.nets.len() as u32);
        for id in cursor..end {
            if let Some(path) = self.path_of(id, source) {
                self.path_changed(id, path);
                self.select(id);
                self.best_changed(id);
            }
        }
        if end < self.nets.len() as u32 {
            self.jobs.compares.push((source, end));
        }
    }

    /// Tells those who send every path of the paths of a net whose next hop goes elsewhere.
    fn tell_resolved(&mut self, id: u32) {
        if !self.has_watchers() {
            return;
        }
        for i in 0..self.nets[id as usize].paths.len() {
            let path = self.nets[id as usize].paths[i];
            if self.jobs.changed.contains(&self.attrs.next_hop(path.attrs)) {
                self.path_changed(id, path.source);
            }
        }
    }

    fn collect_slice(&mut self, cursor: u32, budget: u32) {
        let end = cursor.saturating_add(budget).min(self.nets.len() as u32);
        for id in cursor..end {
            if self.nets[id as usize].paths.is_empty() {
                self.try_free(id);
            }
        }
        if end < self.nets.len() as u32 {
            self.jobs.collect = Some(end);
        }
    }
}
