//! `show protocols all` of a neighbor that goes and comes back: godwit says what bird2 says in its place.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use godwit_lab::until;
use similar::TextDiff;

use crate::ends::{FAR, Make, NEAR, NETS, Says};
use crate::line::Line;

/// What bird2 says of long-lived graceful restart, with a restart time that is over soon.
const BIRD: &str = "graceful restart time 4; long lived graceful restart; long lived stale time 600;";
const FRR: &str = " bgp graceful-restart restart-time 4\n bgp long-lived-graceful-restart stale-time 600\n";
/// It announces long-lived graceful restart all the same, with a time of 0.
const FRR_ZERO: &str = " bgp graceful-restart restart-time 4\n";

/// The lines of a session without what is another each time: times, addresses made up, counters.
fn session(shown: &str, name: &str) -> String {
    let mut out = String::new();
    let mut local = false;
    let blocks = shown.split("\n\n").filter(|block| block.trim_start().starts_with(name));
    for line in blocks.flat_map(str::lines) {
        let (label, value) = line.split_once(':').unwrap_or((line, ""));
        local = match label.trim() {
            "Local capabilities" => true,
            "Neighbor capabilities" => false,
            _ => local,
        };
        let value = match label.trim() {
            "Import updates" | "Import withdraws" | "Export updates" | "Export withdraws" => continue,
            // Ours says so: should the connection alone be lost, its routes have stayed in our kernel. So the neighbor
            // keeps what BIRD would have it forget.
            "AF preserved" if local => continue,
            "BGP Next hop" => value.split(" fe80").next().unwrap_or(value).to_owned(),
            "Connect delay" | "Error wait" | "Restart timer" | "LL stale timer" | "Hold timer"
            | "Keepalive timer" => {
                let (left, of) = value.trim().split_once('/').unwrap_or((value, ""));
                let width = value.len() - value.trim_start().len();
                let decimals = left.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                format!("{}{decimals} decimals/{of}", " ".repeat(width))
            }
            label if label.starts_with(name) => {
                let words: Vec<_> = line.split_whitespace().collect();
                let _ = writeln!(out, "{} {}", words[..4].join(" "), words[5..].join(" "));
                continue;
            }
            _ => value.to_owned(),
        };
        let _ = writeln!(out, "{label}:{value}");
    }
    out
}

/// All that a helper shows of one that goes for longer than its restart time, and is back.
fn story(helper: Make, gone: Make, more: &'static str) -> Result<String> {
    let mut line = Line::new([helper, gone], [Says::default(), Says { extra: true, more }])?;
    let mut story = String::new();
    let mut note = |line: &Line, what: &str| {
        let shown = line.speakers[NEAR].sessions();
        for name in ["peer4", "peer6"] {
            let _ = write!(story, "== {what}\n{}", session(&shown, name));
        }
    };
    note(&line, "up");
    line.kill(&[FAR])?;
    note(&line, "away");
    until("the restart time to be over", || {
        NETS[NEAR].iter().all(|net| {
            let route = line.speakers[NEAR].route(net);
            route.is_empty() || route.contains("(65535,6)") || route.contains("(65535, 6)")
        })
    })
    .with_context(|| line.logs())?;
    note(&line, "away for long");
    line.start_again(FAR, Says { extra: true, more })?;
    line.converged(true)?;
    note(&line, "back");
    Ok(story)
}

fn as_bird2_says(gone: Make, more: &'static str) -> Result<()> {
    let [theirs, ours] = [Make::Bird2, Make::Godwit].map(|helper| story(helper, gone, more));
    let (theirs, ours) = (theirs?, ours?);
    let diff = TextDiff::from_lines(&theirs, &ours);
    anyhow::ensure!(theirs == ours, "{}", diff.unified_diff().context_radius(4).header("bird2", "godwit"));
    Ok(())
}

#[test]
fn lab_graceful_restart_is_shown_as_bird2_does_of_bird2_that_does_not_stay_for_long() -> Result<()> {
    as_bird2_says(Make::Bird2, "graceful restart time 4;")
}

#[test]
fn lab_graceful_restart_is_shown_as_bird2_does_of_bird2() -> Result<()> {
    as_bird2_says(Make::Bird2, BIRD)
}

#[test]
fn lab_graceful_restart_is_shown_as_bird2_does_of_frr() -> Result<()> {
    as_bird2_says(Make::Frr, FRR)
}

#[test]
fn lab_graceful_restart_is_shown_as_bird2_does_of_frr_without_a_stale_time() -> Result<()> {
    as_bird2_says(Make::Frr, FRR_ZERO)
}
