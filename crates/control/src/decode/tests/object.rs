//! What is not of one kind only.

use super::*;
use crate::Id;

#[test]
fn json_is_bounded() {
    let long = vec![b' '; OBJECT_LENGTH_MAX];
    assert!(super::super::json(&[&long[..], b" 1"].concat()).is_err_and(|e| e.contains("4194304")));
    assert_eq!(super::super::json(&[b"1", &long[1..]].concat()), Ok(Value::from(1)));
    assert!(super::super::json(b"{} {}").is_err());
    assert!(super::super::json(b"").is_err());
    assert!(super::super::json(&b"[".repeat(100_000)).is_err(), "deep nesting is refused, not followed");
}

#[test]
fn identities() {
    let value = json!({"metadata": {"name": "a", "namespace": "b"}});
    assert_eq!(id(Kind::Service, &value), Ok(Id::namespaced(Kind::Service, "b", "a")));
    assert_eq!(id(Kind::IpPool, &value), Ok(Id::new(Kind::IpPool, "a")), "in no namespace, whatever it says");
    let value = json!({"metadata": {"name": "a"}});
    assert_eq!(id(Kind::Secret, &value), Ok(Id::namespaced(Kind::Secret, "default", "a")));
    let value = json!({"metadata": {"name": "a", "namespace": ""}});
    assert_eq!(id(Kind::EndpointSlice, &value), Ok(Id::namespaced(Kind::EndpointSlice, "default", "a")));
    let value = json!({"metadata": {"name": 123}});
    assert_eq!(id(Kind::Node, &value), Ok(Id::new(Kind::Node, "123")), "YAML's number");
    for (value, start) in [
        (json!({}), "metadata.name: "),
        (json!(null), "it is no object"),
        (json!([]), "it is no object"),
        (json!({"metadata": null}), "metadata.name: "),
        (json!({"metadata": {"name": ""}}), "metadata.name: "),
        (json!({"metadata": {"name": []}}), "metadata.name: invalid type"),
        (json!({"metadata": ["a"]}), "metadata: invalid type"),
        (json!({"metadata": {"name": "a\nb"}}), "metadata.name: "),
        (json!({"metadata": {"name": "a", "namespace": "\u{1b}"}}), "metadata.namespace: "),
    ] {
        let error = id(Kind::Service, &value).expect_err("no identity");
        assert!(error.starts_with(start), "{value}: {error}");
    }
}

#[test]
fn manifests_are_told_apart_by_kind_and_group() {
    for (kind, version, expected) in [
        ("Node", "v1", Some(Kind::Node)),
        ("Node", "projectcalico.org/v3", Some(Kind::Node)),
        ("Node", "example.org/v1", None),
        ("BGPConfiguration", "projectcalico.org/v3", Some(Kind::BgpConfiguration)),
        ("BGPPeer", "crd.projectcalico.org/v1", Some(Kind::BgpPeer)),
        ("BGPPeer", "", Some(Kind::BgpPeer)),
        ("BGPPeer", "metallb.io/v1beta2", None),
        ("BGPFilter", "projectcalico.org/v3", Some(Kind::BgpFilter)),
        ("Service", "v1", Some(Kind::Service)),
        ("Service", "serving.knative.dev/v1", None),
        ("Secret", "v1", Some(Kind::Secret)),
        ("EndpointSlice", "discovery.k8s.io/v1", Some(Kind::EndpointSlice)),
        ("EndpointSlice", "v1", None),
        ("Endpoints", "v1", Some(Kind::EndpointSlice)),
        ("EndpointStatus", "", None), // Nobody's peer.
        ("FelixConfiguration", "projectcalico.org/v3", None),
        ("Deployment", "apps/v1", None),
    ] {
        let value = json!({"kind": kind, "apiVersion": version, "metadata": {"name": "x"}});
        let found = manifest(&value).expect("an object").map(|object| object.id.kind);
        assert_eq!(found, expected, "{kind} {version}");
    }
    assert_eq!(manifest(&Value::Null), Ok(None), "an empty document");
    assert!(manifest(&json!([])).is_err());
    assert!(manifest(&json!({"metadata": {"name": "x"}})).is_err_and(|e| e.starts_with("kind: ")));
    assert!(manifest(&json!({"kind": "Node"})).is_err_and(|e| e.starts_with("metadata.name: ")));
    assert_eq!(manifest(&json!({"kind": "Pod"})), Ok(None), "what is nothing to us needs no name");
}

#[test]
fn a_manifest_keeps_why_it_is_refused() {
    let value = json!({"kind": "IPPool", "metadata": {"name": "p"}, "spec": {"cidr": "10.0.0.0"}});
    let object = manifest(&value).expect("an object").expect("ours");
    assert_eq!(object.id, Id::new(Kind::IpPool, "p"));
    assert!(object.resource.is_err_and(|error| error.starts_with("spec.cidr: ")));
    let value = json!({"kind": "BlockAffinity", "metadata": {"name": "b"}, "spec": {"deleted": "true"}});
    assert_eq!(manifest(&value), Ok(None));
}

#[test]
fn lists_are_no_objects_and_null_is_nothing() {
    assert!(
        of_spec(Kind::BgpPeer, json!(["n1"])).is_err_and(|e| e.starts_with("spec: invalid type: sequence"))
    );
    assert!(of_spec(Kind::BgpPeer, json!("x")).is_err_and(|e| e.starts_with("spec: invalid type")));
    assert!(of_spec(Kind::BgpPeer, json!(null)).is_ok());
    assert!(resource(Kind::BgpPeer, &json!({})).is_ok());
    for kind in Kind::ALL {
        assert_eq!(resource(kind, &json!([])), Err("it is no object".into()), "{kind:?}");
        assert!(resource(kind, &Value::Null).is_err(), "{kind:?}");
    }
}

#[test]
fn errors_are_one_short_line() {
    let text = "\n\u{1b}[2J".repeat(10_000);
    let error = of_spec(Kind::BgpPeer, with("peerIP", json!(text))).expect_err("refused");
    assert!(error.starts_with("spec.peerIP: ") && error.ends_with('…'), "{error}");
    assert!(error.chars().count() <= ERROR_LENGTH_MAX + 1 && !error.chars().any(char::is_control), "{error}");
    let error = of_spec(Kind::BgpPeer, json!({"filters": [{"\n": 1}]})).expect_err("refused");
    assert!(error.starts_with("spec.filters[0]: "), "{error}");
}
