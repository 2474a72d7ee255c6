//! From tables and keys to a configuration.

use std::sync::Arc;

use godwit_filter::{Diagnostic, Severity, SourceMap, Span, SymbolClass};
use godwit_wire::AddressFamily;
use toml::Spanned;

use super::extra::Layer;
use super::raw::{self, Family};
use super::{set, span};
use crate::check;
use crate::extra::front::times_problem;
use crate::lang::{Ident, Parsed, SymbolTable};
use crate::load::{ERRORS_MAX, LoadOptions};
use crate::model::{
    DeviceConfig, Dialect, DirectConfig, KernelConfig, LogClasses, LogDestination, LogTarget, ProtocolConfig,
    ProtocolKind, RoaTableConfig, RouterConfig, RouterId, StaticConfig, TableConfig, TimeFormat, TimeFormats,
};

/// The longest name.
const NAME_LEN_MAX: usize = 64;

/// A configuration while it is put together.
pub(super) struct Build<'a> {
    pub(super) file: u32,
    pub(super) text: &'a str,
    /// Where its lines end.
    pub(super) line_ends: Vec<usize>,
    pub(super) symbols: SymbolTable,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) config: RouterConfig,
    /// What only a file has that is laid over a router.
    pub(super) extra: Option<Layer>,
}

/// What a protocol is made of, by its place in the file.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Device(raw::Device),
    Direct(raw::Direct),
    Kernel(raw::Kernel),
    Static(Box<raw::Static>),
    Bgp(Box<raw::Bgp>),
    Pipe(Box<raw::Pipe>),
    Rpki(Box<raw::Rpki>),
    Bfd(Box<raw::BfdProtocol>),
}

/// Where the lines of a text end.
pub(super) fn line_ends(text: &str) -> Vec<usize> {
    text.match_indices('\n').map(|(at, _)| at).collect()
}

impl<'a> Build<'a> {
    pub(super) fn new(file: u32, text: &'a str, sources: &SourceMap, options: &LoadOptions) -> Self {
        let mut symbols = SymbolTable::new(sources);
        let config = RouterConfig::new(Dialect::Bird2, false);
        for table in &config.tables {
            let name = Ident { name: table.name.clone(), span: Span::default() };
            // Nothing is defined yet that could have the name.
            let _ = symbols.reserve(&name, SymbolClass::Table);
        }
        for (name, value) in &options.constants {
            symbols.predefine(name, *value);
        }
        Self { file, text, line_ends: line_ends(text), symbols, diagnostics: Vec::new(), config, extra: None }
    }

    /// Notes an error.
    pub(super) fn keep<T>(&mut self, result: Parsed<T>) -> Option<T> {
        result.map_err(|error| self.diagnostics.push(error)).ok()
    }

