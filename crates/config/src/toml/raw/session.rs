//! The keys of sessions and of channels.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use serde::Deserialize;
use toml::Spanned;

use super::super::value::{
    AddPaths, Aigp, AllowLocalAs, Bfd, Cease, Debug, GracefulRestart, Interfaces, LimitValue, LocalRole,
    Multihop, NeighborAsValue, Net, NextHopValue, RemovePrivateAs, Require,
};

layered! {
    /// `[….ipv4]`, `[….ipv6]`
    Channel {
        table: Spanned<String>,
        import: Spanned<String>,
        export: Spanned<String>,
        preference: u16,
        keep_filtered: bool,
        receive_limit: LimitValue,
        import_limit: LimitValue,
        export_limit: LimitValue,
        next_hop_self: Spanned<NextHopValue>,
        next_hop_keep: Spanned<NextHopValue>,
        next_hop_address: Spanned<IpAddr>,
        next_hop_prefer: Spanned<NextHopPrefer>,
        link_local_next_hop_format: Spanned<NextHopFormat>,
        missing_lladdr: Spanned<MissingLladdrWord>,
        extended_next_hop: Spanned<bool>,
        require_extended_next_hop: Spanned<bool>,
        gateway: Spanned<Gateway>,
        igp_table: Spanned<String>,
        cost: Spanned<NonZeroU32>,
        aigp: Spanned<Aigp>,
        import_table: Spanned<bool>,
        export_table: Spanned<bool>,
        secondary: Spanned<bool>,
        add_paths: Spanned<AddPaths>,
        require_add_paths: Spanned<bool>,
        mandatory: Spanned<bool>,
        graceful_restart: Spanned<bool>,
        long_lived_graceful_restart: Spanned<bool>,
        long_lived_stale_time: Spanned<u32>,
        min_long_lived_stale_time: Spanned<u32>,
        max_long_lived_stale_time: Spanned<u32>,
        as_override: Spanned<bool>,
        remove_private_as: Spanned<RemovePrivateAs>,
    }
}

/// A key of TCP-AO.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::toml) struct Key {
    /// Of both directions.
    pub(in crate::toml) id: Option<u8>,
    pub(in crate::toml) send_id: Option<u8>,
    pub(in crate::toml) recv_id: Option<u8>,
    /// `hmac sha1`, or its kin.
    pub(in crate::toml) algorithm: Option<String>,
    pub(in crate::toml) secret: String,
    #[serde(default)]
    pub(in crate::toml) preferred: bool,
    #[serde(default)]
    pub(in crate::toml) deprecated: bool,
}

/// The secret is nobody's business.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Which address of a next hop is the gateway.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::toml) enum NextHopPrefer {
    Global,
    Local,
}

/// How a next hop without a global address is written.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::toml) enum NextHopFormat {
    Native,
    Single,
    Double,
}

/// What is done without a link-local address.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::toml) enum MissingLladdrWord {
    #[serde(rename = "self")]
    Own,
    Drop,
    Ignore,
}

/// How next hops are resolved.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::toml) enum Gateway {
    Auto,
    Direct,
    Recursive,
}

layered! {
    /// `[bgp.NAME]`, `[bgp-template.NAME]`
    Bgp {
        from: Spanned<String>,
        description: String,
        disabled: bool,
        debug: Debug,
        router_id: Ipv4Addr,
        local_as: u32,
        local_address: IpAddr,
        local_port: u16,
        neighbor: IpAddr,
        neighbor_range: Spanned<Net>,
        neighbor_as: NeighborAsValue,
        neighbor_port: u16,
        interface: String,
        interface_range: Interfaces,
        onlink: bool,
        multihop: Multihop,
        strict_bind: bool,
        free_bind: bool,
        dynamic_name: String,
        dynamic_name_digits: Spanned<u32>,
        dynamic_limit: u32,
        password: String,
        tcp_ao_keys: Vec<Spanned<Key>>,
        passive: bool,
        rr_client: bool,
        rr_cluster_id: Ipv4Addr,
        rs_client: bool,
        confederation: NonZeroU32,
        confederation_member: bool,
        local_role: LocalRole,
        hold_time: Spanned<u16>,
        startup_hold_time: u16,
        keepalive_time: Spanned<u16>,
        min_hold_time: u32,
        min_keepalive_time: u32,
        send_hold_time: u32,
        connect_delay_time: u32,
        connect_retry_time: u32,
        error_wait_time: [u32; 2],
        error_forget_time: u32,
        disable_after_error: bool,
        disable_after_cease: Cease,
        path_metric: bool,
        med_metric: bool,
        deterministic_med: bool,
        igp_metric: bool,
        prefer_older: bool,
        default_med: u32,
        default_local_pref: u32,
        allow_local_as: AllowLocalAs,
        allow_local_pref: bool,
        allow_med: bool,
        allow_as_sets: bool,
        enforce_first_as: bool,
        interpret_communities: bool,
        route_refresh: bool,
        enhanced_route_refresh: bool,
        extended_messages: bool,
        four_octet_as: bool,
        advertise_hostname: bool,
        advertise_ipv4: bool,
        capabilities: bool,
        require: Require,
        graceful_restart: GracefulRestart,
        graceful_restart_time: Spanned<u16>,
        graceful_notification: bool,
        min_graceful_restart_time: Spanned<u16>,
        max_graceful_restart_time: Spanned<u16>,
        long_lived_graceful_restart: GracefulRestart,
        long_lived_stale_time: Spanned<u32>,
        min_long_lived_stale_time: u32,
        max_long_lived_stale_time: u32,
        ttl_security: bool,
        check_link: bool,
        bfd: Bfd,
        disable_rx: bool,
        ipv4: Channel,
        ipv6: Channel,
    }
}

impl Bgp {
    /// What is set here and in its channels, and from `under` what is not.
    pub(in crate::toml) fn derived_from(mut self, mut under: Self) -> Self {
        let layer = |over: Option<Channel>, under: Option<Channel>| match (over, under) {
            (Some(over), Some(under)) => Some(over.over(under)),
            (over, under) => over.or(under),
        };
        let ipv4 = layer(self.ipv4.take(), under.ipv4.take());
        let ipv6 = layer(self.ipv6.take(), under.ipv6.take());
        // A session's own place to reach a neighbor replaces the template's of either kind.
        if self.neighbor.is_some() || self.neighbor_range.is_some() {
            under.neighbor = None;
            under.neighbor_range = None;
        }
        // So does its own password or key.
        if self.password.is_some() || self.tcp_ao_keys.is_some() {
            under.password = None;
            under.tcp_ao_keys = None;
        }
        Self { ipv4, ipv6, ..self.over(under) }
    }
}
