//! Policies by what they do.

use std::collections::HashMap;
use std::sync::Arc;

use godwit_filter::Filter;
use similar::TextDiff;

use super::Comparison;
use crate::model::Policy;

/// How many lines around a difference are shown.
const CONTEXT_LINES: usize = 1;

/// A filter and what it does, a statement a line.
type Known = (Arc<Filter>, Arc<[String]>);

/// Normal forms that were made: a mesh has the same policy many times.
#[derive(Default)]
pub(super) struct Filters {
    by_text: HashMap<String, Vec<Known>>,
}

impl Filters {
    /// What a filter does, a statement a line.
    pub(super) fn lines(&mut self, filter: &Arc<Filter>) -> Arc<[String]> {
        let same_text = self.by_text.entry(filter.text().unwrap_or_default().to_owned()).or_default();
        // The same words may call another function in the other configuration.
        if let Some((_, lines)) = same_text.iter().find(|(known, _)| known == filter) {
            return lines.clone();
        }
        let lines: Arc<[String]> = filter.normal_form().into();
        same_text.push((filter.clone(), lines.clone()));
        lines
    }

    fn policy(&mut self, policy: &Policy) -> Arc<[String]> {
        match policy {
            Policy::All => Arc::new(["accept;".to_owned()]),
            Policy::None => Arc::new(["reject;".to_owned()]),
            Policy::Filter(filter) => self.lines(filter),
        }
    }
}

impl Comparison {
    pub(super) fn policy(&mut self, option: &str, left: &Policy, right: &Policy) {
        if left == right {
            return;
        }
        let (a, b) = (self.filters.policy(left), self.filters.policy(right));
        if a == b {
            return;
        }
        let text = |lines: &[String]| lines.join("\n") + "\n";
        let (a, b) = (text(&a), text(&b));
        let diff = TextDiff::from_lines(a.as_str(), b.as_str());
        let diff = diff.unified_diff().context_radius(CONTEXT_LINES).to_string();
        self.add(option, Some(shown(left)), Some(shown(right)), Some(diff));
    }
}

fn shown(policy: &Policy) -> String {
    match policy {
        Policy::All => "all".into(),
        Policy::None => "none".into(),
        Policy::Filter(filter) => match filter.name() {
            Some(name) => format!("filter {name}"),
            None => "filter".into(),
        },
    }
}
