//! From a write to etcd to the neighbor that is told of the route, and to the kernel of the next node.

use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use godwit_lab::speaker::within;
use godwit_lab::{Namespace, Process, Scratch};
use serde_json::{Value, json};

use super::speaker::{Heard, connect, speak};
use crate::http::Connection;
use crate::spread::Spread;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
const STORE: Ipv4Addr = Ipv4Addr::new(172, 30, 0, 1);
const NODE_A: Ipv4Addr = Ipv4Addr::new(172, 30, 0, 11);
const NODE_B: Ipv4Addr = Ipv4Addr::new(172, 30, 0, 12);
const TOR: Ipv4Addr = Ipv4Addr::new(172, 30, 0, 250);
const TOR_AS: u32 = 65_001;

/// Blocks a node has all the time.
const BLOCKS: usize = 4;

/// What is seen of a prefix.
#[derive(PartialEq, Eq, Debug)]
enum Sighting {
    There(String),
    Gone(String),
}

/// What is seen, and when.
type Sightings = Receiver<(Instant, Sighting)>;

pub(super) fn run(changes: usize) -> Result<()> {
    let scratch = Scratch::new("bench-node")?;
    let rack = Namespace::new("rack")?;
    rack.ip(&["link", "add", "br0", "type", "bridge"])?;
    rack.ip(&["addr", "add", &format!("{STORE}/24"), "dev", "br0"])?;
    rack.ip(&["link", "set", "br0", "up"])?;
    let hosts = [("a", NODE_A), ("b", NODE_B), ("tor", TOR)];
    let hosts =
        hosts.into_iter().map(|(name, address)| host(&rack, name, address)).collect::<Result<Vec<_>>>()?;
    let [a, b, tor] = hosts.as_slice() else { anyhow::bail!("three hosts") };

    let url = format!("http://{STORE}:2379");
    let _etcd = etcd(&rack, &scratch, &url)?;
    let mut store = within(&rack, || Connection::open("127.0.0.1", 2379, PATIENCE))?;
    for (key, value) in cluster() {
        store.etcd_put(&key, &value)?;
    }
    let node = |namespace: &Namespace, name: &str| {
        let mut command = namespace.command(crate::built("release"));
        command.args(["node", "--datastore", &format!("etcd:{url}"), "--node", name, "--release", "3.33"]);
        command.args(["--state-file", "none", "--no-rename", "--socket-dir"]).arg(scratch.file(name));
        command.arg("--status-socket").arg(scratch.file(&format!("{name}.sock")));
        Process::start(command, scratch.file(&format!("{name}.log")))
    };
    let node_a = node(a, "node-a")?;
    let _node_b = node(b, "node-b")?;
    let kernel = kernel_of(b)?;
    let neighbor = neighbor(tor)?;

    let block = |n: usize| format!("10.100.{}.{}/26", n / 4, n % 4 * 64);
    let key = |n: usize| format!("/calico/ipam/v2/host/node-a/ipv4/block/{}", block(n).replace('/', "-"));
    let affinity = json!({"state": "confirmed", "deleted": false}).to_string();
    // The first ones show that everything is up.
    for n in 0..BLOCKS {
        store.etcd_put(&key(n), &affinity)?;
        let there = Sighting::There(block(n));
        seen(&neighbor, &there).with_context(|| node_a.log())?;
        seen(&kernel.sightings, &there).with_context(|| node_a.log())?;
    }
    let (mut told, mut routed) = (Vec::new(), Vec::new());
    for n in 0..changes {
        // A block comes, and goes with the next change.
        let which = BLOCKS + n / 2 % 1000;
        let start = Instant::now();
        let sighting = if n % 2 == 0 {
            store.etcd_put(&key(which), &affinity)?;
            Sighting::There(block(which))
        } else {
            store.etcd_delete(&key(which))?;
            Sighting::Gone(block(which))
        };
        let since = |at: Instant| at.duration_since(start).as_secs_f64() * 1e3;
        told.push(since(seen(&neighbor, &sighting)?));
        routed.push(since(seen(&kernel.sightings, &sighting)?));
    }
    println!(
        "a node with {BLOCKS} blocks; {changes} times one more or one less; from before the write to etcd until"
    );
    for (what, times) in
        [("the neighbor has the UPDATE", &mut told), ("the next node's kernel has the route", &mut routed)]
    {
        let Spread { p50, p99, max } = Spread::of(times);
        println!("  {what:<38} p50 {p50:6.2} ms  p99 {p99:6.2} ms  max {max:6.2} ms");
    }
    Ok(())
}

