//! Watches: where they begin, what they tell, how they end.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Next, labelled, node, service, soon, start, start_with};

const ALL: &str = "/api/v1/nodes?watch=true";
const STREAMED: &str = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

#[tokio::test]
async fn changes_come_in_order_from_a_revision_on() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let mut from_list = setup.watch(&format!("{ALL}&resourceVersion=2")).await;
    setup.handle.create(node("b")).unwrap();
    setup.handle.create(service("n", "other")).unwrap();
    setup.handle.patch("v1/nodes", "a", &json!({"spec": {"x": 1}})).unwrap();
    setup.handle.delete("v1/nodes", "b").unwrap();
    for told in ["ADDED b@3", "MODIFIED a@5", "DELETED b@6"] {
        assert_eq!(from_list.told().await, told);
    }
    // The past is told too.
    let mut later = setup.watch(&format!("{ALL}&resourceVersion=3")).await;
    assert_eq!(
        (later.told().await, later.told().await),
        ("MODIFIED a@5".to_owned(), "DELETED b@6".to_owned())
    );
}

#[tokio::test]
async fn without_a_revision_a_watch_begins_with_all_there_is() {
    let setup = start().await;
    setup.handle.create_all(["a", "b"].map(node)).unwrap();
    for query in ["", "&resourceVersion=0"] {
        let mut watch = setup.watch(&format!("{ALL}{query}")).await;
        assert_eq!(
            (watch.told().await, watch.told().await),
            ("ADDED a@2".to_owned(), "ADDED b@3".to_owned())
        );
    }
    let query = "&resourceVersion=0&sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
    let mut none = setup.watch(&format!("{ALL}{query}")).await;
    setup.handle.create(node("c")).unwrap();
    assert_eq!(none.told().await, "ADDED c@4");
}

#[tokio::test]
async fn a_streamed_list_ends_with_its_bookmark() {
    let setup = start().await;
    setup.handle.create_all(["a", "b"].map(node)).unwrap();
    setup.handle.advance_revision(5);
    for revision in ["", "&resourceVersion=0", "&resourceVersion=2"] {
        let mut watch = setup.watch(&format!("{ALL}&{STREAMED}{revision}")).await;
        assert_eq!(
            (watch.told().await, watch.told().await),
            ("ADDED a@2".to_owned(), "ADDED b@3".to_owned())
        );
        let Next::Event(mark) = watch.next().await else { panic!("no bookmark") };
        assert_eq!((&mark["type"], &mark["object"]["kind"]), (&json!("BOOKMARK"), &json!("Node")));
        assert_eq!(mark["object"]["metadata"]["resourceVersion"], json!("8"));
        assert_eq!(mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], json!("true"));
    }
    for wrong in ["sendInitialEvents=true", "resourceVersionMatch=NotOlderThan"] {
        assert_eq!(setup.get(&format!("{ALL}&{wrong}")).await.code, 422, "{wrong}");
    }
    let old = start_with(|builder| builder.streaming_lists(false)).await;
    assert_eq!(old.get(&format!("{ALL}&{STREAMED}")).await.code, 422);
}

#[tokio::test]
async fn selected_objects_enter_and_leave() {
    let setup = start().await;
    setup.handle.create(labelled("a", "web")).unwrap();
    setup.handle.create(labelled("b", "db")).unwrap();
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=3&labelSelector=app%3Dweb")).await;
    let relabel = |name: &str, label: &str| {
        setup.handle.patch("v1/nodes", name, &json!({"metadata": {"labels": {"app": label}}})).unwrap();
    };
    relabel("b", "web");
    relabel("a", "db");
    relabel("a", "x");
    setup.handle.patch("v1/nodes", "b", &json!({"spec": {"x": 1}})).unwrap();
    setup.handle.delete("v1/nodes", "a").unwrap();
    setup.handle.delete("v1/nodes", "b").unwrap();
    assert_eq!(watch.told().await, "ADDED b@4");
    let Next::Event(left) = watch.next().await else { panic!("no event") };
    assert_eq!(left["type"], json!("DELETED"));
    assert_eq!(left["object"]["metadata"]["labels"]["app"], json!("web"), "as it was");
    assert_eq!(left["object"]["metadata"]["resourceVersion"], json!("5"), "when it left");
    assert_eq!(
        (watch.told().await, watch.told().await),
        ("MODIFIED b@7".to_owned(), "DELETED b@9".to_owned())
    );
}

#[tokio::test]
async fn one_object_by_field_or_one_namespace() {
    let setup = start().await;
    let mut one = setup.watch(&format!("{ALL}&resourceVersion=1&fieldSelector=metadata.name%3Db")).await;
    let mut space = setup.watch("/api/v1/namespaces/n/services?watch=1&resourceVersion=1").await;
    setup.handle.create_all([node("a"), node("b"), service("m", "x"), service("n", "x")]).unwrap();
    assert_eq!(one.told().await, "ADDED b@3");
    assert_eq!(space.told().await, "ADDED x@5");
}

