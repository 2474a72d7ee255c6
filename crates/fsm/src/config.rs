use std::net::Ipv4Addr;
use std::time::Duration;

use godwit_wire::{AddPathFamily, AddressFamily, Role};

use crate::establish::check_open;
use crate::session::Session;

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

/// Long-lived graceful restart (RFC 9494) in one family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LongLivedConfig {
    /// The family.
    pub family: AddressFamily,
    /// How long the neighbor may keep our routes after the restart time, seconds; none: we do not ask it to.
    pub stale_time_secs: Option<u32>,
    /// The least and the most of what the neighbor may ask of us, seconds.
    pub bounds_secs: (u32, u32),
}

/// Capabilities without which there is no session (RFC 5492 §5).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Required {
    /// Route refresh (RFC 2918).
    pub route_refresh: bool,
    /// Enhanced route refresh (RFC 7313).
    pub enhanced_route_refresh: bool,
    /// 4-octet AS numbers (RFC 6793).
    pub four_octet_as: bool,
    /// Extended messages (RFC 8654).
    pub extended_messages: bool,
    /// The neighbor's name.
    pub hostname: bool,
    /// Graceful restart (RFC 4724).
    pub graceful_restart: bool,
    /// Long-lived graceful restart (RFC 9494).
    pub long_lived_graceful_restart: bool,
    /// A role, if we have one (RFC 9234 §4.2, strict mode).
    pub roles: bool,
    /// Families in which all that we want of ADD-PATH must be agreed on.
    pub add_path: Vec<AddressFamily>,
    /// Families in which extended next hops must be agreed on (RFC 8950).
    pub extended_next_hop: Vec<AddressFamily>,
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
    /// The least hold time that may be agreed on, seconds.
    pub min_hold_time_secs: u32,
    /// The least keepalive time that may follow from it, seconds.
    pub min_keepalive_time_secs: u32,
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
    /// Subcodes of a neighbor's Cease that end the session for good, a bit for each, the last for all above.
    pub disable_after_cease: u16,
    /// There is no hold timer: the driver does not read what comes, which tests the neighbor.
    pub disable_rx: bool,
    /// Never connect, only accept.
    pub passive: bool,
    /// Send capabilities at all.
    pub capabilities: bool,
    /// Families to announce.
    pub families: Vec<AddressFamily>,
    /// IPv4 is announced also where it is the only family, which RFC 4760 lets us leave out.
    pub announces_ipv4: bool,
    /// Families without which there is no session.
    pub mandatory_families: Vec<AddressFamily>,
    /// In which families we want to receive, and to send, several paths of a net (RFC 7911).
    pub add_path: Vec<AddPathFamily>,
    /// Announce route refresh.
    pub route_refresh: bool,
    /// Announce enhanced route refresh, if route refresh is.
    pub enhanced_route_refresh: bool,
    /// Announce that we take messages of up to 65,535 octets (RFC 8654).
    pub extended_messages: bool,
    /// Families of IPv4 whose routes may have next hops of IPv6 (RFC 8950).
    pub extended_next_hop: Vec<AddressFamily>,
    /// The name to announce.
    pub hostname: Option<String>,
    /// What we are to the neighbor (RFC 9234); of no effect in an internal session.
    pub local_role: Option<Role>,
    /// What the neighbor must announce.
    pub required: Required,
    /// Announce 4-octet AS numbers.
    pub four_octet_as: bool,
    /// Graceful restart.
    pub graceful_restart: GracefulRestartConfig,
    /// The N bit: a NOTIFICATION ends a session as a lost connection does, unless it is a Hard Reset (RFC 8538).
    pub graceful_notification: bool,
    /// The least and the most restart time of a neighbor, seconds.
    pub restart_time_bounds_secs: (u16, u16),
    /// Long-lived graceful restart; none: it is off.
    pub long_lived: Option<Vec<LongLivedConfig>>,
    /// Families that graceful restart is announced for, if it is on.
    pub restart_families: Vec<AddressFamily>,
    /// Those of them whose routes have stayed in the kernel since the session was last up: the F bit.
    pub preserved_families: Vec<AddressFamily>,
    /// We have restarted and wait for End-of-RIB: the R bit.
    pub restarting: bool,
}

impl Session {
    /// Takes another configuration: what an OPEN says and what one must say holds from the next connection on. What has
    /// become of graceful restart since the session was made stays as it is.
    ///
    /// False: with what the neighbor has announced there would be no session now.
    pub fn set_config(&mut self, config: PeerConfig) -> bool {
        let old = std::mem::replace(&mut self.config, config);
        self.config.restarting = old.restarting;
        self.config.preserved_families = old.preserved_families;
        self.established.as_ref().is_none_or(|(_, negotiated, _)| {
            check_open(&self.config, &negotiated.local_open, &negotiated.remote_open).is_ok()
        })
    }
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
            min_hold_time_secs: 0,
            min_keepalive_time_secs: 0,
            connect_delay: None,
            connect_retry: Duration::from_mins(2),
            error_wait: (Duration::from_mins(1), Duration::from_mins(5)),
            error_forget: Duration::from_mins(5),
            disable_after_error: false,
            disable_after_cease: 0,
            disable_rx: false,
            passive: false,
            capabilities: true,
            families: vec![family],
            announces_ipv4: true,
            mandatory_families: Vec::new(),
            add_path: Vec::new(),
            route_refresh: true,
            enhanced_route_refresh: true,
            extended_messages: false,
            extended_next_hop: Vec::new(),
            hostname: None,
            local_role: None,
            required: Required::default(),
            four_octet_as: true,
            graceful_restart: GracefulRestartConfig::Aware,
            graceful_notification: false,
            restart_time_bounds_secs: (0, u16::MAX),
            long_lived: None,
            restart_families: vec![family],
            preserved_families: Vec::new(),
            restarting: false,
        }
    }
}
