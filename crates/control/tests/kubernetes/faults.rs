//! Faults of the server and of the way to it: each is told, and survived.

use std::time::{Duration, Instant};

use apiserver_double::{Action, Failure, Fault, Handle, Server};
use godwit_control::backend::kubernetes::{Kubernetes, Reads, Timing};
use godwit_control::settings::KubernetesSettings;
use godwit_control::{Demand, Kind};

use crate::cluster::{
    ALWAYS, Follower, PEERS, PEERS_PATH, at, backend, node_settings, peer, secret, secret_id, server, timing,
};

/// A list that meets a fault some times, and then a watch that does.
async fn survives(action: Action, words: &str) {
    // Half of a watch is half of its first event.
    let (server, handle) = server(|b| b.bookmark_interval(Duration::from_millis(50))).await;
    handle.create(peer("p", 64512)).unwrap();
    handle.inject(Fault::new(PEERS_PATH, action.clone()).times(3));
    let timing = Timing { answer_max: Duration::from_millis(500), ..timing() };
    let mut follower = Follower::of(backend(&server).with_timing(timing), Demand::default());
    follower.until(|f| f.faulted(Kind::BgpPeer, words)).await;
    assert_eq!(follower.lists(Kind::BgpPeer), 0);
    follower.until(|f| f.has("p") && ALWAYS.iter().all(|kind| f.works(*kind))).await;
    assert_eq!(handle.waiting_faults(), 0);

    let faults = follower.faults.len();
    handle.inject(Fault::new(format!("{PEERS_PATH}?*watch=true*"), action).times(3));
    follower.until_at(&handle, |_, h| h.open_watches_of(PEERS) == 1).await;
    handle.break_watches();
    follower.until_at(&handle, |_, h| h.waiting_faults() == 0).await;
    handle.create(peer("q", 64512)).unwrap();
    follower.until(|f| f.has("q") && f.works(Kind::BgpPeer)).await;
    assert!(follower.faults.len() > faults);
    assert!(follower.has("p"));
}

#[tokio::test]
async fn errors_of_the_server_are_survived() {
    survives(Action::Fail(Failure::new(500, "etcd is not well")), "500: etcd is not well").await;
}

#[tokio::test]
async fn a_server_that_is_not_up_yet_is_waited_for() {
    survives(Action::Fail(Failure::new(503, "starting")), "503").await;
}

#[tokio::test]
async fn half_an_answer_is_none() {
    survives(Action::Half, "broke off").await;
}

#[tokio::test]
async fn what_is_no_json_is_survived() {
    survives(Action::Garbage, "no JSON").await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_asked_again() {
    survives(Action::Hang, "no answer within").await;
}

#[tokio::test]
async fn who_is_told_to_wait_waits() {
    let (server, handle) = server(|b| b).await;
    handle.create(peer("p", 64512)).unwrap();
    handle.inject(Fault::new(PEERS_PATH, Action::Fail(Failure::new(429, "slow down").retry_after(1))));
    let start = Instant::now();
    let mut follower = Follower::of(backend(&server), Demand::default());
    follower.until(|f| f.faulted(Kind::BgpPeer, "429: slow down")).await;
    follower.until(|f| f.has("p") && f.works(Kind::BgpPeer)).await;
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(handle.lists_of(PEERS), 2);
}

#[tokio::test]
async fn half_a_secret_is_not_shown() {
    let (server, handle) = server(|b| b).await;
    handle.create(secret("bgp")).unwrap();
    handle.inject(Fault::new("*/secrets", Action::Half).times(2));
    let demand = Demand { secrets: ["bgp".into()].into(), ..Demand::default() };
    let mut follower = Follower::of(backend(&server), demand);
    follower.until(|f| f.known.contains_key(&secret_id("bgp"))).await;
    assert!(!follower.faults.is_empty());
    assert!(follower.faults.iter().all(|(_, text)| !text.contains("aHVz")), "{:?}", follower.faults);
}

#[tokio::test]
async fn watches_that_break_are_taken_up_without_a_list() {
    let (server, handle) = server(|b| b).await;
    let mut follower = Follower::synced(backend(&server)).await;
    follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len()).await;
    handle.break_watches();
    follower.until(|f| f.faulted(Kind::BgpPeer, "broke")).await;
    follower.until(|f| ALWAYS.iter().all(|kind| f.works(*kind))).await;
    handle.create(peer("p", 64512)).unwrap();
    follower.until(|f| f.has("p")).await;
    assert_eq!(handle.lists_of(PEERS), 1);
}

