//! Secrets, and what refers to them. Nothing of a value is ever in an error, so this is done by hand: serde's
//! errors quote what they do not like.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::scalar::Field;
use super::structure::Record;
use crate::resource::{Secret, SecretKey};

/// An object with a `secretKeyRef`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reference {
    secret_key_ref: Option<Record<KeyRef>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyRef {
    name: Field<Box<str>>,
    key: Field<Box<str>>,
}

impl Reference {
    /// What is referred to, if anything.
    ///
    /// # Errors
    /// It names no secret or no key: not to be mistaken for a session without password.
    pub(super) fn into_key(self, field: &str) -> Result<Option<SecretKey>, String> {
        let Some(Record(reference)) = self.secret_key_ref else { return Ok(None) };
        let missing = |part: &str| format!("{field}.secretKeyRef.{part}: missing");
        let name = reference.name.0.ok_or_else(|| missing("name"))?;
        let key = reference.key.0.ok_or_else(|| missing("key"))?;
        Ok(Some(SecretKey { name, key }))
    }
}

pub(super) fn decode(value: &Value) -> Result<Secret, String> {
    if !value.is_object() {
        return Err("it is no object".into());
    }
    let mut secret = Secret::default();
    for (key, value) in entries(value, "data")? {
        let bytes = match value {
            Value::Null => Vec::new(),
            Value::String(text) => decoded(text).ok_or_else(|| format!("data.{key}: it is no base64"))?,
            _ => return Err(format!("data.{key}: it is no string")),
        };
        secret.data.insert(key.as_str().into(), bytes);
    }
    // Plain text, which an API server would have turned into data; it wins.
    for (key, value) in entries(value, "stringData")? {
        let bytes = match value {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            // YAML may have changed it already: 0123 is 83 to some, 1e3 is 1000.
            _ => return Err(format!("stringData.{key}: it is no string; put it in quotes")),
        };
        secret.data.insert(key.as_str().into(), bytes);
    }
    Ok(secret)
}

fn entries<'a>(
    value: &'a Value,
    field: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, String> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(format!("{field}: it is no object")),
    }
    .map(|map| map.into_iter().flat_map(Map::iter))
}

/// Line breaks are nothing, as to Go: YAML's blocks have them.
fn decoded(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\r', '\n']) {
        return STANDARD.decode(text.replace(['\r', '\n'], "")).ok();
    }
    STANDARD.decode(text).ok()
}
