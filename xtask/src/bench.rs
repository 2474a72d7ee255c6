//! The first benchmark: a million prefixes from one external neighbor through the daemon to another.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use godwit_lab::{Namespace, Process, Scratch, wait_for};

use crate::peer::{DAEMON, SINK, SOURCE};

const PREFIXES: &str = "1000000";

/// What one run cost.
#[derive(Clone, Copy)]
struct Cost {
    wall_secs: f64,
    cpu_secs: f64,
    withdraw_secs: f64,
    peak_octets: u64,
}

pub(crate) fn run(options: &[&str]) -> Result<()> {
    godwit_lab::need_root()?;
    let runs: usize = match options {
        [] => 3,
        [n] => n.parse().context("how many runs?")?,
        _ => bail!("cargo xtask bench [RUNS]"),
    };
    crate::cargo(&["build", "--release", "--quiet", "--bin", "godwit"])?;
    let daemons = [("godwit", crate::built("release")), ("bird2", PathBuf::from("bird"))];
    let mut costs: [Vec<Cost>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..runs {
        for ((_, program), list) in daemons.iter().zip(&mut costs) {
            list.push(measure(program)?);
        }
    }
    println!(
        "{PREFIXES} IPv4 prefixes, 6 to a set of attributes, one external neighbor to another; medians of {runs}"
    );
    println!("{:<8} {:>10} {:>10} {:>12} {:>14}", "", "wall s", "CPU s", "peak MB", "withdrawn s");
    let medians: Vec<Cost> = costs.iter().map(|list| median(list)).collect();
    for ((name, _), cost) in daemons.iter().zip(&medians) {
        let mb = cost.peak_octets as f64 / 1e6;
        println!(
            "{name:<8} {:>10.3} {:>10.3} {mb:>12.1} {:>14.3}",
            cost.wall_secs, cost.cpu_secs, cost.withdraw_secs
        );
    }
    if let [ours, theirs] = medians.as_slice() {
        println!(
            "{:<8} {:>10.2} {:>10.2} {:>12.2} {:>14.2}",
            "ratio",
            ours.wall_secs / theirs.wall_secs,
            ours.cpu_secs / theirs.cpu_secs,
            ours.peak_octets as f64 / theirs.peak_octets as f64,
            ours.withdraw_secs / theirs.withdraw_secs
        );
    }
    Ok(())
}

fn measure(program: &Path) -> Result<Cost> {
    let (a, b) = (Namespace::new("router")?, Namespace::new("peers")?);
    Namespace::join(
        (&a, "veth-a", &[&format!("{DAEMON}/24")]),
        (&b, "veth-b", &[&format!("{SOURCE}/24"), &format!("{SINK}/24")]),
    )?;
    let scratch = Scratch::new("bench")?;
    let neighbor = |name: &str, address: &str, asn: u32| {
        format!(
            "protocol bgp {name} {{ local {DAEMON} as 65000; neighbor {address} as {asn}; passive; \
             ipv4 {{ import all; export all; }}; }}\n"
        )
    };
    let config = format!(
        "log stderr all;\nrouter id 9.9.9.9;\nprotocol device {{ }}\n{}{}",
        neighbor("peer_source", SOURCE, 65_001),
        neighbor("peer_sink", SINK, 65_002)
    );
    let config = scratch.write("bench.conf", &config)?;
    let socket = scratch.file("bench.ctl");
    let mut command = a.command(program);
    command.arg("-f").arg("-c").arg(&config).arg("-s").arg(&socket);
    let mut daemon = Process::start(command, scratch.file("daemon.log"))?;
    wait_for("the control socket", Duration::from_secs(10), || socket.exists().then_some(()))
        .with_context(|| daemon.log())?;
    let before = daemon.usage().0;
    let own = std::env::current_exe()?;
    let printed = b
        .run(&own.to_string_lossy(), &["bench-peer", PREFIXES])
        .with_context(|| format!("{}: {}", program.display(), daemon.log()))?;
    let (cpu, peak_octets) = daemon.usage();
    daemon.stop();
    let mut numbers = printed.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next().context("the peers printed no result")?.context("a number");
    Ok(Cost { wall_secs: next()?, withdraw_secs: next()?, cpu_secs: cpu - before, peak_octets })
}

/// The median of each figure by itself.
fn median(costs: &[Cost]) -> Cost {
    let middle = |figure: &dyn Fn(&Cost) -> f64| {
        let mut list: Vec<f64> = costs.iter().map(figure).collect();
        list.sort_by(f64::total_cmp);
        list.get(list.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Cost {
        wall_secs: middle(&|c| c.wall_secs),
        cpu_secs: middle(&|c| c.cpu_secs),
        withdraw_secs: middle(&|c| c.withdraw_secs),
        peak_octets: middle(&|c| c.peak_octets as f64) as u64,
    }
}
