//! What a text makes of one router, and what of that can be kept.

use std::collections::HashMap;
use std::sync::Arc;

use godwit_filter::{Diagnostic, Severity, Span};

use super::front::{Front, Pattern, Reading};
use crate::model::{ProtocolConfig, RouterConfig};

/// What was made of a router; nothing yet by default.
#[derive(Debug, Default)]
pub(super) struct Layer {
    base: Option<Arc<RouterConfig>>,
    laid: Option<Laid>,
    /// Protocols that a pattern matches: as they were given, and what became of them.
    made: HashMap<String, Made>,
}

/// A protocol with the options of patterns.
#[derive(Clone, Debug)]
struct Made {
    source: Arc<ProtocolConfig>,
    result: Arc<ProtocolConfig>,
    left_out: Vec<(Span, String)>,
}

/// A router with the text over it.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) router: Arc<RouterConfig>,
    pub(super) left_out: Vec<(Span, String)>,
    /// How many protocols each pattern matches.
    pub(super) matches: Vec<(Pattern, usize)>,
    added: Vec<Arc<ProtocolConfig>>,
}

impl Layer {
    /// Whether it is of this router.
    pub(super) fn is_of(&self, base: &Arc<RouterConfig>) -> bool {
        self.base.as_ref().is_some_and(|known| Arc::ptr_eq(known, base))
    }

    pub(super) fn laid(&self) -> Option<&Laid> {
        self.laid.as_ref()
    }

    /// The layer over another router; what is as before stays the same.
    pub(super) fn again(mut self, base: &Arc<RouterConfig>, reading: Reading, front: &mut dyn Front) -> Self {
        let old = self.laid.take();
        let Reading { mut config, mut added, patterns, diagnostics } = reading;
        let same_patterns = old.as_ref().is_some_and(|old| old.matches.iter().map(|(p, _)| p).eq(&patterns));
        let mut matches: Vec<(Pattern, usize)> = patterns.into_iter().map(|p| (p, 0)).collect();
        let mut left_out: Vec<(Span, String)> = diagnostics.iter().filter_map(remark).collect();
        let mut made = HashMap::new();
        for protocol in &mut config.protocols {
            let matching: Vec<usize> = matches
                .iter_mut()
                .enumerate()
                .filter(|(_, (pattern, _))| pattern.matches(protocol))
                .map(|(at, (_, count))| {
                    *count += 1;
                    at
                })
                .collect();
            if matching.is_empty() {
                continue;
            }
            let known = self.made.remove(&protocol.name);
            let now = match known {
                Some(known) if same_patterns && Arc::ptr_eq(&known.source, protocol) => known,
                known => {
                    let mut now = make(protocol, &matching, &matches, front);
                    if let Some(known) = known.filter(|known| known.result == now.result) {
                        now.result = known.result;
                    }
                    now
                }
            };
            left_out.extend(now.left_out.iter().cloned());
            *protocol = now.result.clone();
            made.insert(protocol.name.clone(), now);
        }
        if let Some(old) = &old {
            for protocol in &mut added {
                if let Some(same) = old.added.iter().find(|p| *p == protocol) {
                    *protocol = same.clone();
                }
            }
        }
        config.protocols.extend(added.iter().cloned());
        let programs = [Some(&base.program), old.as_ref().map(|old| &old.router.program)];
        if let Some(same) = programs.into_iter().flatten().find(|p| **p == config.program) {
            config.program = same.clone();
        }
        let router = match old {
            Some(old) if *old.router == config => old.router,
            _ => Arc::new(config),
        };
        let laid = Laid { router, left_out, matches, added };
        Self { base: Some(base.clone()), laid: Some(laid), made }
    }
}

/// Lays patterns over a protocol, one after the other; one that does not fit is left out.
fn make(
    source: &Arc<ProtocolConfig>,
    matching: &[usize],
    patterns: &[(Pattern, usize)],
    front: &mut dyn Front,
) -> Made {
    let mut left_out = Vec::new();
    let mut result = source.clone();
    for at in matching {
        match front.lay(*at, &result) {
            Ok(laid) if laid == *result => {}
            Ok(laid) => result = Arc::new(laid),
            Err(message) => {
                let span = patterns.get(*at).map(|(p, _)| p.span).unwrap_or_default();
                left_out.push((span, format!("is left out for {}: {message}", source.name)));
            }
        }
    }
    Made { source: source.clone(), result, left_out }
}

/// An error when the text is laid over a router: warnings were given when it was loaded.
fn remark(found: &Diagnostic) -> Option<(Span, String)> {
    let mut text = format!("is left out: {}", found.message);
    for more in [&found.label, &found.help].into_iter().flatten() {
        text.extend([" (", more, ")"]);
    }
    (found.severity == Severity::Error).then_some((found.span, text))
}
