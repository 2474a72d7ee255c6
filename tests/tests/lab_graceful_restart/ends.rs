//! The routers of a line: godwit, bird2, or FRR with its zebra.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;
use godwit_lab::{Frr, Namespace, Program, Router};

/// A router's make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Make {
    Godwit,
    Bird2,
    /// bgpd and zebra; it is bgpd that goes.
    Frr,
}

/// What a router has to say of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Says {
    /// It announces a net beside its host's, and takes the other's.
    pub(crate) extra: bool,
    /// Goes into its sessions; of FRR, into `router bgp`, a line each.
    pub(crate) more: &'static str,
}

impl Default for Says {
    fn default() -> Self {
        Self { extra: true, more: "" }
    }
}

/// Where a router stands: IPv4, IPv6.
pub(crate) struct Side {
    asn: u32,
    router_id: &'static str,
    address: [&'static str; 2],
    /// Where its host is.
    device: &'static str,
    /// Its host's nets.
    pub(crate) nets: [&'static str; 2],
    /// Nets that nobody is in.
    pub(crate) extra: [&'static str; 2],
}

pub(crate) const SIDES: [Side; 2] = [
    Side {
        asn: 65001,
        router_id: "1.1.1.1",
        address: ["192.0.2.1", "2001:db8:2::1"],
        device: "vnear",
        nets: ["10.1.0.0/24", "2001:db8:1::/64"],
        extra: ["10.1.9.0/24", "2001:db8:1:9::/64"],
    },
    Side {
        asn: 65002,
        router_id: "2.2.2.2",
        address: ["192.0.2.2", "2001:db8:2::2"],
        device: "vfar",
        nets: ["10.2.0.0/24", "2001:db8:20::/64"],
        extra: ["10.2.9.0/24", "2001:db8:20:9::/64"],
    },
];

/// Which of the two, by its place in [`SIDES`].
pub(crate) const NEAR: usize = 0;
/// The other, which does not connect if it is a BIRD: of two connections at once BIRD may end both.
pub(crate) const FAR: usize = 1;

/// The nets that each learns and that hosts are in.
pub(crate) const NETS: [[&str; 2]; 2] = [SIDES[FAR].nets, SIDES[NEAR].nets];
/// The others.
pub(crate) const EXTRA: [[&str; 2]; 2] = [SIDES[FAR].extra, SIDES[NEAR].extra];

/// The configuration of godwit or bird2.
fn bird(side: usize, says: Says) -> String {
    let [own, other] = [&SIDES[side], &SIDES[1 - side]];
    let mut text = format!(
        "log stderr all; debug protocols {{ states, events }}; router id {};
         protocol device {{ scan time 1; }}\n",
        own.router_id
    );
    let passive = if side == FAR { "passive;" } else { "" };
    for (family, v) in [4, 6].into_iter().enumerate() {
        let (net, device, extra) = (own.nets[family], own.device, own.extra[family]);
        let (extra, import) = if says.extra {
            (format!("route {extra} blackhole;"), "all".to_owned())
        } else {
            (String::new(), format!("where net != {}", other.extra[family]))
        };
        let _ = write!(
            text,
            "protocol kernel kernel{v} {{ persist; graceful restart; ipv{v} {{ export where source = RTS_BGP; }}; }}
             protocol static static{v} {{ ipv{v}; route {net} via \"{device}\"; {extra} }}
             protocol bgp peer{v} {{ local {} as {}; neighbor {} as {}; {passive} connect delay time 1;
               connect retry time 2; error wait time 1, 2; graceful restart; {}
               ipv{v} {{ import {import}; export where source = RTS_STATIC; }}; }}\n",
            own.address[family], own.asn, other.address[family], other.asn, says.more
        );
    }
    text
}

fn frr(side: usize, says: Says) -> String {
    let [own, other] = [&SIDES[side], &SIDES[1 - side]];
    let mut text = format!(
        "router bgp {}\n bgp router-id {}\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
         no bgp default ipv4-unicast\n bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n{}",
        own.asn, own.router_id, says.more
    );
    for them in other.address {
        let _ = write!(text, " neighbor {them} remote-as {}\n neighbor {them} timers connect 1\n", other.asn);
    }
    let mut lists = String::new();
    for (family, (name, ip)) in [("ipv4", "ip"), ("ipv6", "ipv6")].into_iter().enumerate() {
        let (them, net, extra) = (other.address[family], own.nets[family], own.extra[family]);
        let _ = write!(text, " address-family {name} unicast\n  neighbor {them} activate\n  network {net}\n");
        if says.extra {
            let _ = writeln!(text, "  network {extra}");
        } else {
            let _ = writeln!(text, "  neighbor {them} prefix-list LESS{ip} in");
            let (refused, any) =
                (other.extra[family], if ip == "ip" { "0.0.0.0/0 le 32" } else { "::/0 le 128" });
            let _ = write!(
                lists,
                "{ip} prefix-list LESS{ip} deny {refused}\n{ip} prefix-list LESS{ip} permit {any}\n"
            );
        }
        let _ = writeln!(text, " exit-address-family");
    }
    text + "exit\n" + &lists
}

enum Daemon {
    Bird(Router),
    Frr(Frr),
    /// It has just gone; FRR's zebra has not.
    Gone(Option<Frr>),
}

/// A router that may be away.
pub(crate) struct Speaker {
    pub(crate) make: Make,
    side: usize,
    daemon: Daemon,
    /// It was started to recover.
    again: bool,
}

impl Speaker {
    pub(crate) fn start(make: Make, side: usize, says: Says, machine: &Namespace) -> Result<Self> {
        let mut speaker = Self { make, side, daemon: Daemon::Gone(None), again: false };
        speaker.daemon = match make {
            Make::Frr => Daemon::Frr(Frr::start_with_zebra(machine, &frr(side, says))?),
            _ => Daemon::Bird(speaker.bird(says, machine)?),
        };
        Ok(speaker)
    }

    fn bird(&self, says: Says, machine: &Namespace) -> Result<Router> {
        let program = if self.make == Make::Godwit { Program::Godwit } else { Program::Bird2 };
        let recover = |command: &mut Command| {
            if self.again {
                command.arg("-R");
            }
        };
        Router::start_with(machine, program, &bird(self.side, says), recover)
    }

    pub(crate) fn kill(&mut self) {
        let daemon = std::mem::replace(&mut self.daemon, Daemon::Gone(None));
        self.daemon = match daemon {
            Daemon::Bird(mut bird) => {
                bird.process().kill();
                Daemon::Gone(None)
            }
            Daemon::Frr(mut frr) => {
                frr.process().kill();
                Daemon::Gone(Some(frr))
            }
            gone @ Daemon::Gone(_) => gone,
        };
    }

    pub(crate) fn start_again(&mut self, says: Says, machine: &Namespace) -> Result<()> {
        self.again = true;
        self.daemon = match std::mem::replace(&mut self.daemon, Daemon::Gone(None)) {
            Daemon::Gone(Some(old)) => Daemon::Frr(old.start_again(machine, &frr(self.side, says))?),
            _ => Daemon::Bird(self.bird(says, machine)?),
        };
        Ok(())
    }

    pub(crate) fn log(&self) -> String {
        match &self.daemon {
            Daemon::Bird(bird) => bird.log() + &bird.birdc("show protocols all"),
            Daemon::Frr(frr) => frr.log() + &frr.vtysh(&["show bgp neighbors"]).unwrap_or_default(),
            Daemon::Gone(_) => "it is away".to_owned(),
        }
    }

    pub(crate) fn is_away(&self) -> bool {
        matches!(self.daemon, Daemon::Gone(_))
    }

    /// What it says of both sessions.
    pub(crate) fn sessions(&self) -> String {
        match &self.daemon {
            Daemon::Bird(bird) => bird.birdc("show protocols all"),
            Daemon::Frr(frr) => frr.vtysh(&["show bgp neighbors"]).unwrap_or_default(),
            Daemon::Gone(_) => String::new(),
        }
    }

    /// What it says of a route; empty if it has none.
    pub(crate) fn route(&self, net: &str) -> String {
        match &self.daemon {
            Daemon::Bird(bird) => bird.route(net),
            Daemon::Frr(frr) => {
                let family = if net.contains(':') { "ipv6" } else { "ipv4" };
                let shown = frr.vtysh(&[&format!("show bgp {family} unicast {net}")]).unwrap_or_default();
                if shown.contains("Paths:") { shown } else { String::new() }
            }
            Daemon::Gone(_) => String::new(),
        }
    }

    /// How many of its two sessions are up.
    fn established(&self) -> usize {
        let word = if self.make == Make::Frr {
            "BGP state = Established"
        } else {
            "BGP state:          Established"
        };
        self.sessions().matches(word).count()
    }

    /// It keeps the routes of both sessions of a neighbor that is away.
    pub(crate) fn keeps(&self) -> bool {
        let shown = self.sessions();
        match self.make {
            Make::Frr => self.established() == 0 && !shown.is_empty(),
            _ => shown.matches("Neighbor graceful restart active").count() == 2 && self.established() == 0,
        }
    }

    /// Both OPENs of the other had the R bit and, for their family, the F bit.
    pub(crate) fn has_been_told_of_restart(&self) -> bool {
        let shown = self.sessions();
        if self.make == Make::Frr {
            return shown.matches("R bit: True").count() == 2 && shown.matches("F bit: True").count() == 2;
        }
        let told = shown.split("Neighbor capabilities").skip(1);
        let told = told.map(|said| said.split("Session:").next().unwrap_or_default());
        let said = |(said, family): (&str, &str)| {
            let kept = said.lines().find(|l| l.trim().starts_with("AF preserved:")).unwrap_or_default();
            said.contains("Restart recovery") && kept.ends_with(family)
        };
        let all: Vec<_> = told.zip(["ipv4", "ipv6"]).map(said).collect();
        all == [true, true]
    }

    /// It is up, and waits for nobody's End-of-RIB.
    pub(crate) fn is_done(&self) -> bool {
        if self.established() != 2 {
            return false;
        }
        let stale = |net: &&str| self.route(net).contains("stale");
        match &self.daemon {
            Daemon::Bird(bird) => {
                let over = !self.again || bird.log().contains("<INFO> Graceful restart done");
                over && !self.sessions().contains("graceful restart active")
            }
            Daemon::Frr(_) => !SIDES[1 - self.side].nets.iter().any(stale),
            Daemon::Gone(_) => false,
        }
    }
}
