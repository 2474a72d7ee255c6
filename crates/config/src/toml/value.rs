//! Values with more than one form, such as `true`, `64` or `"aware"`.

use std::fmt;
use std::net::IpAddr;

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use crate::defaults::{MERGE_PATHS_DEFAULT, MULTIHOP_DEFAULT};
use crate::model::{
    DebugFlags, GracefulRestartMode, InterfacePattern, Limit, LimitAction, LogClasses, NeighborAs,
    NextHopMode,
};

/// Tables by name, with the names' places.
#[derive(Clone, Debug)]
pub(super) struct Named<T>(pub(super) Vec<(Spanned<String>, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tables<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Tables<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tables by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    list.push(entry);
                }
                list.sort_by_key(|(name, _): &(Spanned<String>, T)| name.span().start);
                Ok(Named(list))
            }
        }
        deserializer.deserialize_map(Tables(std::marker::PhantomData))
    }
}

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub(super) struct OneOrMore<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore<T>, E> {
                let value = serde::de::value::StrDeserializer::new(text);
                Ok(OneOrMore(vec![T::deserialize(value)?]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMore<T>, A::Error> {
                let value = serde::de::value::MapAccessDeserializer::new(map);
                Ok(OneOrMore(vec![T::deserialize(value)?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMore<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = seq.next_element()? {
                    list.push(value);
                }
                Ok(OneOrMore(list))
            }
        }
        deserializer.deserialize_any(List(std::marker::PhantomData))
    }
}

/// A value that is a switch, a number or a word, as far as its type knows them.
trait Scalar: Sized {
    /// What it can be, for messages.
    const EXPECTED: &'static str;

    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn from_number(_: u64) -> Option<Self> {
        None
    }

    fn from_word(_: &str) -> Option<Self> {
        None
    }
}

struct ScalarVisitor<T>(std::marker::PhantomData<T>);

impl<T: Scalar> Visitor<'_> for ScalarVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        T::from_bool(value).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Bool(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        u64::try_from(value)
            .ok()
            .and_then(T::from_number)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::from_number(value).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        T::from_word(value).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(value), &self))
    }
}

/// Reads a [`Scalar`].
macro_rules! scalar {
    ($($name:ident),+) => {
        $(impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ScalarVisitor(std::marker::PhantomData))
            }
        })+
    };
}

scalar!(
    NeighborAsValue,
    Multihop,
    GracefulRestart,
    NextHopValue,
    AddPaths,
    AllowLocalAs,
    MergePaths,
    LogClass,
    Net
);

/// `neighbor-as`
#[derive(Clone, Copy, Debug)]
pub(super) struct NeighborAsValue(pub(super) NeighborAs);

impl Scalar for NeighborAsValue {
    const EXPECTED: &'static str = "an AS number, \"internal\" or \"external\"";

    fn from_number(n: u64) -> Option<Self> {
        u32::try_from(n).ok().filter(|n| *n != 0).map(|n| Self(NeighborAs::Number(n)))
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "internal" => Some(Self(NeighborAs::Internal)),
            "external" => Some(Self(NeighborAs::External)),
            _ => None,
        }
    }
}

/// `multihop`: the TTL, or none for a direct session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Multihop(pub(super) Option<u8>);

impl Scalar for Multihop {
    const EXPECTED: &'static str = "true, false or a number from 1 to 255";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(on.then_some(MULTIHOP_DEFAULT)))
    }

    fn from_number(n: u64) -> Option<Self> {
        u8::try_from(n).ok().filter(|n| *n != 0).map(|n| Self(Some(n)))
    }
}

/// `graceful-restart` of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct GracefulRestart(pub(super) GracefulRestartMode);

impl Scalar for GracefulRestart {
    const EXPECTED: &'static str = "true, false or \"aware\"";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(if on { GracefulRestartMode::On } else { GracefulRestartMode::Off }))
    }

    fn from_word(word: &str) -> Option<Self> {
        (word == "aware").then_some(Self(GracefulRestartMode::Aware))
    }
}

