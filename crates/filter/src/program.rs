//! Compiled filters and the symbols around them.

use std::sync::Arc;

use crate::{Outcome, Subject};

/// A compiled filter. Two filters are equal when they do the same by structure, called functions
/// and constants included, so that reconfiguration sees what changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Filter {
    name: Option<Arc<str>>,
}

impl Filter {
    /// The filter's name; `None` for one written in place.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Runs the filter on a route.
    pub fn run(&self, _subject: &Subject<'_>) -> Outcome {
        todo!("evaluator")
    }
}

/// The symbols of a configuration: constants, functions, filters, custom attributes, and the names
/// (not the meaning) of tables, protocols and templates.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {}
