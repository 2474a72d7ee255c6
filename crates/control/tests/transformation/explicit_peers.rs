//! BGPPeers in all their forms.

use crate::common::Node;
use godwit_config::{Neighbor, NeighborAs, NextHopMode};
use godwit_control::settings::Release;
use godwit_control::{Family, Kind};

const MESH_OFF: &str = "
---
kind: BGPConfiguration
apiVersion: projectcalico.org/v3
metadata: {name: default}
spec: {nodeToNodeMeshEnabled: false}
---
";

/// A BGPPeer with a name and the rest of its spec as flow YAML.
fn peer(name: &str, spec: &str) -> String {
    format!(
        "---\n{{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {{name: {name}}}, spec: {{{spec}}}}}\n"
    )
}

/// A node without the mesh and with these BGPPeers.
fn node(peers: &[(&str, &str)]) -> Node {
    let peers: String = peers.iter().map(|(name, spec)| peer(name, spec)).collect();
    Node::new(&format!("{MESH_OFF}{peers}"))
}

fn reflector(name: &str, address: &str, cluster_id: &str) -> String {
    format!(
        "---\n{{kind: Node, apiVersion: projectcalico.org/v3, metadata: {{name: {name}, labels: {{rr: 'yes'}}}},
          spec: {{bgp: {{ipv4Address: {address}/24, routeReflectorClusterID: {cluster_id}}}}}}}\n"
    )
}

#[test]
fn a_global_peer_is_everyones() {
    let node = node(&[("tor", "peerIP: 192.0.2.1, asNumber: 65001")]);
    assert_eq!(node.sessions(), ["Global_192_0_2_1"]);
    let bgp = node.bgp("Global_192_0_2_1");
    assert_eq!((bgp.local_as, bgp.neighbor_as), (64512, NeighborAs::Number(65001)));
    assert_eq!(bgp.local_address, "10.0.0.2".parse().ok());
    assert_eq!(bgp.multihop, Some(64));
    assert!(!bgp.passive);
}

#[test]
fn a_peer_of_one_node_or_of_matching_nodes_is_only_theirs() {
    let node = node(&[
        ("a", "node: node-a, peerIP: 192.0.2.1, asNumber: 65001"),
        ("b", "node: node-b, peerIP: 192.0.2.2, asNumber: 65001"),
        ("c", "nodeSelector: \"rack == 'r1'\", peerIP: 192.0.2.3, asNumber: 65001"),
        ("d", "nodeSelector: \"rack == 'r2'\", peerIP: 192.0.2.4, asNumber: 65001"),
    ]);
    assert_eq!(node.sessions(), ["Node_192_0_2_1", "Node_192_0_2_3"]);
}

#[test]
fn ports_are_in_names() {
    let node = node(&[
        ("a", "peerIP: '192.0.2.1:1179', asNumber: 65001"),
        ("b", "peerIP: '[2001:db8::1]:1180', asNumber: 65001"),
    ]);
    assert_eq!(node.sessions(), ["Global_192_0_2_1_port_1179", "Global_2001_db8__1_port_1180"]);
    assert_eq!(node.bgp("Global_192_0_2_1_port_1179").neighbor_port, 1179);
}

/// Trap 16.
#[test]
fn a_port_inherited_from_a_node_is_in_the_name() {
    let mut node = node(&[("b", "peerIP: 10.0.0.3, asNumber: 64512")]);
    assert_eq!(node.sessions(), ["Global_10_0_0_3"]);
    node.apply(
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: node.node-b}, spec: {listenPort: 1790}}",
    );
    assert_eq!(node.sessions(), ["Global_10_0_0_3_port_1790"]);
}

#[test]
fn a_port_is_not_inherited_from_a_node_of_another_as() {
    let mut node = node(&[("b", "peerIP: 10.0.0.3, asNumber: 65001")]);
    node.apply(
        "{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {name: node.node-b}, spec: {listenPort: 1790}}",
    );
    assert_eq!(node.sessions(), ["Global_10_0_0_3"]);
}

#[test]
fn a_global_peer_that_is_a_node_may_be_passive_and_one_of_nodes_never_is() {
    let global = node(&[("b", "peerIP: 10.0.0.3, asNumber: 64512")]);
    assert!(global.bgp("Global_10_0_0_3").passive);
    let of_node = node(&[("b", "node: node-a, peerIP: 10.0.0.3, asNumber: 64512")]);
    assert!(!of_node.bgp("Node_10_0_0_3").passive);
    let selected = node(&[("b", "peerSelector: \"has(rack)\"")]);
    assert!(!selected.bgp("Global_10_0_0_3").passive, "those are not known to be nodes");
}

