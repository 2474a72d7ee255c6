//! Which dialect a file is in, from its tokens (bird.md §0).

use super::net_type::NET_TYPES;
use crate::Dialect;
use crate::lang::{Lang, Tok};

/// The dialect of a file; one that is right in both is read as what the daemon is.
pub(super) fn dialect(tokens: &mut Lang<'_>, ipv6_daemon: bool) -> Dialect {
    let mut scan = Scan { depth: 0, protocol: None, channels: true, bare: false };
    match scan.run(tokens) {
        Some(dialect) => dialect,
        None if scan.bare || ipv6_daemon => Dialect::Bird16,
        None => Dialect::Bird2,
    }
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
}

impl<'t> Scan<'t> {
    /// The dialect as soon as something shows it.
    fn run(&mut self, tokens: &mut Lang<'t>) -> Option<Dialect> {
        let mut start = true;
        loop {
            match tokens.tok() {
                Tok::End => return None,
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
                        (0, _) => self.top(word, tokens.word_at(1)),
                        (1, Some(of)) => option(of, word, tokens.tok_at(1)),
                        _ => None,
                    };
                    if shown.is_some() {
                        return shown;
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
fn option(of: &str, word: &str, next: Tok<'_>) -> Option<Dialect> {
    let channel = matches!(next, Tok::Mark("{" | ";") | Tok::Word("multicast" | "mpls" | "sadr"));
    if channel && NET_TYPES.contains(&word) {
        return Some(Dialect::Bird2);
    }
    if WITH_CHANNELS.contains(&of) && CHANNEL_OPTIONS.contains(&word) {
        return Some(Dialect::Bird16);
    }
    let bgp = of == "bgp" && SESSION_OPTIONS_2.contains(&word);
    bgp.then_some(Dialect::Bird2)
}
