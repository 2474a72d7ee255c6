//! godwit keeps the routes of a neighbor that restarts.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, stays, until, with_some_time};

use crate::lab::{Make, Monitor, Neighbor, addresses_settle, ipv4, ipv6};

/// The neighbor, godwit, and a third router behind it.
struct Lab {
    peer: Namespace,
    ours: Namespace,
    _third: Namespace,
    godwit: Router,
    third: Router,
}

const THIRD: &str = "log stderr all; router id 3.3.3.3; protocol device { }
    protocol bgp up4 { local 192.0.3.3 as 65003; neighbor 192.0.3.1 as 65001; connect delay time 1;
      ipv4 { import all; export none; }; }
    protocol bgp up6 { local 2001:db8:3::3 as 65003; neighbor 2001:db8:3::1 as 65001; connect delay time 1;
      ipv6 { import all; export none; }; }";

const GODWIT: &str = "log stderr all; debug protocols { states, events }; router id 1.1.1.1;
    protocol device { }
    protocol kernel { ipv4 { export all; }; }
    protocol kernel { ipv6 { export all; }; }
    protocol bgp peer4 { local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; connect delay time 1;
      ipv4 { import all; export none; }; }
    protocol bgp peer6 { local 2001:db8:2::1 as 65001; neighbor 2001:db8:2::2 as 65002; connect delay time 1;
      ipv6 { import all; export none; }; }
    protocol bgp third4 { local 192.0.3.1 as 65001; neighbor 192.0.3.3 as 65003; connect delay time 1;
      ipv4 { import none; export all; }; }
    protocol bgp third6 { local 2001:db8:3::1 as 65001; neighbor 2001:db8:3::3 as 65003; connect delay time 1;
      ipv6 { import none; export all; }; }";

impl Lab {
    fn new() -> Result<Self> {
        let [peer, ours, third] = [Namespace::new("peer")?, Namespace::new("own")?, Namespace::new("third")?];
        let left = (&peer, "vpeer", &["192.0.2.2/24", "2001:db8:2::2/64"][..]);
        Namespace::join(left, (&ours, "vown", &["192.0.2.1/24", "2001:db8:2::1/64"]))?;
        let right = (&third, "vthird", &["192.0.3.3/24", "2001:db8:3::3/64"][..]);
        Namespace::join((&ours, "vback", &["192.0.3.1/24", "2001:db8:3::1/64"]), right)?;
        addresses_settle(&[&peer, &ours, &third])?;
        let godwit = Router::start(&ours, Program::Godwit, GODWIT)?;
        let third_router = Router::start(&third, Program::Bird2, THIRD)?;
        Ok(Self { peer, ours, _third: third, godwit, third: third_router })
    }

    fn logs(&self, peer: &Neighbor) -> String {
        format!("godwit:\n{}\npeer:\n{}", self.godwit.log(), peer.log())
    }

    fn established(&self) -> Result<()> {
        self.godwit.established("peer4")?;
        self.godwit.established("peer6").map(drop)
    }

    fn has(&self, net: &str) -> bool {
        !self.ours.routes(net).is_empty() && !self.third.route(net).is_empty()
    }

    fn has_all(&self, nets: &[u8]) -> Result<()> {
        for net in nets.iter().flat_map(|n| [ipv4(*n), ipv6(*n)]) {
            until(&format!("{net} in the kernel and behind it"), || self.has(&net))?;
        }
        Ok(())
    }

    /// What the third router has heard: announcements and withdrawals of each family.
    fn heard(&self) -> Vec<String> {
        let count = |protocol, row| {
            let row = self.third.detail(protocol, row);
            row.split_whitespace().next().unwrap_or_default().to_owned()
        };
        let rows = ["Import updates:", "Import withdraws:"];
        ["up4", "up6"].iter().flat_map(|protocol| rows.map(|row| count(protocol, row))).collect()
    }

    fn is_away(&self) -> Result<()> {
        for name in ["peer4", "peer6"] {
            until("the neighbor to be away", || {
                let shown = self.godwit.birdc(&format!("show protocols all {name}"));
                let words = ["Neighbor graceful restart active", "Restart timer:", "Neighbor GR:    Regular"];
                let state = shown.lines().any(|l| l.starts_with(name) && l.contains(" start "));
                state
                    && words.iter().all(|word| shown.contains(word))
                    && shown.contains("State:          START")
            })
            .with_context(|| self.godwit.birdc("show protocols all"))?;
        }
        Ok(())
    }
}

