//! The protocols that know interfaces: device and direct.

use ipnetwork::IpNetwork;

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
