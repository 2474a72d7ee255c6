//! TOML: not there yet.

use godwit_filter::{Diagnostic, SourceMap, Span};

use crate::model::RouterConfig;

pub(crate) fn read(
    name: &str,
    text: &str,
    sources: &mut SourceMap,
) -> (Option<RouterConfig>, Vec<Diagnostic>) {
    let file = sources.add(name, text);
    let span = Span { file, start: 0, end: 1 };
    (None, vec![Diagnostic::error(span, "configuration in TOML is not supported yet")])
}
