//! What a test can do to a server, and what it can ask about its clients.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::Handle;
use crate::fault::Fault;
use crate::log::{Logged, glob};
use crate::status::Failure;
use crate::store::Snapshot;

/// Watches.
impl Handle {
    /// How many watches are open.
    pub fn open_watches(&self) -> usize {
        self.shared.look().watches.values().sum()
    }

    /// How many watches of one resource are open.
    pub fn open_watches_of(&self, resource: &str) -> usize {
        self.shared.look().watches.get(resource).copied().unwrap_or_default()
    }

    /// Ends all open watches in good order, as at their timeout.
    pub fn drop_watches(&self) {
        self.shared.change(|state| state.gates.closed += 1);
    }

    /// Breaks the connections of all open watches without an end of the answer.
    pub fn break_watches(&self) {
        self.shared.change(|state| state.gates.broken += 1);
    }

    /// Sends an ERROR event to all open watches and ends them.
    pub fn fail_watches(&self, failure: Failure) {
        self.shared.change(|state| {
            state.gates.failure = Some(failure);
            state.gates.failed += 1;
        });
    }

    /// From now on nothing comes out of any watch, not even its end: connections stay open and silent.
    pub fn freeze_watches(&self) {
        self.shared.change(|state| state.gates.frozen = true);
    }

    /// Watches go on where they were.
    pub fn thaw_watches(&self) {
        self.shared.change(|state| state.gates.frozen = false);
    }

    /// Sends a bookmark now to all watches that allow them.
    pub fn send_bookmarks(&self) {
        self.shared.change(|state| state.gates.bookmarks += 1);
    }
}

/// The past.
impl Handle {
    /// Forgets all changes so far: a list at, or a watch from, an older revision gets 410. Open watches go on.
    pub fn compact(&self) {
        self.shared.change(|state| state.store.compact());
    }

    /// All objects and the revision as they are now, for [`Handle::restart_from`].
    pub fn snapshot(&self) -> Snapshot {
        self.shared.look().store.snapshot()
    }

    /// Restarts with the objects and the revision of a snapshot, as after a restore from a backup. All connections
    /// end; the past is forgotten. Revisions that clients know from after the snapshot are of the future now.
    pub fn restart_from(&self, snapshot: &Snapshot) {
        self.shared.change(|state| state.store.restore(snapshot));
        self.door.end_connections();
    }

    /// Ends all connections and goes on listening; objects and history stay.
    pub fn end_connections(&self) {
        self.door.end_connections();
    }

    /// Stops listening and ends all connections. The port refuses connections when this comes back.
    pub async fn stop_listening(&self) {
        self.door.shut().await;
    }

    /// Listens again at the same port. Errors: those of binding it.
    pub async fn listen_again(&self) -> io::Result<()> {
        self.door.reopen(Arc::clone(&self.shared)).await
    }

    pub(crate) fn hang_up(&self) {
        self.door.slam();
    }
}

/// Faults and permissions.
impl Handle {
    /// Lays a fault in for requests to come.
    pub fn inject(&self, fault: Fault) {
        self.shared.change(|state| state.faults.add(fault));
    }

    /// Takes all faults away that have not been met.
    pub fn clear_faults(&self) {
        self.shared.change(|state| state.faults.clear());
    }

    /// How many faults still wait for a request.
    pub fn waiting_faults(&self) -> usize {
        self.shared.look().faults.waiting()
    }

    /// The tokens that are valid from now on; an empty list refuses everybody. Open watches go on.
    pub fn set_tokens<T: Into<String>>(&self, tokens: impl IntoIterator<Item = T>) {
        let tokens = tokens.into_iter().map(Into::into).collect();
        self.shared.change(|state| state.access.tokens = Some(tokens));
    }

    /// Lets everybody in, with or without a token.
    pub fn accept_anybody(&self) {
        self.shared.change(|state| state.access.tokens = None);
    }

    /// Answers 403 to all requests for a resource.
    pub fn forbid(&self, resource: &str) {
        self.shared.change(|state| state.access.forbid(resource));
    }

    /// Takes a prohibition back.
    pub fn allow(&self, resource: &str) {
        self.shared.change(|state| state.access.allow(resource));
    }

    /// Forbids a resource but for one namespace (`ns`), or one object (`ns/name`) as a role with `resourceNames`
    /// does: get it, or list and watch it with `fieldSelector=metadata.name=name` in its namespace. One object of a kind
    /// without namespaces is `/name`. Adds up.
    pub fn allow_only(&self, resource: &str, exception: &str) {
        self.shared.change(|state| state.access.allow_only(resource, exception));
    }
}

/// What clients asked.
impl Handle {
    /// The requests so far (the last 100,000), oldest first.
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.look().log.entries().cloned().collect()
    }

    /// Requests of a method (`*` for any) whose path fits a pattern as in [`Fault::new`].
    pub fn requests_to(&self, method: &str, pattern: &str) -> Vec<Logged> {
        let fits = |entry: &&Logged| {
            (method == "*" || entry.method.eq_ignore_ascii_case(method))
                && glob(pattern, &entry.path, &entry.query)
        };
        self.shared.look().log.entries().filter(fits).cloned().collect()
    }

    /// How often each method, path and query was asked for.
    pub fn request_counts(&self) -> BTreeMap<(String, String, String), usize> {
        let mut counts = BTreeMap::new();
        for entry in self.requests() {
            *counts.entry((entry.method, entry.path, entry.query)).or_default() += 1;
        }
        counts
    }

    /// How many requests of a resource's whole collection were lists (not watches), pages counted singly.
    pub fn lists_of(&self, resource: &str) -> usize {
        self.collection_requests(resource, false)
    }

    /// How many watches of a resource's whole collection were asked for.
    pub fn watches_of(&self, resource: &str) -> usize {
        self.collection_requests(resource, true)
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.change(|state| state.log.clear());
    }

    fn collection_requests(&self, resource: &str, watches: bool) -> usize {
        let path = match resource.matches('/').count() {
            1 => format!("/api/{resource}"),
            _ => format!("/apis/{resource}"),
        };
        let state = self.shared.look();
        state.log.entries().filter(|e| e.method == "GET" && e.path == path && e.is_watch() == watches).count()
    }
}
