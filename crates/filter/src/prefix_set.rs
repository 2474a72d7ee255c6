//! Sets of prefixes: a path-compressed binary trie per address family.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

/// A prefix with the lengths it allows, `low` to `high`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PrefixPattern {
    /// The prefix.
    pub(crate) prefix: IpNetwork,
    /// The shortest length allowed.
    pub(crate) low: u8,
    /// The longest length allowed.
    pub(crate) high: u8,
}

/// `[ P, P+, P-, P{a,b}, … ]`, all of one family.
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct PrefixSet {
    trie: Family,
}

#[derive(Clone, PartialEq, Hash, Debug)]
enum Family {
    V4(Trie<u32>),
    V6(Trie<u128>),
}

impl PrefixSet {
    /// A set of these patterns. The family is the first one's; patterns of the other are left out.
    pub(crate) fn new(patterns: &[PrefixPattern]) -> Self {
        let v6 = patterns.first().is_some_and(|p| p.prefix.is_ipv6());
        let trie = if v6 {
            Family::V6(Trie::new(patterns.iter().filter_map(|p| match p.prefix.ip() {
                IpAddr::V6(ip) => Some((u128::from(ip), p.prefix.prefix(), p.low, p.high)),
                IpAddr::V4(_) => None,
            })))
        } else {
            Family::V4(Trie::new(patterns.iter().filter_map(|p| match p.prefix.ip() {
                IpAddr::V4(ip) => Some((u32::from(ip), p.prefix.prefix(), p.low, p.high)),
                IpAddr::V6(_) => None,
            })))
        };
        Self { trie }
    }

    /// Prefixes with the ranges of lengths they allow: the same list for the same patterns in any order.
    pub(crate) fn patterns(&self) -> Vec<PrefixPattern> {
        match &self.trie {
            Family::V4(trie) => trie.patterns(),
            Family::V6(trie) => trie.patterns(),
        }
    }

    /// Whether some pattern allows this prefix.
    #[inline]
    pub(crate) fn matches(&self, net: IpNetwork) -> bool {
        match (&self.trie, net) {
            (Family::V4(trie), IpNetwork::V4(n)) => trie.matches(n.ip().into(), n.prefix()),
            (Family::V6(trie), IpNetwork::V6(n)) => trie.matches(n.ip().into(), n.prefix()),
            _ => false,
        }
    }
}

/// An address as a number; bit 0 is the most significant.
trait Bits: Copy + Eq + Ord + std::hash::Hash + fmt::Debug {
    const WIDTH: u8;
    const ZERO: Self;
    /// The bit at this place.
    fn bit(self, at: u8) -> bool;
    /// With all bits from `length` on cleared.
    fn truncated(self, length: u8) -> Self;
    /// How many leading bits are equal.
    fn common(self, other: Self) -> u8;
    /// With the bit that stands for a length (1 and up) set.
    fn with_length(self, length: u8) -> Self;
    /// Whether the bit that stands for a length (1 and up) is set.
    fn has_length(self, length: u8) -> bool;
    fn or(self, other: Self) -> Self;
    fn address(self) -> IpAddr;
}

macro_rules! bits {
    ($number:ty, $address:ty) => {
        impl Bits for $number {
            const WIDTH: u8 = <$number>::BITS as u8;
            const ZERO: Self = 0;
            #[inline]
            fn bit(self, at: u8) -> bool {
                at < Self::WIDTH && (self << at) >> (Self::WIDTH - 1) == 1
            }
            #[inline]
            fn truncated(self, length: u8) -> Self {
                if length == 0 { 0 } else { self & (Self::MAX << Self::WIDTH.saturating_sub(length)) }
            }
            #[inline]
            fn common(self, other: Self) -> u8 {
                (self ^ other).leading_zeros() as u8
            }
            #[inline]
            fn with_length(self, length: u8) -> Self {
                self | 1 << (Self::WIDTH - length)
            }
            #[inline]
            fn has_length(self, length: u8) -> bool {
                length > 0 && self >> (Self::WIDTH - length) & 1 == 1
            }
            fn or(self, other: Self) -> Self {
                self | other
            }
            fn address(self) -> IpAddr {
                <$address>::from(self).into()
            }
        }
    };
}
bits!(u32, Ipv4Addr);
bits!(u128, Ipv6Addr);

/// `lengths` holds one bit for every length from 1 on; length 0 stands apart.
#[derive(Clone, PartialEq, Hash, Debug)]
struct Node<B> {
    key: B,
    length: u8,
    /// The lengths allowed of what is at or under this node.
    lengths: B,
    /// Indices of the nodes under it by the next bit; 0 is none, for the root is under none.
    under: [u32; 2],
}

