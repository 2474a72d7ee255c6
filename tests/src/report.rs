//! What the interop tests found, a line for each cell of the table `cargo xtask test` prints.

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
        let Some(path) = std::env::var_os(REPORT) else { return };
        let line = format!("{}\t{}\n", self.place.join("\t"), if self.passed { "passed" } else { "FAILED" });
        // One write of one line: tests run side by side.
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) {
            let _ = file.write_all(line.as_bytes());
        }
    }
}
