//! Lists: pages, sizes, names.

use godwit_control::{Demand, Kind, Resource};

use crate::cluster::{Follower, PEERS, PEERS_PATH, backend, peer, peer_id, server};

#[tokio::test]
async fn five_thousand_peers_come_in_pages() {
    let (server, handle) = server(|b| b).await;
    handle.create_all((0..5_000).map(|n| peer(&format!("peer-{n:04}"), 64512))).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    assert_eq!(follower.peers(), 5_000);
    // What the server has at hand comes as it likes: here at once.
    let first = handle.requests_to("GET", PEERS_PATH);
    let first = first.iter().find(|r| !r.is_watch()).unwrap();
    assert_eq!(first.parameter("resourceVersion"), Some("0"));
    assert_eq!(first.parameter("resourceVersionMatch"), Some("NotOlderThan"));
    // The newest comes in pages.
    handle.clear_requests();
    handle.advance_revision(10);
    handle.compact();
    handle.break_watches();
    follower.until(|f| f.lists(Kind::BgpPeer) == 2).await;
    assert_eq!(follower.peers(), 5_000);
    let lists: Vec<_> = handle.requests_to("GET", PEERS_PATH).into_iter().filter(|r| !r.is_watch()).collect();
    assert_eq!(lists.len(), 10);
    assert!(lists.iter().all(|r| r.parameter("limit") == Some("500")));
    assert_eq!(lists.iter().filter(|r| r.parameter("continue").is_some()).count(), 9);
}

#[tokio::test]
async fn a_list_that_expires_between_its_pages_begins_again() {
    let (server, handle) = server(|b| b).await;
    handle.create_all((0..1_200).map(|n| peer(&format!("peer-{n:04}"), 64512))).unwrap();
    let mut follower = Follower::synced(backend(&server)).await;
    let gone = apiserver_double::Failure::expired("The provided continue parameter is too old");
    let fault = apiserver_double::Fault::new(
        format!("{PEERS_PATH}?*continue=*"),
        apiserver_double::Action::Fail(gone),
    );
    handle.inject(fault);
    handle.advance_revision(10);
    handle.compact();
    handle.break_watches();
    follower.until_at(&handle, |f, h| h.waiting_faults() == 0 && f.works(Kind::BgpPeer)).await;
    follower.until(|f| f.lists(Kind::BgpPeer) == 2).await;
    assert_eq!(follower.peers(), 1_200);
}

#[tokio::test]
async fn names_may_be_as_long_as_they_may_be() {
    let long = "n".repeat(253);
    let (server, handle) = server(|b| b).await;
    handle.create(peer(&long, 64512)).unwrap();
    handle.create(crate::cluster::secret(&long)).unwrap();
    let demand = Demand { secrets: [long.as_str().into()].into(), ..Demand::default() };
    let mut follower = Follower::of(backend(&server), demand);
    follower.until(|f| f.has(&long) && f.known.contains_key(&crate::cluster::secret_id(&long))).await;
    handle.delete(PEERS, &long).unwrap();
    follower.until(|f| !f.has(&long)).await;
}

#[tokio::test]
async fn an_object_that_is_larger_than_any_can_be_is_refused_by_its_name() {
    let (server, handle) = server(|b| b).await;
    let mut huge = peer("huge", 64512);
    huge["metadata"]["annotations"] = serde_json::json!({"x": "y".repeat(5 << 20)});
    handle.create(huge).unwrap();
    let mut large = peer("large", 64513);
    large["metadata"]["annotations"] = serde_json::json!({"x": "y".repeat(1 << 20)});
    let mut follower = Follower::synced(backend(&server)).await;
    handle.create(large).unwrap();
    follower.until(|f| f.has("large")).await;
    assert!(matches!(follower.known.get(&peer_id("huge")), Some(Err(_))));
    let Some(Ok(Resource::BgpPeer(peer))) = follower.known.get(&peer_id("large")) else { panic!() };
    assert_eq!(peer.as_number, Some(64513));
}
