//! `neighbor range`: sessions that are made for who connects, by godwit and by bird2 in its place.

mod life;
mod links;
mod many;
mod passwords;

use anyhow::{Context, Result};
use godwit_lab::{Namespace, Program, Router, until};

/// The router with the range at 10.77.0.1, and neighbors at 10.77.0.2 and on.
pub(crate) struct Lab {
    pub(crate) hub: Namespace,
    pub(crate) out: Namespace,
}

impl Lab {
    pub(crate) fn new(neighbors: u8) -> Result<Self> {
        let (hub, out) = (Namespace::new("dyhub")?, Namespace::new("dyout")?);
        let addresses: Vec<String> = (2..2 + neighbors).map(|n| format!("10.77.0.{n}/16")).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        Namespace::join((&hub, "vhub", &["10.77.0.1/16"]), (&out, "vout", &addresses))?;
        Ok(Self { hub, out })
    }

    pub(crate) fn router(&self, program: Program, protocols: &str) -> Result<Router> {
        Router::start(&self.hub, program, &router(protocols))
    }

    /// A neighbor that connects from 10.77.0.N, AS 65000 + N, with one route.
    pub(crate) fn neighbor(&self, n: u8, options: &str) -> Result<Router> {
        Router::start(&self.out, Program::Bird2, &neighbor(n, options))
    }
}

pub(crate) fn neighbor(n: u8, options: &str) -> String {
    let port = 10_000 + u16::from(n);
    format!(
        "log stderr all; router id 10.77.0.{n}; protocol device {{ }}
         protocol static {{ ipv4; route 10.99.{n}.0/24 blackhole; }}
         protocol bgp up {{ local 10.77.0.{n} port {port} as 6500{n}; neighbor 10.77.0.1 as 65001; strict bind;
           connect delay time 1; connect retry time 1; error wait time 1, 2; {options}
           ipv4 {{ import all; export where source = RTS_STATIC; }}; }}"
    )
}

pub(crate) fn router(protocols: &str) -> String {
    format!("log stderr all; router id 10.77.0.1; protocol device {{ }}\n{protocols}\n")
}

pub(crate) fn range(options: &str) -> String {
    format!(
        "protocol bgp every {{ local 10.77.0.1 as 65001; neighbor range 10.77.0.0/24 external; passive; {options}
           ipv4 {{ import all; export none; }}; }}"
    )
}

/// Name, state and what else is said of every BGP protocol.
pub(crate) fn sessions(router: &Router) -> Vec<String> {
    let shown = router.birdc("show protocols");
    let bgp = shown.lines().filter(|line| line.contains(" BGP "));
    let timeless = |line: &str| {
        let words = line.split_whitespace().enumerate().filter(|(i, _)| *i != 4).map(|(_, word)| word);
        words.collect::<Vec<_>>().join(" ")
    };
    bgp.map(timeless).collect()
}

/// Waits until `sessions` are these.
pub(crate) fn shows(router: &Router, expected: &[&str]) -> Result<()> {
    until(&format!("{expected:?}"), || sessions(router) == expected)
        .map(drop)
        .with_context(|| format!("{}{}", router.birdc("show protocols"), router.log()))
}
