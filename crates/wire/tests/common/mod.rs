//! What the tests write UPDATEs with: octets put together by hand, not by the code under test.
#![allow(dead_code, reason = "each test file uses its own part")]

use godwit_wire::{AddressFamily, AttributeContext};

/// Octets from hexadecimal digits; blanks are skipped.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|d| (d[0] << 4 | d[1]) as u8).collect()
}

/// An attribute of at most 255 octets.
pub(crate) fn attribute(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![flags, code, u8::try_from(value.len()).unwrap()];
    out.extend_from_slice(value);
    out
}

/// An attribute with the extended length bit.
pub(crate) fn extended(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![flags | 0x10, code];
    out.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
    out.extend_from_slice(value);
    out
}

/// The value of an AS_PATH segment with 4-octet ASes.
pub(crate) fn segment(kind: u8, ases: &[u32]) -> Vec<u8> {
    let mut out = vec![kind, u8::try_from(ases.len()).unwrap()];
    out.extend(ases.iter().flat_map(|a| a.to_be_bytes()));
    out
}

/// The value of an AS_PATH segment with 2-octet ASes.
pub(crate) fn segment2(kind: u8, ases: &[u16]) -> Vec<u8> {
    let mut out = vec![kind, u8::try_from(ases.len()).unwrap()];
    out.extend(ases.iter().flat_map(|a| a.to_be_bytes()));
    out
}

/// An UPDATE's attributes, one entry each.
#[derive(Clone, Debug)]
pub(crate) struct Block(pub(crate) Vec<(u8, Vec<u8>)>);

impl Block {
    /// What an external 4-octet neighbor of AS 65001 sends for an IPv4 net.
    pub(crate) fn external() -> Self {
        Self(vec![
            (1, attribute(0x40, 1, &[0])),
            (2, attribute(0x40, 2, &segment(2, &[65001]))),
            (3, attribute(0x40, 3, &[192, 0, 2, 1])),
        ])
    }

    /// The same from an internal neighbor: with LOCAL_PREF.
    pub(crate) fn internal() -> Self {
        Self::external().with(5, attribute(0x40, 5, &[0, 0, 0, 100]))
    }

    pub(crate) fn base(external: bool) -> Self {
        if external { Self::external() } else { Self::internal() }
    }

    /// Puts these octets in the place of an attribute, or adds them.
    pub(crate) fn with(mut self, code: u8, octets: Vec<u8>) -> Self {
        match self.0.iter_mut().find(|(c, _)| *c == code) {
            Some((_, old)) => *old = octets,
            None => self.0.push((code, octets)),
        }
        self
    }

    pub(crate) fn and(mut self, octets: Vec<u8>) -> Self {
        self.0.push((0, octets));
        self
    }

    pub(crate) fn without(mut self, code: u8) -> Self {
        self.0.retain(|(c, _)| *c != code);
        self
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(_, octets)| octets.clone()).collect()
    }
}

/// A session of both families with 4-octet ASes and no leniency.
pub(crate) fn context(external: bool) -> AttributeContext {
    AttributeContext {
        external,
        four_octet_as: true,
        allow_local_pref: false,
        allow_as_sets: false,
        families: vec![AddressFamily::IPV4, AddressFamily::IPV6],
        ..AttributeContext::default()
    }
}

/// The value of MP_REACH_NLRI for IPv6 unicast.
pub(crate) fn mp_reach(next_hop: &[u8], nlri: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 2, 1, u8::try_from(next_hop.len()).unwrap()];
    out.extend_from_slice(next_hop);
    out.push(0);
    out.extend_from_slice(nlri);
    out
}

/// 2001:db8::1.
pub(crate) const GLOBAL: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
/// 2001:db8:1::/48 as NLRI.
pub(crate) const NET6: [u8; 7] = [48, 0x20, 1, 0xd, 0xb8, 0, 1];