/// A watch that is dead, its connection alive.
#[tokio::test]
async fn a_watch_that_is_silent_is_ended_and_all_is_listed() {
    let (server, handle) = server(|b| b.bookmark_interval(Duration::from_millis(50))).await;
    handle.create(peer("old", 64512)).unwrap();
    let timing = Timing { silence_max: Duration::from_secs(1), ..timing() };
    let mut follower = Follower::synced(backend(&server).with_timing(timing)).await;
    follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len()).await;
    handle.freeze_watches();
    handle.create(peer("new", 64512)).unwrap();
    handle.delete(PEERS, "old").unwrap();
    follower.until(|f| f.faulted(Kind::BgpPeer, "silent for 1 s") && f.has("new") && !f.has("old")).await;
    handle.thaw_watches();
    handle.create(peer("newer", 64512)).unwrap();
    follower.until(|f| f.has("newer") && ALWAYS.iter().all(|kind| f.works(*kind))).await;
}

#[tokio::test]
async fn a_watch_that_is_told_an_error_begins_with_a_list() {
    let (server, handle) = server(|b| b).await;
    let mut follower = Follower::synced(backend(&server)).await;
    follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len()).await;
    handle.fail_watches(Failure::new(500, "etcd event received with PrevKv=nil"));
    follower.until(|f| f.faulted(Kind::BgpPeer, "PrevKv")).await;
    follower.until(|f| ALWAYS.iter().all(|kind| f.works(*kind) && f.lists(*kind) == 2)).await;
}

#[tokio::test]
async fn a_server_that_ends_each_watch_at_once_is_not_asked_all_the_time() {
    let (server, handle) = server(|b| b).await;
    let timing =
        Timing { pause_min: Duration::from_millis(200), pause_max: Duration::from_secs(5), ..timing() };
    let ender = handle.clone();
    let ender = tokio::spawn(async move {
        loop {
            ender.wait_until(|h| h.open_watches() > 0).await;
            ender.drop_watches();
            ender.wait_until(|h| h.open_watches() == 0).await;
        }
    });
    let start = Instant::now();
    let mut follower = Follower::of(backend(&server).with_timing(timing), Demand::default());
    follower.until(|f| f.faults.iter().filter(|(scope, _)| scope.kind() == Kind::BgpPeer).count() == 3).await;
    ender.abort();
    let asked = handle.watches_of(PEERS);
    // One that is not told of, and three that are, after pauses of 0.2, 0.4 and 0.8 s.
    assert!((4..=5).contains(&asked), "{asked} watches");
    assert!(start.elapsed() >= Duration::from_millis(1_400), "{:?}", start.elapsed());
    assert!(follower.faults.iter().all(|(_, text)| text.contains("at once")), "{:?}", follower.faults);
}

async fn gone_and_back() -> (Server, Handle, Follower) {
    let (server, handle) = server(|b| b).await;
    handle.create(peer("stays", 64512)).unwrap();
    handle.create(peer("goes", 64512)).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    handle.stop_listening().await;
    follower.until(|f| ALWAYS.iter().all(|kind| f.faulted(*kind, "refused"))).await;
    (server, handle, follower)
}

#[tokio::test]
async fn a_server_that_was_gone_is_found_again_and_so_is_what_happened_meanwhile() {
    let (_server, handle, mut follower) = gone_and_back().await;
    assert!(follower.has("goes"), "what was known stays");
    handle.delete(PEERS, "goes").unwrap();
    handle.create(peer("comes", 64512)).unwrap();
    handle.compact();
    handle.listen_again().await.unwrap();
    follower.until(|f| ALWAYS.iter().all(|kind| f.works(*kind)) && !f.has("goes") && f.has("comes")).await;
    assert!(follower.has("stays"));
}

#[tokio::test]
async fn a_server_that_is_not_there_at_the_start_is_waited_for() {
    let (server, handle) = server(|b| b).await;
    handle.create(peer("p", 64512)).unwrap();
    handle.stop_listening().await;
    let mut follower = Follower::of(backend(&server), Demand::default());
    follower.until(|f| ALWAYS.iter().all(|kind| f.faulted(*kind, "refused"))).await;
    assert!(follower.lists.is_empty());
    handle.listen_again().await.unwrap();
    follower.until(|f| f.has("p") && ALWAYS.iter().all(|kind| f.works(*kind))).await;
}

#[tokio::test]
async fn a_server_without_tls_where_there_should_be_is_a_fault() {
    let (server, _handle) = server(|b| b).await;
    let settings = KubernetesSettings { insecure: true, ..at(&server.url().replace("http:", "https:")) };
    let backend = Kubernetes::new(settings, node_settings(), Reads::Everything).with_timing(timing());
    let mut follower = Follower::of(backend, Demand::default());
    follower.until(|f| f.faulted(Kind::Node, "does not answer")).await;
}
