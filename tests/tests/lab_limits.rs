//! Limits on the routes of a channel: what passes, what is shown and what becomes of the session is as with BIRD 2.

use anyhow::{Context, Result};
use godwit_lab::{Program, Router, Star, same_lines, settles};

const ACTIONS: [&str; 4] = ["warn", "block", "restart", "disable"];
const KINDS: [&str; 3] = ["receive", "import", "export"];

/// One that announces five routes and takes what it gets.
const NEIGHBOR: &str = "log stderr all; router id 10.0.0.2; protocol device { }
    protocol static { ipv4; route 172.16.0.0/24 blackhole; route 172.16.1.0/24 blackhole;
      route 172.16.2.0/24 blackhole; route 172.16.3.0/24 blackhole; route 172.16.4.0/24 blackhole; }
    protocol bgp middle { passive; local 10.9.2.2 as 65002; neighbor 10.9.2.1 as 65000;
      ipv4 { import all; export where source = RTS_STATIC; }; }";

fn middle(limit: &str) -> String {
    format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }}
         protocol static {{ ipv4; route 172.17.0.0/24 blackhole; route 172.17.1.0/24 blackhole;
           route 172.17.2.0/24 blackhole; route 172.17.3.0/24 blackhole; route 172.17.4.0/24 blackhole; }}
         protocol bgp n2 {{ local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1;
           ipv4 {{ import where net != 172.16.0.0/24; export where net != 172.17.0.0/24; {limit}; }}; }}"
    )
}

/// What a session with a limit comes to: its state and its lines about limits, how many routes are there on either
/// side, and what the log says.
fn outcome(router: &Router, neighbor: &Router) -> String {
    let all = router.birdc("show protocols all n2");
    let state = all.lines().find(|l| l.starts_with("n2")).unwrap_or_default();
    let state = state.split_whitespace().nth(3).unwrap_or_default().to_owned();
    let limits: Vec<&str> = all
        .lines()
        .skip_while(|l| !l.contains("limit:"))
        .take_while(|l| l.contains("limit:") || l.contains("Action:"))
        .map(str::trim)
        .collect();
    let count = |router: &Router, protocol: &str| {
        let shown = router.birdc(&format!("show route count protocol {protocol}"));
        shown.split_whitespace().next().unwrap_or_default().to_owned()
    };
    let log = router.log();
    let mut said: Vec<&str> =
        log.lines().filter_map(|l| l.find("hits route").and_then(|at| l.get(at..))).collect();
    // A session that is restarted may pass it again.
    said.dedup();
    // BIRD still marks it when there is no session any more.
    let limits = limits.join(" ").replace(if state == "up" { "-" } else { " [HIT]" }, "");
    format!("{state} {limits} {} {} {said:?}", count(router, "n2"), count(neighbor, "middle"))
}

fn outcomes(program: Program) -> Result<Vec<String>> {
    let star = Star::new([2])?;
    let mut all = Vec::new();
    for kind in KINDS {
        for action in ACTIONS {
            let neighbor = Router::start(&star.spokes[0], Program::Bird2, NEIGHBOR)?;
            let limit = format!("{kind} limit 3 action {action}");
            let router = Router::start(&star.hub, program, &middle(&limit))?;
            godwit_lab::until("the limit to be passed", || router.log().contains("hits route"))
                .with_context(|| format!("{program:?}, {limit}: {}", router.log()))?;
            if matches!(action, "restart" | "disable") {
                godwit_lab::until("the session to end", || {
                    !router.birdc("show protocols n2").contains(" up ")
                })?;
            }
            let outcome = settles("the outcome", || outcome(&router, &neighbor))?;
            all.push(format!("{limit}: {outcome}"));
        }
    }
    Ok(all)
}

#[test]
fn lab_limits_are_as_with_bird2() -> Result<()> {
    same_lines(Program::Bird2, outcomes)
}
