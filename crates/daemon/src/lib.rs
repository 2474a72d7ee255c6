//! The running router: tasks for sessions, tables and kernel tables, and the supervisor over them.
#![forbid(unsafe_code)]

mod clock;
mod computed;
mod directory;
mod dynamic;
mod entrance;
mod exit;
mod feeder;
mod kernel;
mod limits;
mod links;
mod listener;
mod log_limit;
mod monitor;
mod over_limit;
mod protocol;
mod query;
mod recovery;
mod secret;
mod session;
mod supervisor;
mod table;
mod task;
mod without_effect;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use godwit_api::{Reply, Request};
use godwit_config::RouterConfig;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub use without_effect::{cannot_run, options_without_effect};

/// Reads a configuration: the named file, or the one godwit was started with. The error is a list
/// of `FILE:LINE:COL MESSAGE` lines.
pub type ConfigLoader = Arc<dyn Fn(Option<&str>) -> Result<RouterConfig, Vec<String>> + Send + Sync>;

/// Told of each configuration when it begins to run.
pub type ConfigApplied = Arc<dyn Fn(&RouterConfig) + Send + Sync>;

/// What a router is started with.
pub struct Options {
    /// The configuration to run.
    pub config: RouterConfig,
    /// How another one is read.
    pub loader: ConfigLoader,
    /// Who is told when another one begins to run.
    pub applied: ConfigApplied,
    /// Take part in graceful restart recovery: the routes of an earlier life are in the kernel and with the
    /// neighbors still (`-R`).
    pub recovery: bool,
}

/// Why a router ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitReason {
    /// It was told to.
    Requested,
}

/// Why a router did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The kernel's interfaces cannot be read.
    #[error("{0}")]
    Netlink(#[from] godwit_netlink::NetlinkError),
}

/// A running router, from outside.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: mpsc::Sender<(Request, oneshot::Sender<Reply>)>,
    configs: mpsc::Sender<supervisor::NewConfig>,
}

impl Handle {
    /// Asks the router something, or orders it to do something.
    pub async fn ask(&self, request: Request) -> Reply {
        let gone = || Reply::Refused(godwit_api::Refusal::Other("shutting down".into()));
        let (reply, answer) = oneshot::channel();
        if self.requests.send((request, reply)).await.is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }

    /// Runs another configuration from now on, and returns when it does: the way of one that is computed
    /// rather than read. What an operator disabled stays disabled unless its own part changed.
    pub async fn reconfigure(&self, config: Arc<RouterConfig>) {
        let (done, applied) = oneshot::channel();
        if self.configs.send((config, done)).await.is_ok() {
            // An error only says that the router stops.
            let _ = applied.await;
        }
    }
}

/// Starts a router in the current tokio runtime and network namespace.
///
/// # Errors
/// The kernel's interfaces cannot be read.
pub async fn start(options: Options) -> Result<(Handle, JoinHandle<ExitReason>), StartError> {
    let kernel = kernel::KernelEvents::new();
    let links = monitor::start(kernel.clone()).await?;
    let seed = RandomState::new().hash_one(clock::unix_millis());
    let (requests, rx) = mpsc::channel(limits::REQUEST_QUEUE_LEN);
    let (configs, configs_rx) = mpsc::channel(1);
    let supervisor = supervisor::Supervisor::new(options, links, kernel, seed);
    Ok((Handle { requests, configs }, crate::task::spawn(supervisor.run(rx, configs_rx))))
}
