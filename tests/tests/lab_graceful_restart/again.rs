//! A neighbor that goes, is back, and goes again before it has announced all: what is stale then, and for how long.
//! The neighbor is a speaker that never comes to an end (End-of-RIB) by itself.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use godwit_lab::speaker::{KEEPALIVE, OPEN, Speaker, announce, message, open_with};
use godwit_lab::{Namespace, Program, Router, until};

use crate::lab::addresses_settle;
use crate::shown::same;

const NETS: [[u8; 3]; 3] = [[10, 9, 0], [10, 9, 1], [10, 9, 2]];
const END_OF_RIB: [u8; 4] = [0; 4];

/// What the neighbor says of graceful restart.
#[derive(Clone, Copy)]
struct Says {
    restart_time: u8,
    /// The N bit (RFC 8538).
    notification: bool,
    /// The long-lived stale time, if it says one.
    stale_time: Option<u8>,
}

impl Says {
    /// IPv4, graceful restart with its forwarding kept, and the long-lived one.
    fn capabilities(self) -> Vec<u8> {
        let bits = 0x80 | if self.notification { 0x40 } else { 0 };
        let mut capabilities = vec![1, 4, 0, 1, 0, 1, 64, 6, bits, self.restart_time, 0, 1, 1, 0x80];
        if let Some(time) = self.stale_time {
            capabilities.extend([71, 7, 0, 1, 1, 0x80, 0, 0, time]);
        }
        capabilities
    }
}

struct Lab {
    theirs: Namespace,
    _ours: Namespace,
    router: Router,
    says: Says,
}

impl Lab {
    fn new(program: Program, config: &str, says: Says) -> Result<Self> {
        let [ours, theirs] = [Namespace::new("own")?, Namespace::new("speaker")?];
        let own = (&ours, "vown", &["192.0.2.1/24"][..]);
        Namespace::join(own, (&theirs, "vspk", &["192.0.2.2/24"]))?;
        addresses_settle(&[&ours, &theirs])?;
        let router = Router::start(&ours, program, config)?;
        Ok(Self { theirs, _ours: ours, router, says })
    }

    /// The neighbor is there, and announces these nets.
    fn speak(&self, nets: &[[u8; 3]]) -> Result<Speaker> {
        let mut speaker = Speaker::connect(&self.theirs, "192.0.2.2", "192.0.2.1")?;
        speaker.send(&open_with(65002, 90, [2, 2, 2, 2].into(), &self.says.capabilities()))?;
        speaker.send(&message(KEEPALIVE, &[]))?;
        for expected in [OPEN, KEEPALIVE] {
            let (kind, body) = speaker.read()?;
            ensure!(kind == expected, "not {expected} but {kind}: {body:?}");
        }
        speaker.send(&announce(65002, [192, 0, 2, 2].into(), nets))?;
        self.router.established("spk")?;
        Ok(speaker)
    }

    fn shows(&self, word: &str) -> Result<()> {
        until(word, || self.shown().contains(word)).map(drop).with_context(|| self.logs())
    }

    fn shown(&self) -> String {
        self.router.birdc("show protocols all spk")
    }

    fn logs(&self) -> String {
        format!("{}{}{}", self.shown(), self.router.birdc("show route"), self.router.log())
    }

