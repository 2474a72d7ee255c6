//! Both ends connect, as a Calico node and its top-of-rack router do, and may do so at once: we are killed and
//! started again, and the neighbor forgets no route.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, until};
use nix::sys::signal::Signal;

use crate::lab::{Monitor, addresses_settle};

const OURS: &str = "10.1.0.0/24";
const THEIRS: &str = "10.2.0.0/24";

/// One end. `more` says more of the session.
fn config(program: Program, id: &str, [us, them]: [(&str, u32); 2], net: &str, more: &str) -> String {
    let ((us, our_as), (them, their_as)) = (us, them);
    let head = format!(
        "log stderr all; debug protocols {{ states, events }}; router id {id}; protocol device {{ scan time 1; }}"
    );
    let session = format!(
        "protocol bgp tor {{ local {us} as {our_as}; neighbor {them} as {their_as}; multihop;
           connect delay time 2; connect retry time 5; error wait time 5, 30; graceful restart; {more}"
    );
    let export = "export where source = RTS_BGP;";
    if program == Program::Bird16 {
        return format!(
            "{head} protocol kernel {{ persist; graceful restart; {export} }}
             protocol static {{ route {net} drop; }} {session} import all; export where source = RTS_STATIC; }}"
        );
    }
    format!(
        "{head} protocol kernel {{ persist; graceful restart; ipv4 {{ {export} }}; }}
         protocol static {{ ipv4; route {net} blackhole; }}
         {session} ipv4 {{ import all; export where source = RTS_STATIC; }}; }}"
    )
}

/// Godwit and its neighbor.
struct Lab {
    ours: Namespace,
    theirs: Namespace,
    config: String,
    godwit: Router,
    peer: Router,
    /// It is established since before this.
    since: Instant,
}

impl Lab {
    fn new(program: Program, id: &str, more: &str) -> Result<Self> {
        let [ours, theirs] = [Namespace::new("own")?, Namespace::new("tor")?];
        let own = (&ours, "vown", &["192.0.2.1/24"][..]);
        Namespace::join(own, (&theirs, "vtor", &["192.0.2.2/24"]))?;
        addresses_settle(&[&ours, &theirs])?;
        let (us, them) = (("192.0.2.1", 65001), ("192.0.2.2", 65002));
        let text = config(Program::Godwit, id, [us, them], OURS, "");
        let godwit = Router::start(&ours, Program::Godwit, &text)?;
        let peer = Router::start(&theirs, program, &config(program, "2.2.2.2", [them, us], THEIRS, more))?;
        let mut lab = Self { ours, theirs, config: text, godwit, peer, since: Instant::now() };
        lab.converged()?;
        lab.since = Instant::now();
        Ok(lab)
    }

    fn logs(&self) -> String {
        format!("godwit:\n{}\nits neighbor:\n{}", self.godwit.log(), self.peer.log())
    }

    fn converged(&self) -> Result<()> {
        let restarting = "graceful restart active";
        self.godwit.established("tor").with_context(|| self.logs())?;
        self.peer.established("tor").with_context(|| self.logs())?;
        self.godwit.has_route(THEIRS, &[]).with_context(|| self.logs())?;
        until("our End-of-RIB to be heard", || {
            !self.peer.birdc("show protocols all tor").contains(restarting)
        })
        .with_context(|| self.logs())?;
        until("our route in its kernel", || !self.theirs.routes(OURS).is_empty())
            .with_context(|| self.logs())
            .map(drop)
    }

    /// For how long at least it is established.
    fn established_for(&self) -> Duration {
        self.since.elapsed()
    }

    fn start_again(&mut self) -> Result<()> {
        let recover = |command: &mut Command| {
            command.arg("-R");
        };
        self.godwit = Router::start_with(&self.ours, Program::Godwit, &self.config, recover)?;
        Ok(())
    }

    /// Stops now the one, now the other for a while, so that what has come meanwhile is all there when it goes
    /// on: that is when both have connected, and each comes upon the other's connection late.
    fn stumble(&mut self, round: u64) {
        for step in 0..8 {
            let time = |n: u64| Duration::from_millis((round * 137 + step * n) % 300);
            let process =
                if (round + step).is_multiple_of(2) { self.peer.process() } else { self.godwit.process() };
            process.signal(Signal::SIGSTOP);
            std::thread::sleep(time(71) + Duration::from_millis(50));
            process.signal(Signal::SIGCONT);
            std::thread::sleep(time(29) / 6);
        }
    }
}

