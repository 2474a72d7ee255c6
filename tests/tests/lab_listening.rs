//! Where sessions listen: `local port`, `strict bind`, `free bind`, by godwit and by bird2 in its place.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, stays, until};

fn spaces() -> Result<[Namespace; 2]> {
    let (hub, out) = (Namespace::new("lshub")?, Namespace::new("lsout")?);
    Namespace::join(
        (&hub, "vhub", &["10.79.0.1/16", "10.79.0.101/16"]),
        (&out, "vout", &["10.79.0.2/16", "10.79.0.3/16"]),
    )?;
    Ok([hub, out])
}

fn head(id: &str) -> String {
    format!("log stderr all; router id {id}; protocol device {{ }}\n")
}

/// One that waits.
fn session(name: &str, local: &str, neighbor: &str, options: &str) -> String {
    format!(
        "protocol bgp {name} {{ local {local} as 65001; neighbor {neighbor} as 65002; passive; {options}
           ipv4 {{ import all; export none; }}; }}\n"
    )
}

/// One that connects, with whatever it has.
fn other(local: &str, neighbor: &str) -> String {
    let config = format!(
        "protocol bgp up {{ local {local} as 65002; neighbor {neighbor} as 65001; strict bind;
           connect delay time 1; connect retry time 1; ipv4 {{ import all; export none; }}; }}\n"
    );
    head(local.split(' ').next().unwrap_or_default()) + &config
}

/// The sockets that listen in a namespace, in order.
fn listening(space: &Namespace) -> Vec<String> {
    let shown = space.run("ss", &["-tlnH"]).unwrap_or_default();
    let mut all: Vec<String> =
        shown.lines().filter_map(|line| line.split_whitespace().nth(3)).map(str::to_owned).collect();
    all.sort();
    all
}

fn several(program: Program) -> Result<()> {
    let [hub, out] = spaces()?;
    let config = head("10.79.0.1")
        + &session("one", "10.79.0.1 port 1790", "10.79.0.2", "strict bind;")
        + &session("two", "10.79.0.101 port 1791", "10.79.0.3", "strict bind;")
        + &session("three", "10.79.0.101 port 1792", "10.79.0.4", "");
    let router = Router::start(&hub, program, &config)?;
    let expected = ["0.0.0.0:1792", "10.79.0.101:1791", "10.79.0.1:1790"];
    until("the sockets", || listening(&hub) == expected).with_context(|| format!("{:?}", listening(&hub)))?;
    let _one = Router::start(&out, Program::Bird2, &other("10.79.0.2", "10.79.0.1 port 1790"))?;
    let _two = Router::start(&out, Program::Bird2, &other("10.79.0.3", "10.79.0.101 port 1791"))?;
    router.established("one")?;
    router.established("two")?;
    // A socket goes with its last session, and another comes.
    let since = router.since("one");
    router.configure(&config.replace("1791", "1793"))?;
    let expected = ["0.0.0.0:1792", "10.79.0.101:1793", "10.79.0.1:1790"];
    until("the other sockets", || listening(&hub) == expected)
        .with_context(|| format!("{:?}", listening(&hub)))?;
    ensure!(router.since("one") == since, "{}", router.log());
    Ok(())
}

#[test]
fn lab_bird2_listens_on_several_addresses_and_ports() -> Result<()> {
    several(Program::Bird2)
}

#[test]
fn lab_godwit_listens_on_several_addresses_and_ports() -> Result<()> {
    several(Program::Godwit)
}

/// An address that comes later.
fn free(program: Program) -> Result<()> {
    let [hub, out] = spaces()?;
    let one = session("one", "10.79.9.9", "10.79.0.2", "strict bind; free bind;");
    let router = Router::start(&hub, program, &(head("10.79.0.1") + &one))?;
    until("the socket", || listening(&hub) == ["10.79.9.9:179"])
        .with_context(|| format!("{:?} {}", listening(&hub), router.log()))?;
    let _one = Router::start(&out, Program::Bird2, &other("10.79.0.2", "10.79.9.9"))?;
    stays("the session is down", Duration::from_secs(2), || {
        !router.birdc("show protocols one").contains("Established")
    })?;
    hub.ip(&["addr", "add", "10.79.9.9/16", "dev", "vhub"])?;
    router.established("one")?;
    ensure!(!router.log().to_lowercase().contains("cannot listen"), "{}", router.log());
    Ok(())
}

#[test]
fn lab_bird2_binds_freely() -> Result<()> {
    free(Program::Bird2)
}

#[test]
fn lab_godwit_binds_freely() -> Result<()> {
    free(Program::Godwit)
}

#[test]
fn lab_an_address_that_is_not_there_is_waited_for() -> Result<()> {
    let [hub, out] = spaces()?;
    let one = session("one", "10.79.9.9", "10.79.0.2", "strict bind;");
    let router = Router::start(&hub, Program::Godwit, &(head("10.79.0.1") + &one))?;
    let line = "BGP: cannot listen on 10.79.9.9 port 179: Cannot assign requested address";
    until("the log to say it", || router.log().contains(line)).with_context(|| router.log())?;
    hub.ip(&["addr", "add", "10.79.9.9/16", "dev", "vhub"])?;
    let _one = Router::start(&out, Program::Bird2, &other("10.79.0.2", "10.79.9.9"))?;
    router.established("one")?;
    ensure!(router.log().contains("BGP: listening on 10.79.9.9 port 179 at last"), "{}", router.log());
    Ok(())
}

/// TCP-AO: this kernel may have none.
#[test]
fn lab_keys_of_tcp_ao_keep_a_session_down_and_it_says_why() -> Result<()> {
    let [hub, _out] = spaces()?;
    let keys = "authentication ao; keys { key { id 1; algorithm hmac sha1; secret \"x\"; }; };";
    let config = head("10.79.0.1") + &session("one", "10.79.0.1", "10.79.0.2", keys);
    let router = Router::start(&hub, Program::Godwit, &config)?;
    let reason = "TCP-AO: this kernel has none: it needs Linux 6.7 or newer with CONFIG_TCP_AO";
    let shows = |word: &str| router.birdc("show protocols one").contains(word);
    until("the session to be down, or to begin", || shows(" down ") || shows(" start "))
        .with_context(|| router.log())?;
    // A kernel that has it is none of this test's.
    if shows(" down ") {
        ensure!(shows(reason), "{}", router.birdc("show protocols one"));
        ensure!(router.log().contains(reason), "{}", router.log());
    }
    Ok(())
}
