//! The attributes of a route as filters name them.

use std::sync::Arc;

use crate::ast::{Ident, TypeName};
use crate::types::{Dialect, EnumKind, Type};
use crate::{Diagnostic, Span};

/// An attribute, resolved from its name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Attribute {
    Net,
    Proto,
    Source,
    From,
    Gw,
    Ifname,
    Ifindex,
    Dest,
    Scope,
    Preference,
    Cast,
    Weight,
    Onlink,
    GwMpls,
    BgpPath,
    BgpOrigin,
    BgpNextHop,
    BgpMed,
    BgpLocalPref,
    BgpAtomicAggr,
    BgpAggregator,
    BgpCommunity,
    BgpExtCommunity,
    BgpLargeCommunity,
    BgpOriginatorId,
    BgpClusterList,
    BgpAigp,
    BgpOtc,
    /// A path attribute of BGP by its type code, which is octets: `attribute bgp N bytestring NAME`.
    BgpOther(u8, Arc<str>),
    /// One of [`crate::RouteAttributes::extra`], by name, and its type.
    Extra(Arc<str>, Type),
}

/// What a filter may do with an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Always there, never written.
    ReadOnly,
    /// Always there.
    Static,
    /// May be undefined.
    Dynamic,
    /// May be undefined; only `defined()` is allowed.
    Opaque,
}

use Access::{Dynamic, Opaque, ReadOnly, Static};
use Attribute as A;

const BUILT_IN: &[(&str, Attribute, Type, Access)] = &[
    ("net", A::Net, Type::Prefix, ReadOnly),
    ("proto", A::Proto, Type::String, ReadOnly),
    ("source", A::Source, Type::Enum(EnumKind::Rts), ReadOnly),
    ("from", A::From, Type::Ip, Static),
    ("gw", A::Gw, Type::Ip, Static),
    ("ifname", A::Ifname, Type::String, Static),
    ("ifindex", A::Ifindex, Type::Int, ReadOnly),
    ("dest", A::Dest, Type::Enum(EnumKind::Rtd), Static),
    ("scope", A::Scope, Type::Enum(EnumKind::Scope), Static),
    ("preference", A::Preference, Type::Int, Static),
    ("cast", A::Cast, Type::Enum(EnumKind::Rtc), ReadOnly),
    ("weight", A::Weight, Type::Int, Static),
    ("onlink", A::Onlink, Type::Bool, Static),
    ("gw_mpls", A::GwMpls, Type::Int, ReadOnly),
    ("bgp_path", A::BgpPath, Type::Path, Dynamic),
    ("bgp_origin", A::BgpOrigin, Type::Enum(EnumKind::Origin), Dynamic),
    ("bgp_next_hop", A::BgpNextHop, Type::Ip, Dynamic),
    ("bgp_med", A::BgpMed, Type::Int, Dynamic),
    ("bgp_local_pref", A::BgpLocalPref, Type::Int, Dynamic),
    ("bgp_atomic_aggr", A::BgpAtomicAggr, Type::Void, Opaque),
    ("bgp_aggregator", A::BgpAggregator, Type::Void, Opaque),
    ("bgp_community", A::BgpCommunity, Type::Clist, Dynamic),
    ("bgp_ext_community", A::BgpExtCommunity, Type::Eclist, Dynamic),
    ("bgp_large_community", A::BgpLargeCommunity, Type::Lclist, Dynamic),
    ("bgp_originator_id", A::BgpOriginatorId, Type::Quad, Dynamic),
    ("bgp_cluster_list", A::BgpClusterList, Type::Clist, Dynamic),
    ("bgp_aigp", A::BgpAigp, Type::Void, Opaque),
    ("bgp_otc", A::BgpOtc, Type::Int, Dynamic),
];

/// Kernel, IGP and other protocols' attributes, all dynamic and kept by name.
const EXTRA: &[(&str, Type)] = &[
    ("krt_source", Type::Int),
    ("krt_metric", Type::Int),
    ("krt_prefsrc", Type::Ip),
    ("krt_realm", Type::Int),
    ("krt_scope", Type::Int),
    ("krt_tunnel", Type::String),
    ("krt_mtu", Type::Int),
    ("krt_window", Type::Int),
    ("krt_rtt", Type::Int),
    ("krt_rttvar", Type::Int),
    ("krt_sstresh", Type::Int),
    ("krt_cwnd", Type::Int),
    ("krt_advmss", Type::Int),
    ("krt_reordering", Type::Int),
    ("krt_hoplimit", Type::Int),
    ("krt_initcwnd", Type::Int),
    ("krt_rto_min", Type::Int),
    ("krt_initrwnd", Type::Int),
    ("krt_quickack", Type::Int),
    ("krt_congctl", Type::String),
    ("krt_lock_mtu", Type::Bool),
    ("krt_lock_window", Type::Bool),
    ("krt_lock_rtt", Type::Bool),
    ("krt_lock_rttvar", Type::Bool),
    ("krt_lock_sstresh", Type::Bool),
    ("krt_lock_cwnd", Type::Bool),
    ("krt_lock_advmss", Type::Bool),
    ("krt_lock_reordering", Type::Bool),
    ("krt_lock_hoplimit", Type::Bool),
    ("krt_lock_rto_min", Type::Bool),
    ("krt_feature_ecn", Type::Bool),
    ("krt_feature_allfrag", Type::Bool),
    ("igp_metric", Type::Int),
    ("ospf_metric1", Type::Int),
    ("ospf_metric2", Type::Int),
    ("ospf_tag", Type::Int),
    ("ospf_router_id", Type::Quad),
    ("rip_metric", Type::Int),
    ("rip_tag", Type::Int),
    ("babel_metric", Type::Int),
    ("babel_seqno", Type::Int),
    ("ra_preference", Type::Enum(EnumKind::Ra)),
    ("ra_lifetime", Type::Int),
];

