//! What labs found: a line for each cell of the interop table that `cargo xtask test` prints, and what was measured.

use std::fs::OpenOptions;
use std::io::Write;

/// The variable that names the file the lines go to; without it nothing is written.
pub const REPORT: &str = "GODWIT_INTEROP_REPORT";

/// One cell of the table: a feature with a peer, what became of it, and why.
pub fn cell(feature: &str, peer: &str, result: &str, why: &str) {
    eprintln!("{feature} with {peer}: {result} {why}");
    append(REPORT, &format!("{feature}\t{peer}\t{result}\t{why}\n"));
}

/// The variable that names the file for what was measured; without it nothing is written.
pub const MEASURED: &str = "GODWIT_LAB_MEASURED";

/// Notes what a lab measured, a line such as `scene 2: lost 0 of 1234`.
pub fn measured(line: &str) {
    eprintln!("{line}");
    append(MEASURED, &format!("{line}\n"));
}

/// One write of one line: tests run side by side.
fn append(variable: &str, line: &str) {
    let Some(path) = std::env::var_os(variable) else { return };
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) {
        let _ = file.write_all(line.as_bytes());
    }
}
