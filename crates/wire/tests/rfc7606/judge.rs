//! What an UPDATE comes to.

use godwit_wire::{AttributeContext, MessageError, ParsedAttributes, Treatment, parse_attributes};

use crate::common::*;

/// What an UPDATE comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Ok,
    /// Attribute discard.
    D,
    /// Treat as withdraw.
    W,
    /// Session reset with code 3 and this subcode.
    R(u8),
}
pub(crate) use Outcome::{D, Ok as Fine, R, W};

pub(crate) fn outcome(parsed: &Result<ParsedAttributes<'_>, MessageError>) -> Outcome {
    match parsed {
        Ok(p) => match p.verdict {
            Treatment::Accept => Fine,
            Treatment::Discard => D,
            Treatment::Withdraw => W,
        },
        Err(error) => {
            let n = error.notification();
            assert_eq!(n.code, 3, "{error}");
            R(n.subcode)
        }
    }
}

pub(crate) fn judge(block: &[u8], has_nlri: bool, context: &AttributeContext) -> Outcome {
    outcome(&parse_attributes(block, has_nlri, context))
}

/// Judges the base UPDATE with a change, which has IPv4 NLRI.
#[track_caller]
pub(crate) fn row(what: &str, external: Outcome, internal: Outcome, change: impl Fn(Block) -> Block) {
    for (is_external, want) in [(true, external), (false, internal)] {
        let block = change(Block::base(is_external)).octets();
        let got = judge(&block, true, &context(is_external));
        assert_eq!(got, want, "{what}, {}", if is_external { "external" } else { "internal" });
    }
}

pub(crate) fn put(code: u8, flags: u8, value: &[u8]) -> impl Fn(Block) -> Block + use<> {
    let octets = attribute(flags, code, value);
    move |block| block.with(code, octets.clone())
}
