//! Running a filter on a route.

use std::net::IpAddr;
use std::sync::Arc;

use ipnetwork::IpNetwork;

use crate::RouteAttributes;

/// What a filter decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The route passes.
    Accept,
    /// It does not.
    Reject,
    /// A run-time error, or the end without a verdict: it does not, and is counted and logged.
    Error,
}

/// The route a filter runs on, and what of its surroundings the filter can see.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// `net`.
    pub net: IpNetwork,
    /// `proto`: the protocol the route came from.
    pub protocol: &'a str,
    /// The attributes before the filter.
    pub attributes: &'a RouteAttributes,
    /// Interface names by index, for `ifname`: see [`crate::Surroundings`].
    pub surroundings: &'a dyn Surroundings,
}

/// What a filter may ask of the router around it.
pub trait Surroundings: std::fmt::Debug + Sync {
    /// The name of the interface with this kernel index.
    fn interface_name(&self, ifindex: u32) -> Option<Arc<str>>;
    /// The index of the interface with this name.
    fn interface_index(&self, name: &str) -> Option<u32>;
    /// The interface behind which another router has this address, without a gateway in between.
    fn neighbor_interface(&self, address: IpAddr) -> Option<u32>;
}

/// Surroundings without interfaces.
#[derive(Debug)]
pub struct NoSurroundings;

impl Surroundings for NoSurroundings {
    fn interface_name(&self, _: u32) -> Option<Arc<str>> {
        None
    }

    fn interface_index(&self, _: &str) -> Option<u32> {
        None
    }

    fn neighbor_interface(&self, _: IpAddr) -> Option<u32> {
        None
    }
}

/// What a run of a filter gave.
#[derive(Debug)]
pub struct Outcome {
    /// The decision.
    pub verdict: Verdict,
    /// The attributes as the filter left them, whatever it decided; `None` if it changed nothing.
    pub attributes: Option<Box<RouteAttributes>>,
    /// Lines of `print` and messages of `accept`/`reject`, to be logged at INFO.
    pub messages: Vec<String>,
    /// The run-time error as BIRD words it (`filters, line N: …`), to be logged as ERR.
    pub error: Option<String>,
}
