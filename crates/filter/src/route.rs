//! What a filter reads and writes: the attributes of a route.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use godwit_wire::{AsPath, ExtendedCommunity, LargeCommunity, PathAttributes};

/// Where a route came from (`source`, BIRD's `RTS_*`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum RouteSource {
    /// A static route whose next hop is a gateway or which has no next hop (`RTS_STATIC`).
    Static = 1,
    /// Learned from the kernel (`RTS_INHERIT`).
    Inherit = 2,
    /// The prefix of an interface address (`RTS_DEVICE`).
    Device = 3,
    /// A static route to an interface (`RTS_STATIC_DEVICE`).
    StaticDevice = 4,
    /// An ICMP redirect (`RTS_REDIRECT`).
    Redirect = 5,
    /// Learned from a BGP peer (`RTS_BGP`).
    Bgp = 11,
    /// Came through a pipe (`RTS_PIPE`).
    Pipe = 12,
}

/// How far a route's destination is (`scope`, BIRD's `SCOPE_*`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Scope {
    /// This host only.
    Host = 0,
    /// The link.
    Link = 1,
    /// The site.
    Site = 2,
    /// The organization.
    Organization = 3,
    /// Everywhere.
    Universe = 4,
    /// Not known.
    Undefined = 5,
}

/// One next hop of a route.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NextHop {
    /// The gateway; none for a route straight to an interface.
    pub gateway: Option<IpAddr>,
    /// The outgoing interface's kernel index, 0 while not known.
    pub ifindex: u32,
    /// The weight among several next hops, 1 to 256.
    pub weight: u16,
    /// The gateway is taken to be on the link though no address covers it.
    pub onlink: bool,
}

/// A next hop that is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Recursion {
    /// Its address.
    pub address: IpAddr,
    /// Its address on the link, which is the gateway if the route to it is one straight to a link.
    pub link_local: Option<Ipv6Addr>,
    /// The table to look in, by the number it has in the route's table: 0 is that table itself.
    pub table: u16,
}

/// Where packets for a route go (`dest`, BIRD's `RTD_*`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Destination {
    /// To one next hop.
    Unicast(NextHop),
    /// To one of several, by weight. At least two.
    Multipath(Box<[NextHop]>),
    /// To wherever the route to this address goes (BIRD's recursive routes); the table resolves it.
    Recursive(IpAddr),
    /// The same with more to say of how ([`Destination::of_recursion`]): few routes have that, and it would make
    /// every route larger.
    RecursiveBy(Box<Recursion>),
    /// Dropped in silence.
    Blackhole,
    /// Answered with host unreachable.
    Unreachable,
    /// Answered with administratively prohibited.
    Prohibit,
}

impl Destination {
    /// To wherever the route to an address goes. What is the same recursion is the same destination.
    pub fn of_recursion(hop: Recursion) -> Self {
        match hop {
            Recursion { address, link_local: None, table: 0 } => Self::Recursive(address),
            other => Self::RecursiveBy(Box::new(other)),
        }
    }

    /// What is looked up, if that is how it goes.
    pub fn recursion(&self) -> Option<Recursion> {
        match self {
            Self::Recursive(address) => Some(Recursion { address: *address, link_local: None, table: 0 }),
            Self::RecursiveBy(hop) => Some(**hop),
            _ => None,
        }
    }

    /// Whether the table has to resolve it.
    pub const fn is_recursive(&self) -> bool {
        matches!(self, Self::Recursive(_) | Self::RecursiveBy(_))
    }

    /// To all of these, in BIRD's order: the heaviest first, then by gateway, those without one
    /// first, so that one set of next hops is one destination. `None` if there are none.
    pub fn of_next_hops(mut hops: Vec<NextHop>) -> Option<Self> {
        hops.sort_by_key(|hop| (std::cmp::Reverse(hop.weight), hop.gateway, hop.ifindex));
        match hops.len() {
            0 | 1 => hops.pop().map(Self::Unicast),
            _ => Some(Self::Multipath(hops.into())),
        }
    }

    /// The next hops, none unless unicast.
    pub fn next_hops(&self) -> &[NextHop] {
        match self {
            Self::Unicast(hop) => std::slice::from_ref(hop),
            Self::Multipath(hops) => hops,
            _ => &[],
        }
    }
}

