//! What an object is: `kind`, `apiVersion`, `metadata`.

use serde::Deserialize;
use serde_json::Value;

use super::one_line;
use super::scalar::Field;
use super::structure::{Record, whole};
use crate::{Id, Kind};

/// `kind` and `apiVersion`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TypeMeta {
    kind: Field<Box<str>>,
    api_version: Field<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: Record<Name>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name {
    name: Field<Box<str>>,
    namespace: Field<Box<str>>,
}

/// The identity of an object of a kind by its `metadata`; the namespace of one that has none is `default`.
///
/// # Errors
/// It has no name, or one that cannot be shown.
pub fn id(kind: Kind, value: &Value) -> Result<Id, String> {
    let Name { name, namespace } = whole::<Named>(value).map_err(|error| one_line(&error))?.metadata.0;
    let name = name.0.ok_or("metadata.name: it has no name")?;
    let namespace = namespace.0.filter(|_| kind.is_namespaced());
    for (field, text) in [("metadata.name", Some(&name)), ("metadata.namespace", namespace.as_ref())] {
        // Names go into logs and replies.
        if text.is_some_and(|text| text.chars().any(char::is_control)) {
            return Err(format!("{field}: it holds control characters"));
        }
    }
    if kind.is_namespaced() {
        return Ok(Id::namespaced(kind, namespace.as_deref().unwrap_or("default"), &name));
    }
    Ok(Id::new(kind, &name))
}

/// The kind of a manifest; none if it is nothing to us.
pub(super) fn kind(value: &Value) -> Result<Option<Kind>, String> {
    let TypeMeta { kind, api_version } = whole(value).map_err(|error| one_line(&error))?;
    let kind = kind.0.ok_or("kind: it has none")?;
    // What the group is matters: others have a Service too.
    let group =
        api_version.0.as_deref().map(|version| version.split_once('/').map_or("", |(group, _)| group));
    let calico = matches!(group, None | Some("projectcalico.org" | "crd.projectcalico.org"));
    let core = matches!(group, None | Some(""));
    let (kind, ours) = match &*kind {
        "Node" => (Kind::Node, calico || core),
        "IPPool" => (Kind::IpPool, calico),
        "BGPConfiguration" => (Kind::BgpConfiguration, calico),
        "BGPPeer" => (Kind::BgpPeer, calico),
        "BGPFilter" => (Kind::BgpFilter, calico),
        "BlockAffinity" => (Kind::BlockAffinity, calico),
        "Service" => (Kind::Service, core),
        "Secret" => (Kind::Secret, core),
        "Endpoints" => (Kind::EndpointSlice, core),
        "EndpointSlice" => (Kind::EndpointSlice, matches!(group, None | Some("discovery.k8s.io"))),
        "EndpointStatus" => (Kind::EndpointStatus, calico),
        _ => return Ok(None),
    };
    Ok(ours.then_some(kind))
}

/// Whether `kind` is this.
pub(super) fn is_of_kind(value: &Value, kind: &str) -> bool {
    value.get("kind").and_then(Value::as_str) == Some(kind)
}
