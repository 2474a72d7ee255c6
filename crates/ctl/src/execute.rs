//! Carries out commands: asks the backend, lays out the answer, page by page.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use godwit_api::{
    ExportMode, Interface, InterfaceAddress, NetSelector, ProtocolState, Refusal, Reply, Request, RouteQuery,
    Selector, Times, UnixMillis,
};
use godwit_config::{Dialect, RouterConfig};
use godwit_filter::Scope;
use godwit_wire::AddressFamily;
use tokio::io::{self, AsyncWrite, AsyncWriteExt};

use crate::command::{Command, ParseError, ShowRoute, Token, parse};
use crate::format::{self, RouteLines};
use crate::{Backend, Framer, ServerConfig, policy};

/// One client's conversation.
pub(crate) struct Session<'a> {
    pub(crate) backend: &'a dyn Backend,
    pub(crate) config: &'a ServerConfig,
    pub(crate) restricted: bool,
}

/// Everything a command is read and answered against.
struct Context {
    config: Arc<RouterConfig>,
    dialect: Dialect,
    now: UnixMillis,
}

type Sink<'w> = &'w mut (dyn AsyncWrite + Send + Unpin);

impl Session<'_> {
    /// Answers one line.
    pub(crate) async fn line(&mut self, line: &str, sink: Sink<'_>) -> io::Result<()> {
        let context = self.context().await;
        let mut out = Framer::new();
        match parse(line) {
            Err(_) if asks_for_roas(line, context.dialect) => out.end(9001, "No ROA table defined"),
            Err(e) => out.end(9001, &error_text(&e, &context)),
            Ok(Command::Empty) => return Ok(()),
            Ok(command) if self.restricted && command.is_order() => out.end(8007, "Access denied"),
            Ok(Command::ShowRoute(r)) => return self.show_route(&r, &context, sink).await,
            Ok(command) => self.command(command, &context, &mut out).await,
        }
        sink.write_all(&out.take()).await
    }

    async fn context(&self) -> Context {
        let config = match self.backend.ask(Request::Config).await {
            Reply::Config(config) => config,
            _ => Arc::default(),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Context { dialect: config.dialect, config, now: UnixMillis(now.as_millis() as u64) }
    }

    fn times<'c>(&self, c: &'c Context) -> Times<'c> {
        Times {
            dialect: c.dialect,
            formats: &c.config.time_formats,
            offset: self.config.utc_offset,
            now: c.now,
        }
    }

    async fn command(&mut self, command: Command, c: &Context, out: &mut Framer) {
        match command {
            Command::ShowStatus => match self.backend.ask(Request::Status).await {
                Reply::Status(s) => format::status(out, &self.config.version, &s, &self.times(c)),
                other => refuse(out, other),
            },
            Command::ShowMemory => match self.backend.ask(Request::Memory).await {
                Reply::Memory(m) => format::memory(out, &m, c.dialect),
                other => refuse(out, other),
            },
            Command::ShowInterfaces { summary } => match self.backend.ask(Request::Interfaces).await {
                Reply::Interfaces(mut list) => {
                    if c.dialect == Dialect::Bird16 {
                        of_one_family(&mut list, &c.config);
                    }
                    if summary {
                        format::summary(out, &list, c.dialect);
                    } else {
                        format::interfaces(out, &list, c.dialect);
                    }
                }
                other => refuse(out, other),
            },
            Command::ShowProtocols { all, selector } => self.show_protocols(all, selector, c, out).await,
            Command::ShowSymbols(which) => format::symbols(out, &c.config, &which),
            Command::ShowStatic(name) => {
                let expected = "END or CF_SYM_KNOWN";
                if let Some(Err((code, text))) = name.as_deref().map(|n| protocol_name(c, n, expected)) {
                    out.end(code, &text);
                    return;
                }
                match self.backend.ask(Request::Protocols(Selector::All)).await {
                    Reply::Protocols(list) => {
                        format::static_routes(out, &c.config, &list, name.as_deref());
                    }
                    other => refuse(out, other),
                }
            }
            Command::ShowForeign(protocol) => {
                out.end(9001, &format!("There is no {protocol} protocol running"));
            }
            Command::ShowBfdSessions => out.end(9001, "There is no BFD protocol running"),
            Command::Eval(text) => match policy::eval(&c.config, &text) {
                Ok(value) => out.end(23, &value),
                Err((code, text)) => out.end(code, &text),
            },
            Command::Act { action, selector, message } => {
                if let Some((code, text)) = bad_selector(c, &selector) {
                    out.end(code, &text);
                    return;
                }
                match self.backend.ask(Request::Act { action, selector, message }).await {
                    Reply::Acted(list) => format::acted(out, action, &list),
                    other => refuse(out, other),
                }
            }
            Command::Debug { selector, flags } => {
                if let Some((code, text)) = bad_selector(c, &selector) {
                    out.end(code, &text);
                    return;
                }
                match self.backend.ask(Request::SetDebug { selector, flags }).await {
                    Reply::Done => out.end(0, ""),
                    other => refuse(out, other),
                }
            }
            Command::MrtDump(selector) => match bad_selector(c, &selector) {
                Some((code, text)) => out.end(code, &text),
                None => out.end(0, ""),
            },
            Command::Restrict => {
                self.restricted = true;
                out.end(16, "Access restricted");
            }
            Command::Down => match self.backend.ask(Request::Shutdown).await {
                Reply::Done => out.end(7, "Shutdown requested"),
                other => refuse(out, other),
            },
            Command::GracefulRestart if c.dialect == Dialect::Bird2 => {
                match self.backend.ask(Request::GracefulRestart).await {
                    Reply::Done => out.end(25, "Graceful restart requested"),
                    other => refuse(out, other),
                }
            }
            Command::GracefulRestart => out.end(9001, "syntax error"),
            Command::Echo | Command::Dump => out.end(0, ""),
            other => self.configure(other, c, out).await,
        }
    }

    async fn configure(&self, command: Command, c: &Context, out: &mut Framer) {
        match command {
            Command::Configure { file, soft, check, timeout_secs } => {
                let name = file.as_deref().unwrap_or(&self.config.config_file);
                out.line(2, &format!("Reading configuration from {name}"));
                let request =
                    Request::Configure { file, check_only: check, soft, undo_after_secs: timeout_secs };
                match self.backend.ask(request).await {
                    Reply::Configure(outcome) => format::configure(out, &outcome, timeout_secs),
                    other => refuse(out, other),
                }
            }
            Command::ConfigureConfirm => match self.backend.ask(Request::ConfigureConfirm).await {
                Reply::Confirmed => out.end(18, "Reconfiguration confirmed"),
                other => refuse(out, other),
            },
            Command::ConfigureUndo => {
                out.line(21, "Undo requested");
                match self.backend.ask(Request::ConfigureUndo).await {
                    Reply::Configure(outcome) => format::configure(out, &outcome, None),
                    other => refuse(out, other),
                }
            }
            Command::ConfigureStatus if c.dialect == Dialect::Bird16 => out.end(9001, "syntax error"),
            Command::ConfigureStatus => match self.backend.ask(Request::ConfigureStatus).await {
                Reply::ConfigureStatus(undo) => {
                    out.line(3, "Daemon is up and running");
                    if let Some(left) = undo {
                        out.line(22, &format!("Configuration unconfirmed, undo in {left:.3} s"));
                    }
                    out.end(0, "");
                }
                other => refuse(out, other),
            },
            _ => out.end(9001, "syntax error"),
        }
    }

    async fn show_protocols(&self, all: bool, selector: Selector, c: &Context, out: &mut Framer) {
        let expected = if all { "END or CF_SYM_KNOWN or TEXT" } else { "END or CF_SYM_KNOWN or TEXT or ALL" };
        if let Selector::Name(name) = &selector
            && let Err((code, text)) = protocol_name(c, name, expected)
        {
            out.end(code, &text);
            return;
        }
        match self.backend.ask(Request::Protocols(selector)).await {
            Reply::Protocols(list) if list.is_empty() => out.end(8003, "No protocols match"),
            Reply::Protocols(list) => {
                let times = self.times(c);
                format::heading(out, c.dialect);
                for p in &list {
                    let of_config = c.config.protocols.iter().find(|q| q.name == p.name);
                    let kept = |family| {
                        let channels = of_config.map_or([].as_slice(), |q| &q.channels);
                        channels.iter().any(|ch| ch.family == family && ch.keep_filtered)
                    };
                    format::protocol(out, p, all, &kept, &times);
                }
                out.end(0, "");
            }
            other => refuse(out, other),
        }
    }

    /// Whether a protocol's exports can be shown. In 1.6 one that is only starting has none, as one that is down.
    async fn exports(&self, name: &str, c: &Context) -> bool {
        if c.dialect == Dialect::Bird2 {
            return true;
        }
        match self.backend.ask(Request::Protocols(Selector::Name(name.to_owned()))).await {
            Reply::Protocols(list) => list.iter().all(|p| p.state == ProtocolState::Up),
            _ => true,
        }
    }

    /// Asks for the next page only when the client has taken the last.
    async fn show_route(&self, r: &ShowRoute, c: &Context, sink: Sink<'_>) -> io::Result<()> {
        let mut out = Framer::new();
        let mut query = match query(r, c) {
            Ok(query) => query,
            Err((code, text)) => {
                out.end(code, &text);
                return sink.write_all(&out.take()).await;
            }
        };
        if let Some((_, name)) = &r.export
            && !self.exports(name, c).await
        {
            refuse(&mut out, Reply::Refused(Refusal::ProtocolDown));
            return sink.write_all(&out.take()).await;
        }
        let times = self.times(c);
        let mut lines = RouteLines::default();
        lines.all = r.all;
        lines.stats = r.stats;
        lines.count = r.count;
        lines.tables_named = !r.tables.is_empty();
        lines.one_net =
            matches!(r.nets, NetSelector::Exact(_) | NetSelector::ForAddress(_) | NetSelector::ForPrefix(_));
        loop {
            match self.backend.ask(Request::Routes(Box::new(query.clone()))).await {
                Reply::Routes(page) => {
                    lines.page(&mut out, &page, &times);
                    // A page that says to go on from where it began would never end.
                    if page.next.is_none() || page.next == query.cursor {
                        lines.finish(&mut out, c.dialect);
                        return sink.write_all(&out.take()).await;
                    }
                    query.cursor = page.next;
                    sink.write_all(&out.take()).await?;
                }
                other => {
                    refuse(&mut out, other);
                    return sink.write_all(&out.take()).await;
                }
            }
        }
    }
}

