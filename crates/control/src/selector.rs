//! Calico's selector language (calico.md §1.14).

mod expression;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::resource::Labels;
use expression::Expression;

/// The most characters of a selector.
pub const LENGTH_MAX: usize = 4096;
/// How deep parentheses nest at most. `!` nests nothing.
pub const DEPTH_MAX: usize = 128;

/// A selector. One that does not parse matches nothing. Two are equal if their texts are.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Selector {
    text: Box<str>,
    parsed: Result<Expression, Box<str>>,
}

impl Selector {
    /// Reads a selector; what is wrong with it is kept ([`Selector::error`]). An empty one matches everything.
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), parsed: parse::parse(text).map_err(Into::into) }
    }

    /// Whether labels match. Nothing is allocated.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.parsed.as_ref().is_ok_and(|expression| expression.matches(labels))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why it does not parse: one line, with the column in characters from 1.
    pub fn error(&self) -> Option<&str> {
        self.parsed.as_ref().err().map(AsRef::as_ref)
    }
}

impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Selector {}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Selector").field(&self.text).finish()
    }
}

impl From<String> for Selector {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.text.into()
    }
}
