//! A BGP channel's own options.

use std::net::IpAddr;

use super::IgpTables;

/// `next hop self`/`next hop keep`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NextHopMode {
    /// Off.
    #[default]
    Off,
    /// For routes of every peer.
    All,
    /// For routes of internal peers.
    Internal,
    /// For routes of external peers.
    External,
}

impl NextHopMode {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::All => "on",
            Self::Internal => "ibgp",
            Self::External => "ebgp",
        }
    }
}

/// `gateway`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GatewayMode {
    /// Direct for a direct session, recursive for multihop.
    #[default]
    Auto,
    /// The next hop must be on the link.
    Direct,
    /// The next hop is looked up.
    Recursive,
}

/// `aigp` (RFC 7311).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AigpMode {
    /// The attribute neither goes nor comes.
    Off,
    /// It goes and comes.
    On,
    /// It goes and comes, and routes that are not of BGP get one.
    Originate,
}

impl AigpMode {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Originate => "originate",
        }
    }
}

/// `next hop prefer`: which of a next hop's two addresses is the gateway (RFC 2545 §3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextHopPreference {
    /// The global one.
    Global,
    /// The link-local one.
    Local,
}

impl NextHopPreference {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Local => "local",
        }
    }
}

/// `link local next hop format`: how a next hop is written that has no global address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LinkLocalFormat {
    /// `::`, then the link-local address.
    #[default]
    Native,
    /// The link-local address alone.
    Single,
    /// The link-local address twice.
    Double,
}

impl LinkLocalFormat {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Single => "single",
            Self::Double => "double",
        }
    }
}

/// `missing lladdr`, of 1.6: what is done where a next hop should have a link-local address and has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingLladdr {
    /// The next hop becomes our own.
    Own,
    /// The route is not sent.
    Drop,
    /// The next hop is sent without it.
    Ignore,
}

impl MissingLladdr {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Drop => "drop",
            Self::Ignore => "ignore",
        }
    }
}

/// What becomes of private AS numbers (RFC 6996) in the path of a route an external neighbor is sent. BIRD has no such
/// option.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PrivateAs {
    /// They stay.
    #[default]
    Keep,
    /// They are left out, all of them.
    Remove,
    /// Each becomes our own number.
    Replace,
}

impl PrivateAs {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "off",
            Self::Remove => "on",
            Self::Replace => "replace",
        }
    }
}

/// A BGP channel's own options.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BgpChannelConfig {
    /// `next hop self`.
    pub next_hop_self: NextHopMode,
    /// `next hop keep`; none: BIRD's default for the session's kind.
    pub next_hop_keep: Option<NextHopMode>,
    /// `next hop address`.
    pub next_hop_address: Option<IpAddr>,
    /// `next hop prefer`; none: see [`BgpConfig::next_hop_preference`](super::BgpConfig::next_hop_preference).
    pub next_hop_prefer: Option<NextHopPreference>,
    /// `link local next hop format`.
    pub link_local_format: LinkLocalFormat,
    /// `missing lladdr`; none: [`MissingLladdr::Own`], of route server clients [`MissingLladdr::Ignore`].
    pub missing_lladdr: Option<MissingLladdr>,
    /// `extended next hop`: IPv4 nets may have IPv6 next hops (RFC 8950).
    pub extended_next_hop: bool,
    /// `gateway`.
    pub gateway: GatewayMode,
    /// `cost`: the IGP metric of next hops in a session that does not look them up.
    pub cost: Option<u32>,
    /// `igp table`.
    pub igp_tables: IgpTables,
    /// `aigp`; none: see [`BgpConfig::aigp`](super::BgpConfig::aigp).
    pub aigp: Option<AigpMode>,
    /// `import table`: routes are kept as they came.
    pub import_table: bool,
    /// `export table`: routes are kept as they were sent.
    pub export_table: bool,
    /// `secondary`.
    pub secondary: bool,
    /// `add paths`: (receive, send).
    pub add_paths: (bool, bool),
    /// `require add paths`: the neighbor must announce what fits ours.
    pub require_add_paths: bool,
    /// `require extended next hop`.
    pub require_extended_next_hop: bool,
    /// `mandatory`.
    pub mandatory: bool,
    /// `graceful restart` of the channel; none: the protocol's.
    pub graceful_restart: Option<bool>,
    /// `long lived graceful restart` of the channel; none: the protocol's.
    pub long_lived_graceful_restart: Option<bool>,
    /// `long lived stale time` of the channel, seconds; none: the protocol's.
    pub long_lived_stale_time_secs: Option<u32>,
    /// `min long lived stale time` of the channel, seconds; none: the protocol's.
    pub min_long_lived_stale_time_secs: Option<u32>,
    /// `max long lived stale time` of the channel, seconds; none: the protocol's.
    pub max_long_lived_stale_time_secs: Option<u32>,
    /// `validate`, of flow specifications (RFC 9117).
    pub validate: bool,
    /// `base table`, against which flow specifications are validated.
    pub base_table: Option<String>,
    /// The neighbor's own AS number becomes ours in the path of a route it is sent, so that it does not take the route
    /// for a loop. BIRD has no such option.
    pub as_override: bool,
    /// What becomes of private AS numbers in paths.
    pub private_as: PrivateAs,
}
