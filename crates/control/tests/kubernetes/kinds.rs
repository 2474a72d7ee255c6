//! What is read of each kind, and kinds that are not there.

use std::time::Duration;

use apiserver_double::{CalicoApi, Kind as Served};
use godwit_control::backend::kubernetes::{Kubernetes, Reads, Timing};
use godwit_control::settings::NodeSettings;
use godwit_control::{Demand, Id, Kind, Resource};
use serde_json::json;

use crate::cluster::{
    ALWAYS, Follower, NODES, PEERS, at, backend, calico, node, node_settings, peer, peer_id, server,
    server_of, timing,
};

const V1: &str = "crd.projectcalico.org/v1";

#[tokio::test]
async fn of_nodes_only_the_metadata_is_read() {
    let (server, handle) = server(|b| b).await;
    handle.create(node("n1")).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    handle.create(node("n2")).unwrap();
    follower.until(|f| f.known.len() == 2).await;
    for resource in follower.known.values() {
        let Ok(Resource::Node(node)) = resource else { panic!("{resource:?}") };
        assert!(node.ipv4.is_some() && node.pod_cidrs.is_empty(), "{node:?}");
    }
    let requests = handle.requests_to("GET", "/api/v1/nodes");
    assert!(requests.len() >= 2 && requests.iter().all(|r| r.accept.contains("as=PartialObjectMetadata")));
}

#[tokio::test]
async fn where_pods_have_addresses_of_their_node_it_is_read_whole_and_no_affinities_are() {
    let (server, handle) = server(|b| b).await;
    handle.create(node("n1")).unwrap();
    let settings = NodeSettings { use_pod_cidr: true, ..node_settings() };
    let backend = Kubernetes::new(at(&server.url()), settings, Reads::Everything).with_timing(timing());
    let mut follower = Follower::of(backend, Demand::default());
    follower.until(|f| ALWAYS.iter().all(|k| *k == Kind::BlockAffinity || f.works(*k))).await;
    let Some(Ok(Resource::Node(node))) = follower.known.get(&Id::new(Kind::Node, "n1")) else { panic!() };
    assert_eq!(node.pod_cidrs.len(), 1);
    assert!(handle.requests_to("GET", "*blockaffinities").is_empty());
}

#[tokio::test]
async fn of_affinities_only_those_of_the_own_node_are_told() {
    let affinity = |name: &str, node: &str, deleted: &str| {
        let spec = json!({"node": node, "cidr": "10.2.0.0/26", "state": "confirmed", "deleted": deleted});
        calico(V1, "BlockAffinity", name, spec)
    };
    let (server, handle) = server(|b| b).await;
    handle.create(affinity("n1-a", "n1", "false")).unwrap();
    handle.create(affinity("n1-gone", "n1", "true")).unwrap();
    handle.create(affinity("n2-a", "n2", "false")).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    let names = |f: &Follower| f.known.keys().map(|id| id.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&follower), ["n1-a"]);
    let resource = "crd.projectcalico.org/v1/blockaffinities";
    handle.create(affinity("n2-b", "n2", "false")).unwrap();
    handle.delete(resource, "n2-a").unwrap();
    handle.create(affinity("n1-b", "n1", "")).unwrap();
    follower.until(|f| f.known.len() == 2).await;
    // Stock Calico overlooks this one.
    handle.apply(affinity("n1-a", "n1", "true")).unwrap();
    follower.until(|f| f.known.len() == 1).await;
    handle.apply(affinity("n1-b", "n2", "false")).unwrap();
    follower.until(|f| f.known.is_empty()).await;
    assert!(follower.events.iter().all(|id| id.name.starts_with("n1")), "{:?}", follower.events);
}

#[tokio::test]
async fn an_object_that_cannot_be_used_does_not_hide_others() {
    let (server, handle) = server(|b| b).await;
    handle.create(calico(V1, "BGPPeer", "bad", json!({"peerIP": ["x"]}))).unwrap();
    handle.create(peer("good", 64512)).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    assert!(matches!(follower.known.get(&peer_id("bad")), Some(Err(reason)) if reason.contains("peerIP")));
    assert!(follower.has("good"));
    handle.create(calico(V1, "BGPPeer", "worse", json!("no object"))).unwrap();
    handle.create(peer("better", 64512)).unwrap();
    follower.until(|f| f.has("better")).await;
    assert!(matches!(follower.known.get(&peer_id("worse")), Some(Err(_))));
    handle.apply(peer("bad", 64512)).unwrap();
    follower.until(|f| f.has("bad")).await;
    assert!(follower.faults.is_empty(), "{:?}", follower.faults);
}

