//! What a selector says, and whether labels are so.

use crate::resource::Labels;

/// A selector that was read. How deep it nests is bounded by the parser, so recursion is too.
#[derive(Clone)]
pub(super) enum Expression {
    /// `all()`, `global()`, and an empty selector.
    All,
    /// `has(label)`
    Has(Box<str>),
    /// A label and what its value must be.
    Label(Box<str>, Test),
    /// `!`
    Not(Box<Expression>),
    /// `&&`
    And(Vec<Expression>),
    /// `||`
    Or(Vec<Expression>),
}

/// What a label's value must be.
#[derive(Clone)]
pub(super) enum Test {
    Equal(Box<str>),
    NotEqual(Box<str>),
    Contains(Box<str>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    /// Ascending.
    In(Box<[Box<str>]>),
    /// Ascending.
    NotIn(Box<[Box<str>]>),
}

impl Expression {
    pub(super) fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::All => true,
            Self::Has(label) => labels.contains_key(label),
            Self::Label(label, test) => test.passes(labels.get(label).map(AsRef::as_ref)),
            Self::Not(inner) => !inner.matches(labels),
            Self::And(terms) => terms.iter().all(|term| term.matches(labels)),
            Self::Or(terms) => terms.iter().any(|term| term.matches(labels)),
        }
    }
}

impl Test {
    /// Without the label, only what denies is true.
    fn passes(&self, value: Option<&str>) -> bool {
        let Some(value) = value else {
            return matches!(self, Self::NotEqual(_) | Self::NotIn(_));
        };
        match self {
            Self::Equal(text) => **text == *value,
            Self::NotEqual(text) => **text != *value,
            Self::Contains(text) => value.contains(&**text),
            Self::StartsWith(text) => value.starts_with(&**text),
            Self::EndsWith(text) => value.ends_with(&**text),
            Self::In(set) => has(set, value),
            Self::NotIn(set) => !has(set, value),
        }
    }
}

fn has(set: &[Box<str>], value: &str) -> bool {
    set.binary_search_by(|entry| (**entry).cmp(value)).is_ok()
}
