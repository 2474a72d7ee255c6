//! bird.conf, in both dialects (bird.md §1).

mod bfd;
mod bgp;
mod channel;
pub(crate) mod channel_options;
mod detect;
mod device;
mod draft;
mod extra;
mod finish;
mod kernel;
pub(crate) mod log;
mod net_type;
mod pipe;
mod policy;
mod protocol;
mod recover;
mod roa;
mod rpki;
pub(crate) mod session;
mod static_routes;
mod top;
mod unsupported;
pub(crate) mod values;

use std::collections::HashMap;
use std::sync::Arc;

use godwit_filter::{Diagnostic, IncludeFn, Severity, SourceMap, Span, SymbolClass};
use godwit_wire::AddressFamily;

use self::draft::Draft;
use self::extra::Layer;
pub(crate) use self::extra::read_over;
use self::net_type::NetType;
pub(crate) use self::top::begins_statement;
use crate::lang::{Ident, Lang, Place, Tok};
use crate::load::{ERRORS_MAX, LoadOptions};
use crate::model::{Dialect, RouterConfig};

/// Reads a bird.conf.
pub(crate) fn read(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
    options: &LoadOptions,
    include: &mut IncludeFn<'_>,
) -> (Option<RouterConfig>, Vec<Diagnostic>) {
    let (tokens, errors) = recover::read_tokens(sources, name, text, include);
    let Some(tokens) = tokens else {
        // What cannot be read to its end shows no dialect.
        let bird16 = options.dialect == Some(Dialect::Bird16) || options.ipv6_daemon;
        let words = |error| if bird16 { words_of_16(error) } else { error };
        return (None, errors.into_iter().map(words).collect());
    };
    let mut lang = Lang::new(&tokens, false, sources);
    let found = options.dialect.is_none().then(|| detect::dialect(&mut lang, options.ipv6_daemon));
    let dialect = found.as_ref().map_or(options.dialect, |found| Some(found.dialect)).unwrap_or_default();
    let lang = Lang::new(&tokens, dialect == Dialect::Bird16, sources);
    let mut reader = Reader::new(lang, dialect, options);
    errors.into_iter().for_each(|error| reader.report(error));
    let mixed = found.and_then(|found| found.mixed(sources));
    if dialect == Dialect::Bird16 && !options.ipv6_daemon {
        reader.forbid_ipv6();
    }
    reader.statements();
    if reader.errors() > 0 {
        reader.diagnostics.extend(mixed);
    }
    reader.end_of_file()
}

/// 1.6 says neither what it found nor which symbol.
fn words_of_16(mut error: Diagnostic) -> Diagnostic {
    if error.message.starts_with("syntax error") {
        error.message = "syntax error".into();
    } else if error.message.starts_with("Symbol '") {
        error.message = "Symbol already defined".into();
    } else if error.message.starts_with("Invalid IPv") && error.message.contains("prefix") {
        error.message = "Invalid prefix".into();
    }
    error
}

/// A table that was declared.
#[derive(Clone, Debug)]
struct TableInfo {
    name: String,
    net_type: NetType,
    sorted: bool,
}

/// Reads statements into a configuration.
struct Reader<'t> {
    l: Lang<'t>,
    config: RouterConfig,
    diagnostics: Vec<Diagnostic>,
    tables: Vec<TableInfo>,
    /// Protocols and templates as far as they were read, for `from`.
    drafts: Vec<Draft>,
    /// How many protocols of a type have no name.
    unnamed: HashMap<&'static str, u32>,
    /// The family of a 1.6 daemon.
    family: AddressFamily,
    /// Whether there was a protocol, be it one that does nothing.
    seen_protocol: bool,
    /// What only a text has that is laid over a router.
    extra: Option<Layer<'t>>,
}

impl<'t> Reader<'t> {
    fn new(mut lang: Lang<'t>, dialect: Dialect, options: &LoadOptions) -> Self {
        let config = RouterConfig::new(dialect, options.ipv6_daemon);
        let mut tables = Vec::new();
        for table in &config.tables {
            let name = Ident { name: table.name.clone(), span: Span::default() };
            // Nothing is defined yet that could have the name.
            let _ = lang.reserve(&name, SymbolClass::Table);
            let net_type = NetType::Unicast(table.family);
            tables.push(TableInfo { name: table.name.clone(), net_type, sorted: false });
        }
        for (name, value) in &options.constants {
            lang.predefine(name, *value);
        }
        Self {
            l: lang,
            config,
            diagnostics: Vec::new(),
            tables,
            drafts: Vec::new(),
            unnamed: HashMap::new(),
            family: if options.ipv6_daemon { AddressFamily::IPV6 } else { AddressFamily::IPV4 },
            seen_protocol: false,
            extra: None,
        }
    }

