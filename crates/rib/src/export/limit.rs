//! `export limit`.

use crate::key::NetKey;
use crate::limit::SourceLimit;
use crate::table::Table;

use super::Exporter;
use super::bgp::Group;

impl Exporter {
    /// Sets how many routes are sent at most. Whether more are already.
    pub fn set_limit(&mut self, limit: Option<SourceLimit>) -> bool {
        let (sent, _) = self.counters();
        self.limit.set(limit, sent)
    }

    /// Whether the limit was passed since this was last asked, or since as many as it were last there.
    pub fn take_limit_passed(&mut self) -> bool {
        let is_over = self.limit.is_over();
        is_over && !std::mem::replace(&mut self.limit_told, is_over)
    }

    /// Whether the limit has been passed.
    pub fn limit_was_passed(&self) -> bool {
        self.limit.was_over()
    }

    /// Whether a net may be sent, with so many others being new ones too.
    pub(super) fn is_within_limit(&mut self, id: u32, others: u64) -> bool {
        if !self.limit.is_set() || self.sent.contains(id) {
            return true;
        }
        let within = self.limit.admits(self.sent.len() as u64 + others);
        self.counters.updates.rejected += u64::from(!within);
        within
    }

    /// Takes what is too much out of what is about to be sent.
    pub(super) fn keep_within_limit<K: NetKey>(&mut self, table: &Table<K>, groups: &mut [Group<K>]) {
        if !self.limit.is_set() {
            return;
        }
        let mut others = 0;
        for group in groups {
            group.nets.retain(|key| {
                let Some(id) = table.net(*key).map(|net| net.id()) else { return true };
                let within = self.is_within_limit(id, others);
                others += u64::from(within && !self.sent.contains(id));
                within
            });
        }
    }

    /// Something is sent no longer.
    pub(super) fn has_less(&mut self) {
        let (sent, _) = self.counters();
        self.limit.has_fallen_to(sent);
        self.limit_told &= self.limit.is_over();
    }
}