#[test]
fn selected_peers_are_the_matching_nodes_but_us() {
    let node = node(&[("all", "peerSelector: all()")]);
    assert_eq!(node.sessions(), ["Global_10_0_0_10", "Global_10_0_0_3", "Global_fd00__3"]);
}

/// Trap 14.
#[test]
fn local_as_numbers_do_nothing_with_a_selector() {
    let node = node(&[("all", "peerSelector: all(), localASNumber: 65009, numAllowedLocalASNumbers: 2")]);
    let bgp = node.bgp("Global_10_0_0_3");
    assert_eq!((bgp.local_as, bgp.allow_local_as), (64512, 0));
}

#[test]
fn options_of_a_peer() {
    let node = node(&[(
        "tor",
        "peerIP: 192.0.2.1, asNumber: 65001, localASNumber: 65009, numAllowedLocalASNumbers: 2, ttlSecurity: 1,
         keepaliveTime: 7s, maxRestartTime: 10s, sourceAddress: None, nextHopMode: Self",
    )]);
    let bgp = node.bgp("Global_192_0_2_1");
    assert_eq!((bgp.local_as, bgp.allow_local_as), (65009, 2));
    assert_eq!((bgp.ttl_security, bgp.multihop), (true, Some(1)));
    assert_eq!((bgp.keepalive_time_secs, bgp.graceful_restart_time_secs), (Some(7), 10));
    assert_eq!(bgp.local_address, None);
    let protocol = node.protocol("Global_192_0_2_1");
    let channel = protocol.channels.first().expect("a channel");
    assert_eq!(channel.bgp.next_hop_self, NextHopMode::All);
}

#[test]
fn what_a_release_does_not_have_is_not_done() {
    let manifest = format!(
        "{MESH_OFF}{}",
        peer("tor", "peerIP: 192.0.2.1, asNumber: 65001, localASNumber: 65009, keepaliveTime: 7s")
    );
    let bgp = |release| {
        let node = Node::exact(release, &manifest);
        let bgp = node.bgp("Global_192_0_2_1");
        (bgp.local_as, bgp.keepalive_time_secs)
    };
    assert_eq!(bgp(Release::V3_30), (64512, None));
    assert_eq!(bgp(Release::V3_31), (65009, None));
    assert_eq!(bgp(Release::V3_32), (65009, Some(7)));
}

#[test]
fn next_hops() {
    let keep = |spec: &str| {
        let node = node(&[("tor", spec)]);
        let name = (*node.sessions().first().expect("a session")).to_owned();

        node.protocol(&name).channels.first().expect("a channel").bgp.next_hop_keep
    };
    assert_eq!(keep("peerIP: 192.0.2.1, asNumber: 65001, keepOriginalNextHop: true"), Some(NextHopMode::All));
    assert_eq!(keep("peerIP: 192.0.2.1, asNumber: 64512, keepOriginalNextHop: true"), None, "internal");
    assert_eq!(
        keep("peerIP: 192.0.2.1, asNumber: 65001, keepOriginalNextHop: true, nextHopMode: Auto"),
        None
    );
    assert_eq!(keep("peerIP: 192.0.2.1, asNumber: 64512, nextHopMode: Keep"), Some(NextHopMode::All));
}

/// Trap 12.
#[test]
fn a_route_reflectors_internal_peers_are_clients_unless_they_share_its_cluster() {
    let rr = reflector("node-a", "10.0.0.2", "244.0.0.1");
    let same = reflector("node-b", "10.0.0.3", "244.0.0.1");
    let other = reflector("node-c", "10.0.0.10", "244.0.0.2");
    let peers =
        peer("selected", "peerSelector: has(rr)") + &peer("tor", "peerIP: 192.0.2.1, asNumber: 64512");
    let node = Node::new(&format!("{rr}{same}{other}{peers}"));
    let client = |name: &str| (node.bgp(name).rr_client, node.bgp(name).rr_cluster_id);
    let id = "244.0.0.1".parse().ok();
    assert_eq!(client("Global_10_0_0_3"), (false, None));
    assert_eq!(client("Global_10_0_0_10"), (true, id));
    assert_eq!(client("Global_192_0_2_1"), (true, id), "its cluster is not known");
}

