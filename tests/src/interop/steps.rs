//! The steps of a feature.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::peer::{Peer, Running};
use super::{Feature, Outcome};
use crate::rack::Rack;
use crate::{Namespace, Program, Router, stays, until};

/// How long something that must not happen is waited for.
const STAYS: Duration = Duration::from_secs(1);

struct Lab<'a> {
    feature: &'a Feature,
    kind: Peer,
    spaces: &'a Spaces,
    godwit: Option<Router>,
    peer: Option<Running>,
    /// The third router, a bird2 that others' routes come from or go to.
    third: Option<Router>,
}

/// Three machines on a bridge.
struct Spaces {
    _rack: Rack,
    ours: Namespace,
    theirs: Namespace,
    third: Namespace,
}

impl Spaces {
    fn new(feature: &Feature) -> Result<Self> {
        let rack = Rack::new("rack")?;
        let [ours, theirs, third] = ["own", "other", "third"].map(Namespace::new);
        let (ours, theirs, third) = (ours?, theirs?, third?);
        for (namespace, name) in [(&ours, "ours"), (&theirs, "theirs"), (&third, "third")] {
            // Speakers that know no interfaces take routes with a link-local next hop for withdrawn.
            namespace.run("sysctl", &["-q", "-w", "net.ipv6.conf.default.addr_gen_mode=1"])?;
            let address = format!("{}/{}", feature.variable(name), feature.variable("len"));
            // Of the other family, where the feature wants one.
            let also = feature.variable(&format!("{name}-also"));
            let addresses = [address.as_str(), also];
            rack.plug(namespace, "eth0", if also.is_empty() { &addresses[..1] } else { &addresses })?;
        }
        Ok(Self { _rack: rack, ours, theirs, third })
    }
}

/// Runs a feature with a peer.
pub(super) fn run(feature: &Feature, kind: Peer) -> Result<Outcome> {
    let spaces = Spaces::new(feature)?;
    let mut lab = Lab { feature, kind, spaces: &spaces, godwit: None, peer: None, third: None };
    lab.start_godwit(false)?;
    let log = lab.godwit()?.log();
    if let Some(line) = log.lines().find(|line| line.contains("has no effect yet")) {
        let said = line.split_once("<WARN> ").map_or(line, |(_, said)| said);
        return Ok(Outcome::NotRun(format!("godwit: {said}")));
    }
    lab.start_peer()?;
    if feature.mentions("third") {
        lab.third = Some(Router::start(&spaces.third, Program::Bird2, &feature.config("third")?)?);
    }
    for step in feature.steps() {
        if let Some(capability) = step.strip_prefix("needs ") {
            if lab.godwit()?.birdc("show protocols all peer").contains(capability) {
                continue;
            }
            return Ok(Outcome::NotRun(format!("godwit does not announce it yet: {capability}")));
        }
        if let Err(error) = lab.step(&step) {
            return Ok(Outcome::Failed(format!("{step}: {error:#}\n{}", lab.state())));
        }
    }
    Ok(Outcome::Passed)
}

