//! The tokens of BIRD's language, for configuration files and filters alike.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

use crate::{Diagnostic, SourceMap, Span};

/// A token. Keywords are symbols too: the parsers compare text, so that any of them can be a name
/// where the grammar allows one.
#[derive(Clone, PartialEq, Debug)]
pub enum Token {
    /// A name, a keyword, or a `'quoted name'`.
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
}

/// Finds the files an `include` means: the pattern, and the name of the file it stands in.
pub type IncludeFn<'a> = dyn FnMut(&str, &str) -> Result<Vec<(String, String)>, String> + 'a;

/// A whole token stream with the place of each token.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    pub(crate) tokens: Vec<(Token, Span)>,
}

/// Files within files.
const INCLUDE_DEPTH_MAX: usize = 8;
/// Octets in a name.
const SYMBOL_LEN_MAX: usize = 64;

/// Marks, longest first.
const MARKS: &[&str] = &[
    "[=", "=]", "..", "&&", "||", "!=", "!~", "<=", ">=", "++", "->", ";", "{", "}", "(", ")", "[", "]", ",",
    "=", "<", ">", "~", "!", "+", "-", "*", "/", ".", ":", "?", "%",
];

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
    let file = lex_file(name, text, sources, include, 0, &mut tokens)?;
    let end = text.len() as u32;
    tokens.tokens.push((Token::Eof, Span { file, start: end, end }));
    Ok(tokens)
}

fn lex_file(
    name: &str,
    text: &str,
    sources: &mut SourceMap,
    include: &mut IncludeFn<'_>,
    depth: usize,
    into: &mut Tokens,
) -> Result<u32, Diagnostic> {
    let file = sources.add(name, text);
    let mut lexer = Lexer { text, pos: 0, file, line_start: true };
    while let Some(item) = lexer.item()? {
        match item {
            Item::Token(token, span) => into.tokens.push((token, span)),
            Item::Include(pattern, span) => {
                if depth >= INCLUDE_DEPTH_MAX {
                    return Err(Diagnostic::error(span, "Max include depth reached"));
                }
                let files = include(&pattern, name).map_err(|m| Diagnostic::error(span, m))?;
                for (name, text) in files {
                    lex_file(&name, &text, sources, include, depth + 1, into)?;
                }
            }
        }
    }
    Ok(file)
}

enum Item {
    Token(Token, Span),
    Include(String, Span),
}

