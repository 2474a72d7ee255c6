//! A way between two that can be cut, or go deaf.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy)]
struct State {
    /// Where to; `None`: cut.
    to: Option<SocketAddr>,
    /// Connections before this one are deaf.
    deaf_before: u64,
}

/// A relay on loopback, until it is dropped.
pub(crate) struct Relay {
    address: SocketAddr,
    state: watch::Sender<State>,
    /// How many connections there were.
    count: watch::Receiver<u64>,
}

impl Relay {
    pub(crate) async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has ports");
        let address = listener.local_addr().expect("it is bound");
        let (state, receiver) = watch::channel(State { to: Some(to), deaf_before: 0 });
        let (counter, count) = watch::channel(0);
        tokio::spawn(async move {
            let mut closed = receiver.clone();
            loop {
                tokio::select! {
                    Ok((stream, _)) = listener.accept() => {
                        let id = *counter.borrow();
                        counter.send_replace(id + 1);
                        tokio::spawn(carry(stream, id, receiver.clone()));
                    }
                    true = async { loop { if closed.changed().await.is_err() { return true } } } => return,
                }
            }
        });
        Self { address, state, count }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends every connection and takes no new one.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.to = None);
    }

    /// Takes connections again.
    pub(crate) fn mend(&self, to: SocketAddr) {
        self.state.send_modify(|state| state.to = Some(to));
    }

    /// Connections so far stay and carry nothing; new ones do.
    pub(crate) fn deafen(&self) {
        let before = *self.count.borrow();
        self.state.send_modify(|state| state.deaf_before = before);
    }
}

async fn carry(mut from: TcpStream, id: u64, mut state: watch::Receiver<State>) {
    let Some(to) = state.borrow().to else { return };
    let Ok(mut to) = TcpStream::connect(to).await else { return };
    loop {
        let State { to: target, deaf_before } = *state.borrow_and_update();
        if target.is_none() {
            return;
        }
        tokio::select! {
            _ = copy_bidirectional(&mut from, &mut to), if id >= deaf_before => return,
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}
