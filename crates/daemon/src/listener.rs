//! Listening for neighbors: one socket per address and port, shared by all sessions that use it.

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use godwit_config::{ProtocolKind, RouterConfig};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::directory::{Directory, Place, Wanted};
use crate::limits::LISTEN_BACKLOG;
use crate::secret::Secret;

/// The listening sockets a configuration asks for.
#[derive(Default)]
pub(crate) struct Listeners {
    tasks: HashMap<Place, JoinHandle<()>>,
}

impl Listeners {
    /// Opens what `config` needs and closes what it no longer does. A socket that can be opened is open when this
    /// returns: sessions set their keys on it before they start.
    pub(crate) async fn apply(&mut self, config: &RouterConfig, directory: &Directory) {
        let wanted = wanted(config);
        directory.configure(config.listen.clone(), wanted.clone());
        let unwanted: Vec<Place> =
            self.tasks.keys().filter(|place| !wanted.contains_key(place)).cloned().collect();
        for address in unwanted {
            self.close_one(&address, directory).await;
        }
        for address in wanted.into_keys() {
            self.tasks.entry(address.clone()).or_insert_with(|| {
                let first = bind(&address, directory);
                crate::task::spawn(listen(address, directory.clone(), first))
            });
        }
    }

    /// Closes all.
    pub(crate) async fn close(&mut self, directory: &Directory) {
        let all: Vec<Place> = self.tasks.keys().cloned().collect();
        for address in all {
            self.close_one(&address, directory).await;
        }
    }

    async fn close_one(&mut self, address: &Place, directory: &Directory) {
        if let Some(task) = self.tasks.remove(address) {
            task.abort();
            // At once. Only then is it known that it opens none after this.
            let _ = task.await;
        }
        // The last that holds the socket, which is closed by this.
        directory.remove_socket(address);
    }
}

/// The sockets, and what is wanted of each.
fn wanted(config: &RouterConfig) -> BTreeMap<Place, Wanted> {
    let mut wanted: BTreeMap<Place, Wanted> = BTreeMap::new();
    for protocol in &config.protocols {
        if let ProtocolKind::Bgp(bgp) = &protocol.kind {
            let of = wanted.entry(Place::of(bgp, config.listen.as_ref())).or_default();
            if let Some(secret) = Secret::of(bgp).filter(|_| !protocol.stays_down()) {
                of.keys += secret.pieces();
            }
            of.free_bind |= bgp.free_bind;
        }
    }
    wanted
}

/// Opens a socket and tells the directory of it.
fn bind(place: &Place, directory: &Directory) -> io::Result<Arc<TcpListener>> {
    let (address, free_bind) = directory.binding(place);
    let address = address?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if free_bind && address.is_ipv6() {
        socket.set_freebind_v6(true)?;
    } else if free_bind {
        socket.set_freebind_v4(true)?;
    }
    // A neighbor with GTSM takes our side of the handshake only with the highest TTL there is; for
    // others it does no harm.
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
        socket.set_unicast_hops_v6(255)?;
    } else {
        socket.set_ttl_v4(255)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    let listener = Arc::new(TcpListener::from_std(socket.into())?);
    directory.add_socket(place, listener.clone());
    Ok(listener)
}

/// Keeps one address open: a failure is said once and tried again.
async fn listen(address: Place, directory: Directory, first: io::Result<Arc<TcpListener>>) {
    let mut wait = Duration::from_millis(250);
    let mut said = false;
    let mut result = first;
    loop {
        match result {
            Ok(listener) => {
                if said {
                    tracing::info!("BGP: listening on {address} at last");
                }
                return accept(&listener, &address, &directory).await;
            }
            Err(error) => {
                if !said {
                    tracing::error!(
                        "BGP: cannot listen on {address}: {error}; trying again until it is free"
                    );
                    said = true;
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(5));
            }
        }
        result = bind(&address, &directory);
    }
}

async fn accept(listener: &TcpListener, address: &Place, directory: &Directory) {
    loop {
        if let Err(error) = poll_fn(|cx| directory.poll_accept(address, listener, cx)).await {
            // Out of descriptors, or the connection was gone before we took it: not a reason to stop.
            tracing::warn!("BGP: accept failed: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
