//! The types of the language.

use std::fmt;

/// Which of BIRD's configuration languages is read; where they differ in meaning, filters follow it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Dialect {
    /// BIRD 1.6 and Calico's variant.
    Bird16,
    /// BIRD 2.
    #[default]
    Bird2,
}

/// The families of named constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EnumKind {
    /// `RTS_*`: where a route came from.
    Rts,
    /// `ORIGIN_*`: BGP's ORIGIN.
    Origin,
    /// `SCOPE_*`: how far an address reaches.
    Scope,
    /// `RTC_*` (1.6): how a route casts.
    Rtc,
    /// `RTD_*`: where packets go.
    Rtd,
    /// `ROA_*`: the outcome of origin validation (RFC 6811).
    Roa,
    /// `NET_*`: what a net is.
    Net,
    /// `RA_PREF_*`: the preference of a route in router advertisements.
    Ra,
    /// `AF_*`: an address family.
    Af,
}

impl EnumKind {
    /// The number BIRD prints before values of the family.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Rts => 0x30,
            Self::Origin => 0x31,
            Self::Scope => 0x32,
            Self::Rtc => 0x33,
            Self::Rtd => 0x34,
            Self::Roa => 0x35,
            Self::Net => 0x36,
            Self::Ra => 0x37,
            Self::Af => 0x38,
        }
    }
}

/// The named constants both dialects share, then those of one.
const ENUMS: &[(&str, EnumKind, u8)] = &[
    ("RTS_STATIC", EnumKind::Rts, 1),
    ("RTS_INHERIT", EnumKind::Rts, 2),
    ("RTS_DEVICE", EnumKind::Rts, 3),
    ("RTS_STATIC_DEVICE", EnumKind::Rts, 4),
    ("RTS_REDIRECT", EnumKind::Rts, 5),
    ("RTS_RIP", EnumKind::Rts, 6),
    ("RTS_OSPF", EnumKind::Rts, 7),
    ("RTS_OSPF_IA", EnumKind::Rts, 8),
    ("RTS_OSPF_EXT1", EnumKind::Rts, 9),
    ("RTS_OSPF_EXT2", EnumKind::Rts, 10),
    ("RTS_BGP", EnumKind::Rts, 11),
    ("RTS_PIPE", EnumKind::Rts, 12),
    ("RTS_BABEL", EnumKind::Rts, 13),
    ("RTS_RPKI", EnumKind::Rts, 14),
    ("SCOPE_HOST", EnumKind::Scope, 0),
    ("SCOPE_LINK", EnumKind::Scope, 1),
    ("SCOPE_SITE", EnumKind::Scope, 2),
    ("SCOPE_ORGANIZATION", EnumKind::Scope, 3),
    ("SCOPE_UNIVERSE", EnumKind::Scope, 4),
    ("SCOPE_UNDEFINED", EnumKind::Scope, 5),
    ("RTD_BLACKHOLE", EnumKind::Rtd, 2),
    ("RTD_UNREACHABLE", EnumKind::Rtd, 3),
    ("RTD_PROHIBIT", EnumKind::Rtd, 4),
    ("ROA_UNKNOWN", EnumKind::Roa, 0),
    ("ROA_VALID", EnumKind::Roa, 1),
    ("ROA_INVALID", EnumKind::Roa, 2),
    ("ORIGIN_IGP", EnumKind::Origin, 0),
    ("ORIGIN_EGP", EnumKind::Origin, 1),
    ("ORIGIN_INCOMPLETE", EnumKind::Origin, 2),
    ("NET_IP4", EnumKind::Net, 1),
    ("NET_IP6", EnumKind::Net, 2),
    ("NET_VPN4", EnumKind::Net, 3),
    ("NET_VPN6", EnumKind::Net, 4),
    ("NET_ROA4", EnumKind::Net, 5),
    ("NET_ROA6", EnumKind::Net, 6),
    ("NET_FLOW4", EnumKind::Net, 7),
    ("NET_FLOW6", EnumKind::Net, 8),
    ("NET_IP6_SADR", EnumKind::Net, 9),
    ("AF_IPV4", EnumKind::Af, 1),
    ("AF_IPV6", EnumKind::Af, 2),
];

const ENUMS_16: &[(&str, EnumKind, u8)] = &[
    ("RTS_DUMMY", EnumKind::Rts, 0),
    ("RTD_ROUTER", EnumKind::Rtd, 0),
    ("RTD_DEVICE", EnumKind::Rtd, 1),
    ("RTD_MULTIPATH", EnumKind::Rtd, 5),
    ("RTC_UNICAST", EnumKind::Rtc, 0),
    ("RTC_BROADCAST", EnumKind::Rtc, 1),
    ("RTC_MULTICAST", EnumKind::Rtc, 2),
    ("RTC_ANYCAST", EnumKind::Rtc, 3),
];

