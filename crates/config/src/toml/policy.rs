//! Texts in the filter language inside the TOML file. Places in them are places in the file.

use std::ops::Range;
use std::sync::Arc;

use godwit_filter::{Diagnostic, Filter, Tokens, lex_piece};
use toml::Spanned;

use super::build::Build;
use super::span;
use crate::lang::{Lang, Parsed};
use crate::model::Policy;

impl Build<'_> {
    /// The tokens of a string of the file.
    fn tokens_of(&self, text: &Spanned<String>) -> Parsed<Tokens> {
        let start = start_of(self.text, text.span(), text.get_ref());
        let lines = self.line_ends.partition_point(|at| *at < start);
        lex_piece(text.get_ref(), start as u32, lines as u32)
    }

    /// Reads a string of the file with `parse`, which must reach its end.
    fn parse<T>(
        &mut self,
        text: &Spanned<String>,
        parse: impl FnOnce(&mut Lang<'_>) -> Parsed<T>,
    ) -> Option<T> {
        let result = self.tokens_of(text).and_then(|tokens| {
            let mut lang = Lang::with_symbols(&tokens, std::mem::take(&mut self.symbols));
            let result = parse(&mut lang).and_then(|value| {
                if lang.at_end() { Ok(value) } else { Err(lang.unexpected(&["the end of the text"])) }
            });
            self.symbols = lang.into_symbols();
            result
        });
        self.keep(result.map_err(|error| self.at_least(error, text)))
    }

    /// An error at the end of the text belongs to the string.
    fn at_least(&self, mut error: Diagnostic, text: &Spanned<String>) -> Diagnostic {
        let whole = span(self.file, text.span());
        if error.span.start < whole.start || error.span.start >= whole.end {
            error.span = whole;
        }
        error.span.file = self.file;
        error
    }

    /// `filters`: definitions in the filter language.
    pub(super) fn filters(&mut self, text: &Spanned<String>) {
        self.parse(text, |lang| {
            while !lang.at_end() {
                match lang.word() {
                    Some("define") => {
                        lang.bump();
                        lang.define()?;
                    }
                    Some("function") => {
                        lang.bump();
                        lang.function()?;
                    }
                    Some("filter") => {
                        lang.bump();
                        lang.filter()?;
                    }
                    Some("attribute") => {
                        lang.bump();
                        lang.attribute()?;
                    }
                    _ if lang.eat(";") => {}
                    _ => return Err(lang.unexpected(&["'define'", "'function'", "'filter'", "'attribute'"])),
                }
            }
            Ok(())
        });
    }

    /// `import`, `export`: `all`, `none`, `where …`, `filter { … }` or a filter's name.
    pub(super) fn policy(&mut self, text: &Spanned<String>) -> Option<Policy> {
        let at = text.span().start;
        if let Some(known) = self.extra.as_ref().and_then(|layer| layer.policies.get(&at)) {
            return Some(known.clone());
        }
        let policy = self.policy_here(text)?;
        if let Some(layer) = &mut self.extra {
            layer.policies.insert(at, policy.clone());
        }
        Some(policy)
    }

    fn policy_here(&mut self, text: &Spanned<String>) -> Option<Policy> {
        self.parse(text, |lang| {
            if lang.eat_word("all") {
                return Ok(Policy::All);
            }
            if lang.eat_word("none") {
                return Ok(Policy::None);
            }
            if lang.eat_word("where") {
                return lang.policy_where().map(Policy::Filter);
            }
            let keyword = lang.eat_word("filter");
            if !keyword && lang.word().is_none() {
                return Err(lang.unexpected(&["'all'", "'none'", "'where'", "'filter'", "a filter's name"]));
            }
            lang.policy_filter().map(Policy::Filter)
        })
    }

    /// `set` of a route: commands without braces around them.
    pub(super) fn commands(&mut self, text: &Spanned<String>) -> Option<Arc<Filter>> {
        // The quotes around the text make room for the braces.
        let Range { start, end } = text.span();
        let braced = Spanned::new(start..end, format!("{{{}}}", text.get_ref()));
        self.parse(&braced, |lang: &mut Lang<'_>| lang.commands())
    }
}

/// Where the value of a string begins in the file.
fn start_of(file: &str, range: Range<usize>, value: &str) -> usize {
    let source = file.get(range.clone()).unwrap_or("");
    // Where the string is written without escapes, it stands as it is. Braces put around it take
    // the place of the quotes.
    let inner = value.strip_prefix('{').and_then(|v| v.strip_suffix('}'));
    let at = source
        .find(value)
        .or_else(|| inner.and_then(|v| source.find(v)).map(|at| at.saturating_sub(1)))
        .unwrap_or(0);
    range.start + at
}
