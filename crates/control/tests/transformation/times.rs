//! Hold and keepalive times, which are godwit's own.

use crate::common::{Node, THREE_NODES, settings};
use godwit_control::settings::Release;
use godwit_control::{Fidelity, Kind};

fn configuration(name: &str, annotations: &str) -> String {
    format!(
        "
apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec: {{}}
---
"
    )
}

fn peer(annotations: &str, spec: &str) -> String {
    format!(
        "
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata: {{name: tor, annotations: {{{annotations}}}}}
spec: {{{spec}}}
---
"
    )
}

const TOR: &str = "peerIP: 192.0.2.1, asNumber: 65001";
const GLOBAL: &str = "Global_192_0_2_1";
const MESH: &str = "Mesh_10_0_0_3";

/// Hold and keepalive time.
fn times(node: &Node, name: &str) -> (u16, Option<u16>) {
    let bgp = node.bgp(name);
    (bgp.hold_time_secs, bgp.keepalive_time_secs)
}

#[test]
fn the_mesh_and_a_peer_have_their_own() {
    let node = Node::new(&(configuration("default", "godwit/hold-time: 9s") + &peer("", TOR)));
    for name in [MESH, "Mesh_fd00__3", "Mesh_10_0_0_10"] {
        assert_eq!(times(&node, name), (9, None));
    }
    assert_eq!(times(&node, GLOBAL), (240, None), "the mesh's times are the mesh's");
    assert_eq!(node.bgp(MESH).startup_hold_time_secs, 240);

    let node = Node::new(&peer("godwit/hold-time: '12', godwit/keepalive-time: 4s", TOR));
    assert_eq!(times(&node, GLOBAL), (12, Some(4)));
    assert_eq!(times(&node, MESH), (240, None));
    assert_eq!(node.problems(), [""; 0]);
}

#[test]
fn the_other_side_of_a_peering_has_them_too() {
    let node = Node::new(&peer("godwit/hold-time: 6s", "node: node-b, peerSelector: rack == 'r1'"));
    assert_eq!(times(&node, "Node_10_0_0_3").0, 6);
}

#[test]
fn the_node_goes_before_the_cluster_and_that_before_the_settings() {
    let with = |manifests: &str| {
        let mut settings = settings(Release::V3_33);
        settings.mesh_hold_time_secs = Some(30);
        Node::of(settings, Fidelity::Godwit, &[THREE_NODES, manifests])
    };
    let cluster = configuration("default", "godwit/hold-time: 1m, godwit/keepalive-time: 5s");
    let own = configuration("node.node-a", "godwit/hold-time: 9");
    let other = configuration("node.node-b", "godwit/hold-time: 3s");
    assert_eq!(times(&with(""), MESH), (30, None));
    assert_eq!(times(&with(&cluster), MESH), (60, Some(5)));
    assert_eq!(times(&with(&(cluster.clone() + &own)), MESH), (9, Some(5)));
    // Both ends of a session take the lesser time: the other node says its own.
    assert_eq!(times(&with(&(cluster + &other)), MESH), (60, Some(5)));
}

#[test]
fn changes_are_followed() {
    let mut node = Node::new("");
    node.apply(&configuration("default", "godwit/hold-time: 9s"));
    assert_eq!(times(&node, MESH).0, 9);
    node.apply(&peer("godwit/hold-time: 9s", TOR));
    assert_eq!(times(&node, GLOBAL).0, 9);
    node.apply(&peer("", TOR));
    assert_eq!(times(&node, GLOBAL).0, 240);
    node.delete(Kind::BgpConfiguration, "default");
    assert_eq!(times(&node, MESH).0, 240);
}

#[test]
fn what_calicoctl_wraps_is_read_too() {
    let wrapped = r#"projectcalico.org/metadata: '{"annotations":{"godwit/hold-time":"9s"}}'"#;
    let node = Node::new(&(configuration("default", wrapped) + &peer(wrapped, TOR)));
    assert_eq!((times(&node, MESH).0, times(&node, GLOBAL).0), (9, 9));
}

#[test]
fn a_bad_value_is_said_and_ignored() {
    for bad in ["'2'", "2s", "fast", "70000", "9500ms", "-9s", "''", "'[9]'"] {
        let bad = format!("godwit/hold-time: {bad}, godwit/keepalive-time: 0s");
        let node = Node::new(&(configuration("default", &bad) + &peer(&bad, TOR)));
        assert_eq!((times(&node, MESH), times(&node, GLOBAL)), ((240, None), (240, None)), "{bad}");
        let problems = node.problems();
        assert_eq!(problems.len(), 4, "{problems:?}");
        let said =
            |start: &str, what: &str| problems.iter().any(|p| p.starts_with(start) && p.contains(what));
        assert!(
            said("BGPConfiguration default has godwit/hold-time", "expected 3s to 65535s, or 0"),
            "{problems:?}"
        );
        assert!(said("BGPPeer tor has godwit/keepalive-time", "expected 1s to 65535s"), "{problems:?}");
    }
    assert_eq!(times(&Node::new(&peer("godwit/hold-time: 0", TOR)), GLOBAL), (0, None));
}

#[test]
fn keepalives_are_sent_before_the_hold_time_is_over() {
    let node = Node::new(&peer("godwit/hold-time: 9s", &format!("{TOR}, keepaliveTime: 30s")));
    assert_eq!(times(&node, GLOBAL), (9, None), "a third");
    assert_eq!(
        node.problems(),
        [
            "BGPPeer tor has a keepalive time of 30 s, which is ignored: it must be less than the hold time, 9 s"
        ]
    );
    let node = Node::new(&peer("godwit/keepalive-time: 5s", &format!("{TOR}, keepaliveTime: 30s")));
    assert_eq!(times(&node, GLOBAL), (240, Some(5)));
    // What Calico takes without our annotations is taken.
    let node = Node::new(&peer("", &format!("{TOR}, keepaliveTime: 300s")));
    assert_eq!((times(&node, GLOBAL), node.problems().len()), ((240, Some(300)), 0));
    let node = Node::new(&configuration("default", "godwit/keepalive-time: 300s"));
    assert_eq!((times(&node, MESH), node.problems().len()), ((240, None), 1));
}

/// A comparison with confd's files finds nothing of it.
#[test]
fn calico_knows_nothing_of_them() {
    let all = "godwit/hold-time: 9s, godwit/keepalive-time: 2s";
    let bad = configuration("node.node-a", "godwit/hold-time: x");
    let manifests = configuration("default", all) + &bad + &peer(all, TOR);
    let node = Node::exact(Release::V3_33, &manifests);
    assert_eq!((times(&node, MESH), times(&node, GLOBAL)), ((240, None), (240, None)));
    assert_eq!(node.problems(), [""; 0]);
}
