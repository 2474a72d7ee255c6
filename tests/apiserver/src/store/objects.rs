//! Creating, updating and deleting objects, with what a server fills in and what it refuses.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Key, Store};
use crate::kinds::Kind;
use crate::merge_patch::merge;
use crate::status::Failure;

/// Which part of an object a write is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// `status`, and labels and annotations, which the status path of a real server lets through for nodes.
    Status,
}

/// Fields of the metadata that only the server sets.
const KEPT: &[&str] = &["uid", "creationTimestamp", "generation", "deletionTimestamp", "name", "namespace"];

impl Store {
    /// Errors: 400 and 422 for an object that cannot be stored, 409 if there is one of the name.
    pub(crate) fn create(
        &mut self,
        kind: &Kind,
        namespace: &str,
        object: Value,
    ) -> Result<Arc<Value>, Failure> {
        let mut object = named(kind, namespace, object)?;
        self.uids += 1;
        let metadata = &mut object["metadata"];
        if metadata["name"].as_str().unwrap_or_default().is_empty() {
            let prefix = metadata["generateName"].as_str().unwrap_or_default();
            if prefix.is_empty() {
                let what = format!("{} \"\"", kind.kind);
                return Err(Failure::invalid(
                    &what,
                    "metadata.name: Required value: name or generateName is required",
                ));
            }
            metadata["name"] = json!(format!("{prefix}{:05x}", self.uids));
        }
        let key = key_of(metadata);
        if self.get(&kind.resource(), &key).is_some() {
            return Err(Failure::already_exists(kind, &key.1));
        }
        metadata["uid"] = json!(format!("00000000-0000-4000-8000-{:012x}", self.uids));
        metadata["creationTimestamp"] = json!(now());
        metadata["generation"] = json!(1);
        Ok(self.commit(&kind.resource(), key, Some(object)).unwrap_or_default())
    }

    /// Errors: 404, 409 for a `resourceVersion` or `uid` that is not the stored one, 400 for a wrong name.
    pub(crate) fn update(
        &mut self,
        kind: &Kind,
        key: &Key,
        part: Part,
        object: Value,
    ) -> Result<Arc<Value>, Failure> {
        let stored = self.existing(kind, key)?;
        let mut object = named(kind, &key.0, object)?;
        if object["metadata"]["name"] != json!(key.1) {
            return Err(Failure::bad_request("the name of the object does not match the name on the URL"));
        }
        unchanged_since(kind, key, &stored, &object["metadata"])?;
        if part == Part::Status {
            object = with_status_of(&stored, &object);
        }
        for field in KEPT {
            match stored["metadata"].get(*field) {
                Some(value) => object["metadata"][*field] = value.clone(),
                None => remove(&mut object, field),
            }
        }
        if desired(&object) != desired(&stored) {
            object["metadata"]["generation"] =
                json!(stored["metadata"]["generation"].as_u64().unwrap_or_default() + 1);
        }
        self.put(kind, key, &stored, object)
    }

    /// Merge patch. Errors: as [`Store::update`].
    pub(crate) fn patch(
        &mut self,
        kind: &Kind,
        key: &Key,
        part: Part,
        patch: &Value,
    ) -> Result<Arc<Value>, Failure> {
        let stored = self.existing(kind, key)?;
        let mut object = (*stored).clone();
        merge(&mut object, patch);
        self.update(kind, key, part, object)
    }

    /// Deletes, or marks as terminating what has finalizers. Errors: 404, 409 if `preconditions` do not hold.
    pub(crate) fn delete(
        &mut self,
        kind: &Kind,
        key: &Key,
        preconditions: &Value,
    ) -> Result<Arc<Value>, Failure> {
        let stored = self.existing(kind, key)?;
        unchanged_since(kind, key, &stored, preconditions)?;
        if stored["metadata"]["finalizers"].as_array().is_some_and(|list| !list.is_empty()) {
            if stored["metadata"].get("deletionTimestamp").is_some() {
                return Ok(stored);
            }
            let mut object = (*stored).clone();
            object["metadata"]["deletionTimestamp"] = json!(now());
            return self.put(kind, key, &stored, object);
        }
        self.commit(&kind.resource(), key.clone(), None);
        Ok(stored)
    }

