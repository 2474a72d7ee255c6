//! What was defined in a configuration, in the words it was defined in.

use std::collections::HashSet;
use std::sync::Arc;

use crate::SymbolClass;

/// A constant, custom attribute, function or filter as it was written.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it defines.
    pub class: SymbolClass,
    /// The name, without quotes.
    pub name: Arc<str>,
    /// The whole statement, up to its `;` or `}`.
    pub text: Arc<str>,
}

/// Keeps one copy of texts that are written again and again, as the policies of many neighbors are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts(HashSet<Arc<str>>);

impl Texts {
    pub(crate) fn share(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.0.insert(text.clone());
        text
    }
}
