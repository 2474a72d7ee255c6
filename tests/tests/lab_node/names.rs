//! What calicoctl, the probes and runit look for.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Process, Scratch, stays, until};
use nix::sys::signal::Signal;
use std::time::Duration;

use crate::{Cluster, bird16, output};

/// The arguments of a process; none if there is no such process.
fn arguments(id: u32) -> Vec<String> {
    let line = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
    line.split('\0').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn children(id: u32) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    for task in std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
        let of = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(of.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    all
}

#[test]
fn lab_both_processes_are_found_and_end_together() -> Result<()> {
    let cluster = Cluster::new()?;
    let mut node = cluster.start(0, &[])?;
    let id = node.process.id();
    ensure!(arguments(id)[..2] == ["bird", "node"], "{:?}", arguments(id));
    let command = std::fs::read_to_string(format!("/proc/{id}/comm"))?;
    ensure!(command.trim() == "godwit", "{command}");
    let companion = *children(id).first().context("a companion")?;
    until("the companion's name", || arguments(companion).first().is_some_and(|name| name == "bird6"))?;
    // Another in place of one that is killed.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(companion)?), Signal::SIGKILL)?;
    until("another companion", || children(id).iter().any(|child| *child != companion))
        .with_context(|| node.process.log())?;
    let second = *children(id).iter().find(|child| **child != companion).context("the second")?;
    until("its name", || arguments(second).first().is_some_and(|name| name == "bird6"))?;
    node.process.kill();
    until("the companion to end", || arguments(second).is_empty()).map(|_| ())
}

#[test]
fn lab_no_rename_is_none_of_it() -> Result<()> {
    let cluster = Cluster::new()?;
    let node = cluster.start(0, &["--no-rename"])?;
    let id = node.process.id();
    ensure!(arguments(id)[0].ends_with("/godwit"), "{:?}", arguments(id));
    ensure!(children(id).is_empty(), "{:?}", children(id));
    Ok(())
}

/// What probes and the reporter of a node's status read, with BIRD's client and with ours.
#[test]
fn lab_clients_are_greeted_as_calico_expects() -> Result<()> {
    let cluster = Cluster::new()?;
    let node = cluster.start(0, &[])?;
    for name in ["bird", "bird6"] {
        let socket = node.socket(name);
        let socket = socket.to_string_lossy();
        let links = Scratch::new("names")?;
        let ours = links.file("birdcl");
        std::os::unix::fs::symlink(godwit_lab::godwit()?, &ours)?;
        for client in [bird16("birdc"), "/usr/sbin/birdcl".into(), ours] {
            let (good, shown) = output(&client, &["-s", &socket, "show", "status"])?;
            let lines: Vec<&str> = shown.lines().collect();
            ensure!(good && lines.len() > 2, "{}: {shown}", client.display());
            ensure!(lines[0] == "BIRD v0.3.3+birdv1.6.8 ready.", "{}: {shown}", client.display());
            ensure!(lines[1] == "BIRD v0.3.3+birdv1.6.8", "{}: {shown}", client.display());
        }
        let (_, coded) = output(&bird16("birdc"), &["-v", "-s", &socket, "show", "status"])?;
        ensure!(coded.contains("1000-BIRD v"), "{coded}");
    }
    Ok(())
}

/// A service of runit's that is not needed any more: a HUP is nothing to it, a TERM is its end.
#[test]
fn lab_a_companion_alone_waits_for_ever() -> Result<()> {
    let scratch = Scratch::new("stub")?;
    let mut command = Command::new(godwit_lab::godwit()?);
    command.arg("companion").stdin(Stdio::null());
    let mut stub = Process::start(command, scratch.file("log"))?;
    until("its arguments", || arguments(stub.id()).len() == 2)?;
    until("HUP to be blocked", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", stub.id())).unwrap_or_default();
        status.lines().any(|line| line.starts_with("SigBlk:") && line.ends_with("201"))
    })?;
    stub.signal(Signal::SIGHUP);
    let id = stub.id();
    stays("it runs", Duration::from_millis(300), || !arguments(id).is_empty())?;
    stub.stop();
    ensure!(stub.ended().is_some(), "it does not end");
    Ok(())
}
