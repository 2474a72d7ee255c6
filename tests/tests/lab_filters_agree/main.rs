//! The filter language under bird2 and under godwit: expressions and filters, written and made up, have one value.

mod bodies;
mod expressions;
mod made_up;
mod routes;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use anyhow::{Result, ensure};
use godwit_lab::{Namespace, Program, Router, until};
use similar::TextDiff;

/// A connection to a control socket: `birdc` does not show the reply codes.
struct Control(BufReader<UnixStream>);

impl Control {
    fn open(router: &Router) -> Result<Self> {
        let mut control = Self(BufReader::new(UnixStream::connect(router.socket())?));
        control.reply()?;
        Ok(control)
    }

    /// The last code of the reply, and its lines without codes.
    fn ask(&mut self, command: &str) -> Result<(u16, Vec<String>)> {
        self.0.get_mut().write_all(format!("{command}\n").as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> Result<(u16, Vec<String>)> {
        let mut lines = Vec::new();
        loop {
            let mut raw = Vec::new();
            ensure!(self.0.read_until(b'\n', &mut raw)? > 0, "the control socket was closed after {lines:?}");
            let line = String::from_utf8_lossy(&raw);
            let line = line.trim_end();
            let code = line.get(..4).and_then(|c| c.parse().ok());
            lines.push(if code.is_some() { line.get(5..).unwrap_or("").into() } else { line.to_owned() });
            if let (Some(code), Some(' ')) = (code, line.chars().nth(4).or(Some(' '))) {
                return Ok((code, lines));
            }
        }
    }
}

/// An answer as far as it has to agree: of an error, that it is one; of routes, each with what it has,
/// in an order of its own. A list that lost its last member is shown by BIRD and absent in godwit.
fn essence((code, lines): (u16, Vec<String>)) -> String {
    if code >= 8000 {
        return "error".into();
    }
    let mut blocks: Vec<String> = Vec::new();
    for line in lines {
        let line = without_time(line.strip_prefix(' ').unwrap_or(&line));
        let gone = line.starts_with('\t') && (line.ends_with(':') || line.ends_with(": undefined"));
        match blocks.last_mut() {
            _ if line.is_empty() || line.starts_with("Table ") || gone => {}
            Some(block) if line.starts_with('\t') => {
                block.push('\n');
                block.push_str(&line);
            }
            _ => blocks.push(line),
        }
    }
    blocks.sort();
    blocks.join("\n")
}

/// The first line of a route without the time of day: `[s1 10:12:10.995]`, or `[s1 10:12:10]` in 1.6.
fn without_time(line: &str) -> String {
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let is_time = |word: &str| {
        let clock = word.split_once('.').map_or(word, |(clock, _)| clock);
        clock.split(':').count() == 3 && clock.split(':').all(two_digits)
    };
    line.split(' ').filter(|word| !is_time(word.trim_end_matches(']'))).collect::<Vec<_>>().join(" ")
}

/// Asks both the same and tells of every difference.
fn compare(bird: Program, config: &str, commands: impl IntoIterator<Item = String>) -> Result<()> {
    let (a, b) = (Namespace::new("theirs")?, Namespace::new("ours")?);
    let (theirs, ours) = (Router::start(&a, bird, config)?, Router::start(&b, Program::Godwit, config)?);
    for router in [&theirs, &ours] {
        // The routes by interface come last.
        until("the routes", || {
            let tables = ["show route", "show route table t4", "show route table t6"];
            let all = tables.map(|command| router.birdc(command).matches(" [s").count());
            all.iter().sum::<usize>() == config.matches("  route ").count()
        })?;
    }
    let (mut theirs, mut ours) = (Control::open(&theirs)?, Control::open(&ours)?);
    let (mut report, mut asked) = (String::new(), 0);
    for command in commands {
        asked += 1;
        let (x, y) = (essence(theirs.ask(&command)?), essence(ours.ask(&command)?));
        if x != y {
            let diff = TextDiff::from_lines(&x, &y);
            writeln!(report, "=== {command}\n{}", diff.unified_diff().context_radius(0))?;
        }
    }
    ensure!(asked > 0 && report.is_empty(), "of {asked}:\n{report}");
    Ok(())
}

/// Comments and empty lines help the reader of a list of cases.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn in_both_tables(body: &str) -> [String; 2] {
    ["t4", "t6"].map(|table| format!("show route table {table} filter {{ {body} }} all"))
}

#[test]
fn lab_expressions_have_one_value() -> Result<()> {
    compare(Program::Bird2, routes::CONFIG, lines(expressions::EXPRESSIONS).map(|e| format!("eval {e}")))
}

#[test]
fn lab_filters_do_the_same() -> Result<()> {
    compare(Program::Bird2, routes::CONFIG, lines(bodies::BODIES).flat_map(in_both_tables))
}

#[test]
fn lab_filters_do_what_they_do_in_1_6() -> Result<()> {
    let commands = lines(bodies::BODIES_16).map(|body| format!("show route filter {{ {body} }}"));
    compare(Program::Bird16, routes::CONFIG_16, commands)
}

/// A number from the environment: `GODWIT_FILTERS` says how many expressions and filters are made up,
/// `GODWIT_FILTERS_SEED` which.
fn asked_for(variable: &str, else_: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(else_)
}

#[test]
fn lab_made_up_expressions_have_one_value() -> Result<()> {
    let mut source = made_up::Source::new(asked_for("GODWIT_FILTERS_SEED", 1));
    let count = asked_for("GODWIT_FILTERS", 1_000);
    compare(Program::Bird2, routes::CONFIG, (0..count).map(|_| format!("eval {}", source.expression())))
}

/// Each filter in each of two tables.
#[test]
fn lab_made_up_filters_do_the_same() -> Result<()> {
    let mut source = made_up::Source::new(asked_for("GODWIT_FILTERS_SEED", 2));
    let count = asked_for("GODWIT_FILTERS", 500);
    compare(Program::Bird2, routes::CONFIG, (0..count).flat_map(|_| in_both_tables(&source.body())))
}
