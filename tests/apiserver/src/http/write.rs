//! Creates, updates, patches and deletes.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};

use super::list::shape;
use super::{Call, respond};
use crate::status::Failure;
use crate::store::Part;

pub(crate) fn create(call: &Call<'_>, body: &Value) -> Result<Response, Failure> {
    if call.kind.namespaced == call.key.0.is_empty() {
        return Err(Failure::new(405, "the server does not allow this method on the requested resource"));
    }
    let stored = call.shared.change(|state| state.store.create(&call.kind, &call.key.0, body.clone()))?;
    done(call, 201, &stored)
}

pub(crate) fn update(call: &Call<'_>, body: Value) -> Result<Response, Failure> {
    let version = body["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if version.is_empty() && !call.kind.built_in() {
        let what = format!("{} \"{}\"", call.kind.qualified_plural(), call.key.1);
        return Err(Failure::invalid(&what, "metadata.resourceVersion: must be specified for an update"));
    }
    let stored = call.shared.change(|state| state.store.update(&call.kind, &call.key, part(call), body))?;
    done(call, 200, &stored)
}

pub(crate) fn patch(call: &Call<'_>, content_type: &str, body: &Value) -> Result<Response, Failure> {
    if content_type.split(';').next().map(str::trim) != Some("application/merge-patch+json") {
        let text = "the body of the request was in an unknown format - accepted media types include: \
                    application/merge-patch+json";
        return Err(Failure::new(415, text));
    }
    let stored = call.shared.change(|state| state.store.patch(&call.kind, &call.key, part(call), body))?;
    done(call, 200, &stored)
}

pub(crate) fn delete(call: &Call<'_>, body: &[u8]) -> Result<Response, Failure> {
    let options = if body.is_empty() { json!({}) } else { super::json(body)? };
    let conditions = &options["preconditions"];
    let stored = call.shared.change(|state| state.store.delete(&call.kind, &call.key, conditions))?;
    if stored["metadata"].get("deletionTimestamp").is_some() {
        return done(call, 200, &stored);
    }
    let details = json!({
        "name": call.key.1, "group": call.kind.group, "kind": call.kind.plural, "uid": stored["metadata"]["uid"],
    });
    Ok(respond::json(
        200,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
    ))
}

fn part(call: &Call<'_>) -> Part {
    if call.status_only { Part::Status } else { Part::Whole }
}

fn done(call: &Call<'_>, code: u16, stored: &Arc<Value>) -> Result<Response, Failure> {
    Ok(respond::json(code, &shape(stored, call.form)))
}
