//! The next hops that neighbors are told, beside BIRD's: third parties on a shared link, our own addresses, `next hop
//! self`, `next hop keep`, `next hop address`; IPv6 ones with a global address, a link-local one, or both.

mod frr;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use godwit_lab::{Namespace, Program, Router, until};

/// Who is inside of AS 65000: who tells the router, and who is told.
#[derive(Clone, Copy)]
struct Sides {
    from: u32,
    to: u32,
}

impl Sides {
    /// What is told inside of what came from inside is reflected.
    fn are_inside(self) -> bool {
        self.from == 65000 && self.to == 65000
    }
}

/// One that tells routes (`p`) and is told them again as another neighbor (`q`), on one link.
fn neighbor(Sides { from, to }: Sides) -> String {
    format!(
        "log stderr all; router id 10.0.0.2; ipv4 table told4; ipv6 table told6; protocol device {{ }}
         protocol static {{ ipv4; route 203.0.1.0/24 blackhole; route 203.0.2.0/24 blackhole; route 203.0.3.0/24 blackhole; }}
         protocol static {{ ipv6; route 2001:db8:f1::/48 blackhole; route 2001:db8:f2::/48 blackhole;
           route 2001:db8:f3::/48 blackhole; }}
         filter to_router {{ if net = 203.0.2.0/24 then bgp_next_hop = 10.0.0.77;
           if net = 2001:db8:f2::/48 then bgp_next_hop = 2001:db8::77; accept; }}
         template bgp common {{ direct; connect delay time 1; error wait time 1, 2; }}
         protocol bgp p4 from common {{ local 10.0.0.2 as {from}; neighbor 10.0.0.1 as 65000;
           ipv4 {{ import none; export filter to_router; }}; }}
         protocol bgp p6 from common {{ local 2001:db8::2 as {from}; neighbor 2001:db8::1 as 65000;
           ipv6 {{ import none; export filter to_router; }}; }}
         protocol bgp q4 from common {{ router id 10.0.0.3; local 10.0.0.3 as {to}; neighbor 10.0.0.4 as 65000;
           ipv4 {{ table told4; import all; export none; gateway recursive; }}; }}
         protocol bgp q6 from common {{ router id 10.0.0.3; local 2001:db8::3 as {to}; neighbor 2001:db8::4 as 65000;
           ipv6 {{ table told6; import all; export none; gateway recursive; }}; }}"
    )
}

fn router(sides: Sides, mode: &str) -> String {
    let Sides { from, to } = sides;
    let client = if sides.are_inside() { "rr client;" } else { "" };
    let [mode4, mode6] = ["10.0.0.99", "2001:db8::99"].map(|address| {
        let words = mode.replace("next hop address", &format!("next hop address {address}"));
        if words.is_empty() { words } else { words + ";" }
    });
    format!(
        "log stderr all; router id 10.0.0.1; protocol device {{ }}
         protocol static {{ ipv4; route 172.16.1.0/24 via 10.0.0.77; route 172.16.2.0/24 blackhole;
           route 172.16.3.0/24 via 10.1.0.77; }}
         protocol static {{ ipv6; route 2001:db8:e1::/48 via 2001:db8::77; route 2001:db8:e2::/48 blackhole;
           route 2001:db8:e3::/48 via fe80::77%'eth0'; route 2001:db8:e4::/48 via 2001:db8:1::77; }}
         template bgp common {{ direct; passive; }}
         protocol bgp p4 from common {{ local 10.0.0.1 as 65000; neighbor 10.0.0.2 as {from};
           ipv4 {{ import all; export none; }}; }}
         protocol bgp p6 from common {{ local 2001:db8::1 as 65000; neighbor 2001:db8::2 as {from};
           ipv6 {{ import all; export none; }}; }}
         protocol bgp q4 from common {{ local 10.0.0.4 as 65000; neighbor 10.0.0.3 as {to}; {client}
           ipv4 {{ import none; export all; {mode4} }}; }}
         protocol bgp q6 from common {{ local 2001:db8::4 as 65000; neighbor 2001:db8::3 as {to}; {client}
           ipv6 {{ import none; export all; {mode6} }}; }}"
    )
}

struct Lab {
    router: Router,
    neighbor: Router,
    _spaces: [Namespace; 3],
}

