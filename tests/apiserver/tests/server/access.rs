//! Tokens and permissions.

use serde_json::json;

use crate::client::{node, start, start_with};

#[tokio::test]
async fn tokens_may_change_while_the_server_runs() {
    let setup = start_with(|builder| builder.token("one")).await;
    let code = async |token: &str| {
        let value = format!("Bearer {token}");
        let headers = [("authorization", value.as_str())];
        setup.send("GET", "/api/v1/nodes", &headers[..usize::from(!token.is_empty())], None).await.code
    };
    assert_eq!((code("one").await, code("two").await, code("").await), (200, 401, 401));
    let refused = setup.get("/apis").await;
    assert_eq!(
        (refused.code, refused.reason(), &refused.body["kind"]),
        (401, "Unauthorized", &json!("Status"))
    );
    setup.handle.set_tokens(["two"]);
    assert_eq!((code("one").await, code("two").await), (401, 200));
    setup.handle.set_tokens(Vec::<String>::new());
    assert_eq!(code("two").await, 401);
    setup.handle.accept_anybody();
    assert_eq!(code("").await, 200);
}

#[tokio::test]
async fn a_forbidden_resource_is_forbidden_in_every_way() {
    let setup = start().await;
    setup.handle.forbid("v1/secrets");
    let list = setup.get("/api/v1/secrets").await;
    assert_eq!((list.code, list.reason()), (403, "Forbidden"));
    assert!(list.body["message"].as_str().unwrap().contains("cannot list resource \"secrets\""));
    assert_eq!(setup.get("/api/v1/secrets?watch=true").await.code, 403);
    assert_eq!(setup.get("/api/v1/namespaces/n/secrets/a").await.code, 403);
    assert_eq!(setup.send("DELETE", "/api/v1/namespaces/n/secrets/a", &[], None).await.code, 403);
    setup.handle.create(node("a")).unwrap();
    assert_eq!(setup.get("/api/v1/nodes/a").await.code, 200);
    setup.handle.allow("v1/secrets");
    assert_eq!(setup.get("/api/v1/secrets").await.code, 200);
}

#[tokio::test]
async fn a_role_for_one_named_secret() {
    let setup = start().await;
    setup.handle.allow_only("v1/secrets", "calico-system/bgp");
    setup.handle.allow_only("v1/secrets", "open");
    let secrets = "/api/v1/namespaces/calico-system/secrets";
    for (path, code) in [
        (format!("{secrets}/bgp"), 404),
        (format!("{secrets}/other"), 403),
        (secrets.to_owned(), 403),
        (format!("{secrets}?fieldSelector=metadata.name%3Dbgp"), 200),
        (format!("{secrets}?fieldSelector=metadata.name%3Dother"), 403),
        ("/api/v1/secrets?fieldSelector=metadata.name%3Dbgp".to_owned(), 403),
        ("/api/v1/namespaces/open/secrets".to_owned(), 200),
    ] {
        assert_eq!(setup.get(&path).await.code, code, "{path}");
    }
    setup.handle.allow_only("v1/nodes", "/me");
    assert_eq!(
        (setup.get("/api/v1/nodes/me").await.code, setup.get("/api/v1/nodes/you").await.code),
        (404, 403)
    );
    assert_eq!(setup.get("/api/v1/nodes?fieldSelector=metadata.name%3Dme").await.code, 200);
    setup.watch(&format!("{secrets}?watch=1&fieldSelector=metadata.name%3Dbgp")).await;
}
