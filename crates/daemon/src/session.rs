//! The shell of a BGP session: sockets, timers and channels around the sans-IO machine. It moves
//! values; what is decided is decided in `fsm` (the session) and `rib` (the routes).

mod channels;
mod connection;
mod entrance;
mod graceful;
mod held;
mod status;
mod trace;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use godwit_config::{BgpConfig, DebugFlags, LimitAction, Neighbor, NeighborAs, ProtocolConfig, ProtocolKind};
use godwit_fsm::{
    Action, CloseReason, Direction, LogClass, Outbound, PeerConfig, RemoteAs, Session, StopCause,
    UpdateVerdict,
};
use godwit_rib::{Links, OnLink};
use godwit_wire::{AddPathFamily, MessageType, Notification, Open, RouteRefresh};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::directory::{Incoming, minimum_ttl};
use crate::limits::INCOMING_QUEUE_LEN;
use crate::log_limit::LogLimit;
use crate::protocol::{Command, Context, ReloadDirection, StopReason};

pub(crate) use status::{channel_down, not_running};
pub(crate) use trace::channel_name;

use channels::{Up, UpEvent};
use connection::{Attempt, Connection, Outgoing};
use entrance::Entrance;
use graceful::OwnRestart;
use held::HeldRoutes;

/// Runs a BGP protocol until it is told to stop. `exit` is told if it has to end by itself. What it waits for
/// after a restart of ours is known when this returns, not when it runs.
pub(crate) fn run(
    config: ProtocolConfig,
    context: Context,
    commands: mpsc::Receiver<Command>,
    exit: mpsc::Sender<(String, String)>,
) -> impl Future<Output = ()> + Send {
    let own_restart = match &config.kind {
        ProtocolKind::Bgp(bgp) => Some(OwnRestart::begin(&config, bgp, &context.recovery)),
        _ => None,
    };
    async move {
        if let Some(own_restart) = own_restart {
            work(config, context, commands, exit, own_restart).await;
        }
    }
}

async fn work(
    config: ProtocolConfig,
    context: Context,
    commands: mpsc::Receiver<Command>,
    exit: mpsc::Sender<(String, String)>,
    own_restart: OwnRestart,
) {
    let ProtocolKind::Bgp(bgp) = config.kind.clone() else { return };
    let Neighbor::Address { address, interface } = bgp.neighbor.clone() else {
        let _ = exit.send((config.name, "dynamic neighbors are not supported yet".into())).await;
        return;
    };
    let (incoming_tx, incoming) = mpsc::channel(INCOMING_QUEUE_LEN);
    let task = Task {
        fsm: Session::new(peer_config(&config, &bgp, &context), context.seed ^ hash_name(&config.name)),
        peer: address,
        interface,
        since: crate::clock::unix_millis(),
        state: godwit_api::ProtocolState::Start,
        config,
        bgp: *bgp,
        outgoing: None,
        incoming: None,
        connecting: None,
        up: None,
        held: HeldRoutes::default(),
        own_restart,
        context,
        over_limit: Arc::default(),
        faults: LogLimit::default(),
        exit,
        entrance: Entrance::new(incoming_tx),
    };
    task.main(commands, incoming).await;
}