/// A namespace with a cable to the rack's bridge.
fn host(rack: &Namespace, name: &str, address: Ipv4Addr) -> Result<Namespace> {
    let host = Namespace::new(name)?;
    let port = format!("port-{name}");
    Namespace::join((rack, &port, &[]), (&host, "eth0", &[&format!("{address}/24")]))?;
    rack.ip(&["link", "set", &port, "master", "br0"])?;
    Ok(host)
}

fn etcd(rack: &Namespace, scratch: &Scratch, url: &str) -> Result<Process> {
    let peer = "http://127.0.0.1:2380";
    let mut command = rack.command("etcd");
    command.args(["--data-dir", &scratch.file("etcd").to_string_lossy()]);
    command.args([
        "--listen-client-urls",
        &format!("{url},http://127.0.0.1:2379"),
        "--advertise-client-urls",
        url,
    ]);
    command.args(["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]);
    command.args(["--initial-cluster", &format!("default={peer}"), "--log-level", "error"]);
    Process::start(command, scratch.file("etcd.log"))
}

/// Two nodes in a mesh, and a router above the first.
fn cluster() -> Vec<(String, String)> {
    let object = |kind: &str, plural: &str, name: &str, spec: &Value| {
        let key = format!("/calico/resources/v3/projectcalico.org/{plural}/{name}");
        let value = json!({"kind": kind, "apiVersion": "projectcalico.org/v3", "metadata": {"name": name}, "spec": spec});
        (key, value.to_string())
    };
    let node = |name: &str, address: Ipv4Addr| {
        object("Node", "nodes", name, &json!({"bgp": {"ipv4Address": format!("{address}/24")}}))
    };
    let peer = json!({"node": "node-a", "peerIP": TOR.to_string(), "asNumber": TOR_AS});
    vec![
        object("BGPConfiguration", "bgpconfigurations", "default", &json!({"asNumber": 64512})),
        object("IPPool", "ippools", "pods", &json!({"cidr": "10.100.0.0/16"})),
        node("node-a", NODE_A),
        node("node-b", NODE_B),
        object("BGPPeer", "bgppeers", "tor", &peer),
    ]
}

/// Prefixes a neighbor of node-a is told of, and when.
fn neighbor(tor: &Namespace) -> Result<Sightings> {
    let (sender, sightings) = channel();
    let listener = within(tor, || Ok(std::net::TcpListener::bind((TOR, 179))?))?;
    std::thread::spawn(move || {
        // The node tries again until the session is up.
        while let Ok((stream, _)) = listener.accept() {
            let mut heard = |what: Heard<'_>| tell(&sender, &what);
            if let Err(error) = speak(stream, TOR, TOR_AS, &mut heard) {
                eprintln!("the neighbor: {error:#}");
            }
        }
    });
    // One end of two that may connect.
    within(tor, || {
        let _ = connect(TOR, NODE_A);
        Ok(())
    })?;
    Ok(sightings)
}

fn tell(sender: &Sender<(Instant, Sighting)>, what: &Heard<'_>) {
    let now = Instant::now();
    let Heard::Update(update) = what else { return };
    let announced = godwit_wire::ipv4_nlri(update.nlri).into_iter().flatten();
    let withdrawn = godwit_wire::ipv4_nlri(update.withdrawn).into_iter().flatten();
    let announced = announced.map(|net| Sighting::There(net.to_string()));
    for sighting in announced.chain(withdrawn.map(|net| Sighting::Gone(net.to_string()))) {
        // Nobody looks any more when the measurement is over.
        let _ = sender.send((now, sighting));
    }
}

/// A program that tells what it sees; it is ended with its owner.
struct Monitor {
    child: Child,
    sightings: Sightings,
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Routes that come into a namespace's kernel, and when.
fn kernel_of(namespace: &Namespace) -> Result<Monitor> {
    let (sender, sightings) = channel();
    let mut command = Command::new("ip");
    command.args(["-n", namespace.name(), "monitor", "route"]).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let output = child.stdout.take().context("no standard output")?;
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let now = Instant::now();
            let mut words = line.split_whitespace();
            let sighting = match (words.next(), words.next()) {
                (Some("Deleted"), Some(prefix)) => Sighting::Gone(prefix.to_owned()),
                (Some(prefix), _) => Sighting::There(prefix.to_owned()),
                _ => continue,
            };
            let _ = sender.send((now, sighting));
        }
    });
    Ok(Monitor { child, sightings })
}

/// When something was seen.
fn seen(sightings: &Sightings, wanted: &Sighting) -> Result<Instant> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let (at, sighting) =
            sightings.recv_timeout(left).with_context(|| format!("{wanted:?} was not seen"))?;
        if sighting == *wanted {
            return Ok(at);
        }
    }
}
