//! The RPKI protocol: a cache that is asked for ROAs (RFC 8210).

use std::fmt;
use std::net::IpAddr;

use super::{ChannelConfig, Password};

/// `protocol rpki`.
#[derive(Clone, PartialEq, Debug)]
pub struct RpkiConfig {
    /// `remote`: the cache.
    pub remote: RpkiRemote,
    /// `port`; none: that of the transport.
    pub port: Option<u16>,
    /// `local address`.
    pub local_address: Option<IpAddr>,
    /// `transport`.
    pub transport: RpkiTransport,
    /// `refresh`: after what time the cache is asked for news.
    pub refresh: RpkiTime,
    /// `retry`: after what time it is asked again that did not answer.
    pub retry: RpkiTime,
    /// `expire`: after what time what it told is forgotten.
    pub expire: RpkiTime,
    /// `ignore max length`: every ROA is as long as its net.
    pub ignore_max_length: bool,
    /// `min version`: the least version of the protocol.
    pub min_version: u8,
    /// `max version`.
    pub max_version: u8,
    /// `roa4` and `roa6`: where ROAs go to. The family is that of their prefixes.
    pub channels: Vec<ChannelConfig>,
}

/// Who the cache is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RpkiRemote {
    /// An address.
    Address(IpAddr),
    /// A name to look up.
    Host(String),
}

impl fmt::Display for RpkiRemote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Host(name) => name.fmt(f),
        }
    }
}

/// How the cache is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RpkiTransport {
    /// `transport tcp`, to port 323, with the password of TCP MD5 if there is one.
    Tcp {
        /// `authentication md5; password "…";`
        password: Option<Password>,
    },
    /// `transport ssh`, to port 22.
    Ssh {
        /// `user`.
        user: String,
        /// `bird private key`: a file.
        private_key: Option<String>,
        /// `remote public key`: a file.
        public_key: Option<String>,
    },
}

/// A time in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RpkiTime {
    /// Seconds.
    pub secs: u32,
    /// `keep`: also when the cache asks for another (RFC 8210 §6).
    pub keep: bool,
}

impl RpkiConfig {
    /// What it is when only the cache is said.
    pub fn new(remote: RpkiRemote) -> Self {
        let time = |secs| RpkiTime { secs, keep: false };
        Self {
            remote,
            port: None,
            local_address: None,
            transport: RpkiTransport::Tcp { password: None },
            refresh: time(3600),
            retry: time(600),
            expire: time(7200),
            ignore_max_length: false,
            min_version: 0,
            max_version: 1,
            channels: Vec::new(),
        }
    }
}
