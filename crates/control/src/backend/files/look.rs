//! A look at a directory: which files are others than at the last look, and what that changes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Content, Directory, Rules};
use crate::{Id, Object, Scope, Update};

/// The most octets of a file; more is an error.
const MAX_FILE: u64 = 64 << 20;
/// A file that was changed less than this before it was read may change once more with the same stamp.
const RACY: i64 = 2;
/// How long a file that may be half written is given.
const AGAIN: Duration = Duration::from_millis(50);

/// What tells one version of a file from another without reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// Cannot be set by programs that copy times.
    changed: (i64, i64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }

    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.changed.0.saturating_add(RACY) < i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
    }
}

/// A file as it was read last.
struct Known {
    /// None: it is to be read in any case.
    stamp: Option<Stamp>,
    content: Content,
}

/// What a look saw.
pub(super) struct Seen {
    /// What is to be said, applied together.
    pub(super) updates: Vec<Update>,
    /// The directory is not there.
    pub(super) missing: bool,
}

/// What is known of a directory.
pub(super) struct Look<R> {
    of: Directory<R>,
    files: BTreeMap<OsString, Known>,
    /// What was said.
    said: BTreeMap<Id, Object>,
    listed: bool,
    faulty: bool,
}

impl<R: Rules> Look<R> {
    pub(super) fn new(of: Directory<R>) -> Self {
        Self { of, files: BTreeMap::new(), said: BTreeMap::new(), listed: false, faulty: false }
    }

    /// Looks, and says what is new. `armed` is what is wrong with the watch.
    pub(super) fn look(&mut self, armed: Option<String>) -> Seen {
        let mut faults = Vec::new();
        let mut missing = false;
        let mut updates = Vec::new();
        let read = self.read();
        if let Err(error) = &read {
            missing = error.kind() == io::ErrorKind::NotFound;
        }
        match read {
            Ok(()) => updates = self.changes(),
            Err(_) if missing && self.of.missing_is_empty => {
                self.files.clear();
                updates = self.changes();
            }
            Err(error) => faults.push(format!("{}: {error}", self.of.path.display())),
        }
        faults.extend(self.files.values().filter_map(|f| f.content.fault.clone()));
        faults.extend(armed);
        self.judge(&faults, &mut updates);
        Seen { updates, missing }
    }

    /// Reads what is not known already.
    fn read(&mut self) -> io::Result<()> {
        let mut there = BTreeMap::new();
        for entry in fs::read_dir(&self.of.path)? {
            let entry = entry?;
            let name = entry.file_name();
            if !self.of.rules.is_ours(&name) {
                continue;
            }
            let path = entry.path();
            match path.metadata() {
                Ok(meta) if meta.is_dir() => {}
                Ok(meta) => drop(there.insert(name, Ok(meta))),
                // It is gone between two calls; but a link that leads nowhere is still there.
                Err(_) if path.symlink_metadata().is_err() => {}
                Err(error) => drop(there.insert(name, Err(error))),
            }
        }
        self.files.retain(|name, _| there.contains_key(name));
        let mut again = Vec::new();
        for (name, meta) in there {
            let stamp = meta.as_ref().ok().map(Stamp::of);
            let known = self.files.get(&name);
            if known.is_some_and(|k| k.stamp.is_some() && k.stamp == stamp) {
                continue;
            }
            let text = meta.map_err(|e| e.to_string()).and_then(|m| contents(&self.of.path, &name, &m));
            if self.note(&name, stamp, text) {
                again.push(name);
            }
        }
        if !again.is_empty() {
            std::thread::sleep(AGAIN);
        }
        for name in again {
            let path = self.of.path.join(&name);
            let Ok(meta) = path.metadata() else { continue };
            let text = contents(&self.of.path, &name, &meta);
            self.note(&name, Some(Stamp::of(&meta)), text);
        }
        Ok(())
    }

    /// Takes what is in a file; true if it may be half written.
    fn note(&mut self, name: &OsStr, stamp: Option<Stamp>, text: Result<Vec<u8>, String>) -> bool {
        let before = self.files.remove(name).map(|known| known.content);
        // What could not be read may be readable any time, with the same stamp.
        let stamp = stamp.filter(|s| s.is_settled() && text.is_ok());
        let content = self.of.rules.read(name, text, before);
        let again = content.again;
        self.files.insert(name.to_owned(), Known { stamp, content });
        again
    }

