//! What Felix says about this node's workloads: a file for each in `endpoint-status` (calico.md §1.12).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use tokio::sync::watch;

use super::files::{Content, Directory, Rules};
use super::{Datastore, Running, Updates};
use crate::{Demand, Id, Kind, Object, decode};

/// The backend that watches Felix's folder; it has [`Kind::EndpointStatus`] only, by the files' names.
///
/// A folder that is not there is an empty one, and looked for. A file that cannot be read is an object
/// that is refused; one that looks half written is read once more after 50 ms.
pub struct EndpointStatusFolder {
    directory: Directory<Statuses>,
}

impl EndpointStatusFolder {
    /// The folder `endpoint-status` below a prefix, such as `/var/run/calico`.
    pub fn new(prefix: PathBuf) -> Self {
        let path = prefix.join("endpoint-status");
        Self { directory: Directory::new(&path, &[Kind::EndpointStatus], true, Statuses) }
    }
}

impl Datastore for EndpointStatusFolder {
    fn describe(&self) -> String {
        format!("endpoint status in {}", self.directory.path.display())
    }

    fn run(self: Box<Self>, _demand: watch::Receiver<Demand>, updates: Updates) -> Running {
        Box::pin(self.directory.run(updates))
    }
}

struct Statuses;

impl Rules for Statuses {
    fn is_ours(&self, name: &OsStr) -> bool {
        !name.as_bytes().starts_with(b".")
    }

    fn read(&self, name: &OsStr, text: Result<Vec<u8>, String>, _before: Option<Content>) -> Content {
        let parsed = text.and_then(|t| serde_json::from_slice(&t).map_err(|e| e.to_string()));
        let again = parsed.is_err();
        let resource = match parsed.and_then(|value| decode::resource(Kind::EndpointStatus, &value)) {
            Ok(None) => return Content::default(),
            Ok(Some(resource)) => Ok(resource),
            Err(error) => Err(error),
        };
        let id = Id::new(Kind::EndpointStatus, &name.to_string_lossy());
        Content { entries: vec![(id.clone(), Some(Object { id, resource }))], fault: None, again }
    }
}

#[cfg(test)]
mod tests;
