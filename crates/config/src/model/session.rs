//! What options of a BGP session are made of.

use std::time::Duration;

use super::Password;

/// `require …`: capabilities without which there is no session (NOTIFICATION 2/7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Requirements {
    /// `require route refresh` (RFC 2918).
    pub route_refresh: bool,
    /// `require enhanced route refresh` (RFC 7313).
    pub enhanced_route_refresh: bool,
    /// `require as4` (RFC 6793).
    pub four_octet_as: bool,
    /// `require extended messages` (RFC 8654).
    pub extended_messages: bool,
    /// `require hostname`.
    pub hostname: bool,
    /// `require graceful restart` (RFC 4724).
    pub graceful_restart: bool,
    /// `require long lived graceful restart` (RFC 9494).
    pub long_lived_graceful_restart: bool,
    /// `require roles` (RFC 9234 §4.2, strict mode; NOTIFICATION 2/11).
    pub roles: bool,
}

/// Subcodes of Cease (RFC 4486), a bit for each; 15 stands for those above it, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CeaseCodes(pub u16);

impl CeaseCodes {
    /// None.
    pub const NONE: Self = Self(0);
    /// What `on` stands for: all but that of two connections at once, which is no fault.
    pub const ON: Self = Self(!(1 << godwit_wire::cease::COLLISION));
    /// The words BIRD has, each at the place of its subcode.
    pub const WORDS: [&'static str; 9] = [
        "cease",
        "prefix limit hit",
        "administrative shutdown",
        "peer deconfigured",
        "administrative reset",
        "connection rejected",
        "configuration change",
        "connection collision",
        "out of resources",
    ];

    /// Whether a subcode is among them.
    pub fn contains(self, subcode: u8) -> bool {
        self.0 & (1 << subcode.min(15)) != 0
    }

    /// The words of those that are set, as far as there are words for them.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        (0_u8..).zip(Self::WORDS).filter(move |(code, _)| self.contains(*code)).map(|(_, word)| word)
    }
}

/// `bfd`: the neighbor's liveness is watched (RFC 5882 §10.1). What is none is as the BFD protocol has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BfdOptions {
    /// `graceful`: its death begins a graceful restart.
    pub graceful: bool,
    /// `min rx interval`.
    pub min_rx: Option<Duration>,
    /// `min tx interval`.
    pub min_tx: Option<Duration>,
    /// `idle tx interval`.
    pub idle_tx: Option<Duration>,
    /// `multiplier`: how many packets may be lost.
    pub multiplier: Option<u32>,
    /// `passive`: only the neighbor begins.
    pub passive: Option<bool>,
}

/// A master key of TCP-AO (RFC 5925 §3.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TcpAoKey {
    /// `send id`: the KeyID of segments we sign with it.
    pub send_id: u8,
    /// `recv id`: the KeyID of segments the neighbor signs with it.
    pub recv_id: u8,
    /// `algorithm`.
    pub algorithm: TcpAoAlgorithm,
    /// `secret`.
    pub secret: Password,
    /// `preferred`, `deprecated`.
    pub preference: TcpAoPreference,
}

/// Whether a key of TCP-AO is the one we ask the neighbor to sign with (RNextKeyID).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TcpAoPreference {
    /// If none is preferred.
    #[default]
    Normal,
    /// Before others.
    Preferred,
    /// Never: it is there until the neighbor has stopped to sign with it.
    Deprecated,
}

/// What makes the code of a segment (RFC 5926, and what Linux has beside it). Codes have 96 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TcpAoAlgorithm {
    /// `hmac md5`.
    HmacMd5,
    /// `hmac sha1`, which every implementation has.
    #[default]
    HmacSha1,
    /// `hmac sha224`.
    HmacSha224,
    /// `hmac sha256`.
    HmacSha256,
    /// `hmac sha384`.
    HmacSha384,
    /// `hmac sha512`.
    HmacSha512,
    /// `cmac aes128`, which every implementation has.
    CmacAes128,
}

impl TcpAoAlgorithm {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::HmacMd5,
        Self::HmacSha1,
        Self::HmacSha224,
        Self::HmacSha256,
        Self::HmacSha384,
        Self::HmacSha512,
        Self::CmacAes128,
    ];

    /// The words of the configuration.
    pub fn words(self) -> &'static str {
        match self {
            Self::HmacMd5 => "hmac md5",
            Self::HmacSha1 => "hmac sha1",
            Self::HmacSha224 => "hmac sha224",
            Self::HmacSha256 => "hmac sha256",
            Self::HmacSha384 => "hmac sha384",
            Self::HmacSha512 => "hmac sha512",
            Self::CmacAes128 => "cmac aes128",
        }
    }
}

#[cfg(test)]
mod tests {
    use godwit_wire::cease;

    use super::*;

    #[test]
    fn on_is_every_cease_but_that_of_two_connections() {
        let on = CeaseCodes::ON;
        assert!([0, 1, cease::ADMINISTRATIVE_SHUTDOWN, 9, 15, 16, 255].iter().all(|code| on.contains(*code)));
        assert!(!on.contains(cease::COLLISION));
        assert_eq!(CeaseCodes(0b101).words().collect::<Vec<_>>(), ["cease", "administrative shutdown"]);
        assert_eq!(CeaseCodes::NONE.words().count(), 0);
    }
}
