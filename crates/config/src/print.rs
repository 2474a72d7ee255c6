//! A configuration as a bird.conf in its own dialect: what [`load`](crate::load()) makes of it is the
//! configuration again.

mod channel;
pub(crate) mod others;
mod protocol;
mod router;
pub(crate) mod session;
mod static_routes;
pub(crate) mod toml;

use std::fmt::{Display, Write};

use godwit_filter::{Definition, SymbolClass};
use ipnetwork::IpNetwork;

use crate::model::{DebugFlags, Dialect, InterfacePattern, RouterConfig};

/// The whole configuration, with its passwords. Options at their defaults are left out, templates are
/// gone. What a bird.conf cannot say is a comment: why a protocol is held, which is then `disabled`; a
/// password with other octets than a string may have.
pub fn print(config: &RouterConfig) -> String {
    written(config, true)
}

/// The same for other eyes: in place of passwords are comments.
pub fn print_without_secrets(config: &RouterConfig) -> String {
    written(config, false)
}

/// A configuration in its parts, for whoever lays them out in several files. Each ends with its line; what
/// is in `definitions` needs nothing but those before it, and `protocols` need all the others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// Statements at the top level: router id, log, tables.
    pub router: String,
    /// Constants, functions and filters by their names.
    pub definitions: Vec<(String, String)>,
    /// Names that only stand for themselves.
    pub names: String,
    /// Protocols by their names.
    pub protocols: Vec<(String, String)>,
}

/// What [`print()`] prints, in parts.
pub fn print_parts(config: &RouterConfig) -> Parts {
    let mut out = Out { config, secrets: true, text: String::new(), indent: 0 };
    let mut part = |write: &dyn Fn(&mut Out<'_>)| {
        write(&mut out);
        std::mem::take(&mut out.text).trim_start().to_owned()
    };
    let definitions = config.program.definitions();
    Parts {
        router: part(&|out| out.router()),
        definitions: definitions
            .iter()
            .map(|definition| (definition.name.to_string(), part(&|out| out.definition(definition))))
            .collect(),
        names: part(&|out| out.names()),
        protocols: config
            .protocols
            .iter()
            .map(|protocol| (protocol.name.clone(), part(&|out| out.protocol(protocol))))
            .collect(),
    }
}

/// The configuration without the names that only stand for themselves.
pub(crate) fn print_protocols(config: &RouterConfig) -> String {
    let Parts { router, definitions, names: _, protocols } = print_parts(config);
    let rest = definitions.into_iter().chain(protocols).map(|(_, text)| text);
    let all: Vec<String> = std::iter::once(router).chain(rest).filter(|text| !text.is_empty()).collect();
    all.join("\n")
}

fn written(config: &RouterConfig, secrets: bool) -> String {
    let mut out = Out { config, secrets, text: String::new(), indent: 0 };
    out.router();
    config.program.definitions().iter().for_each(|definition| out.definition(definition));
    out.names();
    for protocol in &config.protocols {
        out.protocol(protocol);
    }
    let start = out.text.len() - out.text.trim_start().len();
    out.text.split_off(start)
}

/// Where statements go.
struct Out<'c> {
    config: &'c RouterConfig,
    /// Whether passwords are written.
    secrets: bool,
    text: String,
    indent: usize,
}

impl Out<'_> {
    fn is_16(&self) -> bool {
        self.config.dialect == Dialect::Bird16
    }

    fn line(&mut self, text: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{:width$}{text}", "", width = self.indent * 2);
    }

    /// An option with what follows its words.
    fn option(&mut self, words: &str, value: impl Display) {
        self.line(format_args!("{words} {value};"));
    }

    /// A switch that is not as it is by default.
    fn flag(&mut self, words: &str, value: bool, default: bool) {
        if value != default {
            self.option(words, if value { "on" } else { "off" });
        }
    }

    fn block(&mut self, head: &str, inside: impl FnOnce(&mut Self)) {
        self.line(format_args!("{head} {{"));
        self.indent += 1;
        inside(self);
        self.indent -= 1;
    }

    fn debug(&mut self, words: &str, flags: DebugFlags) {
        let words_of = crate::bird::values::DEBUG_WORDS;
        self.option(words, mask(words_of, flags.0.into(), DebugFlags::ALL.0.into()));
    }

    /// A constant, function or filter.
    fn definition(&mut self, definition: &Definition) {
        self.line("");
        let end = match definition.class {
            SymbolClass::Function | SymbolClass::Filter => "",
            _ if definition.text.ends_with(';') => "",
            _ => ";",
        };
        self.line(format_args!("{}{end}", definition.text));
    }

    /// The names that only stand for themselves.
    fn names(&mut self) {
        let config = self.config;
        for (symbol, class) in config.program.symbols() {
            let name = name(&symbol);
            match class {
                SymbolClass::Template => self.line(format_args!("template bgp {name} {{ }}")),
                // What does nothing here has a name all the same.
                SymbolClass::Protocol if config.protocol(&symbol).is_none() => {
                    self.line(format_args!("protocol bfd {name} {{ disabled; }}"));
                }
                SymbolClass::Table
                    if config.table(&symbol).is_none() && config.roa_table(&symbol).is_none() =>
                {
                    self.line(format_args!(
                        "{} {name};",
                        if self.is_16() { "roa table" } else { "vpn4 table" }
                    ));
                }
                _ => {}
            }
        }
    }
}

/// A name, in quotes where it needs them.
fn name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("'{name}'") }
}

/// A text in quotes. The language has no way to write a quote or the end of a line in one.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace(['"', '\n'], " "))
}

/// A comment on one line.
fn comment(text: &str) -> String {
    format!("# {}", text.replace(['\n', '\r'], " "))
}

/// The words of the bits that are set.
pub(crate) fn mask(words: &[(&str, u16)], bits: u16, all: u16) -> String {
    if bits & all == all {
        return "all".into();
    }
    let set: Vec<&str> = words.iter().filter(|(_, bit)| bits & bit != 0).map(|(word, _)| *word).collect();
    if set.is_empty() { "off".into() } else { format!("{{ {} }}", set.join(", ")) }
}

/// `-"cali*", "eth*" 10.0.0.0/8, …`
pub(crate) fn patterns(list: &[InterfacePattern]) -> String {
    let one = |pattern: &InterfacePattern| {
        let sign = if pattern.negative { "-" } else { "" };
        let name = pattern.name.as_deref().map(quoted);
        let prefix = pattern.prefix.as_ref().map(IpNetwork::to_string);
        let parts: Vec<String> = name.into_iter().chain(prefix).collect();
        format!("{sign}{}", parts.join(" "))
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}
