//! What `show protocols` says of a session.

use std::time::{Duration, Instant};

use godwit_api::{BgpStatus, ChannelCounters, ChannelStatus, NeighborStatus, ProtocolStatus};
use godwit_config::{BgpConfig, ChannelConfig, Neighbor, NeighborAs, ProtocolConfig};
use godwit_fsm::TimerStatus;
use godwit_rib::{ExporterId, NetKey, SourceId};
use godwit_wire::AddressFamily;

use crate::links::is_link_local;
use crate::protocol::{base_status, channel_status, counters};
use crate::table::TableHandle;

use super::Task;
use super::held::Held;

/// What is known of a session that does not run.
pub(crate) fn not_running(bgp: &BgpConfig, last_error: Option<String>) -> BgpStatus {
    BgpStatus {
        state: "Down",
        neighbor: match &bgp.neighbor {
            Neighbor::Address { address, interface } => {
                NeighborStatus::Address(*address, interface.clone().filter(|_| is_link_local(*address)))
            }
            Neighbor::Range(range) => NeighborStatus::Range(*range),
        },
        neighbor_port: Some(bgp.neighbor_port).filter(|p| *p != 179),
        neighbor_as: configured_as(bgp),
        local_as: bgp.local_as,
        neighbor_id: None,
        capabilities: None,
        internal: bgp.neighbor_as == NeighborAs::Number(bgp.local_as),
        multihop: bgp.multihop.is_some(),
        rr_client: bgp.rr_client,
        rs_client: bgp.rs_client,
        four_octet_as: false,
        source_address: None,
        hold_timer: None,
        keepalive_timer: None,
        send_hold_timer: None,
        connect_delay: None,
        error_wait: None,
        neighbor_restarting: false,
        restart_timer: None,
        last_error,
    }
}

/// The neighbor's AS before it has said one; 0 if any is taken.
fn configured_as(bgp: &BgpConfig) -> u32 {
    match bgp.neighbor_as {
        NeighborAs::Number(asn) => asn,
        NeighborAs::Internal => bgp.local_as,
        NeighborAs::External => 0,
    }
}

/// The tables IPv4 and IPv6 next hops are looked up in, if they are.
fn igp_tables(config: &ProtocolConfig, bgp: &BgpConfig, channel: &ChannelConfig) -> [Option<String>; 2] {
    let recursive = bgp.is_recursive(channel.bgp.gateway);
    [AddressFamily::IPV4, AddressFamily::IPV6].map(|family| {
        let used = recursive && (family == channel.family || channel.bgp.extended_next_hop);
        used.then(|| config.igp_table(channel, family).to_owned())
    })
}

/// A session's channel that is down.
pub(crate) fn channel_down(
    config: &ProtocolConfig,
    bgp: &BgpConfig,
    channel: &ChannelConfig,
) -> ChannelStatus {
    ChannelStatus { igp_tables: igp_tables(config, bgp, channel), ..channel_status(channel, "DOWN") }
}

impl Task {
    pub(super) async fn status(&mut self) -> ProtocolStatus {
        let session = self.fsm.status(Instant::now());
        let up = self.up.as_deref();
        let negotiated = up.map(super::channels::Up::negotiated);
        let mut status = base_status(&self.config, self.state, self.since);
        status.message.clone_from(&session.shutdown_message);
        let configured = not_running(&self.bgp, self.entrance.fault().or(session.last_error));
        status.bgp = Some(Box::new(BgpStatus {
            state: session.state_name,
            neighbor: NeighborStatus::Address(
                self.peer,
                self.interface.clone().filter(|_| is_link_local(self.peer)),
            ),
            neighbor_as: negotiated.map_or_else(|| configured_as(&self.bgp), |n| n.peer_as),
            neighbor_id: negotiated.map(|n| n.peer_id),
            capabilities: session.capabilities.filter(|_| up.is_some()),
            four_octet_as: negotiated.is_some_and(|n| n.four_octet_as),
            source_address: self
                .established()
                .and_then(super::connection::Connection::local_address)
                .map(|a| a.ip()),
            // A timer that is off is shown as one of no time.
            hold_timer: up.map(|_| timer(session.hold_timer).unwrap_or_default()),
            keepalive_timer: up.map(|_| timer(session.keepalive_timer).unwrap_or_default()),
            send_hold_timer: up.and_then(|_| timer(session.send_hold_timer)),
            connect_delay: timer(session.connect_delay),
            error_wait: timer(session.error_wait),
            neighbor_restarting: session.neighbor_restarting,
            restart_timer: session.restart_timer.map(|(left, _)| left.as_secs_f64()),
            internal: negotiated.map_or(configured.internal, |n| n.internal),
            ..configured
        }));
        for channel in self.config.channels.clone() {
            status.channels.push(self.channel_status(&channel).await);
        }
        status
    }

