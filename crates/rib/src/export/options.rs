//! What of a BGP neighbor matters for what it is sent.

use std::net::{IpAddr, Ipv6Addr};

use godwit_wire::Role;

use crate::source::SourceInfo;

/// `next hop self`, `next hop keep`: for routes of which peers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NextHopPolicy {
    /// None.
    #[default]
    Off,
    /// All.
    All,
    /// Internal ones.
    Internal,
    /// External ones.
    External,
}

impl NextHopPolicy {
    pub(super) fn applies(self, source: &SourceInfo) -> bool {
        match self {
            Self::Off => false,
            Self::All => true,
            Self::Internal => source.bgp.as_ref().is_some_and(|b| b.internal),
            Self::External => source.bgp.as_ref().is_some_and(|b| !b.internal),
        }
    }
}

/// How a next hop is written that has a link-local address only: RFC 2545 knows no such.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LinkLocalFormat {
    /// `::`, then the link-local address.
    #[default]
    Native,
    /// The link-local address alone.
    Single,
    /// The link-local address twice.
    Double,
}

/// What is done where a next hop on the neighbor's link should have a link-local address, and has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingLinkLocal {
    /// The next hop becomes our own.
    Own,
    /// The route is not sent.
    Drop,
    /// The next hop is sent without it.
    Ignore,
}

/// `aigp` (RFC 7311).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AigpPolicy {
    /// The neighbor does not get it.
    #[default]
    Off,
    /// Routes that have it keep it; where we become the next hop, our distance is added.
    On,
    /// Routes that are not of BGP get one, if their metric is known.
    Originate,
}

/// What becomes of AS numbers for private use (RFC 6996).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PrivateAsPolicy {
    /// They stay.
    #[default]
    Keep,
    /// They are left out.
    Remove,
    /// Each becomes ours.
    Replace,
}

/// A BGP neighbor as export sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BgpExport {
    /// Our AS on the session.
    pub local_as: u32,
    /// The AS number we have to those outside: the confederation's, if there is one (RFC 5065).
    pub public_as: u32,
    /// An internal session.
    pub internal: bool,
    /// The neighbor is in our AS or our confederation.
    pub interior: bool,
    /// The neighbor is a route reflector client.
    pub rr_client: bool,
    /// The neighbor is a route server client.
    pub rs_client: bool,
    /// The cluster id used on the session.
    pub cluster_id: u32,
    /// The neighbor's address.
    pub peer_address: IpAddr,
    /// The session's interface if it is single-hop, else 0.
    pub ifindex: u32,
    /// Our own address of the family, for `next hop self` and as the default.
    pub own_next_hop: Option<IpAddr>,
    /// Our link-local address, sent beside a global IPv6 one on a single-hop session.
    pub own_link_local: Option<Ipv6Addr>,
    /// `link local next hop format`.
    pub link_local_format: LinkLocalFormat,
    /// `missing lladdr`, of IPv6 with BIRD 1.6; none: next hops are sent as they are.
    pub missing_link_local: Option<MissingLinkLocal>,
    /// `next hop self`.
    pub next_hop_self: NextHopPolicy,
    /// `next hop keep`.
    pub next_hop_keep: NextHopPolicy,
    /// `interpret communities`.
    pub interpret_communities: bool,
    /// `default bgp_local_pref`.
    pub default_local_pref: u32,
    /// `allow bgp_local_pref`: send it to an external neighbor.
    pub allow_local_pref: bool,
    /// The neighbor knows of long-lived stale routes (RFC 9494).
    pub long_lived: bool,
    /// What we are to the neighbor (RFC 9234).
    pub role: Option<Role>,
    /// `aigp`.
    pub aigp: AigpPolicy,
    /// `allow bgp_med`: an external neighbor is sent the MED that a route came with.
    pub allow_med: bool,
    /// The neighbor's AS, if it becomes ours in paths ("as override").
    pub as_override: Option<u32>,
    /// What becomes of AS numbers for private use in paths that leave our AS.
    pub private_as: PrivateAsPolicy,
    /// Nets may go with next hops of the other family (RFC 8950).
    pub extended_next_hop: bool,
    /// Attributes are rewritten before the export filter sees them, as BIRD 1.6 does it.
    pub rewrite_before_filter: bool,
    /// Both ends use 4-octet AS numbers.
    pub four_octet_as: bool,
    /// Every path that passes is sent, with a path identifier (RFC 7911), not only the best one. Fixed
    /// for an exporter's life.
    pub add_path: bool,
    /// The longest message the neighbor takes, octets.
    pub message_len_max: usize,
}
