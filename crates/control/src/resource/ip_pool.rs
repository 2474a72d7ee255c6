//! Pools of addresses.

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

/// `ipipMode`, `vxlanMode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Encapsulation {
    /// `Never`, and what is missing or unknown.
    #[default]
    Never,
    /// `Always`.
    Always,
    /// `CrossSubnet`.
    CrossSubnet,
}

/// A pool (§1.9).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IpPool {
    /// Its addresses, without host bits.
    pub cidr: IpNetwork,
    /// `ipipMode`.
    pub ipip: Encapsulation,
    /// `vxlanMode`.
    pub vxlan: Encapsulation,
    /// `disableBGPExport`.
    pub disable_bgp_export: bool,
}
