//! Paths in and out of a table.

use smallvec::SmallVec;

use crate::attrs::AttrId;
use crate::counters::ImportCounters;
use crate::key::NetKey;
use crate::limit::LimitsPassed;
use crate::source::SourceId;
use crate::trace::Trace;

use super::batch::{Change, RouteBatch};
use super::filtered::Keep;
use super::stale::Since;
use super::{Path, Table};

enum Put {
    Done,
    Ignored,
    Limited,
    Crowded,
}

impl<K: NetKey> Table<K> {
    /// Applies a batch of one source at `now` (milliseconds since the Unix epoch). Which
    /// limits the source has passed since it was last within them. A source that is being flushed
    /// puts nothing in any more.
    pub fn apply(&mut self, source: SourceId, batch: RouteBatch<K>, now: u64) -> LimitsPassed {
        // A path put in behind the flush's back would outlive its source, and fall to the next one
        // that gets the id.
        if self.jobs.flushes(source) {
            return LimitsPassed::default();
        }
        let Some(slot) = self.slot_mut(source) else { return LimitsPassed::default() };
        slot.counters += batch.counters;
        let mut tally = ImportCounters::default();
        let was_over = [slot.receive.is_over(), slot.import.is_over()];
        let trace = slot.trace.clone();
        let mut nets = batch.nets.into_iter();
        // Beside the nets, or empty.
        let mut path_ids = batch.path_ids.into_iter();
        for (change, count) in batch.changes {
            let group = nets.by_ref().take(count as usize);
            match change {
                Change::Announce(set) => {
                    let attrs = self.acquire(&set);
                    for net in group {
                        let path_id = path_ids.next();
                        let put = match path_id {
                            None => self.put(net, source, attrs, now),
                            Some(path_id) => self.put_path(net, source, path_id, attrs, now),
                        };
                        match put {
                            Put::Done => {
                                tally.updates.accepted += 1;
                                if let Some(trace) = trace.as_ref().filter(|t| t.routes) {
                                    self.trace_added(trace, net, source, path_id);
                                }
                            }
                            Put::Ignored | Put::Limited => tally.updates.ignored += 1,
                            Put::Crowded => {
                                tally.updates.ignored += 1;
                                self.note_crowded(net, source);
                            }
                        }
                    }
                    self.release(attrs);
                }
                Change::Withdraw | Change::Malformed => {
                    let malformed = matches!(change, Change::Malformed);
                    let trace = trace.as_ref().filter(|t| malformed && t.routes);
                    for net in group {
                        self.traces.extend(trace.map(|trace| trace.line('>', "invalid", net, None)));
                        if self.remove(net, source, path_ids.next()) {
                            tally.withdraws.accepted += 1;
                        } else {
                            tally.withdraws.ignored += 1;
                        }
                    }
                }
                Change::Kept(set) => {
                    let attrs = self.acquire(&set);
                    let trace = trace.as_ref().filter(|t| t.filters);
                    for net in group {
                        self.traces.extend(trace.map(|trace| trace.line('>', "filtered out", net, None)));
                        let path_id = path_ids.next();
                        match self.keep(net, source, path_id, attrs, now) {
                            Keep::New => tally.withdraws.ignored += 1,
                            Keep::Replaced => tally.withdraws.accepted += 1,
                            Keep::Same => {}
                            Keep::Limited => tally.updates.ignored += 1,
                            Keep::Crowded => {
                                tally.updates.ignored += 1;
                                self.note_crowded(net, source);
                            }
                        }
                    }
                    self.release(attrs);
                }
                // As BIRD counts: the withdrawal of what was never there is none.
                Change::Filtered | Change::Invalid => {
                    let filtered = matches!(change, Change::Filtered);
                    let trace = trace.as_ref().filter(|t| if filtered { t.filters } else { t.routes });
                    let what = if filtered { "filtered out" } else { "invalid" };
                    for net in group {
                        self.traces.extend(trace.map(|trace| trace.line('>', what, net, None)));
                        tally.withdraws.accepted += u64::from(self.remove(net, source, path_ids.next()));
                    }
                }
            }
        }
        let Some(slot) = self.slot_mut(source) else { return LimitsPassed::default() };
        slot.counters += tally;
        let [receive, import] = was_over;
        LimitsPassed { receive: slot.receive.is_over() && !receive, import: slot.import.is_over() && !import }
    }

    fn trace_added(&mut self, trace: &Trace, net: K, source: SourceId, path_id: Option<u32>) {
        let source = path_id.and_then(|path_id| self.find_sub(source, path_id)).unwrap_or(source);
        let Some(id) = self.find(net) else { return };
        let paths = &self.nets[id as usize].paths;
        let Some(position) = paths.iter().position(|p| p.source == source) else { return };
        let what = if position == 0 { "added [best]" } else { "added" };
        let destination = &self.attrs.get(paths[position].attrs).destination;
        self.traces.push(trace.line('>', what, net, Some(destination)));
    }

    /// Puts a path in that its source tells from its others by an identifier.
    fn put_path(&mut self, key: K, source: SourceId, path_id: u32, attrs: AttrId, now: u64) -> Put {
        let Some(sub) = self.acquire_sub(source, path_id) else { return Put::Crowded };
        let put = self.put(key, sub, attrs, now);
        self.release_sub(sub);
        put
    }

