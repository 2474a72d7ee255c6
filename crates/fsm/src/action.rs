use godwit_wire::{AddressFamily, Notification, Open, RouteRefresh};

use crate::connection::Direction;
use crate::establish::Negotiated;

/// A message to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outbound {
    /// OPEN.
    Open(Open),
    /// KEEPALIVE.
    Keepalive,
    /// NOTIFICATION; nothing is sent after it on the connection.
    Notification(Notification),
    /// ROUTE-REFRESH.
    RouteRefresh(RouteRefresh),
}

/// Why a connection is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseReason {
    /// After what was sent last has gone out.
    AfterFlush,
    /// At once: the other end is gone.
    Gone,
}

/// The class of a log line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogClass {
    /// A state change or another event worth tracing.
    Trace,
    /// A neighbor's fault, or what it told us.
    Remote,
    /// Ours.
    Error,
}

/// How a session went down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Down {
    /// Why, with its class, as `show protocols` says it: `Received: Administrative shutdown`.
    pub reason: String,
    /// The neighbor is expected back and its routes may stay meanwhile (RFC 4724 §4.2).
    pub graceful: bool,
    /// Families whose routes stay then that are stale since before the session, too (RFC 8538 §4.1, RFC 9494 §4.2).
    pub stays_stale: Vec<AddressFamily>,
}

/// What the driver has to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Begin to connect. An attempt that is under way is given up for it.
    Connect,
    /// Give up connecting.
    AbortConnect,
    /// Send a message.
    Send(Direction, Outbound),
    /// Close a connection; the machine takes no more of its events.
    Close(Direction, CloseReason),
    /// The session is established, over this connection.
    Established(Direction, Box<Negotiated>),
    /// The established session is over.
    Down(Down),
    /// The neighbor did not come back in time, or did not say in time what of its routes is left: those
    /// that are stale go.
    StaleExpired,
    /// The neighbor's routes of these families, which are stale, stay for long (RFC 9494): they are marked, and
    /// used only where there is nothing else.
    LongLived(Vec<AddressFamily>),
    /// What is stale in this family goes, be the neighbor away or back.
    FamilyExpired(AddressFamily),
    /// What is stale in these families since before the session was last lost goes.
    EarlierExpired(Vec<AddressFamily>),
    /// The neighbor asks for a family's routes again (RFC 2918), or begins to announce them again, or has done so
    /// (RFC 7313): what it had announced before the beginning and not since then goes at the end. Each end has had
    /// its beginning, and there is no beginning in between.
    Refresh(RouteRefresh),
    /// An error asks for the protocol to be disabled (`disable after error`).
    Disable,
    /// Log a line; the protocol's name goes in front.
    Log(LogClass, String),
}