const SESSIONS: [&str; 4] = ["p4", "p6", "q4", "q6"];

/// Where the router is, its neighbor, and somebody else.
fn spaces() -> Result<[Namespace; 3]> {
    let [here, there, other] = [Namespace::new("here")?, Namespace::new("there")?, Namespace::new("other")?];
    let ours = ["10.0.0.1/24", "10.0.0.4/24", "2001:db8::1/64", "2001:db8::4/64"];
    let theirs = ["10.0.0.2/24", "10.0.0.3/24", "2001:db8::2/64", "2001:db8::3/64"];
    Namespace::join((&here, "eth0", &ours), (&there, "eth0", &theirs))?;
    Namespace::join(
        (&here, "eth1", &["10.1.0.1/24", "2001:db8:1::1/64"]),
        (&other, "eth0", &["10.1.0.2/24"]),
    )?;
    // The same in every lab.
    for (namespace, address) in [(&here, "fe80::1/64"), (&there, "fe80::2/64")] {
        namespace.link_local("eth0", address)?;
    }
    Ok([here, there, other])
}

fn lab(program: Program, sides: Sides) -> Result<Lab> {
    let spaces = spaces()?;
    let neighbor = Router::start(&spaces[1], Program::Bird2, &neighbor(sides))?;
    let router = Router::start(&spaces[0], program, &router(sides, ""))?;
    Ok(Lab { router, neighbor, _spaces: spaces })
}

/// All sessions of the neighbor are up.
fn established(neighbor: &Router) -> Result<()> {
    SESSIONS.iter().try_for_each(|session| neighbor.established(session).map(drop))
}

/// Each net with the next hop that the neighbor was told.
fn told(neighbor: &Router) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for table in ["told4", "told6"] {
        let mut net = "";
        let shown = neighbor.birdc(&format!("show route table {table} all"));
        for line in shown.lines() {
            if let Some(next_hop) = line.trim().strip_prefix("BGP.next_hop:") {
                told.insert(format!("{net}{next_hop}"));
            } else if !line.starts_with(['\t', ' ']) {
                net = line.split(' ').next().unwrap_or_default();
            }
        }
    }
    told
}

const MODES: [&str; 9] = [
    "",
    "next hop self",
    "next hop self ibgp",
    "next hop self ebgp",
    "next hop keep",
    "next hop keep ibgp",
    "next hop keep ebgp",
    "next hop address",
    "next hop self; next hop address",
];

fn agree(sides: Sides) -> Result<()> {
    let [bird, godwit] = [lab(Program::Bird2, sides)?, lab(Program::Godwit, sides)?];
    for mode in MODES {
        for lab in [&bird, &godwit] {
            lab.router.configure(&router(sides, mode))?;
            // BIRD goes on with the address that a session began with.
            if mode.ends_with("address") {
                let _ = ["q4", "q6"].map(|session| lab.router.birdc(&format!("restart {session}")));
            }
            established(&lab.neighbor)?;
        }
        let both = || (told(&bird.neighbor), told(&godwit.neighbor));
        let same = until(&format!("the same next hops with '{mode}'"), || {
            let (expected, ours) = both();
            expected.len() == 13 && expected == ours
        });
        same.with_context(|| {
            let (expected, ours) = both();
            let only = |a: &BTreeSet<String>, b| a.difference(b).cloned().collect::<Vec<_>>().join("\n");
            let all = expected.iter().cloned().collect::<Vec<_>>().join("\n");
            format!(
                "BIRD:\n{}\ngodwit:\n{}\nall of BIRD:\n{all}",
                only(&expected, &ours),
                only(&ours, &expected)
            )
        })?;
    }
    Ok(())
}

#[test]
fn lab_next_hops_from_outside_to_outside() -> Result<()> {
    agree(Sides { from: 65001, to: 65002 })
}

#[test]
fn lab_next_hops_from_outside_to_inside() -> Result<()> {
    agree(Sides { from: 65001, to: 65000 })
}

#[test]
fn lab_next_hops_from_inside_to_outside() -> Result<()> {
    agree(Sides { from: 65000, to: 65002 })
}

#[test]
fn lab_next_hops_from_inside_to_a_client() -> Result<()> {
    agree(Sides { from: 65000, to: 65000 })
}
