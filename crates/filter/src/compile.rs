//! From tokens to a resolved tree. Everything a filter names must be defined before it, so names are
//! resolved and types checked while reading.

mod command;
mod expression;
mod sets;

use std::collections::HashMap;
use std::sync::Arc;

use crate::lexer::Token;
use crate::parser::Parser;
use crate::tree::{Attr, Expr, Function};
use crate::value::{Type, Value};
use crate::{Diagnostic, Filter, SymbolClass};

/// What a name means.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Symbol {
    Constant(Value),
    Function(Arc<Function>),
    Filter(Arc<Filter>),
    Attribute(Attr),
    Other(SymbolClass),
}

/// All names of a configuration.
pub(crate) type Symbols = HashMap<String, Symbol>;

/// Compiles one function or filter.
pub(crate) struct Compiler<'a, 't> {
    pub(crate) symbols: &'a Symbols,
    pub(crate) parser: &'a mut Parser<'t>,
    pub(crate) dialect16: bool,
    /// Variables in scope, innermost last.
    scope: Vec<(String, usize, Type)>,
    slots: usize,
    lines: &'a dyn Fn(crate::Span) -> u32,
}

type Done<T> = Result<T, Diagnostic>;

/// Commands within commands, and terms within terms.
const DEPTH_MAX: usize = 200;

impl<'a, 't> Compiler<'a, 't> {
    pub(crate) fn new(
        symbols: &'a Symbols,
        parser: &'a mut Parser<'t>,
        dialect16: bool,
        lines: &'a dyn Fn(crate::Span) -> u32,
    ) -> Self {
        Self { symbols, parser, dialect16, scope: Vec::new(), slots: 0, lines }
    }

    /// `NAME '(' args ')' [-> type] body`, after `function`.
    pub(crate) fn function(&mut self) -> Done<(String, Function)> {
        let (name, _) = self.parser.expect_name("a function name")?;
        self.parser.expect_punct("(")?;
        let mut args = Vec::new();
        while !self.parser.eat_punct(")") {
            let ty = self.ty()?;
            let (arg, _) = self.parser.expect_name("an argument name")?;
            self.declare(arg, ty);
            args.push(ty);
            if !self.parser.eat_punct(";") && !self.parser.eat_punct(",") {
                self.parser.expect_punct(")")?;
                break;
            }
        }
        if self.parser.eat_punct("->") {
            self.ty()?;
        }
        let mut function = self.body(Some(name.as_str().into()))?;
        function.args = args;
        Ok((name, function))
    }

