//! Gets and lists.

use axum::response::Response;
use serde_json::{Value, json};

use super::accept::Form;
use super::options::{Match, Options};
use super::{Call, respond};
use crate::continuation::Continuation;
use crate::kinds::Kind;
use crate::status::Failure;
use crate::store::{Key, Store};

/// One object. Errors: 404, 406, 504 for a revision from the future.
pub(crate) fn get(call: &Call<'_>) -> Result<Response, Failure> {
    call.form.fits(false)?;
    let state = call.shared.look();
    reached(&state.store, call.options.revision)?;
    let object = state.store.get(&call.kind.resource(), &call.key);
    let object = object.ok_or_else(|| Failure::not_found(&call.kind, &call.key.1))?;
    Ok(respond::json(200, &shape(&object, call.form)))
}

/// A page of a collection. Errors: 400, 406, 410 for a forgotten revision, 422, 504 for one from the future.
pub(crate) fn list(call: &Call<'_>) -> Result<Response, Failure> {
    let (kind, options) = (&*call.kind, &call.options);
    options.check_list()?;
    call.form.fits(true)?;
    let state = call.shared.look();
    let start = start(&state.store, options)?;
    let revision = start.revision.unwrap_or(state.store.revision());
    let Some(objects) = state.store.at(&kind.resource(), revision) else { return Err(forgotten(&start)) };
    drop(state);

    let wanted = |key: &Key, object: &Value| {
        *key > start.after
            && (call.key.0.is_empty() || key.0 == call.key.0)
            && options.selector.matches(object)
    };
    let mut rest = objects.iter().filter(|(key, object)| wanted(key, object)).peekable();
    // From its cache (revision "0") a server gives all there is in one page.
    let cached = options.revision == Some(0) && options.continuation.is_empty();
    let limit = if cached || options.limit == 0 { usize::MAX } else { options.limit };
    let mut items = Vec::new();
    let mut last = None;
    while let Some((key, object)) = rest.next_if(|_| items.len() < limit) {
        items.push(item(kind, object, call.form));
        last = Some(key.clone());
    }
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    let left = rest.count();
    if let Some(after) = last.filter(|_| left > 0) {
        metadata["continue"] = json!(Continuation { revision: Some(revision), after }.encode());
        if options.selector.is_empty() {
            metadata["remainingItemCount"] = json!(left);
        }
    }
    let (api_version, name) = match call.form {
        Form::Full => (kind.api_version(), format!("{}List", kind.kind)),
        _ => ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadataList".to_owned()),
    };
    Ok(respond::json(
        200,
        &json!({"kind": name, "apiVersion": api_version, "metadata": metadata, "items": items}),
    ))
}

/// Where a list begins: at which revision (none for the newest) and after which object.
fn start(store: &Store, options: &Options) -> Result<Continuation, Failure> {
    if !options.continuation.is_empty() {
        let start = Continuation::decode(&options.continuation)?;
        // A token of before a restart with an older state points to the future.
        reached(store, start.revision)?;
        return Ok(start);
    }
    reached(store, options.revision)?;
    // A revision with a limit and no word on matching means exactly that revision, for old clients' sake.
    let exact = match options.matching {
        Some(matching) => matching == Match::Exact,
        None => options.limit > 0,
    };
    let revision = options.revision.filter(|revision| exact && *revision != 0);
    Ok(Continuation { revision, after: Key::default() })
}

/// Errors: 504 for a revision that the server has not reached.
pub(crate) fn reached(store: &Store, revision: Option<u64>) -> Result<(), Failure> {
    match revision {
        Some(wanted) if wanted > store.revision() => Err(Failure::too_large(wanted, store.revision())),
        _ => Ok(()),
    }
}

fn forgotten(start: &Continuation) -> Failure {
    if start.after == Key::default() {
        return Failure::expired("The resourceVersion for the provided list is too old.");
    }
    let mut failure = Failure::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter, or use the continue token in this response to retrieve the remainder of \
         the results. Continuing with the provided token results in an inconsistent list - objects that were \
         created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
    failure.continue_token = Some(Continuation { revision: None, after: start.after.clone() }.encode());
    failure
}

/// An object in the form asked for.
pub(crate) fn shape(object: &Value, form: Form) -> Value {
    match form {
        Form::Full => object.clone(),
        _ => {
            json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
        }
    }
}

fn item(kind: &Kind, object: &Value, form: Form) -> Value {
    let mut item = shape(object, form);
    if let (Form::Full, true, Some(fields)) = (form, kind.built_in(), item.as_object_mut()) {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    item
}
