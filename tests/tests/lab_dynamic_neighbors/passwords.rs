//! TCP MD5 and TTL security of a range.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Program, Router, stays, until};

use crate::{Lab, neighbor, range, router, sessions, shows};

fn ranges(low: &str, high: &str) -> String {
    let range = |name: &str, net: &str, word: &str| {
        format!(
            "protocol bgp {name}_range {{ local 10.77.0.1 as 65001; neighbor range {net} external; passive;
               dynamic name \"{name}\"; password \"{word}\"; ipv4 {{ import all; export none; }}; }}\n"
        )
    };
    let one = "protocol bgp one { local 10.77.0.1 as 65001; neighbor 10.77.1.2 as 65001; passive; direct;
                 ipv4 { import all; export none; }; }\n";
    router(&format!("{}{}{one}", range("low", "10.77.0.0/30", low), range("high", "10.77.0.4/30", high)))
}

#[test]
fn lab_the_password_of_a_range_changes_and_others_do_not_notice() -> Result<()> {
    let lab = Lab::new(5)?;
    let hub = Router::start(&lab.hub, Program::Godwit, &ranges("lower", "higher"))?;
    let low = lab.neighbor(2, "password \"lower\";")?;
    let high = lab.neighbor(5, "password \"higher\";")?;
    hub.established("low1")?;
    hub.established("high1")?;
    let sockets = lab.hub.run("ss", &["-tniH", "state", "established"])?;
    ensure!(sockets.matches("md5keys").count() == 2, "no keys on the connections: {sockets}");
    // One that has none, or that of the other range, does not come in.
    let none = lab.neighbor(3, "")?;
    let wrong = lab.neighbor(6, "password \"lower\";")?;
    stays("two sessions", Duration::from_secs(3), || sessions(&hub).len() == 5)
        .with_context(|| format!("{:?}", sessions(&hub)))?;
    drop((none, wrong));

    let since = (hub.since("high1"), hub.since("one"), hub.since("high_range"));
    hub.configure(&ranges("another", "higher"))?;
    until("the session to go", || sessions(&hub).iter().all(|s| !s.starts_with("low1 ")))?;
    stays("nobody with the old one", Duration::from_secs(3), || {
        sessions(&hub).iter().all(|s| !s.starts_with("low1 "))
    })?;
    low.configure(&neighbor(2, "password \"another\";"))?;
    hub.established("low1")?;
    high.established("up")?;
    let now = (hub.since("high1"), hub.since("one"), hub.since("high_range"));
    ensure!(now == since, "the others noticed: {since:?}, now {now:?}");

    // Without its range's protocol a session keeps its password.
    hub.birdc("disable low_range");
    low.birdc("disable up");
    let cease = "low1 BGP --- start Passive Received: Administrative shutdown".to_owned();
    until("the session to end", || sessions(&hub).contains(&cease))?;
    low.configure(&neighbor(2, "").replace("protocol bgp up", "protocol bgp other"))?;
    stays("nobody without", Duration::from_secs(3), || sessions(&hub).contains(&cease))?;
    low.configure(&neighbor(2, "password \"another\";"))?;
    hub.established("low1").map(drop)
}

#[test]
fn lab_ttl_security_of_a_range() -> Result<()> {
    let lab = Lab::new(3)?;
    let hub = lab.router(Program::Godwit, &range("ttl security;"))?;
    let _near = lab.neighbor(2, "ttl security;")?;
    hub.established("dynbgp1")?;
    let far = lab.neighbor(3, "")?;
    stays("one session", Duration::from_secs(4), || sessions(&hub).len() == 2)?;
    drop(far);
    shows(&hub, &["every BGP --- start Passive", "dynbgp1 BGP --- up Established"])
}
