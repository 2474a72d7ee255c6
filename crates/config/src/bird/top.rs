//! Statements at the top level (bird.md §1.3).

use godwit_filter::SymbolClass;

use super::net_type::{NET_TYPES, NetType};
use super::{Reader, TableInfo};
use crate::lang::{Ident, Parsed};
use crate::model::{ListenConfig, RouterId, TableConfig};
use godwit_wire::AddressFamily;

/// The first words of statements, for suggestions.
const STATEMENTS: &[&str] = &[
    "attribute",
    "debug",
    "define",
    "eval",
    "filter",
    "function",
    "graceful",
    "hostname",
    "include",
    "ipv4",
    "ipv6",
    "listen",
    "log",
    "mrtdump",
    "protocol",
    "router",
    "table",
    "template",
    "timeformat",
    "watchdog",
];

/// Those that are not worth suggesting.
const SELDOM: &[&str] = &["roa", "threads", "cli", "bt_test_suite", "bt_test_same"];

/// Whether a statement of the top level begins with this word.
pub(crate) fn begins_statement(word: &str) -> bool {
    [STATEMENTS, SELDOM, NET_TYPES].iter().any(|list| list.contains(&word))
}

impl Reader<'_> {
    /// A statement.
    pub(super) fn statement(&mut self) -> Parsed<()> {
        if self.l.eat(";") {
            return Ok(());
        }
        let Some(word) = self.l.word() else { return Err(self.l.unexpected(&[])) };
        if NET_TYPES.contains(&word) && !self.is_16() {
            return self.table();
        }
        self.check_scope(word)?;
        let span = self.l.span();
        let known = STATEMENTS.contains(&word) || SELDOM.contains(&word);
        if known {
            self.l.bump();
        }
        match word {
            "define" => self.l.define(),
            "router" => self.router_id(),
            "hostname" if !self.is_16() => {
                self.config.hostname = Some(self.text()?);
                self.end()
            }
            "log" => self.log(),
            "debug" => self.debug(),
            "watchdog" => self.watchdog(),
            "mrtdump" => self.mrtdump(),
            "timeformat" => self.timeformat(),
            "graceful" => {
                self.expect_words(&["restart", "wait"])?;
                self.config.graceful_restart_wait_secs = self.number()?;
                self.end()
            }
            "table" if self.is_16() => self.table_16(),
            "roa" if self.is_16() => self.roa_table_16(),
            "listen" if self.is_16() => self.listen(),
            "function" => self.l.function(),
            "filter" => self.l.filter(),
            "attribute" => self.l.attribute(),
            "eval" => {
                self.l.value()?;
                self.l.eat(";");
                Ok(())
            }
            "bt_test_suite" | "bt_test_same" => self.l.test(word == "bt_test_same"),
            "protocol" => self.protocol(false),
            "template" => self.protocol(true),
            "threads" => {
                self.number()?;
                self.no_effect(span, "threads");
                self.end()
            }
            "cli" => {
                self.text()?;
                self.skip_block()?;
                self.no_effect(span, "cli");
                Ok(())
            }
            _ => Err(self.unknown_statement(word, span, known)),
        }
    }

    fn unknown_statement(
        &mut self,
        word: &str,
        span: godwit_filter::Span,
        known: bool,
    ) -> godwit_filter::Diagnostic {
        if !known {
            return self.unknown_word(STATEMENTS.iter().copied());
        }
        let other = if self.is_16() { "2.x" } else { "1.6" };
        let here = if self.is_16() { "1.6" } else { "2.x" };
        let message = match word {
            "table" | "listen" | "hostname" => format!("syntax error, unexpected '{word}'"),
            _ => "syntax error".to_owned(),
        };
        godwit_filter::Diagnostic::error(span, message)
            .label(format!("a statement of the {other} dialect"))
            .help(format!("the rest of this configuration is read in the {here} dialect"))
    }

    /// Takes these words one after the other.
    pub(super) fn expect_words(&mut self, words: &[&str]) -> Parsed<()> {
        for word in words {
            if !self.l.eat_word(word) {
                return Err(self.unknown_word(std::iter::once(*word)));
            }
        }
        Ok(())
    }

    /// What follows `router`.
    fn router_id(&mut self) -> Parsed<()> {
        self.expect_words(&["id"])?;
        let id = if self.l.eat_word("from") {
            RouterId::From(self.interface_patterns()?)
        } else {
            RouterId::Fixed(self.id()?)
        };
        self.config.router_id = Some(id);
        self.end()
    }

    /// `listen bgp [address IP] [port N] [v6only|dual];`, after `listen`.
    fn listen(&mut self) -> Parsed<()> {
        self.expect_words(&["bgp"])?;
        let mut listen = ListenConfig { address: None, port: crate::defaults::BGP_PORT };
        while !self.l.at(";") {
            if self.l.eat_word("address") {
                listen.address = Some(self.address()?);
            } else if self.l.eat_word("port") {
                listen.port = self.number16("Listening port")?;
            } else if !self.l.eat_word("v6only") && !self.l.eat_word("dual") {
                return Err(self.unknown_word(["address", "port", "v6only", "dual"].into_iter()));
            }
        }
        self.config.listen = Some(listen);
        self.end()
    }

    /// `NAME [sorted]`, after `table`.
    fn table_16(&mut self) -> Parsed<()> {
        let name = self.l.ident("the table's name")?;
        let sorted = self.l.eat_word("sorted");
        self.new_table(&name, NetType::Unicast(self.family), sorted)?;
        self.l.eat(";");
        Ok(())
    }

    /// `NETTYPE table NAME [sorted] [{ … }]`.
    fn table(&mut self) -> Parsed<()> {
        let net_type = self.net_type()?;
        self.expect_words(&["table"])?;
        let name = self.l.ident("the table's name")?;
        let mut sorted = self.l.eat_word("sorted");
        if self.l.at("{") {
            self.block(&mut |reader| reader.table_option(&mut sorted))?;
        }
        self.new_table(&name, net_type, sorted)?;
        self.l.eat(";");
        Ok(())
    }

    /// The words that say what a table or channel holds.
    pub(super) fn net_type(&mut self) -> Parsed<NetType> {
        let word = self.l.ident("a net type")?.name;
        let more = match self.l.word() {
            Some(more @ ("sadr" | "multicast" | "mpls")) => Some(more),
            _ => None,
        };
        if more.is_some() {
            self.l.bump();
        }
        Ok(match (word.as_str(), more) {
            ("ipv4", None) => NetType::Unicast(AddressFamily::IPV4),
            ("ipv6", None) => NetType::Unicast(AddressFamily::IPV6),
            ("roa4", None) => NetType::Roa(AddressFamily::IPV4),
            ("roa6", None) => NetType::Roa(AddressFamily::IPV6),
            (_, None) => NetType::Other(word),
            (_, Some(more)) => NetType::Other(format!("{word}-{more}")),
        })
    }

    fn table_option(&mut self, sorted: &mut bool) -> Parsed<()> {
        let span = self.l.span();
        let options: [(&[&str], bool); 6] = [
            (&["trie"], false),
            (&["min", "settle", "time"], true),
            (&["max", "settle", "time"], true),
            (&["gc", "threshold"], false),
            (&["gc", "period"], true),
            (&["debug"], false),
        ];
        if self.l.eat_word("sorted") {
            *sorted = self.flag()?;
            return self.end();
        }
        let Some((words, time)) = options.iter().find(|(words, _)| self.l.at_words(words)) else {
            let known = options.iter().filter_map(|(words, _)| words.first().copied());
            return Err(self.unknown_word(known.chain(["sorted"])));
        };
        self.l.eat_words(words);
        match words {
            ["trie"] => self.flag().map(|_| ())?,
            ["debug"] => self.debug_mask().map(|_| ())?,
            _ if *time => self.time().map(|_| ())?,
            _ => self.number().map(|_| ())?,
        }
        // They tune the memory of a table that godwit keeps another way.
        self.no_effect(span, &words.join(" "));
        self.end()
    }

    fn new_table(&mut self, name: &Ident, net_type: NetType, sorted: bool) -> Parsed<()> {
        // The default tables may be declared once more, to give them options.
        let default = !self.is_16() && matches!(name.name.as_str(), "master4" | "master6");
        let again = self.tables.iter_mut().find(|t| default && t.name == name.name && t.net_type == net_type);
        match again {
            Some(table) => table.sorted |= sorted,
            None => {
                if let NetType::Roa(family) = net_type {
                    return self.roa_table(name, family, Vec::new());
                }
                self.l.reserve(name, SymbolClass::Table)?;
                self.tables.push(TableInfo { name: name.name.clone(), net_type: net_type.clone(), sorted });
                match net_type {
                    NetType::Roa(_) => {}
                    NetType::Unicast(family) => {
                        self.config.tables.push(TableConfig { name: name.name.clone(), family });
                    }
                    NetType::Other(what) => {
                        let message =
                            format!("{what} tables are not supported yet: '{}' stays empty", name.name);
                        self.warn(name.span, message);
                    }
                }
            }
        }
        if sorted {
            self.no_effect(name.span, "sorted");
        }
        Ok(())
    }

    /// Goes past `{ … }`.
    pub(super) fn skip_block(&mut self) -> Parsed<()> {
        self.l.expect("{")?;
        let mut depth = 1_u32;
        while depth > 0 {
            if self.l.at_end() {
                return Err(self.l.unexpected(&[]).label("expected '}'"));
            }
            if self.l.at("{") {
                depth += 1;
            } else if self.l.at("}") {
                depth -= 1;
            }
            self.l.bump();
        }
        Ok(())
    }
}
