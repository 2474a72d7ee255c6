//! The services of calico-node's container as `config/kubernetes` has them, under runit.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Process, Program, Router, Scratch, need_program, run, until, workspace};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::others::Names;
use crate::scene::Family;
use crate::{calicoctl, probes, reporter};

const SERVICES: [&str; 3] = ["bird", "bird6", "confd"];

/// The container: its processes end with it.
struct Container {
    node: Namespace,
    runsvdir: Process,
    scratch: Scratch,
    names: Names,
}

impl Container {
    fn start(node: Namespace) -> Result<Self> {
        need_program("runsvdir", "runit")?;
        let scratch = Scratch::new("container")?;
        let names = Names::new(Program::Godwit)?;
        let enabled = scratch.file("enabled");
        for name in SERVICES {
            std::fs::create_dir_all(enabled.join(name))?;
            // A copy with its mode, as the container makes one when it starts.
            let script = workspace().join("config/kubernetes/runit").join(name).join("run");
            std::fs::copy(script, enabled.join(name).join("run"))?;
        }
        // Two nodes and their mesh.
        let manifests = scratch.file("manifests");
        std::fs::create_dir(&manifests)?;
        std::fs::copy(workspace().join("config/calico/10-cluster.yaml"), manifests.join("cluster.yaml"))?;
        let mut command = node.command("/usr/bin/env");
        command.args(["-i", "NODENAME=node-a", "DATASTORE_TYPE=kubernetes", "GODWIT_RELEASE=3.32"]);
        command.arg(format!("PATH={}:/usr/bin:/bin", names.folder().display()));
        command.arg(format!("GODWIT_DATASTORE=dir:{}", manifests.display()));
        command.arg(format!("GODWIT_SOCKET_DIR={}", scratch.file("run").display()));
        command.arg(format!("GODWIT_STATE_FILE={}", scratch.file("state.json").display()));
        command.arg("runsvdir").arg("-P").arg(&enabled);
        let runsvdir = Process::start(command, scratch.file("log"))?;
        Ok(Self { node, runsvdir, scratch, names })
    }

    fn services(&self) -> PathBuf {
        self.scratch.file("enabled")
    }

    fn socket(&self, family: Family) -> PathBuf {
        let name = if family == Family::V4 { "run/bird.ctl" } else { "run/bird6.ctl" };
        self.scratch.file(name)
    }

    /// All that Calico's probes of the container look at.
    fn is_well(&self) -> Result<()> {
        for name in SERVICES {
            probes::service_runs(&self.services(), name)?;
        }
        for (family, client) in [(Family::V4, "birdcl"), (Family::V6, "birdcl6")] {
            let socket = self.socket(family);
            probes::live(&self.names.path(client), &socket)?;
            for young in [true, false] {
                let ready = probes::ready(&socket, family, young)?;
                ensure!(ready.is_ok(), "{family:?} is not ready: {ready:?}");
            }
        }
        Ok(())
    }

    fn becomes_well(&self) -> Result<()> {
        until("the probes to succeed", || self.is_well().is_ok())
            .with_context(|| format!("{:?}\n{}", self.is_well(), self.runsvdir.log()))?;
        Ok(())
    }

    /// The process of a service.
    fn process_of(&self, name: &str) -> Result<i32> {
        let status = probes::service_status(&self.services(), name)?;
        let id = status.split_once("(pid ").and_then(|(_, rest)| rest.split(')').next());
        id.and_then(|id| id.parse().ok()).with_context(|| status)
    }

    fn processes(&self) -> Vec<i32> {
        let ids = run("ip", &["netns", "pids", self.node.name()]).unwrap_or_default();
        ids.split_whitespace().filter_map(|id| id.parse().ok()).collect()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It tells every service to stop.
        self.runsvdir.signal(Signal::SIGHUP);
        let began = Instant::now();
        while !self.processes().is_empty() && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(godwit_lab::POLL);
        }
        for id in self.processes() {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// The other node of the cluster in `config/calico`.
fn other_node(namespace: &Namespace, family: Family) -> Result<Router> {
    let (us, them) = match family {
        Family::V4 => ("10.0.0.3", "10.0.0.2"),
        Family::V6 => ("fd00::3", "fd00::2"),
    };
    let config = format!(
        "log stderr all; router id 10.0.0.3; listen bgp address {us}; protocol device {{ }}
         protocol bgp node {{ local as 64512; neighbor {them} as 64512; source address {us}; multihop;
           import all; export all; graceful restart; connect delay time 1; connect retry time 5;
           error wait time 1,2; }}"
    );
    Router::start(namespace, family.bird(), &config)
}

fn hosts() -> Result<(Namespace, Namespace)> {
    let (node, other) = (Namespace::new("n")?, Namespace::new("o")?);
    Namespace::join(
        (&node, "eth0", &["10.0.0.2/24", "fd00::2/64"]),
        (&other, "eth0", &["10.0.0.3/24", "fd00::3/64"]),
    )?;
    Ok((node, other))
}

#[test]
fn lab_the_services_of_the_container_are_what_probes_look_for() -> Result<()> {
    let (node, other) = hosts()?;
    let _others = [other_node(&other, Family::V4)?, other_node(&other, Family::V6)?];
    let container = Container::start(node)?;
    container.becomes_well()?;
    for (family, name, peer) in [(Family::V4, "bird", "10.0.0.3"), (Family::V6, "bird6", "fd00::3")] {
        ensure!(calicoctl::runs(&container.node, name)?, "no process is called {name}");
        let socket = container.socket(family);
        let peers = calicoctl::node_status(&socket, family)?;
        let seen: Vec<_> = peers.iter().map(|p| (p.address.as_str(), p.kind, p.state.as_str())).collect();
        ensure!(seen == [(peer, "node-to-node mesh", "up")], "{peers:?}");
        let agent = reporter::agent(&socket)?;
        ensure!(agent.ready && !agent.version.is_empty(), "{agent:?}");
        ensure!(reporter::sessions(&socket, family)?.iter().all(|s| s.up && s.state == "Established"));
    }
    status_is_good(&container.names.path("godwit"), &container.scratch.file("run/godwit.sock"))?;

    // Each comes back when it is killed, and so does what it does.
    for name in SERVICES {
        let before = container.process_of(name)?;
        kill(Pid::from_raw(before), Signal::SIGKILL)?;
        until("another process", || container.process_of(name).is_ok_and(|now| now != before))
            .with_context(|| container.runsvdir.log())?;
        container.becomes_well()?;
        for name in ["bird", "bird6"] {
            until("the names", || calicoctl::runs(&container.node, name).unwrap_or(false))?;
        }
    }
    Ok(())
}

/// The readiness probe of the DaemonSet.
fn status_is_good(godwit: &Path, socket: &Path) -> Result<()> {
    let path = socket.to_string_lossy();
    let said = run(&godwit.to_string_lossy(), &["calico", "status", "--socket", &path])?;
    ensure!(said.contains("node-a"), "{said}");
    Ok(())
}
