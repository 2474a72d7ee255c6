//! What an option is when the configuration does not say (bird.md §1.3 to §1.12).

use std::sync::Arc;
use std::time::Duration;

use godwit_wire::AddressFamily;

use crate::model::{
    BgpChannelConfig, BgpConfig, ChannelConfig, DebugFlags, DeviceConfig, Dialect, GatewayMode,
    GracefulRestartMode, KernelConfig, Neighbor, NeighborAs, Policy, ProtocolConfig, ProtocolKind,
    RouterConfig, TableConfig,
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

impl BgpConfig {
    /// A session with BIRD's defaults, those of 2.x where the dialects differ; internal ones are
    /// multihop, and `check link` is on for direct ones.
    pub fn new(local_as: u32, neighbor: Neighbor, neighbor_as: NeighborAs) -> Self {
        let config = Self {
            local_as,
            local_address: None,
            local_port: BGP_PORT,
            neighbor,
            neighbor_port: BGP_PORT,
            neighbor_as,
            multihop: None,
            strict_bind: false,
            password: None,
            passive: false,
            rr_client: false,
            rr_cluster_id: None,
            rs_client: false,
            hold_time_secs: 240,
            startup_hold_time_secs: 240,
            keepalive_time_secs: None,
            connect_delay: None,
            connect_retry: Duration::from_secs(120),
            error_wait: (Duration::from_secs(60), Duration::from_secs(300)),
            error_forget: Duration::from_secs(300),
            disable_after_error: false,
            path_metric: true,
            med_metric: false,
            deterministic_med: false,
            igp_metric: true,
            prefer_older: false,
            default_med: 0,
            default_local_pref: 100,
            allow_local_as: 0,
            allow_local_pref: false,
            allow_as_sets: true,
            enforce_first_as: false,
            interpret_communities: true,
            route_refresh: true,
            four_octet_as: true,
            capabilities: true,
            graceful_restart: GracefulRestartMode::Aware,
            graceful_restart_time_secs: 120,
            ttl_security: false,
            check_link: true,
        };
        if config.is_internal() {
            Self { multihop: Some(MULTIHOP_DEFAULT), check_link: false, ..config }
        } else {
            config
        }
    }

    /// Whether the neighbor is in our AS.
    pub fn is_internal(&self) -> bool {
        match self.neighbor_as {
            NeighborAs::Number(n) => n == self.local_as,
            NeighborAs::Internal => true,
            NeighborAs::External => false,
        }
    }

    /// Whether a channel of this session looks its next hops up in a table rather than on the link.
    pub fn is_recursive(&self, mode: GatewayMode) -> bool {
        match mode {
            GatewayMode::Auto => self.multihop.is_some(),
            GatewayMode::Direct => false,
            GatewayMode::Recursive => true,
        }
    }
}
