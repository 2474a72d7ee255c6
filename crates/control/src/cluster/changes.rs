//! What is not as it was when the configuration was computed last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Namespaced;
use crate::resource::Node;
use crate::{Id, Kind};

/// The objects that changed.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Nodes, with what they were before.
    pub(crate) nodes: BTreeMap<Box<str>, Option<Arc<Node>>>,
    pub(crate) configurations: BTreeSet<Box<str>>,
    pub(crate) peers: BTreeSet<Box<str>>,
    /// Services themselves or their endpoints.
    pub(crate) services: BTreeSet<Namespaced>,
    /// Names of secrets.
    pub(crate) secrets: BTreeSet<Box<str>>,
    pub(crate) pools: bool,
    pub(crate) filters: bool,
    pub(crate) affinities: bool,
    pub(crate) endpoints: bool,
    /// Some scope was listed for the first time.
    pub(crate) listed: bool,
    /// What is refused is not as it was.
    pub(crate) refused: bool,
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.configurations.is_empty()
            && self.peers.is_empty()
            && self.services.is_empty()
            && self.secrets.is_empty()
            && !(self.pools
                || self.filters
                || self.affinities
                || self.endpoints
                || self.listed
                || self.refused)
    }

    /// An object is refused, or is not any more.
    pub(super) fn refused(&mut self, id: &Id) {
        self.refused = true;
        // Peers of a filter that cannot be read are given no routes.
        self.filters |= id.kind == Kind::BgpFilter;
    }

    /// What changed, in a few words, for people.
    pub fn summary(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut names = |what: &str, names: Vec<&str>| match names.as_slice() {
            [] => {}
            [one] => parts.push(format!("{what} {one}")),
            [first, ..] => parts.push(format!("{} {what}s ({first} and others)", names.len())),
        };
        names("Node", self.nodes.keys().map(|n| &**n).collect());
        names("BGPConfiguration", self.configurations.iter().map(|n| &**n).collect());
        names("BGPPeer", self.peers.iter().map(|n| &**n).collect());
        names("Service", self.services.iter().map(|(_, n)| &**n).collect());
        names("Secret", self.secrets.iter().map(|n| &**n).collect());
        let flags = [
            (self.pools, "IPPools"),
            (self.filters, "BGPFilters"),
            (self.affinities, "BlockAffinities"),
            (self.endpoints, "local workloads"),
        ];
        parts.extend(flags.iter().filter(|(changed, _)| *changed).map(|(_, what)| (*what).to_owned()));
        parts.join(", ")
    }
}
