//! What BGP refuses to export before any filter is asked.

use std::fmt;

use godwit_filter::RouteAttributes;
use godwit_wire::Role;
use godwit_wire::well_known::{LLGR_STALE, NO_ADVERTISE, NO_EXPORT, NO_EXPORT_SUBCONFED};

use crate::source::SourceInfo;

use super::options::BgpExport;

/// Why a route is not sent to a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It came from that peer.
    SplitHorizon,
    /// It came from an internal peer and neither end is a client (RFC 4456 §6).
    NotReflected,
    /// It has been through the cluster already (RFC 4456 §8).
    ClusterLoop,
    /// A well-known community says so (RFC 1997).
    Community,
    /// It is kept for one that has been away for long, and the neighbor would not know (RFC 9494 §4.3).
    LongLivedStale,
    /// It came from a provider, a peer or a route server, and the neighbor is such a one (RFC 9234 §5).
    OnlyToCustomer,
    /// The next hop would be the peer itself.
    NextHopIsPeer,
    /// The kernel has the routes of its own addresses already.
    DeviceRoute,
    /// There is no next hop of the family to announce.
    NoNextHop,
    /// The next hop is to stay as it is, and the neighbor cannot read it (RFC 8950 §5).
    OtherFamily,
    /// AS 0 is in the path (RFC 7607 §2).
    AsZero,
    /// The attributes do not fit in one message.
    TooLong,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SplitHorizon => "learned from this neighbor",
            Self::NotReflected => "internal route, and neither neighbor is a route reflector client",
            Self::ClusterLoop => "has been through this cluster",
            Self::Community => "a well-known community forbids it",
            Self::LongLivedStale => "long-lived stale, which the neighbor does not know of",
            Self::OnlyToCustomer => "only for customers",
            Self::NextHopIsPeer => "the next hop is the neighbor",
            Self::DeviceRoute => "the route of an interface address",
            Self::NoNextHop => "no next hop of this family",
            Self::OtherFamily => "the next hop is of another family, which the neighbor does not understand",
            Self::AsZero => "AS 0 is in the path: no filter may put it there",
            Self::TooLong => "the attributes do not fit in a message",
        })
    }
}

/// The checks before the filter (split horizon apart).
pub fn export_check(
    attributes: &RouteAttributes,
    source: &SourceInfo,
    export: &BgpExport,
) -> Result<(), Refused> {
    if let Some(from) = &source.bgp
        && from.internal
        && export.internal
    {
        if !from.rr_client && !export.rr_client {
            return Err(Refused::NotReflected);
        }
        if export.rr_client && attributes.bgp.cluster_list().contains(&export.cluster_id) {
            return Err(Refused::ClusterLoop);
        }
    }
    if export.interpret_communities {
        let forbids = |community: &u32| match *community {
            NO_ADVERTISE => true,
            NO_EXPORT => !export.interior,
            NO_EXPORT_SUBCONFED => !export.internal,
            _ => false,
        };
        if attributes.bgp.communities.iter().any(forbids) {
            return Err(Refused::Community);
        }
        // As with BIRD, one of ours that is marked so by hand is sent.
        let stale = || source.bgp.is_some() && attributes.bgp.communities.contains(&LLGR_STALE);
        if !export.long_lived && stale() {
            return Err(Refused::LongLivedStale);
        }
    }
    let upwards = matches!(export.role, Some(Role::Customer | Role::Peer | Role::RsClient));
    if upwards && attributes.bgp.only_to_customer().is_some() {
        return Err(Refused::OnlyToCustomer);
    }
    Ok(())
}
