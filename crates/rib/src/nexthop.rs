//! Recursive next hops: where packets for a BGP next hop that is not on the link go.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use godwit_filter::NextHop;
use smallvec::SmallVec;

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
    /// The covering route drops packets: blackhole, unreachable or prohibit.
    Dropped(godwit_filter::Destination),
}

#[derive(Debug)]
struct Tracked {
    address: IpAddr,
    bits: u128,
    /// Attribute sets that use it.
    refs: u32,
    resolution: Resolution,
}

/// The next hops that paths of a table resolve through.
#[derive(Debug, Default)]
pub(crate) struct NextHopTracker {
    tracked: Vec<Option<Tracked>>,
    by_bits: BTreeMap<u128, u32>,
    /// Next hops of the other family: no table to look them up in.
    foreign: BTreeMap<IpAddr, u32>,
    free: Vec<u32>,
    /// Addresses of this router itself, with the numbers of their interfaces.
    own: BTreeSet<(IpAddr, u32)>,
}

impl NextHopTracker {
    /// The tracker's id for an address, with one more user; whether it is new and must be resolved.
    /// `bits` is `None` for an address of the other family, which never resolves.
    pub(crate) fn acquire(&mut self, address: IpAddr, bits: Option<u128>) -> (u32, bool) {
        let known = match bits {
            Some(bits) => self.by_bits.get(&bits),
            None => self.foreign.get(&address),
        };
        if let Some(&id) = known {
            if let Some(Some(t)) = self.tracked.get_mut(id as usize) {
                t.refs += 1;
            }
            return (id, false);
        }
        let tracked =
            Tracked { address, bits: bits.unwrap_or(0), refs: 1, resolution: Resolution::Unresolved };
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
            Some(bits) => self.by_bits.insert(bits, id),
            None => self.foreign.insert(address, id),
        };
        (id, bits.is_some())
    }

    /// One user less.
    pub(crate) fn release(&mut self, id: u32) {
        let Some(slot) = self.tracked.get_mut(id as usize) else { return };
        let Some(t) = slot else { return };
        t.refs -= 1;
        if t.refs == 0 {
            if self.by_bits.get(&t.bits) == Some(&id) {
                self.by_bits.remove(&t.bits);
            } else {
                self.foreign.remove(&t.address);
            }
            *slot = None;
            self.free.push(id);
        }
    }

    pub(crate) fn resolution(&self, id: u32) -> Option<&Resolution> {
        self.tracked.get(id as usize)?.as_ref().map(|t| &t.resolution)
    }

    pub(crate) fn address(&self, id: u32) -> Option<IpAddr> {
        self.tracked.get(id as usize)?.as_ref().map(|t| t.address)
    }

    /// Sets a resolution; whether it differs from the one before.
    pub(crate) fn resolve(&mut self, id: u32, resolution: Resolution) -> bool {
        match self.tracked.get_mut(id as usize) {
            Some(Some(t)) if t.resolution != resolution => {
                t.resolution = resolution;
                true
            }
            _ => false,
        }
    }

    /// The tracked next hops inside a net given by its first and last address.
    pub(crate) fn within(&self, first: u128, last: u128) -> SmallVec<[(u32, u128); 4]> {
        self.by_bits.range(first..=last).map(|(bits, id)| (*id, *bits)).collect()
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
