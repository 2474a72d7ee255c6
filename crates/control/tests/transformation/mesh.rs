//! The node-to-node mesh, and what every session has.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::common::{Node, THREE_NODES, settings};
use godwit_config::{GatewayMode, GracefulRestartMode, NeighborAs, RouterId};
use godwit_control::settings::{Release, RouterIdSetting};
use godwit_control::{Fidelity, Kind};

#[test]
fn every_other_node_is_a_peer_in_each_family_both_have() {
    let node = Node::new("");
    assert_eq!(node.sessions(), ["Mesh_10_0_0_10", "Mesh_10_0_0_3", "Mesh_fd00__3"]);
    assert_eq!(node.problems(), [""; 0]);
}

/// Trap 1.
#[test]
fn the_side_with_the_smaller_text_marks_the_other_as_passive() {
    let node = Node::new("");
    assert!(node.bgp("Mesh_10_0_0_3").passive);
    assert!(!node.bgp("Mesh_10_0_0_10").passive, "10.0.0.10 is less than 10.0.0.2 as text");
}

/// Trap 2, and the table of what every session has.
#[test]
fn a_session_is_multihop_and_recursive() {
    let node = Node::new("");
    let bgp = node.bgp("Mesh_10_0_0_3");
    assert_eq!(bgp.multihop, Some(64));
    assert!(!bgp.ttl_security);
    assert_eq!((bgp.local_as, bgp.neighbor_as), (64512, NeighborAs::Number(64512)));
    assert_eq!(bgp.local_address, "10.0.0.2".parse().ok());
    assert_eq!(bgp.connect_delay, Some(Duration::from_secs(2)));
    assert_eq!(bgp.connect_retry, Duration::from_secs(5));
    assert_eq!(bgp.error_wait, (Duration::from_secs(5), Duration::from_secs(30)));
    assert_eq!(bgp.graceful_restart, GracefulRestartMode::On);
    assert_eq!(bgp.graceful_restart_time_secs, 120);
    let protocol = node.protocol("Mesh_10_0_0_3");
    let channel = protocol.channels.first().expect("a channel");
    assert_eq!(channel.bgp.gateway, GatewayMode::Recursive);
    assert_eq!(channel.bgp.add_paths, (true, true));
    assert_eq!(channel.table, "master");
}

#[test]
fn before_3_33_external_sessions_of_the_mesh_are_direct() {
    let other_as = "
kind: Node
apiVersion: projectcalico.org/v3
metadata: {name: node-b}
spec: {bgp: {ipv4Address: 10.0.0.3/24, asNumber: 65001}}
";
    let hops = |release| Node::exact(release, other_as).bgp("Mesh_10_0_0_3").multihop;
    assert_eq!(hops(Release::V3_32), None);
    assert_eq!(hops(Release::V3_33), Some(64));
}

/// Trap 13.
#[test]
fn a_node_without_an_as_has_the_clusters_not_ours() {
    let ours_differs = "
kind: Node
apiVersion: projectcalico.org/v3
metadata: {name: node-a}
spec: {bgp: {ipv4Address: 10.0.0.2/24, asNumber: 65009}}
";
    let number = |node: &Node| node.bgp("Mesh_10_0_0_3").neighbor_as;
    assert_eq!(number(&Node::new(ours_differs)), NeighborAs::Number(64512));
    assert_eq!(number(&Node::exact(Release::V3_32, ours_differs)), NeighborAs::Number(65009));
    assert_eq!(number(&Node::exact(Release::V3_31, ours_differs)), NeighborAs::Number(64512));
}

/// Trap 24.
#[test]
fn as_numbers_may_be_written_with_a_dot() {
    let dotted = "
kind: BGPConfiguration
apiVersion: projectcalico.org/v3
metadata: {name: default}
spec: {asNumber: '1.10'}
";
    assert_eq!(Node::new(dotted).bgp("Mesh_10_0_0_3").local_as, 65546);
}

/// Trap 12.
#[test]
fn a_route_reflector_is_out_of_the_mesh() {
    let reflector = |name: &str, address: &str| {
        format!(
            "{{kind: Node, apiVersion: projectcalico.org/v3, metadata: {{name: {name}}},
              spec: {{bgp: {{ipv4Address: {address}/24, routeReflectorClusterID: 244.0.0.1}}}}}}"
        )
    };
    assert_eq!(Node::new(&reflector("node-a", "10.0.0.2")).sessions(), [""; 0]);
    assert_eq!(Node::new(&reflector("node-c", "10.0.0.10")).sessions(), ["Mesh_10_0_0_3", "Mesh_fd00__3"]);
}

#[test]
fn the_mesh_can_be_off_and_on_again() {
    let mesh = |on| {
        format!(
            "{{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {{name: default}},
              spec: {{nodeToNodeMeshEnabled: {on}}}}}"
        )
    };
    let mut node = Node::new(&mesh(false));
    assert_eq!(node.sessions(), [""; 0]);
    node.apply(&mesh(true));
    assert_eq!(node.sessions().len(), 3);
}

