//! Routes, to see what filters do with them.

use std::net::IpAddr;
use std::sync::Arc;

use godwit_config::{Policy, ProtocolConfig};
use godwit_filter::{
    AttributeValue, Destination, NextHop, Outcome, RouteAttributes, RouteSource, Subject, Surroundings,
    Verdict,
};
use godwit_wire::AsPath;

const INTERFACES: [&str; 7] =
    ["eth0", "cali1", "vxlan.calico", "wireguard.cali", "tunl0", "bpfin.cali", "eth9"];

#[derive(Debug)]
struct Interfaces;

impl Surroundings for Interfaces {
    fn interface_name(&self, ifindex: u32) -> Option<Arc<str>> {
        INTERFACES.get(ifindex as usize).map(|name| (*name).into())
    }

    fn interface_index(&self, name: &str) -> Option<u32> {
        INTERFACES.iter().position(|n| *n == name).map(|at| at as u32)
    }

    fn neighbor_interface(&self, _: IpAddr) -> Option<u32> {
        Some(0)
    }
}

/// A route, and what it is about it that filters look at.
#[derive(Clone, Debug)]
pub struct Route {
    net: String,
    attributes: RouteAttributes,
}

impl Route {
    fn via(net: &str, source: RouteSource, preference: u16, gateway: Option<&str>, interface: &str) -> Self {
        let gateway = gateway.map(|g| g.parse().expect("address"));
        let ifindex = Interfaces.interface_index(interface).expect("interface");
        let hop = NextHop { gateway, ifindex, weight: 1, onlink: false };
        let attributes = RouteAttributes::new(source, preference, Destination::Unicast(hop));
        Self { net: net.into(), attributes }
    }

    /// A workload's, of the kernel.
    pub fn workload(net: &str) -> Self {
        Self::via(net, RouteSource::Inherit, 10, None, "cali1").with("krt_metric", 1024).with("krt_source", 3)
    }

    /// Felix's to another node.
    pub fn felix(net: &str, interface: &str) -> Self {
        let of = Self::via(net, RouteSource::Inherit, 10, Some("10.0.0.3"), interface);
        of.with("krt_metric", 1024).with("krt_source", 80)
    }

    /// A blackhole of the configuration.
    pub fn blackhole(net: &str) -> Self {
        let attributes = RouteAttributes::new(RouteSource::Static, 200, Destination::Blackhole);
        Self { net: net.into(), attributes }
    }

    /// From a neighbor, with a LOCAL_PREF.
    pub fn bgp(net: &str, local_pref: u32) -> Self {
        let mut route = Self::via(net, RouteSource::Bgp, 100, Some("10.0.0.3"), "eth0");
        route.attributes.bgp.local_pref = Some(local_pref);
        route.attributes.bgp.as_path = Some(AsPath::from_sequence(&[65001]));
        route.attributes.bgp.next_hop = Some("10.0.0.3".parse().expect("address"));
        route
    }

    /// The same from beyond our subnet.
    pub fn far(mut self) -> Self {
        self.attributes.bgp.next_hop = Some("172.30.0.9".parse().expect("address"));
        self
    }

    pub fn with(mut self, attribute: &str, value: u32) -> Self {
        self.attributes.set_extra(attribute, Some(AttributeValue::Int(value)));
        self
    }

    pub fn with_community(mut self, high: u32, low: u32) -> Self {
        self.attributes.bgp.communities = vec![high << 16 | low].into();
        self
    }

    pub fn through(self, policy: &Policy) -> Result<RouteAttributes, Verdict> {
        let filter = match policy {
            Policy::All => return Ok(self.attributes),
            Policy::None => return Err(Verdict::Reject),
            Policy::Filter(filter) => filter,
        };
        let Outcome { verdict, attributes, error, .. } = filter.run(&Subject {
            net: self.net.parse().expect("prefix"),
            protocol: "test",
            attributes: &self.attributes,
            surroundings: &Interfaces,
        });
        assert_eq!(error, None, "{}", self.net);
        match verdict {
            Verdict::Accept => Ok(attributes.map_or(self.attributes, |changed| *changed)),
            other => Err(other),
        }
    }
}

/// What a protocol's export makes of a route; `None`: it does not pass.
pub fn exported(protocol: &ProtocolConfig, route: Route) -> Option<RouteAttributes> {
    route.through(&protocol.channels.first().expect("a channel").export).ok()
}

/// What a protocol's import makes of a route; `None`: it does not pass.
pub fn imported(protocol: &ProtocolConfig, route: Route) -> Option<RouteAttributes> {
    route.through(&protocol.channels.first().expect("a channel").import).ok()
}

/// A number of a route that filters set.
pub fn number(route: &RouteAttributes, attribute: &str) -> Option<u32> {
    match route.extra(attribute) {
        Some(AttributeValue::Int(n)) => Some(*n),
        _ => None,
    }
}

/// A text of a route that filters set.
pub fn text<'r>(route: &'r RouteAttributes, attribute: &str) -> Option<&'r str> {
    match route.extra(attribute) {
        Some(AttributeValue::String(text)) => Some(text),
        _ => None,
    }
}
