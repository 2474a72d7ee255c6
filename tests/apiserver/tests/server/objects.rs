//! Creating, reading, changing and deleting single objects.

use serde_json::json;

use crate::client::{node, service, start};

const POOLS: &str = "/apis/crd.projectcalico.org/v1/ippools";
const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json")];

#[tokio::test]
async fn create_fills_in_what_a_server_fills_in() {
    let setup = start().await;
    let made = setup.send("POST", "/api/v1/nodes", &[], Some(json!({"metadata": {"name": "a"}}))).await;
    assert_eq!(made.code, 201);
    assert_eq!((&made.body["kind"], &made.body["apiVersion"]), (&json!("Node"), &json!("v1")));
    assert_eq!(made.metadata("resourceVersion"), "2");
    assert_eq!(made.metadata("uid").len(), 36);
    assert_eq!(made.metadata("creationTimestamp").len(), 20);
    assert_eq!(made.body["metadata"]["generation"], json!(1));
    let other = setup.send("POST", POOLS, &[], Some(json!({"metadata": {"name": "p"}}))).await;
    assert_eq!(other.metadata("resourceVersion"), "3", "one counter for all resources");
    assert_ne!(other.metadata("uid"), made.metadata("uid"));
    assert_eq!(setup.get("/api/v1/nodes/a").await.body, made.body);
}

#[tokio::test]
async fn create_refuses_what_is_there_or_has_no_name() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let again = setup.send("POST", "/api/v1/nodes", &[], Some(node("a"))).await;
    assert_eq!((again.code, again.reason()), (409, "AlreadyExists"));
    let nameless = setup.send("POST", "/api/v1/nodes", &[], Some(json!({"metadata": {}}))).await;
    assert_eq!((nameless.code, nameless.reason()), (422, "Invalid"));
    let generated =
        setup.send("POST", "/api/v1/nodes", &[], Some(json!({"metadata": {"generateName": "x-"}}))).await;
    assert!(generated.metadata("name").starts_with("x-"));
    let wrong_kind = setup.send("POST", "/api/v1/nodes", &[], Some(service("", "a"))).await;
    assert_eq!(wrong_kind.code, 400);
    let path = "/api/v1/namespaces/n/services";
    let elsewhere = setup.send("POST", path, &[], Some(service("m", "a"))).await;
    assert_eq!(elsewhere.code, 400);
    assert_eq!(setup.send("POST", "/api/v1/services", &[], Some(service("m", "a"))).await.code, 405);
    assert_eq!(setup.send("POST", path, &[], None).await.code, 400);
}

#[tokio::test]
async fn update_needs_the_newest_version() {
    let setup = start().await;
    let first = setup.handle.create(node("a")).unwrap();
    let mut newer = first.clone();
    newer["spec"] = json!({"podCIDR": "10.0.0.0/24"});
    let done = setup.send("PUT", "/api/v1/nodes/a", &[], Some(newer)).await;
    assert_eq!((done.code, done.metadata("resourceVersion")), (200, "3"));
    assert_eq!(done.body["metadata"]["generation"], json!(2));
    assert_eq!(done.body["metadata"]["uid"], first["metadata"]["uid"]);
    let stale = setup.send("PUT", "/api/v1/nodes/a", &[], Some(first)).await;
    assert_eq!((stale.code, stale.reason()), (409, "Conflict"));
    // Kinds that are compiled in are updated without a version, custom resources are not.
    assert_eq!(setup.send("PUT", "/api/v1/nodes/a", &[], Some(node("a"))).await.code, 200);
    setup.send("POST", POOLS, &[], Some(json!({"metadata": {"name": "p"}}))).await;
    let path = format!("{POOLS}/p");
    assert_eq!(setup.send("PUT", &path, &[], Some(json!({"metadata": {"name": "p"}}))).await.code, 422);
    assert_eq!(setup.send("PUT", "/api/v1/nodes/b", &[], Some(node("b"))).await.code, 404);
    assert_eq!(setup.send("PUT", "/api/v1/nodes/a", &[], Some(node("b"))).await.code, 400);
}

#[tokio::test]
async fn a_write_that_changes_nothing_makes_no_revision() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let before = setup.handle.revision();
    assert_eq!(
        setup.send("PUT", "/api/v1/nodes/a", &[], Some(node("a"))).await.metadata("resourceVersion"),
        "2"
    );
    setup.send("PATCH", "/api/v1/nodes/a", MERGE, Some(json!({"spec": null}))).await;
    assert_eq!(setup.handle.revision(), before);
}

