//! YAML as it is read here.

use std::fmt;

use serde_saphyr::{DuplicateKeyPolicy, Options};

/// YAML as kubectl and calicoctl read it, so that a file means here what it meant to the cluster: `yes` is true.
/// Without its other traps: `0777` and `1_000` are texts and not something else by surprise, so that a field
/// that is no text refuses them by name; a key that is there twice is an error.
/// An alias is followed, but what all of them unfold to is bounded. The rest of the bounds leaves room for
/// a large cluster in one file.
pub(crate) fn options() -> Options {
    let budget = serde_saphyr::budget! {
        max_documents: 200_000,
        max_events: 20_000_000,
        max_nodes: 10_000_000,
        max_depth: 100,
    };
    let alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: alias_limits,
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: false,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        emit_comments: false,
        with_snippet: false,
    }
}

/// What is wrong with a text.
pub(crate) struct Problem {
    /// Line and column, from 1.
    pub(crate) at: Option<(u64, u64)>,
    /// One line.
    pub(crate) message: String,
}

impl From<serde_saphyr::Error> for Problem {
    fn from(error: serde_saphyr::Error) -> Self {
        let error = error.without_snippet();
        let at = error.location().map(|at| (at.line(), at.column()));
        let message = error.to_string();
        let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        // The place is told once.
        let place = at.map(|(line, column)| format!(" at line {line}, column {column}")).unwrap_or_default();
        Self { at, message: message.strip_suffix(&place).unwrap_or(&message).to_owned() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
