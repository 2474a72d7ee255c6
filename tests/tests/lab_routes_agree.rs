//! Routes between several neighbors, with BIRD 2 and godwit in the middle in turn: in confederations, with AIGP,
//! with roles, as a route reflector. The neighbors have the same afterwards.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use godwit_lab::{Program, Router, Star, difference, settles};

/// A neighbor of the router in the middle.
struct Neighbor {
    name: &'static str,
    asn: u32,
    /// Its address is 10.9.LAST.2.
    last: u8,
    /// The AS it knows the middle by, options of its session, of its channel, and what its export filter does.
    remote_as: u32,
    session: &'static str,
    channel: &'static str,
    filter: &'static str,
    /// Options of the middle's session with it, and of that one's channel.
    here: &'static str,
    here_channel: &'static str,
}

/// All the same but for the name.
const PLAIN: Neighbor = Neighbor {
    name: "",
    asn: 0,
    last: 0,
    remote_as: 65000,
    session: "multihop 2;",
    channel: "",
    filter: "",
    here: "multihop 2;",
    here_channel: "",
};

/// Communities of the routes that each neighbor announces: NO_EXPORT, NO_ADVERTISE, NO_EXPORT_SUBCONFED, one of no
/// meaning, BLACKHOLE, GRACEFUL_SHUTDOWN, LLGR_STALE.
const COMMUNITIES: [&str; 7] =
    ["65535,65281", "65535,65282", "65535,65283", "1,1", "65535,666", "65535,0", "65535,6"];

impl Neighbor {
    fn config(&self) -> String {
        let Self { name, asn, last: n, remote_as, session, channel, filter, .. } = self;
        let mut statics = format!("route 10.9.0.0/16 via 10.9.{n}.1;");
        for (i, community) in COMMUNITIES.iter().enumerate() {
            let _ = write!(
                statics,
                "route 172.16.{n}{i}.0/24 blackhole {{ bgp_community = -empty-; bgp_community.add(({community})); }};"
            );
        }
        let _ = write!(statics, "route 172.17.{n}.0/24 blackhole {{ igp_metric = {n}; }};");
        format!(
            "log stderr all; router id 10.0.0.{n}; protocol device {{ }}
             protocol static {{ ipv4; {statics} }}
             protocol bgp n_{name} {{ passive; local 10.9.{n}.2 as {asn}; neighbor 10.9.{n}.1 as {remote_as};
               interpret communities off; {session}
               ipv4 {{ gateway recursive; import all; {channel} export filter {{
                 if source != RTS_STATIC || net = 10.9.0.0/16 then reject; {filter} accept; }}; }};
             }}"
        )
    }

    fn here(&self) -> String {
        let Self { name, asn, last: n, here, here_channel, .. } = self;
        format!(
            "protocol bgp n_{name} {{ local 10.9.{n}.1 as 65000; neighbor 10.9.{n}.2 as {asn}; {here}
               connect delay time 1; connect retry time 1; ipv4 {{ import all; export all; {here_channel} }}; }}\n"
        )
    }
}

