//! `show protocols all` of a neighbor that goes and comes back: godwit says what bird2 says in its place.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{until, with_some_time};
use similar::TextDiff;

use crate::ends::{FAR, Make, NEAR, NETS, Says};
use crate::line::Line;

/// What bird2 says of long-lived graceful restart; `TIME` is over soon.
const BIRD: &str = "graceful restart time TIME; long lived graceful restart; long lived stale time 600;";
const FRR: &str =
    " bgp graceful-restart restart-time TIME\n bgp long-lived-graceful-restart stale-time 600\n";
/// It announces long-lived graceful restart all the same, with a time of 0.
const FRR_ZERO: &str = " bgp graceful-restart restart-time TIME\n";

fn with_time(more: &str, time: u64) -> &'static str {
    more.replace("TIME", &time.to_string()).leak()
}

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

fn as_bird2_says(gone: Make, more: &str) -> Result<()> {
    with_some_time(|time| {
        let more = with_time(more, time);
        let [theirs, ours] = [Make::Bird2, Make::Godwit].map(|helper| story(helper, gone, more));
        same(&theirs?, &ours?)
    })
}

pub(crate) fn same(bird2: &str, godwit: &str) -> Result<()> {
    let diff = TextDiff::from_lines(bird2, godwit);
    ensure!(bird2 == godwit, "{}", diff.unified_diff().context_radius(4).header("bird2", "godwit"));
    Ok(())
}

#[test]
fn lab_graceful_restart_is_shown_as_bird2_does_of_bird2_that_does_not_stay_for_long() -> Result<()> {
    as_bird2_says(Make::Bird2, "graceful restart time TIME;")
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

/// What FRR makes of our capabilities and of our end of graceful restart.
fn frr_session(shown: &str) -> String {
    let mut out = String::new();
    for neighbor in shown.split("BGP neighbor is ").skip(1) {
        let (_, from) = neighbor.split_once("Neighbor capabilities:").unwrap_or_default();
        let (wanted, _) = from.split_once("Message statistics").unwrap_or((from, ""));
        out += wanted;
    }
    out
}

/// What becomes, one after the other, of the routes of one that is away, with FRR; it takes no longer than `limit` from
/// one to the next.
fn fates(line: &Line, limit: Duration) -> Result<[Vec<&'static str>; 2]> {
    let mut fates = [vec!["there"], vec!["there"]];
    let mut since = Instant::now();
    until("their fate to be known", || {
        for (net, fate) in NETS[FAR].iter().zip(&mut fates) {
            let route = line.speakers[FAR].route(net);
            let is = match () {
                () if route.is_empty() => "gone",
                () if route.contains("llgr-stale") => "long-lived stale",
                () if route.contains("stale") => "stale",
                () => "there",
            };
            if fate.last() != Some(&is) {
                fate.push(is);
                since = Instant::now();
            }
        }
        fates.iter().all(|fate| fate.last() == Some(&"gone")) || since.elapsed() > limit
    })?;
    Ok(fates)
}

/// FRR's view of one that goes for longer than its restart time, and is back.
fn frr_story(gone: Make, time: u64, more: &str, wanted: &[&str]) -> Result<String> {
    let [more, frr] = [more, FRR].map(|more| with_time(more, time));
    let mut line =
        Line::new([gone, Make::Frr], [Says { extra: true, more }, Says { extra: true, more: frr }])?;
    let mut story = format!("== up\n{}", frr_session(&line.speakers[FAR].sessions()));
    line.kill(&[NEAR])?;
    let fates = fates(&line, Duration::from_secs(2 * time + 10))?;
    ensure!(fates == [wanted, wanted], "{gone:?}: {fates:?}");
    line.start_again(NEAR, Says { extra: true, more })?;
    line.converged(true)?;
    let _ = write!(story, "== back\n{}", frr_session(&line.speakers[FAR].sessions()));
    Ok(story)
}

fn frr_says_as_of_bird2(more: &str, fate: &[&str]) -> Result<()> {
    with_some_time(|time| {
        let [theirs, ours] = [Make::Bird2, Make::Godwit].map(|gone| frr_story(gone, time, more, fate));
        same(&theirs?, &ours?)
    })
}

#[test]
fn lab_graceful_restart_is_helped_by_frr_as_bird2_is() -> Result<()> {
    let more = "graceful restart time TIME; long lived graceful restart; long lived stale time TIME;";
    frr_says_as_of_bird2(more, &["there", "stale", "long-lived stale", "gone"])
}

/// It asks for nothing after the restart time, and gets nothing.
#[test]
fn lab_graceful_restart_is_helped_by_frr_as_bird2_is_with_a_stale_time_of_zero() -> Result<()> {
    let more = "graceful restart time TIME; long lived graceful restart; long lived stale time 0;";
    frr_says_as_of_bird2(more, &["there", "stale", "gone"])
}
