//! What several tests use.
#![allow(dead_code, clippy::disallowed_methods, clippy::missing_panics_doc)]

use std::path::{Path, PathBuf};

use godwit_config::{
    BgpConfig, Dialect, LoadOptions, Loaded, ProtocolConfig, ProtocolKind, RouterConfig, load,
};
use godwit_filter::Severity;

/// Reads a text that includes nothing, in the dialect it shows.
pub(crate) fn read(text: &str) -> Loaded {
    load("test.conf", text, &LoadOptions::default(), &mut |_, _| Err("nothing to include".into()))
}

/// Reads a text in a dialect.
pub(crate) fn read_as(text: &str, dialect: Dialect) -> Loaded {
    let options = LoadOptions { dialect: Some(dialect), ..LoadOptions::default() };
    load("test.conf", text, &options, &mut |_, _| Err("nothing to include".into()))
}

/// Reads a text in TOML.
pub(crate) fn read_toml(text: &str) -> Loaded {
    load("test.toml", text, &LoadOptions::default(), &mut |_, _| Err("nothing to include".into()))
}

/// All findings, one a line.
pub(crate) fn findings(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().map(|d| loaded.sources.one_line(d)).collect()
}

/// The configuration of a text without a word to say about it.
pub(crate) fn good(loaded: Loaded) -> RouterConfig {
    assert_eq!(findings(&loaded), Vec::<String>::new());
    loaded.config.expect("no diagnostics, so a configuration")
}

/// The warnings, without their places.
pub(crate) fn warnings(loaded: &Loaded) -> Vec<&str> {
    let warnings = loaded.diagnostics.iter().filter(|d| d.severity == Severity::Warning);
    warnings.map(|d| d.message.as_str()).collect()
}

/// The first error as `LINE MESSAGE`.
pub(crate) fn first_error(loaded: &Loaded) -> Option<String> {
    let error = loaded.first_error()?;
    let (_, line, _) = loaded.sources.position(error.span);
    Some(format!("{line} {}", error.message))
}

/// The only session of a configuration.
pub(crate) fn session(config: &RouterConfig) -> (&ProtocolConfig, &BgpConfig) {
    let mut sessions = config.protocols.iter().filter_map(|p| match &p.kind {
        ProtocolKind::Bgp(bgp) => Some((&**p, &**bgp)),
        _ => None,
    });
    sessions.next().expect("a session")
}

/// A folder of this crate or of the repository.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder by name, with their texts.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut list: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    list.sort();
    list.into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            (path, text)
        })
        .collect()
}