/// `next-hop-self`, `next-hop-keep`
#[derive(Clone, Copy, Debug)]
pub(super) struct NextHopValue(pub(super) NextHopMode);

impl Scalar for NextHopValue {
    const EXPECTED: &'static str = "true, false, \"ibgp\" or \"ebgp\"";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(if on { NextHopMode::All } else { NextHopMode::Off }))
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "ibgp" => Some(Self(NextHopMode::Internal)),
            "ebgp" => Some(Self(NextHopMode::External)),
            _ => None,
        }
    }
}

/// `add-paths`: (receive, send)
#[derive(Clone, Copy, Debug)]
pub(super) struct AddPaths(pub(super) (bool, bool));

impl Scalar for AddPaths {
    const EXPECTED: &'static str = "true, false, \"rx\" or \"tx\"";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self((on, on)))
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "rx" => Some(Self((true, false))),
            "tx" => Some(Self((false, true))),
            _ => None,
        }
    }
}

/// `allow-local-as`: how often our AS may be in a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct AllowLocalAs(pub(super) u32);

impl Scalar for AllowLocalAs {
    const EXPECTED: &'static str = "true, false or a number";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(if on { u32::MAX } else { 0 }))
    }

    fn from_number(n: u64) -> Option<Self> {
        u32::try_from(n).ok().map(Self)
    }
}

/// `merge-paths`: the most paths, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct MergePaths(pub(super) Option<u32>);

impl Scalar for MergePaths {
    const EXPECTED: &'static str = "true, false or a number from 1 to 255";

    fn from_bool(on: bool) -> Option<Self> {
        Some(Self(on.then_some(MERGE_PATHS_DEFAULT)))
    }

    fn from_number(n: u64) -> Option<Self> {
        u32::try_from(n).ok().filter(|n| (1..=255).contains(n)).map(|n| Self(Some(n)))
    }
}

/// A class of log lines, or all.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogClass(pub(super) u16);

impl Scalar for LogClass {
    const EXPECTED: &'static str = "\"all\", \"debug\", \"trace\", \"info\", \"remote\", \"warning\", \"error\", \"auth\", \"fatal\" or \"bug\"";

    fn from_word(word: &str) -> Option<Self> {
        Some(Self(match word {
            "all" => LogClasses::ALL.0,
            "debug" => LogClasses::DEBUG,
            "trace" => LogClasses::TRACE,
            "info" => LogClasses::INFO,
            "remote" => LogClasses::REMOTE,
            "warning" => LogClasses::WARNING,
            "error" => LogClasses::ERROR,
            "auth" => LogClasses::AUTH,
            "fatal" => LogClasses::FATAL,
            "bug" => LogClasses::BUG,
            _ => return None,
        }))
    }
}

/// A prefix; its host bits are not checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Net(pub(super) IpNetwork);

impl Scalar for Net {
    const EXPECTED: &'static str = "a prefix such as \"10.0.0.0/8\"";

    fn from_word(word: &str) -> Option<Self> {
        word.contains('/').then(|| word.parse().ok().map(Self)).flatten()
    }
}

/// `debug`: one word or a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Debug(pub(super) DebugFlags);

impl<'de> Deserialize<'de> for Debug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Clone, Copy, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            All,
            Off,
            States,
            Routes,
            Filters,
            Interfaces,
            Events,
            Packets,
        }
        let words = OneOrMore::<Word>::deserialize(deserializer)?;
        let bits = words.0.iter().map(|word| match word {
            Word::All => DebugFlags::ALL.0,
            Word::Off => 0,
            Word::States => DebugFlags::STATES,
            Word::Routes => DebugFlags::ROUTES,
            Word::Filters => DebugFlags::FILTERS,
            Word::Interfaces => DebugFlags::INTERFACES,
            Word::Events => DebugFlags::EVENTS,
            Word::Packets => DebugFlags::PACKETS,
        });
        Ok(Self(DebugFlags(bits.fold(0, |all, bit| all | bit))))
    }
}