const SYM: &str = "CF_SYM_KNOWN";

/// `show roa` of 1.6: there are no such tables here.
fn asks_for_roas(line: &str, dialect: Dialect) -> bool {
    let mut words = line.split_whitespace();
    dialect == Dialect::Bird16 && words.next() == Some("show") && words.next() == Some("roa")
}

type Refused = (u16, String);

fn query(r: &ShowRoute, c: &Context) -> Result<RouteQuery, Refused> {
    let bird2 = c.dialect == Dialect::Bird2;
    for t in &r.tables {
        if !c.config.tables.iter().any(|have| have.name == *t) {
            return Err((
                9001,
                match (bird2, known(&c.config, t)) {
                    (true, false) => {
                        "syntax error, unexpected CF_SYM_UNDEFINED, expecting CF_SYM_KNOWN or ALL".into()
                    }
                    _ => format!("{t} is not a table"),
                },
            ));
        }
    }
    // The wording of `show route` differs from that of `show protocols` in its code only.
    let named = |name: &str, expected| protocol_name(c, name, expected).map_err(|(_, text)| (9001, text));
    if let Some(name) = &r.protocol {
        named(name, SYM)?;
    }
    if let Some((mode, name)) = &r.export {
        named(name, if *mode == ExportMode::Export { "CF_SYM_KNOWN or TABLE" } else { SYM })?;
        if let Some(channel) = &r.export_channel {
            has_channel(c, name, channel)?;
        }
    }
    if let Some(t) = &r.channel_table {
        named(&t.protocol, SYM)?;
        has_channel(c, &t.protocol, &t.channel)?;
        let way = if t.import { "import" } else { "export" };
        return Err((9001, format!("No {way} table in channel {}.{}", t.protocol, t.channel)));
    }
    let filter = match &r.filter {
        Some(text) => Some(policy::filter(&c.config, text).map_err(|e| (9001, e))?),
        None => None,
    };
    let tables = if r.all_tables {
        c.config.tables.iter().map(|t| t.name.clone()).collect()
    } else {
        r.tables.clone()
    };
    Ok(RouteQuery {
        nets: r.nets,
        tables,
        protocol: r.protocol.clone(),
        filter,
        primary: r.primary,
        filtered: r.filtered,
        export: r.export.clone(),
        count_only: r.count,
        cursor: None,
    })
}