    fn put(&mut self, key: K, source: SourceId, attrs: AttrId, now: u64) -> Put {
        let id = self.find_or_insert(key);
        let generation = self.slot(source).map_or(0, |slot| slot.generation);
        let path = Path { source, attrs, since: Since::new(now, generation) };
        let paths = &mut self.nets[id as usize].paths;
        if let Some(position) = paths.iter().position(|p| p.source == source) {
            let old = &mut paths[position];
            if old.attrs == attrs {
                // The same again: if it was stale it is not any more, and nobody has to hear of it.
                old.since = old.since.refreshed(generation);
                return Put::Ignored;
            }
            let old_attrs = std::mem::replace(old, path).attrs;
            self.attrs.retain(attrs, 1);
            self.path_changed(id, source);
            if position == 0 {
                self.select(id);
                self.best_changed(id);
            } else {
                self.challenge(id, position);
            }
            self.release(old_attrs);
            return Put::Done;
        }
        let position = paths.len();
        if self.is_crowded(id, source) {
            return Put::Crowded;
        }
        let was_kept = self.filtered.is_some() && self.is_kept(key, source);
        if let Some(slot) = self.slot_mut(source) {
            let received = was_kept || slot.receive.admits(slot.imported + slot.filtered);
            if !(received && slot.import.admits(slot.imported)) {
                let keeps = received && slot.keeps_filtered;
                self.try_free(id);
                if keeps && (was_kept || !self.is_crowded_here(key, source)) {
                    self.keep_path(key, source, attrs, now);
                }
                return Put::Limited;
            }
            slot.imported += 1;
        }
        if was_kept {
            self.unkeep(key, source);
        }
        self.nets[id as usize].paths.push(path);
        self.paths += 1;
        self.attrs.retain(attrs, 1);
        self.retain_sub(source);
        self.path_changed(id, source);
        if position == 0 {
            self.live += 1;
            self.count_preferred(source, true);
            self.best_changed(id);
        } else {
            self.challenge(id, position);
        }
        Put::Done
    }

    fn remove(&mut self, key: K, source: SourceId, path_id: Option<u32>) -> bool {
        let source = match path_id {
            None => source,
            Some(path_id) => match self.find_sub(source, path_id) {
                Some(sub) => sub,
                None => return false,
            },
        };
        if self.find(key).is_some_and(|id| self.remove_path(id, source)) {
            return true;
        }
        // As BIRD counts: what was kept though it was refused was never there.
        if self.filtered.is_some() {
            self.unkeep(key, source);
        }
        false
    }

    pub(super) fn remove_path(&mut self, id: u32, source: SourceId) -> bool {
        let paths = &mut self.nets[id as usize].paths;
        let Some(position) = paths.iter().position(|p| p.source == source) else { return false };
        let trace = self.slot(source).and_then(|slot| slot.trace.as_ref()).filter(|t| t.routes);
        if let Some(trace) = trace {
            let net = &self.nets[id as usize];
            let what = match (position, net.paths.len()) {
                (0, 1) => "removed [sole]",
                (0, _) => "removed [replaced]",
                _ => "removed",
            };
            let destination = &self.attrs.get(net.paths[position].attrs).destination;
            let line = trace.line('>', what, net.key, Some(destination));
            self.traces.push(line);
        }
        let paths = &mut self.nets[id as usize].paths;
        // Keeps the order of arrival among the others: on a tie the older one stays best.
        let old = paths.remove(position);
        if paths.len() <= 1 {
            paths.shrink_to_fit();
        }
        self.paths -= 1;
        self.path_changed(id, source);
        if let Some(slot) = self.slot_mut(source) {
            slot.imported -= 1;
            slot.receive.has_fallen_to(slot.imported + slot.filtered);
            slot.import.has_fallen_to(slot.imported);
        }
        if position == 0 {
            self.count_preferred(source, false);
            if let Some(first) = self.nets[id as usize].paths.first() {
                self.count_preferred(first.source, true);
            }
        }
        self.worsened(id, position);
        self.release(old.attrs);
        self.release_sub(source);
        if self.nets[id as usize].paths.is_empty() {
            self.live -= 1;
            self.try_free(id);
        }
        true
    }

    pub(super) fn count_preferred(&mut self, source: SourceId, up: bool) {
        if let Some(slot) = self.slot_mut(source) {
            if up {
                slot.preferred += 1;
            } else {
                slot.preferred -= 1;
            }
        }
    }

    /// Tells everyone concerned: exporters, and next hops that resolve through this net.
    pub(super) fn best_changed(&mut self, id: u32) {
        self.mark_changed(id);
        let next_hops = self.next_hops_of(id);
        if !(next_hops.is_empty() || self.jobs.circles.within) {
            self.open_circles();
        }
        for next_hop in next_hops {
            self.jobs.reresolve(next_hop);
        }
    }

    /// The next hops inside of a net.
    pub(super) fn next_hops_of(&self, id: u32) -> SmallVec<[u32; 4]> {
        if self.next_hops.is_empty() {
            return SmallVec::new();
        }
        let key = self.nets[id as usize].key;
        let first = key.bits();
        self.next_hops.within(first, first | !crate::key::mask(key.len()))
    }
}
