//! A node in a large mesh: how long until all sessions are up, and what they cost when nothing happens; beside
//! BIRD 1.6.8 with the same configuration.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use godwit_lab::speaker::within;
use godwit_lab::{Namespace, Process, Program, Scratch, run as run_program, wait_for};

use super::speaker::{Heard, connect, speak};

/// How long until all sessions are up, at most.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(20);
/// The node's address: of the neighbors' about half stand before it as text, and connect to it, half after.
const NODE: Ipv4Addr = Ipv4Addr::new(10, 60, 5, 5);
const AS: u32 = 64_512;
/// A neighbor's thread needs no more, octets.
const STACK_LEN: usize = 128 * 1024;

pub(super) fn run(neighbors: usize) -> Result<()> {
    let scratch = Scratch::new("bench-mesh")?;
    let manifests = scratch.file("manifests");
    std::fs::create_dir(&manifests)?;
    std::fs::write(manifests.join("cluster.yaml"), cluster(neighbors))?;
    let datastore = format!("dir:{}", manifests.display());
    let of_node = ["--datastore", datastore.as_str(), "--node", "own", "--release", "3.33"];
    let godwit = crate::built("release");

    println!("a node with {neighbors} neighbors in the mesh");
    println!("{:<12} {:>14} {:>10} {:>10}", "", "all up s", "peak MB", "idle CPU %");
    measure("godwit", neighbors, |namespace| {
        let mut command = namespace.command(&godwit);
        command.arg("node").args(of_node).args(["--state-file", "none", "--no-rename", "--socket-dir"]);
        command.arg(scratch.file("run")).arg("--status-socket").arg(scratch.file("status.sock"));
        Process::start(command, scratch.file("godwit.log"))
    })?;
    let render = [&["calico", "render", "--family", "4"][..], &of_node].concat();
    let config = scratch.write("bird.cfg", &run_program(&godwit.to_string_lossy(), &render)?)?;
    measure("bird 1.6.8", neighbors, |namespace| {
        let mut command = namespace.command(Program::Bird16.path()?);
        command.arg("-f").arg("-c").arg(&config).arg("-s").arg(scratch.file("bird.ctl"));
        Process::start(command, scratch.file("bird.log"))
    })
}

fn measure(name: &str, neighbors: usize, start: impl FnOnce(&Namespace) -> Result<Process>) -> Result<()> {
    let (node, rack) = (Namespace::new("node")?, Namespace::new("rack")?);
    Namespace::join((&node, "eth0", &[&format!("{NODE}/16")]), (&rack, "eth0", &[]))?;
    for n in 0..neighbors {
        rack.ip(&["addr", "add", &format!("{}/16", address(n)), "dev", "eth0"])?;
    }
    let up = Arc::new(AtomicUsize::new(0));
    listen(&rack, &up)?;
    let began = Instant::now();
    let daemon = start(&node)?;
    for n in (0..neighbors).filter(|n| connects(*n)) {
        keep_connecting(&rack, address(n), &up)?;
    }
    wait_for("all sessions", PATIENCE, || (up.load(Ordering::Acquire) >= neighbors).then_some(()))
        .with_context(|| format!("{} of {neighbors}\n{}", up.load(Ordering::Acquire), daemon.log()))?;
    let took = began.elapsed().as_secs_f64();
    // What there is to do at first is done.
    std::thread::sleep(Duration::from_secs(5));
    let (before, _) = daemon.usage();
    std::thread::sleep(IDLE);
    let (after, peak) = daemon.usage();
    let idle = (after - before) / IDLE.as_secs_f64() * 100.0;
    println!("{name:<12} {took:>14.2} {:>10.1} {idle:>10.2}", peak as f64 / 1e6);
    Ok(())
}

/// The n-th neighbor's address.
fn address(n: usize) -> Ipv4Addr {
    let octet = |n: usize| u8::try_from(n % 256).unwrap_or_default();
    Ipv4Addr::new(10, 60, octet(n / 100 + 1), octet(n % 100 + 100))
}

/// Whether the node waits for this neighbor: the greater of two addresses, as text, connects.
fn connects(n: usize) -> bool {
    address(n).to_string() > NODE.to_string()
}

fn cluster(neighbors: usize) -> String {
    let object = |kind: &str, name: &str, spec: &str| {
        format!(
            "{{apiVersion: projectcalico.org/v3, kind: {kind}, metadata: {{name: {name}}}, spec: {spec}}}\n"
        )
    };
    let node = |(name, address): (String, Ipv4Addr)| {
        object("Node", &name, &format!("{{bgp: {{ipv4Address: {address}/16}}}}"))
    };
    let nodes = (0..neighbors).map(|n| (format!("node-{n}"), address(n)));
    let nodes = std::iter::once(("own".to_owned(), NODE)).chain(nodes).map(node);
    let configuration = object("BGPConfiguration", "default", &format!("{{asNumber: {AS}}}"));
    std::iter::once(configuration).chain(nodes).collect::<Vec<_>>().join("---\n")
}

/// Takes the node's connections, for all neighbors.
fn listen(rack: &Namespace, up: &Arc<AtomicUsize>) -> Result<()> {
    let listener = within(rack, || Ok(TcpListener::bind(("0.0.0.0", 179))?))?;
    let up = up.clone();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let Ok(std::net::SocketAddr::V4(local)) = stream.local_addr() else { continue };
            let up = up.clone();
            let spawned = std::thread::Builder::new().stack_size(STACK_LEN).spawn(move || {
                // A session that ends is one that is missing.
                let _ = speak(stream, *local.ip(), AS, &mut |heard| count(&heard, &up));
            });
            if let Err(error) = spawned {
                eprintln!("a neighbor's thread: {error}");
            }
        }
    });
    Ok(())
}

/// Connects for one neighbor until the node takes it.
fn keep_connecting(rack: &Namespace, from: Ipv4Addr, up: &Arc<AtomicUsize>) -> Result<()> {
    let up = up.clone();
    let namespace = std::fs::File::open(format!("/run/netns/{}", rack.name()))?;
    std::thread::Builder::new().stack_size(STACK_LEN).spawn(move || {
        if godwit_lab::speaker::enter(&namespace).is_err() {
            return;
        }
        for _ in 0..600 {
            if let Ok(stream) = connect(from, NODE) {
                let _ = speak(stream, from, AS, &mut |heard| count(&heard, &up));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    })?;
    Ok(())
}

fn count(heard: &Heard<'_>, up: &AtomicUsize) {
    if matches!(heard, Heard::Established) {
        up.fetch_add(1, Ordering::AcqRel);
    }
}