struct Lexer<'t> {
    text: &'t str,
    pos: usize,
    file: u32,
    /// Nothing but blanks so far on this line: an `include` may stand here.
    line_start: bool,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.pos..).unwrap_or("")
    }

    fn span(&self, start: usize) -> Span {
        Span { file: self.file, start: start as u32, end: self.pos as u32 }
    }

    fn error(&self, start: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.span(start), message)
    }

    fn item(&mut self) -> Result<Option<Item>, Diagnostic> {
        self.skip_blank()?;
        let start = self.pos;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        if std::mem::take(&mut self.line_start)
            && let Some(pattern) = include_line(rest)
        {
            self.pos += rest.find(';').map_or(rest.len(), |i| i + 1);
            return Ok(Some(Item::Include(pattern.into(), self.span(start))));
        }
        let token = match first {
            '"' => self.string()?,
            '\'' => self.quoted_symbol()?,
            c if c.is_ascii_hexdigit() || c == ':' => match self.numeric()? {
                Some(token) => token,
                None if c == ':' => self.mark()?,
                None if c.is_ascii_digit() => self.number()?,
                None => self.symbol()?,
            },
            c if c.is_ascii_alphabetic() || c == '_' => self.symbol()?,
            _ => self.mark()?,
        };
        Ok(Some(Item::Token(token, self.span(start))))
    }

    fn skip_blank(&mut self) -> Result<(), Diagnostic> {
        loop {
            let rest = self.rest();
            match rest.as_bytes() {
                [b'\n', ..] => {
                    self.pos += 1;
                    self.line_start = true;
                }
                [b' ' | b'\t', ..] => self.pos += 1,
                [b'#', ..] => self.pos += rest.find('\n').unwrap_or(rest.len()),
                [b'/', b'*', ..] => self.skip_comment(rest)?,
                _ => return Ok(()),
            }
        }
    }

    fn skip_comment(&mut self, rest: &str) -> Result<(), Diagnostic> {
        let start = self.pos;
        let inside = rest.get(2..).unwrap_or("");
        let end = inside.find("*/").map(|i| i + 2);
        let nested = inside.find("/*").map(|i| i + 2);
        match (end, nested) {
            (Some(end), Some(nested)) if nested < end => {
                self.pos += nested;
                Err(self.error(start + nested, "Comment nesting not supported"))
            }
            (Some(end), _) => {
                self.pos += end + 2;
                Ok(())
            }
            (None, _) => {
                self.pos = self.text.len();
                Err(self.error(start, "Unterminated comment"))
            }
        }
    }

    fn string(&mut self) -> Result<Token, Diagnostic> {
        let start = self.pos;
        let rest = self.rest().get(1..).unwrap_or("");
        match rest.find(['"', '\n']) {
            Some(end) if rest.as_bytes().get(end) == Some(&b'"') => {
                self.pos += end + 2;
                Ok(Token::Str(rest.get(..end).unwrap_or("").into()))
            }
            _ => {
                self.pos += 1;
                Err(self
                    .error(start, "Unterminated string")
                    .label("the closing quote is missing on this line"))
            }
        }
    }

    fn quoted_symbol(&mut self) -> Result<Token, Diagnostic> {
        let start = self.pos;
        let rest = self.rest().get(1..).unwrap_or("");
        let len =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.:".contains(c))).unwrap_or(rest.len());
        self.pos += len + 1;
        if rest.as_bytes().get(len) != Some(&b'\'') || len == 0 {
            return Err(self
                .error(start, "Unterminated symbol")
                .label("letters, digits and `_ - . :` up to the closing apostrophe"));
        }
        self.pos += 1;
        self.named(start, rest.get(..len).unwrap_or(""))
    }

    fn symbol(&mut self) -> Result<Token, Diagnostic> {
        let start = self.pos;
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        self.pos += len;
        self.named(start, rest.get(..len).unwrap_or(""))
    }

    fn named(&self, start: usize, name: &str) -> Result<Token, Diagnostic> {
        if name.len() > SYMBOL_LEN_MAX {
            return Err(self.error(start, "Symbol too long"));
        }
        Ok(Token::Symbol(name.into()))
    }

    /// An address or a prefix, if one stands here.
    fn numeric(&mut self) -> Result<Option<Token>, Diagnostic> {
        let start = self.pos;
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_hexdigit() || ".:".contains(c))).unwrap_or(rest.len());
        let Some((ip, used)) = address(rest.get(..len).unwrap_or("")) else { return Ok(None) };
        self.pos += used;
        let after = self.rest();
        let digits =
            after.strip_prefix('/').map_or(0, |d| d.find(|c: char| !c.is_ascii_digit()).unwrap_or(d.len()));
        if digits == 0 {
            return Ok(Some(Token::Ip(ip)));
        }
        self.pos += 1 + digits;
        let bits = after.get(1..=digits).and_then(|d| d.parse::<u8>().ok());
        let (max, family) = if ip.is_ipv4() { (32, "IPv4") } else { (128, "IPv6") };
        let Some(net) = bits.filter(|b| *b <= max).and_then(|b| IpNetwork::new(ip, b).ok()) else {
            let text = self.text.get(start..self.pos).unwrap_or("");
            return Err(self
                .error(start, format!("Invalid prefix length in {text}"))
                .label(format!("an {family} prefix has 0 to {max} bits")));
        };
        if net.network() != ip {
            let good = format!("{}/{}", net.network(), net.prefix());
            return Err(self
                .error(
                    start,
                    format!("Invalid {family} prefix {ip}/{}, maybe you wanted {good}", net.prefix()),
                )
                .label("bits beyond the prefix length must be zero"));
        }
        Ok(Some(Token::Prefix(net)))
    }

    fn number(&mut self) -> Result<Token, Diagnostic> {
        let start = self.pos;
        let rest = self.rest();
        let hex =
            rest.strip_prefix("0x").map(|h| h.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(h.len()));
        let parsed = match hex {
            Some(len) if len > 0 => {
                self.pos += 2 + len;
                u32::from_str_radix(rest.get(2..2 + len).unwrap_or(""), 16)
            }
            _ => {
                let len = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                self.pos += len;
                rest.get(..len).unwrap_or("").parse()
            }
        };
        parsed
            .map(Token::Number)
            .map_err(|_| self.error(start, "Number out of range").label("0 to 4294967295"))
    }

    fn mark(&mut self) -> Result<Token, Diagnostic> {
        let start = self.pos;
        let rest = self.rest();
        if let Some(mark) = MARKS.iter().find(|m| rest.starts_with(**m)) {
            self.pos += mark.len();
            return Ok(Token::Punct(mark));
        }
        self.pos += rest.chars().next().map_or(1, char::len_utf8);
        Err(self.error(start, "Unknown character"))
    }
}

/// The pattern of an `include "…";` line.
fn include_line(rest: &str) -> Option<&str> {
    let line = rest.lines().next()?.strip_prefix("include")?.trim_start_matches([' ', '\t']);
    let (pattern, after) = line.strip_prefix('"')?.split_once('"')?;
    after.trim_start_matches([' ', '\t']).starts_with(';').then_some(pattern)
}

/// The longest address at the start of a run of hexadecimal digits, dots and colons.
fn address(run: &str) -> Option<(IpAddr, usize)> {
    if run.matches(':').count() >= 2 {
        // A trailing colon or dot may belong to what follows.
        let longest = run.len().min(45);
        for end in (2..=longest).rev() {
            if let Some(ip) = run.get(..end).and_then(|t| t.parse::<Ipv6Addr>().ok()) {
                return Some((ip.into(), end));
            }
        }
    }
    let dotted = run.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(run.len());
    // `1.2.3.4..` is a range.
    for end in (7..=dotted.min(15)).rev() {
        if let Some(ip) = run.get(..end).and_then(|t| t.parse::<Ipv4Addr>().ok()) {
            return Some((ip.into(), end));
        }
    }
    None
}
