//! Expressions, by BIRD's precedence: `&& ||` on one level, then comparisons (not associative),
//! `+ -`, `* /`, `!`, `.`.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::{Parsed, Parser};
use crate::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, ExtendedKind, ListKind, LogicOp};
use crate::lexer::Token;
use crate::{Diagnostic, Span};

/// How many `.x` may follow each other.
const ACCESSORS_MAX: usize = 16;

impl Parser<'_> {
    /// An expression.
    pub(crate) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::logic)
    }

    fn make(&self, kind: ExprKind, start: Span, line: u32) -> Expr {
        Expr { kind, span: self.span_from(start), line }
    }

    fn logic(&mut self) -> Parsed<Expr> {
        let (start, line) = (self.span(), self.line());
        let first = self.comparison()?;
        let mut rest = Vec::new();
        loop {
            let op = match self.peek() {
                Token::Punct("&&") => LogicOp::And,
                Token::Punct("||") => LogicOp::Or,
                _ => break,
            };
            self.skip();
            rest.push((op, self.comparison()?));
        }
        Ok(if rest.is_empty() {
            first
        } else {
            self.make(ExprKind::Logic(Box::new(first), rest), start, line)
        })
    }

    fn compare_op(&self) -> Option<CompareOp> {
        Some(match self.peek() {
            Token::Punct("=") => CompareOp::Equal,
            Token::Punct("!=") => CompareOp::NotEqual,
            Token::Punct("<") => CompareOp::Less,
            Token::Punct("<=") => CompareOp::LessEqual,
            Token::Punct(">") => CompareOp::Greater,
            Token::Punct(">=") => CompareOp::GreaterEqual,
            Token::Punct("~") => CompareOp::Match,
            Token::Punct("!~") => CompareOp::NotMatch,
            _ => return None,
        })
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let (start, line) = (self.span(), self.line());
        let left = self.sum()?;
        let Some(op) = self.compare_op() else { return Ok(left) };
        self.skip();
        let right = self.sum()?;
        if self.compare_op().is_some() {
            return Err(self.wrong(&[]).help("comparisons do not chain: put parentheses around one"));
        }
        Ok(self.make(ExprKind::Compare(op, Box::new(left), Box::new(right)), start, line))
    }

    fn sum(&mut self) -> Parsed<Expr> {
        self.chain(Self::product, |token| match token {
            Token::Punct("+") => Some(ArithmeticOp::Add),
            Token::Punct("-") => Some(ArithmeticOp::Subtract),
            _ => None,
        })
    }

    fn product(&mut self) -> Parsed<Expr> {
        self.chain(Self::unary, |token| match token {
            Token::Punct("*") => Some(ArithmeticOp::Multiply),
            Token::Punct("/") => Some(ArithmeticOp::Divide),
            _ => None,
        })
    }

    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Parsed<Expr>,
        operator: fn(&Token) -> Option<ArithmeticOp>,
    ) -> Parsed<Expr> {
        let (start, line) = (self.span(), self.line());
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let Some(op) = operator(self.peek()) {
            self.skip();
            rest.push((op, operand(self)?));
        }
        Ok(if rest.is_empty() {
            first
        } else {
            self.make(ExprKind::Arithmetic(Box::new(first), rest), start, line)
        })
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let (start, line) = (self.span(), self.line());
        if !self.eat_punct("!") {
            return self.postfix();
        }
        let inner = self.nested(Self::unary)?;
        Ok(self.make(ExprKind::Not(Box::new(inner)), start, line))
    }

    /// A primary expression with accessors after it.
    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
        let (start, line) = (self.span(), self.line());
        let mut expr = self.primary()?;
        let mut count = 0;
        while self.eat_punct(".") {
            count += 1;
            if count > ACCESSORS_MAX {
                return Err(Diagnostic::error(self.last_span(), "Nested too deeply"));
            }
            let name = self.ident("an attribute of the value")?;
            let arguments = if self.is_punct("(") { Some(self.arguments()?) } else { None };
            expr = self.make(ExprKind::Method(Box::new(expr), name, arguments), start, line);
        }
        Ok(expr)
    }

    /// `( … , … )` after the name of a function.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        self.expect_mark("(")?;
        let mut list = Vec::new();
        if self.eat_punct(")") {
            return Ok(list);
        }
        loop {
            list.push(self.expression()?);
            if !self.eat_punct(",") {
                break;
            }
        }
        if !self.eat_punct(")") {
            return Err(self.wrong(&["','", "')'"]));
        }
        Ok(list)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let (start, line) = (self.span(), self.line());
        let kind = match self.peek() {
            Token::Number(n) => {
                self.skip();
                ExprKind::Int(*n)
            }
            Token::Str(text) => {
                self.skip();
                ExprKind::String(text.as_str().into())
            }
            Token::Ip(address) => {
                self.skip();
                self.address_or_netmask(*address)
            }
            Token::Prefix(net) => {
                self.skip();
                ExprKind::Prefix(*net)
            }
            Token::Punct("(") => return self.nested(Self::parenthesised),
            Token::Punct("[") => ExprKind::Set(self.nested(Self::set_items)?),
            Token::Punct("[=") => ExprKind::Mask(self.nested(Self::mask_items)?),
            Token::Punct("+" | "-") => ExprKind::Empty(self.empty_list()?),
            Token::Symbol(word) => match word.as_str() {
                "true" | "false" if !self.is_punct_at(1, "(") => {
                    self.skip();
                    ExprKind::Bool(word == "true")
                }
                _ => {
                    let name = self.ident("a name")?;
                    if self.is_punct("(") {
                        ExprKind::Call(name, self.arguments()?)
                    } else {
                        ExprKind::Name(name.name)
                    }
                }
            },
            _ => return Err(self.wrong(&[]).label("expected an expression")),
        };
        Ok(self.make(kind, start, line))
    }

    /// An address, or 1.6's `ADDRESS:NETMASK`, which no text of 2.x has.
    fn address_or_netmask(&mut self, address: IpAddr) -> ExprKind {
        if let (Token::Punct(":"), Token::Ip(IpAddr::V4(mask)), IpAddr::V4(_)) =
            (self.peek(), self.peek_at(1), address)
        {
            let bits = u32::from(*mask);
            let contiguous = bits.leading_ones() + bits.trailing_zeros() >= 32;
            if let Ok(net) = IpNetwork::new(address, bits.leading_ones() as u8)
                && contiguous
                && net.network() == address
            {
                self.skip();
                self.skip();
                return ExprKind::Prefix(net);
            }
        }
        ExprKind::Ip(address)
    }

    /// `+empty+`, `-empty-`, `--empty--`, `---empty---`.
    fn empty_list(&mut self) -> Parsed<ListKind> {
        let (sign, kinds): (_, &[_]) = if self.is_punct("+") {
            ("+", &[ListKind::Path])
        } else {
            ("-", &[ListKind::Communities, ListKind::Extended, ListKind::Large])
        };
        let mut count = 0;
        while count < kinds.len() && self.eat_punct(sign) {
            count += 1;
        }
        if !self.eat_symbol("empty") {
            return Err(self.wrong(&["EMPTY"]).help("a number has no sign: write 0 - 1 for 4294967295"));
        }
        for _ in 0..count {
            self.expect_mark(sign)?;
        }
        kinds.get(count.wrapping_sub(1)).copied().ok_or_else(|| self.wrong(&[]))
    }

    /// The kind of an extended community, if one begins here.
    pub(super) fn extended_kind(&mut self) -> Option<ExtendedKind> {
        let kind = match (self.peek_word()?, self.peek_at(1), self.peek_at(2)) {
            ("rt", Token::Punct(","), _) => ExtendedKind::RouteTarget,
            ("ro", Token::Punct(","), _) => ExtendedKind::RouteOrigin,
            ("generic", Token::Punct(","), _) => ExtendedKind::Generic,
            ("unknown", Token::Number(code), Token::Punct(",")) => {
                self.skip();
                ExtendedKind::Unknown(*code)
            }
            _ => return None,
        };
        self.skip();
        self.skip();
        Some(kind)
    }

    /// `(x)`, a pair, an extended or a large community.
    fn parenthesised(&mut self) -> Parsed<Expr> {
        let (start, line) = (self.span(), self.line());
        self.expect_mark("(")?;
        let before = self.position();
        if let Some(kind) = self.extended_kind() {
            let key = self.expression()?;
            // `(rt, 1)` is a pair whose first part happens to have the name of a kind.
            if self.is_punct(")") {
                self.rewind(before);
            } else {
                self.expect_mark(",")?;
                let value = self.expression()?;
                self.expect_mark(")")?;
                return Ok(self.make(ExprKind::Extended(kind, Box::new(key), Box::new(value)), start, line));
            }
        }
        let first = self.expression()?;
        let kind = if self.eat_punct(",") {
            let second = self.expression()?;
            if self.eat_punct(",") {
                let third = self.expression()?;
                ExprKind::Large(Box::new(first), Box::new(second), Box::new(third))
            } else {
                ExprKind::Pair(Box::new(first), Box::new(second))
            }
        } else {
            if !self.eat_punct(")") {
                return Err(self.wrong(&["','", "')'"]));
            }
            return Ok(Expr { span: self.span_from(start), ..first });
        };
        self.expect_mark(")")?;
        Ok(self.make(kind, start, line))
    }
}
