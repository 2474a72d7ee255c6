//! Capabilities, with BIRD 2: what both announce counts, and what is shown of it.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::{Speaker, UPDATE};
use godwit_lab::{Frr, Router, until};

use crate::lab::{Place, routes};

/// What `show protocols all` says of either end's capabilities: the two blocks with their headings.
fn blocks(router: &Router) -> [String; 2] {
    let shown = router.birdc("show protocols all peer");
    let after = |heading: &str| {
        let lines = shown.lines().skip_while(|l| l.trim() != heading).skip(1);
        let block = lines.take_while(|l| l.starts_with("      "));
        block.map(|l| l.to_owned() + "\n").collect::<String>()
    };
    [after("Local capabilities"), after("Neighbor capabilities")]
}

/// Either end shows of itself what the other shows of it.
fn agree(godwit: &Router, bird: &Router, words: &[&str]) -> Result<()> {
    godwit.established("peer").with_context(|| bird.log())?;
    bird.established("peer")?;
    let ([ours, theirs], [birds, of_us]) = (blocks(godwit), blocks(bird));
    ensure!(ours == of_us && theirs == birds, "{ours}---\n{of_us}\n{theirs}---\n{birds}");
    for word in words {
        ensure!(ours.contains(word) && theirs.contains(word), "{word}: {ours}---\n{theirs}");
    }
    Ok(())
}

/// A route whose attributes need more than 4,096 octets.
fn long_route(net: &str) -> String {
    let mut out = format!("protocol static long_nets {{ ipv4; route {net} blackhole {{\n");
    for n in 0..900 {
        let _ = writeln!(out, "bgp_large_community.add((65000, 1, {n}));");
    }
    out + "}; }"
}

#[test]
fn lab_extended_messages_carry_what_others_do_not() -> Result<()> {
    let place = Place::new()?;
    let option = "enable extended messages;";
    let godwit = place.godwit(option, "", &long_route("10.1.0.0/16"))?;
    let bird = place.bird(option, "", &long_route("10.2.0.0/16"))?;
    agree(&godwit, &bird, &["Extended message", "Enhanced refresh"])?;
    let whole = ["(65000, 1, 0)", "(65000, 1, 899)"];
    godwit.has_route("10.2.0.0/16", &whole)?;
    bird.has_route("10.1.0.0/16", &whole)?;
    Ok(())
}

#[test]
fn lab_without_extended_messages_a_long_route_is_not_sent() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("enable extended messages;", "", &long_route("10.1.0.0/16"))?;
    let bird = place.bird("enable extended messages off;", "", "")?;
    godwit.established("peer").with_context(|| bird.log())?;
    until("it to be told that it cannot be", || godwit.log().contains("attributes do not fit in a message"))
        .with_context(|| godwit.log())?;
    ensure!(bird.route("10.1.0.0/16").is_empty());
    bird.established("peer").map(drop)
}

#[test]
fn lab_names_roles_and_long_lived_restart_are_shown_alike() -> Result<()> {
    let place = Place::new()?;
    let common =
        "advertise hostname; graceful restart; long lived graceful restart; long lived stale time 77;";
    let name = "hostname \"ours.example\";";
    let channel = "extended next hop;";
    let godwit = place.godwit(&format!("{common} local role provider;"), channel, name)?;
    let bird =
        place.bird(&format!("{common} local role customer;"), channel, "hostname \"theirs.example\";")?;
    let words = ["Hostname: ", "Role: ", "LL stale time: 77", "AF supported: ipv4", "IPv6 nexthop: ipv4"];
    agree(&godwit, &bird, &words)?;
    let [ours, theirs] = blocks(&godwit);
    ensure!(ours.contains("Hostname: ours.example") && ours.contains("Role: provider"), "{ours}");
    ensure!(theirs.contains("Hostname: theirs.example") && theirs.contains("Role: customer"), "{theirs}");
    Ok(())
}

