use std::time::Duration;

use super::*;
use crate::resource::{
    BgpConfiguration, BindMode, PrefixAdvertisement, ProgramClusterRoutes, SecretKey, SessionTimes,
};

fn configuration(spec: Value) -> BgpConfiguration {
    match of_spec(Kind::BgpConfiguration, spec.clone()) {
        Ok(Some(Resource::BgpConfiguration(configuration))) => *configuration,
        other => panic!("{spec}: {other:?}"),
    }
}

#[test]
fn every_field() {
    let spec = json!({
        "logSeverityScreen": "Debug",
        "nodeToNodeMeshEnabled": false,
        "asNumber": "1.1",
        "listenPort": 1790,
        "prefixAdvertisements": [
            {"cidr": "10.0.1.0/16", "communities": ["name", "65000:1"]}, {"communities": ["x"]}, {}],
        "communities": [{"name": "name", "value": "65000:100:3"}, {"name": "nothing"}],
        "nodeMeshPassword": {"secretKeyRef": {"name": "s", "key": "k", "optional": true}},
        "nodeMeshMaxRestartTime": "2m",
        "bindMode": "NodeIP",
        "ignoredInterfaces": ["eth*", "", "lo"],
        "serviceClusterIPs": [{"cidr": "10.96.0.1/12"}, {}, {"cidr": ""}],
        "serviceExternalIPs": [{"cidr": "192.0.2.1/32"}],
        "serviceLoadBalancerIPs": [{"cidr": "fd00::/64"}],
        "serviceLoadBalancerAggregation": "Disabled",
        "programClusterRoutes": "EnabledIPIPOnly",
        "ipv4NormalRoutePriority": 1,
        "ipv6NormalRoutePriority": 2_147_483_646,
        "localWorkloadPeeringIPV4": "10.0.0.1",
        "unknown": {"to": "us"},
    });
    let expected = BgpConfiguration {
        log_severity: Some("Debug".into()),
        mesh_enabled: Some(false),
        as_number: Some(65537),
        listen_port: Some(1790),
        prefix_advertisements: Some(vec![PrefixAdvertisement {
            cidr: net("10.0.0.0/16"),
            communities: vec!["name".into(), "65000:1".into()],
        }]),
        communities: vec![("name".into(), "65000:100:3".into())],
        mesh_password: Some(SecretKey { name: "s".into(), key: "k".into() }),
        mesh_max_restart_time: Some(Duration::from_secs(120)),
        bind_mode: BindMode::NodeIp,
        ignored_interfaces: vec!["eth*".into(), "lo".into()],
        service_cluster_ips: vec![net("10.96.0.0/12")],
        service_external_ips: vec![net("192.0.2.1/32")],
        service_load_balancer_ips: vec![net("fd00::/64")],
        load_balancer_aggregation_disabled: true,
        program_cluster_routes: Some(ProgramClusterRoutes::EnabledIpipOnly),
        ipv4_normal_route_priority: Some(1),
        ipv6_normal_route_priority: Some(2_147_483_646),
        times: SessionTimes::default(),
    };
    assert_eq!(configuration(spec), expected);
}

#[test]
fn nothing_is_the_default_and_so_is_null() {
    assert_eq!(configuration(json!({})), BgpConfiguration::default());
    let nulls: serde_json::Map<_, _> = [
        "logSeverityScreen",
        "nodeToNodeMeshEnabled",
        "asNumber",
        "listenPort",
        "prefixAdvertisements",
        "communities",
        "nodeMeshPassword",
        "nodeMeshMaxRestartTime",
        "bindMode",
        "ignoredInterfaces",
        "serviceClusterIPs",
        "serviceExternalIPs",
        "serviceLoadBalancerIPs",
        "serviceLoadBalancerAggregation",
        "programClusterRoutes",
        "ipv4NormalRoutePriority",
        "ipv6NormalRoutePriority",
    ]
    .into_iter()
    .map(|field| (field.to_owned(), Value::Null))
    .collect();
    assert_eq!(configuration(Value::Object(nulls)), BgpConfiguration::default());
    for spec in [
        json!({"asNumber": 0}),
        json!({"listenPort": 0}),
        json!({"nodeMeshPassword": {}}),
        json!({"bindMode": "None"}),
        json!({"bindMode": "nodeip"}),
        json!({"programClusterRoutes": "Sometimes"}),
        json!({"serviceLoadBalancerAggregation": "Enabled"}),
        json!({"serviceLoadBalancerAggregation": "off"}),
    ] {
        assert_eq!(configuration(spec.clone()), BgpConfiguration::default(), "{spec}");
    }
}

