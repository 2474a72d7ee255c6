//! Routers on one cable: the Nth has the address 10.9.0.N and the router id 10.0.0.N.

use std::fmt::Write as _;

use anyhow::Result;
use godwit_lab::Namespace;
use godwit_lab::rack::Rack;

/// The machines of routers.
pub(crate) struct Lan {
    machines: Vec<(u8, Namespace)>,
    rack: Rack,
}

impl Lan {
    pub(crate) fn new(numbers: impl IntoIterator<Item = u8>) -> Result<Self> {
        let mut lan = Self { machines: Vec::new(), rack: Rack::new("lan")? };
        for n in numbers {
            let machine = Namespace::new(&format!("n{n}"))?;
            lan.rack.plug(&machine, "eth0", &[&format!("10.9.0.{n}/24")])?;
            lan.machines.push((n, machine));
        }
        Ok(lan)
    }

    pub(crate) fn machine(&self, n: u8) -> &Namespace {
        let found = self.machines.iter().find(|(of, _)| *of == n);
        &found.unwrap_or_else(|| panic!("there is no machine {n}")).1
    }
}

/// The net that the Nth announces, if it announces any.
pub(crate) fn net(n: u8) -> String {
    format!("172.16.{n}.0/24")
}

/// A session's other end: its number, its AS, what is said of the session.
pub(crate) type End = (u8, u32, &'static str);

/// A router of either program: all goes everywhere, and with `own` a net of its own with a metric.
pub(crate) fn config((n, asn): (u8, u32), own: bool, ends: &[End]) -> String {
    let route = format!("route {} blackhole {{ bgp_med = 3{n}; }};", net(n));
    let route = if own { &*route } else { "" };
    let mut config = format!(
        "log stderr all; router id 10.0.0.{n}; protocol device {{ }} protocol direct {{ ipv4; }}
         protocol static own {{ ipv4; {route} }}\n"
    );
    for (end, end_as, options) in ends {
        let _ = writeln!(
            config,
            "protocol bgp n{end} {{ debug {{ states, routes }}; local 10.9.0.{n} as {asn};
               neighbor 10.9.0.{end} as {end_as};
               connect delay time 1; connect retry time 1; error wait time 1, 2; {options}
               ipv4 {{ import all; export where source ~ [RTS_BGP, RTS_STATIC]; }}; }}"
        );
    }
    config
}
