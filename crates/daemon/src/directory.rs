//! Who takes connections from whom. A session has a door here while it runs; on the socket the door belongs to, the
//! kernel has its TCP MD5 key (RFC 2385), so that nobody without the key comes as far as the door.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use godwit_config::{BgpConfig, ListenConfig, Password};
use godwit_sockopt::{Md5Error, OptionMemory, remove_md5_key, set_md5_key, set_minimum_ttl};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::limits::LISTEN_BACKLOG;
use crate::log_limit::LogLimit;

/// An accepted connection on its way to its session.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
}

/// The doors of all sessions. Not routing state: looked at once per connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// `listen bgp`.
    listen: Option<ListenConfig>,
    /// How many sessions with a password the configuration has for each socket.
    passwords: BTreeMap<SocketAddr, usize>,
    sockets: HashMap<SocketAddr, Arc<TcpListener>>,
    /// The minimum TTL each socket has, if it has one.
    floors: HashMap<SocketAddr, u8>,
    /// By socket and neighbor.
    doors: HashMap<(SocketAddr, IpAddr), Entry>,
    /// What is logged of those who find no door.
    limit: LogLimit,
}

#[derive(Debug)]
struct Entry {
    to: mpsc::Sender<Incoming>,
    password: Option<Password>,
    minimum_ttl: Option<u8>,
}

/// A session's door: connections from its neighbor go to the session until this is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    directory: Directory,
    place: (SocketAddr, IpAddr),
    to: mpsc::Sender<Incoming>,
}

/// Why a session gets no door: it would be one without its key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoDoor {
    /// The socket is not there yet.
    #[error("No listening socket")]
    NotListening,
    /// The socket has no room for its key.
    #[error("{0}")]
    OptionMemory(OptionMemory),
    /// The kernel has one key for an address, whatever the interface.
    #[error("another session with this address has another password or none")]
    OtherPassword,
    /// The kernel does not take the key.
    #[error("{0}")]
    Key(Md5Error),
}

impl NoDoor {
    /// The same in as many words as `show protocols` has room for.
    pub(crate) fn brief(&self) -> String {
        match self {
            Self::NotListening => "Error: No listening socket".into(),
            Self::OptionMemory(memory) => {
                format!(
                    "Error: No room for its TCP MD5 key: sysctl -w net.core.optmem_max={}",
                    memory.enough()
                )
            }
            Self::OtherPassword | Self::Key(_) => format!("Error: TCP MD5: {self}"),
        }
    }
}

/// The lowest TTL a session's packets may come with (RFC 5082 §3); none: any.
pub(crate) fn minimum_ttl(bgp: &BgpConfig) -> Option<u8> {
    bgp.ttl_security.then(|| u8::MAX - bgp.multihop.unwrap_or(1).saturating_sub(1))
}

impl Directory {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the configuration says of sockets.
    pub(crate) fn configure(&self, listen: Option<ListenConfig>, passwords: BTreeMap<SocketAddr, usize>) {
        let mut state = self.lock();
        state.listen = listen;
        state.passwords = passwords;
    }

    /// A socket listens.
    pub(crate) fn add_socket(&self, at: SocketAddr, socket: Arc<TcpListener>) {
        let mut state = self.lock();
        state.sockets.insert(at, socket);
        state.set_floor(at);
    }

    /// A socket no longer does.
    pub(crate) fn remove_socket(&self, at: SocketAddr) {
        let mut state = self.lock();
        state.sockets.remove(&at);
        state.floors.remove(&at);
    }

    /// Has connections from `peer` go to a session from now on: only such as were made with its password, if it
    /// has one, and come from near enough.
    pub(crate) fn open(
        &self,
        bgp: &BgpConfig,
        peer: IpAddr,
        to: mpsc::Sender<Incoming>,
    ) -> Result<Door, NoDoor> {
        let mut state = self.lock();
        let at = bgp.listen_address(state.listen.as_ref());
        let place = (at, peer);
        let password = bgp.password.clone();
        if state.doors.get(&place).is_some_and(|other| other.password != password) {
            return Err(NoDoor::OtherPassword);
        }
        if let Some(password) = &password {
            let socket = state.sockets.get(&at).cloned().ok_or(NoDoor::NotListening)?;
            set_md5_key(&socket, peer.into(), password.octets()).map_err(|error| match error {
                Md5Error::OutOfOptionMemory => NoDoor::OptionMemory(state.option_memory(at)),
                error => NoDoor::Key(error),
            })?;
            // Who connected before the key was there does not come in, whoever it was.
            state.drain(at, &socket);
        }
        let entry = Entry { to: to.clone(), password, minimum_ttl: minimum_ttl(bgp) };
        state.doors.insert(place, entry);
        state.set_floor(at);
        Ok(Door { directory: self.clone(), place, to })
    }

