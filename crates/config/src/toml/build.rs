//! From tables and keys to a configuration.

use std::sync::Arc;

use godwit_filter::{Diagnostic, Severity, SourceMap, Span, SymbolClass};
use godwit_wire::AddressFamily;
use toml::Spanned;

use super::raw::{self, Channel, Family};
use super::span;
use crate::check;
use crate::lang::{Ident, Parsed, SymbolTable};
use crate::load::{ERRORS_MAX, LoadOptions};
use crate::model::{
    BgpChannelConfig, ChannelConfig, DeviceConfig, Dialect, DirectConfig, GatewayMode, KernelConfig,
    LogClasses, LogDestination, LogTarget, ProtocolConfig, ProtocolKind, RouterConfig, RouterId,
    StaticConfig, TableConfig, TimeFormat, TimeFormats,
};
use godwit_filter::did_you_mean;

/// The longest name.
const NAME_LEN_MAX: usize = 64;

/// A configuration while it is put together.
pub(super) struct Build<'a> {
    pub(super) file: u32,
    pub(super) text: &'a str,
    pub(super) symbols: SymbolTable,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) config: RouterConfig,
}

/// What a protocol is made of, by its place in the file.
enum Part {
    Device(raw::Device),
    Direct(raw::Direct),
    Kernel(raw::Kernel),
    Static(raw::Static),
    Bgp(Box<raw::Bgp>),
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
        Self { file, text, symbols, diagnostics: Vec::new(), config }
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
    pub(super) fn router(&mut self, raw: raw::Router) -> RouterConfig {
        self.globals(&raw.router);
        self.log(&raw.log);
        self.config.time_formats = self.time_formats(raw.time_format);
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
        parts.extend(raw.statics.0.into_iter().map(|(name, p)| (name, Part::Static(p))));
        parts.extend(raw.bgp.0.into_iter().map(|(name, p)| (name, Part::Bgp(Box::new(p)))));
        parts.sort_by_key(|(name, _)| name.span().start);
        if parts.is_empty() {
            let message = "No protocol is specified in the config file";
            self.diagnostics.push(Diagnostic::error(span(self.file, 0..0), message));
        }
        for (name, part) in parts {
            if self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count() >= ERRORS_MAX {
                break;
            }
            if self.name(&name, SymbolClass::Protocol) {
                self.protocol(&name, part, &templates);
            }
        }
        let mut config = std::mem::take(&mut self.config);
        config.program = Arc::new(std::mem::take(&mut self.symbols).finish());
        config
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
            let family = match family {
                Family::Ipv4 => AddressFamily::IPV4,
                Family::Ipv6 => AddressFamily::IPV6,
            };
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
        let mut config = match part {
            Part::Device(raw) => {
                let scan_time_secs = raw.scan_time.unwrap_or(DeviceConfig::default().scan_time_secs);
                let kind = ProtocolKind::Device(DeviceConfig { scan_time_secs });
                self.common(kind, raw.description, raw.disabled, raw.debug)
            }
            Part::Direct(raw) => {
                let interfaces = raw.interfaces.map(|i| i.0).unwrap_or_default();
                let kind = ProtocolKind::Direct(DirectConfig { interfaces, check_link: raw.check_link });
                let mut config = self.common(kind, raw.description, raw.disabled, raw.debug);
                self.channels(&mut config, raw.ipv4, raw.ipv6);
                config
            }
            Part::Kernel(raw) => self.kernel(raw),
            Part::Static(raw) => self.static_routes(raw),
            Part::Bgp(raw) => match self.session(name, *raw, templates) {
                Some(config) => config,
                None => return,
            },
        };
        config.name.clone_from(name.get_ref());
        if let Some(message) = check::protocol_kind(&config, &self.config.protocols) {
            self.wrong(name, message);
        }
        self.config.protocols.push(Arc::new(config));
    }

    pub(super) fn common(
        &self,
        kind: ProtocolKind,
        description: Option<String>,
        disabled: bool,
        debug: Option<super::value::Debug>,
    ) -> ProtocolConfig {
        let debug = debug.map_or(self.config.debug, |d| d.0);
        ProtocolConfig { description, disabled, debug, ..ProtocolConfig::new("", kind) }
    }

    fn kernel(&mut self, raw: raw::Kernel) -> ProtocolConfig {
        let default = KernelConfig::new(Dialect::Bird2);
        let kind = ProtocolKind::Kernel(KernelConfig {
            persist: raw.persist,
            scan_time_secs: raw.scan_time.unwrap_or(default.scan_time_secs),
            learn: raw.learn,
            device_routes: default.device_routes,
            table: raw.kernel_table.unwrap_or(default.table),
            metric: raw.metric.unwrap_or(default.metric),
            graceful_restart: raw.graceful_restart,
            merge_paths: raw.merge_paths.and_then(|m| m.0),
        });
        let mut config = self.common(kind, raw.description, raw.disabled, raw.debug);
        self.channels(&mut config, raw.ipv4, raw.ipv6);
        config
    }

    fn static_routes(&mut self, raw: raw::Static) -> ProtocolConfig {
        let igp_table = raw.igp_table.and_then(|name| self.table_name(&name, None));
        let routes = raw.routes.iter().filter_map(|r| self.route(r)).collect();
        let kind = ProtocolKind::Static(StaticConfig { check_link: raw.check_link, igp_table, routes });
        let mut config = self.common(kind, raw.description, raw.disabled, raw.debug);
        self.channels(&mut config, raw.ipv4, raw.ipv6);
        config
    }

