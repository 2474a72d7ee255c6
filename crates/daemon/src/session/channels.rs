//! An established session's channels: the way of its routes into the tables and out of them.

mod channel;
mod imported;
mod own;
mod setup;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use godwit_config::ProtocolConfig;
use godwit_fsm::{Direction, Negotiated};
use godwit_rib::{Batches, ImportStep, UpdateSummary};
use godwit_wire::{AddressFamily, MessageError};
use ipnetwork::{Ipv4Network, Ipv6Network};

use super::held::HeldRoutes;
use crate::limits::BATCH_NETS_MAX;
use crate::links::LinkTable;
use crate::log_limit::LogLimit;
use crate::recovery::Lock;

pub(super) use setup::SessionView;

use channel::{Channel, refeed, set_surroundings};
use own::{Own, own_addresses};
use setup::Setup;

/// What an established session has.
pub(super) struct Up {
    import: ImportStep,
    direction: Direction,
    negotiated: Box<Negotiated>,
    batches: Batches,
    pub(super) ipv4: Option<Channel<Ipv4Network>>,
    pub(super) ipv6: Option<Channel<Ipv6Network>>,
    /// Next hops we announce: global and link-local, per family.
    own: Own,
    remarks: LogLimit,
}

/// What an established session's channels have to say.
pub(super) enum UpEvent {
    /// A batch went to a table.
    Flushed,
    /// Bytes for the neighbor.
    Send(Bytes),
    /// All of a family has gone out.
    Refreshed(AddressFamily, FeedEnd),
    /// A table is gone.
    Gone,
}

/// What follows when all of a family has gone out.
pub(super) struct FeedEnd {
    /// End-of-RIB, or nothing; none: the end of a refresh.
    pub(super) word: Option<Bytes>,
    /// The neighbor has asked for everything once more.
    pub(super) again: bool,
}

impl Up {
    /// Sets the channels up that were negotiated.
    pub(super) async fn start(
        session: SessionView<'_>,
        direction: Direction,
        local: Option<IpAddr>,
        mut held: HeldRoutes,
    ) -> Option<Self> {
        let SessionView { config, context, negotiated, .. } = session;
        let links = context.links.borrow().clone();
        let own = own_addresses(session.bgp, &links, local, session.peer);
        let setup = Setup { session, own, links: &links };
        let channel = |family| {
            config.channels.iter().find(|c| c.family == family && negotiated.families.contains(&family))
        };
        let (c4, c6) = (channel(AddressFamily::IPV4), channel(AddressFamily::IPV6));
        let ipv4 = match c4 {
            Some(c) => setup.channel(c, context.ipv4(&c.table)?, held.ipv4.take()).await,
            None => None,
        };
        let ipv6 = match c6 {
            Some(c) => setup.channel(c, context.ipv6(&c.table)?, held.ipv6.take()).await,
            None => None,
        };
        // What is left is of families that the session has no more.
        held.flush().await;
        let (ipv4_import, ipv6_import) = (setup.import_of(c4).await, setup.import_of(c6).await);
        let import = ImportStep::new(setup.import(), ipv4_import, ipv6_import, context.seed);
        Some(Self {
            import,
            direction,
            negotiated: Box::new(negotiated.clone()),
            batches: Batches::default(),
            ipv4,
            ipv6,
            own,
            remarks: LogLimit::default(),
        })
    }

    pub(super) fn direction(&self) -> Direction {
        self.direction
    }

    pub(super) fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The next hop we announce for a family: global, link-local.
    pub(super) fn next_hop(&self, family: AddressFamily) -> Option<(IpAddr, Option<IpAddr>)> {
        if family == AddressFamily::IPV4 {
            return self.own.ipv4.map(|a| (a, None));
        }
        self.own.ipv6.map(|a| (a, self.own.link_local.map(IpAddr::V6)))
    }

    /// The channels' families.
    pub(super) fn families(&self) -> Vec<AddressFamily> {
        let ipv4 = self.ipv4.as_ref().map(|_| AddressFamily::IPV4);
        ipv4.into_iter().chain(self.ipv6.as_ref().map(|_| AddressFamily::IPV6)).collect()
    }

    pub(super) fn can_refresh(&self) -> bool {
        self.negotiated.route_refresh
    }

