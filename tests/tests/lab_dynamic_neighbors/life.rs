//! How long a dynamic session lives, and what an operator or another configuration does to it.

use anyhow::{Result, ensure};
use godwit_lab::{Program, until};

use crate::{Lab, neighbor, range, router, shows};

const UP: [&str; 3] =
    ["every BGP --- start Passive", "peer01 BGP --- up Established", "peer02 BGP --- up Established"];

fn a_life(program: Program) -> Result<()> {
    let lab = Lab::new(4)?;
    let options = "dynamic name \"peer\"; dynamic name digits 2;";
    let hub = lab.router(program, &range(options))?;
    let two = lab.neighbor(2, "")?;
    shows(&hub, &UP[..2])?;
    let mut three = lab.neighbor(3, "")?;
    shows(&hub, &UP)?;
    hub.has_route("10.99.2.0/24", &["peer01", "10.77.0.2"])?;
    hub.has_route("10.99.3.0/24", &["peer02", "10.77.0.3"])?;
    let all = hub.birdc("show protocols all every");
    for line in ["Neighbor range:   10.77.0.0/24", "BGP state:          Passive", "Neighbor AS:      0"] {
        ensure!(all.contains(line), "{line}: {all}");
    }

    // Who says goodbye, or is just gone, leaves the session behind, which waits for it.
    two.birdc("disable up");
    shows(&hub, &[UP[0], "peer01 BGP --- start Passive Received: Administrative shutdown", UP[2]])?;
    hub.lost_route("10.99.2.0/24")?;
    three.process().kill();
    let gone = "peer02 BGP --- start Passive Socket: Connection closed";
    shows(&hub, &[UP[0], "peer01 BGP --- start Passive Received: Administrative shutdown", gone])?;
    two.birdc("enable up");
    let three = lab.neighbor(3, "")?;
    shows(&hub, &UP)?;

    // Restarted, it comes again; disabled, it does not, and nobody gets another in its place.
    ensure!(hub.birdc("restart peer01").contains("peer01: restarted"));
    shows(&hub, &UP)?;
    hub.birdc("disable peer01");
    shows(&hub, &[UP[0], "peer01 BGP --- down", UP[2]])?;
    let since = two.since("up");
    until("another attempt", || two.since("up") != since || two.log().contains("up: "))?;
    shows(&hub, &[UP[0], "peer01 BGP --- down", UP[2]])?;
    hub.birdc("enable peer01");
    shows(&hub, &UP)?;

    // What an operator does to the range is for who is not there yet.
    let since = (hub.since("peer01"), hub.since("peer02"));
    hub.birdc("restart every");
    shows(&hub, &UP)?;
    hub.birdc("disable every");
    let four = lab.neighbor(4, "")?;
    shows(&hub, &["every BGP --- down", UP[1], UP[2]])?;
    hub.birdc("enable every");
    shows(&hub, &[UP[0], UP[1], UP[2], "peer03 BGP --- up Established"])?;

    // A policy goes to all of them, and a description; what a session cannot change makes an end of them.
    let with = |options: &str, import: &str| router(&range(options)).replace("import all", import);
    hub.configure(&with(&format!("{options} description \"all\";"), "import where net.len < 20"))?;
    hub.lost_route("10.99.3.0/24")?;
    ensure!((hub.since("peer01"), hub.since("peer02")) == since, "{}", hub.log());
    ensure!(hub.log().contains("Reloading channel peer02.ipv4"), "{}", hub.log());
    drop((four, three));
    hub.configure(&with(&format!("{options} hold time 90;"), "import all"))?;
    until("new sessions", || {
        hub.birdc("show protocols").contains("peer01") && hub.since("peer01") != since.0
    })?;
    shows(&hub, &UP[..2])?;
    ensure!(hub.log().contains("Removing protocol peer02"), "{}", hub.log());
    hub.has_route("10.99.2.0/24", &["peer01"])?;
    // And so does its end.
    hub.configure(&router(""))?;
    shows(&hub, &[])?;
    hub.lost_route("10.99.2.0/24")?;
    Ok(())
}

#[test]
fn lab_dynamic_sessions_live_as_long_as_with_bird2() -> Result<()> {
    a_life(Program::Bird2)
}

#[test]
fn lab_dynamic_sessions_live_as_long() -> Result<()> {
    a_life(Program::Godwit)
}

/// Not passive, it looks for its neighbor itself.
fn back_again(program: Program) -> Result<()> {
    let lab = Lab::new(2)?;
    let config = range("connect delay time 1; connect retry time 1;").replace("passive;", "");
    let hub = lab.router(program, &config.replace("range 10.77.0.0/24", "range 10.77.0.0/24 port 10002"))?;
    let up = ["every BGP --- start Passive", "dynbgp1 BGP --- up Established"];
    let two = lab.neighbor(2, "")?;
    shows(&hub, &up)?;
    two.configure(&neighbor(2, "passive;"))?;
    shows(&two, &["up BGP --- up Established"])?;
    shows(&hub, &up)
}

#[test]
fn lab_a_dynamic_session_connects_as_with_bird2() -> Result<()> {
    back_again(Program::Bird2)
}

#[test]
fn lab_a_dynamic_session_connects() -> Result<()> {
    back_again(Program::Godwit)
}
