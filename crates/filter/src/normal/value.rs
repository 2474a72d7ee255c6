//! Constants as the language writes them.

use std::fmt::Display;

use godwit_wire::{ExtendedCommunity, LargeCommunity};

use crate::prefix_set::PrefixPattern;
use crate::types::{Dialect, EnumKind, SetType, Type, enum_name};
use crate::value::{Set, Value, number_ip};

/// A constant.
pub(super) fn value(value: &Value, dialect: Dialect) -> String {
    match value {
        Value::Void => "undefined".into(),
        Value::Bool(b) => b.to_string(),
        Value::Pair(n) => small(SetType::Pair, *n, dialect),
        Value::Enum(kind, n) => named(*kind, (*n).into(), dialect),
        Value::String(text) => quoted(text),
        Value::Path(path) if path.as_wire().is_empty() => "+empty+".into(),
        Value::Clist(list) if list.is_empty() => "-empty-".into(),
        Value::Eclist(list) if list.is_empty() => "--empty--".into(),
        Value::Lclist(list) if list.is_empty() => "---empty---".into(),
        Value::Set(set) => self::set(set, dialect),
        other => other.to_string(),
    }
}

/// A name, in quotes where the language wants them.
pub(super) fn name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.into() } else { format!("'{name}'") }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn named(kind: EnumKind, n: u32, dialect: Dialect) -> String {
    match u8::try_from(n).ok().and_then(|n| enum_name(dialect, kind, n)) {
        Some(name) => name.into(),
        None => format!("({kind:?} {n})"),
    }
}

fn small(of: SetType, n: u32, dialect: Dialect) -> String {
    match of {
        SetType::Pair => format!("({}, {})", n >> 16, n & 0xffff),
        SetType::Quad => std::net::Ipv4Addr::from(n).to_string(),
        SetType::Enum(kind) => named(kind, n, dialect),
        _ => n.to_string(),
    }
}

/// Ranges in brackets.
pub(super) fn ranges<T: Copy + PartialEq, D: Display>(list: &[(T, T)], print: impl Fn(T) -> D) -> String {
    let range = |(low, high): &(T, T)| {
        if low == high { print(*low).to_string() } else { format!("{}..{}", print(*low), print(*high)) }
    };
    in_brackets(list.iter().map(range))
}

fn in_brackets(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn set(set: &Set, dialect: Dialect) -> String {
    match set {
        Set::Empty => "[]".into(),
        Set::Small(SetType::Pair, set) => in_brackets(set.ranges().iter().map(|r| pairs(*r, dialect))),
        Set::Small(of, set) => ranges(set.ranges(), |n| small(*of, n, dialect)),
        Set::Ip(set) => ranges(set.ranges(), number_ip),
        Set::Ec(set) => ranges(set.ranges(), |ec| ec),
        Set::Lc(set) => ranges(set.ranges(), |lc| lc),
        Set::Prefix(set) => in_brackets(set.patterns().iter().map(prefixes)),
    }
}

/// `(1, 2..5)`, `(1, *)`; other ranges of pairs have no other way to write them.
fn pairs((low, high): (u32, u32), dialect: Dialect) -> String {
    let end = |n| small(SetType::Pair, n, dialect);
    match (low & 0xffff, high & 0xffff) {
        _ if low == high => end(low),
        (0, 0xffff) if low >> 16 == high >> 16 => format!("({}, *)", low >> 16),
        (a, b) if low >> 16 == high >> 16 => format!("({}, {a}..{b})", low >> 16),
        _ => format!("{}..{}", end(low), end(high)),
    }
}

fn prefixes(pattern: &PrefixPattern) -> String {
    let PrefixPattern { prefix, low, high } = pattern;
    let width = if prefix.is_ipv4() { 32 } else { 128 };
    if low == high && *low == prefix.prefix() {
        prefix.to_string()
    } else if *low == prefix.prefix() && *high == width {
        format!("{prefix}+")
    } else {
        format!("{prefix}{{{low},{high}}}")
    }
}

/// A bound of a `case`, from the number it is found by.
pub(super) fn case_bound(of: Type, key: u128, dialect: Dialect) -> String {
    let n = key as u32;
    match of {
        Type::Bool => (key != 0).to_string(),
        Type::Pair => small(SetType::Pair, n, dialect),
        Type::Quad => small(SetType::Quad, n, dialect),
        Type::Enum(kind) => named(kind, n, dialect),
        Type::Ip => number_ip(key).to_string(),
        Type::Ec => ExtendedCommunity(key as u64).to_string(),
        Type::Lc => {
            let lc = LargeCommunity { global: (key >> 64) as u32, data1: (key >> 32) as u32, data2: n };
            lc.to_string()
        }
        _ => n.to_string(),
    }
}
