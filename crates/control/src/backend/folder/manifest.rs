//! From the text of a file of manifests to objects.

use serde_json::Value;
use serde_saphyr::Spanned;

use crate::{Id, Kind, Object, decode, yaml};

/// The objects of a file in its order. Of what is nothing to us there is no entry.
///
/// # Errors
/// One line with the place: the file is no YAML or JSON, or something in it is no object or has no name.
pub(super) fn entries(json: bool, text: &[u8]) -> Result<Vec<(Id, Option<Object>)>, String> {
    let text = std::str::from_utf8(text).map_err(|e| {
        let before = text.get(..e.valid_up_to()).unwrap_or_default();
        let line = before.split(|octet| *octet == b'\n').count();
        format!("line {line}: it is not UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let documents = if json { documents_of_json(text)? } else { documents_of_yaml(text)? };
    let mut entries = Vec::new();
    let mut ignored = 0_usize;
    for (line, document) in documents {
        // What templates leave behind.
        if document.is_null() {
            continue;
        }
        unfold(document, &mut entries, &mut ignored).map_err(|e| format!("line {line}: {e}"))?;
    }
    if ignored > 0 {
        tracing::debug!("{ignored} objects of kinds that are not used are left out");
    }
    Ok(entries)
}

/// Each document with the line it begins at.
fn documents_of_yaml(text: &str) -> Result<Vec<(u64, Value)>, String> {
    match serde_saphyr::from_str_multiple_with_options::<Spanned<Value>, Vec<_>>(text, yaml::options()) {
        Ok(documents) => Ok(documents.into_iter().map(|d| (d.referenced.line(), d.value)).collect()),
        Err(error) => Err(yaml::Problem::from(error).to_string()),
    }
}

/// The same for JSON: one document after the other.
fn documents_of_json(text: &str) -> Result<Vec<(u64, Value)>, String> {
    let mut documents = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let rest = text.get(stream.byte_offset()..).unwrap_or_default();
        let at = text.len() - rest.trim_start().len();
        let line = 1 + text.get(..at).unwrap_or_default().matches('\n').count() as u64;
        match stream.next() {
            None => return Ok(documents),
            Some(Ok(document)) => documents.push((line, document)),
            Some(Err(error)) => {
                return Err(format!("line {}, column {}: {error}", error.line(), error.column()));
            }
        }
    }
}

/// Takes an object, or those of a list. The items of an API server's `NodeList` do not say what they are.
fn unfold(value: Value, to: &mut Vec<(Id, Option<Object>)>, ignored: &mut usize) -> Result<(), String> {
    let mut value = match value {
        Value::Array(items) => return items.into_iter().try_for_each(|item| unfold(item, to, ignored)),
        value => value,
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    if let Some(of) = kind.strip_suffix("List")
        && let Some(Value::Array(items)) = value.get_mut("items").map(Value::take)
    {
        for (index, mut item) in items.into_iter().enumerate() {
            if let Value::Object(fields) = &mut item
                && !of.is_empty()
                && !fields.contains_key("kind")
            {
                fields.insert("kind".into(), of.into());
                fields.insert("apiVersion".into(), api_version.clone().into());
            }
            unfold(item, to, ignored).map_err(|e| format!("items[{index}]: {e}"))?;
        }
        return Ok(());
    }
    match decode::manifest(&value)? {
        Some(object) if object.id.kind == Kind::EndpointStatus => *ignored += 1,
        Some(object) => to.push((object.id.clone(), Some(object))),
        // A block that is deleted here may be in a file before.
        None if kind == Kind::BlockAffinity.name() => {
            to.push((decode::id(Kind::BlockAffinity, &value)?, None));
        }
        None => *ignored += 1,
    }
    Ok(())
}