#[test]
fn an_empty_list_of_advertisements_is_a_list() {
    assert_eq!(configuration(json!({"prefixAdvertisements": []})).prefix_advertisements, Some(Vec::new()));
}

#[test]
fn what_yaml_makes_of_words() {
    for (value, expected) in [
        (json!("false"), Some(false)),
        (json!("no"), Some(false)),
        (json!("True"), Some(true)),
        (json!(""), None),
    ] {
        assert_eq!(configuration(json!({"nodeToNodeMeshEnabled": value})).mesh_enabled, expected);
    }
    assert_eq!(
        configuration(json!({"nodeMeshMaxRestartTime": 0})).mesh_max_restart_time,
        Some(Duration::ZERO)
    );
    for (text, expected) in [
        ("Enabled", ProgramClusterRoutes::Enabled),
        ("EnabledNoEncapOnly", ProgramClusterRoutes::EnabledNoEncapOnly),
        ("Disabled", ProgramClusterRoutes::Disabled),
    ] {
        let found = configuration(json!({"programClusterRoutes": text})).program_cluster_routes;
        assert_eq!(found, Some(expected));
    }
}

#[test]
fn what_is_refused() {
    are_refused(
        Kind::BgpConfiguration,
        &[
            (json!({"asNumber": {}}), "spec.asNumber: invalid type: map"),
            (json!({"asNumber": "x"}), "spec.asNumber: \"x\" is no AS number"),
            (json!({"asNumber": 1.1}), "spec.asNumber: 1.1 is no AS number; hi.lo has to be in quotes"),
            (json!({"listenPort": 65536}), "spec.listenPort: invalid value: integer `65536`"),
            (json!({"listenPort": "179"}), "spec.listenPort: invalid type: string"),
            (json!({"nodeToNodeMeshEnabled": 1}), "spec.nodeToNodeMeshEnabled: invalid type"),
            (json!({"nodeToNodeMeshEnabled": "maybe"}), "spec.nodeToNodeMeshEnabled: invalid value"),
            (json!({"prefixAdvertisements": {}}), "spec.prefixAdvertisements: invalid type"),
            (json!({"prefixAdvertisements": [{"cidr": "10.0.0.0"}]}), "spec.prefixAdvertisements[0].cidr: "),
            (json!({"communities": [{"name": "a", "value": "1:70000"}]}), "spec.communities[0].value: "),
            (json!({"communities": [{"name": "a", "value": 65000}]}), "spec.communities[0].value: "),
            (
                json!({"nodeMeshPassword": {"secretKeyRef": {"name": "s"}}}),
                "spec.nodeMeshPassword.secretKeyRef.key",
            ),
            (
                json!({"nodeMeshPassword": {"secretKeyRef": {"key": "k"}}}),
                "spec.nodeMeshPassword.secretKeyRef.name",
            ),
            (json!({"nodeMeshPassword": "secret"}), "spec.nodeMeshPassword: invalid type"),
            (json!({"nodeMeshMaxRestartTime": 10}), "spec.nodeMeshMaxRestartTime: "),
            (json!({"nodeMeshMaxRestartTime": "-1s"}), "spec.nodeMeshMaxRestartTime: "),
            (json!({"ignoredInterfaces": ["lo", "*"]}), "spec.ignoredInterfaces[1]: "),
            (json!({"ignoredInterfaces": ["a\"b"]}), "spec.ignoredInterfaces[0]: "),
            (json!({"serviceClusterIPs": [{"cidr": "10.0.0.0/33"}]}), "spec.serviceClusterIPs[0].cidr: "),
            (json!({"serviceExternalIPs": ["10.0.0.0/8"]}), "spec.serviceExternalIPs[0]: invalid type"),
            (json!({"serviceLoadBalancerIPs": [{}, {"cidr": "x"}]}), "spec.serviceLoadBalancerIPs[1].cidr: "),
            (json!({"ipv4NormalRoutePriority": 0}), "spec.ipv4NormalRoutePriority: invalid value"),
            (
                json!({"ipv6NormalRoutePriority": 2_147_483_647}),
                "spec.ipv6NormalRoutePriority: invalid value",
            ),
        ],
    );
}
