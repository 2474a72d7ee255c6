//! Best path selection in BIRD's order: preference, then RFC 4271 §9.1.2.2 as BIRD applies it.

use std::cmp::Ordering;
use std::net::IpAddr;

use godwit_filter::{AttributeValue, Destination, RouteAttributes, RouteSource};
use godwit_wire::well_known::LLGR_STALE;

use crate::nexthop::Resolution;
use crate::source::{BgpSource, SourceInfo};

/// A path as selection sees it.
pub(crate) struct Candidate<'a> {
    pub(crate) attributes: &'a RouteAttributes,
    pub(crate) source: &'a SourceInfo,
    /// What a recursive next hop resolves to.
    pub(crate) resolution: Option<&'a Resolution>,
}

/// Whether `new` is to be preferred over `old`, where `old` was there first and keeps its place on a tie.
pub(crate) fn is_better(new: &Candidate<'_>, old: &Candidate<'_>) -> bool {
    compare(new, old) == Ordering::Greater
}

fn compare(new: &Candidate<'_>, old: &Candidate<'_>) -> Ordering {
    new.attributes
        .preference
        .cmp(&old.attributes.preference)
        .then_with(|| new.source.type_rank.cmp(&old.source.type_rank))
        .then_with(|| match (&new.source.bgp, &old.source.bgp) {
            (Some(n), Some(o)) => compare_bgp(new, n, old, o),
            _ => Ordering::Equal,
        })
}

/// Whether `other` can share the traffic with `best` (`merge paths`): equal in all that tells routes apart,
/// whoever their neighbors are.
pub(crate) fn is_mergeable(best: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    if best.attributes.preference != other.attributes.preference
        || best.source.type_rank != other.source.type_rank
        || !(usable(best) && usable(other))
    {
        return false;
    }
    match (&best.source.bgp, &other.source.bgp) {
        (Some(b), Some(o)) => quality(best, b, other, o, false).is_eq(),
        (None, None) => {
            let fixed = |c: &Candidate<'_>| {
                matches!(c.attributes.source, RouteSource::Static | RouteSource::StaticDevice)
            };
            fixed(best) && fixed(other) && igp_metric(best) == igp_metric(other)
        }
        _ => false,
    }
}

