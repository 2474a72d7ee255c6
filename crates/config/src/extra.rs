//! Configuration of the operator's own, laid over routers that something else computes: more protocols, more
//! filters, and other options for the protocols there are.

pub(crate) mod front;
mod layer;

use std::fmt;
use std::sync::Arc;

use godwit_filter::{Diagnostic, Severity, SourceMap, Span, Tokens};
use godwit_wire::AddressFamily;

use self::front::Front;
use self::layer::{Laid, Layer};
use crate::lang::{misses_a_name, tokens};
use crate::load::{Format, IncludeLoader, LoadOptions, is_toml};
use crate::model::{Dialect, RouterConfig};
use crate::{bird, toml};

/// A text in BIRD's language or TOML that was read, to be laid over routers.
///
/// In the language of 1.6, as in TOML, each router has one family: a session goes to the router of its neighbor's
/// family, a static route to its own, everything else to both.
#[derive(Debug)]
pub struct Extra {
    source: Source,
    options: LoadOptions,
    sources: SourceMap,
    warnings: Vec<Diagnostic>,
    /// What was made of each router, by its place in the list.
    layers: Vec<Layer>,
}

/// The text as far as it can be read without a router.
#[derive(Debug)]
enum Source {
    Bird(Tokens),
    Toml(Box<toml::Text>),
}

/// What comes of [`Extra::apply`].
#[derive(Clone, PartialEq, Debug)]
pub struct Applied {
    /// The routers in the order they were given. One that is as before is the same as before.
    pub routers: Vec<Arc<RouterConfig>>,
    /// What was left out and why, with its place in the text: everything else applies.
    pub remarks: Vec<String>,
}

/// Why a text is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub struct ExtraError {
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

/// Every error with its line and a caret.
impl fmt::Display for ExtraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostics.iter().try_for_each(|d| write!(f, "{}", self.sources.render(d)))
    }
}

impl ExtraError {
    /// Every error in a line: `FILE:LINE:COLUMN MESSAGE`.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.diagnostics.iter().map(|d| self.sources.one_line(d))
    }
}

impl Extra {
    /// Reads a text. `name` is how messages call it; its ending decides the language unless `options` does.
    /// A name that is not defined may be one of a router, so that [`apply`](Self::apply) is who misses it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(
        name: &str,
        text: &str,
        options: &LoadOptions,
        include: &mut IncludeLoader<'_>,
    ) -> Result<Self, ExtraError> {
        let mut sources = SourceMap::default();
        let source = if is_toml(name, options.format) {
            toml::Text::new(&mut sources, name, text).map(|text| Source::Toml(Box::new(text)))
        } else {
            tokens(&mut sources, name, text, include).map(Source::Bird).map_err(|e| quotes(e, text))
        };
        let source = match source {
            Ok(source) => source,
            Err(error) => return Err(ExtraError { diagnostics: vec![error], sources }),
        };
        let options = LoadOptions { format: Format::Auto, ..options.clone() };
        let mut extra = Self { source, options, sources, warnings: Vec::new(), layers: Vec::new() };
        let mut found: Vec<Diagnostic> = Vec::new();
        for ipv6 in [false, true] {
            let base = crate::lang::without_symbols(RouterConfig::new(Dialect::Bird16, ipv6));
            for diagnostic in extra.front(&base).reading().diagnostics {
                if !misses_a_name(&diagnostic) && !found.contains(&diagnostic) {
                    found.push(diagnostic);
                }
            }
        }
        let (errors, warnings) = found.into_iter().partition(|d| d.severity == Severity::Error);
        extra.warnings = warnings;
        let errors: Vec<Diagnostic> = errors;
        if errors.is_empty() {
            Ok(extra)
        } else {
            Err(ExtraError { diagnostics: errors, sources: extra.sources })
        }
    }

    /// What has no effect, with its line and a caret.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.warnings.iter().map(|d| self.sources.render(d).to_string())
    }

    fn front(&self, base: &RouterConfig) -> Box<dyn Front + '_> {
        match &self.source {
            Source::Bird(tokens) => Box::new(bird::read_over(tokens, base, &self.options)),
            Source::Toml(text) => Box::new(text.read_over(base, &self.options)),
        }
    }

    /// Lays the text over the routers of a node. What was made of a protocol is kept, so that of many only those
    /// are made again that changed; a router that is given once more costs nothing.
    pub fn apply(&mut self, routers: &[Arc<RouterConfig>]) -> Applied {
        let mut layers = std::mem::take(&mut self.layers);
        layers.resize_with(routers.len(), Layer::default);
        for (layer, base) in layers.iter_mut().zip(routers) {
            if !layer.is_of(base) {
                let mut front = self.front(base);
                let reading = front.reading();
                *layer = std::mem::take(layer).again(base, reading, &mut *front);
            }
        }
        let laid: Vec<&Laid> = layers.iter().filter_map(Layer::laid).collect();
        let applied = Applied {
            routers: laid.iter().map(|l| l.router.clone()).collect(),
            remarks: self.remarks(&laid),
        };
        self.layers = layers;
        applied
    }

    /// What was left out of some router, and the patterns that match in none.
    fn remarks(&self, laid: &[&Laid]) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        let mut add = |remark: String| {
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        };
        for (span, text) in laid.iter().flat_map(|l| &l.left_out) {
            add(format!("{} {text}", self.place(*span)));
        }
        for (pattern, _) in laid.iter().flat_map(|l| &l.matches) {
            let in_others = laid.iter().flat_map(|l| &l.matches).filter(|(p, _)| p.span == pattern.span);
            if in_others.map(|(_, count)| count).sum::<usize>() == 0 {
                let (kind, glob) = (pattern.kind, &pattern.glob);
                add(format!("{} \"{glob}\" matches no protocol of type {kind}", self.place(pattern.span)));
            }
        }
        remarks
    }

    fn place(&self, span: Span) -> String {
        let (name, line, column) = self.sources.position(span);
        format!("{name}:{line}:{column}")
    }
}

/// A pattern in quotes of names is no token.
fn quotes(error: Diagnostic, text: &str) -> Diagnostic {
    let at = text.get(error.span.start as usize..).unwrap_or_default();
    if error.span.file == 0 && at.starts_with('\'') {
        error.help("names stand in single quotes, patterns with `*` and `?` in double ones")
    } else {
        error
    }
}

/// The family of a router of 1.6; the first of others.
pub(crate) fn family_of(router: &RouterConfig) -> AddressFamily {
    router.tables.first().map_or(AddressFamily::IPV4, |t| t.family)
}