#[test]
fn the_mesh_has_its_password_port_and_restart_time() {
    let mut node = Node::new(
        "
kind: BGPConfiguration
apiVersion: projectcalico.org/v3
metadata: {name: default}
spec:
  listenPort: 1790
  nodeMeshMaxRestartTime: 1m30s
  nodeMeshPassword: {secretKeyRef: {name: bgp, key: mesh}}
---
kind: BGPConfiguration
apiVersion: projectcalico.org/v3
metadata: {name: node.node-c}
spec: {listenPort: 1791}
",
    );
    // Trap 16 is for other peers: the port is not in the name of a mesh peer.
    let held = node.protocol("Mesh_10_0_0_3").held.clone();
    assert_eq!(held.as_deref(), Some("secret kube-system/bgp is not there, or may not be read"));
    node.apply("{kind: Secret, apiVersion: v1, metadata: {name: bgp, namespace: kube-system}, stringData: {mesh: x1}}");
    let bgp = node.bgp("Mesh_10_0_0_3");
    assert_eq!(bgp.neighbor_port, 1790);
    assert_eq!(node.bgp("Mesh_10_0_0_10").neighbor_port, 1791);
    assert_eq!(bgp.graceful_restart_time_secs, 90);
    assert_eq!(bgp.password.as_ref().map(godwit_config::Password::octets), Some(&b"x1"[..]));
    assert_eq!(node.v4().listen.as_ref().map(|l| (l.address, l.port)), Some((None, 1790)));
}

#[test]
fn whoever_has_our_address_is_nobody_to_talk_to() {
    let twin = "
kind: Node
apiVersion: projectcalico.org/v3
metadata: {name: twin}
spec: {bgp: {ipv4Address: 10.0.0.2/24}}
";
    assert_eq!(Node::new(twin).sessions().len(), 3);
}

#[test]
fn two_nodes_with_one_address_are_one_peer_and_are_told_of() {
    let twin = "
kind: Node
apiVersion: projectcalico.org/v3
metadata: {name: node-z}
spec: {bgp: {ipv4Address: 10.0.0.3/24}}
";
    let node = Node::new(twin);
    assert_eq!(node.sessions().len(), 3);
    assert_eq!(node.problems(), ["Node node-z has no effect: Node node-b has its address 10.0.0.3"]);
}

#[test]
fn nodes_join_leave_and_move() {
    let mut node = Node::new("");
    let before = node.protocol("Mesh_10_0_0_10").clone();
    node.apply(
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-d}, spec: {bgp: {ipv4Address: 10.0.0.4/24}}}",
    );
    assert!(node.sessions().contains(&"Mesh_10_0_0_4"));
    node.apply(
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-d}, spec: {bgp: {ipv4Address: 10.0.0.5/24}}}",
    );
    assert!(!node.sessions().contains(&"Mesh_10_0_0_4"));
    assert!(node.sessions().contains(&"Mesh_10_0_0_5"));
    node.delete(Kind::Node, "node-d");
    assert_eq!(node.sessions().len(), 3);
    assert!(std::sync::Arc::ptr_eq(&before, node.protocol("Mesh_10_0_0_10")), "nobody else is touched");
}

/// Trap 21.
#[test]
fn the_router_id_of_ipv6_is_that_of_ipv4() {
    let node = Node::new("");
    let id = Some(RouterId::Fixed(Ipv4Addr::new(10, 0, 0, 2)));
    assert_eq!((&node.v4().router_id, &node.v6().router_id), (&id, &id));
}

#[test]
fn a_node_of_ipv6_only_has_the_hash_of_its_name() {
    let only = "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a}, spec: {bgp: {ipv6Address: 'fd00::2/64'}}}";
    let node = Node::new(only);
    let id = godwit_control::hash_id("node-a");
    assert_eq!(node.v6().router_id, Some(RouterId::Fixed(id)));
    assert_eq!(node.sessions(), ["Mesh_fd00__3"]);
    let said =
        format!("Node node-a has no IPv4 address: the router id is {id}, as with CALICO_ROUTER_ID=hash");
    assert_eq!(node.problems(), [said]);
}

#[test]
fn the_router_id_can_be_told() {
    let of = |router_id| {
        let settings = godwit_control::settings::NodeSettings { router_id, ..settings(Release::V3_33) };
        Node::of(settings, Fidelity::Godwit, &[THREE_NODES]).v4().router_id.clone()
    };
    assert_eq!(
        of(RouterIdSetting::Fixed(Ipv4Addr::new(9, 9, 9, 9))),
        Some(RouterId::Fixed(Ipv4Addr::new(9, 9, 9, 9)))
    );
    assert_eq!(of(RouterIdSetting::Hash), Some(RouterId::Fixed(godwit_control::hash_id("node-a"))));
}

/// Trap 27.
#[test]
fn nothing_is_computed_before_everything_is_listed_and_our_node_is_there() {
    let mut node = Node::of(settings(Release::V3_33), Fidelity::Godwit, &[]);
    assert!(node.compiler.compute().is_none());
    node.apply(THREE_NODES);
    assert!(node.compiler.current().is_some());
    node.delete(Kind::Node, "node-a");
    assert_eq!(node.sessions().len(), 3, "what runs goes on");
}
