//! An established session's channels: the way of its routes into the tables and out of them.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use godwit_config::{
    BgpChannelConfig, BgpConfig, ChannelConfig, GatewayMode, LimitAction, Neighbor, NextHopMode,
    ProtocolConfig,
};
use godwit_fsm::{Direction, Negotiated};
use godwit_rib::{
    Batches, BgpExport, BgpImport, BgpSource, ChannelImport, Exporter, ExporterKind, ImportStep, Links,
    NetKey, NextHopPolicy, OnLink, RouteBatch, SourceId, SourceInfo, SourceLimit,
};
use godwit_wire::{AddressFamily, AttributeContext, MessageError, RouteRefresh};
use ipnetwork::{Ipv4Network, Ipv6Network};

use super::held::{Held, HeldRoutes};
use crate::limits::{BATCH_NETS_MAX, SESSION_CHUNKS_MAX};
use crate::links::LinkTable;
use crate::log_limit::LogLimit;
use crate::protocol::{Context, policy, trace};
use crate::recovery::Lock;
use crate::table::{Chunk, ChunkReceiver, OverLimit, TableHandle, TableMessage};

/// One family's channel.
pub(super) struct Channel<K: NetKey> {
    pub(super) table: TableHandle<K>,
    pub(super) source: SourceId,
    pub(super) chunks: ChunkReceiver<K>,
    /// What the table had no room for yet.
    pending: VecDeque<Pending<K>>,
    over_limit: Arc<OverLimit>,
    /// The session the source's paths come over.
    session: BgpSource,
    /// Paths of an earlier session are there, to be announced again or to go.
    pub(super) stale: bool,
    /// The neighbor knows End-of-RIB.
    end_of_rib: bool,
    /// It is not told yet: after a restart of ours there is more to come.
    withheld: bool,
}

/// What a session has for a table.
enum Pending<K: NetKey> {
    /// Routes.
    Routes(RouteBatch<K>),
    /// Their end: what is stale goes (if something is), and the lock is held no longer.
    EndOfRib(bool, Option<Lock>),
}

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

#[derive(Clone, Copy, Default)]
struct Own {
    ipv4: Option<IpAddr>,
    ipv6: Option<IpAddr>,
    link_local: Option<std::net::Ipv6Addr>,
    ifindex: u32,
}

/// What an established session's channels have to say.
pub(super) enum UpEvent {
    /// A batch went to a table.
    Flushed,
    /// Bytes for the neighbor.
    Send(Bytes),
    /// A table is gone.
    Gone,
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
        let of = |channel| setup.channel_import(channel);
        let import = ImportStep::new(setup.import(), c4.map(of), c6.map(of), context.seed);
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
        let summary = self.import.update(body, &**links, &mut self.batches)?;
        for remark in &summary.remarks {
            self.remark(remark, &config.name);
        }
        for message in &summary.messages {
            tracing::info!("{message}");
        }
        if self.batches.ipv4.nets.len() >= BATCH_NETS_MAX || self.batches.ipv6.nets.len() >= BATCH_NETS_MAX {
            self.hand_over();
        }
        Ok(summary.end_of_rib)
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

    /// Whether paths of an earlier session are left.
    pub(super) fn is_stale(&self) -> bool {
        self.ipv4.as_ref().is_some_and(|c| c.stale) || self.ipv6.as_ref().is_some_and(|c| c.stale)
    }

