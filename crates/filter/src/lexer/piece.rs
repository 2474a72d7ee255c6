//! A text inside a file of another language.

use super::{Tokens, lex};
use crate::{Diagnostic, SourceMap, Span};

/// Reads a piece of a file that is of another language: `start` octets and `lines` line ends stand before it, and all
/// places are those of the file, the first of its map. It includes nothing.
///
/// # Errors
/// The first thing that is no token.
pub fn lex_piece(text: &str, start: u32, lines: u32) -> Result<Tokens, Diagnostic> {
    let moved = |span: Span| Span { start: span.start + start, end: span.end + start, ..span };
    let mut include = |_: &str, _: &str| Err("Include is not possible here".to_owned());
    let mut tokens = lex("", text, &mut SourceMap::default(), &mut include)
        .map_err(|error| Diagnostic { span: moved(error.span), ..error })?;
    tokens.tokens.iter_mut().for_each(|(_, span)| *span = moved(*span));
    tokens.lines.iter_mut().for_each(|line| *line += lines);
    tokens.written.start = start;
    Ok(tokens)
}
