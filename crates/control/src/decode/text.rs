//! Values that are written as text.

use std::net::IpAddr;
use std::time::Duration;

use ipnetwork::IpNetwork;

use crate::resource::{Community, PeerAddress};

/// A value that a string holds.
pub(super) trait FromText: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    fn from_text(text: &str) -> Result<Self, String>;
}

impl FromText for Box<str> {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
}

/// An address. IPv4 in the dress of IPv6 is IPv4, as it is to Calico.
impl FromText for IpAddr {
    fn from_text(text: &str) -> Result<Self, String> {
        let address: Self = text.parse().map_err(|_| format!("{text:?} is no address"))?;
        Ok(address.to_canonical())
    }
}

/// A prefix with its length and without host bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix(pub(super) IpNetwork);

impl FromText for Prefix {
    fn from_text(text: &str) -> Result<Self, String> {
        let network = with_length(text)
            .ok_or_else(|| format!("{text:?} is no prefix such as 10.0.0.0/16 or fd00::/64"))?;
        IpNetwork::new(network.network(), network.prefix()).map(Self).map_err(|error| error.to_string())
    }
}

/// An address with the length of its subnet, or alone; host bits stay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface(pub(super) IpNetwork);

impl FromText for Interface {
    fn from_text(text: &str) -> Result<Self, String> {
        with_length(text)
            .or_else(|| text.parse::<IpAddr>().ok().map(IpNetwork::from))
            .map(Self)
            .ok_or_else(|| format!("{text:?} is neither an address nor a prefix"))
    }
}

/// The library also takes netmasks and bare addresses.
fn with_length(text: &str) -> Option<IpNetwork> {
    let (address, length) = text.split_once('/')?;
    IpNetwork::new(address.parse().ok()?, decimal(length)?).ok()
}

/// Digits only: no sign, no blanks.
pub(super) fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// `A.B.C.D`, `A.B.C.D:port`, an IPv6 address, `[v6]:port` (§1.7).
impl FromText for PeerAddress {
    fn from_text(text: &str) -> Result<Self, String> {
        let no_peer = || {
            format!("{text:?} is no peer's address: A.B.C.D, A.B.C.D:port, an IPv6 address or [IPv6]:port")
        };
        let (address, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once("]:").ok_or_else(no_peer)?;
            if !address.contains(':') {
                return Err(no_peer());
            }
            (address, Some(port))
        } else {
            match text.split_once(':') {
                Some((address, port)) if address.contains('.') => (address, Some(port)),
                _ => (text, None),
            }
        };
        let ip = IpAddr::from_text(address).map_err(|_| no_peer())?;
        if ip.is_unspecified() {
            return Err(format!("no peer can have the address {ip}"));
        }
        let port = match port {
            None => None,
            Some(port) => match decimal::<u16>(port) {
                Some(port) if port != 0 => Some(port),
                _ => return Err(format!("{text:?}: a port is from 1 to 65535")),
            },
        };
        Ok(Self { ip, port })
    }
}

/// `aa:nn` or `aa:nn:mm`.
impl FromText for Community {
    fn from_text(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(4, ':').collect();
        let community = match *parts {
            [a, n] => decimal(a).zip(decimal(n)).map(|(a, n)| Self::Standard(a, n)),
            [a, n, m] => decimal(a).zip(decimal(n)).zip(decimal(m)).map(|((a, n), m)| Self::Large(a, n, m)),
            _ => None,
        };
        community.ok_or_else(|| {
            format!("{text:?} is no community: aa:nn with both up to 65535, or aa:nn:mm of 32 bits each")
        })
    }
}

/// A pattern of interface names, which later becomes text of a filter.
#[derive(Clone, Debug)]
pub(super) struct InterfacePattern(pub(super) Box<str>);

impl FromText for InterfacePattern {
    fn from_text(text: &str) -> Result<Self, String> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'*' | b'-');
        if (1..=15).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(Self(text.into()));
        }
        Err(format!("{text:?} is no pattern of interfaces: up to 15 of A-Z, a-z, 0-9, '_', '.', '-', '*'"))
    }
}

/// A duration as Go writes it: `1h2m3.5s`, `500ms`, `0`.
impl FromText for Duration {
    fn from_text(text: &str) -> Result<Self, String> {
        if text.starts_with('-') {
            return Err(format!("{text:?} is negative"));
        }
        nanoseconds(text)
            .map(Self::from_nanos)
            .ok_or_else(|| format!("{text:?} is no duration such as 10s, 1m30s or 500ms"))
    }
}

/// Go's durations are 63 bits of nanoseconds.
fn nanoseconds(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let whole = digits(&mut rest);
        let mut fraction = "";
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            fraction = digits(&mut rest);
        }
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, after) = rest.split_at_checked(end)?;
        rest = after;
        let unit = match unit {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        sum = sum.checked_add(whole.checked_mul(unit)?)?.checked_add(part(fraction, unit))?;
    }
    (sum <= u64::MAX / 2).then_some(sum)
}

/// A fraction of a unit in whole nanoseconds: further digits than a unit has are cut off.
fn part(fraction: &str, unit: u64) -> u64 {
    let (mut sum, mut digit_is) = (0, u128::from(unit) * 1_000_000);
    for digit in fraction.bytes() {
        digit_is /= 10;
        sum += u128::from(digit.wrapping_sub(b'0')) * digit_is;
    }
    u64::try_from(sum / 1_000_000).unwrap_or_default()
}

/// Takes the digits that come first.
fn digits<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    *rest = after;
    digits
}

/// An AS number: decimal, or `hi.lo` (§1.13).
pub(super) fn as_number(text: &str) -> Option<u32> {
    match text.split_once('.') {
        None => decimal(text),
        Some((high, low)) => Some(u32::from(decimal::<u16>(high)?) << 16 | u32::from(decimal::<u16>(low)?)),
    }
}
