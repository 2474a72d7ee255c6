//! `godwit calico` as a user meets it: the program, files of confd, a real etcd, BIRD 1.6.8.

mod etcd;
mod files;
mod followed;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::Result;
use godwit_lab::{text, workspace};

/// Our node in the cluster of the manifests.
const NODE: &str = "worker-1";

/// The cluster that is written here.
fn cluster() -> PathBuf {
    workspace().join("tests/tests/lab_calico/cluster")
}

/// `godwit calico` and its arguments.
fn command(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(godwit_lab::godwit()?);
    // What is set where the tests run is nothing to them.
    command.arg("calico").args(arguments).env_clear();
    Ok(command)
}

/// Runs it to its end: exit code, standard output, standard error.
fn run(arguments: &[&str]) -> Result<(i32, String, String)> {
    let Output { status, stdout, stderr } = command(arguments)?.output()?;
    Ok((status.code().unwrap_or(-1), text(&stdout), text(&stderr)))
}

/// The flags for a folder of manifests.
fn folder(path: &Path) -> String {
    format!("dir:{}", path.display())
}

/// The status that a `watch` gives on its socket, and the exit code.
fn status(socket: &Path) -> Result<(i32, String)> {
    let (code, out, err) = run(&["status", "--socket", &socket.to_string_lossy()])?;
    Ok((code, out + &err))
}
