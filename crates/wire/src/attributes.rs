use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{AsPath, ExtendedCommunity, LargeCommunity};

/// ORIGIN (RFC 4271 §5.1.1). Lower is preferred.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Origin {
    /// Learned from an interior protocol.
    Igp = 0,
    /// Learned from EGP.
    Egp = 1,
    /// Learned otherwise.
    Incomplete = 2,
}

/// AGGREGATOR (RFC 4271 §5.1.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Aggregator {
    /// The AS that formed the aggregate.
    pub asn: u32,
    /// The speaker that formed it.
    pub address: Ipv4Addr,
}

/// An attribute this crate does not know, carried byte for byte.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct UnknownAttribute {
    /// The flags octet as received (RFC 4271 §4.3); extended length is chosen again on encode.
    pub flags: u8,
    /// The type code.
    pub code: u8,
    /// The value.
    pub value: Box<[u8]>,
}

/// The path attributes of a route (RFC 4271 §5), decoded. NLRI of MP_REACH_NLRI is not here; its
/// next hop is.
///
/// Kept small, since hundreds of thousands of sets are in memory at once: what few routes carry
/// stands behind one pointer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PathAttributes {
    /// ORIGIN.
    pub origin: Option<Origin>,
    /// AS_PATH, always with 4-octet AS numbers.
    pub as_path: Option<AsPath>,
    /// NEXT_HOP, or the global next hop of MP_REACH_NLRI. Network order does not show here.
    pub next_hop: Option<IpAddr>,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    /// LOCAL_PREF.
    pub local_pref: Option<u32>,
    /// COMMUNITIES (RFC 1997), in the order received; the AS in the upper 16 bits.
    pub communities: Box<[u32]>,
    /// What few routes have. `None` and an all-default value mean the same: use
    /// [`PathAttributes::rare_mut`] and [`PathAttributes::normalise`], which keep it `None` then.
    pub rare: Option<Box<RareAttributes>>,
}

/// The less common attributes of a [`PathAttributes`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct RareAttributes {
    /// ATOMIC_AGGREGATE is present.
    pub atomic_aggregate: bool,
    /// AGGREGATOR.
    pub aggregator: Option<Aggregator>,
    /// ORIGINATOR_ID (RFC 4456).
    pub originator_id: Option<Ipv4Addr>,
    /// CLUSTER_LIST (RFC 4456), nearest cluster first.
    pub cluster_list: Box<[u32]>,
    /// EXTENDED COMMUNITIES (RFC 4360).
    pub ext_communities: Box<[ExtendedCommunity]>,
    /// LARGE COMMUNITIES (RFC 8092).
    pub large_communities: Box<[LargeCommunity]>,
    /// The link-local next hop that accompanies a global IPv6 one (RFC 2545 §3).
    pub link_local_next_hop: Option<Ipv6Addr>,
    /// The value of AIGP (RFC 7311 §3): the accumulated IGP metric. Written only to a neighbor that has
    /// it enabled, see [`crate::EncodeContext`].
    pub aigp: Option<u64>,
    /// The TLVs of AIGP beside the first of type 1, whole and in order, which go with it unchanged.
    pub aigp_tlvs: Box<[u8]>,
    /// ONLY_TO_CUSTOMER (RFC 9234 §5): the AS that set it.
    pub only_to_customer: Option<u32>,
    /// Attributes not known here, ascending by type code.
    pub unknown: Vec<UnknownAttribute>,
}

impl PathAttributes {
    /// The rare attributes, made if there are none yet. Call [`PathAttributes::normalise`] after.
    pub fn rare_mut(&mut self) -> &mut RareAttributes {
        self.rare.get_or_insert_default()
    }

    /// Drops an empty `rare`, so that equal sets compare equal.
    pub fn normalise(&mut self) {
        if self.rare.as_deref().is_some_and(|r| *r == RareAttributes::default()) {
            self.rare = None;
        }
    }

    /// ORIGINATOR_ID, if present.
    pub fn originator_id(&self) -> Option<Ipv4Addr> {
        self.rare.as_ref().and_then(|r| r.originator_id)
    }

    /// CLUSTER_LIST, empty if absent.
    pub fn cluster_list(&self) -> &[u32] {
        self.rare.as_ref().map_or(&[], |r| &r.cluster_list)
    }

    /// AIGP's metric, if present.
    pub fn aigp(&self) -> Option<u64> {
        self.rare.as_ref().and_then(|r| r.aigp)
    }

    /// ONLY_TO_CUSTOMER, if present.
    pub fn only_to_customer(&self) -> Option<u32> {
        self.rare.as_ref().and_then(|r| r.only_to_customer)
    }

    /// Large communities, empty if absent.
    pub fn large_communities(&self) -> &[LargeCommunity] {
        self.rare.as_ref().map_or(&[], |r| &r.large_communities)
    }

    /// Extended communities, empty if absent.
    pub fn ext_communities(&self) -> &[ExtendedCommunity] {
        self.rare.as_ref().map_or(&[], |r| &r.ext_communities)
    }
}
