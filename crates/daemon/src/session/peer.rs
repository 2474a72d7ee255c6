//! What the machine of a session has to know of the neighbor and of us.

use godwit_config::{BgpConfig, ChannelConfig, NeighborAs, ProtocolConfig, Requirements};
use godwit_fsm::{GracefulRestartConfig, PeerConfig, RemoteAs, Required};
use godwit_wire::{AddPathFamily, AddressFamily};

use crate::protocol::Context;

use super::graceful;

/// The machine's configuration.
pub(super) fn peer_config(config: &ProtocolConfig, bgp: &BgpConfig, context: &Context) -> PeerConfig {
    let remote_as = match bgp.neighbor_as {
        NeighborAs::Number(n) => RemoteAs::Number(n),
        NeighborAs::Internal => RemoteAs::Internal,
        NeighborAs::External => RemoteAs::External,
    };
    let peer = PeerConfig {
        // To those outside, a confederation is one AS (RFC 5065 §4).
        local_as: if bgp.is_interior() { bgp.local_as } else { bgp.public_as() },
        remote_as,
        router_id: config.router_id.unwrap_or(context.router_id),
        hold_time_secs: bgp.hold_time_secs,
        startup_hold_time_secs: bgp.startup_hold_time_secs,
        keepalive_time_secs: bgp.keepalive_time_secs,
        send_hold_time_secs: bgp.send_hold_time_secs,
        min_hold_time_secs: bgp.min_hold_time_secs,
        min_keepalive_time_secs: bgp.min_keepalive_time_secs,
        connect_delay: bgp.connect_delay,
        connect_retry: bgp.connect_retry,
        error_wait: bgp.error_wait,
        error_forget: bgp.error_forget,
        disable_after_error: bgp.disable_after_error,
        disable_after_cease: bgp.disable_after_cease.0,
        disable_rx: bgp.disable_rx,
        passive: bgp.passive,
        capabilities: bgp.capabilities,
        families: config.channels.iter().map(|c| c.family).collect(),
        announces_ipv4: bgp.advertise_ipv4,
        mandatory_families: families_with(config, |c| c.bgp.mandatory),
        add_path: config.channels.iter().filter_map(add_path).collect(),
        route_refresh: bgp.route_refresh,
        enhanced_route_refresh: bgp.enhanced_route_refresh,
        extended_messages: bgp.extended_messages,
        extended_next_hop: families_with(config, |c| c.bgp.extended_next_hop && c.family.afi == 1),
        hostname: bgp.advertise_hostname.then(|| context.hostname.as_deref().map(str::to_owned)).flatten(),
        local_role: bgp.local_role,
        required: required(config, bgp),
        four_octet_as: bgp.four_octet_as,
        graceful_restart: GracefulRestartConfig::Off,
        graceful_notification: bgp.graceful_notification,
        restart_time_bounds_secs: (bgp.min_graceful_restart_time_secs, bgp.max_graceful_restart_time_secs),
        long_lived: None,
        restart_families: Vec::new(),
        preserved_families: Vec::new(),
        restarting: false,
    };
    graceful::configure(peer, config, bgp, context)
}

fn families_with(config: &ProtocolConfig, has: impl Fn(&ChannelConfig) -> bool) -> Vec<AddressFamily> {
    config.channels.iter().filter(|c| has(c)).map(|c| c.family).collect()
}

/// `require …`, of the session and of its channels.
fn required(config: &ProtocolConfig, bgp: &BgpConfig) -> Required {
    let Requirements {
        route_refresh,
        enhanced_route_refresh,
        four_octet_as,
        extended_messages,
        hostname,
        graceful_restart,
        long_lived_graceful_restart,
        roles,
    } = bgp.require;
    Required {
        route_refresh,
        enhanced_route_refresh,
        four_octet_as,
        extended_messages,
        hostname,
        graceful_restart,
        long_lived_graceful_restart,
        roles,
        add_path: families_with(config, |c| c.bgp.require_add_paths),
        extended_next_hop: families_with(config, |c| c.bgp.require_extended_next_hop),
    }
}

/// `add paths` of a channel, if it is on.
fn add_path(channel: &ChannelConfig) -> Option<AddPathFamily> {
    let (receive, send) = channel.bgp.add_paths;
    (receive || send).then_some(AddPathFamily { family: channel.family, receive, send })
}
