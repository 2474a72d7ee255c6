//! The grammar of `show`.

use godwit_api::Selector;

use super::{Parsed, Parser};
use crate::command::{Command, SymbolSelector, Token};

impl Parser<'_> {
    pub(super) fn show(&mut self) -> Parsed<Command> {
        let before = self.at;
        let Some(word) = self.word() else { return Err(self.unexpected("")) };
        match word.as_str() {
            "status" => Ok(Command::ShowStatus),
            "memory" => Ok(Command::ShowMemory),
            "protocols" => {
                let all = self.eat("all");
                let selector = match self.text() {
                    Some(pattern) => Selector::Pattern(pattern),
                    None => self.optional_symbol().map_or(Selector::All, Selector::Name),
                };
                let expected = match (&selector, all) {
                    (Selector::All, false) => "END or CF_SYM_KNOWN or TEXT or ALL",
                    (Selector::All, true) => "END or CF_SYM_KNOWN or TEXT",
                    _ => "END",
                };
                match self.peek() {
                    Token::End => Ok(Command::ShowProtocols { all, selector }),
                    _ => Err(self.unexpected(expected)),
                }
            }
            "interfaces" => {
                let summary = self.eat("summary");
                match self.peek() {
                    Token::End => Ok(Command::ShowInterfaces { summary }),
                    _ => Err(self.unexpected(if summary { "END" } else { "END or SUMMARY" })),
                }
            }
            "symbols" => Ok(Command::ShowSymbols(self.symbols())),
            "static" => Ok(Command::ShowStatic(self.optional_symbol())),
            "bfd" if self.eat("sessions") => {
                self.optional_symbol();
                Ok(Command::ShowBfdSessions)
            }
            "bfd" => Err(self.unexpected("SESSIONS")),
            "route" => self.route(),
            "ospf" | "rip" | "babel" => self.foreign(&word),
            _ => {
                self.at = before;
                Err(self.unexpected(""))
            }
        }
    }

    /// Questions about protocols that godwit does not have.
    fn foreign(&mut self, word: &str) -> Parsed<Command> {
        let (protocol, topics, needed): (&'static str, &[&str], &'static str) = match word {
            "rip" => ("RIP", &["interfaces", "neighbors"], "INTERFACES or NEIGHBORS"),
            "babel" => (
                "Babel",
                &["routes", "interfaces", "neighbors", "entries"],
                "ROUTES or INTERFACES or NEIGHBORS or ENTRIES",
            ),
            _ => ("OSPF", &["interface", "neighbors", "topology", "state", "lsadb"], ""),
        };
        let topic = topics.iter().any(|t| self.eat(t));
        if !topic && (!needed.is_empty() || *self.peek() != Token::End) {
            return Err(self.unexpected(needed));
        }
        // Names, and the options of `show ospf`: there is nothing they could select.
        self.at = self.tokens.len();
        Ok(Command::ShowForeign(protocol))
    }

    fn symbols(&mut self) -> SymbolSelector {
        let classes = [
            ("table", SymbolSelector::Tables),
            ("filter", SymbolSelector::Filters),
            ("function", SymbolSelector::Functions),
            ("protocol", SymbolSelector::Protocols),
            ("template", SymbolSelector::Templates),
        ];
        for (word, selector) in classes {
            if self.eat(word) {
                return selector;
            }
        }
        self.optional_symbol().map_or(SymbolSelector::All, SymbolSelector::Name)
    }
}
