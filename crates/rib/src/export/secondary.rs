//! `secondary`: of each net the first path, the best first, that the neighbor may have.

use bytes::{Bytes, BytesMut};

use crate::key::NetKey;
use crate::table::Table;

use super::Exporter;
use super::bgp::Group;
use super::check::export_check;
use super::options::BgpExport;

impl Exporter {
    /// Sends of each net the first path that passes, not the best one or none (`secondary`). Before it is added
    /// to a table.
    pub fn send_first_that_passes(&mut self) {
        self.secondary = !self.sends_every_path();
    }

    /// Whether of each net the first path that passes is sent.
    pub fn sends_first_that_passes(&self) -> bool {
        self.secondary
    }

    pub(super) fn drain_secondary<K: NetKey>(
        &mut self,
        table: &Table<K>,
        export: &BgpExport,
        ids: &[u32],
    ) -> Bytes {
        // Each with the ids of its nets.
        let mut groups: Vec<(Group<K>, Vec<u32>)> = Vec::new();
        let mut gone = Vec::new();
        let mut others = 0;
        for &id in ids {
            let Some(key) = table.key(id) else { continue };
            let passed = self.first_that_passes(table, id, key, export);
            let Some(attributes) = passed.filter(|_| self.is_within_limit(id, others)) else {
                gone.push(id);
                continue;
            };
            others += u64::from(!self.sent.contains(id));
            // Neighbors in the table are often alike.
            match groups.iter_mut().rev().take(8).find(|(group, _)| group.attributes == attributes) {
                Some((group, ids)) => {
                    group.nets.push(key);
                    ids.push(id);
                }
                None => groups.push((Group { attributes, nets: vec![key] }, vec![id])),
            }
        }
        let mut announced = BytesMut::new();
        for (group, ids) in groups {
            match K::encode_announce(&group.attributes, &group.nets, export, &mut announced) {
                Ok(()) => {
                    self.counters.updates.accepted += ids.len() as u64;
                    ids.into_iter().for_each(|id| {
                        self.sent.insert(id);
                    });
                }
                Err(refused) => {
                    self.note_refused(&group.nets, refused);
                    gone.extend(ids);
                }
            }
        }
        let mut withdrawn = Vec::new();
        gone.into_iter().for_each(|id| self.take_back(table, id, &mut withdrawn));
        let mut out = BytesMut::new();
        K::encode_withdraw(&withdrawn, export.message_len_max, &mut out);
        out.unsplit(announced);
        out.freeze()
    }

    /// What goes out of a net.
    fn first_that_passes<K: NetKey>(
        &mut self,
        table: &Table<K>,
        id: u32,
        key: K,
        export: &BgpExport,
    ) -> Option<godwit_wire::PathAttributes> {
        table.ranking(id).into_iter().find_map(|position| {
            let path = table.path_at(id, position)?;
            self.counters.updates.received += 1;
            if Some(path.source_id) == self.own_source
                || export_check(path.attributes, path.source, export).is_err()
            {
                self.counters.updates.rejected += 1;
                return None;
            }
            self.filter_and_rewrite(key, &path, export)
        })
    }
}
