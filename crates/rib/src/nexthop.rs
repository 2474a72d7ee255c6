//! Recursive next hops: where packets for a BGP next hop that is not on the link go.

mod elsewhere;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use godwit_filter::{Destination, NextHop, Recursion};
use smallvec::SmallVec;

pub(crate) use elsewhere::Elsewhere;
pub use elsewhere::LookUp;

/// Resolved next hops; nearly always one.
pub type ResolvedHops = SmallVec<[NextHop; 1]>;

/// What a recursive next hop resolves to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Resolution {
    /// No route to it, or only one that may not be used: the paths through it are unreachable.
    #[default]
    Unresolved,
    /// It goes there.
    Hops {
        /// The next hops to use.
        hops: ResolvedHops,
        /// The metric of the covering route; 0 for a device route, none if not known.
        igp_metric: Option<u32>,
    },
    /// The covering route drops packets.
    Dropped {
        /// In which way: blackhole, unreachable or prohibit.
        to: Destination,
        /// The metric of the covering route, if it is known.
        igp_metric: Option<u32>,
    },
}

/// Another table that looks next hops up in this one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WatcherId(pub u32);

#[derive(Debug)]
struct Tracked {
    hop: Recursion,
    /// Its address, left-aligned, if it is this table that is looked in.
    bits: Option<u128>,
    /// Attribute sets that use it.
    refs: u32,
    /// Other tables that ask for it.
    watchers: SmallVec<[WatcherId; 1]>,
    resolution: Resolution,
    /// The net that it was last told to be inside of without resolving, as that has to be looked up itself.
    told: Option<u32>,
}

/// The next hops that paths of a table resolve through, and those that other tables ask for.
#[derive(Debug, Default)]
pub(crate) struct NextHopTracker {
    tracked: Vec<Option<Tracked>>,
    /// By address and link-local address.
    by_bits: BTreeMap<(u128, u128), u32>,
    /// Those that are not looked up here.
    foreign: BTreeMap<Recursion, u32>,
    /// The tables where those are.
    pub(crate) elsewhere: Elsewhere,
    free: Vec<u32>,
    /// Addresses of this router itself, with the numbers of their interfaces.
    own: BTreeSet<(IpAddr, u32)>,
    /// Next hops that other tables have to hear of.
    news: BTreeSet<(WatcherId, u32)>,
}

fn place(bits: u128, link_local: Option<Ipv6Addr>) -> (u128, u128) {
    (bits, link_local.map_or(0, u128::from))
}

impl NextHopTracker {
    /// The tracker's id for a next hop, with one more user; whether it is new and must be resolved.
    /// `bits` is `None` for one that is not looked up in this table.
    pub(crate) fn acquire(&mut self, hop: Recursion, bits: Option<u128>) -> (u32, bool) {
        let (id, new) = self.entry(hop, bits);
        if let Some(Some(t)) = self.tracked.get_mut(id as usize) {
            t.refs += 1;
        }
        if new && bits.is_none() {
            self.elsewhere.ask(id, hop);
        }
        (id, new && bits.is_some())
    }

    fn entry(&mut self, hop: Recursion, bits: Option<u128>) -> (u32, bool) {
        let known = match bits {
            Some(bits) => self.by_bits.get(&place(bits, hop.link_local)),
            None => self.foreign.get(&hop),
        };
        if let Some(&id) = known {
            return (id, false);
        }
        let resolution = Resolution::Unresolved;
        let tracked = Tracked { hop, bits, refs: 0, watchers: SmallVec::new(), resolution, told: None };
        let id = match self.free.pop() {
            Some(id) => {
                self.tracked[id as usize] = Some(tracked);
                id
            }
            None => {
                self.tracked.push(Some(tracked));
                (self.tracked.len() - 1) as u32
            }
        };
        match bits {
            Some(bits) => self.by_bits.insert(place(bits, hop.link_local), id),
            None => self.foreign.insert(hop, id),
        };
        (id, true)
    }

    /// One user less.
    pub(crate) fn release(&mut self, id: u32) {
        let Some(Some(t)) = self.tracked.get_mut(id as usize) else { return };
        t.refs -= 1;
        self.drop_unused(id);
    }

    fn drop_unused(&mut self, id: u32) {
        let Some(slot) = self.tracked.get_mut(id as usize) else { return };
        let Some(t) = slot.take_if(|t| t.refs == 0 && t.watchers.is_empty()) else { return };
        match t.bits {
            Some(bits) => drop(self.by_bits.remove(&place(bits, t.hop.link_local))),
            None => {
                self.foreign.remove(&t.hop);
                self.elsewhere.forget(id, t.hop);
            }
        }
        self.free.push(id);
    }

    /// Another table asks for a next hop, which is in this table's family; whether it must be resolved.
    pub(crate) fn watch(&mut self, watcher: WatcherId, hop: Recursion, bits: u128) -> (u32, bool) {
        let (id, new) = self.entry(hop, Some(bits));
        if let Some(Some(t)) = self.tracked.get_mut(id as usize)
            && !t.watchers.contains(&watcher)
        {
            t.watchers.push(watcher);
        }
        self.news.insert((watcher, id));
        (id, new)
    }

