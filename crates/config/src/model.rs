//! The one model every front end produces and the daemon runs on.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use godwit_filter::{Filter, Program};
use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

/// Which configuration language a router was written in; the control socket answers in the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialect {
    /// BIRD 1.6 and Calico's variant, one family per daemon.
    Bird16,
    /// BIRD 2.
    #[default]
    Bird2,
}

/// A whole router.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RouterConfig {
    /// The language it was written in.
    pub dialect: Dialect,
    /// `router id`; none: the lowest usable IPv4 address.
    pub router_id: Option<RouterId>,
    /// `hostname`; none: the system's.
    pub hostname: Option<String>,
    /// `log` statements in order; none: syslog.
    pub log: Vec<LogTarget>,
    /// `debug protocols`, the default of every protocol.
    pub debug: DebugFlags,
    /// `debug commands`: 0 none, 1 connects, 2 every command.
    pub debug_commands: u32,
    /// `timeformat` of routes, protocols, base and log.
    pub time_formats: TimeFormats,
    /// `graceful restart wait`, seconds.
    pub graceful_restart_wait_secs: u32,
    /// `listen bgp` of the 1.6 dialect; BIRD 2 listens where its protocols say.
    pub listen: Option<ListenConfig>,
    /// Routing tables, the default ones (`master4`, `master6`, or `master`) first.
    pub tables: Vec<TableConfig>,
    /// Protocol instances in configuration order. Shared: of many peers, those a change does not touch stay
    /// the same in the next configuration, and [`diff`](crate::diff()) passes over them.
    pub protocols: Vec<Arc<ProtocolConfig>>,
    /// Every symbol of the file: constants, functions, filters. The control socket reads expressions against it.
    pub program: Arc<Program>,
}

/// A filter that every configuration of Calico's has.
const CALICO_FILTER: &str = "calico_kernel_programming";

impl RouterConfig {
    /// Whether Calico made it.
    pub fn is_calico(&self) -> bool {
        self.dialect == Dialect::Bird16 && self.program.lookup(CALICO_FILTER).is_some()
    }
}

/// How the router id is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RouterId {
    /// This one.
    Fixed(Ipv4Addr),
    /// The lowest address of matching interfaces (`router id from`).
    From(Vec<InterfacePattern>),
}

/// `listen bgp` (1.6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListenConfig {
    /// The address; none: all.
    pub address: Option<IpAddr>,
    /// The TCP port.
    pub port: u16,
}

/// Which log classes a target takes; BIRD's `debug trace info remote warning error auth fatal bug`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogClasses(pub u16);

impl LogClasses {
    /// `debug`.
    pub const DEBUG: u16 = 1 << 0;
    /// `trace`.
    pub const TRACE: u16 = 1 << 1;
    /// `info`.
    pub const INFO: u16 = 1 << 2;
    /// `remote`: faults of a peer.
    pub const REMOTE: u16 = 1 << 3;
    /// `warning`.
    pub const WARNING: u16 = 1 << 4;
    /// `error`.
    pub const ERROR: u16 = 1 << 5;
    /// `auth`.
    pub const AUTH: u16 = 1 << 6;
    /// `fatal`.
    pub const FATAL: u16 = 1 << 7;
    /// `bug`.
    pub const BUG: u16 = 1 << 8;
    /// `all`.
    pub const ALL: Self = Self(0x1ff);
}

/// One `log` statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogTarget {
    /// Where lines go.
    pub destination: LogDestination,
    /// Which classes.
    pub classes: LogClasses,
}

/// Where a `log` statement sends lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogDestination {
    /// Standard error.
    Stderr,
    /// A file, rotated to `backup` past `limit` octets if given.
    File {
        /// Its path.
        path: String,
        /// Size limit in octets and the name to rotate to.
        rotate: Option<(u64, String)>,
    },
    /// The system log, under a name.
    Syslog {
        /// The program name to log under; none: `bird`.
        name: Option<String>,
    },
}

/// `debug` masks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DebugFlags(pub u8);

impl DebugFlags {
    /// `states`.
    pub const STATES: u8 = 1 << 0;
    /// `routes`.
    pub const ROUTES: u8 = 1 << 1;
    /// `filters`.
    pub const FILTERS: u8 = 1 << 2;
    /// `interfaces`.
    pub const INTERFACES: u8 = 1 << 3;
    /// `events`.
    pub const EVENTS: u8 = 1 << 4;
    /// `packets`.
    pub const PACKETS: u8 = 1 << 5;
    /// `all`.
    pub const ALL: Self = Self(0x3f);

    /// Whether a flag is set.
    pub fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// The `timeformat` statements; a format is strftime's, with `%f`/`%3f` for fractions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TimeFormats {
    /// Times of routes.
    pub route: Option<TimeFormat>,
    /// Times of protocols.
    pub protocol: Option<TimeFormat>,
    /// Times in `show status`.
    pub base: Option<TimeFormat>,
    /// Times in log lines.
    pub log: Option<TimeFormat>,
}

