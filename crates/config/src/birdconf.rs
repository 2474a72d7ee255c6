//! bird.conf, both dialects.

mod bgp;
mod channel;
mod common;
mod global;
mod protocol;

use std::collections::BTreeMap;

use godwit_filter::{
    Diagnostic, IncludeFn, Parser, ProgramBuilder, SourceMap, Span, SymbolClass, Token, Tokens, lex,
};

use crate::model::{Dialect, RouterConfig};
use protocol::Draft;

type Done<T> = Result<T, Diagnostic>;

/// The state of reading one configuration.
struct Reader<'t> {
    p: Parser<'t>,
    program: ProgramBuilder,
    config: RouterConfig,
    dialect: Dialect,
    ipv6_daemon: bool,
    /// Templates and protocols by name, to derive others from.
    drafts: BTreeMap<String, Draft>,
    /// How many of each protocol type there were, for names.
    counts: BTreeMap<String, u32>,
    diagnostics: Vec<Diagnostic>,
}

/// Reads a configuration.
pub(crate) fn read(
    name: &str,
    text: &str,
    ipv6_daemon: bool,
    sources: &mut SourceMap,
    include: &mut IncludeFn<'_>,
) -> (Option<RouterConfig>, Vec<Diagnostic>) {
    let tokens = match lex(name, text, sources, include) {
        Ok(tokens) => tokens,
        Err(error) => return (None, vec![error]),
    };
    let dialect = dialect_of(&tokens);
    let program = ProgramBuilder::new(dialect == Dialect::Bird16, sources);
    let mut reader = Reader {
        p: Parser::new(&tokens),
        program,
        config: RouterConfig::new(dialect, ipv6_daemon),
        dialect,
        ipv6_daemon,
        drafts: BTreeMap::new(),
        counts: BTreeMap::new(),
        diagnostics: Vec::new(),
    };
    reader.file();
    let Reader { program, mut config, diagnostics, .. } = reader;
    config.program = std::sync::Arc::new(program.finish());
    (Some(config), diagnostics)
}

/// The dialect shows in the file: 2.x has channels and typed tables, 1.6 options of channels in the
/// protocols themselves.
fn dialect_of(tokens: &Tokens) -> Dialect {
    let mut p = Parser::new(tokens);
    let mut old = false;
    loop {
        match p.peek() {
            Token::Eof => break,
            Token::Symbol(word) => match (word.as_str(), p.peek2()) {
                ("ipv4" | "ipv6", Token::Punct("{" | ";")) => return Dialect::Bird2,
                ("ipv4" | "ipv6", Token::Symbol(next)) if next == "table" => return Dialect::Bird2,
                ("hostname", Token::Str(_)) => return Dialect::Bird2,
                ("listen", Token::Symbol(next)) if next == "bgp" => old = true,
                ("protocol" | "template", Token::Symbol(kind)) => {
                    old |= matches!(kind.as_str(), "kernel" | "direct" | "static" | "bgp");
                }
                _ => {}
            },
            _ => {}
        }
        p.next();
    }
    if old { Dialect::Bird16 } else { Dialect::Bird2 }
}

impl Reader<'_> {
    fn file(&mut self) {
        for table in self.config.tables.clone() {
            let _ = self.program.declare(&table.name, SymbolClass::Table, Span::default());
        }
        while !self.p.at_eof() {
            if let Err(error) = self.statement() {
                self.diagnostics.push(error);
                self.p.recover();
                // A brace that no statement of this level opened.
                self.p.eat_punct("}");
            }
        }
        if self.diagnostics.is_empty() && self.config.protocols.is_empty() {
            let error = Diagnostic::error(self.p.span(), "No protocol is specified in the config file");
            self.diagnostics.push(error.help("a router needs at least `protocol device { }`"));
        }
    }

    /// Says that something is accepted and does nothing.
    fn no_effect(&mut self, span: Span, what: &str) {
        let warning = Diagnostic::warning(span, format!("`{what}` has no effect yet"));
        self.diagnostics.push(warning);
    }

    /// An unknown word, with the nearest known one.
    fn unknown(&self, known: &[&str]) -> Diagnostic {
        let error = self.p.unexpected("an option");
        let Token::Symbol(word) = self.p.peek() else { return error };
        let near = known.iter().map(|k| (godwit_filter::distance(word, k), *k)).min();
        match near {
            Some((d, known)) if d <= 1 + word.len() / 4 => error.help(format!("did you mean `{known}`?")),
            _ => error,
        }
    }

    /// Skips an option we do not read, up to its `;`.
    fn skip_option(&mut self) {
        let mut depth = 0;
        loop {
            match self.p.peek() {
                Token::Eof => return,
                Token::Punct(";" | "}") if depth == 0 => return,
                Token::Punct("{") => depth += 1,
                Token::Punct("}") => depth -= 1,
                _ => {}
            }
            self.p.next();
        }
    }
}
