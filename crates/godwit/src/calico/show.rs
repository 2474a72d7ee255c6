//! Differences for people.

use godwit_config::Difference;

/// Prints one, indented.
pub(crate) fn difference(of: &Difference, left: &str, right: &str) {
    println!("  {}: {}", of.subject, of.option);
    for (side, value) in [(left, &of.left), (right, &of.right)] {
        let Some(value) = value else { continue };
        match value.lines().collect::<Vec<_>>().as_slice() {
            [] => println!("    {side}: nothing"),
            [one] => println!("    {side}: {one}"),
            lines => {
                println!("    {side}:");
                lines.iter().for_each(|line| println!("      {line}"));
            }
        }
    }
}