/// The steps before those that only choose among equals, with that of AIGP or without.
fn quality(new: &Candidate<'_>, n: &BgpSource, old: &Candidate<'_>, o: &BgpSource, aigp: bool) -> Ordering {
    let (na, oa) = (&new.attributes.bgp, &old.attributes.bgp);
    // Each step compares "more is better".
    let steps: [&dyn Fn() -> Ordering; 9] = [
        &|| usable(new).cmp(&usable(old)),
        &|| oa.communities.contains(&LLGR_STALE).cmp(&na.communities.contains(&LLGR_STALE)),
        &|| {
            let n = na.local_pref.unwrap_or(n.default_local_pref);
            n.cmp(&oa.local_pref.unwrap_or(o.default_local_pref))
        },
        &|| if aigp { total_aigp(old).cmp(&total_aigp(new)) } else { Ordering::Equal },
        &|| if n.path_metric || o.path_metric { path_len(old).cmp(&path_len(new)) } else { Ordering::Equal },
        &|| origin(old).cmp(&origin(new)),
        &|| {
            let same_as = neighbor_as(new, n) == neighbor_as(old, o);
            if n.med_metric || o.med_metric || same_as {
                let n = na.med.unwrap_or(n.default_med);
                oa.med.unwrap_or(o.default_med).cmp(&n)
            } else {
                Ordering::Equal
            }
        },
        // Those of our confederation are no more external than those of our AS (RFC 5065 §5.3).
        &|| o.interior.cmp(&n.interior),
        &|| {
            let metric = |c, s: &BgpSource| if s.igp_metric { igp_metric(c) } else { 0 };
            metric(old, o).cmp(&metric(new, n))
        },
    ];
    steps.iter().map(|step| step()).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare_bgp(new: &Candidate<'_>, n: &BgpSource, old: &Candidate<'_>, o: &BgpSource) -> Ordering {
    let (na, oa) = (&new.attributes.bgp, &old.attributes.bgp);
    let steps: [&dyn Fn() -> Ordering; 4] = [
        &|| quality(new, n, old, o, true),
        &|| {
            // Keep the older of two external paths when asked to (RFC 5004).
            let external = !n.internal && !o.internal;
            let older = (n.prefer_older || o.prefer_older) && external && n.peer_id != o.peer_id;
            if older { Ordering::Less } else { Ordering::Equal }
        },
        &|| {
            let n = na.originator_id().unwrap_or(n.peer_id);
            oa.originator_id().unwrap_or(o.peer_id).cmp(&n)
        },
        &|| oa.cluster_list().len().cmp(&na.cluster_list().len()),
    ];
    steps
        .iter()
        .map(|step| step())
        .find(|order| order.is_ne())
        .unwrap_or_else(|| address_order(o.peer_address).cmp(&address_order(n.peer_address)))
}

/// Whether MED chooses between the two before anything else is looked at (`deterministic med`): both are of
/// sources that want it so, and of one neighboring AS.
pub(crate) fn is_of_one_group(a: &Candidate<'_>, b: &Candidate<'_>) -> bool {
    match (&a.source.bgp, &b.source.bgp) {
        (Some(s), Some(o)) => {
            s.deterministic_med
                && o.deterministic_med
                && a.attributes.preference == b.attributes.preference
                && neighbor_as(a, s) == neighbor_as(b, o)
        }
        _ => false,
    }
}

fn usable(c: &Candidate<'_>) -> bool {
    match c.resolution {
        None | Some(Resolution::Hops { .. }) => true,
        Some(Resolution::Unresolved) => false,
        // To BIRD 2 a route that drops packets is as good as any, if it does not say that its net cannot be reached.
        Some(Resolution::Dropped { to, .. }) => {
            *to != Destination::Unreachable && c.source.bgp.as_ref().is_none_or(|s| s.resolves_to_drops)
        }
    }
}

/// A missing path is longer than any.
fn path_len(c: &Candidate<'_>) -> u32 {
    c.attributes.bgp.as_path.as_ref().map_or(10_000, godwit_wire::AsPath::path_len)
}

fn origin(c: &Candidate<'_>) -> u8 {
    c.attributes.bgp.origin.map_or(godwit_wire::Origin::Incomplete as u8, |o| o as u8)
}

/// The neighbouring AS of MED comparison; an empty path is our own AS's.
fn neighbor_as(c: &Candidate<'_>, s: &BgpSource) -> u32 {
    match &c.attributes.bgp.as_path {
        Some(path) => path.first_as().unwrap_or(if path.path_len() == 0 { s.public_as } else { 0 }),
        None => s.public_as,
    }
}

/// The distance to the next hop.
fn igp_metric(c: &Candidate<'_>) -> u64 {
    match c.resolution {
        Some(Resolution::Hops { igp_metric, .. } | Resolution::Dropped { igp_metric, .. }) => {
            igp_metric.map_or(UNKNOWN_METRIC, u64::from)
        }
        Some(Resolution::Unresolved) => 0,
        None => c.source.bgp.as_ref().map_or(0, |s| u64::from(s.cost)),
    }
}

/// What nobody knows is further than all that is known.
const UNKNOWN_METRIC: u64 = u32::MAX as u64;

/// RFC 7311 §4.1: the distance by way of the next hop. Without AIGP it is further than with any.
pub(crate) fn total_aigp(c: &Candidate<'_>) -> u64 {
    let Some(aigp) = c.attributes.bgp.aigp() else { return u64::MAX };
    match igp_metric(c) {
        _ if !usable(c) => u64::MAX,
        UNKNOWN_METRIC => u64::MAX,
        // §3.4: each hop adds something.
        metric => aigp.saturating_add(metric.max(1)),
    }
}

/// The metric that a route brings with it, if it is known: none for a device route.
pub(crate) fn known_metric(attributes: &RouteAttributes) -> Option<u32> {
    match attributes.extra("igp_metric") {
        Some(AttributeValue::Int(metric)) => Some(*metric),
        _ if attributes.source == RouteSource::Device => Some(0),
        _ => None,
    }
}

fn address_order(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(a) => u128::from(a.to_ipv6_mapped()),
        IpAddr::V6(a) => u128::from(a),
    }
}
