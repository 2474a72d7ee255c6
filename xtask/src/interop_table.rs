//! What the interop labs found, as a table: a line for each feature, a column for each peer, and reasons below.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use godwit_lab::interop::{Peer, features};
use godwit_lab::report::REPORT;

/// Runs the interop labs and prints what they found: with one peer, of one feature, or all.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (mut peer, mut feature) = ("", "");
    let names = features()?;
    for word in words {
        if Peer::ALL.iter().any(|p| p.name() == *word) {
            peer = word;
        } else if names.iter().any(|name| name == word) {
            feature = word;
        } else {
            let peers = Peer::ALL.map(Peer::name).join(" ");
            bail!("{word} is neither a peer ({peers}) nor a feature ({})", names.join(" "));
        }
    }
    crate::packages::for_tests()?;
    godwit_lab::need_root()?;
    crate::cargo(&["build", "--quiet", "--bin", "godwit"])?;
    let report = godwit_lab::target().join("interop.tsv");
    let _ = std::fs::remove_file(&report);
    let environment = [
        (REPORT, report.as_os_str()),
        ("GODWIT_INTEROP_PEER", peer.as_ref()),
        ("GODWIT_INTEROP_FEATURE", feature.as_ref()),
    ];
    let args = ["test", "--quiet", "--package", "godwit-lab", "--test", "lab_interop", "--"];
    let passed = crate::cargo_with(&[&args[..], &["--test-threads", "3"]].concat(), &environment);
    print(&report)?;
    passed
}

/// Prints what a report has. A cell that it has nothing about did not run, whatever the reason.
pub(crate) fn print(report: &Path) -> Result<()> {
    let text = std::fs::read_to_string(report).unwrap_or_default();
    print!("\n{}", table(&features()?, &text));
    Ok(())
}

fn table(features: &[String], report: &str) -> String {
    let mut cells = BTreeMap::new();
    for line in report.lines() {
        if let [feature, peer, result, why] = line.split('\t').collect::<Vec<_>>()[..] {
            cells.insert((feature, peer), (result, why));
        }
    }
    let mut notes: Vec<&str> = Vec::new();
    let mut out = format!("{:<34}", "interop");
    for peer in Peer::ALL {
        let _ = write!(out, "{:<14}", peer.name());
    }
    for feature in features {
        out = format!("{}\n{feature:<34}", out.trim_end());
        for peer in Peer::ALL {
            let (result, why) =
                cells.get(&(feature.as_str(), peer.name())).copied().unwrap_or(("not run", ""));
            let note = if why.is_empty() { String::new() } else { format!(" [{}]", number(&mut notes, why)) };
            let _ = write!(out, "{:<14}", format!("{result}{note}"));
        }
    }
    out = format!("{}\n", out.trim_end());
    for (index, note) in notes.iter().enumerate() {
        let _ = writeln!(out, "[{}] {note}", index + 1);
    }
    out
}

/// The number of a note, which is the old one if it has been made before.
fn number<'a>(notes: &mut Vec<&'a str>, why: &'a str) -> usize {
    let place = notes.iter().position(|note| *note == why);
    place.unwrap_or_else(|| {
        notes.push(why);
        notes.len() - 1
    }) + 1
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn a_cell_without_a_line_did_not_run_and_reasons_are_told_once() {
        let report =
            "aigp\tbird2\tpassed\t\naigp\tbird16\t-\tno AIGP\naigp\tfrr\t-\tno AIGP\nmd5\tfrr\tFAILED\tup\n";
        let shown = table(&["aigp".to_owned(), "md5".to_owned()], report);
        let lines: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| line.split("  ").map(str::trim).filter(|w| !w.is_empty()).collect())
            .collect();
        assert_eq!(lines[1], ["aigp", "passed", "- [1]", "- [1]", "not run", "not run", "not run"]);
        assert_eq!(lines[2], ["md5", "not run", "not run", "FAILED [2]", "not run", "not run", "not run"]);
        assert_eq!(shown.lines().skip(3).collect::<Vec<_>>(), ["[1] no AIGP", "[2] up"]);
    }
}