/// `import-limit` and the like: a number, or a table with `max` and `action`.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitValue(pub(super) Limit);

impl<'de> Deserialize<'de> for LimitValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Clone, Copy, Default, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Action {
            Warn,
            Block,
            Restart,
            #[default]
            Disable,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            max: u32,
            #[serde(default)]
            action: Action,
        }
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Table;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of routes, or a table with `max` and `action`")
            }

            fn visit_i64<E: Error>(self, n: i64) -> Result<Table, E> {
                let max = u32::try_from(n)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(n), &self))?;
                Ok(Table { max, action: Action::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Table, A::Error> {
                Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))
            }
        }
        let Table { max, action } = deserializer.deserialize_any(Form)?;
        let action = match action {
            Action::Warn => LimitAction::Warn,
            Action::Block => LimitAction::Block,
            Action::Restart => LimitAction::Restart,
            Action::Disable => LimitAction::Disable,
        };
        Ok(Self(Limit { max, action }))
    }
}

/// Interface patterns: `"eth*"`, `"-cali*"`, `"10.0.0.0/8"`, `"eth* 10.0.0.0/8"`.
#[derive(Clone, Debug)]
pub(super) struct Interfaces(pub(super) Vec<InterfacePattern>);

impl<'de> Deserialize<'de> for Interfaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let patterns = OneOrMore::<String>::deserialize(deserializer)?;
        patterns
            .0
            .iter()
            .map(|text| pattern(text))
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(D::Error::custom)
    }
}

fn pattern(text: &str) -> Result<InterfacePattern, String> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    let prefix = |word: &str| -> Result<IpNetwork, String> {
        let net: IpNetwork = word.parse().map_err(|_| format!("`{word}` is no prefix"))?;
        if net.ip() == net.network() {
            Ok(net)
        } else {
            Err(format!("`{word}` has bits past its prefix length"))
        }
    };
    let (name, prefix) = match words.as_slice() {
        [word] if word.contains('/') || word.parse::<IpAddr>().is_ok() => (None, Some(prefix(word)?)),
        [word] => (Some((*word).to_owned()), None),
        [name, net] => (Some((*name).to_owned()), Some(prefix(net)?)),
        _ => return Err(format!("`{text}` is no interface pattern, expected a name, a prefix, or both")),
    };
    Ok(InterfacePattern { negative, name, prefix })
}

/// A next hop of a static route: an address, `address%interface`, an interface, or a table.
#[derive(Clone, Debug)]
pub(super) struct Via {
    pub(super) gateway: Option<IpAddr>,
    pub(super) interface: Option<String>,
    pub(super) weight: u16,
    pub(super) onlink: bool,
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            gateway: Option<IpAddr>,
            interface: Option<String>,
            weight: Option<u16>,
            #[serde(default)]
            onlink: bool,
        }
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Via;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an address, an interface, or a table with `gateway`, `interface`, `weight`, `onlink`",
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Via, E> {
                let (address, zone) = match text.split_once('%') {
                    Some((address, zone)) => (address, Some(zone.to_owned())),
                    None => (text, None),
                };
                let (gateway, interface) = match address.parse() {
                    Ok(ip) => (Some(ip), zone),
                    Err(_) => (None, Some(text.to_owned())),
                };
                Ok(Via { gateway, interface, weight: 1, onlink: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Via, A::Error> {
                let table = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let weight = table.weight.unwrap_or(1);
                if !(1..=256).contains(&weight) {
                    return Err(A::Error::custom("Weight must be in range 1-256"));
                }
                if table.gateway.is_none() && table.interface.is_none() {
                    return Err(A::Error::custom("a next hop needs `gateway`, `interface` or both"));
                }
                Ok(Via { gateway: table.gateway, interface: table.interface, weight, onlink: table.onlink })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Via, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self))
            }
        }
        deserializer.deserialize_any(Form)
    }
}
