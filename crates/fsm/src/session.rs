//! The session with one neighbor: its connections, its timers, and what is to be done.

mod connect;
mod messages;
mod stop;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use godwit_wire::Notification;

pub use messages::UpdateVerdict;
pub use stop::StopCause;

use crate::action::{Action, CloseReason, Down, LogClass, Outbound};
use crate::config::PeerConfig;
use crate::connection::{Connection, Direction, Phase};
use crate::establish::{KEEPALIVE_MIN, Negotiated};
use crate::graceful::{Away, Stay};
use crate::refresh::Refreshes;
use crate::timers::{Jitter, Timer, Timers};

use connect::RETRY_PAUSE_MIN;

/// A session that lived so long was no failed attempt.
pub(crate) const STABLE_AFTER: Duration = Duration::from_secs(5);

/// A session with one neighbor.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) config: PeerConfig,
    pub(crate) started: bool,
    pub(crate) reachable: bool,
    /// A connection attempt is under way.
    pub(crate) connecting: bool,
    pub(crate) timers: Timers,
    jitter: Jitter,
    pub(crate) outgoing: Option<Connection>,
    pub(crate) incoming: Option<Connection>,
    pub(crate) established: Option<(Direction, Box<Negotiated>, Instant)>,
    /// What stays of a neighbor that is away.
    pub(crate) away: Away,
    pub(crate) refreshes: Refreshes,
    retry_pause: Duration,
    error_wait: Duration,
    last_error_at: Option<Instant>,
    pub(crate) last_error: Option<String>,
    pub(crate) shutdown_message: Option<String>,
    /// The neighbor does not understand optional parameters: OPEN goes without (RFC 5492 §3).
    without_capabilities: bool,
    pub(crate) actions: VecDeque<Action>,
}

impl Session {
    /// A session that has not been started. `seed` makes its jitter its own.
    pub fn new(config: PeerConfig, seed: u64) -> Self {
        Self {
            config,
            started: false,
            reachable: true,
            connecting: false,
            timers: Timers::default(),
            jitter: Jitter::new(seed),
            outgoing: None,
            incoming: None,
            established: None,
            away: Away::default(),
            refreshes: Refreshes::default(),
            retry_pause: RETRY_PAUSE_MIN,
            error_wait: Duration::ZERO,
            last_error_at: None,
            last_error: None,
            shutdown_message: None,
            without_capabilities: false,
            actions: VecDeque::new(),
        }
    }

    /// The next thing to do, if any.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether there is something to do.
    pub fn has_action(&self) -> bool {
        !self.actions.is_empty()
    }

    /// When [`Session::handle_timeout`] is to be called at the latest.
    pub fn next_timeout(&self) -> Option<Instant> {
        let connections = [&self.outgoing, &self.incoming];
        let connection = connections.into_iter().flatten().filter_map(Connection::next_timeout).min();
        [self.timers.next(), self.away.next(), self.refreshes.next(), connection].into_iter().flatten().min()
    }

    /// Tells whether the neighbor can be reached at all: its interface is up and its address on the
    /// link (or it is not a single-hop session).
    pub fn set_reachable(&mut self, reachable: bool, now: Instant) {
        if !reachable {
            self.lose("Error: Neighbor lost", now);
        } else if !self.reachable {
            self.reachable = true;
            self.retry_pause = RETRY_PAUSE_MIN;
            self.begin(now);
        }
    }

    /// The neighbor cannot be reached because its link has no carrier (`check link`).
    pub fn link_down(&mut self, now: Instant) {
        self.lose("Error: Link down", now);
    }

    fn lose(&mut self, reason: &str, now: Instant) {
        if !std::mem::take(&mut self.reachable) {
            return;
        }
        self.abort_connect();
        self.timers.stop(Timer::ConnectDelay);
        self.timers.stop(Timer::ConnectRetry);
        // Its routes lead over a link that is gone.
        self.expire_stale();
        if self.outgoing.is_some() || self.incoming.is_some() {
            self.last_error = Some(reason.into());
        }
        for direction in [Direction::Outgoing, Direction::Incoming] {
            self.close(direction, CloseReason::Gone, reason, None, now);
        }
    }

    /// A connection was closed by the other end or by an error.
    pub fn closed(&mut self, direction: Direction, error: Option<&str>, now: Instant) {
        if self.connection(direction).is_none() {
            return;
        }
        match error {
            Some(error) => self.log(LogClass::Trace, format!("Connection lost ({error})")),
            None => self.log(LogClass::Trace, "Connection closed"),
        }
        if self.connection(direction).is_some_and(|c| c.phase == Phase::Ending) {
            return self.close(direction, CloseReason::Gone, "", None, now);
        }
        let error = error.unwrap_or("Connection closed");
        let reason = format!("Socket: {error}");
        self.last_error = Some(reason.clone());
        let established = self.established.as_ref().filter(|(d, _, _)| *d == direction);
        let stay = established.and_then(|(_, negotiated, _)| negotiated.stay());
        self.close(direction, CloseReason::Gone, &reason, stay, now);
        self.after_loss(now);
    }

