//! The daemon's life: start in the right order, serve, stop.

use std::fs::File;
use std::future::Future;
use std::io::Write as _;
use std::os::unix::net::UnixListener as StdListener;
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use godwit_api::{Reply, Request};
use godwit_config::{Dialect, RouterConfig};
use godwit_ctl::{Backend, ServerConfig};
use godwit_daemon::{Handle, Options};
use godwit_observe::Log;
use time::UtcOffset;
use tokio::net::UnixListener;

use crate::flags::DaemonOptions;
use crate::loading;
use crate::signals::{self, Asked, Signals};
use crate::{background, privileges};

/// The BIRD whose language and control socket this is, as clients of the socket expect to be told.
pub(crate) const BIRD_VERSION: &str = "2.0.12";
/// The same for a configuration in the 1.6 dialect.
const BIRD16_VERSION: &str = "1.6.8";
/// What Calico's own build of it says; the reporter of a node's status takes no version without the `v`.
const CALICO_VERSION: &str = "v0.3.3+birdv1.6.8";

/// Runs the daemon.
pub(crate) fn daemon(options: &DaemonOptions) -> ExitCode {
    let foreground = options.foreground || options.debug;
    let second = background::is_second();
    if second {
        background::leave_terminal();
    }
    // While there is one thread: afterwards it is not known to be safe to ask.
    let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    if !foreground && !second {
        // What can be said at once is said here, with the caret under it.
        let good = loading::check(&options.check());
        return if good == ExitCode::SUCCESS { background::start_second() } else { good };
    }
    let loaded = match loading::read(&options.config, options.ipv6) {
        Ok(loaded) => loaded,
        Err(error) => return fatal(&loading::cannot_open(&options.config, &error)),
    };
    let Some(config) = loaded.config else { return loading::check(&options.check()) };
    let place = match Place::take(options) {
        Ok(place) => place,
        Err(error) => return fatal(&error),
    };
    if let Err(error) = loading::check_log(&config, &options.config) {
        return fatal(&error);
    }
    // Files of the log belong to the user we have become: it has to rotate them.
    let debug_file = options.debug_file.as_ref().map(|p| p.to_string_lossy().into_owned());
    let log = match Log::install(options.debug, debug_file, options.json_log, offset) {
        Ok(log) => log,
        Err(error) => return fatal(&error),
    };
    log.apply(&config);
    for d in &loaded.diagnostics {
        tracing::warn!("{}", loaded.sources.one_line(d));
    }
    loading::log_options_without_effect(&config);
    match serve(options, config, log, offset, second, &place) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(class = "FATAL", "{error:#}");
            if second { fatal(&error) } else { ExitCode::from(1) }
        }
    }
}

/// Says why there is no daemon, as BIRD does before it has a log.
fn fatal(why: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("bird: {why:#}");
    ExitCode::from(1)
}

/// What a daemon takes hold of before it reads and routes: its socket, its user, its process id file.
struct Place<'a> {
    listener: StdListener,
    _socket: OwnFile<'a>,
    pid_file: Option<(File, OwnFile<'a>)>,
}

impl<'a> Place<'a> {
    /// In BIRD's order: the socket is made in a directory of root's and given to the user; what the
    /// process id is written to has to be the user's own.
    fn take(options: &'a DaemonOptions) -> anyhow::Result<Self> {
        let user = privileges::Target::find(options.user.as_deref(), options.group.as_deref())?;
        let socket_dir = options.socket.parent().filter(|p| !p.as_os_str().is_empty());
        if let Some(dir) = socket_dir.filter(|d| *d == Path::new("/run/bird") && !d.exists()) {
            std::fs::create_dir_all(dir).with_context(|| format!("Cannot create {}", dir.display()))?;
            user.own(dir)?;
        }
        let listener = godwit_ctl::bind(&options.socket)?;
        let socket = OwnFile(&options.socket);
        user.own(&options.socket)?;
        user.become_it()?;
        let pid_file = match options.pid_file.as_deref() {
            Some(path) => {
                let file = File::options().write(true).create(true).truncate(false).open(path);
                let file = file.map_err(|error| {
                    let error = loading::system_text(&error);
                    anyhow::anyhow!("Cannot create PID file {}: {error}", path.display())
                })?;
                Some((file, OwnFile(path)))
            }
            None => None,
        };
        Ok(Self { listener, _socket: socket, pid_file })
    }

