//! The API over HTTP.

mod accept;
mod discovery;
mod faults;
mod list;
mod options;
mod path;
mod respond;
mod watch;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Extract};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::Response;
use axum::routing::any;
use serde_json::Value;

use crate::access::Verb;
use crate::kinds::Kind;
use crate::shared::Shared;
use crate::status::Failure;
use crate::store::Key;

use accept::Form;
use options::Options;
use path::Place;

/// The router: one handler for all paths, since kinds come and go.
pub(crate) fn service(shared: Arc<Shared>) -> Router {
    Router::new().fallback(any(serve)).with_state(shared)
}

/// Writes the request down, lets it meet its fault or answers it.
async fn serve(Extract(shared): Extract<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let (id, (delay, action)) = shared.change(|state| {
        let id = state.log.add(method, path, query, text(&parts, &header::ACCEPT));
        (id, state.faults.take(method, path, query))
    });
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let answer = async {
        // A body of half a gigabyte is no object.
        let body = axum::body::to_bytes(body, 8 << 20).await;
        let body = body.map_err(|_| Failure::new(413, "Request entity too large"))?;
        answer(&shared, &parts, &body)
    };
    let response = match action {
        None => answer.await.unwrap_or_else(|failure| respond::failure(&failure)),
        Some(action) => {
            faults::meet(action, async { answer.await.unwrap_or_else(|f| respond::failure(&f)) }).await
        }
    };
    shared.change(|state| state.log.answered(id, response.status().as_u16()));
    response
}

/// A request for objects of a kind that is served, from somebody who may.
struct Call<'a> {
    shared: &'a Arc<Shared>,
    kind: Arc<Kind>,
    /// Namespace and name; empty where the path has none.
    key: Key,
    status_only: bool,
    form: Form,
    options: Options,
}

fn answer(shared: &Arc<Shared>, parts: &Parts, body: &[u8]) -> Result<Response, Failure> {
    let state = shared.look();
    let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    state.access.authenticate(token)?;
    let place = path::parse(parts.uri.path());
    if let Some(document) = discovery::document(&state.kinds, &place) {
        accept::form(text(parts, &header::ACCEPT))?;
        return Ok(document);
    }
    let Place::Objects { group, version, namespace, plural, name, subresource } = place else {
        return nothing_there(shared);
    };
    let Some(kind) = state.kinds.by_path(&group, &version, &plural) else { return nothing_there(shared) };
    let status_only = subresource == "status";
    if (!kind.namespaced && !namespace.is_empty()) || !(subresource.is_empty() || status_only) {
        return nothing_there(shared);
    }
    let form = accept::form(text(parts, &header::ACCEPT))?;
    let options = Options::parse(&parts.uri)?;
    let verb = verb(&parts.method, &name, &options)?;
    let asked = if name.is_empty() { options.selector.name().unwrap_or_default() } else { &name };
    state.access.authorize(&kind, verb, &namespace, asked)?;
    drop(state);
    let call = Call { shared, kind, key: (namespace, name), status_only, form, options };
    match verb {
        Verb::Get => list::get(&call),
        Verb::List => list::list(&call),
        Verb::Watch => watch::watch(&call),
        Verb::Create => write::create(&call, &json(body)?),
        Verb::Update => write::update(&call, json(body)?),
        Verb::Patch => write::patch(&call, text(parts, &header::CONTENT_TYPE), &json(body)?),
        Verb::Delete => write::delete(&call, body),
    }
}

/// Errors: 405.
fn verb(method: &Method, name: &str, options: &Options) -> Result<Verb, Failure> {
    match (method, name.is_empty()) {
        (&Method::GET, true) if options.watch => Ok(Verb::Watch),
        (&Method::GET, true) => Ok(Verb::List),
        (&Method::GET, false) => Ok(Verb::Get),
        (&Method::POST, true) => Ok(Verb::Create),
        (&Method::PUT, false) => Ok(Verb::Update),
        (&Method::PATCH, false) => Ok(Verb::Patch),
        (&Method::DELETE, false) => Ok(Verb::Delete),
        _ => Err(Failure::new(405, "the server does not allow this method on the requested resource")),
    }
}

fn nothing_there(shared: &Shared) -> Result<Response, Failure> {
    if shared.habits.plain_not_found { Ok(respond::plain_not_found()) } else { Err(Failure::no_such_path()) }
}

fn json(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|e| Failure::bad_request(format!("the body is no JSON: {e}")))
}

/// A header as text; empty if it is not there or no text.
fn text<'a>(parts: &'a Parts, name: &header::HeaderName) -> &'a str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
