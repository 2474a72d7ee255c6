use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use godwit_fsm::{Action, Direction, Down, Negotiated, Outbound, PeerConfig, State, StopCause};
use godwit_wire::{Notification, RouteRefresh};

use super::node::Node;
use super::{config_a, config_b, epoch, millis};

/// One of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What a side did, or what happened to it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Event {
    Connects,
    Sends(Direction, Outbound),
    Up(Direction, Box<Negotiated>),
    Down(Down),
    Refresh(RouteRefresh),
    Disabled,
}

/// Something on its way.
#[derive(Debug)]
enum Transit {
    /// The attempt of this number reaches this side.
    Syn(Side, u32),
    /// This side learns how its attempt ended: the connection, or none.
    SynDone(Side, u32, Option<usize>),
    /// A message for this side.
    Data(usize, Side, Bytes),
    /// The connection ended for this side.
    End(usize, Side),
}

/// Two machines on a wire, with one clock that moves only when nothing is left to do.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) a: Node,
    pub(crate) b: Node,
    start: Instant,
    pub(crate) now: Instant,
    /// Delays of connections, one for each direction of each, over and over.
    pub(crate) delays: Vec<Duration>,
    /// Whether a side listens; attempts to connect to one that does not are refused.
    pub(crate) listens: [bool; 2],
    /// Nothing arrives any more, and nobody is told.
    pub(crate) cut: bool,
    /// Attempts of both sides get there before either hears of the other's.
    pub(crate) crossing: bool,
    transit: BTreeMap<(Instant, u64), Transit>,
    serial: u64,
    /// Attempts begun by each side: one that was given up is known by its number.
    attempts: [u32; 2],
    /// Who opened the connection, and whether each end still has it.
    connections: Vec<(Side, [bool; 2])>,
    pub(crate) log: Vec<(Duration, Side, Event)>,
}

impl Pair {
    pub(crate) fn new(a: PeerConfig, b: PeerConfig) -> Self {
        let start = epoch();
        Self {
            a: Node::new(a, 11),
            b: Node::new(b, 22),
            start,
            now: start,
            delays: vec![millis(10)],
            listens: [true; 2],
            cut: false,
            crossing: false,
            transit: BTreeMap::new(),
            serial: 0,
            attempts: [0; 2],
            connections: Vec::new(),
            log: Vec::new(),
        }
    }

    /// An established session that A opened; both with the defaults but for what is changed here.
    pub(crate) fn established(change: impl FnOnce(&mut PeerConfig, &mut PeerConfig)) -> Self {
        let (mut a, mut b) = (config_a(), config_b());
        b.passive = true;
        change(&mut a, &mut b);
        let mut pair = Self::new(a, b);
        pair.start(Side::B);
        pair.start(Side::A);
        pair.run(millis(500));
        assert_eq!(pair.states(), (State::Established, State::Established), "{:#?}", pair.log);
        pair
    }

    pub(crate) fn node(&mut self, side: Side) -> &mut Node {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }

