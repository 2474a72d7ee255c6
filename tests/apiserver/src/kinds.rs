//! The kinds a server serves.

use std::sync::Arc;

/// A kind of objects: where it is served and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: String,
    /// Version, for example `v1`.
    pub version: String,
    /// Name in paths, for example `nodes`.
    pub plural: String,
    /// Name in objects, for example `Node`.
    pub kind: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Kind {
    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Its name for a [`Handle`](crate::Handle): `apiVersion/plural`.
    pub fn resource(&self) -> String {
        format!("{}/{}", self.api_version(), self.plural)
    }

    /// `plural` or `plural.group`, as messages of the server have it.
    pub(crate) fn qualified_plural(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Whether a real server has this kind compiled in. It matters for a few habits: items of a list of such a kind
    /// carry no `kind`, and an update needs no `resourceVersion`.
    pub(crate) fn built_in(&self) -> bool {
        !self.group.contains('.') || self.group.ends_with(".k8s.io")
    }
}

/// In which group Calico's own kinds are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalicoApi {
    /// `crd.projectcalico.org/v1`: the classic custom resources.
    V1,
    /// `projectcalico.org/v3`: native custom resources of newer clusters.
    V3,
    /// Both, as on a cluster with Calico's aggregated API server. Objects are not mirrored between the two.
    Both,
}

/// Calico's own kinds, all without namespaces.
const CALICO: &[(&str, &str)] = &[
    ("ippools", "IPPool"),
    ("bgpconfigurations", "BGPConfiguration"),
    ("bgppeers", "BGPPeer"),
    ("bgpfilters", "BGPFilter"),
    ("blockaffinities", "BlockAffinity"),
    ("caliconodestatuses", "CalicoNodeStatus"),
];

/// The kinds of Kubernetes that routing for Calico reads.
const CORE: &[(&str, &str, &str, bool)] = &[
    ("", "nodes", "Node", false),
    ("", "namespaces", "Namespace", false),
    ("", "services", "Service", true),
    ("", "secrets", "Secret", true),
    ("", "endpoints", "Endpoints", true),
    ("discovery.k8s.io", "endpointslices", "EndpointSlice", true),
];

/// What a Calico cluster serves, with Calico's kinds in the group(s) of `api`.
pub(crate) fn calico(api: CalicoApi) -> Vec<Kind> {
    let make = |group: &str, version: &str, plural: &str, kind: &str, namespaced| Kind {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        kind: kind.to_owned(),
        namespaced,
    };
    let mut kinds: Vec<Kind> =
        CORE.iter().map(|&(group, plural, kind, ns)| make(group, "v1", plural, kind, ns)).collect();
    for &(plural, kind) in CALICO {
        if api != CalicoApi::V3 {
            kinds.push(make("crd.projectcalico.org", "v1", plural, kind, false));
        }
        if api != CalicoApi::V1 {
            kinds.push(make("projectcalico.org", "v3", plural, kind, false));
        }
    }
    kinds
}

/// The kinds of one server, in the order they were registered.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    kinds: Vec<Arc<Kind>>,
}

impl Registry {
    /// Adds a kind; one already served is left as it is.
    pub(crate) fn add(&mut self, kind: Kind) {
        if self.by_path(&kind.group, &kind.version, &kind.plural).is_none() {
            self.kinds.push(Arc::new(kind));
        }
    }

    pub(crate) fn remove(&mut self, resource: &str) {
        self.kinds.retain(|kind| kind.resource() != resource);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.kinds.iter()
    }

    pub(crate) fn by_path(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        self.kinds.iter().find(|k| k.group == group && k.version == version && k.plural == plural).cloned()
    }

    pub(crate) fn by_resource(&self, resource: &str) -> Option<Arc<Kind>> {
        self.kinds.iter().find(|kind| kind.resource() == resource).cloned()
    }

    pub(crate) fn by_object(&self, api_version: &str, name: &str) -> Option<Arc<Kind>> {
        self.kinds.iter().find(|kind| kind.kind == name && kind.api_version() == api_version).cloned()
    }
}
