//! Changed nets to UPDATE messages: one set of attributes is rewritten and encoded once for all
//! nets that have it.

use bytes::{Bytes, BytesMut};
use godwit_wire::PathAttributes;

use crate::key::NetKey;
use crate::table::{PathView, Table};

use super::check::{Refused, export_check};
use super::options::BgpExport;
use super::rewrite::{complete_link_local, rewrite};
use super::{Candidate, ExportPolicy, Exporter};

/// Nets that go out with one set of attributes.
pub(super) struct Group<K> {
    pub(super) attributes: PathAttributes,
    pub(super) nets: Vec<K>,
}

impl Exporter {
    pub(super) fn drain_bgp<K: NetKey>(
        &mut self,
        table: &Table<K>,
        export: &BgpExport,
        ids: &[u32],
    ) -> Bytes {
        let mut out = BytesMut::with_capacity(ids.len().min(4096) * 24);
        let mut withdrawn: Vec<K> = Vec::new();
        let mut candidates = self.candidates(table, ids, &mut withdrawn);
        candidates.sort_unstable_by_key(|c| (c.attrs, c.source, c.id));
        for run in candidates.chunk_by(|a, b| a.attrs == b.attrs && a.source == b.source) {
            self.export_run(table, run, export, &mut withdrawn, &mut out);
        }
        let mut message = BytesMut::new();
        K::encode_withdraw(&withdrawn, export.message_len_max, &mut message);
        if withdrawn.is_empty() {
            return out.freeze();
        }
        // Withdrawals first: they never depend on what follows.
        message.unsplit(out);
        message.freeze()
    }

    /// The nets that have a best path from somebody else; the others are withdrawn.
    fn candidates<K: NetKey>(
        &mut self,
        table: &Table<K>,
        ids: &[u32],
        withdrawn: &mut Vec<K>,
    ) -> Vec<Candidate> {
        let mut candidates = Vec::with_capacity(ids.len());
        for &id in ids {
            match table.best_ids(id) {
                Some((attrs, source)) if Some(source) != self.own_source => {
                    candidates.push(Candidate { attrs, source, id });
                }
                Some(_) => {
                    self.counters.updates.received += 1;
                    self.counters.updates.rejected += 1;
                    self.take_back(table, id, withdrawn);
                }
                None => self.take_back(table, id, withdrawn),
            }
        }
        candidates
    }

    /// Withdraws a net if it had been sent.
    pub(super) fn take_back<K: NetKey>(&mut self, table: &Table<K>, id: u32, withdrawn: &mut Vec<K>) {
        if self.sent.remove(id) {
            self.counters.withdraws.accepted += 1;
            withdrawn.extend(table.key(id));
            self.has_less();
        }
    }

    /// Nets with one attribute set from one source.
    fn export_run<K: NetKey>(
        &mut self,
        table: &Table<K>,
        run: &[Candidate],
        export: &BgpExport,
        withdrawn: &mut Vec<K>,
        out: &mut BytesMut,
    ) {
        let Some(first) = run.first().and_then(|c| table.best_path(c.id)) else { return };
        let refused = export_check(first.attributes, first.source, export);
        if refused.is_err() {
            self.counters.updates.received += run.len() as u64;
            self.counters.updates.rejected += run.len() as u64;
            for c in run {
                self.take_back(table, c.id, withdrawn);
            }
            return;
        }
        let groups = match self.policy {
            ExportPolicy::None => {
                self.counters.updates.received += run.len() as u64;
                self.counters.updates.filtered += run.len() as u64;
                run.iter().for_each(|c| self.take_back(table, c.id, withdrawn));
                return;
            }
            ExportPolicy::All => match self.rewrite(&first, export) {
                Some(attributes) => {
                    vec![Group { attributes, nets: run.iter().filter_map(|c| table.key(c.id)).collect() }]
                }
                None => Vec::new(),
            },
            ExportPolicy::Filter(_) => self.filter_run(table, run, export),
        };
        self.counters.updates.received += run.len() as u64;
        self.send_groups(table, run, groups, export, withdrawn, out);
    }

