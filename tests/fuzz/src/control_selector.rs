use godwit_control::Selector;
use godwit_control::resource::Labels;

use crate::text;

/// A selector of Calico (the first line) and labels to match (the others): one that does not parse says where and matches nothing, one that does means the
/// same in parentheses, and the opposite after `!`.
pub fn control_selector(data: &[u8]) {
    let mut lines = text(data).split('\n');
    let text = lines.next().unwrap_or_default();
    let labels: Labels = lines
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    let selector = Selector::new(text);
    let matches = selector.matches(&labels);
    if let Some(error) = selector.error() {
        assert!(!matches && !error.chars().any(char::is_control));
        return;
    }
    if text.trim_matches([' ', '\t']).is_empty() {
        assert!(matches);
        return;
    }
    // What is longer or deeper than may be is refused.
    let enclosed = Selector::new(&format!("( {text} )"));
    assert!(enclosed.error().is_some() || enclosed.matches(&labels) == matches);
    let negated = Selector::new(&format!("!({text})"));
    assert!(negated.error().is_some() || negated.matches(&labels) != matches);
}
