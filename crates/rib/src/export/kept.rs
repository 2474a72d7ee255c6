//! `export table`: what a neighbor was sent is kept as the export filter left it. It can be looked at, and what would only
//! be sent as it was is not sent. Without the option nothing of this is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use godwit_filter::RouteAttributes;
use godwit_wire::{NlriItem, PathAttributes};

use crate::key::NetKey;
use crate::source::SourceId;
use crate::table::{PathView, Table};

use super::check::export_check;
use super::rewrite::rewrite;
use super::sent::{SentPaths, sent_id};
use super::{BgpExport, Exporter, ExporterKind};

/// A route that was sent.
#[derive(Debug)]
pub(crate) struct KeptRoute {
    /// After the export filter.
    pub(crate) attributes: Arc<RouteAttributes>,
    /// What the neighbor was told; one for all that went out together.
    told: Arc<PathAttributes>,
    /// The path's source, or sub-source.
    pub(crate) path: SourceId,
    /// When it was sent.
    pub(crate) since: u64,
}

/// By net and the identifier that was sent, 0 without ADD-PATH.
#[derive(Debug, Default)]
pub(super) struct KeptRoutes {
    routes: BTreeMap<(u32, u32), KeptRoute>,
    /// The time of the next that are sent, milliseconds since the Unix epoch.
    now: u64,
}

impl KeptRoutes {
    fn of(&self, net: u32) -> impl Iterator<Item = (u32, &KeptRoute)> {
        self.routes.range((net, 0)..=(net, u32::MAX)).map(|((_, id), route)| (*id, route))
    }

    /// Octets of it, roughly: attributes that a filter changed are not counted.
    pub(super) fn memory(&self) -> usize {
        self.routes.len() * (size_of::<(u32, u32)>() + size_of::<KeptRoute>() + 8)
    }
}

/// A path that may go out.
struct Candidate {
    id: u32,
    path: SourceId,
    attributes: Arc<RouteAttributes>,
    told: PathAttributes,
}

/// Paths that go out with one set of attributes.
struct Group<N> {
    told: Arc<PathAttributes>,
    items: Vec<N>,
    /// The net and the identifier of each, and what is kept of it.
    routes: Vec<(u32, u32, KeptRoute)>,
}

impl Exporter {
    /// Keeps what is sent (`export table`). Before it is added to a table; 1.6 knows nothing of this.
    pub fn keep_exported(&mut self) {
        if matches!(&self.kind, ExporterKind::Bgp(export) if !export.rewrite_before_filter) {
            self.kept = Some(KeptRoutes::default());
        }
    }

    /// Whether what is sent is kept.
    pub fn keeps_exported(&self) -> bool {
        self.kept.is_some()
    }

    /// Sets the time at which what is sent from now on is, if it is kept: milliseconds since the Unix epoch.
    pub fn set_time(&mut self, now: u64) {
        if let Some(kept) = &mut self.kept {
            kept.now = now;
        }
    }

    /// The nets of which something is kept, from an id on.
    pub(crate) fn kept_nets(&self, cursor: u32) -> impl Iterator<Item = u32> {
        let routes = self.kept.as_ref().map(|kept| kept.routes.range((cursor, 0)..));
        let mut last = None;
        routes
            .into_iter()
            .flatten()
            .map(|((net, _), _)| *net)
            .filter(move |net| last.replace(*net) != Some(*net))
    }

    /// What is kept of a net.
    pub(crate) fn kept_of(&self, net: u32) -> impl Iterator<Item = &KeptRoute> {
        self.kept.iter().flat_map(move |kept| kept.of(net)).map(|(_, route)| route)
    }

    /// The changes of nets `ids`. What is as it was sent is left alone in the first `changed` nets; of the others
    /// everything is sent again. `paths` and `kept` are the exporter's own, which has none meanwhile.
    pub(super) fn drain_kept<K: NetKey>(
        &mut self,
        table: &Table<K>,
        export: &BgpExport,
        paths: Option<SentPaths>,
        kept: Option<KeptRoutes>,
        ids: &[u32],
        changed: usize,
    ) -> Bytes {
        let mut kept = kept.unwrap_or_default();
        let ids = ids.split_at(changed.min(ids.len()));
        let updates = match &paths {
            Some(_) => self.drain_kept_as(table, export, &mut kept, ids, |key, id| (id, key)),
            None => self.drain_kept_as(table, export, &mut kept, ids, |key, _| key),
        };
        self.paths = paths;
        for &net in ids.0.iter().chain(ids.1) {
            let sent: Vec<u32> = kept.of(net).map(|(id, _)| id).collect();
            if sent.is_empty() {
                self.sent.remove(net);
            } else {
                self.sent.insert(net);
            }
            if let Some(paths) = &mut self.paths {
                paths.set(net, &sent);
            }
        }
        self.kept = Some(kept);
        self.has_less();
        updates
    }