    /// Encodes groups and keeps the books: what did not go out is taken back.
    fn send_groups<K: NetKey>(
        &mut self,
        table: &Table<K>,
        run: &[Candidate],
        mut groups: Vec<Group<K>>,
        export: &BgpExport,
        withdrawn: &mut Vec<K>,
        out: &mut BytesMut,
    ) {
        self.keep_within_limit(table, &mut groups);
        let mut sent = 0;
        let mut whole = groups.len() == 1;
        for group in &groups {
            match K::encode_announce(&group.attributes, &group.nets, export, out) {
                Ok(()) => sent += group.nets.len(),
                Err(refused) => {
                    whole = false;
                    self.note_refused(&group.nets, refused);
                }
            }
        }
        self.counters.updates.accepted += sent as u64;
        if whole && sent == run.len() {
            for c in run {
                self.sent.insert(c.id);
            }
            return;
        }
        self.settle(table, run, &groups, export, withdrawn);
    }

    /// Lines that filters printed, and their errors, since last asked.
    pub fn take_messages(&mut self) -> Vec<String> {
        std::mem::take(&mut self.messages)
    }

    /// What passed the filter and could not be sent all the same, and why, since last asked.
    pub fn take_faults(&mut self) -> Vec<String> {
        std::mem::take(&mut self.faults)
    }

    /// These nets passed the filter, and cannot be sent all the same.
    pub(super) fn note_refused<K: NetKey>(&mut self, nets: &[K], refused: Refused) {
        let Some(first) = nets.first() else { return };
        self.counters.updates.rejected += nets.len() as u64;
        let others = match nets.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        self.faults.push(format!("{}{others}: {refused}", first.to_net()));
    }

    /// The slow way of [`Self::send_groups`]: some nets of the run went out and some did not.
    fn settle<K: NetKey>(
        &mut self,
        table: &Table<K>,
        run: &[Candidate],
        groups: &[Group<K>],
        export: &BgpExport,
        withdrawn: &mut Vec<K>,
    ) {
        let mut gone: Vec<K> = groups
            .iter()
            .filter(|g| K::encode_announce::<K>(&g.attributes, &[], export, &mut BytesMut::new()).is_ok())
            .flat_map(|g| g.nets.iter().copied())
            .collect();
        gone.sort_unstable();
        for c in run {
            let Some(key) = table.key(c.id) else { continue };
            if gone.binary_search(&key).is_ok() {
                self.sent.insert(c.id);
            } else {
                self.take_back(table, c.id, withdrawn);
            }
        }
    }

    /// Runs the filter on every net of a run and groups what it accepts by the attributes it left.
    fn filter_run<K: NetKey>(
        &mut self,
        table: &Table<K>,
        run: &[Candidate],
        export: &BgpExport,
    ) -> Vec<Group<K>> {
        let mut groups: Vec<Group<K>> = Vec::new();
        for c in run {
            let (Some(key), Some(path)) = (table.key(c.id), table.best_path(c.id)) else { continue };
            let Some(attributes) = self.filter_and_rewrite(key, &path, export) else { continue };
            match groups.iter_mut().rev().take(8).find(|g| g.attributes == attributes) {
                Some(group) => group.nets.push(key),
                None => groups.push(Group { attributes, nets: vec![key] }),
            }
        }
        groups
    }

    /// What goes out of a path where there is no filter.
    pub(super) fn rewrite(&self, path: &PathView<'_>, export: &BgpExport) -> Option<PathAttributes> {
        let mut bgp = rewrite_path(path, export).ok()?;
        complete_link_local(&mut bgp, export, &*self.surroundings).then_some(bgp)
    }

    pub(super) fn filter_and_rewrite<K: NetKey>(
        &mut self,
        key: K,
        path: &PathView<'_>,
        export: &BgpExport,
    ) -> Option<PathAttributes> {
        if export.rewrite_before_filter {
            let mut before = (**path.attributes).clone();
            before.bgp = rewrite_path(path, export).ok()?;
            let before = std::sync::Arc::new(before);
            let rewritten = PathView { attributes: &before, ..*path };
            let mut after = self.filter(key, &rewritten)?.map_or_else(|| before.bgp.clone(), |a| a.bgp);
            // What a filter sets of it does not go abroad either (RFC 4271 §5.1.5).
            if !export.interior && !export.allow_local_pref {
                after.local_pref = None;
            }
            return complete_link_local(&mut after, export, &*self.surroundings).then_some(after);
        }
        match self.filter(key, path)? {
            None => rewrite_path(path, export).ok(),
            Some(changed) => rewrite(&changed, path.source, path.resolution, export).ok(),
        }
    }
}

fn rewrite_path(path: &PathView<'_>, export: &BgpExport) -> Result<PathAttributes, Refused> {
    rewrite(path.attributes, path.source, path.resolution, export)
}
