//! A confederation (RFC 5065) of three members, of which FRR is one, with neighbors outside: what each hears, with
//! BIRD 2 and godwit in the middle.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Frr, Program, Router, Star, until};
use serde_json::Value;

/// Who they are: AS 100 is 65000 (the middle and 2), 65003 (FRR), 65004; 205 and 206 are outside, 205 is FRR's too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Inside,
    Member,
    Outside,
}

const NEIGHBORS: [(u8, u32, Kind, bool); 5] = [
    (2, 65000, Kind::Inside, false),
    (3, 65003, Kind::Member, true),
    (4, 65004, Kind::Member, false),
    (5, 205, Kind::Outside, true),
    (6, 206, Kind::Outside, false),
];

fn net(n: u8) -> String {
    format!("172.16.{n}.0/24")
}

fn bird((n, asn, kind, _): (u8, u32, Kind, bool)) -> String {
    let (session, remote) = match kind {
        Kind::Outside => ("", 100),
        _ => ("confederation 100; confederation member;", 65000),
    };
    let pref = if kind == Kind::Outside { "" } else { "bgp_local_pref = 200;" };
    format!(
        "log stderr all; router id 10.0.0.{n}; protocol device {{ }}
         protocol static {{ ipv4; route 10.9.0.0/16 via 10.9.{n}.1; route {net} blackhole; }}
         protocol bgp middle {{ passive; local 10.9.{n}.2 as {asn}; neighbor 10.9.{n}.1 as {remote}; {session}
           ipv4 {{ gateway recursive; import all;
             export filter {{ if net != {net} then reject; bgp_med = 3{n}; {pref} accept; }}; }}; }}",
        net = net(n)
    )
}

fn frr((n, asn, kind, _): (u8, u32, Kind, bool)) -> String {
    let (confederation, remote, pref) = match kind {
        Kind::Outside => ("", 100, ""),
        _ => (
            " bgp confederation identifier 100\n bgp confederation peers 65000 65004\n",
            65000,
            " set local-preference 200\n",
        ),
    };
    format!(
        "router bgp {asn}\n bgp router-id 10.0.0.{n}\n{confederation} no bgp ebgp-requires-policy\n \
         no bgp network import-check\n neighbor 10.9.{n}.1 remote-as {remote}\n neighbor 10.9.{n}.1 passive\n \
         neighbor 10.9.{n}.1 disable-connected-check\n \
         address-family ipv4 unicast\n  network {net}\n  neighbor 10.9.{n}.1 route-map own out\n exit-address-family\n\
         ip prefix-list own permit {net}\n\
         route-map own permit 10\n match ip address prefix-list own\n set metric 3{n}\n{pref}",
        net = net(n)
    )
}

fn middle() -> String {
    let mut config =
        "log stderr all; router id 10.0.0.1; protocol device { } protocol direct { ipv4; }\n".to_owned();
    for (n, asn, kind, _) in NEIGHBORS {
        let member = if kind == Kind::Outside { "" } else { "confederation member;" };
        let _ = writeln!(
            config,
            "protocol bgp n{n} {{ local 10.9.{n}.1 as 65000; neighbor 10.9.{n}.2 as {asn}; confederation 100; {member}
               connect delay time 1; connect retry time 1; error wait time 1, 2;
               ipv4 {{ gateway recursive; import all; export where source = RTS_BGP; }}; }}"
        );
    }
    config
}

/// What the neighbor of a number and kind is told of the route of another: path, next hop, metric, preference.
fn wanted(to: (u8, u32, Kind, bool), from: (u8, u32, Kind, bool)) -> [String; 4] {
    let outside = from.2 == Kind::Outside;
    let of_outside = if outside { from.1.to_string() } else { String::new() };
    let join = |parts: &[&str]| parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(" ");
    let (source, med) = (format!("10.9.{}.2", from.0), format!("3{}", from.0));
    let pref = if outside { "100" } else { "200" }.to_owned();
    let members = if from.2 == Kind::Member { from.1.to_string() } else { String::new() };
    match to.2 {
        Kind::Inside => {
            let members = if members.is_empty() { members } else { format!("({members})") };
            [join(&[&members, &of_outside]), source, med, pref]
        }
        Kind::Member => {
            [join(&[&format!("({})", join(&["65000", &members])), &of_outside]), source, med, pref]
        }
        // Outside nobody sees members.
        Kind::Outside => {
            [join(&["100", &of_outside]), format!("10.9.{}.1", to.0), String::new(), String::new()]
        }
    }
}

