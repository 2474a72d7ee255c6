//! Revisions that the server does not know any more, or not yet.

use std::time::Duration;

use apiserver_double::{ExpiredWatch, FutureWatch};
use godwit_control::Kind;
use godwit_control::backend::kubernetes::Timing;

use crate::cluster::{ALWAYS, Follower, PEERS, backend, peer, server, timing};

#[tokio::test]
async fn after_a_compaction_all_is_listed_and_deletions_are_found() {
    for habit in [ExpiredWatch::Event, ExpiredWatch::Http] {
        let (server, handle) = server(|b| b.expired_watch(habit)).await;
        handle.create(peer("goes", 64512)).unwrap();
        let mut follower = Follower::synced(backend(&server)).await;
        follower.until_at(&handle, |_, h| h.open_watches() == ALWAYS.len()).await;
        handle.freeze_watches();
        handle.delete(PEERS, "goes").unwrap();
        handle.create(peer("comes", 64512)).unwrap();
        handle.advance_revision(1);
        handle.compact();
        handle.break_watches();
        handle.thaw_watches();
        follower.until(|f| !f.has("goes") && f.has("comes") && ALWAYS.iter().all(|k| f.works(*k))).await;
        assert!(!follower.faulted(Kind::BgpPeer, "410"), "it is routine: {:?}", follower.faults);
        assert_eq!(follower.lists(Kind::BgpPeer), 2);
    }
}

#[tokio::test]
async fn a_server_that_lost_some_of_its_past_is_listed_anew() {
    for habit in [FutureWatch::Refuse, FutureWatch::Wait] {
        let (server, handle) =
            server(|b| b.future_watch(habit).bookmark_interval(Duration::from_millis(100))).await;
        handle.create(peer("stays", 64512)).unwrap();
        let backup = handle.snapshot();
        let timing = Timing { silence_max: Duration::from_secs(1), ..timing() };
        let mut follower = Follower::synced(backend(&server).with_timing(timing)).await;
        handle.advance_revision(1_000);
        handle.create(peer("lost", 64512)).unwrap();
        follower.until(|f| f.has("lost")).await;
        handle.restart_from(&backup);
        follower.until(|f| !f.has("lost") && f.works(Kind::BgpPeer)).await;
        assert!(follower.has("stays") && follower.faults.iter().any(|(s, _)| s.kind() == Kind::BgpPeer));
        let silent =
            follower.faults.iter().filter(|(s, text)| s.kind() == Kind::BgpPeer && text.contains("silent"));
        assert!(silent.count() <= 1, "once is enough: {:?}", follower.faults);
        handle.create(peer("new", 64512)).unwrap();
        follower.until(|f| f.has("new")).await;
    }
}

/// Soon the server's revision is the same again, but not what it was then.
#[tokio::test]
async fn a_server_that_was_away_is_listed_whatever_its_revision() {
    let (server, handle) = server(|b| b.future_watch(FutureWatch::Wait)).await;
    let backup = handle.snapshot();
    let mut follower = Follower::synced(backend(&server)).await;
    handle.create(peer("lost", 64512)).unwrap();
    follower.until(|f| f.has("lost")).await;
    handle.stop_listening().await;
    follower.until(|f| f.faulted(Kind::BgpPeer, "refused")).await;
    handle.restart_from(&backup);
    handle.create(peer("hidden", 64512)).unwrap();
    handle.advance_revision(100);
    handle.listen_again().await.unwrap();
    follower.until(|f| f.has("hidden") && !f.has("lost")).await;
}
