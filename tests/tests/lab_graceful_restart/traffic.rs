//! Packets that go through two routers' kernels while one of them, or both, restart: none may be lost.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::flow::{Flow, nothing_lost, nothing_lost_there};
use godwit_lab::{stays, until};

use crate::ends::{EXTRA, FAR, Make, NEAR, NETS, Says};
use crate::lab::Monitor;
use crate::line::Line;

/// How long packets go on while a router is away, and after all is told again.
const WHILE: Duration = Duration::from_secs(2);

/// Packets go on for a while.
fn go_on() -> Result<()> {
    stays("time", WHILE, || true)
}

/// Nothing was lost. But when FRR comes back, its zebra now and then forgets a family's routes for some tens of
/// milliseconds before it has them again (so it does when BIRD helps): what it so loses of the way back is only counted.
fn end(line: &Line, restarted: &[usize], monitors: &[Monitor; 2], flows: [Flow; 2]) -> Result<()> {
    line.nothing_deleted(monitors)?;
    let frr = restarted.iter().any(|side| line.speakers[*side].make == Make::Frr);
    let lost = if frr { nothing_lost_there(flows) } else { nothing_lost(flows) };
    lost.with_context(|| line.logs())
}

/// These go, one after the other, and come back, the one that went first before the other.
fn restart(makes: [Make; 2], sides: &[usize], what: &str) -> Result<()> {
    let mut line = Line::new(makes, [Says::default(); 2])?;
    let (monitors, flows) = (line.watch()?, line.flows(what)?);
    go_on()?;
    line.kill(sides)?;
    go_on()?;
    for side in sides {
        line.start_again(*side, Says::default())?;
    }
    line.converged(true)?;
    for side in sides {
        let (who, seen) = (line.speakers[*side].make, &line.speakers[1 - side]);
        ensure!(seen.has_been_told_of_restart(), "{who:?} has said nothing of its restart: {}", line.logs());
    }
    go_on()?;
    end(&line, sides, &monitors, flows)
}

#[test]
fn lab_graceful_restart_traffic_godwit_restarts_bird2_helps() -> Result<()> {
    restart([Make::Godwit, Make::Bird2], &[NEAR], "godwit restarts, bird2 helps")
}

#[test]
fn lab_graceful_restart_traffic_godwit_restarts_frr_helps() -> Result<()> {
    restart([Make::Godwit, Make::Frr], &[NEAR], "godwit restarts, FRR helps")
}

#[test]
fn lab_graceful_restart_traffic_bird2_restarts_godwit_helps() -> Result<()> {
    restart([Make::Godwit, Make::Bird2], &[FAR], "bird2 restarts, godwit helps")
}

#[test]
fn lab_graceful_restart_traffic_frr_restarts_godwit_helps() -> Result<()> {
    restart([Make::Godwit, Make::Frr], &[FAR], "FRR restarts, godwit helps")
}

#[test]
fn lab_graceful_restart_traffic_godwit_restarts_godwit_helps() -> Result<()> {
    restart([Make::Godwit; 2], &[NEAR], "godwit restarts, godwit helps")
}

#[test]
fn lab_graceful_restart_traffic_both_restart_godwit_and_bird2() -> Result<()> {
    restart([Make::Godwit, Make::Bird2], &[NEAR, FAR], "godwit and bird2 restart")
}

#[test]
fn lab_graceful_restart_traffic_both_restart_godwit_and_frr() -> Result<()> {
    restart([Make::Godwit, Make::Frr], &[NEAR, FAR], "godwit and FRR restart")
}

#[test]
fn lab_graceful_restart_traffic_both_restart_godwit_and_godwit() -> Result<()> {
    restart([Make::Godwit; 2], &[NEAR, FAR], "godwit and godwit restart")
}

/// The other goes too while the first is away, and the first is back before it: each comes back to nobody.
fn restart_in_turn(makes: [Make; 2], first: usize, what: &str) -> Result<()> {
    let mut line = Line::new(makes, [Says::default(); 2])?;
    let (monitors, flows) = (line.watch()?, line.flows(what)?);
    line.kill(&[first])?;
    go_on()?;
    line.kill(&[1 - first])?;
    line.start_again(first, Says::default())?;
    go_on()?;
    line.start_again(1 - first, Says::default())?;
    line.converged(true)?;
    go_on()?;
    end(&line, &[NEAR, FAR], &monitors, flows)
}

#[test]
fn lab_graceful_restart_traffic_bird2_goes_while_it_helps_godwit() -> Result<()> {
    restart_in_turn([Make::Godwit, Make::Bird2], NEAR, "bird2 goes while it helps godwit")
}

