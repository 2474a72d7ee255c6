//! Calico's interfaces of workloads, `cali*`. Felix removes every route through one that it does not expect, those of
//! protocol 12 too, so what went there would be put back for ever. It leaves alone those of a neighbor that is itself
//! a workload there.

use std::sync::Arc;

use godwit_netlink::RouteHop;
use godwit_rib::{NetKey, WantedPath, WantedRoute};

use crate::links::LinkTable;

use super::Kernel;
use super::wanted::hops;

const PREFIX: &str = "cali";

impl<K: NetKey> Kernel<K> {
    /// The net's route without what Felix would take away. Said once for each net.
    pub(super) fn without_workloads(
        &mut self,
        net: K,
        mut route: WantedRoute,
        links: &LinkTable,
    ) -> Option<WantedRoute> {
        if !self.context.calico {
            return Some(route);
        }
        route.merged.retain(|path| interface_of_felix(path, links).is_none());
        let Some(interface) = interface_of_felix(&route.best, links) else {
            self.withheld.remove(&net);
            return Some(route);
        };
        if self.withheld.insert(net) {
            tracing::warn!(
                "{}: {}: not installed: it goes through {interface}, where Felix would remove it",
                self.config.name,
                net.to_net()
            );
        }
        None
    }
}

/// The interface of a workload that a path goes through though its neighbor is not there.
fn interface_of_felix(path: &WantedPath, links: &LinkTable) -> Option<Arc<str>> {
    let is_there = |hop: &RouteHop| {
        path.neighbor.is_some_and(|(address, ifindex)| hop.gateway == Some(address) || hop.ifindex == ifindex)
    };
    hops(path, links)
        .iter()
        .filter(|hop| !is_there(hop))
        .filter_map(|hop| links.by_index(hop.ifindex))
        .find(|link| link.name.starts_with(PREFIX))
        .map(|link| link.name.clone())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use godwit_filter::{Destination, NextHop, RouteAttributes, RouteSource};

    use super::*;
    use crate::links::Link;

    #[test]
    fn only_a_neighbor_on_the_interface_may_go_through_it() {
        let link = |index, name: &str| Link { index, name: name.into(), ..Link::default() };
        let links = LinkTable { links: vec![link(2, "eth0"), link(3, "cali1")] };
        let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
        let found = |gateway: Option<&str>, ifindex, neighbor: Option<(&str, u32)>| {
            let hop = NextHop { gateway: gateway.map(ip), ifindex, weight: 1, onlink: false };
            let destination = Destination::Unicast(hop);
            let attributes = RouteAttributes::new(RouteSource::Bgp, 100, destination.clone()).into();
            let neighbor = neighbor.map(|(address, ifindex)| (ip(address), ifindex));
            interface_of_felix(&WantedPath { attributes, destination, neighbor }, &links).is_some()
        };
        assert!(!found(Some("192.0.2.1"), 2, None));
        assert!(found(Some("192.0.2.1"), 3, None));
        assert!(found(None, 3, None));
        assert!(found(Some("192.0.2.1"), 3, Some(("192.0.2.9", 0))));
        assert!(!found(Some("192.0.2.1"), 3, Some(("192.0.2.1", 0))));
        assert!(!found(Some("192.0.2.1"), 3, Some(("192.0.2.9", 3))));
    }
}
