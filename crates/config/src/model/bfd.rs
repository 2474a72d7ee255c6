//! The BFD protocol (RFC 5880).

use std::net::IpAddr;
use std::time::Duration;

use super::{InterfacePattern, Password};

/// `protocol bfd`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BfdConfig {
    /// `accept`.
    pub accept: BfdAccept,
    /// `strict bind`.
    pub strict_bind: bool,
    /// `zero udp6 checksum rx`.
    pub zero_udp6_checksum_rx: bool,
    /// `interface`, the first that matches.
    pub interfaces: Vec<BfdInterface>,
    /// `multihop`.
    pub multihop: Option<BfdTimes>,
    /// `neighbor`: sessions that are there without anybody who asks for one.
    pub neighbors: Vec<BfdNeighbor>,
}

/// Which sessions the protocol is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BfdAccept {
    /// `ipv4`.
    pub ipv4: bool,
    /// `ipv6`.
    pub ipv6: bool,
    /// `direct` (RFC 5881).
    pub direct: bool,
    /// `multihop` (RFC 5883).
    pub multihop: bool,
}

impl Default for BfdAccept {
    fn default() -> Self {
        Self { ipv4: true, ipv6: true, direct: true, multihop: true }
    }
}

/// `interface PATTERNS { … }`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BfdInterface {
    /// Which interfaces.
    pub patterns: Vec<InterfacePattern>,
    /// How sessions are there.
    pub times: BfdTimes,
}

/// How a session is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BfdTimes {
    /// `min rx interval`.
    pub min_rx: Duration,
    /// `min tx interval`.
    pub min_tx: Duration,
    /// `idle tx interval`.
    pub idle_tx: Duration,
    /// `multiplier`: how many packets may be lost.
    pub multiplier: u32,
    /// `passive`: only the neighbor begins.
    pub passive: bool,
    /// `authentication` (RFC 5880 §6.7).
    pub authentication: BfdAuthentication,
    /// `password`.
    pub passwords: Vec<BfdPassword>,
}

impl Default for BfdTimes {
    fn default() -> Self {
        Self {
            min_rx: Duration::from_millis(10),
            min_tx: Duration::from_millis(100),
            idle_tx: Duration::from_secs(1),
            multiplier: 5,
            passive: false,
            authentication: BfdAuthentication::None,
            passwords: Vec::new(),
        }
    }
}

/// How packets are authenticated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BfdAuthentication {
    /// Not at all.
    #[default]
    None,
    /// `simple`.
    Simple,
    /// `keyed md5`.
    KeyedMd5,
    /// `meticulous keyed md5`.
    MeticulousKeyedMd5,
    /// `keyed sha1`.
    KeyedSha1,
    /// `meticulous keyed sha1`.
    MeticulousKeyedSha1,
}

impl BfdAuthentication {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Simple,
        Self::KeyedMd5,
        Self::MeticulousKeyedMd5,
        Self::KeyedSha1,
        Self::MeticulousKeyedSha1,
    ];

    /// The words of the configuration.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Simple => "simple",
            Self::KeyedMd5 => "keyed md5",
            Self::MeticulousKeyedMd5 => "meticulous keyed md5",
            Self::KeyedSha1 => "keyed sha1",
            Self::MeticulousKeyedSha1 => "meticulous keyed sha1",
        }
    }
}

/// `password "…" { … }`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BfdPassword {
    /// The secret.
    pub secret: Password,
    /// `id`: none: its place, from 1.
    pub id: Option<u8>,
    /// From when and until when it is used, `YYYY-MM-DD [HH:MM[:SS]]`, in the order of
    /// [`BfdPassword::TIMES`].
    pub times: [Option<String>; 4],
}

impl BfdPassword {
    /// The words of its times.
    pub const TIMES: [&'static str; 4] = ["generate from", "generate to", "accept from", "accept to"];
}

/// `neighbor IP …`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BfdNeighbor {
    /// Whom.
    pub address: IpAddr,
    /// `%IF` or `dev "IF"`.
    pub interface: Option<String>,
    /// `local`.
    pub local: Option<IpAddr>,
    /// `multihop`.
    pub multihop: bool,
}
