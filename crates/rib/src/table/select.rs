//! Which path of a net is its best.

use crate::best::{is_better, is_of_one_group};
use crate::key::NetKey;

use super::Table;

impl<K: NetKey> Table<K> {
    /// Compares the path at `position` with the best and puts it first if it wins.
    pub(super) fn challenge(&mut self, id: u32, position: usize) {
        if self.deterministic > 0 {
            // It may also hide another path, or hide it no longer.
            if self.select(id) {
                self.best_changed(id);
            }
        } else if self.is_better_at(id, position, 0) {
            self.promote(id, position);
            self.best_changed(id);
        }
    }

    /// The path at `position` has become worse, or is gone from there.
    pub(super) fn worsened(&mut self, id: u32, position: usize) {
        if position == 0 {
            self.select(id);
            self.best_changed(id);
        } else if self.deterministic > 0 && self.select(id) {
            // What it kept from being looked at may be the best of all.
            self.best_changed(id);
        }
    }

    /// Finds the best path again, after the one in front changed or went. Whether it is another one.
    pub(super) fn select(&mut self, id: u32) -> bool {
        let count = self.nets[id as usize].paths.len();
        let mut best = None;
        for i in 0..count {
            let hidden = self.deterministic > 0 && count > 1 && self.is_hidden(id, i);
            if !hidden && best.is_none_or(|best| self.is_better_at(id, i, best)) {
                best = Some(i);
            }
        }
        let best = best.unwrap_or(0);
        if best != 0 {
            self.promote(id, best);
        }
        best != 0
    }

    /// Whether a path is not looked at since there is a better one by way of the same neighboring AS
    /// (`deterministic med`).
    fn is_hidden(&self, id: u32, position: usize) -> bool {
        let paths = &self.nets[id as usize].paths;
        let Some(path) = self.candidate(&paths[position]) else { return false };
        paths.iter().enumerate().any(|(i, other)| {
            i != position
                && self.candidate(other).is_some_and(|other| {
                    is_of_one_group(&path, &other)
                        && (is_better(&other, &path) || (i < position && !is_better(&path, &other)))
                })
        })
    }

    /// Whether the path at one place of a net is to be preferred over the one at another, that was there first.
    fn is_better_at(&self, id: u32, new: usize, old: usize) -> bool {
        let paths = &self.nets[id as usize].paths;
        match (self.candidate(&paths[new]), self.candidate(&paths[old])) {
            (Some(new), Some(old)) => is_better(&new, &old),
            _ => false,
        }
    }

    /// The places of a net's paths, in the order in which they would be the best: each after those that
    /// are better.
    pub(crate) fn ranking(&self, id: u32) -> Vec<usize> {
        let count = self.nets.get(id as usize).map_or(0, |net| net.paths.len());
        let mut ranking: Vec<usize> = Vec::with_capacity(count);
        for new in 0..count {
            let place = ranking.iter().skip(1).position(|old| self.is_better_at(id, new, *old));
            ranking.insert(place.map_or(ranking.len(), |place| place + 1), new);
        }
        ranking
    }

    fn promote(&mut self, id: u32, position: usize) {
        let paths = &mut self.nets[id as usize].paths;
        let (old, new) = (paths[0].source, paths[position].source);
        paths[..=position].rotate_right(1);
        self.count_preferred(old, false);
        self.count_preferred(new, true);
    }
}
