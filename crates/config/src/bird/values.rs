//! Values of options: numbers, switches, texts, addresses, masks, interface patterns.

use std::net::{IpAddr, Ipv4Addr};

use godwit_filter::Diagnostic;
use ipnetwork::IpNetwork;

use super::Reader;
use crate::lang::{Constant, Parsed, Tok};
use crate::model::{DebugFlags, InterfacePattern};
use godwit_filter::did_you_mean;

/// An address and the interface after `%`.
pub(super) type ZonedAddress = (IpAddr, Option<String>);

/// `debug` flags by their words.
pub(crate) const DEBUG_WORDS: &[(&str, u16)] = &[
    ("states", DebugFlags::STATES as u16),
    ("routes", DebugFlags::ROUTES as u16),
    ("filters", DebugFlags::FILTERS as u16),
    ("interfaces", DebugFlags::INTERFACES as u16),
    ("events", DebugFlags::EVENTS as u16),
    ("packets", DebugFlags::PACKETS as u16),
];

impl Reader<'_> {
    /// The constant the current word names; nothing is read.
    fn constant(&self) -> Option<Constant> {
        self.l.constant(self.l.word()?)
    }

    /// The error of a word that should have named a constant of some type.
    fn no_constant(&self, expecting: &str, of_other_type: &str) -> Diagnostic {
        match self.l.word() {
            Some(word) if self.is_16() || self.l.lookup(word).is_some() => {
                let message = if self.is_16() && !of_other_type.starts_with("Number or") {
                    of_other_type.replace(" constant", "")
                } else {
                    of_other_type.to_owned()
                };
                Diagnostic::error(self.l.span(), message).label(format!("expected {expecting}"))
            }
            _ => self.l.unexpected(&[expecting]),
        }
    }

    /// The value of `( expression )`.
    fn parenthesised(&mut self) -> Parsed<Constant> {
        self.l.expect("(")?;
        let value = self.l.value()?;
        self.l.expect(")")?;
        Ok(value)
    }

    /// A number: digits, a constant or an expression in parentheses.
    pub(super) fn number(&mut self) -> Parsed<u32> {
        let span = self.l.span();
        match (self.l.tok(), self.constant()) {
            (Tok::Number(n), _) | (_, Some(Constant::Number(n))) => {
                self.l.bump();
                Ok(n)
            }
            (Tok::Mark("("), _) => match self.parenthesised()? {
                Constant::Number(n) => Ok(n),
                _ => Err(Diagnostic::error(span, "Integer expression expected").label("expected a number")),
            },
            _ => Err(self.no_constant("a number", "Number constant expected")),
        }
    }

    /// A number between two bounds, or `message`.
    pub(super) fn number_in(&mut self, low: u32, high: u32, message: &str) -> Parsed<u32> {
        let span = self.l.span();
        let n = self.number()?;
        if (low..=high).contains(&n) {
            return Ok(n);
        }
        Err(Diagnostic::error(span, message).label(format!("expected {low} to {high}")))
    }

    /// A number of 16 bits; BIRD itself cuts off the rest of some.
    pub(super) fn number16(&mut self, what: &str) -> Parsed<u16> {
        let n = self.number_in(0, u16::MAX.into(), &format!("{what} must be in range 0-65535"))?;
        Ok(n as u16)
    }

    /// A switch: a number, `on yes off no`, or nothing at all, which is on. `follow` are the words
    /// that may stand after nothing.
    pub(super) fn flag_before(&mut self, follow: &[&str]) -> Parsed<bool> {
        let value = match self.l.tok() {
            Tok::Mark(";" | "{") => return Ok(true),
            Tok::Word("on" | "yes") => true,
            Tok::Word("off" | "no") => false,
            Tok::Word(word) if follow.contains(&word) => return Ok(true),
            Tok::Number(_) | Tok::Mark("(") => return Ok(self.number()? != 0),
            Tok::Word(word) if self.l.lookup(word).is_some() => return Ok(self.number()? != 0),
            _ => return Err(self.l.unexpected(&["'on'", "'off'", "';'"])),
        };
        self.l.bump();
        Ok(value)
    }

    /// A switch that ends its option.
    pub(super) fn flag(&mut self) -> Parsed<bool> {
        self.flag_before(&[])
    }

    /// A text: a string or a constant of one.
    pub(super) fn text(&mut self) -> Parsed<String> {
        let text = match (self.l.tok(), self.constant()) {
            (Tok::Text(text), _) => text.to_owned(),
            (_, Some(Constant::Text(text))) => text,
            _ => return Err(self.no_constant("a string", "String constant expected")),
        };
        self.l.bump();
        Ok(text)
    }

    /// Whether an address, or a constant that is one, comes next.
    pub(super) fn at_address(&self) -> bool {
        matches!((self.l.tok(), self.constant()), (Tok::Ip(_), _) | (_, Some(Constant::Ip(_))))
    }

    /// An address or a constant of one.
    pub(super) fn address(&mut self) -> Parsed<IpAddr> {
        match (self.l.tok(), self.constant()) {
            (Tok::Ip(address), _) | (_, Some(Constant::Ip(address))) => {
                self.l.bump();
                Ok(address)
            }
            _ => Err(self.no_constant("an address", "IP address constant expected")),
        }
    }

    /// An address with the interface of a link-local one: `fe80::1%eth0`.
    pub(super) fn zoned_address(&mut self) -> Parsed<ZonedAddress> {
        let address = self.address()?;
        if !self.l.eat("%") {
            return Ok((address, None));
        }
        Ok((address, Some(self.l.ident("an interface")?.name)))
    }

    /// A prefix.
    pub(super) fn prefix(&mut self) -> Parsed<IpNetwork> {
        let Tok::Prefix(net) = self.l.tok() else { return Err(self.l.unexpected(&["a prefix"])) };
        self.l.bump();
        Ok(net)
    }

    /// A router or cluster id: an IPv4 address, a number, or a constant of either.
    pub(super) fn id(&mut self) -> Parsed<Ipv4Addr> {
        let span = self.l.span();
        let id = |constant| match constant {
            Constant::Number(n) => Some(Ipv4Addr::from(n)),
            Constant::Ip(IpAddr::V4(ip)) => Some(ip),
            _ => None,
        };
        match (self.l.tok(), self.constant().and_then(id)) {
            (Tok::Number(n), _) => {
                self.l.bump();
                Ok(Ipv4Addr::from(n))
            }
            (Tok::Ip(IpAddr::V4(ip)), _) | (_, Some(ip)) => {
                self.l.bump();
                Ok(ip)
            }
            (Tok::Mark("("), _) => id(self.parenthesised()?)
                .ok_or_else(|| Diagnostic::error(span, "Integer expression expected")),
            _ => Err(self.no_constant("an IPv4 address", "Number or IPv4 address constant expected")),
        }
    }

    /// `all`, `off`, or words in braces, each worth a bit.
    pub(super) fn mask(&mut self, words: &[(&str, u16)]) -> Parsed<u16> {
        if self.l.eat_word("all") {
            return Ok(words.iter().fold(0, |mask, (_, bit)| mask | bit));
        }
        if self.l.eat_word("off") {
            return Ok(0);
        }
        if !self.l.eat("{") {
            return Err(self.l.unexpected(&["'{'", "'all'", "'off'"]));
        }
        self.mask_words(words)
    }

    /// The words of a mask after its brace.
    pub(super) fn mask_words(&mut self, words: &[(&str, u16)]) -> Parsed<u16> {
        let mut mask = 0;
        loop {
            let known = |word: &str| words.iter().find(|(w, _)| *w == word);
            let Some((_, bit)) = self.l.word().and_then(known) else {
                return Err(self.unknown_word(words.iter().map(|(w, _)| *w)));
            };
            mask |= bit;
            self.l.bump();
            if !self.l.eat(",") {
                break;
            }
        }
        if !self.l.eat("}") {
            return Err(self.l.unexpected(&["','", "'}'"]));
        }
        Ok(mask)
    }

    /// The error of a word that is none of these, with the nearest of them; or of the one after it,
    /// if it begins an option.
    pub(super) fn unknown_word<'w>(&self, words: impl Iterator<Item = &'w str>) -> Diagnostic {
        if let Some(error) = self.l.unfinished_option() {
            return error;
        }
        let words: Vec<&str> = words.collect();
        let mut error = self.l.unexpected(&[]);
        if let Some(near) = self.l.word().and_then(|word| did_you_mean(word, words.iter().copied())) {
            error = error.help(format!("did you mean '{near}'?"));
        }
        if words.len() > 12 { error } else { error.label(format!("expected {}", words.join(", "))) }
    }

    /// `all`, `off` or `{ states, … }` of `debug`.
    pub(super) fn debug_mask(&mut self) -> Parsed<DebugFlags> {
        Ok(DebugFlags(self.mask(DEBUG_WORDS)? as u8))
    }

    /// `all`, `off` or `{ states, messages }` of `mrtdump`.
    pub(super) fn mrtdump_mask(&mut self) -> Parsed<u16> {
        self.mask(&[("states", 1), ("messages", 2)])
    }

    /// `[-] "glob" | PREFIX | "glob" PREFIX | ADDRESS, …`
    pub(super) fn interface_patterns(&mut self) -> Parsed<Vec<InterfacePattern>> {
        let mut list = Vec::new();
        loop {
            list.push(self.interface_pattern()?);
            if !self.l.eat(",") {
                return Ok(list);
            }
        }
    }

    fn interface_pattern(&mut self) -> Parsed<InterfacePattern> {
        let mut negative = self.l.eat("-");
        let mut name = None;
        if let Tok::Text(text) = self.l.tok() {
            let glob = text.strip_prefix('-');
            negative |= glob.is_some();
            name = Some(glob.unwrap_or(text).to_owned());
            self.l.bump();
        }
        let prefix = match self.l.tok() {
            Tok::Ip(address) => Some(IpNetwork::from(address)),
            Tok::Prefix(net) => Some(net),
            _ if name.is_none() => return Err(self.l.unexpected(&["an interface pattern", "a prefix"])),
            _ => None,
        };
        if prefix.is_some() {
            self.l.bump();
        }
        Ok(InterfacePattern { negative, name, prefix })
    }

    /// The end of an option.
    pub(super) fn end(&mut self) -> Parsed<()> {
        self.l.expect(";").map(|_| ())
    }
}
