//! The doors themselves, under the directory's lock.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use godwit_config::ListenConfig;
use godwit_sockopt::{Md5Error, OptionMemory, set_minimum_ttl};
use ipnetwork::IpNetwork;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::limits::LISTEN_BACKLOG;
use crate::links::{LinkTable, is_link_local};
use crate::log_limit::LogLimit;
use crate::secret::{Kernel, Keys, Secret, SecretError, Use};

use super::entry::{Entry, RangeEntry, link_of};
use super::{Incoming, NoDoor, Place, Wanted};

/// The kernel, but in tests.
#[derive(Debug)]
pub(super) struct KeyGiver(pub(super) Box<dyn Keys>);

impl Default for KeyGiver {
    fn default() -> Self {
        Self(Box::new(Kernel))
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// `listen bgp`.
    pub(super) listen: Option<ListenConfig>,
    /// What the configuration wants of each socket.
    pub(super) wanted: BTreeMap<Place, Wanted>,
    pub(super) links: Option<watch::Receiver<Arc<LinkTable>>>,
    pub(super) sockets: HashMap<Place, Arc<TcpListener>>,
    /// The minimum TTL each socket has, if it has one.
    pub(super) floors: HashMap<Place, u8>,
    /// By socket and neighbor: one, or one on each interface.
    pub(super) doors: HashMap<(Place, IpAddr), Vec<Entry>>,
    /// For those who have no door of their own.
    pub(super) ranges: HashMap<Place, Vec<RangeEntry>>,
    /// Who gives keys to sockets.
    pub(super) keys: KeyGiver,
    /// What is logged of those who find no door.
    limit: LogLimit,
}

impl State {
    fn entries(&self, at: &Place) -> impl Iterator<Item = &Entry> {
        let doors = self.doors.iter().filter(move |(place, _)| place.0 == *at).flat_map(|(_, e)| e);
        let ranges = self.ranges.get(at).into_iter().flatten().map(|range| &range.entry);
        doors.chain(ranges)
    }

    fn option_memory(&self, at: &Place) -> OptionMemory {
        let own = self.entries(at).filter(|entry| entry.own_key);
        let set = own.filter_map(|entry| entry.secret.as_ref()).map(Secret::pieces).sum();
        let configured = self.wanted.get(at).map_or(0, |wanted| wanted.keys);
        OptionMemory::now(set, configured.max(set + 1))
    }

    /// Whether the key of a range is that of an address in it.
    pub(super) fn has_key_of_range(&self, at: &Place, peer: IpAddr, entry: &Entry) -> bool {
        let ranges = self.ranges.get(at).into_iter().flatten().filter(|range| range.net.contains(peer));
        // The kernel takes the longest.
        let longest = ranges.filter(|range| range.entry.own_key).max_by_key(|range| range.net.prefix());
        longest.is_some_and(|range| range.entry.secret == entry.secret)
    }

    /// Gives the kernel a door's key, unless it is there by another door.
    pub(super) fn set_key(
        &mut self,
        at: &Place,
        whom: IpNetwork,
        entry: &Entry,
        is_there: bool,
    ) -> Result<(), NoDoor> {
        let Some(secret) = &entry.secret else { return Ok(()) };
        let socket = self.sockets.get(at).cloned().ok_or(NoDoor::NotListening)?;
        if !is_there {
            secret.set(&*self.keys.0, socket.as_fd(), whom, Use::Listen).map_err(|error| match error {
                SecretError::Md5(Md5Error::OutOfOptionMemory) => NoDoor::OptionMemory(self.option_memory(at)),
                error => NoDoor::Key(secret.name(), error),
            })?;
        }
        // Who connected before the key was there does not come in, whoever it was.
        self.drain(at, &socket);
        Ok(())
    }

    /// Takes a door away, with its key; whether it was there.
    pub(super) fn close(&mut self, at: &Place, whom: IpNetwork, to: &mpsc::Sender<Incoming>) -> bool {
        let mut gone = Vec::new();
        let mut key_stays = false;
        if let Some(ranges) = self.ranges.get_mut(at) {
            gone.extend(ranges.extract_if(.., |r| r.entry.to.same_channel(to)).map(|range| range.entry));
            key_stays = ranges.iter().any(|range| range.net == whom && range.entry.own_key);
        }
        let place = (at.clone(), whom.ip());
        let of_range = !gone.is_empty();
        // TCP-AO keys with the same IDs cannot be there for a range and for one who is in it.
        let at_once = gone.iter().all(|entry| matches!(entry.secret, Some(Secret::Ao(_))));
        if of_range && !at_once {
            self.uncover(at, whom);
        } else if !of_range && let Some(entries) = self.doors.get_mut(&place) {
            gone.extend(entries.extract_if(.., |entry| entry.to.same_channel(to)));
            key_stays = entries.iter().any(|entry| entry.own_key);
            if entries.is_empty() {
                self.doors.remove(&place);
            }
        }
        let own = gone.iter().filter(|entry| entry.own_key).find_map(|entry| entry.secret.as_ref());
        if let Some(socket) = self.sockets.get(at).filter(|_| !key_stays)
            && let Some(secret) = own
            && let Err(error) = secret.remove(&*self.keys.0, socket.as_fd(), whom)
        {
            tracing::warn!("BGP: the {} key of {whom} cannot be removed: {error}", secret.name());
        }
        if of_range && at_once && !key_stays {
            self.uncover(at, whom);
        }
        !gone.is_empty()
    }

