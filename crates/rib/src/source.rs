//! Where paths come from.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// A source of paths within one table: a protocol's channel. A net has at most one path from each,
/// but for a neighbor that tells several paths apart by path identifiers (RFC 7911).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SourceId(pub u32);

/// What a table knows of a source.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// The protocol instance's name.
    pub protocol: Arc<str>,
    /// A fixed rank of the protocol's type: decides between types at equal preference.
    pub type_rank: u8,
    /// BGP's part, for a BGP source.
    pub bgp: Option<BgpSource>,
}

impl SourceInfo {
    pub(crate) fn has_deterministic_med(&self) -> bool {
        self.bgp.as_ref().is_some_and(|bgp| bgp.deterministic_med)
    }
}

/// What best path selection and export need to know of the BGP session a path came over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BgpSource {
    /// The neighbor's address.
    pub peer_address: IpAddr,
    /// The neighbor's BGP identifier.
    pub peer_id: Ipv4Addr,
    /// The neighbor's AS.
    pub peer_as: u32,
    /// Our AS on this session.
    pub local_as: u32,
    /// The AS number we have to those outside: the confederation's, if there is one (RFC 5065).
    pub public_as: u32,
    /// An internal session.
    pub internal: bool,
    /// The neighbor is in our AS or our confederation.
    pub interior: bool,
    /// The neighbor is a route reflector client.
    pub rr_client: bool,
    /// The cluster id used on this session.
    pub cluster_id: u32,
    /// The interface of a single-hop session, 0 for multihop.
    pub ifindex: u32,
    /// `cost`: the distance of next hops that are not looked up.
    pub cost: u32,
    /// `path metric`.
    pub path_metric: bool,
    /// `med metric`.
    pub med_metric: bool,
    /// `deterministic med`.
    pub deterministic_med: bool,
    /// `igp metric`.
    pub igp_metric: bool,
    /// `prefer older`.
    pub prefer_older: bool,
    /// A next hop to which a blackhole or prohibit route leads is as good as another: BIRD 2's way, not 1.6's.
    pub resolves_to_drops: bool,
    /// `default bgp_med`.
    pub default_med: u32,
    /// `default bgp_local_pref`.
    pub default_local_pref: u32,
}