fn restarts_ten_times(program: Program) -> Result<()> {
    // Whose connection stays when there are two.
    for id in ["1.1.1.1", "3.3.3.3"] {
        let mut lab = Lab::new(program, id, "")?;
        let (here, there) = (Monitor::start(&lab.ours)?, Monitor::start(&lab.theirs)?);
        for round in 0..5 {
            lab.godwit.process().kill();
            lab.start_again()?;
            lab.stumble(round);
            lab.converged().with_context(|| format!("{id}, round {round}"))?;
            ensure!(there.deleted().is_empty(), "{id}, round {round}: {}{}", there.log(), lab.logs());
        }
        ensure!(here.deleted().is_empty(), "{id}: {}{}", here.log(), lab.godwit.log());
    }
    Ok(())
}

#[test]
fn lab_graceful_restart_both_active_beside_bird16() -> Result<()> {
    restarts_ten_times(Program::Bird16)
}

#[test]
fn lab_graceful_restart_both_active_beside_bird2() -> Result<()> {
    restarts_ten_times(Program::Bird2)
}

#[test]
fn lab_graceful_restart_both_active_beside_godwit() -> Result<()> {
    restarts_ten_times(Program::Godwit)
}

/// What `birdc graceful restart` ends comes back, and both keep their routes meanwhile.
#[test]
fn lab_graceful_restart_by_command() -> Result<()> {
    let mut lab = Lab::new(Program::Bird2, "1.1.1.1", "")?;
    let (here, there) = (Monitor::start(&lab.ours)?, Monitor::start(&lab.theirs)?);
    let said = lab.godwit.birdc("graceful restart");
    ensure!(said.contains("Graceful restart requested"), "{said}");
    until("godwit to end", || lab.godwit.process().ended().is_some()).with_context(|| lab.godwit.log())?;
    until("its neighbor to wait for it", || {
        lab.peer.birdc("show protocols all tor").contains("Neighbor graceful restart active")
    })
    .with_context(|| lab.logs())?;
    ensure!(!lab.theirs.routes(OURS).is_empty() && !lab.ours.routes(THEIRS).is_empty(), "{}", lab.logs());
    lab.start_again()?;
    lab.converged()?;
    ensure!(there.deleted().is_empty(), "{}{}", there.log(), lab.logs());
    ensure!(here.deleted().is_empty(), "{}{}", here.log(), lab.godwit.log());
    Ok(())
}

/// The neighbor vanishes without a word, and comes back with a new connection while ours looks established.
#[test]
fn lab_graceful_restart_of_a_neighbor_whose_old_connection_looks_alive() -> Result<()> {
    for program in [Program::Bird16, Program::Bird2] {
        let mut lab = Lab::new(program, "1.1.1.1", "")?;
        // Longer than what still is a collision of two connections.
        until("the session to be old enough", || lab.established_for() > Duration::from_secs(5))?;
        let here = Monitor::start(&lab.ours)?;
        // Nothing of its end gets through: neither FIN nor RST.
        lab.theirs.ip(&["link", "set", "vtor", "down"])?;
        lab.peer.process().kill();
        let shown = lab.godwit.birdc("show protocols tor");
        ensure!(shown.contains("Established"), "{shown}");
        let text = std::fs::read_to_string(lab.peer.config())?;
        lab.theirs.ip(&["link", "set", "vtor", "up"])?;
        let recover = |command: &mut Command| {
            command.arg("-R");
        };
        lab.peer = Router::start_with(&lab.theirs, program, &text, recover)?;
        lab.peer.established("tor").with_context(|| lab.logs())?;
        lab.converged()?;
        ensure!(here.deleted().is_empty(), "{}{}", here.log(), lab.logs());
    }
    Ok(())
}

/// We are killed again before we have come to anything, or before we have announced anything again: our own
/// kernel keeps all, and the neighbor all but what it counts as left over from two restarts.
#[test]
fn lab_graceful_restart_in_quick_succession() -> Result<()> {
    for program in [Program::Bird16, Program::Bird2] {
        let mut lab = Lab::new(program, "1.1.1.1", "")?;
        let (here, there) = (Monitor::start(&lab.ours)?, Monitor::start(&lab.theirs)?);
        for round in 0..9 {
            lab.godwit.process().kill();
            lab.start_again()?;
            match round % 3 {
                0 => std::thread::sleep(Duration::from_millis(round * 200)),
                1 => drop(lab.peer.established("tor")?),
                _ => lab.converged().with_context(|| format!("round {round}"))?,
            }
        }
        lab.converged()?;
        ensure!(here.deleted().is_empty(), "{}{}", here.log(), lab.godwit.log());
        let twice = lab.peer.log().contains("graceful restart detected - already pending");
        ensure!(twice || there.deleted().is_empty(), "{}{}", there.log(), lab.logs());
    }
    Ok(())
}
