//! The filter language's parser and symbols as the front ends use them: nothing else here knows
//! how that crate reads.

mod symbols;

use std::net::IpAddr;
use std::sync::Arc;

use godwit_filter::{
    Diagnostic, Filter, IncludeFn, Parser, Program, ProgramBuilder, Roa, SourceMap, Span, SymbolClass, Token,
    Tokens, Value, lex,
};
use ipnetwork::IpNetwork;

pub(crate) use self::symbols::{SymbolTable, misses_a_name, without_symbols};

/// What a parser gives.
pub(crate) type Parsed<T> = Result<T, Diagnostic>;

/// A token as this crate looks at it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Tok<'t> {
    Word(&'t str),
    Number(u32),
    Ip(IpAddr),
    Prefix(IpNetwork),
    Text(&'t str),
    Mark(&'static str),
    End,
}

/// A name and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ident {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// A constant an option may name.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Constant {
    Number(u32),
    Ip(IpAddr),
    Text(String),
    Other,
}

impl From<&Value> for Constant {
    fn from(value: &Value) -> Self {
        match value {
            Value::Int(n) => Self::Number(*n),
            Value::Quad(n) => Self::Ip(IpAddr::V4((*n).into())),
            Value::Ip(ip) => Self::Ip(*ip),
            Value::String(text) => Self::Text(text.to_string()),
            _ => Self::Other,
        }
    }
}

/// The tokens of a text and of what it includes.
pub(crate) fn tokens(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
    include: &mut IncludeFn<'_>,
) -> Parsed<Tokens> {
    lex(name, text, sources, include)
}

/// A place to come back to.
#[derive(Clone, Debug)]
pub(crate) struct Place<'t>(Parser<'t>);

/// Reads tokens, and knows every symbol defined so far.
#[derive(Debug)]
pub(crate) struct Lang<'t> {
    parser: Parser<'t>,
    builder: ProgramBuilder,
    dialect16: bool,
    /// Options of several words of which the first stand at a place and the next does not.
    half_read: Vec<HalfRead>,
}

/// At `start` stand `count` words of an option, and then not the one that is expected.
#[derive(Clone, Debug)]
struct HalfRead {
    start: Span,
    count: usize,
    expected: String,
}

impl<'t> Lang<'t> {
    /// At the first token, without symbols.
    pub(crate) fn new(tokens: &'t Tokens, dialect16: bool, sources: &SourceMap) -> Self {
        let builder = ProgramBuilder::new(dialect16, sources);
        Self { parser: Parser::new(tokens), builder, dialect16, half_read: Vec::new() }
    }

    /// At the first token, with these symbols.
    pub(crate) fn with_symbols(tokens: &'t Tokens, symbols: SymbolTable) -> Self {
        let SymbolTable { builder, dialect16 } = symbols;
        Self { parser: Parser::new(tokens), builder, dialect16, half_read: Vec::new() }
    }

    /// What is defined, when the text has been read.
    pub(crate) fn into_symbols(self) -> SymbolTable {
        SymbolTable { builder: self.builder, dialect16: self.dialect16 }
    }