    /// The nets that are there, those that are stale for long with an `s`.
    fn nets(&self) -> String {
        let shown = self.router.birdc("show route");
        let mut nets: Vec<_> = shown.lines().filter(|line| line.starts_with("10.9.")).collect();
        nets.sort_unstable();
        let name = |line: &&str| {
            let stale = if line.contains("(100s)") { "s" } else { "" };
            format!("{}{stale}", line.split('/').next().unwrap_or_default())
        };
        nets.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    /// What is shown of graceful restart, without times; and the nets.
    fn note(&self, what: &str) -> String {
        let shown = self.shown();
        let labels = ["Restart timer", "State", "Neighbor GR", "LL stale timer", "Neighbor graceful restart"];
        let lines = shown.lines().filter(|line| labels.iter().any(|l| line.trim_start().starts_with(l)));
        let without_time = |line: &str| match line.split_once("timer:") {
            Some((name, _)) => format!("{name}timer\n"),
            None => format!("{line}\n"),
        };
        format!("== {what}\n{}{}\n", lines.map(without_time).collect::<String>(), self.nets())
    }

    fn nets_are(&self, nets: &str) -> Result<()> {
        until(nets, || self.nets() == nets).map(drop).with_context(|| self.logs())
    }
}

const BIRD: &str =
    "log stderr all; debug protocols { states, events }; router id 1.1.1.1; protocol device { }
    protocol bgp spk { passive; local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; error wait time 1, 2;
      graceful restart; long lived graceful restart; ipv4 { import all; export none; }; }";

/// RFC 9494 §4.2: the long-lived stale time goes on while the neighbor is back, and over its next loss.
fn long_story(program: Program) -> Result<String> {
    // Long enough for all that is to happen meanwhile on a machine that is busy.
    let says = Says { restart_time: 8, notification: false, stale_time: Some(60) };
    let lab = Lab::new(program, BIRD, says)?;
    let mut first = lab.speak(&NETS)?;
    lab.nets_are("10.9.0.0 10.9.1.0 10.9.2.0")?;
    first.send(&message(2, &END_OF_RIB))?;
    drop(first);
    lab.shows("LL stale timer")?;
    lab.nets_are("10.9.0.0s 10.9.1.0s 10.9.2.0s")?;
    let mut story = lab.note("away for long");
    let second = lab.speak(&NETS[..1])?;
    lab.nets_are("10.9.0.0 10.9.1.0s 10.9.2.0s")?;
    story += &lab.note("back, and not at an end");
    drop(second);
    lab.shows("Restart timer")?;
    story += &lab.note("away once more");
    until("the second restart time to be over", || !lab.shown().contains("Restart timer"))?;
    let _third = lab.speak(&NETS[1..2])?;
    lab.nets_are(match program {
        // BIRD does not mark what came in between.
        Program::Bird2 => "10.9.0.0 10.9.1.0 10.9.2.0s",
        _ => "10.9.0.0s 10.9.1.0 10.9.2.0s",
    })?;
    until("the long time to be over", || !lab.shown().contains("LL stale timer"))?;
    lab.nets_are("10.9.1.0")?;
    story += &lab.note("its time is over");
    let log = lab.router.log();
    let said = log.lines().filter_map(|line| Some(line.split_once("spk: ")?.1));
    story += &said
        .filter(|line| line.contains("restart") || line.contains("ong-lived"))
        .collect::<Vec<_>>()
        .join("\n");
    Ok(story + "\n")
}

#[test]
fn lab_graceful_restart_the_long_time_goes_on_as_with_bird2() -> Result<()> {
    let [bird2, godwit] = std::thread::scope(|scope| {
        [Program::Bird2, Program::Godwit].map(|program| scope.spawn(move || long_story(program))).map(
            |story| story.join().unwrap_or_else(|_| Err(anyhow!("the story of one of them is not told"))),
        )
    });
    same(&bird2?, &godwit?)
}

fn toml(n_bit: bool) -> String {
    format!(
        "# TOML\n[router]\nid = '1.1.1.1'\n[[log]]\nto = 'stderr'\n[device]\n[bgp.spk]\nlocal-as = 65001\n\
         local-address = '192.0.2.1'\nneighbor = '192.0.2.2'\nneighbor-as = 65002\npassive = true\n\
         error-wait-time = [1, 2]\ngraceful-restart = true\ngraceful-notification = {n_bit}\n\
         [bgp.spk.ipv4]\nimport = 'all'\nexport = 'none'\n"
    )
}

/// RFC 8538 §4.1: with the N bit of both, what is stale stays when the neighbor is lost again, until its End-of-RIB;
/// else it goes (RFC 4724 §4.2).
#[test]
fn lab_graceful_restart_what_is_stale_stays_at_a_second_loss_with_the_n_bit() -> Result<()> {
    for n_bit in [true, false] {
        let says = Says { restart_time: 100, notification: true, stale_time: None };
        let lab = Lab::new(Program::Godwit, &toml(n_bit), says)?;
        let first = lab.speak(&NETS)?;
        lab.nets_are("10.9.0.0 10.9.1.0 10.9.2.0")?;
        drop(first);
        lab.shows("Restart timer")?;
        let second = lab.speak(&NETS[..1])?;
        until("the announcement", || lab.router.detail("spk", "Import updates:").starts_with("4 "))
            .with_context(|| lab.logs())?;
        drop(second);
        lab.shows("Restart timer")?;
        if n_bit {
            godwit_lab::stays("its routes", Duration::from_secs(2), || {
                lab.nets() == "10.9.0.0 10.9.1.0 10.9.2.0"
            })
            .with_context(|| lab.logs())?;
        } else {
            lab.nets_are("10.9.0.0")?;
        }
        let mut third = lab.speak(&NETS[1..2])?;
        let there = if n_bit { "10.9.0.0 10.9.1.0 10.9.2.0" } else { "10.9.0.0 10.9.1.0" };
        lab.nets_are(there)?;
        third.send(&message(2, &END_OF_RIB))?;
        lab.nets_are("10.9.1.0")?;
        if lab.shown().contains("graceful restart active") {
            bail!("{}", lab.logs());
        }
    }
    Ok(())
}