    /// Accepts one connection and hands it to whom it is for.
    pub(crate) fn poll_accept(
        &self,
        at: SocketAddr,
        listener: &TcpListener,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        // From before the connection is taken to when its door is found nothing else may happen: the door may
        // be one for connections with a key, and this one older than the key.
        let mut state = self.lock();
        let (stream, peer) = ready!(listener.poll_accept(cx))?;
        state.hand_over(at, Incoming { stream, peer });
        Poll::Ready(Ok(()))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let mut state = self.directory.lock();
        if !state.doors.get(&self.place).is_some_and(|entry| entry.to.same_channel(&self.to)) {
            return;
        }
        let (at, peer) = self.place;
        let had_key = state.doors.remove(&self.place).is_some_and(|entry| entry.password.is_some());
        if let Some(socket) = state.sockets.get(&at).filter(|_| had_key)
            && let Err(error) = remove_md5_key(socket, peer.into())
        {
            tracing::warn!("BGP: the TCP MD5 key of {peer} cannot be removed: {error}");
        }
        state.set_floor(at);
    }
}

impl State {
    fn option_memory(&self, at: SocketAddr) -> OptionMemory {
        let set = self.doors.iter().filter(|(place, e)| place.0 == at && e.password.is_some()).count();
        let configured = self.passwords.get(&at).copied().unwrap_or_default();
        OptionMemory::now(set, configured.max(set + 1))
    }

    /// Gives a socket the lowest minimum TTL of its sessions, so that where all have one nobody from afar gets as
    /// far as a handshake. An accepted connection has its own before it is read; what came before that was not
    /// looked at, and this keeps it out.
    fn set_floor(&mut self, at: SocketAddr) {
        let minima = self.doors.iter().filter(|(place, _)| place.0 == at).map(|(_, e)| e.minimum_ttl);
        let floor = minima.map(Option::unwrap_or_default).min().unwrap_or_default();
        let Some(socket) = self.sockets.get(&at) else { return };
        if self.floors.get(&at).copied().unwrap_or_default() == floor {
            return;
        }
        match set_minimum_ttl(socket, at.ip(), floor) {
            Ok(()) => drop(self.floors.insert(at, floor)),
            Err(error) => tracing::warn!("BGP: the minimum TTL of {at} stays as it was: {error}"),
        }
    }

    /// Hands over what waits to be accepted.
    fn drain(&mut self, at: SocketAddr, listener: &TcpListener) {
        // Not by the listener's own means: who waits on it is to be woken still.
        let socket = SockRef::from(listener);
        // The kernel lets one more wait than it is told.
        for _ in 0..=LISTEN_BACKLOG {
            match socket.accept() {
                Ok((accepted, peer)) => {
                    let stream = accepted
                        .set_nonblocking(true)
                        .and_then(|()| TcpStream::from_std(std::net::TcpStream::from(accepted)));
                    if let (Ok(stream), Some(peer)) = (stream, peer.as_socket()) {
                        self.hand_over(at, Incoming { stream, peer });
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // That one is gone.
                Err(_) => {}
            }
        }
    }

    fn hand_over(&mut self, at: SocketAddr, incoming: Incoming) {
        let peer = incoming.peer;
        let Some(entry) = self.doors.get(&(at, peer.ip())) else { return self.say_closed(peer, false) };
        if let Some(minimum) = entry.minimum_ttl
            && let Err(error) = set_minimum_ttl(&incoming.stream, peer.ip(), minimum)
        {
            tracing::warn!("BGP: connection from {} closed: its minimum TTL: {error}", peer.ip());
            return;
        }
        if entry.to.try_send(incoming).is_err() {
            self.say_closed(peer, true);
        }
    }

    fn say_closed(&mut self, peer: SocketAddr, known: bool) {
        if !self.limit.allows(Instant::now()) {
            return;
        }
        if let Some(count) = self.limit.left_out() {
            tracing::warn!("BGP: {count} more connections were closed and not logged");
        }
        if known {
            tracing::warn!("BGP: connection from {} closed: too many at once", peer.ip());
        } else {
            tracing::warn!(
                "BGP: Unexpected connect from unknown address {} (port {})",
                peer.ip(),
                peer.port()
            );
        }
    }
}

#[cfg(test)]
mod tests;
