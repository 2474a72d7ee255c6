//! Channels: 2.x's blocks, and the same options within 1.6's protocols.

use godwit_filter::{Diagnostic, Token};
use godwit_wire::AddressFamily;

use crate::model::{ChannelConfig, GatewayMode, Limit, LimitAction, NextHopMode, Policy};

use super::protocol::Draft;
use super::{Done, Reader};

const OPTIONS: &[&str] = &[
    "table",
    "import",
    "export",
    "receive",
    "preference",
    "next",
    "gateway",
    "igp",
    "secondary",
    "add",
    "mandatory",
    "graceful",
    "debug",
    "extended",
    "cost",
    "aigp",
    "long",
    "validate",
    "missing",
    "rpki",
];

/// A channel while it is read: policies that were not given are not known yet.
#[derive(Clone, Debug)]
pub(super) struct ChannelDraft {
    pub(super) config: ChannelConfig,
    pub(super) has_import: bool,
    pub(super) has_export: bool,
    pub(super) has_preference: bool,
    /// Opened in this protocol itself, not inherited.
    pub(super) own: bool,
}

impl Reader<'_> {
    /// `ipv4 [{ … }];`, after the word.
    pub(super) fn channel(&mut self, draft: &mut Draft, family: AddressFamily) -> Done<()> {
        let span = self.p.last_span();
        let default = self.default_table(family);
        let place = draft.channel(family, &default);
        if place.own {
            return Err(Diagnostic::error(span, format!("Multiple {family} channels")));
        }
        place.own = true;
        let mut channel = place.clone();
        if self.p.eat_punct("{") {
            while !self.p.eat_punct("}") {
                if self.p.at_eof() {
                    return Err(self.p.unexpected("`}`"));
                }
                if self.p.eat_punct(";") {
                    continue;
                }
                if let Err(error) = self.channel_line(&mut channel) {
                    self.diagnostics.push(error);
                    self.p.recover();
                }
            }
        }
        *draft.channel(family, &default) = channel;
        Ok(())
    }

    fn channel_line(&mut self, channel: &mut ChannelDraft) -> Done<()> {
        if !self.channel_option(channel)? {
            return Err(self.unknown(OPTIONS));
        }
        self.p.expect_punct(";")
    }

    pub(super) fn default_table(&self, family: AddressFamily) -> String {
        self.config.tables.iter().find(|t| t.family == family).map_or_else(String::new, |t| t.name.clone())
    }

    /// One option of a channel; whether there was one.
    pub(super) fn channel_option(&mut self, channel: &mut ChannelDraft) -> Done<bool> {
        let span = self.p.span();
        let Token::Symbol(word) = self.p.peek() else { return Ok(false) };
        let word = word.clone();
        let second = match self.p.peek2() {
            Token::Symbol(second) => second.clone(),
            _ => String::new(),
        };
        let config = &mut channel.config;
        match (word.as_str(), second.as_str()) {
            ("table", _) => {
                self.p.next();
                config.table = self.table_name(config.family)?;
            }
            ("import", "keep") => {
                self.p.next();
                self.p.next();
                self.p.expect_symbol("filtered")?;
                config.keep_filtered = self.bool()?;
                if config.keep_filtered {
                    self.no_effect(span, "import keep filtered");
                }
            }
            ("import" | "export" | "receive", "limit") => {
                self.p.next();
                self.p.next();
                let limit = self.limit()?;
                match word.as_str() {
                    "import" => config.import_limit = limit,
                    "export" => {
                        config.export_limit = limit;
                        self.no_effect(span, "export limit");
                    }
                    _ => {
                        config.receive_limit = limit;
                        self.no_effect(span, "receive limit");
                    }
                }
            }
            ("import" | "export", "table") => {
                self.skip_option();
                self.no_effect(span, &format!("{word} table"));
            }
            ("import", _) => {
                self.p.next();
                config.import = self.policy()?;
                channel.has_import = true;
            }
            ("export", _) => {
                self.p.next();
                config.export = self.policy()?;
                channel.has_export = true;
            }
            ("preference", _) => {
                self.p.next();
                config.preference = self.int_in("Preference", 0, 65_535)? as u16;
                channel.has_preference = true;
            }
            ("next", "hop") => {
                self.p.next();
                self.p.next();
                self.next_hop(config)?;
            }
            ("gateway", _) => {
                self.p.next();
                config.bgp.gateway = if self.p.eat_symbol("direct") {
                    GatewayMode::Direct
                } else {
                    self.p.expect_symbol("recursive")?;
                    GatewayMode::Recursive
                };
            }
            ("igp", "table") => {
                self.p.next();
                self.p.next();
                config.bgp.igp_table = Some(self.table_name(config.family)?);
                self.no_effect(span, "igp table");
            }
            ("add", "paths") => {
                self.p.next();
                self.p.next();
                config.bgp.add_paths = self.add_paths()?;
                self.no_effect(span, "add paths");
            }
            ("mandatory", _) => {
                self.p.next();
                config.bgp.mandatory = self.bool()?;
            }
            ("graceful", "restart") => {
                self.p.next();
                self.p.next();
                config.bgp.graceful_restart = Some(self.bool()?);
                self.no_effect(span, "graceful restart");
            }
            (
                "secondary" | "debug" | "extended" | "cost" | "aigp" | "long" | "validate" | "missing"
                | "rpki",
                _,
            ) => {
                self.skip_option();
                self.no_effect(span, &word);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn next_hop(&mut self, config: &mut ChannelConfig) -> Done<()> {
        let span = self.p.span();
        if self.p.eat_symbol("self") {
            config.bgp.next_hop_self = self.next_hop_mode()?;
        } else if self.p.eat_symbol("keep") {
            config.bgp.next_hop_keep = Some(self.next_hop_mode()?);
        } else if self.p.eat_symbol("address") {
            config.bgp.next_hop_address = Some(self.address()?);
        } else {
            self.p.expect_symbol("prefer")?;
            self.skip_option();
            self.no_effect(span, "next hop prefer");
        }
        Ok(())
    }

    fn next_hop_mode(&mut self) -> Done<NextHopMode> {
        if self.p.eat_symbol("ibgp") {
            return Ok(NextHopMode::Internal);
        }
        if self.p.eat_symbol("ebgp") {
            return Ok(NextHopMode::External);
        }
        Ok(if self.bool()? { NextHopMode::All } else { NextHopMode::Off })
    }

    fn add_paths(&mut self) -> Done<(bool, bool)> {
        if self.p.eat_symbol("rx") {
            return Ok((true, false));
        }
        if self.p.eat_symbol("tx") {
            return Ok((false, true));
        }
        let both = self.bool()?;
        Ok((both, both))
    }

    fn table_name(&mut self, family: AddressFamily) -> Done<String> {
        let (name, span) = self.p.expect_name("a table name")?;
        match self.config.tables.iter().find(|t| t.name == name) {
            Some(table) if table.family == family => Ok(name),
            Some(_) => {
                Err(Diagnostic::error(span, "Incompatible table type")
                    .label(format!("this channel is {family}")))
            }
            None => Err(Diagnostic::error(
                span,
                format!("syntax error, unexpected {name}: there is no such table"),
            )
            .label("no table of this name above")),
        }
    }

    /// `all`, `none`, `filter …`, `where …`.
    pub(super) fn policy(&mut self) -> Done<Policy> {
        if self.p.eat_symbol("all") {
            return Ok(Policy::All);
        }
        if self.p.eat_symbol("none") {
            return Ok(Policy::None);
        }
        if self.p.eat_symbol("filter") {
            return self.program.parse_policy_filter(&mut self.p).map(Policy::Filter);
        }
        if self.p.eat_symbol("where") {
            return self.program.parse_where(&mut self.p).map(Policy::Filter);
        }
        Err(self.p.unexpected("all, none, filter or where"))
    }

    /// `N [action …]`, or `off`.
    fn limit(&mut self) -> Done<Option<Limit>> {
        if self.p.eat_symbol("off") {
            return Ok(None);
        }
        let max = self.int()?;
        let mut action = LimitAction::Disable;
        if self.p.eat_symbol("action") {
            let (word, span) = self.p.expect_name("warn, block, restart or disable")?;
            action = match word.as_str() {
                "warn" => LimitAction::Warn,
                "block" => LimitAction::Block,
                "restart" => LimitAction::Restart,
                "disable" => LimitAction::Disable,
                _ => {
                    return Err(Diagnostic::error(span, format!("syntax error, unexpected {word}"))
                        .label("warn, block, restart or disable"));
                }
            };
        }
        Ok(Some(Limit { max, action }))
    }
}
