//! What BGP changes in a route's attributes on the way to a peer (RFC 4271 §5.1, RFC 4456 §8).

use std::net::{IpAddr, Ipv6Addr};

use godwit_filter::{Destination, RouteAttributes, Surroundings};
use godwit_wire::{AsPath, ExtendedCommunity, Origin, PathAttributes, Role, SegmentKind};

use crate::best::{Candidate, known_metric, total_aigp};
use crate::nexthop::Resolution;
use crate::source::SourceInfo;

use super::check::Refused;
use super::options::{AigpPolicy, BgpExport, LinkLocalFormat, MissingLinkLocal, PrivateAsPolicy};

/// The attributes that go to the neighbor.
pub(super) fn rewrite(
    attributes: &RouteAttributes,
    source: &SourceInfo,
    resolution: Option<&Resolution>,
    export: &BgpExport,
) -> Result<PathAttributes, Refused> {
    let mut bgp = attributes.bgp.clone();
    let from_bgp = source.bgp.is_some();
    bgp.origin.get_or_insert(if from_bgp { Origin::Incomplete } else { Origin::Igp });
    let (next_hop, own) = next_hop(attributes, source, resolution, export);
    let next_hop = next_hop.ok_or(Refused::NoNextHop)?;
    if next_hop == export.peer_address {
        return Err(Refused::NextHopIsPeer);
    }
    aigp(&mut bgp, attributes, source, resolution, export, next_hop);
    bgp.next_hop = Some(next_hop);
    if own || bgp.rare.as_ref().is_some_and(|r| r.link_local_next_hop.is_some()) {
        // RFC 2545 §3: the link-local address goes only to a neighbor on the link it is of.
        let shared = shared_link(source, export);
        let theirs = bgp.rare.as_ref().and_then(|r| r.link_local_next_hop).filter(|_| shared);
        bgp.rare_mut().link_local_next_hop = if own { export.own_link_local } else { theirs };
    }
    if let IpAddr::V6(address) = next_hop
        && address.is_unicast_link_local()
    {
        let (global, link_local) = match export.link_local_format {
            LinkLocalFormat::Native => (Ipv6Addr::UNSPECIFIED, Some(address)),
            LinkLocalFormat::Single => (address, None),
            LinkLocalFormat::Double => (address, Some(address)),
        };
        bgp.next_hop = Some(global.into());
        bgp.rare_mut().link_local_next_hop = link_local;
    }
    let path = bgp.as_path.take().unwrap_or_else(AsPath::empty);
    // RFC 7947 §2.2.2.1: a route server does not add itself. 1.6 does, to routes that are its own.
    let as_is = export.rs_client && (from_bgp || !export.rewrite_before_filter);
    bgp.as_path = Some(if export.internal {
        path
    } else if export.interior {
        path.prepended(SegmentKind::ConfedSequence, export.local_as, 1)
    } else {
        // RFC 5065 §4.1 c: what is inside of the confederation does not show.
        let path = abroad(path, export);
        if as_is { path } else { path.prepended(SegmentKind::Sequence, export.public_as, 1) }
    });
    if export.interior {
        bgp.local_pref.get_or_insert(export.default_local_pref);
    }
    if export.internal {
        reflect(&mut bgp, source, export);
    } else if export.interior {
        drop_clusters(&mut bgp);
    } else {
        externalise(&mut bgp, attributes, from_bgp, export);
    }
    // RFC 9234 §5: from here it only goes down.
    let downwards = matches!(export.role, Some(Role::Provider | Role::Peer | Role::RsServer));
    if downwards && bgp.only_to_customer().is_none() {
        bgp.rare_mut().only_to_customer = Some(export.public_as);
    }
    bgp.normalise();
    Ok(bgp)
}

/// `missing lladdr`: a next hop on the neighbor's link is to have both addresses (RFC 2545 §3). Whether the route is sent.
pub(super) fn complete_link_local(
    bgp: &mut PathAttributes,
    export: &BgpExport,
    surroundings: &dyn Surroundings,
) -> bool {
    let known = bgp.rare.as_ref().is_some_and(|rare| rare.link_local_next_hop.is_some());
    let (Some(policy), Some(next_hop), false) = (export.missing_link_local, bgp.next_hop, known) else {
        return true;
    };
    let is_own = bgp.next_hop == export.own_next_hop;
    let is_near = || export.ifindex != 0 && surroundings.neighbor_interface(next_hop) == Some(export.ifindex);
    if !is_own && !is_near() {
        return true;
    }
    match policy {
        MissingLinkLocal::Drop if !is_own => return false,
        MissingLinkLocal::Ignore if !is_own => return true,
        MissingLinkLocal::Own | MissingLinkLocal::Drop | MissingLinkLocal::Ignore => {}
    }
    bgp.next_hop = export.own_next_hop;
    if export.own_link_local.is_some() {
        bgp.rare_mut().link_local_next_hop = export.own_link_local;
    }
    true
}

