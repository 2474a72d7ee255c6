//! Protocols and templates.

use godwit_filter::{Diagnostic, Span, SymbolClass, Token};
use godwit_wire::AddressFamily;

use crate::model::{
    DeviceConfig, Dialect, DirectConfig, KernelConfig, ProtocolConfig, ProtocolKind, StaticConfig,
    StaticNextHop, StaticRoute, StaticTarget,
};

use super::bgp::BgpDraft;
use super::channel::ChannelDraft;
use super::{Done, Reader};
use crate::defaults::MERGE_PATHS_DEFAULT;
use crate::model::ChannelConfig;

/// A protocol or template while it is read.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) config: ProtocolConfig,
    pub(super) bgp: BgpDraft,
    pub(super) channels: Vec<ChannelDraft>,
    /// The type's word.
    kind: &'static str,
}

const KINDS: &[&str] = &["bgp", "kernel", "device", "direct", "static"];
const NOT_YET: &[&str] = &["pipe", "bfd", "rpki", "mrt", "bmp", "perf", "aggregator", "l3vpn"];
const OUT_OF_SCOPE: &[&str] = &["rip", "ospf", "babel", "radv"];

impl Draft {
    fn new(kind: &'static str, name: &str, dialect: Dialect, debug: crate::model::DebugFlags) -> Self {
        let protocol = match kind {
            "kernel" => ProtocolKind::Kernel(KernelConfig::new(dialect)),
            "direct" => ProtocolKind::Direct(DirectConfig::default()),
            "static" => ProtocolKind::Static(StaticConfig::default()),
            _ => ProtocolKind::Device(DeviceConfig::default()),
        };
        let mut config = ProtocolConfig::new(name, protocol);
        config.debug = debug;
        Self { config, bgp: BgpDraft::new(dialect), channels: Vec::new(), kind }
    }

    /// The preference of the type's routes.
    fn preference(&self) -> u16 {
        if self.kind == "bgp" { 100 } else { self.config.kind.default_preference() }
    }

    /// The channel of a family, made if there is none yet.
    pub(super) fn channel(&mut self, family: AddressFamily, table: &str) -> &mut ChannelDraft {
        let preference = self.preference();
        let place = self.channels.iter().position(|c| c.config.family == family).unwrap_or_else(|| {
            let config = ChannelConfig::new(family, table, preference);
            self.channels.push(ChannelDraft {
                config,
                has_import: false,
                has_export: false,
                has_preference: false,
                own: false,
            });
            self.channels.len() - 1
        });
        &mut self.channels[place]
    }
}

