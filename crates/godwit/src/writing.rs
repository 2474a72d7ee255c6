//! `godwit fmt` and `godwit convert`: configurations written in another form.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use godwit_config::{Language, LoadOptions, compare, convert, format, load};
use godwit_filter::{Severity, SourceMap};
use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

use crate::flags::{HELP, Invocation};
use crate::loading;

/// `godwit fmt FILE`.
#[derive(Clone, Debug)]
pub(crate) struct FormatOptions {
    file: PathBuf,
    /// `-w`: into the file.
    write: bool,
    /// `--check`: only say whether it has its form.
    check: bool,
}

/// `godwit convert FILE --to LANGUAGE`.
#[derive(Clone, Debug)]
pub(crate) struct ConvertOptions {
    file: PathBuf,
    /// A 1.6 file is for IPv6 (`bird6`).
    ipv6: bool,
    language: Language,
}

pub(crate) fn parse_format(mut args: lexopt::Parser) -> Result<Invocation, lexopt::Error> {
    let (mut file, mut write, mut check) = (None, false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Value(value) if file.is_none() => file = Some(value.into()),
            Short('w') | Long("write") => write = true,
            Long("check") => check = true,
            Short('h') | Long("help") => return Ok(Invocation::Help(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    let file = file.ok_or("which file? godwit fmt FILE")?;
    Ok(Invocation::Format(FormatOptions { file, write, check }))
}

pub(crate) fn parse_convert(mut args: lexopt::Parser) -> Result<Invocation, lexopt::Error> {
    let (mut file, mut ipv6, mut language) = (None, false, None);
    while let Some(arg) = args.next()? {
        match arg {
            Value(value) if file.is_none() => file = Some(value.into()),
            Short('6') => ipv6 = true,
            Long("to") => {
                language = Some(match args.value()?.string()?.as_str() {
                    "bird2" => Language::Bird2,
                    "toml" => Language::Toml,
                    other => return Err(format!("--to {other}: it is toml or bird2").into()),
                });
            }
            Short('h') | Long("help") => return Ok(Invocation::Help(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    let file = file.ok_or("which file? godwit convert FILE --to toml|bird2")?;
    let language = language.ok_or("into what? --to toml or --to bird2")?;
    Ok(Invocation::Convert(ConvertOptions { file, ipv6, language }))
}

/// Writes a file in canonical form, if it means the same then.
pub(crate) fn run_format(options: &FormatOptions) -> ExitCode {
    let name = options.file.to_string_lossy();
    if name.to_ascii_lowercase().ends_with(".toml") {
        eprintln!("godwit fmt: {name}: only a bird.conf has a canonical form");
        return ExitCode::FAILURE;
    }
    let text = match std::fs::read_to_string(&options.file) {
        Ok(text) => text,
        Err(error) => return cannot("open", &options.file, &error),
    };
    let mut sources = SourceMap::default();
    let written = match format(&mut sources, &name, &text) {
        Ok(written) => written,
        Err(error) => {
            eprint!("{}", loading::explained(&sources, &error));
            return ExitCode::FAILURE;
        }
    };
    if let Err(why) = means_the_same(&name, &text, &written) {
        eprintln!("godwit fmt: {name}: {why}: nothing was written");
        return ExitCode::FAILURE;
    }
    if options.check {
        if written == text {
            return ExitCode::SUCCESS;
        }
        eprintln!("{name}: not in canonical form");
        return ExitCode::FAILURE;
    }
    if !options.write {
        print!("{written}");
        return ExitCode::SUCCESS;
    }
    match if written == text { Ok(()) } else { replace(&options.file, &written) } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cannot("write", &options.file, &error),
    }
}

/// The file as a whole, or as it was.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    // Through links: what they lead to is what is written.
    let file = std::fs::canonicalize(file)?;
    let mut beside = file.clone().into_os_string();
    beside.push(".fmt");
    let permissions = std::fs::metadata(&file)?.permissions();
    std::fs::write(&beside, text)?;
    std::fs::set_permissions(&beside, permissions)?;
    std::fs::rename(&beside, &file)
}

/// That a file loads as it did. One that is a part of another need not load at all; its tokens are the same.
fn means_the_same(name: &str, was: &str, now: &str) -> Result<(), String> {
    let read = |text: &str| load(name, text, &LoadOptions::default(), &mut loading::include).config;
    match (read(was), read(now)) {
        (None, None) => Ok(()),
        (Some(was), Some(now)) => match compare(&was, &now).first() {
            None => Ok(()),
            Some(difference) => Err(format!("in canonical form it would not be the same: {difference}")),
        },
        _ => Err("in canonical form it would not load as it does".into()),
    }
}

/// Writes a configuration in another language, if it means the same there.
pub(crate) fn run_convert(options: &ConvertOptions) -> ExitCode {
    let name = options.file.display();
    let loaded = match loading::read(&options.file, options.ipv6) {
        Ok(loaded) => loaded,
        Err(error) => return cannot("open", &options.file, &error),
    };
    for d in loaded.diagnostics.iter().filter(|d| d.severity == Severity::Error) {
        eprint!("{}", loading::explained(&loaded.sources, d));
    }
    let Some(config) = loaded.config else { return ExitCode::FAILURE };
    // What has no effect has no place in the model either: it would be lost without a word.
    for d in loaded.diagnostics.iter().filter(|d| d.severity == Severity::Warning) {
        eprint!("{}", loading::explained(&loaded.sources, d));
    }
    match convert(&config, options.language) {
        Ok(converted) => {
            print!("{}", converted.text);
            for note in converted.notes {
                eprintln!("note: {note}");
            }
            eprintln!(
                "note: what was written has no comments, templates and includes: {name} has been read with all of them"
            );
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprintln!("godwit convert: {name} cannot be written so that it means the same:");
            problems.iter().for_each(|problem| eprintln!("  {problem}"));
            ExitCode::FAILURE
        }
    }
}

fn cannot(what: &str, file: &Path, error: &std::io::Error) -> ExitCode {
    eprintln!("godwit: Unable to {what} {}: {}", file.display(), loading::system_text(error));
    ExitCode::FAILURE
}
