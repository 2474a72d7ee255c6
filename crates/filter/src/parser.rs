//! A cursor over tokens with what every parser needs, and the filter language read with it.

mod expression;
mod set;
mod statement;

use std::sync::Arc;

use crate::ast::Ident;
use crate::lexer::{Token, Tokens, class_of_mark};
use crate::{Diagnostic, Span};

/// How deep braces, parentheses and operators may nest: it bounds the stack of everything that
/// walks the tree.
const NESTING_MAX: u32 = 100;

/// What a parser gives.
pub(crate) type Parsed<T> = Result<T, Diagnostic>;

/// Reads a token stream from front to back.
#[derive(Clone, Debug)]
pub struct Parser<'t> {
    tokens: &'t Tokens,
    pos: usize,
    depth: u32,
}

const EOF: Token = Token::Eof;

impl<'t> Parser<'t> {
    /// A parser at the first token.
    pub fn new(tokens: &'t Tokens) -> Self {
        Self { tokens, pos: 0, depth: 0 }
    }

    /// The token so many places ahead; 0 is the next.
    pub fn peek_at(&self, ahead: usize) -> &'t Token {
        self.tokens.tokens.get(self.pos + ahead).map_or(&EOF, |(t, _)| t)
    }

    /// The next token.
    pub fn peek(&self) -> &'t Token {
        self.peek_at(0)
    }

    /// The token after the next.
    pub fn peek2(&self) -> &'t Token {
        self.peek_at(1)
    }

    /// The place of the next token.
    pub fn span(&self) -> Span {
        let last = self.tokens.tokens.last().map_or(Span::default(), |(_, s)| *s);
        self.tokens.tokens.get(self.pos).map_or(last, |(_, s)| *s)
    }

    /// The place of the token before.
    pub fn last_span(&self) -> Span {
        self.pos.checked_sub(1).and_then(|i| self.tokens.tokens.get(i)).map_or(Span::default(), |(_, s)| *s)
    }

    /// Takes the next token.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Token {
        let token = self.peek().clone();
        if self.pos < self.tokens.tokens.len() {
            self.pos += 1;
        }
        token
    }

    /// Whether the next token is this word.
    pub fn is_symbol(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Symbol(name) if name == word)
    }

    /// Whether the next token is this mark.
    pub fn is_punct(&self, mark: &str) -> bool {
        matches!(self.peek(), Token::Punct(m) if *m == mark)
    }

    /// Takes the next token if it is this word.
    pub fn eat_symbol(&mut self, word: &str) -> bool {
        let found = self.is_symbol(word);
        self.pos += usize::from(found);
        found
    }

    /// Takes the next tokens if they are these words.
    pub fn eat_symbols(&mut self, words: &[&str]) -> bool {
        let same = |(i, word): (usize, &&str)| matches!(self.peek_at(i), Token::Symbol(name) if name == word);
        let found = words.iter().enumerate().all(same);
        if found {
            self.pos += words.len();
        }
        found
    }

    /// Takes the next token if it is this mark.
    pub fn eat_punct(&mut self, mark: &str) -> bool {
        let found = self.is_punct(mark);
        self.pos += usize::from(found);
        found
    }

    /// Takes this mark.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn expect_punct(&mut self, mark: &str) -> Result<(), Diagnostic> {
        if self.eat_punct(mark) { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    /// Takes this word.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn expect_symbol(&mut self, word: &str) -> Result<(), Diagnostic> {
        if self.eat_symbol(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    /// Takes a name.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn expect_name(&mut self, what: &str) -> Result<(String, Span), Diagnostic> {
        let span = self.span();
        match self.peek() {
            Token::Symbol(name) => {
                self.pos += 1;
                Ok((name.clone(), span))
            }
            _ => Err(self.unexpected(what)),
        }
    }

    /// Takes text in quotes.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn expect_string(&mut self, what: &str) -> Result<String, Diagnostic> {
        match self.peek() {
            Token::Str(text) => {
                self.pos += 1;
                Ok(text.clone())
            }
            _ => Err(self.unexpected(what)),
        }
    }

    /// A syntax error at the next token.
    pub fn unexpected(&self, expected: &str) -> Diagnostic {
        let found = self.peek().describe();
        Diagnostic::error(self.span(), format!("syntax error, unexpected {found}, expecting {expected}"))
            .label(format!("expected {expected}"))
    }

    /// Whether all is read.
    pub fn at_eof(&self) -> bool {
        matches!(self.peek(), Token::Eof)
    }

    /// Goes on after an error: past the next `;` of this level, or up to the `}` that ends it.
    pub fn recover(&mut self) {
        let mut depth = 0u32;
        loop {
            match self.peek() {
                Token::Eof => return,
                Token::Punct("{") => depth += 1,
                Token::Punct("}") if depth == 0 => return,
                Token::Punct("}") => depth -= 1,
                Token::Punct(";") if depth == 0 => {
                    self.pos += 1;
                    return;
                }
                _ => {}
            }
            self.pos += 1;
        }
    }

    /// Passes the next token.
    pub(crate) fn skip(&mut self) {
        if self.pos < self.tokens.tokens.len() {
            self.pos += 1;
        }
    }

    /// What was written from a place [`Parser::position`] gave up to here.
    pub(crate) fn text_from(&self, position: usize) -> String {
        self.tokens.text(position, self.pos)
    }

    /// The name of the file that was read last.
    pub(crate) fn file_name(&self) -> Arc<str> {
        self.tokens.file_name(self.last_span().file)
    }

    /// Where the parser stands, to come back to with [`Parser::rewind`].
    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    /// Goes back to a place [`Parser::position`] gave.
    fn rewind(&mut self, position: usize) {
        self.pos = position;
    }

    /// The 1-based line of the next token.
    pub(crate) fn line(&self) -> u32 {
        self.tokens.lines.get(self.pos).or(self.tokens.lines.last()).copied().unwrap_or(1)
    }

    /// From `start` to the end of the last token read.
    fn span_from(&self, start: Span) -> Span {
        let end = self.last_span();
        if end.file == start.file && end.end >= start.start { Span { end: end.end, ..start } } else { start }
    }

    /// The word so many places ahead, if that token is one.
    fn word_at(&self, ahead: usize) -> Option<&'t str> {
        match self.peek_at(ahead) {
            Token::Symbol(word) => Some(word),
            _ => None,
        }
    }

    /// The next word, if the token is one.
    fn peek_word(&self) -> Option<&'t str> {
        self.word_at(0)
    }

    /// Whether the token so many places ahead is this mark.
    fn is_punct_at(&self, ahead: usize, mark: &str) -> bool {
        matches!(self.peek_at(ahead), Token::Punct(m) if *m == mark)
    }

    /// Takes this mark, or fails in BIRD's words.
    fn expect_mark(&mut self, mark: &str) -> Parsed<()> {
        if self.eat_punct(mark) { Ok(()) } else { Err(self.wrong(&[&class_of_mark(mark)])) }
    }

    /// Takes this keyword, or fails in BIRD's words.
    fn expect_keyword(&mut self, word: &str) -> Parsed<()> {
        if self.eat_symbol(word) { Ok(()) } else { Err(self.wrong(&[&word.to_uppercase()])) }
    }

    /// Takes a name; `what` says of what.
    pub(crate) fn ident(&mut self, what: &str) -> Parsed<Ident> {
        let span = self.span();
        match self.peek() {
            Token::Symbol(name) => {
                self.skip();
                Ok(Ident { name: name.as_str().into(), span })
            }
            _ => Err(self.wrong(&[what])),
        }
    }

    /// A syntax error at the next token in BIRD 2's words.
    pub(crate) fn wrong(&self, expecting: &[&str]) -> Diagnostic {
        let wanted = match expecting {
            [] => None,
            [one] => Some((*one).to_string()),
            [most @ .., last] => Some(format!("{} or {last}", most.join(", "))),
        };
        let found = self.peek().class();
        match wanted {
            None => Diagnostic::error(self.span(), format!("syntax error, unexpected {found}")),
            Some(w) => {
                Diagnostic::error(self.span(), format!("syntax error, unexpected {found}, expecting {w}"))
                    .label(format!("expected {w}"))
            }
        }
    }

    /// Runs `parse` one level deeper, or fails where the nesting is past all reason.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING_MAX {
            return Err(Diagnostic::error(self.span(), "Nested too deeply"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }
}