    pub(crate) fn states(&self) -> (State, State) {
        (self.a.state(), self.b.state())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    pub(crate) fn start(&mut self, side: Side) {
        let now = self.now;
        let actions = self.node(side).start(now);
        self.carry_out(side, actions);
    }

    pub(crate) fn stop(&mut self, side: Side, cause: &StopCause) {
        let now = self.now;
        let actions = self.node(side).stop(cause, now);
        self.carry_out(side, actions);
    }

    /// Any other change of one machine.
    pub(crate) fn change(&mut self, side: Side, change: impl FnOnce(&mut Node, Instant) -> Vec<Action>) {
        let now = self.now;
        let actions = change(self.node(side), now);
        self.carry_out(side, actions);
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// The next thing that happens before `end`, if any.
    pub(crate) fn step(&mut self, end: Instant) -> bool {
        let arrival = self.transit.first_key_value().map(|((at, _), _)| *at);
        let timers = [self.a.session.next_timeout(), self.b.session.next_timeout()];
        let Some(next) = timers.into_iter().chain([arrival]).flatten().min().filter(|at| *at <= end) else {
            return false;
        };
        self.now = self.now.max(next);
        let now = self.now;
        for side in [Side::A, Side::B] {
            if self.node(side).session.next_timeout().is_some_and(|at| at <= now) {
                self.change(side, Node::handle_timeout);
            }
        }
        if let Some(entry) = self.transit.first_entry().filter(|e| e.key().0 <= now) {
            let transit = entry.remove();
            self.arrive(transit);
        }
        true
    }

    fn arrive(&mut self, transit: Transit) {
        let now = self.now;
        match transit {
            _ if self.cut => {}
            Transit::Syn(side, attempt) => self.syn(side, attempt),
            Transit::SynDone(side, attempt, connection) => {
                if attempt == self.attempts[side as usize] && self.node(side).connecting {
                    if let Some(connection) = connection {
                        self.connections[connection].1[side as usize] = true;
                    }
                    let result = connection.map(drop).ok_or("Connection refused");
                    let actions = self.node(side).connect_done(result, now);
                    self.carry_out(side, actions);
                } else if let Some(connection) = connection {
                    self.post(Some((connection, side.other())), Transit::End(connection, side.other()));
                }
            }
            Transit::Data(connection, side, bytes) => {
                if self.connections[connection].1[side as usize] {
                    let direction = self.direction(connection, side);
                    let actions = self.node(side).receive(direction, &bytes, now);
                    self.carry_out(side, actions);
                }
            }
            Transit::End(connection, side) => {
                if std::mem::take(&mut self.connections[connection].1[side as usize]) {
                    let direction = self.direction(connection, side);
                    let actions = self.node(side).closed(direction, now);
                    self.carry_out(side, actions);
                }
            }
        }
    }

    /// An attempt to connect reaches `side`. The kernel completes it before the machine is asked, so
    /// that one it does not take is seen to be closed, not refused.
    fn syn(&mut self, side: Side, attempt: u32) {
        let from = side.other();
        if !self.crossing && (attempt != self.attempts[from as usize] || !self.node(from).connecting) {
            // Given up meanwhile: the answer meets nobody.
            return;
        }
        if !self.listens[side as usize] {
            return self.post(None, Transit::SynDone(from, attempt, None));
        }
        let connection = self.connections.len();
        self.connections.push((from, [false; 2]));
        self.post(Some((connection, from)), Transit::SynDone(from, attempt, Some(connection)));
        let now = self.now;
        let (taken, actions) = self.node(side).accept(now);
        self.connections[connection].1[side as usize] = taken;
        if !taken {
            self.post(Some((connection, from)), Transit::End(connection, from));
        }
        self.carry_out(side, actions);
        let own = self.attempts[side as usize];
        let is_taken = |t: &Transit| matches!(t, Transit::SynDone(s, n, Some(_)) if (*s, *n) == (side, own));
        if taken && !self.crossing && self.node(side).connecting && !self.transit.values().any(is_taken) {
            self.change(side, |node, now| node.input(now, |s| s.abandon_connect(now)));
        }
    }

    fn carry_out(&mut self, side: Side, actions: Vec<Action>) {
        for action in actions {
            let event = match action {
                Action::Connect => {
                    self.attempts[side as usize] += 1;
                    self.post(None, Transit::Syn(side.other(), self.attempts[side as usize]));
                    Event::Connects
                }
                Action::Send(direction, message) => {
                    self.send(side, direction, &message);
                    Event::Sends(direction, message)
                }
                Action::Close(direction, _) => {
                    if let Some(connection) = self.connection(side, direction) {
                        self.connections[connection].1[side as usize] = false;
                        let other = side.other();
                        self.post(Some((connection, other)), Transit::End(connection, other));
                    }
                    continue;
                }
                Action::Established(direction, negotiated) => Event::Up(direction, negotiated),
                Action::Down(down) => Event::Down(down),
                Action::Refresh(refresh) => Event::Refresh(refresh),
                Action::Disable => Event::Disabled,
                Action::AbortConnect
                | Action::StaleExpired
                | Action::LongLived(_)
                | Action::FamilyExpired(_)
                | Action::EarlierExpired(_)
                | Action::Log(..) => continue,
            };
            self.log.push((self.elapsed(), side, event));
        }
    }

    fn send(&mut self, side: Side, direction: Direction, message: &Outbound) {
        let mut bytes = BytesMut::new();
        match message {
            Outbound::Open(open) => open.encode(&mut bytes),
            Outbound::Keepalive => godwit_wire::encode_keepalive(&mut bytes),
            Outbound::Notification(notification) => notification.encode(&mut bytes),
            Outbound::RouteRefresh(refresh) => refresh.encode(&mut bytes),
        }
        let connection = self.connection(side, direction).expect("it has been attached");
        self.post_data(connection, side.other(), bytes.freeze());
    }

    /// Puts octets of one side's on the wire that its machine knows nothing of.
    pub(crate) fn inject(&mut self, side: Side, direction: Direction, bytes: &[u8]) {
        let connection = self.connection(side, direction).expect("there is a connection");
        self.post_data(connection, side.other(), Bytes::copy_from_slice(bytes));
    }

    fn post_data(&mut self, connection: usize, to: Side, bytes: Bytes) {
        self.post(Some((connection, to)), Transit::Data(connection, to, bytes));
    }

    /// What goes the same way takes the same time, so that order is kept.
    fn post(&mut self, over: Option<(usize, Side)>, transit: Transit) {
        let way = over.map_or(0, |(connection, to)| connection * 2 + to as usize);
        let delay = self.delays[way % self.delays.len()];
        self.serial += 1;
        self.transit.insert((self.now + delay, self.serial), transit);
    }

    fn direction(&self, connection: usize, side: Side) -> Direction {
        if self.connections[connection].0 == side { Direction::Outgoing } else { Direction::Incoming }
    }

    fn connection(&self, side: Side, direction: Direction) -> Option<usize> {
        (0..self.connections.len())
            .rev()
            .find(|c| self.connections[*c].1[side as usize] && self.direction(*c, side) == direction)
    }

    /// The NOTIFICATIONs a side sent.
    pub(crate) fn notifications(&self, by: Side) -> Vec<Notification> {
        let notification = |event: &Event| match event {
            Event::Sends(_, Outbound::Notification(n)) => Some(n.clone()),
            _ => None,
        };
        self.events(by).filter_map(|(_, e)| notification(e)).collect()
    }

    /// Their codes and subcodes.
    pub(crate) fn codes(&self, by: Side) -> Vec<(u8, u8)> {
        self.notifications(by).iter().map(|n| (n.code, n.subcode)).collect()
    }

    /// When a side did what `wanted` says.
    pub(crate) fn times(&self, by: Side, wanted: impl Fn(&Event) -> bool) -> Vec<Duration> {
        self.events(by).filter(|(_, e)| wanted(e)).map(|(at, _)| at).collect()
    }

    /// What the established session of a side agreed on, and over which connection; the last one.
    pub(crate) fn negotiated(&self, by: Side) -> (Direction, Negotiated) {
        let up = |event: &Event| match event {
            Event::Up(direction, negotiated) => Some((*direction, (**negotiated).clone())),
            _ => None,
        };
        self.events(by).filter_map(|(_, e)| up(e)).last().expect("it was established")
    }

    /// How the sessions of a side went down.
    pub(crate) fn downs(&self, by: Side) -> Vec<Down> {
        let down = |event: &Event| match event {
            Event::Down(down) => Some(down.clone()),
            _ => None,
        };
        self.events(by).filter_map(|(_, e)| down(e)).collect()
    }

    /// When a side began to connect.
    pub(crate) fn connects(&self, by: Side) -> Vec<Duration> {
        self.times(by, |e| *e == Event::Connects)
    }

    fn events(&self, by: Side) -> impl Iterator<Item = (Duration, &Event)> {
        self.log.iter().filter(move |(_, side, _)| *side == by).map(|(at, _, event)| (*at, event))
    }
}
