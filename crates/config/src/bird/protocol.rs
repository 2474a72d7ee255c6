//! `protocol` and `template`: their head, common options and body (bird.md §1.4).

use godwit_filter::{Diagnostic, Span, SymbolClass};
use godwit_wire::AddressFamily;

use super::draft::{Channel, Draft, Session};
use super::net_type::{NET_TYPES, NetType};
use super::pipe::Pipe;
use super::rpki::Rpki;
use super::{Reader, unsupported};
use crate::lang::{Ident, Parsed, Tok};
use crate::model::{
    BgpConfig, ChannelConfig, DeviceConfig, Dialect, DirectConfig, KernelConfig, Neighbor, NeighborAs,
    PipeConfig, ProtocolConfig, ProtocolKind, RpkiConfig, RpkiRemote, StaticConfig,
};
use godwit_filter::did_you_mean;

/// The types there are, for suggestions.
const TYPES: &[&str] = &["device", "direct", "kernel", "static", "bgp", "pipe", "bfd", "rpki"];

impl Reader<'_> {
    /// What follows `protocol` or `template`.
    pub(super) fn protocol(&mut self, template: bool) -> Parsed<()> {
        let type_span = self.l.span();
        let Some(of) = self.l.word() else { return Err(self.l.unexpected(&["a protocol type"])) };
        if unsupported::is_known(of) {
            return self.unsupported_protocol(of, template);
        }
        if of == "rpki" && self.is_16() {
            let error = Diagnostic::error(type_span, "syntax error").label("a protocol of the 2.x dialect");
            return Err(error.help("the rest of this configuration is read in the 1.6 dialect"));
        }
        let Some((type_name, kind)) = self.kind(of) else {
            return Err(self.unknown_word(TYPES.iter().copied()));
        };
        self.l.bump();
        let device = matches!(kind, ProtocolKind::Device(_)) && !template;
        if device && self.config.protocols.iter().any(|p| matches!(p.kind, ProtocolKind::Device(_))) {
            return Err(Diagnostic::error(type_span, "Kernel device protocol already defined"));
        }
        if let (true, Tok::Text(pattern)) = (template, self.l.tok()) {
            return self.pattern(pattern, kind);
        }
        let name = self.protocol_name(type_name, type_span, template)?;
        let mut draft = match self.copied(&kind)? {
            Some(copied) => copied,
            None => self.new_draft(kind),
        };
        draft.config.name.clone_from(&name.name);
        draft.template = template;
        draft.channels.iter_mut().for_each(|c| c.opened = false);
        let errors_before = self.errors();
        let end = self.block(&mut |reader| reader.protocol_option(&mut draft));
        match end {
            Ok(end) if self.errors() == errors_before => self.finish_protocol(draft, end),
            // What was not understood is not missing. Others may still copy the rest.
            other => {
                self.drafts.push(draft);
                other.map(drop)
            }
        }
    }

    /// The type and its options' defaults.
    fn kind(&self, of: &str) -> Option<(&'static str, ProtocolKind)> {
        let dialect = self.config.dialect;
        Some(match of {
            "device" => ("device", ProtocolKind::Device(DeviceConfig::default())),
            "direct" => ("direct", ProtocolKind::Direct(DirectConfig::default())),
            "kernel" => ("kernel", ProtocolKind::Kernel(KernelConfig::new(dialect))),
            "static" => ("static", ProtocolKind::Static(StaticConfig::default())),
            "bgp" => {
                // Replaced when the protocol is complete.
                let nobody =
                    Neighbor::Address { address: std::net::Ipv4Addr::UNSPECIFIED.into(), interface: None };
                ("bgp", ProtocolKind::Bgp(Box::new(BgpConfig::new(0, nobody, NeighborAs::External))))
            }
            "pipe" => ("pipe", ProtocolKind::Pipe(Box::new(PipeConfig::empty(dialect)))),
            "rpki" if dialect == Dialect::Bird2 => {
                // Replaced when it is told.
                let remote = RpkiRemote::Host(String::new());
                ("rpki", ProtocolKind::Rpki(Box::new(RpkiConfig::new(remote))))
            }
            "bfd" => ("bfd", ProtocolKind::Bfd(Box::default())),
            _ => return None,
        })
    }

    /// The name that follows, or the next free one of the type.
    fn protocol_name(&mut self, type_name: &'static str, type_span: Span, template: bool) -> Parsed<Ident> {
        let class = if template { SymbolClass::Template } else { SymbolClass::Protocol };
        let named = self.l.word().is_some() && !(self.l.at_word("from") && self.l.word_at(1).is_some());
        if named {
            let name = self.l.ident("a name")?;
            self.l.reserve(&name, class)?;
            return Ok(name);
        }
        if self.extra.is_some() {
            // A number would be another one when a router has one more protocol.
            return Err(self.l.unexpected(&["a name"]).help("in an extra file, protocols have names"));
        }
        loop {
            let count = self.unnamed.entry(type_name).or_default();
            *count += 1;
            let name = Ident { name: format!("{type_name}{count}"), span: type_span };
            if self.l.lookup(&name.name).is_none() {
                self.l.reserve(&name, class)?;
                return Ok(name);
            }
        }
    }

    /// What `from NAME` copies.
    fn copied(&mut self, kind: &ProtocolKind) -> Parsed<Option<Draft>> {
        if !self.l.eat_word("from") {
            return Ok(None);
        }
        let from = self.l.ident("a template's name")?;
        let Some(draft) = self.drafts.iter().find(|d| d.config.name == from.name) else {
            return Err(self.no_template(&from));
        };
        if draft.config.kind.name() != kind.name() {
            let message = "Can't copy configuration from a different protocol type";
            return Err(Diagnostic::error(from.span, message)
                .label(format!("is of type {}", draft.config.kind.name().to_lowercase())));
        }
        Ok(Some(draft.clone()))
    }

    fn no_template(&self, from: &Ident) -> Diagnostic {
        let error = if self.is_16() || self.l.lookup(&from.name).is_some() {
            Diagnostic::error(from.span, "Template or protocol name expected")
        } else {
            let message = format!("syntax error, unexpected '{}', expecting a template's name", from.name);
            Diagnostic::error(from.span, message).label("not defined")
        };
        match did_you_mean(&from.name, self.drafts.iter().map(|d| d.config.name.as_str())) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error,
        }
    }

    pub(super) fn new_draft(&self, kind: ProtocolKind) -> Draft {
        let mut channels = Vec::new();
        // In 1.6 the protocol is its own channel.
        let pipe = matches!(kind, ProtocolKind::Pipe(_));
        if pipe || (self.is_16() && !matches!(kind, ProtocolKind::Device(_) | ProtocolKind::Bfd(_))) {
            channels.push(new_channel(NetType::Unicast(self.family)));
        }
        let config = ProtocolConfig { debug: self.config.debug, ..ProtocolConfig::new("", kind) };
        Draft {
            config,
            template: false,
            channels,
            session: Session::default(),
            pipe: Pipe::default(),
            rpki: Rpki::default(),
        }
    }

    /// One option of a protocol, its `;` included.
    pub(super) fn protocol_option(&mut self, draft: &mut Draft) -> Parsed<()> {
        let channel = self.l.word().is_some_and(|w| NET_TYPES.contains(&w));
        let without = matches!(
            draft.config.kind,
            ProtocolKind::Device(_) | ProtocolKind::Pipe(_) | ProtocolKind::Bfd(_)
        );
        if channel && !self.is_16() && !without {
            self.channel(draft)?;
            return self.end();
        }
        let done = self.common_option(draft)?
            || match &mut draft.config.kind {
                ProtocolKind::Device(config) => self.device_option(config)?,
                ProtocolKind::Direct(config) => self.direct_option(config)?,
                ProtocolKind::Kernel(config) => self.kernel_option(config)?,
                ProtocolKind::Static(config) => self.static_option(config)?,
                ProtocolKind::Bgp(config) => self.session_option(config, &mut draft.session)?,
                ProtocolKind::Pipe(config) => {
                    self.pipe_option(config, &mut draft.pipe, &mut draft.channels)?
                }
                ProtocolKind::Rpki(config) => self.rpki_option(config, &mut draft.rpki)?,
                ProtocolKind::Bfd(config) => self.bfd_protocol_option(config)?,
            }
            || self.option_of_16(draft)?;
        if done { self.end() } else { Err(self.unknown_option(&draft.config.kind)) }
    }

    /// In 1.6: a channel's option at the protocol.
    fn option_of_16(&mut self, draft: &mut Draft) -> Parsed<bool> {
        let bgp = matches!(draft.config.kind, ProtocolKind::Bgp(_));
        if !self.is_16() {
            return Ok(false);
        }
        match draft.channels.first_mut() {
            Some(channel) => self.channel_option(channel, bgp),
            // A device protocol takes them and has no use for them.
            None => self.channel_option(&mut new_channel(NetType::Unicast(self.family)), false),
        }
    }

    /// Options every protocol has; whether one stands here.
    fn common_option(&mut self, draft: &mut Draft) -> Parsed<bool> {
        let span = self.l.span();
        let config = &mut draft.config;
        if self.l.eat_word("disabled") {
            config.disabled = self.flag()?;
        } else if self.l.eat_word("debug") {
            config.debug = self.debug_mask()?;
        } else if self.l.eat_word("mrtdump") {
            if self.mrtdump_mask()? != 0 {
                self.no_effect(span, "mrtdump");
            }
        } else if self.l.eat_words(&["router", "id"]) {
            config.router_id = Some(self.id()?);
        } else if self.l.eat_word("description") {
            config.description = Some(self.text()?);
        } else if self.l.eat_words(&["vrf", "default"]) {
            // What holds anyway.
        } else if self.l.eat_word("vrf") {
            self.text()?;
            self.no_effect(span, "vrf");
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// The error of an option no protocol of this type has.
    fn unknown_option(&self, kind: &ProtocolKind) -> Diagnostic {
        const COMMON: &[&str] = &["disabled", "debug", "mrtdump", "router", "description", "vrf"];
        let words: &[&str] = match kind {
            ProtocolKind::Device(_) => &["scan", "interface", "primary"],
            ProtocolKind::Direct(_) => &["interface", "check"],
            ProtocolKind::Kernel(_) => {
                &["persist", "scan", "learn", "kernel", "metric", "graceful", "merge", "netlink"]
            }
            ProtocolKind::Static(_) => &["route", "check", "igp"],
            ProtocolKind::Bgp(_) => super::session::FIRST_WORDS,
            ProtocolKind::Pipe(_) => &["table", "peer", "mode"],
            ProtocolKind::Rpki(_) => super::rpki::FIRST_WORDS,
            ProtocolKind::Bfd(_) => super::bfd::FIRST_WORDS,
        };
        let channel_options = super::channel_options::FIRST_WORDS;
        let (pipe, bfd) = (matches!(kind, ProtocolKind::Pipe(_)), matches!(kind, ProtocolKind::Bfd(_)));
        let moved = self.l.word().filter(|w| !self.is_16() && !pipe && !bfd && channel_options.contains(w));
        let mut known: Vec<&str> = words.iter().chain(COMMON).copied().collect();
        if pipe {
            known.extend(channel_options.iter().take(super::channel_options::COMMON_WORDS));
        } else if self.is_16() {
            known.extend(channel_options);
        } else if !matches!(kind, ProtocolKind::Device(_) | ProtocolKind::Bfd(_) | ProtocolKind::Rpki(_)) {
            known.extend(["ipv4", "ipv6"]);
        }
        let error = self.unknown_word(known.into_iter());
        match moved {
            Some(word) => error
                .label(format!("no option of a protocol of type {}", kind.name().to_lowercase()))
                .help(format!("it belongs into a channel: ipv4 {{ {word} …; }};")),
            None => error,
        }
    }
}

/// A channel that has been told nothing.
pub(super) fn new_channel(net_type: NetType) -> Channel {
    let family = match &net_type {
        NetType::Unicast(family) => *family,
        NetType::Roa(family) => *family,
        NetType::Other(_) => AddressFamily::IPV4,
    };
    Channel {
        net_type,
        opened: true,
        table: None,
        import: None,
        export: None,
        preference: None,
        rest: ChannelConfig::new(family, "", 0),
    }
}
