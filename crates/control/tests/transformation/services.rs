//! Services of Kubernetes (calico.md §4.6).

use crate::common::routes::{Route, exported};
use crate::common::{Node, OWN, THREE_NODES, settings};
use godwit_control::settings::Release;
use godwit_control::{Compiler, Family, Fidelity, Kind, Scope, Update};

fn ranges(spec: &str) -> String {
    format!(
        "---\n{{kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: {{name: default}}, spec: {{{spec}}}}}\n"
    )
}

const ALL_RANGES: &str = "serviceClusterIPs: [{cidr: 10.96.0.0/16}], serviceExternalIPs: [{cidr: 203.0.113.0/24}, {cidr: 198.51.100.7/32}],
  serviceLoadBalancerIPs: [{cidr: 192.0.2.0/24}, {cidr: 198.51.100.9/32}]";

fn service(name: &str, spec: &str, ingress: &str) -> String {
    format!(
        "---\n{{kind: Service, apiVersion: v1, metadata: {{name: {name}}}, spec: {{{spec}}}, status: {{loadBalancer: {{ingress: [{ingress}]}}}}}}\n"
    )
}

fn slice(name: &str, of: &str, node: &str, ready: &str) -> String {
    format!(
        "---\n{{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, addressType: IPv4,
          metadata: {{name: {name}, labels: {{kubernetes.io/service-name: {of}}}}},
          endpoints: [{{addresses: [172.16.0.9], nodeName: {node}, conditions: {{{ready}}}}}]}}\n"
    )
}

const LOCAL: &str = "type: LoadBalancer, clusterIP: 10.96.0.5, externalTrafficPolicy: Local, externalIPs: [203.0.113.5, 9.9.9.9]";

#[test]
fn ranges_are_announced_and_kept_from_the_kernel() {
    let node = Node::new(&ranges(ALL_RANGES));
    assert_eq!(node.static_routes(Family::V4), ["10.96.0.0/16", "192.0.2.0/24", "203.0.113.0/24"]);
    let mesh = node.protocol("Mesh_10_0_0_3");
    assert!(exported(mesh, Route::blackhole("10.96.0.0/16")).is_some());
    // Trap 8: whatever is inside, from wherever.
    assert!(exported(mesh, Route::bgp("10.96.7.7/32", 100)).is_some());
    assert!(exported(node.protocol("kernel1"), Route::blackhole("10.96.0.0/16")).is_none());
}

#[test]
fn a_node_kept_from_load_balancers_announces_no_service() {
    let excluded = "
{kind: Node, apiVersion: projectcalico.org/v3,
 metadata: {name: node-a, labels: {node.kubernetes.io/exclude-from-external-load-balancers: 'true'}},
 spec: {bgp: {ipv4Address: 10.0.0.2/24}}}
";
    let manifests = [
        excluded.to_owned(),
        ranges(ALL_RANGES),
        service("s", LOCAL, "{ip: 192.0.2.5}"),
        slice("s1", "s", OWN, ""),
    ];
    let mut node = Node::new(&manifests.concat());
    assert_eq!(node.static_routes(Family::V4), [""; 0]);
    assert!(
        exported(node.protocol("kernel1"), Route::bgp("10.96.0.0/16", 100)).is_none(),
        "still not for the kernel"
    );
    node.apply(THREE_NODES);
    assert_eq!(node.static_routes(Family::V4).len(), 6);
}

/// Trap 25.
#[test]
fn a_local_service_follows_its_endpoints() {
    let mut node = Node::new(&(ranges(ALL_RANGES) + &service("s", LOCAL, "{ip: 192.0.2.5}, {ip: 9.9.9.8}")));
    let hosts = |node: &Node| {
        let routes = node.static_routes(Family::V4);
        routes.into_iter().filter(|r| r.ends_with("/32")).collect::<Vec<_>>()
    };
    assert_eq!(hosts(&node), [""; 0], "no endpoints");
    node.apply(&slice("s1", "s", "node-b", ""));
    assert_eq!(hosts(&node), [""; 0], "endpoints elsewhere");
    node.apply(&slice("s2", "s", OWN, "ready: false"));
    assert_eq!(hosts(&node), [""; 0], "not ready");
    node.apply(&slice("s2", "s", OWN, ""));
    // Ready, for nobody says otherwise. Addresses outside the ranges are not announced.
    assert_eq!(hosts(&node), ["10.96.0.5/32", "192.0.2.5/32", "203.0.113.5/32"]);
    node.delete(Kind::EndpointSlice, "s2");
    assert_eq!(hosts(&node), [""; 0], "a slice that goes takes the routes with it");
    node.apply(&slice("s2", "s", OWN, ""));
    node.delete(Kind::Service, "s");
    assert_eq!(hosts(&node), [""; 0]);
}

