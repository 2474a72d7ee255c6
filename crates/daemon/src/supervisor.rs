//! The supervisor: owns the configuration and the protocols' tasks, applies the difference between
//! two configurations, and answers questions about the whole.

mod act;
mod answer;
mod apply;
mod dynamic;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use godwit_api::{Reply, Request};
use godwit_config::{ProtocolKind, RouterConfig, RouterId};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tracing::Instrument as _;

use apply::How;
use dynamic::Dynamic;

use crate::directory::Directory;
use crate::dynamic::Newcomer;
use crate::exit::Exit;
use crate::kernel::KernelEvents;
use crate::links::LinkTable;
use crate::listener::Listeners;
use crate::log_limit::LogLimit;
use crate::over_limit::OverLimit;
use crate::protocol::{Command, CommandSender, Context, StopReason, Tables};
use crate::recovery::RecoveryWait;
use crate::task::sleep_until;
use crate::{ConfigApplied, ConfigLoader, ExitReason, Options};

/// A question on its way to the supervisor.
pub(crate) type Ask = (Request, oneshot::Sender<Reply>);

/// A configuration on its way to the supervisor, and who waits for it to run.
pub(crate) type NewConfig = (Arc<RouterConfig>, oneshot::Sender<()>);

/// A protocol instance with its task.
struct Running {
    /// How many were started before it.
    life: u64,
    commands: CommandSender,
    task: JoinHandle<()>,
}

/// What the supervisor keeps of a protocol.
#[derive(Default)]
struct Instance {
    running: Option<Running>,
    /// Disabled by the operator or by itself, whatever the configuration says.
    disabled: bool,
    /// Why it is down, if it ended by itself.
    last_error: Option<String>,
    /// The limits it had, if it ended for one of them.
    over_limit: Option<Arc<OverLimit>>,
    /// The operator's words at `disable`.
    message: Option<String>,
    /// When it last started or stopped.
    since: u64,
    /// The number of the last session that was made for its range.
    last_dynamic: u32,
    /// Connections that were one too many for its range.
    refused: u64,
}

pub(crate) struct Supervisor {
    config: Arc<RouterConfig>,
    /// What `configure undo` goes back to.
    previous: Option<Arc<RouterConfig>>,
    undo_at: Option<Instant>,
    loader: ConfigLoader,
    applied: ConfigApplied,
    tables: Arc<Tables>,
    links: watch::Receiver<Arc<LinkTable>>,
    kernel: KernelEvents,
    directory: Directory,
    listeners: Listeners,
    router_id: Option<Ipv4Addr>,
    /// The tables know these addresses as ours.
    own_addresses: BTreeSet<(IpAddr, u32)>,
    instances: BTreeMap<String, Instance>,
    /// Sessions with neighbors of ranges.
    dynamic: Vec<Dynamic>,
    /// What is logged of who is refused.
    refusals: LogLimit,
    seed: u64,
    started: u64,
    reconfigured: u64,
    shutting_down: bool,
    recovery: RecoveryWait,
    /// How many protocols have been started.
    lives: u64,
    /// Told to us by protocols that stop by themselves.
    exits: (mpsc::Sender<Exit>, mpsc::Receiver<Exit>),
    /// Told to us by protocols with a range.
    newcomers: (mpsc::Sender<Newcomer>, mpsc::Receiver<Newcomer>),
}

impl Supervisor {
    pub(crate) fn new(
        options: Options,
        links: watch::Receiver<Arc<LinkTable>>,
        kernel: KernelEvents,
        seed: u64,
    ) -> Self {
        let now = crate::clock::unix_millis();
        Self {
            config: Arc::new(options.config),
            previous: None,
            undo_at: None,
            loader: options.loader,
            applied: options.applied,
            tables: Arc::default(),
            directory: Directory::new(links.clone()),
            links,
            kernel,
            listeners: Listeners::default(),
            router_id: None,
            own_addresses: BTreeSet::new(),
            instances: BTreeMap::new(),
            dynamic: Vec::new(),
            refusals: LogLimit::default(),
            seed,
            started: now,
            reconfigured: now,
            shutting_down: false,
            recovery: RecoveryWait::new(options.recovery),
            lives: 0,
            exits: mpsc::channel(crate::limits::REQUEST_QUEUE_LEN),
            newcomers: mpsc::channel(crate::limits::REQUEST_QUEUE_LEN),
        }
    }

