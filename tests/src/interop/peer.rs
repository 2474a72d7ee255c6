//! The speakers of others: how each is started, and asked.

use anyhow::{Context, Result, bail};

use super::Feature;
use crate::{ExaBgp, Frr, GoBgp, Namespace, OpenBgpd, Program, Router};

/// Whose speaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    /// Debian's bird2.
    Bird2,
    /// BIRD 1.6.8.
    Bird16,
    /// FRR's bgpd.
    Frr,
    /// GoBGP.
    GoBgp,
    /// OpenBGPD.
    OpenBgpd,
    /// ExaBGP, which has no table: what it was sent is looked at.
    ExaBgp,
}

impl Peer {
    /// All, in the order of columns.
    pub const ALL: [Self; 6] =
        [Self::Bird2, Self::Bird16, Self::Frr, Self::GoBgp, Self::OpenBgpd, Self::ExaBgp];

    /// Its name in files, and that of its file in `base`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bird2 => "bird2",
            Self::Bird16 => "bird16",
            Self::Frr => "frr",
            Self::GoBgp => "gobgp",
            Self::OpenBgpd => "openbgpd",
            Self::ExaBgp => "exabgp",
        }
    }
}

/// One that runs.
pub(super) struct Running {
    speaker: Speaker,
    family: String,
    ours: String,
}

enum Speaker {
    Bird(Router),
    Frr(Frr),
    GoBgp(GoBgp),
    OpenBgpd(OpenBgpd),
    ExaBgp(ExaBgp),
}

impl Running {
    /// Starts it with its configuration of a feature, then runs the commands in lines of it that begin `#run `.
    pub(super) fn start(kind: Peer, namespace: &Namespace, feature: &Feature) -> Result<Self> {
        let config = feature.config(kind.name())?;
        let v6 = feature.variable("over") == "ipv6";
        let speaker = match kind {
            Peer::Bird2 => Speaker::Bird(Router::start(namespace, Program::Bird2, &config)?),
            Peer::Bird16 => {
                let program = if v6 { Program::Bird16V6 } else { Program::Bird16 };
                Speaker::Bird(Router::start(namespace, program, &config)?)
            }
            Peer::Frr => Speaker::Frr(Frr::start(namespace, &config)?),
            Peer::GoBgp => Speaker::GoBgp(GoBgp::start(namespace, &config)?),
            Peer::OpenBgpd => Speaker::OpenBgpd(OpenBgpd::start(namespace, &config)?),
            Peer::ExaBgp => Speaker::ExaBgp(ExaBgp::start(namespace, &config)?),
        };
        let [family, ours] = ["nets", "ask"].map(|name| feature.value(name));
        let family = if family.is_empty() { feature.variable("over").to_owned() } else { family };
        let running = Self { speaker, family, ours };
        for command in config.lines().filter_map(|line| line.strip_prefix("#run ")) {
            running.client(command.trim()).with_context(|| running.log())?;
        }
        Ok(running)
    }

    /// Runs a command of its client; several of vtysh's are parted by `;`.
    pub(super) fn client(&self, command: &str) -> Result<String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        match &self.speaker {
            Speaker::Bird(bird) => Ok(bird.birdc(command)),
            Speaker::Frr(frr) => frr.vtysh(&command.split("; ").collect::<Vec<_>>()),
            Speaker::GoBgp(gobgp) => gobgp.ask(&words),
            Speaker::OpenBgpd(bgpd) => bgpd.ask(&words),
            Speaker::ExaBgp(_) => bail!("exabgp takes no commands here"),
        }
    }

    /// What it knows of a net, empty if it has no route to it.
    pub(super) fn route(&self, net: &str) -> String {
        let shown = match &self.speaker {
            Speaker::Bird(bird) => return bird.route(net),
            Speaker::Frr(_) => self.client(&format!("show bgp {} unicast {net} json", self.family)),
            Speaker::GoBgp(_) => self.client(&format!("-j global rib -a {} {net}", self.family)),
            Speaker::OpenBgpd(_) => self.client(&format!("-j show rib detail {net}")),
            Speaker::ExaBgp(exabgp) => return exabgp.route(net),
        };
        let shown = shown.unwrap_or_default();
        if shown.contains(net) { shown } else { String::new() }
    }

    /// What it knows of all nets.
    pub(super) fn routes(&self) -> String {
        let shown = match &self.speaker {
            Speaker::Bird(bird) => Ok(bird.birdc("show route all")),
            Speaker::Frr(_) => self.client(&format!("show bgp {} unicast detail", self.family)),
            Speaker::GoBgp(_) => self.client(&format!("global rib -a {}", self.family)),
            Speaker::OpenBgpd(_) => self.client("show rib detail"),
            Speaker::ExaBgp(exabgp) => Ok(exabgp.received()),
        };
        shown.unwrap_or_else(|error| error.to_string())
    }

    /// What it knows of us.
    pub(super) fn neighbor(&self) -> String {
        let shown = match &self.speaker {
            Speaker::Bird(bird) => Ok(bird.birdc("show protocols all upstream")),
            Speaker::Frr(_) => self.client(&format!("show bgp neighbors {} json", self.ours)),
            Speaker::GoBgp(_) => {
                let text = self.client(&format!("neighbor {}", self.ours)).unwrap_or_default();
                self.client(&format!("-j neighbor {}", self.ours)).map(|json| text + &json)
            }
            Speaker::OpenBgpd(_) => {
                let text = self.client(&format!("show neighbor {}", self.ours)).unwrap_or_default();
                self.client(&format!("-j show neighbor {}", self.ours)).map(|json| text + &json)
            }
            Speaker::ExaBgp(exabgp) => Ok(exabgp.received()),
        };
        shown.unwrap_or_else(|error| error.to_string())
    }

    /// What it knows of our capabilities, or of what was agreed on.
    pub(super) fn capabilities(&self) -> String {
        let shown = self.neighbor();
        let (from, to) = match &self.speaker {
            Speaker::Bird(_) => ("Neighbor capabilities", "Session:"),
            Speaker::OpenBgpd(_) => ("\"remote\": {", "\"negotiated\""),
            _ => return shown,
        };
        let after = shown.split_once(from).map_or("", |(_, after)| after);
        after.split_once(to).map_or(after, |(between, _)| between).to_owned()
    }

    /// What it printed.
    pub(super) fn log(&self) -> String {
        match &self.speaker {
            Speaker::Bird(bird) => bird.log(),
            Speaker::Frr(frr) => frr.log(),
            Speaker::GoBgp(gobgp) => gobgp.log(),
            Speaker::OpenBgpd(bgpd) => bgpd.log(),
            Speaker::ExaBgp(exabgp) => exabgp.log(),
        }
    }

    /// Ends it without a word.
    pub(super) fn kill(&mut self) {
        match &mut self.speaker {
            Speaker::Bird(bird) => bird.process().kill(),
            Speaker::Frr(frr) => frr.process().kill(),
            Speaker::GoBgp(gobgp) => gobgp.process().kill(),
            Speaker::OpenBgpd(bgpd) => bgpd.process().kill(),
            Speaker::ExaBgp(exabgp) => exabgp.process().kill(),
        }
    }
}
