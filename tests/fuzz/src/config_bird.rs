use godwit_config::{Dialect, LoadOptions, compare, diff, load, print, validate};

use crate::text;

/// What any `include` brings.
const INCLUDED: &str = "define INCLUDED = 1;\nprotocol device {}\n";

/// bird.conf in the dialect it shows and in both, for either 1.6 daemon (the first octet): what is refused is refused
/// in words, what is taken is sound, does not differ from itself, and is what is read of its print.
pub fn config_bird(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let text = text(rest);
    let dialect = match kind % 4 {
        0 => None,
        1 => Some(Dialect::Bird16),
        _ => Some(Dialect::Bird2),
    };
    let options = LoadOptions {
        dialect,
        ipv6_daemon: kind & 4 != 0,
        constants: vec![("RTPROT_BIRD".into(), 12)],
        ..LoadOptions::default()
    };
    let mut include = |pattern: &str, from: &str| match pattern {
        "" => Err(format!("{from}: no name")),
        _ => Ok(vec![("included.conf".to_owned(), INCLUDED.to_owned())]),
    };
    let loaded = load("fuzz.conf", text, &options, &mut include);
    for found in &loaded.diagnostics {
        let _ = (loaded.sources.one_line(found), loaded.sources.render(found).to_string());
    }
    assert_eq!(loaded.config.is_none(), loaded.first_error().is_some());
    if let Some(config) = loaded.config {
        assert_eq!(validate(&config), Vec::new());
        assert!(diff(&config, &config).is_empty());
        assert!(compare(&config, &config).is_empty());
        let options = LoadOptions { dialect: Some(config.dialect), ..options };
        let text = print(&config);
        let again = load("printed.conf", &text, &options, &mut |_, _| Err("all of it is here".into()));
        assert_eq!(again.config.as_ref(), Some(&config), "{text}");
    }
}
