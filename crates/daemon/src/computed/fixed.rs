//! Static routes as they can be used now.

use godwit_config::{StaticConfig, StaticNextHop, StaticRoute, StaticTarget};
use godwit_filter::{Destination, NextHop, Recursion, RouteAttributes, RouteSource, Subject, Verdict};

use super::{Collected, Route};
use crate::links::{LinkTable, is_gateway, is_link_local};

pub(super) fn static_routes(
    config: &StaticConfig,
    links: &LinkTable,
    protocol: &str,
    device_source: RouteSource,
    mut collected: Collected<'_>,
    lookup_tables: &[[u16; 2]],
) -> Vec<Route> {
    for route in &config.routes {
        let Some((place, preference)) = collected.channel(&route.net) else { continue };
        let reached = static_route(route, config.check_link, links, device_source);
        let Some((source, mut destination)) = reached else { continue };
        if let (Some(hop), Some([ipv4, ipv6])) = (destination.recursion(), lookup_tables.get(place)) {
            let table = if hop.address.is_ipv4() { *ipv4 } else { *ipv6 };
            destination = Destination::of_recursion(Recursion { table, ..hop });
        }
        let mut attributes = RouteAttributes::new(source, preference, destination);
        if let Some(commands) = &route.commands {
            let subject = Subject { net: route.net, protocol, attributes: &attributes, surroundings: links };
            let outcome = commands.run(&subject);
            if let Some(error) = outcome.error {
                tracing::error!("{error}");
            }
            if let Some(changed) = outcome.attributes.filter(|_| outcome.verdict == Verdict::Accept) {
                attributes = *changed;
                attributes.enter_table();
            }
        }
        collected.push(route.net, attributes);
    }
    collected.routes
}

/// Says which next hops can never be used.
pub(super) fn tell_invalid(config: &StaticConfig) {
    for route in &config.routes {
        let StaticTarget::NextHops(hops) = &route.target else { continue };
        for hop in hops {
            let Some(gateway) = hop.gateway else { continue };
            if !is_gateway(gateway) || (is_link_local(gateway) && hop.interface.is_none()) {
                tracing::warn!("Invalid next hop {gateway} of static route {}", route.net);
            }
        }
    }
}

/// The next hops that cannot be used now.
pub(super) fn dormant(config: &StaticConfig, links: &LinkTable) -> Vec<StaticNextHop> {
    let hops = config.routes.iter().filter_map(|route| match &route.target {
        StaticTarget::NextHops(hops) => Some(hops),
        _ => None,
    });
    let unusable = |hop: &&StaticNextHop| static_next_hop(hop, config.check_link, links).is_none();
    hops.flatten().filter(unusable).cloned().collect()
}

/// The route as it can be used now; `None` while none of its next hops can be reached.
fn static_route(
    route: &StaticRoute,
    check_link: bool,
    links: &LinkTable,
    device_source: RouteSource,
) -> Option<(RouteSource, Destination)> {
    Some(match &route.target {
        StaticTarget::NextHops(hops) => {
            let usable = hops.iter().filter_map(|hop| static_next_hop(hop, check_link, links)).collect();
            let device = hops.iter().all(|h| h.gateway.is_none());
            let source = if device { device_source } else { RouteSource::Static };
            (source, Destination::of_next_hops(usable)?)
        }
        StaticTarget::Recursive(address) => (RouteSource::Static, Destination::Recursive(*address)),
        StaticTarget::Blackhole => (RouteSource::Static, Destination::Blackhole),
        StaticTarget::Unreachable => (RouteSource::Static, Destination::Unreachable),
        StaticTarget::Prohibit => (RouteSource::Static, Destination::Prohibit),
    })
}

fn static_next_hop(hop: &StaticNextHop, check_link: bool, links: &LinkTable) -> Option<NextHop> {
    let named = match &hop.interface {
        Some(name) => Some(links.by_name(name)?.index),
        None => None,
    };
    let ifindex = match (hop.gateway, named) {
        (None, index) => index?,
        (Some(gateway), Some(index)) if hop.onlink && is_gateway(gateway) => index,
        // One of our own will do, as in BIRD: the kernel takes it to mean the link.
        (Some(gateway), index) if is_gateway(gateway) => links.link_of(gateway, index)?.0,
        _ => return None,
    };
    let link = links.by_index(ifindex)?;
    let up = link.admin_up && (link.link_up || !check_link);
    up.then_some(NextHop { gateway: hop.gateway, ifindex, weight: hop.weight, onlink: hop.onlink })
}
