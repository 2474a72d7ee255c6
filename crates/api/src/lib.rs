//! Questions and answers between the running router and everything that shows or steers it: the
//! control socket, metrics, a looking glass. Plain values; no text formats but that of a time, no sockets.
#![forbid(unsafe_code)]

mod protocol;
mod route;
mod times;

use std::net::Ipv4Addr;
use std::sync::Arc;

use godwit_config::{DebugFlags, RouterConfig};

pub use protocol::*;
pub use route::*;
pub use times::{Times, strftime};

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct UnixMillis(pub u64);

/// A question to the router, or an order.
#[derive(Clone, Debug)]
pub enum Request {
    /// Answered by [`Reply::Status`].
    Status,
    /// Answered by [`Reply::Protocols`], in configuration order.
    Protocols(Selector),
    /// One page of routes; answered by [`Reply::Routes`] or [`Reply::Refused`].
    Routes(Box<RouteQuery>),
    /// Answered by [`Reply::Interfaces`].
    Interfaces,
    /// Answered by [`Reply::Memory`].
    Memory,
    /// The running configuration, whose symbols commands refer to; answered by [`Reply::Config`].
    Config,
    /// Reads a configuration file and runs it; answered by [`Reply::Configure`].
    Configure {
        /// The file; none: the one godwit was started with.
        file: Option<String>,
        /// Only checks it.
        check_only: bool,
        /// `soft`: filter changes do not re-run over routes already there.
        soft: bool,
        /// Goes back by itself after so many seconds unless confirmed.
        undo_after_secs: Option<u32>,
    },
    /// `configure confirm`: answered by [`Reply::Confirmed`].
    ConfigureConfirm,
    /// `configure undo`: answered by [`Reply::Configure`], or [`Reply::NothingToDo`].
    ConfigureUndo,
    /// `configure status`: answered by [`Reply::ConfigureStatus`].
    ConfigureStatus,
    /// `enable`, `disable`, `restart`, `reload`; answered by [`Reply::Acted`].
    Act {
        /// What to do.
        action: Action,
        /// To which protocols.
        selector: Selector,
        /// Shutdown communication (RFC 9003).
        message: Option<String>,
    },
    /// `debug`: answered by [`Reply::Done`].
    SetDebug {
        /// For which protocols.
        selector: Selector,
        /// The new mask.
        flags: DebugFlags,
    },
    /// `down`: answered by [`Reply::Done`], then the router stops.
    Shutdown,
    /// `graceful restart`: answered by [`Reply::Done`], then the router stops leaving routes.
    GracefulRestart,
}

/// Which protocols a command is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selector {
    /// All.
    All,
    /// The one of this name.
    Name(String),
    /// Those whose name matches a shell glob.
    Pattern(String),
}

/// What to do to protocols.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// `enable`.
    Enable,
    /// `disable`.
    Disable,
    /// `restart`.
    Restart,
    /// `reload`: both directions.
    Reload,
    /// `reload in`.
    ReloadIn,
    /// `reload out`.
    ReloadOut,
}

/// What became of an [`Action`] on one protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acted {
    /// It was done.
    Done,
    /// It was so already (enabled, or disabled).
    Already,
    /// `reload` could not be done.
    Failed,
    /// The protocol is not up: `reload` skips it in silence.
    Skipped,
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::Protocols`]; empty if none matched.
    Protocols(Vec<ProtocolStatus>),
    /// To [`Request::Routes`].
    Routes(RoutePage),
    /// To [`Request::Interfaces`].
    Interfaces(Vec<Interface>),
    /// To [`Request::Memory`].
    Memory(Memory),
    /// To [`Request::Config`].
    Config(Arc<RouterConfig>),
    /// To the configure requests.
    Configure(ConfigureOutcome),
    /// To [`Request::ConfigureConfirm`] when something was confirmed.
    Confirmed,
    /// There was nothing to confirm or undo.
    NothingToDo,
    /// Seconds until the undo, if one is scheduled, to [`Request::ConfigureStatus`].
    ConfigureStatus(Option<f64>),
    /// To [`Request::Act`]: name and outcome, in configuration order; empty if none matched.
    Acted(Vec<(String, Acted)>),
    /// The order was carried out.
    Done,
    /// The question made no sense to the router; text as BIRD words it.
    Refused(Refusal),
}

/// Why a question was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No protocol of this name runs (reply code 8003 or 9002).
    NoSuchProtocol(String),
    /// No such table.
    NoSuchTable(String),
    /// The protocol is down (8005).
    ProtocolDown,
    /// Anything else, as text (9001).
    Other(String),
}

/// What became of a new configuration.
#[derive(Clone, Debug)]
pub enum ConfigureOutcome {
    /// It runs.
    Reconfigured,
    /// It is being applied.
    InProgress,
    /// It waits for one that is being applied.
    Queued,
    /// It was only checked, and is good.
    Checked,
    /// The router is shutting down.
    ShuttingDown,
    /// It is not usable: `FILE:LINE:COL MESSAGE` lines; the running one stays.
    Failed(Vec<String>),
}

/// The router as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The router id; none while not known yet.
    pub router_id: Option<Ipv4Addr>,
    /// The host's name.
    pub hostname: String,
    /// Now.
    pub now: UnixMillis,
    /// When the daemon started.
    pub started: UnixMillis,
    /// When the running configuration was taken.
    pub reconfigured: UnixMillis,
    /// A shutdown is going on.
    pub shutting_down: bool,
    /// Graceful restart recovery: channels waited for, milliseconds left of the wait, and the whole of it in
    /// seconds.
    pub recovery: Option<(u32, u32, u32)>,
}

/// Memory in octets: (effective, overhead).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// Nets and paths.
    pub tables: (u64, u64),
    /// Attribute sets.
    pub attributes: (u64, u64),
    /// Sessions and their buffers.
    pub protocols: (u64, u64),
    /// The running configuration.
    pub config: (u64, u64),
    /// Resident size of the process.
    pub total: (u64, u64),
}

/// A network interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its kernel index.
    pub index: u32,
    /// The bridge or VRF it belongs to.
    pub master: Option<String>,
    /// Administratively up.
    pub admin_up: bool,
    /// Link up.
    pub link_up: bool,
    /// Loopback.
    pub loopback: bool,
    /// Point to point (else multi-access).
    pub point_to_point: bool,
    /// Broadcast.
    pub broadcast: bool,
    /// Multicast.
    pub multicast: bool,
    /// MTU in octets.
    pub mtu: u32,
    /// Its addresses.
    pub addresses: Vec<InterfaceAddress>,
}

/// An address of an interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterfaceAddress {
    /// Address and prefix length; host bits are kept.
    pub address: ipnetwork::IpNetwork,
    /// The other end of a point-to-point link or of a /30, /31, /126 or /127.
    pub opposite: Option<std::net::IpAddr>,
    /// The preferred one of its family.
    pub preferred: bool,
    /// A secondary address.
    pub secondary: bool,
    /// Its scope.
    pub scope: godwit_filter::Scope,
}