    /// Runs the router until it is told to stop.
    pub(crate) async fn run(
        mut self,
        mut requests: mpsc::Receiver<Ask>,
        mut configs: mpsc::Receiver<NewConfig>,
    ) -> ExitReason {
        let config = self.config.clone();
        self.choose_router_id(&config);
        self.apply(&RouterConfig::default(), &config, How { soft: false, follow_disabled: false }).await;
        self.recovery_begun();
        tracing::info!("Started");
        loop {
            let undo_at = self.undo_at;
            let recovery_time = Duration::from_secs(self.config.graceful_restart_wait_secs.into());
            tokio::select! {
                ask = requests.recv() => {
                    let Some((request, reply)) = ask else { return self.stop(false).await };
                    match request {
                        Request::Shutdown | Request::GracefulRestart => {
                            let graceful = matches!(request, Request::GracefulRestart);
                            let _ = reply.send(Reply::Done);
                            return self.stop(graceful).await;
                        }
                        request => self.answer(request, reply).await,
                    }
                }
                Some((config, done)) = configs.recv() => {
                    self.replace(config).await;
                    self.recovery_begun();
                    let _ = done.send(());
                }
                () = self.recovery.over(recovery_time) => self.recovery.end(),
                Some(exit) = self.exits.1.recv() => self.ended(exit).await,
                Some(newcomer) = self.newcomers.1.recv() => self.newcomer(newcomer).await,
                changed = self.links.changed() => {
                    if changed.is_err() {
                        return self.stop(false).await;
                    }
                    self.tell_own_addresses().await;
                    if self.router_id.is_none() {
                        let config = self.config.clone();
                        self.choose_router_id(&config);
                        self.start_waiting(&config).await;
                        self.recovery_begun();
                    }
                }
                () = sleep_until(undo_at), if undo_at.is_some() => {
                    tracing::info!("Config timeout expired, starting undo");
                    self.undo().await;
                }
            }
        }
    }

    /// `router id`, or the lowest address; it stays once it is found.
    fn choose_router_id(&mut self, config: &RouterConfig) {
        let links = self.links.borrow_and_update().clone();
        let chosen = match &config.router_id {
            Some(RouterId::Fixed(id)) => Some(*id),
            Some(RouterId::From(patterns)) => self.router_id.or_else(|| links.router_id(patterns)),
            None => self.router_id.or_else(|| links.router_id(&[])),
        };
        if chosen.is_none() {
            tracing::warn!(
                "Cannot determine router ID yet: no interface has a usable IPv4 address; \
                 BGP waits for one, or set `router id`"
            );
        }
        self.router_id = chosen;
    }

    fn context(&self) -> Context {
        Context {
            tables: self.tables.clone(),
            links: self.links.clone(),
            directory: self.directory.clone(),
            kernel: self.kernel.clone(),
            recovery: self.recovery.handle(&self.config),
            router_id: self.router_id.unwrap_or(Ipv4Addr::UNSPECIFIED),
            dialect16: self.config.dialect == godwit_config::Dialect::Bird16,
            calico: self.config.is_calico(),
            hostname: self.announced_name(),
            seed: self.seed,
        }
    }

    /// Those that are to be waited for after our restart are started, unless they wait themselves: for a
    /// router id, or for a configuration.
    fn recovery_begun(&mut self) {
        if self.router_id.is_some() && !self.config.protocols.is_empty() {
            self.recovery.all_started();
        }
    }

    /// A protocol ended by itself: a limit, or a panic in its task.
    async fn ended(&mut self, exit: Exit) {
        let Exit { name, life, why, over_limit } = exit;
        let running = self.instances.get(&name).and_then(|i| i.running.as_ref());
        // What the operator or another configuration has ended, or begun anew, before this was heard.
        if running.is_none_or(|running| running.life != life) {
            return;
        }
        tracing::error!("{name}: stopped: {why}");
        self.stop_protocol(&name, StopReason::Disabled(None)).await;
        if let Some(instance) = self.instances.get_mut(&name) {
            instance.disabled = true;
            instance.last_error = Some(why);
            instance.over_limit = over_limit;
        }
    }