fn hash_name(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

fn peer_config(config: &ProtocolConfig, bgp: &BgpConfig, context: &Context) -> PeerConfig {
    let remote_as = match bgp.neighbor_as {
        NeighborAs::Number(n) => RemoteAs::Number(n),
        NeighborAs::Internal => RemoteAs::Internal,
        NeighborAs::External => RemoteAs::External,
    };
    let peer = PeerConfig {
        local_as: bgp.local_as,
        remote_as,
        router_id: config.router_id.unwrap_or(context.router_id),
        hold_time_secs: bgp.hold_time_secs,
        startup_hold_time_secs: bgp.startup_hold_time_secs,
        keepalive_time_secs: bgp.keepalive_time_secs,
        connect_delay: bgp.connect_delay,
        connect_retry: bgp.connect_retry,
        error_wait: bgp.error_wait,
        error_forget: bgp.error_forget,
        disable_after_error: bgp.disable_after_error,
        passive: bgp.passive,
        capabilities: bgp.capabilities,
        families: config.channels.iter().map(|c| c.family).collect(),
        mandatory_families: config.channels.iter().filter(|c| c.bgp.mandatory).map(|c| c.family).collect(),
        add_path: config.channels.iter().filter_map(add_path).collect(),
        route_refresh: bgp.route_refresh,
        four_octet_as: bgp.four_octet_as,
        graceful_restart: godwit_fsm::GracefulRestartConfig::Off,
        restart_families: Vec::new(),
        preserved_families: Vec::new(),
        restarting: false,
    };
    graceful::configure(peer, config, bgp, context)
}

/// `add paths` of a channel, if it is on.
fn add_path(channel: &godwit_config::ChannelConfig) -> Option<AddPathFamily> {
    let (receive, send) = channel.bgp.add_paths;
    (receive || send).then_some(AddPathFamily { family: channel.family, receive, send })
}

/// One BGP protocol.
struct Task {
    config: ProtocolConfig,
    bgp: BgpConfig,
    peer: IpAddr,
    /// The interface of a link-local neighbor.
    interface: Option<String>,
    context: Context,
    fsm: Session,
    state: godwit_api::ProtocolState,
    since: u64,
    outgoing: Option<Connection>,
    incoming: Option<Connection>,
    connecting: Option<Attempt>,
    up: Option<Box<Up>>,
    /// Routes of a neighbor that is away and expected back.
    held: HeldRoutes,
    own_restart: OwnRestart,
    over_limit: Arc<crate::table::OverLimit>,
    /// How often the log is told that we cannot connect.
    faults: LogLimit,
    exit: mpsc::Sender<(String, String)>,
    /// Where the neighbor's connections come in.
    entrance: Entrance,
}

impl Task {
    async fn main(mut self, mut commands: mpsc::Receiver<Command>, mut incoming: mpsc::Receiver<Incoming>) {
        self.trace(DebugFlags::EVENTS, "Started");
        self.links_changed().await;
        self.begin();
        loop {
            self.act().await;
            let timeout = self.fsm.next_timeout();
            let over_limit = self.over_limit.clone();
            // Nothing is read while the tables have not taken what was read before.
            let read = self.up.as_ref().is_none_or(|up| !up.is_backed_up());
            let room = self.established().is_some_and(connection::Connection::has_room);
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Stop(reason, done)) => {
                        self.stop(&reason).await;
                        self.entrance.close();
                        let _ = done.send(());
                        return;
                    }
                    Some(command) => self.command(command).await,
                    None => return,
                },
                () = sleep_until(timeout) => self.fsm.handle_timeout(Instant::now()),
                () = sleep_until(self.entrance.retry_at()) => self.begin(),
                Some(connection) = incoming.recv() => self.accept(connection).await,
                result = Attempt::done(&mut self.connecting) => self.connect_done(result),
                changed = self.context.links.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.links_changed().await;
                }
                () = sleep_until(self.own_restart.timeout()) => self.own_restart.give_up(),
                () = self.context.recovery.ended(), if self.own_restart.active => self.recovered().await,
                () = over_limit.wake.notified() => self.limit_hit(),
                event = Up::event(&mut self.up, room) => match event {
                    UpEvent::Flushed => {}
                    UpEvent::Send(bytes) => self.chunk(bytes),
                    UpEvent::Gone => return,
                },
                () = Connection::ready(self.outgoing.as_ref(), read) => self.serve(Direction::Outgoing).await,
                () = Connection::ready(self.incoming.as_ref(), read) => self.serve(Direction::Incoming).await,
            }
        }
    }

    /// Carries out what the machine asks for.
    async fn act(&mut self) {
        while let Some(action) = self.fsm.poll_action() {
            match action {
                Action::Connect => self.connect(),
                Action::AbortConnect => {
                    self.connecting = None;
                    self.unanswered();
                }
                Action::Send(direction, message) => self.send(direction, &message),
                Action::Close(direction, how) => {
                    if let Some(connection) = self.slot(direction).take()
                        && how == CloseReason::AfterFlush
                    {
                        crate::task::spawn(connection.linger());
                    }
                }
                Action::Established(direction, negotiated) => {
                    self.set_state(godwit_api::ProtocolState::Up);
                    let local = self.slot(direction).as_ref().and_then(connection::Connection::local_address);
                    self.over_limit = Arc::default();
                    self.restart_established(&negotiated);
                    let held = std::mem::take(&mut self.held);
                    self.up = Up::start(self.view(&negotiated), direction, local.map(|l| l.ip()), held)
                        .await
                        .map(Box::new);
                    self.check_refreshed();
                }
                Action::Down(down) => self.down(&down).await,
                Action::StaleExpired => self.stale_expired().await,
                Action::Refresh(refresh) => {
                    if let Some(up) = &mut self.up {
                        up.refresh(refresh).await;
                    }
                }
                Action::Disable => {
                    let why = self.fsm.status(Instant::now()).last_error.unwrap_or_default();
                    let _ = self.exit.try_send((self.config.name.clone(), why));
                }
                Action::Log(class, text) => self.log(class, &text),
            }
        }
    }

    fn log(&self, class: LogClass, text: &str) {
        let name = &self.config.name;
        match class {
            LogClass::Remote => tracing::warn!(class = "RMT", "{name}: {text}"),
            LogClass::Error => tracing::error!("{name}: {text}"),
            LogClass::Trace => {
                self.trace(DebugFlags::EVENTS, text);
            }
        }
    }

    /// A line for those who asked for it with `debug`.
    fn trace(&self, flag: u8, text: impl std::fmt::Display) {
        if self.config.debug.has(flag) {
            tracing::debug!("{}: {text}", self.config.name);
        }
    }

    /// What is traced when a session is over.
    fn trace_end(&self) {
        self.trace(DebugFlags::EVENTS, "Down");
        self.trace(DebugFlags::STATES, "State changed to flush");
        self.trace(DebugFlags::STATES, "State changed to down");
    }

    fn set_state(&mut self, state: godwit_api::ProtocolState) {
        if self.state != state {
            self.state = state;
            self.since = crate::clock::unix_millis();
            let word = if state == godwit_api::ProtocolState::Up { "up" } else { "start" };
            self.trace(DebugFlags::STATES, format_args!("State changed to {word}"));
        }
    }

    fn slot(&mut self, direction: Direction) -> &mut Option<Connection> {
        match direction {
            Direction::Outgoing => &mut self.outgoing,
            Direction::Incoming => &mut self.incoming,
        }
    }

    fn established(&self) -> Option<&Connection> {
        match self.up.as_ref()?.direction() {
            Direction::Outgoing => self.outgoing.as_ref(),
            Direction::Incoming => self.incoming.as_ref(),
        }
    }

    /// Where the neighbor is: single-hop neighbors must be on a link that is up.
    fn neighbor_link(&self) -> OnLink {
        let links = self.context.links.borrow();
        match &self.interface {
            Some(name) => match links.by_name(name).filter(|l| l.admin_up) {
                Some(link) => OnLink::Yes(link.index),
                None => OnLink::No,
            },
            None => links.on_link(self.peer, None),
        }
    }

    async fn links_changed(&mut self) {
        let links = self.context.links.borrow_and_update().clone();
        let now = Instant::now();
        match self.neighbor_link() {
            _ if self.bgp.multihop.is_some() => self.fsm.set_reachable(true, now),
            OnLink::Yes(_) if !self.bgp.check_link => self.fsm.set_reachable(true, now),
            OnLink::Yes(index) => match links.by_index(index) {
                Some(link) if link.admin_up && !link.link_up => self.fsm.link_down(now),
                link => self.fsm.set_reachable(link.is_some_and(|l| l.link_up), now),
            },
            OnLink::Local | OnLink::No => self.fsm.set_reachable(false, now),
        }
        if let Some(up) = &mut self.up {
            up.links_changed(links).await;
        }
    }

    fn connect(&mut self) {
        let scope = match (self.peer, self.neighbor_link()) {
            (IpAddr::V6(a), OnLink::Yes(index)) if a.is_unicast_link_local() => index,
            _ => 0,
        };
        let local = self.bgp.local_address;
        match local {
            Some(local) => self.trace(
                DebugFlags::EVENTS,
                format_args!("Connecting to {} from local address {local}", self.peer),
            ),
            None => self.trace(DebugFlags::EVENTS, format_args!("Connecting to {}", self.peer)),
        }
        let outgoing = Outgoing {
            to: SocketAddr::new(self.peer, self.bgp.neighbor_port),
            scope,
            local,
            ttl: self.ttl(),
            minimum_ttl: minimum_ttl(&self.bgp),
            password: self.bgp.password.clone(),
        };
        self.entrance.asked_at = Some(Instant::now());
        self.connecting = Some(Attempt::new(&outgoing));
    }

    /// One hop for a direct external session; else what `multihop` says. With GTSM, the most there is.
    fn ttl(&self) -> u8 {
        if self.bgp.ttl_security { u8::MAX } else { self.bgp.multihop.unwrap_or(1) }
    }

    fn connect_done(&mut self, result: std::io::Result<TcpStream>) {
        self.connecting = None;
        let now = Instant::now();
        match result {
            Ok(stream) => {
                self.outgoing = Some(Connection::new(stream));
                self.fsm.connected(Direction::Outgoing, now);
            }
            Err(error) => {
                self.unanswered();
                let text = connection::error_text(&error);
                if let Some(step) = connection::failed_step(&error)
                    && self.faults.allows(now)
                {
                    tracing::error!("{}: Socket error: {step}: {text}", self.config.name);
                }
                self.fsm.connect_failed(&text, now);
            }
        }
    }

    async fn accept(&mut self, incoming: Incoming) {
        // It may be that the connection that is there is over, and that we do not know it yet.
        for direction in [Direction::Outgoing, Direction::Incoming] {
            if self.up.as_ref().is_none_or(|up| !up.is_backed_up()) {
                self.serve(direction).await;
                self.act().await;
            }
        }
        let now = Instant::now();
        // Something may be due that decides whether it is taken.
        let accepted = self.fsm.accepts_incoming(now);
        // It may take the place of one that is there, which is closed first.
        self.act().await;
        let word = if accepted { "accepted" } else { "rejected" };
        let (address, port) = (incoming.peer.ip(), incoming.peer.port());
        self.trace(
            DebugFlags::EVENTS,
            format_args!("Incoming connection from {address} (port {port}) {word}"),
        );
        if !accepted {
            if self.up.is_some() {
                crate::task::spawn(connection::refuse(incoming.stream, Notification::cease(5, None)));
            }
            return;
        }
        if let Err(error) = connection::prepare(&incoming.stream, self.ttl()) {
            tracing::warn!("{}: incoming connection: {error}", self.config.name);
            return;
        }
        self.incoming = Some(Connection::new(incoming.stream));
        self.fsm.connected(Direction::Incoming, now);
        if !self.connecting.as_ref().is_some_and(Attempt::is_taken) {
            self.fsm.abandon_connect(now);
        }
    }

    fn send(&mut self, direction: Direction, message: &Outbound) {
        self.trace(DebugFlags::PACKETS, format_args!("Sending {}", trace::outbound(message)));
        let mut out = BytesMut::with_capacity(64);
        match message {
            Outbound::Open(open) => open.encode(&mut out),
            Outbound::Keepalive => godwit_wire::encode_keepalive(&mut out),
            Outbound::Notification(notification) => notification.encode(&mut out),
            Outbound::RouteRefresh(refresh) => refresh.encode(&mut out),
        }
        if let Some(connection) = self.slot(direction) {
            connection.queue(out.freeze());
            connection.write();
        }
    }

    fn chunk(&mut self, bytes: bytes::Bytes) {
        self.trace(DebugFlags::PACKETS, "Sending UPDATE");
        let Some(direction) = self.up.as_ref().map(|up| up.direction()) else { return };
        if let Some(connection) = self.slot(direction) {
            connection.queue(bytes);
            connection.write();
        }
    }

    /// Reads and writes what one connection is ready for.
    async fn serve(&mut self, direction: Direction) {
        let Some(mut connection) = self.slot(direction).take() else { return };
        connection.write();
        let end = connection.read();
        let mut buffer = std::mem::take(&mut connection.buffer);
        // It goes back first: the machine may want to send over it.
        *self.slot(direction) = Some(connection);
        loop {
            let consumed = self.messages(direction, &buffer);
            buffer.advance(consumed);
            // What the machine wants is done before more is read: a session that has just been
            // established is set up before its first UPDATE.
            self.act().await;
            if consumed == 0 || self.slot(direction).is_none() {
                break;
            }
        }
        if let Some(up) = &mut self.up {
            up.hand_over();
        }
        let Some(connection) = self.slot(direction) else { return };
        connection.give_back(buffer);
        if let Some(error) = end {
            self.fsm.closed(direction, error.as_deref(), Instant::now());
        }
    }

    /// Every whole message of the buffer; how many octets they were.
    fn messages(&mut self, direction: Direction, buffer: &[u8]) -> usize {
        let now = Instant::now();
        let mut consumed = 0;
        while self.slot(direction).is_some() {
            let rest = buffer.get(consumed..).unwrap_or_default();
            match godwit_wire::next_frame(rest, godwit_wire::MESSAGE_LEN_MAX) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    consumed += frame.len;
                    if !self.message(direction, frame.kind, frame.body, now) {
                        break;
                    }
                }
                Err(error) => {
                    self.fsm.message_error(direction, &error, now);
                    return buffer.len();
                }
            }
        }
        consumed
    }

    /// One message. Whether the connection goes on.
    fn message(&mut self, direction: Direction, kind: MessageType, body: &[u8], now: Instant) -> bool {
        if self.config.debug.has(DebugFlags::PACKETS) {
            self.trace(DebugFlags::PACKETS, format_args!("Got {}", trace::inbound(kind, body)));
        }
        if kind == MessageType::Update {
            if self.fsm.update(direction, now) == UpdateVerdict::Ignore {
                return false;
            }
            let Some(up) = &mut self.up else { return true };
            let links = self.context.links.borrow().clone();
            return match up.update(body, &links, &self.config) {
                Ok(family) => {
                    if let Some(family) = family {
                        self.end_of_rib(family);
                    }
                    true
                }
                Err(error) => {
                    self.fsm.message_error(direction, &error, now);
                    false
                }
            };
        }
        let handled = match kind {
            MessageType::Open => Open::parse(body).map(|open| self.fsm.open(direction, open, now)),
            MessageType::Keepalive => {
                self.fsm.keepalive(direction, now);
                Ok(())
            }
            MessageType::Notification => {
                Notification::parse(body).map(|n| self.fsm.notification(direction, &n, now))
            }
            MessageType::RouteRefresh => {
                RouteRefresh::parse(body).map(|r| self.fsm.route_refresh(direction, r, now))
            }
            MessageType::Update => Ok(()),
        };
        if let Err(error) = handled {
            self.fsm.message_error(direction, &error, now);
            return false;
        }
        !self.fsm.has_action()
    }

    fn limit_hit(&mut self) {
        let name = &self.config.name;
        let passed = self.config.channels.iter().filter(|c| self.over_limit.take(c.family));
        let (mut end, mut disable) = (false, false);
        for limit in passed.filter_map(|c| c.import_limit) {
            end |= matches!(limit.action, LimitAction::Restart | LimitAction::Disable);
            disable |= limit.action == LimitAction::Disable;
            let (max, action) = (limit.max, limit.action.word());
            tracing::warn!("Protocol {name} hits route import limit ({max}), action: {action}");
        }
        if !end {
            return;
        }
        tracing::warn!("{name}: Route limit exceeded, shutting down");
        self.fsm.end(&StopCause::MaxPrefixes, Instant::now());
        if disable {
            let _ = self
                .exit
                .try_send((self.config.name.clone(), "Automatic shutdown: Route limit exceeded".into()));
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Status(reply) => {
                let _ = reply.send(self.status().await);
            }
            Command::Reload(direction, reply) => {
                let _ = reply.send(self.reload(direction).await);
            }
            Command::Update(config, direction) => self.update_config(*config, direction).await,
            Command::Stop(..) => {}
        }
    }

    /// The session as its channels look at it.
    fn view<'a>(&'a self, negotiated: &'a godwit_fsm::Negotiated) -> channels::SessionView<'a> {
        channels::SessionView {
            config: &self.config,
            bgp: &self.bgp,
            context: &self.context,
            negotiated,
            peer: self.peer,
            over_limit: &self.over_limit,
            recovering: self.own_restart.active,
        }
    }

    async fn update_config(&mut self, config: ProtocolConfig, direction: ReloadDirection) {
        self.config = config;
        if let Some(mut up) = self.up.take() {
            let negotiated = up.negotiated().clone();
            up.set_policies(self.view(&negotiated)).await;
            self.up = Some(up);
        }
        let import = ReloadDirection { export: false, ..direction };
        if import.import && !self.reload(import).await {
            tracing::info!("{}: neighbor does not take route refresh, restarting", self.config.name);
            self.fsm.stop(&StopCause::ConfigurationChange, Instant::now());
            self.act().await;
            self.fsm.start(Instant::now());
        }
    }

    /// Runs policies over all routes again; `false` if the neighbor cannot be asked for its routes.
    async fn reload(&mut self, direction: ReloadDirection) -> bool {
        let Some(up) = &mut self.up else { return true };
        if direction.export {
            up.refeed().await;
        }
        if !direction.import {
            return true;
        }
        if !up.can_refresh() {
            return false;
        }
        let over = up.direction();
        for family in up.families() {
            self.send(over, &Outbound::RouteRefresh(RouteRefresh { family, subtype: 0 }));
        }
        true
    }

    async fn stop(&mut self, reason: &StopReason) {
        if *reason == StopReason::Graceful {
            // Gone without a word: the neighbor keeps our routes if it can.
            self.outgoing = None;
            self.incoming = None;
        }
        let cause = match reason {
            StopReason::Disabled(text) => StopCause::AdministrativeShutdown(text.clone()),
            StopReason::Shutdown | StopReason::Graceful => StopCause::AdministrativeShutdown(None),
            StopReason::Restarted(text) => StopCause::AdministrativeReset(text.clone()),
            StopReason::Removed => StopCause::Deconfigured,
            StopReason::Reconfigured => StopCause::ConfigurationChange,
        };
        self.trace(DebugFlags::STATES, "Shutting down");
        self.trace(DebugFlags::EVENTS, "Shutdown requested");
        self.trace(DebugFlags::STATES, "State changed to stop");
        self.fsm.stop(&cause, Instant::now());
        let mut closing = Vec::new();
        while let Some(action) = self.fsm.poll_action() {
            match action {
                Action::Send(direction, message) => self.send(direction, &message),
                Action::Close(direction, CloseReason::AfterFlush) => {
                    closing.extend(self.slot(direction).take().map(|c| crate::task::spawn(c.linger())));
                }
                Action::Log(class, text) => self.log(class, &text),
                _ => {}
            }
        }
        self.trace_end();
        if *reason != StopReason::Graceful {
            // The routes go at once, however long a dead neighbor does not close its end. In a graceful stop they stay
            // until the tables go: other sessions may still be up and would withdraw them.
            if let Some(up) = self.up.take() {
                up.stop().await;
            }
            self.held.flush().await;
        }
        // The last words go out before the runtime may end. Otherwise nobody waits for a neighbor that is gone.
        if matches!(reason, StopReason::Shutdown | StopReason::Graceful) {
            for connection in closing {
                let _ = connection.await;
            }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
