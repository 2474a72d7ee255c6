//! What is said of commands that cannot be carried out.

use godwit_api::{Refusal, Reply, Selector};
use godwit_config::{Dialect, RouterConfig};

use super::Context;
use crate::Framer;
use crate::command::{ParseError, Token};

pub(super) const SYM: &str = "CF_SYM_KNOWN";
/// A reply code and its text.
pub(super) type Refused = (u16, String);

/// Whether a word is a symbol of the configuration.
pub(super) fn known(config: &RouterConfig, name: &str) -> bool {
    config.protocols.iter().any(|p| p.name == name)
        || config.tables.iter().any(|t| t.name == name)
        || config.program.lookup(name).is_some()
}

pub(super) fn protocol_name(c: &Context, name: &str, expected: &str) -> Result<(), Refused> {
    if c.config.protocols.iter().any(|p| p.name == name) {
        return Ok(());
    }
    Err(match c.dialect {
        Dialect::Bird2 if !known(&c.config, name) => {
            (9001, format!("syntax error, unexpected CF_SYM_UNDEFINED, expecting {expected}"))
        }
        _ => (9002, format!("{name} is not a protocol")),
    })
}

pub(super) fn bad_selector(c: &Context, selector: &Selector) -> Option<Refused> {
    let Selector::Name(name) = selector else { return None };
    protocol_name(c, name, "CF_SYM_KNOWN or TEXT or ALL").err()
}

pub(super) fn refuse(out: &mut Framer, reply: Reply) {
    let (code, text) = match reply {
        Reply::NothingToDo => (19, "Nothing to do".into()),
        Reply::Refused(Refusal::NoSuchProtocol(name)) => (9002, format!("{name} is not a protocol")),
        Reply::Refused(Refusal::NoSuchTable(name)) => (9001, format!("{name} is not a table")),
        Reply::Refused(Refusal::ProtocolDown) => (8005, "Protocol is down".into()),
        Reply::Refused(Refusal::Other(text)) => (9001, text),
        _ => (9001, "the router gave no answer".into()),
    };
    out.end(code, &text);
}

pub(super) fn error_text(e: &ParseError, c: &Context) -> String {
    match e {
        ParseError::Message(text) if c.dialect == Dialect::Bird16 && text.starts_with("Invalid IPv") => {
            "Invalid prefix".into()
        }
        ParseError::Message(text) => text.clone(),
        ParseError::Unexpected { .. } if c.dialect == Dialect::Bird16 => "syntax error".into(),
        ParseError::Unexpected { found, expected } => {
            let found = match found {
                Token::End => "END".into(),
                Token::Number(n) if n.contains('.') => "IP4".into(),
                Token::Number(n) if n.contains(':') => "IP6".into(),
                Token::Number(_) => "NUM".into(),
                Token::Text(_) => "TEXT".into(),
                Token::Other(o) => format!("'{o}'"),
                Token::Word(w) if KEYWORDS.contains(&w.as_str()) => w.to_ascii_uppercase(),
                Token::Word(w) | Token::Quoted(w) if known(&c.config, w) => SYM.into(),
                Token::Word(_) | Token::Quoted(_) => "CF_SYM_UNDEFINED".into(),
            };
            if expected.is_empty() {
                format!("syntax error, unexpected {found}")
            } else {
                format!("syntax error, unexpected {found}, expecting {expected}")
            }
        }
    }
}

/// Words BIRD's grammar names by themselves when they stand in the wrong place.
const KEYWORDS: [&str; 40] = [
    "all",
    "and",
    "bfd",
    "check",
    "configure",
    "confirm",
    "count",
    "debug",
    "disable",
    "down",
    "dump",
    "echo",
    "enable",
    "eval",
    "export",
    "exported",
    "filter",
    "filtered",
    "for",
    "graceful",
    "in",
    "interfaces",
    "memory",
    "mrtdump",
    "noexport",
    "off",
    "out",
    "preexport",
    "primary",
    "protocol",
    "protocols",
    "reload",
    "restart",
    "restrict",
    "route",
    "show",
    "soft",
    "static",
    "stats",
    "table",
];
