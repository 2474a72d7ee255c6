//! A change, followed as far as it reaches, ends where computing everything anew does.

use godwit_control::settings::Release;
use godwit_control::{Compiler, Fidelity, Id, Kind, Object, Scope, Update};
use proptest::prelude::*;

use crate::common::{Node, OWN, objects, settings};

/// Objects that depend on each other, each in several versions.
const UNIVERSE: &[&[&str]] = &[
    &[
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a, labels: {rack: r1}}, spec: {bgp: {ipv4Address: 10.0.0.2/24, ipv6Address: 'fd00::2/64'}}}",
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a, labels: {rack: r2}}, spec: {bgp: {ipv4Address: 10.0.0.2/24, asNumber: 65009}}}",
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a, labels: {rr: 'yes'}}, spec: {bgp: {ipv4Address: 10.0.0.9/24, routeReflectorClusterID: 1.1.1.1}}}",
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a}, spec: {bgp: {ipv4Address: 10.0.0.2/24}, wireguard: {interfaceIPv4Address: 10.9.0.1}}}",
    ],
    &[
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-b, labels: {rack: r1}}, spec: {bgp: {ipv4Address: 10.0.0.3/24, ipv6Address: 'fd00::3/64'}}}",
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-b, labels: {rack: r2}}, spec: {bgp: {ipv4Address: 10.0.0.2/24}}}",
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-b}, spec: {}}",
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-b, labels: {rr: 'yes'}}, spec: {bgp: {ipv4Address: 10.0.0.3/24, routeReflectorClusterID: 1.1.1.1}, wireguard: {interfaceIPv4Address: 10.9.0.2}}}",
    ],
    &[
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-c, labels: {rack: r2}}, spec: {bgp: {ipv4Address: 10.0.0.10/24, asNumber: 65001}}}",
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-c, labels: {rack: r1}}, spec: {bgp: {ipv4Address: 10.0.0.3/24}}}",
    ],
    &[
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: default}, spec: {listenPort: 1790, serviceClusterIPs: [{cidr: 10.96.0.0/16}]}}",
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: default}, spec: {nodeToNodeMeshEnabled: false, asNumber: 65001}}",
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: default}, spec: {nodeMeshPassword: {secretKeyRef: {name: s, key: k}}, prefixAdvertisements: [{cidr: 172.16.0.0/16, communities: ['1:2']}]}}",
    ],
    &[
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: node.node-b}, spec: {listenPort: 1799}}",
    ],
    &[
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: node.node-a}, spec: {listenPort: 1798, logSeverityScreen: Debug}}",
    ],
    &[
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: p1}, spec: {peerIP: 10.0.0.3, asNumber: 64512, filters: [f]}}",
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: p1}, spec: {node: node-b, peerIP: 10.0.0.2, asNumber: 64512}}",
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: p1}, spec: {peerSelector: 'has(rack)'}}",
    ],
    &[
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: p2}, spec: {nodeSelector: \"rack == 'r1'\", peerSelector: \"rack == 'r2'\", password: {secretKeyRef: {name: s, key: k}}}}",
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: p2}, spec: {nodeSelector: '!has(rr)', peerSelector: has(rr), filters: [f, g]}}",
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: p2}, spec: {peerIP: 192.0.2.1, asNumber: 65001, reachableBy: 10.0.0.1}}",
    ],
    &[
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: p3}, spec: {node: node-a, peerIP: '10.0.0.3:1790', asNumber: 64512}}",
    ],
    &[
        "{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {name: f}, spec: {exportV4: [{action: Reject, cidr: 172.16.1.0/24, matchOperator: In}]}}",
        "{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {name: f}, spec: {importV4: [{action: Accept, peerType: eBGP}], exportV6: [{action: Reject}]}}",
    ],
    &[
        "{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {name: g}, spec: {importV4: [{action: Reject}]}}",
    ],
    &[
        "{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: a}, spec: {cidr: 172.16.0.0/16}}",
        "{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: a}, spec: {cidr: 172.16.0.0/16, vxlanMode: Always, disableBGPExport: true}}",
    ],
    &[
        "{kind: IPPool, apiVersion: projectcalico.org/v3, metadata: {name: b}, spec: {cidr: 172.16.0.0/16, ipipMode: Always}}",
    ],
    &[
        "{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b1}, spec: {node: node-a, cidr: 172.16.1.0/26, state: confirmed}}",
        "{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b1}, spec: {node: node-a, cidr: 172.16.1.0/26, state: pendingDeletion}}",
        "{kind: BlockAffinity, apiVersion: projectcalico.org/v3, metadata: {name: b1}, spec: {node: node-b, cidr: 172.16.1.0/26, state: confirmed}}",
    ],
    &[
        "{kind: Service, apiVersion: v1, metadata: {name: s}, spec: {type: LoadBalancer, clusterIP: 10.96.0.5, externalTrafficPolicy: Local}}",
        "{kind: Service, apiVersion: v1, metadata: {name: s}, spec: {type: ClusterIP, clusterIP: None}}",
    ],
    &[
        "{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, addressType: IPv4, metadata: {name: s1, labels: {kubernetes.io/service-name: s}}, endpoints: [{addresses: [1.1.1.1], nodeName: node-a}]}",
        "{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, addressType: IPv4, metadata: {name: s1, labels: {kubernetes.io/service-name: t}}, endpoints: [{addresses: [1.1.1.1], nodeName: node-a}]}",
        "{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, addressType: IPv4, metadata: {name: s1, labels: {kubernetes.io/service-name: s}}, endpoints: [{addresses: [1.1.1.1], nodeName: node-b}]}",
    ],
    &[
        "{kind: Secret, apiVersion: v1, metadata: {name: s, namespace: kube-system}, stringData: {k: one}}",
        "{kind: Secret, apiVersion: v1, metadata: {name: s, namespace: kube-system}, stringData: {other: two}}",
    ],
];

