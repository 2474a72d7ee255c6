//! Watches where nothing is wrong.

use std::time::Duration;

use godwit_control::backend::kubernetes::Timing;
use godwit_control::{Demand, Kind};
use tokio::time::timeout;

use crate::cluster::{ALWAYS, Follower, PEERS, backend, of, peer, peer_id, server, timing};

#[tokio::test]
async fn who_has_nothing_to_do_asks_nothing() {
    let (server, handle) = server(|b| b.bookmark_interval(Duration::from_millis(20))).await;
    let mut follower = Follower::synced(backend(&server)).await;
    follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len()).await;
    handle.clear_requests();
    let before: Vec<_> = ALWAYS.map(|kind| follower.heard.get(&of(kind)).map_or(0, |h| h.0)).into();
    follower
        .until(|f| {
            ALWAYS.iter().zip(&before).all(|(kind, n)| f.heard.get(&of(*kind)).is_some_and(|h| h.0 > n + 30))
        })
        .await;
    assert_eq!(handle.requests(), []);
    assert!(follower.faults.is_empty(), "{:?}", follower.faults);
}

#[tokio::test]
async fn bookmarks_are_heard_with_their_revision() {
    let (server, handle) = server(|b| b).await;
    let mut follower = Follower::synced(backend(&server)).await;
    handle.advance_revision(1_000);
    let revision = handle.revision().to_string();
    follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len()).await;
    handle.send_bookmarks();
    follower
        .until(|f| ALWAYS.iter().all(|kind| f.heard.get(&of(*kind)).is_some_and(|h| h.1 == revision)))
        .await;
    // And they count: what is compacted up to there is not missed.
    handle.compact();
    handle.drop_watches();
    handle.create(peer("p", 64512)).unwrap();
    follower.until(|f| f.has("p")).await;
    assert_eq!(handle.lists_of(PEERS), 1);
}

#[tokio::test]
async fn a_watch_that_ends_is_taken_up_where_it_was() {
    let (server, handle) = server(|b| b).await;
    let mut follower = Follower::synced(backend(&server)).await;
    handle.create(peer("one", 64512)).unwrap();
    follower.until(|f| f.has("one")).await;
    handle.drop_watches();
    handle.create(peer("two", 64512)).unwrap();
    handle.delete(PEERS, "one").unwrap();
    follower.until(|f| f.has("two") && !f.has("one")).await;
    follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len()).await;
    assert_eq!(handle.lists_of(PEERS), 1);
    assert!(follower.faults.is_empty(), "{:?}", follower.faults);
}

#[tokio::test]
async fn watches_are_renewed_at_the_time_they_were_asked_for() {
    let (server, handle) = server(|b| b).await;
    // One of a second would end about as soon as one that is refused at once.
    let timing = Timing { watch_min: Duration::from_secs(2), ..timing() };
    let mut follower = Follower::synced(backend(&server).with_timing(timing)).await;
    follower.until_at(&handle, |_, h| h.watches_of(PEERS) >= 3).await;
    assert_eq!(handle.lists_of(PEERS), 1);
    assert!(follower.faults.is_empty(), "{:?}", follower.faults);
}

#[tokio::test]
async fn what_happens_together_comes_together_and_in_order() {
    let (server, handle) = server(|b| b).await;
    let mut follower = Follower::synced(backend(&server)).await;
    let names: Vec<_> = (0..1_000).map(|n| format!("peer-{n:04}")).collect();
    let before = follower.batches;
    handle.create_all(names.iter().map(|name| peer(name, 64512))).unwrap();
    follower.until(|f| f.peers() == 1_000).await;
    let expected: Vec<_> = names.iter().map(|name| peer_id(name)).collect();
    assert_eq!(follower.events, expected);
    assert!(follower.batches - before < 500, "{} batches", follower.batches - before);
}

#[tokio::test]
async fn all_ends_when_nobody_listens() {
    let (server, handle) = server(|b| b).await;
    let demand = Demand { services: true, secrets: ["bgp".into()].into() };
    let mut follower = Follower::of(backend(&server), demand);
    follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len() + 3).await;
    follower.updates.close();
    timeout(Duration::from_secs(20), &mut follower.task).await.expect("it goes on").unwrap();
    timeout(Duration::from_secs(20), handle.wait_until(|h| h.open_watches() == 0))
        .await
        .expect("watches stay");
}

#[tokio::test]
async fn all_ends_when_nobody_listens_and_there_is_no_server() {
    let (server, handle) = server(|b| b).await;
    handle.stop_listening().await;
    let mut follower = Follower::of(backend(&server), Demand::default());
    follower.until(|f| !f.faults.is_empty()).await;
    follower.updates.close();
    timeout(Duration::from_secs(20), &mut follower.task).await.expect("it goes on").unwrap();
}

#[tokio::test]
async fn a_demand_that_nobody_can_change_any_more_stays() {
    let (server, handle) = server(|b| b).await;
    let mut follower = Follower::synced(backend(&server)).await;
    let (other, _) = tokio::sync::watch::channel(Demand::default());
    drop(std::mem::replace(&mut follower.demand, other));
    handle.create(peer("p", 64512)).unwrap();
    follower.until(|f| f.has("p") && f.works(Kind::BgpPeer)).await;
}
