use std::net::{Ipv4Addr, Ipv6Addr};

use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::MessageError;

/// IPv4 prefixes of an NLRI field that was checked as a whole; host bits are cleared.
#[derive(Clone, Debug)]
pub struct Ipv4Nlri<'a> {
    rest: &'a [u8],
}

/// IPv6 prefixes of an NLRI field that was checked as a whole; host bits are cleared.
#[derive(Clone, Debug)]
pub struct Ipv6Nlri<'a> {
    rest: &'a [u8],
}

/// Checks an IPv4 NLRI field (RFC 4271 §4.3) and gives its prefixes.
///
/// # Errors
/// A length above 32, or a prefix that is cut short: what follows cannot be located.
pub fn ipv4_nlri(field: &[u8]) -> Result<Ipv4Nlri<'_>, MessageError> {
    check(field, 32)?;
    Ok(Ipv4Nlri { rest: field })
}

/// Checks an IPv6 NLRI field (RFC 4760 §5) and gives its prefixes.
///
/// # Errors
/// A length above 128, or a prefix that is cut short.
pub fn ipv6_nlri(field: &[u8]) -> Result<Ipv6Nlri<'_>, MessageError> {
    check(field, 128)?;
    Ok(Ipv6Nlri { rest: field })
}

fn check(field: &[u8], len_max: u8) -> Result<(), MessageError> {
    let mut rest = field;
    while let Some((len, after)) = rest.split_first() {
        let offset = field.len() - rest.len();
        if *len > len_max {
            return Err(MessageError::NetworkField { what: "prefix length beyond the address", offset });
        }
        rest = after
            .get(usize::from(len.div_ceil(8))..)
            .ok_or(MessageError::NetworkField { what: "prefix cut short", offset })?;
    }
    Ok(())
}

impl Iterator for Ipv4Nlri<'_> {
    type Item = Ipv4Network;

    fn next(&mut self) -> Option<Ipv4Network> {
        let (&len, after) = self.rest.split_first()?;
        let (octets, rest) = after.split_at_checked(usize::from(len.div_ceil(8)))?;
        self.rest = rest;
        // The usual lengths without a loop over octets.
        let bits = match *octets {
            [a, b, c] => u32::from_be_bytes([a, b, c, 0]),
            [a, b] => u32::from_be_bytes([a, b, 0, 0]),
            [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
            [a] => u32::from_be_bytes([a, 0, 0, 0]),
            _ => 0,
        };
        let mask = if len == 0 { 0 } else { u32::MAX << (32 - u32::from(len.min(32))) };
        Ipv4Network::new_checked(Ipv4Addr::from(bits & mask), len)
    }
}

impl Iterator for Ipv6Nlri<'_> {
    type Item = Ipv6Network;

    fn next(&mut self) -> Option<Ipv6Network> {
        let (&len, after) = self.rest.split_first()?;
        let (octets, rest) = after.split_at_checked(usize::from(len.div_ceil(8)))?;
        self.rest = rest;
        let mut bytes = [0; 16];
        bytes.get_mut(..octets.len())?.copy_from_slice(octets);
        let mask = if len == 0 { 0 } else { u128::MAX << (128 - u32::from(len.min(128))) };
        Ipv6Network::new_checked(Ipv6Addr::from(u128::from_be_bytes(bytes) & mask), len)
    }
}

/// Octets a prefix of this length takes in NLRI.
pub(crate) fn nlri_len(prefix_len: u8) -> usize {
    1 + usize::from(prefix_len.div_ceil(8))
}
