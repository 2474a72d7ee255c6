//! What an option is when the configuration does not say (bird.md §1.3 to §1.12).

mod bgp;
pub(crate) mod rpki;

use std::sync::Arc;

use godwit_wire::AddressFamily;

pub(crate) use self::bgp::{GRACEFUL_RESTART_SECS_MAX, LONG_LIVED_STALE_SECS_MAX};
use crate::model::{
    BgpChannelConfig, ChannelConfig, DebugFlags, DeviceConfig, Dialect, KernelConfig, Policy, ProtocolConfig,
    ProtocolKind, RoaTableConfig, RouterConfig, TableConfig,
};

/// The TCP port of BGP (RFC 4271 §4).
pub(crate) const BGP_PORT: u16 = 179;
/// The TTL of a multihop session that names none, internal ones among them.
pub(crate) const MULTIHOP_DEFAULT: u8 = 64;
/// The paths of `merge paths` that names no limit.
pub(crate) const MERGE_PATHS_DEFAULT: u32 = 16;
/// `graceful restart wait`, seconds.
pub(crate) const GRACEFUL_RESTART_WAIT_SECS: u32 = 240;
/// The kernel's main routing table.
const KERNEL_TABLE_MAIN: u32 = 254;

impl RouterConfig {
    /// A router with nothing but its default tables: `master4` and `master6`, or 1.6's `master` of
    /// one family.
    pub fn new(dialect: Dialect, ipv6_daemon: bool) -> Self {
        let table = |name: &str, family| TableConfig { name: name.into(), family };
        let tables = match dialect {
            Dialect::Bird2 => {
                vec![table("master4", AddressFamily::IPV4), table("master6", AddressFamily::IPV6)]
            }
            Dialect::Bird16 if ipv6_daemon => vec![table("master", AddressFamily::IPV6)],
            Dialect::Bird16 => vec![table("master", AddressFamily::IPV4)],
        };
        Self { dialect, tables, graceful_restart_wait_secs: GRACEFUL_RESTART_WAIT_SECS, ..Self::default() }
    }

    /// The names default tables have in one dialect or the other.
    pub(crate) fn default_tables() -> [&'static str; 3] {
        ["master", "master4", "master6"]
    }

    /// A table by its name.
    pub fn table(&self, name: &str) -> Option<&TableConfig> {
        self.tables.iter().find(|t| t.name == name)
    }

    /// A table of ROAs by its name.
    pub fn roa_table(&self, name: &str) -> Option<&RoaTableConfig> {
        self.roa_tables.iter().find(|t| t.name == name)
    }

    /// A protocol by its name.
    pub fn protocol(&self, name: &str) -> Option<&Arc<ProtocolConfig>> {
        self.protocols.iter().find(|p| p.name == name)
    }
}

impl ProtocolConfig {
    /// A protocol with the common options at their defaults and no channels.
    pub fn new(name: impl Into<String>, kind: ProtocolKind) -> Self {
        Self {
            name: name.into(),
            description: None,
            disabled: false,
            held: None,
            debug: DebugFlags::default(),
            router_id: None,
            kind,
            channels: Vec::new(),
        }
    }

    /// Whether it does not start by itself: `disabled`, or held.
    pub fn stays_down(&self) -> bool {
        self.disabled || self.held.is_some()
    }
}

impl ChannelConfig {
    /// A channel with BIRD's defaults: import all, export none.
    pub fn new(family: AddressFamily, table: impl Into<String>, preference: u16) -> Self {
        Self {
            family,
            table: table.into(),
            import: Policy::All,
            export: Policy::None,
            preference,
            keep_filtered: false,
            receive_limit: None,
            import_limit: None,
            export_limit: None,
            bgp: BgpChannelConfig::default(),
        }
    }
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self { scan_time_secs: 60 }
    }
}

impl KernelConfig {
    /// A kernel protocol's defaults in a dialect.
    pub fn new(dialect: Dialect) -> Self {
        let bird2 = dialect == Dialect::Bird2;
        Self {
            persist: false,
            scan_time_secs: 60,
            learn: false,
            device_routes: bird2,
            table: KERNEL_TABLE_MAIN,
            metric: if bird2 { 32 } else { 0 },
            graceful_restart: false,
            merge_paths: None,
        }
    }
}

impl KernelConfig {
    /// Whether its routes stay in the kernel when the router stops; `graceful`: to start again.
    pub fn keeps_routes(&self, graceful: bool) -> bool {
        self.persist || (self.graceful_restart && graceful)
    }
}
