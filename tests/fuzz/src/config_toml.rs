use godwit_config::{Format, LoadOptions, diff, load, validate};

use crate::text;

/// A configuration in TOML: what is refused is refused in words, what is taken is sound and does not
/// differ from itself.
pub fn config_toml(data: &[u8]) {
    let text = text(data);
    let options = LoadOptions { format: Format::Toml, ..LoadOptions::default() };
    let loaded = load("fuzz.toml", text, &options, &mut |_, _| Err("nothing to include".into()));
    for found in &loaded.diagnostics {
        let _ = (loaded.sources.one_line(found), loaded.sources.render(found).to_string());
    }
    assert_eq!(loaded.config.is_none(), loaded.first_error().is_some());
    if let Some(config) = loaded.config {
        assert_eq!(validate(&config), Vec::new());
        assert!(diff(&config, &config).is_empty());
    }
}
