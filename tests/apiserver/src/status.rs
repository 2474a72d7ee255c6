//! Failures in the form the API gives them: an HTTP code and a body of kind `Status`.

use serde_json::{Value, json};

use crate::kinds::Kind;

/// A failure as the server reports it: an HTTP code and a `Status` body, or an ERROR event of a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// HTTP code, also in the body.
    pub code: u16,
    /// The machine-readable word, for example `Expired`.
    pub reason: String,
    /// Text for people.
    pub message: String,
    /// Seconds after which to try again; sent as header `Retry-After` and in the details.
    pub retry_after_secs: Option<u32>,
    /// A continue token for those who can live with an inconsistent list.
    pub continue_token: Option<String>,
    /// `details` of the body, an object: name, group, kind, causes.
    pub details: Value,
}

impl Failure {
    /// A failure with the reason that belongs to `code`.
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason(code).to_owned(),
            message: message.into(),
            retry_after_secs: None,
            continue_token: None,
            details: json!({}),
        }
    }

    /// The same with `Retry-After`.
    pub fn retry_after(mut self, secs: u32) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// 410 of a watch or list whose revision is forgotten.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, message)
    }

    /// 504 of a request for a revision that the server has not reached.
    pub fn too_large(wanted: u64, current: u64) -> Self {
        let text = format!("Timeout: Too large resource version: {wanted}, current: {current}");
        let mut failure = Self::new(504, text).retry_after(1);
        failure.details = json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        });
        failure
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn invalid(what: &str, message: &str) -> Self {
        Self::new(422, format!("{what} is invalid: {message}"))
    }

    pub(crate) fn no_such_path() -> Self {
        Self::new(404, "the server could not find the requested resource")
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(404, format!("{} \"{name}\" not found", kind.qualified_plural())).about(kind, name)
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let mut failure = Self::new(409, format!("{} \"{name}\" already exists", kind.qualified_plural()))
            .about(kind, name);
        "AlreadyExists".clone_into(&mut failure.reason);
        failure
    }

    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let plural = kind.qualified_plural();
        Self::new(409, format!("Operation cannot be fulfilled on {plural} \"{name}\": {why}"))
            .about(kind, name)
    }

    fn about(mut self, kind: &Kind, name: &str) -> Self {
        self.details = json!({"name": name, "group": kind.group, "kind": kind.plural});
        self
    }

    /// The body of kind `Status`.
    pub fn body(&self) -> Value {
        let mut details = if self.details.is_object() { self.details.clone() } else { json!({}) };
        if let Some(secs) = self.retry_after_secs {
            details["retryAfterSeconds"] = json!(secs);
        }
        let mut metadata = json!({});
        if let Some(token) = &self.continue_token {
            metadata["continue"] = json!(token);
        }
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if details != json!({}) {
            body["details"] = details;
        }
        body
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.code, self.reason, self.message)
    }
}

impl std::error::Error for Failure {}

fn reason(code: u16) -> &'static str {
    match code {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        406 => "NotAcceptable",
        409 => "Conflict",
        410 => "Expired",
        413 => "RequestEntityTooLarge",
        415 => "UnsupportedMediaType",
        422 => "Invalid",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "",
    }
}
