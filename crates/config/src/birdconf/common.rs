//! Values in option position.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use godwit_filter::{Diagnostic, Token, Value};
use ipnetwork::IpNetwork;

use crate::model::{DebugFlags, InterfacePattern};

use super::{Done, Reader};

impl Reader<'_> {
    /// A number: a literal, a constant, or a term.
    pub(super) fn int(&mut self) -> Done<u32> {
        let (value, span) = self.program.parse_value(&mut self.p)?;
        match value {
            Value::Int(n) => Ok(n),
            other => Err(Diagnostic::error(span, format!("Number expected, got {}", other.ty()))
                .label("a number is wanted here")),
        }
    }

    /// A number within bounds.
    pub(super) fn int_in(&mut self, what: &str, low: u32, high: u32) -> Done<u32> {
        let span = self.p.span();
        let n = self.int()?;
        if (low..=high).contains(&n) {
            return Ok(n);
        }
        Err(Diagnostic::error(span, format!("{what} must be in range {low}-{high}"))
            .label(format!("{n} is not between {low} and {high}")))
    }

    pub(super) fn seconds(&mut self) -> Done<Duration> {
        self.int().map(|n| Duration::from_secs(n.into()))
    }

    /// `on`, `off`, `yes`, `no`, a number, or nothing, which is on.
    pub(super) fn bool(&mut self) -> Done<bool> {
        match self.p.peek() {
            Token::Punct(";" | "}") | Token::Eof => Ok(true),
            Token::Symbol(word) => match word.as_str() {
                "on" | "yes" => {
                    self.p.next();
                    Ok(true)
                }
                "off" | "no" => {
                    self.p.next();
                    Ok(false)
                }
                _ if self.program.constant(word).is_some() => Ok(self.int()? != 0),
                _ => Err(self.p.unexpected("on, off, or nothing")),
            },
            _ => Ok(self.int()? != 0),
        }
    }

    pub(super) fn text(&mut self) -> Done<String> {
        if let Token::Symbol(name) = self.p.peek()
            && let Some(Value::String(text)) = self.program.constant(name)
        {
            let text = text.to_string();
            self.p.next();
            return Ok(text);
        }
        self.p.expect_string("text in quotes")
    }

    /// An address, or a constant that is one.
    pub(super) fn address(&mut self) -> Done<IpAddr> {
        match self.try_address() {
            Some(ip) => Ok(ip),
            None => Err(self.p.unexpected("an IP address")),
        }
    }

    pub(super) fn try_address(&mut self) -> Option<IpAddr> {
        let ip = match self.p.peek() {
            Token::Ip(ip) => *ip,
            Token::Symbol(name) => match self.program.constant(name) {
                Some(Value::Ip(ip)) => *ip,
                _ => return None,
            },
            _ => return None,
        };
        self.p.next();
        Some(ip)
    }

    /// A router or cluster id: an address or a number.
    pub(super) fn id(&mut self) -> Done<Ipv4Addr> {
        let span = self.p.span();
        match self.program.parse_value(&mut self.p)?.0 {
            Value::Ip(IpAddr::V4(ip)) => Ok(ip),
            Value::Int(n) | Value::Quad(n) => Ok(n.into()),
            other => Err(Diagnostic::error(span, format!("Router ID expected, got {}", other.ty()))),
        }
    }

    pub(super) fn prefix(&mut self) -> Done<IpNetwork> {
        let span = self.p.span();
        match self.program.parse_value(&mut self.p)?.0 {
            Value::Prefix(net) => Ok(net),
            other => {
                Err(Diagnostic::error(span, format!("syntax error, unexpected {other}, expecting a prefix"))
                    .label("expected a prefix such as 10.0.0.0/8"))
            }
        }
    }

    /// `all`, `off`, or `{ states, routes, … }`.
    pub(super) fn debug_mask(&mut self) -> Done<DebugFlags> {
        if self.p.eat_symbol("all") || self.p.eat_symbol("on") {
            return Ok(DebugFlags::ALL);
        }
        if self.p.eat_symbol("off") {
            return Ok(DebugFlags::default());
        }
        self.p.expect_punct("{")?;
        let mut flags = 0;
        loop {
            let span = self.p.span();
            let (word, _) = self.p.expect_name("a debug class")?;
            flags |= match word.as_str() {
                "states" => DebugFlags::STATES,
                "routes" => DebugFlags::ROUTES,
                "filters" => DebugFlags::FILTERS,
                "interfaces" => DebugFlags::INTERFACES,
                "events" => DebugFlags::EVENTS,
                "packets" => DebugFlags::PACKETS,
                _ => {
                    return Err(Diagnostic::error(span, format!("syntax error, unexpected {word}"))
                        .label("states, routes, filters, interfaces, events or packets"));
                }
            };
            if !self.p.eat_punct(",") {
                break;
            }
        }
        self.p.expect_punct("}")?;
        Ok(DebugFlags(flags))
    }

    /// `-"cali*", "eth*", 10.0.0.0/8`.
    pub(super) fn interface_patterns(&mut self) -> Done<Vec<InterfacePattern>> {
        let mut list = Vec::new();
        loop {
            let mut negative = self.p.eat_punct("-");
            let mut pattern = InterfacePattern { negative: false, name: None, prefix: None };
            if let Token::Str(text) = self.p.peek() {
                let text = text.clone();
                self.p.next();
                let name = text.strip_prefix('-');
                negative |= name.is_some();
                pattern.name = Some(name.unwrap_or(&text).to_owned());
            }
            match self.p.peek() {
                Token::Prefix(net) => {
                    pattern.prefix = Some(*net);
                    self.p.next();
                }
                Token::Ip(ip) => {
                    pattern.prefix = Some(IpNetwork::from(*ip));
                    self.p.next();
                }
                _ if pattern.name.is_some() => {}
                _ => return Err(self.p.unexpected("an interface pattern such as \"eth*\"")),
            }
            pattern.negative = negative;
            list.push(pattern);
            if !self.p.eat_punct(",") {
                return Ok(list);
            }
        }
    }
}
