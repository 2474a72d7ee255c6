//! Listening for neighbors: one socket per address and port, shared by all sessions that use it.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use godwit_config::{BgpConfig, Neighbor, ProtocolKind, RouterConfig};
use ipnetwork::IpNetwork;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::log_limit::LogLimit;

/// An accepted connection on its way to its session.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
}

/// Who takes connections from which address. Not routing state: looked at once per connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    peers: Arc<Mutex<HashMap<IpAddr, mpsc::Sender<Incoming>>>>,
}

impl Directory {
    /// Takes connections from `peer` until [`Directory::remove`].
    pub(crate) fn insert(&self, peer: IpAddr, to: mpsc::Sender<Incoming>) {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, to);
    }

    /// No longer takes connections from `peer` for this session.
    pub(crate) fn remove(&self, peer: IpAddr, to: &mpsc::Sender<Incoming>) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.get(&peer).is_some_and(|known| known.same_channel(to)) {
            peers.remove(&peer);
        }
    }

    fn find(&self, peer: IpAddr) -> Option<mpsc::Sender<Incoming>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).get(&peer).cloned()
    }
}

/// The listening sockets a configuration asks for.
#[derive(Default)]
pub(crate) struct Listeners {
    tasks: HashMap<SocketAddr, JoinHandle<()>>,
}

impl Listeners {
    /// Opens what `config` needs and closes what it no longer does.
    pub(crate) fn apply(&mut self, config: &RouterConfig, directory: &Directory) {
        let wanted = wanted(config);
        self.tasks.retain(|address, task| {
            let keep = wanted.contains(address);
            if !keep {
                task.abort();
            }
            keep
        });
        for address in wanted {
            self.tasks
                .entry(address)
                .or_insert_with(|| crate::task::spawn(listen(address, directory.clone())));
        }
    }

    /// Closes all.
    pub(crate) fn close(&mut self) {
        self.tasks.drain().for_each(|(_, task)| task.abort());
    }
}

fn wanted(config: &RouterConfig) -> BTreeSet<SocketAddr> {
    let mut wanted = BTreeSet::new();
    for protocol in &config.protocols {
        if let ProtocolKind::Bgp(bgp) = &protocol.kind {
            wanted.insert(listen_address(bgp, config));
        }
    }
    wanted
}

/// Where a session's neighbor finds us: its family's wildcard address unless bound strictly.
fn listen_address(bgp: &BgpConfig, config: &RouterConfig) -> SocketAddr {
    let ipv4 = match &bgp.neighbor {
        Neighbor::Address { address, .. } => address.is_ipv4(),
        Neighbor::Range(net) => matches!(net, IpNetwork::V4(_)),
    };
    let wildcard = if ipv4 { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    if let Some(listen) = &config.listen {
        return SocketAddr::new(
            listen.address.filter(|a| a.is_ipv4() == ipv4).unwrap_or(wildcard),
            listen.port,
        );
    }
    let address = bgp.local_address.filter(|_| bgp.strict_bind).unwrap_or(wildcard);
    SocketAddr::new(address, bgp.local_port)
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(128)?;
    TcpListener::from_std(socket.into())
}

/// Keeps one address open: a failure is said once and tried again.
async fn listen(address: SocketAddr, directory: Directory) {
    let mut wait = Duration::from_millis(250);
    let mut said = false;
    loop {
        match bind(address) {
            Ok(listener) => {
                if said {
                    tracing::info!("BGP: listening on {address} at last");
                }
                accept(&listener, &directory).await;
                return;
            }
            Err(error) => {
                if !said {
                    tracing::error!(
                        "BGP: cannot listen on {} port {}: {error}; trying again until it is free",
                        address.ip(),
                        address.port()
                    );
                    said = true;
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(5));
            }
        }
    }
}

async fn accept(listener: &TcpListener, directory: &Directory) {
    let mut limit = LogLimit::default();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => hand_over(Incoming { stream, peer }, directory, &mut limit),
            Err(error) => {
                // Out of descriptors, or the connection was gone before we took it: not a reason to stop.
                tracing::warn!("BGP: accept failed: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn hand_over(incoming: Incoming, directory: &Directory, limit: &mut LogLimit) {
    let peer = incoming.peer;
    let session = directory.find(peer.ip());
    let known = session.is_some();
    if session.is_some_and(|session| session.try_send(incoming).is_ok()) || !limit.allows(Instant::now()) {
        return;
    }
    if let Some(count) = limit.left_out() {
        tracing::warn!("BGP: {count} more connections were closed and not logged");
    }
    if known {
        tracing::warn!("BGP: connection from {} closed: too many at once", peer.ip());
    } else {
        tracing::warn!("BGP: Unexpected connect from unknown address {} (port {})", peer.ip(), peer.port());
    }
}
