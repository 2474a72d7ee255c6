use std::collections::VecDeque;
use std::time::{Duration, Instant};

use godwit_wire::{MessageError, Notification, Open, RouteRefresh, cease};

use crate::action::{Action, CloseReason, Down, LogClass, Outbound};
use crate::config::PeerConfig;
use crate::connection::{Connection, Direction, Phase};
use crate::establish::{KEEPALIVE_MIN, Negotiated, check_open};
use crate::rivals::COLLISION_WAIT_MAX;
use crate::timers::{Jitter, Timer, Timers};

/// Why a session is stopped from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StopCause {
    /// `disable` or shutdown, with the operator's words (RFC 9003).
    AdministrativeShutdown(Option<String>),
    /// `restart`, with the operator's words.
    AdministrativeReset(Option<String>),
    /// The neighbor is gone from the configuration.
    Deconfigured,
    /// Its options changed.
    ConfigurationChange,
    /// It sent more routes than allowed.
    MaxPrefixes,
}

impl StopCause {
    fn notification(&self) -> Notification {
        match self {
            Self::AdministrativeShutdown(text) => {
                Notification::cease(cease::ADMINISTRATIVE_SHUTDOWN, text.as_deref())
            }
            Self::AdministrativeReset(text) => {
                Notification::cease(cease::ADMINISTRATIVE_RESET, text.as_deref())
            }
            Self::Deconfigured => Notification::cease(cease::PEER_DECONFIGURED, None),
            Self::ConfigurationChange => Notification::cease(cease::CONFIGURATION_CHANGE, None),
            Self::MaxPrefixes => Notification::cease(cease::MAX_PREFIXES, None),
        }
    }
}

/// What to do with an UPDATE that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpdateVerdict {
    /// Process it.
    Process,
    /// Drop it: the connection is not established, or gone.
    Ignore,
}