    /// It does not any more.
    pub(crate) fn unwatch(&mut self, watcher: WatcherId, hop: Recursion, bits: u128) {
        let Some(&id) = self.by_bits.get(&place(bits, hop.link_local)) else { return };
        self.remove_watcher(watcher, id);
    }

    /// Another table is gone.
    pub(crate) fn unwatch_all(&mut self, watcher: WatcherId) {
        for id in 0..self.tracked.len() as u32 {
            self.remove_watcher(watcher, id);
        }
    }

    fn remove_watcher(&mut self, watcher: WatcherId, id: u32) {
        if let Some(Some(t)) = self.tracked.get_mut(id as usize) {
            t.watchers.retain(|w| *w != watcher);
            self.news.remove(&(watcher, id));
            self.drop_unused(id);
        }
    }

    /// Whether another table has to hear of something.
    pub(crate) fn has_news(&self, watcher: WatcherId) -> bool {
        self.news_of(watcher).next().is_some()
    }

    fn news_of(&self, watcher: WatcherId) -> impl Iterator<Item = u32> + '_ {
        self.news.range((watcher, 0)..=(watcher, u32::MAX)).map(|(_, id)| *id)
    }

    /// What another table has to hear of.
    pub(crate) fn take_news(&mut self, watcher: WatcherId) -> Vec<(Recursion, Resolution)> {
        let ids: Vec<u32> = self.news_of(watcher).collect();
        for id in &ids {
            self.news.remove(&(watcher, *id));
        }
        let known = ids.into_iter().filter_map(|id| self.tracked.get(id as usize)?.as_ref());
        known.map(|t| (t.hop, t.resolution.clone())).collect()
    }

    pub(crate) fn resolution(&self, id: u32) -> Option<&Resolution> {
        self.tracked.get(id as usize)?.as_ref().map(|t| &t.resolution)
    }

    /// What a next hop resolves to, if it is among those that are resolved.
    pub(crate) fn known(&self, hop: Recursion, bits: Option<u128>) -> Option<&Resolution> {
        let id = match bits {
            Some(bits) => self.by_bits.get(&place(bits, hop.link_local)),
            None => self.foreign.get(&hop),
        };
        self.resolution(*id?)
    }

    /// A next hop that is looked up in this table, with its address left-aligned.
    pub(crate) fn looked_up(&self, id: u32) -> Option<(Recursion, u128)> {
        let tracked = self.tracked.get(id as usize)?.as_ref()?;
        Some((tracked.hop, tracked.bits?))
    }

    /// Whether it is to be told that a next hop is inside of a net that has to be looked up itself.
    pub(crate) fn is_news(&mut self, id: u32, net: u32) -> bool {
        let tracked = self.tracked.get_mut(id as usize).and_then(Option::as_mut);
        tracked.is_some_and(|t| t.told.replace(net) != Some(net))
    }

    /// Sets a resolution; whether paths of this table are concerned, as it differs from the one before.
    pub(crate) fn resolve(&mut self, id: u32, resolution: Resolution) -> bool {
        match self.tracked.get_mut(id as usize) {
            Some(Some(t)) if t.resolution != resolution => {
                t.resolution = resolution;
                self.news.extend(t.watchers.iter().map(|watcher| (*watcher, id)));
                t.refs > 0
            }
            _ => false,
        }
    }

    /// Another table says where a next hop goes; its id, if paths are concerned.
    pub(crate) fn answered(&mut self, hop: Recursion, resolution: Resolution) -> Option<u32> {
        let id = *self.foreign.get(&hop)?;
        self.elsewhere.answered(id, hop);
        self.resolve(id, resolution).then_some(id)
    }

    /// Another table is gone: nothing resolves there any more. The ids of next hops whose paths are concerned.
    pub(crate) fn gone(&mut self, table: u16) -> Vec<u32> {
        self.elsewhere.close(table);
        let there = self.foreign.iter().filter(|(hop, _)| hop.table == table);
        let ids: Vec<u32> = there.map(|(_, id)| *id).collect();
        ids.into_iter().filter(|id| self.resolve(*id, Resolution::Unresolved)).collect()
    }

    /// The next hops looked up in this table inside a net given by its first and last address.
    pub(crate) fn within(&self, first: u128, last: u128) -> SmallVec<[u32; 4]> {
        self.by_bits.range((first, 0)..=(last, u128::MAX)).map(|(_, id)| *id).collect()
    }

    /// Whether an address is this router's own on an interface.
    pub(crate) fn is_own(&self, address: IpAddr, ifindex: u32) -> bool {
        self.own.contains(&(address, ifindex))
    }

    /// Sets the router's own addresses; the ones that came or went.
    pub(crate) fn set_own(&mut self, own: BTreeSet<(IpAddr, u32)>) -> Vec<IpAddr> {
        let changed = self.own.symmetric_difference(&own).map(|(address, _)| *address).collect();
        self.own = own;
        changed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_bits.is_empty()
    }
}
