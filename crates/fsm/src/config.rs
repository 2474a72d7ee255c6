use std::net::Ipv4Addr;
use std::time::Duration;

use godwit_wire::{AddPathFamily, AddressFamily, Capability, GracefulRestart, GracefulRestartFamily, Open};

/// The neighbor's AS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemoteAs {
    /// This one.
    Number(u32),
    /// Ours.
    Internal,
    /// Any but ours.
    External,
}

impl RemoteAs {
    /// Whether an AS number is the one expected.
    pub fn accepts(self, asn: u32, local_as: u32) -> bool {
        match self {
            Self::Number(n) => n == asn,
            Self::Internal => asn == local_as,
            Self::External => asn != local_as,
        }
    }
}

/// What we announce of graceful restart (RFC 4724).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GracefulRestartConfig {
    /// Nothing.
    Off,
    /// That we help others (no family listed).
    Aware,
    /// That we keep forwarding while we restart.
    On {
        /// Restart time, seconds, 0 to 4095.
        restart_time_secs: u16,
    },
}

/// What the machine has to know of a neighbor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerConfig {
    /// Our AS.
    pub local_as: u32,
    /// The neighbor's.
    pub remote_as: RemoteAs,
    /// Our BGP identifier.
    pub router_id: Ipv4Addr,
    /// Hold time offered, seconds; 0 or 3 to 65535.
    pub hold_time_secs: u16,
    /// Hold time until the session is established, seconds.
    pub startup_hold_time_secs: u16,
    /// Keepalive time, seconds, for the hold time offered; none: a third of it.
    pub keepalive_time_secs: Option<u16>,
    /// How long the neighbor may take nothing of what we send, seconds, for the hold time offered; 0: for
    /// ever; none: twice the hold time (RFC 9687).
    pub send_hold_time_secs: Option<u32>,
    /// How long to wait for the neighbor to connect before we do. None: not at all; and while it
    /// refuses, try again soon and then less and less often.
    pub connect_delay: Option<Duration>,
    /// How long a connection attempt may take before it is tried anew. Zero: as long as it takes.
    pub connect_retry: Duration,
    /// Wait after an error: first, and at most.
    pub error_wait: (Duration, Duration),
    /// An error older than this does not lengthen the wait.
    pub error_forget: Duration,
    /// An error ends the session for good.
    pub disable_after_error: bool,
    /// Never connect, only accept.
    pub passive: bool,
    /// Send capabilities at all.
    pub capabilities: bool,
    /// Families to announce.
    pub families: Vec<AddressFamily>,
    /// Families without which there is no session.
    pub mandatory_families: Vec<AddressFamily>,
    /// In which families we want to receive, and to send, several paths of a net (RFC 7911).
    pub add_path: Vec<AddPathFamily>,
    /// Announce route refresh.
    pub route_refresh: bool,
    /// Announce 4-octet AS numbers.
    pub four_octet_as: bool,
    /// Graceful restart.
    pub graceful_restart: GracefulRestartConfig,
    /// Families that graceful restart is announced for, if it is on.
    pub restart_families: Vec<AddressFamily>,
    /// Those of them whose routes have stayed in the kernel since the session was last up: the F bit.
    pub preserved_families: Vec<AddressFamily>,
    /// We have restarted and wait for End-of-RIB: the R bit.
    pub restarting: bool,
}

impl PeerConfig {
    /// A neighbor with BIRD's defaults and one family.
    pub fn new(local_as: u32, remote_as: RemoteAs, router_id: Ipv4Addr, family: AddressFamily) -> Self {
        Self {
            local_as,
            remote_as,
            router_id,
            hold_time_secs: 240,
            startup_hold_time_secs: 240,
            keepalive_time_secs: None,
            send_hold_time_secs: None,
            connect_delay: None,
            connect_retry: Duration::from_mins(2),
            error_wait: (Duration::from_mins(1), Duration::from_mins(5)),
            error_forget: Duration::from_mins(5),
            disable_after_error: false,
            passive: false,
            capabilities: true,
            families: vec![family],
            mandatory_families: Vec::new(),
            add_path: Vec::new(),
            route_refresh: true,
            four_octet_as: true,
            graceful_restart: GracefulRestartConfig::Aware,
            restart_families: vec![family],
            preserved_families: Vec::new(),
            restarting: false,
        }
    }

    /// The OPEN we send.
    pub(crate) fn open(&self, with_capabilities: bool) -> Open {
        let mut capabilities = Vec::new();
        if self.capabilities && with_capabilities {
            capabilities.extend(self.families.iter().map(|f| Capability::Multiprotocol(*f)));
            if self.route_refresh {
                capabilities.push(Capability::RouteRefresh);
            }
            capabilities.extend(self.graceful_restart_capability());
            if self.four_octet_as {
                capabilities.push(Capability::FourOctetAs(self.local_as));
            }
            let add_path = self.add_path.iter().filter(|f| f.receive || f.send).copied();
            let add_path: Vec<_> = add_path.filter(|f| self.families.contains(&f.family)).collect();
            if !add_path.is_empty() {
                capabilities.push(Capability::AddPath(add_path));
            }
        }
        Open {
            asn: u16::try_from(self.local_as).unwrap_or(godwit_wire::AS_TRANS),
            hold_time_secs: self.hold_time_secs,
            identifier: self.router_id,
            capabilities,
        }
    }

    fn graceful_restart_capability(&self) -> Option<Capability> {
        let (restart_time_secs, families) = match self.graceful_restart {
            GracefulRestartConfig::Off => return None,
            GracefulRestartConfig::Aware => (0, Vec::new()),
            GracefulRestartConfig::On { restart_time_secs } => {
                let family = |f: &AddressFamily| GracefulRestartFamily {
                    family: *f,
                    forwarding_preserved: self.preserved_families.contains(f),
                };
                (restart_time_secs, self.restart_families.iter().map(family).collect())
            }
        };
        Some(Capability::GracefulRestart(GracefulRestart {
            restarting: self.restarting,
            notification: false,
            restart_time_secs,
            families,
        }))
    }
}
