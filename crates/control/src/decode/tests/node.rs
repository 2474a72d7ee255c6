use super::*;
use crate::resource::{Labels, Node};

fn node(value: Value) -> Node {
    match resource(Kind::Node, &value) {
        Ok(Some(Resource::Node(node))) => node,
        other => panic!("{value}: {other:?}"),
    }
}

fn annotated(annotations: &[(&str, &str)]) -> Node {
    let annotations: serde_json::Map<_, _> =
        annotations.iter().map(|(k, v)| (format!("projectcalico.org/{k}"), json!(v))).collect();
    node(json!({"metadata": {"name": "n", "annotations": annotations}}))
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

#[test]
fn every_annotation() {
    let value = json!({
        "kind": "Node", "apiVersion": "v1",
        "metadata": {"name": "n", "labels": {"a": "kubernetes", "b": "2"}, "annotations": {
            "projectcalico.org/IPv4Address": "10.0.0.5/24",
            "projectcalico.org/IPv6Address": "fd00::5/64",
            "projectcalico.org/ASNumber": "1.1",
            "projectcalico.org/RouteReflectorClusterID": "244.0.0.1",
            "projectcalico.org/IPv4IPIPTunnelAddr": "10.1.0.1",
            "projectcalico.org/IPv4WireguardInterfaceAddr": "10.1.0.2",
            "projectcalico.org/IPv6WireguardInterfaceAddr": "fd00:1::2",
            "projectcalico.org/labels": "{\"a\": \"calico\", \"c\": \"3\"}",
            "projectcalico.org/kube-labels": "{\"z\": \"0\"}",
            "example.org/other": {"of": ["any", "type"]},
        }},
        "spec": {"podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24", "fd00:2::/64"]},
    });
    let mut expected = Node {
        ipv4: Some(net("10.0.0.5/24")),
        ipv6: Some(net("fd00::5/64")),
        as_number: Some(65537),
        route_reflector_cluster_id: Some("244.0.0.1".into()),
        wireguard_ipv4: true,
        wireguard_key: false,
        wireguard_ipv6: true,
        // Those of Kubernetes are over Calico's own.
        labels: labels(&[("a", "kubernetes"), ("b", "2"), ("c", "3")]),
        pod_cidrs: vec![net("10.244.0.0/24"), net("fd00:2::/64")],
    };
    assert_eq!(node(value.clone()), expected);
    // Metadata alone.
    let partial = json!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": value["metadata"],
    });
    expected.pod_cidrs.clear();
    assert_eq!(node(partial), expected);
}

#[test]
fn invalid_annotations_count_as_absent() {
    for (name, value) in [
        ("IPv4Address", "10.0.0.5/33"),
        ("IPv4Address", "fd00::5/64"),
        ("IPv4Address", "0.0.0.0"),
        ("IPv4Address", ""),
        ("IPv6Address", "10.0.0.5/24"),
        ("IPv6Address", "none"),
        ("IPv6Address", "::ffff:10.0.0.5"),
        ("ASNumber", "4294967296"),
        ("ASNumber", "0"),
        ("ASNumber", "1.2.3"),
        ("RouteReflectorClusterID", "1"),
        ("RouteReflectorClusterID", "fd00::1"),
        ("IPv4WireguardInterfaceAddr", "yes"),
        ("IPv4WireguardInterfaceAddr", "fd00::1"),
        ("IPv6WireguardInterfaceAddr", "10.0.0.1"),
        ("labels", "{\"a\": 1}"),
        ("labels", "[]"),
        ("labels", "{"),
    ] {
        assert_eq!(annotated(&[(name, value)]), Node::default(), "{name} {value}");
    }
    for value in [json!({}), json!([1, {"a": 2}]), json!(true), json!(1.1), json!(-1), json!(null)] {
        let value = json!({"metadata": {"annotations": {"projectcalico.org/ASNumber": value}}});
        assert_eq!(node(value.clone()).as_number, None, "{value}");
    }
    let value = json!({"metadata": {"annotations": {"projectcalico.org/ASNumber": 64512}}});
    assert_eq!(node(value).as_number, Some(64512), "YAML's number");
}