    /// Declarations (old style) and a block.
    pub(crate) fn body(&mut self, name: Option<Arc<str>>) -> Done<Function> {
        while !self.parser.is_punct("{") && self.is_type() {
            self.declaration()?;
        }
        let body = self.block(0)?;
        Ok(Function { name, args: Vec::new(), slots: self.slots, body })
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    fn declare(&mut self, name: String, ty: Type) -> usize {
        let slot = self.slots;
        self.slots += 1;
        self.scope.push((name, slot, ty));
        slot
    }

    fn variable(&self, name: &str) -> Option<(usize, Type)> {
        self.scope.iter().rev().find(|(n, _, _)| n == name).map(|(_, slot, ty)| (*slot, *ty))
    }

    fn attribute(&self, name: &str) -> Option<Attr> {
        if let Some(Symbol::Attribute(attr)) = self.symbols.get(name) {
            return Some(attr.clone());
        }
        Attr::by_name(name)
    }

    /// Whether a type stands here, and a name behind it.
    fn is_type(&self) -> bool {
        matches!(self.parser.peek(), Token::Symbol(name) if type_by_name(name).is_some())
            && matches!(self.parser.peek2(), Token::Symbol(_))
    }

    fn ty(&mut self) -> Done<Type> {
        let (name, span) = self.parser.expect_name("a type")?;
        let Some(ty) = type_by_name(&name) else {
            return Err(Diagnostic::error(span, format!("syntax error, unexpected {name}, expecting a type"))
                .label("bool, int, pair, quad, ip, prefix, ec, lc, string, bgpmask, bgppath, clist, eclist, lclist, or a set"));
        };
        if self.parser.eat_symbol("set") {
            return Ok(if ty == Type::Prefix { Type::PrefixSet } else { Type::Set });
        }
        Ok(ty)
    }

    /// A name nobody knows, with the nearest one that is known.
    fn undefined(&self, name: &str, span: crate::Span) -> Diagnostic {
        let locals = self.scope.iter().map(|(n, _, _)| n.as_str());
        let known = self.symbols.keys().map(String::as_str).chain(locals).chain(ATTRIBUTES.iter().copied());
        let near = known.map(|k| (distance(name, k), k)).min();
        let error = Diagnostic::error(span, format!("syntax error, unexpected {name}: it is not defined"))
            .label("not a constant, variable, function or attribute known here");
        match near {
            Some((d, known)) if d <= 1 + name.len() / 4 => error.help(format!("did you mean `{known}`?")),
            _ => error,
        }
    }
}

/// Attribute names for suggestions.
const ATTRIBUTES: &[&str] = &[
    "net",
    "proto",
    "source",
    "from",
    "gw",
    "ifname",
    "dest",
    "scope",
    "preference",
    "bgp_path",
    "bgp_origin",
    "bgp_next_hop",
    "bgp_med",
    "bgp_local_pref",
    "bgp_community",
    "bgp_ext_community",
    "bgp_large_community",
    "krt_metric",
    "krt_source",
    "krt_prefsrc",
    "igp_metric",
    "accept",
    "reject",
];

/// Levenshtein's distance.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            *cell = (diagonal + usize::from(ca != *cb)).min(up + 1).min(left + 1);
            diagonal = up;
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

fn type_by_name(name: &str) -> Option<Type> {
    Some(match name {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "pair" => Type::Pair,
        "quad" => Type::Quad,
        "ip" => Type::Ip,
        "prefix" => Type::Prefix,
        "string" => Type::String,
        "ec" => Type::Ec,
        "lc" => Type::Lc,
        "bgppath" => Type::Path,
        "bgpmask" => Type::Mask,
        "clist" => Type::Clist,
        "eclist" => Type::Eclist,
        "lclist" => Type::Lclist,
        _ => return None,
    })
}

/// The type of an expression where it is known before it runs.
fn type_of(expr: &Expr, scope: &[(String, usize, Type)]) -> Option<Type> {
    use crate::tree::{Accessor, ListOp, Op};
    Some(match expr {
        Expr::Const(value) => value.ty(),
        Expr::Local(slot) => scope.iter().find(|(_, s, _)| s == slot)?.2,
        Expr::Attr(attr) => attr.ty(),
        Expr::Binary(Op::Add | Op::Sub | Op::Mul | Op::Div, _) => Type::Int,
        Expr::Binary(..) | Expr::Not(_) | Expr::Defined(_) => Type::Bool,
        Expr::Access(Accessor::Ip, _) | Expr::Mask(_) => Type::Ip,
        Expr::Access(Accessor::IsV4, _) => Type::Bool,
        Expr::Access(
            Accessor::Len
            | Accessor::First
            | Accessor::Last
            | Accessor::LastNonaggregated
            | Accessor::Asn
            | Accessor::Data
            | Accessor::Data1
            | Accessor::Data2,
            _,
        ) => Type::Int,
        Expr::Pair(_) => Type::Pair,
        Expr::Lc(_) => Type::Lc,
        Expr::Ec(..) => Type::Ec,
        Expr::List(ListOp::Prepend, _) => Type::Path,
        Expr::List(_, sides) => return type_of(&sides.0, scope),
        Expr::Format(_) => Type::String,
        Expr::Access(..) | Expr::Call(..) => return None,
    })
}
