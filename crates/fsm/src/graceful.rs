//! A neighbor that restarts, and routes of its that stay meanwhile (RFC 4724 §4.2).

use std::time::{Duration, Instant};

use crate::action::{Action, LogClass};
use crate::session::Session;
use crate::timers::Timer;

/// How long at least a neighbor that is back may take until End-of-RIB. BIRD waits for ever; others take six
/// minutes.
const STALE_TIME_MIN: Duration = Duration::from_secs(360);

impl Session {
    /// The recovery after a restart of ours is over: from now on OPEN goes without the R bit.
    pub fn set_recovered(&mut self) {
        self.config.restarting = false;
    }

    /// End-of-RIB came for every family whose routes were stale.
    pub fn set_refreshed(&mut self) {
        if self.timers.runs(Timer::Stale) {
            self.timers.stop(Timer::Stale);
            self.log(LogClass::Trace, "Neighbor graceful restart done");
        }
    }

    /// What is stale goes, if anything may be.
    pub(crate) fn expire_stale(&mut self) {
        if !self.timers.runs(Timer::Restart) && !self.timers.runs(Timer::Stale) {
            return;
        }
        self.timers.stop(Timer::Restart);
        self.timers.stop(Timer::Stale);
        self.actions.push_back(Action::StaleExpired);
    }

    /// An established session was lost without a word; the neighbor has this time to come back.
    pub(crate) fn neighbor_restarts(&mut self, time: Duration, now: Instant) {
        self.timers.set(Timer::Restart, now, time, time);
        self.log(LogClass::Trace, "Neighbor graceful restart detected");
    }

    /// The session is established again.
    pub(crate) fn neighbor_returned(&mut self, now: Instant) {
        if let Some((_, time)) = self.timers.left(Timer::Restart, now) {
            self.timers.stop(Timer::Restart);
            let time = time.max(STALE_TIME_MIN);
            self.timers.set(Timer::Stale, now, time, time);
        }
    }

    pub(crate) fn restart_timeout(&mut self, now: Instant) {
        if self.timers.is_due(Timer::Restart, now) || self.timers.is_due(Timer::Stale, now) {
            self.log(LogClass::Trace, "Neighbor graceful restart timeout");
            self.expire_stale();
        }
    }
}