#[tokio::test]
async fn a_watch_ends_at_its_timeout_and_bookmarks_come_in_time() {
    let setup = start_with(|builder| builder.bookmark_interval(Duration::from_millis(50))).await;
    let begun = Instant::now();
    let mut watch =
        setup.watch(&format!("{ALL}&resourceVersion=1&timeoutSeconds=1&allowWatchBookmarks=true")).await;
    setup.handle.advance_revision(4);
    let mut bookmarks = 0;
    loop {
        match watch.next().await {
            Next::Event(event) => assert_eq!(event["object"]["metadata"]["resourceVersion"], json!("5")),
            end => break assert_eq!(end, Next::End),
        }
        bookmarks += 1;
    }
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert!((2..=20).contains(&bookmarks), "{bookmarks}");
}

#[tokio::test]
async fn bookmarks_on_demand_for_those_who_allow_them() {
    let setup = start().await;
    let mut with = setup.watch(&format!("{ALL}&resourceVersion=1&allowWatchBookmarks=true")).await;
    let mut without = setup.watch(&format!("{ALL}&resourceVersion=1")).await;
    setup.handle.create(service("n", "x")).unwrap();
    setup.handle.send_bookmarks();
    assert_eq!(with.told().await, "BOOKMARK @2");
    setup.handle.create(node("a")).unwrap();
    assert_eq!((with.told().await, without.told().await), ("ADDED a@3".to_owned(), "ADDED a@3".to_owned()));
}

#[tokio::test]
async fn watches_are_counted_dropped_broken_and_failed() {
    let setup = start().await;
    assert_eq!(setup.handle.open_watches(), 0);
    let from_now = format!("{ALL}&resourceVersion=1");
    let (mut one, two) = (setup.watch(&from_now).await, setup.watch("/api/v1/services?watch=1").await);
    assert_eq!((setup.handle.open_watches(), setup.handle.open_watches_of("v1/nodes")), (2, 1));
    drop(two);
    soon(setup.handle.wait_until(|handle| handle.open_watches() == 1)).await;

    setup.handle.drop_watches();
    assert_eq!(one.next().await, Next::End);
    let mut one = setup.watch(&from_now).await;
    setup.handle.break_watches();
    assert_eq!(one.next().await, Next::Broken(String::new()));
    let mut one = setup.watch(&from_now).await;
    setup.handle.fail_watches(apiserver_double::Failure::new(500, "etcd is ill"));
    let Next::Event(event) = one.next().await else { panic!("no event") };
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(500)));
    assert_eq!(one.next().await, Next::End);
    soon(setup.handle.wait_until(|handle| handle.open_watches() == 0)).await;
}

#[tokio::test]
async fn a_frozen_watch_is_open_and_silent() {
    let setup = start().await;
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=1&timeoutSeconds=1")).await;
    setup.handle.freeze_watches();
    setup.handle.create(node("a")).unwrap();
    let mut begun_frozen = setup.watch(ALL).await;
    assert!(watch.silent().await && begun_frozen.silent().await);
    assert_eq!(setup.handle.open_watches(), 2);
    setup.handle.thaw_watches();
    assert_eq!(
        (watch.told().await, begun_frozen.told().await),
        ("ADDED a@2".to_owned(), "ADDED a@2".to_owned())
    );
}

#[tokio::test]
async fn a_kind_that_is_taken_away_deletes_its_objects_and_ends_its_watches() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=2")).await;
    setup.handle.uninstall("v1/nodes");
    assert_eq!(watch.told().await, "DELETED a@3");
    assert_eq!(watch.next().await, Next::End);
    assert_eq!(setup.get("/api/v1/nodes").await.code, 404);
    let kind = |value: &str| value.to_owned();
    let (version, plural, name) = (kind("v1"), kind("nodes"), kind("Node"));
    let node_kind =
        apiserver_double::Kind { group: String::new(), version, plural, kind: name, namespaced: false };
    setup.handle.install(node_kind);
    assert_eq!(setup.get("/api/v1/nodes").await.names(), Vec::<&str>::new());
}

#[tokio::test]
async fn thousands_of_changes_reach_a_watch_that_reads_late() {
    let setup = start().await;
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=1")).await;
    setup.handle.create_all((0..5000).map(|i| node(&format!("n{i:05}")))).unwrap();
    for i in 0..5000 {
        let Next::Event(event) = watch.next().await else { panic!("ended at {i}") };
        assert_eq!(event["object"]["metadata"]["name"], Value::from(format!("n{i:05}")));
    }
}