#[test]
fn a_bare_address_is_its_own_subnet() {
    assert_eq!(annotated(&[("IPv4Address", "10.0.0.5")]).ipv4, Some(net("10.0.0.5/32")));
    assert_eq!(annotated(&[("IPv6Address", "fd00::5")]).ipv6, Some(net("fd00::5/128")));
}

#[test]
fn one_pod_cidr_makes_the_list() {
    let value = json!({"metadata": {}, "spec": {"podCIDR": "10.244.0.0/24"}});
    assert_eq!(node(value).pod_cidrs, [net("10.244.0.0/24")]);
    let value = json!({"spec": {"podCIDRs": ["x", "10.244.1.0/24"]}});
    assert_eq!(node(value).pod_cidrs, [net("10.244.1.0/24")]);
}

#[test]
fn calicos_own() {
    let value = json!({
        "kind": "Node", "apiVersion": "projectcalico.org/v3",
        "metadata": {"name": "n1", "labels": {"rack": "a", "master": true, "shelf": 3},
            "annotations": {"projectcalico.org/ASNumber": "1"}},
        "spec": {
            "bgp": {"ipv4Address": "10.0.0.5/24", "ipv6Address": "fd00::5/64", "asNumber": "64512",
                "ipv4IPIPTunnelAddr": "10.1.0.1", "routeReflectorClusterID": "any"},
            "wireguard": {"interfaceIPv4Address": "10.1.0.2", "interfaceIPv6Address": ""},
            "orchRefs": [{"nodeName": "n1", "orchestrator": "k8s"}],
        },
        "status": {"podCIDRs": ["10.244.0.0/24"], "wireguardPublicKey": "key"},
    });
    let expected = Node {
        ipv4: Some(net("10.0.0.5/24")),
        ipv6: Some(net("fd00::5/64")),
        as_number: Some(64512),
        route_reflector_cluster_id: Some("any".into()),
        wireguard_ipv4: true,
        wireguard_key: false,
        wireguard_ipv6: false,
        labels: labels(&[("rack", "a"), ("master", "true"), ("shelf", "3")]),
        pod_cidrs: vec![net("10.244.0.0/24")],
    };
    assert_eq!(node(value), expected);
    // By `spec.bgp` alone.
    assert_eq!(node(json!({"spec": {"bgp": {"asNumber": 5}}})).as_number, Some(5));
    // Without it, it is there with its labels.
    let value = json!({"apiVersion": "projectcalico.org/v3", "metadata": {"labels": {"a": "b"}}, "spec": {}});
    assert_eq!(node(value), Node { labels: labels(&[("a", "b")]), ..Node::default() });
    // An address that is none is none; the labels stay.
    let value = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"bgp": {"ipv4Address": "x"}}});
    assert_eq!(node(value), Node { labels: labels(&[("a", "b")]), ..Node::default() });
}

#[test]
fn wrong_types_are_refused() {
    are_refused(
        Kind::Node,
        &[
            (json!({"bgp": {"asNumber": []}}), "spec.bgp.asNumber: invalid type: sequence"),
            (json!({"bgp": {"asNumber": 1.1}}), "spec.bgp.asNumber: 1.1 "),
            (json!({"bgp": {"asNumber": -1}}), "spec.bgp.asNumber: invalid type: integer `-1`"),
            (json!({"bgp": {"asNumber": 4_294_967_296_u64}}), "spec.bgp.asNumber: invalid value"),
            (json!({"bgp": ["10.0.0.1"]}), "spec.bgp: invalid type: sequence"),
            (
                json!({"bgp": {"routeReflectorClusterID": {}}}),
                "spec.bgp.routeReflectorClusterID: invalid type",
            ),
            (json!({"podCIDRs": "10.0.0.0/8"}), "spec.podCIDRs: invalid type"),
        ],
    );
    let value = json!({"metadata": {"labels": {"a": {}}}});
    assert!(
        resource(Kind::Node, &value).is_err_and(|e| e.starts_with("metadata.labels.a: invalid type: map"))
    );
}
