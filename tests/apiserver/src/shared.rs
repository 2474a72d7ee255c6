//! What requests, watches and the handle share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::access::Access;
use crate::fault::Faults;
use crate::kinds::Registry;
use crate::log::Log;
use crate::server::{ExpiredWatch, FutureWatch};
use crate::status::Failure;
use crate::store::Store;

/// Habits of a server that are set once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) bookmark_interval: Duration,
    pub(crate) streaming_lists: bool,
    pub(crate) future_watch: FutureWatch,
    pub(crate) expired_watch: ExpiredWatch,
    pub(crate) plain_not_found: bool,
}

/// Orders to the open watches. Each counts up; a watch obeys what was ordered after it began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gates {
    pub(crate) closed: u64,
    pub(crate) broken: u64,
    pub(crate) bookmarks: u64,
    pub(crate) failed: u64,
    pub(crate) failure: Option<Failure>,
    pub(crate) frozen: bool,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) kinds: Registry,
    pub(crate) store: Store,
    pub(crate) access: Access,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) gates: Gates,
    /// Open watches by resource.
    pub(crate) watches: BTreeMap<String, usize>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) habits: Habits,
    state: Mutex<State>,
    /// Told of whatever happens: changes, orders, requests, answers.
    ticks: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(habits: Habits, state: State) -> Arc<Self> {
        Arc::new(Self { habits, state: Mutex::new(state), ticks: watch::Sender::new(0) })
    }

    /// The state, to read; nobody is woken.
    pub(crate) fn look(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes all who wait for something.
    pub(crate) fn change<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let result = f(&mut self.look());
        self.ticks.send_modify(|tick| *tick += 1);
        result
    }

    pub(crate) fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }
}
