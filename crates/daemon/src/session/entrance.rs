//! The way in: a session begins when its neighbor's connections can reach it as they should, which is with the key
//! of TCP MD5 if it has a password. Without it the session stays down.

use std::time::{Duration, Instant};

use godwit_sockopt::Md5Drops;
use tokio::sync::mpsc;

use crate::directory::{Door, Incoming, NoDoor};

use super::Task;

/// The first wait before the door is tried again.
const RETRY_MIN: Duration = Duration::from_millis(250);
/// The longest.
const RETRY_MAX: Duration = Duration::from_secs(5);

/// An attempt that ends sooner was refused, or given up for another connection.
const HUNG: Duration = Duration::from_secs(60);

/// A session's door, or why it has none.
pub(super) struct Entrance {
    to: mpsc::Sender<Incoming>,
    door: Option<Door>,
    /// Why there is none, and when it is tried again.
    fault: Option<(NoDoor, Instant)>,
    wait: Duration,
    /// When the neighbor was last asked for a connection.
    pub(super) asked_at: Option<Instant>,
}

impl Entrance {
    pub(super) fn new(to: mpsc::Sender<Incoming>) -> Self {
        Self { to, door: None, fault: None, wait: RETRY_MIN, asked_at: None }
    }

    /// When [`Task::begin`] is to be called again.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.fault.as_ref().map(|(_, at)| *at)
    }

    /// What `show protocols` says of it.
    pub(super) fn fault(&self) -> Option<String> {
        self.fault.as_ref().map(|(fault, _)| fault.brief())
    }

    /// Nobody comes in any more.
    pub(super) fn close(&mut self) {
        self.door = None;
        self.fault = None;
    }
}

impl Task {
    /// Starts the session if its door opens; else this is to be called again.
    pub(super) fn begin(&mut self) {
        let now = Instant::now();
        let name = &self.config.name;
        let entrance = &mut self.entrance;
        match self.context.directory.open(&self.bgp, self.peer, entrance.to.clone()) {
            Ok(door) => {
                entrance.door = Some(door);
                if entrance.fault.take().is_some() {
                    tracing::info!("{name}: the listening socket has its TCP MD5 key now, starting");
                }
                self.fsm.start(now);
            }
            Err(fault) => {
                let known = entrance.fault.take().map(|(fault, _)| std::mem::discriminant(&fault));
                if known != Some(std::mem::discriminant(&fault)) {
                    tracing::error!("{name}: {fault}; the session stays down while it cannot be protected");
                }
                entrance.fault = Some((fault, now + entrance.wait));
                entrance.wait = (entrance.wait * 2).min(RETRY_MAX);
            }
        }
    }

    /// A connection attempt is over without success. If it hung, and the session has a password, the reason may be
    /// the password: the kernel of who has another one does not answer, nor tell its user.
    pub(super) fn unanswered(&mut self) {
        let now = Instant::now();
        let Some(asked_at) = self.entrance.asked_at.take() else { return };
        // The retry time is jittered, so less than the whole of it may have passed.
        let hung = now.saturating_duration_since(asked_at) >= self.bgp.connect_retry.min(HUNG) / 2;
        if hung && self.bgp.password.is_some() && self.up.is_none() && self.faults.allows(now) {
            let drops = Md5Drops::now().unwrap_or_default();
            tracing::warn!(
                "{}: no answer from {}: it is not there, or has another password \
                 (our kernel has dropped {drops} so far, of anybody's)",
                self.config.name,
                self.peer
            );
        }
    }
}