#[test]
fn a_cluster_service_is_covered_by_the_ranges_unless_they_are_single_addresses() {
    let of = |spec: &str, ingress: &str| {
        let manifests = ranges(ALL_RANGES) + &service("s", spec, ingress) + &slice("s1", "s", "node-b", "");
        let routes = Node::new(&manifests).static_routes(Family::V4);
        routes.into_iter().filter(|r| r.ends_with("/32")).collect::<Vec<_>>()
    };
    let plain = "type: LoadBalancer, clusterIP: 10.96.0.5, externalTrafficPolicy: Cluster";
    assert_eq!(of(plain, "{ip: 192.0.2.5}"), [""; 0]);
    assert_eq!(of(plain, "{ip: 198.51.100.9}"), ["10.96.0.5/32", "198.51.100.9/32"]);
    let external =
        "type: NodePort, clusterIP: 10.96.0.5, externalTrafficPolicy: Cluster, externalIPs: [198.51.100.7]";
    assert_eq!(of(external, ""), ["10.96.0.5/32", "198.51.100.7/32"]);
}

#[test]
fn without_aggregation_each_service_is_announced_where_it_has_endpoints_anywhere() {
    let spec = format!("{ALL_RANGES}, serviceLoadBalancerAggregation: Disabled");
    let manifests = ranges(&spec)
        + &service(
            "s",
            "type: LoadBalancer, clusterIP: 10.96.0.5, externalTrafficPolicy: Cluster",
            "{ip: 192.0.2.5}",
        );
    let mut node = Node::new(&manifests);
    assert_eq!(node.static_routes(Family::V4), ["10.96.0.0/16", "203.0.113.0/24"]);
    node.apply(&slice("s1", "s", "node-b", ""));
    assert_eq!(
        node.static_routes(Family::V4),
        ["10.96.0.0/16", "10.96.0.5/32", "192.0.2.5/32", "203.0.113.0/24"]
    );
}

/// Calico lets these blackholes into the kernel of every node.
#[test]
fn routes_of_services_never_go_to_the_kernel() {
    let spec = format!("{ALL_RANGES}, serviceLoadBalancerAggregation: Disabled");
    let stray = "type: LoadBalancer, clusterIP: 10.99.0.5, externalTrafficPolicy: Local";
    let manifests = ranges(&spec) + &service("s", stray, "") + &slice("s1", "s", OWN, "");
    let node = Node::new(&manifests);
    let kernel = |node: &Node, net: &str| exported(node.protocol("kernel1"), Route::bgp(net, 100)).is_some();
    for net in ["192.0.2.5/32", "198.51.100.9/32", "198.51.100.7/32", "10.99.0.5/32"] {
        assert!(!kernel(&node, net), "{net}");
        assert!(kernel(&Node::exact(Release::V3_33, &manifests), net), "{net} with Calico");
    }
}

/// Of many services it is one statement, which means what theirs would.
#[test]
fn many_services_are_looked_up_as_one_set() {
    let apart = "serviceLoadBalancerIPs: [{cidr: 192.0.2.0/24}], serviceLoadBalancerAggregation: Disabled";
    let mut manifests = vec![ranges(apart)];
    for n in 1..=40 {
        let spec = format!("type: LoadBalancer, clusterIP: 10.96.0.{n}, externalTrafficPolicy: Local");
        manifests.push(service(&format!("s{n}"), &spec, &format!("{{ip: 192.0.2.{n}}}")));
        manifests.push(slice(&format!("e{n}"), &format!("s{n}"), OWN, ""));
    }
    let node = Node::new(&manifests.concat());
    let (mesh, kernel) = (node.protocol("Mesh_10_0_0_3"), node.protocol("kernel1"));
    for n in [1, 17, 40] {
        let address = format!("192.0.2.{n}/32");
        assert!(exported(mesh, Route::blackhole(&address)).is_some(), "{address}");
        assert!(exported(kernel, Route::blackhole(&address)).is_none(), "{address}");
    }
    assert!(exported(mesh, Route::blackhole("192.0.2.41/32")).is_none());
    assert!(exported(kernel, Route::bgp("198.51.100.77/32", 100)).is_some());
}

