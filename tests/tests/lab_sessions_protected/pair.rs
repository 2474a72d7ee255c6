//! godwit and one other speaker on a wire between them.

use std::time::Duration;

use anyhow::{Context, Result};
use godwit_lab::{Frr, Namespace, Program, Router, stays, until};

/// Addresses of a family: ours, the other's.
#[derive(Clone, Copy)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
    /// Addresses of the link alone.
    LinkLocal,
}

impl Family {
    fn name(self) -> &'static str {
        if matches!(self, Self::Ipv4) { "ipv4" } else { "ipv6" }
    }

    fn addresses(self) -> [&'static str; 2] {
        match self {
            Self::Ipv4 => ["192.0.2.1", "192.0.2.2"],
            Self::Ipv6 => ["2001:db8::1", "2001:db8::2"],
            Self::LinkLocal => ["fe80::1", "fe80::2"],
        }
    }
}

/// Who the other one is.
#[derive(Clone, Copy)]
pub(crate) enum Other {
    Bird2,
    Bird16,
    Frr,
}

/// The speaker that is not godwit.
enum Running {
    Bird(Router),
    Frr(Frr),
}

/// Options of the session at both ends.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) ours: String,
    pub(crate) theirs: String,
}

impl Options {
    pub(crate) fn new(ours: &str, theirs: &str) -> Self {
        Self { ours: ours.into(), theirs: theirs.into() }
    }
}

pub(crate) struct Pair {
    pub(crate) godwit: Router,
    other: Running,
    pub(crate) namespaces: [Namespace; 2],
}

impl Pair {
    pub(crate) fn start(other: Other, family: Family, options: &Options) -> Result<Self> {
        let (ours, theirs) = (Namespace::new("own")?, Namespace::new("other")?);
        let [local, remote] = family.addresses();
        let len = if matches!(family, Family::Ipv4) { 24 } else { 64 };
        let [a, b] = [local, remote].map(|address| format!("{address}/{len}"));
        Namespace::join((&ours, "veth-own", &[&a]), (&theirs, "veth-other", &[&b]))?;
        if matches!(family, Family::LinkLocal) {
            ours.link_local("veth-own", &a)?;
            theirs.link_local("veth-other", &b)?;
        }
        let godwit =
            Router::start(&ours, Program::Godwit, &bird(family, local, remote, true, &options.ours))?;
        let theirs_text = bird(family, remote, local, false, &options.theirs);
        let running = match (other, family) {
            (Other::Bird2, _) => Running::Bird(Router::start(&theirs, Program::Bird2, &theirs_text)?),
            (Other::Bird16, Family::Ipv4) => Running::Bird(Router::start(
                &theirs,
                Program::Bird16,
                &bird16(remote, local, &options.theirs),
            )?),
            (Other::Bird16, _) => Running::Bird(Router::start(
                &theirs,
                Program::Bird16V6,
                &bird16(remote, local, &options.theirs),
            )?),
            (Other::Frr, _) => Running::Frr(Frr::start(&theirs, &frr(family, local, &options.theirs))?),
        };
        Ok(Self { godwit, other: running, namespaces: [ours, theirs] })
    }

    fn logs(&self) -> String {
        let other = match &self.other {
            Running::Bird(bird) => format!("{}\n{}", bird.birdc("show protocols all"), bird.log()),
            Running::Frr(frr) => {
                format!("{}\n{}", frr.vtysh(&["show bgp summary"]).unwrap_or_default(), frr.log())
            }
        };
        format!("godwit:\n{}\nthe other:\n{other}", self.godwit.log())
    }

    pub(crate) fn is_up(&self) -> bool {
        self.godwit.birdc("show protocols peer").contains("Established")
    }

    pub(crate) fn comes_up(&self) -> Result<()> {
        until("the session", || self.is_up()).with_context(|| self.logs())?;
        Ok(())
    }

    /// That the session is down here, while both try.
    pub(crate) fn stays_down(&self) -> Result<()> {
        self.stays(|| !self.is_up())
    }

    /// That it is down at a BIRD, and here too.
    pub(crate) fn stays_down_at_both(&self) -> Result<()> {
        self.stays(|| !self.is_up() && !self.is_up_there())
    }

    /// That it is down at a BIRD.
    pub(crate) fn stays_down_there(&self) -> Result<()> {
        self.stays(|| !self.is_up_there())
    }

    fn is_up_there(&self) -> bool {
        let Running::Bird(bird) = &self.other else { return false };
        bird.birdc("show protocols peer").contains("Established")
    }

    fn stays(&self, down: impl FnMut() -> bool) -> Result<()> {
        stays("no session", Duration::from_secs(4), down).with_context(|| self.logs())
    }
}

/// `password "…";` as each of them writes it.
pub(crate) fn password(other: Other, word: &str) -> String {
    match other {
        Other::Frr => format!("password {word}"),
        Other::Bird2 | Other::Bird16 => format!("password \"{word}\";"),
    }
}

pub(crate) fn passive(other: Other) -> &'static str {
    if matches!(other, Other::Frr) { "passive" } else { "passive;" }
}

fn bird(family: Family, local: &str, remote: &str, ours: bool, options: &str) -> String {
    let (own, theirs) = if ours { (65_001, 65_002) } else { (65_002, 65_001) };
    let id = if ours { 1 } else { 2 };
    let interface = match family {
        Family::LinkLocal if ours => "interface \"veth-own\";",
        Family::LinkLocal => "interface \"veth-other\";",
        _ => "",
    };
    format!(
        "log stderr all; router id {id}.{id}.{id}.{id}; protocol device {{ }}
         protocol bgp peer {{ local {local} as {own}; neighbor {remote} as {theirs}; {interface}
           connect delay time 1; {options}
           {} {{ import all; export none; }}; }}",
        family.name()
    )
}

fn bird16(local: &str, remote: &str, options: &str) -> String {
    format!(
        "log stderr all; router id 2.2.2.2; protocol device {{ }}
         protocol bgp upstream {{ local {local} as 65002; neighbor {remote} as 65001;
           connect delay time 1; {options} import all; export none; }}"
    )
}

/// `options` are lines, each of which belongs to the neighbor.
fn frr(family: Family, remote: &str, options: &str) -> String {
    let options: Vec<String> = options.lines().map(|line| format!(" neighbor {remote} {line}\n")).collect();
    let options = options.concat();
    format!(
        "router bgp 65002\n bgp router-id 2.2.2.2\n no bgp ebgp-requires-policy\n \
         no bgp default ipv4-unicast\n neighbor {remote} remote-as 65001\n neighbor {remote} timers connect 1\n{options} \
         address-family {} unicast\n  neighbor {remote} activate\n exit-address-family\n",
        family.name()
    )
}
