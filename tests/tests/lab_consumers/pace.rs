//! Every line in time, whatever else goes on, and nothing left behind by clients that come and go.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, anyhow, ensure};
use godwit_lab::speaker::{Speaker, announce};
use godwit_lab::{Namespace, Program, Router, settles, until};

use crate::scene::Family;
use crate::wire::{self, Connection};
use crate::{calicoctl, exporter, probes, reporter};

/// A node with one neighbor, which is played here, and is not missed for as long as a lab may take.
struct Lab {
    _node: Namespace,
    others: Namespace,
    router: Router,
}

const PEER: &str = "Mesh_192_0_2_2";

impl Lab {
    fn new() -> Result<Self> {
        let (node, others) = (Namespace::new("n")?, Namespace::new("o")?);
        Namespace::join((&node, "eth0", &["192.0.2.1/24"]), (&others, "eth0", &["192.0.2.2/24"]))?;
        let config = format!(
            "log stderr all; router id 192.0.2.1;
             protocol device {{ }} protocol direct {{ interface \"eth0\"; }}
             protocol kernel {{ learn; import all; export all; }}
             filter calico_kernel_programming {{ accept; }}
             protocol bgp {PEER} {{ local 192.0.2.1 as 64512; neighbor 192.0.2.2 as 64513; passive;
               multihop; hold time 3600; gateway recursive; import all; export none; }}"
        );
        let router = Router::start(&node, Program::Godwit, &config)?;
        Ok(Self { _node: node, others, router })
    }

    fn peer(&self) -> Result<Speaker> {
        let peer = Speaker::established(&self.others, "192.0.2.2", "192.0.2.1", 64513)?;
        self.router.established(PEER)?;
        Ok(peer)
    }

    fn open_files(&mut self) -> Result<usize> {
        let id = self.router.process().id();
        Ok(std::fs::read_dir(format!("/proc/{id}/fd"))?.count())
    }
}

/// A full table for an optimised daemon; one that is not, and is some twenty times slower, gets less.
fn nets() -> Result<u32> {
    let optimised = godwit_lab::godwit()?.parent().is_some_and(|p| p.ends_with("release"));
    Ok(if optimised { 200_000 } else { 30_000 })
}
/// How many go in one UPDATE.
const NETS_EACH: u32 = 900;

/// Announces them all, over and over with another path, until it is enough.
fn announce_all(peer: &mut Speaker, enough: &AtomicBool) -> Result<()> {
    let all: Vec<[u8; 3]> = (0..nets()?).map(|n| [20 + (n >> 16) as u8, (n >> 8) as u8, n as u8]).collect();
    for path in [64513, 64514].into_iter().cycle() {
        for some in all.chunks(NETS_EACH as usize) {
            peer.send(&announce(path, Ipv4Addr::new(192, 0, 2, 2), some))?;
            if enough.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// How many routes the neighbor has given us so far, and how many times it gave one.
fn imported(socket: &Path) -> Result<(u32, u32)> {
    let lines = wire::ask(socket, &format!("show protocols all {PEER}"))?;
    let number = |label: &str| {
        let after = lines.iter().find_map(|l| l.text.trim().strip_prefix(label));
        let word = after.and_then(|rest| rest.split_whitespace().next());
        word.and_then(|w| w.parse().ok()).with_context(|| format!("no {label} in {lines:?}"))
    };
    Ok((number("Routes:")?, number("Import updates:")?))
}

/// What a consumer asks; every line in time.
type Consumer = fn(&Path) -> Result<()>;
fn holds(what: bool) -> Result<()> {
    ensure!(what, "not what it should be");
    Ok(())
}

const CONSUMERS: [(&str, Consumer); 7] = [
    ("calicoctl", |s| holds(calicoctl::node_status(s, Family::V4)?.len() == 1)),
    ("readiness", |s| holds(probes::ready(s, Family::V4, true)?.is_ok())),
    ("class Agent", |s| holds(reporter::agent(s)?.ready)),
    ("class BGP", |s| holds(reporter::sessions(s, Family::V4)?.len() == 1)),
    ("the exporter", |s| holds(exporter::scrape(s)?.len() == 4)),
    ("a prefix", |s| wire::ask(s, "show route 20.0.1.0/24 all").map(|_| ())),
    ("an address", |s| wire::ask(s, "show route for 20.0.1.9").map(|_| ())),
];

fn one_round(socket: &Path) -> Result<()> {
    CONSUMERS.iter().try_for_each(|(name, ask)| ask(socket).context(*name))
}

/// Also while a full table comes in and goes on to the kernel, and while another client reads it all.
#[test]
fn lab_every_line_in_time_while_a_full_table_loads() -> Result<()> {
    let lab = Lab::new()?;
    let mut peer = lab.peer()?;
    let socket = lab.router.socket();
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| -> Result<()> {
        let sender = scope.spawn(|| announce_all(&mut peer, &enough));
        let reader = scope.spawn(|| -> Result<()> {
            while !enough.load(Ordering::Relaxed) {
                let mut client = Connection::open(socket)?;
                client.send("show route")?;
                while !client.line().context("class Routes")?.starts_with("0000") {}
            }
            Ok(())
        });
        let answered = while_it_loads(socket);
        enough.store(true, Ordering::Relaxed);
        sender.join().map_err(|_| anyhow!("the sender panicked"))??;
        reader.join().map_err(|_| anyhow!("the reader panicked"))??;
        answered
    })?;
    one_round(socket)
}

/// Asks until everyone had an answer while routes came, and a full table was there.
fn while_it_loads(socket: &Path) -> Result<()> {
    let whole = nets()?;
    let mut answered = BTreeSet::new();
    let (mut routes, mut before) = imported(socket)?;
    for (name, ask) in CONSUMERS.iter().cycle() {
        ask(socket).with_context(|| format!("{name}, after {routes} routes"))?;
        let now;
        (routes, now) = imported(socket)?;
        if now > before && before > 0 {
            answered.insert(*name);
        }
        before = now;
        if answered.len() == CONSUMERS.len() && routes >= whole {
            break;
        }
    }
    Ok(())
}

#[test]
fn lab_a_thousand_clients_leave_nothing_behind() -> Result<()> {
    let mut lab = Lab::new()?;
    let mut peer = lab.peer()?;
    peer.send(&announce(64513, Ipv4Addr::new(192, 0, 2, 2), &[[20, 0, 1], [20, 0, 2]]))?;
    lab.router.has_route("20.0.1.0/24", &[])?;
    let socket = lab.router.socket().to_owned();
    let before = settles("the open files", || lab.open_files().ok())?.context("no process")?;
    for n in 0..1000 {
        ensure!(probes::ready(&socket, Family::V4, true).with_context(|| format!("client {n}"))?.is_ok());
    }
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..50).map(|_| scope.spawn(|| one_round(&socket))).collect();
        clients.into_iter().try_for_each(|c| c.join().map_err(|_| anyhow!("a client panicked"))?)
    })?;
    // Those that go in the middle: of a greeting, of a word, of an answer.
    for n in 0..300 {
        let mut client = Connection::open(&socket)?;
        match n % 4 {
            0 => {}
            1 => client.send("show protocols all\nshow rou")?,
            2 => client.send(&"show route all\n".repeat(50))?,
            _ => {
                client.send("show protocols all")?;
                client.line()?;
                client.line()?;
            }
        }
    }
    // Clients are taken in the order they come: when this one has its answers, all were.
    one_round(&socket)?;
    until("the files of clients to be closed", || lab.open_files().is_ok_and(|now| now == before))
        .with_context(|| format!("{before} files before, {:?} now", lab.open_files()))?;
    Ok(())
}

/// In one write before the greeting is read, with an end of line of another kind, in pieces.
#[test]
fn lab_commands_come_as_clients_send_them() -> Result<()> {
    let lab = Lab::new()?;
    let mut client = Connection::open(lab.router.socket())?;
    client.send("show status\r\nshow protocols\nshow route 20.0.1.0/24")?;
    for code in [1, 13, 0, 8001] {
        let lines = wire::reply(&mut client)?;
        ensure!(lines.last().is_some_and(|l| l.code == code), "not {code}: {lines:?}");
    }
    Ok(())
}