/// The middle, but for its sessions: routes to the neighbors with metrics, and some of its own.
fn middle(neighbors: &[Neighbor]) -> String {
    let mut config = "log stderr all; router id 10.0.0.1; protocol device { } protocol direct { ipv4; }
        protocol static { ipv4;
          route 172.18.0.0/24 blackhole { igp_metric = 11; }; route 172.18.1.0/24 blackhole;
          route 172.18.2.0/24 via 10.9.2.2; route 172.18.3.0/24 blackhole { bgp_med = 5; };\n"
        .to_owned();
    for Neighbor { last: n, .. } in neighbors {
        // Every other one is at a distance that is known.
        let metric = if n % 2 == 0 { format!("{{ igp_metric = {}; }}", n + 5) } else { String::new() };
        let _ = writeln!(config, "route 10.9.{n}.2/32 via 10.9.{n}.2 {metric};");
    }
    config += "}\n";
    for neighbor in neighbors {
        config += &neighbor.here();
    }
    config
}

/// What every neighbor has of a program in the middle, once nothing changes any more.
fn told(star: &Star, program: Program, neighbors: &[Neighbor]) -> Result<Vec<Vec<String>>> {
    let routers = star
        .spokes
        .iter()
        .zip(neighbors)
        .map(|(space, of)| Router::start(space, Program::Bird2, &of.config()))
        .collect::<Result<Vec<_>>>()?;
    let middle = Router::start(&star.hub, program, &middle(neighbors))?;
    for neighbor in neighbors {
        middle.established(&format!("n_{}", neighbor.name))?;
    }
    settles("the routes", || routers.iter().map(Router::routes).collect::<Vec<_>>())
}

fn compare(neighbors: &[Neighbor]) -> Result<()> {
    let star = Star::new(neighbors.iter().map(|of| of.last))?;
    for (space, of) in star.spokes.iter().zip(neighbors) {
        space.ip(&["route", "add", "10.9.0.0/16", "via", &format!("10.9.{}.1", of.last)])?;
    }
    let theirs = told(&star, Program::Bird2, neighbors)?;
    let ours = told(&star, Program::Godwit, neighbors)?;
    let mut differences = String::new();
    for (Neighbor { name, .. }, (theirs, ours)) in neighbors.iter().zip(theirs.iter().zip(&ours)) {
        differences += &difference(name, theirs, ours);
        // Whoever hears nothing proves nothing.
        ensure!(theirs.len() > COMMUNITIES.len() + 3, "{name} has only {theirs:?}");
    }
    ensure!(differences.is_empty(), "{differences}");
    Ok(())
}

/// AS 65000 of confederation 100, two other members, an internal neighbor, two outside.
#[test]
fn lab_confederation_is_as_with_bird2() -> Result<()> {
    const OUTSIDE: Neighbor = Neighbor {
        remote_as: 100,
        session: "multihop 2; allow bgp_local_pref;",
        filter: "bgp_med = 20; bgp_local_pref = 200;",
        here: "multihop 2; confederation 100;",
        ..PLAIN
    };
    const MEMBER: Neighbor = Neighbor {
        session: "multihop 2; confederation 100; confederation member;",
        filter: "bgp_med = 30; bgp_local_pref = 300;",
        here: "multihop 2; confederation 100; confederation member;",
        ..PLAIN
    };
    compare(&[
        Neighbor { name: "out", asn: 200, last: 2, ..OUTSIDE },
        Neighbor { name: "member", asn: 65001, last: 3, ..MEMBER },
        Neighbor {
            name: "inside",
            asn: 65000,
            last: 4,
            here: "multihop 2; confederation 100; rr client;",
            ..MEMBER
        },
        Neighbor { name: "other", asn: 65002, last: 5, here_channel: "next hop self;", ..MEMBER },
        Neighbor { name: "inside2", asn: 65000, last: 6, here: "multihop 2; confederation 100;", ..MEMBER },
        Neighbor { name: "out2", asn: 201, last: 7, ..OUTSIDE },
    ])
}

/// The metric goes with the routes of those who have it on; where the middle is the next hop it adds its own.
#[test]
fn lab_aigp_is_as_with_bird2() -> Result<()> {
    compare(&[
        Neighbor {
            name: "source",
            asn: 200,
            last: 2,
            channel: "aigp originate;",
            here_channel: "aigp;",
            ..PLAIN
        },
        Neighbor {
            name: "far",
            asn: 204,
            last: 3,
            channel: "aigp originate;",
            here_channel: "aigp;",
            ..PLAIN
        },
        Neighbor { name: "inside", asn: 65000, last: 4, channel: "aigp originate;", ..PLAIN },
        Neighbor {
            name: "self",
            asn: 65000,
            last: 5,
            here: "multihop 2; rr client;",
            here_channel: "next hop self;",
            ..PLAIN
        },
        Neighbor {
            name: "keep",
            asn: 201,
            last: 6,
            channel: "aigp;",
            here_channel: "aigp; next hop keep;",
            ..PLAIN
        },
        Neighbor { name: "none", asn: 202, last: 7, channel: "aigp;", ..PLAIN },
        Neighbor {
            name: "given",
            asn: 203,
            last: 8,
            channel: "aigp;",
            here_channel: "aigp originate;",
            ..PLAIN
        },
    ])
}

/// A router between customers, providers, peers and a route server (RFC 9234).
#[test]
fn lab_roles_are_as_with_bird2() -> Result<()> {
    compare(&[
        Neighbor {
            name: "above",
            asn: 200,
            last: 2,
            session: "multihop 2; local role provider;",
            here: "multihop 2; local role customer;",
            ..PLAIN
        },
        Neighbor {
            name: "below",
            asn: 201,
            last: 3,
            session: "multihop 2; local role customer;",
            here: "multihop 2; local role provider;",
            ..PLAIN
        },
        Neighbor {
            name: "beside",
            asn: 202,
            last: 4,
            session: "multihop 2; local role peer;",
            here: "multihop 2; local role peer;",
            ..PLAIN
        },
        Neighbor {
            name: "server",
            asn: 203,
            last: 5,
            session: "multihop 2; local role rs_server;",
            here: "multihop 2; local role rs_client;",
            ..PLAIN
        },
        Neighbor {
            name: "client",
            asn: 204,
            last: 6,
            session: "multihop 2; local role rs_client;",
            here: "multihop 2; local role rs_server;",
            ..PLAIN
        },
        Neighbor { name: "silent", asn: 205, last: 7, here: "multihop 2; local role peer;", ..PLAIN },
        Neighbor { name: "inside", asn: 65000, last: 8, ..PLAIN },
    ])
}

/// Two clusters, one who is in none, one outside, one that a route server serves (RFC 4456, RFC 7947).
#[test]
fn lab_reflection_is_as_with_bird2() -> Result<()> {
    const OUT: Neighbor = Neighbor { filter: "bgp_med = 7;", ..PLAIN };
    const IN: Neighbor = Neighbor { asn: 65000, filter: "bgp_med = 9; bgp_local_pref = 90;", ..PLAIN };
    compare(&[
        Neighbor { name: "client", last: 2, here: "multihop 2; rr client;", ..IN },
        Neighbor { name: "client2", last: 3, here: "multihop 2; rr client;", ..IN },
        Neighbor { name: "cluster", last: 4, here: "multihop 2; rr client; rr cluster id 9.9.9.9;", ..IN },
        Neighbor { name: "plain", last: 5, ..IN },
        Neighbor { name: "plain2", last: 6, ..IN },
        Neighbor { name: "out", asn: 200, last: 7, ..OUT },
        Neighbor { name: "out2", asn: 201, last: 8, here: "multihop 2; rs client;", ..OUT },
        Neighbor { name: "out3", asn: 202, last: 9, here: "multihop 2; rs client;", ..OUT },
    ])
}
