//! The tokens of BIRD's language, for configuration files and filters alike.

mod piece;
mod written;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;
use logos::{FilterResult, Lexer, Logos};

pub use self::piece::lex_piece;
use self::written::Written;
use crate::{Diagnostic, SourceMap, Span};

/// The longest name (BIRD's limit).
const SYMBOL_LEN_MAX: usize = 64;
/// How deep `include` may nest (BIRD's limit).
const INCLUDE_DEPTH_MAX: usize = 8;

/// What is wrong with a piece of text that is no token; BIRD's words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct LexError(String);

/// A token. Keywords are symbols too: the parsers compare text, so that any of them can be a name
/// where the grammar allows one.
#[derive(Clone, PartialEq, Debug)]
pub enum Token {
    /// A name, a keyword, or a `'quoted name'`; quotes make no difference.
    Symbol(String),
    /// A number, decimal or hexadecimal.
    Number(u32),
    /// An address.
    Ip(IpAddr),
    /// A prefix, host bits clear.
    Prefix(IpNetwork),
    /// Text in double quotes.
    Str(String),
    /// An operator or another mark.
    Punct(&'static str),
    /// The end.
    Eof,
}

impl Token {
    /// How a syntax error names it.
    pub fn describe(&self) -> String {
        match self {
            Self::Symbol(name) => name.clone(),
            Self::Number(n) => n.to_string(),
            Self::Ip(ip) => ip.to_string(),
            Self::Prefix(net) => net.to_string(),
            Self::Str(text) => format!("\"{text}\""),
            Self::Punct(mark) => (*mark).to_owned(),
            Self::Eof => "end of file".into(),
        }
    }

    /// How BIRD 2 names it in a syntax error.
    pub(crate) fn class(&self) -> String {
        match self {
            Self::Symbol(name) => format!("'{name}'"),
            Self::Number(_) => "NUM".into(),
            Self::Ip(ip) => if ip.is_ipv4() { "IP4" } else { "IP6" }.into(),
            Self::Prefix(net) => net.to_string(),
            Self::Str(_) => "TEXT".into(),
            Self::Punct(mark) => class_of_mark(mark),
            Self::Eof => "end of file".into(),
        }
    }
}

/// How BIRD 2 names a mark in a syntax error.
pub(crate) fn class_of_mark(mark: &str) -> String {
    match mark {
        ".." => "DDOT".into(),
        "&&" => "AND".into(),
        "||" => "OR".into(),
        "!=" => "NEQ".into(),
        "!~" => "NMA".into(),
        "<=" => "LEQ".into(),
        ">=" => "GEQ".into(),
        "[=" => "PO".into(),
        "=]" => "PC".into(),
        other => format!("'{other}'"),
    }
}

/// The text of a mark. The derived lexer takes a bare `&str` for a piece of its source.
type Mark = &'static str;

/// A token as the lexer sees it; a prefix is three of them.
#[derive(Logos, Clone, PartialEq, Debug)]
#[logos(skip(r"[ \t\n]+"))]
#[logos(skip(r"#[^\n]*", allow_greedy = true))]
#[logos(error = LexError)]
enum Raw {
    #[regex(r"[A-Za-z_][A-Za-z_0-9]*", |l| symbol(l.slice()))]
    #[regex(r"'[A-Za-z_0-9.:\-]+'", |l| symbol(l.slice().trim_matches('\'')))]
    Symbol(String),
    #[regex(r"[0-9]+", |l| number(l.slice(), 10))]
    #[regex(r"0x[0-9a-fA-F]+", |l| number(l.slice().trim_start_matches("0x"), 16))]
    Number(u32),
    #[regex(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+", ipv4)]
    #[regex(r"[0-9a-fA-F:]*::[0-9a-fA-F:]*(\.[0-9]+\.[0-9]+\.[0-9]+)?", ipv6)]
    #[regex(r"([0-9a-fA-F]+:)([0-9a-fA-F]+:)([0-9a-fA-F]+:)+[0-9a-fA-F]*(\.[0-9]+\.[0-9]+\.[0-9]+)?", ipv6)]
    Ip(IpAddr),
    #[regex("\"[^\"\n]*\"", |l| l.slice().trim_matches('"').to_owned())]
    Str(String),
    #[token("[=", |_| "[=")]
    #[token("=]", |_| "=]")]
    #[token("..", |_| "..")]
    #[token("&&", |_| "&&")]
    #[token("||", |_| "||")]
    #[token("!=", |_| "!=")]
    #[token("!~", |_| "!~")]
    #[token("<=", |_| "<=")]
    #[token(">=", |_| ">=")]
    #[token("++", |_| "++")]
    #[token("->", |_| "->")]
    #[token(";", |_| ";")]
    #[token("{", |_| "{")]
    #[token("}", |_| "}")]
    #[token("(", |_| "(")]
    #[token(")", |_| ")")]
    #[token("[", |_| "[")]
    #[token("]", |_| "]")]
    #[token(",", |_| ",")]
    #[token("=", |_| "=")]
    #[token("<", |_| "<")]
    #[token(">", |_| ">")]
    #[token("~", |_| "~")]
    #[token("!", |_| "!")]
    #[token("+", |_| "+")]
    #[token("-", |_| "-")]
    #[token("*", |_| "*")]
    #[token("/", |_| "/")]
    #[token(".", |_| ".")]
    #[token(":", |_| ":")]
    #[token("?", |_| "?")]
    #[token("%", |_| "%")]
    Punct(Mark),
    #[token("/*", block_comment)]
    Comment,
}

/// Finds the files an `include` means: the pattern, and the name of the file it stands in.
pub type IncludeFn<'a> = dyn FnMut(&str, &str) -> Result<Vec<(String, String)>, String> + 'a;

/// A whole token stream with the place of each token.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    pub(crate) tokens: Vec<(Token, Span)>,
    /// The 1-based line of each token, for run-time errors.
    pub(crate) lines: Vec<u32>,
    /// What they were read from.
    written: Written,
}

