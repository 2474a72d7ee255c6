use std::time::Duration;

use super::*;
use crate::Selector;
use crate::resource::{BgpPeer, NextHop, PeerAddress, SecretKey, SessionTimes};

fn peer(spec: Value) -> BgpPeer {
    match of_spec(Kind::BgpPeer, spec.clone()) {
        Ok(Some(Resource::BgpPeer(peer))) => *peer,
        other => panic!("{spec}: {other:?}"),
    }
}

#[test]
fn every_field() {
    let spec = json!({
        "node": "n1",
        "peerIP": "10.0.0.1:1790",
        "asNumber": 64512,
        "localASNumber": "1.1",
        "keepOriginalNextHop": true,
        "nextHopMode": "Keep",
        "password": {"secretKeyRef": {"name": "s", "key": "k"}},
        "sourceAddress": "None",
        "maxRestartTime": "1m30s",
        "keepaliveTime": "500ms",
        "numAllowedLocalASNumbers": 3,
        "ttlSecurity": 255,
        "reachableBy": "10.0.0.2",
        "filters": ["b", "a", ""],
        "reversePeering": "Manual",
        "failureDetection": {"bfd": true},
    });
    let expected = BgpPeer {
        node: Some("n1".into()),
        node_selector: None,
        peer_ip: Some(PeerAddress { ip: "10.0.0.1".parse().expect("an address"), port: Some(1790) }),
        peer_selector: None,
        local_workload_selector: None,
        as_number: Some(64512),
        local_as_number: Some(65537),
        keep_original_next_hop: true,
        next_hop: Some(NextHop::Keep),
        password: Some(SecretKey { name: "s".into(), key: "k".into() }),
        no_source_address: true,
        max_restart_time: Some(Duration::from_secs(90)),
        keepalive_time: Some(Duration::from_millis(500)),
        allowed_local_as: 3,
        ttl_security: 255,
        reachable_by: Some("10.0.0.2".parse().expect("an address")),
        filters: vec!["b".into(), "a".into()],
        no_reverse_peering: true,
        times: SessionTimes::default(),
    };
    assert_eq!(peer(spec), expected);
    let found = peer(json!({"nodeSelector": "has(a)", "peerSelector": "all()"}));
    assert_eq!(found.node_selector, Some(Selector::new("has(a)")));
    assert_eq!(found.peer_selector, Some(Selector::new("all()")));
    let found = peer(json!({"node": "n", "localWorkloadSelector": "bgp == 'yes'", "asNumber": "65001"}));
    assert_eq!(found.local_workload_selector.as_deref(), Some("bgp == 'yes'"));
    assert_eq!(found.as_number, Some(65001));
}

#[test]
fn what_is_empty_is_not_given() {
    let spec = json!({
        "node": "", "nodeSelector": "", "peerIP": "", "peerSelector": "", "localWorkloadSelector": "",
        "asNumber": 0, "localASNumber": 0, "nextHopMode": "", "sourceAddress": "", "reversePeering": "",
        "password": {}, "reachableBy": "", "filters": null, "ttlSecurity": 0, "maxRestartTime": null,
    });
    assert_eq!(peer(spec), BgpPeer::default());
    // An AS is missed later, by those who know what it is for.
    assert!(peer(json!({"peerIP": "10.0.0.1"})).as_number.is_none());
    // Blanks are a selector, of everything.
    assert!(peer(json!({"nodeSelector": " "})).node_selector.is_some());
}

#[test]
fn enumerations() {
    for (mode, expected) in
        [("Auto", Some(NextHop::Auto)), ("Self", Some(NextHop::ToSelf)), ("Keep", Some(NextHop::Keep))]
    {
        assert_eq!(peer(json!({"nextHopMode": mode})).next_hop, expected);
    }
    assert!(!peer(json!({"sourceAddress": "UseNodeIP"})).no_source_address);
    assert!(!peer(json!({"reversePeering": "Auto"})).no_reverse_peering);
}

#[test]
fn a_broken_selector_is_taken_and_matches_nothing() {
    let selector = peer(json!({"nodeSelector": "has("})).node_selector.expect("a selector");
    assert!(selector.error().is_some());
}

#[test]
fn a_gateway_is_for_an_address() {
    assert_eq!(peer(json!({"peerSelector": "all()", "reachableBy": "10.0.0.1"})).reachable_by, None);
    assert!(peer(json!({"peerIP": "fd00::1", "reachableBy": "fd00::2"})).reachable_by.is_some());
}

#[test]
fn what_is_refused() {
    are_refused(
        Kind::BgpPeer,
        &[
            (json!({"peerIP": "10.0.0.256"}), "spec.peerIP: \"10.0.0.256\" is no peer's address"),
            (json!({"peerIP": "10.0.0.1:0"}), "spec.peerIP: "),
            (json!({"peerIP": ["10.0.0.1"]}), "spec.peerIP: invalid type"),
            (json!({"asNumber": "4294967296"}), "spec.asNumber: "),
            (json!({"asNumber": true}), "spec.asNumber: invalid type"),
            (json!({"localASNumber": "x"}), "spec.localASNumber: "),
            (json!({"nextHopMode": "self"}), "spec.nextHopMode: "),
            (json!({"sourceAddress": "10.0.0.1"}), "spec.sourceAddress: "),
            (json!({"reversePeering": "Off"}), "spec.reversePeering: "),
            (json!({"reachableBy": "gateway"}), "spec.reachableBy: "),
            (json!({"peerIP": "10.0.0.1", "reachableBy": "fd00::1"}), "spec.reachableBy: "),
            (json!({"peerIP": "fd00::1", "reachableBy": "10.0.0.1"}), "spec.reachableBy: "),
            (json!({"node": "a", "nodeSelector": "all()"}), "spec.node and spec.nodeSelector "),
            (json!({"peerIP": "10.0.0.1", "peerSelector": "x"}), "spec.peerIP and spec.peerSelector "),
            (
                json!({"peerIP": "10.0.0.1", "localWorkloadSelector": "x"}),
                "spec.peerIP and spec.localWorkloadSelector ",
            ),
            (
                json!({"peerSelector": "x", "localWorkloadSelector": "x"}),
                "spec.peerSelector and spec.localWorkloadSelector ",
            ),
            (json!({"ttlSecurity": 256}), "spec.ttlSecurity: invalid value"),
            (json!({"ttlSecurity": -1}), "spec.ttlSecurity: invalid type"),
            (json!({"numAllowedLocalASNumbers": -1}), "spec.numAllowedLocalASNumbers: invalid type"),
            (json!({"maxRestartTime": "soon"}), "spec.maxRestartTime: "),
            (json!({"keepaliveTime": "10"}), "spec.keepaliveTime: "),
            (json!({"filters": "a"}), "spec.filters: invalid type"),
            (json!({"filters": ["a", []]}), "spec.filters[1]: invalid type"),
            (json!({"password": {"secretKeyRef": {}}}), "spec.password.secretKeyRef.name: "),
            (
                json!({"password": {"secretKeyRef": {"name": "s", "key": ""}}}),
                "spec.password.secretKeyRef.key: ",
            ),
            (json!({"password": {"secretKeyRef": ["s", "k"]}}), "spec.password.secretKeyRef: invalid type"),
        ],
    );
}
