//! Compiled filters.

use std::sync::Arc;

use crate::code::{Code, Step};
use crate::eval::Run;
use crate::types::Dialect;
use crate::{Outcome, Subject, Verdict};

/// A compiled filter. Two filters are equal when they have one name and do the same by structure,
/// called functions and constants included, so that reconfiguration sees what changed.
#[derive(Clone, Debug)]
pub struct Filter {
    name: Option<Arc<str>>,
    code: Code,
    dialect: Dialect,
    /// The verdict, if it is the same for every route.
    always: Option<Verdict>,
    /// As it was written.
    text: Arc<str>,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
            || (self.name == other.name && self.dialect == other.dialect && self.code == other.code)
    }
}

impl Filter {
    pub(crate) fn new(name: Option<Arc<str>>, code: Code, dialect: Dialect, text: Arc<str>) -> Arc<Self> {
        let always = match code.body.first() {
            Some(Step::Accept(message)) if message.is_empty() => Some(Verdict::Accept),
            Some(Step::Reject(message)) if message.is_empty() => Some(Verdict::Reject),
            _ => None,
        };
        Arc::new(Self { name, code, dialect, always, text })
    }

    /// Whether it does the same as another, whatever they are called.
    pub(crate) fn does_the_same(&self, other: &Self) -> bool {
        self.dialect == other.dialect && self.code == other.code
    }

    /// The filter's name; `None` for one written in place.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The filter as it was written: the body with its braces and what is declared before them, or
    /// `where CONDITION`. Filters with different texts may be equal. `None` only for an empty text.
    pub fn text(&self) -> Option<&str> {
        Some(&*self.text).filter(|text| !text.is_empty())
    }

    /// What the filter does, a statement a line, in BIRD's language as far as that can say it. Filters that do
    /// the same have the same lines as far as can be told from their code: neither names nor comments nor the
    /// way conditions are nested count, and functions stand where they are called.
    pub fn normal_form(&self) -> Vec<String> {
        crate::normal::lines(&self.code, self.dialect)
    }

    /// The verdict of a filter that does nothing but give it: such a filter need not run.
    pub fn always(&self) -> Option<Verdict> {
        self.always
    }

    /// The custom and kernel attributes (`krt_…`) it sets on some route or other.
    pub fn sets(&self) -> impl Iterator<Item = &str> {
        self.code.sets.iter().map(|name| &**name)
    }

    /// Runs the filter on a route.
    pub fn run(&self, subject: &Subject<'_>) -> Outcome {
        if let Some(verdict) = self.always {
            return Outcome { verdict, attributes: None, messages: Vec::new(), error: None };
        }
        Run::new(Some(subject), self.dialect).filter(&self.code, self.name())
    }
}
