//! Sets, path masks and the items of `case`.

use super::{Parsed, Parser};
use crate::ast::{Expr, MaskItem, PrefixPattern, SetItem, TupleItem, TuplePart};
use crate::lexer::Token;

impl Parser<'_> {
    /// `[ item, … ]`.
    pub(super) fn set_items(&mut self) -> Parsed<Vec<SetItem>> {
        self.expect_mark("[")?;
        let mut items = Vec::new();
        if self.eat_punct("]") {
            return Ok(items);
        }
        loop {
            items.push(self.set_item()?);
            if !self.eat_punct(",") {
                break;
            }
        }
        if !self.eat_punct("]") {
            return Err(self.wrong(&["','", "']'"]));
        }
        Ok(items)
    }

    /// An item of a set or of a `case` branch.
    pub(super) fn set_item(&mut self) -> Parsed<SetItem> {
        if self.is_punct("(")
            && let Some(tuple) = self.nested(Self::tuple_item)?
        {
            return Ok(SetItem::Tuple(tuple));
        }
        let first = self.postfix()?;
        Ok(match self.peek() {
            Token::Punct("..") => {
                self.skip();
                SetItem::Range(first, self.postfix()?)
            }
            Token::Punct("+") => {
                self.skip();
                SetItem::Prefix(first, PrefixPattern::Longer)
            }
            Token::Punct("-") => {
                self.skip();
                SetItem::Prefix(first, PrefixPattern::Shorter)
            }
            Token::Punct("{") => {
                self.skip();
                let low = self.expression()?;
                self.expect_mark(",")?;
                let high = self.expression()?;
                self.expect_mark("}")?;
                SetItem::Prefix(first, PrefixPattern::Range(low, high))
            }
            _ => SetItem::Value(first),
        })
    }

    /// A tuple, or `None` (and nothing read) for an expression in parentheses.
    fn tuple_item(&mut self) -> Parsed<Option<TupleItem>> {
        let (before, start, line) = (self.position(), self.span(), self.line());
        self.skip();
        let kind = self.extended_kind();
        let parts = self.tuple_parts()?;
        let wanted = if kind.is_some() { 2..=2 } else { 1..=3 };
        if let ([TuplePart::One(_)], None) = (parts.as_slice(), kind) {
            self.rewind(before);
            return Ok(None);
        }
        if !wanted.contains(&parts.len()) || parts.len() == 1 {
            self.rewind(self.position() - 1);
            return Err(self.wrong(&["','"]));
        }
        let mut end = None;
        if self.is_punct("..") && kind.is_none() {
            self.skip();
            self.expect_mark("(")?;
            let list = self.tuple_parts()?;
            if list.len() != parts.len() {
                self.rewind(self.position() - 1);
                return Err(self.wrong(&["','"]));
            }
            end = Some(list);
        }
        Ok(Some(TupleItem { kind, parts, end, span: self.span_from(start), line }))
    }

    /// `part, … )`.
    fn tuple_parts(&mut self) -> Parsed<Vec<TuplePart>> {
        let mut parts = Vec::new();
        loop {
            parts.push(self.tuple_part()?);
            if !self.eat_punct(",") {
                break;
            }
        }
        if !self.eat_punct(")") {
            return Err(self.wrong(&["','", "')'"]));
        }
        Ok(parts)
    }

    fn tuple_part(&mut self) -> Parsed<TuplePart> {
        if self.eat_punct("*") {
            return Ok(TuplePart::Any);
        }
        let first = self.expression()?;
        if self.eat_punct("..") {
            return Ok(TuplePart::Range(first, self.expression()?));
        }
        Ok(TuplePart::One(first))
    }

    /// `[= item … =]`.
    pub(super) fn mask_items(&mut self) -> Parsed<Vec<MaskItem>> {
        self.expect_mark("[=")?;
        let mut items = Vec::new();
        while !self.eat_punct("=]") {
            let item = match self.peek() {
                Token::Punct("*") => {
                    self.skip();
                    MaskItem::Any
                }
                Token::Punct("?") => {
                    self.skip();
                    MaskItem::One
                }
                Token::Punct("+") => {
                    self.skip();
                    MaskItem::Repeat(self.last_span())
                }
                Token::Number(_) | Token::Symbol(_) | Token::Punct("(" | "[") => {
                    let value = self.mask_value()?;
                    if self.eat_punct("..") {
                        MaskItem::Range(value, self.mask_value()?)
                    } else {
                        MaskItem::Value(value)
                    }
                }
                // The old form `/ … /` and sets that end in `=` are not taken.
                _ => return Err(self.wrong(&["an AS number", "'*'", "'?'", "'=]'"])),
            };
            items.push(item);
        }
        Ok(items)
    }

    fn mask_value(&mut self) -> Parsed<Expr> {
        match self.peek() {
            Token::Number(_) | Token::Symbol(_) | Token::Punct("(" | "[") => self.postfix(),
            _ => Err(self.wrong(&["an AS number"])),
        }
    }
}
