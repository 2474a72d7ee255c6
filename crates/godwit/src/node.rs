//! `godwit node`: both routers of a node of Calico's in one process, computed from the datastore.

mod companion;
mod extra;
mod files;
mod flags;
mod router;
mod warnings;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use godwit_api::Request;
use godwit_control::follow::{Following, follow, serve_status};
use godwit_control::{Family, NodeConfig, backend};
use godwit_daemon::ExitReason;
use godwit_observe::Log;
use time::UtcOffset;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument as _;

pub(crate) use self::companion::run as companion;
use self::extra::Layers;
use self::files::Files;
pub(crate) use self::flags::{HELP, NodeOptions, parse};
use self::router::{Place, Reload, Router};
use crate::calico::follow_options;
use crate::loading;
use crate::signals::{self, Asked, Signals};

/// How long what is left of the tasks may take at the end.
const END_WAIT: Duration = Duration::from_secs(1);

/// Runs until it is told to stop.
pub(crate) fn run(options: NodeOptions) -> ExitCode {
    if options.rename
        && let Err(error) = companion::take_name()
    {
        eprintln!("godwit: calicoctl will not find this process: it cannot be called bird: {error}");
    }
    // While there is one thread: afterwards it is not known to be safe to ask.
    let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    let debug_file = options.debug_file.as_ref().map(|p| p.to_string_lossy().into_owned());
    let log = match Log::install_for_routers(options.debug, debug_file, options.json_log, offset) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("godwit: {error}");
            return ExitCode::from(1);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("godwit: cannot start the runtime: {error}");
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(live(options, &log, offset));
    runtime.shutdown_timeout(END_WAIT);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(class = "FATAL", "{error:#}");
            ExitCode::from(1)
        }
    }
}

async fn live(options: NodeOptions, log: &Log, offset: UtcOffset) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    for warning in warnings::at_start(&options) {
        tracing::warn!("{warning}");
    }
    let mut layers = Layers::read(&options.extra).map_err(anyhow::Error::msg)?;
    make_directory(&options.socket_dir)?;
    router::nobody_answers(&options.socket_dir)?;
    if options.rename {
        companion::keep();
    }
    let Following { mut configurations, ask, task } =
        follow(follow_options(&options.settings), backend::open(&options.settings));
    if let Some(path) = &options.status_socket
        && let Err(error) = serve_status(path.clone(), ask).await
    {
        tracing::warn!("`godwit calico status` will not be answered on {}: {error}", path.display());
    }
    tracing::info!("node {}, as Calico {}", options.settings.node.node, options.settings.node.release);
    // Until there is a configuration there is no router, as there is no BIRD until confd has written one.
    let mut base = loop {
        tokio::select! {
            changed = configurations.changed() => changed.context("nothing is followed any more")?,
            asked = signals.next() => match asked {
                Asked::Stop => return Ok(()),
                Asked::Reload | Asked::Tell => tracing::info!("there is no configuration yet"),
            },
        }
        if let Some(config) = configurations.borrow_and_update().clone() {
            break config;
        }
    };
    let (reload, mut reloads) = mpsc::channel(1);
    let files = options.write_bird_cfg.clone().map(Files::start);
    let mut routers = Routers::start(&options, log, offset, layers.over(&base), files, &reload).await?;
    let outcome = loop {
        tokio::select! {
            changed = configurations.changed() => {
                if changed.is_err() {
                    break Err(anyhow::anyhow!("nothing is followed any more, by a bug of ours"));
                }
                if let Some(config) = configurations.borrow_and_update().clone() {
                    base = config;
                    routers.take(layers.over(&base));
                }
            }
            Some(answer) = reloads.recv() => {
                let read = layers.read_again();
                routers.take(layers.over(&base));
                // Who asked may have gone.
                let _ = answer.send(read);
            }
            ended = routers.ended() => break ended,
            asked = signals.next() => match asked {
                Asked::Reload => {
                    tracing::info!("SIGHUP: the files of --extra are read again; the datastore is followed anyway");
                    if let Err(lines) = layers.read_again() {
                        lines.iter().for_each(|line| tracing::error!("{line}; the file as it was stays in force"));
                    }
                    routers.take(layers.over(&base));
                }
                Asked::Tell => routers.tell(),
                Asked::Stop => break Ok(()),
            },
        }
    };
    // Nobody waits for it any more.
    drop(reloads);
    tokio::select! {
        () = routers.stop(options.withdraw_on_stop) => {}
        () = second(&mut signals) => tracing::warn!("told to stop again: stopping at once"),
    }
    // What is known is written down when nobody listens any more.
    drop(configurations);
    task.await.context("the follower ended by a bug of ours")?;
    outcome
}

