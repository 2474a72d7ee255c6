//! A selector of Calico: one that does not parse says where and matches nothing, one that does means the
//! same in parentheses, and the opposite after `!`.
#![no_main]

use godwit_control::Selector;
use godwit_control::resource::Labels;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, Vec<(&str, &str)>)| {
    let (text, labels) = data;
    let labels: Labels = labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
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
});
