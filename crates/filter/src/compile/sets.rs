//! Sets and path masks.

use std::sync::Arc;

use ipnetwork::IpNetwork;

use crate::Diagnostic;
use crate::lexer::Token;
use crate::set::{Key, MaskItem, PathMask, PrefixPattern, PrefixSet, Set};
use crate::value::Value;

use super::{Compiler, Done, Symbol};

/// Ranges a single item such as `(*, 5)` may unfold to.
const UNFOLD_MAX: u32 = 0x1_0000;

impl Compiler<'_, '_> {
    /// `[ item, … ]`.
    pub(super) fn set(&mut self) -> Done<Value> {
        self.parser.expect_punct("[")?;
        if self.parser.eat_punct("]") {
            return Ok(Value::Set(Arc::default()));
        }
        if self.is_prefix_item() {
            return self.prefix_set();
        }
        let mut ranges = Vec::new();
        let start = self.parser.span();
        loop {
            self.set_item(&mut ranges)?;
            if !self.parser.eat_punct(",") {
                break;
            }
        }
        self.parser.expect_punct("]")?;
        let kind = |k: &Key| std::mem::discriminant(k);
        if let Some((first, _)) = ranges.first()
            && ranges.iter().any(|(low, high)| kind(low) != kind(first) || kind(high) != kind(first))
        {
            return Err(Diagnostic::error(start, "Incompatible data types in set"));
        }
        Ok(Value::Set(Arc::new(Set::new(ranges))))
    }

    fn is_prefix_item(&self) -> bool {
        match self.parser.peek() {
            Token::Prefix(_) => true,
            Token::Symbol(name) => matches!(self.symbols.get(name), Some(Symbol::Constant(Value::Prefix(_)))),
            _ => false,
        }
    }

    fn prefix_set(&mut self) -> Done<Value> {
        let mut patterns: Vec<PrefixPattern> = Vec::new();
        loop {
            let span = self.parser.span();
            let pattern = self.prefix_item()?;
            if patterns.first().is_some_and(|p| p.net.is_ipv4() != pattern.net.is_ipv4()) {
                return Err(Diagnostic::error(span, "Mixed IPv4/IPv6 prefixes in prefix set"));
            }
            patterns.push(pattern);
            if !self.parser.eat_punct(",") {
                break;
            }
        }
        self.parser.expect_punct("]")?;
        Ok(Value::PrefixSet(Arc::new(PrefixSet::new(patterns))))
    }

    fn prefix_item(&mut self) -> Done<PrefixPattern> {
        let span = self.parser.span();
        let net: IpNetwork = match self.parser.next() {
            Token::Prefix(net) => net,
            Token::Symbol(name) => match self.symbols.get(&name) {
                Some(Symbol::Constant(Value::Prefix(net))) => *net,
                _ => return Err(self.undefined(&name, span)),
            },
            other => {
                let text = format!("syntax error, unexpected {}, expecting a prefix", other.describe());
                return Err(Diagnostic::error(span, text).label("expected a prefix"));
            }
        };
        let max = if net.is_ipv4() { 32 } else { 128 };
        let len = net.prefix();
        let (low, high) = if self.parser.eat_punct("+") {
            (len, max)
        } else if self.parser.eat_punct("-") {
            (0, len)
        } else if self.parser.eat_punct("{") {
            let low = self.number()?;
            self.parser.expect_punct(",")?;
            let high = self.number()?;
            let at = self.parser.span();
            self.parser.expect_punct("}")?;
            match (u8::try_from(low), u8::try_from(high)) {
                (Ok(l), Ok(h)) if l <= h && h <= max => (l, h),
                _ => {
                    let text = format!("Invalid prefix pattern range: {{{low}, {high}}}");
                    return Err(Diagnostic::error(at, text)
                        .label(format!("the first is at most the second, and both at most {max}")));
                }
            }
        } else {
            (len, len)
        };
        Ok(PrefixPattern { net, low, high })
    }

