//! Lists: selection, pages, revisions.

use serde_json::json;

use crate::client::{labelled, node, service, start};

#[tokio::test]
async fn a_list_has_the_revision_of_the_server_and_items_as_a_server_gives_them() {
    let setup = start().await;
    let empty = setup.get("/api/v1/nodes").await;
    assert_eq!((empty.metadata("resourceVersion"), &empty.body["kind"]), ("1", &json!("NodeList")));
    setup.handle.create(node("b")).unwrap();
    setup.handle.create(node("a")).unwrap();
    setup.handle.advance_revision(10);
    let list = setup.get("/api/v1/nodes").await;
    assert_eq!((list.metadata("resourceVersion"), list.names()), ("13", vec!["a", "b"]));
    assert_eq!(list.body["items"][0].get("kind"), None, "items of kinds that are compiled in have no kind");
    let pool = json!({"apiVersion": "crd.projectcalico.org/v1", "kind": "IPPool", "metadata": {"name": "p"}});
    setup.handle.create(pool).unwrap();
    let pools = setup.get("/apis/crd.projectcalico.org/v1/ippools").await;
    assert_eq!(pools.body["items"][0]["kind"], json!("IPPool"));
}

#[tokio::test]
async fn namespaces_one_or_all() {
    let setup = start().await;
    for (namespace, name) in [("n", "a"), ("m", "a"), ("n", "b")] {
        setup.handle.create(service(namespace, name)).unwrap();
    }
    assert_eq!(setup.get("/api/v1/services").await.names(), ["a", "a", "b"]);
    assert_eq!(setup.get("/api/v1/namespaces/n/services").await.names(), ["a", "b"]);
    assert_eq!(setup.get("/api/v1/namespaces/m/services/a").await.metadata("namespace"), "m");
    assert!(setup.get("/api/v1/namespaces/x/services").await.names().is_empty());
}

#[tokio::test]
async fn selectors_by_label_and_field() {
    let setup = start().await;
    for (name, label) in [("a", "web"), ("b", "db"), ("c", "web")] {
        setup.handle.create(labelled(name, label)).unwrap();
    }
    setup.handle.create(node("d")).unwrap();
    for (query, names) in [
        ("labelSelector=app%3Dweb", vec!["a", "c"]),
        ("labelSelector=app%20in%20(web,db),app!%3Ddb", vec!["a", "c"]),
        ("labelSelector=!app", vec!["d"]),
        ("labelSelector=app&fieldSelector=metadata.name!%3Da", vec!["b", "c"]),
        ("fieldSelector=metadata.name=b", vec!["b"]),
    ] {
        assert_eq!(setup.get(&format!("/api/v1/nodes?{query}")).await.names(), names, "{query}");
    }
    assert_eq!(setup.get("/api/v1/nodes?labelSelector=a%20b").await.code, 400);
    assert_eq!(setup.get("/api/v1/nodes?fieldSelector=spec.x=b").await.code, 400);
}

#[tokio::test]
async fn pages_are_of_the_revision_of_the_first() {
    let setup = start().await;
    setup.handle.create_all(["a", "b", "c", "d", "e"].map(node)).unwrap();
    let first = setup.get("/api/v1/nodes?limit=2").await;
    assert_eq!((first.names(), first.metadata("resourceVersion")), (vec!["a", "b"], "6"));
    assert_eq!(first.body["metadata"]["remainingItemCount"], json!(3));
    // What happens between the pages is not to be seen in them.
    setup.handle.delete("v1/nodes", "c").unwrap();
    setup.handle.create(node("cc")).unwrap();
    setup.handle.patch("v1/nodes", "d", &json!({"spec": {"x": 1}})).unwrap();
    let mut names = Vec::new();
    let mut token = first.metadata("continue").to_owned();
    while !token.is_empty() {
        let page = setup.get(&format!("/api/v1/nodes?limit=2&continue={token}")).await;
        assert_eq!(page.metadata("resourceVersion"), "6");
        assert!(page.body["items"].as_array().unwrap().iter().all(|item| item.get("spec").is_none()));
        names.extend(page.names().into_iter().map(str::to_owned));
        page.metadata("continue").clone_into(&mut token);
    }
    assert_eq!(names, ["c", "d", "e"]);
    let selected = setup.get("/api/v1/nodes?limit=1&labelSelector=!x").await;
    assert_eq!(selected.body["metadata"].get("remainingItemCount"), None, "not known with a selector");
}