#[tokio::test]
async fn a_kind_that_is_not_installed_is_empty_until_it_is() {
    for plain in [false, true] {
        let (server, handle) = server(|b| b.plain_not_found(plain)).await;
        handle.uninstall(PEERS);
        let timing = Timing { absent: Duration::from_millis(50), ..timing() };
        let mut follower = Follower::synced(backend(&server).with_timing(timing)).await;
        assert_eq!((follower.lists(Kind::BgpPeer), follower.peers()), (1, 0));
        handle.install(served());
        handle.create(peer("p", 64512)).unwrap();
        follower.until(|f| f.has("p")).await;
        assert!(follower.faults.is_empty(), "{:?}", follower.faults);
    }
}

#[tokio::test]
async fn a_kind_that_is_not_installed_is_left_alone_for_long() {
    let (server, handle) = server(|b| b.bookmark_interval(Duration::from_millis(20))).await;
    handle.uninstall(PEERS);
    let mut follower = Follower::synced(backend(&server)).await;
    follower.until(|f| f.heard.get(&crate::cluster::of(Kind::Node)).is_some_and(|h| h.0 > 20)).await;
    assert_eq!(handle.lists_of(PEERS), 1);
}

/// An API server that starts may say for a moment that it knows no such kind.
#[tokio::test]
async fn a_kind_that_vanishes_is_empty_only_if_it_stays_away() {
    let (server, handle) = server(|b| b).await;
    handle.create(peer("p", 64512)).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    let not_found = apiserver_double::Action::Fail(apiserver_double::Failure::new(404, "not yet"));
    handle.inject(apiserver_double::Fault::new(crate::cluster::PEERS_PATH, not_found).times(3));
    handle.break_watches();
    follower.until_at(&handle, |f, h| h.waiting_faults() == 0 && f.works(Kind::BgpPeer)).await;
    assert!(follower.has("p") && follower.faulted(Kind::BgpPeer, "not yet"));
    assert!(follower.events.is_empty(), "{:?}", follower.events);
    handle.uninstall(PEERS);
    follower.until(|f| f.peers() == 0 && f.works(Kind::BgpPeer)).await;
}

#[tokio::test]
async fn a_server_that_knows_no_nodes_is_no_empty_cluster() {
    let (server, handle) = server(|b| b.plain_not_found(true)).await;
    handle.uninstall(NODES);
    let mut follower = Follower::of(backend(&server), Demand::default());
    follower.until(|f| f.faults.iter().filter(|(scope, _)| scope.kind() == Kind::Node).count() > 8).await;
    assert_eq!(follower.lists(Kind::Node), 0);
}

#[tokio::test]
async fn a_cluster_that_moves_to_the_native_group_is_followed_there() {
    let (server, handle) = server_of(CalicoApi::V1, |b| b).await;
    handle.create(peer("p", 64512)).unwrap();
    let timing = Timing { absent: Duration::from_millis(20), ..timing() };
    let mut follower = Follower::synced(backend(&server).with_timing(timing)).await;
    for plural in
        ["ippools", "bgpconfigurations", "bgppeers", "bgpfilters", "blockaffinities", "caliconodestatuses"]
    {
        handle.uninstall(&format!("{V1}/{plural}"));
    }
    for (plural, kind) in [
        ("ippools", "IPPool"),
        ("bgpconfigurations", "BGPConfiguration"),
        ("bgppeers", "BGPPeer"),
        ("bgpfilters", "BGPFilter"),
        ("blockaffinities", "BlockAffinity"),
    ] {
        handle.install(Served {
            group: "projectcalico.org".into(),
            version: "v3".into(),
            plural: plural.into(),
            kind: kind.into(),
            namespaced: false,
        });
    }
    let native = calico("projectcalico.org/v3", "BGPPeer", "q", json!({"peerIP": "192.0.2.1"}));
    handle.create(native).unwrap();
    follower.until(|f| f.has("q") && f.peers() == 1).await;
}

fn served() -> Served {
    Served {
        group: "crd.projectcalico.org".into(),
        version: "v1".into(),
        plural: "bgppeers".into(),
        kind: "BGPPeer".into(),
        namespaced: false,
    }
}
