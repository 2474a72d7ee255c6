//! godwit's own format: the same router in TOML, with policies in the filter language.
//! docs/toml.md describes it.

mod build;
mod channel;
mod extra;
mod others;
mod policy;
mod raw;
mod route;
mod session;
mod value;

use std::ops::Range;

use godwit_filter::{Diagnostic, SourceMap, Span};

use crate::load::LoadOptions;
use crate::model::RouterConfig;
pub(crate) use extra::Text;
use godwit_filter::did_you_mean;

/// Reads a configuration in TOML.
pub(crate) fn read(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
    options: &LoadOptions,
) -> (Option<RouterConfig>, Vec<Diagnostic>) {
    let file = sources.add(name, text);
    match toml::from_str::<raw::Router>(text) {
        Ok(raw) => {
            let mut build = build::Build::new(file, text, sources, options);
            let config = build.router(raw);
            (Some(config), build.diagnostics)
        }
        Err(error) => (None, vec![syntax(file, &error)]),
    }
}

/// Sets each field that is given.
macro_rules! set {
    ($config:expr, $($field:ident = $value:expr),+ $(,)?) => {
        $(if let Some(value) = $value { $config.$field = value; })+
    };
}
use set;

/// A place in the file.
fn span(file: u32, range: Range<usize>) -> Span {
    Span { file, start: range.start as u32, end: range.end as u32 }
}

/// What the TOML parser or the table of known keys has to say.
fn syntax(file: u32, error: &toml::de::Error) -> Diagnostic {
    let place = span(file, error.span().unwrap_or_default());
    let message = error.message();
    let first = message.lines().next().unwrap_or(message);
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = first.starts_with("unknown field") || first.starts_with("unknown variant");
    let near = names.next().filter(|_| unknown).and_then(|unknown| did_you_mean(unknown, names));
    let rest: Vec<&str> = message.lines().skip(1).collect();
    let error = Diagnostic::error(place, first);
    let error = if rest.is_empty() { error } else { error.label(rest.join(" ")) };
    match near {
        Some(near) => error.help(format!("did you mean '{near}'?")),
        None => error,
    }
}
