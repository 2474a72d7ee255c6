//! Label and field selectors.

use serde_json::Value;

use crate::status::Failure;

/// Which objects a list or watch is about. The empty selector takes all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

/// One condition on one label or field; all conditions must hold.
#[derive(Clone, Debug, PartialEq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
}

impl Selector {
    /// Reads the two query parameters. Errors: 400 for a text that is no selector or a field that cannot be selected.
    pub(crate) fn parse(labels: &str, fields: &str) -> Result<Self, Failure> {
        let labels = split(labels).map(label).collect::<Result<_, _>>()?;
        let fields = split(fields).map(field).collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let metadata = &object["metadata"];
        self.labels.iter().all(|r| r.holds(metadata["labels"][&r.key].as_str()))
            && self.fields.iter().all(|r| {
                let name = r.key.trim_start_matches("metadata.");
                r.holds(Some(metadata[name].as_str().unwrap_or_default()))
            })
    }

    /// The one name this selects by `metadata.name=`, if it does.
    pub(crate) fn name(&self) -> Option<&str> {
        self.fields.iter().find_map(|r| match (&r.test, r.key.as_str()) {
            (Test::In(values), "metadata.name") => values.first().map(String::as_str),
            _ => None,
        })
    }
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        match &self.test {
            Test::In(wanted) => value.is_some_and(|v| wanted.iter().any(|w| w == v)),
            // An object without the label is not in the set either.
            Test::NotIn(unwanted) => value.is_none_or(|v| unwanted.iter().all(|u| u != v)),
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
        }
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(move |part| !text.trim().is_empty() || !part.is_empty())
}

fn label(text: &str) -> Result<Requirement, Failure> {
    let bad = || Failure::bad_request(format!("unable to parse requirement: {text:?}"));
    let require = |key: &str, test| {
        if valid_key(key) { Ok(Requirement { key: key.to_owned(), test }) } else { Err(bad()) }
    };
    if let Some(set) = text.strip_suffix(')') {
        let (head, values) = set.split_once('(').ok_or_else(bad)?;
        let values = values.split(',').map(|v| v.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(key), Some("in"), None) => require(key, Test::In(values)),
            (Some(key), Some("notin"), None) => require(key, Test::NotIn(values)),
            _ => Err(bad()),
        };
    }
    if let Some((key, value, equal)) = comparison(text) {
        let values = vec![value.to_owned()];
        return require(key, if equal { Test::In(values) } else { Test::NotIn(values) });
    }
    match text.strip_prefix('!') {
        Some(key) => require(key.trim(), Test::Missing),
        None => require(text, Test::Exists),
    }
}

fn field(text: &str) -> Result<Requirement, Failure> {
    let (key, value, equal) =
        comparison(text).ok_or_else(|| Failure::bad_request(format!("invalid field selector: {text:?}")))?;
    if !matches!(key, "metadata.name" | "metadata.namespace") {
        return Err(Failure::bad_request(format!("field label not supported: {key}")));
    }
    let values = vec![value.to_owned()];
    Ok(Requirement { key: key.to_owned(), test: if equal { Test::In(values) } else { Test::NotIn(values) } })
}

fn comparison(text: &str) -> Option<(&str, &str, bool)> {
    let (key, value, equal) = match text.split_once("!=") {
        Some((key, value)) => (key, value, false),
        None => {
            let (key, value) = text.split_once("==").or_else(|| text.split_once('='))?;
            (key, value, true)
        }
    };
    Some((key.trim(), value.trim(), equal))
}

fn valid_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn takes(labels: &str, object: &Value) -> bool {
        Selector::parse(labels, "").unwrap().matches(object)
    }

    #[test]
    fn labels_of_every_form() {
        let object =
            json!({"metadata": {"name": "a", "labels": {"app": "web", "x.io/tier": "1", "empty": ""}}});
        for yes in [
            "",
            "app",
            "!db",
            "app=web",
            "app==web",
            "app!=db",
            "db!=x",
            "app in (db, web)",
            "app notin (db)",
            "db notin (a)",
            "x.io/tier=1,app",
            "app in (web),x.io/tier notin (2,3)",
            "empty=",
        ] {
            assert!(takes(yes, &object), "{yes}");
        }
        for no in [
            "db",
            "!app",
            "app=db",
            "app!=web",
            "app in (db)",
            "app notin (web)",
            "app,db",
            "db in (a)",
            "app=",
        ] {
            assert!(!takes(no, &object), "{no}");
        }
    }

    #[test]
    fn fields_are_name_and_namespace_only() {
        let object = json!({"metadata": {"name": "a", "namespace": "ns"}});
        let takes = |fields: &str| Selector::parse("", fields).map(|s| s.matches(&object));
        assert_eq!(takes("metadata.name=a"), Ok(true));
        assert_eq!(takes("metadata.name=a,metadata.namespace!=ns"), Ok(false));
        assert_eq!(takes("metadata.namespace==ns"), Ok(true));
        assert_eq!(takes("spec.nodeName=a").unwrap_err().code, 400);
    }

    #[test]
    fn nonsense_is_a_bad_request() {
        for text in ["app in web", "app in (a", "in (a)", "a b", "=", ",", "a,,b", "(a)", "!"] {
            assert_eq!(Selector::parse(text, "").unwrap_err().code, 400, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_selector_or_refused(labels in "[a!=(), innot]{0,20}|\\PC*", fields in "[metadata.n=!,]{0,20}|\\PC*") {
            if let Ok(selector) = Selector::parse(&labels, &fields) {
                selector.matches(&json!({"metadata": {"name": "a", "labels": {"a": "n"}}}));
            }
        }
    }
}