    /// What the files say now against what was said. Of two with the same identity the later one counts.
    fn changes(&mut self) -> Vec<Update> {
        let mut now: BTreeMap<&Id, &Object> = BTreeMap::new();
        for (id, object) in self.files.values().flat_map(|f| &f.content.entries) {
            match object {
                Some(object) => now.insert(id, object),
                None => now.remove(id),
            };
        }
        if !self.listed {
            self.listed = true;
            self.said = now.into_iter().map(|(id, object)| (id.clone(), object.clone())).collect();
            let listed = |kind: &crate::Kind| Update::Listed {
                scope: Scope::Kind(*kind),
                objects: self.said.values().filter(|o| o.id.kind == *kind).cloned().collect(),
            };
            return self.of.kinds.iter().map(listed).collect();
        }
        let gone: Vec<Id> = self.said.keys().filter(|id| !now.contains_key(id)).cloned().collect();
        let differs = |(id, object): &(&Id, &Object)| self.said.get(*id) != Some(*object);
        let new: Vec<Object> = now.into_iter().filter(differs).map(|(_, object)| object.clone()).collect();
        for id in &gone {
            self.said.remove(id);
        }
        self.said.extend(new.iter().map(|object| (object.id.clone(), object.clone())));
        gone.into_iter().map(Update::Deleted).chain(new.into_iter().map(Update::Changed)).collect()
    }

    /// Says whether it works. A fault concerns the directory as a whole: it is said once, for its first
    /// kind.
    fn judge(&mut self, faults: &[String], updates: &mut Vec<Update>) {
        let Some(first) = self.of.kinds.first().map(|kind| Scope::Kind(*kind)) else { return };
        if updates.iter().any(|u| matches!(u, Update::Listed { .. })) {
            let rest = self.of.kinds.iter().skip(1);
            updates.extend(rest.map(|kind| Update::Works(Scope::Kind(*kind))));
            if faults.is_empty() {
                updates.push(Update::Works(first.clone()));
            }
        } else if faults.is_empty() && self.faulty {
            updates.push(Update::Works(first.clone()));
        }
        self.faulty = !faults.is_empty();
        if self.faulty {
            updates.push(Update::Fault { scope: first, error: faults.join("; ") });
        }
    }
}

/// What is in a file.
fn contents(directory: &Path, name: &OsStr, meta: &Metadata) -> Result<Vec<u8>, String> {
    // A pipe would be waited for without end.
    if !meta.is_file() {
        return Err("it is no file".into());
    }
    let too_large = || format!("it is larger than {} MiB", MAX_FILE >> 20);
    if meta.len() > MAX_FILE {
        return Err(too_large());
    }
    let mut text = Vec::new();
    let read = File::open(directory.join(name)).and_then(|f| f.take(MAX_FILE + 1).read_to_end(&mut text));
    match read {
        Ok(length) if length as u64 > MAX_FILE => Err(too_large()),
        Ok(_) => Ok(text),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{Kind, Resource, resource::EndpointStatus};

    /// Its file is half written when it is read for the first time, and whole right after that.
    struct Half(PathBuf);

    impl Rules for Half {
        fn is_ours(&self, _name: &OsStr) -> bool {
            true
        }

        fn read(&self, _name: &OsStr, text: Result<Vec<u8>, String>, _before: Option<Content>) -> Content {
            let again = text.unwrap() == b"ha";
            if again {
                fs::write(&self.0, "half").unwrap();
            }
            let id = Id::new(Kind::EndpointStatus, if again { "half" } else { "whole" });
            let resource = EndpointStatus { bgp_peer: "p".into(), ipv4: None, ipv6: None };
            let object = Object { id: id.clone(), resource: Ok(Resource::EndpointStatus(resource)) };
            Content { entries: vec![(id, Some(object))], fault: None, again }
        }
    }

    #[test]
    fn what_is_half_written_is_read_once_more_before_it_is_said() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a");
        fs::write(&file, "ha").unwrap();
        let of = Directory::new(root.path(), &[Kind::EndpointStatus], true, Half(file.clone()));
        let mut look = Look::new(of);
        let seen = look.look(None);
        let Some(Update::Listed { objects, .. }) = seen.updates.first() else { panic!() };
        assert_eq!(objects.iter().map(|o| &*o.id.name).collect::<Vec<_>>(), ["whole"]);
        assert!(look.look(None).updates.is_empty());
    }

    /// A directory that cannot be read is no empty one, nor is it missing.
    #[test]
    fn what_is_no_directory_is_a_fault() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a");
        fs::write(&file, "half").unwrap();
        let seen =
            Look::new(Directory::new(&file, &[Kind::EndpointStatus], true, Half(file.clone()))).look(None);
        assert!(matches!(seen.updates.as_slice(), [Update::Fault { .. }]));
        assert!(!seen.missing);
    }
}