/// Trap 15.
#[test]
fn a_global_peer_wins_and_then_the_lowest_name() {
    let node = node(&[
        ("z", "peerIP: 192.0.2.1, asNumber: 65003"),
        ("b", "node: node-a, peerIP: 192.0.2.1, asNumber: 65001"),
        ("v", "peerIP: '192.0.2.1:179', asNumber: 65002"),
    ]);
    assert_eq!(node.sessions(), ["Global_192_0_2_1_port_179"]);
    assert_eq!(
        node.problems(),
        [
            "BGPPeer b has no effect for 192.0.2.1: BGPPeer v names that neighbor too",
            "BGPPeer z has no effect for 192.0.2.1: BGPPeer v names that neighbor too",
        ]
    );
}

#[test]
fn a_peer_without_an_as_is_refused_alone() {
    let node = node(&[("bad", "peerIP: 192.0.2.1"), ("good", "peerIP: 192.0.2.2, asNumber: 65001")]);
    assert_eq!(node.sessions(), ["Global_192_0_2_2"]);
    assert_eq!(node.problems(), ["BGPPeer bad gives 192.0.2.1 no AS: asNumber is needed"]);
}

#[test]
fn our_own_address_is_no_peer() {
    assert_eq!(
        node(&[("us", "peerIP: 10.0.0.2, asNumber: 64512, reversePeering: Manual")]).sessions(),
        [""; 0]
    );
}

/// Trap 22.
#[test]
fn a_selector_that_does_not_parse_matches_nothing_and_is_told_of() {
    let node = node(&[("bad", "nodeSelector: 'rack ==', peerIP: 192.0.2.1, asNumber: 65001")]);
    assert_eq!(node.sessions(), [""; 0]);
    let problems = node.problems();
    assert!(
        problems.iter().any(|p| p.starts_with("BGPPeer bad spec.nodeSelector matches nothing: ")),
        "{problems:?}"
    );
}

#[test]
fn a_long_selector_is_too_long_from_3_33_on() {
    let long =
        format!("nodeSelector: \"rack != '{}'\", peerIP: 192.0.2.1, asNumber: 65001", "x".repeat(1100));
    let manifest = format!("{MESH_OFF}{}", peer("long", &long));
    assert_eq!(Node::exact(Release::V3_32, &manifest).sessions(), ["Node_192_0_2_1"]);
    assert_eq!(Node::exact(Release::V3_33, &manifest).sessions(), [""; 0]);
}

#[test]
fn one_object_peers_both_ends() {
    let rr = reflector("node-a", "10.0.0.2", "244.0.0.1");
    let peers = peer("to-rr", "nodeSelector: \"!has(rr)\", peerSelector: has(rr)");
    let node = Node::new(&format!("{MESH_OFF}{rr}{peers}"));
    assert_eq!(node.sessions(), ["Node_10_0_0_10", "Node_10_0_0_3"]);
    assert!(node.bgp("Node_10_0_0_3").rr_client);
}