#[derive(Clone, PartialEq, Hash, Debug)]
struct Trie<B> {
    /// The root, of length 0, is first.
    nodes: Vec<Node<B>>,
    /// The default route is in the set.
    zero: bool,
    /// What was written, canonical: by prefix and the lengths it allows. What is printed.
    written: Vec<(B, u8, B)>,
}

impl<B: Bits> Trie<B> {
    fn new(patterns: impl Iterator<Item = (B, u8, u8, u8)>) -> Self {
        let mut zero = false;
        let mut written: BTreeMap<(B, u8), B> = BTreeMap::new();
        for (key, length, low, high) in patterns {
            let high = high.min(B::WIDTH);
            zero |= low == 0;
            let length = length.min(high);
            let lengths = (low.max(1)..=high).fold(B::ZERO, B::with_length);
            let entry = written.entry((key.truncated(length), length)).or_insert(B::ZERO);
            *entry = entry.or(lengths);
        }
        let root = Node { key: B::ZERO, length: 0, lengths: B::ZERO, under: [0, 0] };
        let mut trie = Self { nodes: vec![root], zero, written: Vec::with_capacity(written.len()) };
        for ((key, length), lengths) in written {
            if length == 0 && lengths == B::ZERO {
                continue;
            }
            trie.written.push((key, length, lengths));
            trie.insert(key, length, lengths);
            // What covers the prefix is found at its own node on the way down.
            for shorter in (1..length).filter(|l| lengths.has_length(*l)) {
                trie.insert(key.truncated(shorter), shorter, B::ZERO.with_length(shorter));
            }
        }
        trie
    }

    fn insert(&mut self, key: B, length: u8, lengths: B) {
        let mut at = 0;
        loop {
            let Some(node) = self.nodes.get_mut(at) else { return };
            if node.length == length {
                node.lengths = node.lengths.or(lengths);
                return;
            }
            let side = usize::from(key.bit(node.length));
            let next = node.under[side] as usize;
            let new = self.nodes.len() as u32;
            if next == 0 {
                self.link(at, side, new);
                self.nodes.push(Node { key, length, lengths, under: [0, 0] });
                return;
            }
            let Some(child) = self.nodes.get(next) else { return };
            let common = child.key.common(key).min(child.length).min(length);
            if common == child.length {
                at = next;
                continue;
            }
            // The child moves under a new node at the fork, which may be the prefix itself.
            let child_side = usize::from(child.key.bit(common));
            let mut fork =
                Node { key: key.truncated(common), length: common, lengths: B::ZERO, under: [0, 0] };
            fork.under[child_side] = next as u32;
            self.link(at, side, new);
            self.nodes.push(fork);
            at = new as usize;
        }
    }

    fn link(&mut self, at: usize, side: usize, to: u32) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.under[side] = to;
        }
    }

    #[inline]
    fn matches(&self, key: B, length: u8) -> bool {
        if length == 0 {
            return self.zero;
        }
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            if node.length > length || key.common(node.key) < node.length {
                return false;
            }
            if node.lengths.has_length(length) {
                return true;
            }
            at = node.under[usize::from(key.bit(node.length))] as usize;
            if at == 0 {
                return false;
            }
        }
        false
    }

    fn patterns(&self) -> Vec<PrefixPattern> {
        let mut list = Vec::new();
        let mut add = |key: B, length, low, high| {
            if let Ok(prefix) = IpNetwork::new(key.address(), length) {
                list.push(PrefixPattern { prefix, low, high });
            }
        };
        if self.zero {
            add(B::ZERO, 0, 0, 0);
        }
        for (key, length, lengths) in &self.written {
            let mut low = None;
            for at in 1..=B::WIDTH + 1 {
                match (at <= B::WIDTH && lengths.has_length(at), low) {
                    (true, None) => low = Some(at),
                    (false, Some(first)) => {
                        add(*key, *length, first, at - 1);
                        low = None;
                    }
                    _ => {}
                }
            }
        }
        list
    }

    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        let mut first = true;
        if self.zero {
            write!(f, "{}/0", B::ZERO.address())?;
            first = false;
        }
        for (key, length, lengths) in self.written.iter().filter(|w| w.2 != B::ZERO) {
            let comma = if first { "" } else { ", " };
            write!(f, "{comma}{}/{length}{{{}}}", key.address(), lengths.address())?;
            first = false;
        }
        f.write_str("]")
    }
}

/// Prints as BIRD 2.0 does: every prefix with a mask in which bit i stands for length i.
impl fmt::Display for PrefixSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trie {
            Family::V4(trie) => trie.print(f),
            Family::V6(trie) => trie.print(f),
        }
    }
}
