//! The file of a feature.
//!
//! ```text
//! # Anything about it
//! lacks gobgp: it has no such option
//! let over=ipv6                     a variable: see `Feature::parse`
//! let frr as=23456                  the same for some peers
//! [godwit session]                  text for the hole `@session@` of base/godwit.conf
//! password "secret";
//! [bird2,bird16 session]
//! password "secret";
//! [steps]
//! up
//! frr: peer shows "words"           a step for some peers
//! ```

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::{Peer, folder};

/// A feature as one peer is concerned.
#[derive(Debug)]
pub struct Feature {
    lacks: Option<String>,
    variables: BTreeMap<String, String>,
    /// Text for holes: the file of `base` and the hole.
    holes: BTreeMap<(String, String), String>,
    steps: Vec<String>,
}

const IPV4: &[(&str, &str)] = &[
    ("over", "ipv4"),
    ("ours", "192.0.2.1"),
    ("theirs", "192.0.2.2"),
    ("third", "192.0.2.3"),
    ("len", "24"),
    ("ournet", "10.1.0.0/24"),
    ("theirnet", "10.2.0.0/24"),
    ("thirdnet", "10.3.0.0/24"),
    ("our-as", "65001"),
    // What the peer takes our AS for.
    ("seen-as", "65001"),
    ("their-as", "65002"),
    ("passive", "godwit"),
    // What godwit's file is made from, and what its session is called.
    ("godwit-file", "godwit"),
    ("name", "peer"),
    // Our end and theirs as either configuration has them, and the AS of the peer's whole router.
    ("us", "@ours@"),
    ("whom", "@theirs@"),
    ("them", "@theirs@"),
    ("at", "@ours@"),
    ("base-as", "@their-as@"),
    // GoBGP's word for the neighbor, and what it is asked about.
    ("at-key", "neighbor-address"),
    ("ask", "@at@"),
];

const IPV6: &[(&str, &str)] = &[
    ("ours", "2001:db8::1"),
    ("theirs", "2001:db8::2"),
    ("third", "2001:db8::3"),
    ("len", "64"),
    ("ournet", "2001:db8:1::/48"),
    ("theirnet", "2001:db8:2::/48"),
    ("thirdnet", "2001:db8:3::/48"),
];

impl Feature {
    /// Reads a file. `let over=ipv6` changes addresses and nets; every `@name@` in configurations and steps is a
    /// variable or, in a file of `base`, a hole.
    ///
    /// # Errors
    /// A line has no meaning.
    pub fn parse(text: &str, peer: Peer) -> Result<Self> {
        let mut feature = Self {
            lacks: None,
            variables: IPV4.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            holes: BTreeMap::new(),
            steps: Vec::new(),
        };
        if peer == Peer::GoBgp {
            // It thinks for five seconds and more before it connects.
            feature.variables.insert("passive".to_owned(), "peer".to_owned());
        }
        let mut section: Option<Vec<(String, String)>> = None;
        let mut in_steps = false;
        for line in text.lines() {
            let head = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
            // Sections of TOML are one word.
            if let Some(head) = head.filter(|head| *head == "steps" || head.contains(' ')) {
                in_steps = head == "steps";
                let (files, hole) = head.split_once(' ').unwrap_or((head, ""));
                section = (!in_steps)
                    .then(|| files.split(',').map(|f| (f.to_owned(), hole.to_owned())).collect::<Vec<_>>());
                continue;
            }
            if let Some(section) = &section {
                for key in section {
                    feature.holes.entry(key.clone()).or_default().extend([line, "\n"]);
                }
                continue;
            }
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if in_steps {
                feature.steps.extend(for_peer(line, peer).map(str::to_owned));
            } else {
                feature.header(line, peer).with_context(|| line.to_owned())?;
            }
        }
        ensure!(!feature.steps.is_empty() || feature.lacks.is_some(), "no steps for {}", peer.name());
        Ok(feature)
    }

    fn header(&mut self, line: &str, peer: Peer) -> Result<()> {
        if let Some(rest) = line.strip_prefix("lacks ") {
            let (peers, why) = rest.split_once(": ").context("lacks PEER: WHY")?;
            if peers.split(',').any(|name| name == peer.name()) {
                self.lacks = Some(why.to_owned());
            }
            return Ok(());
        }
        let rest = line.strip_prefix("let ").context("neither `lacks` nor `let`")?;
        let (name, value) = rest.split_once('=').context("let [PEER] NAME=VALUE")?;
        let name = match name.split_once(' ') {
            Some((peers, _)) if !peers.split(',').any(|name| name == peer.name()) => return Ok(()),
            Some((_, name)) => name,
            None => name,
        };
        if (name, value) == ("over", "ipv6") {
            self.variables.extend(IPV6.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        }
        self.variables.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Why the peer has no part in it.
    pub fn lacks(&self) -> Option<&str> {
        self.lacks.as_deref()
    }

    /// A variable.
    pub(super) fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// A variable, with those in it in place.
    pub(super) fn value(&self, name: &str) -> String {
        self.fill(self.variable(name), "")
    }

    /// The steps, with variables in place.
    pub(super) fn steps(&self) -> Vec<String> {
        self.steps.iter().map(|step| self.fill(step, "")).collect()
    }

    /// Whether it has text for a file of `base`.
    pub(super) fn mentions(&self, file: &str) -> bool {
        self.holes.keys().any(|(name, _)| name == file)
    }

    /// A file of `base` with its holes and variables filled.
    ///
    /// # Errors
    /// There is none, or it lacks a hole that the feature has text for.
    pub(super) fn config(&self, file: &str) -> Result<String> {
        let path = folder().join("base").join(format!("{file}.conf"));
        let base = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for (_, hole) in self.holes.keys().filter(|(name, _)| name == file) {
            ensure!(base.contains(&format!("@{hole}@")), "{} has no hole @{hole}@", path.display());
        }
        Ok(self.fill(&base, file))
    }

    /// Replaces each `@name@`: a hole that nothing was said about becomes nothing.
    fn fill(&self, text: &str, file: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('@') {
            out += before;
            let Some((name, after)) = after.split_once('@') else {
                return out + "@" + after;
            };
            if let Some(value) = self.variables.get(name) {
                out += &self.fill(value, file);
            } else if let Some(value) = self.holes.get(&(file.to_owned(), name.to_owned())) {
                out += &self.fill(value.trim_end(), file);
            } else if let Some(word) = name.strip_prefix("if-passive ") {
                let (who, word) = word.split_once(' ').unwrap_or((word, ""));
                if self.variable("passive") == who {
                    out += &word.replace("OURS", self.variable("ours"));
                }
            }
            rest = after;
        }
        out + rest
    }
}

/// A step without the names of peers before it, if it is for this one.
fn for_peer(line: &str, peer: Peer) -> Option<&str> {
    let Some((names, step)) = line.split_once(": ") else { return Some(line) };
    let known = |name: &str| Peer::ALL.iter().any(|p| p.name() == name);
    if !names.split(',').all(known) {
        return Some(line);
    }
    names.split(',').any(|name| name == peer.name()).then_some(step)
}