/// Waits to be told to stop.
async fn second(signals: &mut Signals) {
    while signals.next().await != Asked::Stop {}
}

fn make_directory(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).map_err(|error| {
        let (path, error) = (path.display(), loading::system_text(&error));
        anyhow::anyhow!("cannot make {path} for the control sockets: {error}; mount it, or give --socket-dir")
    })
}

/// The routers of the node.
struct Routers {
    all: Vec<Router>,
    /// Each ends here.
    tasks: JoinSet<(Family, Result<ExitReason, tokio::task::JoinError>)>,
    /// Where what runs is written.
    files: Option<Files>,
}

impl Routers {
    async fn start(
        options: &NodeOptions,
        log: &Log,
        offset: UtcOffset,
        now: NodeConfig,
        files: Option<Files>,
        reload: &Reload,
    ) -> anyhow::Result<Self> {
        // All there is to refuse is refused before one of them says a word to a neighbor.
        let mut places = Vec::new();
        for family in Family::ALL {
            places.push((family, Place::take(family, &options.socket_dir)?));
        }
        let (mut all, mut tasks) = (Vec::new(), JoinSet::new());
        for (family, place) in places {
            let config = now.family(family);
            warnings::ports(config).iter().for_each(|warning| tracing::warn!("{warning}"));
            let span = godwit_observe::router(router::name(family));
            let started =
                Router::start(family, place, config, log, offset, reload.clone()).instrument(span).await;
            let (router, task) = started.with_context(|| router::name(family))?;
            tasks.spawn(async move { (family, task.await) });
            all.push(router);
        }
        let routers = Self { all, tasks, files };
        routers.take(now);
        Ok(routers)
    }

    /// Runs another configuration from now on.
    fn take(&self, now: NodeConfig) {
        self.all.iter().for_each(|router| router.take(now.family(router.family)));
        if let Some(files) = &self.files {
            files.write(now);
        }
    }

    /// Waits for one to end, which is the end of all.
    async fn ended(&mut self) -> anyhow::Result<()> {
        match self.tasks.join_next().await {
            Some(Ok((family, Ok(ExitReason::Requested)))) => {
                tracing::info!(
                    "{} was told to shut down, and so the other stops as well",
                    router::name(family)
                );
                Ok(())
            }
            Some(Ok((family, Err(error)))) => {
                bail!("{} ended by a bug of ours: {error}", router::name(family))
            }
            Some(Err(error)) => bail!("a router ended by a bug of ours: {error}"),
            None => bail!("there is no router any more"),
        }
    }

    /// Without waiting: a router that reads the operator's files waits for us.
    fn tell(&self) {
        for router in &self.all {
            let handle = router.handle.clone();
            let tell = async move { signals::tell(&handle).await };
            tokio::spawn(tell.instrument(router.span.clone()));
        }
    }

    /// Stops them: so that neighbors and kernel keep the routes until we are back, or without.
    async fn stop(&mut self, withdraw: bool) {
        for router in &self.all {
            let (handle, request) =
                (router.handle.clone(), if withdraw { Request::Shutdown } else { Request::GracefulRestart });
            tokio::spawn(async move { handle.ask(request).await });
        }
        while self.tasks.join_next().await.is_some() {}
    }
}
