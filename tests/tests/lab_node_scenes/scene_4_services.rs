//! Scene 4: addresses of services, seen at the top of the rack and not in the kernels of nodes.

use std::time::Instant;

use anyhow::{Result, ensure};
use godwit_lab::report::measured;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::speaker::Kind;
use crate::store::Object;
use crate::switched::at_a_switch;

/// A service `web` of type LoadBalancer.
pub(crate) fn service(policy: &str) -> Object {
    Object::Core(
        "Service",
        "v1",
        "web".into(),
        json!({
            "spec": {
                "type": "LoadBalancer", "clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10", "fd00:96::10"],
                "ipFamilies": ["IPv4", "IPv6"], "externalIPs": ["203.0.113.10"], "externalTrafficPolicy": policy,
            },
            "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.10" }] } },
        }),
    )
}

/// Its endpoints on these nodes.
pub(crate) fn slice(nodes: &[&str]) -> Object {
    let endpoint = |node: &&str| json!({ "addresses": ["10.50.1.2"], "nodeName": node, "conditions": { "ready": true } });
    let endpoints: Vec<Value> = nodes.iter().map(endpoint).collect();
    Object::Core(
        "EndpointSlice",
        "discovery.k8s.io/v1",
        "web-1".into(),
        json!({
            "metadata": { "labels": { "kubernetes.io/service-name": "web" } },
            "addressType": "IPv4", "endpoints": endpoints,
        }),
    )
}

/// No node has it in its kernel; they have had the time to.
fn in_no_kernel(cluster: &Cluster, prefixes: &[&str]) -> Result<()> {
    for node in &cluster.nodes {
        for prefix in prefixes {
            let routes = node.kernel(prefix.trim_end_matches("/32").trim_end_matches("/128"));
            ensure!(routes.is_empty(), "{} has {routes:?}", node.object.name);
        }
    }
    Ok(())
}

const CLUSTER_RANGES: [&str; 2] = ["10.96.0.0/16", "fd00:96::/112"];
const OTHER_RANGES: [&str; 2] = ["203.0.113.0/24", "192.0.2.0/24"];

#[test]
fn lab_scene_4_services_at_the_top_of_the_rack() -> Result<()> {
    let (mut cluster, tor) = at_a_switch(Cluster::new()?, 3)?;
    cluster.put(&[service("Local"), slice(&["node-1"])])?;
    let cidrs = |of: &[&str]| -> Value { of.iter().map(|cidr| json!({ "cidr": cidr })).collect() };
    let mut all = json!({
        "serviceClusterIPs": cidrs(&CLUSTER_RANGES),
        "serviceExternalIPs": cidrs(&OTHER_RANGES[..1]),
        "serviceLoadBalancerIPs": cidrs(&OTHER_RANGES[1..]),
    });
    cluster.configure(all.clone())?;
    cluster.start(Kind::usual())?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;

    // In a mesh every node knows what any of them announces, and announces it to the switch as well.
    let single = ["10.96.0.10/32", "203.0.113.10/32", "192.0.2.10/32"];
    let everything: Vec<&str> = CLUSTER_RANGES.into_iter().chain(OTHER_RANGES).chain(single).collect();
    for address in single {
        tor.hears_of(address, &[1, 2, 3])?;
        let known = cluster.nodes[1].speaker.birdc(4, &format!("show route {address}"));
        ensure!(known.contains("Mesh_172_20_0_11"), "{known}");
    }
    in_no_kernel(&cluster, &everything)?;
    all["nodeToNodeMeshEnabled"] = false.into();
    cluster.configure(all)?;

    // Without one: the ranges of everybody, the single addresses of who has an endpoint.
    for range in CLUSTER_RANGES.iter().chain(&OTHER_RANGES) {
        tor.hears_of(range, &[1, 2, 3])?;
    }
    for address in single {
        tor.hears_of(address, &[1])?;
    }
    // The endpoints move.
    let start = Instant::now();
    cluster.put(&[slice(&["node-2", "node-3"])])?;
    for address in single {
        tor.hears_of(address, &[2, 3])?;
    }
    measured(&format!("scene 4, endpoints move: the switch sees it after {:.1?}", start.elapsed()));
    cluster.put(&[slice(&["node-2"])])?;
    for address in single {
        tor.hears_of(address, &[2])?;
    }
    in_no_kernel(&cluster, &everything)?;
    // Without its slice, nobody.
    cluster.delete(&[slice(&[])])?;
    for address in single {
        tor.hears_of(address, &[])?;
    }
    // By all: the ranges are enough.
    cluster.put(&[slice(&["node-3"]), service("Cluster")])?;
    for range in CLUSTER_RANGES.iter().chain(&OTHER_RANGES) {
        tor.hears_of(range, &[1, 2, 3])?;
    }
    for address in single {
        tor.hears_of(address, &[])?;
    }
    in_no_kernel(&cluster, &everything)?;

    // Without aggregation each load balancer's address goes alone, and not into kernels either.
    cluster.configure(json!({
        "nodeToNodeMeshEnabled": false,
        "serviceClusterIPs": cidrs(&CLUSTER_RANGES),
        "serviceLoadBalancerIPs": cidrs(&OTHER_RANGES[1..]),
        "serviceLoadBalancerAggregation": "Disabled",
    }))?;
    tor.hears_of("192.0.2.0/24", &[])?;
    tor.hears_of("203.0.113.0/24", &[])?;
    tor.hears_of("192.0.2.10/32", &[1, 2, 3])?;
    in_no_kernel(&cluster, &everything)
}
