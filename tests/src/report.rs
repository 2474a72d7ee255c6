//! What labs found: a line for each cell of the interop table that `cargo xtask test` prints, and what was measured.

use std::fs::OpenOptions;
use std::io::Write;

/// The variable that names the file the lines go to; without it nothing is written.
pub const REPORT: &str = "GODWIT_INTEROP_REPORT";

/// One cell: it has failed unless it is told that it passed.
#[derive(Debug)]
pub struct Cell {
    place: [String; 4],
    passed: bool,
}

impl Cell {
    /// A cell at a peer, a family, our role and a direction of routes.
    pub fn new(peer: &str, family: &str, role: &str, direction: &str) -> Self {
        Self { place: [peer, family, role, direction].map(str::to_owned), passed: false }
    }

    /// It works.
    pub fn passed(mut self) {
        self.passed = true;
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let result = if self.passed { "passed" } else { "FAILED" };
        append(REPORT, &format!("{}\t{result}\n", self.place.join("\t")));
    }
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
