//! The BGP session machine (RFC 4271 §8): one value per neighbor, with up to two connections.
//!
//! No sockets and no clock. The rule for whoever drives it: call **one** method that changes it,
//! with the time it is now, then take [`Session::poll_action`] until it gives `None`, then sleep
//! until [`Session::next_timeout`] or the next event. Actions are to be carried out in order.
#![forbid(unsafe_code)]

mod action;
mod capabilities;
mod config;
mod connection;
mod establish;
mod graceful;
mod refresh;
mod rivals;
mod session;
mod status;
mod timers;

pub use action::{Action, CloseReason, Down, LogClass, Outbound};
pub use config::{GracefulRestartConfig, LongLivedConfig, PeerConfig, RemoteAs, Required};
pub use connection::Direction;
pub use establish::Negotiated;
pub use session::{Session, StopCause, UpdateVerdict};
pub use status::{State, Status, TimerStatus};
