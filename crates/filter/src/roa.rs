//! Route origin authorizations (RFC 6482) and what they say of a route (RFC 6811).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use ipnetwork::IpNetwork;

use crate::value::ip_number;

/// A route origin authorization: this AS may announce the prefix, and what is in it up to a length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Roa {
    /// The prefix.
    pub prefix: IpNetwork,
    /// The longest prefix in it that may be announced.
    pub max_len: u8,
    /// The AS; 0 authorizes nobody.
    pub asn: u32,
}

/// `ROA_*`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Validity {
    Unknown = 0,
    Valid = 1,
    Invalid = 2,
}

/// The authorizations of a table, which filters hold on to before they are all read.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoaTable(Arc<OnceLock<Box<[Entry]>>>);

/// By length and address, so that those that cover a net are found with a search for each length there is.
type Entry = (bool, u8, u128, Roa);

/// Two tables are equal when they say the same, so that a filter is another when what it asks is.
impl PartialEq for RoaTable {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || self.entries() == other.entries()
    }
}

/// Nothing of it: it is filled after what asks it was read.
impl Hash for RoaTable {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// As much of it as tells two tables apart to a reader.
impl fmt::Display for RoaTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (.., roa)) in self.entries().iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{} max {} as {}", roa.prefix, roa.max_len, roa.asn)?;
        }
        Ok(())
    }
}

impl RoaTable {
    /// Whether they are one and the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Says what is in it, once.
    pub(crate) fn fill(&self, roas: impl Iterator<Item = Roa>) {
        let mut entries: Vec<Entry> =
            roas.map(|r| (r.prefix.is_ipv6(), r.prefix.prefix(), ip_number(r.prefix.network()), r)).collect();
        entries.sort_unstable();
        entries.dedup();
        // Who comes second has nothing to add.
        let _ = self.0.set(entries.into());
    }

    fn entries(&self) -> &[Entry] {
        self.0.get().map_or(&[], |entries| entries)
    }

    /// What the table says of a net announced by an AS (RFC 6811 §2).
    pub(crate) fn check(&self, net: IpNetwork, asn: u32) -> Validity {
        let (ipv6, mut found) = (net.is_ipv6(), Validity::Unknown);
        let mut left = self.entries();
        // From the shortest length on, from one that is there to the next.
        while let Some((_, length, ..)) = left
            .get(left.partition_point(|(v6, ..)| !*v6 && ipv6))
            .filter(|(v6, length, ..)| *v6 == ipv6 && *length <= net.prefix())
        {
            let Ok(covering) = IpNetwork::new(net.ip(), *length) else { break };
            let key = (ipv6, *length, ip_number(covering.network()));
            let place = |(v6, length, address, _): &Entry| (*v6, *length, *address);
            let from = left.partition_point(|e| place(e) < key);
            for (.., roa) in left.iter().skip(from).take_while(|e| place(e) == key) {
                if roa.asn == asn && asn != 0 && net.prefix() <= roa.max_len {
                    return Validity::Valid;
                }
                found = Validity::Invalid;
            }
            let next = left.partition_point(|(v6, l, ..)| (*v6, *l) <= (ipv6, *length));
            left = left.get(next..).unwrap_or_default();
        }
        found
    }
}