/// A path as those outside may see it.
fn abroad(mut path: AsPath, export: &BgpExport) -> AsPath {
    if path.has_confederation() {
        path = path.without_confederation();
    }
    if let Some(theirs) = export.as_override.filter(|asn| path.contains(*asn)) {
        path = path.with_replaced(theirs, export.public_as);
    }
    match export.private_as {
        PrivateAsPolicy::Keep => path,
        PrivateAsPolicy::Remove => path.without_private_ases(),
        PrivateAsPolicy::Replace => path.with_private_ases_replaced(export.public_as),
    }
}

/// RFC 7311 §3.4: the distance from us to the end, of a neighbor to whom we are the next hop.
fn aigp(
    bgp: &mut PathAttributes,
    attributes: &RouteAttributes,
    source: &SourceInfo,
    resolution: Option<&Resolution>,
    export: &BgpExport,
    next_hop: IpAddr,
) {
    let candidate = Candidate { attributes, source, resolution };
    if bgp.aigp().is_some() {
        if export.aigp == AigpPolicy::Off {
            bgp.rare_mut().aigp = None;
        } else if bgp.next_hop != Some(next_hop) {
            bgp.rare_mut().aigp = Some(total_aigp(&candidate));
        }
    } else if export.aigp == AigpPolicy::Originate && source.bgp.is_none() {
        let metric = known_metric(attributes);
        if metric.is_some() {
            bgp.rare_mut().aigp = metric.map(u64::from);
        }
    }
}

/// RFC 4456 §8: who originated the route inside the AS, and the clusters it went through.
fn reflect(bgp: &mut PathAttributes, source: &SourceInfo, export: &BgpExport) {
    let Some(from) = source.bgp.as_ref().filter(|b| b.internal) else { return };
    let rare = bgp.rare_mut();
    rare.originator_id.get_or_insert(from.peer_id);
    let mut clusters = Vec::with_capacity(rare.cluster_list.len() + 2);
    if export.rr_client && (!from.rr_client || from.cluster_id != export.cluster_id) {
        clusters.push(export.cluster_id);
    }
    if from.rr_client {
        clusters.push(from.cluster_id);
    }
    clusters.extend_from_slice(&rare.cluster_list);
    rare.cluster_list = clusters.into();
}

fn externalise(bgp: &mut PathAttributes, before: &RouteAttributes, from_bgp: bool, export: &BgpExport) {
    if !export.allow_local_pref {
        bgp.local_pref = None;
    }
    // BIRD 2 sends MED abroad only if the export filter set it; 1.6 sends zero for routes from BGP.
    // RFC 7947 §2.2.3: the client of a route server gets it as it is.
    bgp.med = match bgp.med {
        med if export.rs_client || export.allow_med => med,
        Some(_) if export.rewrite_before_filter && from_bgp => Some(0),
        med => med.filter(|_| export.rewrite_before_filter || before.fresh_med),
    };
    drop_clusters(bgp);
    if let Some(rare) = bgp.rare.as_deref_mut()
        && rare.ext_communities.iter().any(|c| !c.is_transitive())
    {
        rare.ext_communities =
            rare.ext_communities.iter().copied().filter(|c| ExtendedCommunity::is_transitive(*c)).collect();
    }
}

/// What of RFC 4456 is of no concern in another AS.
fn drop_clusters(bgp: &mut PathAttributes) {
    if let Some(rare) = bgp.rare.as_deref_mut() {
        rare.originator_id = None;
        rare.cluster_list = Box::default();
    }
}

/// The next hop to announce, and whether it is our own: the first rule that applies.
fn next_hop(
    attributes: &RouteAttributes,
    source: &SourceInfo,
    resolution: Option<&Resolution>,
    export: &BgpExport,
) -> (Option<IpAddr>, bool) {
    let own = (export.own_next_hop, true);
    let set = attributes.bgp.next_hop.filter(|a| !a.is_unspecified());
    if export.next_hop_self.applies(source) {
        return own;
    }
    if set.is_some() && (export.next_hop_keep.applies(source) || attributes.fresh_next_hop) {
        return (set, false);
    }
    let same_family = |a: &IpAddr| {
        export.extended_next_hop || export.own_next_hop.is_none_or(|own| own.is_ipv4() == a.is_ipv4())
    };
    if let Some(address) = set {
        if !same_family(&address) {
            return own;
        }
        if export.interior || shared_link(source, export) {
            return (set, false);
        }
    }
    let gateway = match (&attributes.destination, resolution) {
        (Destination::Unicast(hop), _) => hop.gateway.map(|g| (g, hop.ifindex)),
        (to, Some(Resolution::Hops { hops, .. })) if to.is_recursive() => match hops.as_slice() {
            [hop] => hop.gateway.map(|g| (g, hop.ifindex)),
            _ => None,
        },
        _ => None,
    };
    match gateway {
        Some((address, ifindex))
            if same_family(&address)
                && !is_link_local(address)
                && (export.interior || (export.ifindex != 0 && export.ifindex == ifindex)) =>
        {
            (Some(address), false)
        }
        _ => own,
    }
}

/// Whether the sessions a route comes from and goes to are on one link.
fn shared_link(source: &SourceInfo, export: &BgpExport) -> bool {
    export.ifindex != 0 && source.bgp.as_ref().is_some_and(|b| b.ifindex == export.ifindex)
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => a.is_link_local(),
        IpAddr::V6(a) => a.is_unicast_link_local(),
    }
}
