//! Sets and path patterns, compiled for matching.

use std::fmt;
use std::net::IpAddr;

use godwit_wire::{AsPath, ExtendedCommunity, LargeCommunity, SegmentKind};
use ipnetwork::IpNetwork;

use crate::value::{EnumKind, Value};

/// A scalar as an ordered number, so that all sets are sorted ranges.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Key {
    /// An integer.
    Int(u32),
    /// A pair or quad.
    Pair(u32),
    /// An address; IPv4 sorts before IPv6.
    Ip(IpAddr),
    /// An extended community.
    Ec(ExtendedCommunity),
    /// A large community.
    Lc(LargeCommunity),
    /// A member of an enumeration.
    Enum(EnumKind, u8),
}

impl Key {
    /// The key of a scalar value.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Int(n) => Self::Int(*n),
            Value::Pair(n) | Value::Quad(n) => Self::Pair(*n),
            Value::Ip(ip) => Self::Ip(*ip),
            Value::Ec(c) => Self::Ec(*c),
            Value::Lc(c) => Self::Lc(*c),
            Value::Enum(kind, n) => Self::Enum(*kind, *n),
            _ => return None,
        })
    }
}

/// A set of scalars of one type: disjoint ranges in ascending order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Set {
    ranges: Vec<(Key, Key)>,
}

impl Set {
    /// The set of these ranges, bounds included.
    pub fn new(mut ranges: Vec<(Key, Key)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(Key, Key)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some((_, end)) if low <= *end => *end = (*end).max(high),
                _ => merged.push((low, high)),
            }
        }
        Self { ranges: merged }
    }

    /// Whether a scalar is in it.
    pub fn contains(&self, key: Key) -> bool {
        let after = self.ranges.partition_point(|(low, _)| *low <= key);
        after.checked_sub(1).and_then(|i| self.ranges.get(i)).is_some_and(|(_, high)| key <= *high)
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |key: &Key| match key {
            Key::Int(n) => n.to_string(),
            Key::Pair(n) => format!("({},{})", n >> 16, n & 0xffff),
            Key::Ip(ip) => ip.to_string(),
            Key::Ec(c) => c.to_string(),
            Key::Lc(c) => c.to_string(),
            Key::Enum(_, n) => n.to_string(),
        };
        f.write_str("[")?;
        for (i, (low, high)) in self.ranges.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(&show(low))?;
            if low != high {
                write!(f, "..{}", show(high))?;
            }
        }
        f.write_str("]")
    }
}

/// `P{low,high}` of a prefix set: prefixes of these lengths that agree with `net` in its first bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PrefixPattern {
    /// The prefix.
    pub net: IpNetwork,
    /// The shortest length that matches.
    pub low: u8,
    /// The longest.
    pub high: u8,
}

/// A set of prefixes: patterns, found by the prefix they share with what is looked for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PrefixSet {
    /// Ascending by (family, prefix length, address), for a search per length in use.
    patterns: Vec<PrefixPattern>,
    /// (is IPv4, length, first index, end index) of each group in `patterns`.
    groups: Vec<(bool, u8, usize, usize)>,
}

impl PrefixSet {
    /// The set of these patterns.
    pub fn new(mut patterns: Vec<PrefixPattern>) -> Self {
        let order = |p: &PrefixPattern| (!p.net.is_ipv4(), p.net.prefix(), p.net.ip(), p.low, p.high);
        patterns.sort_unstable_by_key(order);
        patterns.dedup();
        let mut groups: Vec<(bool, u8, usize, usize)> = Vec::new();
        for (i, p) in patterns.iter().enumerate() {
            match groups.last_mut() {
                Some((v4, len, _, end)) if *v4 == p.net.is_ipv4() && *len == p.net.prefix() => *end = i + 1,
                _ => groups.push((p.net.is_ipv4(), p.net.prefix(), i, i + 1)),
            }
        }
        Self { patterns, groups }
    }

    /// Whether a prefix is in it.
    pub fn contains(&self, net: IpNetwork) -> bool {
        self.groups.iter().any(|(v4, len, start, end)| {
            *v4 == net.is_ipv4() && in_group(net, *len, self.patterns.get(*start..*end).unwrap_or(&[]))
        })
    }
}

