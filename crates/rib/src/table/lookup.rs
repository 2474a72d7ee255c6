//! Longest match, and the resolution of recursive next hops.

use godwit_filter::{AttributeValue, Destination, NextHop};

use crate::key::NetKey;
use crate::nexthop::{Resolution, ResolvedHops};

use super::Table;

impl<K: NetKey> Table<K> {
    /// The longest net with a path that covers `bits` (left-aligned) and is at most `len_max` long.
    pub(super) fn longest_match(&self, bits: u128, len_max: u8) -> Option<u32> {
        (0..=len_max.min(K::BITS))
            .rev()
            .filter(|len| self.lengths[usize::from(*len)] > 0)
            .filter_map(|len| self.find(K::from_bits(bits, len)))
            .find(|id| !self.nets[*id as usize].paths.is_empty())
    }

    /// Looks a recursive next hop up in this table.
    pub(super) fn resolve(&self, next_hop: u32) -> Resolution {
        let Some(address) = self.next_hops.address(next_hop) else { return Resolution::Unresolved };
        let Some(net) = K::address_bits(address).and_then(|bits| self.longest_match(bits, K::BITS)) else {
            return Resolution::Unresolved;
        };
        let Some(best) = self.nets[net as usize].paths.first() else { return Resolution::Unresolved };
        let attributes = self.attrs.get(best.attrs);
        let hops: ResolvedHops = match &attributes.destination {
            Destination::Recursive(_) => return Resolution::Unresolved,
            dropped @ (Destination::Blackhole | Destination::Unreachable | Destination::Prohibit) => {
                return Resolution::Dropped(dropped.clone());
            }
            unicast => unicast
                .next_hops()
                .iter()
                .map(|hop| NextHop { gateway: hop.gateway.or(Some(address)), ..hop.clone() })
                .collect(),
        };
        let device = attributes.destination.next_hops().iter().all(|hop| hop.gateway.is_none());
        let igp_metric = match attributes.extra("igp_metric") {
            Some(AttributeValue::Int(metric)) => Some(*metric),
            _ if device => Some(0),
            _ => None,
        };
        Resolution::Hops { hops, igp_metric }
    }
}
