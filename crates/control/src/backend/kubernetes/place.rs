//! Where a scope's objects are at an API server.

use std::fmt::Write as _;
use std::time::Duration;

use crate::{Id, Kind, Scope};

/// How many objects a page of a list has at most.
const PAGE: usize = 500;

/// Where Calico's own kinds are (§1.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Group {
    /// `crd.projectcalico.org/v1`
    V1,
    /// `projectcalico.org/v3`
    V3,
}

impl Group {
    /// With its version.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V1 => "crd.projectcalico.org/v1",
            Self::V3 => "projectcalico.org/v3",
        }
    }

    /// What `CALICO_API_GROUP` says; none if it is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::V1, Self::V3].into_iter().find(|group| group.name() == text)
    }
}

/// What a list is to be of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum From {
    /// What the server has at hand.
    Any,
    /// The same, but not older than what was seen.
    NotOlder(Box<str>),
    /// The newest there is.
    Newest,
    /// The page after another.
    Page(Box<str>),
}

/// A collection of an API server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    path: String,
    selector: String,
    metadata_only: bool,
}

impl Place {
    /// Where the objects of a scope are. Of nodes all that matters is in their metadata, unless pods have
    /// their addresses from `spec`.
    pub(super) fn of(scope: &Scope, group: Group, whole_nodes: bool) -> Self {
        let calico = |plural| format!("/apis/{}/{plural}", group.name());
        let path = match scope.kind() {
            Kind::Node => "/api/v1/nodes".into(),
            Kind::IpPool => calico("ippools"),
            Kind::BgpConfiguration => calico("bgpconfigurations"),
            Kind::BgpPeer => calico("bgppeers"),
            Kind::BgpFilter => calico("bgpfilters"),
            // No server has files of workloads; their watcher is never made.
            Kind::BlockAffinity | Kind::EndpointStatus => calico("blockaffinities"),
            Kind::Service => "/api/v1/services".into(),
            Kind::EndpointSlice => "/apis/discovery.k8s.io/v1/endpointslices".into(),
            Kind::Secret => match scope {
                Scope::One(Id { namespace, .. }) => {
                    format!("/api/v1/namespaces/{}/secrets", escaped(namespace))
                }
                Scope::Kind(_) => "/api/v1/secrets".into(),
            },
        };
        let selector = match scope {
            Scope::One(id) => format!("&fieldSelector={}", escaped(&format!("metadata.name={}", id.name))),
            Scope::Kind(_) => String::new(),
        };
        Self { path, selector, metadata_only: scope.kind() == Kind::Node && !whole_nodes }
    }

    /// Path and query of a list.
    pub(super) fn list(&self, from: &From) -> String {
        let mut text = format!("{}?limit={PAGE}{}", self.path, self.selector);
        let more = match from {
            From::Any => write!(text, "&resourceVersion=0&resourceVersionMatch=NotOlderThan"),
            From::NotOlder(revision) => {
                write!(text, "&resourceVersion={}&resourceVersionMatch=NotOlderThan", escaped(revision))
            }
            From::Newest => Ok(()),
            From::Page(token) => write!(text, "&continue={}", escaped(token)),
        };
        debug_assert!(more.is_ok(), "a string takes all");
        text
    }

    /// Path and query of a watch of what comes after a revision.
    pub(super) fn watch(&self, revision: &str, lasts: Duration) -> String {
        format!(
            "{}?watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}{}",
            self.path,
            escaped(revision),
            lasts.as_secs().max(1),
            self.selector
        )
    }

    /// What a list or a watch is to answer with. A server that knows no metadata of a kind sends all.
    pub(super) fn accept(&self, list: bool) -> &'static str {
        match (self.metadata_only, list) {
            (false, _) => "application/json",
            (true, false) => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
            (true, true) => {
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
            }
        }
    }
}

/// What permission is missing when the server says 403 (§1.2).
pub(super) fn forbidden(verb: &str, scope: &Scope, group: Group) -> String {
    let (plural, of) = match scope {
        Scope::One(id) => {
            let (name, namespace) = (&id.name, &id.namespace);
            return format!(
                "forbidden: may not {verb} secrets in {namespace}: give calico-node a Role for it, \
                 with get, list and watch of the secret {name}"
            );
        }
        Scope::Kind(Kind::Node) => ("nodes", ""),
        Scope::Kind(Kind::Service) => ("services", ""),
        Scope::Kind(Kind::EndpointSlice) => ("endpointslices", "discovery.k8s.io"),
        Scope::Kind(Kind::Secret) => ("secrets", ""),
        Scope::Kind(Kind::IpPool) => ("ippools", group.name()),
        Scope::Kind(Kind::BgpConfiguration) => ("bgpconfigurations", group.name()),
        Scope::Kind(Kind::BgpPeer) => ("bgppeers", group.name()),
        Scope::Kind(Kind::BgpFilter) => ("bgpfilters", group.name()),
        Scope::Kind(Kind::BlockAffinity | Kind::EndpointStatus) => ("blockaffinities", group.name()),
    };
    let of = of.split_once('/').map_or(of, |(of, _)| of);
    let of = if of.is_empty() { String::new() } else { format!(" of {of}") };
    format!("forbidden: may not {verb} {plural}{of}: give calico-node's ClusterRole list and watch of them")
}

/// For a path or a query.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            let written = write!(escaped, "%{octet:02X}");
            debug_assert!(written.is_ok(), "a string takes all");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_asked_for_by_its_name_and_nothing_in_it_gets_out_of_its_place() {
        let place = |namespace: &str, name: &str| {
            let scope = Scope::One(Id::namespaced(Kind::Secret, namespace, name));
            Place::of(&scope, Group::V1, false).list(&From::Newest)
        };
        assert_eq!(
            place("kube-system", "bgp"),
            "/api/v1/namespaces/kube-system/secrets?limit=500&fieldSelector=metadata.name%3Dbgp"
        );
        assert_eq!(
            place("a/b", "x&y=ü"),
            "/api/v1/namespaces/a%2Fb/secrets?limit=500&fieldSelector=metadata.name%3Dx%26y%3D%C3%BC"
        );
    }

    #[test]
    fn the_words_name_what_is_missing() {
        let secret = Scope::One(Id::namespaced(Kind::Secret, "kube-system", "bgp"));
        let words = forbidden("list", &secret, Group::V1);
        assert!(
            words.starts_with(
                "forbidden: may not list secrets in kube-system: give calico-node a Role for it"
            ),
            "{words}"
        );
        let words = forbidden("watch", &Scope::Kind(Kind::BgpPeer), Group::V3);
        assert_eq!(
            words,
            "forbidden: may not watch bgppeers of projectcalico.org: give calico-node's ClusterRole list and \
             watch of them"
        );
    }
}
