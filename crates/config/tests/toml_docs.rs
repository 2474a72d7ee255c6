//! `docs/toml.md` says what is true: its examples load, and no key is missing.

mod common;

use common::{good, read_toml};

const PAGE: &str = include_str!("../../../docs/toml.md");
const KEYS: [&str; 3] = [
    include_str!("../src/toml/raw.rs"),
    include_str!("../src/toml/raw/others.rs"),
    include_str!("../src/toml/raw/session.rs"),
];

#[test]
fn examples_load() {
    let examples: Vec<&str> =
        PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 4, "{} examples", examples.len());
    for example in examples {
        good(read_toml(example));
    }
}

#[test]
fn every_key_is_there() {
    let fields = KEYS.iter().flat_map(|text| text.lines()).filter_map(|line| {
        let line = line.strip_prefix("    ")?.trim_start();
        let line = line
            .strip_prefix("pub(super) ")
            .or_else(|| line.strip_prefix("pub(in crate::toml) "))
            .unwrap_or(line);
        let (name, _) = line.split_once(": ")?;
        let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        // What the program calls otherwise than the file does.
        let name = match name {
            "statics" => "static",
            "kind" => "type",
            "overrides" => "override",
            other => other,
        };
        is_name.then(|| name.replace('_', "-"))
    });
    let keys: Vec<String> = fields.collect();
    assert!(keys.len() > 140, "{} keys found", keys.len());
    let words: Vec<&str> = PAGE
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| !word.is_empty())
        .collect();
    let missing: Vec<&String> = keys.iter().filter(|key| !words.contains(&key.as_str())).collect();
    assert_eq!(missing, Vec::<&String>::new());
}
