//! Limits on the routes of a channel: what passes, what is shown, what becomes of the session and what the neighbor is
//! told is as with BIRD 2.

mod neighbors;

use anyhow::{Context, Result};
use godwit_lab::{Program, Router, Star, same_lines, settles};

use neighbors::{Kind, Neighbor};

const ACTIONS: [&str; 4] = ["warn", "block", "restart", "disable"];
const LIMITS: [&str; 3] = ["receive", "import", "export"];

fn middle(limit: &str) -> String {
    format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }}
         protocol static {{ ipv4; route 172.17.0.0/24 blackhole; route 172.17.1.0/24 blackhole;
           route 172.17.2.0/24 blackhole; route 172.17.3.0/24 blackhole; route 172.17.4.0/24 blackhole; }}
         protocol bgp n2 {{ local 10.9.2.1 as 65000; neighbor 10.9.2.2 as 65002; connect delay time 1;
           ipv4 {{ import where net != 172.16.0.0/24; export where net != 172.17.0.0/24; {limit}; }}; }}"
    )
}

/// What the neighbor is told at the end of the session: Cease/1, and for what we send Cease/4 and Cease/2 (RFC 4486).
fn told(limit: &str, action: &str) -> &'static str {
    match (limit, action) {
        (_, "warn" | "block") => "",
        ("export", "restart") => "administrative reset",
        ("export", _) => "administrative shutdown",
        _ => "maximum number of prefixes reached",
    }
}

/// How many routes of the neighbor are there.
fn taken(router: &Router) -> usize {
    router.birdc("show route protocol n2").matches(" [n2 ").count()
}

/// What a session with a limit comes to: its state and its lines about limits, how many routes are there on either
/// side, and what the log says.
fn outcome(router: &Router, neighbor: &Neighbor) -> String {
    let all = router.birdc("show protocols all n2");
    let state = all.lines().find(|l| l.starts_with("n2")).unwrap_or_default();
    let state = state.split_whitespace().nth(3).unwrap_or_default().to_owned();
    let limits: Vec<&str> = all
        .lines()
        .skip_while(|l| !l.contains("limit:"))
        .take_while(|l| l.contains("limit:") || l.contains("Action:"))
        .map(str::trim)
        .collect();
    let taken = taken(router);
    let log = router.log();
    let mut said: Vec<&str> =
        log.lines().filter_map(|l| l.find("hits route").and_then(|at| l.get(at..))).collect();
    // A session that is restarted may pass it again.
    said.dedup();
    let limits = limits.join(" ");
    format!("{state} {limits} {taken} {} {said:?}", neighbor.routes())
}

fn outcomes(kind: Kind, program: Program) -> Result<Vec<String>> {
    let star = Star::new([2])?;
    let mut all = Vec::new();
    for of in LIMITS {
        for action in ACTIONS {
            let neighbor = Neighbor::start(&star.spokes[0], kind)?;
            let limit = format!("{of} limit 3 action {action}");
            let router = Router::start(&star.hub, program, &middle(&limit))?;
            godwit_lab::until("the limit to be passed", || router.log().contains("hits route"))
                .with_context(|| format!("{program:?}, {limit}: {}", router.log()))?;
            if matches!(action, "restart" | "disable") {
                godwit_lab::until("the session to end", || {
                    !router.birdc("show protocols n2").contains(" up ")
                })?;
            } else {
                // FRR takes its time before it says anything.
                let is_blocked = action == "block";
                let there = 4 - usize::from(is_blocked && of != "export");
                let told = 4 - usize::from(is_blocked && of == "export");
                godwit_lab::until("the routes", || taken(&router) == there && neighbor.routes() == told)?;
            }
            let outcome = settles("the outcome", || outcome(&router, &neighbor))?;
            let wanted = told(of, action);
            godwit_lab::until("what it was told", || {
                let told = neighbor.told();
                // BIRD may close the connection so soon that what it said is lost.
                let is_lost = program == Program::Bird2 && told.contains("connection reset by peer");
                if wanted.is_empty() { told.is_empty() } else { told.contains(wanted) || is_lost }
            })
            .with_context(|| {
                format!("{program:?}, {limit}: {kind:?} was told '{}', not '{wanted}'", neighbor.told())
            })?;
            all.push(format!("{limit}: {outcome}"));
        }
    }
    Ok(all)
}

#[test]
fn lab_limits_are_as_with_bird2() -> Result<()> {
    same_lines(Program::Bird2, |program| outcomes(Kind::Bird2, program))
}

#[test]
fn lab_limits_are_as_with_bird2_for_bird16() -> Result<()> {
    same_lines(Program::Bird2, |program| outcomes(Kind::Bird16, program))
}

#[test]
fn lab_limits_are_as_with_bird2_for_frr() -> Result<()> {
    same_lines(Program::Bird2, |program| outcomes(Kind::Frr, program))
}

#[test]
fn lab_limits_are_as_with_bird2_for_gobgp() -> Result<()> {
    same_lines(Program::Bird2, |program| outcomes(Kind::GoBgp, program))
}
