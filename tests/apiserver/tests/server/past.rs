//! The past that is forgotten, and the future that is not reached.

use std::net::TcpStream;

use apiserver_double::{ExpiredWatch, FutureWatch};
use serde_json::{Value, json};

use crate::client::{Next, node, soon, start, start_with};

const ALL: &str = "/api/v1/nodes?watch=true";

fn expired(event: Next) -> Value {
    let Next::Event(event) = event else { panic!("no event: {event:?}") };
    assert_eq!(event["type"], json!("ERROR"));
    assert_eq!((&event["object"]["code"], &event["object"]["reason"]), (&json!(410), &json!("Expired")));
    event
}

#[tokio::test]
async fn a_watch_from_a_compacted_revision_gets_an_error_event() {
    let setup = start().await;
    setup.handle.create_all(["a", "b"].map(node)).unwrap();
    setup.handle.compact();
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=2")).await;
    expired(watch.next().await);
    assert_eq!(watch.next().await, Next::End);
    let mut newest = setup.watch(&format!("{ALL}&resourceVersion=3")).await;
    setup.handle.create(node("c")).unwrap();
    assert_eq!(newest.told().await, "ADDED c@4");
}

#[tokio::test]
async fn or_http_410_if_that_is_the_habit() {
    let setup = start_with(|builder| builder.expired_watch(ExpiredWatch::Http)).await;
    setup.handle.create(node("a")).unwrap();
    setup.handle.compact();
    let answer = setup.get(&format!("{ALL}&resourceVersion=1")).await;
    assert_eq!((answer.code, answer.reason()), (410, "Expired"));
}

#[tokio::test]
async fn a_compaction_does_not_hurt_an_open_watch() {
    let setup = start().await;
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=1")).await;
    setup.handle.create(node("a")).unwrap();
    setup.handle.compact();
    setup.handle.create(node("b")).unwrap();
    assert_eq!((watch.told().await, watch.told().await), ("ADDED a@2".to_owned(), "ADDED b@3".to_owned()));
}

#[tokio::test]
async fn history_is_bounded_and_a_watch_that_fell_behind_ends() {
    let setup = start_with(|builder| builder.history(10)).await;
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=1")).await;
    setup.handle.create_all((0..50).map(|i| node(&format!("n{i:02}")))).unwrap();
    assert_eq!(watch.next().await, Next::End);
    let mut again = setup.watch(&format!("{ALL}&resourceVersion=1")).await;
    expired(again.next().await);
    let mut near = setup.watch(&format!("{ALL}&resourceVersion=41")).await;
    assert_eq!(near.told().await, "ADDED n40@42");
    assert_eq!(setup.get("/api/v1/nodes?resourceVersion=40&resourceVersionMatch=Exact").await.code, 410);
    assert_eq!(
        setup.get("/api/v1/nodes?resourceVersion=41&resourceVersionMatch=Exact").await.names().len(),
        40
    );
}

#[tokio::test]
async fn a_revision_from_the_future_is_too_large() {
    let setup = start().await;
    let streamed = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    for path in [
        "/api/v1/nodes?resourceVersion=7",
        "/api/v1/nodes?resourceVersion=7&resourceVersionMatch=NotOlderThan&limit=5",
        "/api/v1/nodes?resourceVersion=7&resourceVersionMatch=Exact",
        "/api/v1/nodes/a?resourceVersion=7",
        "/api/v1/nodes?watch=true&resourceVersion=7",
        &format!("/api/v1/nodes?watch=true&resourceVersion=7&{streamed}"),
    ] {
        let answer = setup.get(path).await;
        assert_eq!((answer.code, answer.reason()), (504, "Timeout"), "{path}");
        assert_eq!(answer.headers["retry-after"], "1");
        assert_eq!(answer.body["details"]["retryAfterSeconds"], json!(1));
        assert_eq!(answer.body["details"]["causes"][0]["reason"], json!("ResourceVersionTooLarge"));
        assert_eq!(answer.body["message"], json!("Timeout: Too large resource version: 7, current: 1"));
    }
}

#[tokio::test]
async fn a_server_may_let_a_watch_of_the_future_wait_and_never_tell_what_it_missed() {
    let setup = start_with(|builder| builder.future_watch(FutureWatch::Wait)).await;
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=3&allowWatchBookmarks=true")).await;
    setup.handle.send_bookmarks();
    assert!(watch.silent().await, "there is no bookmark to give yet");
    setup.handle.create_all(["missed", "missed-too"].map(node)).unwrap();
    assert!(watch.silent().await);
    setup.handle.create(node("told")).unwrap();
    assert_eq!(watch.told().await, "ADDED told@4");
}

#[tokio::test]
async fn a_restart_from_a_backup_goes_back_in_objects_and_revision() {
    let setup = start().await;
    setup.handle.create_all(["a", "b"].map(node)).unwrap();
    let backup = setup.handle.snapshot();
    let uid = setup.handle.create(node("c")).unwrap()["metadata"]["uid"].clone();
    setup.handle.delete("v1/nodes", "a").unwrap();
    let page = setup.get("/api/v1/nodes?limit=1").await;
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=5")).await;

    setup.handle.restart_from(&backup);
    assert_eq!(watch.next().await, Next::Broken(String::new()));
    soon(setup.handle.wait_until(|handle| handle.open_watches() == 0)).await;
    let list = setup.get("/api/v1/nodes").await;
    assert_eq!((list.names(), list.metadata("resourceVersion")), (vec!["a", "b"], "3"));
    assert_eq!(setup.get(&format!("{ALL}&resourceVersion=5")).await.code, 504);
    assert_eq!(setup.get("/api/v1/nodes?resourceVersion=5").await.code, 504);
    let token = page.metadata("continue");
    assert_eq!(setup.get(&format!("/api/v1/nodes?limit=1&continue={token}")).await.code, 504);
    expired(setup.watch(&format!("{ALL}&resourceVersion=2")).await.next().await);
    let other = setup.handle.create(node("c")).unwrap();
    assert_eq!(other["metadata"]["resourceVersion"], json!("4"), "a number given twice, for another object");
    assert_ne!(other["metadata"]["uid"], uid);
}

#[tokio::test]
async fn the_port_is_shut_and_opened_again() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let mut watch = setup.watch(&format!("{ALL}&resourceVersion=2")).await;
    setup.handle.stop_listening().await;
    assert_eq!(watch.next().await, Next::Broken(String::new()));
    assert!(TcpStream::connect(setup.server.addr()).is_err());
    setup.handle.create(node("b")).unwrap();
    setup.handle.listen_again().await.unwrap();
    assert_eq!(setup.get("/api/v1/nodes").await.names(), ["a", "b"]);
    assert_eq!(setup.watch(&format!("{ALL}&resourceVersion=2")).await.told().await, "ADDED b@3");
    let addr = setup.server.addr();
    drop(setup);
    let refused = async {
        while TcpStream::connect(addr).is_ok() {
            tokio::task::yield_now().await;
        }
    };
    soon(refused).await;
}