/// Patterns whose own prefix has `len` bits: those longer than the net match by its bits alone.
fn in_group(net: IpNetwork, len: u8, group: &[PrefixPattern]) -> bool {
    let prefix = net.prefix();
    let matches = |p: &PrefixPattern| p.low <= prefix && prefix <= p.high;
    if len <= prefix {
        let ip = masked(net.ip(), len);
        let first = group.partition_point(|p| p.net.ip() < ip);
        let same = group.get(first..).unwrap_or(&[]).iter().take_while(|p| p.net.ip() == ip);
        return same.into_iter().any(matches);
    }
    let (low, high) = (net.network(), last(net));
    let first = group.partition_point(|p| p.net.ip() < low);
    group.get(first..).unwrap_or(&[]).iter().take_while(|p| p.net.ip() <= high).any(matches)
}

fn masked(ip: IpAddr, len: u8) -> IpAddr {
    IpNetwork::new(ip, len).map_or(ip, |n| n.network())
}

fn last(net: IpNetwork) -> IpAddr {
    match net {
        IpNetwork::V4(n) => n.broadcast().into(),
        IpNetwork::V6(n) => {
            let host = 128 - u32::from(n.prefix());
            let mask = if host == 128 { u128::MAX } else { (1u128 << host) - 1 };
            std::net::Ipv6Addr::from(u128::from(n.ip()) | mask).into()
        }
    }
}

impl fmt::Display for PrefixSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, p) in self.patterns.iter().enumerate() {
            let separator = if i > 0 { ", " } else { "" };
            write!(f, "{separator}{}{{{},{}}}", p.net, p.low, p.high)?;
        }
        f.write_str("]")
    }
}

/// One item of a path mask.
#[derive(Clone, PartialEq, Debug)]
pub enum MaskItem {
    /// One AS of a range.
    As(u32, u32),
    /// `?`: any one AS.
    Any,
    /// `*`: any number of ASes.
    Many,
    /// One AS of a set.
    Set(Set),
}

/// `[= … =]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PathMask {
    /// Its items.
    pub items: Vec<MaskItem>,
}

impl PathMask {
    /// Whether the whole path matches: the states of an NFA as a set of places in the mask.
    pub fn matches(&self, path: &AsPath) -> bool {
        let mut places = vec![false; self.items.len() + 1];
        if let Some(first) = places.first_mut() {
            *first = true;
        }
        self.skip_many(&mut places);
        for segment in path.segments() {
            if matches!(segment.kind, SegmentKind::Set | SegmentKind::ConfedSet) {
                let ases: Vec<u32> = segment.ases().collect();
                places = self.step(&places, &ases);
            } else {
                for asn in segment.ases() {
                    places = self.step(&places, &[asn]);
                }
            }
        }
        places.last().copied().unwrap_or(false)
    }

    fn step(&self, places: &[bool], ases: &[u32]) -> Vec<bool> {
        let mut next = vec![false; places.len()];
        for (i, item) in self.items.iter().enumerate() {
            if !places.get(i).copied().unwrap_or(false) {
                continue;
            }
            let (hit, target) = match item {
                MaskItem::Many => (true, i),
                MaskItem::Any => (true, i + 1),
                MaskItem::As(low, high) => (ases.iter().any(|a| low <= a && a <= high), i + 1),
                MaskItem::Set(set) => (ases.iter().any(|a| set.contains(Key::Int(*a))), i + 1),
            };
            if let (true, Some(place)) = (hit, next.get_mut(target)) {
                *place = true;
            }
        }
        self.skip_many(&mut next);
        next
    }

    fn skip_many(&self, places: &mut [bool]) {
        for (i, item) in self.items.iter().enumerate() {
            if *item == MaskItem::Many
                && places.get(i).copied().unwrap_or(false)
                && let Some(after) = places.get_mut(i + 1)
            {
                *after = true;
            }
        }
    }
}

impl fmt::Display for PathMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[= ")?;
        for item in &self.items {
            match item {
                MaskItem::As(low, high) if low == high => write!(f, "{low} ")?,
                MaskItem::As(low, high) => write!(f, "{low}..{high} ")?,
                MaskItem::Any => f.write_str("? ")?,
                MaskItem::Many => f.write_str("* ")?,
                MaskItem::Set(set) => write!(f, "{set} ")?,
            }
        }
        f.write_str("=]")
    }
}
