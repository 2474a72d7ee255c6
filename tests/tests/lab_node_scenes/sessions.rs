//! What is seen from outside while something happens: sessions that stay, routes that stay.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use godwit_lab::{Namespace, Process, Scratch, until};

use crate::speaker::{Kind, Speaker};

/// The BGP protocols of a node that are up: name to the second of the day in which they came up.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Sessions(BTreeMap<String, i64>);

/// By how much BIRD's clock may show the same moment otherwise; less than it takes to connect again.
const JITTER_SECS: i64 = 1;

/// The second of the day of `HH:MM:SS`, with or without a fraction.
fn second(since: &str) -> Option<i64> {
    let whole = since.split('.').next()?;
    whole.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<i64>().ok()?))
}

fn same_moment(a: i64, b: i64) -> bool {
    let apart = (a - b).rem_euclid(86_400);
    apart.min(86_400 - apart) <= JITTER_SECS
}

impl Sessions {
    pub(crate) fn of(speaker: &Speaker) -> Self {
        let mut all = BTreeMap::new();
        for family in [4, 6] {
            for line in speaker.birdc(family, "show protocols").lines() {
                // 1.6 says `wait` of one that is up while a restart is recovered from.
                if let [name, "BGP", _, "up" | "wait", since, ..] =
                    line.split_whitespace().collect::<Vec<_>>()[..]
                {
                    all.insert(name.to_owned(), second(since).unwrap_or(-1));
                }
            }
        }
        Self(all)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether none of them is one of before.
    pub(crate) fn all_other_than(&self, before: &Self) -> bool {
        self.0.iter().all(|(name, now)| before.0.get(name).is_none_or(|before| !same_moment(*now, *before)))
    }

    /// Fails if a session of before is not there, or is a new one; but for those with these names.
    pub(crate) fn undisturbed(&self, before: &Self, except: &[String]) -> Result<()> {
        for (name, since) in before.0.iter().filter(|(name, _)| !except.contains(name)) {
            let now = self.0.get(name);
            let same = now.is_some_and(|now| same_moment(*now, *since));
            ensure!(same, "{name} was up since second {since} and now {now:?}");
        }
        Ok(())
    }
}

/// The statistics of a session in `show protocols all`: what came, what went, how often.
pub(crate) fn counters(speaker: &Speaker, family: u8, protocol: &str) -> Vec<String> {
    let shown = speaker.birdc(family, &format!("show protocols all {protocol}"));
    let wanted = ["Routes:", "Import updates:", "Import withdraws:", "Export updates:", "Export withdraws:"];
    let lines = shown.lines().map(str::trim);
    lines.filter(|line| wanted.iter().any(|name| line.starts_with(name))).map(str::to_owned).collect()
}

/// The changes of a machine's routes, from now on.
pub(crate) struct Monitor {
    process: Process,
    _scratch: Scratch,
}

impl Monitor {
    pub(crate) fn start(machine: &Namespace) -> Result<Self> {
        let scratch = Scratch::new("monitor")?;
        let mut command = std::process::Command::new("ip");
        command.args(["-o", "-ts", "-n", machine.name(), "monitor", "route"]);
        let process = Process::start(command, scratch.file("log"))?;
        let monitor = Self { process, _scratch: scratch };
        // It listens once it tells of a change of ours.
        let mut attempt = 0_u32;
        until("the monitor to listen", || {
            attempt += 1;
            let probe = format!("198.18.{}.{}", attempt / 250 % 250, attempt % 250);
            let _ = machine.ip(&["route", "add", "blackhole", &probe]);
            let _ = machine.ip(&["route", "del", "blackhole", &probe]);
            monitor.process.log().contains("198.18.")
        })?;
        Ok(monitor)
    }

    /// Everything that it saw.
    pub(crate) fn told(&self) -> String {
        self.process.log()
    }

    /// The changes of BGP's routes: prefix, and whether it went away.
    fn changes(&self) -> Vec<(String, bool)> {
        let log = self.process.log();
        let ours = log.lines().filter(|line| line.contains("proto bird"));
        let change = |line: &str| {
            // A time in brackets goes before.
            let line = line.split_once("] ").map_or(line, |(_, line)| line);
            let (deleted, rest) = line.strip_prefix("Deleted ").map_or((false, line), |rest| (true, rest));
            let kinds = ["blackhole", "unreachable"];
            let mut words = rest.split_whitespace().filter(|word| !kinds.contains(word));
            words.next().map(|prefix| (prefix.to_owned(), deleted))
        };
        ours.filter_map(change).collect()
    }

    /// The prefixes of BGP's routes that went away, each time they did.
    pub(crate) fn deleted(&self) -> Vec<String> {
        self.changes().into_iter().filter(|(_, deleted)| *deleted).map(|(prefix, _)| prefix).collect()
    }

    /// Those that went away and did not come back. BIRD 1.6 takes a route away and adds it again where one could
    /// replace it; what that costs, traffic tells.
    pub(crate) fn lost(&self) -> Vec<String> {
        let last: BTreeMap<String, bool> = self.changes().into_iter().collect();
        last.into_iter().filter(|(_, deleted)| *deleted).map(|(prefix, _)| prefix).collect()
    }

    /// What must be empty where nothing was to go, on a node that this runs on.
    pub(crate) fn gone(&self, kind: Kind) -> Vec<String> {
        match kind {
            Kind::Node => self.deleted(),
            Kind::Files => self.lost(),
        }
    }
}