const ENUMS_2: &[(&str, EnumKind, u8)] = &[
    ("RTD_UNICAST", EnumKind::Rtd, 1),
    ("RA_PREF_LOW", EnumKind::Ra, 0x18),
    ("RA_PREF_MEDIUM", EnumKind::Ra, 0),
    ("RA_PREF_HIGH", EnumKind::Ra, 0x08),
];

/// The named constants of a dialect.
pub(crate) fn enum_constants(
    dialect: Dialect,
) -> impl Iterator<Item = &'static (&'static str, EnumKind, u8)> {
    ENUMS.iter().chain(if dialect == Dialect::Bird16 { ENUMS_16 } else { ENUMS_2 })
}

/// The name of a named constant in a dialect.
pub(crate) fn enum_name(dialect: Dialect, kind: EnumKind, value: u8) -> Option<&'static str> {
    enum_constants(dialect).find(|(_, k, v)| (*k, *v) == (kind, value)).map(|(name, ..)| *name)
}

/// A type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Known only when it runs: what a function without one type of result gives.
    Dynamic,
    /// No value.
    Void,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `pair`
    Pair,
    /// `quad`
    Quad,
    /// `ip`
    Ip,
    /// `prefix`
    Prefix,
    /// `ec`
    Ec,
    /// `lc`
    Lc,
    /// `string`
    String,
    /// `bgpmask`
    Mask,
    /// `bgppath`
    Path,
    /// `clist`
    Clist,
    /// `eclist`
    Eclist,
    /// `lclist`
    Lclist,
    /// `bytestring`
    Bytes,
    /// A named constant.
    Enum(EnumKind),
    /// A set of members.
    Set(SetType),
}

/// What a set holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SetType {
    /// Nothing: `[]` is a set of every type.
    Empty,
    /// `int set`
    Int,
    /// `pair set`
    Pair,
    /// `quad set`
    Quad,
    /// `ip set`
    Ip,
    /// `ec set`
    Ec,
    /// `lc set`
    Lc,
    /// `prefix set`
    Prefix,
    /// Named constants.
    Enum(EnumKind),
}

/// The words that begin a declaration.
const TYPE_WORDS: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("pair", Type::Pair),
    ("quad", Type::Quad),
    ("ip", Type::Ip),
    ("prefix", Type::Prefix),
    ("ec", Type::Ec),
    ("lc", Type::Lc),
    ("string", Type::String),
    ("bgpmask", Type::Mask),
    ("bgppath", Type::Path),
    ("clist", Type::Clist),
    ("eclist", Type::Eclist),
    ("lclist", Type::Lclist),
    ("bytestring", Type::Bytes),
];

/// Whether a word names a type.
pub(crate) fn is_type_word(word: &str) -> bool {
    TYPE_WORDS.iter().any(|(w, _)| *w == word)
}

impl Type {
    /// The type `WORD` or `WORD set`.
    pub(crate) fn from_words(word: &str, set: bool) -> Option<Self> {
        let of = TYPE_WORDS.iter().find(|(w, _)| *w == word).map(|(_, t)| *t)?;
        if set { of.set_of().map(Self::Set) } else { Some(of) }
    }

    /// The sets that have members of this type.
    pub(crate) fn set_of(self) -> Option<SetType> {
        Some(match self {
            Self::Int => SetType::Int,
            Self::Pair => SetType::Pair,
            Self::Quad => SetType::Quad,
            Self::Ip => SetType::Ip,
            Self::Ec => SetType::Ec,
            Self::Lc => SetType::Lc,
            Self::Prefix => SetType::Prefix,
            Self::Enum(kind) => SetType::Enum(kind),
            _ => return None,
        })
    }

    /// Whether a value of type `got` may stand where this one is wanted; `true` where only the run
    /// can tell.
    pub(crate) fn takes(self, got: Self) -> bool {
        self == got
            || self == Self::Dynamic
            || got == Self::Dynamic
            || matches!((self, got), (Self::Quad, Self::Ip))
            || matches!((self, got), (Self::Set(_), Self::Set(SetType::Empty)))
    }
}

/// Prints the type as BIRD's messages name it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dynamic => f.write_str("any"),
            Self::Void => f.write_str("void"),
            Self::Enum(kind) => write!(f, "enum {kind:?}"),
            Self::Set(SetType::Empty) => f.write_str("empty set"),
            Self::Set(SetType::Prefix) => f.write_str("prefix set"),
            Self::Set(of) => write!(f, "{} set", format!("{of:?}").to_lowercase()),
            other => match TYPE_WORDS.iter().find(|(_, t)| t == other) {
                Some((word, _)) => f.write_str(word),
                None => f.write_str("any"),
            },
        }
    }
}
