//! Statements outside protocols.

use godwit_filter::{Diagnostic, Severity, SymbolClass, Token};
use godwit_wire::AddressFamily;

use crate::model::{
    Dialect, ListenConfig, LogClasses, LogDestination, LogTarget, RouterId, TableConfig, TimeFormat,
};

use super::{Done, Reader};

const STATEMENTS: &[&str] = &[
    "define",
    "router",
    "hostname",
    "log",
    "debug",
    "mrtdump",
    "timeformat",
    "watchdog",
    "graceful",
    "table",
    "roa",
    "listen",
    "protocol",
    "template",
    "function",
    "filter",
    "eval",
    "attribute",
    "ipv4",
    "ipv6",
    "threads",
];

impl Reader<'_> {
    pub(super) fn statement(&mut self) -> Done<()> {
        let span = self.p.span();
        let word = match self.p.peek() {
            Token::Punct(";") => {
                self.p.next();
                return Ok(());
            }
            Token::Symbol(word) => word.clone(),
            _ => return Err(self.p.unexpected("a statement")),
        };
        if !STATEMENTS.contains(&word.as_str()) {
            return Err(self.unknown(STATEMENTS));
        }
        self.p.next();
        match word.as_str() {
            "define" => return self.program.parse_define(&mut self.p),
            "function" => return self.program.parse_function(&mut self.p),
            "filter" => return self.program.parse_filter(&mut self.p),
            "attribute" => return self.program.parse_attribute(&mut self.p),
            "protocol" => return self.protocol(false),
            "template" => return self.protocol(true),
            "router" => self.router_id()?,
            "hostname" => self.config.hostname = Some(self.text()?),
            "log" => self.log()?,
            "debug" => return self.debug(),
            "timeformat" => self.time_format()?,
            "graceful" => {
                self.p.expect_symbol("restart")?;
                self.p.expect_symbol("wait")?;
                self.config.graceful_restart_wait_secs = self.int()?;
            }
            "listen" => self.listen()?,
            "table" => return self.table(None),
            "ipv4" => return self.table(Some(AddressFamily::IPV4)),
            "ipv6" => return self.table(Some(AddressFamily::IPV6)),
            "roa" => {
                return Err(Diagnostic::error(span, "ROA tables are not supported yet"));
            }
            "eval" => {
                self.program.parse_value(&mut self.p)?;
                self.p.eat_punct(";");
                return Ok(());
            }
            other => {
                self.skip_option();
                self.no_effect(span, other);
            }
        }
        self.p.expect_punct(";")
    }

    fn router_id(&mut self) -> Done<()> {
        self.p.expect_symbol("id")?;
        self.config.router_id = Some(if self.p.eat_symbol("from") {
            RouterId::From(self.interface_patterns()?)
        } else {
            RouterId::Fixed(self.id()?)
        });
        Ok(())
    }

    fn log(&mut self) -> Done<()> {
        let destination = match self.p.peek() {
            Token::Str(_) => {
                let path = self.text()?;
                let rotate = match self.p.peek() {
                    Token::Number(_) | Token::Punct("(") => {
                        let limit = self.int()?;
                        Some((u64::from(limit), self.text()?))
                    }
                    _ => None,
                };
                LogDestination::File { path, rotate }
            }
            _ if self.p.eat_symbol("stderr") => LogDestination::Stderr,
            _ if self.p.eat_symbol("syslog") => {
                let name = if self.p.eat_symbol("name") { Some(self.text()?) } else { None };
                LogDestination::Syslog { name }
            }
            _ => return Err(self.p.unexpected("a file name in quotes, `stderr` or `syslog`")),
        };
        let classes = self.log_classes()?;
        self.config.log.push(LogTarget { destination, classes });
        Ok(())
    }

    fn log_classes(&mut self) -> Done<LogClasses> {
        if self.p.eat_symbol("all") {
            return Ok(LogClasses::ALL);
        }
        self.p.expect_punct("{")?;
        let mut bits = 0;
        loop {
            let span = self.p.span();
            let (word, _) = self.p.expect_name("a log class")?;
            bits |= match word.as_str() {
                "debug" => LogClasses::DEBUG,
                "trace" => LogClasses::TRACE,
                "info" => LogClasses::INFO,
                "remote" => LogClasses::REMOTE,
                "warning" => LogClasses::WARNING,
                "error" => LogClasses::ERROR,
                "auth" => LogClasses::AUTH,
                "fatal" => LogClasses::FATAL,
                "bug" => LogClasses::BUG,
                _ => {
                    return Err(Diagnostic::error(span, format!("syntax error, unexpected {word}"))
                        .label("debug, trace, info, remote, warning, error, auth, fatal or bug"));
                }
            };
            if !self.p.eat_punct(",") {
                break;
            }
        }
        self.p.expect_punct("}")?;
        Ok(LogClasses(bits))
    }

    fn debug(&mut self) -> Done<()> {
        let span = self.p.span();
        if self.p.eat_symbol("protocols") {
            self.config.debug = self.debug_mask()?;
        } else if self.p.eat_symbol("commands") {
            self.config.debug_commands = self.int()?;
        } else {
            self.skip_option();
            self.no_effect(span, "debug");
        }
        self.p.eat_punct(";");
        Ok(())
    }

    fn time_format(&mut self) -> Done<()> {
        let (which, span) = self.p.expect_name("route, protocol, base or log")?;
        let format = if self.p.eat_symbol("iso") {
            let long = self.p.eat_symbol("long") || !self.p.eat_symbol("short");
            let fraction = if self.p.eat_symbol("ms") {
                ".%3f"
            } else if self.p.eat_symbol("us") {
                ".%6f"
            } else {
                ""
            };
            if long {
                TimeFormat { near: format!("%F %T{fraction}"), far: None }
            } else {
                TimeFormat { near: format!("%T{fraction}"), far: Some((20 * 3600, "%F".into())) }
            }
        } else {
            let near = self.text()?;
            let far = if matches!(self.p.peek(), Token::Number(_)) {
                let limit = self.int()?;
                Some((limit, self.text()?))
            } else {
                None
            };
            TimeFormat { near, far }
        };
        let formats = &mut self.config.time_formats;
        *match which.as_str() {
            "route" => &mut formats.route,
            "protocol" => &mut formats.protocol,
            "base" => &mut formats.base,
            "log" => &mut formats.log,
            _ => {
                return Err(Diagnostic::error(span, format!("syntax error, unexpected {which}"))
                    .label("route, protocol, base or log"));
            }
        } = Some(format);
        Ok(())
    }

    fn listen(&mut self) -> Done<()> {
        self.p.expect_symbol("bgp")?;
        let mut listen = ListenConfig { address: None, port: 179 };
        loop {
            if self.p.eat_symbol("address") {
                listen.address = Some(self.address()?);
            } else if self.p.eat_symbol("port") {
                listen.port = self.int_in("Port", 1, 65_535)? as u16;
            } else if !(self.p.eat_symbol("v6only") || self.p.eat_symbol("dual")) {
                break;
            }
        }
        self.config.listen = Some(listen);
        Ok(())
    }

    /// `table NAME` of 1.6, `ipv4 table NAME [{ … }]` of 2.x.
    fn table(&mut self, family: Option<AddressFamily>) -> Done<()> {
        if family.is_some() {
            self.p.expect_symbol("table")?;
        } else if self.dialect == Dialect::Bird2 {
            return Err(Diagnostic::error(self.p.last_span(), "syntax error, unexpected table")
                .label("a table has a type")
                .help("write `ipv4 table NAME;` or `ipv6 table NAME;`"));
        }
        let default = if self.ipv6_daemon { AddressFamily::IPV6 } else { AddressFamily::IPV4 };
        let family = family.unwrap_or(default);
        let (name, span) = self.p.expect_name("a table name")?;
        let known = self.config.tables.iter().any(|t| t.name == name && t.family == family);
        if !known {
            self.program.declare(&name, SymbolClass::Table, span)?;
            self.config.tables.push(TableConfig { name, family });
        }
        if !self.p.is_punct(";") && (self.p.is_symbol("sorted") || self.p.is_punct("{")) {
            let at = self.p.span();
            self.p.eat_symbol("sorted");
            if self.p.eat_punct("{") {
                while !self.p.eat_punct("}") && !self.p.at_eof() {
                    self.p.next();
                }
            }
            self.no_effect(at, "table options");
        }
        self.p.eat_punct(";");
        Ok(())
    }

    /// Whether an error has been found so far.
    pub(super) fn has_error(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}
