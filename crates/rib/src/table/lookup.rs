//! Longest match, and the resolution of recursive next hops.

use std::collections::BTreeSet;
use std::net::IpAddr;

use godwit_filter::{AttributeValue, Destination, NextHop, Recursion};

use crate::key::NetKey;
use crate::nexthop::{Resolution, ResolvedHops};

use super::Table;

/// What a next hop is found to be.
enum Found {
    To(Resolution),
    /// Inside the net with this id, whose best path has to be looked up itself: that is not done.
    Recursive(u32),
}

impl<K: NetKey> Table<K> {
    /// The longest net with a path that covers `bits` (left-aligned) and is at most `len_max` long.
    pub(super) fn longest_match(&self, bits: u128, len_max: u8) -> Option<u32> {
        (0..=len_max.min(K::BITS))
            .rev()
            .filter(|len| self.lengths[usize::from(*len)] > 0)
            .filter_map(|len| self.find(K::from_bits(bits, len)))
            .find(|id| !self.nets[*id as usize].paths.is_empty())
    }

    /// Says which addresses are this router's own, and the numbers of the interfaces that have them: a next hop that
    /// is one of them and on that link is unreachable. What resolves through one that came or went is resolved again by the next jobs.
    pub fn set_own_addresses(&mut self, own: BTreeSet<(IpAddr, u32)>) {
        self.open_circles();
        for address in self.next_hops.set_own(own) {
            let Some(bits) = K::address_bits(address) else { continue };
            for next_hop in self.next_hops.within(bits, bits) {
                self.jobs.reresolve(next_hop);
            }
        }
    }

    fn leads_to_us(&self, address: IpAddr, to: &Destination) -> bool {
        let hops = to.next_hops().iter();
        hops.filter(|hop| hop.gateway.is_none()).any(|hop| self.next_hops.is_own(address, hop.ifindex))
    }

    /// Looks a recursive next hop up in this table. That it resolves only through another recursive route is told, once
    /// for each net that is so.
    pub(super) fn resolve(&mut self, next_hop: u32) -> Resolution {
        let Some((hop, bits)) = self.next_hops.looked_up(next_hop) else { return Resolution::Unresolved };
        match self.where_to(hop, bits) {
            Found::To(resolution) => resolution,
            Found::Recursive(net) => {
                if self.next_hops.is_news(next_hop, net)
                    && let Some(key) = self.key(net)
                {
                    let address = hop.address;
                    let line =
                        format!("Next hop address {address} resolvable through recursive route for {key}");
                    self.remarks.push(line);
                }
                Resolution::Unresolved
            }
        }
    }

    /// What there is to say of next hops that is no neighbor's fault, since last asked.
    pub fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }

    /// What the destination of a route that is not in the table resolves to, if it is recursive. What is looked up
    /// elsewhere is unresolved unless a path of the table asks for it, too.
    pub fn resolution_of(&self, destination: &Destination) -> Option<Resolution> {
        let hop = destination.recursion()?;
        let bits = if hop.table == 0 { K::address_bits(hop.address) } else { None };
        let known = self.next_hops.known(hop, bits).cloned();
        known.or_else(|| {
            Some(match bits.map(|bits| self.where_to(hop, bits)) {
                Some(Found::To(resolution)) => resolution,
                Some(Found::Recursive(_)) | None => Resolution::Unresolved,
            })
        })
    }

    fn where_to(&self, hop: Recursion, bits: u128) -> Found {
        const NOWHERE: Found = Found::To(Resolution::Unresolved);
        let Some(net) = self.longest_match(bits, K::BITS) else { return NOWHERE };
        let address = hop.address;
        // RFC 2545 §3: on a link it is known by that one.
        let on_link = hop.link_local.map_or(address, IpAddr::V6);
        let Some(best) = self.nets[net as usize].paths.first() else { return NOWHERE };
        let attributes = self.attrs.get(best.attrs);
        let igp_metric = match attributes.extra("igp_metric") {
            Some(AttributeValue::Int(metric)) => Some(*metric),
            _ if is_straight_to_link(&attributes.destination) => Some(0),
            _ => None,
        };
        let hops: ResolvedHops = match &attributes.destination {
            Destination::Recursive(_) | Destination::RecursiveBy(_) => return Found::Recursive(net),
            dropped @ (Destination::Blackhole | Destination::Unreachable | Destination::Prohibit) => {
                return Found::To(Resolution::Dropped { to: dropped.clone(), igp_metric });
            }
            // It would be handed to the link itself, were it not for the address being ours there.
            unicast if self.leads_to_us(address, unicast) => return NOWHERE,
            unicast => unicast
                .next_hops()
                .iter()
                .map(|hop| NextHop { gateway: hop.gateway.or(Some(on_link)), ..hop.clone() })
                .collect(),
        };
        Found::To(Resolution::Hops { hops, igp_metric })
    }
}

fn is_straight_to_link(to: &Destination) -> bool {
    let hops = to.next_hops();
    !hops.is_empty() && hops.iter().all(|hop| hop.gateway.is_none())
}
