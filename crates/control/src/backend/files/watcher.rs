//! Knows when a directory changes: by inotify, and by the clock where that does not work.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use inotify::{EventMask, EventOwned, EventStream, Inotify, WatchDescriptor, WatchMask};
use tokio::time::{Instant, sleep_until, timeout};

/// A burst of events is over when nothing came for this long,
const QUIET: Duration = Duration::from_millis(20);
/// or when it has lasted this long.
const SETTLED: Duration = Duration::from_millis(200);
/// Symbolic links on a path, as the kernel counts them.
const MAX_LINKS: usize = 40;

/// Too many instances of inotify, in Linux' numbers;
const EMFILE: i32 = 24;
/// too many watches.
const ENOSPC: i32 = 28;

/// What is wanted of the events of a directory.
enum Wanted {
    All,
    /// Only what happens to these entries.
    Names(BTreeSet<OsString>),
}

/// Directories, each with the entries in it that decide where a path leads.
type Crossings = BTreeMap<PathBuf, BTreeSet<OsString>>;

/// Watches a directory and what its path leads through.
pub(super) struct Watcher {
    events: Option<EventStream<[u8; 4096]>>,
    watched: HashMap<WatchDescriptor, Wanted>,
    /// What the path led through when it was watched.
    armed: Crossings,
    /// Off in tests of the poll.
    inotify: bool,
}

impl Watcher {
    pub(super) fn new(inotify: bool) -> Self {
        Self { events: None, watched: HashMap::new(), armed: Crossings::new(), inotify }
    }

    /// Watches the directory from now on, wherever its path leads now. To be called before each look at
    /// it, so that nothing falls between.
    ///
    /// # Errors
    /// Why inotify cannot be used. What can be watched is.
    pub(super) fn arm(&mut self, directory: &Path) -> Result<(), String> {
        if !self.inotify {
            return Err("inotify is off".into());
        }
        if self.events.is_none() {
            self.watched.clear();
            let stream = Inotify::init().and_then(|i| i.into_event_stream([0; 4096]));
            self.events = Some(stream.map_err(|e| explain(&e))?);
        }
        // A link or a folder may come between the reading of the path and the watching: once more, then.
        let mut result = self.watch(directory, &crossings(directory));
        for _ in 0..3 {
            let now = crossings(directory);
            if now == self.armed {
                break;
            }
            result = self.watch(directory, &now);
        }
        result
    }

