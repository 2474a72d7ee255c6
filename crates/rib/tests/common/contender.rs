//! Paths that compete for a net: each property of best path selection can be set by itself.

use std::net::{IpAddr, Ipv4Addr};

use godwit_filter::{AttributeValue, Destination, RouteAttributes, RouteSource};
use godwit_rib::{BgpSource, SourceId, SourceInfo, Table};
use godwit_wire::{AsPath, Origin};
use ipnetwork::Ipv4Network;

use super::{announce, bgp, external, ip, net, other, static_route, via};

/// A path, by what selection looks at.
#[derive(Clone, Debug)]
pub(crate) struct Contender {
    pub(crate) preference: u16,
    pub(crate) next_hop: Via,
    pub(crate) llgr_stale: bool,
    pub(crate) local_pref: Option<u32>,
    pub(crate) as_path: Vec<u32>,
    pub(crate) origin: Option<Origin>,
    pub(crate) med: Option<u32>,
    pub(crate) originator_id: Option<Ipv4Addr>,
    pub(crate) clusters: usize,
    pub(crate) aigp: Option<u64>,
    pub(crate) from: BgpSource,
}

/// How a path's next hop is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Via {
    /// By a route of this IGP metric.
    Metric(u8),
    /// By a route whose metric nobody knows.
    UnknownMetric,
    /// It is on a link of ours, found by a device route.
    Device,
    /// By a blackhole.
    Blackhole,
    /// Not at all.
    Nothing,
}

impl Via {
    fn address(self) -> IpAddr {
        let last = match self {
            Self::Metric(metric) => metric,
            Self::UnknownMetric => 251,
            Self::Device => 252,
            Self::Blackhole => 253,
            Self::Nothing => 254,
        };
        IpAddr::V4(Ipv4Addr::new(10, 9, 0, last))
    }
}

impl Contender {
    /// All the same, except that each comes from its own external neighbor.
    pub(crate) fn from(neighbor: u8) -> Self {
        Self {
            preference: 100,
            next_hop: Via::Metric(10),
            llgr_stale: false,
            local_pref: Some(100),
            as_path: vec![65001, 65002],
            origin: Some(Origin::Igp),
            med: Some(0),
            originator_id: None,
            clusters: 0,
            aigp: None,
            from: external(neighbor),
        }
    }

    pub(crate) fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn info(&self) -> SourceInfo {
        bgp(self.from.clone())
    }

    pub(crate) fn path(&self) -> RouteAttributes {
        let next_hop = self.next_hop.address();
        let mut path =
            RouteAttributes::new(RouteSource::Bgp, self.preference, Destination::Recursive(next_hop));
        path.bgp.next_hop = Some(next_hop);
        path.bgp.local_pref = self.local_pref;
        path.bgp.as_path = Some(AsPath::from_sequence(&self.as_path));
        path.bgp.origin = self.origin;
        path.bgp.med = self.med;
        if self.llgr_stale {
            path.bgp.communities = [0xffff_0006].into();
        }
        let rare = path.bgp.rare_mut();
        rare.originator_id = self.originator_id;
        rare.aigp = self.aigp;
        rare.cluster_list = (0..self.clusters as u32).collect();
        path.bgp.normalise();
        path
    }
}

/// The net the contenders compete for.
pub(crate) fn prize() -> Ipv4Network {
    net("203.0.113.0/24")
}

/// A table with the routes that the next hops of contenders resolve through.
pub(crate) fn arena() -> Table<Ipv4Network> {
    let mut table = Table::new(1);
    let igp = table.add_source(other("igp", 9), None);
    let host = |v: Via| {
        Ipv4Network::from(match v.address() {
            IpAddr::V4(a) => a,
            IpAddr::V6(_) => unreachable!("contenders have IPv4 next hops"),
        })
    };
    for metric in 1..=30 {
        let mut route = static_route(via("192.0.2.9"));
        route.set_extra("igp_metric", Some(AttributeValue::Int(u32::from(metric))));
        announce(&mut table, igp, host(Via::Metric(metric)), &route);
    }
    announce(&mut table, igp, host(Via::UnknownMetric), &static_route(via("192.0.2.9")));
    let mut device = via("192.0.2.9");
    if let Destination::Unicast(hop) = &mut device {
        hop.gateway = None;
    }
    announce(&mut table, igp, host(Via::Device), &static_route(device));
    announce(&mut table, igp, host(Via::Blackhole), &static_route(Destination::Blackhole));
    table
}

/// Puts a contender in.
pub(crate) fn enter(table: &mut Table<Ipv4Network>, contender: &Contender) -> SourceId {
    let source = table.add_source(contender.info(), None);
    announce(table, source, prize(), &contender.path());
    source
}

/// The neighbor whose path is best.
pub(crate) fn winner(table: &Table<Ipv4Network>) -> Option<IpAddr> {
    let best = table.net(prize())?.paths().next()?;
    Some(best.source.bgp.as_ref().map_or(ip("0.0.0.0"), |b| b.peer_address))
}
