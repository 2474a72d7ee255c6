//! What a front end does for a text that is laid over a router.

use std::sync::Arc;

use godwit_filter::{Diagnostic, Span};

use crate::model::{ProtocolConfig, ProtocolKind, RouterConfig};

/// Options for every protocol of a type whose name matches.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Pattern {
    /// The type, as [`ProtocolKind::name`] has it.
    pub(crate) kind: &'static str,
    /// What names match.
    pub(crate) glob: String,
    /// Where it stands.
    pub(crate) span: Span,
    /// What the options make of a protocol of which nothing is known: if that is as it was, they are.
    pub(crate) outline: ProtocolConfig,
}

impl Pattern {
    /// Whether it is for a protocol.
    pub(crate) fn matches(&self, protocol: &ProtocolConfig) -> bool {
        self.kind == protocol.kind.name() && godwit_filter::glob::matches(&self.glob, &protocol.name)
    }
}

/// What a text says over a router.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The router with the text's tables and symbols, and its own protocols.
    pub(crate) config: RouterConfig,
    /// The text's protocols.
    pub(crate) added: Vec<Arc<ProtocolConfig>>,
    /// In the order of the text.
    pub(crate) patterns: Vec<Pattern>,
    /// What is wrong, and what has no effect.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Reading {
    /// Takes the router apart: what stands behind its first `generated` protocols is the text's.
    pub(crate) fn new(
        mut config: RouterConfig,
        generated: usize,
        patterns: Vec<Pattern>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        let added = config.protocols.split_off(generated.min(config.protocols.len()));
        Self { config, added, patterns, diagnostics }
    }
}

/// A text that was read over a router.
pub(crate) trait Front {
    /// What it says; once.
    fn reading(&mut self) -> Reading;

    /// A protocol with the options of a pattern, or what would be wrong with that.
    fn lay(&mut self, pattern: usize, of: &ProtocolConfig) -> Result<ProtocolConfig, String>;
}

/// Why a session would be lost for want of keepalives. BIRD takes such times; an operator who writes a hold
/// time for many peers at once does not mean it.
pub(crate) fn times_problem(config: &ProtocolConfig) -> Option<String> {
    let ProtocolKind::Bgp(bgp) = &config.kind else { return None };
    let (keepalive, hold) = (bgp.keepalive_time_secs?, bgp.hold_time_secs);
    (hold > 0 && keepalive >= hold)
        .then(|| format!("Keepalive time ({keepalive}) must be less than hold time ({hold})"))
}