    /// Doors that counted on the key of a range get keys of their own before it goes, or, with TCP-AO, when it is gone:
    /// who connects in between is not signed, and does not come in.
    fn uncover(&mut self, at: &Place, net: IpNetwork) {
        let Some(socket) = self.sockets.get(at).cloned() else { return };
        let Self { doors, keys, .. } = self;
        let inside = doors.iter_mut().filter(|((place, peer), _)| place == at && net.contains(*peer));
        for ((_, peer), entries) in inside {
            entries.retain_mut(|entry| {
                let Some(secret) = entry.secret.as_ref().filter(|_| !entry.own_key) else { return true };
                let result = secret.set(&*keys.0, socket.as_fd(), (*peer).into(), Use::Listen);
                entry.own_key = result.is_ok();
                if let Err(error) = result {
                    let kind = secret.name();
                    tracing::error!("BGP: connections from {peer} are not taken any more: {kind}: {error}");
                }
                entry.own_key
            });
        }
        self.doors.retain(|_, entries| !entries.is_empty());
    }

    /// Gives a socket the lowest minimum TTL of its sessions, so that where all have one nobody from afar gets as
    /// far as a handshake. An accepted connection has its own before it is read; what came before that was not
    /// looked at, and this keeps it out.
    pub(super) fn set_floor(&mut self, at: &Place) {
        let minima = self.entries(at).map(|entry| entry.minimum_ttl);
        let floor = minima.map(Option::unwrap_or_default).min().unwrap_or_default();
        let Some(socket) = self.sockets.get(at) else { return };
        if self.floors.get(at).copied().unwrap_or_default() == floor {
            return;
        }
        match set_minimum_ttl(socket, at.address.ip(), floor) {
            Ok(()) => drop(self.floors.insert(at.clone(), floor)),
            Err(error) => tracing::warn!("BGP: the minimum TTL of {at} stays as it was: {error}"),
        }
    }

    /// Hands over what waits to be accepted.
    fn drain(&mut self, at: &Place, listener: &TcpListener) {
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

    /// The door of who connects from there.
    fn door(&self, at: &Place, peer: SocketAddr) -> Option<&Entry> {
        let links = self.links.as_ref().map(|links| links.borrow().clone());
        let entries = self.doors.get(&(at.clone(), peer.ip())).map_or([].as_slice(), Vec::as_slice);
        let name = links.as_ref().filter(|_| is_link_local(peer.ip())).and_then(|links| link_of(peer, links));
        let own = entries.iter().find(|entry| match (&entry.interface, name) {
            (Some(interface), Some(link)) => *link.name == **interface,
            (Some(_), None) => links.is_none(),
            (None, _) => true,
        });
        own.or_else(|| {
            let ranges = self.ranges.get(at).into_iter().flatten();
            // That of the same length which is there for longer is not the one that is wanted now.
            let taking = ranges.filter(|range| range.takes(peer, links.as_deref()));
            taking.max_by_key(|range| range.net.prefix()).map(|range| &range.entry)
        })
    }

    pub(super) fn hand_over(&mut self, at: &Place, incoming: Incoming) {
        let peer = incoming.peer;
        let Some(entry) = self.door(at, peer) else { return self.say_closed(peer, false) };
        if let Some(minimum) = entry.minimum_ttl
            && let Err(error) = set_minimum_ttl(&incoming.stream, peer.ip(), minimum)
        {
            tracing::warn!("BGP: connection from {} closed: its minimum TTL: {error}", peer.ip());
            return;
        }
        // Who is not signed with the keys does not come as far as this; where the kernel lets it, it ends here.
        if let Some(secret) = &entry.secret
            && let Err(error) = secret.request(&*self.keys.0, incoming.stream.as_fd())
        {
            let kind = secret.name();
            tracing::warn!("BGP: connection from {} closed: its {kind} key: {error}", peer.ip());
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
        let links = self.links.as_ref().map(|links| links.borrow().clone());
        let link = links.as_ref().filter(|_| is_link_local(peer.ip())).and_then(|l| link_of(peer, l));
        let from = match link {
            Some(link) => format!("{}%{}", peer.ip(), link.name),
            None => peer.ip().to_string(),
        };
        if known {
            tracing::warn!("BGP: connection from {from} closed: too many at once");
        } else {
            tracing::warn!("BGP: Unexpected connect from unknown address {from} (port {})", peer.port());
        }
    }
}
