//! A configuration in TOML (docs/toml.md). What cannot be said is left out: whoever needs all of it reads the text
//! again, and compares.

mod channel;
mod others;
mod session;

use std::fmt::{Display, Write};

use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

use super::Out;
use crate::bird::log::CLASSES;
use crate::bird::values::DEBUG_WORDS;
use crate::defaults::GRACEFUL_RESTART_WAIT_SECS;
use crate::model::{
    DebugFlags, DeviceConfig, Dialect, InterfacePattern, KernelConfig, LogClasses, LogDestination,
    ProtocolConfig, ProtocolKind, RouterConfig, RouterId, StaticNextHop, StaticRoute, StaticTarget,
    TimeFormat,
};

/// The whole configuration.
pub(crate) fn print(config: &RouterConfig) -> String {
    let out = Out { config, secrets: true, text: String::new(), indent: 0 };
    let mut toml = Toml { config, out, text: String::new() };
    toml.router();
    for protocol in &config.protocols {
        toml.protocol(protocol);
    }
    toml.text
}

struct Toml<'c> {
    config: &'c RouterConfig,
    /// What writes policies.
    out: Out<'c>,
    text: String,
}

impl Toml<'_> {
    fn line(&mut self, text: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{text}");
    }

    fn key(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("{key} = {value}"));
    }

    fn text_key(&mut self, key: &str, value: &str) {
        self.key(key, quoted(value));
    }

    fn flag(&mut self, key: &str, value: bool, default: bool) {
        if value != default {
            self.key(key, value);
        }
    }

    fn head(&mut self, head: impl Display) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.line(format_args!("{gap}[{head}]"));
    }

    fn router(&mut self) {
        let config = self.config;
        let definitions: Vec<String> = config
            .program
            .definitions()
            .iter()
            .map(|d| format!("{}{}", d.text, if d.text.ends_with([';', '}']) { "" } else { ";" }))
            .collect();
        if !definitions.is_empty() {
            self.key("filters", literal(&format!("\n{}\n", definitions.join("\n\n"))));
        }
        self.head("router");
        match &config.router_id {
            Some(RouterId::Fixed(id)) => self.text_key("id", &id.to_string()),
            Some(RouterId::From(list)) => self.key("id-from", patterns(list)),
            None => {}
        }
        if let Some(name) = &config.hostname {
            self.text_key("hostname", name);
        }
        if config.debug != DebugFlags::default() {
            self.key("debug", debug(config.debug));
        }
        if config.debug_commands != 0 {
            self.key("debug-commands", config.debug_commands);
        }
        if config.graceful_restart_wait_secs != GRACEFUL_RESTART_WAIT_SECS {
            self.key("graceful-restart-wait", config.graceful_restart_wait_secs);
        }
        self.tables();
        for target in &config.log {
            self.line("\n[[log]]");
            match &target.destination {
                LogDestination::Stderr => self.text_key("to", "stderr"),
                LogDestination::Syslog { name } => {
                    self.text_key("to", "syslog");
                    name.iter().for_each(|name| self.text_key("name", name));
                }
                LogDestination::File { path, rotate } => {
                    self.text_key("to", path);
                    if let Some((limit, backup)) = rotate {
                        self.key("limit", limit);
                        self.text_key("backup", backup);
                    }
                }
            }
            if target.classes != LogClasses::ALL {
                self.key("classes", words(CLASSES, target.classes.0));
            }
        }
        let formats = &config.time_formats;
        let list = [
            ("route", &formats.route),
            ("protocol", &formats.protocol),
            ("base", &formats.base),
            ("log", &formats.log),
        ];
        if list.iter().any(|(_, format)| format.is_some()) {
            self.head("time-format");
        }
        for (what, format) in list {
            if let Some(TimeFormat { near, far }) = format {
                let far =
                    far.as_ref().map(|(limit, old)| format!(", limit = {limit}, old = {}", quoted(old)));
                self.key(what, format_args!("{{ format = {}{} }}", quoted(near), far.unwrap_or_default()));
            }
        }
    }

    fn tables(&mut self) {
        let config = self.config;
        let default = RouterConfig::new(Dialect::Bird2, false).tables;
        let more: Vec<_> = config.tables.iter().filter(|t| !default.contains(t)).collect();
        if more.is_empty() && config.roa_tables.is_empty() {
            return;
        }
        self.head("tables");
        let number = |family| if family == AddressFamily::IPV6 { 6 } else { 4 };
        for table in more {
            self.text_key(&key_of(&table.name), &format!("ipv{}", number(table.family)));
        }
        for table in &config.roa_tables {
            self.text_key(&key_of(&table.name), &format!("roa{}", number(table.family)));
        }
    }

    fn protocol(&mut self, protocol: &ProtocolConfig) {
        let path = match &protocol.kind {
            ProtocolKind::Device(_) => "device".to_owned(),
            kind => format!("{}.{}", kind.name().to_lowercase(), key_of(&protocol.name)),
        };
        self.head(&path);
        if let (ProtocolKind::Device(_), false) = (&protocol.kind, protocol.name == "device1") {
            self.text_key("name", &protocol.name);
        }
        if let Some(text) = &protocol.description {
            self.text_key("description", text);
        }
        if protocol.stays_down() {
            self.key("disabled", true);
        }
        if protocol.debug != self.config.debug {
            self.key("debug", debug(protocol.debug));
        }
        match &protocol.kind {
            ProtocolKind::Device(device) => {
                if *device != DeviceConfig::default() {
                    self.key("scan-time", device.scan_time_secs);
                }
            }
            ProtocolKind::Direct(direct) => {
                if !direct.interfaces.is_empty() {
                    self.key("interfaces", patterns(&direct.interfaces));
                }
                self.flag("check-link", direct.check_link, false);
            }
            ProtocolKind::Kernel(kernel) => self.kernel(kernel),
            ProtocolKind::Static(fixed) => self.static_routes(fixed),
            ProtocolKind::Bgp(bgp) => self.session(protocol, bgp),
            ProtocolKind::Pipe(pipe) => self.pipe(pipe),
            ProtocolKind::Rpki(rpki) => self.rpki(rpki),
            ProtocolKind::Bfd(bfd) => self.bfd(bfd),
        }
        for channel in &protocol.channels {
            let family = if channel.family == AddressFamily::IPV6 { "ipv6" } else { "ipv4" };
            self.head(format_args!("{path}.{family}"));
            self.channel(protocol, channel);
        }
        let of_roas = match &protocol.kind {
            ProtocolKind::Static(fixed) => fixed.roa_channel.as_deref().map(std::slice::from_ref),
            ProtocolKind::Rpki(rpki) => Some(rpki.channels.as_slice()),
            _ => None,
        };
        for channel in of_roas.unwrap_or_default() {
            let family = if channel.family == AddressFamily::IPV6 { "roa6" } else { "roa4" };
            self.head(format_args!("{path}.{family}"));
            self.channel(protocol, channel);
        }
    }

    fn kernel(&mut self, kernel: &KernelConfig) {
        let default = KernelConfig::new(Dialect::Bird2);
        self.flag("persist", kernel.persist, default.persist);
        self.flag("learn", kernel.learn, default.learn);
        self.flag("graceful-restart", kernel.graceful_restart, default.graceful_restart);
        let numbers = [
            ("scan-time", kernel.scan_time_secs, default.scan_time_secs),
            ("kernel-table", kernel.table, default.table),
            ("metric", kernel.metric, default.metric),
        ];
        for (key, now, default) in numbers {
            if now != default {
                self.key(key, now);
            }
        }
        if let Some(limit) = kernel.merge_paths {
            self.key("merge-paths", limit);
        }
    }

    /// A static route in braces.
    fn route(route: &StaticRoute) -> String {
        let target = match &route.target {
            StaticTarget::NextHops(hops) => {
                let hop = |hop: &StaticNextHop| {
                    let gateway = hop.gateway.map(|g| format!("gateway = \"{g}\""));
                    let interface = hop.interface.as_ref().map(|i| format!("interface = {}", quoted(i)));
                    let weight = (hop.weight != 1).then(|| format!("weight = {}", hop.weight));
                    let onlink = hop.onlink.then(|| "onlink = true".to_owned());
                    let parts: Vec<String> =
                        [gateway, interface, weight, onlink].into_iter().flatten().collect();
                    format!("{{ {} }}", parts.join(", "))
                };
                format!("via = [{}]", hops.iter().map(hop).collect::<Vec<_>>().join(", "))
            }
            StaticTarget::Recursive(address) => format!("recursive = \"{address}\""),
            StaticTarget::Blackhole => "type = \"blackhole\"".into(),
            StaticTarget::Unreachable => "type = \"unreachable\"".into(),
            StaticTarget::Prohibit => "type = \"prohibit\"".into(),
        };
        format!("{{ net = \"{}\", {target}{} }}", route.net, set(route.commands.as_deref()))
    }
}

