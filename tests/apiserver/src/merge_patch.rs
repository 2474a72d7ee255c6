//! JSON merge patch (RFC 7396).

use serde_json::{Map, Value};

/// Applies `patch` to `target`: null removes, objects merge, all else replaces.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn null_removes_objects_merge_lists_replace() {
        let mut target = json!({"a": {"b": 1, "c": [1, 2]}, "d": "x"});
        super::merge(&mut target, &json!({"a": {"b": null, "c": [3]}, "d": {"e": null, "f": 1}}));
        assert_eq!(target, json!({"a": {"c": [3]}, "d": {"f": 1}}));
    }
}
