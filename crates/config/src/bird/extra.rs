//! A text in BIRD's language that is laid over a router: see [`crate::extra`].
//!
//! `template bgp "Mesh_*" { hold time 9; }` is a pattern: its options are read once more over every protocol
//! it matches, so that it sets what stands in it and nothing else.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use godwit_filter::{Diagnostic, Span, Tokens};
use godwit_wire::AddressFamily;

use super::draft::{Draft, Remote};
use super::{Reader, TableInfo};
use crate::bird::net_type::NetType;
use crate::extra::family_of;
use crate::extra::front::{Front, Pattern, Reading, times_problem};
use crate::lang::{Lang, Parsed, Place, SymbolTable};
use crate::load::LoadOptions;
use crate::model::{Dialect, Policy, ProtocolConfig, ProtocolKind, RouterConfig};

/// Statements about the whole router.
const WHOLE_ROUTER: &[&str] = &[
    "cli",
    "debug",
    "graceful",
    "hostname",
    "listen",
    "log",
    "mrtdump",
    "router",
    "threads",
    "timeformat",
    "watchdog",
];

/// What is noted of an extra text beside what a configuration has.
#[derive(Debug, Default)]
pub(super) struct Layer<'t> {
    patterns: Vec<(Pattern, Place<'t>)>,
    /// Policies by their place, and where they end: one filter serves every protocol a pattern matches.
    policies: HashMap<Span, (Policy, Place<'t>)>,
    /// How many protocols the router has without this text.
    generated: usize,
}

/// Reads a text over a router.
pub(crate) fn read_over<'t>(
    tokens: &'t Tokens,
    base: &RouterConfig,
    options: &LoadOptions,
) -> impl Front + use<'t> {
    let mut lang = Lang::with_symbols(tokens, SymbolTable::of(base));
    for (name, value) in &options.constants {
        lang.predefine(name, *value);
    }
    let table = |t: &crate::model::TableConfig| TableInfo {
        name: t.name.clone(),
        net_type: NetType::Unicast(t.family),
        sorted: false,
    };
    let mut reader = Reader {
        l: lang,
        tables: base.tables.iter().map(table).collect(),
        config: base.clone(),
        diagnostics: Vec::new(),
        drafts: Vec::new(),
        unnamed: HashMap::new(),
        family: family_of(base),
        seen_protocol: true,
        extra: Some(Layer { generated: base.protocols.len(), ..Layer::default() }),
    };
    reader.statements();
    reader
}

impl<'t> Reader<'t> {
    /// Refuses in an extra text what is not about protocols and filters.
    pub(super) fn check_scope(&self, word: &str) -> Parsed<()> {
        if self.extra.is_none() || !WHOLE_ROUTER.contains(&word) {
            return Ok(());
        }
        Err(Diagnostic::error(self.l.span(), format!("`{word}` is no statement of an extra file"))
            .label("is about the router as a whole")
            .help(
                "an extra file has protocols, templates, patterns, filters, functions, constants and tables",
            ))
    }

    /// `"PATTERN" { OPTIONS }`, after `template TYPE`.
    pub(super) fn pattern(&mut self, pattern: &str, kind: ProtocolKind) -> Parsed<()> {
        let span = self.l.span();
        if self.extra.is_none() {
            return Err(self.l.unexpected(&["a name"]).help("only an extra file has patterns"));
        }
        self.l.bump();
        if self.l.at_word("from") {
            return Err(self
                .l
                .unexpected(&["'{'"])
                .help("a pattern sets what stands in it and copies nothing"));
        }
        if !kind.is_run() {
            let message = format!("there are no patterns of protocols of type {}", kind.name());
            return Err(Diagnostic::error(span, message));
        }
        let place = self.l.place();
        let before = self.errors();
        let mut draft = self.new_draft(kind);
        // Nobody in particular, of an AS that is complete.
        draft.session.remote = Some(Remote::Address(Ipv4Addr::UNSPECIFIED.into()));
        draft.session.remote_as = Some(1);
        if let ProtocolKind::Bgp(bgp) = &mut draft.config.kind {
            bgp.local_as = 1;
        }
        self.block(&mut |reader| reader.protocol_option(&mut draft))?;
        let (outline, _) = self.finished(draft);
        let pattern = Pattern { kind: outline.kind.name(), glob: pattern.to_owned(), span, outline };
        if let (true, Some(layer)) = (self.errors() == before, &mut self.extra) {
            layer.patterns.push((pattern, place));
        }
        Ok(())
    }

