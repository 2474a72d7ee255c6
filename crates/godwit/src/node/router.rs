//! One family's router: its control socket, its configurations.

use std::collections::BTreeSet;
use std::os::unix::net::{UnixListener as StdListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use godwit_config::RouterConfig;
use godwit_control::Family;
use godwit_ctl::ServerConfig;
use godwit_daemon::{ConfigLoader, ExitReason, Handle, Options, options_without_effect};
use godwit_observe::Log;
use time::UtcOffset;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span};

use crate::run;

/// What `configure` says it reads.
const SOURCE: &str = "the datastore of Calico";

/// The program there would be for a family; log lines bear its name.
pub(super) fn name(family: Family) -> &'static str {
    match family {
        Family::V4 => "bird",
        Family::V6 => "bird6",
    }
}

fn socket(family: Family, directory: &Path) -> PathBuf {
    directory.join(format!("{}.ctl", name(family)))
}

/// Whether the sockets are free: another daemon is better seen before the datastore has been read.
///
/// # Errors
/// They are not, and what to do.
pub(super) fn nobody_answers(directory: &Path) -> anyhow::Result<()> {
    for family in Family::ALL {
        let socket = socket(family, directory);
        if UnixStream::connect(&socket).is_ok() {
            bail!("{}", taken(&socket));
        }
    }
    Ok(())
}

fn taken(socket: &Path) -> String {
    format!(
        "another BIRD answers on {}: stop it (calico-node starts none with CALICO_NETWORKING_BACKEND=vxlan), or \
         give another --socket-dir",
        socket.display()
    )
}

/// A control socket that is ours, and goes when we do.
pub(super) struct Place {
    path: PathBuf,
    listener: StdListener,
}

impl Place {
    /// Makes it.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn take(family: Family, directory: &Path) -> anyhow::Result<Self> {
        let path = socket(family, directory);
        match godwit_ctl::bind(&path) {
            Ok(listener) => Ok(Self { path, listener }),
            Err(godwit_ctl::BindError::InUse) => bail!("{}", taken(&path)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A router that runs.
pub(super) struct Router {
    pub(super) family: Family,
    pub(super) handle: Handle,
    /// What it does it does in this.
    pub(super) span: Span,
    configs: watch::Sender<Arc<RouterConfig>>,
    control: JoinHandle<()>,
    _place: Place,
}

impl Router {
    /// Starts it, and serves its control socket. The task ends with the router.
    ///
    /// # Errors
    /// The kernel or the socket refuses.
    pub(super) async fn start(
        family: Family,
        place: Place,
        config: &Arc<RouterConfig>,
        log: &Log,
        utc_offset: UtcOffset,
        reload: Reload,
    ) -> anyhow::Result<(Self, JoinHandle<ExitReason>)> {
        let listener = place.listener.try_clone().and_then(UnixListener::from_std);
        let listener = listener.context("cannot serve the control socket")?;
        log.apply_to(name(family), config);
        let log = log.clone();
        let applied = Arc::new(move |config: &RouterConfig| log.apply_to(name(family), config));
        let (configs, changes) = watch::channel(config.clone());
        let options = Options {
            config: RouterConfig::clone(config),
            loader: loader(changes.clone(), reload),
            applied,
            recovery: true,
        };
        let (handle, task) = godwit_daemon::start(options).await?;
        let server = ServerConfig {
            version: run::told_version(config).into(),
            config_file: SOURCE.into(),
            utc_offset,
        };
        let backend = Arc::new(run::Router(handle.clone()));
        let control = tokio::spawn(godwit_ctl::serve(listener, backend, server).in_current_span());
        tokio::spawn(keep_current(handle.clone(), changes).in_current_span());
        let router = Self { family, handle, span: Span::current(), configs, control, _place: place };
        Ok((router, task))
    }

    /// Runs another configuration, if it is another one.
    pub(super) fn take(&self, config: &Arc<RouterConfig>) {
        self.configs.send_if_modified(|current| {
            let other = !Arc::ptr_eq(current, config);
            if other {
                *current = config.clone();
            }
            other
        });
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.control.abort();
    }
}

/// Hands on each configuration; of those that come while one is being applied, the last.
async fn keep_current(handle: Handle, mut changes: watch::Receiver<Arc<RouterConfig>>) {
    let mut said: BTreeSet<String> = BTreeSet::new();
    let mut config = changes.borrow_and_update().clone();
    loop {
        let lines: BTreeSet<String> = options_without_effect(&config).into_iter().collect();
        lines.difference(&said).for_each(|line| tracing::warn!("{line}"));
        said = lines;
        if changes.changed().await.is_err() {
            return;
        }
        config = changes.borrow_and_update().clone();
        handle.reconfigure(config.clone()).await;
    }
}

/// Asks for the operator's files to be read again, and to be told what is wrong with them.
pub(super) type Reload = mpsc::Sender<oneshot::Sender<Result<(), Vec<String>>>>;

/// `configure`: the configuration there is, with the operator's files read again. No other file is one.
fn loader(current: watch::Receiver<Arc<RouterConfig>>, reload: Reload) -> ConfigLoader {
    Arc::new(move |file| match file {
        None => {
            let (answer, done) = oneshot::channel();
            // Nobody is there to read them at the end.
            let asked = reload.blocking_send(answer);
            asked.ok().and_then(|()| done.blocking_recv().ok()).unwrap_or(Ok(()))?;
            Ok(RouterConfig::clone(&current.borrow()))
        }
        Some(file) => Err(vec![format!(
            "{file}: this router is configured by Calico's datastore, and reads no other file than those of --extra"
        )]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configure_gives_what_runs_and_reads_no_file() {
        let config = Arc::new(RouterConfig { hostname: Some("a".into()), ..RouterConfig::default() });
        let (_sender, receiver) = watch::channel(config.clone());
        let (reload, mut asked) = mpsc::channel::<oneshot::Sender<Result<(), Vec<String>>>>(1);
        let loader = loader(receiver, reload);
        let bad = std::thread::scope(|scope| {
            let answered =
                scope.spawn(|| asked.blocking_recv().map(|answer| answer.send(Err(vec!["bad".into()]))));
            let given = loader(None);
            drop(answered);
            given
        });
        assert_eq!(bad, Err(vec!["bad".to_owned()]));
        drop(asked);
        assert_eq!(loader(None).expect("what runs"), *config);
        let refused = loader(Some("/tmp/x.cfg")).expect_err("no file");
        assert!(refused.join("\n").starts_with("/tmp/x.cfg: "), "{refused:?}");
    }
}
