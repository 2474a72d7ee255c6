//! Protocols BIRD has and godwit has not.

use godwit_filter::Diagnostic;

use super::Reader;
use crate::lang::Parsed;

/// Other routing protocols of BIRD's, which are not the business of a BGP daemon.
const OTHER: &[&str] = &["rip", "ospf", "babel", "radv"];
/// Protocols of BIRD's that make routes, for purposes which are not ours.
const OUT_OF_SCOPE: &[&str] = &["aggregator", "l3vpn", "bridge", "evpn"];
/// Protocols of BIRD's without which the same routes are there.
const SKIPPED: &[&str] = &["mrt", "perf", "bmp"];

/// Whether a protocol type is BIRD's and not ours.
pub(super) fn is_known(of: &str) -> bool {
    [OTHER, OUT_OF_SCOPE, SKIPPED].iter().any(|list| list.contains(&of))
}

impl Reader<'_> {
    /// `protocol TYPE … { … }` from the type on.
    pub(super) fn unsupported_protocol(&mut self, of: &str, template: bool) -> Parsed<()> {
        let span = self.l.span();
        self.l.bump();
        // `ospf v2`, `rip ng`
        if matches!((of, self.l.word()), ("ospf", Some("v2" | "v3")) | ("rip", Some("ng"))) {
            self.l.bump();
        }
        if self.l.word().is_some() && !self.l.at_word("from") {
            let name = self.l.ident("a name")?;
            let class = if template {
                godwit_filter::SymbolClass::Template
            } else {
                godwit_filter::SymbolClass::Protocol
            };
            self.l.reserve(&name, class)?;
        }
        if self.l.eat_word("from") {
            self.l.ident("a template's name")?;
        }
        self.skip_block()?;
        self.seen_protocol |= !template;
        if SKIPPED.contains(&of) {
            self.warn(span, format!("protocol {of} has no effect: godwit has no such protocol"));
            return Ok(());
        }
        let message = if OTHER.contains(&of) {
            format!("protocol {of} is out of scope: godwit speaks BGP")
        } else {
            format!("protocol {of} is out of scope: godwit has no such protocol")
        };
        // The whole of it was read: nothing is left to skip.
        self.report(
            Diagnostic::error(span, message).help("take it out, or leave it to a BIRD beside godwit"),
        );
        Ok(())
    }
}
