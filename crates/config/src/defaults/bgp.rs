//! A session's options when the configuration does not say, and what follows from several of them.

use std::time::Duration;

use super::{BGP_PORT, MULTIHOP_DEFAULT};
use crate::model::{
    AigpMode, BgpChannelConfig, BgpConfig, CeaseCodes, Dialect, GatewayMode, GracefulRestartMode, Neighbor,
    NeighborAs, NextHopMode, NextHopPreference, Requirements,
};

/// The longest restart time: the capability has 12 bits for it (RFC 4724 §3).
pub(crate) const GRACEFUL_RESTART_SECS_MAX: u16 = 0xfff;
/// The longest long-lived stale time: the capability has 24 bits for it (RFC 9494 §3.1).
pub(crate) const LONG_LIVED_STALE_SECS_MAX: u32 = 0xff_ffff;
/// How many sessions `neighbor range` makes at most, unless told otherwise. Whoever can reach us can open them.
pub(crate) const DYNAMIC_LIMIT: u32 = 1024;
/// How sessions of `neighbor range` are named.
const DYNAMIC_NAME: &str = "dynbgp";

impl BgpConfig {
    /// A session with BIRD's defaults, those of 2.x where the dialects differ; internal ones are
    /// multihop, and `check link` is on for direct ones.
    pub fn new(local_as: u32, neighbor: Neighbor, neighbor_as: NeighborAs) -> Self {
        let config = Self {
            local_as,
            local_address: None,
            local_port: BGP_PORT,
            neighbor,
            neighbor_port: BGP_PORT,
            neighbor_as,
            multihop: None,
            onlink: false,
            range_interface: None,
            interface_range: Vec::new(),
            strict_bind: false,
            free_bind: false,
            dynamic_name: None,
            dynamic_name_digits: 0,
            dynamic_limit: DYNAMIC_LIMIT,
            password: None,
            tcp_ao_keys: Vec::new(),
            passive: false,
            rr_client: false,
            rr_cluster_id: None,
            rs_client: false,
            confederation: None,
            confederation_member: false,
            local_role: None,
            hold_time_secs: 240,
            startup_hold_time_secs: 240,
            keepalive_time_secs: None,
            min_hold_time_secs: 0,
            min_keepalive_time_secs: 0,
            send_hold_time_secs: None,
            connect_delay: None,
            connect_retry: Duration::from_secs(120),
            error_wait: (Duration::from_secs(60), Duration::from_secs(300)),
            error_forget: Duration::from_secs(300),
            disable_after_error: false,
            disable_after_cease: CeaseCodes::NONE,
            path_metric: true,
            med_metric: false,
            deterministic_med: false,
            igp_metric: true,
            prefer_older: false,
            default_med: 0,
            default_local_pref: 100,
            allow_local_as: 0,
            allow_local_pref: false,
            allow_med: false,
            allow_as_sets: true,
            enforce_first_as: false,
            interpret_communities: true,
            route_refresh: true,
            enhanced_route_refresh: true,
            extended_messages: false,
            advertise_hostname: false,
            advertise_ipv4: true,
            four_octet_as: true,
            capabilities: true,
            require: Requirements::default(),
            graceful_restart: GracefulRestartMode::Aware,
            graceful_restart_time_secs: 120,
            graceful_notification: false,
            min_graceful_restart_time_secs: 0,
            max_graceful_restart_time_secs: GRACEFUL_RESTART_SECS_MAX,
            long_lived_graceful_restart: None,
            long_lived_stale_time_secs: 3600,
            min_long_lived_stale_time_secs: 0,
            max_long_lived_stale_time_secs: LONG_LIVED_STALE_SECS_MAX,
            ttl_security: false,
            check_link: true,
            bfd: None,
            disable_rx: false,
        };
        if config.is_internal() {
            Self { multihop: Some(MULTIHOP_DEFAULT), check_link: false, ..config }
        } else {
            config
        }
    }

    /// Whether the neighbor is in our AS.
    pub fn is_internal(&self) -> bool {
        match self.neighbor_as {
            NeighborAs::Number(n) => n == self.local_as,
            NeighborAs::Internal => true,
            NeighborAs::External => false,
        }
    }

    /// Whether a channel of this session looks its next hops up in a table rather than on the link.
    pub fn is_recursive(&self, mode: GatewayMode) -> bool {
        match mode {
            GatewayMode::Auto => self.multihop.is_some(),
            GatewayMode::Direct => false,
            GatewayMode::Recursive => true,
        }
    }

    /// Whether the neighbor is in our AS or our confederation.
    pub fn is_interior(&self) -> bool {
        self.is_internal() || (self.confederation.is_some() && self.confederation_member)
    }

    /// The AS number we have to those outside: the confederation's, if there is one.
    pub fn public_as(&self) -> u32 {
        self.confederation.unwrap_or(self.local_as)
    }

    /// `long lived graceful restart`, which is off where graceful restart is.
    pub fn long_lived_mode(&self) -> GracefulRestartMode {
        match self.graceful_restart {
            GracefulRestartMode::Off => GracefulRestartMode::Off,
            _ => self.long_lived_graceful_restart.unwrap_or(GracefulRestartMode::Aware),
        }
    }

    /// What the sessions of a [`Neighbor::Range`] are called: the `index`th, from 1.
    pub fn dynamic_name(&self, index: u32) -> String {
        let name = self.dynamic_name.as_deref().unwrap_or(DYNAMIC_NAME);
        let width = self.dynamic_name_digits as usize;
        format!("{name}{index:0width$}")
    }

