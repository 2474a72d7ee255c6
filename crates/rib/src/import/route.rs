//! From path attributes to those of a route: loops, leaks, the next hop.

use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::{Destination, NextHop, Recursion, RouteAttributes, RouteSource};
use godwit_wire::{PathAttributes, Role, Treatment};

use crate::attrs::HashedAttributes;

use super::{ChannelImport, Context, Links, OnLink, UpdateSummary};

impl Context {
    /// The attributes of a route from path attributes, or `None` where the routes are to be
    /// withdrawn: a loop, a bad next hop, an error that RFC 7606 treats so.
    pub(super) fn route(
        &self,
        mut bgp: PathAttributes,
        verdict: Treatment,
        channel: Option<&ChannelImport>,
        links: &dyn Links,
        summary: &mut UpdateSummary,
    ) -> Option<HashedAttributes> {
        if verdict >= Treatment::Withdraw || self.is_loop(&bgp) {
            return None;
        }
        let channel = channel?;
        let first = bgp.as_path.as_ref().and_then(godwit_wire::AsPath::leading_as);
        if self.session.enforce_first_as && first != Some(self.session.peer_as) {
            summary.remarks.push("the first AS of the path is not the neighbor's".into());
            return None;
        }
        if let Some(leak) = self.only_to_customer(&mut bgp) {
            summary.remarks.push(leak);
            return None;
        }
        if !channel.aigp
            && let Some(rare) = bgp.rare.as_deref_mut()
        {
            (rare.aigp, rare.aigp_tlvs) = (None, Box::default());
        }
        let destination = self.destination(&bgp, channel, links, summary)?;
        bgp.local_pref.get_or_insert(self.session.default_local_pref);
        bgp.normalise();
        let mut attributes = RouteAttributes::new(RouteSource::Bgp, channel.preference, destination);
        attributes.from = Some(self.session.peer_address);
        attributes.bgp = bgp;
        Some(HashedAttributes::new(Arc::new(attributes), self.seed))
    }

    /// AS_PATH (RFC 4271 §9.1.2), ORIGINATOR_ID and CLUSTER_LIST (RFC 4456 §8) loops.
    fn is_loop(&self, bgp: &PathAttributes) -> bool {
        let s = &self.session;
        let too_often = |asn| {
            let times = bgp.as_path.as_ref().map_or(0, |p| p.count_as(asn));
            times as u64 > u64::from(s.allow_local_as)
        };
        too_often(s.local_as)
            || (s.public_as != s.local_as && too_often(s.public_as))
            || (s.internal
                && (bgp.originator_id() == Some(s.router_id)
                    || s.cluster_id.is_some_and(|id| bgp.cluster_list().contains(&id))))
    }

    /// OTC by what we are to the neighbor (RFC 9234 §5): set where it is missing, and what is a leak.
    fn only_to_customer(&self, bgp: &mut PathAttributes) -> Option<String> {
        let (role, peer_as) = (self.session.role?, self.session.peer_as);
        match (role, bgp.only_to_customer()) {
            (Role::Provider | Role::RsServer, Some(asn)) => {
                Some(format!("Route leak detected - OTC attribute from downstream: AS {asn}"))
            }
            (Role::Peer, Some(asn)) if asn != peer_as => {
                Some(format!("Route leak detected - OTC attribute with mismatched ASN {asn}"))
            }
            (Role::Customer | Role::Peer | Role::RsClient, None) => {
                bgp.rare_mut().only_to_customer = Some(peer_as);
                None
            }
            _ => None,
        }
    }

    fn destination(
        &self,
        bgp: &PathAttributes,
        channel: &ChannelImport,
        links: &dyn Links,
        summary: &mut UpdateSummary,
    ) -> Option<Destination> {
        let next_hop = bgp.next_hop?;
        let link_local = bgp.rare.as_ref().and_then(|r| r.link_local_next_hop);
        // A peer without a global address sends its link-local one in the global's place.
        let address = match (next_hop, link_local) {
            (IpAddr::V6(a), Some(ll)) if a.is_unspecified() => IpAddr::V6(ll),
            (IpAddr::V6(_), Some(ll)) if channel.prefer_link_local && !channel.recursive => IpAddr::V6(ll),
            (other, _) => other,
        };
        if channel.recursive {
            let [ipv4, ipv6] = channel.lookup_tables;
            let table = if address.is_ipv4() { ipv4 } else { ipv6 };
            let link_local = link_local.filter(|_| channel.prefer_link_local);
            return Some(Destination::of_recursion(Recursion { address, link_local, table }));
        }
        // Every link has link-local addresses: the neighbor means those of the session's.
        let link_local = matches!(address, IpAddr::V6(a) if a.is_unicast_link_local());
        let interface = self.session.ifindex.filter(|_| link_local);
        match links.on_link(address, interface) {
            OnLink::Yes(ifindex) => Some(Destination::Unicast(NextHop {
                gateway: Some(address),
                ifindex,
                weight: 1,
                onlink: false,
            })),
            OnLink::No if self.session.onlink && address == self.session.peer_address => {
                let ifindex = self.session.ifindex?;
                Some(Destination::Unicast(NextHop {
                    gateway: Some(address),
                    ifindex,
                    weight: 1,
                    onlink: true,
                }))
            }
            OnLink::Local => {
                summary.remarks.push(format!("Invalid NEXT_HOP attribute - local address {address}"));
                None
            }
            OnLink::No => {
                if self.session.next_hop_is_peer_else
                    && let peer = self.session.peer_address
                    && let OnLink::Yes(ifindex) = links.on_link(peer, self.session.ifindex)
                {
                    let gateway = Some(peer);
                    return Some(Destination::Unicast(NextHop {
                        gateway,
                        ifindex,
                        weight: 1,
                        onlink: false,
                    }));
                }
                summary
                    .remarks
                    .push(format!("Invalid NEXT_HOP attribute - address {address} not directly reachable"));
                None
            }
        }
    }
}
