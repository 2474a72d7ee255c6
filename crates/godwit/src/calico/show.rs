//! Differences for people.

use std::collections::BTreeMap;

use godwit_config::Difference;

/// How many protocols with the same difference are named.
const NAMED: usize = 4;

/// What differs, without whose it is.
type What<'d> = (&'d str, Option<&'d str>, Option<&'d str>, Option<&'d str>);

/// Prints differences, indented; what several protocols share is said once.
pub(crate) fn differences(all: &[Difference], left: &str, right: &str) {
    let mut groups: Vec<(What<'_>, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<What<'_>, usize> = BTreeMap::new();
    for d in all {
        let what = (d.option.as_str(), d.left.as_deref(), d.right.as_deref(), d.diff.as_deref());
        let at = *places.entry(what).or_insert_with(|| {
            groups.push((what, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, names)) = groups.get_mut(at) {
            let names_of = d.subject.strip_prefix("protocols ").or(d.subject.strip_prefix("protocol "));
            names.extend(names_of.unwrap_or(&d.subject).split(", "));
        }
    }
    for ((option, a, b, diff), names) in groups {
        println!("  {}: {option}", subject(&names));
        match diff {
            Some(diff) => {
                println!("    - {left}\n    + {right}");
                diff.lines().for_each(|line| println!("      {line}"));
            }
            None => [(left, a), (right, b)]
                .iter()
                .for_each(|(side, value)| println!("    {side}: {}", value.unwrap_or("nothing"))),
        }
    }
}

fn subject(names: &[&str]) -> String {
    let shown = names.get(..NAMED.min(names.len())).unwrap_or_default().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
