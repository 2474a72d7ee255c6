//! What a neighbor is to be told of a path (RFC 4271 §5.1, RFC 4456 §8), put down a second time and apart from the
//! router's own way of doing it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use godwit_filter::Destination;
use godwit_rib::{AigpPolicy, BgpExport, NetKey, NextHopPolicy, PathView, PrivateAsPolicy, export_check};
use godwit_wire::{AsPath, Origin, PathAttributes, Role, SegmentKind};

use crate::common::ETH0;

/// What is said of a path.
pub enum Expected {
    /// It is not told.
    Nothing,
    /// It is told, if it fits in a message.
    This(Box<PathAttributes>),
    /// What its recursive next hop leads to decides.
    Perhaps,
}

/// What is told of a path under the policy that lets everything pass.
pub fn expected<K: NetKey>(path: &PathView<'_>, export: &BgpExport) -> Expected {
    if export_check(path.attributes, path.source, export).is_err() {
        return Expected::Nothing;
    }
    let before = &path.attributes.bgp;
    let from = path.source.bgp.as_ref();
    let mut after = before.clone();
    let Some(next_hop) = next_hop(path, export) else { return Expected::Perhaps };
    // RFC 8950: only by agreement.
    let own_family = next_hop.is_ipv4() == (K::BITS == 32);
    if next_hop == export.peer_address || !(own_family || export.extended_next_hop) {
        return Expected::Nothing;
    }
    after.next_hop = Some(next_hop);
    after.origin.get_or_insert(if from.is_some() { Origin::Incomplete } else { Origin::Igp });
    let path = before.as_path.clone().unwrap_or_else(AsPath::empty);
    after.as_path = Some(match (export.internal, export.interior) {
        (true, _) => path,
        (_, true) => path.prepended(SegmentKind::ConfedSequence, export.local_as, 1),
        _ => {
            let mut path = path.without_confederation();
            if let Some(theirs) = export.as_override {
                path = path.with_replaced(theirs, export.public_as);
            }
            path = match export.private_as {
                PrivateAsPolicy::Keep => path,
                PrivateAsPolicy::Remove => path.without_private_ases(),
                PrivateAsPolicy::Replace => path.with_private_ases_replaced(export.public_as),
            };
            if export.rs_client { path } else { path.prepended(SegmentKind::Sequence, export.public_as, 1) }
        }
    });
    if export.interior {
        after.local_pref.get_or_insert(export.default_local_pref);
    } else {
        after.local_pref = after.local_pref.filter(|_| export.allow_local_pref);
        after.med = after.med.filter(|_| export.rs_client || export.allow_med);
    }
    let rare = after.rare_mut();
    if !export.internal {
        (rare.originator_id, rare.cluster_list) = (None, Box::default());
    } else if let Some(from) = from.filter(|from| from.internal) {
        rare.originator_id.get_or_insert(from.peer_id);
        let entered = from.rr_client.then_some(from.cluster_id);
        let left = Some(export.cluster_id).filter(|id| export.rr_client && entered != Some(*id));
        rare.cluster_list =
            left.into_iter().chain(entered).chain(rare.cluster_list.iter().copied()).collect();
    }
    if !export.interior {
        rare.ext_communities = rare.ext_communities.iter().copied().filter(|c| c.is_transitive()).collect();
    }
    if matches!(export.role, Some(Role::Provider | Role::Peer | Role::RsServer)) {
        rare.only_to_customer.get_or_insert(export.public_as);
    }
    if export.aigp == AigpPolicy::Off {
        (rare.aigp, rare.aigp_tlvs) = (None, Box::default());
    }
    after.normalise();
    Expected::This(Box::new(after))
}

/// The next hop to tell; none where it depends on what the path's resolves to.
fn next_hop(path: &PathView<'_>, export: &BgpExport) -> Option<IpAddr> {
    let own = export.own_next_hop.expect("each has one");
    if export.next_hop_self == NextHopPolicy::All {
        return Some(own);
    }
    let fits = |address: &IpAddr| export.extended_next_hop || address.is_ipv4() == own.is_ipv4();
    if let Some(set) = path.attributes.bgp.next_hop.filter(|address| !address.is_unspecified()) {
        let on_one_link =
            export.ifindex == ETH0 && path.source.bgp.as_ref().is_some_and(|b| b.ifindex == ETH0);
        if !fits(&set) {
            return Some(own);
        }
        if export.interior || on_one_link {
            return Some(set);
        }
    }
    match &path.attributes.destination {
        Destination::Recursive(_) => None,
        Destination::Unicast(hop) => {
            let is_link_local = |a: &IpAddr| matches!(a, IpAddr::V6(a) if a.is_unicast_link_local());
            let gateway = hop.gateway.filter(|a| fits(a) && !is_link_local(a));
            let near = export.interior || export.ifindex == hop.ifindex;
            Some(gateway.filter(|_| near).unwrap_or(own))
        }
        _ => Some(own),
    }
}

/// Attributes as they can be compared: lists that are sets in order, without what only a link or a metric decides.
pub fn comparable(attributes: &PathAttributes) -> PathAttributes {
    let mut a = attributes.clone();
    a.communities = a.communities.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let rare = a.rare_mut();
    rare.ext_communities =
        rare.ext_communities.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    rare.large_communities =
        rare.large_communities.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    rare.link_local_next_hop = None;
    rare.aigp = rare.aigp.map(|_| 0);
    a.normalise();
    a
}
