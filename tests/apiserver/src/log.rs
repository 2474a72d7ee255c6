//! The log of requests.

use std::collections::VecDeque;

/// One request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Number of the request since the start of the server, from 1.
    pub id: u64,
    /// HTTP method.
    pub method: String,
    /// Path as sent.
    pub path: String,
    /// Query as sent, without the `?`; empty if there was none.
    pub query: String,
    /// `Accept`, empty if there was none.
    pub accept: String,
    /// HTTP code of the answer; none as long as there is no answer.
    pub code: Option<u16>,
}

impl Logged {
    /// Whether this request asked for a watch.
    pub fn is_watch(&self) -> bool {
        self.parameter("watch").is_some_and(|value| matches!(value, "true" | "1"))
    }

    /// A parameter of the query as sent (not decoded), if it is there.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
            .map(|(_, v)| v)
    }
}

/// How many requests are kept; older ones are dropped.
const KEPT_MAX: usize = 100_000;

/// The last requests.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Logged>,
    ids: u64,
}

impl Log {
    /// Writes a request down and gives its number.
    pub(crate) fn add(&mut self, method: &str, path: &str, query: &str, accept: &str) -> u64 {
        self.ids += 1;
        if self.entries.len() >= KEPT_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(Logged {
            id: self.ids,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            accept: accept.to_owned(),
            code: None,
        });
        self.ids
    }

    pub(crate) fn answered(&mut self, id: u64, code: u16) {
        // The newest are at the end, and answers come soon.
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.id == id) {
            entry.code = Some(code);
        }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Logged> {
        self.entries.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

/// Whether `pattern` fits a path, or path and query if the pattern has a `?`. `*` is any text, empty too.
pub(crate) fn glob(pattern: &str, path: &str, query: &str) -> bool {
    let both;
    let text = if pattern.contains('?') {
        both = format!("{path}?{query}");
        both.as_str()
    } else {
        path
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.split_at(at + part.len()).1,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn star_is_any_text_and_a_question_mark_brings_the_query_in() {
        for (pattern, path, query) in [
            ("/a", "/a", "x=1"),
            ("*", "/a", ""),
            ("/a/*/c", "/a/b/b/c", ""),
            ("/a?*watch=true*", "/a", "x=1&watch=true"),
            ("/a?", "/a", ""),
        ] {
            assert!(glob(pattern, path, query), "{pattern}");
        }
        for (pattern, path, query) in [
            ("/a", "/ab", ""),
            ("/a*c", "/ab", ""),
            ("/a?*w*", "/a", ""),
            ("a*a", "a", ""),
            ("/a?", "/a", "x"),
        ] {
            assert!(!glob(pattern, path, query), "{pattern}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_with_parts_cut_out_fits(parts in proptest::collection::vec("[a-c]{0,3}", 1..5), cut in "[a-c]{0,3}") {
            let text = parts.join(&cut);
            proptest::prop_assert!(glob(&parts.join("*"), &text, ""));
        }
    }
}