    pub(crate) fn tok_at(&self, ahead: usize) -> Tok<'t> {
        tok(self.parser.peek_at(ahead))
    }

    pub(crate) fn tok(&self) -> Tok<'t> {
        self.tok_at(0)
    }

    pub(crate) fn word_at(&self, ahead: usize) -> Option<&'t str> {
        match self.tok_at(ahead) {
            Tok::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn word(&self) -> Option<&'t str> {
        self.word_at(0)
    }

    pub(crate) fn span(&self) -> Span {
        self.parser.span()
    }

    /// From `start` to the end of the token read last.
    pub(crate) fn span_from(&self, start: Span) -> Span {
        let last = self.parser.last_span();
        if last.file == start.file && last.end >= start.end { Span { end: last.end, ..start } } else { start }
    }

    pub(crate) fn at_end(&self) -> bool {
        self.tok() == Tok::End
    }

    pub(crate) fn bump(&mut self) {
        self.parser.next();
    }

    pub(crate) fn place(&self) -> Place<'t> {
        Place(self.parser.clone())
    }

    pub(crate) fn rewind(&mut self, place: &Place<'t>) {
        self.parser = place.0.clone();
    }

    pub(crate) fn at(&self, mark: &str) -> bool {
        matches!(self.tok(), Tok::Mark(m) if m == mark)
    }

    pub(crate) fn eat(&mut self, mark: &str) -> bool {
        self.parser.eat_punct(mark)
    }

    pub(crate) fn at_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        self.parser.eat_symbol(word)
    }

    /// Whether these words follow.
    pub(crate) fn at_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.word_at(i) == Some(*w))
    }

    pub(crate) fn eat_words(&mut self, words: &[&str]) -> bool {
        if self.parser.eat_symbols(words) {
            return true;
        }
        let count = words.iter().enumerate().take_while(|(i, w)| self.word_at(*i) == Some(**w)).count();
        if count > 0
            && let Some(expected) = words.get(count)
        {
            let start = self.span();
            // Only the place where we are matters to what is said next.
            self.half_read.retain(|half| half.start == start);
            self.half_read.push(HalfRead { start, count, expected: format!("'{expected}'") });
        }
        false
    }

    /// The error of an option whose first words stand here and whose next one does not: at that one.
    pub(crate) fn unfinished_option(&self) -> Option<Diagnostic> {
        let here = self.half_read.iter().filter(|half| half.start == self.span());
        let count = here.clone().map(|half| half.count).max()?;
        let mut expected: Vec<&str> =
            here.filter(|h| h.count == count).map(|h| h.expected.as_str()).collect();
        expected.dedup();
        let mut parser = self.parser.clone();
        (0..count).for_each(|_| drop(parser.next()));
        Some(unexpected(&parser, &expected))
    }

    /// Takes a mark; its place.
    pub(crate) fn expect(&mut self, mark: &str) -> Parsed<Span> {
        let span = self.span();
        if self.eat(mark) { Ok(span) } else { Err(self.unexpected(&[&format!("'{mark}'")])) }
    }

    pub(crate) fn ident(&mut self, what: &str) -> Parsed<Ident> {
        let span = self.span();
        let Some(word) = self.word() else { return Err(self.unexpected(&[what])) };
        let name = word.to_owned();
        self.bump();
        Ok(Ident { name, span })
    }

    /// The error of a token that cannot stand here.
    pub(crate) fn unexpected(&self, expecting: &[&str]) -> Diagnostic {
        unexpected(&self.parser, expecting)
    }

    /// Takes a name for something filters cannot use.
    pub(crate) fn reserve(&mut self, name: &Ident, class: SymbolClass) -> Parsed<()> {
        self.builder.declare(&name.name, class, name.span)
    }

    /// Takes a name for a table of route origin authorizations.
    pub(crate) fn reserve_roa_table(&mut self, name: &Ident) -> Parsed<()> {
        self.builder.declare_roa_table(&name.name, name.span)
    }

    /// Puts an authorization into such a table.
    pub(crate) fn add_roa(&mut self, table: &str, roa: Roa) {
        self.builder.add_roa(table, roa);
    }

    /// What a name stands for.
    pub(crate) fn lookup(&self, name: &str) -> Option<SymbolClass> {
        self.builder.lookup(name)
    }

    /// The constant a name stands for.
    pub(crate) fn constant(&self, name: &str) -> Option<Constant> {
        self.builder.constant(name).map(Constant::from)
    }

    /// Defines a number unless the name is taken.
    pub(crate) fn predefine(&mut self, name: &str, value: u32) {
        predefine(&mut self.builder, name, value);
    }

    /// The value of an expression.
    pub(crate) fn value(&mut self) -> Parsed<Constant> {
        self.builder.parse_value(&mut self.parser).map(|(value, _)| Constant::from(&value))
    }

    /// `NAME = expression ;`, after `define`.
    pub(crate) fn define(&mut self) -> Parsed<()> {
        self.builder.parse_define(&mut self.parser)
    }

    /// What follows `function`.
    pub(crate) fn function(&mut self) -> Parsed<()> {
        self.builder.parse_function(&mut self.parser)
    }

    /// What follows `filter` at the top level.
    pub(crate) fn filter(&mut self) -> Parsed<()> {
        self.builder.parse_filter(&mut self.parser)
    }

    /// `TYPE NAME ;`, after `attribute`.
    pub(crate) fn attribute(&mut self) -> Parsed<()> {
        self.builder.parse_attribute(&mut self.parser)
    }

    /// What follows `bt_test_suite` or, if it compares two, `bt_test_same`.
    pub(crate) fn test(&mut self, same: bool) -> Parsed<()> {
        let parse = if same { ProgramBuilder::parse_test_same } else { ProgramBuilder::parse_test_suite };
        parse(&mut self.builder, &mut self.parser)?;
        self.eat(";");
        Ok(())
    }

    /// What follows `filter` in a policy: a name or a body.
    pub(crate) fn policy_filter(&mut self) -> Parsed<Arc<Filter>> {
        let name = self.word().unwrap_or_default();
        let defined = self.lookup(name).is_some();
        let unexpected = self.unexpected(&[]);
        self.builder.parse_policy_filter(&mut self.parser).map_err(|error| {
            if !error.message.starts_with("No such filter") {
                return error;
            }
            // In 2.x the lexer knows the name is none before the parser looks.
            let message =
                if self.dialect16 || defined { "No such filter.".to_owned() } else { unexpected.message };
            let label = if defined { "is no filter" } else { "no filter of this name is defined above" };
            Diagnostic { message, label: Some(label.into()), ..error }
        })
    }

    /// What follows `where`.
    pub(crate) fn policy_where(&mut self) -> Parsed<Arc<Filter>> {
        self.builder.parse_where(&mut self.parser)
    }

    /// The `{ … }` of a static route.
    pub(crate) fn commands(&mut self) -> Parsed<Arc<Filter>> {
        self.builder.parse_commands(&mut self.parser)
    }

    /// All symbols so far.
    pub(crate) fn symbols(&self) -> Program {
        self.builder.program().clone()
    }

    /// All symbols.
    pub(crate) fn finish(self) -> Program {
        self.builder.finish()
    }
}

