//! Both ends connect, and the other one is FRR: a third router behind it must hear of no withdrawal. FRR closes a
//! session that is established while it is not done with the other connection.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Frr, Namespace, Process, Program, Router, Scratch, until};
use nix::sys::signal::Signal;

use crate::lab::{Monitor, addresses_settle};

const GODWIT: &str = "log stderr all; debug protocols { states, events }; protocol device { }
    protocol kernel { persist; graceful restart; ipv4 { export where source = RTS_BGP; }; }
    protocol static { ipv4; route 10.1.0.0/24 blackhole; }
    protocol bgp tor { local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; multihop;
      connect delay time 2; connect retry time 5; error wait time 5, 30; graceful restart;
      ipv4 { import all; export where source = RTS_STATIC; }; }";

const FRR: &str = "log stdout debugging
debug bgp neighbor-events
router bgp 65002
 bgp router-id 2.2.2.2
 no bgp ebgp-requires-policy
 no bgp network import-check
 bgp graceful-restart
 bgp graceful-restart preserve-fw-state
 neighbor 192.0.2.1 remote-as 65001
 neighbor 192.0.2.1 timers connect 2
 neighbor 192.0.3.3 remote-as 65003
 address-family ipv4 unicast
  network 10.2.0.0/24
 exit-address-family
";

const THIRD: &str = "log stderr all; router id 4.4.4.4; protocol device { }
    protocol bgp up { local 192.0.3.3 as 65003; neighbor 192.0.3.2 as 65002; connect delay time 1;
      ipv4 { import all; export none; }; }";

/// Twice this many restarts.
const ROUNDS: u64 = 12;

/// A process that does nothing, all the time.
fn burner(scratch: &Scratch) -> Result<Process> {
    let mut command = Command::new("sh");
    command.args(["-c", "while :; do :; done"]);
    Process::start(command, scratch.file("burner"))
}

fn pause(process: &Process, time: Duration) {
    process.signal(Signal::SIGSTOP);
    std::thread::sleep(time);
    process.signal(Signal::SIGCONT);
}

#[test]
fn lab_graceful_restart_both_active_beside_frr() -> Result<()> {
    let [ours, theirs, behind] = [Namespace::new("own")?, Namespace::new("tor")?, Namespace::new("third")?];
    Namespace::join((&ours, "vown", &["192.0.2.1/24"]), (&theirs, "vtor", &["192.0.2.2/24"]))?;
    Namespace::join((&theirs, "vup", &["192.0.3.2/24"]), (&behind, "vthird", &["192.0.3.3/24"]))?;
    addresses_settle(&[&ours, &theirs, &behind])?;
    let scratch = Scratch::new("burners")?;
    let _burners = [burner(&scratch)?, burner(&scratch)?];
    // Whose connection stays when there are two.
    for id in ["1.1.1.1", "3.3.3.3"] {
        let text = format!("router id {id}; {GODWIT}");
        let mut frr = Frr::start(&theirs, FRR)?;
        let third = Router::start(&behind, Program::Bird2, THIRD)?;
        let mut godwit = Router::start(&ours, Program::Godwit, &text)?;
        third.has_route("10.1.0.0/24", &[])?;
        godwit.has_route("10.2.0.0/24", &[])?;
        let here = Monitor::start(&ours)?;
        for round in 0..ROUNDS {
            let log = |godwit: &Router, frr: &Frr| format!("{id}, {round}: {}{}", godwit.log(), frr.log());
            godwit.process().kill();
            let recover = |command: &mut Command| {
                command.arg("-R");
            };
            godwit = Router::start_with(&ours, Program::Godwit, &text, recover)?;
            for step in 0..8 {
                let time = Duration::from_millis(50 + (round * 137 + step * 71) % 300);
                pause(if (round + step).is_multiple_of(2) { frr.process() } else { godwit.process() }, time);
            }
            godwit.established("tor").with_context(|| log(&godwit, &frr))?;
            godwit.has_route("10.2.0.0/24", &[])?;
            let neighbor = ["show bgp neighbors 192.0.2.1"];
            until("FRR to be established", || {
                frr.vtysh(&neighbor).is_ok_and(|shown| shown.contains("BGP state = Established"))
            })?;
            until("our End-of-RIB to be heard", || {
                let shown = frr.vtysh(&["show bgp ipv4 unicast 10.1.0.0/24"]);
                shown.is_ok_and(|shown| shown.contains("Paths:") && !shown.contains("stale"))
            })
            .with_context(|| log(&godwit, &frr))?;
            let withdrawn = third.detail("up", "Import withdraws:");
            ensure!(withdrawn.starts_with("0 "), "withdrawn: {withdrawn}: {}", log(&godwit, &frr));
            ensure!(here.deleted().is_empty(), "{}{}", here.log(), log(&godwit, &frr));
        }
    }
    Ok(())
}
