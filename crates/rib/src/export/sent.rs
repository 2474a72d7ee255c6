//! Which paths of a net an add-path neighbor was sent.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::source::SourceId;

/// The path has changed since it was sent.
const CHANGED: u32 = 1 << 31;
/// The net has more paths than one: look in `many`.
const MANY: u32 = CHANGED - 1;

/// The path identifier we send for paths of a source: never zero, below [`MANY`], and the same for
/// as long as the path is there.
pub(super) fn sent_id(source: SourceId) -> u32 {
    source.0 + 1
}

/// Path identifiers sent, per net. Nearly all nets have one path: four octets each then.
#[derive(Debug, Default)]
pub(super) struct SentPaths {
    /// By net id: 0 for none, an identifier, or [`MANY`].
    one: Vec<u32>,
    /// Two or more, ascending but for [`CHANGED`].
    many: HashMap<u32, SmallVec<[u32; 4]>, FixedState>,
    count: usize,
}

impl SentPaths {
    /// What was sent of a net, ascending by identifier.
    pub(super) fn of(&self, net: u32) -> impl Iterator<Item = u32> {
        self.slice(net).iter().map(|id| id & !CHANGED)
    }

    /// Whether an identifier was sent for a net, and if so, whether its path has changed since.
    pub(super) fn get(&self, net: u32, id: u32) -> Option<bool> {
        let ids = self.slice(net);
        let index = ids.binary_search_by_key(&id, |id| id & !CHANGED).ok()?;
        ids.get(index).map(|id| id & CHANGED != 0)
    }

    /// Notes that a path has changed, if it was sent.
    pub(super) fn mark(&mut self, net: u32, id: u32) {
        let ids = match self.one.get_mut(net as usize) {
            None | Some(0) => return,
            Some(&mut MANY) => match self.many.get_mut(&net) {
                Some(ids) => ids.as_mut_slice(),
                None => return,
            },
            Some(one) => std::slice::from_mut(one),
        };
        if let Ok(index) = ids.binary_search_by_key(&id, |id| id & !CHANGED)
            && let Some(id) = ids.get_mut(index)
        {
            *id |= CHANGED;
        }
    }

    /// Replaces what was sent of a net: identifiers in ascending order.
    pub(super) fn set(&mut self, net: u32, ids: &[u32]) {
        let index = net as usize;
        if index >= self.one.len() {
            if ids.is_empty() {
                return;
            }
            self.one.resize(index + 1, 0);
        }
        self.count = self.count + ids.len() - self.slice(net).len();
        let Some(place) = self.one.get_mut(index) else { return };
        let had_many = *place == MANY;
        *place = match ids {
            [] => 0,
            [id] => *id,
            _ => MANY,
        };
        if ids.len() > 1 {
            self.many.insert(net, SmallVec::from_slice(ids));
        } else if had_many {
            self.many.remove(&net);
        }
    }

    /// Paths sent.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Octets it occupies, roughly.
    pub(super) fn memory(&self) -> usize {
        let spilled = |ids: &SmallVec<[u32; 4]>| if ids.spilled() { ids.capacity() * 4 } else { 0 };
        self.one.capacity() * 4 + self.many.allocation_size() + self.many.values().map(spilled).sum::<usize>()
    }

    fn slice(&self, net: u32) -> &[u32] {
        match self.one.get(net as usize) {
            None | Some(0) => &[],
            Some(&MANY) => self.many.get(&net).map_or(&[], SmallVec::as_slice),
            Some(id) => std::slice::from_ref(id),
        }
    }
}
