//! Enhanced route refresh (RFC 7313): marks of either end, and a neighbor that does not announce all again.

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::{OPEN, Speaker, announce, message};
use godwit_lab::{Frr, until};

use crate::lab::{Place, routes};

#[test]
fn lab_bird_and_godwit_mark_what_they_announce_again() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("", "", &routes(&["10.1.0.0/16", "10.2.0.0/16"]))?;
    let bird = place.bird("", "", &routes(&["10.3.0.0/16", "10.4.0.0/16"]))?;
    godwit.established("peer").with_context(|| bird.log())?;
    godwit.has_route("10.4.0.0/16", &[])?;
    bird.has_route("10.2.0.0/16", &[])?;
    let since = [godwit.since("peer"), bird.since("peer")];
    let logs = || format!("{}\n{}", godwit.log(), bird.log());
    for (asking, answering) in [(&bird, &godwit), (&godwit, &bird)] {
        asking.birdc("reload in peer");
        until("the marks", || {
            let (asked, answered) = (asking.log(), answering.log());
            asked.contains("peer: Sending ROUTE-REFRESH")
                && answered.contains("peer: Got ROUTE-REFRESH")
                && answered.contains("peer: Sending BEGIN-OF-RR")
                && answered.contains("peer: Sending END-OF-RR")
                && asked.contains("peer: Got BEGIN-OF-RR")
                && asked.contains("peer: Got END-OF-RR")
        })
        .with_context(logs)?;
    }
    for net in ["10.3.0.0/16", "10.4.0.0/16"] {
        ensure!(!godwit.route(net).is_empty(), "{net}");
    }
    for net in ["10.1.0.0/16", "10.2.0.0/16"] {
        ensure!(!bird.route(net).is_empty(), "{net}");
    }
    ensure!(since == [godwit.since("peer"), bird.since("peer")], "{}", logs());
    Ok(())
}

#[test]
fn lab_frr_and_godwit_mark_what_they_announce_again() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("", "", &routes(&["10.1.0.0/16", "10.2.0.0/16"]))?;
    let frr = Frr::start(
        &place.peer,
        "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
         neighbor 192.0.2.1 remote-as 65001\n neighbor 192.0.2.1 timers connect 1\n \
         address-family ipv4 unicast\n  network 10.3.0.0/16\n exit-address-family\n",
    )?;
    godwit.established("peer").with_context(|| frr.log())?;
    godwit.has_route("10.3.0.0/16", &[])?;
    let logs = || format!("{}\n{}", godwit.log(), frr.log());
    frr.vtysh(&["clear bgp ipv4 unicast 192.0.2.1 in"])?;
    until("our marks", || {
        let log = godwit.log();
        log.contains("peer: Sending BEGIN-OF-RR") && log.contains("peer: Sending END-OF-RR")
    })
    .with_context(logs)?;
    godwit.birdc("reload in peer");
    until("its marks", || {
        let log = godwit.log();
        log.contains("peer: Got BEGIN-OF-RR") && log.contains("peer: Got END-OF-RR")
    })
    .with_context(logs)?;
    ensure!(!godwit.route("10.3.0.0/16").is_empty());
    until("our route", || {
        frr.vtysh(&["show bgp ipv4 unicast 10.2.0.0/16"]).is_ok_and(|shown| shown.contains("192.0.2.1"))
    })?;
    godwit.established("peer").map(drop)
}

/// An OPEN with IPv4, route refresh, enhanced route refresh, and these capabilities.
fn open(others: &[u8]) -> Vec<u8> {
    let capabilities = [&[1, 4, 0, 1, 0, 1, 2, 0, 70, 0], others].concat();
    let len = capabilities.len() as u8;
    let fixed = [4, 0xfd, 0xea, 0xff, 0xff, 192, 0, 2, 2, len + 2, 2, len];
    message(OPEN, &[&fixed[..], &capabilities].concat())
}

fn refresh(subtype: u8) -> Vec<u8> {
    message(5, &[0, 1, subtype, 1])
}

#[test]
fn lab_what_is_not_announced_again_goes_at_the_end() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("passive;", "", "")?;
    let mut speaker = Speaker::opened(&place.peer, "192.0.2.2", "192.0.2.1", &open(&[]))?;
    let hop = [192, 0, 2, 2].into();
    speaker.send(&announce(65002, hop, &[[10, 1, 0], [10, 1, 1], [10, 1, 2]]))?;
    godwit.has_route("10.1.2.0/24", &[])?;
    speaker.send(&refresh(1))?;
    speaker.send(&announce(65002, hop, &[[10, 1, 0], [10, 1, 3]]))?;
    godwit.has_route("10.1.3.0/24", &[])?;
    ensure!(!godwit.route("10.1.1.0/24").is_empty(), "it stays until the end");
    speaker.send(&refresh(2))?;
    for gone in ["10.1.1.0/24", "10.1.2.0/24"] {
        godwit.lost_route(gone)?;
    }
    for stays in ["10.1.0.0/24", "10.1.3.0/24"] {
        ensure!(!godwit.route(stays).is_empty(), "{stays}");
    }
    // A message of a wrong length is an error of its own.
    speaker.send(&message(5, &[0, 1, 0, 1, 0]))?;
    ensure!(speaker.notification()? == (7, 1));
    Ok(())
}

/// RFC 7313 §4: who announces graceful restart ends its first table with End-of-RIB, and marks nothing before.
#[test]
fn lab_marks_before_end_of_rib_are_ignored() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("passive;", "", "")?;
    let mut speaker = Speaker::opened(&place.peer, "192.0.2.2", "192.0.2.1", &open(&[64, 2, 0, 120]))?;
    let hop = [192, 0, 2, 2].into();
    speaker.send(&announce(65002, hop, &[[10, 1, 0], [10, 1, 1]]))?;
    speaker.send(&refresh(1))?;
    speaker.send(&announce(65002, hop, &[[10, 1, 2]]))?;
    speaker.send(&refresh(2))?;
    speaker.send(&announce(65002, hop, &[[10, 1, 3]]))?;
    godwit.has_route("10.1.3.0/24", &[])?;
    for stays in ["10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24"] {
        ensure!(!godwit.route(stays).is_empty(), "{stays}: {}", godwit.log());
    }
    ensure!(godwit.log().contains("before End-of-RIB, ignoring"), "{}", godwit.log());
    // End-of-RIB, and the same once more.
    speaker.send(&message(2, &[0; 4]))?;
    speaker.send(&refresh(1))?;
    speaker.send(&announce(65002, hop, &[[10, 1, 3]]))?;
    speaker.send(&refresh(2))?;
    for gone in ["10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24"] {
        godwit.lost_route(gone)?;
    }
    ensure!(!godwit.route("10.1.3.0/24").is_empty());
    Ok(())
}
