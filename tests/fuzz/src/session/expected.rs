//! What a neighbor is to be told of a path (RFC 4271 §5.1, RFC 4456 §8), put down a second time and apart from the
//! router's own way of doing it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use godwit_filter::Destination;
use godwit_rib::{AigpPolicy, BgpExport, NetKey, NextHopPolicy, PathView, PrivateAsPolicy, export_check};
use godwit_wire::{AsPath, Origin, PathAttributes, Role, SegmentKind};

use crate::session::common::ETH0;

/// What is said of a path.
pub(super) enum Expected {
    /// It is not told.
    Nothing,
    /// It is told, if it fits in a message.
    This(Box<PathAttributes>),
    /// What its recursive next hop leads to decides, or its path is not told apart by a neighbor with 2-octet ASes.
    Perhaps,
}

/// What is told of a path under the policy that lets everything pass.
pub(super) fn expected<K: NetKey>(path: &PathView<'_>, export: &BgpExport) -> Expected {
    if export_check(path.attributes, path.source, export).is_err() {
        return Expected::Nothing;
    }
    let before = &path.attributes.bgp;
    let from = path.source.bgp.as_ref();
    let mut after = before.clone();
    let Some((next_hop, is_own)) = next_hop(path, export) else { return Expected::Perhaps };
    // RFC 8950: only by agreement.
    let own_family = next_hop.is_ipv4() == (K::BITS == 32);
    if next_hop == export.peer_address || !(own_family || export.extended_next_hop) {
        return Expected::Nothing;
    }
    after.next_hop = Some(next_hop);
    after.origin.get_or_insert(if from.is_some() { Origin::Incomplete } else { Origin::Igp });
    let theirs = before.rare.as_ref().and_then(|rare| rare.link_local_next_hop);
    let theirs = theirs.filter(|_| is_on_one_link(path, export));
    let link_local = if is_own { export.own_link_local } else { theirs };
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
    if !export.four_octet_as && after.as_path.as_ref().is_some_and(is_lost) {
        return Expected::Perhaps;
    }
    if export.interior {
        after.local_pref.get_or_insert(export.default_local_pref);
    } else {
        after.local_pref = after.local_pref.filter(|_| export.allow_local_pref);
        after.med = after.med.filter(|_| export.rs_client || export.allow_med);
    }
    let rare = after.rare_mut();
    rare.link_local_next_hop = match next_hop {
        IpAddr::V4(_) => None,
        // It stands for itself.
        IpAddr::V6(address) if address.is_unicast_link_local() => link_local.or(Some(address)),
        IpAddr::V6(address) => link_local.filter(|_| address.to_ipv4_mapped().is_none()),
    };
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

/// Whether a neighbor with 2-octet ASes is told less: what confederation segments have is not in AS4_PATH (RFC 6793 §3),
/// and behind others, where only a filter brings them, they have no place they could be put back to (§4.2.3).
fn is_lost(path: &AsPath) -> bool {
    let is_wide = |asn: u32| u16::try_from(asn).is_err();
    path.segments().any(|s| s.kind.is_confederation() && s.ases().any(is_wide))
        || path.segments().skip_while(|s| s.kind.is_confederation()).any(|s| s.kind.is_confederation())
}

/// The next hop to tell and whether it is our own; none where it depends on what the path's resolves to.
fn next_hop(path: &PathView<'_>, export: &BgpExport) -> Option<(IpAddr, bool)> {
    let own = export.own_next_hop.expect("each has one");
    if export.next_hop_self == NextHopPolicy::All {
        return Some((own, true));
    }
    let fits = |address: &IpAddr| export.extended_next_hop || address.is_ipv4() == own.is_ipv4();
    if let Some(set) = path.attributes.bgp.next_hop.filter(|address| !address.is_unspecified()) {
        if !fits(&set) {
            return Some((own, true));
        }
        if export.interior || is_on_one_link(path, export) {
            return Some((set, false));
        }
    }
    match &path.attributes.destination {
        Destination::Recursive(_) | Destination::RecursiveBy(_) => None,
        Destination::Unicast(hop) => {
            let is_link_local = |a: &IpAddr| matches!(a, IpAddr::V6(a) if a.is_unicast_link_local());
            let gateway = hop.gateway.filter(|a| fits(a) && !is_link_local(a));
            let near = export.interior || export.ifindex == hop.ifindex;
            Some(gateway.filter(|_| near).map_or((own, true), |gateway| (gateway, false)))
        }
        _ => Some((own, true)),
    }
}

/// Whether a path comes over a link and goes out over the same.
fn is_on_one_link(path: &PathView<'_>, export: &BgpExport) -> bool {
    export.ifindex == ETH0 && path.source.bgp.as_ref().is_some_and(|b| b.ifindex == ETH0)
}

/// Attributes as they can be compared: lists that are sets in order, the path apart as it is shown, since two sequences
/// in a row are as good as one, without what only a metric decides.
pub(super) fn comparable(attributes: &PathAttributes) -> (String, PathAttributes) {
    let mut a = attributes.clone();
    let path = a.as_path.take().expect("mandatory").to_string();
    a.communities = a.communities.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let rare = a.rare_mut();
    rare.ext_communities =
        rare.ext_communities.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    rare.large_communities =
        rare.large_communities.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    rare.aigp = rare.aigp.map(|_| 0);
    a.normalise();
    (path, a)
}
