//! The forms of answers: whole objects, or their metadata alone.

use serde_json::{Value, json};

use crate::client::{Next, node, start};

const ONE: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const MANY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

fn with_spec(name: &str) -> Value {
    let mut object = node(name);
    object["spec"] = json!({"podCIDR": "10.0.0.0/24"});
    object
}

#[tokio::test]
async fn metadata_alone_of_objects_and_lists() {
    let setup = start().await;
    setup.handle.create_all(["a", "b"].map(with_spec)).unwrap();
    let one = setup.send("GET", "/api/v1/nodes/a", &[("accept", ONE)], None).await;
    assert_eq!(
        (&one.body["kind"], &one.body["apiVersion"]),
        (&json!("PartialObjectMetadata"), &json!("meta.k8s.io/v1"))
    );
    assert_eq!((one.metadata("name"), one.body.get("spec")), ("a", None));
    let list = setup.send("GET", "/api/v1/nodes?limit=1", &[("accept", MANY)], None).await;
    assert_eq!(list.body["kind"], json!("PartialObjectMetadataList"));
    assert_eq!((list.names(), list.metadata("resourceVersion")), (vec!["a"], "3"));
    assert!(!list.metadata("continue").is_empty());
    assert_eq!(list.body["items"][0].get("spec"), None);
    // One for the other is not acceptable, as a real server has it.
    assert_eq!(setup.send("GET", "/api/v1/nodes", &[("accept", ONE)], None).await.code, 406);
    assert_eq!(setup.send("GET", "/api/v1/nodes/a", &[("accept", MANY)], None).await.code, 406);
}

#[tokio::test]
async fn metadata_alone_of_watches() {
    let setup = start().await;
    setup.handle.create(with_spec("a")).unwrap();
    let path = "/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1";
    let mut watch = setup.watch_as(path, ONE).await;
    for kind in ["ADDED", "BOOKMARK"] {
        let Next::Event(event) = watch.next().await else { panic!("no event") };
        assert_eq!(event["type"], json!(kind));
        assert_eq!(event["object"]["kind"], json!("PartialObjectMetadata"));
        assert_eq!(
            (event["object"].get("spec"), event["object"]["apiVersion"].as_str()),
            (None, Some("meta.k8s.io/v1"))
        );
    }
    setup.handle.delete("v1/nodes", "a").unwrap();
    assert_eq!(watch.told().await, "DELETED a@3");
}

#[tokio::test]
async fn protobuf_is_not_to_be_had() {
    let setup = start().await;
    let proto = "application/vnd.kubernetes.protobuf";
    let only = setup.send("GET", "/api/v1/nodes", &[("accept", proto)], None).await;
    assert_eq!((only.code, only.reason()), (406, "NotAcceptable"));
    let both = format!("{proto},application/json");
    let json = setup.send("GET", "/api/v1/nodes", &[("accept", &both)], None).await;
    assert_eq!((json.code, json.headers["content-type"].to_str().unwrap()), (200, "application/json"));
}