#[tokio::test]
async fn an_expired_token_gives_410_and_a_token_for_the_rest_as_it_is_now() {
    let setup = start().await;
    setup.handle.create_all(["a", "b", "c", "d"].map(node)).unwrap();
    let first = setup.get("/api/v1/nodes?limit=2").await;
    setup.handle.delete("v1/nodes", "c").unwrap();
    setup.handle.compact();
    let gone = setup.get(&format!("/api/v1/nodes?limit=2&continue={}", first.metadata("continue"))).await;
    assert_eq!((gone.code, gone.reason()), (410, "Expired"));
    let rest = setup.get(&format!("/api/v1/nodes?limit=2&continue={}", gone.metadata("continue"))).await;
    assert_eq!((rest.code, rest.names(), rest.metadata("resourceVersion")), (200, vec!["d"], "6"));
    assert_eq!(setup.get("/api/v1/nodes?continue=nonsense").await.code, 400);
}

#[tokio::test]
async fn what_a_revision_means_in_a_list() {
    let setup = start().await;
    setup.handle.create_all(["a", "b"].map(node)).unwrap();
    setup.handle.delete("v1/nodes", "a").unwrap();
    for (query, code, names, revision) in [
        ("resourceVersion=0", 200, vec!["b"], "4"),
        ("resourceVersion=0&resourceVersionMatch=NotOlderThan&limit=1", 200, vec!["b"], "4"),
        ("resourceVersion=2", 200, vec!["b"], "4"),
        ("resourceVersion=2&resourceVersionMatch=NotOlderThan", 200, vec!["b"], "4"),
        ("resourceVersion=2&resourceVersionMatch=NotOlderThan&limit=9", 200, vec!["b"], "4"),
        ("resourceVersion=3&resourceVersionMatch=Exact", 200, vec!["a", "b"], "3"),
        ("resourceVersion=2&resourceVersionMatch=Exact", 200, vec!["a"], "2"),
        // Without a word on matching, a limit makes it exact.
        ("resourceVersion=3&limit=9", 200, vec!["a", "b"], "3"),
        ("resourceVersion=5", 504, vec![], ""),
        ("resourceVersion=5&resourceVersionMatch=Exact", 504, vec![], ""),
        ("resourceVersion=x", 400, vec![], ""),
        ("resourceVersion=-1", 400, vec![], ""),
        ("resourceVersionMatch=Exact", 422, vec![], ""),
        ("resourceVersion=0&resourceVersionMatch=Exact", 422, vec![], ""),
        ("resourceVersion=1&resourceVersionMatch=Older", 422, vec![], ""),
        ("sendInitialEvents=true", 422, vec![], ""),
        ("limit=-1", 400, vec![], ""),
    ] {
        let list = setup.get(&format!("/api/v1/nodes?{query}")).await;
        assert_eq!(
            (list.code, list.names(), list.metadata("resourceVersion")),
            (code, names, revision),
            "{query}"
        );
    }
    setup.handle.compact();
    let gone = setup.get("/api/v1/nodes?resourceVersion=3&resourceVersionMatch=Exact").await;
    assert_eq!((gone.code, gone.reason(), gone.metadata("continue")), (410, "Expired", ""));
    assert_eq!(setup.get("/api/v1/nodes?resourceVersion=3").await.code, 200, "any newer one will do");
}

#[tokio::test]
async fn the_cache_knows_no_pages() {
    let setup = start().await;
    setup.handle.create_all(["a", "b", "c"].map(node)).unwrap();
    let list = setup.get("/api/v1/nodes?resourceVersion=0&limit=2").await;
    assert_eq!((list.names().len(), list.metadata("continue")), (3, ""));
}

#[tokio::test]
async fn a_token_with_a_revision_is_refused() {
    let setup = start().await;
    setup.handle.create_all(["a", "b"].map(node)).unwrap();
    let token = setup.get("/api/v1/nodes?limit=1").await.metadata("continue").to_owned();
    let with =
        async |more: &str| setup.get(&format!("/api/v1/nodes?limit=1&continue={token}&{more}")).await.code;
    assert_eq!(with("resourceVersion=3").await, 400);
    assert_eq!(with("resourceVersion=0").await, 200);
    assert_eq!(with("resourceVersion=0&resourceVersionMatch=NotOlderThan").await, 422);
}
