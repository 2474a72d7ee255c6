//! A kernel protocol: one kernel table of one family kept as its routing table wants it.

mod attributes;
mod command;
mod interfaces;
mod learn;
mod program;
mod tables;
mod wanted;
mod workload;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use godwit_api::ProtocolState;
use godwit_config::{ChannelConfig, KernelConfig, ProtocolConfig, ProtocolKind};
use godwit_netlink::{Event, Family, Fib, Programmer};
use godwit_rib::{ExportPolicy, Exporter, ExporterKind, NetKey, SourceId, SourceInfo};
use tokio::sync::{broadcast, mpsc};

use self::interfaces::Interfaces;
use self::tables::{Owners, Ownership};
use self::wanted::Tunnels;
use crate::limits::{KERNEL_CHUNKS_MAX, KERNEL_EVENTS_MAX};
use crate::protocol::{Command, Context, base_status, channel_status, policy, trace};
use crate::table::{Chunk, ChunkReceiver, TableHandle};

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

/// How long routes wait that somebody else removes again and again is counted in these.
const CONTEST_TICK: Duration = Duration::from_secs(1);

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
    let interfaces = Interfaces::new(links.clone());
    let mut exporter = Exporter::new(
        ExporterKind::Kernel { merge_paths: options.merge_paths },
        policy(&channel.export),
        Some(source),
        links,
    );
    exporter.set_trace(traced);
    if context.dialect16 && !options.device_routes {
        exporter.leave_device_routes();
    }
    let Some(chunks) = table.add_exporter(name, exporter, KERNEL_CHUNKS_MAX, None).await else { return };
    let mut fib = Fib::new(options.table, family, options.metric, options.learn);
    let recovers = context.recovery.is_active() && options.keeps_routes(true);
    if recovers {
        fib.set_recovering(true);
    }
    let protocol = Kernel {
        _ownership: ownership,
        fib,
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
        no_device: HashMap::new(),
        withheld: HashSet::new(),
        tunnels: Tunnels::default(),
        interfaces,
        retry: RETRY_MIN,
        recovery: if recovers { After::Recovering } else { After::Nothing },
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
            Command::Channels(reply) => drop(reply.send(Vec::new())),
            Command::Reload(_, reply) => {
                let _ = reply.send(false);
            }
            Command::Update(new, _) => config = *new,
            Command::Hostname(_) | Command::Imported(..) => {}
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
    /// Nets that were refused because the interface is not there (or not up).
    no_device: HashMap<ipnetwork::IpNetwork, program::NoDevice>,
    /// Nets whose route would go where it may not.
    withheld: HashSet<K>,
    tunnels: Tunnels<K>,
    interfaces: Interfaces,
    retry: Duration,
    recovery: After,
}

/// Where a kernel protocol is after a restart of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum After {
    /// Routes of our earlier life stay.
    Recovering,
    /// The neighbors have said everything; what is said last is on its way here.
    Recovered,
    /// Nothing of it is left, or there was nothing.
    Nothing,
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
        let mut tick = tokio::time::interval(CONTEST_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            // Whoever asks does not wait for the rest of what is to be changed.
            while let Ok(command) = commands.try_recv() {
                if !self.command(command).await {
                    return;
                }
            }
            self.program().await;
            let refused = self.fib.has_refused();
            let busy = self.fib.has_plan();
            tokio::select! {
                () = std::future::ready(()), if busy => {}
                // While there is so much to change, further changes wait in the table.
                chunk = self.chunks.recv(), if !busy => match chunk {
                    Some(chunk) => self.chunk(chunk).await,
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
                () = self.context.recovery.ended(), if self.recovery == After::Recovering => {
                    self.recovery = After::Recovered;
                    self.chunks.fence().await;
                }
                () = &mut retry, if refused => {
                    self.fib.retry_refused();
                    self.retry = (self.retry * 2).min(RETRY_MAX);
                    retry.as_mut().reset(tokio::time::Instant::now() + self.retry);
                }
                _ = tick.tick(), if self.fib.has_contests() => self.fib.tick(),
                changed = self.context.links.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.links_changed(&mut events).await;
                }
                command = commands.recv() => {
                    let Some(command) = command else { return };
                    if !self.command(command).await {
                        return;
                    }
                }
            }
            if !refused {
                self.retry = RETRY_MIN;
                retry.as_mut().reset(tokio::time::Instant::now() + self.retry);
            }
        }
    }

    async fn chunk(&mut self, chunk: Chunk<K>) {
        match chunk {
            Chunk::Routes(routes) => {
                let mut withheld = Vec::new();
                for (net, route) in routes {
                    if self.want(net, route) {
                        withheld.extend(self.mark(net.to_net(), true));
                    }
                }
                self.show_refused(withheld).await;
            }
            Chunk::Fed => {
                self.fib.feed_complete();
                if self.recovery == After::Recovered {
                    self.recovery = After::Nothing;
                    self.fib.set_recovering(false);
                }
            }
            Chunk::Updates(_) => {}
        }
    }
}