    fn is_16(&self) -> bool {
        self.config.dialect == Dialect::Bird16
    }

    fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// Notes an error in the words of the dialect.
    fn report(&mut self, error: Diagnostic) {
        // Nobody compares what is said of an extra file with what BIRD says of it.
        let error = if self.is_16() && self.extra.is_none() { words_of_16(error) } else { error };
        self.diagnostics.push(error);
    }

    fn warn(&mut self, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(span, message));
    }

    /// Notes an option that is read but not followed.
    fn no_effect(&mut self, span: Span, option: &str) {
        self.warn(span, format!("`{option}` has no effect yet"));
    }

    /// 1.6's IPv4 daemon stops at the first IPv6 address it sees.
    fn forbid_ipv6(&mut self) {
        let start = self.l.place();
        loop {
            let ipv6 = match self.l.tok() {
                Tok::End => break,
                Tok::Ip(ip) => ip.is_ipv6(),
                Tok::Prefix(net) => net.is_ipv6(),
                _ => false,
            };
            if ipv6 {
                let message = "This is an IPv4 router, therefore IPv6 addresses are not supported";
                self.report(Diagnostic::error(self.l.span(), message));
                break;
            }
            self.l.bump();
        }
        self.l.rewind(&start);
    }

    /// Every statement of the file.
    fn statements(&mut self) {
        while !self.l.at_end() && self.errors() < ERRORS_MAX {
            let start = self.l.place();
            if let Err(error) = self.statement() {
                self.report(error);
                self.skip_statement(&start);
            }
        }
    }

    /// Goes past the statement that began at `start`, but not into the next protocol.
    fn skip_statement(&mut self, start: &Place<'t>) {
        let reached = self.l.span();
        self.l.rewind(start);
        let begin = self.l.span();
        let block = matches!(self.l.word(), Some("protocol" | "template" | "filter" | "function"));
        let (mut depth, mut passed) = (0_u32, false);
        while !self.l.at_end() {
            passed |= self.l.span() == reached;
            let next = matches!(self.l.word(), Some("protocol" | "template" | "function" | "define"));
            if depth == 0 && passed && next && self.l.span() != begin {
                return;
            }
            let tok = self.l.tok();
            self.l.bump();
            match tok {
                Tok::Mark("{") => depth += 1,
                Tok::Mark("}") => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return;
                    }
                }
                Tok::Mark(";") if depth == 0 && !block => return,
                _ => {}
            }
        }
    }

    /// Goes past the option that began at `start`, up to its `;` or the `}` around it.
    fn skip_option(&mut self, start: &Place<'t>) {
        self.l.rewind(start);
        let mut depth = 0_u32;
        while !self.l.at_end() {
            match self.l.tok() {
                Tok::Mark("{") => depth += 1,
                Tok::Mark("}") if depth == 0 => return,
                Tok::Mark("}") => depth -= 1,
                Tok::Mark(";") if depth == 0 => {
                    self.l.bump();
                    return;
                }
                _ => {}
            }
            self.l.bump();
        }
    }

    /// `{ item … }` with what `item` reads; an error in one does not hide those in others. The
    /// place of the closing brace.
    fn block(
        &mut self,
        item: &mut dyn FnMut(&mut Self) -> Result<(), Diagnostic>,
    ) -> Result<Span, Diagnostic> {
        self.l.expect("{")?;
        loop {
            let span = self.l.span();
            if self.l.eat("}") {
                return Ok(span);
            }
            if self.l.at_end() {
                return Err(self.l.unexpected(&[]).label("expected '}'"));
            }
            if self.l.eat(";") {
                continue;
            }
            let start = self.l.place();
            if let Err(error) = item(self) {
                self.report(error);
                if self.errors() >= ERRORS_MAX {
                    return Err(self.l.unexpected(&[]));
                }
                self.skip_option(&start);
            }
        }
    }

    fn end_of_file(mut self) -> (Option<RouterConfig>, Vec<Diagnostic>) {
        if self.errors() == 0 && !self.seen_protocol {
            let message = "No protocol is specified in the config file";
            self.report(Diagnostic::error(self.l.span(), message));
        }
        self.config.program = Arc::new(self.l.finish());
        (Some(self.config), self.diagnostics)
    }
}