    fn drain_kept_as<K: NetKey, N: NlriItem<Net = K>>(
        &mut self,
        table: &Table<K>,
        export: &BgpExport,
        kept: &mut KeptRoutes,
        (changed, fed): (&[u32], &[u32]),
        item: impl Fn(K, u32) -> N,
    ) -> Bytes {
        let mut groups: Vec<Group<N>> = Vec::new();
        let mut withdrawn: Vec<N> = Vec::new();
        let mut others = 0;
        for (net, again) in changed.iter().map(|net| (*net, false)).chain(fed.iter().map(|net| (*net, true)))
        {
            let Some(key) = table.key(net) else { continue };
            let wanted = self.kept_candidates(table, net, key, export);
            let gone = kept.of(net).map(|(id, _)| id).filter(|id| wanted.iter().all(|c| c.id != *id));
            for id in gone.collect::<Vec<u32>>() {
                kept.routes.remove(&(net, id));
                withdrawn.push(item(key, id));
            }
            for candidate in wanted {
                let Candidate { id, path, attributes, told } = candidate;
                let sent = kept.routes.len() as u64 + others;
                match kept.routes.get_mut(&(net, id)) {
                    Some(known) if !again && *known.told == told => {
                        // Nothing to say, though it may be of another source now.
                        (known.path, known.attributes) = (path, attributes);
                        continue;
                    }
                    Some(_) => {}
                    None if self.limit.is_set() && !self.limit.admits(sent) => {
                        self.counters.updates.rejected += 1;
                        continue;
                    }
                    None => others += 1,
                }
                // Neighbors in the table are often alike.
                let alike = groups.iter().rev().take(8).position(|group| *group.told == told);
                let place = alike.map_or(usize::MAX, |back| groups.len() - 1 - back);
                let group = match groups.get_mut(place) {
                    Some(group) => group,
                    None => {
                        groups.push_mut(Group { told: Arc::new(told), items: Vec::new(), routes: Vec::new() })
                    }
                };
                group.items.push(item(key, id));
                let told = group.told.clone();
                group.routes.push((net, id, KeptRoute { attributes, told, path, since: kept.now }));
            }
        }
        let mut announced = BytesMut::new();
        for group in groups {
            let Err(refused) = K::encode_announce(&group.told, &group.items, export, &mut announced) else {
                self.counters.updates.accepted += group.items.len() as u64;
                kept.routes.extend(group.routes.into_iter().map(|(net, id, route)| ((net, id), route)));
                continue;
            };
            let keys: Vec<K> = group.routes.iter().filter_map(|(net, ..)| table.key(*net)).collect();
            self.note_refused(&keys, refused);
            for ((net, id, _), item) in group.routes.into_iter().zip(group.items) {
                withdrawn.extend(kept.routes.remove(&(net, id)).map(|_| item));
            }
        }
        self.counters.withdraws.received += withdrawn.len() as u64;
        self.counters.withdraws.accepted += withdrawn.len() as u64;
        let mut out = BytesMut::new();
        K::encode_withdraw(&withdrawn, export.message_len_max, &mut out);
        out.unsplit(announced);
        out.freeze()
    }

    /// What of a net may go out: the best path, the first that passes, or every path.
    fn kept_candidates<K: NetKey>(
        &mut self,
        table: &Table<K>,
        net: u32,
        key: K,
        export: &BgpExport,
    ) -> Vec<Candidate> {
        let count = table.path_ids(net).count();
        let every_path = export.add_path;
        let order: Vec<usize> = if every_path {
            (0..count).collect()
        } else if self.secondary {
            table.ranking(net)
        } else {
            (0..count.min(1)).collect()
        };
        let mut candidates = Vec::new();
        for path in order.into_iter().filter_map(|position| table.path_at(net, position)) {
            let id = if every_path { sent_id(path.key) } else { 0 };
            if let Some((attributes, told)) = self.passes(key, &path, export) {
                candidates.push(Candidate { id, path: path.key, attributes, told });
                if !every_path {
                    break;
                }
            }
        }
        candidates
    }

    fn passes<K: NetKey>(
        &mut self,
        key: K,
        path: &PathView<'_>,
        export: &BgpExport,
    ) -> Option<(Arc<RouteAttributes>, PathAttributes)> {
        self.counters.updates.received += 1;
        if Some(path.source_id) == self.own_source
            || export_check(path.attributes, path.source, export).is_err()
        {
            self.counters.updates.rejected += 1;
            return None;
        }
        let attributes = self.filter(key, path)?.map_or_else(|| path.attributes.clone(), Arc::from);
        let told = rewrite(&attributes, path.source, path.resolution, export).ok()?;
        Some((attributes, told))
    }
}
