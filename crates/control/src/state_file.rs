//! The last known state: what the datastore said, kept in a file, so that a node that starts while the
//! datastore is away has a configuration all the same.
//!
//! There are secrets in it: it is readable by its owner only, from its first octet on. It takes the place
//! of the one before as a whole, when it is on the disk.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::settings::Release;
use crate::{Id, Resource};

/// The version of the format. Another one is not read.
pub const VERSION: u32 = 1;
/// The most octets of a file that is read.
const MAX_FILE: u64 = 256 << 20;

/// What is kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct State {
    /// The version of the format: [`VERSION`].
    pub version: u32,
    /// The name of the node it is of.
    pub node: String,
    /// The release that was emulated; the objects do not depend on it.
    pub release: Release,
    /// When it was written, in seconds since 1970.
    pub written: u64,
    /// What the datastore had.
    pub objects: Vec<(Id, Resource)>,
}

/// The part that says whether the rest can be read.
#[derive(Deserialize)]
struct Header {
    version: u32,
    node: String,
}

/// Why there is no state to be had of a file.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is none: nothing was ever kept.
    #[error("there is no last known state in {0}")]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// It is something else: half a file, or none of ours. The last known state is lost.
    #[error("{0}: it is no last known state: {1}")]
    Broken(PathBuf, String),
    /// It is of another version of the format.
    #[error("{0}: its format is version {1}, and {VERSION} is expected")]
    Version(PathBuf, u32),
    /// It is of another node.
    #[error("{0}: it is of the node '{1}', and '{2}' is expected")]
    Node(PathBuf, String, String),
    /// It is larger than any cluster makes it.
    #[error("{0}: it is larger than {most} MiB", most = MAX_FILE >> 20)]
    TooLarge(PathBuf),
}

/// Writes a state: to a file beside it first, which takes its place once it is on the disk. A folder that
/// is missing is made, for the owner only. Blocks for as long as the disk takes.
///
/// # Errors
/// What went wrong. The file is as it was before.
pub fn save(path: &Path, state: &State) -> io::Result<()> {
    let folder = folder(path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let beside = beside(path)?;
    let result = write(&beside, state).and_then(|()| fs::rename(&beside, path));
    if result.is_err() {
        // Best effort: the error that matters is told already.
        let _ = fs::remove_file(&beside);
        return result;
    }
    // The new name is on the disk as well.
    File::open(folder)?.sync_all()
}

fn write(beside: &Path, state: &State) -> io::Result<()> {
    // What a process left that was killed while it wrote; its mode and owner are not to be trusted.
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    serde_json::to_writer(&mut writer, state)?;
    writer.write_all(b"\n")?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Reads the state of a node.
///
/// # Errors
/// Why it is not used; none of these is a reason not to start.
pub fn load(path: &Path, node: &str) -> Result<State, LoadError> {
    let error = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => LoadError::Missing(path.into()),
        _ => LoadError::Io(path.into(), error),
    };
    let meta = fs::metadata(path).map_err(error)?;
    // A pipe would be waited for without end.
    if !meta.is_file() {
        return Err(LoadError::Broken(path.into(), "it is no file".into()));
    }
    if meta.len() > MAX_FILE {
        return Err(LoadError::TooLarge(path.into()));
    }
    let mut text = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or_default());
    let file = File::open(path).map_err(error)?;
    BufReader::new(file).take(MAX_FILE + 1).read_to_end(&mut text).map_err(error)?;
    if text.len() as u64 > MAX_FILE {
        return Err(LoadError::TooLarge(path.into()));
    }
    let broken = |error: serde_json::Error| LoadError::Broken(path.into(), error.to_string());
    // By itself first: the rest of another version need not be readable.
    let header: Header = serde_json::from_slice(&text).map_err(broken)?;
    if header.version != VERSION {
        return Err(LoadError::Version(path.into(), header.version));
    }
    if header.node != node {
        return Err(LoadError::Node(path.into(), header.node, node.into()));
    }
    let state: State = serde_json::from_slice(&text).map_err(broken)?;
    match state.objects.iter().find(|(id, resource)| id.kind != resource.kind()) {
        Some((id, _)) => Err(LoadError::Broken(path.into(), format!("{id} is of another kind"))),
        None => Ok(state),
    }
}

/// The folder a file is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file that is written: always the same one, so that not many are left by a process that is killed.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it is no path of a file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".tmp");
    Ok(path.with_file_name(hidden))
}

#[cfg(test)]
mod tests;
