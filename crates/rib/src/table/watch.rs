//! Next hops that are looked up in another table than their paths' own (`igp table`, next hops of the other family).
//!
//! The two tables belong to different owners, who carry what is asked one way and what is answered the other way. Of
//! each next hop only the last state waits to be carried, so that nothing grows while one of them is busy.

use godwit_filter::Recursion;

use crate::key::NetKey;
use crate::nexthop::{LookUp, Resolution, WatcherId};

use super::Table;

impl<K: NetKey> Table<K> {
    /// The number by which next hops can name another table as the one to look them up in
    /// ([`Recursion::table`]); none if there are too many.
    pub fn add_lookup_table(&mut self) -> Option<u16> {
        self.next_hops.elsewhere.open()
    }

    /// Another table is gone: what was looked up there is unreachable. Its number is used again when no path names it
    /// any more.
    pub fn lookup_table_is_gone(&mut self, table: u16) {
        self.open_circles();
        for next_hop in self.next_hops.gone(table) {
            self.jobs.resolves_otherwise(next_hop);
        }
    }

    /// Whether another table is to be told of next hops.
    pub fn has_lookups(&self, table: u16) -> bool {
        self.next_hops.elsewhere.has_requests(table)
    }

    /// What another table is to look up from now on, or not any more: for its [`Table::look_up`].
    pub fn take_lookups(&mut self, table: u16) -> Vec<LookUp> {
        self.next_hops.elsewhere.take_requests(table)
    }

    /// Whether some next hop of another table was never answered: its paths are unreachable only until then.
    pub fn awaits_lookups(&self) -> bool {
        self.next_hops.elsewhere.awaits()
    }

    /// What another table answered: from its [`Table::take_answers`].
    pub fn answered(&mut self, table: u16, answers: Vec<(Recursion, Resolution)>) {
        self.open_circles();
        for (hop, resolution) in answers {
            if let Some(next_hop) = self.next_hops.answered(Recursion { table, ..hop }, resolution) {
                self.jobs.resolves_otherwise(next_hop);
            }
        }
    }

    /// Looks next hops up for another table, and goes on telling what becomes of them, or ends that.
    pub fn look_up(&mut self, watcher: WatcherId, lookups: &[LookUp]) {
        for LookUp { hop, wanted } in lookups {
            let Some(bits) = K::address_bits(hop.address) else { continue };
            if !*wanted {
                self.next_hops.unwatch(watcher, *hop, bits);
                continue;
            }
            let (id, new) = self.next_hops.watch(watcher, *hop, bits);
            if new {
                self.jobs.circles.forget(id);
                let resolution = self.resolve(id);
                self.next_hops.resolve(id, resolution);
            }
        }
    }

    /// Another table looks nothing up here any more.
    pub fn remove_watcher(&mut self, watcher: WatcherId) {
        self.next_hops.unwatch_all(watcher);
    }

    /// Whether there is something to tell another table.
    pub fn has_answers(&self, watcher: WatcherId) -> bool {
        self.next_hops.has_news(watcher)
    }

    /// What another table does not know yet of the next hops it asked for.
    pub fn take_answers(&mut self, watcher: WatcherId) -> Vec<(Recursion, Resolution)> {
        self.next_hops.take_news(watcher)
    }
}
