//! All tests. What they need of Debian is installed first; nothing passes because it was missing.

use anyhow::{Result, bail};

use crate::{interop_table, labs, packages};

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
        let passed = labs::run(&environment);
        interop_table::print(&report)?;
        print_measured(&measured);
        passed?;
    }
    Ok(())
}

/// What the labs measured, in the order of the labs' names for it.
fn print_measured(file: &std::path::Path) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    sorted(&text).iter().for_each(|line| println!("{line}"));
}

/// Lines in the order of their words; numbers in that of numbers, so that scene 10 comes after scene 9.
fn sorted(text: &str) -> Vec<&str> {
    let key = |word: &str| word.trim_end_matches([',', ':']).parse().unwrap_or(u64::MAX);
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_by_cached_key(|line| {
        line.split_whitespace().map(|word| (key(word), word.to_owned())).collect::<Vec<_>>()
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn what_was_measured_is_told_scene_by_scene() {
        let text =
            "scene 10, b: 3\nscene 9, a: lost 0 of 12\nscene 10, a: 4\nscene 2, z\nscene 9, a: lost 0 of 9\n";
        let lines = [
            "scene 2, z",
            "scene 9, a: lost 0 of 9",
            "scene 9, a: lost 0 of 12",
            "scene 10, a: 4",
            "scene 10, b: 3",
        ];
        assert_eq!(sorted(text), lines);
    }
}
