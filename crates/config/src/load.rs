//! The one way in: a text becomes a configuration and what there is to say about it.

use godwit_filter::{Diagnostic, IncludeFn, Severity, SourceMap};

use crate::{Dialect, RouterConfig, bird, toml};

/// What `include "pattern";` brings in: called with the pattern and the name of the including file,
/// it gives names and texts of files in order, or BIRD's words on what is wrong. Relative patterns
/// start from the including file's folder; one with a wildcard may match nothing.
pub type IncludeLoader<'a> = IncludeFn<'a>;

/// After so many errors the rest is of no interest.
pub(crate) const ERRORS_MAX: usize = 20;

/// Which language a text is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// TOML if the name ends in `.toml`, else bird.conf.
    #[default]
    Auto,
    /// bird.conf.
    Bird,
    /// TOML.
    Toml,
}

/// How to read a text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LoadOptions {
    /// In the 1.6 dialect: this is `bird6`, the IPv6 daemon.
    pub ipv6_daemon: bool,
    /// The language.
    pub format: Format,
    /// The dialect of a bird.conf; none: as the file itself shows.
    pub dialect: Option<Dialect>,
    /// Predefined constants, such as [`constants_from_database`](crate::constants_from_database) gives.
    pub constants: Vec<(String, u32)>,
}

/// What came of a text.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The configuration; `None` if there are errors.
    pub config: Option<RouterConfig>,
    /// Errors and warnings in the order they were found; the first error is the one BIRD reports.
    pub diagnostics: Vec<Diagnostic>,
    /// The files read, to show diagnostics with.
    pub sources: SourceMap,
}

impl Loaded {
    /// The first error.
    pub fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.severity == Severity::Error)
    }
}

/// Reads a configuration. `name` is how messages call the text.
pub fn load(name: &str, text: &str, options: &LoadOptions, include: &mut IncludeLoader<'_>) -> Loaded {
    let mut sources = SourceMap::default();
    let (config, diagnostics) = if is_toml(name, options.format) {
        toml::read(&mut sources, name, text, options)
    } else {
        bird::read(&mut sources, name, text, options, include)
    };
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Loaded { config: config.filter(|_| !failed), diagnostics, sources }
}

/// Whether a text of this name is in TOML.
pub(crate) fn is_toml(name: &str, format: Format) -> bool {
    match format {
        Format::Toml => true,
        Format::Auto => name.len() > 5 && name.to_ascii_lowercase().ends_with(".toml"),
        Format::Bird => false,
    }
}
