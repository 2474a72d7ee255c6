use proptest::prelude::*;

use super::super::prefix;
use super::super::rpc::EventType;
use super::*;
use crate::{Id, Kind};

const PEERS: &str = "/calico/resources/v3/projectcalico.org/bgppeers/";

fn header(revision: i64) -> ResponseHeader {
    ResponseHeader { cluster_id: 7, revision, raft_term: 3 }
}

/// Everything listed at revision 10, and every watcher open.
fn watching() -> Places {
    let mut places = Places::new(prefix::all("n1"));
    places.check(&header(10)).expect("nothing was known");
    for which in places.due() {
        places.listed(which, &[], 10).expect("it is one of them");
    }
    for request in places.open() {
        let created = WatchResponse { watch_id: request.watch_id, created: true, ..at(10) };
        assert!(matches!(places.take(created), Step::Opened(_)));
    }
    assert!(places.all_open());
    places
}

fn at(revision: i64) -> WatchResponse {
    WatchResponse { header: Some(header(revision)), ..WatchResponse::default() }
}

fn deleted(name: &str, revision: i64) -> Event {
    let kv = KeyValue { key: format!("{PEERS}{name}").into(), mod_revision: revision, value: Vec::new() };
    Event { r#type: EventType::Delete.into(), kv: Some(kv) }
}

/// The peers' watcher is the fourth.
fn peers(revision: i64, events: Vec<Event>) -> WatchResponse {
    WatchResponse { watch_id: 4, events, ..at(revision) }
}

fn gone(name: &str) -> Update {
    Update::Deleted(Id::new(Kind::BgpPeer, name))
}

fn starts(places: &mut Places) -> Vec<i64> {
    places.open().iter().map(|request| request.start_revision).collect()
}

#[test]
fn at_first_everything_is_to_be_listed_and_nothing_watched() {
    let mut places = Places::new(prefix::all("n1"));
    assert_eq!(places.due(), [0, 1, 2, 3, 4, 5]);
    assert!(!places.any_known());
    assert!(places.open().is_empty());
}

#[test]
fn events_of_one_answer_are_one_batch_and_move_their_watcher_only() {
    let mut places = watching();
    let step = places.take(peers(14, vec![deleted("a", 11), deleted("b", 13)]));
    let updates = vec![gone("a"), gone("b")];
    assert_eq!(step, Step::Changed { which: 3, updates, revision: 13 });
    // Not 14: that may hold an event still to come. Not the others: theirs may be under way.
    assert_eq!(starts(&mut places), [10, 10, 10, 13, 10, 10]);
}

#[test]
fn what_was_seen_and_comes_again_is_not_said_again() {
    let mut places = watching();
    let step = places.take(peers(11, vec![deleted("a", 10), deleted("b", 11)]));
    assert_eq!(step, Step::Changed { which: 3, updates: vec![gone("b")], revision: 11 });
}

#[test]
fn progress_of_a_watcher_moves_it_and_that_of_the_stream_none() {
    let mut places = watching();
    let step = places.take(peers(20, Vec::new()));
    assert_eq!(step, Step::Changed { which: 3, updates: Vec::new(), revision: 20 });
    // etcd before 3.4.25 may say so while older events are under way.
    assert_eq!(places.take(WatchResponse { watch_id: STREAM, ..at(30) }), Step::Alive(30));
    assert_eq!(starts(&mut places), [10, 10, 10, 20, 10, 10]);
}

#[test]
fn parts_are_one_batch_and_forgotten_when_the_stream_breaks() {
    let mut places = watching();
    let part = |name, revision| WatchResponse { fragment: true, ..peers(13, vec![deleted(name, revision)]) };
    assert_eq!(places.take(part("a", 11)), Step::Part);
    assert_eq!(starts(&mut places), [10; 6]);
    assert_eq!(places.take(part("a", 11)), Step::Part);
    assert_eq!(places.take(part("b", 11)), Step::Part);
    let step = places.take(peers(13, vec![deleted("c", 12)]));
    let updates = vec![gone("a"), gone("b"), gone("c")];
    assert_eq!(step, Step::Changed { which: 3, updates, revision: 12 });
    // The last part may be without events.
    assert_eq!(places.take(part("d", 14)), Step::Part);
    let step = places.take(peers(15, Vec::new()));
    assert_eq!(step, Step::Changed { which: 3, updates: vec![gone("d")], revision: 14 });
}

#[test]
fn a_compacted_watcher_is_listed_again_and_only_that() {
    let mut places = watching();
    // The reason is empty (etcd 3.4.23).
    let compacted = WatchResponse { canceled: true, compact_revision: 12, ..peers(20, Vec::new()) };
    let Step::ListAgain(why) = places.take(compacted) else { panic!("a list") };
    assert!(why.contains("compacted up to 12"), "{why}");
    assert_eq!(places.due(), [3]);
    assert_eq!(starts(&mut places), [10; 5]);
}

#[test]
fn an_ended_watcher_breaks_the_stream_and_loses_nothing() {
    let mut places = watching();
    let denied = WatchResponse {
        created: true,
        canceled: true,
        cancel_reason: "permission denied".into(),
        ..peers(10, Vec::new())
    };
    let Step::Broken(why) = places.take(denied.clone()) else { panic!("broken") };
    assert!(why.contains("permission denied"), "{why}");
    // Later releases do not say whose.
    assert!(matches!(places.take(WatchResponse { watch_id: STREAM, ..denied }), Step::Broken(_)));
    assert!(places.due().is_empty());
}

#[test]
fn an_answer_for_nobody_breaks_the_stream() {
    for watch_id in [0, 7, i64::MAX, i64::MIN, -2] {
        let step = watching().take(WatchResponse { watch_id, ..at(10) });
        assert!(matches!(step, Step::Broken(_)), "{watch_id}: {step:?}");
    }
}

#[test]
fn a_stream_that_is_older_than_what_was_seen_is_of_a_backup() {
    let mut places = watching();
    let created = WatchResponse { watch_id: 1, created: true, ..at(9) };
    assert!(matches!(places.take(created), Step::ListAgain(_)));
    assert_eq!(places.due(), [0, 1, 2, 3, 4, 5]);
    // The list then is what counts.
    places.check(&header(9)).expect("nothing is known any more");
}

#[test]
fn a_lower_term_and_another_cluster_are_another_history() {
    for other in
        [ResponseHeader { cluster_id: 8, ..header(50) }, ResponseHeader { raft_term: 2, ..header(50) }]
    {
        let mut places = watching();
        let created = WatchResponse { watch_id: 1, created: true, header: Some(other), ..at(0) };
        let step = places.take(created);
        assert!(matches!(step, Step::ListAgain(_)), "{other:?}: {step:?}");
        assert_eq!(places.due(), [0, 1, 2, 3, 4, 5]);

        let mut places = watching();
        assert!(places.check(&other).is_err(), "a list tells as well");
        assert_eq!(places.due(), [0, 1, 2, 3, 4, 5]);
    }
    // A new leader is not.
    let mut places = watching();
    places.check(&ResponseHeader { raft_term: 4, ..header(50) }).expect("the same history");
}

#[test]
fn a_log_that_is_shorter_is_of_a_backup() {
    let status = |raft_index| StatusResponse { header: Some(header(10)), raft_index };
    let mut places = watching();
    places.check_status(&status(100)).expect("it was not told before");
    places.check_status(&status(100)).expect("the same");
    assert!(places.due().is_empty());
    assert!(places.check_status(&status(99)).is_err());
    assert_eq!(places.due(), [0, 1, 2, 3, 4, 5]);
    places.check_status(&status(99)).expect("the new history");
}

#[test]
fn the_newest_revision_is_that_of_any_answer() {
    let mut places = watching();
    places.take(WatchResponse { watch_id: STREAM, ..at(30) });
    let created = WatchResponse { watch_id: 1, created: true, ..at(29) };
    assert!(matches!(places.take(created), Step::ListAgain(_)));
}

#[test]
fn events_behind_the_newest_of_another_watcher_are_not_of_a_backup() {
    let mut places = watching();
    assert!(matches!(places.take(peers(20, vec![deleted("a", 20)])), Step::Changed { .. }));
    let step = places.take(WatchResponse { watch_id: 1, events: vec![deleted("x", 15)], ..at(15) });
    assert!(matches!(step, Step::Changed { which: 0, revision: 15, .. }), "{step:?}");
}

proptest! {
    /// However a run of deletions is cut into answers, parts and streams, each is said once and in order.
    #[test]
    fn nothing_is_lost_or_said_twice(
        cuts in proptest::collection::vec((1_usize..5, any::<bool>(), any::<bool>()), 1..30)
    ) {
        let all: Vec<Event> = (11..60).map(|r| deleted(&r.to_string(), r)).collect();
        let mut places = watching();
        let mut said = Vec::new();
        let mut at = 0_usize;
        for (count, fragment, breaks) in cuts.into_iter().chain([(100, false, false)]) {
            let events: Vec<Event> = all.iter().skip(at).take(count).cloned().collect();
            at = (at + events.len()).min(all.len());
            let response = WatchResponse { fragment, ..peers(60, events) };
            if let Step::Changed { updates, .. } = places.take(response) {
                said.extend(updates);
            }
            if breaks {
                // A new stream: etcd sends from the revision that is asked for.
                let start = starts(&mut places).get(3).copied().unwrap_or_default();
                at = usize::try_from((start - 11).max(0)).unwrap_or_default();
            }
        }
        let expected: Vec<Update> = (11..60).map(|r| gone(&r.to_string())).collect();
        prop_assert_eq!(said, expected);
    }

    #[test]
    fn no_answer_makes_it_panic(
        watch_id in any::<i64>(), created in any::<bool>(), canceled in any::<bool>(), fragment in any::<bool>(),
        compact_revision in any::<i64>(), revision in any::<i64>(), at in any::<i64>(),
    ) {
        let events = vec![deleted("a", at), Event::default()];
        let header = Some(header(revision));
        let response = WatchResponse {
            header, watch_id, created, canceled, compact_revision, fragment, events,
            cancel_reason: String::new(),
        };
        let mut places = watching();
        let _ = places.take(response.clone());
        let _ = places.take(WatchResponse { watch_id: 4, ..response });
        let _ = places.open();
    }
}
