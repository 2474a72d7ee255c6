//! Broken configurations and what is said of them. The first line of each file is a comment with
//! the line and the message of the first error.
#![allow(clippy::disallowed_methods)]

mod common;

use std::process::Command;

use common::{files, findings, first_error, folder, read_as, read_toml};
use godwit_config::Dialect;

/// What the first line of a file says is to be said.
fn expected(text: &str) -> &str {
    text.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a comment with the message")
}

fn check(name: &str, dialect: Dialect, least: usize) {
    let files = files(&folder(name), ".conf");
    assert!(files.len() >= least, "{} files", files.len());
    let wrong: Vec<String> = files
        .iter()
        .filter_map(|(path, text)| {
            let said = first_error(&read_as(text, dialect)).unwrap_or_else(|| "no error".into());
            (said != expected(text)).then(|| format!("{}: {said}", path.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// After some errors the rest is of no interest, in either language.
#[test]
fn errors_have_an_end() {
    use std::fmt::Write;
    let (mut conf, mut toml) = (String::new(), String::new());
    for i in 0..200 {
        let _ = writeln!(conf, "protocol bgp b{i} {{ neighbor; }}");
        let _ = write!(toml, "[bgp.b{i}]\nneighbor = \"192.0.2.1\"\n");
    }
    for loaded in [read_as(&conf, Dialect::Bird2), read_toml(&toml)] {
        let count = findings(&loaded).len();
        assert!((1..=30).contains(&count), "{count} errors");
    }
}

#[test]
fn first_errors_of_2() {
    check("tests/invalid", Dialect::Bird2, 100);
}

#[test]
fn first_errors_of_16() {
    check("tests/invalid-1.6", Dialect::Bird16, 40);
}

/// BIRD names its grammar's tokens in syntax errors; only that it is one must agree.
fn comparable(message: &str) -> &str {
    if message.starts_with("syntax error") { "syntax error" } else { message }
}

/// `LINE MESSAGE` of what `bird -p` prints about a file.
fn said_by_bird(output: &str) -> Option<(String, String)> {
    let line = output.lines().find(|l| l.contains(".conf:"))?;
    let (_, place) = line.split_once(".conf:")?;
    let (number, rest) = place.split_once(':')?;
    let (_, message) = rest.split_once(' ')?;
    Some((number.to_owned(), message.to_owned()))
}

/// Needs Debian's bird2, and fails without it.
#[test]
fn lab_bird_says_the_same() {
    let mut wrong = Vec::new();
    for (path, text) in files(&folder("tests/invalid"), ".conf") {
        let output = Command::new("/usr/sbin/bird")
            .arg("-p")
            .arg("-c")
            .arg(&path)
            .output()
            .expect("/usr/sbin/bird of the package bird2");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let (line, message) = expected(&text).split_once(' ').expect("LINE MESSAGE");
        let same =
            said_by_bird(&stderr).is_some_and(|(l, m)| l == line && comparable(&m) == comparable(message));
        if !same {
            wrong.push(format!("{}: bird says {}", path.display(), stderr.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
