//! A file that is laid over a router: see [`crate::extra`].

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use godwit_filter::{Diagnostic, Severity, SourceMap};
use godwit_wire::AddressFamily;
use toml::Spanned;

use super::build::{Build, Part, device_options, direct_options, kernel_options, line_ends};
use super::raw::{self, Channel};
use super::{span, syntax};
use crate::check::{self, SessionFacts};
use crate::extra::family_of;
use crate::extra::front::{Front, Pattern, Reading, times_problem};
use crate::lang::{Parsed, SymbolTable};
use crate::load::LoadOptions;
use crate::model::{
    BgpConfig, ChannelConfig, DeviceConfig, Dialect, DirectConfig, KernelConfig, Neighbor, NeighborAs,
    Policy, ProtocolConfig, ProtocolKind, RouterConfig, StaticConfig,
};

/// A file as far as it can be read without a router.
#[derive(Debug)]
pub(crate) struct Text {
    file: u32,
    text: String,
    raw: raw::Extra,
}

/// What is noted of an extra file beside what a configuration has.
#[derive(Debug)]
pub(super) struct Layer {
    family: AddressFamily,
    patterns: Vec<(Pattern, Part)>,
    /// Policies by their place: one filter serves every protocol a pattern matches.
    pub(super) policies: HashMap<usize, Policy>,
    /// How many protocols the router has without this file.
    generated: usize,
}

impl Text {
    /// Reads a file.
    pub(crate) fn new(sources: &mut SourceMap, name: &str, text: &str) -> Parsed<Self> {
        let file = sources.add(name, text);
        match toml::from_str(text) {
            Ok(raw) => Ok(Self { file, text: text.to_owned(), raw }),
            Err(error) => Err(syntax(file, &error)),
        }
    }

    /// Reads it over a router.
    pub(crate) fn read_over(&self, base: &RouterConfig, options: &LoadOptions) -> impl Front + use<'_> {
        let mut symbols = SymbolTable::of(base);
        for (name, value) in &options.constants {
            symbols.predefine(name, *value);
        }
        let layer = Layer {
            family: family_of(base),
            patterns: Vec::new(),
            policies: HashMap::new(),
            generated: base.protocols.len(),
        };
        let mut build = Build {
            file: self.file,
            text: &self.text,
            line_ends: line_ends(&self.text),
            symbols,
            diagnostics: Vec::new(),
            config: base.clone(),
            extra: Some(layer),
        };
        let (rest, overrides) = self.raw.clone().split();
        build.contents(rest);
        build.patterns(overrides);
        build
    }
}

