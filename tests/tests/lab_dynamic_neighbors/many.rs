//! Many neighbors at once, and too many.

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::{Speaker, announce};
use godwit_lab::{Namespace, Program, Router, Scratch, settles, until};

use crate::{Lab, router, sessions};

const MANY: u16 = 300;

fn address(n: u16) -> String {
    format!("10.78.{}.{}", n / 250, n % 250 + 2)
}

/// Names and what is said of them, and the routes with who they are of.
fn seen(program: Program) -> Result<(Vec<String>, Vec<String>)> {
    let (hub, out) = (Namespace::new("dyhub")?, Namespace::new("dyout")?);
    let addresses: Vec<String> = (0..MANY).map(|n| format!("{}/16", address(n))).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    Namespace::join((&hub, "vhub", &["10.78.255.1/16"]), (&out, "vout", &addresses))?;
    let protocol =
        "protocol bgp every { local 10.78.255.1 as 65001; neighbor range 10.78.0.0/16 external; passive;
        dynamic name digits 3; ipv4 { import all; export none; }; }";
    let router = Router::start(&hub, program, &router(protocol))?;
    until("the range to listen", || sessions(&router) == ["every BGP --- start Passive"])?;
    let mut speakers = Vec::new();
    for n in 0..MANY {
        let mut speaker = Speaker::established(&out, &address(n), "10.78.255.1", 2000 + n)
            .with_context(|| format!("neighbor {n}: {}", router.log()))?;
        let [_, _, high, low] = address(n).parse::<std::net::Ipv4Addr>()?.octets();
        speaker.send(&announce(2000 + n, address(n).parse()?, &[[100, high, low]]))?;
        speakers.push(speaker);
    }
    until("all routes", || {
        router.birdc("show route count").contains(&format!("{MANY} of {MANY} routes for"))
    })
    .with_context(|| router.birdc("show route count"))?;
    let routes = || {
        let shown = router.birdc("show route");
        let mut routes: Vec<String> = shown
            .lines()
            .filter(|line| line.contains('['))
            .map(|line| line.split_whitespace().filter(|w| !w.contains(':')).collect::<Vec<_>>().join(" "))
            .collect();
        routes.sort();
        routes
    };
    let routes = settles("the routes", routes)?;
    Ok((settles("the sessions", || sessions(&router))?, routes))
}

#[test]
fn lab_300_dynamic_neighbors_are_named_as_bird2_names_them() -> Result<()> {
    let (theirs, their_routes) = seen(Program::Bird2)?;
    let (ours, our_routes) = seen(Program::Godwit)?;
    ensure!(ours.len() == usize::from(MANY) + 1, "{} sessions", ours.len());
    ensure!(theirs == ours, "of bird2 {theirs:#?}\nof godwit {ours:#?}");
    ensure!(their_routes == our_routes, "of bird2 {their_routes:#?}\nof godwit {our_routes:#?}");
    Ok(())
}

/// BIRD has no limit, so this is not in its language.
fn limited(limit: u32) -> String {
    format!(
        "[router]\nid = \"10.77.0.1\"\n[[log]]\nto = \"stderr\"\n[device]\n[bgp.every]\nlocal-address = \"10.77.0.1\"\n\
         local-as = 65001\nneighbor-range = \"10.77.0.0/24\"\nneighbor-as = \"external\"\npassive = true\n\
         dynamic-limit = {limit}\n[bgp.every.ipv4]\nimport = \"all\"\nexport = \"none\"\n"
    )
}

#[test]
fn lab_dynamic_neighbors_past_the_limit_are_refused_and_counted() -> Result<()> {
    let lab = Lab::new(4)?;
    let scratch = Scratch::new("limit")?;
    let file = scratch.write("limit.toml", &limited(2))?;
    let hub = Router::start_with(&lab.hub, Program::Godwit, "", |command| {
        command.arg("-c").arg(&file);
    })?;
    let two = lab.neighbor(2, "")?;
    hub.established("dynbgp1")?;
    let three = lab.neighbor(3, "")?;
    hub.established("dynbgp2")?;
    let _four = lab.neighbor(4, "")?;
    let line = "every: connection from 10.77.0.4 refused: dynamic limit (2) is reached";
    until("the log to say it", || hub.log().contains(line)).with_context(|| hub.log())?;
    let shown = hub.birdc("show protocols every");
    ensure!(shown.contains("Error: Dynamic limit reached, "), "{shown}");
    ensure!(sessions(&hub).len() == 3, "{:?}", sessions(&hub));
    two.established("up")?;
    three.established("up")?;
    // More room, and nobody notices.
    let since = (hub.since("every"), hub.since("dynbgp1"));
    std::fs::write(&file, limited(3))?;
    hub.birdc("configure");
    hub.established("dynbgp3")?;
    ensure!(hub.detail("dynbgp3", "Neighbor address:") == "10.77.0.4", "{:?}", sessions(&hub));
    ensure!((hub.since("every"), hub.since("dynbgp1")) == since, "{}", hub.log());
    Ok(())
}