/// A daemon of 1.6 knows the addresses of its own family, and takes one of them for the interface's.
fn of_one_family(list: &mut [Interface], config: &RouterConfig) {
    let ipv6 = config.tables.iter().all(|t| t.family == AddressFamily::IPV6);
    for interface in list {
        interface.addresses.retain(|a| a.address.is_ipv6() == ipv6);
        let wide = |a: &InterfaceAddress| a.preferred && a.scope > Scope::Link;
        if interface.addresses.iter().any(wide) {
            interface.addresses.iter_mut().for_each(|a| a.preferred = wide(a));
        }
    }
}

/// Whether a word is a symbol of the configuration.
fn known(config: &RouterConfig, name: &str) -> bool {
    config.protocols.iter().any(|p| p.name == name)
        || config.tables.iter().any(|t| t.name == name)
        || config.program.lookup(name).is_some()
}

fn protocol_name(c: &Context, name: &str, expected: &str) -> Result<(), Refused> {
    if c.config.protocols.iter().any(|p| p.name == name) {
        return Ok(());
    }
    Err(match c.dialect {
        Dialect::Bird2 if !known(&c.config, name) => {
            (9001, format!("syntax error, unexpected CF_SYM_UNDEFINED, expecting {expected}"))
        }
        _ => (9002, format!("{name} is not a protocol")),
    })
}