/// The object of the universe in a version.
fn object(which: usize, version: usize) -> Object {
    let versions = UNIVERSE.get(which % UNIVERSE.len()).expect("in range");
    let text = versions.get(version % versions.len()).expect("in range");
    objects(text).pop().expect("an object")
}

fn empty() -> Compiler {
    Node::of(settings(Release::V3_33), Fidelity::Godwit, &[]).compiler
}

/// What computing everything from these objects gives.
fn anew(state: &std::collections::BTreeMap<Id, Object>) -> Compiler {
    let mut compiler = Compiler::new(settings(Release::V3_33), Fidelity::Godwit, true);
    for kind in Kind::ALL {
        let objects = state.values().filter(|o| o.id.kind == kind).cloned().collect();
        compiler.apply(Update::Listed { scope: Scope::Kind(kind), objects });
    }
    compiler.compute();
    compiler
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Steps are (object, version, is it deleted, is it computed now).
    #[test]
    fn any_batching_of_changes_ends_where_computing_anew_does(
        steps in proptest::collection::vec((0..UNIVERSE.len(), 0..4_usize, 0..5_u8, any::<bool>()), 1..60)
    ) {
        let mut compiler = empty();
        let mut state = std::collections::BTreeMap::new();
        // Our node is there to begin with, or nothing is.
        let own = object(0, 0);
        compiler.apply(Update::Changed(own.clone()));
        compiler.compute();
        state.insert(own.id.clone(), own);
        for (which, version, deleted, now) in steps {
            let object = object(which, version);
            if deleted == 0 && &*object.id.name != OWN {
                compiler.apply(Update::Deleted(object.id.clone()));
                state.remove(&object.id);
            } else {
                compiler.apply(Update::Changed(object.clone()));
                state.insert(object.id.clone(), object);
            }
            if now {
                compiler.compute();
            }
        }
        compiler.compute();
        let anew = anew(&state);
        let (now, all) = (compiler.current().expect("a configuration"), anew.current().expect("a configuration"));
        prop_assert_eq!(&now.ipv4, &all.ipv4);
        prop_assert_eq!(&now.ipv6, &all.ipv6);
        prop_assert_eq!(compiler.problems(), anew.problems());
        prop_assert_eq!(compiler.demand(), anew.demand());
    }

    /// The same objects in another order.
    #[test]
    fn the_order_of_objects_does_not_matter(order in Just((0..UNIVERSE.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let (mut one, mut other) = (empty(), empty());
        (0..UNIVERSE.len()).for_each(|which| one.apply(Update::Changed(object(which, 0))));
        for which in order {
            other.apply(Update::Changed(object(which, 0)));
            other.compute();
        }
        one.compute();
        prop_assert_eq!(one.current(), other.current());
    }
}

/// 200 nodes, 100 BGPPeers that name other nodes, one that selects a rack.
fn cluster() -> Node {
    let nodes = (3..203).map(|n| {
        format!(
            "---\n{{kind: Node, apiVersion: projectcalico.org/v3, metadata: {{name: n{n}, labels: {{rack: r{}}}}}, spec: {{bgp: {{ipv4Address: 10.0.1.{n}/16}}}}}}\n",
            n % 10
        )
    });
    let peers = (0..100).map(|n| {
        format!(
            "---\n{{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {{name: p{n}}}, spec: {{node: n{}, peerIP: 192.0.2.{n}, asNumber: 65001}}}}\n",
            n + 3
        )
    });
    let rack = "---\n{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: rack}, spec: {peerSelector: \"rack == 'r7'\"}}\n";
    Node::new(&format!("{}{}{rack}", nodes.collect::<String>(), peers.collect::<String>()))
}

#[test]
fn a_node_that_joins_is_one_protocol() {
    let mut node = cluster();
    let before = node.compiler.work();
    node.apply("{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: new}, spec: {bgp: {ipv4Address: 10.0.2.1/16}}}");
    let after = node.compiler.work();
    assert_eq!(after.nodes_examined - before.nodes_examined, 1);
    assert_eq!(after.peers_examined - before.peers_examined, 0, "no BGPPeer concerns it");
    assert_eq!(after.protocols_built - before.protocols_built, 1);
    assert_eq!(after.programs_compiled - before.programs_compiled, 0);
    assert_eq!(after.filters_compiled - before.filters_compiled, 0);
}

#[test]
fn a_label_moves_only_the_peers_that_select_by_it() {
    let mut node = cluster();
    let before = node.compiler.work();
    node.apply("{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: n4, labels: {rack: r7}}, spec: {bgp: {ipv4Address: 10.0.1.4/16}}}");
    let after = node.compiler.work();
    assert_eq!(after.peers_examined - before.peers_examined, 1);
    assert_eq!(after.protocols_built - before.protocols_built, 1);
}

#[test]
fn a_heartbeat_is_no_change() {
    let mut node = cluster();
    let before = (node.compiler.work(), node.compiler.current().cloned());
    node.apply("{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: n4, labels: {rack: r4}, resourceVersion: '77'}, spec: {bgp: {ipv4Address: 10.0.1.4/16}}}");
    assert_eq!(before, (node.compiler.work(), node.compiler.current().cloned()));
}

#[test]
fn an_endpoint_moves_one_service() {
    let mut node = Node::new(
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: default}, spec: {serviceClusterIPs: [{cidr: 10.96.0.0/16}]}}",
    );
    for n in 0..50 {
        node.apply(&format!("{{kind: Service, apiVersion: v1, metadata: {{name: s{n}}}, spec: {{type: NodePort, clusterIP: 10.96.1.{n}, externalTrafficPolicy: Local}}}}"));
    }
    let before = node.compiler.work();
    let session = node.protocol("Mesh_10_0_0_3").clone();
    node.apply("{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, addressType: IPv4, metadata: {name: x, labels: {kubernetes.io/service-name: s7}}, endpoints: [{addresses: [1.1.1.1], nodeName: node-b}]}");
    let after = node.compiler.work();
    assert_eq!(after.services_examined - before.services_examined, 1);
    assert_eq!(after.programs_compiled, before.programs_compiled, "an endpoint elsewhere moves nothing");
    assert!(std::sync::Arc::ptr_eq(&session, node.protocol("Mesh_10_0_0_3")));
}

#[test]
fn a_filter_that_changes_is_only_for_those_who_name_it() {
    let mut node = Node::new(
        "
{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: tor}, spec: {peerIP: 192.0.2.1, asNumber: 65001, filters: [f]}}
---
{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {name: f}, spec: {exportV4: [{action: Reject}]}}
",
    );
    let mesh = node.protocol("Mesh_10_0_0_3").clone();
    let tor = node.protocol("Global_192_0_2_1").clone();
    node.apply("{kind: BGPFilter, apiVersion: projectcalico.org/v3, metadata: {name: f}, spec: {exportV4: [{action: Accept}]}}");
    assert!(std::sync::Arc::ptr_eq(&mesh, node.protocol("Mesh_10_0_0_3")));
    assert!(!std::sync::Arc::ptr_eq(&tor, node.protocol("Global_192_0_2_1")));
}
