//! Which dialect a file is in, from its tokens (bird.md §0).

use godwit_filter::{Diagnostic, SourceMap, Span};

use super::net_type::NET_TYPES;
use crate::Dialect;
use crate::lang::{Lang, Tok};

/// What a file shows of its dialect.
pub(super) struct Found {
    pub(super) dialect: Dialect,
    /// The first sign of that one and of the other, if there are both.
    signs: Option<(Span, Span)>,
}

impl Found {
    /// The error of a file that mixes the dialects: to be told beside what that makes wrong.
    pub(super) fn mixed(&self, sources: &SourceMap) -> Option<Diagnostic> {
        let (own, other) = self.signs?;
        let (here, there) = match self.dialect {
            Dialect::Bird16 => ("1.6", "2.x"),
            Dialect::Bird2 => ("2.x", "1.6"),
        };
        let (file, line, _) = sources.position(own);
        let error = Diagnostic::error(other, "this configuration mixes the languages of BIRD 1.6 and 2.x");
        let help = format!("it is read as one of {here}, for what stands at {file}:{line}");
        Some(error.label(format!("only {there} has this")).help(help))
    }
}

/// The dialect of a file; one that is right in both is read as what the daemon is.
pub(super) fn dialect(tokens: &mut Lang<'_>, ipv6_daemon: bool) -> Found {
    let mut scan = Scan { depth: 0, protocol: None, channels: true, bare: false, signs: Vec::new() };
    scan.run(tokens);
    // What only one of them can say goes before what may be out of place.
    let first = |sure: bool| scan.signs.iter().find(|s| s.sure || !sure).map(|s| s.dialect);
    let dialect = match first(true).or_else(|| first(false)) {
        Some(dialect) => dialect,
        None if scan.bare || ipv6_daemon => Dialect::Bird16,
        None => Dialect::Bird2,
    };
    let of = |own: bool| scan.signs.iter().find(|s| (s.dialect == dialect) == own).map(|s| s.span);
    Found { dialect, signs: of(true).zip(of(false)) }
}

/// Something that shows a dialect.
struct Sign {
    dialect: Dialect,
    /// Whether it cannot be an option of the other that is out of place.
    sure: bool,
    span: Span,
}

/// Protocols that reach tables through channels in 2.x.
const WITH_CHANNELS: &[&str] = &["bgp", "kernel", "static", "direct", "ospf", "rip", "babel"];
/// Words that begin a protocol's option in 1.6 and a channel's in 2.x.
const CHANNEL_OPTIONS: &[&str] =
    &["import", "export", "table", "preference", "receive", "next", "gateway", "add", "secondary"];
/// Words that begin an option only 2.x has.
const SESSION_OPTIONS_2: &[&str] = &["strict", "enforce", "confederation", "dynamic", "free"];

struct Scan<'t> {
    depth: u32,
    /// The type of the protocol we are in.
    protocol: Option<&'t str>,
    /// Whether that has a channel.
    channels: bool,
    /// Whether some protocol that should have channels has none.
    bare: bool,
    signs: Vec<Sign>,
}

impl<'t> Scan<'t> {
    /// Finds what shows one.
    fn run(&mut self, tokens: &mut Lang<'t>) {
        let mut start = true;
        loop {
            match tokens.tok() {
                Tok::End => return,
                Tok::Mark("{") => {
                    self.depth += 1;
                    start = true;
                }
                Tok::Mark("}") => {
                    self.depth = self.depth.saturating_sub(1);
                    start = true;
                    if self.depth == 0 {
                        self.bare |= self.protocol.take().is_some() && !self.channels;
                    }
                }
                Tok::Mark(";") => start = true,
                Tok::Word(word) if std::mem::take(&mut start) => {
                    let shown = match (self.depth, self.protocol) {
                        (0, _) => self.top(word, tokens.word_at(1)).map(|dialect| (dialect, true)),
                        (1, Some(of)) => option(of, word, tokens.tok_at(1)),
                        _ => None,
                    };
                    if let Some((dialect, sure)) = shown {
                        self.signs.push(Sign { dialect, sure, span: tokens.span() });
                    }
                }
                _ => start = false,
            }
            tokens.bump();
        }
    }

    fn top(&mut self, word: &str, next: Option<&'t str>) -> Option<Dialect> {
        match (word, next) {
            ("protocol" | "template", Some(of)) => {
                self.protocol = Some(of);
                self.channels = !WITH_CHANNELS.contains(&of);
            }
            ("listen", Some("bgp")) | ("roa", Some("table")) | ("table", Some(_)) => {
                return Some(Dialect::Bird16);
            }
            ("hostname" | "attribute" | "cli" | "threads", _) => return Some(Dialect::Bird2),
            (_, Some("table" | "sadr")) if NET_TYPES.contains(&word) => return Some(Dialect::Bird2),
            _ => {}
        }
        None
    }
}

/// What an option of a protocol shows.
fn option(of: &str, word: &str, next: Tok<'_>) -> Option<(Dialect, bool)> {
    let channel = matches!(next, Tok::Mark("{" | ";") | Tok::Word("multicast" | "mpls" | "sadr"));
    if channel && NET_TYPES.contains(&word) {
        return Some((Dialect::Bird2, true));
    }
    if of == "device" && word == "primary" {
        return Some((Dialect::Bird16, true));
    }
    if WITH_CHANNELS.contains(&of) && CHANNEL_OPTIONS.contains(&word) {
        return Some((Dialect::Bird16, false));
    }
    let bgp = of == "bgp" && SESSION_OPTIONS_2.contains(&word);
    bgp.then_some((Dialect::Bird2, false))
}
