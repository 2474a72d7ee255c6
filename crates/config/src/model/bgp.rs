//! The BGP protocol: a session's options and those of its channels.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnetwork::IpNetwork;

use super::{ListenConfig, Password};

/// Whom a BGP protocol talks to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Neighbor {
    /// One address, with the interface of a link-local one.
    Address {
        /// The address.
        address: IpAddr,
        /// `%IF` or `interface "IF"`.
        interface: Option<String>,
    },
    /// `neighbor range`: everyone in it.
    Range(IpNetwork),
}

impl Neighbor {
    /// Whether it is, or they are, of IPv6.
    pub fn is_ipv6(&self) -> bool {
        match self {
            Self::Address { address, .. } => address.is_ipv6(),
            Self::Range(net) => net.is_ipv6(),
        }
    }
}

/// The neighbor's AS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NeighborAs {
    /// `as N`.
    Number(u32),
    /// `internal`: ours.
    Internal,
    /// `external`: any but ours.
    External,
}

/// `graceful restart`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GracefulRestartMode {
    /// Off.
    Off,
    /// Helper only.
    #[default]
    Aware,
    /// Helper and restarting speaker.
    On,
}

/// `protocol bgp`: the session's options. Channel options are in [`BgpChannelConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BgpConfig {
    /// `local as`.
    pub local_as: u32,
    /// `local IP` or `source address`.
    pub local_address: Option<IpAddr>,
    /// `local port`, where to listen; 179.
    pub local_port: u16,
    /// Whom to talk to.
    pub neighbor: Neighbor,
    /// The port to connect to; 179.
    pub neighbor_port: u16,
    /// The AS to expect.
    pub neighbor_as: NeighborAs,
    /// `multihop [N]`: the TTL; none: direct.
    pub multihop: Option<u8>,
    /// `strict bind`.
    pub strict_bind: bool,
    /// `password`, TCP MD5.
    pub password: Option<Password>,
    /// `passive`.
    pub passive: bool,
    /// `rr client`.
    pub rr_client: bool,
    /// `rr cluster id`.
    pub rr_cluster_id: Option<Ipv4Addr>,
    /// `rs client`.
    pub rs_client: bool,
    /// `hold time`, seconds; 0 or 3 to 65535.
    pub hold_time_secs: u16,
    /// `startup hold time`, seconds.
    pub startup_hold_time_secs: u16,
    /// `keepalive time`, seconds; none: a third of the hold time.
    pub keepalive_time_secs: Option<u16>,
    /// `connect delay time`; none: at once.
    pub connect_delay: Option<Duration>,
    /// `connect retry time`.
    pub connect_retry: Duration,
    /// `error wait time` minimum and maximum.
    pub error_wait: (Duration, Duration),
    /// `error forget time`.
    pub error_forget: Duration,
    /// `disable after error`.
    pub disable_after_error: bool,
    /// `path metric`.
    pub path_metric: bool,
    /// `med metric`.
    pub med_metric: bool,
    /// `deterministic med`.
    pub deterministic_med: bool,
    /// `igp metric`.
    pub igp_metric: bool,
    /// `prefer older`.
    pub prefer_older: bool,
    /// `default bgp_med`.
    pub default_med: u32,
    /// `default bgp_local_pref`.
    pub default_local_pref: u32,
    /// `allow local as [N]`; `u32::MAX` is any number.
    pub allow_local_as: u32,
    /// `allow bgp_local_pref`.
    pub allow_local_pref: bool,
    /// `allow as sets`.
    pub allow_as_sets: bool,
    /// `enforce first as`.
    pub enforce_first_as: bool,
    /// `interpret communities`.
    pub interpret_communities: bool,
    /// `enable route refresh`.
    pub route_refresh: bool,
    /// `enable as4`.
    pub four_octet_as: bool,
    /// `capabilities`.
    pub capabilities: bool,
    /// `graceful restart`.
    pub graceful_restart: GracefulRestartMode,
    /// `graceful restart time`, seconds.
    pub graceful_restart_time_secs: u16,
    /// `ttl security`.
    pub ttl_security: bool,
    /// `check link`.
    pub check_link: bool,
}

impl BgpConfig {
    /// Where the neighbor finds us, given the router's `listen bgp`: its family's wildcard address unless bound
    /// strictly.
    pub fn listen_address(&self, listen: Option<&ListenConfig>) -> SocketAddr {
        let ipv6 = self.neighbor.is_ipv6();
        let (address, port) = match listen {
            Some(listen) => (listen.address.filter(|a| a.is_ipv6() == ipv6), listen.port),
            None => (self.local_address.filter(|_| self.strict_bind), self.local_port),
        };
        let wildcard: IpAddr = if ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        SocketAddr::new(address.unwrap_or(wildcard), port)
    }
}

/// `next hop self`/`next hop keep`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NextHopMode {
    /// Off.
    #[default]
    Off,
    /// For routes of every peer.
    All,
    /// For routes of internal peers.
    Internal,
    /// For routes of external peers.
    External,
}

impl NextHopMode {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::All => "on",
            Self::Internal => "ibgp",
            Self::External => "ebgp",
        }
    }
}

/// `gateway`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GatewayMode {
    /// Direct for a direct session, recursive for multihop.
    #[default]
    Auto,
    /// The next hop must be on the link.
    Direct,
    /// The next hop is looked up.
    Recursive,
}

/// A BGP channel's own options.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BgpChannelConfig {
    /// `next hop self`.
    pub next_hop_self: NextHopMode,
    /// `next hop keep`; none: BIRD's default for the session's kind.
    pub next_hop_keep: Option<NextHopMode>,
    /// `next hop address`.
    pub next_hop_address: Option<IpAddr>,
    /// `gateway`.
    pub gateway: GatewayMode,
    /// `igp table`.
    pub igp_table: Option<String>,
    /// `secondary`.
    pub secondary: bool,
    /// `add paths`: (receive, send).
    pub add_paths: (bool, bool),
    /// `mandatory`.
    pub mandatory: bool,
    /// `graceful restart` of the channel; none: the protocol's.
    pub graceful_restart: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_at_the_wildcard_unless_bound_strictly() {
        let session = |neighbor: &str| {
            let address = neighbor.parse().expect("an address");
            BgpConfig::new(64_512, Neighbor::Address { address, interface: None }, NeighborAs::Internal)
        };
        let at = |bgp: &BgpConfig, listen| bgp.listen_address(listen).to_string();
        let (mut ipv4, ipv6) = (session("192.0.2.1"), session("2001:db8::1"));
        ipv4.local_address = Some("192.0.2.2".parse().expect("an address"));
        assert_eq!([at(&ipv4, None), at(&ipv6, None)], ["0.0.0.0:179", "[::]:179"]);
        ipv4.strict_bind = true;
        assert_eq!(at(&ipv4, None), "192.0.2.2:179");
        // 1.6 has one socket for all, of one family.
        let listen = ListenConfig { address: Some("192.0.2.3".parse().expect("an address")), port: 1179 };
        assert_eq!(at(&ipv4, Some(&listen)), "192.0.2.3:1179");
        assert_eq!(at(&ipv6, Some(&listen)), "[::]:1179");
    }
}
