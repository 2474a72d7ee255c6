//! From the JSON of a datastore to [`Resource`]s.

use serde_json::Value;

use crate::{Id, Kind, Object, Resource};

/// What an object of a kind says; `None` if it counts as not being there: a deleted or virtual affinity, a
/// workload that is nobody's peer.
///
/// # Errors
/// Why it is refused: one line that names the field.
pub fn resource(_kind: Kind, _value: &Value) -> Result<Option<Resource>, String> {
    Err("not yet".into())
}

/// The identity of an object of a kind by its `metadata`; the namespace of one that has none is `default`.
///
/// # Errors
/// It has no name.
pub fn id(_kind: Kind, _value: &Value) -> Result<Id, String> {
    Err("not yet".into())
}

/// A manifest of any kind: `None` if it is of a kind that is nothing to us, or counts as not being there.
///
/// # Errors
/// It is no object, or has no name.
pub fn manifest(_value: &Value) -> Result<Option<Object>, String> {
    Err("not yet".into())
}