    fn number(&mut self) -> Done<u32> {
        let span = self.parser.span();
        match self.atom()? {
            Value::Int(n) => Ok(n),
            other => Err(Diagnostic::error(span, format!("Number expected, got {}", other.ty()))),
        }
    }

    /// A set item's component: a literal, a constant's name, or a term in parentheses.
    fn atom(&mut self) -> Done<Value> {
        let span = self.parser.span();
        match self.parser.next() {
            Token::Number(n) => Ok(Value::Int(n)),
            Token::Ip(ip) => Ok(Value::Ip(ip)),
            Token::Symbol(name) => match self.symbols.get(&name) {
                Some(Symbol::Constant(value)) => Ok(value.clone()),
                _ => crate::value::enum_constant(&name).ok_or_else(|| self.undefined(&name, span)),
            },
            Token::Punct("(") => {
                let expr = self.expression()?;
                self.parser.expect_punct(")")?;
                self.fold(&expr, span)
            }
            other => Err(Diagnostic::error(span, format!("syntax error, unexpected {}", other.describe()))
                .label("expected a value")),
        }
    }

    /// One item of a scalar set, as ranges.
    pub(super) fn set_item(&mut self, into: &mut Vec<(Key, Key)>) -> Done<()> {
        let span = self.parser.span();
        if self.parser.is_punct("(") && self.is_tuple() {
            return self.tuple_item(into);
        }
        let low = self.atom()?;
        let high = if self.parser.eat_punct("..") { self.atom()? } else { low.clone() };
        match (Key::of(&low), Key::of(&high)) {
            (Some(low), Some(high)) => into.push((low, high)),
            _ => return Err(Diagnostic::error(span, format!("A set of {} cannot be", low.ty()))),
        }
        Ok(())
    }

    /// Whether a `(` begins a pair, EC or LC rather than a term in parentheses.
    fn is_tuple(&self) -> bool {
        let mut look = self.parser.clone();
        let mut depth = 0;
        loop {
            match look.next() {
                Token::Punct("(") => depth += 1,
                Token::Punct(")") => {
                    depth -= 1;
                    if depth == 0 {
                        return false;
                    }
                }
                Token::Punct(",") if depth == 1 => return true,
                Token::Eof => return false,
                _ => {}
            }
        }
    }

    fn tuple_item(&mut self, into: &mut Vec<(Key, Key)>) -> Done<()> {
        let span = self.parser.span();
        self.parser.expect_punct("(")?;
        if let Some(kind) = self.ec_kind()? {
            self.parser.expect_punct(",")?;
            let key = self.atom()?;
            self.parser.expect_punct(",")?;
            let (low, high) = self.component(u32::MAX)?;
            self.parser.expect_punct(")")?;
            let wide = |v: u32| {
                let parts = Box::new((
                    crate::tree::Expr::Const(key.clone()),
                    crate::tree::Expr::Const(Value::Int(v)),
                ));
                self.fold(&crate::tree::Expr::Ec(kind, parts), span)
            };
            // `*` means all values that the key leaves room for.
            let high = if high == u32::MAX && wide(high).is_err() { 0xffff } else { high };
            let (low, high) = (wide(low)?, wide(high)?);
            into.extend(Key::of(&low).zip(Key::of(&high)));
            return Ok(());
        }
        let mut parts = vec![self.component(u32::MAX)?];
        while self.parser.eat_punct(",") {
            parts.push(self.component(u32::MAX)?);
        }
        self.parser.expect_punct(")")?;
        match parts.as_slice() {
            [a, b] => self.pair_item(*a, *b, span, into),
            [a, b, c] => self.lc_item(*a, *b, *c, into),
            _ => Err(Diagnostic::error(span, "A pair has two parts, a large community three")),
        }
    }

    /// `*`, `n` or `n..m`.
    fn component(&mut self, max: u32) -> Done<(u32, u32)> {
        if self.parser.eat_punct("*") {
            return Ok((0, max));
        }
        let low = self.number()?;
        let high = if self.parser.eat_punct("..") { self.number()? } else { low };
        Ok((low, high))
    }

