//! Configuration files: reading them, what they include, and saying what is wrong with them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use godwit_config::{Dialect, LoadOptions, Loaded, RouterConfig, constants_from_database, load};
use godwit_daemon::{cannot_run, options_without_effect};
use godwit_filter::{Diagnostic, Severity, SourceMap};

use crate::flags::CheckOptions;

/// Reads a configuration file with all it includes.
///
/// # Errors
/// The file cannot be opened.
pub(crate) fn read(file: &Path, ipv6: bool) -> std::io::Result<Loaded> {
    let name = file.to_string_lossy();
    let text = std::fs::read_to_string(file)?;
    let options = LoadOptions { ipv6_daemon: ipv6, constants: constants(), ..LoadOptions::default() };
    Ok(load(&name, &text, &options, &mut include))
}

/// iproute2's names of numbers, as BIRD predefines them; a database that is not there has none.
fn constants() -> Vec<(String, u32)> {
    let databases =
        [("ipp_", "rt_protos"), ("ipr_", "rt_realms"), ("ips_", "rt_scopes"), ("ipt_", "rt_tables")];
    let read = |(prefix, file): (&str, &str)| {
        let text = std::fs::read_to_string(Path::new("/etc/iproute2").join(file)).unwrap_or_default();
        constants_from_database(prefix, &text)
    };
    databases.into_iter().flat_map(read).collect()
}

/// Reads a file that confd wrote: its dialect is known.
///
/// # Errors
/// `FILE:LINE:COL MESSAGE` lines.
pub(crate) fn load_as_16(file: &Path, ipv6: bool) -> Result<RouterConfig, Vec<String>> {
    let name = file.to_string_lossy();
    let text = std::fs::read_to_string(file)
        .map_err(|error| vec![format!("{}: {}", file.display(), system_text(&error))])?;
    let dialect = Some(Dialect::Bird16);
    let options =
        LoadOptions { ipv6_daemon: ipv6, dialect, constants: constants(), ..LoadOptions::default() };
    let loaded = load(&name, &text, &options, &mut include);
    let errors = loaded.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let errors: Vec<String> = errors.map(|d| loaded.sources.render(d).to_string()).collect();
    loaded.config.ok_or(errors)
}

/// A finding for people: BIRD's line `FILE:LINE:COL MESSAGE` (of a warning, it says that it is one), the line of the
/// file with a caret, and what to do. `godwit check` and `configure` say the same.
pub(crate) fn explained(sources: &SourceMap, d: &Diagnostic) -> String {
    let rendered = sources.render(d).to_string();
    let Some((_, excerpt)) = rendered.split_once('\n') else { return rendered };
    let (file, line, column) = sources.position(d.span);
    let kind = if d.severity == Severity::Warning { "warning: " } else { "" };
    format!("{file}:{line}:{column} {kind}{}\n{excerpt}", d.message)
}

/// Why there is no configuration at all, as BIRD says it at a start.
pub(crate) fn cannot_open(file: &Path, error: &std::io::Error) -> String {
    format!("Unable to open configuration file {}: {}", file.display(), system_text(error))
}

/// A configuration, or what is wrong with it, each with its place as [`explained`] has it. Warnings are logged.
pub(crate) fn load_file(file: &Path, ipv6: bool) -> Result<RouterConfig, Vec<String>> {
    let loaded =
        read(file, ipv6).map_err(|error| vec![format!("{}: {}", file.display(), system_text(&error))])?;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for d in &loaded.diagnostics {
        match d.severity {
            Severity::Error => errors.push(explained(&loaded.sources, d).trim_end().to_owned()),
            Severity::Warning => warnings.push(loaded.sources.one_line(d)),
        }
    }
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    match loaded.config {
        Some(config) if errors.is_empty() => {
            check_log(&config, file).map_err(|error| vec![error])?;
            refuse(&config, file)?;
            log_options_without_effect(&config);
            Ok(config)
        }
        _ => Err(errors),
    }
}

/// A configuration whose log cannot be written is no good, as with BIRD.
///
/// # Errors
/// `FILE: MESSAGE`.
pub(crate) fn check_log(config: &RouterConfig, file: &Path) -> Result<(), String> {
    godwit_observe::Log::check(config).map_err(|error| format!("{}: {error}", file.display()))
}

/// What a router cannot do without is not left out.
///
/// # Errors
/// `FILE: MESSAGE`, a line for each.
fn refuse(config: &RouterConfig, file: &Path) -> Result<(), Vec<String>> {
    let lines: Vec<String> =
        cannot_run(config).iter().map(|line| format!("{}: {line}", file.display())).collect();
    if lines.is_empty() { Ok(()) } else { Err(lines) }
}

/// Names in the log what was read and is not followed.
pub(crate) fn log_options_without_effect(config: &RouterConfig) {
    for line in options_without_effect(config) {
        tracing::warn!("{line}");
    }
}

/// Checks a file and explains every finding.
pub(crate) fn check(options: &CheckOptions) -> ExitCode {
    let loaded = match read(&options.config, options.ipv6) {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("bird: {}", cannot_open(&options.config, &error));
            return ExitCode::from(1);
        }
    };
    for d in &loaded.diagnostics {
        if d.severity == Severity::Error || options.say_good {
            eprint!("{}", explained(&loaded.sources, d));
        }
    }
    if loaded.config.is_none() || loaded.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return ExitCode::from(1);
    }
    if let Some(Err(lines)) = loaded.config.as_ref().map(|config| refuse(config, &options.config)) {
        lines.iter().for_each(|line| eprintln!("{line}"));
        return ExitCode::from(1);
    }
    if options.say_good {
        for line in loaded.config.iter().flat_map(options_without_effect) {
            eprintln!("warning: {line}");
        }
        println!("{}: configuration OK", options.config.display());
    }
    if options.run_tests {
        return run_tests(&loaded);
    }
    ExitCode::SUCCESS
}

/// Runs the tests (`bt_test_suite`, `bt_test_same`) of a configuration and tells what each gave.
fn run_tests(loaded: &Loaded) -> ExitCode {
    let outcomes = loaded.config.iter().flat_map(|config| config.program.run_tests());
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for outcome in outcomes {
        for line in &outcome.messages {
            println!("{line}");
        }
        let verdict = if outcome.passed() { "passed" } else { "FAILED" };
        println!("{verdict} {}: {} ({} assertions)", outcome.name, outcome.text, outcome.checks);
        for line in &outcome.failures {
            println!("    {line}");
        }
        if outcome.passed() { passed += 1 } else { failed += 1 }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Resolves an `include`: relative to the file it stands in; a wildcard may match nothing.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn include(pattern: &str, from: &str) -> Result<Vec<(String, String)>, String> {
    let path = Path::new(from).parent().unwrap_or(Path::new("")).join(pattern);
    let mut files: Vec<PathBuf> = Vec::new();
    if pattern.contains(['?', '*', '[']) {
        let found = glob::glob(&path.to_string_lossy())
            .map_err(|e| format!("Unable to match pattern {pattern}: {e}"))?;
        files.extend(found.filter_map(Result::ok).filter(|p| !p.is_dir()));
        files.sort();
    } else {
        files.push(path);
    }
    let read = |file: PathBuf| {
        let name = file.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("Unable to open included file {name}: {}", system_text(&error)))?;
        Ok((name, text))
    };
    files.into_iter().map(read).collect()
}

/// The system's words without the number Rust puts behind them.
pub(crate) fn system_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
