//! What goes through which interface: the kernel drops IPv4 routes with their interface and says nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Alien, Fib};
use crate::model::{KernelRoute, RouteHop, RouteKind};

impl Fib {
    /// Forgets the foreign routes that went through interfaces that are not there any more, and through no other:
    /// they are gone. Returned as the news that they are.
    pub fn interfaces_gone(&mut self, is_gone: impl Fn(u32) -> bool) -> Vec<Alien> {
        let with_it = |route: &KernelRoute| {
            let hops = hops(&route.kind);
            !hops.is_empty() && hops.iter().all(|hop| is_gone(hop.ifindex))
        };
        let routes: Vec<KernelRoute> =
            self.aliens.values().flatten().filter(|route| with_it(route)).cloned().collect();
        for route in &routes {
            self.vacated(route);
        }
        routes.iter().filter_map(|route| self.alien(route, true)).collect()
    }

    /// Whether a route of the kernel, as far as it is known here, goes through one of these interfaces or
    /// prefers one of these source addresses. Number 0 is any interface: the kernel chose it.
    pub fn depends_on(&self, interface: impl Fn(u32) -> bool, addresses: &BTreeSet<IpAddr>) -> bool {
        let concerns = |kind: &RouteKind, prefsrc: Option<IpAddr>| {
            prefsrc.is_some_and(|address| addresses.contains(&address))
                || hops(kind).iter().any(|hop| interface(hop.ifindex))
        };
        let known = |route: &KernelRoute| concerns(&route.kind, route.prefsrc);
        self.entries.values().any(|entry| {
            entry.in_place
                && entry.wanted.as_ref().is_some_and(|wanted| concerns(&wanted.kind, wanted.prefsrc))
                || entry.inherited.as_deref().is_some_and(known)
        }) || self.aliens.values().flatten().any(known)
            || self.strays.values().any(known)
    }
}

fn hops(kind: &RouteKind) -> &[RouteHop] {
    match kind {
        RouteKind::Unicast(hops) => hops,
        RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => &[],
    }
}
