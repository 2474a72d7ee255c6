//! The grammar of `show route`.

use std::net::IpAddr;

use godwit_api::{ExportMode, NetSelector};
use ipnetwork::IpNetwork;

use super::{Parsed, Parser, SYM};
use crate::command::{ChannelTable, Command, FilterText, ParseError, ShowRoute, Token};

impl Parser<'_> {
    pub(super) fn route(&mut self) -> Parsed<Command> {
        let mut r = ShowRoute::default();
        while *self.peek() != Token::End {
            self.route_option(&mut r)?;
        }
        if r.filtered && r.export.is_some() {
            return Err(ParseError::Message("Incompatible show route options".into()));
        }
        Ok(Command::ShowRoute(Box::new(r)))
    }

    fn route_option(&mut self, r: &mut ShowRoute) -> Parsed<()> {
        if matches!(self.peek(), Token::Number(_)) {
            let net = self.prefix()?;
            return set_nets(r, NetSelector::Exact(net));
        }
        let before = self.at;
        let Some(word) = self.word() else { return Err(self.unexpected("")) };
        let mode = match word.as_str() {
            "all" => return set(&mut r.all),
            "primary" => return set(&mut r.primary),
            "filtered" => return set(&mut r.filtered),
            "count" => return set(&mut r.count),
            "stats" => return set(&mut r.stats),
            "for" => {
                if !matches!(self.peek(), Token::Number(_)) {
                    return Err(self.unexpected("IP4 or IP6 or VPN_RD or CF_SYM_KNOWN"));
                }
                let nets = match self.address() {
                    Some(ip) => NetSelector::ForAddress(ip),
                    None => NetSelector::ForPrefix(self.prefix()?),
                };
                return set_nets(r, nets);
            }
            "in" => {
                let nets = NetSelector::In(self.prefix()?);
                return set_nets(r, nets);
            }
            "table" => {
                if self.eat("all") {
                    r.all_tables = true;
                } else {
                    r.tables.push(self.symbol("CF_SYM_KNOWN or ALL")?);
                }
                return Ok(());
            }
            "protocol" => {
                let name = self.symbol(SYM)?;
                return match r.protocol.replace(name) {
                    Some(_) => Err(ParseError::Message("Protocol specified twice".into())),
                    None => Ok(()),
                };
            }
            "filter" | "where" => {
                let text = if word == "where" { self.where_text()? } else { self.filter_text()? };
                return match r.filter.replace(text) {
                    Some(_) => Err(ParseError::Message("Filter specified twice".into())),
                    None => Ok(()),
                };
            }
            "import" | "export" if self.eat("table") => {
                let protocol = self.symbol(SYM)?;
                self.punct('.').map_err(|_| self.unexpected("'.'"))?;
                let channel = self.symbol("")?;
                r.channel_table = Some(ChannelTable { import: word == "import", protocol, channel });
                return Ok(());
            }
            "export" => ExportMode::Export,
            "preexport" => ExportMode::PreExport,
            "noexport" => ExportMode::NoExport,
            "exported" => ExportMode::Exported,
            _ => {
                self.at = before;
                return Err(self.unexpected(""));
            }
        };
        let name = self.symbol(if mode == ExportMode::Export { "CF_SYM_KNOWN or TABLE" } else { SYM })?;
        if self.punct('.').is_ok() {
            r.export_channel = Some(self.symbol("")?);
        }
        match r.export.replace((mode, name)) {
            Some(_) => Err(ParseError::Message("Export specified twice".into())),
            None => Ok(()),
        }
    }

    fn address(&mut self) -> Option<IpAddr> {
        let Token::Number(n) = self.peek() else { return None };
        let ip = n.parse().ok()?;
        self.at += 1;
        Some(ip)
    }

    fn prefix(&mut self) -> Parsed<IpNetwork> {
        let Token::Number(n) = self.peek() else { return Err(self.unexpected("")) };
        if !n.contains('/') {
            return Err(self.unexpected(""));
        }
        let Ok(net) = n.parse::<IpNetwork>() else {
            let length = n.rsplit('/').next().unwrap_or_default();
            return Err(ParseError::Message(format!("Invalid prefix length {length}")));
        };
        if net.ip() != net.network() {
            let family = if net.is_ipv6() { "IPv6" } else { "IPv4" };
            let (meant, len) = (net.network(), net.prefix());
            let text = format!("Invalid {family} prefix {net}, maybe you wanted {meant}/{len}");
            return Err(ParseError::Message(text));
        }
        self.at += 1;
        Ok(net)
    }

    fn filter_text(&mut self) -> Parsed<FilterText> {
        if *self.peek() != Token::Other('{') {
            return self.symbol("").map(FilterText::Name);
        }
        let first = self.at;
        let mut depth = 0usize;
        loop {
            match self.peek() {
                Token::Other('{') => depth += 1,
                Token::Other('}') => depth -= 1,
                Token::End => return Err(self.unexpected("")),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(FilterText::Block(self.slice(first)));
            }
        }
    }

    /// An expression ends at the next option word that stands where an operator would.
    fn where_text(&mut self) -> Parsed<FilterText> {
        let first = self.at;
        let mut depth = 0usize;
        let mut operand = false;
        loop {
            match self.peek() {
                Token::End => break,
                Token::Word(w) if depth == 0 && operand && OPTIONS.contains(&w.as_str()) => break,
                Token::Other('(' | '[' | '{') => {
                    depth += 1;
                    operand = false;
                }
                Token::Other(')' | ']' | '}') => {
                    depth = depth.saturating_sub(1);
                    operand = true;
                }
                Token::Other(_) => operand = false,
                _ => operand = true,
            }
            self.at += 1;
        }
        if self.at == first { Err(self.unexpected("")) } else { Ok(FilterText::Where(self.slice(first))) }
    }

    /// The text from one token to just before the present one.
    fn slice(&self, first: usize) -> String {
        let start = self.tokens.get(first).map_or(0, |t| t.1);
        let end = self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(0, |t| t.2);
        self.line.get(start..end).unwrap_or("").to_owned()
    }
}

const OPTIONS: [&str; 15] = [
    "all",
    "primary",
    "filtered",
    "export",
    "preexport",
    "noexport",
    "exported",
    "protocol",
    "table",
    "stats",
    "count",
    "for",
    "in",
    "filter",
    "where",
];

fn set(flag: &mut bool) -> Parsed<()> {
    *flag = true;
    Ok(())
}

fn set_nets(r: &mut ShowRoute, nets: NetSelector) -> Parsed<()> {
    if r.nets != NetSelector::All {
        return Err(ParseError::Message("Only one prefix expected".into()));
    }
    r.nets = nets;
    Ok(())
}
