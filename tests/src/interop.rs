//! godwit against other speakers, feature by feature. A feature is a file of `tests/interop`: what it adds to the
//! configurations of `tests/interop/base`, and the steps that show that both ends understand each other.

mod feature;
mod peer;
mod steps;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub use feature::Feature;
pub use peer::Peer;

use crate::report::cell;
use crate::workspace;

/// What became of a feature with a peer.
#[derive(Debug)]
pub enum Outcome {
    /// Both ends showed what they should.
    Passed,
    /// They did not; why, with the logs of both.
    Failed(String),
    /// The peer has no such feature, or nothing to see it by; which.
    Lacks(String),
    /// godwit does not have it yet; what it says itself.
    NotRun(String),
}

/// Names peers to try, or features; all without it.
const PEER: &str = "GODWIT_INTEROP_PEER";
const FEATURE: &str = "GODWIT_INTEROP_FEATURE";

fn wanted(variable: &str, name: &str) -> bool {
    std::env::var(variable).map_or(true, |chosen| chosen.is_empty() || chosen == name)
}

/// Where the files are.
fn folder() -> PathBuf {
    workspace().join("tests/interop")
}

/// The features that there are, by name.
///
/// # Errors
/// A file cannot be read.
pub fn features() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "feature") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Tries all features with a peer, two at once, and writes their cells.
///
/// # Errors
/// Some failed; which, and why.
pub fn run(peer: Peer) -> Result<()> {
    let mut names = features()?;
    names.retain(|name| wanted(FEATURE, name) && wanted(PEER, peer.name()));
    let half = names.len().div_ceil(2);
    let (first, second) = names.split_at(half.min(names.len()));
    let failed = std::thread::scope(|scope| {
        let threads = [first, second].map(|part| scope.spawn(move || try_all(part, peer)));
        threads.map(|thread| thread.join().unwrap_or_else(|_| vec!["a step panicked".to_owned()])).concat()
    });
    if failed.is_empty() {
        return Ok(());
    }
    bail!("{} of {} features with {}:\n{}", failed.len(), names.len(), peer.name(), failed.join("\n\n"))
}

fn try_all(names: &[String], peer: Peer) -> Vec<String> {
    let mut failed = Vec::new();
    for name in names {
        let outcome = try_one(name, peer).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        let (word, why) = match &outcome {
            Outcome::Passed => ("passed", ""),
            Outcome::Failed(why) => ("FAILED", why.as_str()),
            Outcome::Lacks(why) => ("-", why.as_str()),
            Outcome::NotRun(why) => ("not run", why.as_str()),
        };
        let title = why.lines().next().unwrap_or_default();
        cell(name, peer.name(), word, title);
        if matches!(outcome, Outcome::Failed(_)) {
            failed.push(format!("{name}: {why}"));
        }
    }
    failed
}

/// Tries a feature with a peer.
///
/// # Errors
/// The feature's file is not as it should be, or the programs do not start.
pub fn try_one(name: &str, peer: Peer) -> Result<Outcome> {
    let feature = read(&folder().join(format!("{name}.feature")), peer)?;
    if let Some(why) = feature.lacks() {
        return Ok(Outcome::Lacks(why.to_owned()));
    }
    steps::run(&feature, peer)
}

fn read(path: &Path, peer: Peer) -> Result<Feature> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Feature::parse(&text, peer).with_context(|| path.display().to_string())
}
