//! Values of the filter language.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use godwit_wire::{AsPath, ExtendedCommunity, LargeCommunity};
use ipnetwork::IpNetwork;

use crate::set::{PathMask, PrefixSet, Set};

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// No value.
    Void,
    /// `bool`.
    Bool,
    /// `int`: 32 bits, unsigned.
    Int,
    /// `pair`.
    Pair,
    /// `quad`.
    Quad,
    /// `ip`.
    Ip,
    /// `prefix`.
    Prefix,
    /// `string`.
    String,
    /// `ec`.
    Ec,
    /// `lc`.
    Lc,
    /// `bgppath`.
    Path,
    /// `bgpmask`.
    Mask,
    /// `clist`.
    Clist,
    /// `eclist`.
    Eclist,
    /// `lclist`.
    Lclist,
    /// An enumeration.
    Enum(EnumKind),
    /// A set of scalars.
    Set,
    /// A set of prefixes.
    PrefixSet,
}

/// Which enumeration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EnumKind {
    /// `RTS_…`.
    Source,
    /// `SCOPE_…`.
    Scope,
    /// `RTD_…`.
    Destination,
    /// `ORIGIN_…`.
    Origin,
    /// `NET_…`.
    Net,
}

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Undefined.
    Void,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(u32),
    /// A pair of 16-bit numbers.
    Pair(u32),
    /// A dotted quad that is no address.
    Quad(u32),
    /// An address.
    Ip(IpAddr),
    /// A prefix.
    Prefix(IpNetwork),
    /// Text.
    String(Arc<str>),
    /// An extended community.
    Ec(ExtendedCommunity),
    /// A large community.
    Lc(LargeCommunity),
    /// An AS path.
    Path(AsPath),
    /// A pattern of AS paths.
    Mask(Arc<PathMask>),
    /// A list of communities.
    Clist(Box<[u32]>),
    /// A list of extended communities.
    Eclist(Box<[ExtendedCommunity]>),
    /// A list of large communities.
    Lclist(Box<[LargeCommunity]>),
    /// A member of an enumeration, by its number.
    Enum(EnumKind, u8),
    /// A set of scalars.
    Set(Arc<Set>),
    /// A set of prefixes.
    PrefixSet(Arc<PrefixSet>),
}

impl Value {
    /// Its type.
    pub fn ty(&self) -> Type {
        match self {
            Self::Void => Type::Void,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Pair(_) => Type::Pair,
            Self::Quad(_) => Type::Quad,
            Self::Ip(_) => Type::Ip,
            Self::Prefix(_) => Type::Prefix,
            Self::String(_) => Type::String,
            Self::Ec(_) => Type::Ec,
            Self::Lc(_) => Type::Lc,
            Self::Path(_) => Type::Path,
            Self::Mask(_) => Type::Mask,
            Self::Clist(_) => Type::Clist,
            Self::Eclist(_) => Type::Eclist,
            Self::Lclist(_) => Type::Lclist,
            Self::Enum(kind, _) => Type::Enum(*kind),
            Self::Set(_) => Type::Set,
            Self::PrefixSet(_) => Type::PrefixSet,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Void => "void",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Pair => "pair",
            Self::Quad => "quad",
            Self::Ip => "ip",
            Self::Prefix => "prefix",
            Self::String => "string",
            Self::Ec => "ec",
            Self::Lc => "lc",
            Self::Path => "bgppath",
            Self::Mask => "bgpmask",
            Self::Clist => "clist",
            Self::Eclist => "eclist",
            Self::Lclist => "lclist",
            Self::Enum(_) => "enum",
            Self::Set => "set",
            Self::PrefixSet => "prefix set",
        })
    }
}

/// Prints as BIRD does.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("(void)"),
            Self::Bool(true) => f.write_str("TRUE"),
            Self::Bool(false) => f.write_str("FALSE"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Pair(n) => write!(f, "({},{})", n >> 16, n & 0xffff),
            Self::Quad(n) => write!(f, "{}", std::net::Ipv4Addr::from(*n)),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Prefix(net) => write!(f, "{net}"),
            Self::String(text) => f.write_str(text),
            Self::Ec(ec) => write!(f, "{ec}"),
            Self::Lc(lc) => write!(f, "{lc}"),
            Self::Path(path) => write!(f, "(path {path})"),
            Self::Mask(mask) => write!(f, "{mask}"),
            Self::Clist(list) => {
                f.write_str("(clist")?;
                list.iter().try_for_each(|n| write!(f, " ({},{})", n >> 16, n & 0xffff))?;
                f.write_str(")")
            }
            Self::Eclist(list) => {
                f.write_str("(eclist")?;
                list.iter().try_for_each(|c| write!(f, " {c}"))?;
                f.write_str(")")
            }
            Self::Lclist(list) => {
                f.write_str("(lclist")?;
                list.iter().try_for_each(|c| write!(f, " {c}"))?;
                f.write_str(")")
            }
            Self::Enum(kind, n) => {
                let code = match kind {
                    EnumKind::Source => 0x30,
                    EnumKind::Origin => 0x31,
                    EnumKind::Scope => 0x32,
                    EnumKind::Destination => 0x34,
                    EnumKind::Net => 0x36,
                };
                write!(f, "(enum {code:x}){n}")
            }
            Self::Set(set) => write!(f, "{set}"),
            Self::PrefixSet(set) => write!(f, "{set}"),
        }
    }
}

/// The value of an enumeration's constant.
pub(crate) fn enum_constant(name: &str) -> Option<Value> {
    use EnumKind::{Destination, Net, Origin, Scope, Source};
    const CONSTANTS: &[(&str, EnumKind, u8)] = &[
        ("RTS_STATIC", Source, 1),
        ("RTS_INHERIT", Source, 2),
        ("RTS_DEVICE", Source, 3),
        ("RTS_STATIC_DEVICE", Source, 4),
        ("RTS_REDIRECT", Source, 5),
        ("RTS_RIP", Source, 6),
        ("RTS_OSPF", Source, 7),
        ("RTS_OSPF_IA", Source, 8),
        ("RTS_OSPF_EXT1", Source, 9),
        ("RTS_OSPF_EXT2", Source, 10),
        ("RTS_BGP", Source, 11),
        ("RTS_PIPE", Source, 12),
        ("RTS_BABEL", Source, 13),
        ("SCOPE_HOST", Scope, 0),
        ("SCOPE_LINK", Scope, 1),
        ("SCOPE_SITE", Scope, 2),
        ("SCOPE_ORGANIZATION", Scope, 3),
        ("SCOPE_UNIVERSE", Scope, 4),
        ("SCOPE_UNDEFINED", Scope, 5),
        ("RTD_UNICAST", Destination, 1),
        ("RTD_ROUTER", Destination, 1),
        ("RTD_DEVICE", Destination, 1),
        ("RTD_MULTIPATH", Destination, 1),
        ("RTD_BLACKHOLE", Destination, 2),
        ("RTD_UNREACHABLE", Destination, 3),
        ("RTD_PROHIBIT", Destination, 4),
        ("ORIGIN_IGP", Origin, 0),
        ("ORIGIN_EGP", Origin, 1),
        ("ORIGIN_INCOMPLETE", Origin, 2),
        ("NET_IP4", Net, 1),
        ("NET_IP6", Net, 2),
    ];
    CONSTANTS.iter().find(|(n, _, _)| *n == name).map(|(_, kind, code)| Value::Enum(*kind, *code))
}
