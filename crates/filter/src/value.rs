//! Values of the language and how BIRD prints them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use godwit_wire::{AsPath, ExtendedCommunity, LargeCommunity};
use ipnetwork::IpNetwork;

use crate::path_mask::PathMask;
use crate::prefix_set::PrefixSet;
use crate::range_set::RangeSet;
use crate::types::{EnumKind, SetType, Type};

/// A value. Numbers of every kind are kept as the language compares them.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Value {
    /// An undefined attribute or variable.
    Void,
    /// A boolean.
    Bool(bool),
    /// A number.
    Int(u32),
    /// Two 16-bit numbers, the first in the upper half: a community.
    Pair(u32),
    /// A number written as an IPv4 address.
    Quad(u32),
    /// An address.
    Ip(IpAddr),
    /// A prefix.
    Prefix(IpNetwork),
    /// An extended community.
    Ec(ExtendedCommunity),
    /// A large community.
    Lc(LargeCommunity),
    /// A named constant.
    Enum(EnumKind, u8),
    /// Text.
    String(Arc<str>),
    /// An AS path.
    Path(AsPath),
    /// Communities.
    Clist(Box<[u32]>),
    /// Extended communities.
    Eclist(Box<[ExtendedCommunity]>),
    /// Large communities.
    Lclist(Box<[LargeCommunity]>),
    /// Octets.
    Bytes(Arc<[u8]>),
    /// A path mask.
    Mask(Arc<PathMask>),
    /// A set.
    Set(Arc<Set>),
}

/// A set of values of one type.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Set {
    /// `[]`
    Empty,
    /// Of int, pair, quad or a family of constants, by their numbers.
    Small(SetType, RangeSet<u32>),
    /// Of addresses; an IPv4 address by its place in `::ffff:0:0/96`.
    Ip(RangeSet<u128>),
    /// Of extended communities.
    Ec(RangeSet<ExtendedCommunity>),
    /// Of large communities.
    Lc(RangeSet<LargeCommunity>),
    /// Of prefixes.
    Prefix(PrefixSet),
}

impl Set {
    /// What it holds.
    pub(crate) fn set_type(&self) -> SetType {
        match self {
            Self::Empty => SetType::Empty,
            Self::Small(of, _) => *of,
            Self::Ip(_) => SetType::Ip,
            Self::Ec(_) => SetType::Ec,
            Self::Lc(_) => SetType::Lc,
            Self::Prefix(_) => SetType::Prefix,
        }
    }

    /// Whether a value is a member; `None` if it is of another type than the members.
    pub(crate) fn contains(&self, value: &Value) -> Option<bool> {
        Some(match (self, value) {
            (Self::Small(SetType::Int, set), Value::Int(n)) => set.contains(*n),
            (Self::Small(SetType::Pair, set), Value::Pair(n)) => set.contains(*n),
            (Self::Small(SetType::Quad, set), Value::Quad(n)) => set.contains(*n),
            (Self::Small(SetType::Quad, set), Value::Ip(IpAddr::V4(ip))) => set.contains((*ip).into()),
            (Self::Small(SetType::Enum(of), set), Value::Enum(kind, n)) if of == kind => {
                set.contains((*n).into())
            }
            (Self::Ip(set), Value::Ip(ip)) => set.contains(ip_number(*ip)),
            (Self::Ip(set), Value::Quad(n)) => set.contains(ip_number(IpAddr::V4((*n).into()))),
            (Self::Ec(set), Value::Ec(ec)) => set.contains(*ec),
            (Self::Lc(set), Value::Lc(lc)) => set.contains(*lc),
            (Self::Prefix(set), Value::Prefix(net)) => set.matches(*net),
            (Self::Empty, value) if value.ty().set_of().is_some() => false,
            _ => return None,
        })
    }
}

/// The place of an address in the order of all addresses: IPv4 in `::ffff:0:0/96`.
pub(crate) fn ip_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

