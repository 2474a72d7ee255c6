//! A node's view of a cluster that is written as manifests.
#![allow(dead_code, unreachable_pub)]

pub mod routes;

use std::sync::Arc;

use godwit_config::{BgpConfig, ProtocolConfig, ProtocolKind, RouterConfig, StaticConfig};
use godwit_control::settings::{NodeSettings, Release, RouterIdSetting};
use godwit_control::{Compiler, Family, Fidelity, Id, Kind, Object, Scope, Update, decode};

/// What the tests call our node.
pub const OWN: &str = "node-a";

/// Our node and two others of the same AS, in one subnet.
pub const THREE_NODES: &str = "
apiVersion: projectcalico.org/v3
kind: Node
metadata: {name: node-a, labels: {rack: r1}}
spec: {bgp: {ipv4Address: 10.0.0.2/24, ipv6Address: 'fd00::2/64'}}
---
apiVersion: projectcalico.org/v3
kind: Node
metadata: {name: node-b, labels: {rack: r1}}
spec: {bgp: {ipv4Address: 10.0.0.3/24, ipv6Address: 'fd00::3/64'}}
---
apiVersion: projectcalico.org/v3
kind: Node
metadata: {name: node-c, labels: {rack: r2}}
spec: {bgp: {ipv4Address: 10.0.0.10/24}}
";

/// The settings of our node.
pub fn settings(release: Release) -> NodeSettings {
    NodeSettings {
        node: OWN.into(),
        kubernetes_node: OWN.into(),
        release,
        router_id: RouterIdSetting::FromAddress,
        use_pod_cidr: false,
        advertise_cluster_ips: None,
        namespace: "kube-system".into(),
        ..NodeSettings::default()
    }
}

/// A compiler that has been given objects.
#[derive(Debug)]
pub struct Node {
    pub compiler: Compiler,
}

impl Node {
    /// As Calico 3.33, in a cluster of three nodes and what else is given.
    pub fn new(manifests: &str) -> Self {
        Self::of(settings(Release::V3_33), Fidelity::Godwit, &[THREE_NODES, manifests])
    }

    /// The same as another release, done as Calico does it.
    pub fn exact(release: Release, manifests: &str) -> Self {
        Self::of(settings(release), Fidelity::Calico, &[THREE_NODES, manifests])
    }

    /// A node with these settings and these manifests only.
    pub fn of(settings: NodeSettings, fidelity: Fidelity, manifests: &[&str]) -> Self {
        let mut compiler = Compiler::new(settings, fidelity, true);
        for kind in Kind::ALL {
            compiler.apply(Update::Listed { scope: Scope::Kind(kind), objects: Vec::new() });
        }
        let mut node = Self { compiler };
        manifests.iter().for_each(|text| node.apply(text));
        node
    }

    /// Adds or changes objects, and computes.
    pub fn apply(&mut self, manifests: &str) {
        for object in objects(manifests) {
            self.compiler.apply(Update::Changed(object));
        }
        self.compiler.compute();
    }

    /// Removes an object, and computes.
    pub fn delete(&mut self, kind: Kind, name: &str) {
        let id = if kind.is_namespaced() {
            let namespace = if kind == Kind::Secret { "kube-system" } else { "default" };
            Id::namespaced(kind, namespace, name)
        } else {
            Id::new(kind, name)
        };
        self.compiler.apply(Update::Deleted(id));
        self.compiler.compute();
    }

    /// The router of IPv4.
    pub fn v4(&self) -> &RouterConfig {
        self.family(Family::V4)
    }

    /// The router of IPv6.
    pub fn v6(&self) -> &RouterConfig {
        self.family(Family::V6)
    }

    pub fn family(&self, family: Family) -> &RouterConfig {
        self.compiler.current().expect("a configuration").family(family)
    }

    /// The names of both families' sessions, IPv4's first.
    pub fn sessions(&self) -> Vec<&str> {
        let all = self.v4().protocols.iter().chain(&self.v6().protocols);
        all.filter(|p| matches!(p.kind, ProtocolKind::Bgp(_))).map(|p| p.name.as_str()).collect()
    }

    /// A protocol of either family.
    pub fn protocol(&self, name: &str) -> &Arc<ProtocolConfig> {
        let mut all = self.v4().protocols.iter().chain(&self.v6().protocols);
        all.find(|p| p.name == name).unwrap_or_else(|| panic!("no {name} among {:?}", self.sessions()))
    }

    /// A session's options.
    pub fn bgp(&self, name: &str) -> &BgpConfig {
        match &self.protocol(name).kind {
            ProtocolKind::Bgp(bgp) => bgp,
            other => panic!("{name} is {}", other.name()),
        }
    }

    /// The static routes of a family as text; empty without a static protocol.
    pub fn static_routes(&self, family: Family) -> Vec<String> {
        let found = self.family(family).protocols.iter().find_map(|p| match &p.kind {
            ProtocolKind::Static(config) => Some(config),
            _ => None,
        });
        let nothing = StaticConfig::default();
        found.unwrap_or(&nothing).routes.iter().map(|r| r.net.to_string()).collect()
    }

    /// What there is to say, a line each.
    pub fn problems(&self) -> Vec<String> {
        self.compiler.problems().iter().map(ToString::to_string).collect()
    }
}

/// The objects of manifests.
pub fn objects(manifests: &str) -> Vec<Object> {
    let documents: Vec<serde_json::Value> =
        serde_saphyr::from_multiple(manifests).unwrap_or_else(|error| panic!("{error}\n{manifests}"));
    let read = |value: &serde_json::Value| {
        decode::manifest(value).unwrap_or_else(|error| panic!("{error}: {value}"))
    };
    documents.iter().filter(|value| !value.is_null()).filter_map(read).collect()
}