#[test]
fn two_services_may_share_an_address() {
    let mut node = Node::new(
        &(ranges(ALL_RANGES)
            + &service("s", LOCAL, "")
            + &service(
                "t",
                "type: ClusterIP, clusterIP: 10.96.0.6, externalTrafficPolicy: Local, externalIPs: [203.0.113.5]",
                "",
            )
            + &slice("s1", "s", OWN, "")
            + &slice("t1", "t", OWN, "")),
    );
    let has = |node: &Node| node.static_routes(Family::V4).contains(&"203.0.113.5/32".to_owned());
    assert!(has(&node));
    node.delete(Kind::Service, "s");
    assert!(has(&node));
    node.delete(Kind::Service, "t");
    assert!(!has(&node));
}

#[test]
fn a_route_reflector_passes_service_ranges_of_others_on() {
    let rr = "---
{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: node-a}, spec: {bgp: {ipv4Address: 10.0.0.2/24, routeReflectorClusterID: 1.1.1.1}}}
---
{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: c}, spec: {peerSelector: all()}}
";
    let spec = "serviceLoadBalancerIPs: [{cidr: 192.0.2.0/24}], serviceExternalIPs: [{cidr: 203.0.113.7/32}], serviceLoadBalancerAggregation: Disabled";
    let passes = |release, net: &str| {
        let node = Node::exact(release, &(ranges(spec) + rr));
        exported(node.protocol("Global_10_0_0_3"), Route::bgp(net, 100)).is_some()
    };
    assert!(passes(Release::V3_33, "192.0.2.8/32") && passes(Release::V3_33, "203.0.113.7/32"));
    assert!(passes(Release::V3_32, "192.0.2.8/32") && !passes(Release::V3_32, "203.0.113.7/32"));
}

#[test]
fn the_environment_may_give_the_cluster_range() {
    let mut settings = settings(Release::V3_33);
    settings.advertise_cluster_ips = "10.100.0.0/16".parse().ok();
    let node = Node::of(settings, Fidelity::Godwit, &[THREE_NODES, &ranges(ALL_RANGES)]);
    assert!(node.static_routes(Family::V4).contains(&"10.100.0.0/16".to_owned()));
    assert!(!node.static_routes(Family::V4).contains(&"10.96.0.0/16".to_owned()));
}

#[test]
fn services_are_asked_for_and_waited_for_only_if_there_are_ranges() {
    let mut compiler = Compiler::new(settings(Release::V3_33), Fidelity::Godwit, false);
    let watched = [Kind::IpPool, Kind::BgpPeer, Kind::BgpFilter, Kind::BlockAffinity];
    let list = |compiler: &mut Compiler, kind, text: &str| {
        compiler.apply(Update::Listed { scope: Scope::Kind(kind), objects: crate::common::objects(text) });
    };
    watched.into_iter().for_each(|kind| list(&mut compiler, kind, ""));
    list(&mut compiler, Kind::Node, THREE_NODES);
    list(&mut compiler, Kind::BgpConfiguration, "");
    assert!(!compiler.demand().services);
    assert!(compiler.compute().is_some());
    let mut compiler = Compiler::new(settings(Release::V3_33), Fidelity::Godwit, false);
    watched.into_iter().for_each(|kind| list(&mut compiler, kind, ""));
    list(&mut compiler, Kind::Node, THREE_NODES);
    list(&mut compiler, Kind::BgpConfiguration, &ranges(ALL_RANGES));
    assert!(compiler.demand().services);
    assert!(compiler.compute().is_none());
    assert_eq!(compiler.waits_for(), [Scope::Kind(Kind::Service), Scope::Kind(Kind::EndpointSlice)]);
}
