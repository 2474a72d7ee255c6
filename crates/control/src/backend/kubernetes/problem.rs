//! What goes wrong, and what follows from it.

use std::error::Error;
use std::time::Duration;

use kube::core::Status;

/// The longest pause that a server may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// The most characters of a server's message that are shown.
const MESSAGE_MAX: usize = 300;

/// What a problem is, as far as it matters for what is done next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    /// There is no connection: the settings may lead to another one by now.
    Unreachable,
    /// Who we are is not believed (any more).
    Unauthorized,
    /// We may not.
    Forbidden,
    /// There is no such kind.
    Absent,
    /// The revision is too old: routine.
    Expired,
    /// The revision is newer than what the server has: it lost some of its past.
    Ahead,
    /// The watch was silent.
    Silent,
    /// The watch ended at once.
    Short,
    /// Something that was to be told is lost.
    Lost,
    /// The answer broke off.
    Broken,
    /// The server says no, for now.
    Refused,
}

/// Why a list or a watch did not work, or ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Problem {
    pub(super) cause: Cause,
    /// One line.
    pub(super) text: String,
    /// How long the server asks us to stay away.
    pub(super) retry_after: Option<Duration>,
}

impl Problem {
    pub(super) fn new(cause: Cause, text: impl Into<String>) -> Self {
        Self { cause, text: text.into(), retry_after: None }
    }

    /// What was tried, and an error with its causes, each only if it says something new.
    pub(super) fn chain(cause: Cause, tried: &str, error: &(dyn Error + 'static)) -> Self {
        let mut text = tried.to_owned();
        let mut next = Some(error);
        while let Some(error) = next {
            let words = error.to_string();
            // Which of kube's layers it was helps nobody.
            let words = words.strip_prefix("ServiceError: ").unwrap_or(&words);
            // Some errors tell the whole chain themselves.
            if !text.contains(words) {
                text = format!("{text}: {words}");
            }
            next = error.source();
        }
        Self::new(cause, one_line(&text))
    }

    /// An answer that is a failure. `retry_after` is the header's.
    pub(super) fn answer(code: u16, retry_after: Option<&str>, body: &[u8]) -> Self {
        let status = serde_json::from_slice::<Status>(body).unwrap_or_default();
        let secs = retry_after.and_then(|text| text.trim().parse::<u64>().ok());
        let in_body = status.details.as_ref().map(|d| u64::from(d.retry_after_seconds)).filter(|s| *s > 0);
        let said = if status.message.is_empty() { String::from_utf8_lossy(body) } else { "".into() };
        let said = if said.is_empty() { status.message.as_str() } else { said.trim() };
        Self {
            cause: cause(code, &status),
            text: one_line(&format!("the server answers {code}: {said}")),
            retry_after: secs.or(in_body).map(Duration::from_secs).map(|t| t.min(RETRY_AFTER_MAX)),
        }
    }

    /// An ERROR event of a watch. Whatever it is, the watch is over, and what is not known is listed anew.
    pub(super) fn event(body: &[u8]) -> Self {
        let code = serde_json::from_slice::<Status>(body).map_or(0, |status| status.code);
        let problem = Self::answer(code, None, body);
        let cause = match problem.cause {
            Cause::Expired | Cause::Ahead | Cause::Unauthorized | Cause::Forbidden => problem.cause,
            _ => Cause::Lost,
        };
        Self { cause, ..problem }
    }

    /// Whether it may be worth reading the settings' files again.
    pub(super) fn is_of_connection(&self) -> bool {
        matches!(self.cause, Cause::Unreachable | Cause::Unauthorized)
    }

    /// Whether it happens now and then where nothing is wrong.
    pub(super) fn is_routine(&self) -> bool {
        matches!(self.cause, Cause::Expired | Cause::Short)
    }
}

fn cause(code: u16, status: &Status) -> Cause {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let ahead = causes.map(|cause| cause.reason.as_str()).any(|reason| reason == "ResourceVersionTooLarge")
        || status.message.contains("Too large resource version");
    match code {
        _ if ahead => Cause::Ahead,
        401 => Cause::Unauthorized,
        403 => Cause::Forbidden,
        404 => Cause::Absent,
        410 => Cause::Expired,
        _ if matches!(status.reason.as_str(), "Expired" | "Gone") => Cause::Expired,
        // It is something about our request: most likely the revision.
        400 | 422 => Cause::Ahead,
        _ => Cause::Refused,
    }
}

/// Bounded, and without control characters.
pub(super) fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().take(MESSAGE_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MESSAGE_MAX).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_what_follows_from_them() {
        let too_large = br#"{"kind":"Status","code":504,"reason":"Timeout","message":"Timeout: x",
            "details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"y"}],"retryAfterSeconds":1}}"#;
        let by_words = br#"{"code":500,"message":"Too large resource version: 7, current: 3"}"#;
        let expired = br#"{"code":410,"reason":"Expired","message":"too old"}"#;
        for (code, body, cause) in [
            (504, &too_large[..], Cause::Ahead),
            (500, by_words, Cause::Ahead),
            (410, expired, Cause::Expired),
            (410, b"", Cause::Expired),
            (404, b"404 page not found\n", Cause::Absent),
            (401, b"{}", Cause::Unauthorized),
            (403, b"no", Cause::Forbidden),
            (400, b"", Cause::Ahead),
            (429, b"Too many requests, please try again later.", Cause::Refused),
            (503, b"<html>", Cause::Refused),
        ] {
            assert_eq!(Problem::answer(code, None, body).cause, cause, "{code}");
        }
        assert_eq!(Problem::answer(504, None, too_large).retry_after, Some(Duration::from_secs(1)));
        assert_eq!(Problem::answer(429, Some("7"), b"").retry_after, Some(Duration::from_secs(7)));
        assert_eq!(Problem::answer(429, Some("86400"), b"").retry_after, Some(RETRY_AFTER_MAX));
        assert_eq!(Problem::answer(429, Some("Sat, 21 Nov"), b"").retry_after, None);
    }

    #[test]
    fn a_message_of_a_server_is_one_bounded_line() {
        let text = Problem::answer(500, None, "a\nb\u{1b}[31m".repeat(1000).as_bytes()).text;
        assert!(text.chars().count() <= MESSAGE_MAX + 1 && !text.chars().any(char::is_control), "{text}");
    }
}