/// The neighbor has another role than it could have, or none where it must have one: who finds out says so, in the
/// same words.
#[test]
fn lab_roles_that_do_not_fit_make_no_session() -> Result<()> {
    let place = Place::new()?;
    let strict = "local role provider; require roles;";
    for (ours, birds, godwit_says, bird_says) in [
        (
            strict,
            "local role provider;",
            "Error: Role mismatch (provider)",
            "Error: Role mismatch (provider)",
        ),
        (strict, "", "Error: Role mismatch (undefined)", "Received: Role mismatch"),
        ("", strict, "Received: Role mismatch", "Error: Role mismatch (undefined)"),
    ] {
        let (godwit, bird) = (place.godwit(ours, "", "")?, place.bird(birds, "", "")?);
        until("both to say so", || godwit.log().contains(godwit_says) && bird.log().contains(bird_says))
            .with_context(|| format!("{}\n{}", godwit.log(), bird.log()))?;
        ensure!(godwit.detail("peer", "BGP state:") != "Established");
    }
    Ok(())
}

#[test]
fn lab_what_is_required_is_told_to_who_misses_it() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("require extended messages; enable extended messages;", "", "")?;
    let mut bird = place.bird("", "", "")?;
    until("it to be refused", || bird.log().contains("Received: Required capability missing: 0600"))
        .with_context(|| format!("{}\n{}", godwit.log(), bird.log()))?;
    until("the log to say it", || godwit.log().contains("peer: Error: Required capability missing"))?;
    bird.process().stop();
    let bird = place.bird("enable extended messages;", "", "")?;
    godwit.established("peer").with_context(|| format!("{}\n{}", godwit.log(), bird.log()))?;
    Ok(())
}

/// FRR's own view of what was agreed on.
#[test]
fn lab_frr_and_godwit_agree_on_roles_names_and_long_messages() -> Result<()> {
    let place = Place::new()?;
    let frr = Frr::start(
        &place.peer,
        "hostname theirs\nrouter bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n \
         neighbor 192.0.2.1 remote-as 65001\n neighbor 192.0.2.1 timers connect 1\n \
         neighbor 192.0.2.1 local-role customer strict-mode\n",
    )?;
    let strict = "local role provider; require roles; advertise hostname; enable extended messages; \
        require enhanced route refresh; require hostname;";
    let godwit = place.godwit(strict, "", "hostname \"ours.example\";")?;
    let shown = || frr.vtysh(&["show bgp neighbors 192.0.2.1"]).unwrap_or_default();
    godwit.established("peer").with_context(|| frr.log() + &shown())?;
    let said = shown();
    for line in [
        "Local Role: customer",
        "Remote Role: provider",
        "Role: advertised and received",
        "Extended Message: advertised and received",
        "Enhanced Route Refresh: advertised and received",
        "received (name: ours.example",
    ] {
        ensure!(said.contains(line), "{line} is not in {said}");
    }
    let theirs = godwit.birdc("show protocols all peer");
    ensure!(theirs.contains("Role: customer") && theirs.contains("Hostname: theirs"), "{theirs}");
    Ok(())
}

/// RFC 4724 §2: also one that announces no capability at all, as with BIRD.
#[test]
fn lab_every_neighbor_is_told_the_end_of_the_table() -> Result<()> {
    let place = Place::new()?;
    let _godwit = place.godwit("passive;", "", &routes(&["10.1.0.0/16"]))?;
    let mut speaker = Speaker::established(&place.peer, "192.0.2.2", "192.0.2.1", 65002)?;
    let mut updates = Vec::new();
    while updates.last().is_none_or(|last: &Vec<u8>| last != &[0; 4]) {
        let (kind, body) = speaker.read()?;
        updates.extend((kind == UPDATE).then_some(body));
    }
    ensure!(updates.len() == 2, "{updates:?}");
    Ok(())
}