#[test]
fn lab_graceful_restart_traffic_godwit_goes_while_it_helps_bird2() -> Result<()> {
    restart_in_turn([Make::Godwit, Make::Bird2], FAR, "godwit goes while it helps bird2")
}

/// One comes back with a net less, and no longer takes one of the other's: both go once all is told, not before, and
/// nothing else does.
fn restart_with_less(makes: [Make; 2], side: usize, what: &str) -> Result<()> {
    let mut line = Line::new(makes, [Says::default(); 2])?;
    let (monitors, flows) = (line.watch()?, line.flows(what)?);
    line.kill(&[side])?;
    go_on()?;
    let kept = || [NEAR, FAR].iter().all(|side| EXTRA[*side].iter().all(|net| line.has(*side, net)));
    ensure!(kept(), "{}", line.logs());
    line.start_again(side, Says { extra: false, more: "" })?;
    line.converged(false)?;
    go_on()?;
    end(&line, &[side], &monitors, flows)
}

#[test]
fn lab_graceful_restart_traffic_godwit_restarts_with_less_bird2_helps() -> Result<()> {
    restart_with_less([Make::Godwit, Make::Bird2], NEAR, "godwit restarts with less, bird2 helps")
}

#[test]
fn lab_graceful_restart_traffic_godwit_restarts_with_less_frr_helps() -> Result<()> {
    restart_with_less([Make::Godwit, Make::Frr], NEAR, "godwit restarts with less, FRR helps")
}

#[test]
fn lab_graceful_restart_traffic_bird2_restarts_with_less_godwit_helps() -> Result<()> {
    restart_with_less([Make::Godwit, Make::Bird2], FAR, "bird2 restarts with less, godwit helps")
}

#[test]
fn lab_graceful_restart_traffic_frr_restarts_with_less_godwit_helps() -> Result<()> {
    restart_with_less([Make::Godwit, Make::Frr], FAR, "FRR restarts with less, godwit helps")
}

/// What sessions say of it: the restart time is over soon.
const LONG_LIVED: Says = Says {
    extra: true,
    more: "graceful restart time 2; long lived graceful restart; long lived stale time 600;",
};
const LONG_LIVED_FRR: Says = Says {
    extra: true,
    more: " bgp graceful-restart restart-time 2\n bgp graceful-restart stalepath-time 600\n \
           bgp long-lived-graceful-restart stale-time 600\n",
};

/// One stays away for longer than its restart time: what the other has of it is stale, and used still.
fn long_lived(makes: [Make; 2], side: usize, what: &str) -> Result<()> {
    let says = makes.map(|make| if make == Make::Frr { LONG_LIVED_FRR } else { LONG_LIVED });
    let mut line = Line::new(makes, says)?;
    let (monitors, flows) = (line.watch()?, line.flows(what)?);
    line.kill(&[side])?;
    let helper = 1 - side;
    let stale = |line: &Line| {
        let words = if makes[helper] == Make::Frr { ["llgr-stale"; 2] } else { ["(65535,6)", "(65535, 6)"] };
        NETS[helper].iter().all(|net| {
            let route = line.speakers[helper].route(net);
            words.iter().any(|word| route.contains(word))
        })
    };
    until("its routes to be long-lived stale", || stale(&line)).with_context(|| line.logs())?;
    go_on()?;
    ensure!(NETS[helper].iter().all(|net| line.has(helper, net)), "{}", line.logs());
    line.start_again(side, says[side])?;
    line.converged(true)?;
    ensure!(!stale(&line), "{}", line.logs());
    go_on()?;
    end(&line, &[side], &monitors, flows)
}

#[test]
fn lab_graceful_restart_traffic_godwit_away_for_long_bird2_helps() -> Result<()> {
    long_lived([Make::Godwit, Make::Bird2], NEAR, "godwit is away for long, bird2 helps")
}

#[test]
fn lab_graceful_restart_traffic_bird2_away_for_long_godwit_helps() -> Result<()> {
    long_lived([Make::Godwit, Make::Bird2], FAR, "bird2 is away for long, godwit helps")
}

#[test]
fn lab_graceful_restart_traffic_godwit_away_for_long_frr_helps() -> Result<()> {
    long_lived([Make::Godwit, Make::Frr], NEAR, "godwit is away for long, FRR helps")
}

#[test]
fn lab_graceful_restart_traffic_frr_away_for_long_godwit_helps() -> Result<()> {
    long_lived([Make::Godwit, Make::Frr], FAR, "FRR is away for long, godwit helps")
}
