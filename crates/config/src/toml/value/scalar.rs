//! Values that are a switch, a number or a word.

use std::fmt;

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::defaults::{MERGE_PATHS_DEFAULT, MULTIHOP_DEFAULT};
use crate::model::{GracefulRestartMode, LogClasses, NeighborAs, NextHopMode};

/// A value that is a switch, a number or a word, as far as its type knows them.
pub(super) trait Scalar: Sized {
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

/// What reads a [`Scalar`].
pub(super) struct ScalarVisitor<T>(pub(super) std::marker::PhantomData<T>);

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
                deserializer.deserialize_any($crate::toml::value::scalar::ScalarVisitor(std::marker::PhantomData))
            }
        })+
    };
}

pub(super) use scalar;

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
pub(in crate::toml) struct NeighborAsValue(pub(in crate::toml) NeighborAs);

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
pub(in crate::toml) struct Multihop(pub(in crate::toml) Option<u8>);

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
pub(in crate::toml) struct GracefulRestart(pub(in crate::toml) GracefulRestartMode);

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
pub(in crate::toml) struct NextHopValue(pub(in crate::toml) NextHopMode);

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
pub(in crate::toml) struct AddPaths(pub(in crate::toml) (bool, bool));

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
pub(in crate::toml) struct AllowLocalAs(pub(in crate::toml) u32);

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
pub(in crate::toml) struct MergePaths(pub(in crate::toml) Option<u32>);

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
pub(in crate::toml) struct LogClass(pub(in crate::toml) u16);

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
pub(in crate::toml) struct Net(pub(in crate::toml) IpNetwork);

impl Scalar for Net {
    const EXPECTED: &'static str = "a prefix such as \"10.0.0.0/8\"";

    fn from_word(word: &str) -> Option<Self> {
        word.contains('/').then(|| word.parse().ok().map(Self)).flatten()
    }
}