impl Lab<'_> {
    fn godwit(&self) -> Result<&Router> {
        self.godwit.as_ref().context("godwit does not run")
    }

    fn peer(&self) -> Result<&Running> {
        self.peer.as_ref().context("the peer does not run")
    }

    fn start_godwit(&mut self, recover: bool) -> Result<()> {
        let config = self.feature.config(self.feature.variable("godwit-file"))?;
        self.godwit = Some(Router::start_with(&self.spaces.ours, Program::Godwit, &config, |command| {
            if recover {
                command.arg("-R");
            }
        })?);
        Ok(())
    }

    fn start_peer(&mut self) -> Result<()> {
        self.peer = Some(Running::start(self.kind, &self.spaces.theirs, self.feature)?);
        Ok(())
    }

    fn is_up(&self) -> bool {
        let name = format!("show protocols {}", self.feature.variable("name"));
        self.godwit.as_ref().is_some_and(|godwit| godwit.birdc(&name).contains("Established"))
    }

    /// What both say, for a step that failed.
    fn state(&self) -> String {
        let ours = self.godwit.as_ref().map(|godwit| {
            godwit.log() + &godwit.birdc("show protocols all peer") + &godwit.birdc("show route all")
        });
        let theirs = self.peer.as_ref().map(|peer| peer.log() + &peer.neighbor() + &peer.routes());
        format!("godwit:\n{}\nthe peer:\n{}", ours.unwrap_or_default(), theirs.unwrap_or_default())
    }

    fn step(&mut self, step: &str) -> Result<()> {
        let words: Vec<&str> = step.split(' ').collect();
        match words.as_slice() {
            ["up"] => until("the session to be Established", || self.is_up()).map(drop),
            ["down"] => until("the session to end", || !self.is_up()).map(drop),
            ["stays"] => stays("the session", STAYS, || self.is_up()),
            ["stays", seconds] => {
                stays("the session", Duration::from_secs(seconds.parse()?), || self.is_up())
            }
            [
                "godwit" | "peer" | "third",
                "has" | "keeps" | "lacks" | "lost" | "shows" | "gets" | "hides" | "logs",
                ..,
            ] => {
                let what = step.splitn(3, ' ').nth(2).context("what?")?;
                self.look(words.first().copied().unwrap_or(""), words.get(1).copied().unwrap_or(""), what)
            }
            ["godwit", "do", command @ ..] => {
                let said = self.godwit()?.birdc(&command.join(" "));
                ensure!(!said.contains("rror"), "{said}");
                Ok(())
            }
            ["peer", "do", ..] => {
                let command = step.strip_prefix("peer do ").unwrap_or("");
                self.peer()?.client(command).map(drop)
            }
            ["godwit", "killed"] => {
                self.godwit.as_mut().context("godwit does not run")?.process().kill();
                Ok(())
            }
            ["godwit", "starts"] => self.start_godwit(false),
            ["godwit", "recovers"] => self.start_godwit(true),
            ["peer", "killed"] => {
                self.peer.as_mut().context("the peer does not run")?.kill();
                Ok(())
            }
            ["peer", "starts"] => {
                self.peer = None;
                self.start_peer()
            }
            _ => bail!("no such step"),
        }
    }

    /// A step about what one of them shows.
    fn look(&self, who: &str, verb: &str, what: &str) -> Result<()> {
        let (net, words) = match verb {
            "has" | "keeps" | "lacks" | "lost" => what.split_once(' ').unwrap_or((what, "")),
            _ => ("", what),
        };
        let words: Vec<&str> = words.split(" & ").filter(|word| !word.is_empty()).collect();
        let see = || -> Result<String> {
            let text = match (who, verb) {
                ("peer", "shows" | "hides") => self.peer()?.neighbor(),
                ("peer", "gets") => self.peer()?.capabilities(),
                ("peer", "logs") => self.peer()?.log(),
                ("peer", _) => self.peer()?.route(net),
                (_, "shows" | "gets" | "hides") => self.router(who)?.birdc("show protocols all"),
                (_, "logs") => self.router(who)?.log(),
                _ => self.router(who)?.route(net),
            };
            Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let mut last = String::new();
        let condition = || {
            last = see().unwrap_or_default();
            let all = words.iter().all(|word| last.contains(word));
            match verb {
                "has" | "keeps" => !last.is_empty() && all,
                "lost" => last.is_empty(),
                "lacks" => !last.is_empty() && !words.iter().any(|word| last.contains(word)),
                "hides" => !words.iter().any(|word| last.contains(word)),
                _ => all,
            }
        };
        let found =
            if verb == "keeps" { stays(what, STAYS, condition) } else { until(what, condition).map(drop) };
        found.with_context(|| format!("seen last: {last}"))
    }

    fn router(&self, who: &str) -> Result<&Router> {
        if who == "third" { self.third.as_ref().context("there is no third") } else { self.godwit() }
    }
}
