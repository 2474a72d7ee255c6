//! Drives a session as the daemon does (`crates/daemon/src/session`), without sockets and tasks. The rules of the
//! machine itself are checked after each event by `Node`, which is that of the machine's own tests.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use godwit_fsm::{Action, Direction, Negotiated, Session, StopCause, UpdateVerdict};
use godwit_rib::{Batches, ExportPolicy, ImportStep, LimitsPassed};
use godwit_wire::{
    AddressFamily, EXTENDED_MESSAGE_LEN_MAX, MESSAGE_LEN_MAX, MessageType, Notification, Open, RouteRefresh,
    next_frame,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

use crate::session::common::Link;
use crate::session::family::Family;
use crate::session::frames::Shape;
use crate::session::node::Node;
use crate::session::options::Options;

/// More than any single event has to have done.
const ACTIONS_MAX: usize = 40;

mod actions;

/// A connection: what was read and is no whole message yet, and how far each end is.
#[derive(Default)]
struct Connection {
    buffer: Vec<u8>,
    sent: [bool; 2],
    got: [bool; 2],
}

/// The established session.
struct Up {
    direction: Direction,
    negotiated: Box<Negotiated>,
    import: ImportStep,
    batches: Batches,
}

pub(super) struct Driver {
    pub(super) node: Node,
    pub(super) now: Instant,
    pub(super) options: Options,
    pub(super) ipv4: Family<Ipv4Network>,
    pub(super) ipv6: Family<Ipv6Network>,
    links: [Option<Connection>; 2],
    up: Option<Up>,
    actions: VecDeque<Action>,
}

/// Says what goes on, if `SESSION_TRACE` is set: for looking into what was found.
pub(super) fn trace(what: std::fmt::Arguments<'_>) {
    static IS_ON: OnceLock<bool> = OnceLock::new();
    if *IS_ON.get_or_init(|| std::env::var_os("SESSION_TRACE").is_some()) {
        eprintln!("{what}");
    }
}

fn index(direction: Direction) -> usize {
    usize::from(direction == Direction::Incoming)
}

impl Driver {
    pub(super) fn new(options: Options, ipv4: Family<Ipv4Network>, ipv6: Family<Ipv6Network>, now: Instant) -> Self {
        let node = Node::new(options.peer.clone(), 1);
        Self { node, now, options, ipv4, ipv6, links: [None, None], up: None, actions: VecDeque::new() }
    }

    pub(super) fn is_up(&self) -> bool {
        self.up.is_some()
    }

    /// How what the neighbor sends has to be written.
    pub(super) fn shape(&self) -> Shape {
        let negotiated = self.up.as_ref().map(|up| &up.negotiated);
        let paths = |family| negotiated.is_some_and(|n| n.add_path(family).0);
        Shape {
            four_octet_as: negotiated.is_none_or(|n| n.four_octet_as),
            internal: negotiated.is_some_and(|n| n.internal),
            confederation: self.options.confederation && negotiated.is_some_and(|n| !n.internal),
            peer_as: negotiated.map_or(self.options.peer_as(), |n| n.peer_as),
            paths: [paths(AddressFamily::IPV4), paths(AddressFamily::IPV6)],
        }
    }

    /// One event of the machine's, and all that follows from it.
    pub(super) fn event(&mut self, change: impl FnOnce(&mut Session, Instant)) {
        self.tell(change);
        self.act();
    }

    fn tell(&mut self, change: impl FnOnce(&mut Session, Instant)) {
        let now = self.now;
        let actions = self.node.input(now, |session| change(session, now));
        self.queue(actions);
    }

    fn queue(&mut self, actions: Vec<Action>) {
        for action in &actions {
            trace(format_args!("  {action:?}"));
        }
        self.actions.extend(actions);
        assert!(self.actions.len() <= ACTIONS_MAX, "one event, and so much to do: {:#?}", self.actions);
    }

    pub(super) fn start(&mut self) {
        let actions = self.node.start(self.now);
        self.queue(actions);
        self.act();
    }

    pub(super) fn stop(&mut self, cause: &StopCause) {
        let actions = self.node.stop(cause, self.now);
        self.queue(actions);
        self.act();
    }

    pub(super) fn set_reachable(&mut self, reachable: bool) {
        let actions = self.node.set_reachable(reachable, self.now);
        self.queue(actions);
        self.act();
    }

    /// An attempt to connect that is under way comes to its end.
    pub(super) fn connect_done(&mut self, done: bool) {
        if self.node.connecting {
            self.links[0] = done.then(Connection::default);
            let actions = self.node.connect_done(done.then_some(()).ok_or("Connection refused"), self.now);
            self.queue(actions);
            self.act();
        }
    }

    /// The neighbor connects. Our own attempt, if there is one, is given up unless it has come there.
    pub(super) fn accept(&mut self, abandons: bool) {
        let (taken, actions) = self.node.accept(self.now);
        if taken {
            // What it is taken in place of is gone before.
            let place = actions.iter().position(|a| matches!(a, Action::Send(Direction::Incoming, _)));
            let (before, after) = actions.split_at(place.unwrap_or(actions.len()));
            self.queue(before.to_vec());
            self.do_all();
            self.links[1] = Some(Connection::default());
            self.queue(after.to_vec());
            self.act();
            if abandons {
                self.event(Session::abandon_connect);
            }
        } else {
            self.queue(actions);
        }
        self.act();
    }

    /// Time goes on until something is due.
    pub(super) fn wait(&mut self, more: Duration) {
        let due = self.node.session.next_timeout().filter(|_| more.is_zero());
        self.now = due.map_or(self.now + more, |due| due.max(self.now));
        let actions = self.node.handle_timeout(self.now);
        self.queue(actions);
        self.act();
    }

    /// Octets come over a connection.
    pub(super) fn receive(&mut self, direction: Direction, octets: &[u8]) {
        let Some(link) = &mut self.links[index(direction)] else { return };
        link.buffer.extend_from_slice(octets);
        let mut buffer = std::mem::take(&mut link.buffer);
        loop {
            let consumed = self.messages(direction, &buffer);
            buffer.drain(..consumed);
            self.act();
            if consumed == 0 || self.links[index(direction)].is_none() {
                break;
            }
        }
        self.hand_over();
        if let Some(link) = &mut self.links[index(direction)] {
            assert!(buffer.len() < EXTENDED_MESSAGE_LEN_MAX, "it waits for more than a message");
            link.buffer = buffer;
        }
    }

    pub(super) fn closed(&mut self, direction: Direction) {
        self.event(|session, now| session.closed(direction, None, now));
    }

    /// Whether a connection is there and nothing of a message is left unread.
    pub(super) fn is_between_messages(&self) -> bool {
        let link = self.up.as_ref().and_then(|up| self.links[index(up.direction)].as_ref());
        link.is_some_and(|link| link.buffer.is_empty())
    }

    pub(super) fn direction(&self) -> Option<Direction> {
        self.up.as_ref().map(|up| up.direction)
    }

    fn messages(&mut self, direction: Direction, buffer: &[u8]) -> usize {
        let up = self.up.as_ref().filter(|up| up.direction == direction);
        let len_max = up.map_or(MESSAGE_LEN_MAX, |up| up.negotiated.message_len_max);
        let mut consumed = 0;
        while self.links[index(direction)].is_some() {
            match next_frame(&buffer[consumed..], len_max) {
                Ok(None) => return consumed,
                Ok(Some(frame)) => {
                    consumed += frame.len;
                    if !self.message(direction, frame.kind, frame.body) {
                        return consumed;
                    }
                }
                Err(error) => {
                    self.tell(|session, now| session.message_error(direction, &error, now));
                    return buffer.len();
                }
            }
        }
        consumed
    }

    /// One message; whether the next may be looked at before something is done.
    fn message(&mut self, direction: Direction, kind: MessageType, body: &[u8]) -> bool {
        let mut verdict = None;
        let result = match kind {
            MessageType::Update => {
                self.tell(|session, now| verdict = Some(session.update(direction, now)));
                trace(format_args!("  UPDATE {body:02x?}"));
                if verdict == Some(UpdateVerdict::Ignore) {
                    return false;
                }
                let up = self.up.as_mut().expect("an UPDATE is taken where a session is established");
                assert_eq!(up.direction, direction);
                let result = up.import.update(body, &Link, &mut up.batches);
                trace(format_args!("  {result:?}"));
                let context = self.options.import(&up.negotiated).attributes;
                let add_path = |family| up.negotiated.add_path(family).0;
                let is_refused = result.is_err();
                self.ipv4.said.update(body, &context, add_path(AddressFamily::IPV4), is_refused);
                self.ipv6.said.update(body, &context, add_path(AddressFamily::IPV6), is_refused);
                result.map(|summary| summary.end_of_rib)
            }
            MessageType::Open => Open::parse(body).map(|open| {
                self.got(direction, 0);
                self.tell(|session, now| session.open(direction, open, now));
                None
            }),
            MessageType::Keepalive => {
                self.got(direction, 1);
                self.tell(|session, now| session.keepalive(direction, now));
                Ok(None)
            }
            MessageType::Notification => Notification::parse(body).map(|notification| {
                self.tell(|session, now| session.notification(direction, &notification, now));
                None
            }),
            MessageType::RouteRefresh => RouteRefresh::parse(body).map(|refresh| {
                self.tell(|session, now| session.route_refresh(direction, refresh, now));
                None
            }),
        };
        match result {
            Ok(family) => self.end_of_rib(family),
            Err(error) => self.tell(|session, now| session.message_error(direction, &error, now)),
        }
        self.actions.is_empty()
    }

    fn got(&mut self, direction: Direction, what: usize) {
        if let Some(link) = &mut self.links[index(direction)] {
            link.got[what] = true;
        }
    }

    fn end_of_rib(&mut self, family: Option<AddressFamily>) {
        let was_stale = self.is_stale();
        match family {
            Some(AddressFamily::IPV4) => {
                self.hand_over();
                self.ipv4.end_of_rib();
            }
            Some(AddressFamily::IPV6) => {
                self.hand_over();
                self.ipv6.end_of_rib();
            }
            _ => return,
        }
        if was_stale && !self.is_stale() {
            self.tell(|session, _| session.set_refreshed());
        }
    }

    pub(super) fn is_stale(&self) -> bool {
        self.ipv4.up.as_ref().is_some_and(|up| up.stale) || self.ipv6.up.as_ref().is_some_and(|up| up.stale)
    }

    fn hand_over(&mut self) {
        let Some(up) = &mut self.up else { return };
        let passed = [self.ipv4.hand_over(&mut up.batches.ipv4), self.ipv6.hand_over(&mut up.batches.ipv6)];
        if passed.iter().any(|LimitsPassed { import, receive }| *import || *receive) {
            self.event(|session, now| session.end(&StopCause::MaxPrefixes, now));
        }
    }

    /// Another import policy, for what comes from now on, and for what is kept.
    pub(super) fn set_import(&mut self, policy: ExportPolicy) {
        self.options.channel.policy = policy;
        let Some(up) = &mut self.up else { return };
        for family in [AddressFamily::IPV4, AddressFamily::IPV6] {
            if up.negotiated.families.contains(&family) {
                up.import.set_channel(family, self.options.channel(family, &up.negotiated));
                up.import.reload(family, &Link, &mut up.batches);
            }
        }
        self.hand_over();
    }
}
