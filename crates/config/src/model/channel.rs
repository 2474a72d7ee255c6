//! Channels between protocols and tables: policies, limits.

use std::sync::Arc;

use godwit_filter::Filter;
use godwit_wire::AddressFamily;

use super::BgpChannelConfig;

/// Which routes pass between a protocol and a table.
#[derive(Clone, PartialEq, Debug)]
pub enum Policy {
    /// Every route, unchanged.
    All,
    /// No route.
    None,
    /// Those a filter accepts, as it leaves them.
    Filter(Arc<Filter>),
}

/// What happens when a limit is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitAction {
    /// Logged once.
    Warn,
    /// New routes are ignored.
    Block,
    /// The protocol restarts.
    Restart,
    /// The protocol is disabled.
    Disable,
}

impl LimitAction {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Block => "block",
            Self::Restart => "restart",
            Self::Disable => "disable",
        }
    }
}

/// A limit on the number of routes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// Routes.
    pub max: u32,
    /// What happens past it.
    pub action: LimitAction,
}

/// A protocol's channel to a table.
#[derive(Clone, PartialEq, Debug)]
pub struct ChannelConfig {
    /// The family.
    pub family: AddressFamily,
    /// The table's name.
    pub table: String,
    /// Protocol to table.
    pub import: Policy,
    /// Table to protocol.
    pub export: Policy,
    /// `preference`, or the protocol type's default.
    pub preference: u16,
    /// `import keep filtered`.
    pub keep_filtered: bool,
    /// `receive limit`.
    pub receive_limit: Option<Limit>,
    /// `import limit`.
    pub import_limit: Option<Limit>,
    /// `export limit`.
    pub export_limit: Option<Limit>,
    /// BGP's options for this family; default for other protocols.
    pub bgp: BgpChannelConfig,
}