/// The neighbor is killed and comes back with a net less.
fn comes_back(make: Make) -> Result<()> {
    let lab = Lab::new()?;
    let mut peer = Neighbor::start(make, &lab.peer, &[1, 2, 3], false, "")?;
    lab.established().with_context(|| lab.logs(&peer))?;
    lab.has_all(&[1, 2, 3]).with_context(|| lab.logs(&peer))?;
    let monitor = Monitor::start(&lab.ours)?;
    let before = lab.heard();
    ensure!(before == ["3", "0", "3", "0"], "{before:?}");

    peer.kill();
    lab.is_away().with_context(|| lab.logs(&peer))?;
    lab.has_all(&[1, 2, 3])?;
    peer = Neighbor::start(make, &lab.peer, &[1, 2], true, "")?;
    lab.established().with_context(|| lab.logs(&peer))?;

    // Its End-of-RIB comes, and what it does not have any more goes.
    for net in [ipv4(3), ipv6(3)] {
        let gone = until(&format!("{net} to be swept"), || !lab.has(&net));
        gone.with_context(|| format!("{}\n{}", lab.logs(&peer), lab.godwit.birdc("show protocols all")))?;
    }
    for name in ["peer4", "peer6"] {
        let shown = lab.godwit.birdc(&format!("show protocols all {name}"));
        ensure!(!shown.contains("graceful restart active") && !shown.contains("Neighbor GR"), "{shown}");
    }
    lab.has_all(&[1, 2])?;
    until("the third router to hear of it", || lab.heard() == ["3", "1", "3", "1"])
        .with_context(|| format!("{:?} {}", lab.heard(), lab.logs(&peer)))?;
    let mut deleted = monitor.deleted();
    deleted.sort();
    ensure!(deleted == [ipv4(3), ipv6(3)], "{}", monitor.log());
    Ok(())
}

#[test]
fn lab_graceful_restart_of_bird2() -> Result<()> {
    comes_back(Make::Bird2)
}

#[test]
fn lab_graceful_restart_of_bird16() -> Result<()> {
    comes_back(Make::Bird16)
}

#[test]
fn lab_graceful_restart_of_frr() -> Result<()> {
    comes_back(Make::Frr)
}

/// The neighbor stays away for longer than this.
fn stays_away(restart_time: u64) -> Result<()> {
    let lab = Lab::new()?;
    let more = format!("graceful restart time {restart_time};");
    let mut peer = Neighbor::start(Make::Bird2, &lab.peer, &[1, 2], false, &more)?;
    lab.established()?;
    lab.has_all(&[1, 2])?;
    peer.kill();
    lab.is_away()?;
    stays("its routes", Duration::from_millis(1500), || lab.has(&ipv4(1)) && lab.has(&ipv6(1)))?;
    for net in [ipv4(1), ipv6(1), ipv4(2), ipv6(2)] {
        until(&format!("{net} to go"), || {
            lab.ours.routes(&net).is_empty() && lab.third.route(&net).is_empty()
        })
        .with_context(|| lab.godwit.log())?;
    }
    ensure!(lab.godwit.log().contains("peer4: Neighbor graceful restart timeout"), "{}", lab.godwit.log());
    let shown = lab.godwit.birdc("show protocols all peer4");
    ensure!(!shown.contains("graceful restart active") && shown.contains("State:          DOWN"), "{shown}");
    Ok(())
}

#[test]
fn lab_graceful_restart_of_a_neighbor_that_stays_away() -> Result<()> {
    with_some_time(stays_away)
}

/// It comes back, but has kept nothing: what it had is gone at once, and comes anew.
#[test]
fn lab_graceful_restart_of_a_neighbor_that_kept_nothing() -> Result<()> {
    let lab = Lab::new()?;
    let mut peer = Neighbor::start(Make::Bird2, &lab.peer, &[1, 2], false, "")?;
    lab.established()?;
    lab.has_all(&[1, 2])?;
    peer.kill();
    lab.is_away()?;
    peer = Neighbor::start(Make::Bird2, &lab.peer, &[2], true, "graceful restart off;")?;
    lab.established()?;
    for net in [ipv4(1), ipv6(1)] {
        until(&format!("{net} to go"), || {
            lab.ours.routes(&net).is_empty() && lab.third.route(&net).is_empty()
        })
        .with_context(|| lab.logs(&peer))?;
    }
    lab.has_all(&[2])?;
    let shown = lab.godwit.birdc("show protocols all");
    ensure!(!shown.contains("graceful restart active"), "{shown}");
    Ok(())
}

/// A shutdown is no restart, nor is what our operator does.
#[test]
fn lab_graceful_restart_is_not_what_was_said() -> Result<()> {
    let lab = Lab::new()?;
    let Neighbor::Birds(mut birds) = Neighbor::start(Make::Bird2, &lab.peer, &[1], false, "")? else {
        anyhow::bail!("BIRD is a BIRD")
    };
    lab.established()?;
    lab.has_all(&[1])?;
    for bird in &mut birds {
        bird.process().stop();
    }
    until("its routes to go", || {
        lab.ours.routes(&ipv4(1)).is_empty() && lab.ours.routes(&ipv6(1)).is_empty()
    })?;
    let shown = lab.godwit.birdc("show protocols all");
    ensure!(!shown.contains("graceful restart active"), "{shown}");

    let mut peer = Neighbor::start(Make::Bird2, &lab.peer, &[1], false, "")?;
    lab.established()?;
    lab.has_all(&[1])?;
    peer.kill();
    lab.is_away()?;
    lab.godwit.birdc("disable peer4");
    until("the routes of a disabled protocol to go", || lab.ours.routes(&ipv4(1)).is_empty())?;
    ensure!(lab.has(&ipv6(1)), "the other has nothing to do with it");
    lab.ours.ip(&["link", "set", "vown", "down"])?;
    until("the routes over a dead link to go", || lab.godwit.route(&ipv6(1)).is_empty()).map(drop)
}
