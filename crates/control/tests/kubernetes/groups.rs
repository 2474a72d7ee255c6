//! Which of Calico's groups is read.

use apiserver_double::{Action, CalicoApi, Failure, Fault};
use godwit_control::Kind;
use godwit_control::backend::kubernetes::{Kubernetes, Reads};
use godwit_control::settings::KubernetesSettings;
use serde_json::json;

use crate::cluster::{ALWAYS, Follower, at, backend, calico, node, node_settings, peer, server_of, timing};

const V3: &str = "projectcalico.org/v3";

#[tokio::test]
async fn the_classic_group_is_read_where_it_is() {
    let (server, handle) = server_of(CalicoApi::V1, |b| b).await;
    handle.create(node("n1")).unwrap();
    handle.create(peer("p", 64512)).unwrap();
    let follower = Follower::synced(backend(&server)).await;
    assert!(follower.has("p") && follower.known.len() == 2, "{:?}", follower.known);
    assert_eq!(handle.requests_to("GET", "/apis").len(), 1, "one asks for all");
}

#[tokio::test]
async fn the_native_group_is_read_where_there_is_no_other() {
    let (server, handle) = server_of(CalicoApi::V3, |b| b).await;
    handle.create(calico(V3, "BGPPeer", "p", json!({"peerIP": "192.0.2.1", "asNumber": 64512}))).unwrap();
    let deleted = json!({"node": "n1", "cidr": "10.2.0.0/26", "state": "confirmed", "deleted": true});
    handle.create(calico(V3, "BlockAffinity", "a", deleted)).unwrap();
    let there = json!({"node": "n1", "cidr": "10.2.0.64/26", "state": "confirmed", "deleted": false});
    handle.create(calico(V3, "BlockAffinity", "b", there)).unwrap();
    let follower = Follower::synced(backend(&server)).await;
    let names: Vec<_> = follower.known.keys().map(|id| &*id.name).collect();
    assert_eq!(names, ["p", "b"]);
}

#[tokio::test]
async fn of_both_groups_the_classic_one_is_read() {
    let (server, handle) = server_of(CalicoApi::Both, |b| b).await;
    handle.create(peer("classic", 64512)).unwrap();
    handle.create(calico(V3, "BGPPeer", "native", json!({"peerIP": "192.0.2.1"}))).unwrap();
    let follower = Follower::synced(backend(&server)).await;
    assert!(follower.has("classic") && follower.peers() == 1);
}

#[tokio::test]
async fn the_setting_decides_without_asking() {
    let (server, handle) = server_of(CalicoApi::Both, |b| b).await;
    handle.create(peer("classic", 64512)).unwrap();
    handle.create(calico(V3, "BGPPeer", "native", json!({"peerIP": "192.0.2.1"}))).unwrap();
    let settings = KubernetesSettings { api_group: Some(V3.into()), ..at(&server.url()) };
    let backend = Kubernetes::new(settings, node_settings(), Reads::Everything).with_timing(timing());
    let follower = Follower::synced(backend).await;
    assert!(follower.has("native") && follower.peers() == 1);
    assert_eq!(handle.requests_to("GET", "/apis").len(), 0);
}

#[tokio::test]
async fn where_groups_cannot_be_listed_the_classic_one_is_read() {
    for action in [Action::Fail(Failure::new(403, "no")), Action::Garbage, Action::Half] {
        let (server, handle) = server_of(CalicoApi::V1, |b| b).await;
        handle.inject(Fault::new("/apis", action).forever());
        handle.create(peer("p", 64512)).unwrap();
        let follower = Follower::synced(backend(&server)).await;
        assert!(follower.has("p"));
    }
}

/// Otherwise a slow start of the API server would be a cluster without peers for half an hour.
#[tokio::test]
async fn a_kind_that_is_not_in_a_group_which_was_only_guessed_does_not_count_as_empty() {
    let (server, handle) = server_of(CalicoApi::V3, |b| b).await;
    handle.create(calico(V3, "BGPPeer", "p", json!({"peerIP": "192.0.2.1"}))).unwrap();
    handle.inject(Fault::new("/apis", Action::Fail(Failure::new(503, "starting"))).forever());
    let mut follower = Follower::of(backend(&server), godwit_control::Demand::default());
    follower.until(|f| ALWAYS.iter().skip(1).all(|kind| f.faulted(*kind, "starting"))).await;
    assert_eq!(follower.lists(Kind::BgpPeer), 0);
    handle.clear_faults();
    follower.until(|f| f.has("p") && ALWAYS.iter().all(|kind| f.works(*kind))).await;
}