    async fn stop(mut self, graceful: bool) -> ExitReason {
        tracing::info!("Shutting down");
        self.shutting_down = true;
        self.listeners.close(&self.directory).await;
        let reason = if graceful { StopReason::Graceful } else { StopReason::Shutdown };
        let stages: Vec<(String, StopStage)> =
            self.protocols_there_are().map(|p| (p.name.clone(), stop_stage(&p.kind, graceful))).collect();
        for stage in StopStage::ALL {
            let names = stages.iter().filter(|(_, of)| *of == stage).map(|(name, _)| name.as_str());
            self.stop_protocols(names, &reason).await;
        }
        tracing::error!(class = "FATAL", "Shutdown completed");
        ExitReason::Requested
    }

    /// Tells a protocol to stop and waits, though not for ever.
    async fn stop_protocol(&mut self, name: &str, reason: StopReason) {
        self.stop_protocols(std::iter::once(name), &reason).await;
    }

    /// The same for several at once: one that is slow does not hold up the others.
    async fn stop_protocols(&mut self, names: impl Iterator<Item = &str>, reason: &StopReason) {
        let mut stopping = JoinSet::new();
        for name in names {
            let Some(instance) = self.instances.get_mut(name) else { continue };
            instance.since = crate::clock::unix_millis();
            if let Some(running) = instance.running.take() {
                if let Some(protocol) = self.config.protocols.iter().find(|p| p.name == name) {
                    apply::trace_stop(protocol);
                }
                let stop = stop_running(name.to_owned(), running, reason.clone());
                stopping.spawn(stop.in_current_span());
            }
        }
        while stopping.join_next().await.is_some() {}
    }
}

async fn stop_running(name: String, running: Running, reason: StopReason) {
    let (done, finished) = oneshot::channel();
    let stop = async {
        if running.commands.send(Command::Stop(reason, done)).await.is_ok() {
            let _ = finished.await;
        }
    };
    if tokio::time::timeout(STOP_TIME_MAX, stop).await.is_err() {
        tracing::error!(class = "BUG", "{name}: did not stop in time; its task is ended");
        running.task.abort();
    }
}

/// The order in which a router stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum StopStage {
    /// Kernel tables whose routes stay: before anything is withdrawn from them.
    Freeze,
    /// Sessions whose neighbors are to miss nothing: before any route is taken from a table, which they would be told.
    Sessions,
    /// Neighbors are told while the kernel's routes still carry traffic.
    Routing,
    /// The kernel's routes go last.
    Kernel,
}

impl StopStage {
    const ALL: [Self; 4] = [Self::Freeze, Self::Sessions, Self::Routing, Self::Kernel];
}

fn stop_stage(kind: &ProtocolKind, graceful: bool) -> StopStage {
    match kind {
        ProtocolKind::Kernel(kernel) if kernel.keeps_routes(graceful) => StopStage::Freeze,
        ProtocolKind::Kernel(_) => StopStage::Kernel,
        ProtocolKind::Bgp(_) if graceful => StopStage::Sessions,
        _ => StopStage::Routing,
    }
}

/// How long a protocol may take to stop.
const STOP_TIME_MAX: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use godwit_config::{BgpConfig, Neighbor, NeighborAs, StaticConfig};

    use super::*;

    #[test]
    fn no_route_is_withdrawn_to_a_session_that_stops_gracefully() {
        let neighbor = Neighbor::Address { address: Ipv4Addr::LOCALHOST.into(), interface: None };
        let session = ProtocolKind::Bgp(Box::new(BgpConfig::new(64512, neighbor, NeighborAs::Number(64513))));
        let routes = ProtocolKind::Static(StaticConfig::default());
        let place = |kind: &ProtocolKind, graceful| {
            let stage = stop_stage(kind, graceful);
            StopStage::ALL.into_iter().position(|of| of == stage).unwrap()
        };
        assert!(place(&session, true) < place(&routes, true));
        assert_eq!(place(&session, false), place(&routes, false));
    }
}
