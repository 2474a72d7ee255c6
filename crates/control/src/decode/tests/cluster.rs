//! Pools, blocks, services, endpoints, secrets, workloads.

use super::*;
use crate::Id;
use crate::resource::{
    AffinityState, BlockAffinity, Encapsulation, EndpointSlice, EndpointStatus, IpPool, Secret, Service,
    ServiceType, TrafficPolicy,
};

#[test]
fn pools() {
    let pool = |spec: Value| match of_spec(Kind::IpPool, spec.clone()) {
        Ok(Some(Resource::IpPool(pool))) => pool,
        other => panic!("{spec}: {other:?}"),
    };
    let plain = IpPool {
        cidr: net("10.0.0.0/16"),
        ipip: Encapsulation::Never,
        vxlan: Encapsulation::Never,
        disable_bgp_export: false,
    };
    assert_eq!(pool(json!({"cidr": "10.0.1.0/16", "disabled": true, "natOutgoing": true})), plain);
    let modes = json!({"cidr": "10.0.0.0/16", "ipipMode": "Always", "vxlanMode": "CrossSubnet",
        "disableBGPExport": true});
    assert_eq!(
        pool(modes),
        IpPool {
            ipip: Encapsulation::Always,
            vxlan: Encapsulation::CrossSubnet,
            disable_bgp_export: true,
            ..plain.clone()
        }
    );
    assert_eq!(pool(json!({"cidr": "10.0.0.0/16", "ipipMode": "always", "vxlanMode": ""})), plain);
    are_refused(
        Kind::IpPool,
        &[
            (json!({}), "spec.cidr: a pool is nothing without it"),
            (json!({"cidr": "10.0.0.0"}), "spec.cidr: "),
            (json!({"cidr": 10}), "spec.cidr: "),
            (json!({"cidr": "10.0.0.0/8", "disableBGPExport": []}), "spec.disableBGPExport: invalid type"),
        ],
    );
}

#[test]
fn affinities() {
    let block = |spec: Value| match of_spec(Kind::BlockAffinity, spec.clone()) {
        Ok(Some(Resource::BlockAffinity(block))) => Some(block),
        Ok(None) => None,
        other => panic!("{spec}: {other:?}"),
    };
    let expected = |state| Some(BlockAffinity { node: "n".into(), cidr: net("10.0.0.0/26"), state });
    for (more, state) in [
        (json!({}), Some(AffinityState::Implicit)),
        (json!({"state": ""}), Some(AffinityState::Implicit)),
        (json!({"state": "confirmed", "deleted": "false"}), Some(AffinityState::Confirmed)),
        (json!({"state": "pending", "deleted": false}), Some(AffinityState::Pending)),
        (json!({"state": "pendingDeletion", "deleted": ""}), Some(AffinityState::PendingDeletion)),
        (json!({"type": "host"}), Some(AffinityState::Implicit)),
        (json!({"type": ""}), Some(AffinityState::Implicit)),
        (json!({"type": "virtual"}), None),
        (json!({"type": "other"}), None),
        (json!({"deleted": "true"}), None),
        (json!({"deleted": true}), None),
    ] {
        let mut spec = json!({"node": "n", "cidr": "10.0.0.5/26"});
        for (field, value) in more.as_object().expect("fields") {
            spec[field] = value.clone();
        }
        assert_eq!(block(spec.clone()), state.and_then(expected), "{spec}");
    }
    assert_eq!(block(json!({"deleted": "true"})), None, "gone, so what it says is no matter");
    are_refused(
        Kind::BlockAffinity,
        &[
            (json!({"cidr": "10.0.0.0/26"}), "spec.node: "),
            (json!({"node": "n"}), "spec.cidr: "),
            (json!({"node": "n", "cidr": "x"}), "spec.cidr: "),
            (json!({"node": "n", "cidr": "10.0.0.0/26", "state": "maybe"}), "spec.state: "),
            (json!({"node": "n", "cidr": "10.0.0.0/26", "deleted": "maybe"}), "spec.deleted: "),
        ],
    );
}

