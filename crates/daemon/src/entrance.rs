//! Where the neighbors' connections come in: a door that opens when they can reach it as they should, which is with the
//! key of TCP MD5 if there is a password, or those of TCP-AO. Without them nobody is let in.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::directory::{Door, Incoming, NoDoor};

/// The first wait before the door is tried again.
const RETRY_MIN: Duration = Duration::from_millis(250);
/// The longest.
const RETRY_MAX: Duration = Duration::from_secs(5);

/// A protocol's door, or why it has none.
pub(crate) struct Entrance {
    to: mpsc::Sender<Incoming>,
    door: Option<Door>,
    /// Why there is none, and when it is tried again.
    fault: Option<(NoDoor, Instant)>,
    wait: Duration,
}

impl Entrance {
    /// One that leads there, and is not open yet.
    pub(crate) fn new(to: mpsc::Sender<Incoming>) -> Self {
        Self { to, door: None, fault: None, wait: RETRY_MIN }
    }

    /// Whether connections come in.
    pub(crate) fn is_open(&self) -> bool {
        self.door.is_some()
    }

    /// When [`Self::open`] is to be called again.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.fault.as_ref().map(|(_, at)| *at)
    }

    /// What `show protocols` says of it.
    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.as_ref().map(|(fault, _)| fault.brief())
    }

    /// Nobody comes in any more.
    pub(crate) fn close(&mut self) {
        self.door = None;
        self.fault = None;
    }

    /// Opens the door, if that can be; the log is told of a reason against it once, and what that means for the
    /// protocol of this name.
    pub(crate) fn open(
        &mut self,
        name: &str,
        without: &str,
        open: impl FnOnce(mpsc::Sender<Incoming>) -> Result<Door, NoDoor>,
    ) -> bool {
        match open(self.to.clone()) {
            Ok(door) => {
                self.door = Some(door);
                if self.fault.take().is_some() {
                    tracing::info!("{name}: the listening socket has its key now, starting");
                }
            }
            Err(fault) => {
                let known = self.fault.take().map(|(fault, _)| std::mem::discriminant(&fault));
                if known != Some(std::mem::discriminant(&fault)) {
                    tracing::error!("{name}: {fault}; {without}");
                }
                self.fault = Some((fault, Instant::now() + self.wait));
                self.wait = (self.wait * 2).min(RETRY_MAX);
            }
        }
        self.is_open()
    }
}
