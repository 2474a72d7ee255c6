//! etcd is away, has forgotten, or is of the past.

use godwit_control::Kind;
use godwit_control::backend::etcd::Timing;
use std::time::Duration;

use crate::relay::Relay;
use crate::server::{Server, free_address};
use crate::watched::{KINDS, Watched, key, quick, settings, value};

fn put(server: &Server, kind: Kind, name: &str) {
    server.put(&key(kind, name), &value(kind, name));
}

/// A server with a node and a peer, and a backend that knows them.
async fn known() -> (Server, Relay, Watched) {
    let server = Server::start();
    put(&server, Kind::Node, "a");
    put(&server, Kind::BgpPeer, "p");
    let relay = Relay::start(server.client).await;
    let mut watched = Watched::start(settings(&[relay.url()]));
    watched.until_works().await;
    (server, relay, watched)
}

async fn cut(relay: &Relay, watched: &mut Watched) {
    relay.cut();
    watched.until("the cut is seen", |w| w.faults.len() == KINDS.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_change_during_a_restart_is_not_missed() {
    let (mut server, relay, mut watched) = known().await;
    cut(&relay, &mut watched).await;
    put(&server, Kind::Node, "b");
    server.delete(&key(Kind::BgpPeer, "p"));
    server.restart_elsewhere();
    put(&server, Kind::Node, "c");
    relay.mend(server.client);
    watched.until_works().await;
    watched.until_has(Kind::Node, "b", true).await;
    watched.until_has(Kind::Node, "c", true).await;
    watched.until_has(Kind::BgpPeer, "p", false).await;
    assert_eq!(watched.lists.values().sum::<usize>(), 6, "the watch was resumed, nothing listed again");
    assert_eq!(watched.events.values().copied().collect::<Vec<_>>(), [1, 1, 1], "each was said once");
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_server_that_dies_and_comes_back_is_found() {
    let mut server = Server::start();
    put(&server, Kind::Node, "a");
    let mut watched = Watched::start(settings(&[server.url()]));
    watched.until_works().await;
    server.kill();
    watched.until_faults(&server.url()).await;
    server.run();
    server.wait();
    watched.until_works().await;
    put(&server, Kind::Node, "b");
    watched.until_has(Kind::Node, "b", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_deletion_that_was_compacted_is_found_by_a_list() {
    let (mut server, relay, mut watched) = known().await;
    cut(&relay, &mut watched).await;
    server.delete(&key(Kind::BgpPeer, "p"));
    put(&server, Kind::Node, "b");
    server.compact();
    server.restart_elsewhere();
    relay.mend(server.client);
    watched.until_has(Kind::BgpPeer, "p", false).await;
    watched.until_has(Kind::Node, "b", true).await;
    watched.until_works().await;
    assert_eq!(watched.node_lists(), 2);
    assert!(watched.events.is_empty(), "no event can tell: {:?}", watched.events);
    put(&server, Kind::Node, "c");
    watched.until_has(Kind::Node, "c", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_compaction_of_what_was_seen_is_no_reason_to_list() {
    let (server, relay, mut watched) = known().await;
    let revision = server.revision();
    server.compact();
    cut(&relay, &mut watched).await;
    relay.mend(server.client);
    watched.until_works().await;
    put(&server, Kind::Node, "b");
    watched.until_has(Kind::Node, "b", true).await;
    assert!(server.revision() > revision);
    assert_eq!(watched.lists.values().sum::<usize>(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_restored_from_a_backup_is_listed_again() {
    let (mut server, relay, mut watched) = known().await;
    server.save();
    put(&server, Kind::Node, "later");
    server.delete(&key(Kind::BgpPeer, "p"));
    watched.until_has(Kind::Node, "later", true).await;
    watched.until_has(Kind::BgpPeer, "p", false).await;
    cut(&relay, &mut watched).await;
    server.restore();
    relay.mend(server.client);
    watched.until_has(Kind::Node, "later", false).await;
    watched.until_has(Kind::BgpPeer, "p", true).await;
    watched.until_works().await;
    put(&server, Kind::Node, "new");
    watched.until_has(Kind::Node, "new", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_backup_that_was_written_to_since_is_listed_again() {
    let mut server = Server::start();
    for i in 0..40 {
        server.put("/elsewhere", &i.to_string());
    }
    server.save();
    let relay = Relay::start(server.client).await;
    let mut watched = Watched::start(settings(&[relay.url()]));
    watched.until_works().await;
    put(&server, Kind::Node, "later");
    watched.until_has(Kind::Node, "later", true).await;
    cut(&relay, &mut watched).await;
    server.restore();
    // Cluster and term are the same, and the revision is beyond what was seen. The log is shorter.
    for i in 0..5 {
        put(&server, Kind::BgpPeer, &format!("p{i}"));
    }
    relay.mend(server.client);
    watched.until_has(Kind::Node, "later", false).await;
    watched.until_has(Kind::BgpPeer, "p0", true).await;
    watched.until_has(Kind::BgpPeer, "p4", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_another_cluster_is_listed_again() {
    let (_server, relay, mut watched) = known().await;
    let other = Server::start();
    for i in 0..20 {
        put(&other, Kind::Node, &format!("x{i}"));
    }
    cut(&relay, &mut watched).await;
    relay.mend(other.client);
    watched.until_has(Kind::Node, "a", false).await;
    watched.until_has(Kind::Node, "x19", true).await;
    watched.until_works().await;
    assert_eq!(watched.objects.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_watch_that_hangs_is_noticed() {
    let server = Server::start();
    let relay = Relay::start(server.client).await;
    let timing = Timing { answer: Duration::from_secs(2), ..quick() };
    let mut watched = Watched::with(settings(&[relay.url()]), timing);
    watched.until_works().await;
    relay.deafen();
    put(&server, Kind::Node, "b");
    watched.until_faults("silent").await;
    watched.until_has(Kind::Node, "b", true).await;
    watched.until_works().await;
    assert_eq!(watched.node_lists(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_a_dead_endpoint_is_passed_over() {
    let server = Server::start();
    let relay = Relay::start(server.client).await;
    relay.cut();
    let dead = format!("http://{}", free_address());
    let mut watched = Watched::start(settings(&[dead.clone(), "nonsense://x".into(), relay.url()]));
    let said =
        |w: &Watched, url: &str, why: &str| w.all_faults.iter().any(|f| f.contains(url) && f.contains(why));
    watched
        .until("each is tried", |w| {
            said(w, &dead, "refused")
                && said(w, "nonsense://x", "ETCD_ENDPOINTS")
                && said(w, &relay.url(), "")
        })
        .await;
    relay.mend(server.client);
    watched.until_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_etcd_without_endpoints_says_so() {
    Watched::start(settings(&[])).until_faults("set ETCD_ENDPOINTS").await;
}
