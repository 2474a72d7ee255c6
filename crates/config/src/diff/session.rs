//! Which options of a session and its channels hold only from its start on.

use std::time::Duration;

use godwit_wire::AddressFamily;

use crate::model::{BgpConfig, ChannelConfig, ProtocolConfig};

/// `connect delay time` where none is given, with BIRD. We do not wait then; which of the two it is holds from the next
/// attempt on.
const CONNECT_DELAY: Duration = Duration::from_secs(5);

/// Most options of a session are agreed on, or used, when it starts. How many dynamic ones there may be holds from the
/// next time on, and BFD and `check link` follow while it runs. What is only said that holds anyhow changes nothing.
pub(super) fn bgp(old: &BgpConfig, new: &BgpConfig) -> Option<&'static str> {
    first_difference!(old, new,
        local_as => "local as",
        local_address => "local",
        local_port => "local port",
        neighbor => "neighbor",
        neighbor_port => "neighbor port",
        neighbor_as => "neighbor as",
        multihop => "multihop",
        onlink => "onlink",
        range_interface => "interface",
        interface_range => "interface range",
        strict_bind => "strict bind",
        free_bind => "free bind",
        dynamic_name_digits => "dynamic name digits",
        password => "password",
        tcp_ao_keys => "keys",
        passive => "passive",
        rr_client => "rr client",
        rr_cluster_id => "rr cluster id",
        rs_client => "rs client",
        confederation => "confederation",
        confederation_member => "confederation member",
        local_role => "local role",
        hold_time_secs => "hold time",
        startup_hold_time_secs => "startup hold time",
        keepalive_time_secs => "keepalive time",
        min_hold_time_secs => "min hold time",
        min_keepalive_time_secs => "min keepalive time",
        send_hold_time_secs => "send hold time",
        connect_retry => "connect retry time",
        error_wait => "error wait time",
        error_forget => "error forget time",
        disable_after_error => "disable after error",
        disable_after_cease => "disable after cease",
        path_metric => "path metric",
        med_metric => "med metric",
        deterministic_med => "deterministic med",
        igp_metric => "igp metric",
        prefer_older => "prefer older",
        default_med => "default bgp_med",
        default_local_pref => "default bgp_local_pref",
        allow_local_as => "allow local as",
        allow_local_pref => "allow bgp_local_pref",
        allow_med => "allow bgp_med",
        allow_as_sets => "allow as sets",
        enforce_first_as => "enforce first as",
        interpret_communities => "interpret communities",
        route_refresh => "enable route refresh",
        enhanced_route_refresh => "enable enhanced route refresh",
        extended_messages => "enable extended messages",
        advertise_hostname => "advertise hostname",
        advertise_ipv4 => "advertise ipv4",
        four_octet_as => "enable as4",
        require => "require",
        capabilities => "capabilities",
        graceful_restart => "graceful restart",
        graceful_restart_time_secs => "graceful restart time",
        min_graceful_restart_time_secs => "min graceful restart time",
        max_graceful_restart_time_secs => "max graceful restart time",
        long_lived_stale_time_secs => "long lived stale time",
        min_long_lived_stale_time_secs => "min long lived stale time",
        max_long_lived_stale_time_secs => "max long lived stale time",
        ttl_security => "ttl security",
        disable_rx => "disable rx",
        graceful_notification => "graceful notification",
    )
    // None is as long as BIRD's own.
    .or_else(|| {
        let delay = |bgp: &BgpConfig| bgp.connect_delay.unwrap_or(CONNECT_DELAY);
        (delay(old) != delay(new)).then_some("connect delay time")
    })
    .or_else(|| (old.dynamic_name(1) != new.dynamic_name(1)).then_some("dynamic name"))
    .or_else(|| (old.long_lived_mode() != new.long_lived_mode()).then_some("long lived graceful restart"))
}

/// Whether a channel's next hops are looked up.
fn looks_up(bgp: &BgpConfig, channel: &ChannelConfig) -> bool {
    bgp.is_recursive(channel.bgp.gateway)
}

/// The tables a channel's next hops are looked up in, where they are, or would be.
pub(super) fn igp_tables<'a>(
    protocol: &'a ProtocolConfig,
    bgp: &BgpConfig,
    channel: &'a ChannelConfig,
) -> [Option<&'a str>; 2] {
    [AddressFamily::IPV4, AddressFamily::IPV6].map(|family| {
        // IPv4 routes have IPv6 next hops, or the other way round, where that is agreed on (RFC 8950).
        let has = family == channel.family || channel.bgp.extended_next_hop;
        let is_used = (has && looks_up(bgp, channel)) || channel.bgp.igp_tables.of(family).is_some();
        is_used.then(|| protocol.igp_table(channel, family))
    })
}

/// What a channel and its session make of the options: what is only said that holds anyhow changes nothing. What a
/// neighbor must announce for a family holds from the next time on.
pub(super) fn bgp_channel(
    (old_bgp, old): (&BgpConfig, &ChannelConfig),
    (new_bgp, new): (&BgpConfig, &ChannelConfig),
) -> Option<&'static str> {
    let (was, now) = (&old.bgp, &new.bgp);
    if looks_up(old_bgp, old) != looks_up(new_bgp, new) {
        return Some("gateway");
    }
    if old_bgp.restarts(was) != new_bgp.restarts(now) {
        return Some("graceful restart");
    }
    if old_bgp.asks_for_long(was) != new_bgp.asks_for_long(now) {
        return Some("long lived graceful restart");
    }
    if old_bgp.stale_time(was) != new_bgp.stale_time(now) {
        return Some("long lived stale time");
    }
    first_difference!(was, now,
        secondary => "secondary",
        add_paths => "add paths",
        extended_next_hop => "extended next hop",
        import_table => "import table",
        export_table => "export table",
        min_long_lived_stale_time_secs => "min long lived stale time",
        max_long_lived_stale_time_secs => "max long lived stale time",
        validate => "validate",
        base_table => "base table",
    )
}
