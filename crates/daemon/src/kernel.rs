//! A kernel protocol: one kernel table of one family kept as its routing table wants it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use godwit_api::{ProtocolState, ProtocolStatus};
use godwit_config::{ChannelConfig, KernelConfig, ProtocolConfig, ProtocolKind};
use godwit_filter::{AttributeValue, Destination, NextHop, RouteAttributes, RouteSource, Subject, Verdict};
use godwit_netlink::{
    Alien, Event, Family, Fib, KernelRoute, NetlinkError, Operation, Programmer, RouteHop, RouteKind, Wanted,
    dump,
};
use godwit_rib::{
    ExportPolicy, Exporter, ExporterKind, HashedAttributes, NetKey, RouteBatch, SourceId, SourceInfo,
    WantedRoute,
};
use tokio::sync::{broadcast, mpsc};

use crate::kernel_tables::{Owners, Ownership};
use crate::limits::{KERNEL_CHUNKS_MAX, KERNEL_EVENTS_MAX, KERNEL_PLAN_MAX};
use crate::protocol::{Command, Context, StopReason, base_status, channel_status, counters, policy, trace};
use crate::table::{Chunk, ChunkReceiver, TableHandle, TableMessage, TableShell};

/// Route events on their way from the monitor to the kernel protocols. One that is too slow finds
/// out and reads the kernel's table again.
#[derive(Clone, Debug)]
pub(crate) struct KernelEvents {
    tx: broadcast::Sender<Arc<[Event]>>,
    owners: Owners,
}

impl KernelEvents {
    pub(crate) fn new() -> Self {
        Self { tx: broadcast::channel(KERNEL_EVENTS_MAX).0, owners: Owners::default() }
    }

    pub(crate) fn send(&self, events: Vec<Event>) {
        // Nobody listens while no kernel protocol runs.
        let _ = self.tx.send(events.into());
    }
}

/// The first and the longest pause before refused routes are tried again.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_mins(1);

/// Runs a kernel protocol until it is told to stop. Which of two gets a kernel table is decided by the
/// order of the calls, not by what runs first.
pub(crate) fn run<K: NetKey>(
    config: ProtocolConfig,
    channel: ChannelConfig,
    table: TableHandle<K>,
    context: Context,
    commands: mpsc::Receiver<Command>,
) -> impl Future<Output = ()> + Send {
    let what = match &config.kind {
        ProtocolKind::Kernel(options) => (family::<K>(), options.table),
        _ => (family::<K>(), 0),
    };
    let ownership = Ownership::take(&context.kernel.owners, what, &config.name);
    async move {
        match ownership {
            Ok(ownership) => work(config, channel, table, context, commands, ownership).await,
            Err(owner) => {
                tracing::error!("{}: Kernel table {} already registered by {owner}", config.name, what.1);
                idle(config, &channel, commands).await;
            }
        }
    }
}

fn family<K: NetKey>() -> Family {
    if K::BITS == 32 { Family::Ipv4 } else { Family::Ipv6 }
}

async fn work<K: NetKey>(
    config: ProtocolConfig,
    channel: ChannelConfig,
    table: TableHandle<K>,
    context: Context,
    commands: mpsc::Receiver<Command>,
    ownership: Ownership,
) {
    let ProtocolKind::Kernel(options) = config.kind.clone() else { return };
    let family = family::<K>();
    let events = context.kernel.tx.subscribe();
    let programmer = match Programmer::open() {
        Ok(programmer) => programmer,
        Err(error) => {
            tracing::error!("{}: {error}", config.name);
            return;
        }
    };
    let info = SourceInfo { protocol: config.name.as_str().into(), type_rank: 1, bgp: None };
    let name = info.protocol.clone();
    let traced = trace(&config, channel.family, context.dialect16);
    let Some(source) = table.add_source(info, None, traced.clone()).await else { return };
    let links = context.links.borrow().clone();
    let mut exporter = Exporter::new(ExporterKind::Kernel, policy(&channel.export), Some(source), links);
    exporter.set_trace(traced);
    let Some(chunks) = table.add_exporter(name, exporter, KERNEL_CHUNKS_MAX).await else { return };
    let protocol = Kernel {
        _ownership: ownership,
        fib: Fib::new(options.table, family, options.metric, options.learn),
        family,
        options,
        import: policy(&channel.import),
        config,
        channel,
        table,
        source,
        chunks,
        programmer,
        context,
        since: crate::clock::unix_millis(),
        permission_said: false,
        marked: HashSet::new(),
        retry: RETRY_MIN,
    };
    protocol.run(events, commands).await;
}

