//! One configuration under BIRD and under godwit: `birdc` prints the same, and the neighbor gets the same.

mod bird16;
mod bird2;

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use godwit_lab::{Namespace, Program, Router, settles};
use similar::TextDiff;

/// Its neighbor, which is always bird2.
const NEIGHBOR: &str = r#"
log stderr all;
router id 10.0.0.2;
protocol device { }
protocol static { ipv4;
  route 10.2.1.0/24 via "vb"; route 10.2.2.0/24 blackhole { bgp_med = 7; bgp_community.add((65002, 5)); };
  route 10.2.3.0/24 blackhole { bgp_large_community.add((1, 2, 3)); bgp_ext_community.add((rt, 10, 20)); };
  route 10.2.9.0/24 blackhole;
}
protocol static { ipv6; route 2001:db8:2:1::/64 blackhole; route 2001:db8:2:3::/64 blackhole; }
protocol bgp peer4 { passive; local 192.168.1.2 as 65002; neighbor 192.168.1.1 as 65001;
  ipv4 { import all; export all; }; }
protocol bgp peer6 { passive; local fd00:1::2 as 65002; neighbor fd00:1::1 as 65001;
  ipv6 { import all; export all; }; }
"#;

/// The version; what godwit cannot do yet; and how often the tables, not the neighbor, were told of a route.
fn differs_by_nature(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("BIRD ")
        || line.starts_with("Export updates:")
        || line.starts_with("Export withdraws:")
        || line.starts_with("Import withdraws:")
        || line.starts_with("Graceful restart")
        || line.starts_with("Restart time:")
        || line.starts_with("AF supported:")
        || line.starts_with("AF preserved:")
        || line.starts_with("Enhanced refresh")
        || line.starts_with("Long-lived graceful restart")
        || line.starts_with("LL stale time:")
}

/// Times of day, dates and running timers.
fn timeless(line: &str) -> String {
    let words = line.split_inclusive(' ').map(|word| {
        let bare = word.trim_end();
        let end = &word[bare.len()..];
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let clock = |s: &str| {
            s.matches(':').count() == 2
                && s.replace([':', '.', '[', ']'], "").bytes().all(|b| b.is_ascii_digit())
        };
        if clock(bare) {
            return format!("TIME{end}");
        }
        if bare.len() == 10 && bare.split('-').all(digits) && bare.matches('-').count() == 2 {
            return format!("DATE{end}");
        }
        if let Some((left, whole)) = bare.split_once('/')
            && left.split('.').count() <= 2
            && left.split('.').all(digits)
            && digits(whole)
        {
            return format!("LEFT/{whole}{end}");
        }
        word.to_owned()
    });
    words.collect::<String>().replace("TIME ", "TIME")
}

/// The answer in an order of its own where BIRD's is that of its hash table: nets within a table.
fn normalised(command: &str, answer: &str, scratch: &str) -> String {
    let answer = answer.replace(scratch, "DIR");
    let lines = answer.lines().filter(|l| !differs_by_nature(l)).map(timeless);
    if command.starts_with("show symbols") {
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        return lines.join("\n");
    }
    if !command.starts_with("show route") {
        return lines.fold(String::new(), |all, line| all + line.trim_end() + "\n");
    }
    let mut tables: Vec<Vec<String>> = vec![Vec::new()];
    for line in lines {
        if line.starts_with("Table ") {
            tables.push(vec![line]);
        } else if line.starts_with([' ', '\t']) && tables.last().is_some_and(|t| !t.is_empty()) {
            let last = tables.last_mut().and_then(|t| t.last_mut());
            last.into_iter().for_each(|block| *block = format!("{block}\n{line}"));
        } else {
            tables.last_mut().into_iter().for_each(|t| t.push(line.clone()));
        }
    }
    tables.iter_mut().for_each(|t| t.sort());
    tables.concat().join("\n") + "\n"
}

fn settled(router: &Router, neighbor: &Router) -> Result<()> {
    let look = || {
        let of = |r: &Router| {
            normalised("", &(r.birdc("show protocols all") + &r.birdc("show route all")), NO_FOLDER)
        };
        of(router) + &of(neighbor)
    };
    settles("the routes", look).map(|_| ())
}

/// What is compared.
struct Case {
    bird: Program,
    config: &'static str,
    commands: &'static [&'static str],
    /// The sessions, each with a route that comes over it.
    peers: &'static [(&'static str, &'static str)],
}

const NO_FOLDER: &str = "(none)";

impl Case {
    /// Compares both programs, which have one namespace in turn.
    fn check(&self) -> Result<()> {
        let (a, b) = (Namespace::new("a")?, Namespace::new("b")?);
        Namespace::join(
            (&a, "va", &["192.168.1.1/24", "192.168.1.77/24", "fd00:1::1/64"]),
            (&b, "vb", &["192.168.1.2/24", "fd00:1::2/64"]),
        )?;
        a.ip(&["route", "add", "10.77.0.0/16", "via", "192.168.1.2", "metric", "77", "proto", "static"])?;
        // BIRD announces a link-local next hop once it has one.
        for (namespace, link) in [(&a, "va"), (&b, "vb")] {
            namespace.has_link_local(link)?;
        }
        let bird = self.answers(&a, &b, self.bird)?;
        let godwit = self.answers(&a, &b, Program::Godwit)?;
        let mut report = String::new();
        for ((command, theirs), (_, ours)) in bird.iter().zip(&godwit) {
            if theirs != ours {
                let diff = TextDiff::from_lines(theirs, ours);
                write!(report, "=== {command}\n{}", diff.unified_diff().context_radius(0))?;
            }
        }
        ensure!(report.is_empty(), "- is BIRD's, + is ours\n{report}");
        Ok(())
    }

    /// Every answer of a program, and what its neighbor then has.
    fn answers(&self, a: &Namespace, b: &Namespace, program: Program) -> Result<Vec<(String, String)>> {
        let neighbor = Router::start(b, Program::Bird2, NEIGHBOR)?;
        let router = Router::start(a, program, self.config)?;
        for (peer, route) in self.peers {
            router.established(peer)?;
            router.has_route(route, &[])?;
        }
        settled(&router, &neighbor)?;
        let mut all = Vec::new();
        for (peer, _) in self.peers {
            let command = format!("show route all protocol {peer}");
            let answer = normalised(&command, &neighbor.birdc(&command), NO_FOLDER);
            all.push((format!("neighbor: {command}"), answer));
        }
        let folder = router.config().parent().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        for command in self.commands {
            all.push(((*command).to_owned(), normalised(command, &router.birdc(command), &folder)));
        }
        Ok(all)
    }
}

#[test]
fn lab_birdc_prints_what_bird2_does() -> Result<()> {
    Case {
        bird: Program::Bird2,
        config: bird2::CONFIG,
        commands: bird2::COMMANDS,
        peers: &[("peer4", "10.2.1.0/24"), ("peer6", "2001:db8:2:1::/64")],
    }
    .check()
}

#[test]
fn lab_birdc_prints_what_bird_1_6_does() -> Result<()> {
    Case {
        bird: Program::Bird16,
        config: bird16::CONFIG,
        commands: bird16::COMMANDS,
        peers: &[("peer4", "10.2.1.0/24")],
    }
    .check()
}