/// The first pause after a refused connection attempt, where no connect delay is configured.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest such pause.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);
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
        [self.timers.next(), connection].into_iter().flatten().min()
    }

    /// Starts the session (RFC 4271 event 1, or 4 if passive).
    pub fn start(&mut self, now: Instant) {
        if !self.started {
            self.started = true;
            self.begin(now);
        }
    }

    /// Stops it (event 2): Cease to whoever is connected, and nothing more by itself.
    pub fn stop(&mut self, cause: &StopCause, now: Instant) {
        let notification = cause.notification();
        let reason = format!("Error: {}", notification.describe());
        self.started = false;
        self.timers.stop_connecting();
        self.abort_connect();
        self.expire_stale();
        for direction in [Direction::Outgoing, Direction::Incoming] {
            if self.connection(direction).is_some() {
                self.send(direction, Outbound::Notification(notification.clone()));
                self.close(direction, CloseReason::AfterFlush, &reason, None, now);
            }
        }
        self.retry_pause = RETRY_PAUSE_MIN;
        self.error_wait = Duration::ZERO;
        self.without_capabilities = false;
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
                let (direction, stay) = (*direction, negotiated.restart_time());
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

    /// A connection was closed by the other end or by an error.
    pub fn closed(&mut self, direction: Direction, error: Option<&str>, now: Instant) {
        if self.connection(direction).is_none() {
            return;
        }
        match error {
            Some(error) => self.log(LogClass::Trace, format!("Connection lost ({error})")),
            None => self.log(LogClass::Trace, "Connection closed"),
        }
        let error = error.unwrap_or("Connection closed");
        let reason = format!("Socket: {error}");
        self.last_error = Some(reason.clone());
        let established = self.established.as_ref().filter(|(d, _, _)| *d == direction);
        let stay = established.and_then(|(_, negotiated, _)| negotiated.restart_time());
        self.close(direction, CloseReason::Gone, &reason, stay, now);
        self.after_loss(now);
    }

    /// OPEN came (event 19).
    pub fn open(&mut self, direction: Direction, open: Open, now: Instant) {
        let Some(connection) = self.connection(direction) else { return };
        if connection.phase != Phase::OpenSent || connection.deferred.is_some() {
            return self.unexpected(direction, now);
        }
        let negotiated = match check_open(&self.config, &connection.local_open, &open) {
            Ok(negotiated) => negotiated,
            Err(notification) => return self.fail(direction, notification, now),
        };
        let wait = COLLISION_WAIT_MAX.min(negotiated.hold_time.max(KEEPALIVE_MIN * 3) / 3);
        let until = self.rival_undecided_since(direction, now).map(|since| since + wait);
        if let Some(until) = until.filter(|until| *until > now) {
            self.defer(direction, open, until, now);
        } else if self.resolve_collision(direction, &negotiated, now) {
            self.confirm(direction, open, &negotiated, now);
        }
    }

    /// OPEN is answered.
    pub(crate) fn confirm(
        &mut self,
        direction: Direction,
        open: Open,
        negotiated: &Negotiated,
        now: Instant,
    ) {
        let keepalive = self.until_keepalive(negotiated.keepalive_time);
        let Some(connection) = self.slot(direction) else { return };
        connection.set_hold(negotiated.hold_time, now);
        connection.keepalive_time = negotiated.keepalive_time;
        connection.keepalive_at = keepalive.map(|after| now + after);
        connection.remote_open = Some(open.clone());
        connection.since = now;
        connection.phase = Phase::OpenConfirm(Box::new(open));
        self.send(direction, Outbound::Keepalive);
    }

    /// KEEPALIVE came (event 26).
    pub fn keepalive(&mut self, direction: Direction, now: Instant) {
        let Some(connection) = self.slot(direction) else { return };
        match &connection.phase {
            Phase::Established => connection.touch(now),
            Phase::OpenConfirm(open) => {
                let open = (**open).clone();
                connection.touch(now);
                self.establish(direction, &open, now);
            }
            Phase::OpenSent => match &mut connection.deferred {
                Some(deferred) => deferred.confirmed = true,
                None => self.unexpected(direction, now),
            },
        }
    }

    /// UPDATE came (event 27). Called for each, so it only looks at the state and the time.
    pub fn update(&mut self, direction: Direction, now: Instant) -> UpdateVerdict {
        match self.slot(direction) {
            Some(connection) if connection.phase == Phase::Established => {
                connection.touch(now);
                UpdateVerdict::Process
            }
            Some(_) => {
                self.unexpected(direction, now);
                UpdateVerdict::Ignore
            }
            None => UpdateVerdict::Ignore,
        }
    }

    /// ROUTE-REFRESH came.
    pub fn route_refresh(&mut self, direction: Direction, refresh: RouteRefresh, now: Instant) {
        if self.update(direction, now) == UpdateVerdict::Process {
            self.actions.push_back(Action::Refresh(refresh));
        }
    }

    /// NOTIFICATION came (events 24, 25). It is never answered.
    pub fn notification(&mut self, direction: Direction, notification: &Notification, now: Instant) {
        if self.connection(direction).is_none() {
            return;
        }
        let text = notification.describe();
        self.log(LogClass::Remote, format!("Received: {}", notification.describe_with_data()));
        let reason = format!("Received: {text}");
        let collision = notification.is_cease() && notification.subcode == cease::COLLISION;
        if !collision {
            self.last_error = Some(reason.clone());
        }
        self.shutdown_message = notification.shutdown_message();
        // RFC 5492 §3: a neighbor that knows no optional parameters is asked again without.
        let retry_plain = (notification.code, notification.subcode) == (2, 4) && !self.without_capabilities;
        self.without_capabilities |= retry_plain;
        self.close(direction, CloseReason::Gone, &reason, None, now);
        if notification.is_cease() || retry_plain {
            self.after_loss(now);
        } else {
            self.back_off(now);
        }
    }

    /// A message could not be read.
    pub fn message_error(&mut self, direction: Direction, error: &MessageError, now: Instant) {
        if self.connection(direction).is_some() {
            self.log(LogClass::Remote, error.to_string());
            self.fail(direction, error.notification(), now);
        }
    }

    /// An established session is ended for a reason of ours, and not begun again before the error
    /// wait is over.
    pub fn end(&mut self, cause: &StopCause, now: Instant) {
        let Some((direction, _, _)) = self.established else { return };
        let notification = cause.notification();
        let reason = match cause {
            StopCause::MaxPrefixes => "Automatic shutdown: Route limit exceeded".to_owned(),
            _ => format!("Error: {}", notification.describe()),
        };
        self.last_error = Some(reason.clone());
        self.send(direction, Outbound::Notification(notification));
        self.close(direction, CloseReason::AfterFlush, &reason, None, now);
        self.back_off(now);
    }

    /// Something is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        for direction in [Direction::Outgoing, Direction::Incoming] {
            self.connection_timeout(direction, now);
        }
        self.restart_timeout(now);
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
        if connection.hold_expired(now) {
            return self.fail(direction, Notification::new(4, 0), now);
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

    /// How long until the next KEEPALIVE; none if there are none.
    fn until_keepalive(&mut self, time: Duration) -> Option<Duration> {
        (!time.is_zero()).then(|| self.jitter.apply(time).max(KEEPALIVE_MIN))
    }

    pub(crate) fn establish(&mut self, direction: Direction, open: &Open, now: Instant) {
        if self.connection(direction.other()).is_some() {
            self.collide(direction.other(), now);
        }
        let Some(connection) = self.slot(direction) else { return };
        connection.phase = Phase::Established;
        let local = connection.local_open.clone();
        let Ok(negotiated) = check_open(&self.config, &local, open) else { return };
        self.abort_connect();
        self.timers.stop_connecting();
        self.neighbor_returned(now);
        // Should the connection alone be lost, the routes stay in our kernel.
        self.config.preserved_families = self.config.restart_families.clone();
        self.shutdown_message = None;
        self.last_error = None;
        self.log(LogClass::Trace, "BGP session established");
        let negotiated = Box::new(negotiated);
        self.established = Some((direction, negotiated.clone(), now));
        self.actions.push_back(Action::Established(direction, negotiated));
    }

    /// RFC 6608: a message that has no place in the state.
    fn unexpected(&mut self, direction: Direction, now: Instant) {
        let subcode = match self.connection(direction).map(|c| &c.phase) {
            Some(Phase::OpenSent) => 1,
            Some(Phase::OpenConfirm(_)) => 2,
            Some(Phase::Established) => 3,
            None => return,
        };
        self.fail(direction, Notification::new(5, subcode), now);
    }

    /// An error of the neighbor's that we tell it, and then wait.
    fn fail(&mut self, direction: Direction, notification: Notification, now: Instant) {
        let text = notification.describe();
        let class = if notification.is_cease() { "Error" } else { "BGP Error" };
        let reason = format!("{class}: {text}");
        // What is missing of the capabilities is for the neighbor to read.
        let said = if (notification.code, notification.subcode) == (2, 7) {
            text
        } else {
            notification.describe_with_data()
        };
        self.log(LogClass::Remote, format!("Error: {said}"));
        self.last_error = Some(reason.clone());
        self.send(direction, Outbound::Notification(notification));
        self.close(direction, CloseReason::AfterFlush, &reason, None, now);
        self.back_off(now);
    }

    /// Closes a connection; if the session was established over it, it is over, and `stay` says how long
    /// the neighbor's routes may stay then.
    pub(crate) fn close(
        &mut self,
        direction: Direction,
        how: CloseReason,
        reason: &str,
        stay: Option<Duration>,
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
            self.timers.stop(Timer::Stale);
            let down = Action::Down(Down { reason: reason.into(), graceful: stay.is_some() });
            if let Some(time) = stay {
                self.neighbor_restarts(time, now);
                self.actions.push_back(down);
                self.log(LogClass::Trace, "BGP session closed");
            } else {
                self.log(LogClass::Trace, "BGP session closed");
                self.actions.push_back(down);
            }
        }
        if self.started && self.reachable {
            self.decide(direction.other(), now);
        }
    }

    /// A connection is gone, through nobody's fault: try again unless another is still there.
    fn after_loss(&mut self, now: Instant) {
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
    fn back_off(&mut self, now: Instant) {
        if !self.started || self.outgoing.is_some() || self.incoming.is_some() {
            return;
        }
        self.abort_connect();
        self.timers.stop_connecting();
        if self.config.disable_after_error {
            self.started = false;
            self.actions.push_back(Action::Disable);
            return;
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

    /// Goes from Idle to Connect or Active, if nothing is in the way.
    fn begin(&mut self, now: Instant) {
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

    fn connect(&mut self, now: Instant) {
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