    /// Writes the process id over what was there.
    fn write_pid(&self) -> anyhow::Result<()> {
        let Some((mut file, OwnFile(path))) = self.pid_file.as_ref().map(|(file, own)| (file, own)) else {
            return Ok(());
        };
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .with_context(|| format!("Cannot write PID file {}", path.display()))
    }
}

fn serve(
    options: &DaemonOptions,
    config: RouterConfig,
    log: Log,
    offset: UtcOffset,
    second: bool,
    place: &Place<'_>,
) -> anyhow::Result<()> {
    // Capabilities are a thread's own, so there are others only now that the user is changed.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let result = runtime.block_on(live(options, config, log, offset, second, place));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

/// A file of ours, which goes when we do; not one of a daemon that was here before.
pub(crate) struct OwnFile<'a>(pub(crate) &'a Path);

impl Drop for OwnFile<'_> {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(self.0);
    }
}

/// What the control socket says of us: clients of a node of Calico's look for other words than those of a BIRD.
pub(crate) fn told_version(config: &RouterConfig) -> &'static str {
    match config.dialect {
        Dialect::Bird2 => BIRD_VERSION,
        Dialect::Bird16 if config.is_calico() => CALICO_VERSION,
        Dialect::Bird16 => BIRD16_VERSION,
    }
}

async fn live(
    options: &DaemonOptions,
    config: RouterConfig,
    log: Log,
    offset: UtcOffset,
    second: bool,
    place: &Place<'_>,
) -> anyhow::Result<()> {
    // Before anybody can know our process id: a signal that nobody listens for would be our end.
    let signals = Signals::listen().context("cannot listen for signals")?;
    let listener = place.listener.try_clone().and_then(UnixListener::from_std);
    let listener = listener.context("cannot serve the control socket")?;
    let version = told_version(&config);
    let (file, ipv6) = (options.config.clone(), options.ipv6);
    let loader = Arc::new(move |name: Option<&str>| {
        let path = name.map_or(file.as_path(), Path::new);
        loading::load_file(path, ipv6)
    });
    let applied = Arc::new(move |config: &RouterConfig| log.apply(config));
    let (handle, router) =
        godwit_daemon::start(Options { config, loader, applied, recovery: options.recovery }).await?;
    place.write_pid()?;
    let server = ServerConfig {
        version: version.into(),
        config_file: options.config.to_string_lossy().into_owned(),
        utc_offset: offset,
    };
    let control = tokio::spawn(godwit_ctl::serve(listener, Arc::new(Router(handle.clone())), server));
    tokio::spawn(follow(signals, handle));
    if second {
        background::ready();
    }
    router.await.context("the router ended by a bug of ours")?;
    control.abort();
    Ok(())
}

/// The router as the control socket asks it.
pub(crate) struct Router(pub(crate) Handle);

impl Backend for Router {
    fn ask(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(self.0.ask(request))
    }
}

/// Does what signals ask for until one asks to stop.
async fn follow(mut signals: Signals, handle: Handle) {
    loop {
        match signals.next().await {
            Asked::Reload => {
                tracing::info!("Reconfiguration requested by SIGHUP");
                let again =
                    Request::Configure { file: None, check_only: false, soft: false, undo_after_secs: None };
                handle.ask(again).await;
            }
            Asked::Tell => signals::tell(&handle).await,
            Asked::Stop => break,
        }
    }
    handle.ask(Request::Shutdown).await;
}