/// The kernel's set of which metrics of a route are fixed (RTAX_LOCK), a bit each: `krt_lock_mtu` and so on.
pub const KERNEL_LOCK: &str = "krt_lock";
/// The kernel's set of what may be used over a route (RTAX_FEATURES), a bit each: `krt_feature_ecn` and so on.
pub const KERNEL_FEATURES: &str = "krt_features";

/// The bits of the sets that filters name one by one, by what follows `krt_lock_` and `krt_feature_`.
pub const KERNEL_LOCK_BITS: [(&str, u32); 10] = [
    ("mtu", 2),
    ("window", 3),
    ("rtt", 4),
    ("rttvar", 5),
    ("sstresh", 6),
    ("cwnd", 7),
    ("advmss", 8),
    ("reordering", 9),
    ("hoplimit", 10),
    ("rto_min", 13),
];
/// See [`KERNEL_LOCK_BITS`].
pub const KERNEL_FEATURE_BITS: [(&str, u32); 2] = [("ecn", 0), ("allfrag", 3)];

/// The attribute that an attribute is a bit of, and the bit.
pub(crate) fn bit_of(name: &str) -> Option<(&'static str, u32)> {
    let (whole, short, bits): (_, _, &[(&str, u32)]) = match name.strip_prefix("krt_lock_") {
        Some(short) => (KERNEL_LOCK, short, &KERNEL_LOCK_BITS),
        None => (KERNEL_FEATURES, name.strip_prefix("krt_feature_")?, &KERNEL_FEATURE_BITS),
    };
    bits.iter().find(|(bit, _)| *bit == short).map(|(_, place)| (whole, 1 << place))
}

/// Names that came with BIRD 2.
const NOT_IN_16: [&str; 2] = ["krt_congctl", "gw_mpls"];

/// The built-in attribute of a name.
pub(crate) fn find(name: &str, dialect: Dialect) -> Option<(Attribute, Type, Access)> {
    if dialect == Dialect::Bird16 && NOT_IN_16.contains(&name) {
        return None;
    }
    if let Some((_, attribute, of, access)) = BUILT_IN.iter().find(|(n, ..)| *n == name) {
        return Some((attribute.clone(), *of, *access));
    }
    let (name, of) = EXTRA.iter().find(|(n, _)| *n == name)?;
    Some((Attribute::Extra((*name).into(), *of), *of, Dynamic))
}

/// The attribute that `attribute [bgp CODE] TYPE NAME` defines.
///
/// # Errors
/// There are none of that type, or of that code.
pub(crate) fn custom(bgp: Option<(u32, Span)>, of: &TypeName, name: &Ident) -> Result<Attribute, Diagnostic> {
    let wanted = Type::from_words(&of.word.name, of.set);
    let Some((code, span)) = bgp else {
        return match wanted {
            Some(t) if may_be_custom(t) => Ok(Attribute::Extra(name.name.clone(), t)),
            _ => Err(Diagnostic::error(of.word.span, "Custom route attribute of unsupported type").label(
                "int, ip, quad, bgppath, clist, eclist, lclist, bytestring, string and bool are there",
            )),
        };
    };
    if wanted != Some(Type::Bytes) {
        return Err(Diagnostic::error(of.word.span, "Attributes of BGP must be of type bytestring"));
    }
    match u8::try_from(code) {
        Ok(code) if !has_meaning(code) => Ok(Attribute::BgpOther(code, name.name.clone())),
        _ => {
            Err(Diagnostic::error(span, "Invalid attribute number")
                .label("is known already, or not below 256"))
        }
    }
}

fn may_be_custom(of: Type) -> bool {
    let plain = matches!(of, Type::Int | Type::Bool | Type::Ip | Type::Quad | Type::String | Type::Bytes);
    plain || matches!(of, Type::Path | Type::Clist | Type::Eclist | Type::Lclist)
}

/// The type codes of path attributes that are read here, which are no octets to filters, and 0.
fn has_meaning(code: u8) -> bool {
    matches!(code, 0..=10 | 14..=18 | 26 | 32 | 35)
}

impl Attribute {
    /// The type of a custom attribute.
    pub(crate) fn custom_type(&self) -> Type {
        match self {
            Self::Extra(_, of) => *of,
            _ => Type::Bytes,
        }
    }
}

/// The name of an attribute.
pub(crate) fn name_of(attribute: &Attribute) -> &str {
    match attribute {
        Attribute::Extra(name, _) | Attribute::BgpOther(_, name) => name,
        other => BUILT_IN.iter().find(|(_, known, ..)| known == other).map_or("", |(name, ..)| name),
    }
}

/// Whether a route always has it, be it empty.
pub(crate) fn is_always_there(attribute: &Attribute) -> bool {
    let known = BUILT_IN.iter().find(|(_, known, ..)| known == attribute);
    known.is_some_and(|(.., access)| matches!(access, ReadOnly | Static))
}

/// The names of the built-in attributes.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|b| b.0).chain(EXTRA.iter().map(|e| e.0))
}
