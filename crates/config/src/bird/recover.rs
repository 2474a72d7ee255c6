//! What is no token is reported and read as if something harmless stood there: one of them does not hide what else is
//! wrong with a file.

use std::collections::HashMap;

use godwit_filter::{Diagnostic, IncludeFn, SourceMap, Tokens};

use crate::lang::tokens;
use crate::load::ERRORS_MAX;

/// The tokens of a text, with what was wrong about some of them; only the latter if there is no going on.
pub(super) fn read_tokens(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
    include: &mut IncludeFn<'_>,
) -> (Option<Tokens>, Vec<Diagnostic>) {
    let mut errors: Vec<Diagnostic> = Vec::new();
    // Texts as they are, and as they are read in the end, by their names.
    let mut written: HashMap<String, String> = HashMap::from([(name.to_owned(), text.to_owned())]);
    let mut mended: HashMap<String, String> = HashMap::new();
    loop {
        let mut map = SourceMap::default();
        let main = mended.get(name).map_or(text, String::as_str).to_owned();
        let read = tokens(&mut map, name, &main, &mut |pattern, from| {
            let files = include(pattern, from)?;
            let mend = |(name, text): (String, String)| {
                let now = mended.get(&name).cloned().unwrap_or_else(|| text.clone());
                written.insert(name.clone(), text);
                (name, now)
            };
            Ok(files.into_iter().map(mend).collect())
        });
        let error = match read {
            Ok(tokens) => {
                show_as_written(sources, &map, &written);
                return (Some(tokens), errors);
            }
            Err(error) => error,
        };
        let place = map.file(error.span.file);
        let next = place.and_then(|file| Some((file.name.to_string(), mend(&file.text, &error)?)));
        errors.push(error);
        let Some((file, now)) = next.filter(|_| errors.len() < ERRORS_MAX) else {
            show_as_written(sources, &map, &written);
            return (None, errors);
        };
        mended.insert(file, now);
    }
}

/// The files in their order, for messages.
fn show_as_written(sources: &mut SourceMap, map: &SourceMap, written: &HashMap<String, String>) {
    for file in (0..).map_while(|at| map.file(at)) {
        let text = written.get(&*file.name).map_or(&*file.text, String::as_str);
        sources.add(file.name.clone(), text);
    }
}

/// The text with something else of the same length in place of what is wrong; `None` if nothing helps.
fn mend(text: &str, error: &Diagnostic) -> Option<String> {
    let (start, end) = (error.span.start as usize, error.span.end as usize);
    let (before, wrong) = (text.get(..start)?, text.get(start..end)?);
    let message = error.message.as_str();
    if message == "Unknown character" && wrong.starts_with('\r') {
        // All of them: a file has one a line.
        return Some(text.replace('\r', " "));
    }
    let (wrong, instead) = if let Some((_, wanted)) = message.split_once("maybe you wanted ") {
        (wrong, wanted.to_owned())
    } else if message.starts_with("Invalid prefix length") {
        let address = wrong.split('/').next().unwrap_or_default();
        (wrong, format!("{}/0", if address.contains(':') { "::" } else { "0.0.0.0" }))
    } else if message.starts_with("Invalid IPv4 address") {
        (wrong, "0.0.0.0".to_owned())
    } else if message.starts_with("Invalid IPv6 address") {
        (wrong, "::".to_owned())
    } else if message == "Number out of range" {
        (wrong, "1".to_owned())
    } else if message == "Symbol too long" {
        (wrong, wrong.get(..1)?.to_owned())
    } else if message == "Unterminated string" {
        // Up to the end of the line, and the statement with it.
        let line = text.get(start..)?.split('\n').next()?;
        (line, if line.ends_with(';') { "\"\" ;" } else { "\"\"" }.to_owned())
    } else if message == "Unknown character" {
        (wrong, String::new())
    } else {
        return None;
    };
    if wrong.is_empty() || instead.len() > wrong.len() {
        return None;
    }
    let after = text.get(start + wrong.len()..)?;
    Some(format!("{before}{instead:width$}{after}", width = wrong.len()))
}
