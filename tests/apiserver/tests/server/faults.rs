//! Faults laid in, and the log of requests.

use std::time::{Duration, Instant};

use apiserver_double::{Action, Failure, Fault};
use serde_json::json;

use crate::client::{Next, node, soon, start};

#[tokio::test]
async fn failures_for_the_next_requests_that_fit() {
    let setup = start().await;
    let busy = Failure::new(429, "too many requests").retry_after(3);
    setup.handle.inject(Fault::new("/api/v1/nodes", Action::Fail(busy)).times(2));
    setup.handle.inject(Fault::new("*", Action::Fail(Failure::new(500, "ill"))).method("DELETE"));
    assert_eq!(setup.get("/api/v1/services").await.code, 200);
    for _ in 0..2 {
        let answer = setup.get("/api/v1/nodes").await;
        assert_eq!((answer.code, answer.reason()), (429, "TooManyRequests"));
        assert_eq!(answer.headers["retry-after"], "3");
        assert_eq!(answer.body["details"]["retryAfterSeconds"], json!(3));
    }
    assert_eq!(setup.get("/api/v1/nodes").await.code, 200);
    assert_eq!(setup.handle.waiting_faults(), 1);
    assert_eq!(setup.send("DELETE", "/api/v1/nodes/a", &[], None).await.code, 500);
    assert_eq!(setup.handle.waiting_faults(), 0);
    for code in [500, 503] {
        setup.handle.inject(Fault::new("/api", Action::Fail(Failure::new(code, "x"))));
    }
    let met = (setup.get("/api").await.code, setup.get("/api").await.code, setup.get("/api").await.code);
    assert_eq!(met, (500, 503, 200), "one request meets one fault, the oldest first");
    for (code, reason) in [(410, "Expired"), (503, "ServiceUnavailable")] {
        setup.handle.inject(Fault::new("*", Action::Fail(Failure::new(code, "x"))).forever());
        assert_eq!(setup.get("/api").await.reason(), reason);
        assert_eq!(setup.get("/version").await.code, code);
        setup.handle.clear_faults();
    }
}

#[tokio::test]
async fn a_pattern_with_the_query_meets_watches_only() {
    let setup = start().await;
    let gone = Failure::expired("too old resource version: 1 (9)");
    setup.handle.inject(Fault::new("/api/v1/nodes?*watch=true*", Action::ErrorEvent(gone)));
    assert_eq!(setup.get("/api/v1/nodes").await.code, 200);
    let mut watch = setup.watch("/api/v1/nodes?watch=true&resourceVersion=1").await;
    let Next::Event(event) = watch.next().await else { panic!("no event") };
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(watch.next().await, Next::End);
}

#[tokio::test]
async fn half_an_answer_and_then_the_connection_breaks() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let whole = setup.get("/api/v1/nodes").await.body.to_string();
    setup.handle.inject(Fault::new("/api/v1/nodes", Action::Half).times(2));
    let mut list = setup.watch("/api/v1/nodes").await;
    assert_eq!(list.next().await, Next::Broken(whole[..whole.len() / 2].to_owned()));
    let mut watch = setup.watch("/api/v1/nodes?watch=true").await;
    let Next::Broken(half) = watch.next().await else { panic!("a whole event") };
    assert!(half.starts_with('{') && half.len() > 20, "{half}");
    assert_eq!(setup.get("/api/v1/nodes").await.code, 200);
    soon(setup.handle.wait_until(|handle| handle.open_watches() == 0)).await;
}

#[tokio::test]
async fn garbage_and_silence() {
    let setup = start().await;
    setup.handle.inject(Fault::new("/api/v1/nodes", Action::Garbage));
    let answer = setup.get("/api/v1/nodes").await;
    assert_eq!((answer.code, answer.body.is_string()), (200, true));
    setup.handle.inject(Fault::new("/api/v1/nodes", Action::Hang));
    let hung = tokio::time::timeout(Duration::from_millis(100), setup.get("/api/v1/nodes")).await;
    assert!(hung.is_err());
}

#[tokio::test]
async fn a_delay_adds_to_other_faults() {
    let setup = start().await;
    let delay = Duration::from_millis(100);
    setup.handle.inject(Fault::new("*", Action::Delay(delay)).times(2));
    setup.handle.inject(Fault::new("*", Action::Fail(Failure::new(500, "ill"))));
    let begun = Instant::now();
    assert_eq!(setup.get("/api/v1/nodes").await.code, 500);
    assert!(begun.elapsed() >= delay);
    assert_eq!(setup.get("/api/v1/nodes").await.code, 200);
    assert!(begun.elapsed() >= 2 * delay);
    assert_eq!(setup.handle.waiting_faults(), 0);
}

#[tokio::test]
async fn requests_are_written_down() {
    let setup = start().await;
    setup.get("/api/v1/nodes?limit=500").await;
    setup.get("/api/v1/nodes?limit=500").await;
    setup.get("/apis/crd.projectcalico.org/v1/ippools").await;
    setup.get("/api/v1/nodes/x").await;
    let watch = setup.watch("/api/v1/nodes?watch=true&resourceVersion=1").await;
    let handle = &setup.handle;
    assert_eq!((handle.lists_of("v1/nodes"), handle.watches_of("v1/nodes")), (2, 1));
    assert_eq!(handle.lists_of("crd.projectcalico.org/v1/ippools"), 1);
    assert_eq!(handle.requests_to("get", "/api/v1/nodes*").len(), 4);
    assert_eq!(handle.requests_to("*", "/api/v1/nodes?limit=500").len(), 2);
    assert_eq!(handle.requests_to("POST", "*").len(), 0);
    let key = ["GET", "/api/v1/nodes", "limit=500"].map(str::to_owned);
    assert_eq!(handle.request_counts()[&key.into()], 2);
    let entry = &handle.requests_to("GET", "*watch=true*?*")[..];
    assert!(entry.is_empty(), "the star before the question mark is of the path");
    let entry = handle.requests_to("GET", "*?*watch=true*").remove(0);
    assert_eq!((entry.path.as_str(), entry.parameter("resourceVersion")), ("/api/v1/nodes", Some("1")));
    assert!(entry.is_watch() && entry.accept == "application/json");
    assert_eq!(handle.requests_to("GET", "/api/v1/nodes/x")[0].code, Some(404));
    drop(watch);
    handle.clear_requests();
    assert!(handle.requests().is_empty());
}