fn has_channel(c: &Context, protocol: &str, channel: &str) -> Result<(), Refused> {
    let of = c.config.protocols.iter().find(|p| p.name == protocol);
    if of.is_some_and(|p| p.channels.iter().any(|have| have.family.to_string() == channel)) {
        return Ok(());
    }
    Err((
        9001,
        match channel {
            "ipv4" | "ipv6" => format!("Channel {protocol}.{channel} not found"),
            _ => "syntax error, unexpected CF_SYM_UNDEFINED".into(),
        },
    ))
}

fn bad_selector(c: &Context, selector: &Selector) -> Option<Refused> {
    let Selector::Name(name) = selector else { return None };
    protocol_name(c, name, "CF_SYM_KNOWN or TEXT or ALL").err()
}

fn refuse(out: &mut Framer, reply: Reply) {
    let (code, text) = match reply {
        Reply::NothingToDo => (19, "Nothing to do".into()),
        Reply::Refused(Refusal::NoSuchProtocol(name)) => (9002, format!("{name} is not a protocol")),
        Reply::Refused(Refusal::NoSuchTable(name)) => (9001, format!("{name} is not a table")),
        Reply::Refused(Refusal::ProtocolDown) => (8005, "Protocol is down".into()),
        Reply::Refused(Refusal::Other(text)) => (9001, text),
        _ => (9001, "the router gave no answer".into()),
    };
    out.end(code, &text);
}

fn error_text(e: &ParseError, c: &Context) -> String {
    match e {
        ParseError::Message(text) if c.dialect == Dialect::Bird16 && text.starts_with("Invalid IPv") => {
            "Invalid prefix".into()
        }
        ParseError::Message(text) => text.clone(),
        ParseError::Unexpected { .. } if c.dialect == Dialect::Bird16 => "syntax error".into(),
        ParseError::Unexpected { found, expected } => {
            let found = match found {
                Token::End => "END".into(),
                Token::Number(n) if n.contains('.') => "IP4".into(),
                Token::Number(n) if n.contains(':') => "IP6".into(),
                Token::Number(_) => "NUM".into(),
                Token::Text(_) => "TEXT".into(),
                Token::Other(o) => format!("'{o}'"),
                Token::Word(w) if KEYWORDS.contains(&w.as_str()) => w.to_ascii_uppercase(),
                Token::Word(w) | Token::Quoted(w) if known(&c.config, w) => SYM.into(),
                Token::Word(_) | Token::Quoted(_) => "CF_SYM_UNDEFINED".into(),
            };
            if expected.is_empty() {
                format!("syntax error, unexpected {found}")
            } else {
                format!("syntax error, unexpected {found}, expecting {expected}")
            }
        }
    }
}

/// Words BIRD's grammar names by themselves when they stand in the wrong place.
const KEYWORDS: [&str; 40] = [
    "all",
    "and",
    "bfd",
    "check",
    "configure",
    "confirm",
    "count",
    "debug",
    "disable",
    "down",
    "dump",
    "echo",
    "enable",
    "eval",
    "export",
    "exported",
    "filter",
    "filtered",
    "for",
    "graceful",
    "in",
    "interfaces",
    "memory",
    "mrtdump",
    "noexport",
    "off",
    "out",
    "preexport",
    "primary",
    "protocol",
    "protocols",
    "reload",
    "restart",
    "restrict",
    "route",
    "show",
    "soft",
    "static",
    "stats",
    "table",
];
