//! Long-lived graceful restart (RFC 9494) with BIRD 2, each as the one that goes and as the one that keeps.

use anyhow::{Context, Result, ensure};
use godwit_lab::{Router, until, with_some_time};

use crate::lab::{Place, routes};

/// The restart time and the long-lived stale time in seconds.
fn options(restart: u64, stale: u64) -> String {
    format!(
        "hold time 30; graceful restart; graceful restart time {restart}; long lived graceful restart;
         long lived stale time {stale};"
    )
}

/// A filter that says of a net that it is not to stay.
fn nets(stays: &str, goes: &str) -> String {
    routes(&[stays])
        + &format!(
            "protocol static others {{ ipv4; route {goes} blackhole {{ bgp_community.add((65535, 7)); }}; }}\n"
        )
}

/// What the one that stays shows, from the loss to the end of the routes.
fn keeps(keeper: &Router, stays: &str, goes: &str) -> Result<()> {
    let mut shown = String::new();
    until("it to be away", || {
        shown = keeper.birdc("show protocols all peer");
        shown.contains("Neighbor GR:")
    })?;
    ensure!(shown.contains("Neighbor GR:    Regular"), "{shown}");
    ensure!(!keeper.route(goes).is_empty(), "{goes} goes too early");
    until("it to be away for longer than its restart time", || {
        shown = keeper.birdc("show protocols all peer");
        !shown.contains("Neighbor GR:    Regular")
    })?;
    ensure!(shown.contains("Neighbor GR:    Long-lived") && shown.contains("LL stale timer:"), "{shown}");
    let mut route = String::new();
    until("its mark, or its end", || {
        route = keeper.route(stays);
        route.is_empty() || route.contains("(65535,6)")
    })?;
    ensure!(!route.is_empty(), "it had no mark");
    keeper.lost_route(goes)?;
    ensure!(!keeper.route(stays).is_empty());
    keeper.lost_route(stays)?;
    until("nothing to be left", || !keeper.birdc("show protocols all peer").contains("Neighbor GR:"))?;
    Ok(())
}

fn godwit_keeps(time: u64) -> Result<()> {
    let place = Place::new()?;
    let options = options(time, 4 * time);
    let godwit = place.godwit(&options, "", "")?;
    let mut bird = place.bird(&options, "", &nets("10.1.0.0/16", "10.2.0.0/16"))?;
    godwit.has_route("10.1.0.0/16", &[]).with_context(|| bird.log())?;
    godwit.has_route("10.2.0.0/16", &[])?;
    bird.process().kill();
    keeps(&godwit, "10.1.0.0/16", "10.2.0.0/16").with_context(|| godwit.log())
}

#[test]
fn lab_godwit_keeps_the_routes_of_a_bird_that_stays_away() -> Result<()> {
    with_some_time(godwit_keeps)
}

fn bird_keeps(time: u64) -> Result<()> {
    let place = Place::new()?;
    let options = options(time, 4 * time);
    let bird = place.bird(&options, "", "")?;
    let mut godwit = place.godwit(&options, "", &nets("10.1.0.0/16", "10.2.0.0/16"))?;
    bird.has_route("10.1.0.0/16", &[]).with_context(|| godwit.log())?;
    bird.has_route("10.2.0.0/16", &[])?;
    godwit.process().kill();
    keeps(&bird, "10.1.0.0/16", "10.2.0.0/16").with_context(|| bird.log())
}

#[test]
fn lab_bird_keeps_the_routes_of_a_godwit_that_stays_away() -> Result<()> {
    with_some_time(bird_keeps)
}

/// It comes back in the long time, with less than it had.
#[test]
fn lab_a_bird_that_comes_back_late_has_its_routes_still() -> Result<()> {
    let place = Place::new()?;
    let options = options(2, 600);
    let godwit = place.godwit(&options, "", "")?;
    let mut bird = place.bird(&options, "", &routes(&["10.1.0.0/16", "10.2.0.0/16"]))?;
    godwit.has_route("10.2.0.0/16", &[]).with_context(|| bird.log())?;
    bird.process().kill();
    godwit.has_route("10.2.0.0/16", &["(65535,6)"]).with_context(|| godwit.log())?;
    let bird = place.bird(&options, "", &routes(&["10.1.0.0/16"]))?;
    godwit.established("peer").with_context(|| bird.log())?;
    godwit.lost_route("10.2.0.0/16")?;
    until("its mark to be gone", || {
        let route = godwit.route("10.1.0.0/16");
        !route.is_empty() && !route.contains("(65535,6)")
    })?;
    Ok(())
}
