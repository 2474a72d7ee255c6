//! Options of a channel; in 1.6 they are the protocol's own (bird.md §1.4, §1.12).

use godwit_filter::Diagnostic;
use godwit_wire::AddressFamily;

use super::Reader;
use super::draft::Channel;
use super::net_type::NetType;
use crate::defaults::LONG_LIVED_STALE_SECS_MAX;
use crate::lang::Parsed;
use crate::model::{
    AigpMode, BgpChannelConfig, GatewayMode, Limit, LimitAction, LinkLocalFormat, MissingLladdr, NextHopMode,
    NextHopPreference, PrivateAs,
};

/// First words of options, those of every channel first.
pub(super) const FIRST_WORDS: &[&str] = &[
    "table",
    "import",
    "export",
    "receive",
    "preference",
    "rpki",
    "debug",
    "next",
    "gateway",
    "igp",
    "secondary",
    "add",
    "extended",
    "aigp",
    "cost",
    "mandatory",
    "graceful",
    "long",
    "min",
    "max",
    "missing",
    "validate",
    "base",
    "require",
    "link",
];
/// How many of them every channel has.
pub(super) const COMMON_WORDS: usize = 7;

/// The place of a switch.
pub(crate) type Flag = fn(&mut BgpChannelConfig) -> &mut bool;

/// Switches of a BGP channel by their words, off unless told otherwise.
pub(crate) const FLAGS: &[(&[&str], Flag)] = &[
    (&["secondary"], |c| &mut c.secondary),
    (&["mandatory"], |c| &mut c.mandatory),
    (&["extended", "next", "hop"], |c| &mut c.extended_next_hop),
    (&["import", "table"], |c| &mut c.import_table),
    (&["export", "table"], |c| &mut c.export_table),
    (&["require", "extended", "next", "hop"], |c| &mut c.require_extended_next_hop),
    (&["require", "add", "paths"], |c| &mut c.require_add_paths),
];

/// The place of a time that is the session's unless told otherwise.
pub(crate) type Seconds = fn(&mut BgpChannelConfig) -> &mut Option<u32>;

/// Times of a BGP channel in seconds, by their words.
pub(crate) const TIMES: &[(&[&str], Seconds)] = &[
    (&["long", "lived", "stale", "time"], |c| &mut c.long_lived_stale_time_secs),
    (&["min", "long", "lived", "stale", "time"], |c| &mut c.min_long_lived_stale_time_secs),
    (&["max", "long", "lived", "stale", "time"], |c| &mut c.max_long_lived_stale_time_secs),
];

