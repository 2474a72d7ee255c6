//! Filters.

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

/// `action`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FilterAction {
    /// `Accept`.
    Accept,
    /// `Reject`.
    Reject,
}

/// `matchOperator`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MatchOperator {
    /// `Equal`.
    Equal,
    /// `NotEqual`.
    NotEqual,
    /// `In`: equal or more specific.
    In,
    /// `NotIn`.
    NotIn,
}

/// `peerType`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PeerType {
    /// `eBGP`.
    External,
    /// `iBGP`.
    Internal,
}

/// A community of a filter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Community {
    /// `aa:nn`.
    Standard(u16, u16),
    /// `aa:nn:mm`.
    Large(u32, u32, u32),
}

/// `prefixLength` with the prefix it restricts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PrefixMatch {
    /// `cidr`, without host bits.
    pub cidr: IpNetwork,
    /// `matchOperator`.
    pub operator: MatchOperator,
    /// `prefixLength.min`.
    pub min_length: Option<u8>,
    /// `prefixLength.max`.
    pub max_length: Option<u8>,
}

/// An entry of `operations`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FilterOperation {
    /// `addCommunity`.
    AddCommunity(Community),
    /// `prependASPath`: the result begins with these.
    PrependAsPath(Vec<u32>),
    /// `setPriority`.
    SetPriority(u32),
}

/// A rule of a filter: it matches if all that is given matches (§1.8).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilterRule {
    /// What happens to a route that matches.
    pub action: FilterAction,
    /// `cidr`, `matchOperator`, `prefixLength`.
    pub prefix: Option<PrefixMatch>,
    /// `source` is `RemotePeers`.
    pub from_remote_peers: bool,
    /// `interface`: a pattern.
    pub interface: Option<Box<str>>,
    /// `peerType`.
    pub peer_type: Option<PeerType>,
    /// `communities.values`.
    pub community: Option<Community>,
    /// `asPathPrefix`; empty: not given.
    pub as_path_prefix: Vec<u32>,
    /// `priority`.
    pub priority: Option<u32>,
    /// `operations`; only with `Accept`.
    pub operations: Vec<FilterOperation>,
}

/// A filter (§1.8).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BgpFilter {
    /// `importV4`.
    pub import_v4: Vec<FilterRule>,
    /// `exportV4`.
    pub export_v4: Vec<FilterRule>,
    /// `importV6`.
    pub import_v6: Vec<FilterRule>,
    /// `exportV6`.
    pub export_v6: Vec<FilterRule>,
}
