//! `docs/rfc.md` names tests: each is there, and there is one of the name.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use godwit_lab::workspace;
use regex::Regex;

/// Counts the names of tests in all Rust files below a folder, alone and with a crate's name before them.
fn tests(folder: &Path, owner: &str, pattern: &Regex, found: &mut BTreeMap<String, usize>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            tests(&path, owner, pattern, found)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path)?;
            for name in pattern.captures_iter(&text).map(|captures| captures[1].to_owned()) {
                *found.entry(format!("{owner}/{name}")).or_default() += 1;
                *found.entry(name).or_default() += 1;
            }
        }
    }
    Ok(())
}

#[test]
fn each_test_that_is_named_is_there() -> Result<()> {
    let root = workspace();
    let mut known = BTreeMap::new();
    let pattern = Regex::new(r"#\[(?:tokio::)?test(?:\([^)]*\))?\]\s*(?:async )?fn (\w+)")?;
    for entry in std::fs::read_dir(root.join("crates"))? {
        let path = entry?.path();
        let owner = path.file_name().context("a name")?.to_string_lossy().into_owned();
        tests(&path, &owner, &pattern, &mut known)?;
    }
    tests(&root.join("tests/tests"), "tests", &pattern, &mut known)?;
    known.extend(godwit_lab::interop::features()?.into_iter().map(|name| (format!("interop/{name}"), 1)));

    let text = std::fs::read_to_string(root.join("docs/rfc.md"))?;
    let name = Regex::new(r"`([^`]+)`")?;
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| clause"));
    let last = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let named: Vec<&str> =
        last.flat_map(|cell| name.captures_iter(cell).filter_map(|c| c.get(1))).map(|m| m.as_str()).collect();
    let missing: Vec<&&str> = named.iter().filter(|name| known.get(**name) != Some(&1)).collect();
    assert!(named.len() > 100, "only {} tests are named", named.len());
    assert_eq!(missing, Vec::<&&str>::new(), "named in docs/rfc.md: there is no such test, or more than one");
    Ok(())
}
