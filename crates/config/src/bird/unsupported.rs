//! Protocols BIRD has and godwit has not.

use godwit_filter::Diagnostic;

use super::Reader;
use crate::lang::Parsed;

/// Protocols of BIRD that are not the business of a BGP daemon.
const OUT_OF_SCOPE: &[&str] = &["rip", "ospf", "babel", "radv"];
/// Protocols that would change which routes there are.
const REFUSED: &[&str] = &["pipe", "rpki", "aggregator", "l3vpn", "bridge", "evpn"];
/// Protocols without which the same routes are there.
const SKIPPED: &[&str] = &["bfd", "mrt", "perf", "bmp"];

/// Whether a protocol type is BIRD's and not ours.
pub(super) fn is_known(of: &str) -> bool {
    [OUT_OF_SCOPE, REFUSED, SKIPPED].iter().any(|list| list.contains(&of))
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
            self.warn(span, format!("protocol {of} is not supported yet and does nothing"));
            return Ok(());
        }
        let error = if OUT_OF_SCOPE.contains(&of) {
            Diagnostic::error(span, format!("protocol {of} is out of scope: godwit speaks BGP"))
        } else {
            Diagnostic::error(span, format!("protocol {of} is not supported yet"))
        };
        // The whole of it was read: nothing is left to skip.
        self.report(error);
        Ok(())
    }
}
