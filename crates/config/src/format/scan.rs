//! A text in pieces, comments among them, with what is between.

/// What a piece is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A word, a number, or a part of one: `10.0.0.0` is seven pieces that touch.
    Word,
    /// Something in quotes.
    Quoted,
    /// An operator or another mark.
    Mark,
    /// A comment.
    Comment,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// Where it begins.
    pub(super) start: usize,
    /// Line ends before it.
    pub(super) lines: usize,
    /// Whether anything is between it and the piece before.
    pub(super) blank: bool,
}

impl Piece<'_> {
    /// Whether it goes up to the end of its line.
    pub(super) fn is_line_comment(&self) -> bool {
        self.kind == Kind::Comment && self.text.starts_with('#')
    }
}

/// Marks of more than one character.
const LONG: &[&str] = &["[=", "=]", "!=", "!~", "<=", ">=", "&&", "||", "..", "++", "->"];

/// The pieces of a text that the lexer has found good.
pub(super) fn scan(text: &str) -> Vec<Piece<'_>> {
    let mut list = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start_matches([' ', '\t', '\n']);
        let between = rest.get(..rest.len() - trimmed.len()).unwrap_or_default();
        at += between.len();
        let Some(first) = trimmed.chars().next() else { return list };
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let until = |end: &str, more: usize| trimmed.find(end).map_or(trimmed.len(), |found| found + more);
        let (kind, length) = if first == '#' {
            (Kind::Comment, until("\n", 0))
        } else if trimmed.starts_with("/*") {
            (Kind::Comment, until("*/", 2))
        } else if first == '"' || first == '\'' {
            let inside = trimmed.get(1..).unwrap_or_default();
            (Kind::Quoted, inside.find(first).map_or(trimmed.len(), |found| found + 2))
        } else if is_word(first) {
            (Kind::Word, trimmed.find(|c| !is_word(c)).unwrap_or(trimmed.len()))
        } else {
            let long = LONG.iter().find(|mark| trimmed.starts_with(**mark));
            (Kind::Mark, long.map_or(first.len_utf8(), |mark| mark.len()))
        };
        let piece = trimmed.get(..length).unwrap_or(trimmed);
        let shown = if kind == Kind::Comment { piece.trim_end() } else { piece };
        let lines = between.matches('\n').count();
        list.push(Piece { kind, text: shown, start: at, lines, blank: !between.is_empty() });
        at += piece.len();
    }
}