    /// Adds the channels of a protocol that is no session.
    fn channels(&mut self, config: &mut ProtocolConfig, ipv4: Option<Channel>, ipv6: Option<Channel>) {
        let single = matches!(config.kind, ProtocolKind::Kernel(_) | ProtocolKind::Static(_));
        for (family, raw) in [(AddressFamily::IPV4, ipv4), (AddressFamily::IPV6, ipv6)] {
            let Some(raw) = raw else { continue };
            if single && !config.channels.is_empty() {
                let place = raw.import.as_ref().or(raw.export.as_ref()).map_or(0..0, Spanned::span);
                let error = Diagnostic::error(span(self.file, place), "Different channel type");
                self.diagnostics.push(error.help("make a second protocol for ipv6"));
                continue;
            }
            self.no_session_keys(&raw);
            let channel = self.channel(family, &raw, config.kind.default_preference());
            config.channels.push(channel);
        }
    }

    /// Says which keys only channels of sessions have.
    fn no_session_keys(&mut self, raw: &Channel) {
        let places = [
            ("next-hop-self", raw.next_hop_self.as_ref().map(Spanned::span)),
            ("next-hop-keep", raw.next_hop_keep.as_ref().map(Spanned::span)),
            ("next-hop-address", raw.next_hop_address.as_ref().map(Spanned::span)),
            ("gateway", raw.gateway.as_ref().map(Spanned::span)),
            ("igp-table", raw.igp_table.as_ref().map(Spanned::span)),
            ("secondary", raw.secondary.as_ref().map(Spanned::span)),
            ("add-paths", raw.add_paths.as_ref().map(Spanned::span)),
            ("mandatory", raw.mandatory.as_ref().map(Spanned::span)),
            ("graceful-restart", raw.graceful_restart.as_ref().map(Spanned::span)),
        ];
        for (key, place) in places {
            if let Some(place) = place {
                let message = format!("`{key}` is for channels of bgp protocols only");
                self.diagnostics.push(Diagnostic::error(span(self.file, place), message));
            }
        }
    }

    /// A channel with BIRD's defaults where nothing is said.
    pub(super) fn channel(&mut self, family: AddressFamily, raw: &Channel, preference: u16) -> ChannelConfig {
        let default = if family == AddressFamily::IPV6 { "master6" } else { "master4" };
        let table = match &raw.table {
            Some(name) => self.table_name(name, Some(family)),
            None => None,
        };
        let mut config = ChannelConfig::new(
            family,
            table.unwrap_or_else(|| default.to_owned()),
            raw.preference.unwrap_or(preference),
        );
        if let Some(policy) = raw.import.as_ref().and_then(|text| self.policy(text)) {
            config.import = policy;
        }
        if let Some(policy) = raw.export.as_ref().and_then(|text| self.policy(text)) {
            config.export = policy;
        }
        config.keep_filtered = raw.keep_filtered.unwrap_or_default();
        config.receive_limit = raw.receive_limit.map(|l| l.0);
        config.import_limit = raw.import_limit.map(|l| l.0);
        config.export_limit = raw.export_limit.map(|l| l.0);
        config.bgp = BgpChannelConfig {
            next_hop_self: raw.next_hop_self.as_ref().map(|v| v.get_ref().0).unwrap_or_default(),
            next_hop_keep: raw.next_hop_keep.as_ref().map(|v| v.get_ref().0),
            next_hop_address: raw.next_hop_address.as_ref().map(|v| *v.get_ref()),
            gateway: match raw.gateway.as_ref().map(|g| *g.get_ref()) {
                Some(raw::Gateway::Direct) => GatewayMode::Direct,
                Some(raw::Gateway::Recursive) => GatewayMode::Recursive,
                Some(raw::Gateway::Auto) | None => GatewayMode::Auto,
            },
            igp_table: raw.igp_table.as_ref().and_then(|name| self.table_name(name, None)),
            secondary: raw.secondary.as_ref().is_some_and(|v| *v.get_ref()),
            add_paths: raw.add_paths.as_ref().map(|v| v.get_ref().0).unwrap_or_default(),
            mandatory: raw.mandatory.as_ref().is_some_and(|v| *v.get_ref()),
            graceful_restart: raw.graceful_restart.as_ref().map(|v| *v.get_ref()),
        };
        config
    }

    /// The name of a table, of this family if one is given.
    fn table_name(&mut self, name: &Spanned<String>, family: Option<AddressFamily>) -> Option<String> {
        match self.config.table(name.get_ref()) {
            Some(table) if family.is_none_or(|f| f == table.family) => return Some(table.name.clone()),
            Some(table) => {
                let label = format!("is a table of {}", table.family);
                let error = Diagnostic::error(span(self.file, name.span()), "Incompatible table type");
                self.diagnostics.push(error.label(label));
            }
            None => {
                let near = did_you_mean(name.get_ref(), self.config.tables.iter().map(|t| t.name.as_str()));
                let message = format!("there is no table '{}'", name.get_ref());
                let error = Diagnostic::error(span(self.file, name.span()), message);
                self.diagnostics.push(match near {
                    Some(near) => error.help(format!("did you mean '{near}'?")),
                    None => error,
                });
            }
        }
        None
    }
}