    /// Of routes that a neighbor left behind, if it did; and whether they stay for long.
    async fn held_counters(&mut self, family: AddressFamily) -> Option<(ChannelCounters, bool)> {
        match family {
            AddressFamily::IPV4 => of_held(self.held.ipv4.as_ref()).await,
            AddressFamily::IPV6 => of_held(self.held.ipv6.as_ref()).await,
            _ => None,
        }
    }

    /// How long the routes of a family may still stay that stay for long, seconds.
    fn long_lived_left(&self, family: AddressFamily) -> Option<f64> {
        let timers = self.fsm.status(Instant::now()).long_lived_timers;
        timers.iter().find(|(of, _, _)| *of == family).map(|(_, left, _)| left.as_secs_f64())
    }

    async fn channel_status(&mut self, channel: &ChannelConfig) -> ChannelStatus {
        let pending = self.own_restart.waits_for(channel.family);
        let Some(up) = &self.up else {
            let mut status = match self.held_counters(channel.family).await {
                Some((counters, long_lived)) => ChannelStatus {
                    state: "START",
                    counters,
                    neighbor_restarting: true,
                    long_lived,
                    long_lived_timer: self.long_lived_left(channel.family),
                    ..channel_down(&self.config, &self.bgp, channel)
                },
                None if self.fsm.status(Instant::now()).channels_wait => {
                    ChannelStatus { state: "START", ..channel_down(&self.config, &self.bgp, channel) }
                }
                None => channel_down(&self.config, &self.bgp, channel),
            };
            status.recovery = pending.then_some("pending");
            self.over_limit.mark_hit(&mut status);
            return status;
        };
        let found = match (channel.family, &up.ipv4, &up.ipv6) {
            (AddressFamily::IPV4, Some(c), _) => {
                let stale = (c.stale, c.long_lived);
                Some((of_channel(c.table.clone(), c.source, c.chunks.id()).await, stale))
            }
            (AddressFamily::IPV6, _, Some(c)) => {
                let stale = (c.stale, c.long_lived);
                Some((of_channel(c.table.clone(), c.source, c.chunks.id()).await, stale))
            }
            _ => None,
        };
        let Some(((counters, limits_passed), stale)) = found else {
            return channel_down(&self.config, &self.bgp, channel);
        };
        let mut status = channel_status(channel, "UP");
        status.counters = counters;
        (status.neighbor_restarting, status.long_lived) = stale;
        status.long_lived_timer = self.long_lived_left(channel.family);
        status.recovery = match (pending, self.own_restart.active) {
            (true, _) => Some("pending waiting"),
            (false, true) => Some("waiting"),
            (false, false) => None,
        };
        for (limit, was_passed) in status.limits.iter_mut().zip(limits_passed) {
            if let Some((_, hit)) = limit {
                *hit = was_passed;
            }
        }
        status.bgp_next_hop = up.next_hop(channel.family);
        status.igp_tables = igp_tables(&self.config, &self.bgp, channel);
        status
    }
}

/// The counters of routes that were left behind.
async fn of_held<K: NetKey>(held: Option<&Held<K>>) -> Option<(ChannelCounters, bool)> {
    let held = held?;
    Some((counters(&held.table, vec![held.source], None).await, held.long_lived))
}

/// A channel's counters, and which of its limits have been passed: receive, import, export.
async fn of_channel<K: NetKey>(
    table: TableHandle<K>,
    source: SourceId,
    exporter: ExporterId,
) -> (ChannelCounters, [bool; 3]) {
    let counters = counters(&table, vec![source], Some(exporter)).await;
    let passed = table.call(move |shell| {
        let of_source = shell.table.limits_were_passed(source);
        let of_exporter = shell.table.exporter(exporter).is_some_and(godwit_rib::Exporter::limit_was_passed);
        [of_source.receive, of_source.import, of_exporter]
    });
    (counters, passed.await.unwrap_or_default())
}

fn timer(timer: TimerStatus) -> Option<(f64, u32)> {
    timer.map(|(left, whole): (Duration, Duration)| (left.as_secs_f64(), whole.as_secs() as u32))
}
