//! What is watched only if it is demanded.

use godwit_control::backend::kubernetes::{Kubernetes, Reads};
use godwit_control::{Demand, Id, Kind, Scope};
use serde_json::{Value, json};

use crate::cluster::{
    ALWAYS, Follower, at, backend, node, node_settings, peer, secret, secret_id, server, timing,
};

const SERVICES: &str = "v1/services";
const SLICES: &str = "discovery.k8s.io/v1/endpointslices";
const SECRETS: &str = "v1/secrets";

fn service(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name},
        "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "ipFamilies": ["IPv4"]},
    })
}

fn slice(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"namespace": namespace, "name": name, "labels": {"kubernetes.io/service-name": "s"}},
        "endpoints": [{"addresses": ["10.0.0.1"], "nodeName": "n1"}], "ports": [],
    })
}

fn demand(services: bool, secrets: &[&str]) -> Demand {
    Demand { services, secrets: secrets.iter().map(|name| (*name).into()).collect() }
}

#[tokio::test]
async fn services_are_watched_in_all_namespaces_while_they_are_demanded() {
    let (server, handle) = server(|b| b).await;
    handle.create(service("default", "s")).unwrap();
    handle.create(slice("default", "s-1")).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    assert_eq!(handle.lists_of(SERVICES) + handle.lists_of(SLICES), 0);
    for round in 1..=2 {
        follower.demand.send_replace(demand(true, &[]));
        let there = Id::namespaced(Kind::EndpointSlice, "default", "s-1");
        follower
            .until(|f| {
                f.lists(Kind::Service) == round
                    && f.lists(Kind::EndpointSlice) == round
                    && f.known.contains_key(&there)
            })
            .await;
        let name = format!("new-{round}");
        handle.create(service("other", &name)).unwrap();
        let new = Id::namespaced(Kind::Service, "other", &name);
        follower.until(|f| f.known.contains_key(&new)).await;
        follower.demand.send_replace(demand(false, &[]));
        follower.until_at(&handle, |_, h| h.open_watches_of(SERVICES) + h.open_watches_of(SLICES) == 0).await;
    }
    assert_eq!((handle.lists_of(SERVICES), handle.lists_of(SLICES)), (2, 2));
    assert!(follower.faults.is_empty(), "{:?}", follower.faults);
}

#[tokio::test]
async fn each_secret_has_its_own_watch_and_no_other_is_read() {
    let (server, handle) = server(|b| b).await;
    for name in ["one", "two", "not-ours"] {
        handle.create(secret(name)).unwrap();
    }
    handle.create(peer("p", 64512)).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    follower.demand.send_replace(demand(false, &["one", "absent"]));
    let is_listed = |f: &Follower, name: &str| f.lists.contains_key(&Scope::One(secret_id(name)));
    follower.until(|f| is_listed(f, "one") && is_listed(f, "absent")).await;
    assert!(
        follower.known.contains_key(&secret_id("one")) && !follower.known.contains_key(&secret_id("absent"))
    );
    follower.until_at(&handle, |_, h| h.open_watches_of(SECRETS) == 2).await;

    follower.demand.send_replace(demand(false, &["two", "absent"]));
    follower.until(|f| f.known.contains_key(&secret_id("two"))).await;
    follower.until_at(&handle, |_, h| h.open_watches_of(SECRETS) == 2).await;
    handle.create(secret("absent")).unwrap();
    follower.until(|f| f.known.contains_key(&secret_id("absent"))).await;
    handle.delete(SECRETS, "kube-system/two").unwrap();
    follower.until(|f| !f.known.contains_key(&secret_id("two"))).await;
    assert!(!follower.known.contains_key(&secret_id("not-ours")));
    let asked = handle.requests_to("GET", "*secrets");
    assert!(asked.iter().all(|r| r.path == "/api/v1/namespaces/kube-system/secrets"), "{asked:?}");
    assert!(asked.iter().all(|r| r.query.contains("fieldSelector=metadata.name%3D")), "{asked:?}");
}

#[tokio::test]
async fn beside_etcd_only_services_and_secrets_are_read_and_only_on_demand() {
    let (server, handle) = server(|b| b).await;
    handle.create(node("n1")).unwrap();
    handle.create(secret("bgp")).unwrap();
    handle.create(service("default", "s")).unwrap();
    let backend =
        Kubernetes::new(at(&server.url()), node_settings(), Reads::ServicesAndSecrets).with_timing(timing());
    let mut follower = Follower::of(backend, Demand::default());
    follower.demand.send_replace(demand(true, &["bgp"]));
    follower.until(|f| f.known.len() == 2 && f.lists(Kind::EndpointSlice) == 1).await;
    follower.until_at(&handle, |_, h| h.open_watches() == 3).await;
    assert!(ALWAYS.iter().all(|kind| follower.lists(*kind) == 0));
    assert!(handle.requests_to("*", "/apis").is_empty(), "Calico's group is nothing to it");
    let others: Vec<_> = handle
        .requests()
        .into_iter()
        .filter(|r| !["secrets", "services", "endpointslices"].iter().any(|plural| r.path.ends_with(plural)))
        .collect();
    assert_eq!(others, []);
}
