//! Opening and closing the port.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::http;
use crate::listener::Listener;
use crate::shared::Shared;

/// The port of a server: open or shut. Connections end when it is shut.
#[derive(Debug)]
pub(crate) struct Door {
    addr: SocketAddr,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    accepting: JoinHandle<()>,
    /// Ends all connections when it goes.
    connections: watch::Sender<()>,
}

impl Door {
    pub(crate) async fn open(shared: Arc<Shared>, addr: SocketAddr) -> io::Result<Self> {
        let tcp = TcpListener::bind(addr).await?;
        let addr = tcp.local_addr()?;
        Ok(Self { addr, open: Mutex::new(Some(Open::new(shared, tcp))) })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Opens the same port again. Errors: those of binding; nothing happens if it is open.
    pub(crate) async fn reopen(&self, shared: Arc<Shared>) -> io::Result<()> {
        if self.lock().is_none() {
            let tcp = TcpListener::bind(self.addr).await?;
            *self.lock() = Some(Open::new(shared, tcp));
        }
        Ok(())
    }

    /// Takes no more connections and ends those there are. The port is shut when this comes back.
    pub(crate) async fn shut(&self) {
        let open = self.lock().take();
        if let Some(open) = open {
            open.accepting.abort();
            // Aborted or not: it is over, and the socket is closed.
            let _over = open.accepting.await;
        }
    }

    /// The same, without waiting until the port is shut.
    pub(crate) fn slam(&self) {
        if let Some(open) = self.lock().take() {
            open.accepting.abort();
        }
    }

    /// Ends all connections but goes on listening.
    pub(crate) fn end_connections(&self) {
        if let Some(open) = self.lock().as_ref() {
            open.connections.send_replace(());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn new(shared: Arc<Shared>, tcp: TcpListener) -> Self {
        let (connections, end) = watch::channel(());
        let service = http::service(shared);
        let accepting = tokio::spawn(async move {
            // It serves until the task is aborted; there is no other end.
            let _never = axum::serve(Listener { tcp, end }, service).await;
        });
        Self { accepting, connections }
    }
}