impl Reader<'_> {
    /// What follows `protocol` or `template`.
    pub(super) fn protocol(&mut self, template: bool) -> Done<()> {
        let (word, span) = self.p.expect_name("a protocol type")?;
        let Some(kind) = KINDS.iter().copied().find(|k| *k == word) else {
            return Err(kind_error(&word, span));
        };
        let count = self.counts.entry(word.clone()).or_default();
        *count += 1;
        let mut name = format!("{kind}{count}");
        let mut name_span = span;
        if matches!(self.p.peek(), Token::Symbol(w) if w != "from") {
            (name, name_span) = self.p.expect_name("a protocol name")?;
        }
        let mut draft = Draft::new(kind, &name, self.dialect, self.config.debug);
        if self.p.eat_symbol("from") {
            draft = self.derived(kind, &name)?;
        }
        let class = if template { SymbolClass::Template } else { SymbolClass::Protocol };
        self.program.declare(&name, class, name_span)?;
        self.p.expect_punct("{")?;
        let before = self.diagnostics.len();
        while !self.p.eat_punct("}") {
            if self.p.at_eof() {
                return Err(self.p.unexpected("`}`"));
            }
            if self.p.eat_punct(";") {
                continue;
            }
            if let Err(error) = self.protocol_line(&mut draft) {
                self.diagnostics.push(error);
                self.p.recover();
            }
        }
        self.p.eat_punct(";");
        let good = self.diagnostics.len() == before || !self.has_error();
        if !template && good {
            let config = self.finish(draft.clone(), self.p.last_span())?;
            self.config.protocols.push(config);
        }
        self.drafts.insert(name, draft);
        Ok(())
    }

    fn derived(&mut self, kind: &'static str, name: &str) -> Done<Draft> {
        let (base, span) = self.p.expect_name("a template or protocol")?;
        let Some(found) = self.drafts.get(&base) else {
            return Err(Diagnostic::error(
                span,
                format!("syntax error, unexpected {base}: no such template"),
            )
            .label("no template or protocol of this name above"));
        };
        if found.kind != kind {
            return Err(Diagnostic::error(span, "Can't copy configuration from a different protocol type")
                .label(format!("{base} is of type {}", found.kind)));
        }
        let mut draft = found.clone();
        name.clone_into(&mut draft.config.name);
        draft.channels.iter_mut().for_each(|c| c.own = false);
        Ok(draft)
    }

    fn protocol_line(&mut self, draft: &mut Draft) -> Done<()> {
        if !(self.common_option(draft)? || self.channel_line_of(draft)? || self.kind_option(draft)?) {
            let known = match draft.kind {
                "bgp" => super::bgp::OPTIONS,
                "kernel" => KERNEL_OPTIONS,
                "direct" => &["interface", "check", "ipv4", "ipv6"],
                "static" => &["route", "check", "igp", "ipv4", "ipv6"],
                _ => &["scan", "interface", "disabled", "debug"],
            };
            return Err(self.unknown(known));
        }
        self.p.expect_punct(";")
    }

    fn common_option(&mut self, draft: &mut Draft) -> Done<bool> {
        let span = self.p.span();
        let Token::Symbol(word) = self.p.peek() else { return Ok(false) };
        match word.as_str() {
            "disabled" => {
                self.p.next();
                draft.config.disabled = self.bool()?;
            }
            "debug" => {
                self.p.next();
                draft.config.debug = self.debug_mask()?;
            }
            "description" => {
                self.p.next();
                draft.config.description = Some(self.text()?);
            }
            "router" => {
                self.p.next();
                self.p.expect_symbol("id")?;
                draft.config.router_id = Some(self.id()?);
            }
            "mrtdump" | "vrf" => {
                let word = word.clone();
                self.skip_option();
                self.no_effect(span, &word);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A 2.x channel, or a channel's option in a 1.6 protocol.
    fn channel_line_of(&mut self, draft: &mut Draft) -> Done<bool> {
        if draft.kind == "device" {
            return Ok(false);
        }
        if self.dialect == Dialect::Bird2 {
            let family = match self.p.peek() {
                Token::Symbol(word) if word == "ipv4" => AddressFamily::IPV4,
                Token::Symbol(word) if word == "ipv6" => AddressFamily::IPV6,
                _ => return Ok(false),
            };
            if !matches!(self.p.peek2(), Token::Punct("{" | ";")) {
                return Ok(false);
            }
            self.p.next();
            self.channel(draft, family)?;
            return Ok(true);
        }
        // `graceful restart` and `debug` are the protocol's own in 1.6.
        if ["graceful", "secondary", "debug"].iter().any(|w| self.p.is_symbol(w)) {
            return Ok(false);
        }
        let family = if self.ipv6_daemon { AddressFamily::IPV6 } else { AddressFamily::IPV4 };
        let default = self.default_table(family);
        let mut channel = draft.channel(family, &default).clone();
        let found = self.channel_option(&mut channel)?;
        *draft.channel(family, &default) = channel;
        Ok(found)
    }

    fn kind_option(&mut self, draft: &mut Draft) -> Done<bool> {
        if draft.kind == "bgp" {
            return self.bgp_option(&mut draft.bgp);
        }
        let span = self.p.span();
        let mut kind = draft.config.kind.clone();
        let found = match &mut kind {
            ProtocolKind::Device(device) => self.device_option(device, span)?,
            ProtocolKind::Direct(direct) => self.direct_option(direct)?,
            ProtocolKind::Kernel(kernel) => self.kernel_option(kernel, span)?,
            ProtocolKind::Static(config) => self.static_option(config, span)?,
            ProtocolKind::Bgp(_) => false,
        };
        draft.config.kind = kind;
        Ok(found)
    }

    fn device_option(&mut self, device: &mut DeviceConfig, span: Span) -> Done<bool> {
        if self.p.eat_symbols(&["scan", "time"]) {
            device.scan_time_secs = self.int()?;
        } else if self.p.is_symbol("interface") || self.p.is_symbol("primary") {
            self.skip_option();
            self.no_effect(span, "preferred addresses");
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn direct_option(&mut self, direct: &mut DirectConfig) -> Done<bool> {
        if self.p.eat_symbol("interface") {
            direct.interfaces.extend(self.interface_patterns()?);
        } else if self.p.eat_symbols(&["check", "link"]) {
            direct.check_link = self.bool()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn kernel_option(&mut self, kernel: &mut KernelConfig, span: Span) -> Done<bool> {
        if self.p.eat_symbol("persist") {
            kernel.persist = self.bool()?;
        } else if self.p.eat_symbols(&["scan", "time"]) {
            kernel.scan_time_secs = self.int()?;
        } else if self.p.eat_symbol("learn") {
            if self.p.eat_symbol("all") {
                self.no_effect(span, "learn all");
                kernel.learn = true;
            } else {
                kernel.learn = self.bool()?;
            }
        } else if self.p.eat_symbols(&["device", "routes"]) {
            kernel.device_routes = self.bool()?;
        } else if self.p.eat_symbols(&["kernel", "table"]) {
            kernel.table = self.int()?;
        } else if self.p.eat_symbol("metric") {
            kernel.metric = self.int()?;
        } else if self.p.eat_symbols(&["graceful", "restart"]) {
            kernel.graceful_restart = self.bool()?;
        } else if self.p.eat_symbols(&["merge", "paths"]) {
            let on = self.bool_before(&["limit"])?;
            let limit = if self.p.eat_symbol("limit") {
                self.int_in("Merge paths limit", 1, 255)?
            } else {
                MERGE_PATHS_DEFAULT
            };
            kernel.merge_paths = on.then_some(limit);
            self.no_effect(span, "merge paths");
        } else if self.p.is_symbol("netlink") {
            self.skip_option();
            self.no_effect(span, "netlink rx buffer");
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// A boolean that may be left out before one of these words.
    fn bool_before(&mut self, words: &[&str]) -> Done<bool> {
        if words.iter().any(|w| self.p.is_symbol(w)) { Ok(true) } else { self.bool() }
    }

    fn static_option(&mut self, config: &mut StaticConfig, span: Span) -> Done<bool> {
        if self.p.eat_symbol("route") {
            let route = self.static_route()?;
            config.routes.push(route);
        } else if self.p.eat_symbols(&["check", "link"]) {
            config.check_link = self.bool()?;
        } else if self.p.eat_symbols(&["igp", "table"]) {
            config.igp_table = Some(self.p.expect_name("a table name")?.0);
            self.no_effect(span, "igp table");
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn static_route(&mut self) -> Done<StaticRoute> {
        let net = self.prefix()?;
        let (word, span) = self.p.expect_name("via, blackhole, unreachable, prohibit or recursive")?;
        let target = match word.as_str() {
            "via" => StaticTarget::NextHops(self.next_hops()?),
            "multipath" => {
                self.p.expect_symbol("via")?;
                StaticTarget::NextHops(self.next_hops()?)
            }
            "recursive" => StaticTarget::Recursive(self.address()?),
            "blackhole" | "drop" => StaticTarget::Blackhole,
            "unreachable" | "reject" => StaticTarget::Unreachable,
            "prohibit" => StaticTarget::Prohibit,
            _ => {
                return Err(Diagnostic::error(span, format!("syntax error, unexpected {word}"))
                    .label("expected via, blackhole, unreachable, prohibit or recursive"));
            }
        };
        let commands =
            if self.p.is_punct("{") { Some(self.program.parse_commands(&mut self.p)?) } else { None };
        Ok(StaticRoute { net, target, commands })
    }

    /// What follows the first `via`.
    fn next_hops(&mut self) -> Done<Vec<StaticNextHop>> {
        let mut hops = Vec::new();
        loop {
            let mut hop = StaticNextHop { gateway: None, interface: None, weight: 1, onlink: false };
            if matches!(self.p.peek(), Token::Str(_)) {
                hop.interface = Some(self.text()?);
            } else {
                hop.gateway = Some(self.address()?);
                if self.p.eat_punct("%") {
                    hop.interface = Some(self.zone()?);
                } else if self.p.eat_symbol("dev") {
                    hop.interface = Some(self.text()?);
                }
            }
            loop {
                let span = self.p.span();
                if self.p.eat_symbol("weight") {
                    hop.weight = self.int_in("Weight", 1, 256)? as u16;
                } else if self.p.eat_symbol("onlink") {
                    hop.onlink = self.bool_before(&["weight", "bfd", "via"])?;
                } else if self.p.eat_symbol("bfd") {
                    self.bool_before(&["weight", "onlink", "via"])?;
                    self.no_effect(span, "bfd");
                } else {
                    break;
                }
            }
            hops.push(hop);
            if !self.p.eat_symbol("via") {
                return Ok(hops);
            }
        }
    }

    /// The interface's name behind `%`.
    pub(super) fn zone(&mut self) -> Done<String> {
        match self.p.peek() {
            Token::Str(_) => self.text(),
            _ => self.p.expect_name("an interface name").map(|(name, _)| name),
        }
    }

    /// Checks a protocol as a whole.
    fn finish(&mut self, mut draft: Draft, span: Span) -> Done<ProtocolConfig> {
        if self.dialect == Dialect::Bird16 && draft.kind != "device" {
            let family = if self.ipv6_daemon { AddressFamily::IPV6 } else { AddressFamily::IPV4 };
            let table = self.default_table(family);
            draft.channel(family, &table);
        }
        if matches!(draft.kind, "kernel" | "static") && draft.channels.len() != 1 {
            let text = if draft.channels.is_empty() { "Channel not specified" } else { "Multiple channels" };
            return Err(Diagnostic::error(span, text)
                .label(format!("protocol {} {}", draft.kind, draft.config.name))
                .help("add `ipv4;` or `ipv6 { import all; export all; };`"));
        }
        if draft.kind == "bgp" {
            let bgp = draft.bgp.finish(span)?;
            let external = !bgp.is_internal();
            if external && self.dialect == Dialect::Bird2 {
                for channel in &draft.channels {
                    let missing = match (channel.has_import, channel.has_export) {
                        (false, _) => "import",
                        (_, false) => "export",
                        _ => continue,
                    };
                    return Err(Diagnostic::error(span, format!("EBGP requires explicit {missing} policy"))
                        .label(format!("channel {} of {}", channel.config.family, draft.config.name))
                        .help(format!("say `{missing} all;`, `{missing} none;` or a filter (RFC 8212)")));
                }
            }
            draft.config.kind = ProtocolKind::Bgp(Box::new(bgp));
        }
        // A static protocol's nets are of its channel's family.
        if let (ProtocolKind::Static(config), Some(channel)) = (&draft.config.kind, draft.channels.first()) {
            let ipv4 = channel.config.family == AddressFamily::IPV4;
            if let Some(route) = config.routes.iter().find(|r| r.net.is_ipv4() != ipv4) {
                let text = format!("Route {} incompatible with channel type", route.net);
                return Err(Diagnostic::error(span, text));
            }
        }
        draft.config.channels = draft.channels.into_iter().map(|c| c.config).collect();
        for channel in &draft.config.channels {
            if channel.table.is_empty() {
                return Err(Diagnostic::error(span, format!("There is no {} table", channel.family)));
            }
        }
        Ok(draft.config)
    }
}

const KERNEL_OPTIONS: &[&str] = &[
    "persist", "scan", "learn", "device", "kernel", "metric", "graceful", "merge", "import", "export",
    "ipv4", "ipv6",
];

fn kind_error(word: &str, span: Span) -> Diagnostic {
    if OUT_OF_SCOPE.contains(&word) {
        return Diagnostic::error(span, format!("protocol {word} is not part of godwit"))
            .label("godwit speaks BGP only");
    }
    if NOT_YET.contains(&word) {
        return Diagnostic::error(span, format!("protocol {word} is not supported yet"));
    }
    let near = KINDS.iter().map(|k| (godwit_filter::distance(word, k), *k)).min();
    let error =
        Diagnostic::error(span, format!("syntax error, unexpected {word}, expecting a protocol type"))
            .label("bgp, kernel, device, direct or static");
    match near {
        Some((d, known)) if d <= 2 => error.help(format!("did you mean `{known}`?")),
        _ => error,
    }
}
