//! What is wrong with settings.

use std::fmt;

/// Everything that is wrong with the settings, so that it can be mended at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingsError {
    problems: Vec<String>,
}

impl SettingsError {
    pub(super) fn new(problems: Vec<String>) -> Self {
        Self { problems }
    }

    /// One line each: the variable, flag or key (with line and column), what is wrong, what is expected.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl std::error::Error for SettingsError {}

/// The candidate that was probably meant; case does not count.
pub(super) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let other_case = candidates.iter().find(|c| c.eq_ignore_ascii_case(name)).copied();
    other_case.or_else(|| godwit_filter::did_you_mean(name, candidates))
}

/// Serde's words about an unknown key, with the one that was probably meant; its one line.
pub(super) fn with_suggestion(message: &str) -> String {
    let message = message.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ");
    if !message.starts_with("unknown ") {
        return message;
    }
    let unknown = message.split('`').nth(1);
    let expected = message.split_once("expected").map_or("", |(_, names)| names);
    let names = expected.split(|c: char| matches!(c, '`' | ',') || c.is_whitespace());
    let near = unknown.and_then(|unknown| did_you_mean(unknown, names.filter(|name| !name.is_empty())));
    match near {
        Some(near) => format!("{message}; did you mean '{near}'?"),
        None => message,
    }
}
