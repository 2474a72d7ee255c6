//! TCP MD5 (RFC 2385) and TTL security (RFC 5082): godwit with other speakers, and what happens when the two ends
//! do not agree.

mod memory;
mod pair;
mod ttl;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Program, Router, until};

use pair::{Family, Options, Other, Pair, passive, password};

/// Who waits to be connected to.
#[derive(Clone, Copy)]
enum Passive {
    Godwit,
    Other,
}

fn same_password(other: Other, family: Family, who: Passive) -> Result<()> {
    let word = "a secret'7-of.some/length";
    let (ours, theirs) = match who {
        Passive::Godwit => ("passive;", ""),
        Passive::Other => ("", passive(other)),
    };
    // FRR's words end at a space.
    let word = if matches!(other, Other::Frr) { word.replace(' ', "_") } else { word.to_owned() };
    let options = Options {
        ours: format!("password \"{word}\"; {ours}"),
        theirs: format!("{}\n{theirs}", password(other, &word)).trim().to_owned(),
    };
    let pair = Pair::start(other, family, &options)?;
    pair.comes_up()?;
    // The kernel has a key for that connection.
    let sockets = pair.namespaces[0].run("ss", &["-tniH", "state", "established"])?;
    ensure!(sockets.contains("md5keys"), "no key on the connection: {sockets}");
    Ok(())
}

macro_rules! same_password {
    ($($test:ident: $other:ident, $family:ident, $passive:ident;)*) => {
        $(#[test]
        fn $test() -> Result<()> {
            same_password(Other::$other, Family::$family, Passive::$passive)
        })*
    };
}

same_password! {
    lab_password_bird2_ipv4_we_connect: Bird2, Ipv4, Other;
    lab_password_bird2_ipv4_it_connects: Bird2, Ipv4, Godwit;
    lab_password_bird2_ipv6_we_connect: Bird2, Ipv6, Other;
    lab_password_bird2_ipv6_it_connects: Bird2, Ipv6, Godwit;
    lab_password_bird2_link_local_we_connect: Bird2, LinkLocal, Other;
    lab_password_bird2_link_local_it_connects: Bird2, LinkLocal, Godwit;
    lab_password_bird16_ipv4_we_connect: Bird16, Ipv4, Other;
    lab_password_bird16_ipv4_it_connects: Bird16, Ipv4, Godwit;
    lab_password_bird16_ipv6_we_connect: Bird16, Ipv6, Other;
    lab_password_bird16_ipv6_it_connects: Bird16, Ipv6, Godwit;
    lab_password_frr_ipv4_we_connect: Frr, Ipv4, Other;
    lab_password_frr_ipv4_it_connects: Frr, Ipv4, Godwit;
    lab_password_frr_ipv6_we_connect: Frr, Ipv6, Other;
    lab_password_frr_ipv6_it_connects: Frr, Ipv6, Godwit;
}

#[test]
fn lab_another_password_or_none_keeps_a_session_down() -> Result<()> {
    for (ours, theirs) in
        [("password \"one\";", "password \"two\";"), ("password \"one\";", ""), ("", "password \"two\";")]
    {
        let retry = "connect retry time 2;";
        let options = Options::new(&format!("{ours} {retry}"), &format!("{theirs} {retry}"));
        let pair = Pair::start(Other::Bird2, Family::Ipv4, &options)?;
        pair.stays_down_at_both().with_context(|| format!("{ours} {theirs}"))?;
        // Who has no password does not suspect one.
        if !ours.is_empty() {
            let line = "peer: no answer from 192.0.2.2: it is not there, or has another password";
            until("the log to say it", || pair.godwit.log().contains(line))
                .with_context(|| pair.godwit.log())?;
        }
    }
    Ok(())
}

#[test]
fn lab_a_password_no_key_can_be_made_of() -> Result<()> {
    let long = "x".repeat(81);
    let pair =
        Pair::start(Other::Bird2, Family::Ipv4, &Options::new(&format!("password \"{long}\";"), "passive;"))?;
    let text = "the password has 81 octets, and TCP MD5 takes 80 at most";
    let shown = pair.godwit.birdc("show protocols peer");
    ensure!(shown.contains(&format!("Idle          Error: TCP MD5: {text}")), "{shown}");
    ensure!(pair.godwit.log().matches(text).count() == 1, "{}", pair.godwit.log());
    pair.stays_down()?;
    // It says so once, however often it tries.
    ensure!(pair.godwit.log().matches(text).count() == 1, "{}", pair.godwit.log());
    Ok(())
}

/// A neighbor on 192.0.N.2, whose session is `peer` there.
fn neighbor(net: u8, word: &str) -> String {
    format!(
        "log stderr all; router id 192.0.{net}.2; protocol device {{ }}
         protocol bgp peer {{ local 192.0.{net}.2 as 6500{net}; neighbor 192.0.{net}.1 as 65001; password \"{word}\";
           connect delay time 1; ipv4 {{ import all; export none; }}; }}"
    )
}

fn two_neighbors(word: &str) -> String {
    let session = |name: &str, net: u8, word: &str| {
        format!(
            "protocol bgp {name} {{ local 192.0.{net}.1 as 65001; neighbor 192.0.{net}.2 as 6500{net}; password \"{word}\";
               connect delay time 1; ipv4 {{ import all; export none; }}; }}\n"
        )
    };
    format!(
        "log stderr all; router id 1.1.1.1; protocol device {{ }}\n{}{}",
        session("kept", 2, "stays"),
        session("changed", 3, word)
    )
}

#[test]
fn lab_a_password_changes_while_the_router_runs() -> Result<()> {
    let (a, b, c) = (Namespace::new("a")?, Namespace::new("b")?, Namespace::new("c")?);
    Namespace::join((&a, "vab", &["192.0.2.1/24"]), (&b, "vb", &["192.0.2.2/24"]))?;
    Namespace::join((&a, "vac", &["192.0.3.1/24"]), (&c, "vc", &["192.0.3.2/24"]))?;
    let godwit = Router::start(&a, Program::Godwit, &two_neighbors("before"))?;
    let kept = Router::start(&b, Program::Bird2, &neighbor(2, "stays"))?;
    let other = Router::start(&c, Program::Bird2, &neighbor(3, "before"))?;
    godwit.established("kept")?;
    godwit.established("changed")?;
    let second = |time: String| time.split('.').next().unwrap_or_default().to_owned();
    let seen = || (godwit.since("kept"), second(kept.since("peer")));
    let (before, other_before) = (seen(), godwit.since("changed"));

    let shown = godwit.configure(&two_neighbors("after"))?;
    ensure!(shown.contains("Reconfigured"), "{shown}");
    until("the session to restart", || godwit.since("changed") != other_before)?;
    ensure!(!godwit.birdc("show protocols changed").contains("Established"), "up with two passwords");
    other.configure(&neighbor(3, "after"))?;
    godwit.established("changed")?;
    other.established("peer")?;

    // And away with it: the socket has no key for that neighbor any more.
    let without = |text: String, word: &str| text.replace(&format!("password \"{word}\";"), "");
    let other_before = godwit.since("changed");
    godwit.configure(&without(two_neighbors("after"), "after"))?;
    until("the session to restart", || godwit.since("changed") != other_before)?;
    other.configure(&without(neighbor(3, "after"), "after"))?;
    godwit.established("changed")?;
    ensure!(seen() == before, "the other session noticed: {before:?}, now {:?}", seen());
    Ok(())
}