    /// The neighbor took too long to announce again what it had.
    pub(super) fn sweep(&mut self) {
        for family in self.families() {
            self.end_of_rib(family, None);
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

    /// The neighbor wants a family's routes again.
    pub(super) async fn refresh(&mut self, refresh: RouteRefresh) {
        match (refresh.subtype, refresh.family) {
            (0, AddressFamily::IPV4) => refeed(self.ipv4.as_ref()).await,
            (0, AddressFamily::IPV6) => refeed(self.ipv6.as_ref()).await,
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
            self.import.set_channel(channel.family, setup.channel_import(channel));
        }
    }

    /// Interfaces changed: what is on the link may have, too.
    pub(super) async fn links_changed(&mut self, links: Arc<LinkTable>) {
        self.import.forget();
        set_surroundings(self.ipv4.as_ref(), links.clone()).await;
        set_surroundings(self.ipv6.as_ref(), links).await;
    }

    /// The session is lost and the neighbor expected back: its routes stay, if it keeps forwarding.
    pub(super) async fn hold(self) -> HeldRoutes {
        let mut held = HeldRoutes::default();
        if let Some(channel) = self.ipv4 {
            held.ipv4 = channel.hold(&self.negotiated).await;
        }
        if let Some(channel) = self.ipv6 {
            held.ipv6 = channel.hold(&self.negotiated).await;
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

impl<K: NetKey> Channel<K> {
    fn hand_over(&mut self, batch: &mut RouteBatch<K>) {
        if !batch.is_empty() {
            self.pending.push_back(Pending::Routes(std::mem::take(batch)));
        }
        while !self.pending.is_empty()
            && let Some(permit) = self.table.try_reserve()
            && let Some(pending) = self.pending.pop_front()
        {
            permit.send(message(pending, self.source, &self.over_limit));
        }
    }

    fn end_of_rib(&mut self, batch: &mut RouteBatch<K>, lock: Option<Lock>) {
        let stale = std::mem::take(&mut self.stale);
        if !stale && lock.is_none() {
            return;
        }
        self.hand_over(batch);
        self.pending.push_back(Pending::EndOfRib(stale, lock));
        self.hand_over(batch);
    }

    async fn recovered(&mut self) {
        if std::mem::take(&mut self.withheld) {
            self.chunks.fence().await;
        }
    }

    async fn event(channel: Option<&mut Self>, room: bool) -> UpEvent {
        let Some(channel) = channel else { return std::future::pending().await };
        let Self { table, source, chunks, pending, over_limit, end_of_rib, withheld, .. } = channel;
        tokio::select! {
            permit = table.reserve(), if !pending.is_empty() => {
                let (Some(permit), Some(next)) = (permit, pending.pop_front()) else { return UpEvent::Gone };
                permit.send(message(next, *source, over_limit));
                UpEvent::Flushed
            }
            chunk = chunks.recv(), if room => match chunk {
                Some(Chunk::Updates(bytes)) => UpEvent::Send(bytes),
                Some(Chunk::Fed) => UpEvent::Send(fed::<K>(*end_of_rib && !*withheld)),
                Some(Chunk::Routes(_)) => UpEvent::Flushed,
                None => UpEvent::Gone,
            },
            // Nothing to give to the table, and no room for what it gives.
            else => std::future::pending().await,
        }
    }

    async fn hold(mut self, negotiated: &Negotiated) -> Option<Held<K>> {
        self.table.remove_exporter(self.chunks.id()).await;
        let held = Held { table: self.table, source: self.source, session: self.session };
        if !negotiated.keeps_family(K::FAMILY) {
            held.flush().await;
            return None;
        }
        // What came before the connection was lost is as good as the rest.
        let source = held.source;
        while let Some(pending) = self.pending.pop_front() {
            held.table.reserve().await?.send(message(pending, source, &self.over_limit));
        }
        held.table.call(move |shell| shell.table.mark_stale(source)).await;
        Some(held)
    }

    async fn stop(self) {
        self.table.remove_exporter(self.chunks.id()).await;
        let source = self.source;
        self.table.call(move |shell| shell.table.flush_source(source)).await;
    }
}

/// Tells a table what waited for room there.
fn message<K: NetKey>(pending: Pending<K>, source: SourceId, over_limit: &Arc<OverLimit>) -> TableMessage<K> {
    match pending {
        Pending::Routes(batch) => {
            TableMessage::Routes { source, batch, over_limit: Some(over_limit.clone()) }
        }
        Pending::EndOfRib(stale, lock) => TableMessage::Call(Box::new(move |shell| {
            if stale {
                shell.table.sweep_stale(source);
            }
            drop(lock);
        })),
    }
}

/// The whole table was sent: End-of-RIB, if the neighbor knows what that is (RFC 4724 §4).
fn fed<K: NetKey>(end_of_rib: bool) -> Bytes {
    let mut out = BytesMut::new();
    if end_of_rib {
        godwit_wire::end_of_rib(K::FAMILY, &mut out);
    }
    out.freeze()
}

async fn refeed<K: NetKey>(channel: Option<&Channel<K>>) {
    let Some(channel) = channel else { return };
    let id = channel.chunks.id();
    channel.table.call(move |shell| shell.table.exporter_mut(id).map(Exporter::refeed)).await;
}

async fn set_surroundings<K: NetKey>(channel: Option<&Channel<K>>, links: Arc<LinkTable>) {
    let Some(channel) = channel else { return };
    let id = channel.chunks.id();
    channel.table.call(move |shell| shell.table.exporter_mut(id).map(|e| e.set_surroundings(links))).await;
}

/// A session as its channels' set-up looks at it.
#[derive(Clone, Copy)]
pub(super) struct SessionView<'a> {
    pub(super) config: &'a ProtocolConfig,
    pub(super) bgp: &'a BgpConfig,
    pub(super) context: &'a Context,
    pub(super) negotiated: &'a Negotiated,
    pub(super) peer: IpAddr,
    pub(super) over_limit: &'a Arc<OverLimit>,
    /// After a restart of ours, what we have is not complete yet.
    pub(super) recovering: bool,
}

struct Setup<'a> {
    session: SessionView<'a>,
    own: Own,
    links: &'a Arc<LinkTable>,
}

impl Setup<'_> {
    fn cluster_id(&self) -> u32 {
        let router_id = self.session.config.router_id.unwrap_or(self.session.context.router_id);
        self.session.bgp.rr_cluster_id.unwrap_or(router_id).into()
    }

    fn channel_import(&self, channel: &ChannelConfig) -> ChannelImport {
        ChannelImport {
            policy: policy(&channel.import),
            preference: channel.preference,
            recursive: match channel.bgp.gateway {
                GatewayMode::Auto => self.session.bgp.multihop.is_some(),
                GatewayMode::Direct => false,
                GatewayMode::Recursive => true,
            },
            add_path: self.session.negotiated.add_path(channel.family).0,
        }
    }

    fn trace(&self, family: AddressFamily) -> Option<godwit_rib::Trace> {
        trace(self.session.config, family, self.session.context.dialect16)
    }

    /// Applies the options of a channel that can change while it runs.
    async fn reconfigure<K: NetKey>(&self, channel: Option<&Channel<K>>, config: &ChannelConfig) {
        let Some(channel) = channel else { return };
        let (id, source) = (channel.chunks.id(), channel.source);
        let (policy, export, limit) = (policy(&config.export), self.export(config), source_limit(config));
        let traced = self.trace(config.family);
        let set = move |shell: &mut crate::table::TableShell<K>| {
            shell.table.set_source_trace(source, traced.clone());
            if let Some(exporter) = shell.table.exporter_mut(id) {
                exporter.set_trace(traced);
                if *exporter.policy() != policy {
                    exporter.set_policy(policy);
                }
                if exporter.bgp() != Some(&export) {
                    exporter.set_kind(ExporterKind::Bgp(Box::new(export)));
                }
            }
            shell.table.set_limit(source, limit)
        };
        if channel.table.call(set).await == Some(true) {
            self.session.over_limit.passed(K::FAMILY);
        }
    }

    /// A source for a channel: with what an earlier session left, if the neighbor has kept forwarding.
    /// Whether it is such a one.
    async fn source_of<K: NetKey>(
        &self,
        info: SourceInfo,
        channel: &ChannelConfig,
        table: &TableHandle<K>,
        held: Option<Held<K>>,
    ) -> Option<(SourceId, bool)> {
        let (limit, traced) = (source_limit(channel), self.trace(channel.family));
        if let Some(held) = held {
            if self.session.negotiated.has_kept_family(K::FAMILY) && info.bgp.as_ref() == Some(&held.session)
            {
                let source = held.source;
                let set = move |shell: &mut crate::table::TableShell<K>| {
                    shell.table.set_source_trace(source, traced);
                    shell.table.set_limit(source, limit)
                };
                if table.call(set).await? {
                    self.session.over_limit.passed(K::FAMILY);
                }
                return Some((source, true));
            }
            held.flush().await;
        }
        Some((table.add_source(info, limit, traced).await?, false))
    }

    async fn channel<K: NetKey>(
        &self,
        channel: &ChannelConfig,
        table: TableHandle<K>,
        held: Option<Held<K>>,
    ) -> Option<Channel<K>> {
        let info = SourceInfo {
            protocol: self.session.config.name.as_str().into(),
            type_rank: 0,
            bgp: Some(self.source()),
        };
        let protocol = info.protocol.clone();
        let (source, stale) = self.source_of(info, channel, &table, held).await?;
        let kind = ExporterKind::Bgp(Box::new(self.export(channel)));
        let mut exporter = Exporter::new(kind, policy(&channel.export), Some(source), self.links.clone());
        exporter.set_trace(self.trace(channel.family));
        let chunks = table.add_exporter(protocol, exporter, SESSION_CHUNKS_MAX).await?;
        Some(Channel {
            table,
            source,
            chunks,
            pending: VecDeque::new(),
            over_limit: self.session.over_limit.clone(),
            session: self.source(),
            stale,
            end_of_rib: self.session.negotiated.remote_open.graceful_restart().is_some(),
            withheld: self.session.recovering,
        })
    }

    fn source(&self) -> BgpSource {
        BgpSource {
            peer_address: self.session.peer,
            peer_id: self.session.negotiated.peer_id,
            peer_as: self.session.negotiated.peer_as,
            local_as: self.session.bgp.local_as,
            internal: self.session.negotiated.internal,
            rr_client: self.session.bgp.rr_client,
            cluster_id: self.cluster_id(),
            ifindex: self.own.ifindex,
            path_metric: self.session.bgp.path_metric,
            med_metric: self.session.bgp.med_metric,
            igp_metric: self.session.bgp.igp_metric,
            prefer_older: self.session.bgp.prefer_older,
            default_med: self.session.bgp.default_med,
            default_local_pref: self.session.bgp.default_local_pref,
        }
    }

    fn import(&self) -> BgpImport {
        BgpImport {
            protocol: self.session.config.name.as_str().into(),
            local_as: self.session.bgp.local_as,
            peer_as: self.session.negotiated.peer_as,
            internal: self.session.negotiated.internal,
            router_id: self.session.config.router_id.unwrap_or(self.session.context.router_id),
            cluster_id: self.cluster_id(),
            peer_address: self.session.peer,
            allow_local_as: self.session.bgp.allow_local_as,
            enforce_first_as: self.session.bgp.enforce_first_as && !self.session.negotiated.internal,
            default_local_pref: self.session.bgp.default_local_pref,
            ifindex: Some(self.own.ifindex).filter(|index| *index != 0),
            attributes: AttributeContext {
                external: !self.session.negotiated.internal,
                four_octet_as: self.session.negotiated.four_octet_as,
                allow_local_pref: self.session.bgp.allow_local_pref,
                allow_as_sets: self.session.bgp.allow_as_sets,
                families: self.session.negotiated.families.clone(),
            },
        }
    }

    fn export(&self, channel: &ChannelConfig) -> BgpExport {
        let options: &BgpChannelConfig = &channel.bgp;
        // 1.6 has no such defaults.
        let keep_default = if self.session.context.dialect16 {
            NextHopMode::Off
        } else if self.session.bgp.rs_client {
            NextHopMode::All
        } else if self.session.bgp.rr_client {
            NextHopMode::Internal
        } else {
            NextHopMode::Off
        };
        let own = if channel.family == AddressFamily::IPV4 { self.own.ipv4 } else { self.own.ipv6 };
        BgpExport {
            local_as: self.session.bgp.local_as,
            internal: self.session.negotiated.internal,
            rr_client: self.session.bgp.rr_client,
            rs_client: self.session.bgp.rs_client,
            cluster_id: self.cluster_id(),
            peer_address: self.session.peer,
            ifindex: self.own.ifindex,
            own_next_hop: options.next_hop_address.or(own),
            own_link_local: self.own.link_local,
            next_hop_self: next_hop_policy(options.next_hop_self),
            next_hop_keep: next_hop_policy(options.next_hop_keep.unwrap_or(keep_default)),
            interpret_communities: self.session.bgp.interpret_communities,
            default_local_pref: self.session.bgp.default_local_pref,
            allow_local_pref: self.session.bgp.allow_local_pref,
            rewrite_before_filter: self.session.context.dialect16,
            four_octet_as: self.session.negotiated.four_octet_as,
            add_path: self.session.negotiated.add_path(channel.family).1,
            message_len_max: godwit_wire::MESSAGE_LEN_MAX,
        }
    }
}

fn source_limit(channel: &ChannelConfig) -> Option<SourceLimit> {
    let limit = channel.import_limit?;
    Some(SourceLimit { max: limit.max, refuse: limit.action != LimitAction::Warn })
}

fn next_hop_policy(mode: NextHopMode) -> NextHopPolicy {
    match mode {
        NextHopMode::Off => NextHopPolicy::Off,
        NextHopMode::All => NextHopPolicy::All,
        NextHopMode::Internal => NextHopPolicy::Internal,
        NextHopMode::External => NextHopPolicy::External,
    }
}

/// The addresses we announce as next hops: the session's own, and for the other family the
/// preferred one of the session's interface.
fn own_addresses(bgp: &BgpConfig, links: &LinkTable, local: Option<IpAddr>, peer: IpAddr) -> Own {
    let named = match &bgp.neighbor {
        Neighbor::Address { interface: Some(name), .. } => links.by_name(name),
        _ => None,
    };
    let session_link = match (named, links.on_link(peer, None)) {
        (Some(link), _) => link.index,
        (None, OnLink::Yes(index)) => index,
        (None, OnLink::Local | OnLink::No) => local
            .and_then(|l| links.addresses().find(|(_, a)| a.address.ip() == l))
            .map_or(0, |(link, _)| link.index),
    };
    let is_link_local = |a: &IpAddr| matches!(a, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let local = bgp.local_address.or(local).filter(|a| !is_link_local(a));
    let of =
        |ipv4: bool| local.filter(|l| l.is_ipv4() == ipv4).or_else(|| links.preferred(session_link, ipv4));
    let direct = bgp.multihop.is_none();
    let link_local = if direct { links.link_local(session_link) } else { None };
    Own {
        ipv4: of(true),
        ipv6: of(false).or(link_local.map(IpAddr::V6)),
        link_local,
        ifindex: if direct { session_link } else { 0 },
    }
}