#[test]
fn the_other_end_of_an_address_is_the_node_that_has_it() {
    let reversed = |spec: &str| {
        let node = node(&[("b", spec)]);
        node.sessions().iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(reversed("node: node-b, peerIP: 10.0.0.2, asNumber: 64512"), ["Node_10_0_0_3"]);
    assert_eq!(reversed("node: node-b, peerIP: 'fd00::2', asNumber: 64512"), ["Node_fd00__3"]);
    assert_eq!(reversed("node: node-b, peerIP: 10.0.0.2, asNumber: 65001"), [""; 0], "not our AS");
    assert_eq!(reversed("node: node-b, peerIP: 10.0.0.2, asNumber: 64512, reversePeering: Manual"), [""; 0]);
    assert_eq!(reversed("peerIP: 10.0.0.2, asNumber: 64512"), ["Node_10_0_0_10", "Node_10_0_0_3"]);
}

#[test]
fn a_reverse_peering_needs_the_port_we_listen_on() {
    let with_port = |listen: &str| {
        let mut node = node(&[("b", "node: node-b, peerIP: '10.0.0.2:1790', asNumber: 64512")]);
        if !listen.is_empty() {
            node.apply(&format!(
                "{{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {{name: node.node-a}}, spec: {{listenPort: {listen}}}}}"
            ));
        }
        node.sessions().len()
    };
    assert_eq!(with_port(""), 1, "nobody said which port");
    assert_eq!(with_port("1790"), 1);
    assert_eq!(with_port("1791"), 0);
}

#[test]
fn a_way_to_a_peer_is_a_static_route() {
    let node = node(&[("tor", "peerIP: 192.0.2.1, asNumber: 65001, reachableBy: 10.0.0.254")]);
    assert_eq!(node.static_routes(Family::V4), ["192.0.2.1/32"]);
    assert_eq!(node.static_routes(Family::V6), [""; 0]);
}

#[test]
fn workloads_of_our_node_are_peers_that_connect() {
    let mut node = node(&[("vms", "localWorkloadSelector: has(bgp), asNumber: 65100, localASNumber: 65099")]);
    assert_eq!(node.sessions(), [""; 0]);
    let status = serde_json::json!({
        "ifaceName": "cali1", "ipv4Nets": ["192.168.1.5/32"], "ipv6Nets": ["fd10::5/128"], "bgpPeerName": "vms"
    });
    let id = godwit_control::Id::new(Kind::EndpointStatus, "w1");
    let resource =
        godwit_control::decode::resource(Kind::EndpointStatus, &status).expect("good").expect("a peer");
    let object = godwit_control::Object { id, resource: Ok(resource) };
    node.compiler.apply(godwit_control::Update::Changed(object));
    node.compiler.compute();
    assert_eq!(node.sessions(), ["Local_Workload_192_168_1_5", "Local_Workload_fd10__5"]);
    let bgp = node.bgp("Local_Workload_192_168_1_5");
    assert!(bgp.passive);
    assert_eq!((bgp.local_as, bgp.local_address), (65099, None));
    assert_eq!(
        bgp.neighbor,
        Neighbor::Address { address: "192.168.1.5".parse().expect("address"), interface: None }
    );
    node.delete(Kind::EndpointStatus, "w1");
    assert_eq!(node.sessions(), [""; 0]);
}

/// Trap 17.
#[test]
fn a_password_that_is_not_there_holds_the_peer_down() {
    let spec = "peerIP: 192.0.2.1, asNumber: 65001, password: {secretKeyRef: {name: s, key: k}}";
    let mut node = node(&[("tor", spec), ("open", "peerIP: 192.0.2.2, asNumber: 65001")]);
    let secret = |data: &str| {
        format!(
            "{{kind: Secret, apiVersion: v1, metadata: {{name: s, namespace: kube-system}}, stringData: {{{data}}}}}"
        )
    };
    let held = |node: &Node| node.protocol("Global_192_0_2_1").held.clone();
    assert_eq!(held(&node).as_deref(), Some("secret kube-system/s is not there, or may not be read"));
    assert_eq!(
        node.problems(),
        ["BGPPeer tor is held down at 192.0.2.1: secret kube-system/s is not there, or may not be read"]
    );
    assert_eq!(node.compiler.demand().secrets.iter().map(|s| &**s).collect::<Vec<_>>(), ["s"]);
    let other = node.protocol("Global_192_0_2_2").clone();
    node.apply(&secret("other: x"));
    assert_eq!(held(&node).as_deref(), Some("secret kube-system/s has no key 'k'"));
    // The new line is part of it.
    node.apply(&secret("k: \"one\\n\""));
    assert_eq!(held(&node), None);
    assert_eq!(
        node.bgp("Global_192_0_2_1").password.as_ref().map(godwit_config::Password::octets),
        Some(&b"one\n"[..])
    );
    node.apply(&secret("k: two"));
    assert_eq!(
        node.bgp("Global_192_0_2_1").password.as_ref().map(godwit_config::Password::octets),
        Some(&b"two"[..])
    );
    node.delete(Kind::Secret, "s");
    assert!(held(&node).is_some());
    assert!(std::sync::Arc::ptr_eq(&other, node.protocol("Global_192_0_2_2")), "nobody else is touched");
}

#[test]
fn labels_move_peers() {
    let mut node = node(&[("racks", "nodeSelector: \"rack == 'r1'\", peerSelector: \"rack == 'r2'\"")]);
    assert_eq!(node.sessions(), ["Node_10_0_0_10"]);
    node.apply(
        "{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a, labels: {rack: r2}},
          spec: {bgp: {ipv4Address: 10.0.0.2/24, ipv6Address: 'fd00::2/64'}}}",
    );
    // Now we are whom the others name.
    assert_eq!(node.sessions(), ["Node_10_0_0_3", "Node_fd00__3"]);
}
