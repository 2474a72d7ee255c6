use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

fn matches(text: &str, pairs: &[(&str, &str)]) -> bool {
    let selector = Selector::new(text);
    assert_eq!(selector.error(), None, "{text:?}");
    selector.matches(&labels(pairs))
}

#[test]
fn operators() {
    let there = [("a", "box"), ("b", "")];
    for (text, expected) in [
        ("", true),
        (" \t ", true),
        ("all()", true),
        ("global()", true),
        ("all( \t)", true),
        ("global( )", true),
        ("!all()", false),
        ("has(a)", true),
        ("has( a\t)", true),
        ("has(c)", false),
        ("a == 'box'", true),
        ("a=='box'", true),
        ("a == \"box\"", true),
        ("a == 'Box'", false),
        ("b == ''", true),
        ("a != 'box'", false),
        ("a!='fox'", true),
        ("a contains 'o'", true),
        ("a contains''", true),
        ("a contains 'x '", false),
        ("a starts with 'bo'", true),
        ("a startswith 'bo'", true),
        ("a starts \t with'bo'", true),
        ("a starts with 'ox'", false),
        ("a ends with 'ox'", true),
        ("a endswith\"ox\"", true),
        ("a ends with 'bo'", false),
        ("a in {'fox','box'}", true),
        ("a in{'fox', 'box' , }", true),
        ("a in {}", false),
        ("a in { }", false),
        ("a not in {'fox'}", true),
        ("a notin {'box'}", false),
        ("a not \t in{'box'}", false),
        ("a not in {}", true),
        ("!a == 'box'", false),
        ("! ! a == 'box'", true),
        ("!!!has(c)", true),
        ("(a == 'box')", true),
        ("!(a == 'box' && has(c))", true),
        // `&&` binds tighter, in either order.
        ("has(a) || has(c) && has(c)", true),
        ("has(c) && has(c) || has(a)", true),
        ("(has(a) || has(c)) && has(c)", false),
        // `!` is for one primary only.
        ("!has(a) || has(a)", true),
        ("has(a)&&has(b)||has(c)", true),
    ] {
        assert_eq!(matches(text, &there), expected, "{text}");
    }
}

#[test]
fn a_missing_label_is_true_only_to_what_denies() {
    for (text, expected) in [
        ("x == ''", false),
        ("x in {''}", false),
        ("x contains ''", false),
        ("x starts with ''", false),
        ("x ends with ''", false),
        ("has(x)", false),
        ("x != ''", true),
        ("x != 'a'", true),
        ("x not in {''}", true),
        ("!x != 'a'", false),
    ] {
        assert_eq!(matches(text, &[("y", "")]), expected, "{text}");
    }
}

#[test]
fn keywords_are_labels_but_before_a_parenthesis() {
    for key in
        ["has", "all", "global", "in", "not", "notin", "contains", "starts", "with", "ends", "h", "x-/_.9"]
    {
        assert!(matches(&format!("{key} == 'v'"), &[(key, "v")]));
        assert!(matches(&format!("has({key})"), &[(key, "v")]));
        assert!(matches(&format!("{key} in {{'v'}} && {key} starts with 'v'"), &[(key, "v")]));
    }
    assert!(matches("not not in {'x'}", &[("not", "v")]));
    assert!(matches("all.x == 'v'", &[("all.x", "v")]));
    assert!(matches("has(has)", &[("has", "")]));
}

