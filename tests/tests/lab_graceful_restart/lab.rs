//! Neighbors of three makes that can be killed and started again, and what is watched meanwhile.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result};
use godwit_lab::{Frr, Namespace, Process, Program, Router, Scratch, until};
use nix::sys::signal::Signal;

/// A neighbor's make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Make {
    Bird2,
    /// A daemon for each family.
    Bird16,
    Frr,
}

/// Its nets: `10.2.N.0/24` and `2001:db8:20:N::/64` for these N.
pub(crate) type Nets<'a> = &'a [u8];

pub(crate) fn ipv4(n: u8) -> String {
    format!("10.2.{n}.0/24")
}

pub(crate) fn ipv6(n: u8) -> String {
    format!("2001:db8:20:{n}::/64")
}

/// A neighbor at 192.0.2.2 and 2001:db8:2::2, AS 65002; its neighbor is 192.0.2.1 and 2001:db8:2::1, AS 65001.
/// It waits for us to connect: of two that connect at once BIRD may end both, and forget us (as Calico's
/// meshes do, where one end is passive). It announces its nets, and what it learns goes into its kernel, except for FRR, which has none here.
pub(crate) enum Neighbor {
    Birds(Vec<Router>),
    Frr(Frr),
}

impl Neighbor {
    /// Starts it. `again`: after it was killed, as a router that restarts. `more` goes into its sessions.
    pub(crate) fn start(
        make: Make,
        namespace: &Namespace,
        nets: Nets<'_>,
        again: bool,
        more: &str,
    ) -> Result<Self> {
        let recover = |command: &mut Command| {
            if again {
                command.arg("-R");
            }
        };
        Ok(match make {
            Make::Bird2 => {
                let config = bird2(nets, more);
                Self::Birds(vec![Router::start_with(namespace, Program::Bird2, &config, recover)?])
            }
            Make::Bird16 => {
                let [v4, v6] = [true, false].map(|v4| bird16(v4, nets, more));
                Self::Birds(vec![
                    Router::start_with(namespace, Program::Bird16, &v4, recover)?,
                    Router::start_with(namespace, Program::Bird16V6, &v6, recover)?,
                ])
            }
            Make::Frr => Self::Frr(Frr::start(namespace, &frr(nets))?),
        })
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Birds(birds) => birds.iter_mut().for_each(|bird| bird.process().kill()),
            Self::Frr(frr) => frr.process().kill(),
        }
    }

    /// Announces other nets from now on.
    pub(crate) fn announce(&self, nets: Nets<'_>, no_longer: Nets<'_>) -> Result<()> {
        match self {
            Self::Birds(birds) => match &birds[..] {
                [bird] => drop(bird.configure(&bird2(nets, ""))?),
                birds => {
                    for (bird, v4) in birds.iter().zip([true, false]) {
                        bird.configure(&bird16(v4, nets, ""))?;
                    }
                }
            },
            Self::Frr(frr) => {
                for n in no_longer {
                    let [v4, v6] = [ipv4(*n), ipv6(*n)].map(|net| format!("no network {net}"));
                    let base = ["configure terminal", "router bgp 65002"];
                    frr.vtysh(&[base[0], base[1], "address-family ipv4 unicast", &v4])?;
                    frr.vtysh(&[base[0], base[1], "address-family ipv6 unicast", &v6])?;
                }
            }
        }
        Ok(())
    }

    /// Whether it has a route to a net.
    pub(crate) fn has(&self, net: &str) -> bool {
        match self {
            Self::Birds(birds) => birds.iter().any(|bird| !bird.route(net).is_empty()),
            Self::Frr(frr) => {
                let family = if net.contains(':') { "ipv6" } else { "ipv4" };
                let shown = frr.vtysh(&[&format!("show bgp {family} unicast {net}")]);
                shown.is_ok_and(|shown| shown.contains("Paths:"))
            }
        }
    }

    /// Whether it no longer waits for what we have to say after a restart of ours; always, if it is not BIRD.
    pub(crate) fn has_heard_all(&self) -> bool {
        match self {
            Self::Birds(birds) => {
                birds.iter().all(|bird| !bird.birdc("show protocols all").contains("graceful restart active"))
            }
            Self::Frr(_) => true,
        }
    }

    pub(crate) fn log(&self) -> String {
        match self {
            Self::Birds(birds) => birds.iter().map(Router::log).collect(),
            Self::Frr(frr) => frr.log(),
        }
    }
}

fn bird2(nets: Nets<'_>, more: &str) -> String {
    let mut text = "log stderr all; debug protocols { states, events }; router id 2.2.2.2;
        protocol device { scan time 1; }\n"
        .to_owned();
    for (v, us, them) in [(4, "192.0.2.2", "192.0.2.1"), (6, "2001:db8:2::2", "2001:db8:2::1")] {
        let net = if v == 4 { ipv4 } else { ipv6 };
        let routes =
            nets.iter().map(|n| format!("route {} blackhole; ", net(*n))).collect::<Vec<_>>().concat();
        let _ = write!(
            text,
            "protocol kernel kernel{v} {{ persist; graceful restart; ipv{v} {{ export where source = RTS_BGP; }}; }}
             protocol static static{v} {{ ipv{v}; {routes} }}
             protocol bgp peer{v} {{ local {us} as 65002; neighbor {them} as 65001; passive;
               graceful restart; {more} ipv{v} {{ import all; export where source = RTS_STATIC; }}; }}\n"
        );
    }
    text
}

