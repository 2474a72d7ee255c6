//! What the machine of a session has to know of the neighbor and of us.

use godwit_config::{BgpConfig, ChannelConfig, NeighborAs, ProtocolConfig};
use godwit_fsm::{GracefulRestartConfig, PeerConfig, RemoteAs};
use godwit_wire::AddPathFamily;

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
        local_as: bgp.local_as,
        remote_as,
        router_id: config.router_id.unwrap_or(context.router_id),
        hold_time_secs: bgp.hold_time_secs,
        startup_hold_time_secs: bgp.startup_hold_time_secs,
        keepalive_time_secs: bgp.keepalive_time_secs,
        send_hold_time_secs: bgp.send_hold_time_secs,
        connect_delay: bgp.connect_delay,
        connect_retry: bgp.connect_retry,
        error_wait: bgp.error_wait,
        error_forget: bgp.error_forget,
        disable_after_error: bgp.disable_after_error,
        passive: bgp.passive,
        capabilities: bgp.capabilities,
        families: config.channels.iter().map(|c| c.family).collect(),
        mandatory_families: config.channels.iter().filter(|c| c.bgp.mandatory).map(|c| c.family).collect(),
        add_path: config.channels.iter().filter_map(add_path).collect(),
        route_refresh: bgp.route_refresh,
        four_octet_as: bgp.four_octet_as,
        graceful_restart: GracefulRestartConfig::Off,
        restart_families: Vec::new(),
        preserved_families: Vec::new(),
        restarting: false,
    };
    graceful::configure(peer, config, bgp, context)
}

/// `add paths` of a channel, if it is on.
fn add_path(channel: &ChannelConfig) -> Option<AddPathFamily> {
    let (receive, send) = channel.bgp.add_paths;
    (receive || send).then_some(AddPathFamily { family: channel.family, receive, send })
}