impl Reader<'_> {
    /// An option of a channel up to its `;`; whether one stands here.
    pub(super) fn channel_option(&mut self, channel: &mut Channel, bgp: bool) -> Parsed<bool> {
        let common =
            if bgp && (self.l.at_words(&["import", "table"]) || self.l.at_words(&["export", "table"])) {
                false
            } else {
                self.common_channel_option(channel)?
            };
        Ok(common || (bgp && self.bgp_channel_option(channel)?))
    }

    fn common_channel_option(&mut self, channel: &mut Channel) -> Parsed<bool> {
        let span = self.l.span();
        if self.l.eat_word("table") {
            channel.table = Some(self.table_name(&channel.net_type.of_table())?);
        } else if self.l.eat_words(&["import", "keep", "filtered"]) {
            channel.rest.keep_filtered = self.flag()?;
        } else if self.l.eat_words(&["import", "limit"]) {
            channel.rest.import_limit = self.limit()?;
        } else if self.l.eat_words(&["export", "limit"]) {
            channel.rest.export_limit = self.limit()?;
        } else if self.l.eat_words(&["receive", "limit"]) {
            channel.rest.receive_limit = self.limit()?;
        } else if self.l.eat_word("import") {
            channel.import = Some(self.policy()?);
        } else if self.l.eat_word("export") {
            channel.export = Some(self.policy()?);
        } else if self.l.eat_word("preference") {
            channel.preference = Some(self.preference()?);
        } else if self.l.eat_words(&["rpki", "reload"]) {
            // Nothing changes ROAs while routes are held, so there is nothing to reload.
            self.flag()?;
        } else if self.l.eat_word("debug") {
            if self.debug_mask()?.0 != 0 {
                self.no_effect(span, "debug");
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn preference(&mut self) -> Parsed<u16> {
        let span = self.l.span();
        let n = self.number()?;
        u16::try_from(n).map_err(|_| {
            let message = if self.is_16() {
                "Invalid preference".to_owned()
            } else {
                format!("Value {n} out of range (0-65535)")
            };
            Diagnostic::error(span, message).label("expected 0 to 65535")
        })
    }

    /// `N [action A]` or `off`.
    fn limit(&mut self) -> Parsed<Option<Limit>> {
        if self.l.eat_word("off") {
            return Ok(None);
        }
        let max = self.number()?;
        let mut action = LimitAction::Disable;
        if self.l.eat_word("action") {
            action = match self.l.word() {
                Some("warn") => LimitAction::Warn,
                Some("block") => LimitAction::Block,
                Some("restart") => LimitAction::Restart,
                Some("disable") => LimitAction::Disable,
                _ => return Err(self.unknown_word(["warn", "block", "restart", "disable"].into_iter())),
            };
            self.l.bump();
        }
        Ok(Some(Limit { max, action }))
    }

    /// The name of a table of this type.
    pub(super) fn table_name(&mut self, wanted: &NetType) -> Parsed<String> {
        let name = self.l.ident("a table's name")?;
        let Some(table) = self.tables.iter().find(|t| t.name == name.name) else {
            let message = if self.is_16() {
                "Table name expected".to_owned()
            } else {
                format!("syntax error, unexpected '{}', expecting a table's name", name.name)
            };
            let error = Diagnostic::error(name.span, message).label("there is no such table");
            let near = godwit_filter::did_you_mean(&name.name, self.tables.iter().map(|t| t.name.as_str()));
            return Err(match near {
                Some(near) => error.help(format!("did you mean '{near}'?")),
                None => error,
            });
        };
        if table.net_type != *wanted {
            let label = format!("is a table of {}", table.net_type.name());
            return Err(Diagnostic::error(name.span, "Incompatible table type").label(label));
        }
        Ok(name.name)
    }

    /// The name of any table, and what it holds.
    pub(super) fn any_table(&mut self) -> Parsed<(String, NetType)> {
        let found = self.l.word().and_then(|word| self.tables.iter().find(|t| t.name == word));
        let wanted = found.map_or(NetType::Unicast(self.family), |t| t.net_type.clone());
        if self.is_16() && matches!(wanted, NetType::Roa(_)) {
            return Err(
                Diagnostic::error(self.l.span(), "Routing table name expected").label("is a table of ROAs")
            );
        }
        Ok((self.table_name(&wanted)?, wanted))
    }

    /// The name of a table that holds routes of any unicast family, and which.
    pub(super) fn igp_table(&mut self) -> Parsed<(String, AddressFamily)> {
        let of = |family| NetType::Unicast(family);
        let ipv6 = self.l.word().is_some_and(|w| {
            self.tables.iter().any(|t| t.name == w && t.net_type == of(AddressFamily::IPV6))
        });
        let family = if ipv6 { AddressFamily::IPV6 } else { AddressFamily::IPV4 };
        Ok((self.table_name(&of(family))?, family))
    }

    fn bgp_channel_option(&mut self, channel: &mut Channel) -> Parsed<bool> {
        let span = self.l.span();
        let bgp = &mut channel.rest.bgp;
        if self.l.eat_words(&["next", "hop", "self"]) {
            bgp.next_hop_self = self.next_hop_mode()?;
            if self.is_16() && bgp.next_hop_self != NextHopMode::Off {
                bgp.next_hop_keep = Some(NextHopMode::Off);
            }
        } else if self.l.eat_words(&["next", "hop", "keep"]) {
            bgp.next_hop_keep = Some(self.next_hop_mode()?);
            if self.is_16() && bgp.next_hop_keep != Some(NextHopMode::Off) {
                bgp.next_hop_self = NextHopMode::Off;
            }
        } else if self.l.eat_words(&["next", "hop", "address"]) {
            bgp.next_hop_address = Some(self.address()?);
        } else if self.l.eat_word("gateway") {
            bgp.gateway = match self.l.word() {
                Some("direct") => GatewayMode::Direct,
                Some("recursive") => GatewayMode::Recursive,
                _ => return Err(self.unknown_word(["direct", "recursive"].into_iter())),
            };
            self.l.bump();
        } else if self.l.eat_words(&["igp", "table"]) {
            let (name, family) = self.igp_table()?;
            bgp.igp_tables.set(family, name);
        } else if self.l.eat_words(&["add", "paths"]) {
            bgp.add_paths = self.add_paths()?;
        } else if !self.is_16() && self.l.eat_words(&["graceful", "restart"]) {
            bgp.graceful_restart = Some(self.flag()?);
        } else if self.is_16() && ["long", "min", "max"].iter().any(|word| self.l.at_word(word)) {
            // At the session it is the session's.
            return Ok(false);
        } else if self.l.eat_words(&["long", "lived", "graceful", "restart"]) {
            bgp.long_lived_graceful_restart = Some(self.flag()?);
        } else if let Some((words, field)) = FLAGS.iter().find(|(words, _)| self.l.at_words(words)) {
            self.l.eat_words(words);
            *field(bgp) = self.flag()?;
        } else if let Some((words, field)) = TIMES.iter().find(|(words, _)| self.l.at_words(words)) {
            self.l.eat_words(words);
            let wanted = self.number()?;
            if wanted > LONG_LIVED_STALE_SECS_MAX {
                let message = "Long lived stale time must be less than 16777216: 16777215 is used";
                self.warn(self.l.span_from(span), message);
            }
            *field(bgp) = Some(wanted.min(LONG_LIVED_STALE_SECS_MAX));
        } else {
            return self.rare_channel_option(channel);
        }
        Ok(true)
    }

    /// How next hops are written and reached, and what few ask for.
    fn rare_channel_option(&mut self, channel: &mut Channel) -> Parsed<bool> {
        let span = self.l.span();
        let flowspec = matches!(&channel.net_type, NetType::Other(name) if name.starts_with("flow"));
        let bgp = &mut channel.rest.bgp;
        if self.l.eat_words(&["next", "hop", "prefer"]) {
            let known = [NextHopPreference::Global, NextHopPreference::Local].map(|p| (p.word(), p));
            bgp.next_hop_prefer = Some(self.one_of(&known)?);
        } else if self.l.eat_words(&["link", "local", "next", "hop", "format"]) {
            let known = [LinkLocalFormat::Native, LinkLocalFormat::Single, LinkLocalFormat::Double];
            bgp.link_local_format = self.one_of(&known.map(|f| (f.word(), f)))?;
        } else if self.l.eat_words(&["missing", "lladdr"]) {
            let known = [MissingLladdr::Own, MissingLladdr::Drop, MissingLladdr::Ignore];
            let wanted = self.one_of(&known.map(|m| (m.word(), m)))?;
            if self.is_16() {
                bgp.missing_lladdr = Some(wanted);
            } else {
                self.warn(span, "Missing lladdr option is deprecated and ignored, remove it");
            }
        } else if self.l.eat_words(&["aigp", "originate"]) {
            bgp.aigp = Some(AigpMode::Originate);
        } else if self.l.eat_word("aigp") {
            bgp.aigp = Some(if self.flag()? { AigpMode::On } else { AigpMode::Off });
        } else if self.l.eat_word("cost") {
            bgp.cost = Some(self.number_in(1, u32::MAX, "Cost must be positive")?);
        } else if self.l.eat_word("validate") {
            bgp.validate = self.flag()?;
            if !flowspec {
                return Err(Diagnostic::error(self.l.span(), "Validate option limited to flowspec channels"));
            }
        } else if self.l.eat_words(&["base", "table"]) {
            let (table, _) = self.igp_table()?;
            if !flowspec {
                return Err(Diagnostic::error(
                    self.l.span(),
                    "Base table option limited to flowspec channels",
                ));
            }
            bgp.base_table = Some(table);
        } else if self.extra.is_some() && self.l.eat_words(&["as", "override"]) {
            bgp.as_override = self.flag()?;
        } else if self.extra.is_some() && self.l.eat_words(&["remove", "private", "as"]) {
            bgp.private_as = if self.l.eat_word("replace") {
                PrivateAs::Replace
            } else if self.flag()? {
                PrivateAs::Remove
            } else {
                PrivateAs::Keep
            };
        } else if self.is_16() && self.l.eat_words(&["route", "limit"]) {
            self.warn(span, "Route limit option is deprecated, use import limit");
            let max = self.number()?;
            channel.rest.import_limit = Some(Limit { max, action: LimitAction::Restart });
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// One of these words.
    pub(super) fn one_of<T: Copy>(&mut self, known: &[(&str, T)]) -> Parsed<T> {
        let Some((_, value)) = known.iter().find(|(word, _)| self.l.at_word(word)) else {
            return Err(self.unknown_word(known.iter().map(|(word, _)| *word)));
        };
        self.l.bump();
        Ok(*value)
    }

    /// A switch, or whose routes it is for.
    fn next_hop_mode(&mut self) -> Parsed<NextHopMode> {
        if self.l.eat_word("ibgp") {
            return Ok(NextHopMode::Internal);
        }
        if self.l.eat_word("ebgp") {
            return Ok(NextHopMode::External);
        }
        Ok(if self.flag()? { NextHopMode::All } else { NextHopMode::Off })
    }

    /// (receive, send)
    fn add_paths(&mut self) -> Parsed<(bool, bool)> {
        if self.l.eat_word("rx") {
            return Ok((true, false));
        }
        if self.l.eat_word("tx") {
            return Ok((false, true));
        }
        let both = self.flag()?;
        Ok((both, both))
    }
}
