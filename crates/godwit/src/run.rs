//! The daemon's life: start in the right order, serve, stop.

use std::future::Future;
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
use tokio::signal::unix::{SignalKind, signal};

use crate::flags::DaemonOptions;
use crate::loading;
use crate::{background, privileges};

/// The BIRD whose language and control socket this is, as clients of the socket expect to be told.
pub(crate) const BIRD_VERSION: &str = "2.0.12";
/// The same for a configuration in the 1.6 dialect.
const BIRD16_VERSION: &str = "1.6.8";

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
        Err(error) => {
            eprintln!("bird: {}", loading::cannot_open(&options.config, &error));
            return ExitCode::from(1);
        }
    };
    let Some(config) = loaded.config else { return loading::check(&options.check()) };
    let debug_file = options.debug_file.as_ref().map(|p| p.to_string_lossy().into_owned());
    let log = Log::install(options.debug, debug_file, options.json_log, offset);
    log.apply(&config);
    for d in &loaded.diagnostics {
        tracing::warn!("{}", loaded.sources.one_line(d));
    }
    loading::log_options_without_effect(&config);
    match serve(options, config, log, offset, second) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(class = "FATAL", "{error:#}");
            if !foreground {
                eprintln!("bird: {error:#}");
            }
            ExitCode::from(1)
        }
    }
}

fn serve(
    options: &DaemonOptions,
    config: RouterConfig,
    log: Log,
    offset: UtcOffset,
    second: bool,
) -> anyhow::Result<()> {
    // Capabilities are a thread's own, so users are changed before there are others.
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let socket_dir = options.socket.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(dir) = socket_dir.filter(|d| *d == Path::new("/run/bird")) {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    privileges::drop_to(options.user.as_deref(), options.group.as_deref())?;
    let runtime = runtime().context("cannot start the runtime")?;
    let result = runtime.block_on(live(options, config, log, offset, second));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

/// A file of ours, which goes when we do; not one of a daemon that was here before.
struct OwnFile<'a>(&'a Path);

impl Drop for OwnFile<'_> {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(self.0);
    }
}

async fn live(
    options: &DaemonOptions,
    config: RouterConfig,
    log: Log,
    offset: UtcOffset,
    second: bool,
) -> anyhow::Result<()> {
    let socket = options.socket.display();
    let listener = godwit_ctl::bind(&options.socket)
        .map_err(|error| anyhow::anyhow!("control socket {socket}: {error}"))?;
    let _socket = OwnFile(&options.socket);
    let version = if config.dialect == Dialect::Bird16 { BIRD16_VERSION } else { BIRD_VERSION };
    let (file, ipv6) = (options.config.clone(), options.ipv6);
    let loader = Arc::new(move |name: Option<&str>| {
        let path = name.map_or(file.as_path(), Path::new);
        loading::load_file(path, ipv6)
    });
    if options.recovery {
        tracing::warn!("-R: graceful restart recovery has no effect yet");
    }
    let applied = Arc::new(move |config: &RouterConfig| log.apply(config));
    let (handle, router) = godwit_daemon::start(Options { config, loader, applied }).await?;
    let pid_file = options.pid_file.as_deref().map(OwnFile);
    if let Some(OwnFile(file)) = &pid_file {
        std::fs::write(file, format!("{}\n", std::process::id()))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let server = ServerConfig {
        version: version.into(),
        config_file: options.config.to_string_lossy().into_owned(),
        utc_offset: offset,
    };
    let control = tokio::spawn(godwit_ctl::serve(listener, Arc::new(Router(handle.clone())), server));
    tokio::spawn(signals(handle));
    if second {
        background::ready();
    }
    router.await.context("the router ended by a bug of ours")?;
    control.abort();
    Ok(())
}

/// The router as the control socket asks it.
struct Router(Handle);

impl Backend for Router {
    fn ask(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(self.0.ask(request))
    }
}

/// HUP reads the configuration again, TERM and INT stop, USR1 tells how things are.
async fn signals(handle: Handle) {
    let kinds =
        [SignalKind::hangup(), SignalKind::terminate(), SignalKind::interrupt(), SignalKind::user_defined1()];
    let [Ok(mut hup), Ok(mut term), Ok(mut int), Ok(mut usr1)] = kinds.map(signal) else {
        tracing::error!("cannot listen for signals");
        return;
    };
    loop {
        tokio::select! {
            _ = hup.recv() => {
                tracing::info!("Reconfiguration requested by SIGHUP");
                handle.ask(Request::Configure { file: None, check_only: false, soft: false, undo_after_secs: None }).await;
            }
            _ = term.recv() => break,
            _ = int.recv() => break,
            _ = usr1.recv() => {
                if let Reply::Protocols(list) = handle.ask(Request::Protocols(godwit_api::Selector::All)).await {
                    for protocol in list {
                        tracing::info!("{} {} {:?}", protocol.name, protocol.kind, protocol.state);
                    }
                }
            }
        }
    }
    handle.ask(Request::Shutdown).await;
}
