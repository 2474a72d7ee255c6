//! A folder of manifests: what `kubectl apply -f` and `calicoctl apply -f` take, as a datastore.
//!
//! Its `*.yaml`, `*.yml` and `*.json` are read in the order of their names' octets, hidden ones left out,
//! folders in it too. Each has any number of documents; one may be a list. Of two objects with the same
//! identity the later one counts, as if the files were applied one after the other. A file counts as a
//! whole: while there is a fault in it, what it said before stays.

mod manifest;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tokio::sync::watch;

use super::files::{Content, Directory, Rules};
use super::{Datastore, Running, Updates};
use crate::{Demand, Kind};

/// The kinds a folder can have: all but what Felix says.
const KINDS: [Kind; 9] = [
    Kind::Node,
    Kind::IpPool,
    Kind::BgpConfiguration,
    Kind::BgpPeer,
    Kind::BgpFilter,
    Kind::BlockAffinity,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::Secret,
];

/// The backend that watches a folder of manifests. It says everything that is there, whatever is demanded.
///
/// The first batch lists every kind, empty ones too; each later one has what has changed since, and only
/// that. A folder that is not there is a [`Fault`](crate::Update::Fault), never an empty list: a cluster
/// that loses its folder keeps its routes. Faults are said for the scope of the nodes, for the folder as
/// a whole. Where nothing changes, each kind is [`Heard`](crate::Update::Heard) of every 30 s.
pub struct Folder {
    directory: Directory<Manifests>,
}

impl Folder {
    /// The folder at a path, for the node of this name.
    pub fn new(path: PathBuf, _node: String) -> Self {
        Self { directory: Directory::new(&path, &KINDS, false, Manifests) }
    }
}

impl Datastore for Folder {
    fn describe(&self) -> String {
        format!("folder {}", self.directory.path.display())
    }

    fn run(self: Box<Self>, _demand: watch::Receiver<Demand>, updates: Updates) -> Running {
        Box::pin(self.directory.run(updates))
    }
}

struct Manifests;

impl Rules for Manifests {
    fn is_ours(&self, name: &OsStr) -> bool {
        let hidden = name.as_bytes().starts_with(b".");
        let extension = Path::new(name).extension().and_then(OsStr::to_str);
        !hidden && matches!(extension, Some("yaml" | "yml" | "json"))
    }

    fn read(&self, name: &OsStr, text: Result<Vec<u8>, String>, before: Option<Content>) -> Content {
        let name = name.to_string_lossy();
        match text.and_then(|text| manifest::entries(name.ends_with(".json"), &text)) {
            Ok(entries) => Content { entries, ..Content::default() },
            Err(error) => Content {
                entries: before.map(|b| b.entries).unwrap_or_default(),
                fault: Some(format!("{name}: {error}")),
                again: false,
            },
        }
    }
}

#[cfg(test)]
mod tests;
