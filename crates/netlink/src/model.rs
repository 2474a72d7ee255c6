use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::metrics::Metrics;

/// An address family of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Family {
    /// AF_INET.
    Ipv4,
    /// AF_INET6.
    Ipv6,
}

impl Family {
    /// The family of a net.
    pub fn of(net: &IpNetwork) -> Self {
        if net.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }
}

/// A network interface.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// The index of its bridge or VRF.
    pub master: Option<u32>,
    /// IFF_UP.
    pub admin_up: bool,
    /// IFF_LOWER_UP: a carrier.
    pub link_up: bool,
    /// IFF_LOOPBACK.
    pub loopback: bool,
    /// IFF_POINTOPOINT.
    pub point_to_point: bool,
    /// IFF_BROADCAST.
    pub broadcast: bool,
    /// IFF_MULTICAST.
    pub multicast: bool,
    /// MTU, octets.
    pub mtu: u32,
}

/// An address of an interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// The interface's index.
    pub ifindex: u32,
    /// The address with its prefix length; host bits are kept.
    pub address: IpNetwork,
    /// The other end of a point-to-point address.
    pub peer: Option<IpAddr>,
    /// IFA_F_SECONDARY.
    pub secondary: bool,
    /// Duplicate address detection has not finished, or failed: it cannot be used yet.
    pub tentative: bool,
    /// The scope as the kernel numbers it: 0 universe, 253 link, 254 host.
    pub scope: u8,
}

/// The most a next hop can weigh: the kernel keeps it in an octet, less one.
pub(crate) const WEIGHT_MAX: u16 = 256;

/// One next hop of a kernel route.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RouteHop {
    /// The gateway.
    pub gateway: Option<IpAddr>,
    /// The outgoing interface's index.
    pub ifindex: u32,
    /// The weight, 1 to 256.
    pub weight: u16,
    /// RTNH_F_ONLINK.
    pub onlink: bool,
}

/// What a kernel route does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum RouteKind {
    /// To one next hop or, by weight, to several.
    Unicast(Vec<RouteHop>),
    /// RTN_BLACKHOLE.
    Blackhole,
    /// RTN_UNREACHABLE.
    Unreachable,
    /// RTN_PROHIBIT.
    Prohibit,
}

/// A route in the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelRoute {
    /// The table; 254 is main.
    pub table: u32,
    /// The destination.
    pub net: IpNetwork,
    /// What it does.
    pub kind: RouteKind,
    /// Who installed it (`rtm_protocol`); 12 is us.
    pub protocol: u8,
    /// The metric (RTA_PRIORITY).
    pub metric: u32,
    /// The preferred source address.
    pub prefsrc: Option<IpAddr>,
    /// The scope as the kernel numbers it.
    pub scope: u8,
    /// The realms (RTA_FLOW), the source's in the upper half; 0 is none. The kernel has them for IPv4 alone.
    pub realm: u32,
    /// What connections over it are to expect.
    pub metrics: Metrics,
}

/// What the kernel reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// An interface is there, or changed.
    Link(Link),
    /// An interface is gone.
    LinkGone(u32),
    /// An address is there, or changed.
    Address(Address),
    /// An address is gone.
    AddressGone(Address),
    /// A route is there, or replaced another.
    Route(KernelRoute),
    /// A route is gone.
    RouteGone(KernelRoute),
    /// Reports were lost: everything is to be read again.
    Overrun,
}
