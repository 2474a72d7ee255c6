//! The Prometheus exporter for BIRD 1: all of `show protocols all`, read by its last octets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use regex::Regex;

use crate::wire::Connection;

/// What becomes metrics of one protocol.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) kind: String,
    pub(crate) up: bool,
    pub(crate) state: String,
    pub(crate) description: String,
    pub(crate) preference: u64,
    pub(crate) filters: [String; 2],
    /// Imported, filtered, exported, preferred.
    pub(crate) routes: [u64; 4],
    /// The five columns of each row there is; `None` for `---`.
    pub(crate) changes: BTreeMap<String, [Option<u64>; 5]>,
}

static ROW: LazyLock<Regex> = LazyLock::new(|| {
    let since = r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}|\d{2}:\d{2}:\d{2}(?:\.\d+)?";
    let row = format!(r"^1002-(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+({since})(?:\s+(.*?)\s*)?$");
    Regex::new(&row).expect("a pattern written here")
});
static ROUTES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s+Routes:\s+(\d+) imported, (?:(\d+) filtered, )?(\d+) exported(?:, (\d+) preferred)?")
        .expect("a pattern written here")
});
static CHANGES: LazyLock<Regex> = LazyLock::new(|| {
    let column = r"\s+(\d+|---)";
    let row = format!("^\\s+((?:Import|Export) (?:updates|withdraws)):{}\\s*$", column.repeat(5));
    Regex::new(&row).expect("a pattern written here")
});

/// Four digits, a blank, a line end.
fn ends(octets: &[u8]) -> bool {
    matches!(octets, [.., a, b, c, d, b' ', b'\n'] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()))
}

/// One scrape.
pub(crate) fn scrape(socket: &Path) -> Result<BTreeMap<String, Metrics>> {
    let mut connection = Connection::open(socket)?;
    let greeting = connection.line()?;
    ensure!(greeting.starts_with("0001 "), "{greeting:?}");
    connection.send("show protocols all")?;
    let text = connection.until(ends)?;
    let mut all = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(row) = ROW.captures(line) {
            row[1].clone_into(&mut name);
            let state = row.get(6).map_or("", |m| m.as_str()).to_owned();
            let metrics =
                Metrics { kind: row[2].to_owned(), up: &row[4] == "up", state, ..Metrics::default() };
            all.insert(name.clone(), metrics);
            continue;
        }
        let Some(metrics) = all.get_mut(&name) else { continue };
        details(metrics, line).with_context(|| line.to_owned())?;
    }
    Ok(all)
}

fn details(metrics: &mut Metrics, line: &str) -> Result<()> {
    // The first line after a row has a code in place of the blank.
    let line = line.strip_prefix("1006-").unwrap_or(line);
    let value = |label: &str| line.trim_start().strip_prefix(label).map(|rest| rest.trim().to_owned());
    let [input, output] = &mut metrics.filters;
    for (label, into) in
        [("Description:", &mut metrics.description), ("Input filter:", input), ("Output filter:", output)]
    {
        if let Some(value) = value(label) {
            *into = value;
        }
    }
    if let Some(preference) = value("Preference:") {
        metrics.preference = preference.parse()?;
    }
    if let Some(found) = ROUTES.captures(line) {
        for (i, into) in metrics.routes.iter_mut().enumerate() {
            *into = found.get(i + 1).map_or(Ok(0), |n| n.as_str().parse())?;
        }
    }
    if let Some(found) = CHANGES.captures(line) {
        let column = |i| found.get(i).and_then(|m| m.as_str().parse().ok());
        let columns = [2, 3, 4, 5, 6].map(column);
        metrics.changes.insert(found[1].to_owned(), columns);
    }
    Ok(())
}
