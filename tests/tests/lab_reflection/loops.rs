//! Routes that have been here before, or come by a path that is not allowed, from ExaBGP, which says what it is told
//! to: what is taken is what BIRD 2 takes.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{ExaBgp, Program, Router, Star, same_lines, settles, until};

/// The last of them, which everyone takes.
const MARK: &str = "172.16.99.0/24";

/// Attributes of routes of an internal neighbor. Our router id is 10.0.0.1, our cluster 7.7.7.7, our AS 65000.
const INTERNAL: &[&str] = &[
    "",
    "originator-id 10.0.0.1",
    "originator-id 7.7.7.7",
    "originator-id 10.0.0.9",
    "cluster-list [ 7.7.7.7 ]",
    "originator-id 10.0.0.9 cluster-list [ 8.8.8.8 7.7.7.7 9.9.9.9 ]",
    "originator-id 10.0.0.9 cluster-list [ 8.8.8.8 9.9.9.9 ]",
    "cluster-list [ 10.0.0.1 ]",
    "as-path [ 65000 ]",
    "as-path [ 1 65000 2 65000 ]",
    "as-path [ 65000 65000 65000 ]",
    "as-path [ 1 ( 65000 2 ) ]",
    "as-path [ 1 ( 2 3 ) ]",
    // (1) 65001
    "attribute [ 0x02 0x40 0x03010000000102010000fde9 ]",
];

/// The same of an external one, 65002. (AS 0 is not among them: BIRD 2.0.12 takes it, RFC 7607 asks not to.)
const EXTERNAL: &[&str] = &[
    "as-path [ 65002 ]",
    "as-path [ 65002 65000 ]",
    "as-path [ 65002 65000 1 65000 ]",
    "as-path [ 65002 65000 65000 65000 ]",
    "as-path [ 65000 65002 ]",
    "as-path [ 65003 65002 ]",
    "as-path [ 65003 ]",
    "as-path [ ]",
    "as-path [ ( 65002 65003 ) ]",
    "as-path [ ( 65002 ) 65003 ]",
    "as-path [ 65002 ( 65003 65000 ) ]",
    "as-path [ 65002 ( 65003 65004 ) ]",
    // (65002), 65002 (65003), 65002 in a segment of its own, 65002 and a segment of none
    "attribute [ 0x02 0x40 0x03010000fdea ]",
    "attribute [ 0x02 0x40 0x02010000fdea03010000fdeb ]",
    "attribute [ 0x02 0x40 0x02010000fdea02020000fdeb00000001 ]",
    "attribute [ 0x02 0x40 0x02010000fdea0200 ]",
    "as-path [ 65002 ] originator-id 10.0.0.1",
    "as-path [ 65002 ] cluster-list [ 7.7.7.7 ]",
];

const CLIENT: &str = "rr client; rr cluster id 7.7.7.7;";

/// Options of the session, and which of the routes are taken: `-` for those that are not.
const CASES: &[(u32, &str, &str)] = &[
    (65000, "", "+-++++++----+-"),
    (65000, "rr cluster id 7.7.7.7;", "+-++++++----+-"),
    (65000, "rr client;", "+-+++++-----+-"),
    (65000, CLIENT, "+-++--++----+-"),
    (65000, "allow local as;", "+-+++++++++++-"),
    (65000, "allow local as 1;", "+-+++++++--++-"),
    (65000, "allow local as 2;", "+-++++++++-++-"),
    (65000, "allow as sets off;", "+-++++++------"),
    (65002, "", "+----+++++-+--+-++"),
    (65002, "allow local as;", "++++++++++++--+-++"),
    (65002, "allow local as 1;", "++--++++++++--+-++"),
    (65002, "allow local as 2;", "+++-++++++++--+-++"),
    (65002, "enforce first as;", "+----------+--+-++"),
    (65002, "enforce first as; allow local as;", "++++------++--+-++"),
    (65002, "allow as sets off;", "+----+++------+-++"),
    (65002, "allow as sets off; allow local as 1;", "++--++++------+-++"),
    (65002, "rs client; enforce first as;", "+----------+--+-++"),
];

fn routes(asn: u32) -> &'static [&'static str] {
    if asn == 65000 { INTERNAL } else { EXTERNAL }
}

fn exabgp(asn: u32) -> String {
    let mut announced = String::new();
    for (i, attributes) in routes(asn).iter().enumerate() {
        let _ = writeln!(announced, "unicast 172.16.{i}.0/24 next-hop 10.9.2.2 {attributes};");
    }
    let path = if asn == 65000 { String::new() } else { format!("as-path [ {asn} ]") };
    format!(
        "neighbor 10.9.2.1 {{ router-id 10.0.0.2;
           local-address 10.9.2.2;
           local-as {asn}; peer-as 65000; passive true;
           family {{ ipv4 unicast; }}
           announce {{ ipv4 {{\n{announced}unicast {MARK} next-hop 10.9.2.2 {path};\n}} }} }}"
    )
}

fn taken(program: Program) -> Result<Vec<String>> {
    let star = Star::new([2])?;
    let mut lines = Vec::new();
    for (asn, options, wanted) in CASES {
        let exabgp = ExaBgp::start(&star.spokes[0], &exabgp(*asn))?;
        let router = Router::start(
            &star.hub,
            program,
            &format!(
                "log stderr all; router id 10.0.0.1; protocol device {{ }}
                 protocol bgp n2 {{ local 10.9.2.1 as 65000; neighbor 10.9.2.2 as {asn}; {options}
                   connect delay time 1; connect retry time 1; error wait time 1, 2;
                   ipv4 {{ import all; export none; }}; }}"
            ),
        )?;
        until("the last route", || !router.route(MARK).is_empty())
            .with_context(|| router.birdc("show protocols all n2") + &router.log() + &exabgp.log())?;
        let table = settles("the routes", || router.birdc("show route"))?;
        let mut taken = String::new();
        for i in 0..routes(*asn).len() {
            taken.push(if table.contains(&format!("172.16.{i}.0/24")) { '+' } else { '-' });
        }
        let counted = format!(
            "{} | {}",
            router.detail("n2", "Import updates:"),
            router.detail("n2", "Import withdraws:")
        );
        let counted = counted.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(taken == *wanted, "{program:?} {asn} {options}: {taken}, not {wanted}\n{}", router.log());
        lines.push(format!("{asn} {options}: {taken} {counted}"));
    }
    Ok(lines)
}

#[test]
fn lab_what_has_been_here_is_not_taken_again() -> Result<()> {
    same_lines(Program::Bird2, taken)
}
