//! Connections: how one comes to be, from either end, and the waits before another attempt.

use std::time::{Duration, Instant};

use super::{STABLE_AFTER, Session};
use crate::action::{Action, CloseReason, LogClass, Outbound};
use crate::connection::{Connection, Direction};
use crate::timers::Timer;

/// The first pause after a refused connection attempt, where no connect delay is configured.
pub(super) const RETRY_PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest such pause.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);

impl Session {
    /// Whether a connection from the neighbor is taken now. If so, [`Session::connected`] follows.
    pub fn accepts_incoming(&mut self, now: Instant) -> bool {
        if !self.started || !self.reachable || self.timers.runs(Timer::ErrorWait) {
            return false;
        }
        match &self.established {
            // RFC 4724 §4.2: a restarting neighbor whose old connection still looks alive. One that comes
            // just after the other was established is no restart: both have connected at once.
            Some((direction, negotiated, since))
                if negotiated.keeps_forwarding() && now.saturating_duration_since(*since) >= STABLE_AFTER =>
            {
                let (direction, stay) = (*direction, negotiated.stay());
                self.last_error = Some("Error: Graceful restart".into());
                self.close(direction, CloseReason::Gone, "Error: Graceful restart", stay, now);
                // Should the connection be lost before it is ours, we connect.
                self.after_loss(now);
                true
            }
            Some(_) => false,
            // It has, or will have, our KEEPALIVE on the other one, and must not be asked to choose again.
            None => self.incoming.is_none() && !self.is_settled(Direction::Outgoing, now),
        }
    }

    /// A TCP connection is up: OPEN is sent (events 16, 17).
    pub fn connected(&mut self, direction: Direction, now: Instant) {
        let mut wanted = self.started && self.established.is_none() && self.connection(direction).is_none();
        if direction == Direction::Outgoing {
            // An attempt that was given up may come to its end all the same.
            wanted &= std::mem::take(&mut self.connecting);
            self.timers.stop(Timer::ConnectRetry);
        }
        if !wanted {
            self.actions.push_back(Action::Close(direction, CloseReason::Gone));
            return;
        }
        self.timers.stop(Timer::ConnectDelay);
        let open = self.config.open(!self.without_capabilities);
        let hold = Duration::from_secs(self.config.startup_hold_time_secs.into());
        *self.slot(direction) = Some(Connection::new(open.clone(), hold, now));
        self.log(LogClass::Trace, "Connected");
        self.send(direction, Outbound::Open(open));
    }

    /// A connection attempt failed (event 18); `error` in the system's words.
    pub fn connect_failed(&mut self, error: &str, now: Instant) {
        if !self.connecting {
            return;
        }
        self.connecting = false;
        self.timers.stop(Timer::ConnectRetry);
        self.log(LogClass::Trace, format!("Connection lost ({error})"));
        self.last_error = Some(format!("Socket: {error}"));
        if self.incoming.is_some() {
            return self.decide(Direction::Incoming, now);
        }
        self.pause(now);
    }

    /// A connection is gone, through nobody's fault: try again unless another is still there.
    pub(super) fn after_loss(&mut self, now: Instant) {
        if self.started && self.outgoing.is_none() && self.incoming.is_none() && !self.connecting {
            self.pause(now);
        }
    }

    /// Waits before the next connection attempt.
    fn pause(&mut self, now: Instant) {
        if !self.started || !self.reachable || self.config.passive || self.timers.runs(Timer::ErrorWait) {
            return;
        }
        let longest = self.config.connect_retry.max(RETRY_PAUSE_MIN);
        let pause = match self.config.connect_delay {
            // As BIRD does: each attempt is delayed as the first was. The retry time is for one that hangs.
            Some(delay) if !delay.is_zero() => delay,
            _ => {
                let pause = self.retry_pause;
                self.retry_pause = (pause * 2).min(RETRY_PAUSE_MAX).min(longest);
                pause
            }
        };
        self.delay_connect(pause, now);
    }

    /// Waits after an error, longer each time, unless another connection is still there.
    pub(super) fn back_off(&mut self, now: Instant) {
        if !self.started || self.outgoing.is_some() || self.incoming.is_some() {
            return;
        }
        self.abort_connect();
        self.timers.stop_connecting();
        // It may have been the lack of capabilities that was not to its liking.
        self.without_capabilities = false;
        if self.config.disable_after_error {
            return self.disable();
        }
        let (min, max) = self.config.error_wait;
        let recent =
            self.last_error_at.is_some_and(|at| now.saturating_duration_since(at) < self.config.error_forget);
        self.error_wait = if recent { (self.error_wait * 2).clamp(min, max.max(min)) } else { min };
        self.last_error_at = Some(now);
        let wait = self.jitter.apply(self.error_wait);
        let seconds = self.error_wait.as_secs_f32();
        self.log(LogClass::Trace, format!("Startup delayed by {seconds} seconds due to errors"));
        self.timers.set(Timer::ErrorWait, now, wait, self.error_wait);
    }

    /// The session is over for good; whoever is still connected goes.
    pub(super) fn disable(&mut self) {
        self.started = false;
        self.abort_connect();
        self.timers.stop_connecting();
        self.actions.push_back(Action::Disable);
    }

    /// Goes from Idle to Connect or Active, if nothing is in the way.
    pub(super) fn begin(&mut self, now: Instant) {
        if !self.started || !self.reachable || self.timers.runs(Timer::ErrorWait) || self.config.passive {
            return;
        }
        match self.config.connect_delay {
            Some(delay) if !delay.is_zero() => {
                self.delay_connect(delay, now);
            }
            _ => self.connect(now),
        }
    }

    fn delay_connect(&mut self, whole: Duration, now: Instant) {
        self.log(LogClass::Trace, format!("Connect delayed by {} seconds", whole.as_secs_f32()));
        let delay = self.jitter.apply(whole);
        self.timers.set(Timer::ConnectDelay, now, delay, whole);
    }

    pub(super) fn connect(&mut self, now: Instant) {
        // Who has come to us is not gone to.
        if self.outgoing.is_some() || self.incoming.is_some() || self.established.is_some() || self.connecting
        {
            return;
        }
        self.connecting = true;
        if !self.config.connect_retry.is_zero() {
            let retry = self.jitter.apply(self.config.connect_retry);
            self.timers.set(Timer::ConnectRetry, now, retry, self.config.connect_retry);
        }
        self.actions.push_back(Action::Connect);
    }

    pub(crate) fn abort_connect(&mut self) {
        if std::mem::take(&mut self.connecting) {
            self.timers.stop(Timer::ConnectRetry);
            self.actions.push_back(Action::AbortConnect);
        }
    }
}
