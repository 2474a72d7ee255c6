//! `protocol static` (bird.md §1.8).

use godwit_filter::Diagnostic;
use ipnetwork::IpNetwork;

use super::Reader;
use crate::lang::{Parsed, Tok};
use crate::model::{StaticConfig, StaticNextHop, StaticRoa, StaticRoute, StaticTarget};

/// What may follow a switch of a next hop that is left out.
const AFTER_FLAG: &[&str] = &["via", "weight", "bfd", "onlink", "mpls", "dev"];

impl Reader<'_> {
    /// An option of a static protocol up to its `;`; whether one stands here.
    pub(super) fn static_option(&mut self, config: &mut StaticConfig) -> Parsed<bool> {
        if self.l.eat_words(&["check", "link"]) {
            config.check_link = self.flag()?;
        } else if self.l.eat_words(&["igp", "table"]) {
            let (name, family) = self.igp_table()?;
            config.igp_tables.set(family, name);
        } else if self.l.eat_word("route") {
            let net = self.prefix()?;
            if !self.is_16() && self.l.at_word("max") {
                let roa = self.roa(net)?;
                if !self.l.at(";") && !self.l.at("{") {
                    return Err(Diagnostic::error(self.l.span(), "Unexpected or missing nexthop/type"));
                }
                let commands = if self.l.at("{") { self.route_commands()? } else { None };
                config.roas.push(StaticRoa { roa, commands });
            } else {
                let route = self.route(net)?;
                config.routes.push(route);
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// `TARGET [{ commands }]`, after the net.
    fn route(&mut self, net: IpNetwork) -> Parsed<StaticRoute> {
        let span = self.l.span();
        let target = match self.l.word() {
            Some("via") if self.is_16() => StaticTarget::NextHops(vec![self.next_hop_16(false)?]),
            Some("via") => StaticTarget::NextHops(self.next_hops()?),
            Some("multipath") if self.is_16() => {
                self.l.bump();
                let mut list = Vec::new();
                while list.is_empty() || self.l.at_word("via") {
                    list.push(self.next_hop_16(true)?);
                }
                StaticTarget::NextHops(list)
            }
            Some("recursive") => {
                self.l.bump();
                let address = self.address()?;
                if self.l.eat_word("mpls") {
                    self.labels()?;
                    self.no_effect(span, "mpls");
                }
                StaticTarget::Recursive(address)
            }
            Some(word @ ("blackhole" | "drop" | "unreachable" | "reject" | "prohibit")) => {
                self.l.bump();
                match word {
                    "blackhole" | "drop" => StaticTarget::Blackhole,
                    "unreachable" | "reject" => StaticTarget::Unreachable,
                    _ => StaticTarget::Prohibit,
                }
            }
            _ if !self.is_16() && (self.l.at(";") || self.l.at("{")) => {
                return Err(Diagnostic::error(span, "Unexpected or missing nexthop/type"));
            }
            _ => return Err(self.unknown_word(TARGETS.iter().copied())),
        };
        let commands = if self.l.at("{") { self.route_commands()? } else { None };
        Ok(StaticRoute { net, target, commands })
    }

    fn route_commands(&mut self) -> Parsed<Option<std::sync::Arc<godwit_filter::Filter>>> {
        // 1.6 takes a next hop's `bfd` here.
        let bfd = self.is_16() && self.l.tok_at(1) == Tok::Word("bfd") && self.l.tok_at(2) == Tok::Mark(";");
        if bfd && self.l.tok_at(3) == Tok::Mark("}") {
            self.l.bump();
            self.no_effect(self.l.span(), "bfd");
            self.l.bump();
            self.l.bump();
            self.l.bump();
            return Ok(None);
        }
        self.l.commands().map(Some)
    }

    /// `via … via …` with options behind each.
    fn next_hops(&mut self) -> Parsed<Vec<StaticNextHop>> {
        let mut list = Vec::new();
        while self.l.eat_word("via") {
            let mut hop = self.gateway()?;
            loop {
                let span = self.l.span();
                if self.l.eat_word("weight") {
                    hop.weight = self.weight()?;
                } else if self.l.eat_word("onlink") {
                    hop.onlink = self.flag_before(AFTER_FLAG)?;
                } else if self.l.eat_word("bfd") {
                    if self.flag_before(AFTER_FLAG)? {
                        self.no_effect(span, "bfd");
                    }
                } else if self.l.eat_word("dev") {
                    hop.interface = Some(self.text()?);
                } else if self.l.eat_word("mpls") {
                    self.labels()?;
                    self.no_effect(span, "mpls");
                } else {
                    break;
                }
            }
            list.push(hop);
        }
        Ok(list)
    }

    /// `via GATEWAY [weight N] [bfd B]`; the options only in `multipath`.
    fn next_hop_16(&mut self, options: bool) -> Parsed<StaticNextHop> {
        self.expect_words(&["via"])?;
        let mut hop = self.gateway()?;
        if !options {
            return Ok(hop);
        }
        loop {
            let span = self.l.span();
            if self.l.eat_word("weight") {
                hop.weight = self.weight()?;
            } else if self.l.eat_word("bfd") {
                if self.flag_before(AFTER_FLAG)? {
                    self.no_effect(span, "bfd");
                }
            } else {
                break;
            }
        }
        Ok(hop)
    }

    /// What follows `via`.
    fn gateway(&mut self) -> Parsed<StaticNextHop> {
        let hop = StaticNextHop { gateway: None, interface: None, weight: 1, onlink: false };
        if self.at_address() {
            let (address, interface) = self.zoned_address()?;
            return Ok(StaticNextHop { gateway: Some(address), interface, ..hop });
        }
        match self.l.tok() {
            Tok::Text(_) | Tok::Word(_) => Ok(StaticNextHop { interface: Some(self.text()?), ..hop }),
            _ => Err(self.l.unexpected(&["an address", "an interface in quotes"])),
        }
    }

    fn weight(&mut self) -> Parsed<u16> {
        Ok(self.number_in(1, 256, "Weight must be in range 1-256")? as u16)
    }

    /// `N [/ N …]`
    fn labels(&mut self) -> Parsed<()> {
        self.number()?;
        while self.l.eat("/") {
            self.number()?;
        }
        Ok(())
    }
}

/// Where a route can go.
const TARGETS: &[&str] =
    &["via", "recursive", "blackhole", "unreachable", "prohibit", "drop", "reject", "multipath"];