/// Does nothing, as BIRD leaves a protocol whose table is another's: it stays in `start`.
async fn idle(mut config: ProtocolConfig, channel: &ChannelConfig, mut commands: mpsc::Receiver<Command>) {
    let since = crate::clock::unix_millis();
    while let Some(command) = commands.recv().await {
        match command {
            Command::Status(reply) => {
                let mut status = base_status(&config, ProtocolState::Start, since);
                status.channels.push(channel_status(channel, "DOWN"));
                let _ = reply.send(status);
            }
            Command::Reload(_, reply) => {
                let _ = reply.send(false);
            }
            Command::Update(new, _) => config = *new,
            Command::Stop(_, done) => {
                let _ = done.send(());
                return;
            }
        }
    }
}

struct Kernel<K: NetKey> {
    _ownership: Ownership,
    config: ProtocolConfig,
    channel: ChannelConfig,
    options: KernelConfig,
    import: ExportPolicy,
    family: Family,
    fib: Fib,
    table: TableHandle<K>,
    source: SourceId,
    chunks: ChunkReceiver<K>,
    programmer: Programmer,
    context: Context,
    since: u64,
    permission_said: bool,
    /// Nets shown as refused by the kernel.
    marked: HashSet<K>,
    retry: Duration,
}

impl<K: NetKey> Kernel<K> {
    async fn run(
        mut self,
        mut events: broadcast::Receiver<Arc<[Event]>>,
        mut commands: mpsc::Receiver<Command>,
    ) {
        self.resync().await;
        let period = Duration::from_secs(u64::from(self.options.scan_time_secs.max(1)));
        let mut scan = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        let retry = tokio::time::sleep(self.retry);
        tokio::pin!(retry);
        loop {
            self.program().await;
            let refused = self.fib.has_refused();
            tokio::select! {
                chunk = self.chunks.recv() => match chunk {
                    Some(chunk) => self.chunk(chunk),
                    None => return,
                },
                batch = events.recv() => match batch {
                    Ok(batch) => self.events(&batch).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => self.resync().await,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = scan.tick() => {
                    self.fib.retry_refused();
                    self.resync().await;
                }
                () = &mut retry, if refused => {
                    self.fib.retry_refused();
                    self.retry = (self.retry * 2).min(RETRY_MAX);
                    retry.as_mut().reset(tokio::time::Instant::now() + self.retry);
                }
                changed = self.context.links.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.links_changed().await;
                }
                command = commands.recv() => match command {
                    Some(Command::Stop(reason, done)) => {
                        self.stop(&reason).await;
                        let _ = done.send(());
                        return;
                    }
                    Some(command) => self.command(command).await,
                    None => return,
                },
            }
            if !refused {
                self.retry = RETRY_MIN;
                retry.as_mut().reset(tokio::time::Instant::now() + self.retry);
            }
        }
    }

    fn chunk(&mut self, chunk: Chunk<K>) {
        match chunk {
            Chunk::Routes(routes) => {
                for (net, route) in routes {
                    let wanted = route.and_then(|r| self.wanted(r));
                    self.fib.want(net.to_net(), wanted);
                }
            }
            Chunk::Fed => self.fib.feed_complete(),
            Chunk::Updates(_) => {}
        }
    }

    fn wanted(&self, route: WantedRoute) -> Option<Wanted> {
        let attributes = &route.attributes;
        // BIRD 1.6 leaves the routes of interface addresses to the kernel unless asked.
        if self.context.dialect16 && !self.options.device_routes && attributes.source == RouteSource::Device {
            return None;
        }
        let kind = match &route.destination {
            Destination::Blackhole => RouteKind::Blackhole,
            Destination::Prohibit => RouteKind::Prohibit,
            Destination::Unreachable | Destination::Recursive(_) => RouteKind::Unreachable,
            unicast => RouteKind::Unicast(unicast.next_hops().iter().map(route_hop).collect()),
        };
        let metric = match attributes.extra("krt_metric") {
            Some(AttributeValue::Int(metric)) => *metric,
            _ => 0,
        };
        let prefsrc = match attributes.extra("krt_prefsrc") {
            Some(AttributeValue::Ip(address)) => Some(*address),
            _ => None,
        };
        Some(Wanted { kind, prefsrc, metric })
    }