#[test]
fn strings_have_no_escapes() {
    assert!(matches(r"a == '\'", &[("a", r"\")]));
    assert!(matches(r#"a == '"'"#, &[("a", "\"")]));
    assert!(matches("a == \"it's\"", &[("a", "it's")]));
    assert!(matches("a == ' x\n'", &[("a", " x\n")]));
    assert!(matches("a == '&& ü' || b == '('", &[("a", "&& ü")]));
}

#[test]
fn what_is_wrong_and_where() {
    for (text, column, part) in [
        ("a", 2, "operator"),
        ("a b", 3, "operator"),
        ("a = 'b'", 3, "operator"),
        ("a inside {'b'}", 3, "operator"),
        ("a containsb 'b'", 3, "operator"),
        ("a not 'b'", 3, "operator"),
        ("a starts 'b'", 3, "operator"),
        ("a startswit 'b'", 3, "operator"),
        ("a IN {'b'}", 3, "operator"),
        ("a\n== 'b'", 2, "operator"),
        ("a == b", 6, "string"),
        ("a == 'b", 6, "does not end"),
        ("a == 'b\"", 6, "does not end"),
        ("a == 'b' c == 'd'", 10, "the end"),
        ("a == 'b')", 9, "the end"),
        ("a == 'ü' && ", 13, "a label"),
        ("&& has(a)", 1, "a label"),
        ("has(a) & has(b)", 8, "the end"),
        ("has(a) || || has(b)", 11, "a label"),
        ("!", 2, "a label"),
        ("! = 'b'", 3, "a label"),
        ("()", 2, "a label"),
        ("(has(a)", 8, "')'"),
        ("has (a)", 5, "operator"),
        ("all ()", 5, "operator"),
        ("all", 4, "operator"),
        ("has()", 5, "a label"),
        ("has('a')", 5, "a label"),
        ("has(a b)", 7, "')'"),
        ("all(a)", 5, "')'"),
        ("any()", 4, "operator"),
        ("a in 'b'", 6, "'{'"),
        ("a in {,}", 7, "string"),
        ("a in {'b',,}", 11, "string"),
        ("a in {'b' 'c'}", 11, "','"),
        ("a in {'b'", 10, "','"),
        ("a in {'b',", 11, "string"),
        ("has(a) == 'b'", 8, "the end"),
        ("ä == 'b'", 1, "a label"),
        ("a == 'b'\u{a0}", 9, "the end"),
        ("a == 'b'\n", 9, "the end"),
    ] {
        let selector = Selector::new(text);
        let error = selector.error().unwrap_or_else(|| panic!("{text:?} is taken"));
        assert!(error.starts_with(&format!("column {column}: ")), "{text:?}: {error}");
        assert!(error.contains(part), "{text:?}: {error}");
        assert!(!selector.matches(&labels(&[("a", "b")])), "{text:?} matches");
        assert!(!selector.matches(&Labels::new()), "{text:?} matches");
        assert_eq!(selector.text(), text);
    }
}

#[test]
fn lengths_are_bounded() {
    let longest = format!("has({})", "x".repeat(512));
    assert_eq!(Selector::new(&longest).error(), None);
    let label = "x".repeat(513);
    for text in [format!("has({label})"), format!("{label} == 'a'")] {
        assert!(Selector::new(&text).error().is_some_and(|e| e.contains("512")), "{text}");
    }
    // Characters, not octets.
    let whole = format!("a == '{}'", "ü".repeat(LENGTH_MAX - 7));
    assert_eq!(Selector::new(&whole).error(), None);
    let more = Selector::new(&format!("{whole} "));
    assert_eq!(more.error(), Some("longer than 4096 characters"));
    assert!(!more.matches(&Labels::new()));
}

#[test]
fn depth_is_bounded_and_chains_are_not() {
    let nested = |depth: usize| format!("{}all(){}", "(".repeat(depth), ")".repeat(depth));
    assert!(matches(&nested(DEPTH_MAX), &[]));
    let error = Selector::new(&nested(DEPTH_MAX + 1));
    assert_eq!(error.error(), Some("column 129: parentheses nest deeper than 128"));
    assert!(Selector::new(&"(".repeat(LENGTH_MAX)).error().is_some());
    assert!(Selector::new(&"!(".repeat(LENGTH_MAX / 2)).error().is_some());
    assert!(Selector::new(&"!".repeat(LENGTH_MAX)).error().is_some());
    assert!(matches(&format!("{}all()", "!".repeat(LENGTH_MAX - 6)), &[]));
    assert!(!matches(&format!("{}all()", "!".repeat(LENGTH_MAX - 5)), &[]));
    assert!(matches(&["all()"; 500].join("&&"), &[]));
    assert!(matches(&["has(x)"; 500].join("||"), &[("x", "")]));
}

#[test]
fn equality_is_of_texts() {
    assert_eq!(Selector::new("("), Selector::new("("));
    assert_ne!(Selector::new("all()"), Selector::new("all( )"));
    let text = serde_json::to_string(&Selector::new("a == 'b'")).expect("JSON");
    assert_eq!(text, r#""a == 'b'""#);
    let back: Selector = serde_json::from_str(&text).expect("a selector");
    assert!(back.matches(&labels(&[("a", "b")])));
}

/// A selector as the tests understand it, apart from the parser's types.
#[derive(Clone, Debug)]
enum Tree {
    All,
    Has(String),
    Is(String, usize, Vec<String>),
    Not(Box<Tree>),
    Both(Box<Tree>, Box<Tree>),
    Either(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn holds(&self, labels: &Labels) -> bool {
        match self {
            Self::All => true,
            Self::Has(key) => labels.get(key.as_str()).is_some(),
            Self::Is(key, operator, values) => {
                let value = labels.get(key.as_str()).map(ToString::to_string);
                let first = values.first().map_or("", String::as_str);
                match operator {
                    0 => value.as_deref() == Some(first),
                    1 => value.as_deref() != Some(first),
                    2 => value.is_some_and(|v| v.contains(first)),
                    3 => value.is_some_and(|v| v.starts_with(first)),
                    4 => value.is_some_and(|v| v.ends_with(first)),
                    5 => value.is_some_and(|v| values.contains(&v)),
                    _ => value.is_none_or(|v| !values.contains(&v)),
                }
            }
            Self::Not(inner) => !inner.holds(labels),
            Self::Both(a, b) => a.holds(labels) && b.holds(labels),
            Self::Either(a, b) => a.holds(labels) || b.holds(labels),
        }
    }

    /// With as many blanks as are asked for, and no more parentheses than are needed.
    fn print(&self, blank: &str) -> String {
        let within = |inner: &Tree, text: String| match inner {
            Tree::Both(..) | Tree::Either(..) => format!("({blank}{text}{blank})"),
            _ => text,
        };
        match self {
            Self::All => format!("all({blank})"),
            Self::Has(key) => format!("has({blank}{key}{blank})"),
            Self::Is(key, operator, values) => {
                let quoted: Vec<_> = values.iter().map(|v| quote(v)).collect();
                let first = quoted.first().cloned().unwrap_or_else(|| "''".into());
                let set = format!("{{{blank}{}{blank}}}", quoted.join(&format!("{blank},{blank}")));
                match operator {
                    0 => format!("{key}{blank}=={blank}{first}"),
                    1 => format!("{key}{blank}!={blank}{first}"),
                    2 => format!("{key} contains{blank}{first}"),
                    3 => format!("{key}\tstarts{blank}with{blank}{first}"),
                    4 => format!("{key} ends{blank}with{blank}{first}"),
                    5 => format!("{key} in{blank}{set}"),
                    _ => format!("{key} not{blank}in{blank}{set}"),
                }
            }
            Self::Not(inner) => format!("!{blank}{}", within(inner, inner.print(blank))),
            Self::Both(a, b) => {
                let side = |t: &Tree| match t {
                    Tree::Either(..) => within(t, t.print(blank)),
                    _ => t.print(blank),
                };
                format!("{}{blank}&&{blank}{}", side(a), side(b))
            }
            Self::Either(a, b) => format!("{}{blank}||{blank}{}", a.print(blank), b.print(blank)),
        }
    }
}

fn quote(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

fn tree() -> impl Strategy<Value = Tree> {
    let key = prop_oneof!["[ab]", "(has|all|global|in|not|starts|a[./_-]b)"];
    let values = proptest::collection::vec("[xy ']{0,2}", 0..4);
    let leaf = prop_oneof![
        Just(Tree::All),
        key.clone().prop_map(Tree::Has),
        (key, 0..7_usize, values).prop_map(|(key, operator, values)| Tree::Is(key, operator, values)),
    ];
    leaf.prop_recursive(5, 24, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|t| Tree::Not(Box::new(t))),
            two.clone().prop_map(|(a, b)| Tree::Both(Box::new(a), Box::new(b))),
            two.prop_map(|(a, b)| Tree::Either(Box::new(a), Box::new(b))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_means_the_same(
        tree in tree(),
        blank in "[ \t]{0,2}",
        labels in proptest::collection::btree_map("(a|b|has|in|a[./_-]b)", "[xy ']{0,3}", 0..4),
    ) {
        let labels: Labels = labels.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        let text = tree.print(&blank);
        let selector = Selector::new(&text);
        prop_assert_eq!(selector.error(), None, "{}", text);
        prop_assert_eq!(selector.matches(&labels), tree.holds(&labels), "{}", text);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        let selector = Selector::new(&text);
        if let Some(error) = selector.error() {
            prop_assert!(error.starts_with("column "), "{}", error);
            prop_assert!(!selector.matches(&Labels::new()));
        }
    }

    #[test]
    fn any_tokens_are_parsed_or_refused(
        tokens in proptest::collection::vec(
            prop_oneof![
                "has\\(", "all\\(\\)", "\\(", "\\)", "!", "&&", "\\|\\|", "a", "==", "!=", "in", "not in",
                "\\{", "\\}", ",", "'x'", "ü", " ",
            ],
            0..40,
        ),
    ) {
        let text = tokens.concat();
        let selector = Selector::new(&text);
        let _ = selector.matches(&labels(&[("a", "x")]));
        let again = Selector::new(selector.text());
        prop_assert_eq!(again.error(), selector.error());
    }
}
