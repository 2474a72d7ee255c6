//! godwit is killed and started again: packets go on, and nobody forgets a route.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, settles, until};

use crate::lab::{Make, Monitor, Neighbor, Pings, addresses_settle, ipv4, ipv6};

/// A host whose packets go through godwit's kernel to the neighbor, and back by what the neighbor has learned.
struct Lab {
    host: Namespace,
    ours: Namespace,
    peer: Namespace,
}

const GODWIT: &str = "log stderr all; debug protocols { states, events }; router id 1.1.1.1;
    protocol device { }
    protocol kernel kernel4 { persist; graceful restart; ipv4 { export where source = RTS_BGP; }; }
    protocol kernel kernel6 { persist; graceful restart; ipv6 { export where source = RTS_BGP; }; }
    protocol static { ipv4; route 10.1.0.0/24 via \"vhost\"; }
    protocol static { ipv6; route 2001:db8:1::/64 via \"vhost\"; }
    protocol bgp peer4 { local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; connect delay time 1;
      graceful restart; ipv4 { import all; export where source = RTS_STATIC; }; }
    protocol bgp peer6 { local 2001:db8:2::1 as 65001; neighbor 2001:db8:2::2 as 65002; connect delay time 1;
      graceful restart; ipv6 { import all; export where source = RTS_STATIC; }; }";

const GODWIT16: &str = "log stderr all; debug protocols { states, events }; router id 1.1.1.1;
    protocol device { }
    protocol kernel { persist; graceful restart; export where source = RTS_BGP; }
    protocol static { route 10.1.0.0/24 via \"vhost\"; }
    protocol bgp peer4 { local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; connect delay time 1;
      graceful restart; import all; export where source = RTS_STATIC; }";

/// Our nets, where the host is.
const OURS: [&str; 2] = ["10.1.0.0/24", "2001:db8:1::/64"];

impl Lab {
    fn new() -> Result<Self> {
        let [host, ours, peer] = [Namespace::new("host")?, Namespace::new("own")?, Namespace::new("peer")?];
        let hosts = (&host, "veth0", &["10.1.0.2/24", "2001:db8:1::2/64"][..]);
        Namespace::join(hosts, (&ours, "vhost", &["10.1.0.1/24", "2001:db8:1::1/64"]))?;
        let peers = (&peer, "vpeer", &["192.0.2.2/24", "2001:db8:2::2/64"][..]);
        Namespace::join((&ours, "vown", &["192.0.2.1/24", "2001:db8:2::1/64"]), peers)?;
        host.ip(&["route", "add", "default", "via", "10.1.0.1"])?;
        host.ip(&["-6", "route", "add", "default", "via", "2001:db8:1::1"])?;
        for n in 1..=2 {
            peer.ip(&["addr", "add", &format!("10.2.{n}.1/32"), "dev", "lo"])?;
            peer.ip(&["-6", "addr", "add", &format!("2001:db8:20:{n}::1/128"), "dev", "lo", "nodad"])?;
        }
        for setting in ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"] {
            ours.run("sysctl", &["-qw", setting])?;
        }
        addresses_settle(&[&host, &ours, &peer])?;
        Ok(Self { host, ours, peer })
    }

    /// For a neighbor that knows no kernel and no interfaces: it has no use for a link-local next hop.
    fn without_kernel(&self) -> Result<()> {
        self.ours.ip(&["-6", "addr", "flush", "dev", "vown", "scope", "link"])?;
        self.peer.ip(&["route", "add", "10.1.0.0/24", "via", "192.0.2.1"])?;
        self.peer.ip(&["-6", "route", "add", "2001:db8:1::/64", "via", "2001:db8:2::1"]).map(drop)
    }

    fn godwit(&self, again: bool) -> Result<Router> {
        let recover = |command: &mut Command| {
            if again {
                command.arg("-R");
            }
        };
        Router::start_with(&self.ours, Program::Godwit, GODWIT, recover)
    }

    fn converged(&self, godwit: &Router, peer: &Neighbor, nets: &[u8]) -> Result<()> {
        let logs = || format!("godwit:\n{}\npeer:\n{}", godwit.log(), peer.log());
        godwit.established("peer4").with_context(logs)?;
        godwit.established("peer6").with_context(logs)?;
        for net in nets.iter().flat_map(|n| [ipv4(*n), ipv6(*n)]) {
            godwit.has_route(&net, &[]).with_context(logs)?;
            until(&format!("{net} in our kernel"), || !self.ours.routes(&net).is_empty())
                .with_context(logs)?;
        }
        for net in OURS {
            until(&format!("{net} there"), || peer.has(net)).with_context(logs)?;
        }
        Ok(())
    }

    fn pings(&self) -> Result<[Pings; 2]> {
        Ok([Pings::start(&self.host, "10.2.1.1")?, Pings::start(&self.host, "2001:db8:20:1::1")?])
    }
}

fn none_lost(pings: [Pings; 2], at_least: usize) -> Result<()> {
    for pings in pings {
        let (answered, lost) = pings.end();
        ensure!(lost.is_empty() && answered > at_least, "{answered} answered, lost are {lost:?}");
    }
    Ok(())
}

fn recovered(godwit: &Router) -> Result<()> {
    until("the recovery to be over", || godwit.log().contains("<INFO> Graceful restart done"))
        .with_context(|| format!("{}{}", godwit.birdc("show protocols all"), godwit.log()))?;
    ensure!(godwit.log().contains("<INFO> Graceful restart started"), "{}", godwit.log());
    let status = godwit.birdc("show status");
    ensure!(!status.contains("raceful"), "{status}");
    Ok(())
}

/// godwit is killed; meanwhile the neighbor loses a net.
fn restarts(make: Make) -> Result<()> {
    let lab = Lab::new()?;
    if make == Make::Frr {
        lab.without_kernel()?;
    }
    let peer = Neighbor::start(make, &lab.peer, &[1, 2, 3], false, "")?;
    let mut godwit = lab.godwit(false)?;
    lab.converged(&godwit, &peer, &[1, 2, 3])?;
    let (here, there) = (Monitor::start(&lab.ours)?, Monitor::start(&lab.peer)?);
    let pings = lab.pings()?;

    godwit.process().kill();
    until("the neighbor to notice", || match &peer {
        Neighbor::Birds(birds) => birds.iter().all(|bird| {
            let shown = bird.birdc("show protocols all");
            !shown.contains("Established") && shown.contains("Neighbor graceful restart active")
        }),
        Neighbor::Frr(frr) => {
            let shown = frr.vtysh(&["show bgp summary json"]);
            shown.is_ok_and(|shown| !shown.contains("\"Established\""))
        }
    })
    .with_context(|| peer.log())?;
    peer.announce(&[1, 2], &[3])?;
    ensure!(OURS.iter().all(|net| peer.has(net)), "the neighbor has forgotten us: {}", peer.log());

    let godwit = lab.godwit(true)?;
    lab.converged(&godwit, &peer, &[1, 2])?;
    recovered(&godwit).with_context(|| peer.log())?;
    until("our End-of-RIB to be heard", || peer.has_heard_all()).with_context(|| godwit.log())?;
    for net in [ipv4(3), ipv6(3)] {
        until(&format!("{net} to be swept"), || lab.ours.routes(&net).is_empty())
            .with_context(|| godwit.log())?;
    }
    let mut deleted = settles("what is deleted", || here.deleted())?;
    deleted.sort();
    ensure!(deleted == [ipv4(3), ipv6(3)], "{deleted:?}: {}{}", here.log(), godwit.log());
    ensure!(
        there.deleted().is_empty(),
        "the neighbor deletes {:?}: {} {} {}",
        there.deleted(),
        peer.log(),
        there.log(),
        godwit.log()
    );
    none_lost(pings, 50)
}

#[test]
fn lab_graceful_restart_beside_bird2() -> Result<()> {
    restarts(Make::Bird2)
}

#[test]
fn lab_graceful_restart_beside_bird16() -> Result<()> {
    restarts(Make::Bird16)
}

#[test]
fn lab_graceful_restart_beside_frr() -> Result<()> {
    restarts(Make::Frr)
}

#[test]
fn lab_graceful_restart_ten_times() -> Result<()> {
    let lab = Lab::new()?;
    let peer = Neighbor::start(Make::Bird2, &lab.peer, &[1, 2], false, "")?;
    let mut godwit = lab.godwit(false)?;
    lab.converged(&godwit, &peer, &[1, 2])?;
    let (here, there) = (Monitor::start(&lab.ours)?, Monitor::start(&lab.peer)?);
    let pings = lab.pings()?;
    for round in 0..10 {
        godwit.process().kill();
        godwit = lab.godwit(true)?;
        lab.converged(&godwit, &peer, &[1, 2]).with_context(|| format!("round {round}"))?;
        recovered(&godwit).with_context(|| format!("round {round}: {}", peer.log()))?;
        // A neighbor forgets what it was not told again before the next restart.
        until("our End-of-RIB to be heard", || peer.has_heard_all()).with_context(|| godwit.log())?;
    }
    ensure!(here.deleted().is_empty(), "{:?}: {}", here.deleted(), here.log());
    ensure!(there.deleted().is_empty(), "the neighbor: {}{}{}", there.log(), peer.log(), godwit.log());
    none_lost(pings, 500)
}

/// Nobody waits for the other's End-of-RIB for ever.
#[test]
fn lab_graceful_restart_of_both_at_once() -> Result<()> {
    let lab = Lab::new()?;
    let mut peer = Neighbor::start(Make::Bird2, &lab.peer, &[1, 2], false, "")?;
    let mut godwit = lab.godwit(false)?;
    lab.converged(&godwit, &peer, &[1, 2])?;
    let (here, there) = (Monitor::start(&lab.ours)?, Monitor::start(&lab.peer)?);
    let pings = lab.pings()?;
    godwit.process().kill();
    peer.kill();
    godwit = lab.godwit(true)?;
    let status = godwit.birdc("show status");
    ensure!(
        status.contains("Graceful restart recovery in progress\n  Waiting for 2 channels to recover"),
        "{status}"
    );
    let shown = godwit.birdc("show protocols all peer4");
    ensure!(shown.contains("GR recovery:    pending\n"), "{shown}");
    peer = Neighbor::start(Make::Bird2, &lab.peer, &[1, 2], true, "")?;
    lab.converged(&godwit, &peer, &[1, 2])?;
    recovered(&godwit)?;
    ensure!(settles("what is deleted", || here.deleted())?.is_empty(), "{}{}", here.log(), godwit.log());
    ensure!(there.deleted().is_empty(), "{:?}: {}", there.deleted(), peer.log());
    none_lost(pings, 50)
}

/// The recovery ends when there is nobody left to wait for, and in the words of the configuration's dialect.
#[test]
fn lab_graceful_restart_waits_no_longer_than_it_must() -> Result<()> {
    let lab = Lab::new()?;
    let recover = |command: &mut Command| {
        command.arg("-R");
    };
    // What an earlier life has left.
    let old = ["route", "add", "10.2.1.0/24", "via", "192.0.2.2", "proto", "bird"];
    lab.ours.ip(&old)?;
    let godwit = Router::start_with(&lab.ours, Program::Godwit, GODWIT16, recover)?;
    let status = godwit.birdc("show status");
    ensure!(
        status.contains("Graceful restart recovery in progress\n  Waiting for 1 protocols to recover"),
        "{status}"
    );
    ensure!(status.contains("  Wait timer is 2") && status.contains("/240"), "{status}");
    let shown = godwit.birdc("show protocols all kernel1");
    ensure!(shown.contains("GR recovery:    waiting"), "{shown}");
    ensure!(!lab.ours.routes("10.2.1.0/24").is_empty(), "it is gone: {}", godwit.log());
    godwit.birdc("disable peer4");
    recovered(&godwit)?;
    until("what is not wanted to go", || lab.ours.routes("10.2.1.0/24").is_empty())?;

    // The wait.
    lab.ours.ip(&old)?;
    drop(godwit);
    let config = format!("graceful restart wait 1; {GODWIT16}");
    let godwit = Router::start_with(&lab.ours, Program::Godwit, &config, recover)?;
    recovered(&godwit)?;
    until("what is not wanted to go", || lab.ours.routes("10.2.1.0/24").is_empty()).map(drop)
}