    /// One UPDATE: its routes are added to the batches. The family, if it was an End-of-RIB.
    pub(super) fn update(
        &mut self,
        body: &[u8],
        links: &Arc<LinkTable>,
        config: &ProtocolConfig,
    ) -> Result<Option<AddressFamily>, MessageError> {
        self.import.set_time(crate::clock::unix_millis());
        let summary = self.import.update(body, &**links, &mut self.batches)?;
        self.tell(&summary, config);
        if self.batches.ipv4.nets.len() >= BATCH_NETS_MAX || self.batches.ipv6.nets.len() >= BATCH_NETS_MAX {
            self.hand_over();
        }
        Ok(summary.end_of_rib)
    }

    /// Runs a family's import policy over what the neighbor has announced, if that is kept (`import table`).
    pub(super) fn reload_kept(
        &mut self,
        family: AddressFamily,
        links: &Arc<LinkTable>,
        config: &ProtocolConfig,
    ) -> bool {
        let Some(summary) = self.import.reload(family, &**links, &mut self.batches) else { return false };
        self.tell(&summary, config);
        self.hand_over();
        true
    }

    fn tell(&mut self, summary: &UpdateSummary, config: &ProtocolConfig) {
        for remark in &summary.remarks {
            self.remark(remark, &config.name);
        }
        for message in &summary.messages {
            tracing::info!("{message}");
        }
    }

    /// Logs a fault of the neighbor's, as long as it does not make too many of them.
    fn remark(&mut self, remark: &str, protocol: &str) {
        if !self.remarks.allows(std::time::Instant::now()) {
            return;
        }
        if let Some(count) = self.remarks.left_out() {
            tracing::warn!(class = "RMT", "{protocol}: {count} more faults of UPDATEs were not logged");
        }
        tracing::warn!(class = "RMT", "{protocol}: {remark}");
    }

    /// Gives what was gathered to the tables, or queues it where they have no room.
    pub(super) fn hand_over(&mut self) {
        if let Some(channel) = &mut self.ipv4 {
            channel.hand_over(&mut self.batches.ipv4);
        }
        if let Some(channel) = &mut self.ipv6 {
            channel.hand_over(&mut self.batches.ipv6);
        }
    }

    /// The neighbor has announced all it has of a family: what is still stale goes, and whoever waits for
    /// the lock may go on when the table has everything.
    pub(super) fn end_of_rib(&mut self, family: AddressFamily, lock: Option<Lock>) {
        match family {
            AddressFamily::IPV4 => {
                if let Some(channel) = &mut self.ipv4 {
                    channel.end_of_rib(&mut self.batches.ipv4, lock);
                }
            }
            AddressFamily::IPV6 => {
                if let Some(channel) = &mut self.ipv6 {
                    channel.end_of_rib(&mut self.batches.ipv6, lock);
                }
            }
            _ => {}
        }
    }

    /// Whether paths of an earlier session are left of IPv4, and of IPv6.
    pub(super) fn is_stale(&self) -> (bool, bool) {
        (self.ipv4.as_ref().is_some_and(|c| c.stale), self.ipv6.as_ref().is_some_and(|c| c.stale))
    }

    /// Of those that are left in a family, the ones that were so already when the session was last lost go.
    pub(super) fn sweep_earlier(&mut self, family: AddressFamily) {
        let Self { ipv4, ipv6, batches, .. } = self;
        match (family, ipv4, ipv6) {
            (AddressFamily::IPV4, Some(channel), _) => channel.sweep_earlier(&mut batches.ipv4),
            (AddressFamily::IPV6, _, Some(channel)) => channel.sweep_earlier(&mut batches.ipv6),
            _ => {}
        }
    }

    /// The recovery after a restart of ours is over: the neighbor is told when it has everything.
    pub(super) async fn recovered(&mut self) {
        if let Some(channel) = &mut self.ipv4 {
            channel.recovered().await;
        }
        if let Some(channel) = &mut self.ipv6 {
            channel.recovered().await;
        }
    }

    /// Whether batches wait for a table.
    pub(super) fn is_backed_up(&self) -> bool {
        self.ipv4.as_ref().is_some_and(|c| !c.pending.is_empty())
            || self.ipv6.as_ref().is_some_and(|c| !c.pending.is_empty())
    }

