//! How a request meets its fault.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt;
use serde_json::json;

use super::respond;
use crate::fault::Action;

/// The answer of a request that meets `action`; `usual` is the answer it would have got.
pub(crate) async fn meet(action: Action, usual: impl Future<Output = Response>) -> Response {
    match action {
        Action::Fail(failure) => respond::failure(&failure),
        Action::ErrorEvent(failure) => {
            let event = json!({"type": "ERROR", "object": failure.body()});
            respond::raw(200, respond::JSON, Body::from(format!("{event}\n")))
        }
        Action::Garbage => respond::raw(200, respond::JSON, Body::from("<html>upstream is not well</html>")),
        Action::Half => half(usual.await),
        Action::Delay(time) => {
            tokio::time::sleep(time).await;
            usual.await
        }
        Action::Hang => std::future::pending().await,
    }
}

/// The same answer, but only half of the first piece of its body comes, and then the connection breaks.
fn half(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let length = axum::body::HttpBody::size_hint(&body).exact();
    if let Some(length) = length {
        // The client is promised all of it.
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    let cut = body.into_data_stream().take(1).map(|piece| {
        let piece = piece.unwrap_or_default();
        Ok::<Bytes, io::Error>(piece.slice(..piece.len() / 2))
    });
    // A pause lets the half out before the connection goes.
    let broken = futures::stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Response::from_parts(head, Body::from_stream(cut.chain(broken)))
}