/// A value of a custom or kernel attribute.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AttributeValue {
    /// An unsigned 32-bit integer.
    Int(u32),
    /// A boolean.
    Bool(bool),
    /// An address.
    Ip(IpAddr),
    /// Text.
    String(Arc<str>),
    /// Octets.
    Bytes(Arc<[u8]>),
    /// An AS path.
    Path(AsPath),
    /// Communities; not empty, as the lists below are not.
    Clist(Box<[u32]>),
    /// Extended communities.
    Eclist(Box<[ExtendedCommunity]>),
    /// Large communities.
    Lclist(Box<[LargeCommunity]>),
}

/// A less common attribute of a route, by the name a filter uses for it: `krt_metric`,
/// `krt_source`, `krt_prefsrc`, `krt_tunnel`, `igp_metric`, a custom attribute.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ExtraAttribute {
    /// The name as a filter writes it.
    pub name: Arc<str>,
    /// The value.
    pub value: AttributeValue,
}

/// Everything of a route that routes of other prefixes may share: one value serves all prefixes of
/// an UPDATE, and tables intern it. The prefix and the protocol it came from stand beside it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RouteAttributes {
    /// Where the route came from.
    pub source: RouteSource,
    /// How far it reaches.
    pub scope: Scope,
    /// Compared between protocols first; higher wins, 0 to 65535.
    pub preference: u16,
    /// `bgp_med` was set by the filter that runs on export (BIRD 2 sends MED to external peers only then).
    pub fresh_med: bool,
    /// `bgp_next_hop` was set by the filter that runs on export.
    pub fresh_next_hop: bool,
    /// The router that advertised the route (`from`).
    pub from: Option<IpAddr>,
    /// Where its packets go.
    pub destination: Destination,
    /// BGP's path attributes; all absent for a route that is not from BGP.
    pub bgp: PathAttributes,
    /// Kernel, IGP and custom attributes, ascending by name; `None` when there is none.
    pub extra: Option<Box<Vec<ExtraAttribute>>>,
}

/// Tables hold one for each set that was announced: a million and more. What few routes have belongs into a box.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<RouteAttributes>() <= 136);

impl RouteAttributes {
    /// Makes of what a filter left what a table keeps: only what an export filter sets is fresh. As in
    /// BIRD 2, `{ bgp_med = 5; }` of a static route is as well if nothing else is set.
    pub fn enter_table(&mut self) {
        let bgp = &self.bgp;
        let others = bgp.origin.is_some()
            || bgp.as_path.is_some()
            || bgp.local_pref.is_some()
            || !bgp.communities.is_empty()
            || bgp.rare.is_some()
            || self.extra.is_some();
        self.fresh_med &= !others && bgp.next_hop.is_none();
        self.fresh_next_hop &= !others && bgp.med.is_none();
    }

    /// A route of `source` with nothing else set: universe scope, no BGP attributes.
    pub fn new(source: RouteSource, preference: u16, destination: Destination) -> Self {
        Self {
            source,
            scope: Scope::Universe,
            preference,
            fresh_med: false,
            fresh_next_hop: false,
            from: None,
            destination,
            bgp: PathAttributes::default(),
            extra: None,
        }
    }

    /// The extra attribute of this name.
    pub fn extra(&self, name: &str) -> Option<&AttributeValue> {
        let list = self.extra.as_deref()?;
        list.binary_search_by(|a| (*a.name).cmp(name)).ok().and_then(|i| list.get(i)).map(|a| &a.value)
    }

    /// Sets or (with `None`) removes an extra attribute, keeping the order.
    pub fn set_extra(&mut self, name: &str, value: Option<AttributeValue>) {
        let mut list = self.extra.take().map_or_else(Vec::new, |b| *b);
        match (list.binary_search_by(|a| (*a.name).cmp(name)), value) {
            (Ok(i), Some(value)) => {
                if let Some(a) = list.get_mut(i) {
                    a.value = value;
                }
            }
            (Ok(i), None) => {
                list.remove(i);
            }
            (Err(i), Some(value)) => list.insert(i, ExtraAttribute { name: name.into(), value }),
            (Err(_), None) => {}
        }
        self.extra = if list.is_empty() { None } else { Some(Box::new(list)) };
    }
}