/// The address at a place [`ip_number`] gave.
pub(crate) fn number_ip(number: u128) -> IpAddr {
    let v6 = Ipv6Addr::from(number);
    v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)
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
            Self::Ec(_) => Type::Ec,
            Self::Lc(_) => Type::Lc,
            Self::Enum(kind, _) => Type::Enum(*kind),
            Self::String(_) => Type::String,
            Self::Path(_) => Type::Path,
            Self::Clist(_) => Type::Clist,
            Self::Eclist(_) => Type::Eclist,
            Self::Lclist(_) => Type::Lclist,
            Self::Bytes(_) => Type::Bytes,
            Self::Mask(_) => Type::Mask,
            Self::Set(set) => Type::Set(set.set_type()),
        }
    }

    /// A set.
    pub(crate) fn set(set: Set) -> Self {
        Self::Set(Arc::new(set))
    }

    /// The value where a type is wanted: itself, an address as quad, the empty set as any set. The
    /// inner value comes back as `Err` if it is of another type.
    pub(crate) fn into_type(self, wanted: Type) -> Result<Self, Self> {
        match (wanted, self) {
            (Type::Quad, Self::Ip(IpAddr::V4(ip))) => Ok(Self::Quad(ip.into())),
            (_, value) if wanted.takes(value.ty()) => Ok(value),
            (_, value) => Err(value),
        }
    }

    /// `=`: values of different types differ, but for a quad and an IPv4 address.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quad(n), Self::Ip(IpAddr::V4(ip))) | (Self::Ip(IpAddr::V4(ip)), Self::Quad(n)) => {
                Ipv4Addr::from(*n) == *ip
            }
            _ => self == other,
        }
    }
}

/// Prints ranges in brackets.
pub(crate) fn print_ranges<T: Copy + PartialEq>(
    f: &mut fmt::Formatter<'_>,
    items: &[(T, T)],
    print: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (i, (low, high)) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        print(f, *low)?;
        if low != high {
            f.write_str("..")?;
            print(f, *high)?;
        }
    }
    f.write_str("]")
}

fn print_small(f: &mut fmt::Formatter<'_>, of: SetType, n: u32) -> fmt::Result {
    match of {
        SetType::Pair => write!(f, "({},{})", n >> 16, n & 0xffff),
        SetType::Quad => write!(f, "{}", Ipv4Addr::from(n)),
        SetType::Enum(kind) => write!(f, "(enum {:x}){n}", kind.code()),
        _ => write!(f, "{n}"),
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("[]"),
            Self::Small(of, set) => print_ranges(f, set.items(), |f, n| print_small(f, *of, n)),
            Self::Ip(set) => print_ranges(f, set.items(), |f, n| write!(f, "{}", number_ip(n))),
            Self::Ec(set) => print_ranges(f, set.items(), |f, ec| write!(f, "{ec}")),
            Self::Lc(set) => print_ranges(f, set.items(), |f, lc| write!(f, "{lc}")),
            Self::Prefix(set) => write!(f, "{set}"),
        }
    }
}

fn print_list<T>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    list: &[T],
    print: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "({name} ")?;
    for (i, item) in list.iter().enumerate() {
        if i > 0 {
            f.write_str(" ")?;
        }
        print(f, item)?;
    }
    f.write_str(")")
}

/// Prints as BIRD's `print` and `format` do.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("(void)"),
            Self::Bool(b) => f.write_str(if *b { "TRUE" } else { "FALSE" }),
            Self::Int(n) => write!(f, "{n}"),
            Self::Pair(n) => print_small(f, SetType::Pair, *n),
            Self::Quad(n) => print_small(f, SetType::Quad, *n),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Prefix(net) => write!(f, "{net}"),
            Self::Ec(ec) => write!(f, "{ec}"),
            Self::Lc(lc) => write!(f, "{lc}"),
            Self::Enum(kind, n) => print_small(f, SetType::Enum(*kind), (*n).into()),
            Self::String(text) => f.write_str(text),
            Self::Path(path) => write!(f, "(path {path})"),
            Self::Clist(list) => print_list(f, "clist", list, |f, n| print_small(f, SetType::Pair, *n)),
            Self::Eclist(list) => print_list(f, "eclist", list, |f, ec| write!(f, "{ec}")),
            Self::Lclist(list) => print_list(f, "lclist", list, |f, lc| write!(f, "{lc}")),
            Self::Bytes(octets) => {
                f.write_str("hex:")?;
                octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
            Self::Mask(mask) => write!(f, "{mask}"),
            Self::Set(set) => write!(f, "{set}"),
        }
    }
}