/// One `timeformat`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeFormat {
    /// For times younger than the limit, or all.
    pub near: String,
    /// Limit in seconds and the format past it.
    pub far: Option<(u32, String)>,
}

/// A routing table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableConfig {
    /// Its name.
    pub name: String,
    /// What its nets are: [`AddressFamily::IPV4`] or [`AddressFamily::IPV6`].
    pub family: AddressFamily,
}

/// A protocol instance.
#[derive(Clone, PartialEq, Debug)]
pub struct ProtocolConfig {
    /// Its name, unique.
    pub name: String,
    /// `description`.
    pub description: Option<String>,
    /// `disabled`.
    pub disabled: bool,
    /// Why the protocol is kept down although it is configured, in words for the operator. No file sets it.
    pub held: Option<String>,
    /// `debug`, or the global default.
    pub debug: DebugFlags,
    /// `router id`, or the global one.
    pub router_id: Option<Ipv4Addr>,
    /// What it is, with its own options.
    pub kind: ProtocolKind,
    /// Its channels to tables, at most one per family. Empty for device.
    pub channels: Vec<ChannelConfig>,
}

/// What a protocol is.
#[derive(Clone, PartialEq, Debug)]
pub enum ProtocolKind {
    /// Learns interfaces and addresses.
    Device(DeviceConfig),
    /// Routes of interface addresses.
    Direct(DirectConfig),
    /// A kernel routing table.
    Kernel(KernelConfig),
    /// Routes written in the configuration.
    Static(StaticConfig),
    /// A BGP neighbor.
    Bgp(Box<BgpConfig>),
}

impl ProtocolKind {
    /// BIRD's name of the type as `show protocols` prints it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Device(_) => "Device",
            Self::Direct(_) => "Direct",
            Self::Kernel(_) => "Kernel",
            Self::Static(_) => "Static",
            Self::Bgp(_) => "BGP",
        }
    }

    /// The preference its routes have unless told otherwise (bird.md §4.1).
    pub fn default_preference(&self) -> u16 {
        match self {
            Self::Device(_) | Self::Direct(_) => 240,
            Self::Static(_) => 200,
            Self::Bgp(_) => 100,
            Self::Kernel(_) => 10,
        }
    }
}

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

/// `{ -"cali*", "eth*", 10.0.0.0/8 }`: one item of an interface pattern list; the first that matches decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterfacePattern {
    /// A match means *not* selected.
    pub negative: bool,
    /// A shell glob on the name (`*`, `?`).
    pub name: Option<String>,
    /// A prefix the interface's address must be in.
    pub prefix: Option<IpNetwork>,
}

/// `protocol device`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceConfig {
    /// `scan time`, seconds; 0: only at start.
    pub scan_time_secs: u32,
}

/// `protocol direct`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DirectConfig {
    /// Which interfaces; empty: all.
    pub interfaces: Vec<InterfacePattern>,
    /// `check link`.
    pub check_link: bool,
}

/// `protocol kernel`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelConfig {
    /// `persist`.
    pub persist: bool,
    /// `scan time`, seconds.
    pub scan_time_secs: u32,
    /// `learn`.
    pub learn: bool,
    /// `device routes` (1.6); BIRD 2 always exports them.
    pub device_routes: bool,
    /// `kernel table`, 254 is main.
    pub table: u32,
    /// `metric`; 0: the route's `krt_metric` or the kernel's default.
    pub metric: u32,
    /// `graceful restart`.
    pub graceful_restart: bool,
    /// `merge paths` with its limit.
    pub merge_paths: Option<u32>,
}

/// `protocol static`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StaticConfig {
    /// `check link`.
    pub check_link: bool,
    /// `igp table` of recursive routes.
    pub igp_table: Option<String>,
    /// The routes in order.
    pub routes: Vec<StaticRoute>,
}

/// `route NET …`.
#[derive(Clone, PartialEq, Debug)]
pub struct StaticRoute {
    /// The net.
    pub net: IpNetwork,
    /// Where it goes.
    pub target: StaticTarget,
    /// The commands in braces, run on the route.
    pub commands: Option<Arc<Filter>>,
}

/// Where a static route goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StaticTarget {
    /// `via …`, one or several.
    NextHops(Vec<StaticNextHop>),
    /// `recursive IP`.
    Recursive(IpAddr),
    /// `blackhole` or `drop`.
    Blackhole,
    /// `unreachable` or `reject`.
    Unreachable,
    /// `prohibit`.
    Prohibit,
}

/// One `via` of a static route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticNextHop {
    /// `via IP`.
    pub gateway: Option<IpAddr>,
    /// `via "IF"`, or the zone of a gateway.
    pub interface: Option<String>,
    /// `weight`, 1 to 256.
    pub weight: u16,
    /// `onlink`.
    pub onlink: bool,
}

/// Whom a BGP protocol talks to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Neighbor {
    /// One address, with the interface of a link-local one.
    Address {
        /// The address.
        address: IpAddr,
        /// `%IF` or `interface "IF"`.
        interface: Option<String>,
    },
    /// `neighbor range`: everyone in it.
    Range(IpNetwork),
}