    /// The restart time of a neighbor that announces this many seconds.
    pub fn restart_time_of_neighbor(&self, announced_secs: u16) -> u16 {
        announced_secs.max(self.min_graceful_restart_time_secs).min(self.max_graceful_restart_time_secs)
    }

    /// The long-lived stale time of a neighbor that announces this many seconds for a channel's family.
    pub fn stale_time_of_neighbor(&self, channel: &BgpChannelConfig, announced_secs: u32) -> u32 {
        let low = channel.min_long_lived_stale_time_secs.unwrap_or(self.min_long_lived_stale_time_secs);
        let high = channel.max_long_lived_stale_time_secs.unwrap_or(self.max_long_lived_stale_time_secs);
        announced_secs.max(low).min(high)
    }

    /// The long-lived stale time we announce for a channel's family, seconds.
    pub fn stale_time(&self, channel: &BgpChannelConfig) -> u32 {
        channel.long_lived_stale_time_secs.unwrap_or(self.long_lived_stale_time_secs)
    }

    /// Whether graceful restart is on for a channel's family.
    pub fn restarts(&self, channel: &BgpChannelConfig) -> bool {
        let by_default = match self.graceful_restart {
            GracefulRestartMode::Off => return false,
            GracefulRestartMode::Aware => false,
            GracefulRestartMode::On => true,
        };
        channel.graceful_restart.unwrap_or(by_default)
    }

    /// Whether the neighbor is asked to keep our routes of a channel's family for long.
    pub fn asks_for_long(&self, channel: &BgpChannelConfig) -> bool {
        let by_default = match self.long_lived_mode() {
            GracefulRestartMode::Off => return false,
            GracefulRestartMode::Aware => false,
            GracefulRestartMode::On => true,
        };
        channel.long_lived_graceful_restart.unwrap_or(by_default)
    }

    /// `next hop keep` of a channel: by default BIRD 2 keeps next hops between clients, 1.6 does not.
    pub fn next_hop_keep(&self, channel: &BgpChannelConfig, dialect: Dialect) -> NextHopMode {
        let by_default = if dialect == Dialect::Bird16 {
            NextHopMode::Off
        } else if self.rs_client {
            NextHopMode::All
        } else if self.rr_client {
            NextHopMode::Internal
        } else {
            NextHopMode::Off
        };
        channel.next_hop_keep.unwrap_or(by_default)
    }

    /// Whether AIGP goes over a channel of this session: by default to neighbors in our AS or confederation.
    pub fn aigp(&self, channel: &BgpChannelConfig) -> AigpMode {
        let by_default = if self.is_interior() { AigpMode::On } else { AigpMode::Off };
        channel.aigp.unwrap_or(by_default)
    }

    /// Which of a next hop's two addresses is the gateway: by default the global one where next hops are on the link,
    /// the link-local one where they are looked up.
    pub fn next_hop_preference(&self, channel: &BgpChannelConfig) -> NextHopPreference {
        let by_default = if self.is_recursive(channel.gateway) {
            NextHopPreference::Local
        } else {
            NextHopPreference::Global
        };
        channel.next_hop_prefer.unwrap_or(by_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> BgpConfig {
        let neighbor = Neighbor::Range("10.0.0.0/24".parse().expect("a prefix"));
        BgpConfig::new(64512, neighbor, NeighborAs::External)
    }

    #[test]
    fn dynamic_sessions_are_numbered() {
        let mut config = session();
        assert_eq!(config.dynamic_name(1), "dynbgp1");
        config.dynamic_name = Some("peer_".into());
        config.dynamic_name_digits = 3;
        assert_eq!([config.dynamic_name(7), config.dynamic_name(1234)], ["peer_007", "peer_1234"]);
    }

    #[test]
    fn what_a_neighbor_announces_has_bounds() {
        let config = BgpConfig {
            min_graceful_restart_time_secs: 10,
            max_graceful_restart_time_secs: 100,
            max_long_lived_stale_time_secs: 1000,
            ..session()
        };
        assert_eq!([0, 50, 4095].map(|n| config.restart_time_of_neighbor(n)), [10, 50, 100]);
        let channel =
            BgpChannelConfig { max_long_lived_stale_time_secs: Some(10), ..BgpChannelConfig::default() };
        assert_eq!(config.stale_time_of_neighbor(&channel, 5000), 10);
        assert_eq!(config.stale_time_of_neighbor(&BgpChannelConfig::default(), 5000), 1000);
    }

    #[test]
    fn what_follows_from_who_the_neighbor_is() {
        let channel = BgpChannelConfig::default();
        let mut config = session();
        assert_eq!((config.aigp(&channel), config.public_as()), (AigpMode::Off, 64512));
        config.confederation_member = true;
        assert!(!config.is_interior(), "there is no confederation");
        config.confederation = Some(65000);
        assert_eq!((config.aigp(&channel), config.public_as()), (AigpMode::On, 65000));
        assert_eq!(config.next_hop_preference(&channel), NextHopPreference::Global);
        config.multihop = Some(2);
        assert_eq!(config.next_hop_preference(&channel), NextHopPreference::Local);
    }

    #[test]
    fn long_lived_graceful_restart_needs_the_other() {
        let mut config = session();
        assert_eq!(config.long_lived_mode(), GracefulRestartMode::Aware);
        config.long_lived_graceful_restart = Some(GracefulRestartMode::On);
        assert_eq!(config.long_lived_mode(), GracefulRestartMode::On);
        config.graceful_restart = GracefulRestartMode::Off;
        assert_eq!(config.long_lived_mode(), GracefulRestartMode::Off);
    }
}