    fn pair_item(
        &mut self,
        a: (u32, u32),
        b: (u32, u32),
        span: crate::Span,
        into: &mut Vec<(Key, Key)>,
    ) -> Done<()> {
        let clamp = |(low, high): (u32, u32)| (low, if high == u32::MAX { 0xffff } else { high });
        let (a, b) = (clamp(a), clamp(b));
        if a.1 > 0xffff || b.1 > 0xffff || a.0 > 0xffff || b.0 > 0xffff {
            return Err(Diagnostic::error(span, "Value out of range: parts of a pair have 16 bits"));
        }
        if self.parser.eat_punct("..") {
            let Value::Pair(high) = self.pair_literal()? else {
                return Err(Diagnostic::error(span, "Pair expected"));
            };
            into.push((Key::Pair(a.0 << 16 | b.0), Key::Pair(high)));
            return Ok(());
        }
        if (0, 0xffff) == b {
            into.push((Key::Pair(a.0 << 16), Key::Pair(a.1 << 16 | 0xffff)));
            return Ok(());
        }
        for first in a.0..=a.1.min(a.0.saturating_add(UNFOLD_MAX)) {
            into.push((Key::Pair(first << 16 | b.0), Key::Pair(first << 16 | b.1)));
        }
        Ok(())
    }

    fn pair_literal(&mut self) -> Done<Value> {
        self.parser.expect_punct("(")?;
        let a = self.number()?;
        self.parser.expect_punct(",")?;
        let b = self.number()?;
        self.parser.expect_punct(")")?;
        Ok(Value::Pair((a & 0xffff) << 16 | (b & 0xffff)))
    }

    fn lc_item(
        &mut self,
        a: (u32, u32),
        b: (u32, u32),
        c: (u32, u32),
        into: &mut Vec<(Key, Key)>,
    ) -> Done<()> {
        let lc = |global, data1, data2| Key::Lc(godwit_wire::LargeCommunity { global, data1, data2 });
        if self.parser.eat_punct("..") {
            self.parser.expect_punct("(")?;
            let x = self.number()?;
            self.parser.expect_punct(",")?;
            let y = self.number()?;
            self.parser.expect_punct(",")?;
            let z = self.number()?;
            self.parser.expect_punct(")")?;
            into.push((lc(a.0, b.0, c.0), lc(x, y, z)));
            return Ok(());
        }
        into.push((lc(a.0, b.0, c.0), lc(a.1, b.1, c.1)));
        Ok(())
    }

    /// `[= … =]`.
    pub(super) fn path_mask(&mut self) -> Done<Value> {
        self.parser.expect_punct("[=")?;
        let mut items = Vec::new();
        while !self.parser.eat_punct("=]") {
            let item = match self.parser.peek() {
                Token::Punct("*") => MaskItem::Many,
                Token::Punct("?") => MaskItem::Any,
                Token::Punct("+") => {
                    // The item before, any further number of times.
                    self.parser.next();
                    items.push(MaskItem::Many);
                    continue;
                }
                Token::Punct("[") => {
                    let Value::Set(set) = self.set()? else {
                        return Err(self.parser.unexpected("a set of int"));
                    };
                    items.push(MaskItem::Set((*set).clone()));
                    continue;
                }
                _ => {
                    let span = self.parser.span();
                    let item = match self.atom()? {
                        Value::Int(low) => {
                            let high = if self.parser.eat_punct("..") { self.number()? } else { low };
                            MaskItem::As(low, high)
                        }
                        Value::Set(set) => MaskItem::Set((*set).clone()),
                        other => {
                            let text = format!("AS number or int set expected, got {}", other.ty());
                            return Err(Diagnostic::error(span, text));
                        }
                    };
                    items.push(item);
                    continue;
                }
            };
            self.parser.next();
            items.push(item);
        }
        Ok(Value::Mask(Arc::new(PathMask { items })))
    }
}
