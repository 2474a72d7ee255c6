//! A neighbor that is back says in OPEN whether it has kept forwarding (RFC 4724 §3, the F bit).

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::speaker::{LONG_HOLD_TIME, OPEN, Speaker, UPDATE, announce, message};
use godwit_lab::{Namespace, Program, Router, stays, until};

const GODWIT: &str = "log stderr all; debug protocols { states, events }; router id 1.1.1.1;
    protocol device { }
    protocol kernel { ipv4 { export all; }; }
    protocol bgp peer { local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; passive;
      ipv4 { import all; export none; }; }";

/// Comes, with the R bit or without, the F bit or without, and announces 10.2.N.0/24 for these N.
fn come(namespace: &Namespace, restarted: bool, preserved: bool, nets: &[u8]) -> Result<Speaker> {
    let nets: Vec<[u8; 3]> = nets.iter().map(|n| [10, 2, *n]).collect();
    let mut speaker = come_saying(namespace, restarted, preserved, &[])?;
    speaker.send(&announce(65002, "192.0.2.2".parse()?, &nets))?;
    Ok(speaker)
}

/// Comes with capabilities of its own.
fn come_saying(namespace: &Namespace, restarted: bool, preserved: bool, more: &[u8]) -> Result<Speaker> {
    let (r, f) = (u8::from(restarted) << 7, u8::from(preserved) << 7);
    let capabilities = [&[1, 4, 0, 1, 0, 1][..], &[2, 0], &[64, 6, r, 120, 0, 1, 1, f], more].concat();
    let length = u8::try_from(capabilities.len()).unwrap_or(u8::MAX);
    let fixed = [&[4][..], &65002_u16.to_be_bytes(), &LONG_HOLD_TIME.to_be_bytes(), &[2, 2, 2, 2]].concat();
    let open = message(OPEN, &[&fixed[..], &[length + 2, 2, length], &capabilities].concat());
    Speaker::opened(namespace, "192.0.2.2", "192.0.2.1", &open)
}

/// The neighbor vanishes and is back with one of two nets.
fn comes_back(preserved: bool) -> Result<()> {
    let [peer, ours] = [Namespace::new("peer")?, Namespace::new("own")?];
    Namespace::join((&peer, "vpeer", &["192.0.2.2/24"]), (&ours, "vown", &["192.0.2.1/24"]))?;
    let godwit = Router::start(&ours, Program::Godwit, GODWIT)?;
    let has = |net: &str| !ours.routes(net).is_empty();
    let speaker = come(&peer, false, true, &[1, 2])?;
    until("both routes", || has("10.2.1.0/24") && has("10.2.2.0/24")).with_context(|| godwit.log())?;
    drop(speaker);
    let shown = || godwit.birdc("show protocols all peer");
    until("the neighbor to be away", || shown().contains("Neighbor graceful restart active"))?;
    ensure!(has("10.2.1.0/24") && has("10.2.2.0/24"), "{}", godwit.log());

    let mut speaker = come(&peer, true, preserved, &[1])?;
    godwit.established("peer")?;
    if preserved {
        // It may announce the other still.
        stays("what it kept", Duration::from_millis(1500), || has("10.2.2.0/24"))?;
    } else {
        until("what it did not keep to go", || !has("10.2.2.0/24")).with_context(shown)?;
        ensure!(!shown().contains("graceful restart active"), "{}", shown());
    }
    until("what it announced", || has("10.2.1.0/24"))?;
    speaker.send(&message(UPDATE, &[0; 4]))?;
    until("what it does not have to go", || !has("10.2.2.0/24")).with_context(shown)?;
    ensure!(has("10.2.1.0/24") && !shown().contains("graceful restart active"), "{}", shown());
    Ok(())
}

#[test]
fn lab_graceful_restart_of_a_neighbor_that_kept_forwarding() -> Result<()> {
    comes_back(true)
}

#[test]
fn lab_graceful_restart_of_a_neighbor_that_did_not_keep_forwarding() -> Result<()> {
    comes_back(false)
}

/// What can change without a new session is no reason to take another for the neighbor.
#[test]
fn lab_graceful_restart_of_a_neighbor_whose_cost_was_changed() -> Result<()> {
    let [peer, ours] = [Namespace::new("peer")?, Namespace::new("own")?];
    Namespace::join((&peer, "vpeer", &["192.0.2.2/24"]), (&ours, "vown", &["192.0.2.1/24"]))?;
    let godwit = Router::start(&ours, Program::Godwit, GODWIT)?;
    let has = |net: &str| !ours.routes(net).is_empty();
    let speaker = come(&peer, false, true, &[1])?;
    until("the route", || has("10.2.1.0/24")).with_context(|| godwit.log())?;
    let since = godwit.since("peer");
    godwit.configure(&GODWIT.replace("import all;", "import all; cost 7;"))?;
    ensure!(godwit.since("peer") == since, "a new session: {}", godwit.log());
    drop(speaker);
    let shown = || godwit.birdc("show protocols all peer");
    until("the neighbor to be away", || shown().contains("Neighbor graceful restart active"))?;
    let _speaker = come(&peer, true, true, &[])?;
    godwit.established("peer")?;
    stays("what it kept", Duration::from_millis(1500), || has("10.2.1.0/24"))
}

/// What came with path identifiers could not be withdrawn without them.
#[test]
fn lab_graceful_restart_of_a_neighbor_that_has_add_path_no_more() -> Result<()> {
    let [peer, ours] = [Namespace::new("peer")?, Namespace::new("own")?];
    Namespace::join((&peer, "vpeer", &["192.0.2.2/24"]), (&ours, "vown", &["192.0.2.1/24"]))?;
    let config = GODWIT.replace("import all;", "import all; add paths rx;");
    let godwit = Router::start(&ours, Program::Godwit, &config)?;
    let has = |net: &str| !ours.routes(net).is_empty();
    // ADD-PATH: it sends. Path 7 of 10.2.1.0/24.
    let mut speaker = come_saying(&peer, false, true, &[69, 4, 0, 1, 1, 2])?;
    let mut update = announce(65002, "192.0.2.2".parse()?, &[]);
    update.extend([0, 0, 0, 7, 24, 10, 2, 1]);
    let length = u16::try_from(update.len())?.to_be_bytes();
    update.splice(16..18, length);
    speaker.send(&update)?;
    until("the route", || has("10.2.1.0/24")).with_context(|| godwit.log())?;
    drop(speaker);
    let shown = || godwit.birdc("show protocols all peer");
    until("the neighbor to be away", || shown().contains("Neighbor graceful restart active"))?;
    ensure!(has("10.2.1.0/24"), "{}", godwit.log());
    let mut speaker = come(&peer, true, true, &[1, 2])?;
    until("what it announced", || has("10.2.2.0/24")).with_context(|| godwit.log())?;
    // Withdrawn, without End-of-RIB.
    speaker.send(&message(UPDATE, &[0, 4, 24, 10, 2, 1, 0, 0]))?;
    until("what it withdrew to go", || !has("10.2.1.0/24")).with_context(shown)?;
    ensure!(has("10.2.2.0/24"), "{}", godwit.log());
    Ok(())
}
