//! Every path of changed nets to UPDATE messages, for a neighbor with ADD-PATH (RFC 7911). As for one
//! path, a set of attributes is rewritten and encoded once for all it belongs to.

use bytes::{Bytes, BytesMut};
use godwit_wire::PathAttributes;

use crate::attrs::AttrId;
use crate::key::NetKey;
use crate::source::SourceId;
use crate::table::Table;

use super::check::export_check;
use super::sent::{SentPaths, sent_id};
use super::{BgpExport, ExportPolicy, Exporter};

/// A path that is to go out: sorted so that those with one attribute set stand together.
struct Candidate {
    attrs: AttrId,
    source: SourceId,
    /// The net's place among those that are looked at.
    place: u32,
    id: u32,
    net: u32,
    /// The path's place in the net.
    position: u32,
}

/// Paths that go out with one set of attributes.
struct Group<K> {
    attributes: PathAttributes,
    nets: Vec<(u32, K)>,
    /// The place and the identifier of each.
    paths: Vec<(u32, u32)>,
}

impl<K> Group<K> {
    fn new(attributes: PathAttributes) -> Self {
        Self { attributes, nets: Vec::new(), paths: Vec::new() }
    }

    fn push(&mut self, c: &Candidate, key: K) {
        self.nets.push((c.id, key));
        self.paths.push((c.place, c.id));
    }
}

impl Exporter {
    /// The changes of nets `ids`. Paths that were sent and have not changed since are left alone in
    /// the first `changed` nets; of the others everything is sent again.
    /// `sent` is what was sent, for which [`Self::paths`] is empty meanwhile.
    pub(super) fn drain_paths<K: NetKey>(
        &mut self,
        table: &Table<K>,
        export: &BgpExport,
        mut sent: SentPaths,
        ids: &[u32],
        changed: usize,
    ) -> Bytes {
        let mut out = BytesMut::with_capacity(ids.len().min(4096) * 28);
        // What the neighbor has of each net afterwards: place and identifier.
        let mut now: Vec<(u32, u32)> = Vec::with_capacity(ids.len());
        let mut candidates = self.path_candidates(table, &sent, ids, changed, &mut now);
        candidates.sort_unstable_by_key(|c| (c.attrs, c.source, c.place, c.id));
        let mut others = 0;
        for run in candidates.chunk_by(|a, b| a.attrs == b.attrs && a.source == b.source) {
            for mut group in self.path_groups(table, run, export) {
                self.keep_paths_within_limit(&sent, ids, &mut group, &mut others);
                match K::encode_announce(&group.attributes, &group.nets, export, &mut out) {
                    Ok(()) => {
                        self.counters.updates.accepted += group.nets.len() as u64;
                        now.extend(group.paths);
                    }
                    Err(refused) => {
                        let nets: Vec<K> = group.nets.into_iter().map(|(_, key)| key).collect();
                        self.note_refused(&nets, refused);
                    }
                }
            }
        }
        let withdrawn = self.settle_paths(table, &mut sent, ids, now);
        let mut message = BytesMut::new();
        K::encode_withdraw(&withdrawn, export.message_len_max, &mut message);
        self.paths = Some(sent);
        self.has_less();
        // Withdrawals first: they are of other paths than what follows.
        message.unsplit(out);
        message.freeze()
    }

    /// The paths that may have to go out. Those that stay as they are are put down in `now`.
    fn path_candidates<K: NetKey>(
        &mut self,
        table: &Table<K>,
        sent: &SentPaths,
        ids: &[u32],
        changed: usize,
        now: &mut Vec<(u32, u32)>,
    ) -> Vec<Candidate> {
        let mut candidates = Vec::with_capacity(ids.len());
        for (place, &net) in ids.iter().enumerate() {
            for (position, (attrs, source, path)) in table.path_ids(net).enumerate() {
                let id = sent_id(path);
                if Some(source) == self.own_source {
                    self.counters.updates.received += 1;
                    self.counters.updates.rejected += 1;
                } else if place < changed && sent.get(net, id) == Some(false) {
                    now.push((place as u32, id));
                } else {
                    let (place, position) = (place as u32, position as u32);
                    candidates.push(Candidate { attrs, source, place, id, net, position });
                }
            }
        }
        candidates
    }