/// The neighbor's AS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NeighborAs {
    /// `as N`.
    Number(u32),
    /// `internal`: ours.
    Internal,
    /// `external`: any but ours.
    External,
}

/// `graceful restart`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GracefulRestartMode {
    /// Off.
    Off,
    /// Helper only.
    #[default]
    Aware,
    /// Helper and restarting speaker.
    On,
}

/// A secret shared with a neighbor. It is never shown: [`Debug`](std::fmt::Debug) tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Vec<u8>);

impl Password {
    /// The longest key TCP MD5 takes, octets.
    pub const LEN_MAX: usize = 80;

    /// A password of these octets, as they are: a final new line is part of it.
    pub fn new(octets: impl Into<Vec<u8>>) -> Self {
        Self(octets.into())
    }

    /// The octets, for the socket and nothing else.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Whether TCP MD5 can use it: 1 to 80 octets.
    pub fn is_usable(&self) -> bool {
        (1..=Self::LEN_MAX).contains(&self.0.len())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// `protocol bgp`: the session's options. Channel options are in [`BgpChannelConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BgpConfig {
    /// `local as`.
    pub local_as: u32,
    /// `local IP` or `source address`.
    pub local_address: Option<IpAddr>,
    /// `local port`, where to listen; 179.
    pub local_port: u16,
    /// Whom to talk to.
    pub neighbor: Neighbor,
    /// The port to connect to; 179.
    pub neighbor_port: u16,
    /// The AS to expect.
    pub neighbor_as: NeighborAs,
    /// `multihop [N]`: the TTL; none: direct.
    pub multihop: Option<u8>,
    /// `strict bind`.
    pub strict_bind: bool,
    /// `password`, TCP MD5.
    pub password: Option<Password>,
    /// `passive`.
    pub passive: bool,
    /// `rr client`.
    pub rr_client: bool,
    /// `rr cluster id`.
    pub rr_cluster_id: Option<Ipv4Addr>,
    /// `rs client`.
    pub rs_client: bool,
    /// `hold time`, seconds; 0 or 3 to 65535.
    pub hold_time_secs: u16,
    /// `startup hold time`, seconds.
    pub startup_hold_time_secs: u16,
    /// `keepalive time`, seconds; none: a third of the hold time.
    pub keepalive_time_secs: Option<u16>,
    /// `connect delay time`; none: at once.
    pub connect_delay: Option<Duration>,
    /// `connect retry time`.
    pub connect_retry: Duration,
    /// `error wait time` minimum and maximum.
    pub error_wait: (Duration, Duration),
    /// `error forget time`.
    pub error_forget: Duration,
    /// `disable after error`.
    pub disable_after_error: bool,
    /// `path metric`.
    pub path_metric: bool,
    /// `med metric`.
    pub med_metric: bool,
    /// `deterministic med`.
    pub deterministic_med: bool,
    /// `igp metric`.
    pub igp_metric: bool,
    /// `prefer older`.
    pub prefer_older: bool,
    /// `default bgp_med`.
    pub default_med: u32,
    /// `default bgp_local_pref`.
    pub default_local_pref: u32,
    /// `allow local as [N]`; `u32::MAX` is any number.
    pub allow_local_as: u32,
    /// `allow bgp_local_pref`.
    pub allow_local_pref: bool,
    /// `allow as sets`.
    pub allow_as_sets: bool,
    /// `enforce first as`.
    pub enforce_first_as: bool,
    /// `interpret communities`.
    pub interpret_communities: bool,
    /// `enable route refresh`.
    pub route_refresh: bool,
    /// `enable as4`.
    pub four_octet_as: bool,
    /// `capabilities`.
    pub capabilities: bool,
    /// `graceful restart`.
    pub graceful_restart: GracefulRestartMode,
    /// `graceful restart time`, seconds.
    pub graceful_restart_time_secs: u16,
    /// `ttl security`.
    pub ttl_security: bool,
    /// `check link`.
    pub check_link: bool,
}

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

/// A BGP channel's own options.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BgpChannelConfig {
    /// `next hop self`.
    pub next_hop_self: NextHopMode,
    /// `next hop keep`; none: BIRD's default for the session's kind.
    pub next_hop_keep: Option<NextHopMode>,
    /// `next hop address`.
    pub next_hop_address: Option<IpAddr>,
    /// `gateway`.
    pub gateway: GatewayMode,
    /// `igp table`.
    pub igp_table: Option<String>,
    /// `secondary`.
    pub secondary: bool,
    /// `add paths`: (receive, send).
    pub add_paths: (bool, bool),
    /// `mandatory`.
    pub mandatory: bool,
    /// `graceful restart` of the channel; none: the protocol's.
    pub graceful_restart: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let secret = Password::new("hunter2");
        assert!(!format!("{secret:?}").contains("hunter"), "{secret:?}");
        assert_eq!(secret.octets(), b"hunter2");
        let usable = |len: usize| Password::new(vec![b'x'; len]).is_usable();
        assert_eq!([0, 1, 80, 81].map(usable), [false, true, true, false]);
    }
}
