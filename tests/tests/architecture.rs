//! The shape of the project, checked: which crate may use which, what core crates must not touch, and
//! that ARCHITECTURE.md speaks of things that are there.

use std::path::Path;

use anyhow::{Result, ensure};
use godwit_lab::workspace;

/// Every crate and the crates of ours it may use. design: the arrows point down, never up or sideways.
const EDGES: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("fsm", &["wire"]),
    ("filter", &["wire"]),
    ("rib", &["filter", "wire"]),
    ("netlink", &[]),
    ("sockopt", &[]),
    ("config", &["filter", "wire"]),
    ("api", &["config", "filter", "wire"]),
    ("daemon", &["api", "config", "filter", "fsm", "netlink", "rib", "sockopt", "wire"]),
    ("ctl", &["api", "config", "filter", "wire"]),
    ("observe", &["api", "config"]),
    ("control", &["config", "filter", "wire"]),
    ("godwit", &["api", "config", "control", "ctl", "daemon", "filter", "observe"]),
];

/// What has no place in a core crate.
const BANNED: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "std::fs",
    "std::env",
    "TcpStream",
    "UdpSocket",
    "tokio",
    "std::thread",
];
const CORE: &[&str] = &["wire", "fsm", "filter", "rib", "config", "api"];

#[test]
fn crates_use_only_what_lies_below_them() -> Result<()> {
    let crates = workspace().join("crates");
    let mut found: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&crates)? {
        found.push(entry?.file_name().to_string_lossy().into_owned());
    }
    for name in &found {
        let known = EDGES.iter().find(|(n, _)| n == name);
        ensure!(known.is_some(), "crate {name} has no place in the architecture yet");
        let allowed = known.map_or(&[][..], |(_, allowed)| allowed);
        let manifest = std::fs::read_to_string(crates.join(name).join("Cargo.toml"))?;
        for line in manifest.lines() {
            let Some(used) = line.strip_prefix("godwit-").and_then(|l| l.split(['.', ' ']).next()) else {
                continue;
            };
            ensure!(allowed.contains(&used), "crate {name} must not use {used}");
        }
    }
    Ok(())
}

/// The part of control that has no I/O either: what stands between the datastores and the configuration.
const CORE_OF_CONTROL: &[&str] = &["cluster", "compile", "decode", "selector"];

#[test]
fn core_crates_have_no_clock_socket_file_or_task() -> Result<()> {
    let crates = workspace().join("crates");
    for name in CORE {
        each_source(&crates.join(name).join("src"), &mut has_no_surroundings)?;
    }
    let control = crates.join("control/src");
    for name in CORE_OF_CONTROL {
        each_source(&control.join(name), &mut has_no_surroundings)?;
        let file = control.join(format!("{name}.rs"));
        has_no_surroundings(&file, &std::fs::read_to_string(&file)?)?;
    }
    Ok(())
}

fn has_no_surroundings(path: &Path, text: &str) -> Result<()> {
    // Tests may do what they like.
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    for banned in BANNED {
        let used = code.lines().any(|l| !l.trim_start().starts_with("//") && l.contains(banned));
        ensure!(!used, "{} uses {banned}", path.display());
    }
    Ok(())
}

fn each_source(folder: &Path, f: &mut dyn FnMut(&Path, &str) -> Result<()>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            each_source(&path, f)?;
        } else if path.extension().is_some_and(|e| e == "rs")
            && path.file_name().is_some_and(|n| n != "tests.rs")
        {
            f(&path, &std::fs::read_to_string(&path)?)?;
        }
    }
    Ok(())
}

/// What is there twice because dependencies of ours do not agree; nothing of the core uses any of it.
const TWICE: &[&str] = &["base64", "getrandom", "hashbrown", "r-efi", "syn", "windows-sys"];

/// As `deny.toml` asks for; that needs a tool of its own, this does not.
#[test]
fn one_version_of_each_dependency() -> Result<()> {
    let lock = std::fs::read_to_string(workspace().join("Cargo.lock"))?;
    let mut names: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    ensure!(names.len() > 50, "{} packages", names.len());
    names.sort_unstable();
    let twice =
        names.windows(2).find(|pair| pair[0] == pair[1] && !TWICE.contains(&pair[0].trim_matches('"')));
    ensure!(twice.is_none(), "{twice:?} is there in two versions");
    Ok(())
}

#[test]
fn architecture_speaks_of_what_is_there() -> Result<()> {
    let root = workspace();
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    let mut checked = 0;
    for word in text.split('`').skip(1).step_by(2) {
        let looks_like_a_path =
            ["crates/", "xtask/", "tests/", "config/", "docs/"].iter().any(|p| word.starts_with(p));
        if looks_like_a_path {
            ensure!(root.join(word).exists(), "ARCHITECTURE.md names {word}, which is not there");
            checked += 1;
        }
    }
    ensure!(checked > 10, "ARCHITECTURE.md names {checked} paths only");
    Ok(())
}
