use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::{BufMut, BytesMut};
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::{Excerpt, MessageError};

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

/// The prefixes of an NLRI field whose prefixes stand behind path identifiers (RFC 7911 §3), each
/// with its identifier. `I` is [`Ipv4Nlri`] or [`Ipv6Nlri`].
#[derive(Clone, Debug)]
pub struct PathNlri<I> {
    /// Stands at the next identifier.
    nlri: I,
}

/// Checks an IPv4 NLRI field with path identifiers (RFC 7911 §3) and gives its prefixes.
///
/// # Errors
/// A length above 32, or a prefix or an identifier that is cut short.
pub fn ipv4_path_nlri(field: &[u8]) -> Result<PathNlri<Ipv4Nlri<'_>>, MessageError> {
    check_paths(field, 32)?;
    Ok(PathNlri { nlri: Ipv4Nlri { rest: field } })
}

/// Checks an IPv6 NLRI field with path identifiers (RFC 7911 §3) and gives its prefixes.
///
/// # Errors
/// A length above 128, or a prefix or an identifier that is cut short.
pub fn ipv6_path_nlri(field: &[u8]) -> Result<PathNlri<Ipv6Nlri<'_>>, MessageError> {
    check_paths(field, 128)?;
    Ok(PathNlri { nlri: Ipv6Nlri { rest: field } })
}

fn check_paths(field: &[u8], len_max: u8) -> Result<(), MessageError> {
    let mut rest = field;
    while !rest.is_empty() {
        let offset = field.len() - rest.len();
        let wrong = |what| MessageError::NetworkField { what, offset, excerpt: Excerpt::new(rest) };
        let after = rest.get(4..).ok_or_else(|| wrong("path identifier cut short"))?;
        let (len, after) = after.split_first().ok_or_else(|| wrong("prefix cut short"))?;
        if *len > len_max {
            return Err(wrong("prefix length beyond the address"));
        }
        rest = after.get(usize::from(len.div_ceil(8))..).ok_or_else(|| wrong("prefix cut short"))?;
    }
    Ok(())
}

impl Iterator for PathNlri<Ipv4Nlri<'_>> {
    type Item = (u32, Ipv4Network);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, rest) = self.nlri.rest.split_first_chunk::<4>()?;
        self.nlri.rest = rest;
        Some((u32::from_be_bytes(*id), self.nlri.next()?))
    }
}

impl Iterator for PathNlri<Ipv6Nlri<'_>> {
    type Item = (u32, Ipv6Network);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, rest) = self.nlri.rest.split_first_chunk::<4>()?;
        self.nlri.rest = rest;
        Some((u32::from_be_bytes(*id), self.nlri.next()?))
    }
}

fn check(field: &[u8], len_max: u8) -> Result<(), MessageError> {
    let mut rest = field;
    while let Some((len, after)) = rest.split_first() {
        let offset = field.len() - rest.len();
        let wrong = |what| MessageError::NetworkField { what, offset, excerpt: Excerpt::new(rest) };
        if *len > len_max {
            return Err(wrong("prefix length beyond the address"));
        }
        rest = after.get(usize::from(len.div_ceil(8))..).ok_or_else(|| wrong("prefix cut short"))?;
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

/// What stands in an NLRI field: a prefix, or a path identifier and a prefix (RFC 7911 §3).
pub trait NlriItem: Copy {
    /// The type of the prefix.
    type Net;
    /// The most octets one can take.
    const LEN_MAX: usize;

    /// The octets it takes.
    fn nlri_len(self) -> usize;
    /// Appends it.
    fn put(self, out: &mut BytesMut);
}

impl NlriItem for Ipv4Network {
    type Net = Self;
    const LEN_MAX: usize = 5;

    fn nlri_len(self) -> usize {
        1 + usize::from(self.prefix().div_ceil(8))
    }

    fn put(self, out: &mut BytesMut) {
        out.put_u8(self.prefix());
        out.put_slice(self.ip().octets().get(..self.nlri_len() - 1).unwrap_or_default());
    }
}

impl NlriItem for Ipv6Network {
    type Net = Self;
    const LEN_MAX: usize = 17;

    fn nlri_len(self) -> usize {
        1 + usize::from(self.prefix().div_ceil(8))
    }

    fn put(self, out: &mut BytesMut) {
        out.put_u8(self.prefix());
        out.put_slice(self.ip().octets().get(..self.nlri_len() - 1).unwrap_or_default());
    }
}

/// A path identifier and a prefix.
impl<N: NlriItem> NlriItem for (u32, N) {
    type Net = N::Net;
    const LEN_MAX: usize = 4 + N::LEN_MAX;

    fn nlri_len(self) -> usize {
        4 + self.1.nlri_len()
    }

    fn put(self, out: &mut BytesMut) {
        out.put_u32(self.0);
        self.1.put(out);
    }
}
