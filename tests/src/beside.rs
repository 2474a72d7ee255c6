//! godwit and BIRD in the same place in turn, or beside each other: what differs.

use std::fmt::Write as _;

use anyhow::{Result, anyhow, ensure};

use crate::{Program, Router};

/// Runs a lab with a BIRD and with godwit at the same time, and fails with the lines in which they differ. A line
/// says what was asked for and what came of it.
///
/// # Errors
/// They differ, or one of the labs fails.
pub fn same_lines(bird: Program, lab: impl Fn(Program) -> Result<Vec<String>> + Sync) -> Result<()> {
    let (theirs, ours) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| lab(bird));
        let ours = lab(Program::Godwit);
        (theirs.join(), ours)
    });
    let (theirs, ours) = (theirs.map_err(|_| anyhow!("the thread panicked"))??, ours?);
    ensure!(theirs.len() == ours.len(), "{} lines of BIRD, {} of godwit", theirs.len(), ours.len());
    let different = theirs.iter().zip(&ours).filter(|(theirs, ours)| theirs != ours);
    let different: Vec<String> =
        different.map(|(theirs, ours)| format!("BIRD: {theirs}\ngodwit: {ours}")).collect();
    ensure!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

/// What `show route` prints without the times, in an order of its own: what begins with white space belongs to the
/// line before.
pub fn without_times(answer: &str) -> String {
    let mut routes: Vec<String> = Vec::new();
    for line in answer.lines() {
        let line = timeless(line);
        match routes.last_mut().filter(|_| line.starts_with(['\t', ' '])) {
            Some(route) => route.extend(["\n", line.as_str()]),
            None => routes.push(line),
        }
    }
    routes.sort();
    routes.join("\n")
}

/// `… [PROTOCOL TIME from …] …` without the time.
fn timeless(line: &str) -> String {
    let Some((before, rest)) = line.split_once(" [") else { return line.to_owned() };
    let Some((inside, after)) = rest.split_once(']') else { return line.to_owned() };
    let words: Vec<&str> =
        inside.split(' ').enumerate().filter(|(i, _)| *i != 1).map(|(_, word)| word).collect();
    format!("{before} [{}]{after}", words.join(" "))
}

/// What only one of them told somebody; empty if it was the same.
pub fn difference(name: &str, theirs: &[String], ours: &[String]) -> String {
    let only = |a: &[String], b: &[String]| {
        a.iter().filter(|route| !b.contains(route)).cloned().collect::<Vec<_>>().join("\n")
    };
    let mut said = String::new();
    if theirs != ours {
        let (missing, more) = (only(theirs, ours), only(ours, theirs));
        let _ = writeln!(said, "{name} has of BIRD\n{missing}\nand of godwit\n{more}");
    }
    said
}

impl Router {
    /// The routes, each with all that it has, in an order of their own and without the time of day.
    pub fn routes(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for line in self.birdc("show route all").lines() {
            match all.last_mut() {
                Some(route) if line.starts_with(['\t', ' ']) => {
                    route.push('\n');
                    route.push_str(line);
                }
                _ => all.push(line.to_owned()),
            }
        }
        let is_time = |word: &str| word.matches(':').count() == 2 && word.contains('.');
        let timeless =
            |route: String| route.split_inclusive(' ').filter(|word| !is_time(word)).collect::<String>();
        let mut all: Vec<String> = all.into_iter().map(timeless).collect();
        all.sort();
        all
    }
}
