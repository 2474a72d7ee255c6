//! A directory of files that is a datastore: what its files say, kept current. The folder of manifests
//! and Felix's endpoint status are two of these.

mod look;
mod watcher;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::Updates;
use crate::{Id, Kind, Object, Scope, Update};
use look::Look;
use watcher::Watcher;

/// A directory is looked at this often even if inotify is silent: it is not told of what other machines
/// write, nor of a change behind a symbolic link. Nothing is read that has the same stamp.
const POLL: Duration = Duration::from_secs(30);
/// A directory that is not there is looked for this often.
const RETRY: Duration = Duration::from_secs(5);

/// How the files of a directory are read.
pub(super) trait Rules: Send + 'static {
    /// Whether a file of this name is one of them.
    fn is_ours(&self, name: &OsStr) -> bool;

    /// What a file says. `before` is what it said last.
    fn read(&self, name: &OsStr, text: Result<Vec<u8>, String>, before: Option<Content>) -> Content;
}

/// What a file says.
#[derive(Default, Debug)]
pub(super) struct Content {
    /// Its objects in its order; an object that is none is said not to be there.
    pub(super) entries: Vec<(Id, Option<Object>)>,
    /// What is wrong with it: one line with its name.
    pub(super) fault: Option<String>,
    /// It may be half written: it is read once more.
    pub(super) again: bool,
}

/// A directory to be watched.
pub(super) struct Directory<R> {
    pub(super) path: PathBuf,
    /// The kinds its files can have.
    pub(super) kinds: Vec<Kind>,
    /// Whether a directory that is not there counts as an empty one.
    pub(super) missing_is_empty: bool,
    pub(super) rules: R,
    pub(super) poll: Duration,
    pub(super) retry: Duration,
    pub(super) inotify: bool,
}

impl<R: Rules> Directory<R> {
    pub(super) fn new(path: &Path, kinds: &[Kind], missing_is_empty: bool, rules: R) -> Self {
        Self {
            path: path.to_path_buf(),
            kinds: kinds.to_vec(),
            missing_is_empty,
            rules,
            poll: POLL,
            retry: RETRY,
            inotify: true,
        }
    }

    /// Says what is there, and what changes, until nobody listens.
    pub(super) async fn run(self, updates: Updates) {
        let mut watcher = Watcher::new(self.inotify);
        let (path, poll, retry, kinds) = (self.path.clone(), self.poll, self.retry, self.kinds.clone());
        let mut look = Look::new(self);
        let mut changed = true;
        loop {
            // Watched first and read then, nothing is missed.
            let armed =
                watcher.arm(&path).err().map(|e| format!("{e}; looked at every {} s", poll.as_secs()));
            let task = spawn_blocking(move || {
                let seen = look.look(armed);
                (look, seen)
            });
            let Ok((back, seen)) = task.await else {
                tracing::error!("{}: the reading of it broke off", path.display());
                return;
            };
            look = back;
            let mut batch = seen.updates;
            if batch.is_empty() && !changed {
                let heard = |kind: &Kind| Update::Heard { scope: Scope::Kind(*kind), revision: "".into() };
                batch.extend(kinds.iter().map(heard));
            }
            if !batch.is_empty() && updates.send(batch).await.is_err() {
                return;
            }
            let at_most = if seen.missing { retry } else { poll };
            changed = tokio::select! {
                () = updates.closed() => return,
                changed = watcher.changed(at_most) => changed,
            };
        }
    }
}