    /// Sends what is to be changed, a window at a time.
    async fn program(&mut self) {
        while self.fib.has_plan() {
            let operations = self.fib.plan(KERNEL_PLAN_MAX);
            let mut refused = match self.programmer.apply(&operations).await {
                Ok(refused) => refused,
                Err(NetlinkError::NoPermission) => {
                    if !std::mem::replace(&mut self.permission_said, true) {
                        tracing::error!("{}: {}", self.config.name, NetlinkError::NoPermission);
                    }
                    operations.iter().enumerate().map(|(i, _)| (i, 1)).collect()
                }
                Err(error) => {
                    tracing::error!("{}: {error}", self.config.name);
                    operations.iter().enumerate().map(|(i, _)| (i, 5)).collect()
                }
            };
            refused.sort_unstable();
            let mut marks = Vec::new();
            for (index, operation) in operations.iter().enumerate() {
                let error = refused.binary_search_by_key(&index, |(i, _)| *i).ok();
                let code = error.and_then(|i| refused.get(i)).map(|(_, code)| *code);
                let news = self.fib.result(operation, code);
                if let Some(code) = code.filter(|code| news && *code != 1) {
                    let text = std::io::Error::from_raw_os_error(code);
                    tracing::warn!("{}: Netlink: {}: {text}", self.config.name, operation.net());
                }
                if !matches!(operation, Operation::Delete(_)) {
                    marks.extend(self.mark(operation.net(), code.is_some()));
                }
            }
            self.show_refused(marks).await;
        }
    }

    /// Whether a net is refused, if that is to be told to the table.
    fn mark(&mut self, net: ipnetwork::IpNetwork, refused: bool) -> Option<(K, bool)> {
        let key = K::from_net(net)?;
        let changed = if refused { self.marked.insert(key) } else { self.marked.remove(&key) };
        // The table forgets the mark when the route changes, so a refusal is always said again.
        (changed || refused).then_some((key, refused))
    }

    async fn show_refused(&self, marks: Vec<(K, bool)>) {
        if marks.is_empty() {
            return;
        }
        let id = self.chunks.id();
        let show = move |shell: &mut TableShell<K>| {
            marks.into_iter().for_each(|(key, refused)| shell.table.set_refused(id, key, refused));
        };
        self.table.call(show).await;
    }

    async fn events(&mut self, events: &[Event]) {
        let mut batch = RouteBatch::default();
        for event in events {
            let news = match event {
                Event::Route(route) => self.fib.observe(route, false),
                Event::RouteGone(route) => self.fib.observe(route, true),
                Event::Overrun => {
                    self.resync().await;
                    None
                }
                _ => None,
            };
            if let Some(news) = news {
                self.learn(&news, &mut batch);
            }
        }
        self.send(batch).await;
    }

    /// Reads the whole kernel table and compares.
    async fn resync(&mut self) {
        // Without learning only our own routes matter; the kernel leaves the others out.
        let protocol = (!self.options.learn).then_some(godwit_netlink::PROTOCOL_BIRD);
        let routes = match dump::routes(self.family, self.options.table, protocol).await {
            Ok(routes) => routes,
            Err(error) => {
                tracing::warn!("{}: {error}; the next scan will tell", self.config.name);
                return;
            }
        };
        let mut batch = RouteBatch::default();
        self.fib.begin_resync();
        for route in &routes {
            if let Some(news) = self.fib.observe(route, false) {
                self.learn(&news, &mut batch);
            }
        }
        for news in self.fib.end_resync() {
            self.learn(&news, &mut batch);
        }
        self.send(batch).await;
        // Somebody may have put there what was refused to us.
        let there: Vec<K> =
            self.marked.iter().filter(|key| !self.fib.is_refused(&key.to_net())).copied().collect();
        for key in &there {
            self.marked.remove(key);
        }
        self.show_refused(there.into_iter().map(|key| (key, false)).collect()).await;
    }

    /// A foreign route's way into the table (`learn`).
    fn learn(&self, news: &Alien, batch: &mut RouteBatch<K>) {
        let route = match news {
            Alien::None(net) => {
                if let Some(key) = K::from_net(*net) {
                    batch.counters.withdraws.received += 1;
                    batch.withdraw(key);
                }
                return;
            }
            Alien::Best(route) => route,
        };
        let Some(key) = K::from_net(route.net) else { return };
        batch.counters.updates.received += 1;
        let attributes = self.learned(route);
        let attributes = match &self.import {
            ExportPolicy::All => Some(attributes),
            ExportPolicy::None => None,
            ExportPolicy::Filter(filter) => {
                let links = self.context.links.borrow().clone();
                let subject = Subject {
                    net: route.net,
                    protocol: &self.config.name,
                    attributes: &attributes,
                    surroundings: &*links,
                };
                let outcome = filter.run(&subject);
                let accepted = outcome.verdict == Verdict::Accept;
                accepted.then(|| outcome.attributes.map_or(attributes, |a| *a))
            }
        };
        match attributes {
            Some(attributes) => {
                batch.announce(key, &HashedAttributes::new(Arc::new(attributes), self.context.seed));
            }
            None => {
                batch.counters.updates.filtered += 1;
                batch.filtered(key);
            }
        }
    }