/// Reads a text and what it includes.
///
/// # Errors
/// The first thing that is no token, or a file that cannot be included.
pub fn lex(
    name: &str,
    text: &str,
    sources: &mut SourceMap,
    include: &mut IncludeFn<'_>,
) -> Result<Tokens, Diagnostic> {
    let mut tokens = Tokens::default();
    let file = sources.add(name, text);
    let line = tokens.read(sources, file, include, 1)?;
    let end = text.len() as u32;
    tokens.push(Token::Eof, Span { file, start: end, end }, line);
    Ok(tokens)
}

impl Tokens {
    fn push(&mut self, token: Token, span: Span, line: u32) {
        self.tokens.push((token, span));
        self.lines.push(line);
    }

    /// Reads a file of `sources`; the number of its last line.
    fn read(
        &mut self,
        sources: &mut SourceMap,
        file: u32,
        include: &mut IncludeFn<'_>,
        depth: usize,
    ) -> Result<u32, Diagnostic> {
        let Some(source) = sources.file(file) else { return Ok(1) };
        let (name, text) = (source.name.clone(), source.text.clone());
        self.written.texts.insert(file, text.clone());
        self.written.names.insert(file, name.clone());
        let mut lexer = Raw::lexer(&text);
        let mut lines = LineCounter { text: &text, at: 0, line: 1 };
        while let Some(raw) = lexer.next() {
            let range = lexer.span();
            let mut span = Span { file, start: range.start as u32, end: range.end as u32 };
            let line = lines.line_of(range.start);
            let token = match raw.map_err(|e| lex_error(&e, lexer.slice(), span))? {
                Raw::Symbol(word) if word == "include" && lines.only_blanks_before(range.start) => {
                    if let Some((pattern, length)) = include_line(lexer.remainder()) {
                        lexer.bump(length);
                        span.end += length as u32;
                        self.include(sources, (pattern, &name), include, depth, span)?;
                        continue;
                    }
                    Token::Symbol(word)
                }
                Raw::Symbol(word) => Token::Symbol(word),
                Raw::Number(n) => Token::Number(n),
                Raw::Str(text) => Token::Str(text),
                Raw::Punct(mark) => Token::Punct(mark),
                Raw::Ip(address) => match prefix_length(&mut lexer) {
                    Some(length) => {
                        span.end = lexer.span().end as u32;
                        prefix(address, length, span)?
                    }
                    None => Token::Ip(address),
                },
                Raw::Comment => continue,
            };
            self.push(token, span, line);
        }
        Ok(lines.line_of(text.len()))
    }

    fn include(
        &mut self,
        sources: &mut SourceMap,
        (pattern, from): (&str, &str),
        include: &mut IncludeFn<'_>,
        depth: usize,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.written.breaks.push(self.tokens.len());
        if depth >= INCLUDE_DEPTH_MAX {
            return Err(Diagnostic::error(span, "Max include depth reached"));
        }
        for (name, text) in include(pattern, from).map_err(|m| Diagnostic::error(span, m))? {
            let file = sources.add(name, text);
            self.read(sources, file, include, depth + 1)?;
        }
        self.written.breaks.push(self.tokens.len());
        Ok(())
    }
}

