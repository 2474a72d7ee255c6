//! A large cluster.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

/// How many nodes.
pub(super) const NODES: usize = 1000;
/// How many blocks each has.
pub(super) const BLOCKS: usize = 4;
/// How many BGPPeers, a tenth of them with selectors.
pub(super) const PEERS: usize = 500;
/// How many services, with a slice of two endpoints each.
pub(super) const SERVICES: usize = 2000;
/// Our node.
pub(super) const OWN: &str = "node-0";

const CHANGING: &str = "changing";

fn node_address(n: usize) -> String {
    format!("10.{}.{}.{}/16", n / 50_000, n / 200 % 250, n % 200 + 1)
}

/// A block's prefix, and how names have it.
fn block(node: usize, n: usize) -> (String, String) {
    let block = node * BLOCKS + n;
    let octets = [100, 64 + block / 1024, block / 4 % 256, block % 4 * 64];
    let [a, b, c, d] = octets;
    (format!("{a}.{b}.{c}.{d}/26"), format!("{a}-{b}-{c}-{d}-26"))
}

fn configuration() -> Value {
    json!({"asNumber": 64512, "serviceClusterIPs": [{"cidr": "10.96.0.0/12"}]})
}

fn pool() -> Value {
    json!({"cidr": "100.64.0.0/10", "ipipMode": "CrossSubnet", "natOutgoing": true})
}

fn peer(n: usize) -> Value {
    match n % 10 {
        0 => {
            json!({"nodeSelector": format!("rack == 'r{}'", n / 10), "peerSelector": format!("rack == 'r{}'", n / 10 + 1)})
        }
        _ => {
            json!({"node": format!("node-{n}"), "peerIP": format!("192.0.2.{}", n % 250 + 1), "asNumber": 65001})
        }
    }
}

fn changing(address: Ipv4Addr) -> Value {
    json!({"peerIP": address.to_string(), "asNumber": 65001})
}

fn labels(n: usize) -> Value {
    json!({
        "rack": format!("r{}", n / 20), "kubernetes.io/hostname": format!("node-{n}"), "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64", "topology.kubernetes.io/zone": format!("z{}", n % 3)
    })
}

fn of_calico(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"kind": kind, "apiVersion": "projectcalico.org/v3", "metadata": {"name": name}, "spec": spec})
}

/// Every key with its value.
pub(super) fn of_etcd() -> Vec<(String, String)> {
    let key = |plural: &str, name: &str| format!("/calico/resources/v3/projectcalico.org/{plural}/{name}");
    let mut all = vec![
        (
            key("bgpconfigurations", "default"),
            of_calico("BGPConfiguration", "default", &configuration()).to_string(),
        ),
        (key("ippools", "pods"), of_calico("IPPool", "pods", &pool()).to_string()),
    ];
    for n in 0..NODES {
        let name = format!("node-{n}");
        let mut node = of_calico("Node", &name, &json!({"bgp": {"ipv4Address": node_address(n)}}));
        if let Some(metadata) = node.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("labels".into(), labels(n));
        }
        all.push((key("nodes", &name), node.to_string()));
        for b in 0..BLOCKS {
            let path = format!("/calico/ipam/v2/host/{name}/ipv4/block/{}", block(n, b).1);
            all.push((path, json!({"state": "confirmed", "deleted": false}).to_string()));
        }
    }
    for n in 0..PEERS {
        let name = format!("peer-{n}");
        all.push((key("bgppeers", &name), of_calico("BGPPeer", &name, &peer(n)).to_string()));
    }
    all
}

/// The BGPPeer that changes, at an address.
pub(super) fn changing_peer_of_etcd(address: Ipv4Addr) -> (String, String) {
    let key = format!("/calico/resources/v3/projectcalico.org/bgppeers/{CHANGING}");
    (key, of_calico("BGPPeer", CHANGING, &changing(address)).to_string())
}

/// Every object, as one list.
pub(super) fn of_kubernetes() -> String {
    let crd = |kind: &str, name: &str, spec: &Value| json!({"kind": kind, "apiVersion": "crd.projectcalico.org/v1", "metadata": {"name": name}, "spec": spec});
    let first = Ipv4Addr::new(198, 18, 255, 1);
    let mut all = vec![
        crd("BGPConfiguration", "default", &configuration()),
        crd("IPPool", "pods", &pool()),
        crd("BGPPeer", CHANGING, &changing(first)),
    ];
    for n in 0..NODES {
        let name = format!("node-{n}");
        let images: Vec<Value> = (0..20)
            .map(|i| json!({"names": [format!("registry.example/image-{i}:v1")], "sizeBytes": 1}))
            .collect();
        all.push(json!({
            "kind": "Node", "apiVersion": "v1",
            "metadata": {"name": name, "labels": labels(n), "annotations": {"projectcalico.org/IPv4Address": node_address(n)}},
            "spec": {"podCIDR": "10.0.0.0/24"}, "status": {"images": images}
        }));
        for b in 0..BLOCKS {
            let (cidr, id) = block(n, b);
            let spec = json!({"node": name, "cidr": cidr, "state": "confirmed", "deleted": "false"});
            all.push(crd("BlockAffinity", &format!("{name}-{id}"), &spec));
        }
    }
    for n in 0..PEERS {
        all.push(crd("BGPPeer", &format!("peer-{n}"), &peer(n)));
    }
    for n in 0..SERVICES {
        let (name, policy) = (format!("service-{n}"), if n % 2 == 0 { "Local" } else { "Cluster" });
        let ip = format!("10.{}.{}.{}", 96 + n / 62_500, n / 250, n % 250 + 1);
        all.push(json!({
            "kind": "Service", "apiVersion": "v1", "metadata": {"name": name, "namespace": "default"},
            "spec": {"type": "LoadBalancer", "clusterIP": ip, "clusterIPs": [ip], "ipFamilies": ["IPv4"],
                     "externalTrafficPolicy": policy, "ports": [{"port": 80, "protocol": "TCP"}]}
        }));
        let endpoint = |node: usize| json!({"addresses": ["100.64.0.1"], "nodeName": format!("node-{}", node % NODES), "conditions": {"ready": true}});
        all.push(json!({
            "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
            "metadata": {"name": format!("{name}-x"), "namespace": "default",
                         "labels": {"kubernetes.io/service-name": name}},
            "endpoints": [endpoint(n), endpoint(n + 1)], "ports": [{"port": 80, "protocol": "TCP"}]
        }));
    }
    json!({"kind": "List", "apiVersion": "v1", "items": all}).to_string()
}

/// The path of the BGPPeer that changes, and what is to be changed.
pub(super) fn changing_peer_of_kubernetes(address: Ipv4Addr) -> (String, String) {
    let patch = json!({"spec": changing(address)});
    (format!("/apis/crd.projectcalico.org/v1/bgppeers/{CHANGING}"), patch.to_string())
}

/// How the API server for tests is reached.
pub(super) fn kubeconfig(port: u16) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "users": [{"name": "bench", "user": {}}]
    })
    .to_string()
}
