//! From outside, from a client and from an internal neighbor that is none, to each of them: nine cases, with BIRD 2 and
//! FRR at either end.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Frr, Program, Router, Star, until};

use crate::told::{Speaker, Told};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Out,
    Client,
    Plain,
}

/// Two of each, the second one FRR.
const KINDS: [Kind; 6] = [Kind::Out, Kind::Out, Kind::Client, Kind::Client, Kind::Plain, Kind::Plain];

#[derive(Clone, Copy, Debug)]
struct Neighbor {
    kind: Kind,
    n: u8,
}

fn neighbors() -> impl Iterator<Item = Neighbor> {
    KINDS.into_iter().zip(2..).map(|(kind, n)| Neighbor { kind, n })
}

impl Neighbor {
    fn asn(self) -> u32 {
        if self.kind == Kind::Out { 200 + u32::from(self.n) } else { 65000 }
    }

    fn net(self) -> String {
        format!("172.16.{}.0/24", self.n)
    }

    /// What it says of its own route beside what must be said.
    fn bird(self) -> String {
        let (n, asn) = (self.n, self.asn());
        let pref = if self.kind == Kind::Out { String::new() } else { format!("bgp_local_pref = 20{n};") };
        format!(
            "log stderr all; router id 10.0.0.{n}; protocol device {{ }}
             protocol static {{ ipv4; route 10.9.0.0/16 via 10.9.{n}.1; route {net} blackhole; }}
             protocol bgp middle {{ passive; local 10.9.{n}.2 as {asn}; neighbor 10.9.{n}.1 as 65000;
               ipv4 {{ import all; export filter {{ if net != {net} then reject; bgp_med = 3{n}; {pref} accept; }}; }}; }}",
            net = self.net()
        )
    }

    fn frr(self) -> String {
        let (n, asn) = (self.n, self.asn());
        let pref =
            if self.kind == Kind::Out { String::new() } else { format!(" set local-preference 20{n}\n") };
        format!(
            "router bgp {asn}\n bgp router-id 10.0.0.{n}\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
             neighbor 10.9.{n}.1 remote-as 65000\n neighbor 10.9.{n}.1 passive\n \
             address-family ipv4 unicast\n  network {net}\n  neighbor 10.9.{n}.1 route-map own out\n exit-address-family\n\
             ip prefix-list own permit {net}\n\
             route-map own permit 10\n match ip address prefix-list own\n set metric 3{n}\n{pref}",
            net = self.net()
        )
    }

    /// What it is told of the route of another one by a reflector of this cluster; nothing if it is not told of it.
    fn hears(self, from: Self, cluster: &str) -> Option<Told> {
        if from.n == self.n || (from.kind == Kind::Plain && self.kind == Kind::Plain) {
            return None;
        }
        let (source, outside) = (from.n, from.kind == Kind::Out);
        let mut told = Told::default();
        if self.kind == Kind::Out {
            // The metric of another AS is nobody's business outside.
            told.path = if outside { format!("65000 {}", from.asn()) } else { "65000".into() };
            told.hop = format!("10.9.{}.1", self.n);
            return Some(told);
        }
        told.hop = format!("10.9.{source}.2");
        told.med = format!("3{source}");
        if outside {
            told.path = from.asn().to_string();
            told.pref = "100".into();
        } else {
            told.pref = format!("20{source}");
            told.originator = format!("10.0.0.{source}");
            told.clusters = cluster.into();
        }
        Some(told)
    }
}

fn middle(cluster: &str) -> String {
    let mut config =
        "log stderr all; router id 10.0.0.1; protocol device { } protocol direct { ipv4; }\n".to_owned();
    for Neighbor { kind, n } in neighbors() {
        let asn = Neighbor { kind, n }.asn();
        let client = if kind == Kind::Client { "rr client;" } else { "" };
        let _ = writeln!(
            config,
            "protocol bgp n{n} {{ local 10.9.{n}.1 as 65000; neighbor 10.9.{n}.2 as {asn}; {client} {cluster}
               connect delay time 1; connect retry time 1; error wait time 1, 2;
               ipv4 {{ import all; export where source = RTS_BGP; }}; }}"
        );
    }
    config
}

/// A program in the middle: everyone has what they should, and nothing else.
fn reflects(star: &Star, program: Program, option: &str, cluster: &str) -> Result<()> {
    let mut speakers: Vec<(Neighbor, Box<dyn Speaker>)> = Vec::new();
    for (of, space) in neighbors().zip(&star.spokes) {
        let speaker: Box<dyn Speaker> = if of.n % 2 == 0 {
            Box::new(Router::start(space, Program::Bird2, &of.bird())?)
        } else {
            Box::new(Frr::start(space, &of.frr())?)
        };
        speakers.push((of, speaker));
    }
    let middle = Router::start(&star.hub, program, &middle(option))?;
    for of in neighbors() {
        middle.established(&format!("n{}", of.n))?;
    }
    for (to, speaker) in &speakers {
        for from in neighbors().filter(|from| from.n != to.n) {
            let Some(mut wanted) = to.hears(from, cluster) else { continue };
            let mut heard = None;
            let found = until("it", || {
                heard = speaker.told(&from.net());
                if let (Kind::Out, Some(heard)) = (to.kind, &heard) {
                    // Where it is not sent, each program makes up its own.
                    wanted.pref.clone_from(&heard.pref);
                }
                heard.as_ref() == Some(&wanted)
            });
            found.with_context(|| {
                let said = speaker.said();
                format!(
                    "{program:?} {option}: {from:?} to {to:?}\nwanted {wanted:?}\nheard  {heard:?}\n{said}"
                )
            })?;
        }
    }
    // What must not come would have come with the others.
    for (to, speaker) in &speakers {
        for from in neighbors().filter(|from| from.n != to.n && to.hears(*from, cluster).is_none()) {
            ensure!(speaker.told(&from.net()).is_none(), "{program:?} {option}: {from:?} to {to:?} came");
        }
    }
    Ok(())
}

/// RFC 4456 §6, §8, §10, with the cluster id that is the router id and with another; BIRD 2 does the same.
#[test]
fn lab_nine_ways_of_reflection() -> Result<()> {
    let star = Star::new(2..8)?;
    for (option, cluster) in [("", "10.0.0.1"), ("rr cluster id 7.7.7.7;", "7.7.7.7")] {
        for program in [Program::Bird2, Program::Godwit] {
            reflects(&star, program, option, cluster)?;
        }
    }
    Ok(())
}
