//! BIRD and godwit in the middle in turn: the neighbors are told the same.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use godwit_lab::{Program, Router, Star, difference, settles};

/// A neighbor: its AS, its address's last octet, and whether we are its route server.
const NEIGHBORS: &[(&str, u32, u8, &str)] = &[
    ("va", 65001, 2, ""),
    ("vb", 65002, 3, "rs client;"),
    ("vc", 65000, 4, "rr client;"),
    ("vd", 65003, 5, ""),
];

/// What differs: the options of every session, with their policies.
const MIDDLES: &[&str] = &[
    "import all; export all;",
    "import all; export all; next hop self;",
    "import filter { bgp_med = 11; bgp_next_hop = 10.9.5.2; accept; }; export all;",
    "import filter { gw = 10.9.2.2; bgp_path.delete(65001); accept; }; export all;",
    "import all; export filter { bgp_med = 50; bgp_local_pref = 7; bgp_community.add((1, 1)); accept; };",
    "import all; export filter { if bgp_med < 10 then bgp_path.prepend(65000); unset(bgp_origin); accept; };",
];

fn neighbor((name, asn, last, _): (&str, u32, u8, &str)) -> String {
    let n = last;
    format!(
        "log stderr all; router id 10.0.0.{n}; protocol device {{ }}
         protocol static {{ ipv4;
           route 172.16.0.0/24 blackhole {{ bgp_med = {n}; }};
           route 172.16.{n}.0/24 blackhole {{ bgp_med = {n}; bgp_community.add(({n}, 1)); }};
         }}
         protocol bgp {name} {{ passive; local 10.9.{n}.2 as {asn}; neighbor 10.9.{n}.1 as 65000;
           ipv4 {{ import all; export filter {{ if source != RTS_STATIC then reject; bgp_med = bgp_med + 0; accept; }}; }};
         }}"
    )
}

/// The router: version 2's channels, or 1.6 without them.
fn middle(program: Program, policy: &str) -> String {
    let (open, close, ipv4) =
        if program == Program::Bird16 { ("", "", "") } else { ("ipv4 {", "};", "ipv4;") };
    let statics = "route 172.17.1.0/24 blackhole { bgp_med = 4; bgp_community.add((5,5)); };
                   route 172.17.3.0/24 blackhole { bgp_med = 4; };
                   route 172.17.2.0/24 via 10.9.2.2;";
    let mut config = format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }} protocol direct {{ {ipv4} }}
         protocol static {{ {ipv4} {statics} }}"
    );
    for (name, asn, n, role) in NEIGHBORS {
        let _ = write!(
            config,
            "protocol bgp {name} {{ local 10.9.{n}.1 as 65000; neighbor 10.9.{n}.2 as {asn}; {role}
               connect delay time 1; connect retry time 1; {open} {policy} {close} }}\n"
        );
    }
    config
}

/// What every neighbor has of a program in the middle, once nothing changes any more.
fn told(star: &Star, program: Program, config: &str) -> Result<Vec<Vec<String>>> {
    let neighbors = star
        .spokes
        .iter()
        .zip(NEIGHBORS)
        .map(|(space, of)| Router::start(space, Program::Bird2, &neighbor(*of)))
        .collect::<Result<Vec<_>>>()?;
    let middle = Router::start(&star.hub, program, config)?;
    for (name, ..) in NEIGHBORS {
        middle.established(name)?;
    }
    settles("the routes", || neighbors.iter().map(Router::routes).collect::<Vec<_>>())
}

fn compare(bird: Program, policies: &[&str]) -> Result<()> {
    let star = Star::new(NEIGHBORS.iter().map(|(_, _, n, _)| *n))?;
    for policy in policies {
        let config = middle(bird, policy);
        let theirs = told(&star, bird, &config)?;
        let ours = told(&star, Program::Godwit, &config)?;
        for ((name, ..), (theirs, ours)) in NEIGHBORS.iter().zip(theirs.iter().zip(&ours)) {
            let different = difference(name, theirs, ours);
            ensure!(different.is_empty(), "{policy}: {different}");
        }
    }
    Ok(())
}

#[test]
fn lab_neighbors_are_told_what_bird2_tells() -> Result<()> {
    compare(Program::Bird2, MIDDLES)
}

#[test]
fn lab_neighbors_are_told_what_bird_1_6_tells() -> Result<()> {
    // The paths of an import filter that sets a next hop are of another form there.
    compare(Program::Bird16, &[MIDDLES[0], MIDDLES[1], MIDDLES[4]])
}
