//! Words that cannot be names, in each of BIRD's languages.
#![allow(clippy::disallowed_methods)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{first_error, folder, read_as};
use godwit_config::Dialect;

const OF_2: &str = include_str!("../src/bird/keywords/2.txt");
const OF_16: &str = include_str!("../src/bird/keywords/1.6.txt");

/// A configuration with a protocol of this name.
fn named(dialect: Dialect, name: &str) -> String {
    let channel = if dialect == Dialect::Bird2 { "ipv4 { import all; export none; };" } else { "" };
    format!("protocol bgp {name} {{ local 192.0.2.1 as 1; neighbor 192.0.2.2 as 2; {channel} }}\n")
}

/// What is said of a text first, without its place.
fn said(dialect: Dialect, text: &str) -> Option<String> {
    first_error(&read_as(&format!("{text}\nprotocol device {{ }}"), dialect))
        .map(|error| error.split_once(' ').unwrap().1.to_owned())
}

#[test]
fn no_protocol_has_a_keyword_s_name() {
    for (dialect, keywords) in [(Dialect::Bird2, OF_2), (Dialect::Bird16, OF_16)] {
        for keyword in keywords.split_whitespace() {
            let said = said(dialect, &named(dialect, keyword)).unwrap_or_default();
            assert!(said.starts_with("syntax error"), "{dialect:?}: {keyword}: {said}");
        }
        for name in ["up", "peer1", "Range", "range2", "bgp_template", "Mesh_10_0_0_1", "'my.name'"] {
            assert_eq!(said(dialect, &named(dialect, name)), None, "{dialect:?}: {name}");
        }
    }
    // Each has its own.
    let range = |dialect| said(dialect, &named(dialect, "range"));
    assert_eq!(range(Dialect::Bird2).as_deref(), Some("syntax error, unexpected 'range'"));
    assert_eq!(range(Dialect::Bird16), None);
    assert_eq!(said(Dialect::Bird2, &named(Dialect::Bird2, "peer")), None);
    assert!(said(Dialect::Bird16, &named(Dialect::Bird16, "peer")).is_some());
}

/// As BIRD 2.0.12 says of each of these.
const PLACES: &[&str] = &[
    "protocol bgp 'NAME' { local 192.0.2.1 as 1; neighbor 192.0.2.2 as 2; ipv4 { import all; export none; }; }",
    "template bgp NAME { }",
    "protocol static NAME { ipv4; }",
    "ipv4 table NAME;",
    "define NAME = 5;",
    "filter NAME { accept; }",
    "function NAME() { return 1; }",
    "function f(int NAME) { return NAME; }",
    "filter f { int NAME; accept; }",
    "filter f int NAME; { accept; }",
    "attribute int NAME;",
];

#[test]
fn nothing_else_has() {
    for place in PLACES {
        for name in ["range", "source", "dead", "s", "off", "last"] {
            let said = said(Dialect::Bird2, &place.replace("NAME", name)).unwrap_or_default();
            assert!(said.starts_with("syntax error"), "{place}: {name}: {said}");
        }
        assert_eq!(said(Dialect::Bird2, &place.replace("NAME", "fine")), None, "{place}");
    }
}

/// Whether a program takes a file.
fn takes(bird: &Path, text: &str) -> bool {
    let file = std::env::temp_dir().join(format!("godwit-keywords-{}.conf", std::process::id()));
    std::fs::write(&file, format!("router id 1.1.1.1;\n{text}\nprotocol device {{ }}"))
        .expect("a file for bird");
    let output = Command::new(bird).arg("-p").arg("-c").arg(&file).output();
    let _ = std::fs::remove_file(&file);
    output.unwrap_or_else(|error| panic!("{}: {error}", bird.display())).status.success()
}

/// Needs Debian's bird2 and the 1.6.8 of the labs, and fails without them.
#[test]
fn lab_birds_have_the_same_keywords() {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder("../../target"), PathBuf::from);
    let old = target.join("peers/bird16/usr/sbin/bird");
    let new = PathBuf::from("/usr/sbin/bird");
    let words: std::collections::BTreeSet<&str> =
        OF_2.split_whitespace().chain(OF_16.split_whitespace()).chain(["up", "peer1"]).collect();
    let mut wrong = Vec::new();
    for (bird, dialect) in [(new.as_path(), Dialect::Bird2), (old.as_path(), Dialect::Bird16)] {
        for word in &words {
            let text = named(dialect, word);
            // That one ends the name's place.
            if takes(bird, &text) != said(dialect, &text).is_none() && *word != "from" {
                wrong.push(format!("{dialect:?}: {word}"));
            }
        }
    }
    for place in PLACES {
        for name in ["range", "fine"] {
            let text = place.replace("NAME", name);
            if takes(&new, &text) != said(Dialect::Bird2, &text).is_none() {
                wrong.push(text);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
