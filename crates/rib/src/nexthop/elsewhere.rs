//! Next hops that are looked up in other tables: what has to be asked there, and what has not been answered.

use std::collections::{BTreeMap, BTreeSet};

use godwit_filter::Recursion;

/// A next hop that another table is to look up from now on, or not any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LookUp {
    /// The next hop; its table is that other one.
    pub hop: Recursion,
    /// It is to be looked up, and each change to be told.
    pub wanted: bool,
}

#[derive(Debug, Default)]
struct Other {
    /// What it is to be told; of one next hop only what was asked last.
    requests: BTreeMap<Recursion, bool>,
    /// Next hops of which nothing has been heard yet.
    awaited: BTreeSet<u32>,
    /// Next hops that are looked up there.
    hops: u32,
    closed: bool,
}

/// The other tables, by number less one.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    others: Vec<Other>,
}

/// As the other table calls it.
fn there(hop: Recursion) -> Recursion {
    Recursion { table: 0, ..hop }
}

impl Elsewhere {
    /// A number for another table; that of one that is gone and of which nothing is left, if there is such.
    pub(crate) fn open(&mut self) -> Option<u16> {
        let unused = self.others.iter().position(|other| other.closed && other.hops == 0);
        let index = unused.unwrap_or(self.others.len());
        let number = u16::try_from(index + 1).ok()?;
        match self.others.get_mut(index) {
            Some(place) => *place = Other::default(),
            None => self.others.push(Other::default()),
        }
        Some(number)
    }

    fn other(&mut self, table: u16) -> Option<&mut Other> {
        self.others.get_mut(usize::from(table).checked_sub(1)?)
    }

    pub(super) fn close(&mut self, table: u16) {
        if let Some(other) = self.other(table) {
            other.closed = true;
            other.requests.clear();
            other.awaited.clear();
        }
    }

    pub(super) fn ask(&mut self, id: u32, hop: Recursion) {
        let Some(other) = self.other(hop.table) else { return };
        other.hops += 1;
        if !other.closed {
            other.requests.insert(there(hop), true);
            other.awaited.insert(id);
        }
    }

    pub(super) fn forget(&mut self, id: u32, hop: Recursion) {
        let Some(other) = self.other(hop.table) else { return };
        other.hops -= 1;
        if !other.closed {
            other.requests.insert(there(hop), false);
            other.awaited.remove(&id);
        }
    }

    pub(super) fn answered(&mut self, id: u32, hop: Recursion) {
        if let Some(other) = self.other(hop.table) {
            other.awaited.remove(&id);
        }
    }

    /// Whether another table is to be told something.
    pub(crate) fn has_requests(&self, table: u16) -> bool {
        let other = usize::from(table).checked_sub(1).and_then(|index| self.others.get(index));
        other.is_some_and(|other| !other.requests.is_empty())
    }

    /// What another table is to be told.
    pub(crate) fn take_requests(&mut self, table: u16) -> Vec<LookUp> {
        let requests = self.other(table).map(|other| std::mem::take(&mut other.requests)).unwrap_or_default();
        requests.into_iter().map(|(hop, wanted)| LookUp { hop, wanted }).collect()
    }

    /// Whether nothing has been heard yet of some next hop.
    pub(crate) fn awaits(&self) -> bool {
        self.others.iter().any(|other| !other.awaited.is_empty())
    }
}
