//! A configuration in another language: BIRD 2's, or TOML. What comes out is read once more, and must be the same
//! router.
//!
//! Templates, includes and comments are not kept: what is written is what was read.

mod restate;

use crate::compare::{Difference, compare};
use crate::load::{Format, LoadOptions, load};
use crate::model::{Dialect, RouterConfig};
use crate::print;
use godwit_filter::Severity;

/// A language to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// bird.conf of BIRD 2.
    Bird2,
    /// TOML (docs/toml.md).
    Toml,
}

/// A configuration in another language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Converted {
    /// The text.
    pub text: String,
    /// What the other language makes different, for whoever runs it.
    pub notes: Vec<String>,
}

/// Writes a configuration in a language, and reads what was written.
///
/// # Errors
/// What of it the language cannot say, or what is not the same in what was written.
pub fn convert(config: &RouterConfig, language: Language) -> Result<Converted, Vec<String>> {
    let (wanted, notes) = restate::in_bird2(config)?;
    let text = match language {
        Language::Bird2 => print::print_protocols(&wanted),
        Language::Toml => print::toml::print(&wanted),
    };
    let format = if language == Language::Toml { Format::Toml } else { Format::Bird };
    let options = LoadOptions { format, dialect: Some(Dialect::Bird2), ..LoadOptions::default() };
    let loaded = load("converted", &text, &options, &mut |_, _| Err("nothing to include".into()));
    let errors = loaded.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let errors: Vec<String> = errors.map(|d| loaded.sources.render(d).to_string()).collect();
    let Some(again) = loaded.config.filter(|_| errors.is_empty()) else {
        let all = ["what was written cannot be read:".to_owned()].into_iter().chain(errors);
        return Err(all.collect());
    };
    let found = compare(&wanted, &again);
    if !found.is_empty() {
        let what = |d: &Difference| format!("what was written is not the same: {d}");
        return Err(found.iter().map(what).collect());
    }
    Ok(Converted { text, notes })
}
