//! Building and starting a server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::access::Access;
use crate::handle::{Door, Handle};
use crate::kinds::{CalicoApi, Kind, Registry, calico};
use crate::shared::{Habits, Shared, State};
use crate::store::Store;

/// What a watch from a revision that the server has not reached gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FutureWatch {
    /// 504 "Too large resource version", as for a list.
    Refuse,
    /// Nothing: the watch is open and silent until the server is past that revision, and what happened before it is
    /// never told. The API allows this and today's kube-apiserver does it for a plain watch.
    Wait,
}

/// How a watch from a forgotten revision is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiredWatch {
    /// 200 and an ERROR event with code 410, as kube-apiserver does.
    Event,
    /// HTTP 410.
    Http,
}

/// Settings of a server to be started.
#[derive(Debug)]
pub struct Builder {
    kinds: Registry,
    access: Access,
    listen: SocketAddr,
    revision: u64,
    history: usize,
    habits: Habits,
}

impl Builder {
    /// Serves a kind; `group` is empty for the core group.
    pub fn kind(mut self, group: &str, version: &str, plural: &str, kind: &str, namespaced: bool) -> Self {
        self.kinds.add(Kind {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            kind: kind.to_owned(),
            namespaced,
        });
        self
    }

    /// Serves what a Calico cluster has: nodes, namespaces, services, secrets, endpoints, endpoint slices and
    /// Calico's own kinds in the group of `api`.
    pub fn calico(mut self, api: CalicoApi) -> Self {
        calico(api).into_iter().for_each(|kind| self.kinds.add(kind));
        self
    }

    /// Asks every request for a bearer token, and takes this one. May be called more than once.
    pub fn token(mut self, token: &str) -> Self {
        self.access.tokens.get_or_insert_default().insert(token.to_owned());
        self
    }

    /// Where to listen; a free port of 127.0.0.1 by default.
    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.listen = addr;
        self
    }

    /// The revision to start from; 1 by default.
    pub fn revision(mut self, revision: u64) -> Self {
        self.revision = revision.max(1);
        self
    }

    /// How many changes are kept before the oldest are compacted; 10,000 by default.
    pub fn history(mut self, changes: usize) -> Self {
        self.history = changes;
        self
    }

    /// How often a watch with `allowWatchBookmarks` gets a bookmark; one minute by default.
    pub fn bookmark_interval(mut self, interval: Duration) -> Self {
        self.habits.bookmark_interval = interval;
        self
    }

    /// Whether `sendInitialEvents` is known (default) or refused with 422, as by servers without streaming lists.
    pub fn streaming_lists(mut self, known: bool) -> Self {
        self.habits.streaming_lists = known;
        self
    }

    /// What a plain watch from a revision of the future gets; refused by default.
    pub fn future_watch(mut self, habit: FutureWatch) -> Self {
        self.habits.future_watch = habit;
        self
    }

    /// How a watch from a forgotten revision is told; by an ERROR event by default.
    pub fn expired_watch(mut self, habit: ExpiredWatch) -> Self {
        self.habits.expired_watch = habit;
        self
    }

    /// Answers 404 of a path nothing is served at with plain text, as kube-apiserver does, and not with a `Status`.
    pub fn plain_not_found(mut self, plain: bool) -> Self {
        self.habits.plain_not_found = plain;
        self
    }

    /// Starts to listen. Errors: those of binding the address.
    pub async fn start(self) -> io::Result<Server> {
        let state = State {
            kinds: self.kinds,
            store: Store::new(self.revision, self.history),
            access: self.access,
            faults: crate::fault::Faults::default(),
            log: crate::log::Log::default(),
            gates: crate::shared::Gates::default(),
            watches: std::collections::BTreeMap::new(),
        };
        let shared = Shared::new(self.habits, state);
        let door = Door::open(Arc::clone(&shared), self.listen).await?;
        Ok(Server { handle: Handle::new(shared, Arc::new(door)) })
    }
}

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    handle: Handle,
}

impl Server {
    /// A server without kinds, tokens or objects.
    pub fn builder() -> Builder {
        Builder {
            kinds: Registry::default(),
            access: Access::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            revision: 1,
            history: 10_000,
            habits: Habits {
                bookmark_interval: Duration::from_secs(60),
                streaming_lists: true,
                future_watch: FutureWatch::Refuse,
                expired_watch: ExpiredWatch::Event,
                plain_not_found: false,
            },
        }
    }

    /// What a client is configured with: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// The address it listens at.
    pub fn addr(&self) -> SocketAddr {
        self.handle.addr()
    }

    /// The means to change objects and to make it fail.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.hang_up();
    }
}