    /// Notes an error about a value.
    pub(super) fn wrong<T>(&mut self, value: &Spanned<T>, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(span(self.file, value.span()), message));
    }

    /// The router a file describes.
    pub(super) fn router(&mut self, mut raw: raw::Router) -> RouterConfig {
        self.globals(&raw.router);
        self.log(&raw.log);
        self.config.time_formats = self.time_formats(std::mem::take(&mut raw.time_format));
        if !self.contents(raw) {
            let message = "No protocol is specified in the config file";
            self.diagnostics.push(Diagnostic::error(span(self.file, 0..0), message));
        }
        let mut config = std::mem::take(&mut self.config);
        config.program = Arc::new(std::mem::take(&mut self.symbols).finish());
        config
    }

    /// Tables, filters and protocols; whether there are any of these.
    pub(super) fn contents(&mut self, raw: raw::Router) -> bool {
        for (name, family) in &raw.tables.0 {
            self.table(name, *family);
        }
        if let Some(filters) = &raw.filters {
            self.filters(filters);
        }
        let templates = raw.bgp_template.0;
        for (name, _) in &templates {
            self.name(name, SymbolClass::Template);
        }
        let mut parts: Vec<(Spanned<String>, Part)> = Vec::new();
        if let Some(device) = raw.device {
            let default = Spanned::new(device.span(), "device1".to_owned());
            let device = device.into_inner();
            parts.push((device.name.clone().unwrap_or(default), Part::Device(device)));
        }
        parts.extend(raw.direct.0.into_iter().map(|(name, p)| (name, Part::Direct(p))));
        parts.extend(raw.kernel.0.into_iter().map(|(name, p)| (name, Part::Kernel(p))));
        parts.extend(raw.statics.0.into_iter().map(|(name, p)| (name, Part::Static(Box::new(p)))));
        parts.extend(raw.bgp.0.into_iter().map(|(name, p)| (name, Part::Bgp(Box::new(p)))));
        parts.extend(raw.pipe.0.into_iter().map(|(name, p)| (name, Part::Pipe(Box::new(p)))));
        parts.extend(raw.rpki.0.into_iter().map(|(name, p)| (name, Part::Rpki(Box::new(p)))));
        parts.extend(raw.bfd.0.into_iter().map(|(name, p)| (name, Part::Bfd(Box::new(p)))));
        parts.sort_by_key(|(name, _)| name.span().start);
        let some = !parts.is_empty();
        for (name, part) in parts {
            if self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count() >= ERRORS_MAX {
                break;
            }
            if self.name(&name, SymbolClass::Protocol) {
                self.protocol(&name, part, &templates);
            }
        }
        some
    }

    fn globals(&mut self, raw: &raw::Global) {
        let config = &mut self.config;
        config.router_id = match (raw.id, &raw.id_from) {
            (Some(id), _) => Some(RouterId::Fixed(id)),
            (None, Some(patterns)) => Some(RouterId::From(patterns.0.clone())),
            (None, None) => None,
        };
        config.hostname.clone_from(&raw.hostname);
        config.debug = raw.debug.map(|d| d.0).unwrap_or_default();
        config.debug_commands = raw.debug_commands;
        if let Some(wait) = raw.graceful_restart_wait {
            config.graceful_restart_wait_secs = wait;
        }
    }

    fn log(&mut self, list: &[raw::Log]) {
        for raw in list {
            let destination = match raw.to.get_ref().as_str() {
                "stderr" => LogDestination::Stderr,
                "syslog" => LogDestination::Syslog { name: raw.name.as_ref().map(|n| n.get_ref().clone()) },
                path => {
                    let rotate = match (&raw.limit, &raw.backup) {
                        (Some(limit), Some(backup)) => Some((*limit.get_ref(), backup.clone())),
                        (None, None) => None,
                        (Some(limit), None) => {
                            self.wrong(limit, "`limit` needs `backup`, the name a full file gets");
                            None
                        }
                        (None, Some(_)) => {
                            self.wrong(&raw.to, "`backup` needs `limit`, the octets of a full file");
                            None
                        }
                    };
                    LogDestination::File { path: path.to_owned(), rotate }
                }
            };
            let classes = match &raw.classes {
                Some(classes) => LogClasses(classes.0.iter().fold(0, |all, class| all | class.0)),
                None => LogClasses::ALL,
            };
            self.config.log.push(LogTarget { destination, classes });
        }
    }

    fn time_formats(&mut self, raw: raw::TimeFormats) -> TimeFormats {
        let mut format = |raw: Option<raw::TimeFormat>| {
            let raw = raw?;
            let far = match (raw.limit, raw.old) {
                (Some(limit), Some(old)) => Some((*limit.get_ref(), old)),
                (None, None) => None,
                (Some(limit), None) => {
                    self.wrong(&limit, "`limit` needs `old`, the format of older times");
                    None
                }
                (None, Some(old)) => Some((0, old)),
            };
            Some(TimeFormat { near: raw.format, far })
        };
        TimeFormats {
            route: format(raw.route),
            protocol: format(raw.protocol),
            base: format(raw.base),
            log: format(raw.log),
        }
    }

    fn table(&mut self, name: &Spanned<String>, family: Family) {
        if self.name(name, SymbolClass::Table) {
            let (family, roa) = match family {
                Family::Ipv4 => (AddressFamily::IPV4, false),
                Family::Ipv6 => (AddressFamily::IPV6, false),
                Family::Roa4 => (AddressFamily::IPV4, true),
                Family::Roa6 => (AddressFamily::IPV6, true),
            };
            if !self.has_family(family) {
                return;
            }
            if roa {
                let table = RoaTableConfig { name: name.get_ref().clone(), family, roas: Vec::new() };
                self.config.roa_tables.push(table);
                return;
            }
            self.config.tables.push(TableConfig { name: name.get_ref().clone(), family });
        }
    }

    /// Takes a name; whether it could be had.
    fn name(&mut self, name: &Spanned<String>, class: SymbolClass) -> bool {
        let text = name.get_ref();
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        if text.is_empty() || text.len() > NAME_LEN_MAX || !text.chars().all(good) {
            let message =
                format!("`{text}` is no name: 1 to {NAME_LEN_MAX} letters, digits, '_', '-', '.' and ':'");
            self.wrong(name, message);
            return false;
        }
        let ident = Ident { name: text.clone(), span: span(self.file, name.span()) };
        let result = self.symbols.reserve(&ident, class);
        self.keep(result).is_some()
    }

    fn protocol(&mut self, name: &Spanned<String>, part: Part, templates: &[(Spanned<String>, raw::Bgp)]) {
        if self.is_elsewhere(&part) {
            return;
        }
        let mut config = match part {
            Part::Device(raw) => {
                let mut device = DeviceConfig::default();
                device_options(&mut device, &raw);
                self.common(ProtocolKind::Device(device), raw.description, raw.disabled, raw.debug)
            }
            Part::Direct(raw) => {
                let mut direct = DirectConfig::default();
                direct_options(&mut direct, &raw);
                let kind = ProtocolKind::Direct(direct);
                let mut config = self.common(kind, raw.description, raw.disabled, raw.debug);
                self.channels(&mut config, raw.ipv4, raw.ipv6);
                config
            }
            Part::Kernel(raw) => self.kernel(raw),
            Part::Static(raw) => self.static_routes(*raw),
            Part::Bgp(raw) => match self.session(name, *raw, templates) {
                Some(config) => config,
                None => return,
            },
            Part::Pipe(raw) => match self.pipe(*raw) {
                Some(config) => config,
                None => return,
            },
            Part::Rpki(raw) => self.rpki(*raw),
            Part::Bfd(raw) => self.bfd_protocol(*raw),
        };
        config.name.clone_from(name.get_ref());
        let problem = check::protocol_kind(&config, &self.config.protocols)
            .or_else(|| self.extra.as_ref().and_then(|_| times_problem(&config)));
        if let Some(message) = problem {
            self.wrong(name, message);
            if self.extra.is_some() {
                return;
            }
        }
        self.config.protocols.push(Arc::new(config));
    }

    pub(super) fn common(
        &self,
        kind: ProtocolKind,
        description: Option<String>,
        disabled: Option<bool>,
        debug: Option<super::value::Debug>,
    ) -> ProtocolConfig {
        let debug = debug.map_or(self.config.debug, |d| d.0);
        let disabled = disabled.unwrap_or_default();
        ProtocolConfig { description, disabled, debug, ..ProtocolConfig::new("", kind) }
    }

    fn kernel(&mut self, raw: raw::Kernel) -> ProtocolConfig {
        let mut kernel = KernelConfig::new(Dialect::Bird2);
        kernel_options(&mut kernel, &raw);
        let mut config = self.common(ProtocolKind::Kernel(kernel), raw.description, raw.disabled, raw.debug);
        self.channels(&mut config, raw.ipv4, raw.ipv6);
        config
    }

    fn static_routes(&mut self, raw: raw::Static) -> ProtocolConfig {
        let mut config = StaticConfig::default();
        self.static_options(&mut config, &raw);
        let mut config = self.common(ProtocolKind::Static(config), raw.description, raw.disabled, raw.debug);
        self.channels(&mut config, raw.ipv4, raw.ipv6);
        config
    }

    pub(super) fn static_options(&mut self, config: &mut StaticConfig, raw: &raw::Static) {
        set!(config, check_link = raw.check_link);
        if let Some(name) = &raw.igp_table {
            self.igp_table(name, &mut config.igp_tables);
        }
        self.static_roas(config, &raw.roas, [raw.roa4.as_ref(), raw.roa6.as_ref()]);
        let routes: Vec<_> = raw.routes.iter().filter_map(|r| self.route(r)).collect();
        config.routes.extend(routes.into_iter().filter(|route| {
            let family = if route.net.is_ipv6() { AddressFamily::IPV6 } else { AddressFamily::IPV4 };
            self.has_family(family)
        }));
    }
}

pub(super) fn device_options(config: &mut DeviceConfig, raw: &raw::Device) {
    set!(config, scan_time_secs = raw.scan_time);
}

pub(super) fn direct_options(config: &mut DirectConfig, raw: &raw::Direct) {
    set!(config, interfaces = raw.interfaces.as_ref().map(|i| i.0.clone()), check_link = raw.check_link);
}

pub(super) fn kernel_options(config: &mut KernelConfig, raw: &raw::Kernel) {
    set!(
        config,
        persist = raw.persist,
        scan_time_secs = raw.scan_time,
        learn = raw.learn,
        table = raw.kernel_table,
        metric = raw.metric,
        graceful_restart = raw.graceful_restart,
        merge_paths = raw.merge_paths.map(|m| m.0),
    );
}
