//! Programs that run to their end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

/// Fails unless we may make namespaces.
///
/// # Errors
/// We are not root.
pub fn need_root() -> Result<()> {
    if geteuid().is_root() {
        return Ok(());
    }
    bail!("labs make network namespaces, which only root may: run this as root")
}

/// Fails unless a program of this path or name is installed.
///
/// # Errors
/// It is not; says which package brings it.
pub fn need_program(program: &str, package: &str) -> Result<PathBuf> {
    let path = Path::new(program);
    let search = std::env::var_os("PATH").unwrap_or_default();
    let found = if path.is_absolute() {
        path.exists().then(|| path.to_owned())
    } else {
        std::env::split_paths(&search).map(|dir| dir.join(path)).find(|p| p.exists())
    };
    found.with_context(|| format!("there is no {program}: install {package}, or run cargo xtask test"))
}

/// Runs a program to its end and returns what it printed.
///
/// # Errors
/// It cannot be started, or fails; with what it said.
pub fn run(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("{program} {}: {}{}", args.join(" "), text(&output.stderr), text(&output.stdout));
    }
    Ok(text(&output.stdout))
}

/// Octets as text, whatever they are.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
