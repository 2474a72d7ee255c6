//! Two reflectors for the same clients: one is lost, and no client misses anything.

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Program, Router, until};

use crate::lan::{Lan, config, net};
use crate::told::{Speaker as _, Told};

/// The clients.
const CLIENTS: [u8; 2] = [2, 3];
/// The reflectors.
const REFLECTORS: [u8; 2] = [4, 5];

const SAME: [&str; 2] = ["rr cluster id 7.7.7.7;", "rr client; rr cluster id 7.7.7.7;"];
const OWN: [&str; 2] = ["", "rr client;"];

/// How many paths a router has of a net.
fn paths(router: &Router, net: &str) -> usize {
    router.birdc(&format!("show route {net}")).matches(" [n").count()
}

/// With options of the reflectors' session between them and of those with clients; the first one may be another
/// program.
fn lost(first: Program, options: [&'static str; 2]) -> Result<()> {
    let lan = Lan::new(2..6)?;
    let reflector = |n: u8, other: u8, program| {
        let clients = CLIENTS.map(|client| (client, 65000, options[1]));
        let ends = [&[(other, 65000, options[0])], &clients[..]].concat();
        Router::start(lan.machine(n), program, &config((n, 65000), false, &ends))
    };
    let client = |n: u8| {
        let ends = REFLECTORS.map(|reflector| (reflector, 65000, ""));
        Router::start(lan.machine(n), Program::Bird2, &config((n, 65000), true, &ends))
    };
    let (left, right) = (client(CLIENTS[0])?, client(CLIENTS[1])?);
    let mut lost = reflector(4, 5, first)?;
    let kept = reflector(5, 4, Program::Godwit)?;
    let both = [(&left, net(3)), (&right, net(2))];
    for (router, net) in &both {
        until("both paths", || paths(router, net) == 2)
            .with_context(|| router.birdc("show route all") + &lost.log() + &kept.log())?;
    }
    // Each knows from the other one what it would not hear any more if a client were lost to it: they are none of
    // the other's clients, so that the cluster is not looked at.
    lost.established("n5")?;
    for router in [&lost, &kept] {
        until("what the other one says", || paths(router, &net(2)) == 2)
            .with_context(|| router.birdc("show route all"))?;
    }
    let cluster = if options == SAME { "7.7.7.7" } else { "10.0.0.4" };
    let wanted = Told {
        hop: "10.9.0.2".into(),
        pref: "100".into(),
        med: "32".into(),
        originator: "10.0.0.2".into(),
        clusters: cluster.into(),
        ..Told::default()
    };
    // All else is the same, so that the address chooses.
    let heard = right.told(&net(2));
    ensure!(heard.as_ref() == Some(&wanted), "wanted {wanted:?}\nheard {heard:?}");

    let told_before = right.log().len();
    lost.process().kill();
    for (router, net) in &both {
        until("the other path alone", || paths(router, net) == 1)
            .with_context(|| router.birdc("show route all") + &router.log())?;
        // What the other one reflects was there all along, and it took nothing back.
        let withdraws = router.detail("n5", "Import withdraws:");
        ensure!(withdraws.starts_with('0'), "{withdraws}");
        let log = router.log();
        let net = net.split('/').next().unwrap_or_default();
        ensure!(!log.lines().any(|l| l.contains("[sole]") && l.contains(net)), "{log}");
    }
    let log = right.log();
    ensure!(log.get(told_before..).is_some_and(|l| l.contains("removed [replaced]")), "{log}");

    // It comes back, and all is as it was.
    drop(lost);
    let again = reflector(4, 5, first)?;
    for (router, net) in &both {
        until("both paths again", || paths(router, net) == 2)
            .with_context(|| router.birdc("show route all") + &again.log())?;
    }
    let heard = right.told(&net(2));
    ensure!(heard.as_ref() == Some(&wanted), "wanted {wanted:?}\nheard {heard:?}");
    Ok(())
}

#[test]
fn lab_one_of_two_reflectors_is_lost() -> Result<()> {
    for (first, options) in [(Program::Godwit, OWN), (Program::Godwit, SAME), (Program::Bird2, SAME)] {
        lost(first, options).with_context(|| format!("{first:?} {options:?}"))?;
    }
    Ok(())
}
