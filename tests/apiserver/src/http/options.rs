//! The query parameters of gets, lists and watches.

use axum::extract::Query;
use axum::http::Uri;

use crate::selector::Selector;
use crate::status::Failure;

/// What `resourceVersionMatch` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    NotOlderThan,
    Exact,
}

/// The parameters, read but not yet checked against each other.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) watch: bool,
    pub(crate) limit: usize,
    /// Empty for none.
    pub(crate) continuation: String,
    pub(crate) revision: Option<u64>,
    pub(crate) matching: Option<Match>,
    pub(crate) selector: Selector,
    pub(crate) timeout_secs: Option<u64>,
    pub(crate) bookmarks: bool,
    pub(crate) send_initial_events: Option<bool>,
}

impl Options {
    /// Errors: 400 for a value that cannot be read, 422 for an unknown word of `resourceVersionMatch`.
    pub(crate) fn parse(uri: &Uri) -> Result<Self, Failure> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|e| Failure::bad_request(format!("invalid query: {e}")))?;
        let mut options = Self::default();
        let (mut labels, mut fields) = (String::new(), String::new());
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "watch" => options.watch = truth(&value),
                "limit" => options.limit = number(&name, &value)?,
                "continue" => options.continuation = value,
                "resourceVersion" => options.revision = Some(number(&name, &value)?),
                "resourceVersionMatch" => options.matching = Some(matching(&value)?),
                "labelSelector" => labels = value,
                "fieldSelector" => fields = value,
                "timeoutSeconds" => options.timeout_secs = Some(number(&name, &value)?),
                "allowWatchBookmarks" => options.bookmarks = truth(&value),
                "sendInitialEvents" => options.send_initial_events = Some(truth(&value)),
                _ => {}
            }
        }
        options.selector = Selector::parse(&labels, &fields)?;
        Ok(options)
    }

    /// Errors: 400 and 422 for parameters that do not go together in a list.
    pub(crate) fn check_list(&self) -> Result<(), Failure> {
        if self.send_initial_events.is_some() {
            return invalid("sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list");
        }
        if !self.continuation.is_empty() && self.revision.is_some_and(|revision| revision != 0) {
            return Err(Failure::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        let Some(matching) = self.matching else { return Ok(()) };
        let why = match (matching, self.revision) {
            _ if !self.continuation.is_empty() => "is forbidden when continue is provided",
            (_, None) => "is forbidden unless resourceVersion is provided",
            (Match::Exact, Some(0)) => "\"exact\" is forbidden for resourceVersion \"0\"",
            _ => return Ok(()),
        };
        invalid(&format!("resourceVersionMatch: Forbidden: resourceVersionMatch {why}"))
    }

    /// Errors: 422 for parameters that do not go together in a watch.
    pub(crate) fn check_watch(&self, streaming_lists: bool) -> Result<(), Failure> {
        match (self.send_initial_events, self.matching) {
            (None, Some(_)) => invalid(
                "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless \
                 sendInitialEvents is provided",
            ),
            (Some(_), _) if !streaming_lists => invalid(
                "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList \
                 feature gate is enabled",
            ),
            (Some(_), Some(Match::NotOlderThan)) | (None, None) => Ok(()),
            (Some(_), _) => invalid(
                "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to \
                 NotOlderThan",
            ),
        }
    }
}

fn invalid(message: &str) -> Result<(), Failure> {
    Err(Failure::invalid("ListOptions.meta.k8s.io \"\"", message))
}

fn truth(value: &str) -> bool {
    matches!(value, "true" | "1" | "True" | "t")
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, Failure> {
    value.parse().map_err(|_| Failure::bad_request(format!("{name}: Invalid value: \"{value}\": no number")))
}

fn matching(value: &str) -> Result<Match, Failure> {
    match value {
        "NotOlderThan" => Ok(Match::NotOlderThan),
        "Exact" => Ok(Match::Exact),
        _ => Err(Failure::invalid(
            "ListOptions.meta.k8s.io \"\"",
            &format!(
                "resourceVersionMatch: Unsupported value: \"{value}\": supported values: \"Exact\", \"NotOlderThan\", \"\""
            ),
        )),
    }
}
