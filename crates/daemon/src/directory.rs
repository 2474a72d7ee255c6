//! Who takes connections from whom. A session has a door here while it runs; on the socket the door belongs to, the
//! kernel has its TCP MD5 key (RFC 2385), so that nobody without the key comes as far as the door; likewise those of TCP-AO (RFC 5925). Who is nobody's
//! neighbor, and in a range, goes to the range's door.

mod entry;
mod place;
mod state;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use godwit_config::{BgpConfig, ListenConfig};
use godwit_sockopt::OptionMemory;
use ipnetwork::IpNetwork;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::links::LinkTable;
use crate::secret::{Secret, SecretError};

use entry::{Entry, RangeEntry, interface_of};
pub(crate) use place::Place;
use state::State;

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

/// What the configuration asks of a listening socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    /// How many keys its sessions have.
    pub(crate) keys: usize,
    /// `free bind` of one of them.
    pub(crate) free_bind: bool,
}

/// A session's door: connections from its neighbors go to the session until this is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    directory: Directory,
    place: Place,
    whom: IpNetwork,
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
    #[error("another session with this address has another password, other keys or none")]
    OtherPassword(&'static str),
    /// The kernel does not take a key.
    #[error("{1}")]
    Key(&'static str, SecretError),
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
            Self::OtherPassword(kind) | Self::Key(kind, _) => format!("Error: {kind}: {self}"),
        }
    }
}

/// What a door's key is called.
fn kind(secret: Option<&Secret>) -> &'static str {
    secret.map_or("TCP MD5", Secret::name)
}

/// The lowest TTL a session's packets may come with (RFC 5082 §3); none: any.
pub(crate) fn minimum_ttl(bgp: &BgpConfig) -> Option<u8> {
    bgp.ttl_security.then(|| u8::MAX - bgp.multihop.unwrap_or(1).saturating_sub(1))
}

impl Directory {
    /// One that knows the interfaces.
    pub(crate) fn new(links: watch::Receiver<Arc<LinkTable>>) -> Self {
        let directory = Self::default();
        directory.lock().links = Some(links);
        directory
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the configuration says of sockets.
    pub(crate) fn configure(&self, listen: Option<ListenConfig>, wanted: BTreeMap<Place, Wanted>) {
        let mut state = self.lock();
        state.listen = listen;
        state.wanted = wanted;
    }

    /// What a socket is to be bound to, and whether that need not be ours yet.
    pub(crate) fn binding(&self, at: &Place) -> (io::Result<SocketAddr>, bool) {
        let state = self.lock();
        let address = match &state.links {
            Some(links) => at.resolve(&links.borrow()),
            None => Ok(at.address),
        };
        (address, state.wanted.get(at).is_some_and(|wanted| wanted.free_bind))
    }

    /// A socket listens.
    pub(crate) fn add_socket(&self, at: &Place, socket: Arc<TcpListener>) {
        let mut state = self.lock();
        state.sockets.insert(at.clone(), socket);
        state.set_floor(at);
    }

    /// A socket no longer does.
    pub(crate) fn remove_socket(&self, at: &Place) {
        let mut state = self.lock();
        state.sockets.remove(at);
        state.floors.remove(at);
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
        let place = Place::of(bgp, state.listen.as_ref());
        let mut entry = Entry::new(bgp, interface_of(bgp, peer), to.clone());
        let others = state.doors.get(&(place.clone(), peer)).map_or([].as_slice(), Vec::as_slice);
        if let Some(other) = others.iter().find(|other| other.secret != entry.secret) {
            return Err(NoDoor::OtherPassword(kind(entry.secret.as_ref().or(other.secret.as_ref()))));
        }
        let is_there = others.iter().any(|other| other.own_key);
        entry.own_key = entry.secret.is_some() && !state.has_key_of_range(&place, peer, &entry);
        if entry.own_key {
            state.set_key(&place, peer.into(), &entry, is_there)?;
        }
        let entries = state.doors.entry((place.clone(), peer)).or_default();
        entries.retain(|other| other.interface != entry.interface);
        entries.push(entry);
        state.set_floor(&place);
        Ok(Door { directory: self.clone(), place, whom: peer.into(), to })
    }

    /// The same of all in a range that have no door of their own.
    pub(crate) fn open_range(
        &self,
        bgp: &BgpConfig,
        net: IpNetwork,
        to: mpsc::Sender<Incoming>,
    ) -> Result<Door, NoDoor> {
        let mut state = self.lock();
        let place = Place::of(bgp, state.listen.as_ref());
        let mut range = RangeEntry::new(bgp, net, to.clone());
        let others = state.ranges.get(&place).map_or([].as_slice(), Vec::as_slice);
        let same = || others.iter().filter(|other| other.net == net).map(|other| &other.entry);
        if let Some(other) = same().find(|other| other.secret != range.entry.secret) {
            return Err(NoDoor::OtherPassword(kind(range.entry.secret.as_ref().or(other.secret.as_ref()))));
        }
        if range.entry.secret.is_some() {
            let is_there = same().any(|other| other.own_key);
            state.set_key(&place, net, &range.entry, is_there)?;
            range.entry.own_key = true;
        }
        state.ranges.entry(place.clone()).or_default().push(range);
        state.set_floor(&place);
        Ok(Door { directory: self.clone(), place, whom: net, to })
    }

    /// Accepts one connection and hands it to whom it is for.
    pub(crate) fn poll_accept(
        &self,
        at: &Place,
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
        if state.close(&self.place, self.whom, &self.to) {
            state.set_floor(&self.place);
        }
    }
}

#[cfg(test)]
mod tests;
