//! Where services are.

use serde::{Deserialize, Serialize};

/// Endpoints of a service: the ready ones (§1.11).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EndpointSlice {
    /// The service's name, in the slice's namespace; empty: of none.
    pub service: Box<str>,
    /// `addressType` is `IPv4`.
    pub ipv4: bool,
    /// `addressType` is `IPv6`.
    pub ipv6: bool,
    /// Whether any endpoint is ready.
    pub any_ready: bool,
    /// The nodes that have ready endpoints, ascending, each once.
    pub ready_nodes: Vec<Box<str>>,
}