    /// Watches a directory and its crossings, and nothing else any more.
    fn watch(&mut self, directory: &Path, crossings: &Crossings) -> Result<(), String> {
        self.armed.clone_from(crossings);
        let Some(events) = &self.events else { return Ok(()) };
        let mut watches = events.watches();
        let mut failed = None;
        let mut now = HashMap::new();
        for (place, names) in crossings {
            let mask = WatchMask::CREATE | WatchMask::DELETE | WatchMask::MOVE | SELF;
            match watches.add(place, mask) {
                Ok(watch) => drop(now.insert(watch, Wanted::Names(names.clone()))),
                // It went away meanwhile, and the watch of the one before it tells; or it is not for us to
                // read, and the poll has to do: the directory itself may be watched all the same.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {}
                Err(error) => failed = Some(explain(&error)),
            }
        }
        let mask = WatchMask::CREATE
            | WatchMask::DELETE
            | WatchMask::MOVE
            | WatchMask::MODIFY
            | WatchMask::CLOSE_WRITE
            | WatchMask::ATTRIB;
        match watches.add(directory, mask | SELF) {
            Ok(watch) => drop(now.insert(watch, Wanted::All)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => failed = Some(explain(&error)),
        }
        for watch in self.watched.keys().filter(|w| !now.contains_key(*w)) {
            // Of a directory that is gone there is no watch any more, and that is as well.
            let _ = watches.remove(watch.clone());
        }
        self.watched = now;
        failed.map_or(Ok(()), Err)
    }

    /// Waits until something has changed and the burst of changes is over, or until the time is up;
    /// true if something has changed.
    pub(super) async fn changed(&mut self, at_most: Duration) -> bool {
        let end = Instant::now() + at_most;
        let mut burst = Burst::default();
        loop {
            let Some(events) = &mut self.events else {
                sleep_until(end).await;
                return false;
            };
            let Ok(event) = tokio::time::timeout_at(end, events.next()).await else { return false };
            if self.take(event, &mut burst) {
                break;
            }
        }
        let latest = Instant::now() + SETTLED;
        loop {
            let Some(events) = &mut self.events else { return true };
            let left = latest.saturating_duration_since(Instant::now());
            // A file that is being written is waited for longer than one that has been closed.
            let quiet = if burst.open.is_empty() { QUIET.min(left) } else { left };
            match timeout(quiet, events.next()).await {
                Ok(event) => self.take(event, &mut burst),
                Err(_) => return true,
            };
        }
    }

    /// Whether the event is one that matters.
    fn take(&mut self, event: Option<io::Result<EventOwned>>, burst: &mut Burst) -> bool {
        let Some(Ok(event)) = event else {
            // The next arming begins anew.
            self.events = None;
            return true;
        };
        if event.mask.contains(EventMask::IGNORED) {
            return false;
        }
        let matters = match (self.watched.get(&event.wd), &event.name) {
            (Some(Wanted::Names(names)), Some(name)) => names.contains(name),
            (None, _) => event.mask.contains(EventMask::Q_OVERFLOW),
            _ => true,
        };
        if matters && let Some(name) = event.name {
            burst.note(event.mask, name);
        }
        matters
    }
}

/// The directory itself moves or goes; a path that leads to a file now is none to be watched.
const SELF: WatchMask =
    WatchMask::DELETE_SELF.union(WatchMask::MOVE_SELF).union(WatchMask::ONLYDIR).union(WatchMask::MASK_ADD);

/// Which files are between being opened and being closed by a writer, as far as known.
#[derive(Default)]
struct Burst {
    open: HashSet<OsString>,
}

impl Burst {
    fn note(&mut self, mask: EventMask, name: OsString) {
        if mask.contains(EventMask::ISDIR) {
        } else if mask.intersects(EventMask::CREATE | EventMask::MODIFY) {
            self.open.insert(name);
        } else if !mask.contains(EventMask::ATTRIB) {
            self.open.remove(&name);
        }
    }
}

/// What a person can do about it.
fn explain(error: &io::Error) -> String {
    let limit = match error.raw_os_error() {
        Some(EMFILE) => " (see fs.inotify.max_user_instances)",
        Some(ENOSPC) => " (see fs.inotify.max_user_watches)",
        _ => "",
    };
    format!("inotify: {error}{limit}")
}

/// The directories in which it is decided where a path leads, each with the entries that decide: where
/// the symbolic links are, where the last name is, and where the first that is missing would be.
fn crossings(path: &Path) -> Crossings {
    let mut crossings = Crossings::new();
    let mut decides = |at: &Path, name: &OsStr| {
        crossings.entry(at.to_path_buf()).or_default().insert(name.to_owned());
    };
    let mut at = if path.is_absolute() { PathBuf::from("/") } else { PathBuf::from(".") };
    // Back to front, so that the target of a link goes where the link was.
    let mut left: Vec<OsString> = names(path);
    let mut links = 0;
    while let Some(name) = left.pop() {
        if name == ".." {
            at.push("..");
            continue;
        }
        let next = at.join(&name);
        match next.symlink_metadata() {
            Ok(meta) if meta.is_symlink() => {
                decides(&at, &name);
                links += 1;
                let Some(target) = std::fs::read_link(&next).ok().filter(|_| links <= MAX_LINKS) else {
                    break;
                };
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                left.extend(names(&target));
            }
            Ok(_) => {
                if left.is_empty() {
                    decides(&at, &name);
                }
                at = next;
            }
            Err(_) => {
                decides(&at, &name);
                break;
            }
        }
    }
    crossings
}

/// The names on a path, the last first.
fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().filter(|c| matches!(c, Component::Normal(_) | Component::ParentDir));
    names.rev().map(|c| c.as_os_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: &Path, names: &[&str]) -> (PathBuf, BTreeSet<OsString>) {
        (at.to_path_buf(), names.iter().map(|n| (*n).into()).collect())
    }

    #[test]
    fn crossings_are_the_links_the_last_and_the_missing() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("real/inner")).unwrap();
        std::os::unix::fs::symlink("real", root.join("link")).unwrap();
        assert_eq!(
            crossings(&root.join("real/inner")).into_iter().collect::<Vec<_>>(),
            [entry(&root.join("real"), &["inner"])]
        );
        assert_eq!(
            crossings(&root.join("link/inner")).into_iter().collect::<Vec<_>>(),
            [entry(&root, &["link"]), entry(&root.join("real"), &["inner"])]
        );
        assert_eq!(
            crossings(&root.join("real/no/such")).into_iter().collect::<Vec<_>>(),
            [entry(&root.join("real"), &["no"])]
        );
    }

    #[test]
    fn links_in_a_circle_end() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("b", root.path().join("a")).unwrap();
        std::os::unix::fs::symlink("a", root.path().join("b")).unwrap();
        assert!(!crossings(&root.path().join("a")).is_empty());
    }

    #[test]
    fn limits_are_explained() {
        let error = explain(&io::Error::from_raw_os_error(24));
        assert!(error.contains("max_user_instances"), "{error}");
        let error = explain(&io::Error::from_raw_os_error(28));
        assert!(error.contains("max_user_watches"), "{error}");
    }

    /// The events of a directory whose watch is on already are none of a second one for its names.
    #[tokio::test]
    async fn a_file_that_is_written_and_closed_is_seen_once() {
        let root = tempfile::tempdir().unwrap();
        let mut watcher = Watcher::new(true);
        watcher.arm(root.path()).unwrap();
        std::fs::write(root.path().join("a"), "x").unwrap();
        assert!(watcher.changed(Duration::from_secs(20)).await);
        assert!(!watcher.changed(Duration::from_millis(30)).await);
    }
}
