//! Whether two configurations run the same, in words: for whoever replaces one by the other.
//!
//! Compared is what a router does, not how it is written: the order of protocols and of static routes,
//! names of filters, templates, and defaults spelled out or left out make no difference. Filters are
//! compared by their normal form ([`Filter::normal_form`](godwit_filter::Filter::normal_form)).

mod channel;
mod filters;
mod others;
mod protocol;
mod router;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use self::filters::Filters;
use crate::model::{ProtocolConfig, RouterConfig};

/// One difference between a configuration, the left, and another, the right.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Difference {
    /// What differs: `router`, `protocol NAME`, or `protocols NAME, NAME` of several that differ by the same
    /// policy in the same way.
    pub subject: String,
    /// In which option, by the words of bird.conf: `passive`, `export filter`, `route 10.0.0.0/8`. In
    /// `protocol` itself if only one configuration has it.
    pub option: String,
    /// What it is on the left; none: it is not there. A password is not shown.
    pub left: Option<String>,
    /// What it is on the right.
    pub right: Option<String>,
    /// Of filters: what they do differently, as a unified diff of their normal forms.
    pub diff: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
        write!(f, "{}: {}: {} | {}", self.subject, self.option, side(&self.left), side(&self.right))?;
        for line in self.diff.iter().flat_map(|diff| diff.lines()) {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

/// What an option is; none: it is not there.
type Shown = Option<String>;

/// What differs between two configurations; empty if they run the same.
pub fn compare(left: &RouterConfig, right: &RouterConfig) -> Vec<Difference> {
    let mut list = Comparison { subject: "router".into(), ..Comparison::default() };
    list.facts(router::facts(left), router::facts(right));
    let by_name = |config: &RouterConfig| -> BTreeMap<String, Arc<ProtocolConfig>> {
        config.protocols.iter().map(|p| (p.name.clone(), p.clone())).collect()
    };
    let (a, b) = (by_name(left), by_name(right));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for name in names {
        list.subject = format!("protocol {name}");
        match (a.get(name), b.get(name)) {
            (Some(a), Some(b)) => list.protocol((left, a), (right, b)),
            (a, b) => {
                let of = |p: Option<&Arc<ProtocolConfig>>| p.map(|p| p.kind.name().to_owned());
                list.add("protocol", of(a), of(b), None);
            }
        }
    }
    together(list.found)
}

/// What was found so far.
#[derive(Default)]
struct Comparison {
    /// What is being compared.
    subject: String,
    found: Vec<Difference>,
    filters: Filters,
}

impl Comparison {
    fn add(&mut self, option: &str, left: Shown, right: Shown, diff: Option<String>) {
        let (subject, option) = (self.subject.clone(), option.to_owned());
        self.found.push(Difference { subject, option, left, right, diff });
    }

    /// Options of both sides, each by its words.
    fn facts(&mut self, left: Facts, right: Facts) {
        let right_by_name: BTreeMap<&str, &Shown> = right.0.iter().map(|(o, v)| (o.as_str(), v)).collect();
        let left_names: BTreeSet<&str> = left.0.iter().map(|(o, _)| o.as_str()).collect();
        for (option, value) in &left.0 {
            let other = right_by_name.get(option.as_str()).copied().cloned().flatten();
            if *value != other {
                self.add(option, value.clone(), other, None);
            }
        }
        for (option, value) in right.0.iter().filter(|(o, v)| v.is_some() && !left_names.contains(o.as_str()))
        {
            self.add(option, None, value.clone(), None);
        }
    }
}

/// Options with what they are.
#[derive(Default)]
struct Facts(Vec<(String, Shown)>);

impl Facts {
    fn add(&mut self, option: impl Into<String>, value: impl fmt::Display) {
        self.0.push((option.into(), Some(value.to_string())));
    }

    fn flag(&mut self, option: impl Into<String>, value: bool) {
        self.add(option, if value { "on" } else { "off" });
    }

    fn maybe(&mut self, option: impl Into<String>, value: Option<impl fmt::Display>) {
        self.0.push((option.into(), value.map(|v| v.to_string())));
    }
}

/// Those of one policy that differ in the same way, as one: a mesh has one policy many times.
fn together(list: Vec<Difference>) -> Vec<Difference> {
    let mut out: Vec<Difference> = Vec::new();
    let mut names: Vec<Vec<String>> = Vec::new();
    let mut known: std::collections::HashMap<Difference, usize> = std::collections::HashMap::new();
    for difference in list {
        if difference.diff.is_none() {
            out.push(difference);
            names.push(Vec::new());
            continue;
        }
        let name = difference.subject.trim_start_matches("protocol ").to_owned();
        let key = Difference { subject: String::new(), ..difference.clone() };
        let at = *known.entry(key).or_insert_with(|| {
            out.push(difference);
            names.push(Vec::new());
            out.len() - 1
        });
        if let Some(of) = names.get_mut(at) {
            of.push(name);
        }
    }
    for (difference, of) in out.iter_mut().zip(names).filter(|(_, of)| of.len() > 1) {
        difference.subject = format!("protocols {}", of.join(", "));
    }
    out
}
