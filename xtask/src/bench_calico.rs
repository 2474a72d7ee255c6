//! What it costs to follow a large cluster: `godwit calico watch` with a real etcd, and with the API server
//! for tests.

mod objects;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use godwit_lab::{Process, Scratch};

use crate::http::Connection;
use crate::spread::Spread;

/// Changes that are timed.
const CHANGES: usize = 1000;
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(20);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run() -> Result<()> {
    crate::packages::for_tests()?;
    let packages = ["build", "--release", "--quiet", "-p", "godwit", "-p", "apiserver-double"];
    crate::cargo(&packages)?;
    println!(
        "{} nodes with {} blocks each, {} BGPPeers; with Kubernetes also {} services",
        objects::NODES,
        objects::BLOCKS,
        objects::PEERS,
        objects::SERVICES
    );
    println!(
        "{:<12} {:>14} {:>10} {:>10} {:>9} {:>9} {:>9}",
        "", "configured s", "peak MB", "idle CPU %", "p50 ms", "p99 ms", "max ms"
    );
    let scratch = Scratch::new("bench-calico")?;
    etcd(&scratch)?;
    kubernetes(&scratch)
}

/// A free port on loopback.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn etcd(scratch: &Scratch) -> Result<()> {
    let (client, peer) = (free_port()?, free_port()?);
    let url = format!("http://127.0.0.1:{client}");
    let peer_url = format!("http://127.0.0.1:{peer}");
    let mut command = Command::new("etcd");
    command.args(["--data-dir", &scratch.file("etcd").to_string_lossy()]);
    command.args(["--listen-client-urls", &url, "--advertise-client-urls", &url]);
    command.args(["--listen-peer-urls", &peer_url, "--initial-advertise-peer-urls", &peer_url]);
    command.args(["--initial-cluster", &format!("default={peer_url}"), "--log-level", "error"]);
    let _server = Process::start(command, scratch.file("etcd.log"))?;
    let mut connection = Connection::open("127.0.0.1", client, PATIENCE)?;
    for (key, value) in objects::of_etcd() {
        connection.etcd_put(&key, &value)?;
    }
    let mut watch = Watch::start(scratch, &format!("etcd:{url}"))?;
    watch.measure("etcd", &mut |address| {
        let (key, value) = objects::changing_peer_of_etcd(address);
        connection.etcd_put(&key, &value)
    })
}

fn kubernetes(scratch: &Scratch) -> Result<()> {
    let file = scratch.write("objects.json", &objects::of_kubernetes())?;
    let port = free_port()?;
    let mut command = Command::new(godwit_lab::target().join("release/apiserver-double"));
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--calico", "v1"]).arg(&file);
    let _server = Process::start(command, scratch.file("apiserver.log"))?;
    let mut connection = Connection::open("127.0.0.1", port, PATIENCE)?;
    let kubeconfig = scratch.write("kubeconfig", &objects::kubeconfig(port))?;
    let mut watch = Watch::start(scratch, &format!("kubernetes:{}", kubeconfig.display()))?;
    watch.measure("Kubernetes", &mut |address| {
        let (path, patch) = objects::changing_peer_of_kubernetes(address);
        connection.request("PATCH", &path, "application/merge-patch+json", &patch).map(|_| ())
    })
}

/// A running `godwit calico watch`.
struct Watch {
    child: Child,
    started: Instant,
    lines: Receiver<(Instant, String)>,
}

impl Watch {
    fn start(scratch: &Scratch, datastore: &str) -> Result<Self> {
        let started = Instant::now();
        let socket = scratch.file("calico.sock");
        let mut child = Command::new(crate::built("release"))
            .args(["calico", "watch", "--datastore", datastore, "--node", objects::OWN, "--release", "3.33"])
            .args(["--state-file", "none", "--socket"])
            .arg(&socket)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(scratch.file("watch.log"))?)
            .spawn()?;
        let output = child.stdout.take().context("no standard output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, started, lines })
    }

    /// When a line with a word in it came.
    fn until(&self, word: &str) -> Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((at, line)) = self.lines.recv_timeout(left) else {
                bail!("{word} did not come within {} s", PATIENCE.as_secs());
            };
            if line.contains(word) {
                return Ok(at);
            }
        }
    }

    fn measure(
        &mut self,
        name: &str,
        change: &mut dyn FnMut(std::net::Ipv4Addr) -> Result<()>,
    ) -> Result<()> {
        let configured = self.until("Mesh_")?.duration_since(self.started).as_secs_f64();
        // The rest of the first configuration.
        while self.lines.recv_timeout(Duration::from_secs(2)).is_ok() {}
        let before = self.cpu_secs()?;
        std::thread::sleep(IDLE);
        let idle = (self.cpu_secs()? - before) / IDLE.as_secs_f64() * 100.0;
        let mut times = Vec::new();
        for n in 0..CHANGES {
            let address = std::net::Ipv4Addr::new(198, 18, (n / 250) as u8, (n % 250) as u8 + 1);
            let start = Instant::now();
            change(address)?;
            let at = self.until(&format!("+ Global_{}", address.to_string().replace('.', "_")))?;
            times.push(at.duration_since(start).as_secs_f64() * 1e3);
        }
        let peak = self.peak_octets()? as f64 / 1e6;
        let Spread { p50, p99, max } = Spread::of(&mut times);
        println!("{name:<12} {configured:>14.3} {peak:>10.1} {idle:>10.2} {p50:>9.2} {p99:>9.2} {max:>9.2}");
        Ok(())
    }

    /// User and system time so far, at 100 ticks a second.
    fn cpu_secs(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or_default();
        Ok((ticks(11) + ticks(12)) / 100.0)
    }

    fn peak_octets(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmHWM:")).context("no VmHWM")?;
        let kib: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