    /// Deletes all objects of a resource, each with its change.
    pub(crate) fn delete_all(&mut self, kind: &Kind) {
        let resource = kind.resource();
        let keys: Vec<Key> =
            self.objects.get(resource.as_str()).into_iter().flat_map(|o| o.keys().cloned()).collect();
        for key in keys {
            self.commit(&resource, key, None);
        }
    }

    fn existing(&self, kind: &Kind, key: &Key) -> Result<Arc<Value>, Failure> {
        self.get(&kind.resource(), key).ok_or_else(|| Failure::not_found(kind, &key.1))
    }

    fn put(
        &mut self,
        kind: &Kind,
        key: &Key,
        stored: &Arc<Value>,
        mut object: Value,
    ) -> Result<Arc<Value>, Failure> {
        object["metadata"]["resourceVersion"] = stored["metadata"]["resourceVersion"].clone();
        if object == **stored {
            // A write that changes nothing makes no revision.
            return Ok(Arc::clone(stored));
        }
        let terminated = object["metadata"].get("deletionTimestamp").is_some()
            && object["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
        if terminated {
            self.commit(&kind.resource(), key.clone(), None);
            return Ok(Arc::new(object));
        }
        Ok(self.commit(&kind.resource(), key.clone(), Some(object)).unwrap_or_default())
    }
}

/// The object with the type and namespace that belong to it. Errors: 400 if it says others.
fn named(kind: &Kind, namespace: &str, mut object: Value) -> Result<Value, Failure> {
    if !object.is_object() {
        return Err(Failure::bad_request("the body is no object"));
    }
    for (field, ours) in [("apiVersion", kind.api_version()), ("kind", kind.kind.clone())] {
        match object[field].as_str().unwrap_or_default() {
            "" => object[field] = json!(ours),
            theirs if theirs == ours => {}
            theirs => {
                let text =
                    format!("{field} in the data ({theirs}) does not match the expected {field} ({ours})");
                return Err(Failure::bad_request(text));
            }
        }
    }
    if !object["metadata"].is_object() {
        object["metadata"] = Value::Object(Map::new());
    }
    let theirs = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    if theirs.is_empty() || !kind.namespaced {
        if namespace.is_empty() {
            remove(&mut object, "namespace");
        } else {
            object["metadata"]["namespace"] = json!(namespace);
        }
    } else if theirs != namespace {
        return Err(Failure::bad_request(
            "the namespace of the object does not match the namespace on the request",
        ));
    }
    Ok(object)
}

fn key_of(metadata: &Value) -> Key {
    let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

/// Checks `resourceVersion` and `uid` of `claim`, where it names them, against the stored object.
fn unchanged_since(kind: &Kind, key: &Key, stored: &Value, claim: &Value) -> Result<(), Failure> {
    for field in ["resourceVersion", "uid"] {
        let claimed = claim[field].as_str().unwrap_or_default();
        if !claimed.is_empty() && stored["metadata"][field] != json!(claimed) {
            let why =
                "the object has been modified; please apply your changes to the latest version and try again";
            return Err(Failure::conflict(kind, &key.1, why));
        }
    }
    Ok(())
}

fn with_status_of(stored: &Value, object: &Value) -> Value {
    let mut mixed = stored.clone();
    for field in ["labels", "annotations"] {
        if let Some(value) = object["metadata"].get(field) {
            mixed["metadata"][field] = value.clone();
        }
    }
    mixed["status"] = object["status"].clone();
    mixed
}

/// What the generation counts changes of: all but metadata and status.
fn desired(object: &Value) -> Vec<(&String, &Value)> {
    let fields = object.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status")).collect()
}

fn remove(object: &mut Value, field: &str) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove(field);
    }
}

fn now() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}
