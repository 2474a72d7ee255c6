//! The documents that say what is served.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::{Value, json};

use super::path::Place;
use super::respond;
use crate::kinds::{Kind, Registry};

/// The document at `place`; none if that is no place of a document, or of a group that is not served.
pub(crate) fn document(kinds: &Registry, place: &Place) -> Option<Response> {
    let value = match place {
        Place::Version => version(),
        Place::Health => {
            return Some(respond::raw(200, HeaderValue::from_static("text/plain"), Body::from("ok")));
        }
        Place::CoreVersions => core_versions(kinds),
        Place::Groups => {
            let groups: Vec<Value> =
                groups(kinds).iter().map(|(name, versions)| group(name, versions)).collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        Place::Group(name) => {
            let mut document = group(name, groups(kinds).get(name.as_str())?);
            document["kind"] = json!("APIGroup");
            document["apiVersion"] = json!("v1");
            document
        }
        Place::Resources { group, version } => resources(kinds, group, version)?,
        Place::Objects { .. } | Place::Nothing => return None,
    };
    Some(respond::json(200, &value))
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "34", "gitVersion": "v1.34.0+double", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "2025-08-27T00:00:00Z", "goVersion": "none", "compiler": "rustc", "platform": "linux/amd64",
    })
}

fn core_versions(kinds: &Registry) -> Value {
    let mut versions: Vec<&str> =
        kinds.all().filter(|k| k.group.is_empty()).map(|k| k.version.as_str()).collect();
    versions.dedup();
    json!({"kind": "APIVersions", "versions": versions, "serverAddressByClientCIDRs": []})
}

/// The named groups with their versions, in the order they were registered.
fn groups(kinds: &Registry) -> BTreeMap<&str, Vec<&Kind>> {
    let mut groups: BTreeMap<&str, Vec<&Kind>> = BTreeMap::new();
    for kind in kinds.all().filter(|kind| !kind.group.is_empty()) {
        let versions = groups.entry(&kind.group).or_default();
        if versions.iter().all(|known| known.version != kind.version) {
            versions.push(kind);
        }
    }
    groups
}

fn group(name: &str, versions: &[&Kind]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|kind| json!({"groupVersion": kind.api_version(), "version": kind.version}))
        .collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

fn resources(kinds: &Registry, group: &str, version: &str) -> Option<Value> {
    let served: Vec<_> = kinds.all().filter(|kind| kind.group == group && kind.version == version).collect();
    let group_version = served.first()?.api_version();
    let resources: Vec<Value> = served
        .iter()
        .map(|kind| {
            json!({
                "name": kind.plural, "singularName": kind.kind.to_lowercase(), "namespaced": kind.namespaced,
                "kind": kind.kind, "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
            })
        })
        .collect();
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources,
    }))
}
