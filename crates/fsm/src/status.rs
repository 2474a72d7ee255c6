use std::time::{Duration, Instant};

use godwit_wire::{AddressFamily, Capability, Open};

use crate::connection::{Connection, Direction, Phase};
use crate::session::Session;
use crate::timers::Timer;

/// The state of a session (RFC 4271 §8.2.2): that of its connection which is furthest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Not started, waiting after an error, or the neighbor cannot be reached.
    Idle,
    /// A connection attempt is under way.
    Connect,
    /// Waiting: to connect, or for the neighbor to.
    Active,
    /// OPEN is sent.
    OpenSent,
    /// OPENs are exchanged.
    OpenConfirm,
    /// Routes flow.
    Established,
}

/// Time left and the whole time of a timer.
pub type TimerStatus = Option<(Duration, Duration)>;

/// A session as `show protocols all` shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Status {
    /// The state.
    pub state: State,
    /// The state in BIRD's words: as above, or `Passive`.
    pub state_name: &'static str,
    /// The last error with its class.
    pub last_error: Option<String>,
    /// The shutdown communication last received.
    pub shutdown_message: Option<String>,
    /// Hold timer.
    pub hold_timer: TimerStatus,
    /// Keepalive timer.
    pub keepalive_timer: TimerStatus,
    /// Send hold timer, while something waits for the neighbor to take it.
    pub send_hold_timer: TimerStatus,
    /// Wait after an error.
    pub error_wait: TimerStatus,
    /// Wait before connecting.
    pub connect_delay: TimerStatus,
    /// The neighbor restarts gracefully, and not all it left behind is announced again.
    pub neighbor_restarting: bool,
    /// Its channels wait for it, with what it left behind or without.
    pub channels_wait: bool,
    /// How long it may still be away.
    pub restart_timer: TimerStatus,
    /// Families whose routes stay for long, with the time left and the whole.
    pub long_lived_timers: Vec<(AddressFamily, Duration, Duration)>,
    /// The neighbor's OPEN, once one has come.
    pub remote_open: Option<Open>,
    /// Our capabilities and the neighbor's, while the session is up.
    pub capabilities: Option<(Vec<Capability>, Vec<Capability>)>,
}

impl Session {
    /// The state.
    pub fn state(&self) -> State {
        let connection = [&self.outgoing, &self.incoming].into_iter().flatten().map(|c| match c.phase {
            Phase::OpenSent | Phase::Ending => State::OpenSent,
            Phase::OpenConfirm(_) => State::OpenConfirm,
            Phase::Established => State::Established,
        });
        if let Some(state) = connection.max() {
            return state;
        }
        if !self.started || !self.reachable || self.timers.runs(Timer::ErrorWait) {
            State::Idle
        } else if self.connecting {
            State::Connect
        } else {
            State::Active
        }
    }

    /// Everything there is to show.
    pub fn status(&self, now: Instant) -> Status {
        let state = self.state();
        let connection = self.best_connection();
        let state_name = match state {
            State::Idle => "Idle",
            State::Connect => "Connect",
            State::Active if self.config.passive => "Passive",
            State::Active => "Active",
            State::OpenSent => "OpenSent",
            State::OpenConfirm => "OpenConfirm",
            State::Established => "Established",
        };
        Status {
            state,
            state_name,
            last_error: self.last_error.clone(),
            shutdown_message: self.shutdown_message.clone(),
            hold_timer: connection.and_then(|c| c.hold_left(now)),
            keepalive_timer: connection.and_then(|c| c.keepalive_left(now)),
            send_hold_timer: connection.and_then(|c| c.send_hold_left(now)),
            error_wait: self.timers.left(Timer::ErrorWait, now),
            connect_delay: self.timers.left(Timer::ConnectDelay, now),
            neighbor_restarting: self.has_stale(),
            channels_wait: self.has_channels(),
            long_lived_timers: self.away.left(now),
            restart_timer: self.timers.left(Timer::Restart, now),
            remote_open: connection.and_then(|c| c.remote_open.clone()),
            capabilities: connection.and_then(|c| {
                let remote = c.remote_open.as_ref()?;
                Some((c.local_open.capabilities.clone(), remote.capabilities.clone()))
            }),
        }
    }

    fn best_connection(&self) -> Option<&Connection> {
        let rank = |c: &Connection| match c.phase {
            Phase::Ending => 0,
            Phase::OpenSent => 1 + u8::from(c.deferred.is_some()),
            Phase::OpenConfirm(_) => 3,
            Phase::Established => 4,
        };
        [Direction::Outgoing, Direction::Incoming]
            .into_iter()
            .filter_map(|d| self.connection(d))
            .max_by_key(|c| rank(c))
    }
}