    /// Paths with one attribute set from one source, grouped by the attributes they go out with.
    /// Those that are refused are in no group.
    fn path_groups<K: NetKey>(
        &mut self,
        table: &Table<K>,
        run: &[Candidate],
        export: &BgpExport,
    ) -> Vec<Group<K>> {
        let path = |c: &Candidate| table.path_at(c.net, c.position as usize);
        let Some(first) = run.first().and_then(path) else { return Vec::new() };
        let count = run.len() as u64;
        self.counters.updates.received += count;
        if export_check(first.attributes, first.source, export).is_err() {
            self.counters.updates.rejected += count;
            return Vec::new();
        }
        match self.policy {
            ExportPolicy::None => {
                self.counters.updates.filtered += count;
                Vec::new()
            }
            ExportPolicy::All => {
                let Some(attributes) = self.rewrite(&first, export) else { return Vec::new() };
                let mut group = Group::new(attributes);
                for c in run {
                    table.key(c.net).into_iter().for_each(|key| group.push(c, key));
                }
                vec![group]
            }
            ExportPolicy::Filter(_) => {
                let mut groups: Vec<Group<K>> = Vec::new();
                for c in run {
                    let (Some(key), Some(path)) = (table.key(c.net), path(c)) else { continue };
                    let Some(attributes) = self.filter_and_rewrite(key, &path, export) else { continue };
                    match groups.iter_mut().rev().take(8).find(|g| g.attributes == attributes) {
                        Some(group) => group.push(c, key),
                        None => {
                            let mut group = Group::new(attributes);
                            group.push(c, key);
                            groups.push(group);
                        }
                    }
                }
                groups
            }
        }
    }

    /// Takes the paths out of a group that are too many.
    fn keep_paths_within_limit<K>(
        &mut self,
        sent: &SentPaths,
        nets: &[u32],
        group: &mut Group<K>,
        others: &mut u64,
    ) {
        if !self.limit.is_set() {
            return;
        }
        let all = std::mem::take(&mut group.nets).into_iter().zip(std::mem::take(&mut group.paths));
        for (net, (place, id)) in all {
            let known = nets.get(place as usize).is_some_and(|net| sent.get(*net, id).is_some());
            if !known && !self.limit.admits(sent.len() as u64 + *others) {
                self.counters.updates.rejected += 1;
                continue;
            }
            *others += u64::from(!known);
            group.nets.push(net);
            group.paths.push((place, id));
        }
    }

    /// Writes down what the neighbor has of each net, and gives the paths that it has no more.
    fn settle_paths<K: NetKey>(
        &mut self,
        table: &Table<K>,
        sent: &mut SentPaths,
        ids: &[u32],
        mut now: Vec<(u32, u32)>,
    ) -> Vec<(u32, K)> {
        now.sort_unstable();
        let mut rest = now.as_slice();
        let mut withdrawn = Vec::new();
        let mut have: Vec<u32> = Vec::new();
        for (place, &net) in ids.iter().enumerate() {
            let split = rest.iter().take_while(|(at, _)| *at as usize == place).count();
            let (of_net, after) = rest.split_at(split);
            rest = after;
            have.clear();
            have.extend(of_net.iter().map(|(_, id)| *id));
            if let Some(key) = table.key(net) {
                let gone = sent.of(net).filter(|id| have.binary_search(id).is_err());
                withdrawn.extend(gone.map(|id| (id, key)));
            }
            sent.set(net, &have);
            if have.is_empty() {
                self.sent.remove(net);
            } else {
                self.sent.insert(net);
            }
        }
        self.counters.withdraws.received += withdrawn.len() as u64;
        self.counters.withdraws.accepted += withdrawn.len() as u64;
        withdrawn
    }
}