    /// A policy at a place where one was read already, and what comes after it.
    pub(super) fn policy_read_before(&self, at: Span) -> Option<(Policy, Place<'t>)> {
        self.extra.as_ref()?.policies.get(&at).cloned()
    }

    pub(super) fn keep_policy(&mut self, at: Span, policy: &Policy) {
        let end = self.l.place();
        if let Some(layer) = &mut self.extra {
            layer.policies.insert(at, (policy.clone(), end));
        }
    }

    /// A router of 1.6 has one family: an extra text gives each its own.
    pub(super) fn belongs_here(&self, config: &ProtocolConfig) -> bool {
        if self.extra.is_none() || !self.is_16() {
            return true;
        }
        let ipv6 = match &config.kind {
            ProtocolKind::Bgp(bgp) => bgp.neighbor.is_ipv6(),
            ProtocolKind::Static(config) => return !config.routes.is_empty(),
            _ => return true,
        };
        ipv6 == (self.family == AddressFamily::IPV6)
    }

    /// In an extra text, a static protocol's routes go to the router of their family.
    pub(super) fn keep_routes_of_family(&self, config: &mut ProtocolConfig) {
        let one_family = self.extra.is_some() && self.config.dialect == Dialect::Bird16;
        if let (true, ProtocolKind::Static(config)) = (one_family, &mut config.kind) {
            config.routes.retain(|r| r.net.is_ipv6() == (self.family == AddressFamily::IPV6));
        }
    }

    fn laid_over(&mut self, place: &Place<'t>, of: &ProtocolConfig) -> Result<ProtocolConfig, String> {
        let mut draft = Draft::of(of);
        self.l.rewind(place);
        self.block(&mut |reader| reader.protocol_option(&mut draft)).map_err(|error| error.message)?;
        let (config, problem) = self.finished(draft);
        // A device or a kernel protocol would be told that there is one already: itself.
        let only_one = matches!(of.kind, ProtocolKind::Device(_) | ProtocolKind::Kernel(_));
        match problem.filter(|_| !only_one).or_else(|| times_problem(&config)) {
            Some(problem) => Err(problem),
            None => Ok(config),
        }
    }
}

impl Front for Reader<'_> {
    fn reading(&mut self) -> Reading {
        let mut config = self.config.clone();
        config.program = Arc::new(self.l.symbols());
        let layer = self.extra.as_ref();
        let generated = layer.map_or(0, |layer| layer.generated);
        let patterns = layer.map(|l| l.patterns.iter().map(|(p, _)| p.clone()).collect()).unwrap_or_default();
        Reading::new(config, generated, patterns, std::mem::take(&mut self.diagnostics))
    }

    fn lay(&mut self, pattern: usize, of: &ProtocolConfig) -> Result<ProtocolConfig, String> {
        let place = self.extra.as_ref().and_then(|layer| layer.patterns.get(pattern));
        let Some((_, place)) = place.cloned() else { return Ok(of.clone()) };
        let laid = self.laid_over(&place, of);
        // Warnings were given when the pattern was read first.
        let errors = std::mem::take(&mut self.diagnostics);
        let error = errors.into_iter().find(|d| d.severity == godwit_filter::Severity::Error);
        match error {
            Some(error) => Err(error.message),
            None => laid,
        }
    }
}