    /// Tells what became of writing to a connection: whether the neighbor's end took octets, and whether some
    /// are left that it did not take (RFC 9687 §3).
    pub fn wrote(&mut self, direction: Direction, went: bool, waits: bool, now: Instant) {
        if let Some(connection) = self.slot(direction).as_mut().filter(|c| c.phase == Phase::Established) {
            connection.wrote(went, waits, now);
        }
    }

    /// Something is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        for direction in [Direction::Outgoing, Direction::Incoming] {
            self.connection_timeout(direction, now);
        }
        self.restart_timeout(now);
        self.refresh_timeout(now);
        if self.timers.take_due(Timer::ErrorWait, now) {
            self.begin(now);
        }
        if self.timers.take_due(Timer::ConnectDelay, now) {
            self.connect(now);
        }
        if self.timers.take_due(Timer::ConnectRetry, now) && self.connecting {
            self.abort_connect();
            self.decide(Direction::Incoming, now);
            self.connect(now);
        }
    }

    fn connection_timeout(&mut self, direction: Direction, now: Instant) {
        let Some(connection) = self.connection(direction) else { return };
        if connection.hold_expired(now) && connection.phase == Phase::Ending {
            return self.close(direction, CloseReason::Gone, "", None, now);
        }
        if connection.hold_expired(now) {
            return self.hold_expired(direction, now);
        }
        if connection.send_hold_expired(now) {
            // The neighbor will hardly read it.
            return self.fail(direction, Notification::new(8, 0), now);
        }
        if connection.deferred.as_ref().is_some_and(|deferred| deferred.until <= now) {
            return self.decide(direction, now);
        }
        if connection.keepalive_at.is_some_and(|at| at <= now) {
            let time = connection.keepalive_time;
            let after = self.until_keepalive(time);
            if let Some(connection) = self.slot(direction) {
                connection.keepalive_at = after.map(|after| now + after);
            }
            self.send(direction, Outbound::Keepalive);
        }
    }

    /// The neighbor was silent for too long. If its routes may stay for long, it is taken for one that is away, as BIRD
    /// does, and not told that the session is over.
    fn hold_expired(&mut self, direction: Direction, now: Instant) {
        let established = self.established.as_ref().filter(|(over, _, _)| *over == direction);
        let lasting = established.filter(|(_, negotiated, _)| !negotiated.long_lived.is_empty());
        let Some(stay) = lasting.and_then(|(_, negotiated, _)| negotiated.stay()) else {
            return self.fail(direction, Notification::new(4, 0), now);
        };
        let reason = "Error: Hold timer expired";
        self.log(LogClass::Remote, reason);
        self.last_error = Some(reason.into());
        self.close(direction, CloseReason::Gone, reason, Some(stay), now);
        self.after_loss(now);
    }

    /// How long until the next KEEPALIVE; none if there are none.
    fn until_keepalive(&mut self, time: Duration) -> Option<Duration> {
        (!time.is_zero()).then(|| self.jitter.apply(time).max(KEEPALIVE_MIN))
    }

    /// Closes a connection; if the session was established over it, it is over, and `stay` says how long
    /// the neighbor's routes may stay then.
    pub(crate) fn close(
        &mut self,
        direction: Direction,
        how: CloseReason,
        reason: &str,
        stay: Option<Stay>,
        now: Instant,
    ) {
        if self.slot(direction).take().is_none() {
            return;
        }
        self.actions.push_back(Action::Close(direction, how));
        if let Some((_, _, since)) = self.established.take_if(|(d, _, _)| *d == direction) {
            if now.saturating_duration_since(since) >= STABLE_AFTER {
                self.retry_pause = RETRY_PAUSE_MIN;
            }
            let pending = self.has_stale();
            self.timers.stop(Timer::Stale);
            let stays_stale = stay.as_ref().map_or_else(Vec::new, |stay| self.stays_stale(stay));
            let down = Down { reason: reason.into(), graceful: stay.is_some(), stays_stale };
            let down = Action::Down(down);
            self.refreshes = Refreshes::default();
            if let Some(stay) = stay {
                self.actions.push_back(down);
                self.neighbor_restarts(stay, pending, now);
                self.log(LogClass::Trace, "BGP session closed");
            } else {
                self.away = Away::default();
                self.log(LogClass::Trace, "BGP session closed");
                self.actions.push_back(down);
            }
        }
        if self.started && self.reachable {
            self.decide(direction.other(), now);
        }
    }

    pub(crate) fn send(&mut self, direction: Direction, message: Outbound) {
        self.actions.push_back(Action::Send(direction, message));
    }

    pub(crate) fn log(&mut self, class: LogClass, text: impl Into<String>) {
        self.actions.push_back(Action::Log(class, text.into()));
    }

    pub(crate) fn connection(&self, direction: Direction) -> Option<&Connection> {
        match direction {
            Direction::Outgoing => self.outgoing.as_ref(),
            Direction::Incoming => self.incoming.as_ref(),
        }
    }

    pub(crate) fn slot(&mut self, direction: Direction) -> &mut Option<Connection> {
        match direction {
            Direction::Outgoing => &mut self.outgoing,
            Direction::Incoming => &mut self.incoming,
        }
    }
}