enum Speaker {
    Bird(Box<Router>),
    Frr(Frr),
}

impl Speaker {
    fn told(&self, net: &str) -> Option<[String; 4]> {
        match self {
            Self::Bird(bird) => {
                let shown = bird.birdc(&format!("show route all primary {net}"));
                let value = |name: &str| {
                    let line = shown.lines().find_map(|line| line.trim().strip_prefix(name));
                    line.unwrap_or_default().trim_start_matches(':').trim().to_owned()
                };
                shown
                    .contains("BGP.origin")
                    .then(|| ["BGP.as_path", "BGP.next_hop", "BGP.med", "BGP.local_pref"].map(value))
            }
            Self::Frr(frr) => {
                let shown = frr.vtysh(&[&format!("show bgp ipv4 unicast {net} json")]).ok()?;
                let shown: Value = serde_json::from_str(&shown).ok()?;
                let path = shown.pointer("/paths/0")?;
                Some(["/aspath/string", "/nexthops/0/ip", "/metric", "/locPrf"].map(|at| {
                    let value = path.pointer(at).map(Value::to_string).unwrap_or_default();
                    value.trim_matches('"').to_owned()
                }))
            }
        }
    }

    fn said(&self) -> String {
        match self {
            Self::Bird(bird) => bird.birdc("show route all") + &bird.log(),
            Self::Frr(frr) => frr.vtysh(&["show bgp ipv4 unicast json"]).unwrap_or_default() + &frr.log(),
        }
    }
}

fn confederation(star: &Star, program: Program) -> Result<()> {
    let mut speakers = Vec::new();
    for (of, space) in NEIGHBORS.into_iter().zip(&star.spokes) {
        let speaker = if of.3 {
            Speaker::Frr(Frr::start(space, &frr(of))?)
        } else {
            Speaker::Bird(Box::new(Router::start(space, Program::Bird2, &bird(of))?))
        };
        speakers.push((of, speaker));
    }
    let middle = Router::start(&star.hub, program, &middle())?;
    for (n, ..) in NEIGHBORS {
        middle.established(&format!("n{n}"))?;
    }
    // What came in, as it came: a sequence of the member's, and outside's own path.
    for (from, path) in [(3, "(65003)"), (4, "(65004)"), (5, "205"), (6, "206")] {
        middle.has_route(&net(from), &[&format!("BGP.as_path: {path}\n")])?;
    }
    for (to, speaker) in &speakers {
        for from in NEIGHBORS.into_iter().filter(|from| from.0 != to.0) {
            let mut wanted = wanted(*to, from);
            let mut heard = None;
            until("it", || {
                heard = speaker.told(&net(from.0));
                if let (Kind::Outside, Some(heard)) = (to.2, &heard) {
                    // It is not sent, and each program makes up its own.
                    wanted[3].clone_from(&heard[3]);
                }
                heard.as_ref() == Some(&wanted)
            })
            .with_context(|| {
                let said = middle.birdc("show route all") + &speaker.said();
                format!("{program:?} {from:?} to {to:?}\nwanted {wanted:?}\nheard {heard:?}\n{said}")
            })?;
        }
    }
    Ok(())
}

#[test]
fn lab_a_confederation_with_frr() -> Result<()> {
    let star = Star::new(NEIGHBORS.map(|(n, ..)| n))?;
    ensure!(star.spokes.len() == NEIGHBORS.len());
    confederation(&star, Program::Bird2)?;
    confederation(&star, Program::Godwit)
}
