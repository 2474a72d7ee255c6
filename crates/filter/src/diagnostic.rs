//! Errors with a place: what every front end reports, printed by the binary.

use std::fmt;
use std::sync::Arc;

/// A stretch of one source file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Span {
    /// Which file: an index into [`SourceMap`].
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can, but something has no effect or may surprise.
    Warning,
}

/// One finding about a configuration text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The place it is about.
    pub span: Span,
    /// What is wrong, in one line; where BIRD has a message of its own, that one.
    pub message: String,
    /// What stands under the caret: what was expected.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, span, message: message.into(), label: None, help: None }
    }

    /// A warning at `span`.
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// Adds what stands under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A source text by its name.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name as the user wrote it.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    /// Where its lines begin: a long file with much to say about it is not counted through each time.
    lines: Arc<[u32]>,
}

impl SourceFile {
    fn new(name: Arc<str>, text: Arc<str>) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, octet)| *octet == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect();
        Self { name, text, lines }
    }

    /// A line by its 1-based number, without its end.
    fn line(&self, number: usize) -> &str {
        let start = number.checked_sub(1).and_then(|i| self.lines.get(i));
        let end = self.lines.get(number).map_or(self.text.len(), |at| *at as usize);
        let line = start.and_then(|at| self.text.get(*at as usize..end)).unwrap_or("");
        line.lines().next().unwrap_or("")
    }
}

/// The files a configuration was read from.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and returns its index for [`Span::file`].
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> u32 {
        self.files.push(SourceFile::new(name.into(), text.into()));
        (self.files.len() - 1) as u32
    }

    /// A file by its index.
    pub fn file(&self, index: u32) -> Option<&SourceFile> {
        self.files.get(index as usize)
    }

    /// File name, 1-based line and 1-based column in bytes of a span's start.
    pub fn position(&self, span: Span) -> (Arc<str>, usize, usize) {
        let Some(file) = self.file(span.file) else { return ("".into(), 1, 0) };
        let at = file.text.get(..span.start as usize).unwrap_or(&file.text).len();
        let line = file.lines.partition_point(|start| *start as usize <= at);
        let start = line.checked_sub(1).and_then(|i| file.lines.get(i)).map_or(0, |start| *start as usize);
        let column = at - start + 1;
        (file.name.clone(), line, column)
    }

    /// The one-line form BIRD uses: `FILE:LINE:COL MESSAGE`.
    pub fn one_line(&self, d: &Diagnostic) -> String {
        let (name, line, column) = self.position(d.span);
        format!("{name}:{line}:{column} {}", d.message)
    }

    /// The form for people: position and message, the line, a caret with the label, the help.
    pub fn render<'a>(&'a self, d: &'a Diagnostic) -> impl fmt::Display + 'a {
        Rendered { map: self, d }
    }
}

struct Rendered<'a> {
    map: &'a SourceMap,
    d: &'a Diagnostic,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, line, column) = self.map.position(self.d.span);
        let kind = match self.d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{name}:{line}:{column}: {kind}: {}", self.d.message)?;
        let text = self.map.file(self.d.span.file).map_or("", |s| s.line(line));
        let number = line.to_string();
        let pad = " ".repeat(number.len());
        writeln!(f, "{pad} |")?;
        writeln!(f, "{number} | {text}")?;
        let before: String = text
            .get(..column.saturating_sub(1))
            .unwrap_or("")
            .chars()
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let length = (self.d.span.end.saturating_sub(self.d.span.start) as usize)
            .min(text.len().saturating_sub(column.saturating_sub(1)))
            .max(1);
        write!(f, "{pad} | {before}{}", "^".repeat(length))?;
        if let Some(label) = &self.d.label {
            write!(f, " {label}")?;
        }
        writeln!(f)?;
        if let Some(help) = &self.d.help {
            writeln!(f, "{pad} = help: {help}")?;
        }
        Ok(())
    }
}
