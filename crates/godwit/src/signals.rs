//! The signals a daemon listens for, and what it does with those that ask something.

use godwit_api::{Reply, Request, Selector};
use godwit_daemon::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// HUP reads the configuration again, TERM and INT stop, USR1 tells how things are.
pub(crate) struct Signals {
    hup: Signal,
    term: Signal,
    int: Signal,
    usr1: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    Reload,
    Stop,
    Tell,
}

impl Signals {
    /// From now on none of them is our end.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hup: signal(SignalKind::hangup())?,
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            usr1: signal(SignalKind::user_defined1())?,
        })
    }

    /// Waits for one. What is dropped before it comes loses none.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.hup.recv() => Asked::Reload,
            _ = self.term.recv() => Asked::Stop,
            _ = self.int.recv() => Asked::Stop,
            _ = self.usr1.recv() => Asked::Tell,
        }
    }
}

/// Logs every protocol with its state.
pub(crate) async fn tell(handle: &Handle) {
    if let Reply::Protocols(list) = handle.ask(Request::Protocols(Selector::All)).await {
        for protocol in list {
            tracing::info!("{} {} {:?}", protocol.name, protocol.kind, protocol.state);
        }
    }
}