    fn learned(&self, route: &KernelRoute) -> RouteAttributes {
        let destination = match &route.kind {
            RouteKind::Blackhole => Destination::Blackhole,
            RouteKind::Unreachable => Destination::Unreachable,
            RouteKind::Prohibit => Destination::Prohibit,
            // A route without any next hop leads nowhere.
            RouteKind::Unicast(hops) => Destination::of_next_hops(hops.iter().map(next_hop).collect())
                .unwrap_or(Destination::Unreachable),
        };
        let mut attributes = RouteAttributes::new(RouteSource::Inherit, self.channel.preference, destination);
        attributes.set_extra("krt_source", Some(AttributeValue::Int(route.protocol.into())));
        attributes.set_extra("krt_metric", Some(AttributeValue::Int(route.metric)));
        if let Some(prefsrc) = route.prefsrc {
            attributes.set_extra("krt_prefsrc", Some(AttributeValue::Ip(prefsrc)));
        }
        attributes
    }

    async fn send(&self, batch: RouteBatch<K>) {
        if batch.is_empty() {
            return;
        }
        if let Some(permit) = self.table.reserve().await {
            permit.send(TableMessage::Routes { source: self.source, batch, over_limit: None });
        }
    }

    /// The kernel drops routes with the link they went through, and takes them when it is back.
    async fn links_changed(&mut self) {
        let links = self.context.links.borrow_and_update().clone();
        let id = self.chunks.id();
        self.table
            .call(move |shell| {
                if let Some(exporter) = shell.table.exporter_mut(id) {
                    exporter.set_surroundings(links);
                }
            })
            .await;
        self.fib.retry_refused();
        self.resync().await;
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Status(reply) => {
                let _ = reply.send(self.status().await);
            }
            Command::Reload(direction, reply) => {
                self.reload(direction.import, direction.export, None).await;
                let _ = reply.send(!self.context.dialect16);
            }
            Command::Update(config, direction) => {
                self.config = *config;
                if let ProtocolKind::Kernel(options) = &self.config.kind {
                    self.options = options.clone();
                }
                if let Some(channel) = self.config.channels.first().cloned() {
                    self.import = policy(&channel.import);
                    self.channel = channel;
                }
                let (id, source) = (self.chunks.id(), self.source);
                let traced = trace(&self.config, self.channel.family, self.context.dialect16);
                let set = move |shell: &mut TableShell<K>| {
                    shell.table.set_source_trace(source, traced.clone());
                    shell.table.exporter_mut(id).map(|exporter| exporter.set_trace(traced))
                };
                self.table.call(set).await;
                let export = policy(&self.channel.export);
                self.reload(direction.import, direction.export, Some(export)).await;
            }
            Command::Stop(..) => {}
        }
    }

    async fn reload(&mut self, import: bool, export: bool, policy: Option<ExportPolicy>) {
        if import {
            // Everything foreign is news again.
            self.fib.forget_aliens();
            self.resync().await;
        }
        if export {
            let id = self.chunks.id();
            self.table
                .call(move |shell| {
                    let Some(exporter) = shell.table.exporter_mut(id) else { return };
                    match policy {
                        Some(policy) => exporter.set_policy(policy),
                        None => exporter.refeed(),
                    }
                })
                .await;
        }
    }

    async fn status(&self) -> ProtocolStatus {
        let mut status = base_status(&self.config, ProtocolState::Up, self.since);
        let mut channel = channel_status(&self.channel, "UP");
        channel.counters = counters(&self.table, vec![self.source], Some(self.chunks.id())).await;
        status.channels.push(channel);
        status
    }

    async fn stop(mut self, reason: &StopReason) {
        self.table.remove_exporter(self.chunks.id()).await;
        let source = self.source;
        self.table.call(move |shell| shell.table.flush_source(source)).await;
        if !self.options.keeps_routes(*reason == StopReason::Graceful) {
            let operations = self.fib.remove_all();
            if let Err(error) = self.programmer.apply(&operations).await {
                tracing::error!("{}: {error}", self.config.name);
            }
        }
    }
}

fn route_hop(hop: &NextHop) -> RouteHop {
    RouteHop { gateway: hop.gateway, ifindex: hop.ifindex, weight: hop.weight, onlink: hop.onlink }
}

fn next_hop(hop: &RouteHop) -> NextHop {
    // The kernel shows a route to an interface of ours as one without a gateway.
    let gateway = hop.gateway.filter(|g: &IpAddr| !g.is_unspecified());
    NextHop { gateway, ifindex: hop.ifindex, weight: hop.weight, onlink: hop.onlink }
}
