//! A route of the table as the kernel is to have it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use godwit_filter::{AttributeValue, Destination, NextHop, RouteAttributes};
use godwit_netlink::{Family, RouteHop, RouteKind, Wanted};
use godwit_rib::{NetKey, WantedPath, WantedRoute};

use crate::links::LinkTable;

use super::Kernel;
use super::attributes::{metrics, number};

/// The routes that a filter sent through a tunnel (`krt_tunnel`), and the tunnels' interfaces when they were
/// last looked at: when one comes or goes, its routes change.
#[derive(Debug)]
pub(super) struct Tunnels<K> {
    interfaces: BTreeMap<Arc<str>, Option<u32>>,
    routes: HashMap<K, WantedRoute>,
}

impl<K> Default for Tunnels<K> {
    fn default() -> Self {
        Self { interfaces: BTreeMap::new(), routes: HashMap::new() }
    }
}

impl<K: NetKey> Tunnels<K> {
    /// Remembers a route that has a tunnel, forgets one that has none (any more).
    fn note(&mut self, net: K, route: Option<&WantedRoute>, links: &LinkTable) {
        let mut has_any = false;
        for name in route.into_iter().flat_map(WantedRoute::paths).filter_map(tunnel) {
            has_any = true;
            if !self.interfaces.contains_key(name) {
                self.interfaces.insert(name.into(), index(links, name));
            }
        }
        match route.filter(|_| has_any) {
            Some(route) => drop(self.routes.insert(net, route.clone())),
            None => drop(self.routes.remove(&net)),
        }
    }

    /// Looks at the interfaces again; whether one came or went.
    fn look(&mut self, links: &LinkTable) -> bool {
        let mut changed = false;
        for (name, known) in &mut self.interfaces {
            let now = index(links, name);
            changed |= std::mem::replace(known, now) != now;
        }
        changed
    }
}

fn index(links: &LinkTable, name: &str) -> Option<u32> {
    links.by_name(name).map(|link| link.index)
}

/// `krt_tunnel` of a path; an empty one is none.
fn tunnel(path: &WantedPath) -> Option<&str> {
    match path.attributes.extra("krt_tunnel") {
        Some(AttributeValue::String(name)) if !name.is_empty() => Some(name),
        _ => None,
    }
}

impl<K: NetKey> Kernel<K> {
    /// The table says what a net's route is to be now. Whether that is not done.
    pub(super) fn want(&mut self, net: K, route: Option<WantedRoute>) -> bool {
        let links = self.context.links.borrow().clone();
        self.tunnels.note(net, route.as_ref(), &links);
        if route.is_none() {
            self.withheld.remove(&net);
        }
        let route = route.and_then(|route| self.without_workloads(net, route, &links));
        let limit = self.options.merge_paths.unwrap_or(1) as usize;
        let wanted = route.map(|route| wanted(&route, limit, self.family, &links));
        self.fib.want(net.to_net(), wanted);
        self.withheld.contains(&net)
    }

    /// Interfaces came or went: routes through tunnels may go another way.
    pub(super) fn tunnels_changed(&mut self) {
        let links = self.context.links.borrow().clone();
        if !self.tunnels.look(&links) {
            return;
        }
        let all: Vec<_> = self.tunnels.routes.iter().map(|(net, route)| (*net, route.clone())).collect();
        for (net, route) in all {
            self.want(net, Some(route));
        }
    }
}

fn wanted(route: &WantedRoute, limit: usize, family: Family, links: &LinkTable) -> Wanted {
    let kind = match &route.best.destination {
        Destination::Blackhole => RouteKind::Blackhole,
        Destination::Prohibit => RouteKind::Prohibit,
        Destination::Unreachable | Destination::Recursive(_) | Destination::RecursiveBy(_) => {
            RouteKind::Unreachable
        }
        _ if route.merged.is_empty() => RouteKind::Unicast(hops(&route.best, links)),
        _ => RouteKind::Unicast(merge(route, limit, family, links)),
    };
    let attributes: &RouteAttributes = &route.best.attributes;
    let prefsrc = match attributes.extra("krt_prefsrc") {
        Some(AttributeValue::Ip(address)) => Some(*address),
        _ => None,
    };
    Wanted {
        kind,
        prefsrc,
        metric: number(attributes, "krt_metric").unwrap_or(0),
        // What does not fit is cut off, as BIRD does.
        scope: number(attributes, "krt_scope").map(|scope| scope as u8),
        realm: number(attributes, "krt_realm").unwrap_or(0),
        metrics: metrics(attributes),
    }
}

/// The next hops of all paths, each once, at most `limit`: those of the best path, then the lowest. Which path
/// came first makes no difference.
fn merge(route: &WantedRoute, limit: usize, family: Family, links: &LinkTable) -> Vec<RouteHop> {
    let mut others: Vec<RouteHop> = route.merged.iter().flat_map(|path| hops(path, links)).collect();
    others.sort_unstable();
    let mut list: Vec<RouteHop> = Vec::new();
    for hop in hops(&route.best, links).into_iter().chain(others) {
        let same = list.iter_mut().find(|known| {
            // As BIRD has it another weight is another next hop; for IPv6 the kernel does not take that.
            (known.gateway, known.ifindex) == (hop.gateway, hop.ifindex)
                && (known.weight == hop.weight || family == Family::Ipv6)
        });
        match same {
            Some(known) => known.weight = known.weight.max(hop.weight),
            None => list.push(hop),
        }
    }
    list.truncate(limit.max(1));
    list.sort_unstable();
    list
}

pub(super) fn hops(path: &WantedPath, links: &LinkTable) -> Vec<RouteHop> {
    let next_hops = path.destination.next_hops();
    match through_tunnel(path, links) {
        Some(hop) => vec![hop],
        None => next_hops.iter().map(route_hop).collect(),
    }
}

/// The way through the tunnel that the filter named, if its interface is there: to the BGP next hop, wherever the
/// route to that goes. It is for paths that have a BGP next hop and a gateway.
fn through_tunnel(path: &WantedPath, links: &LinkTable) -> Option<RouteHop> {
    let ifindex = index(links, tunnel(path)?)?;
    let gateway = path.attributes.bgp.next_hop?;
    path.destination.next_hops().iter().any(|hop| hop.gateway.is_some()).then_some(RouteHop {
        gateway: Some(gateway),
        ifindex,
        weight: 1,
        onlink: true,
    })
}

fn route_hop(hop: &NextHop) -> RouteHop {
    RouteHop { gateway: hop.gateway, ifindex: hop.ifindex, weight: hop.weight, onlink: hop.onlink }
}

#[cfg(test)]
mod tests;
