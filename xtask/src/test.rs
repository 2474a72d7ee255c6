//! All tests. What they need of Debian is installed first; nothing passes because it was missing.

use std::ffi::OsStr;

use anyhow::{Result, bail};

use crate::{interop_table, packages};

pub(crate) fn run(options: &[&str]) -> Result<()> {
    let (unit, lab) = match options {
        [] => (true, true),
        ["--unit"] => (true, false),
        ["--lab"] => (false, true),
        _ => bail!("cargo xtask test [--unit|--lab]"),
    };
    packages::for_tests()?;
    if unit {
        crate::cargo(&["test", "--workspace", "--quiet", "--", "--skip", "lab_"])?;
    }
    if lab {
        godwit_lab::need_root()?;
        crate::cargo(&["build", "--quiet", "--bin", "godwit"])?;
        let report = godwit_lab::target().join("interop.tsv");
        let measured = godwit_lab::target().join("measured.txt");
        for file in [&report, &measured] {
            let _ = std::fs::remove_file(file);
        }
        let environment = [
            (godwit_lab::report::REPORT, report.as_os_str()),
            (godwit_lab::report::MEASURED, measured.as_os_str()),
        ];
        let passed = labs(&environment);
        interop_table::print(&report)?;
        print_measured(&measured);
        passed?;
    }
    Ok(())
}

/// What the labs measured, in the order of the labs' names for it.
fn print_measured(file: &std::path::Path) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.iter().for_each(|line| println!("{line}"));
}

/// Four at once: they wait more than they work.
fn labs(environment: &[(&str, &OsStr)]) -> Result<()> {
    let args = ["test", "--workspace", "--tests", "--no-fail-fast", "--", "lab_"];
    crate::cargo_with(&[&args[..], &["--test-threads", "4"]].concat(), environment)
}
