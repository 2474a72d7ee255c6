//! The shell of a BGP session: sockets, timers and channels around the sans-IO machine. It moves
//! values; what is decided is decided in `fsm` (the session) and `rib` (the routes).

mod channels;
mod commands;
mod connection;
mod graceful;
mod held;
mod messages;
mod peer;
mod refresh;
mod status;
mod trace;
mod transport;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use godwit_config::{BgpConfig, DebugFlags, Neighbor, ProtocolConfig, ProtocolKind};
use godwit_fsm::{Action, CloseReason, Direction, LogClass, Session};
use tokio::sync::mpsc;

use crate::directory::Incoming;
use crate::entrance::Entrance;
use crate::exit::ExitSender;
use crate::limits::INCOMING_QUEUE_LEN;
use crate::log_limit::LogLimit;
use crate::protocol::{Command, Context};
use crate::task::sleep_until;
use crate::without_effect::reason_for_no_session;

pub(crate) use status::{channel_down, not_running};
pub(crate) use trace::channel_name;

use channels::{SessionView, Up, UpEvent};
use connection::{Attempt, Connection};
use graceful::OwnRestart;
use held::HeldRoutes;
use peer::peer_config;

/// Runs a BGP protocol until it is told to stop. `exit` is told if it has to end by itself. What it waits for
/// after a restart of ours is known when this returns, not when it runs. `first` is the connection it was made for, if
/// it is a dynamic one.
pub(crate) fn run(
    config: ProtocolConfig,
    context: Context,
    commands: mpsc::Receiver<Command>,
    exit: ExitSender,
    first: Option<Incoming>,
) -> impl Future<Output = ()> + Send {
    let own_restart = match &config.kind {
        ProtocolKind::Bgp(bgp) => Some(OwnRestart::begin(&config, bgp, &context.recovery)),
        _ => None,
    };
    async move {
        if let Some(own_restart) = own_restart {
            work(config, context, commands, exit, own_restart, first).await;
        }
    }
}

async fn work(
    config: ProtocolConfig,
    context: Context,
    commands: mpsc::Receiver<Command>,
    mut exit: ExitSender,
    own_restart: OwnRestart,
    first: Option<Incoming>,
) {
    let ProtocolKind::Bgp(bgp) = config.kind.clone() else { return };
    if let Some(reason) = reason_for_no_session(&bgp) {
        exit.end(reason);
        return exit.tell().await;
    }
    let Neighbor::Address { address, interface } = bgp.neighbor.clone() else {
        return exit.tell().await;
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
        asked_at: None,
    };
    task.main(commands, incoming, first).await;
}

fn hash_name(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
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
    over_limit: Arc<crate::over_limit::OverLimit>,
    /// How often the log is told that we cannot connect.
    faults: LogLimit,
    exit: ExitSender,
    /// Where the neighbor's connections come in.
    entrance: Entrance,
    /// When the neighbor was last asked for a connection.
    asked_at: Option<Instant>,
}

impl Task {
    async fn main(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut incoming: mpsc::Receiver<Incoming>,
        first: Option<Incoming>,
    ) {
        self.trace(DebugFlags::EVENTS, "Started");
        self.links_changed().await;
        self.begin();
        if let Some(first) = first {
            self.act().await;
            self.accept(first).await;
        }
        loop {
            self.act().await;
            let timeout = self.fsm.next_timeout();
            let over_limit = self.over_limit.clone();
            // Nothing is read while the tables have not taken what was read before.
            let read = self.up.as_ref().is_none_or(|up| !up.is_backed_up() && !self.bgp.disable_rx);
            let room = self.established().is_some_and(Connection::has_room);
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
                () = self.exit.tell() => {}
                event = Up::event(&mut self.up, room) => match event {
                    UpEvent::Flushed => {}
                    UpEvent::Send(bytes) => self.chunk(bytes),
                    UpEvent::Refreshed(family, end) => self.refreshed(family, end).await,
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
                    let local = self.slot(direction).as_ref().and_then(Connection::local_address);
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
                Action::LongLived(families) => self.long_lived(&families).await,
                Action::FamilyExpired(family) => self.family_expired(family).await,
                Action::EarlierExpired(families) => self.earlier_expired(&families).await,
                Action::Refresh(refresh) => self.refresh(refresh).await,
                Action::Disable => {
                    let why = self.fsm.status(Instant::now()).last_error.unwrap_or_default();
                    self.exit.end(why);
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

    /// The session as its channels look at it.
    fn view<'a>(&'a self, negotiated: &'a godwit_fsm::Negotiated) -> SessionView<'a> {
        SessionView {
            config: &self.config,
            bgp: &self.bgp,
            context: &self.context,
            negotiated,
            peer: self.peer,
            over_limit: &self.over_limit,
            recovering: self.own_restart.active,
        }
    }
}