#[test]
fn affinities_of_etcd() {
    let at = |rest: &str, value: &str| etcd_affinity(&format!("/calico/ipam/v2/{rest}"), value.as_bytes());
    let block = |node: &str, cidr: &str, state| {
        Ok(Some(Resource::BlockAffinity(BlockAffinity { node: node.into(), cidr: net(cidr), state })))
    };
    let v4 = "host/n-1/ipv4/block/10.0.0.0-26";
    let id = Id::new(Kind::BlockAffinity, "n-1/10.0.0.0/26");
    for (value, state) in [
        ("", AffinityState::Implicit),
        ("{}", AffinityState::Implicit),
        (r#"{"state":"confirmed","deleted":false}"#, AffinityState::Confirmed),
        (r#"{"state":"pendingDeletion"}"#, AffinityState::PendingDeletion),
    ] {
        assert_eq!(at(v4, value), Some((id.clone(), block("n-1", "10.0.0.0/26", state))), "{value}");
    }
    assert_eq!(at(v4, r#"{"deleted":true}"#), Some((id.clone(), Ok(None))));
    assert_eq!(
        at("host/n/ipv6/block/fd00:1::-122", ""),
        Some((
            Id::new(Kind::BlockAffinity, "n/fd00:1::/122"),
            block("n", "fd00:1::/122", AffinityState::Implicit)
        ))
    );
    for (rest, value, start) in [
        (v4, "{", "EOF"),
        (v4, "[]", "it is no object"),
        (v4, r#"{"state":"x"}"#, "state: "),
        ("host/n/ipv6/block/10.0.0.0-26", "", "the key: "),
        ("host/n/ipv4/block/10.0.0.0", "", "the key: "),
        ("host/n/ipv4/block/10.0.0.0-33", "", "the key: "),
    ] {
        let (_, resource) = at(rest, value).expect("a block");
        let error = resource.expect_err("refused");
        assert!(error.starts_with(start), "{rest} {value}: {error}");
    }
    for rest in [
        "host/n",
        "host/n/ipv4/block/",
        "host/n/ipv4/block/10.0.0.0-26/x",
        "host/n/ipv5/block/10.0.0.0-26",
        "host//ipv4/block/10.0.0.0-26",
        "virtual/lb/ipv4/block/10.0.0.0-26",
        "@/n/ipv4/block/10.0.0.0-26",
        "handle/x",
        "host/n/x/ipv4/block/10.0.0.0-26",
    ] {
        assert_eq!(at(rest, ""), None, "{rest}");
    }
    assert_eq!(etcd_affinity("/calico/ipam/v1/host/n/ipv4/block/10.0.0.0-26", b""), None);
}

fn service(value: Value) -> Service {
    match resource(Kind::Service, &value) {
        Ok(Some(Resource::Service(service))) => service,
        other => panic!("{value}: {other:?}"),
    }
}

#[test]
fn services() {
    let found = service(json!({
        "metadata": {"name": "s"},
        "spec": {
            "type": "LoadBalancer", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd00::1"],
            "ipFamilies": ["IPv4", "IPv6"], "externalIPs": ["192.0.2.1", "no address", "fd00::2"],
            "loadBalancerIP": "192.0.2.2", "externalTrafficPolicy": "Local",
            "ports": [{"port": 80}],
        },
        "status": {"loadBalancer": {"ingress": [
            {"ip": "192.0.2.3"}, {"hostname": "a.example"}, {"ip": "192.0.2.4/32"}, {"ip": "fd00::3"}]}},
    }));
    let ip = |text: &str| text.parse().expect("an address");
    let expected = Service {
        of_type: ServiceType::LoadBalancer,
        has_cluster_ip: true,
        cluster_ips: vec![ip("10.96.0.1"), ip("fd00::1")],
        ipv4: true,
        ipv6: true,
        external_ips: vec![ip("192.0.2.1"), ip("fd00::2")],
        load_balancer_ip: Some(ip("192.0.2.2")),
        ingress_ips: vec![ip("192.0.2.3"), ip("fd00::3")],
        traffic_policy: Some(TrafficPolicy::Local),
    };
    assert_eq!(found, expected);
}

#[test]
fn services_get_the_defaults_of_an_api_server() {
    assert_eq!(service(json!({})), Service::default());
    let found = service(json!({"spec": {"clusterIP": "fd00::1"}}));
    assert_eq!(found.cluster_ips, ["fd00::1".parse::<std::net::IpAddr>().expect("an address")]);
    assert_eq!((found.of_type, found.has_cluster_ip), (ServiceType::ClusterIp, true));
    assert_eq!((found.ipv4, found.ipv6, found.traffic_policy), (false, true, None));
    let found = service(json!({"spec": {"clusterIPs": ["10.0.0.1", "fd00::1"]}}));
    assert_eq!((found.has_cluster_ip, found.ipv4, found.ipv6), (true, true, true));
    // What is given is not guessed.
    let found = service(json!({"spec": {"clusterIP": "10.0.0.1", "ipFamilies": ["IPv6"]}}));
    assert_eq!((found.ipv4, found.ipv6), (false, true));
    for (of_type, policy) in [
        ("NodePort", Some(TrafficPolicy::Cluster)),
        ("LoadBalancer", Some(TrafficPolicy::Cluster)),
        ("ClusterIP", None),
        ("ExternalName", None),
    ] {
        assert_eq!(service(json!({"spec": {"type": of_type}})).traffic_policy, policy, "{of_type}");
    }
    let found = service(json!({"spec": {"type": "ClusterIP", "externalTrafficPolicy": "Cluster"}}));
    assert_eq!(found.traffic_policy, Some(TrafficPolicy::Cluster));
    let found = service(json!({"spec": {"clusterIP": "None", "clusterIPs": ["None"]}}));
    assert_eq!((found.has_cluster_ip, found.cluster_ips.len()), (false, 0));
    for of_type in ["ExternalName", "loadbalancer"] {
        assert_eq!(service(json!({"spec": {"type": of_type}})).of_type, ServiceType::Other);
    }
    are_refused(
        Kind::Service,
        &[
            (json!({"externalIPs": "192.0.2.1"}), "spec.externalIPs: invalid type"),
            (json!({"clusterIP": []}), "spec.clusterIP: invalid type"),
        ],
    );
}

fn endpoints(value: Value) -> EndpointSlice {
    match resource(Kind::EndpointSlice, &value) {
        Ok(Some(Resource::EndpointSlice(slice))) => slice,
        other => panic!("{value}: {other:?}"),
    }
}

#[test]
fn slices() {
    let found = endpoints(json!({
        "kind": "EndpointSlice",
        "metadata": {"name": "s-abc", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": ["10.0.0.1"], "nodeName": "b"},
            {"addresses": ["10.0.0.2"], "nodeName": "a", "conditions": {"ready": true}},
            {"addresses": ["10.0.0.3"], "nodeName": "c", "conditions": {"ready": false}},
            {"addresses": ["10.0.0.4"], "nodeName": "b", "conditions": {"ready": null, "serving": false}},
            {"addresses": ["10.0.0.5"], "conditions": {}},
        ],
    }));
    let expected = EndpointSlice {
        service: "s".into(),
        ipv4: true,
        ipv6: false,
        any_ready: true,
        ready_nodes: vec!["a".into(), "b".into()],
    };
    assert_eq!(found, expected);
    let found = endpoints(json!({"addressType": "IPv6", "endpoints": [{"conditions": {"ready": false}}]}));
    assert_eq!(found, EndpointSlice { ipv6: true, ..EndpointSlice::default() });
    let found = endpoints(json!({"addressType": "FQDN", "endpoints": [{}]}));
    assert_eq!(found, EndpointSlice { any_ready: true, ..EndpointSlice::default() }, "ready without a node");
    assert_eq!(endpoints(json!({"endpoints": null})), EndpointSlice::default());
    let value = json!({"endpoints": [{"conditions": {"ready": 1}}]});
    let error = resource(Kind::EndpointSlice, &value).expect_err("refused");
    assert!(error.starts_with("endpoints[0].conditions.ready: invalid type"), "{error}");
}

#[test]
fn endpoints_of_before() {
    let found = endpoints(json!({
        "kind": "Endpoints", "metadata": {"name": "s"},
        "subsets": [
            {"addresses": [{"ip": "10.0.0.1", "nodeName": "b"}, {"ip": "10.0.0.2", "nodeName": "a"}],
             "notReadyAddresses": [{"ip": "fd00::1", "nodeName": "c"}]},
            {"addresses": [{"ip": "10.0.0.3", "nodeName": "b"}]},
        ],
    }));
    let mut expected = EndpointSlice {
        service: "s".into(),
        ipv4: true,
        ipv6: false,
        any_ready: true,
        ready_nodes: vec!["a".into(), "b".into()],
    };
    assert_eq!(found, expected);
    let both = json!({"kind": "Endpoints", "metadata": {"name": "s"},
        "subsets": [{"addresses": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}]});
    expected.ipv6 = true;
    expected.ready_nodes.clear();
    assert_eq!(endpoints(both), expected);
    let none = json!({"kind": "Endpoints", "metadata": {"name": "s"},
        "subsets": [{"notReadyAddresses": [{"ip": "10.0.0.1", "nodeName": "a"}]}]});
    assert_eq!(endpoints(none), EndpointSlice { service: "s".into(), ..EndpointSlice::default() });
}

#[test]
fn secrets() {
    let secret = |value: Value| match resource(Kind::Secret, &value) {
        Ok(Some(Resource::Secret(secret))) => secret,
        other => panic!("{other:?}"),
    };
    let found = secret(json!({
        "data": {"a": "c2VjcmV0Cg==", "b": "c2Vj\ncmV0\n", "c": null, "d": "b2xk"},
        "stringData": {"d": "new", "e": "ü\n"},
    }));
    let expected: [(&str, &[u8]); 5] =
        [("a", b"secret\n"), ("b", b"secret"), ("c", b""), ("d", b"new"), ("e", "ü\n".as_bytes())];
    let data = expected.into_iter().map(|(k, v)| (k.into(), v.to_vec())).collect();
    assert_eq!(found, Secret { data });
    assert_eq!(secret(json!({"data": null, "type": "Opaque"})), Secret::default());
}

#[test]
fn errors_of_secrets_show_nothing_of_them() {
    for (value, start) in [
        (json!({"data": {"k": "hunter2!"}}), "data.k: it is no base64"),
        (json!({"data": {"k": "aHVudGVy!"}}), "data.k: "),
        (json!({"data": {"k": 72_623_859}}), "data.k: it is no string"),
        (json!({"data": {"k": ["hunter2"]}}), "data.k: "),
        (json!({"data": "hunter2"}), "data: it is no object"),
        (json!({"stringData": {"k": 72_623_859}}), "stringData.k: "),
        (json!({"stringData": {"k": true}}), "stringData.k: "),
        (json!("hunter2"), "it is no object"),
    ] {
        let error = resource(Kind::Secret, &value).expect_err("refused");
        assert!(error.starts_with(start), "{error}");
        assert!(!error.contains("hunter") && !error.contains("7262") && !error.contains("aHV"), "{error}");
    }
}

#[test]
fn workloads() {
    let file = |value: Value| resource(Kind::EndpointStatus, &value);
    let found = file(json!({
        "ifaceName": "cali1", "mac": "ee:ee:ee:ee:ee:ee", "ipv4Nets": ["192.168.1.5/32", "192.168.1.6/32"],
        "ipv6Nets": ["fd00::5/128"], "bgpPeerName": "p",
    }));
    let expected = EndpointStatus {
        bgp_peer: "p".into(),
        ipv4: Some([192, 168, 1, 5].into()),
        ipv6: Some("fd00::5".parse().expect("an address")),
    };
    assert_eq!(found, Ok(Some(Resource::EndpointStatus(expected))));
    let bare = EndpointStatus { bgp_peer: "p".into(), ipv4: None, ipv6: None };
    assert_eq!(file(json!({"bgpPeerName": "p", "ipv4Nets": null})), Ok(Some(Resource::EndpointStatus(bare))));
    for value in [json!({}), json!({"bgpPeerName": ""}), json!({"ipv4Nets": ["192.168.1.5/32"]})] {
        assert_eq!(file(value), Ok(None));
    }
    for (value, start) in [
        (json!({"bgpPeerName": "p", "ipv4Nets": ["x"]}), "ipv4Nets[0]: "),
        (json!({"bgpPeerName": "p", "ipv4Nets": ["fd00::1/128"]}), "ipv4Nets[0]: "),
        (json!({"bgpPeerName": "p", "ipv6Nets": ["10.0.0.1/32"]}), "ipv6Nets[0]: "),
        (json!({"bgpPeerName": [], "ipv6Nets": []}), "bgpPeerName: invalid type"),
    ] {
        let error = file(value.clone()).expect_err("refused");
        assert!(error.starts_with(start), "{value}: {error}");
    }
}
