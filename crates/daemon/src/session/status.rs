//! What `show protocols` says of a session.

use std::time::{Duration, Instant};

use godwit_api::{BgpStatus, ChannelStatus, NeighborStatus, ProtocolStatus};
use godwit_config::GatewayMode;
use godwit_fsm::TimerStatus;
use godwit_wire::AddressFamily;

use crate::protocol::{base_status, channel_status, counters};

use super::Task;

impl Task {
    pub(super) async fn status(&mut self) -> ProtocolStatus {
        let session = self.fsm.status(Instant::now());
        let up = self.up.as_deref();
        let link_local = matches!(self.peer, std::net::IpAddr::V6(a) if a.is_unicast_link_local());
        let negotiated = up.map(super::channels::Up::negotiated);
        let mut status = base_status(&self.config, self.state, self.since);
        status.message.clone_from(&session.shutdown_message);
        status.bgp = Some(Box::new(BgpStatus {
            state: session.state_name,
            neighbor: NeighborStatus::Address(self.peer, self.interface.clone().filter(|_| link_local)),
            neighbor_port: Some(self.bgp.neighbor_port).filter(|p| *p != 179),
            neighbor_as: match (negotiated, self.bgp.neighbor_as) {
                (Some(n), _) => n.peer_as,
                (None, godwit_config::NeighborAs::Number(asn)) => asn,
                (None, godwit_config::NeighborAs::Internal) => self.bgp.local_as,
                (None, godwit_config::NeighborAs::External) => 0,
            },
            local_as: self.bgp.local_as,
            neighbor_id: negotiated.map(|n| n.peer_id),
            capabilities: session.capabilities.filter(|_| up.is_some()),
            internal: match negotiated {
                Some(n) => n.internal,
                None => self.bgp.neighbor_as == godwit_config::NeighborAs::Number(self.bgp.local_as),
            },
            multihop: self.bgp.multihop.is_some(),
            rr_client: self.bgp.rr_client,
            rs_client: self.bgp.rs_client,
            four_octet_as: negotiated.is_some_and(|n| n.four_octet_as),
            source_address: self
                .established()
                .and_then(super::connection::Connection::local_address)
                .map(|a| a.ip()),
            hold_timer: timer(session.hold_timer).filter(|_| up.is_some()),
            keepalive_timer: timer(session.keepalive_timer).filter(|_| up.is_some()),
            connect_delay: timer(session.connect_delay),
            error_wait: timer(session.error_wait),
            last_error: session.last_error,
        }));
        for channel in self.config.channels.clone() {
            status.channels.push(self.channel_status(&channel).await);
        }
        status
    }

    async fn channel_status(&mut self, channel: &godwit_config::ChannelConfig) -> ChannelStatus {
        let Some(up) = &self.up else { return channel_status(channel, "DOWN") };
        let found = match (channel.family, &up.ipv4, &up.ipv6) {
            (AddressFamily::IPV4, Some(c), _) => {
                Some(counters(&c.table, vec![c.source], Some(c.chunks.id())).await)
            }
            (AddressFamily::IPV6, _, Some(c)) => {
                Some(counters(&c.table, vec![c.source], Some(c.chunks.id())).await)
            }
            _ => None,
        };
        let Some(counters) = found else { return channel_status(channel, "DOWN") };
        let mut status = channel_status(channel, "UP");
        status.counters = counters;
        status.bgp_next_hop = up.next_hop(channel.family);
        let recursive = match channel.bgp.gateway {
            GatewayMode::Auto => self.bgp.multihop.is_some(),
            GatewayMode::Direct => false,
            GatewayMode::Recursive => true,
        };
        if recursive {
            status.igp_table = channel.bgp.igp_table.clone().or(Some(channel.table.clone()));
        }
        status
    }
}

fn timer(timer: TimerStatus) -> Option<(f64, u32)> {
    timer.map(|(left, whole): (Duration, Duration)| (left.as_secs_f64(), whole.as_secs() as u32))
}