fn predefine(builder: &mut ProgramBuilder, name: &str, value: u32) {
    builder.predefine(name, Value::Int(value));
}

fn tok(token: &Token) -> Tok<'_> {
    match token {
        Token::Symbol(word) => Tok::Word(word),
        Token::Number(n) => Tok::Number(*n),
        Token::Ip(ip) => Tok::Ip(*ip),
        Token::Prefix(net) => Tok::Prefix(*net),
        Token::Str(text) => Tok::Text(text),
        Token::Punct(mark) => Tok::Mark(mark),
        Token::Eof => Tok::End,
    }
}

/// The error of the token a parser is at.
fn unexpected(parser: &Parser<'_>, expecting: &[&str]) -> Diagnostic {
    let found = match tok(parser.peek_at(0)) {
        Tok::Word(word) => format!("'{word}'"),
        Tok::Number(n) => n.to_string(),
        Tok::Ip(ip) => ip.to_string(),
        Tok::Prefix(net) => net.to_string(),
        Tok::Text(text) => format!("\"{text}\""),
        Tok::Mark(mark) => format!("'{mark}'"),
        Tok::End => "end of file".into(),
    };
    let error = |message: String| Diagnostic::error(parser.span(), message);
    match expecting {
        [] => error(format!("syntax error, unexpected {found}")),
        words => {
            let words = words.join(" or ");
            error(format!("syntax error, unexpected {found}, expecting {words}"))
                .label(format!("expected {words}"))
        }
    }
}
