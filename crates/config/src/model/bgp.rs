//! The BGP protocol: a session's options.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use godwit_wire::Role;
use ipnetwork::IpNetwork;

use super::{BfdOptions, CeaseCodes, InterfacePattern, ListenConfig, Password, Requirements, TcpAoKey};

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

impl GracefulRestartMode {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Aware => "aware",
            Self::On => "on",
        }
    }
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
    /// `onlink`: the neighbor is reached without an address of ours in its network.
    pub onlink: bool,
    /// `interface` of a [`Neighbor::Range`]: the one its link-local neighbors are on.
    pub range_interface: Option<String>,
    /// `interface range`: where a [`Neighbor::Range`] may be met, each interface with a socket of its own; empty:
    /// anywhere.
    pub interface_range: Vec<InterfacePattern>,
    /// `strict bind`.
    pub strict_bind: bool,
    /// `free bind`: listen on an address that is not there yet.
    pub free_bind: bool,
    /// `dynamic name`, how sessions of a [`Neighbor::Range`] are named; none: `dynbgp`.
    pub dynamic_name: Option<String>,
    /// `dynamic name digits`: the least digits of the number after the name.
    pub dynamic_name_digits: u32,
    /// The most sessions of a [`Neighbor::Range`] at a time; 0: as many as come. BIRD has no such option.
    pub dynamic_limit: u32,
    /// `password`, TCP MD5. Without one, and without `tcp_ao_keys`, the session is not authenticated.
    pub password: Option<Password>,
    /// `keys`, TCP-AO (RFC 5925); none of them if there is a password.
    pub tcp_ao_keys: Vec<TcpAoKey>,
    /// `passive`.
    pub passive: bool,
    /// `rr client`.
    pub rr_client: bool,
    /// `rr cluster id`.
    pub rr_cluster_id: Option<Ipv4Addr>,
    /// `rs client`.
    pub rs_client: bool,
    /// `confederation`: the AS number all of it has to the outside (RFC 5065 §3).
    pub confederation: Option<u32>,
    /// `confederation member`: whether the neighbor is in our confederation.
    pub confederation_member: bool,
    /// `local role`: what we are to the neighbor (RFC 9234 §4.1).
    pub local_role: Option<Role>,
    /// `hold time`, seconds; 0 or 3 to 65535.
    pub hold_time_secs: u16,
    /// `startup hold time`, seconds.
    pub startup_hold_time_secs: u16,
    /// `keepalive time`, seconds; none: a third of the hold time.
    pub keepalive_time_secs: Option<u16>,
    /// `min hold time`, the least the neighbor may ask for, seconds.
    pub min_hold_time_secs: u32,
    /// `min keepalive time`, the least the negotiated hold time may lead to, seconds.
    pub min_keepalive_time_secs: u32,
    /// `send hold time`, seconds, at our own hold time; 0: no limit; none: twice the hold time (RFC 9687). As
    /// with BIRD, it shrinks as the hold time does in a session.
    pub send_hold_time_secs: Option<u32>,
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
    /// `disable after cease`.
    pub disable_after_cease: CeaseCodes,
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
    /// `allow bgp_med`: an external neighbor is sent the MED a route came with.
    pub allow_med: bool,
    /// `allow as sets`.
    pub allow_as_sets: bool,
    /// `enforce first as`.
    pub enforce_first_as: bool,
    /// `interpret communities`.
    pub interpret_communities: bool,
    /// `enable route refresh`.
    pub route_refresh: bool,
    /// `enable enhanced route refresh` (RFC 7313); without [`route_refresh`](Self::route_refresh) it is off.
    pub enhanced_route_refresh: bool,
    /// `enable extended messages` (RFC 8654).
    pub extended_messages: bool,
    /// `advertise hostname`.
    pub advertise_hostname: bool,
    /// `advertise ipv4`, of 1.6: whether an OPEN says that we speak IPv4 where RFC 4760 lets us leave it out.
    pub advertise_ipv4: bool,
    /// `enable as4`.
    pub four_octet_as: bool,
    /// `capabilities`.
    pub capabilities: bool,
    /// `require …`: what the neighbor must announce.
    pub require: Requirements,
    /// `graceful restart`.
    pub graceful_restart: GracefulRestartMode,
    /// `graceful restart time`, seconds.
    pub graceful_restart_time_secs: u16,
    /// The N bit: a NOTIFICATION ends a session as a lost connection does, if both ends say so (RFC 8538). BIRD has no
    /// such option.
    pub graceful_notification: bool,
    /// `min graceful restart time`: a neighbor that announces less has this, seconds.
    pub min_graceful_restart_time_secs: u16,
    /// `max graceful restart time`: a neighbor that announces more has this, seconds.
    pub max_graceful_restart_time_secs: u16,
    /// `long lived graceful restart` (RFC 9494); none: [`GracefulRestartMode::Aware`] unless graceful restart is off.
    pub long_lived_graceful_restart: Option<GracefulRestartMode>,
    /// `long lived stale time`, seconds, 24 bits.
    pub long_lived_stale_time_secs: u32,
    /// `min long lived stale time`: a neighbor that announces less has this, seconds.
    pub min_long_lived_stale_time_secs: u32,
    /// `max long lived stale time`: a neighbor that announces more has this, seconds.
    pub max_long_lived_stale_time_secs: u32,
    /// `ttl security`.
    pub ttl_security: bool,
    /// `check link`.
    pub check_link: bool,
    /// `bfd`; none: off.
    pub bfd: Option<BfdOptions>,
    /// `disable rx`: what comes is thrown away, and there is no hold timer; for tests of the send hold timer.
    pub disable_rx: bool,
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