/// `/ NUMBER` after an address, which is then a prefix; division of addresses is nothing.
fn prefix_length(lexer: &mut Lexer<'_, Raw>) -> Option<u32> {
    let mut ahead = lexer.clone();
    if ahead.next() != Some(Ok(Raw::Punct("/"))) {
        return None;
    }
    let Some(Ok(Raw::Number(length))) = ahead.next() else { return None };
    *lexer = ahead;
    Some(length)
}

fn prefix(address: IpAddr, length: u32, span: Span) -> Result<Token, Diagnostic> {
    let network = u8::try_from(length).ok().and_then(|l| IpNetwork::new(address, l).ok());
    let Some(network) = network else {
        let most = if address.is_ipv4() { 32 } else { 128 };
        return Err(Diagnostic::error(span, format!("Invalid prefix length {length}"))
            .label(format!("at most {most}")));
    };
    if network.network() == address {
        return Ok(Token::Prefix(network));
    }
    let (family, wanted) = (if address.is_ipv4() { 4 } else { 6 }, network.network());
    let message =
        format!("Invalid IPv{family} prefix {address}/{length}, maybe you wanted {wanted}/{length}");
    Err(Diagnostic::error(span, message).label("bits past the prefix length are set"))
}

/// Counts lines forward only.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl LineCounter<'_> {
    fn line_of(&mut self, offset: usize) -> u32 {
        let passed = self.text.get(self.at..offset).unwrap_or("");
        self.line += passed.bytes().filter(|b| *b == b'\n').count() as u32;
        self.at = offset;
        self.line
    }

    fn only_blanks_before(&self, offset: usize) -> bool {
        let before = self.text.get(..offset).unwrap_or("");
        before.rsplit('\n').next().is_none_or(|s| s.bytes().all(|b| b == b' ' || b == b'\t'))
    }
}

/// The pattern of an include line after its first word, and the length of the rest of it up to `;`.
fn include_line(rest: &str) -> Option<(&str, usize)> {
    let line = rest.split('\n').next()?;
    let blank = |s: &str| s.len() - s.trim_start_matches([' ', '\t']).len();
    let open = blank(line);
    let quoted = line.get(open..)?.strip_prefix('"')?;
    let length = quoted.find('"')?;
    let after = open + 1 + length + 1;
    let tail = line.get(after..)?;
    let semicolon = blank(tail);
    tail.get(semicolon..)?.starts_with(';').then_some((quoted.get(..length)?, after + semicolon + 1))
}

fn lex_error(error: &LexError, slice: &str, span: Span) -> Diagnostic {
    if !error.0.is_empty() {
        return Diagnostic::error(span, error.0.clone());
    }
    match slice.chars().next() {
        Some('"') => Diagnostic::error(span, "Unterminated string").label("a string ends on its own line"),
        Some('\r') => Diagnostic::error(span, "Unknown character")
            .label("carriage return")
            .help("save the file with line feeds only"),
        _ => Diagnostic::error(span, "Unknown character"),
    }
}

fn symbol(name: &str) -> Result<String, LexError> {
    if name.len() > SYMBOL_LEN_MAX { Err(LexError("Symbol too long".into())) } else { Ok(name.into()) }
}

fn number(digits: &str, radix: u32) -> Result<u32, LexError> {
    u32::from_str_radix(digits, radix).map_err(|_| LexError("Number out of range".into()))
}

fn ipv4(lexer: &Lexer<'_, Raw>) -> Result<IpAddr, LexError> {
    let text = lexer.slice();
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(text.split('.')) {
        // Leading zeros are taken as decimal, which the standard parser refuses.
        *octet = part.parse().map_err(|_| LexError(format!("Invalid IPv4 address {text}")))?;
    }
    Ok(IpAddr::V4(Ipv4Addr::from(octets)))
}

fn ipv6(lexer: &Lexer<'_, Raw>) -> Result<IpAddr, LexError> {
    let text = lexer.slice();
    let address: Ipv6Addr = text.parse().map_err(|_| LexError(format!("Invalid IPv6 address {text}")))?;
    Ok(IpAddr::V6(address))
}

fn block_comment(lexer: &mut Lexer<'_, Raw>) -> FilterResult<(), LexError> {
    let rest = lexer.remainder();
    let Some(end) = rest.find("*/") else {
        return FilterResult::Error(LexError("Unterminated comment".into()));
    };
    if rest.get(..end).is_some_and(|inside| inside.contains("/*")) {
        return FilterResult::Error(LexError("Comment nesting not supported".into()));
    }
    lexer.bump(end + 2);
    FilterResult::Skip
}
