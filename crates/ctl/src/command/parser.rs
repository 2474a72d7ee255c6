//! The grammar of commands.

use std::net::IpAddr;

use godwit_api::{Action, ExportMode, NetSelector, Selector};
use godwit_config::DebugFlags;
use ipnetwork::IpNetwork;

use super::lexer::tokens;
use super::{ChannelTable, Command, FilterText, ParseError, ShowRoute, SymbolSelector, Token};

type Parsed<T> = Result<T, ParseError>;

const ARG: &str = "CF_SYM_KNOWN or TEXT or ALL";
const SYM: &str = "CF_SYM_KNOWN";
const MASK: &str = "OFF or '{' or ALL";
/// What `configure timeout` waits without a number, seconds.
const DEFAULT_UNDO_SECS: u32 = 300;

/// Reads a line without its end.
pub fn parse(line: &str) -> Parsed<Command> {
    let mut p = Parser { line, tokens: tokens(line), at: 0 };
    let command = p.command()?;
    if p.at < p.tokens.len() { Err(p.unexpected("END")) } else { Ok(command) }
}

struct Parser<'a> {
    line: &'a str,
    tokens: Vec<(Token, usize, usize)>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |t| &t.0)
    }

    fn unexpected(&self, expected: &'static str) -> ParseError {
        ParseError::Unexpected { found: self.peek().clone(), expected }
    }

    /// Takes the word if it is the next.
    fn eat(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if w == word);
        self.at += usize::from(found);
        found
    }

    /// Takes the next word, whatever it is; nothing if it is no word.
    fn word(&mut self) -> Option<String> {
        let Token::Word(w) = self.peek() else { return None };
        let w = w.clone();
        self.at += 1;
        Some(w)
    }

    fn text(&mut self) -> Option<String> {
        let Token::Text(t) = self.peek() else { return None };
        let t = t.clone();
        self.at += 1;
        Some(t)
    }

    fn symbol(&mut self, expected: &'static str) -> Parsed<String> {
        let (Token::Word(name) | Token::Quoted(name)) = self.peek() else {
            return Err(self.unexpected(expected));
        };
        let name = name.clone();
        self.at += 1;
        Ok(name)
    }

    fn optional_symbol(&mut self) -> Option<String> {
        self.symbol("").ok()
    }

    fn number(&mut self) -> Option<u32> {
        let Token::Number(n) = self.peek() else { return None };
        let n = n.parse().ok()?;
        self.at += 1;
        Some(n)
    }

    /// NAME, "pattern" or all.
    fn selector(&mut self) -> Parsed<Selector> {
        if self.eat("all") {
            return Ok(Selector::All);
        }
        if let Some(pattern) = self.text() {
            return Ok(Selector::Pattern(pattern));
        }
        self.symbol(ARG).map(Selector::Name)
    }

    fn command(&mut self) -> Parsed<Command> {
        let before = self.at;
        let Some(word) = self.word() else {
            return if *self.peek() == Token::End { Ok(Command::Empty) } else { Err(self.unexpected("")) };
        };
        match word.as_str() {
            "show" => self.show(),
            "configure" => self.configure(),
            "enable" => self.act(Action::Enable),
            "disable" => self.act(Action::Disable),
            "restart" => self.act(Action::Restart),
            "reload" => {
                let action = if self.eat("in") {
                    Action::ReloadIn
                } else if self.eat("out") {
                    Action::ReloadOut
                } else {
                    Action::Reload
                };
                // BIRD lists nothing here: too many words could follow.
                if action == Action::Reload && *self.peek() == Token::End {
                    return Err(self.unexpected(""));
                }
                self.act(action)
            }
            "eval" => self.eval(),
            "debug" => self.debug(),
            "mrtdump" => {
                let selector = self.selector()?;
                self.mask(&["states", "messages"], MASK)?;
                Ok(Command::MrtDump(selector))
            }
            "echo" => self.echo(),
            "dump" => self.dump(),
            "restrict" => Ok(Command::Restrict),
            "down" => Ok(Command::Down),
            "graceful" if self.eat("restart") => Ok(Command::GracefulRestart),
            "graceful" => Err(self.unexpected("RESTART")),
            _ => {
                self.at = before;
                Err(self.unexpected(""))
            }
        }
    }

    fn eval(&mut self) -> Parsed<Command> {
        let Some((_, start, _)) = self.tokens.get(self.at) else { return Err(self.unexpected("")) };
        let text = self.line.get(*start..).unwrap_or("").trim_end().to_owned();
        self.at = self.tokens.len();
        Ok(Command::Eval(text))
    }

    fn act(&mut self, action: Action) -> Parsed<Command> {
        let selector = self.selector()?;
        let message = self.text();
        Ok(Command::Act { action, selector, message })
    }

    fn configure(&mut self) -> Parsed<Command> {
        if self.eat("confirm") {
            return Ok(Command::ConfigureConfirm);
        }
        if self.eat("undo") {
            return Ok(Command::ConfigureUndo);
        }
        if self.eat("status") {
            return Ok(Command::ConfigureStatus);
        }
        let check = self.eat("check");
        let soft = !check && self.eat("soft");
        let file = self.text();
        let timeout_secs = if !check && self.eat("timeout") {
            Some(self.number().unwrap_or(DEFAULT_UNDO_SECS))
        } else {
            None
        };
        match self.peek() {
            Token::End => Ok(Command::Configure { file, soft, check, timeout_secs }),
            _ if check && file.is_none() => Err(self.unexpected("END or TEXT")),
            _ => Err(self.unexpected("")),
        }
    }

    /// `all`, `off` or `{ a, b }`; the bits of the words. `expected` is what BIRD names where none of them is.
    fn mask(&mut self, words: &[&str], expected: &'static str) -> Parsed<u8> {
        if self.eat("all") {
            return Ok(u8::MAX);
        }
        if self.eat("off") {
            return Ok(0);
        }
        self.punct('{').map_err(|_| self.unexpected(expected))?;
        let mut bits = 0;
        loop {
            let Some(i) = words.iter().position(|w| self.eat(w)) else { return Err(self.unexpected("")) };
            bits |= 1 << i;
            if self.punct(',').is_err() {
                self.punct('}')?;
                return Ok(bits);
            }
        }
    }

    fn punct(&mut self, c: char) -> Parsed<()> {
        if *self.peek() != Token::Other(c) {
            return Err(self.unexpected(""));
        }
        self.at += 1;
        Ok(())
    }

    fn debug(&mut self) -> Parsed<Command> {
        let selector = self.selector()?;
        // `debug PROTOCOL.CHANNEL` sets the protocol's mask: channels have none of their own.
        let of_channel = matches!(selector, Selector::Name(_)) && self.punct('.').is_ok();
        if of_channel {
            self.symbol(SYM)?;
        }
        let named = matches!(selector, Selector::Name(_)) && !of_channel;
        let expected = if named { "'.' or OFF or '{' or ALL" } else { MASK };
        let words = ["states", "routes", "filters", "interfaces", "events", "packets"];
        let bits = self.mask(&words, expected)?;
        Ok(Command::Debug { selector, flags: DebugFlags(bits & DebugFlags::ALL.0) })
    }

    fn echo(&mut self) -> Parsed<Command> {
        let classes = ["debug", "trace", "info", "remote", "warning", "error", "auth", "fatal"];
        self.mask(&classes, MASK)?;
        // The size of a buffer that is not kept here.
        self.number();
        match self.peek() {
            Token::End => Ok(Command::Echo),
            _ => Err(self.unexpected("END or NUM")),
        }
    }

    fn dump(&mut self) -> Parsed<Command> {
        let what = [
            "resources",
            "sockets",
            "events",
            "interfaces",
            "neighbors",
            "attributes",
            "routes",
            "protocols",
        ];
        if what.iter().any(|w| self.eat(w)) || (self.eat("filter") && self.eat("all")) {
            self.text();
            return Ok(Command::Dump);
        }
        Err(self.unexpected(""))
    }

    fn show(&mut self) -> Parsed<Command> {
        let before = self.at;
        let Some(word) = self.word() else { return Err(self.unexpected("")) };
        match word.as_str() {
            "status" => Ok(Command::ShowStatus),
            "memory" => Ok(Command::ShowMemory),
            "protocols" => {
                let all = self.eat("all");
                let selector = match self.text() {
                    Some(pattern) => Selector::Pattern(pattern),
                    None => self.optional_symbol().map_or(Selector::All, Selector::Name),
                };
                let expected = match (&selector, all) {
                    (Selector::All, false) => "END or CF_SYM_KNOWN or TEXT or ALL",
                    (Selector::All, true) => "END or CF_SYM_KNOWN or TEXT",
                    _ => "END",
                };
                match self.peek() {
                    Token::End => Ok(Command::ShowProtocols { all, selector }),
                    _ => Err(self.unexpected(expected)),
                }
            }
            "interfaces" => {
                let summary = self.eat("summary");
                match self.peek() {
                    Token::End => Ok(Command::ShowInterfaces { summary }),
                    _ => Err(self.unexpected(if summary { "END" } else { "END or SUMMARY" })),
                }
            }
            "symbols" => Ok(Command::ShowSymbols(self.symbols())),
            "static" => Ok(Command::ShowStatic(self.optional_symbol())),
            "bfd" if self.eat("sessions") => {
                self.optional_symbol();
                Ok(Command::ShowBfdSessions)
            }
            "bfd" => Err(self.unexpected("SESSIONS")),
            "route" => self.route(),
            "ospf" | "rip" | "babel" => self.foreign(&word),
            _ => {
                self.at = before;
                Err(self.unexpected(""))
            }
        }
    }

    /// Questions about protocols that godwit does not have.
    fn foreign(&mut self, word: &str) -> Parsed<Command> {
        let (protocol, topics, needed): (&'static str, &[&str], &'static str) = match word {
            "rip" => ("RIP", &["interfaces", "neighbors"], "INTERFACES or NEIGHBORS"),
            "babel" => (
                "Babel",
                &["routes", "interfaces", "neighbors", "entries"],
                "ROUTES or INTERFACES or NEIGHBORS or ENTRIES",
            ),
            _ => ("OSPF", &["interface", "neighbors", "topology", "state", "lsadb"], ""),
        };
        let topic = topics.iter().any(|t| self.eat(t));
        if !topic && (!needed.is_empty() || *self.peek() != Token::End) {
            return Err(self.unexpected(needed));
        }
        // Names, and the options of `show ospf`: there is nothing they could select.
        self.at = self.tokens.len();
        Ok(Command::ShowForeign(protocol))
    }

    fn symbols(&mut self) -> SymbolSelector {
        let classes = [
            ("table", SymbolSelector::Tables),
            ("filter", SymbolSelector::Filters),
            ("function", SymbolSelector::Functions),
            ("protocol", SymbolSelector::Protocols),
            ("template", SymbolSelector::Templates),
        ];
        for (word, selector) in classes {
            if self.eat(word) {
                return selector;
            }
        }
        self.optional_symbol().map_or(SymbolSelector::All, SymbolSelector::Name)
    }

    fn route(&mut self) -> Parsed<Command> {
        let mut r = ShowRoute::default();
        while *self.peek() != Token::End {
            self.route_option(&mut r)?;
        }
        if r.filtered && (r.export.is_some() || r.primary) {
            return Err(ParseError::Message("Incompatible show route options".into()));
        }
        Ok(Command::ShowRoute(Box::new(r)))
    }

    fn route_option(&mut self, r: &mut ShowRoute) -> Parsed<()> {
        if matches!(self.peek(), Token::Number(_)) {
            let net = self.prefix()?;
            return set_nets(r, NetSelector::Exact(net));
        }
        let before = self.at;
        let Some(word) = self.word() else { return Err(self.unexpected("")) };
        let mode = match word.as_str() {
            "all" => return set(&mut r.all),
            "primary" => return set(&mut r.primary),
            "filtered" => return set(&mut r.filtered),
            "count" => return set(&mut r.count),
            "stats" => return set(&mut r.stats),
            "for" => {
                if !matches!(self.peek(), Token::Number(_)) {
                    return Err(self.unexpected("IP4 or IP6 or VPN_RD or CF_SYM_KNOWN"));
                }
                let nets = match self.address() {
                    Some(ip) => NetSelector::ForAddress(ip),
                    None => NetSelector::ForPrefix(self.prefix()?),
                };
                return set_nets(r, nets);
            }
            "in" => {
                let nets = NetSelector::In(self.prefix()?);
                return set_nets(r, nets);
            }
            "table" => {
                if self.eat("all") {
                    r.all_tables = true;
                } else {
                    r.tables.push(self.symbol("CF_SYM_KNOWN or ALL")?);
                }
                return Ok(());
            }
            "protocol" => {
                let name = self.symbol(SYM)?;
                return match r.protocol.replace(name) {
                    Some(_) => Err(ParseError::Message("Protocol specified twice".into())),
                    None => Ok(()),
                };
            }
            "filter" | "where" => {
                let text = if word == "where" { self.where_text()? } else { self.filter_text()? };
                return match r.filter.replace(text) {
                    Some(_) => Err(ParseError::Message("Filter specified twice".into())),
                    None => Ok(()),
                };
            }
            // Kept only with `import table` and `export table`, which are refused in the configuration.
            "import" | "export" if self.eat("table") => {
                let protocol = self.symbol(SYM)?;
                self.punct('.').map_err(|_| self.unexpected("'.'"))?;
                let channel = self.symbol("")?;
                r.channel_table = Some(ChannelTable { import: word == "import", protocol, channel });
                return Ok(());
            }
            "export" => ExportMode::Export,
            "preexport" => ExportMode::PreExport,
            "noexport" => ExportMode::NoExport,
            "exported" => ExportMode::Exported,
            _ => {
                self.at = before;
                return Err(self.unexpected(""));
            }
        };
        let name = self.symbol(if mode == ExportMode::Export { "CF_SYM_KNOWN or TABLE" } else { SYM })?;
        if self.punct('.').is_ok() {
            r.export_channel = Some(self.symbol("")?);
        }
        match r.export.replace((mode, name)) {
            Some(_) => Err(ParseError::Message("Export specified twice".into())),
            None => Ok(()),
        }
    }

    fn address(&mut self) -> Option<IpAddr> {
        let Token::Number(n) = self.peek() else { return None };
        let ip = n.parse().ok()?;
        self.at += 1;
        Some(ip)
    }

    fn prefix(&mut self) -> Parsed<IpNetwork> {
        let Token::Number(n) = self.peek() else { return Err(self.unexpected("")) };
        if !n.contains('/') {
            return Err(self.unexpected(""));
        }
        let Ok(net) = n.parse::<IpNetwork>() else {
            let length = n.rsplit('/').next().unwrap_or_default();
            return Err(ParseError::Message(format!("Invalid prefix length {length}")));
        };
        if net.ip() != net.network() {
            let family = if net.is_ipv6() { "IPv6" } else { "IPv4" };
            let (meant, len) = (net.network(), net.prefix());
            let text = format!("Invalid {family} prefix {net}, maybe you wanted {meant}/{len}");
            return Err(ParseError::Message(text));
        }
        self.at += 1;
        Ok(net)
    }

    fn filter_text(&mut self) -> Parsed<FilterText> {
        if *self.peek() != Token::Other('{') {
            return self.symbol("").map(FilterText::Name);
        }
        let first = self.at;
        let mut depth = 0usize;
        loop {
            match self.peek() {
                Token::Other('{') => depth += 1,
                Token::Other('}') => depth -= 1,
                Token::End => return Err(self.unexpected("")),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(FilterText::Block(self.slice(first)));
            }
        }
    }

    /// An expression ends at the next option word that stands where an operator would.
    fn where_text(&mut self) -> Parsed<FilterText> {
        let first = self.at;
        let mut depth = 0usize;
        let mut operand = false;
        loop {
            match self.peek() {
                Token::End => break,
                Token::Word(w) if depth == 0 && operand && OPTIONS.contains(&w.as_str()) => break,
                Token::Other('(' | '[' | '{') => {
                    depth += 1;
                    operand = false;
                }
                Token::Other(')' | ']' | '}') => {
                    depth = depth.saturating_sub(1);
                    operand = true;
                }
                Token::Other(_) => operand = false,
                _ => operand = true,
            }
            self.at += 1;
        }
        if self.at == first { Err(self.unexpected("")) } else { Ok(FilterText::Where(self.slice(first))) }
    }

    /// The text from one token to just before the present one.
    fn slice(&self, first: usize) -> String {
        let start = self.tokens.get(first).map_or(0, |t| t.1);
        let end = self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(0, |t| t.2);
        self.line.get(start..end).unwrap_or("").to_owned()
    }
}

const OPTIONS: [&str; 15] = [
    "all",
    "primary",
    "filtered",
    "export",
    "preexport",
    "noexport",
    "exported",
    "protocol",
    "table",
    "stats",
    "count",
    "for",
    "in",
    "filter",
    "where",
];

fn set(flag: &mut bool) -> Parsed<()> {
    *flag = true;
    Ok(())
}

fn set_nets(r: &mut ShowRoute, nets: NetSelector) -> Parsed<()> {
    if r.nets != NetSelector::All {
        return Err(ParseError::Message("Only one prefix expected".into()));
    }
    r.nets = nets;
    Ok(())
}
