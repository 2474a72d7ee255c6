//! Carries out commands: asks the backend, lays out the answer, page by page.

mod faults;
mod routes;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use godwit_api::{Interface, InterfaceAddress, Reply, Request, Selector, Times, UnixMillis};
use godwit_config::{Dialect, RouterConfig};
use godwit_filter::Scope;
use godwit_wire::AddressFamily;
use tokio::io::{self, AsyncWrite, AsyncWriteExt};

use self::faults::{bad_selector, error_text, protocol_name, refuse};
use crate::command::{Command, parse};
use crate::format;
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
}

/// `show roa` of 1.6: there are no such tables here.
fn asks_for_roas(line: &str, dialect: Dialect) -> bool {
    let mut words = line.split_whitespace();
    dialect == Dialect::Bird16 && words.next() == Some("show") && words.next() == Some("roa")
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