/// `, set = …`: commands without their braces.
fn set(commands: Option<&godwit_filter::Filter>) -> String {
    let text = commands.and_then(|c| c.text()).map(|text| {
        let text = text.trim();
        text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text).trim().to_owned()
    });
    text.map(|text| format!(", set = {}", literal(&text))).unwrap_or_default()
}

/// A key as it is, or in quotes.
fn key_of(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text of the filter language: as it is, if that can be.
fn literal(text: &str) -> String {
    let plain = !text.contains(['"', '\\', '\n', '\t']);
    if plain || text.contains("'''") || text.ends_with('\'') { quoted(text) } else { format!("'''{text}'''") }
}

/// `["eth*", "-lo"]`
fn patterns(list: &[InterfacePattern]) -> String {
    let one = |pattern: &InterfacePattern| {
        let prefix = pattern.prefix.as_ref().map(IpNetwork::to_string);
        let parts: Vec<String> = pattern.name.clone().into_iter().chain(prefix).collect();
        quoted(&format!("{}{}", if pattern.negative { "-" } else { "" }, parts.join(" ")))
    };
    format!("[{}]", list.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn words(all: &[(&str, u16)], bits: u16) -> String {
    let set: Vec<String> = all.iter().filter(|(_, bit)| bits & bit != 0).map(|(w, _)| quoted(w)).collect();
    format!("[{}]", set.join(", "))
}

fn debug(flags: DebugFlags) -> String {
    match flags.0 {
        0 => quoted("off"),
        bits if bits & DebugFlags::ALL.0 == DebugFlags::ALL.0 => quoted("all"),
        bits => words(DEBUG_WORDS, bits.into()),
    }
}
