use std::time::{Duration, Instant};

use godwit_wire::Open;

/// Which end opened a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// We did.
    Outgoing,
    /// The neighbor did.
    Incoming,
}

impl Direction {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Outgoing => Self::Incoming,
            Self::Incoming => Self::Outgoing,
        }
    }
}

/// Where a connection is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Our OPEN is sent; the neighbor's has not come, or waits for what comes of the other connection.
    OpenSent,
    /// Both are there and agree; its KEEPALIVE has not come.
    OpenConfirm(Box<Open>),
    /// Established.
    Established,
    /// The neighbor has told that the other connection stays, and has not closed this one yet.
    Ending,
}

/// An OPEN that has come and is not answered yet: of two connections none is confirmed before the neighbor is
/// known to know of both, and none that we opened before the neighbor has confirmed it.
#[derive(Clone, Debug)]
pub(crate) struct Deferred {
    pub(crate) open: Box<Open>,
    /// When its KEEPALIVE came, if it has.
    pub(crate) confirmed: Option<Instant>,
    /// When it came.
    pub(crate) since: Instant,
    /// Until when the other connection, or KEEPALIVE, is waited for.
    pub(crate) until: Instant,
}

/// One TCP connection with the neighbor.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) phase: Phase,
    pub(crate) local_open: Open,
    /// When it began, or, once it is confirmed by us, when that was.
    pub(crate) since: Instant,
    pub(crate) deferred: Option<Deferred>,
    /// The neighbor's OPEN, once it has come.
    pub(crate) remote_open: Option<Open>,
    /// When the hold timer ends the session; none while it is off.
    hold_at: Option<Instant>,
    hold_time: Duration,
    /// When the next KEEPALIVE is due.
    pub(crate) keepalive_at: Option<Instant>,
    pub(crate) keepalive_time: Duration,
    /// When the send hold timer ends the session; none while nothing waits for the neighbor to take it.
    send_hold_at: Option<Instant>,
    /// None: it may take nothing for ever.
    send_hold_time: Option<Duration>,
}

impl Connection {
    pub(crate) fn new(local_open: Open, startup_hold: Duration, now: Instant) -> Self {
        let mut connection = Self {
            phase: Phase::OpenSent,
            local_open,
            since: now,
            deferred: None,
            remote_open: None,
            hold_at: None,
            hold_time: Duration::ZERO,
            keepalive_at: None,
            keepalive_time: Duration::ZERO,
            send_hold_at: None,
            send_hold_time: None,
        };
        connection.set_hold(startup_hold, now);
        connection
    }

    /// Starts the hold timer with a new time; zero turns it off.
    pub(crate) fn set_hold(&mut self, time: Duration, now: Instant) {
        self.hold_time = time;
        self.touch(now);
    }

    /// The neighbor was heard.
    pub(crate) fn touch(&mut self, now: Instant) {
        self.hold_at = (!self.hold_time.is_zero()).then(|| now + self.hold_time);
    }

    pub(crate) fn hold_expired(&self, now: Instant) -> bool {
        self.hold_at.is_some_and(|at| at <= now)
    }

    /// How long the neighbor may take nothing of what waits for it (RFC 9687).
    pub(crate) fn set_send_hold(&mut self, time: Option<Duration>) {
        self.send_hold_time = time;
    }

    /// What became of writing: whether octets went, and whether some are left.
    pub(crate) fn wrote(&mut self, went: bool, waits: bool, now: Instant) {
        if !waits {
            self.send_hold_at = None;
        } else if went || self.send_hold_at.is_none() {
            self.send_hold_at = self.send_hold_time.map(|time| now + time);
        }
    }

    pub(crate) fn send_hold_expired(&self, now: Instant) -> bool {
        self.send_hold_at.is_some_and(|at| at <= now)
    }

    /// Time left and whole time of the send hold timer.
    pub(crate) fn send_hold_left(&self, now: Instant) -> Option<(Duration, Duration)> {
        Some((self.send_hold_at?.saturating_duration_since(now), self.send_hold_time?))
    }

    /// Whether this is the neighbor's OPEN that is here already. OpenBGPD 7.7 sends one that it could not send over
    /// a connection before it again, ahead of that of this connection; RFC 4271 §8.2.2 has nothing change but what
    /// a collision changes (event 19 in state OpenConfirm).
    pub(crate) fn is_repeated(&self, open: &Open) -> bool {
        let may_come = matches!(self.phase, Phase::OpenSent | Phase::OpenConfirm(_));
        may_come && self.remote_open.as_ref() == Some(open)
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let deferred = self.deferred.as_ref().map(|deferred| deferred.until);
        [self.hold_at, self.keepalive_at, self.send_hold_at, deferred].into_iter().flatten().min()
    }

    /// When the hold timer ends it.
    pub(crate) fn hold_until(&self) -> Option<Instant> {
        self.hold_at
    }

    /// Seconds left and whole time of the hold timer.
    pub(crate) fn hold_left(&self, now: Instant) -> Option<(Duration, Duration)> {
        self.hold_at.map(|at| (at.saturating_duration_since(now), self.hold_time))
    }

    /// Seconds left and whole time of the keepalive timer.
    pub(crate) fn keepalive_left(&self, now: Instant) -> Option<(Duration, Duration)> {
        self.keepalive_at.map(|at| (at.saturating_duration_since(now), self.keepalive_time))
    }
}