impl Build<'_> {
    /// Whether this router has the family: one that a file describes alone has both.
    pub(super) fn has_family(&self, family: AddressFamily) -> bool {
        self.extra.as_ref().is_none_or(|layer| layer.family == family)
    }

    /// Whether a protocol has channels, and none of this router's family.
    pub(super) fn is_elsewhere(&self, part: &Part) -> bool {
        let (ipv4, ipv6) = match part {
            Part::Kernel(raw) => (&raw.ipv4, &raw.ipv6),
            Part::Static(raw) => (&raw.ipv4, &raw.ipv6),
            Part::Direct(raw) => (&raw.ipv4, &raw.ipv6),
            Part::Device(_) | Part::Bgp(_) | Part::Pipe(_) | Part::Rpki(_) | Part::Bfd(_) => return false,
        };
        let of = [(ipv4, AddressFamily::IPV4), (ipv6, AddressFamily::IPV6)];
        let mut told = of.iter().filter(|(channel, _)| channel.is_some()).peekable();
        told.peek().is_some() && !told.any(|(_, family)| self.has_family(*family))
    }

    fn patterns(&mut self, raw: raw::Overrides) {
        let mut parts: Vec<(Spanned<String>, Part)> = Vec::new();
        parts.extend(raw.device.0.into_iter().map(|(name, p)| (name, Part::Device(p))));
        parts.extend(raw.direct.0.into_iter().map(|(name, p)| (name, Part::Direct(p))));
        parts.extend(raw.kernel.0.into_iter().map(|(name, p)| (name, Part::Kernel(p))));
        parts.extend(raw.statics.0.into_iter().map(|(name, p)| (name, Part::Static(Box::new(p)))));
        parts.extend(raw.bgp.0.into_iter().map(|(name, p)| (name, Part::Bgp(Box::new(p)))));
        // The later one wins.
        parts.sort_by_key(|(name, _)| name.span().start);
        for (name, part) in parts {
            let before = self.errors();
            let kind = match &part {
                Part::Device(_) => ProtocolKind::Device(DeviceConfig::default()),
                Part::Direct(_) => ProtocolKind::Direct(DirectConfig::default()),
                Part::Kernel(_) => ProtocolKind::Kernel(KernelConfig::new(self.config.dialect)),
                Part::Static(_) => ProtocolKind::Static(StaticConfig::default()),
                Part::Bgp(_) => {
                    let nobody = Neighbor::Address { address: Ipv4Addr::UNSPECIFIED.into(), interface: None };
                    ProtocolKind::Bgp(Box::new(BgpConfig::new(1, nobody, NeighborAs::Number(1))))
                }
                // There are no patterns of these.
                Part::Pipe(_) | Part::Rpki(_) | Part::Bfd(_) => continue,
            };
            let family = family_of(&self.config);
            let channel = ChannelConfig::new(family, "", 0);
            let mut outline = ProtocolConfig { channels: vec![channel], ..ProtocolConfig::new("", kind) };
            self.copies_nothing(&part);
            self.lay_part(&part, &mut outline);
            let place = span(self.file, name.span());
            let pattern =
                Pattern { kind: outline.kind.name(), glob: name.into_inner(), span: place, outline };
            let good = self.errors() == before;
            if let Some(layer) = self.extra.as_mut().filter(|_| good) {
                layer.patterns.push((pattern, part));
            }
        }
    }

    fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// Refuses what makes another protocol of one.
    fn copies_nothing(&mut self, part: &Part) {
        let Part::Bgp(raw) = part else { return };
        if let Some(from) = &raw.from {
            self.wrong(from, "an override sets what stands in it and copies nothing");
        }
        if let Some(range) = &raw.neighbor_range {
            self.wrong(range, "an override is for the neighbors there are");
        }
    }

    /// Sets the options of a pattern.
    fn lay_part(&mut self, part: &Part, config: &mut ProtocolConfig) {
        let (description, disabled, debug, ipv4, ipv6) = match part {
            Part::Device(p) => (&p.description, p.disabled, p.debug, &None, &None),
            Part::Direct(p) => (&p.description, p.disabled, p.debug, &p.ipv4, &p.ipv6),
            Part::Kernel(p) => (&p.description, p.disabled, p.debug, &p.ipv4, &p.ipv6),
            Part::Static(p) => (&p.description, p.disabled, p.debug, &p.ipv4, &p.ipv6),
            Part::Bgp(p) => (&p.description, p.disabled, p.debug, &p.ipv4, &p.ipv6),
            Part::Pipe(_) | Part::Rpki(_) | Part::Bfd(_) => return,
        };
        if description.is_some() {
            config.description.clone_from(description);
        }
        super::set!(config, disabled = disabled, debug = debug.map(|d| d.0));
        match (part, &mut config.kind) {
            (Part::Device(raw), ProtocolKind::Device(config)) => device_options(config, raw),
            (Part::Direct(raw), ProtocolKind::Direct(config)) => direct_options(config, raw),
            (Part::Kernel(raw), ProtocolKind::Kernel(config)) => kernel_options(config, raw),
            (Part::Static(raw), ProtocolKind::Static(config)) => self.static_options(config, raw),
            (Part::Bgp(raw), ProtocolKind::Bgp(bgp)) => {
                super::set!(config, router_id = raw.router_id.map(Some));
                super::set!(bgp, local_as = raw.local_as, neighbor_as = raw.neighbor_as.map(|n| n.0));
                if let (Some(name), Neighbor::Address { interface, .. }) = (&raw.interface, &mut bgp.neighbor)
                {
                    *interface = Some(name.clone());
                }
                self.options(bgp, raw);
            }
            _ => {}
        }
        self.lay_channel(config, ipv4.as_ref(), AddressFamily::IPV4);
        self.lay_channel(config, ipv6.as_ref(), AddressFamily::IPV6);
    }

    fn lay_channel(&mut self, config: &mut ProtocolConfig, raw: Option<&Channel>, family: AddressFamily) {
        let Some(raw) = raw else { return };
        if !matches!(config.kind, ProtocolKind::Bgp(_)) {
            self.no_session_keys(raw);
        }
        if let Some(channel) = config.channels.iter_mut().find(|c| c.family == family) {
            self.channel_options(channel, raw);
        }
    }

    /// What holds between options, after a pattern.
    fn problem(&self, config: &ProtocolConfig) -> Option<String> {
        match &config.kind {
            ProtocolKind::Bgp(bgp) => {
                let facts = SessionFacts { dialect: Dialect::Bird16, ..SessionFacts::default() };
                let channel =
                    |c: &ChannelConfig| check::bgp_channel(bgp, c, &self.config, self.config.dialect);
                let channels = || config.channels.iter().find_map(channel);
                check::session(bgp, &facts).or_else(channels).or_else(|| times_problem(config))
            }
            ProtocolKind::Static(_) => check::protocol_kind(config, &[]),
            _ => None,
        }
    }
}

impl Front for Build<'_> {
    fn reading(&mut self) -> Reading {
        let mut config = self.config.clone();
        config.program = Arc::new(self.symbols.program());
        let layer = self.extra.as_ref();
        let generated = layer.map_or(0, |layer| layer.generated);
        let patterns = layer.map(|l| l.patterns.iter().map(|(p, _)| p.clone()).collect()).unwrap_or_default();
        Reading::new(config, generated, patterns, std::mem::take(&mut self.diagnostics))
    }

    fn lay(&mut self, pattern: usize, of: &ProtocolConfig) -> Result<ProtocolConfig, String> {
        let part = self.extra.as_ref().and_then(|layer| layer.patterns.get(pattern));
        let Some((_, part)) = part.cloned() else { return Ok(of.clone()) };
        let mut config = of.clone();
        self.lay_part(&part, &mut config);
        let found: Vec<Diagnostic> = std::mem::take(&mut self.diagnostics);
        let error = found.into_iter().find(|d| d.severity == Severity::Error).map(|d| d.message);
        match error.or_else(|| self.problem(&config)) {
            Some(problem) => Err(problem),
            None => Ok(config),
        }
    }
}