fn bird16(v4: bool, nets: Nets<'_>, more: &str) -> String {
    let (us, them) = if v4 { ("192.0.2.2", "192.0.2.1") } else { ("2001:db8:2::2", "2001:db8:2::1") };
    let net = if v4 { ipv4 } else { ipv6 };
    let routes = nets.iter().map(|n| format!("route {} drop; ", net(*n))).collect::<Vec<_>>().concat();
    format!(
        "log stderr all; debug protocols {{ states, events }}; router id 2.2.2.2;
         protocol device {{ scan time 1; }}
         protocol kernel {{ persist; graceful restart; export where source = RTS_BGP; }}
         protocol static {{ {routes} }}
         protocol bgp upstream {{ local {us} as 65002; neighbor {them} as 65001; passive;
           graceful restart; {more} import all; export where source = RTS_STATIC; }}"
    )
}

fn frr(nets: Nets<'_>) -> String {
    let mut text = "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n \
         no bgp network import-check\n no bgp default ipv4-unicast\n bgp graceful-restart\n \
         bgp graceful-restart preserve-fw-state\n"
        .to_owned();
    for them in ["192.0.2.1", "2001:db8:2::1"] {
        let _ = write!(text, " neighbor {them} remote-as 65001\n neighbor {them} timers connect 1\n");
    }
    for (family, them, net) in
        [("ipv4", "192.0.2.1", ipv4 as fn(u8) -> String), ("ipv6", "2001:db8:2::1", ipv6)]
    {
        let networks = nets.iter().map(|n| format!("  network {}\n", net(*n))).collect::<Vec<_>>().concat();
        let _ = write!(
            text,
            " address-family {family} unicast\n  neighbor {them} activate\n{networks} exit-address-family\n"
        );
    }
    text
}

/// Waits until link-local addresses can be used: they are part of what is announced over IPv6.
pub(crate) fn addresses_settle(namespaces: &[&Namespace]) -> Result<()> {
    until("the addresses to be usable", || {
        let tentative = |n: &&Namespace| n.ip(&["-6", "addr", "show", "tentative"]);
        namespaces.iter().all(|n| tentative(n).is_ok_and(|shown| shown.is_empty()))
    })
    .map(drop)
}

/// Everything that happens to a namespace's routes.
pub(crate) struct Monitor {
    process: Process,
    _scratch: Scratch,
}

impl Monitor {
    pub(crate) fn start(namespace: &Namespace) -> Result<Self> {
        let scratch = Scratch::new("monitor")?;
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "ip", "-ts", "-n", namespace.name(), "monitor", "route"]);
        let process = Process::start(command, scratch.file("log"))?;
        let monitor = Self { process, _scratch: scratch };
        // It listens when it sees a route come that nobody else knows.
        let probe = |verb| namespace.ip(&["route", verb, "unreachable", "198.18.0.0/32"]);
        until("the monitor to listen", || {
            let _ = probe("add").and_then(|_| probe("del"));
            monitor.process.log().contains("198.18.0.0")
        })?;
        Ok(monitor)
    }

    /// The nets of BIRD's or godwit's routes that were taken away, each as often as that.
    pub(crate) fn deleted(&self) -> Vec<String> {
        let log = self.process.log();
        let ours = log.lines().filter(|line| line.contains("proto bird"));
        let nets = ours.filter_map(|line| line.split_once("Deleted ")?.1.split_whitespace().next());
        nets.map(str::to_owned).collect()
    }

    pub(crate) fn log(&self) -> String {
        self.process.log()
    }
}

/// Packets to an address, a hundred in a second.
pub(crate) struct Pings {
    process: Process,
    _scratch: Scratch,
}

impl Pings {
    pub(crate) fn start(namespace: &Namespace, to: &str) -> Result<Self> {
        let scratch = Scratch::new("pings")?;
        let mut command = namespace.command("ping");
        command.args(["-i", "0.01", "-W", "1", to]);
        let process = Process::start(command, scratch.file("log"))?;
        let pings = Self { process, _scratch: scratch };
        until(&format!("{to} to answer"), || pings.answered().len() > 10)
            .with_context(|| pings.process.log())?;
        Ok(pings)
    }

    fn answered(&self) -> BTreeSet<u32> {
        let log = self.process.log();
        let answers =
            log.lines().filter(|line| line.contains(" bytes from ") && !line.contains("Unreachable"));
        answers.filter_map(|l| l.split_once("icmp_seq=")?.1.split_whitespace().next()?.parse().ok()).collect()
    }

    /// How many were answered, and those that were not, but for the last.
    pub(crate) fn end(mut self) -> (usize, Vec<u32>) {
        self.process.signal(Signal::SIGINT);
        let _ = self.process.stop();
        let answered = self.answered();
        let last = answered.last().copied().unwrap_or_default();
        (answered.len(), (1..last).filter(|seq| !answered.contains(seq)).collect())
    }
}
