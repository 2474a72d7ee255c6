use std::time::Instant;

use godwit_fsm::{Action, CloseReason, Direction, Down, Outbound, PeerConfig, Session, State, StopCause};
use godwit_wire::{MessageType, Notification, Open, RouteRefresh, next_frame};

/// A machine and a driver that keeps to the machine's rules, and holds the machine to its own:
/// at most one NOTIFICATION on a connection and nothing after it, no sending where nobody is
/// connected, no session that is up twice, no wait without a timer, no timer that is always due.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) session: Session,
    pub(crate) config: PeerConfig,
    /// A connection attempt is under way.
    pub(crate) connecting: bool,
    links: [Option<Link>; 2],
    up: Option<Direction>,
    started: bool,
    pub(crate) reachable: bool,
    /// Routes of the neighbor were left stale.
    stale: bool,
}

/// What has gone out on a connection.
#[derive(Clone, Debug, Default)]
struct Link {
    opened: bool,
    notified: bool,
}

fn index(direction: Direction) -> usize {
    match direction {
        Direction::Outgoing => 0,
        Direction::Incoming => 1,
    }
}

impl Node {
    pub(crate) fn new(config: PeerConfig, seed: u64) -> Self {
        Self {
            session: Session::new(config.clone(), seed),
            config,
            connecting: false,
            links: [None, None],
            up: None,
            started: false,
            reachable: true,
            stale: false,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.session.state()
    }

    pub(crate) fn is_linked(&self, direction: Direction) -> bool {
        self.links[index(direction)].is_some()
    }

    pub(crate) fn start(&mut self, now: Instant) -> Vec<Action> {
        self.started = true;
        self.input(now, |s| s.start(now))
    }

    pub(crate) fn stop(&mut self, cause: &StopCause, now: Instant) -> Vec<Action> {
        self.started = false;
        self.input(now, |s| s.stop(cause, now))
    }

    pub(crate) fn set_reachable(&mut self, reachable: bool, now: Instant) -> Vec<Action> {
        self.reachable = reachable;
        self.input(now, |s| s.set_reachable(reachable, now))
    }

    pub(crate) fn link_down(&mut self, now: Instant) -> Vec<Action> {
        self.reachable = false;
        self.input(now, |s| s.link_down(now))
    }

    /// The attempt that is under way has come to an end; nothing if there is none.
    pub(crate) fn connect_done(&mut self, result: Result<(), &str>, now: Instant) -> Vec<Action> {
        if !std::mem::take(&mut self.connecting) {
            return Vec::new();
        }
        match result {
            Ok(()) => {
                self.attach(Direction::Outgoing);
                self.input(now, |s| s.connected(Direction::Outgoing, now))
            }
            Err(error) => self.input(now, |s| s.connect_failed(error, now)),
        }
    }

    /// The other end connects; whether it is taken.
    pub(crate) fn accept(&mut self, now: Instant) -> (bool, Vec<Action>) {
        let mut taken = false;
        let mut actions = self.input(now, |s| taken = s.accepts_incoming(now));
        if taken {
            self.attach(Direction::Incoming);
            actions.extend(self.input(now, |s| s.connected(Direction::Incoming, now)));
        }
        (taken, actions)
    }

    pub(crate) fn closed(&mut self, direction: Direction, now: Instant) -> Vec<Action> {
        self.input(now, |s| s.closed(direction, None, now))
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<Action> {
        let actions = self.input(now, |s| s.handle_timeout(now));
        if let Some(next) = self.session.next_timeout() {
            assert!(next > now, "a timer that is always due keeps the driver busy: {self:#?}");
        }
        actions
    }

    /// One message as it came from the wire.
    pub(crate) fn receive(&mut self, direction: Direction, bytes: &[u8], now: Instant) -> Vec<Action> {
        self.input(now, |s| read(s, direction, bytes, now))
    }

    /// Changes the machine once and takes what it wants done.
    pub(crate) fn input(&mut self, now: Instant, change: impl FnOnce(&mut Session)) -> Vec<Action> {
        let overdue = self.session.next_timeout().is_some_and(|at| at <= now);
        change(&mut self.session);
        let actions: Vec<Action> = std::iter::from_fn(|| self.session.poll_action()).collect();
        actions.iter().for_each(|action| self.check(action));
        self.check_rest(now, overdue);
        actions
    }

    fn attach(&mut self, direction: Direction) {
        let link = &mut self.links[index(direction)];
        assert!(link.is_none(), "there is a connection already");
        *link = Some(Link::default());
    }

    fn check(&mut self, action: &Action) {
        match action {
            Action::Connect => {
                assert!(self.reachable && self.started && !self.config.passive);
                assert!(!self.is_linked(Direction::Outgoing), "a second connection of ours");
                self.connecting = true;
            }
            Action::AbortConnect => {
                assert!(self.connecting, "there is no attempt to give up");
                self.connecting = false;
            }
            Action::Send(direction, message) => {
                let link = self.links[index(*direction)].as_mut().expect("sends where nobody is connected");
                assert!(!link.notified, "sends {message:?} after a NOTIFICATION");
                match message {
                    Outbound::Open(_) => assert!(!std::mem::replace(&mut link.opened, true), "a second OPEN"),
                    Outbound::Notification(_) => link.notified = true,
                    Outbound::Keepalive | Outbound::RouteRefresh(_) => assert!(link.opened, "before OPEN"),
                }
            }
            Action::Close(direction, how) => {
                let link = self.links[index(*direction)].take().expect("closes what is not there");
                assert_eq!(link.notified, *how == CloseReason::AfterFlush, "only a NOTIFICATION is flushed");
            }
            Action::Established(direction, _) => {
                assert!(self.is_linked(*direction));
                assert_eq!(self.up.replace(*direction), None, "established twice");
            }
            Action::Down(Down { reason, graceful, stays_stale }) => {
                assert!(self.stale || stays_stale.is_empty(), "nothing is stale");
                self.stale = *graceful;
                assert!(!reason.is_empty(), "down for no reason");
                assert!(self.up.take().is_some_and(|d| !self.is_linked(d)), "down, but it was not up");
            }
            Action::StaleExpired => assert!(std::mem::take(&mut self.stale), "nothing is stale"),
            Action::LongLived(_) | Action::FamilyExpired(_) | Action::EarlierExpired(_) => {
                assert!(self.stale, "nothing is stale");
            }
            Action::Refresh(_) => assert!(self.up.is_some()),
            Action::Disable => {
                assert!(self.config.disable_after_error || self.config.disable_after_cease != 0);
                self.started = false;
            }
            Action::Log(_, text) => assert!(!text.is_empty()),
        }
    }

    /// What has to hold when there is nothing more to do.
    fn check_rest(&self, now: Instant, overdue: bool) {
        let state = self.state();
        let linked = self.links.iter().any(Option::is_some);
        assert_eq!(self.up.is_some(), state == State::Established, "{self:#?}");
        assert_eq!(linked, state >= State::OpenSent, "{self:#?}");
        if let Some(direction) = self.up {
            assert!(!self.is_linked(direction.other()) && !self.connecting, "{self:#?}");
        }
        if state == State::Connect {
            assert!(self.connecting, "{self:#?}");
        }
        assert!(state != State::Idle || !self.connecting, "{self:#?}");
        let stale = self.session.status(now).neighbor_restarting;
        assert!(self.stale || !stale, "waits for what is not stale: {self:#?}");
        let waits = self.session.status(now).error_wait.is_some();
        assert!(!(waits && linked), "it waits after an error, but is connected: {self:#?}");
        let next = self.session.next_timeout();
        if self.started && self.reachable && !self.config.passive && !linked && !self.connecting {
            assert!(next.is_some(), "it will never connect: {self:#?}");
        }
        if let (Some(next), false) = (next, overdue) {
            assert!(next >= now, "a timer in the past: {self:#?}");
        }
    }
}

/// Gives a message to a machine the way a driver does.
fn read(session: &mut Session, direction: Direction, bytes: &[u8], now: Instant) {
    let result = next_frame(bytes, godwit_wire::MESSAGE_LEN_MAX).and_then(|frame| {
        let Some(frame) = frame else { return Ok(()) };
        match frame.kind {
            MessageType::Open => session.open(direction, Open::parse(frame.body)?, now),
            MessageType::Keepalive => session.keepalive(direction, now),
            MessageType::Notification => {
                session.notification(direction, &Notification::parse(frame.body)?, now);
            }
            MessageType::RouteRefresh => {
                session.route_refresh(direction, RouteRefresh::parse(frame.body)?, now);
            }
            MessageType::Update => {
                session.update(direction, now);
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        session.message_error(direction, &error, now);
    }
}
