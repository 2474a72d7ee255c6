//! What the interop labs found, as a table: peer × direction × family × who opens.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

/// A row is a peer and a direction of routes; a column a family and a role.
type Rows = BTreeMap<[String; 2], BTreeMap<[String; 2], String>>;

/// Prints what a report has; says so if it has nothing.
pub(crate) fn print(report: &Path) -> Result<()> {
    let text = std::fs::read_to_string(report).unwrap_or_default();
    let rows = parse(&text);
    let columns: Vec<[String; 2]> = {
        let mut all: Vec<_> = rows.values().flat_map(|cells| cells.keys().cloned()).collect();
        all.sort();
        all.dedup();
        all
    };
    if columns.is_empty() {
        println!("no interop test ran");
        return Ok(());
    }
    let heads: Vec<String> = columns.iter().map(|[family, role]| format!("{family}, {role}")).collect();
    print!("\n{:<30}", "interop");
    heads.iter().for_each(|head| print!("  {head:<20}"));
    println!();
    for ([peer, direction], cells) in &rows {
        print!("{:<30}", format!("{peer}, {direction}"));
        for column in &columns {
            print!("  {:<20}", cells.get(column).map_or("not run", String::as_str));
        }
        println!();
    }
    Ok(())
}

fn parse(text: &str) -> Rows {
    let mut rows = Rows::new();
    for line in text.lines() {
        if let [peer, family, role, direction, result] = line.split('\t').collect::<Vec<_>>()[..] {
            let row = rows.entry([peer, direction].map(str::to_owned)).or_default();
            row.insert([family, role].map(str::to_owned), result.to_owned());
        }
    }
    rows
}
