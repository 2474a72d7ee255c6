//! Links, addresses and routes of the Linux kernel: events in, batches of changes out.
//!
//! [`Fib`] is the sans-IO core: the routes wanted against those observed, and the least to do about
//! the difference. [`Monitor`], [`dump`] and [`Programmer`] are the thin shell over netlink. The crate
//! knows nothing of BGP.
#![forbid(unsafe_code)]

mod convert;
mod fib;
mod message;
mod metrics;
mod model;
mod socket;

pub use fib::{Alien, Fib, FibCounters, Operation, Wanted};
pub use message::{events, requests};
pub use metrics::Metrics;
pub use model::{Address, Event, Family, KernelRoute, Link, RouteHop, RouteKind};
pub use socket::{Monitor, NetlinkError, Programmer, dump};

/// The routing protocol number of our routes in the kernel: `bird` in iproute2's `rt_protos`.
pub const PROTOCOL_BIRD: u8 = 12;
