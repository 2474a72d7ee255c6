//! The static protocol.

use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::Filter;
use ipnetwork::IpNetwork;

use super::{ChannelConfig, IgpTables, StaticRoa};

/// `protocol static`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StaticConfig {
    /// `check link`.
    pub check_link: bool,
    /// `igp table` of recursive routes.
    pub igp_tables: IgpTables,
    /// The routes in order.
    pub routes: Vec<StaticRoute>,
    /// `roa4` or `roa6`: it has ROAs in place of routes.
    pub roa_channel: Option<Box<ChannelConfig>>,
    /// The ROAs in order.
    pub roas: Vec<StaticRoa>,
}

/// `route NET …`.
#[derive(Clone, PartialEq, Debug)]
pub struct StaticRoute {
    /// The net.
    pub net: IpNetwork,
    /// Where it goes.
    pub target: StaticTarget,
    /// The commands in braces, run on the route.
    pub commands: Option<Arc<Filter>>,
}

/// Where a static route goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StaticTarget {
    /// `via …`, one or several.
    NextHops(Vec<StaticNextHop>),
    /// `recursive IP`.
    Recursive(IpAddr),
    /// `blackhole` or `drop`.
    Blackhole,
    /// `unreachable` or `reject`.
    Unreachable,
    /// `prohibit`.
    Prohibit,
}

/// One `via` of a static route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticNextHop {
    /// `via IP`.
    pub gateway: Option<IpAddr>,
    /// `via "IF"`, or the zone of a gateway.
    pub interface: Option<String>,
    /// `weight`, 1 to 256.
    pub weight: u16,
    /// `onlink`.
    pub onlink: bool,
}