#[tokio::test]
async fn patch_merges_and_may_insist_on_a_version() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let patch = json!({"metadata": {"annotations": {"x": "1"}}, "spec": {"a": {"b": 1}}});
    let done = setup.send("PATCH", "/api/v1/nodes/a", MERGE, Some(patch)).await;
    assert_eq!(done.code, 200);
    assert_eq!(done.body["metadata"]["annotations"]["x"], json!("1"));
    let done = setup.send("PATCH", "/api/v1/nodes/a", MERGE, Some(json!({"spec": {"a": null}}))).await;
    assert_eq!(done.body["spec"], json!({}));
    let stale = json!({"metadata": {"resourceVersion": "2"}, "spec": {"c": 1}});
    assert_eq!(setup.send("PATCH", "/api/v1/nodes/a", MERGE, Some(stale)).await.code, 409);
    let strategic = [("content-type", "application/strategic-merge-patch+json")];
    assert_eq!(setup.send("PATCH", "/api/v1/nodes/a", &strategic, Some(json!({}))).await.code, 415);
    assert_eq!(setup.send("PATCH", "/api/v1/nodes/b", MERGE, Some(json!({}))).await.code, 404);
}

#[tokio::test]
async fn the_status_path_changes_status_only() {
    let setup = start().await;
    setup.handle.create(node("a")).unwrap();
    let patch = json!({"spec": {"x": 1}, "status": {"ready": true}});
    let done = setup.send("PATCH", "/api/v1/nodes/a/status", MERGE, Some(patch)).await;
    assert_eq!((&done.body["status"]["ready"], done.body.get("spec")), (&json!(true), None));
    assert_eq!(done.body["metadata"]["generation"], json!(1));
}

#[tokio::test]
async fn delete_with_conditions_and_finalizers() {
    let setup = start().await;
    let made = setup.handle.create(node("a")).unwrap();
    let condition = |uid: &str| json!({"preconditions": {"uid": uid}});
    let wrong = setup.send("DELETE", "/api/v1/nodes/a", &[], Some(condition("other"))).await;
    assert_eq!(wrong.code, 409);
    let uid = made["metadata"]["uid"].as_str().unwrap();
    let done = setup.send("DELETE", "/api/v1/nodes/a", &[], Some(condition(uid))).await;
    assert_eq!((done.code, &done.body["status"]), (200, &json!("Success")));
    assert_eq!(setup.send("DELETE", "/api/v1/nodes/a", &[], None).await.code, 404);

    let mut held = node("b");
    held["metadata"]["finalizers"] = json!(["x/y"]);
    setup.handle.create(held).unwrap();
    let marked = setup.send("DELETE", "/api/v1/nodes/b", &[], None).await;
    assert_eq!(marked.metadata("deletionTimestamp").len(), 20);
    assert_eq!(setup.handle.count("v1/nodes"), 1);
    setup.handle.patch("v1/nodes", "b", &json!({"metadata": {"finalizers": null}})).unwrap();
    assert_eq!(setup.handle.count("v1/nodes"), 0);
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let setup = start().await;
    for path in [
        "/api/v1/nodes/a",
        "/api/v1/widgets",
        "/apis/nobody.io/v1/widgets",
        "/apis/crd.projectcalico.org/v9/ippools",
        "/api/v1/namespaces/n/nodes",
        "/api/v1/nodes/a/log",
        "/metrics",
    ] {
        let answer = setup.get(path).await;
        assert_eq!((answer.code, answer.reason()), (404, "NotFound"), "{path}");
        assert_eq!(answer.body["kind"], json!("Status"));
    }
    assert_eq!(setup.send("DELETE", "/api/v1/nodes", &[], None).await.code, 405);
}

#[tokio::test]
async fn the_handle_does_the_same_without_http() {
    let setup = start().await;
    let handle = &setup.handle;
    handle.create_all((0..3000).map(|i| node(&format!("n{i:04}")))).unwrap();
    assert_eq!(handle.count("v1/nodes"), 3000);
    assert_eq!(handle.create(node("n0001")).unwrap_err().code, 409);
    handle.apply(service("default", "web")).unwrap();
    let mut changed = handle.get("v1/services", "default/web").unwrap();
    changed["spec"] = json!({"clusterIP": "10.0.0.1"});
    handle.replace(changed.clone()).unwrap();
    assert_eq!(handle.replace(changed.clone()).unwrap_err().code, 409, "the version is old now");
    changed["spec"] = json!({});
    handle.apply(changed).unwrap();
    handle.delete("v1/services", "default/web").unwrap();
    assert_eq!(handle.delete("v1/services", "default/web").unwrap_err().code, 404);
    assert_eq!(handle.create(json!({"apiVersion": "v1", "kind": "Widget"})).unwrap_err().code, 404);
}
