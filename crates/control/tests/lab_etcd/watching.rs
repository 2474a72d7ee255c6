//! Lists and watches of an etcd that is well.

use godwit_control::{Kind, Scope};
use tokio::time::timeout;

use crate::relay::Relay;
use crate::server::{PATIENCE, Server};
use crate::watched::{KINDS, Watched, key, settings, value};

const BLOCK: &str = "/calico/ipam/v2/host/n1/ipv4/block/10.0.0.0-26";

fn affinities(watched: &Watched) -> usize {
    watched.objects.keys().filter(|id| id.kind == Kind::BlockAffinity).count()
}

fn resources() -> impl Iterator<Item = Kind> {
    KINDS.into_iter().filter(|kind| *kind != Kind::BlockAffinity)
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_every_kind_is_listed_and_watched() {
    let server = Server::start();
    for kind in resources() {
        server.put(&key(kind, "before"), &value(kind, "before"));
    }
    server.put(BLOCK, "");
    // Blocks of others, of one whose name goes on, and of a load balancer.
    for other in ["host/n2", "host/n10", "virtual/n1"] {
        server.put(&format!("/calico/ipam/v2/{other}/ipv4/block/10.0.1.0-26"), "{}");
    }
    // Kinds that are nothing to us.
    server.put("/calico/resources/v3/projectcalico.org/felixconfigurations/default", "{}");
    server.put("/calico/resources/v3/projectcalico.org/blockaffinities/n1-10-0-0-0-26", "{}");

    let mut watched = Watched::start(settings(&[server.url()]));
    watched.until_works().await;
    assert_eq!(watched.objects.len(), KINDS.len(), "{:?}", watched.objects.keys());
    assert_eq!(affinities(&watched), 1);
    assert_eq!(watched.lists.values().copied().collect::<Vec<_>>(), [1; 6]);

    for kind in resources() {
        server.put(&key(kind, "after"), &value(kind, "after"));
        watched.until_has(kind, "after", true).await;
        server.delete(&key(kind, "before"));
        watched.until_has(kind, "before", false).await;
    }
    server.put("/calico/ipam/v2/host/n1/ipv6/block/fd00::-122", r#"{"state":"confirmed","deleted":false}"#);
    watched.until("a second block", |w| affinities(w) == 2).await;
    server.delete(BLOCK);
    watched.until("one block", |w| affinities(w) == 1).await;
    for (id, resource) in &watched.objects {
        assert!(resource.is_ok(), "{id}: {resource:?}");
    }
    assert_eq!(watched.lists.values().sum::<usize>(), 6, "nothing was listed again");
    assert!(watched.all_faults.is_empty(), "{:?}", watched.all_faults);
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_thousands_of_keys_come_in_pages_of_one_revision() {
    let server = Server::start();
    let nodes = |from: usize, to: usize| -> Vec<(String, String)> {
        (from..to)
            .map(|i| format!("n{i:05}"))
            .map(|name| (key(Kind::Node, &name), value(Kind::Node, &name)))
            .collect()
    };
    // Not a multiple of the page, then exactly one.
    server.transaction(&nodes(0, 2730), &[]);
    let mut watched = Watched::start(settings(&[server.url()]));
    watched.until_works().await;
    assert_eq!(watched.objects.len(), 2730);
    // One revision with many events is one batch.
    server.transaction(&nodes(2730, 3000), &[]);
    watched.until("all of them", |w| w.objects.len() == 3000).await;
    assert_eq!(watched.batches, [270]);
    let mut again = Watched::start(settings(&[server.url()]));
    again.until_works().await;
    assert_eq!(again.objects.len(), 3000);
    assert_eq!(again.objects.keys().collect::<Vec<_>>(), watched.objects.keys().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_quiet_watch_is_heard_of() {
    let server = Server::start();
    let mut watched = Watched::start(settings(&[server.url()]));
    watched.until_works().await;
    // No change comes: what is heard are answers to progress requests, of an etcd that no one writes to.
    watched.until("three answers", |w| w.hearings >= 18).await;
    assert!(watched.all_faults.is_empty(), "{:?}", watched.all_faults);
    // Keys that are nothing to us move the revision.
    server.put("/elsewhere", "");
    let revision = server.revision();
    watched
        .until("the revision", |w| {
            w.heard.get(&Scope::Kind(Kind::BgpPeer)).is_some_and(|heard| *heard >= revision)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_what_is_no_json_is_an_object_with_an_error() {
    let server = Server::start();
    server.put(&key(Kind::Node, "a"), "{nonsense");
    let mut watched = Watched::start(settings(&[server.url()]));
    watched.until_works().await;
    let (id, resource) = watched.objects.pop_first().expect("it is there");
    let error = resource.expect_err("it is refused");
    assert!(error.contains("JSON"), "{id}: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_large_backlog_comes_in_parts() {
    let server = Server::start();
    let relay = Relay::start(server.client).await;
    let mut watched = Watched::start(settings(&[relay.url()]));
    watched.until_works().await;
    relay.cut();
    watched.until("the cut is seen", |w| w.faults.len() == KINDS.len()).await;
    // More in one answer than etcd sends in one message (2 MB), and more than gRPC takes by default (4 MB).
    let label = "x".repeat(1_000_000);
    for i in 0..9 {
        let name = format!("big{i}");
        let metadata =
            format!(r#"{{"metadata":{{"name":"{name}","labels":{{"a":"{label}"}}}},"spec":{{}}}}"#);
        server.put(&key(Kind::Node, &name), &metadata);
    }
    relay.mend(server.client);
    watched.until("all of them", |w| w.objects.len() == 9).await;
    assert_eq!(watched.node_lists(), 1, "it was the watch that told");
    assert_eq!(watched.batches, [9], "the parts are one batch");
    // And in a list.
    let mut again = Watched::start(settings(&[server.url()]));
    again.until_works().await;
    assert_eq!(again.objects.len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_it_ends_when_nobody_listens() {
    let server = Server::start();
    let mut watched = Watched::start(settings(&[server.url()]));
    watched.until_works().await;
    let task = watched.leave();
    timeout(PATIENCE, task).await.expect("it ends").expect("it ends well");
    // And while it tries to connect.
    let nowhere = Watched::start(settings(&["http://127.0.0.1:1".into()])).leave();
    timeout(PATIENCE, nowhere).await.expect("it ends").expect("it ends well");
}
