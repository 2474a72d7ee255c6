//! Next hops that resolve through nets whose best path depends on them in turn. A path whose next hop is inside of its
//! own net, beside one that is on the link, is the least of such circles: once it is the best, its next hop resolves
//! no more, since that would be through a recursive route; so it is not the best, and its next hop resolves.
//!
//! Looking up and comparing would follow each other for ever, and neighbors would be told of every turn. So a next hop
//! that turns too often, with nothing new from outside, stays resolved as it was last: packets for the net and for
//! the next hop then go the same way, that of the path on the link.

use std::collections::{BTreeMap, BTreeSet};

use godwit_filter::Recursion;

use crate::key::NetKey;
use crate::nexthop::Resolution;

use super::Table;

/// How often a next hop may go elsewhere before it is taken to be in a circle. Where there is none it takes no more
/// turns than next hops stand upon each other.
const TURNS_MAX: u32 = 16;

/// What turns, and what was found to be in a circle.
#[derive(Debug, Default)]
pub(super) struct Circles {
    /// How often next hops have gone elsewhere since something outside changed.
    turns: BTreeMap<u32, u32>,
    /// Those that stay as they are.
    kept: BTreeSet<u32>,
    /// What changes now follows from next hops that go elsewhere.
    pub(super) within: bool,
    /// That there are circles has been told.
    told: bool,
}

impl Circles {
    /// A next hop is to go there; whether it may.
    fn may_turn(&mut self, next_hop: u32, to: &Resolution) -> bool {
        let turns = self.turns.get(&next_hop).copied().unwrap_or_default();
        let stays = turns >= 2 * TURNS_MAX || (turns >= TURNS_MAX && *to == Resolution::Unresolved);
        if stays {
            self.kept.insert(next_hop);
        }
        !stays
    }

    fn has_turned(&mut self, next_hop: u32) {
        *self.turns.entry(next_hop).or_default() += 1;
    }

    /// Nothing is to be looked up or compared any more.
    pub(super) fn rest(&mut self) {
        self.turns.clear();
    }

    /// A number stands for a new next hop.
    pub(super) fn forget(&mut self, next_hop: u32) {
        self.turns.remove(&next_hop);
        self.kept.remove(&next_hop);
    }
}

impl<K: NetKey> Table<K> {
    /// Something changed that does not follow from next hops: those that were kept as they are are looked up again.
    pub(super) fn open_circles(&mut self) {
        self.jobs.circles.turns.clear();
        for next_hop in std::mem::take(&mut self.jobs.circles.kept) {
            self.jobs.reresolve(next_hop);
        }
    }

    /// The same if what changed is a path of a net that next hops are inside of.
    pub(super) fn open_circles_of(&mut self, id: u32) {
        let circles = &self.jobs.circles;
        if circles.within || circles.kept.is_empty() || self.next_hops_of(id).is_empty() {
            return;
        }
        self.open_circles();
    }

    /// Looks a next hop up again.
    pub(super) fn resolve_again(&mut self, next_hop: u32) {
        let resolution = self.resolve(next_hop);
        if self.next_hops.resolution(next_hop) == Some(&resolution) {
            return;
        }
        if !self.jobs.circles.may_turn(next_hop, &resolution) {
            return self.tell_circle(next_hop);
        }
        self.jobs.circles.has_turned(next_hop);
        if self.next_hops.resolve(next_hop, resolution) {
            self.jobs.resolves_otherwise(next_hop);
        }
    }

    /// Tells of the first circle of a table.
    fn tell_circle(&mut self, next_hop: u32) {
        if std::mem::replace(&mut self.jobs.circles.told, true) {
            return;
        }
        if let Some((Recursion { address, .. }, _)) = self.next_hops.looked_up(next_hop) {
            self.warnings.push(format!("Next hop {address} resolves through a route that depends on it"));
        }
    }
}
