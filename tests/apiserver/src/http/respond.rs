//! Answers.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use crate::status::Failure;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(crate) fn json(code: u16, value: &Value) -> Response {
    raw(code, JSON, Body::from(value.to_string()))
}

pub(crate) fn failure(failure: &Failure) -> Response {
    let mut response = json(failure.code, &failure.body());
    if let Some(secs) = failure.retry_after_secs {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

pub(crate) fn plain_not_found() -> Response {
    raw(404, HeaderValue::from_static("text/plain; charset=utf-8"), Body::from("404 page not found\n"))
}

pub(crate) fn raw(code: u16, kind: HeaderValue, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
