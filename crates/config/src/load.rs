//! From text to a configuration.

use godwit_filter::{Diagnostic, IncludeFn, Severity, SourceMap};

use crate::birdconf;
use crate::model::RouterConfig;

/// How a text is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LoadOptions {
    /// A file in the 1.6 dialect is for the IPv6 daemon (`bird6`).
    pub ipv6_daemon: bool,
    /// Which language it is in.
    pub format: Format,
}

/// A configuration language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// TOML if the name ends in `.toml`, else BIRD's.
    #[default]
    Auto,
    /// BIRD's, either dialect.
    Bird,
    /// TOML.
    Toml,
}

/// What came of reading a configuration.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration; none if there is an error.
    pub config: Option<RouterConfig>,
    /// Everything found, in the order of the text; errors first that BIRD would report.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that diagnostics point into.
    pub sources: SourceMap,
}

/// Reads a configuration. `name` is the file's name as messages are to show it; `include` finds the
/// files of `include` statements.
pub fn load(name: &str, text: &str, options: &LoadOptions, include: &mut IncludeFn<'_>) -> Loaded {
    let toml = match options.format {
        Format::Toml => true,
        Format::Bird => false,
        Format::Auto => {
            std::path::Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"))
        }
    };
    let mut sources = SourceMap::default();
    let (config, diagnostics) = if toml {
        crate::toml_front::read(name, text, &mut sources)
    } else {
        birdconf::read(name, text, options.ipv6_daemon, &mut sources, include)
    };
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Loaded { config: config.filter(|_| !failed), diagnostics, sources }
}