    /// The next thing the channels have to say; `room`: whether the neighbor's socket takes more.
    /// Can be dropped at any point without losing anything.
    pub(super) async fn event(up: &mut Option<Box<Self>>, room: bool) -> UpEvent {
        let Some(up) = up else { return std::future::pending().await };
        tokio::select! {
            event = Channel::event(up.ipv4.as_mut(), room) => event,
            event = Channel::event(up.ipv6.as_mut(), room) => event,
        }
    }

    /// Sends all of a family again.
    pub(super) async fn refeed_family(&mut self, family: AddressFamily) {
        match family {
            AddressFamily::IPV4 => refeed(self.ipv4.as_ref()).await,
            AddressFamily::IPV6 => refeed(self.ipv6.as_ref()).await,
            _ => {}
        }
    }

    /// The neighbor wants a family's routes again, between marks. Whether it can have them now; else it has them
    /// when what goes out now has gone.
    pub(super) fn wants_refresh(&mut self, family: AddressFamily) -> bool {
        match family {
            AddressFamily::IPV4 => self.ipv4.as_mut().is_some_and(Channel::wants_refresh),
            AddressFamily::IPV6 => self.ipv6.as_mut().is_some_and(Channel::wants_refresh),
            _ => false,
        }
    }

    /// The neighbor begins to announce all it has of a family again. Whether it may.
    pub(super) fn refresh_begins(&mut self, family: AddressFamily) -> bool {
        let Self { ipv4, ipv6, batches, .. } = self;
        let may = match family {
            AddressFamily::IPV4 => ipv4.as_mut().is_none_or(|c| c.refresh_begins(&mut batches.ipv4)),
            AddressFamily::IPV6 => ipv6.as_mut().is_none_or(|c| c.refresh_begins(&mut batches.ipv6)),
            _ => true,
        };
        if may {
            self.import.refresh_begins(family);
        }
        may
    }

    /// It has done so.
    pub(super) fn refresh_ends(&mut self, family: AddressFamily) {
        self.import.refresh_ends(family);
        match family {
            AddressFamily::IPV4 => {
                if let Some(channel) = &mut self.ipv4 {
                    channel.refresh_ends(&mut self.batches.ipv4);
                }
            }
            AddressFamily::IPV6 => {
                if let Some(channel) = &mut self.ipv6 {
                    channel.refresh_ends(&mut self.batches.ipv6);
                }
            }
            _ => {}
        }
    }

    /// Sends everything again.
    pub(super) async fn refeed(&mut self) {
        refeed(self.ipv4.as_ref()).await;
        refeed(self.ipv6.as_ref()).await;
    }

    /// Takes new policies over: import ones count for what comes from now on, export ones for all.
    pub(super) async fn set_policies(&mut self, session: SessionView<'_>) {
        let links = session.context.links.borrow().clone();
        let setup = Setup { session, own: self.own, links: &links };
        for channel in &session.config.channels {
            match channel.family {
                AddressFamily::IPV4 if self.ipv4.is_some() => {
                    setup.reconfigure(self.ipv4.as_ref(), channel).await;
                }
                AddressFamily::IPV6 if self.ipv6.is_some() => {
                    setup.reconfigure(self.ipv6.as_ref(), channel).await;
                }
                _ => continue,
            }
            self.import.set_channel(channel.family, setup.channel_import(channel).await);
        }
    }

    /// Interfaces changed: what is on the link may have, too.
    pub(super) async fn links_changed(&mut self, links: Arc<LinkTable>) {
        self.import.forget();
        set_surroundings(self.ipv4.as_ref(), links.clone()).await;
        set_surroundings(self.ipv6.as_ref(), links).await;
    }

    /// The session is lost and the neighbor expected back: its routes stay, if it keeps forwarding; and in some
    /// families those that are stale since before, too.
    pub(super) async fn hold(self, stays_stale: &[AddressFamily]) -> HeldRoutes {
        let mut held = HeldRoutes::default();
        if let Some(channel) = self.ipv4 {
            held.ipv4 = channel.hold(&self.negotiated, stays_stale.contains(&AddressFamily::IPV4)).await;
        }
        if let Some(channel) = self.ipv6 {
            held.ipv6 = channel.hold(&self.negotiated, stays_stale.contains(&AddressFamily::IPV6)).await;
        }
        held
    }

    /// Takes the session's routes out of the tables.
    pub(super) async fn stop(self) {
        if let Some(channel) = self.ipv4 {
            channel.stop().await;
        }
        if let Some(channel) = self.ipv6 {
            channel.stop().await;
        }
    }
}
