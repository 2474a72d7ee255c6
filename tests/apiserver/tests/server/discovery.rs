//! The documents that say what is served.

use apiserver_double::{CalicoApi, Server};
use serde_json::json;

use crate::client::start_with;

#[tokio::test]
async fn groups_versions_and_resources() {
    let setup = start_with(|builder| builder.kind("apps", "v1", "deployments", "Deployment", true)).await;
    let groups = setup.get("/apis").await;
    assert_eq!(groups.body["kind"], json!("APIGroupList"));
    let names: Vec<_> =
        groups.body["groups"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["apps", "crd.projectcalico.org", "discovery.k8s.io"]);
    let group = setup.get("/apis/crd.projectcalico.org").await;
    assert_eq!(group.body["preferredVersion"]["groupVersion"], json!("crd.projectcalico.org/v1"));
    assert_eq!(setup.get("/api").await.body["versions"], json!(["v1"]));
    let core = setup.get("/api/v1").await;
    let services =
        core.body["resources"].as_array().unwrap().iter().find(|r| r["name"] == "services").unwrap();
    assert_eq!((&services["namespaced"], &services["kind"]), (&json!(true), &json!("Service")));
    let calico = setup.get("/apis/crd.projectcalico.org/v1").await;
    assert_eq!(calico.body["groupVersion"], json!("crd.projectcalico.org/v1"));
    assert_eq!(calico.body["resources"].as_array().unwrap().len(), 6);
    assert_eq!(setup.get("/version").await.body["major"], json!("1"));
    assert_eq!(setup.get("/readyz").await.body, json!("ok"));
    assert_eq!(setup.get("/apis/nobody.io").await.code, 404);
    assert_eq!(setup.get("/apis/nobody.io/v1").await.code, 404);
}

#[tokio::test]
async fn the_calico_groups_of_the_three_sorts_of_clusters() {
    for (api, v1, v3) in [(CalicoApi::V1, 200, 404), (CalicoApi::V3, 404, 200), (CalicoApi::Both, 200, 200)] {
        let server = Server::builder().calico(api).start().await.unwrap();
        let client = kube::Client::try_from(kube::Config::new(server.url().parse().unwrap())).unwrap();
        let groups = client.list_api_groups().await.unwrap();
        let has = |name: &str| if groups.groups.iter().any(|group| group.name == name) { 200 } else { 404 };
        assert_eq!((has("crd.projectcalico.org"), has("projectcalico.org")), (v1, v3), "{api:?}");
    }
}

#[tokio::test]
async fn a_path_nothing_is_served_at_may_be_plain_text() {
    let setup = start_with(|builder| builder.plain_not_found(true)).await;
    let answer = setup.get("/apis/nobody.io/v1/things").await;
    assert_eq!((answer.code, answer.body), (404, json!("404 page not found\n")));
    assert_eq!(
        setup.get("/api/v1/nodes/a").await.reason(),
        "NotFound",
        "of an object it is a Status all the same"
    );
}

#[tokio::test]
async fn a_kind_registered_twice_is_one() {
    let setup = start_with(|builder| builder.calico(CalicoApi::V1)).await;
    assert_eq!(
        setup.get("/apis/crd.projectcalico.org/v1").await.body["resources"].as_array().unwrap().len(),
        6
    );
}
