//! The keys of pipes, caches of ROAs and BFD.

use std::net::IpAddr;

use serde::Deserialize;
use toml::Spanned;

use super::super::value::{Debug, Interfaces, LimitValue, Net, OneOrMore, RpkiTimeValue};
use super::Channel;

/// `[pipe.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::toml) struct Pipe {
    pub(in crate::toml) description: Option<String>,
    pub(in crate::toml) disabled: Option<bool>,
    pub(in crate::toml) debug: Option<Debug>,
    pub(in crate::toml) table: Spanned<String>,
    pub(in crate::toml) peer_table: Spanned<String>,
    pub(in crate::toml) import: Option<Spanned<String>>,
    pub(in crate::toml) export: Option<Spanned<String>>,
    pub(in crate::toml) preference: Option<u16>,
    pub(in crate::toml) import_limit: Option<LimitValue>,
    pub(in crate::toml) export_limit: Option<LimitValue>,
}

/// `[rpki.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::toml) struct Rpki {
    pub(in crate::toml) description: Option<String>,
    pub(in crate::toml) disabled: Option<bool>,
    pub(in crate::toml) debug: Option<Debug>,
    /// An address, or a name to look up.
    pub(in crate::toml) remote: String,
    pub(in crate::toml) port: Option<u16>,
    pub(in crate::toml) local_address: Option<IpAddr>,
    /// Of TCP MD5.
    pub(in crate::toml) password: Option<Spanned<String>>,
    pub(in crate::toml) ssh: Option<Ssh>,
    pub(in crate::toml) refresh: Option<Spanned<RpkiTimeValue>>,
    pub(in crate::toml) retry: Option<Spanned<RpkiTimeValue>>,
    pub(in crate::toml) expire: Option<Spanned<RpkiTimeValue>>,
    pub(in crate::toml) ignore_max_length: Option<bool>,
    pub(in crate::toml) min_version: Option<u8>,
    pub(in crate::toml) max_version: Option<u8>,
    pub(in crate::toml) roa4: Option<Channel>,
    pub(in crate::toml) roa6: Option<Channel>,
}

/// `ssh` of a cache.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::toml) struct Ssh {
    pub(in crate::toml) user: String,
    pub(in crate::toml) private_key: Option<String>,
    pub(in crate::toml) public_key: Option<String>,
}

/// A ROA of a static protocol.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::toml) struct RoaEntry {
    pub(in crate::toml) net: Spanned<Net>,
    pub(in crate::toml) max_length: Spanned<u8>,
    pub(in crate::toml) origin: u32,
    /// Commands of the filter language, run on it.
    pub(in crate::toml) set: Option<Spanned<String>>,
}

/// `[bfd.NAME]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(in crate::toml) struct BfdProtocol {
    pub(in crate::toml) description: Option<String>,
    pub(in crate::toml) disabled: Option<bool>,
    pub(in crate::toml) debug: Option<Debug>,
    pub(in crate::toml) accept: Option<OneOrMore<Accept>>,
    pub(in crate::toml) strict_bind: bool,
    pub(in crate::toml) zero_udp6_checksum_rx: bool,
    pub(in crate::toml) interfaces: Vec<BfdPart>,
    pub(in crate::toml) multihop: Option<BfdPart>,
    pub(in crate::toml) neighbors: Vec<Spanned<BfdPeer>>,
}

/// A word of `accept`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::toml) enum Accept {
    Ipv4,
    Ipv6,
    Direct,
    Multihop,
}

/// How sessions are kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(in crate::toml) struct BfdPart {
    /// Interfaces; not of `multihop`.
    pub(in crate::toml) patterns: Option<Interfaces>,
    pub(in crate::toml) min_rx_ms: Option<u32>,
    pub(in crate::toml) min_tx_ms: Option<u32>,
    pub(in crate::toml) idle_tx_ms: Option<u32>,
    pub(in crate::toml) multiplier: Option<u32>,
    pub(in crate::toml) passive: bool,
    pub(in crate::toml) authentication: Option<Spanned<String>>,
    pub(in crate::toml) passwords: Vec<BfdSecret>,
}

/// A password of BFD.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::toml) struct BfdSecret {
    pub(in crate::toml) secret: String,
    pub(in crate::toml) id: Option<u8>,
    pub(in crate::toml) generate_from: Option<String>,
    pub(in crate::toml) generate_to: Option<String>,
    pub(in crate::toml) accept_from: Option<String>,
    pub(in crate::toml) accept_to: Option<String>,
}

impl std::fmt::Debug for BfdSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BfdSecret(…)")
    }
}

/// A neighbor of BFD.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::toml) struct BfdPeer {
    pub(in crate::toml) address: IpAddr,
    pub(in crate::toml) interface: Option<String>,
    pub(in crate::toml) local: Option<IpAddr>,
    #[serde(default)]
    pub(in crate::toml) multihop: bool,
}
