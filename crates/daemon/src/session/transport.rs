//! How the two ends come to be connected: where the neighbor is, the attempt to connect, connections of its own.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use godwit_config::DebugFlags;
use godwit_fsm::Direction;
use godwit_rib::{Links, OnLink};
use godwit_sockopt::Md5Drops;
use godwit_wire::Notification;
use tokio::net::TcpStream;

use crate::directory::{Incoming, minimum_ttl};
use crate::secret::Secret;

use super::Task;
use super::connection::{self, Attempt, Connection, Outgoing};

/// An attempt that ends sooner was refused, or given up for another connection.
const HUNG: Duration = Duration::from_secs(60);

impl Task {
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

    /// Starts the session if its door opens; else this is to be called again.
    pub(super) fn begin(&mut self) {
        let (directory, bgp, peer) = (&self.context.directory, &self.bgp, self.peer);
        let without = "the session stays down while it cannot be protected";
        if self.entrance.open(&self.config.name, without, |to| directory.open(bgp, peer, to)) {
            self.fsm.start(Instant::now());
        }
    }

    pub(super) async fn links_changed(&mut self) {
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

    pub(super) fn connect(&mut self) {
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
            free_bind: self.bgp.free_bind,
            ttl: self.ttl(),
            minimum_ttl: minimum_ttl(&self.bgp),
            secret: Secret::of(&self.bgp),
        };
        self.asked_at = Some(Instant::now());
        self.connecting = Some(Attempt::new(&outgoing));
    }

    /// A connection attempt is over without success. If it hung, and the session has a password, the reason may be
    /// the password: the kernel of who has another one does not answer, nor tell its user.
    pub(super) fn unanswered(&mut self) {
        let now = Instant::now();
        let Some(asked_at) = self.asked_at.take() else { return };
        // The retry time is jittered, so less than the whole of it may have passed.
        let hung = now.saturating_duration_since(asked_at) >= self.bgp.connect_retry.min(HUNG) / 2;
        if !hung || self.up.is_some() {
            return;
        }
        if !self.bgp.tcp_ao_keys.is_empty() && self.faults.allows(now) {
            tracing::warn!(
                "{}: no answer from {}: it is not there, or has other keys of TCP-AO (`nstat -az | grep TCPAO`)",
                self.config.name,
                self.peer
            );
        } else if self.bgp.password.is_some() && self.faults.allows(now) {
            let drops = Md5Drops::now().unwrap_or_default();
            tracing::warn!(
                "{}: no answer from {}: it is not there, or has another password \
                 (our kernel has dropped {drops} so far, of anybody's)",
                self.config.name,
                self.peer
            );
        }
    }

    /// One hop for a direct external session; else what `multihop` says. With GTSM, the most there is.
    fn ttl(&self) -> u8 {
        if self.bgp.ttl_security { u8::MAX } else { self.bgp.multihop.unwrap_or(1) }
    }

    pub(super) fn connect_done(&mut self, result: std::io::Result<TcpStream>) {
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

    pub(super) async fn accept(&mut self, incoming: Incoming) {
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
                let word = Notification::cease(5, None);
                crate::task::spawn(connection::refuse(incoming.stream, word, self.fsm.refuses_from(now)));
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
}
