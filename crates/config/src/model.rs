//! The one model every front end produces and the daemon runs on.

mod bfd;
mod bgp;
mod bgp_channel;
mod channel;
mod device;
mod igp_tables;
mod kernel;
mod log;
mod password;
mod pipe;
mod roa;
mod rpki;
mod session;
mod static_routes;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use godwit_filter::Program;
use godwit_wire::AddressFamily;

pub use bfd::{BfdAccept, BfdAuthentication, BfdConfig, BfdInterface, BfdNeighbor, BfdPassword, BfdTimes};
pub use bgp::{BgpConfig, GracefulRestartMode, Neighbor, NeighborAs};
pub use bgp_channel::{
    AigpMode, BgpChannelConfig, GatewayMode, LinkLocalFormat, MissingLladdr, NextHopMode, NextHopPreference,
    PrivateAs,
};
pub use channel::{ChannelConfig, Limit, LimitAction, Policy};
pub use device::{DeviceConfig, DirectConfig, InterfacePattern};
pub use igp_tables::IgpTables;
pub use kernel::KernelConfig;
pub use log::{DebugFlags, LogClasses, LogDestination, LogTarget, TimeFormat, TimeFormats};
pub use password::Password;
pub use pipe::PipeConfig;
pub use roa::{Roa, RoaTableConfig, StaticRoa};
pub use rpki::{RpkiConfig, RpkiRemote, RpkiTime, RpkiTransport};
pub use session::{BfdOptions, CeaseCodes, Requirements, TcpAoAlgorithm, TcpAoKey, TcpAoPreference};
pub use static_routes::{StaticConfig, StaticNextHop, StaticRoute, StaticTarget};

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
    /// Tables of ROAs.
    pub roa_tables: Vec<RoaTableConfig>,
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
    /// Two tables.
    Pipe(Box<PipeConfig>),
    /// A cache of ROAs.
    Rpki(Box<RpkiConfig>),
    /// The liveness of neighbors.
    Bfd(Box<BfdConfig>),
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
            Self::Pipe(_) => "Pipe",
            Self::Rpki(_) => "RPKI",
            Self::Bfd(_) => "BFD",
        }
    }

    /// The preference its routes have unless told otherwise (bird.md §4.1).
    pub fn default_preference(&self) -> u16 {
        match self {
            Self::Device(_) | Self::Direct(_) => 240,
            Self::Static(_) => 200,
            Self::Bgp(_) | Self::Rpki(_) => 100,
            Self::Kernel(_) => 10,
            Self::Pipe(_) | Self::Bfd(_) => 0,
        }
    }

    /// Whether the router runs it: what it does not run is in its configuration all the same.
    pub fn is_run(&self) -> bool {
        !matches!(self, Self::Pipe(_) | Self::Rpki(_) | Self::Bfd(_))
    }
}
