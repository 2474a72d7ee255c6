use std::time::{Duration, Instant};

/// The timers of a session. One instant each; the next timeout is the least of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// When to stop waiting after an error and begin anew.
    ErrorWait,
    /// When to connect: the connect delay, or the pause after a refused attempt.
    ConnectDelay,
    /// When to give up a connection attempt and start another (RFC 4271 ConnectRetryTimer).
    ConnectRetry,
    /// How long a neighbor that restarts may be away.
    Restart,
    /// How long one that is back may take to say which of its routes are left.
    Stale,
}

const COUNT: usize = 5;

/// A fixed table of timers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    at: [Option<(Instant, Duration)>; COUNT],
}

impl Timers {
    /// Sets a timer that is shown as one of a `whole` time, which jitter has made shorter.
    pub(crate) fn set(&mut self, timer: Timer, now: Instant, after: Duration, whole: Duration) {
        self.at[timer as usize] = Some((now + after, whole));
    }

    /// Stops a timer.
    pub(crate) fn stop(&mut self, timer: Timer) {
        self.at[timer as usize] = None;
    }

    /// Stops those of connecting and of waiting for it.
    pub(crate) fn stop_connecting(&mut self) {
        [Timer::ErrorWait, Timer::ConnectDelay, Timer::ConnectRetry].into_iter().for_each(|t| self.stop(t));
    }

    /// Whether a timer runs.
    pub(crate) fn runs(&self, timer: Timer) -> bool {
        self.at[timer as usize].is_some()
    }

    /// Whether a timer is due.
    pub(crate) fn is_due(&self, timer: Timer, now: Instant) -> bool {
        self.at[timer as usize].is_some_and(|(at, _)| at <= now)
    }

    /// Stops a timer that is due; whether it was.
    pub(crate) fn take_due(&mut self, timer: Timer, now: Instant) -> bool {
        let due = self.is_due(timer, now);
        if due {
            self.stop(timer);
        }
        due
    }

    /// When the first is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.at.iter().flatten().map(|(at, _)| *at).min()
    }

    /// Time left and the whole time of a timer that runs.
    pub(crate) fn left(&self, timer: Timer, now: Instant) -> Option<(Duration, Duration)> {
        self.at[timer as usize].map(|(at, whole)| (at.saturating_duration_since(now), whole))
    }
}

/// A small generator for jitter (xorshift64*): predictable from its seed, which is all it is for.
#[derive(Clone, Debug)]
pub(crate) struct Jitter {
    state: u64,
}

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed | 1 }
    }

    /// 75 to 100 percent of a time (RFC 4271 §10).
    pub(crate) fn apply(&mut self, time: Duration) -> Duration {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let random = (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as u32;
        time * 3 / 4 + time.mul_f64(f64::from(random) / f64::from(1u32 << 24) / 4.0)
    }
}
