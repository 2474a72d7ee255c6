//! Expressions.

use std::net::IpAddr;

use super::{Lower, Typed, ident};
use crate::Diagnostic;
use crate::ast::Ident;
use crate::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, ListKind, LogicOp};
use crate::attribute::{self, Access};
use crate::code::{Line, Node};
use crate::eval::Run;
use crate::parser::Parsed;
use crate::symbols::Symbol;
use crate::types::{Dialect, Type, enum_constants};
use crate::value::Value;

impl Lower<'_> {
    /// An expression of any type.
    pub(super) fn expression(&mut self, expr: &Expr) -> Parsed<Typed> {
        let typed = self.deeper(|l| l.kind(expr))?;
        self.fold(typed, expr)
    }

    /// An expression that must be of a type: argument number and operation name it in the error.
    pub(super) fn typed(&mut self, expr: &Expr, wanted: Type, argument: (usize, &str)) -> Parsed<Node> {
        let typed = self.expression(expr)?;
        if wanted.takes(typed.of) {
            return Ok(convert(typed.node, wanted));
        }
        Err(type_error(expr, argument, &wanted.to_string(), typed.of))
    }

    /// The condition of `if` or `where`.
    pub(super) fn test(&mut self, expr: &Expr) -> Parsed<Node> {
        self.typed(expr, Type::Bool, (1, "CONDITION"))
    }

    fn kind(&mut self, expr: &Expr) -> Parsed<Typed> {
        let line = Line(expr.line);
        Ok(match &expr.kind {
            ExprKind::Bool(b) => Typed::constant(Value::Bool(*b)),
            ExprKind::Int(n) => Typed::constant(Value::Int(*n)),
            ExprKind::String(text) => Typed::constant(Value::String(text.clone())),
            ExprKind::Ip(ip) => Typed::constant(Value::Ip(self.address(*ip))),
            ExprKind::Prefix(net) => Typed::constant(Value::Prefix(*net)),
            ExprKind::Empty(kind) => Typed::constant(empty(*kind)),
            ExprKind::Set(items) => Typed::constant(self.set(items)?),
            ExprKind::Mask(items) => self.mask(items, expr)?,
            ExprKind::Name(name) => self.name(&ident(name, expr.span))?,
            ExprKind::Call(name, arguments) => self.call(name, arguments, expr)?,
            ExprKind::Method(receiver, name, arguments) => {
                self.method(receiver, name, arguments.as_deref(), expr)?
            }
            ExprKind::Not(inner) => {
                let node = self.typed(inner, Type::Bool, (1, "NOT"))?;
                Typed { node: Node::Not(Box::new(node), line), of: Type::Bool }
            }
            ExprKind::Logic(first, rest) => self.logic(first, rest, line)?,
            ExprKind::Arithmetic(first, rest) => self.arithmetic(first, rest, line)?,
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right, expr)?,
            ExprKind::Pair(a, b) => {
                let a = self.typed(a, Type::Int, (1, "PAIR_CONSTRUCT"))?;
                let b = self.typed(b, Type::Int, (2, "PAIR_CONSTRUCT"))?;
                Typed { node: Node::Pair(Box::new((a, b)), line), of: Type::Pair }
            }
            ExprKind::Large(a, b, c) => {
                let a = self.typed(a, Type::Int, (1, "LC_CONSTRUCT"))?;
                let b = self.typed(b, Type::Int, (2, "LC_CONSTRUCT"))?;
                let c = self.typed(c, Type::Int, (3, "LC_CONSTRUCT"))?;
                Typed { node: Node::Large(Box::new([a, b, c]), line), of: Type::Lc }
            }
            ExprKind::Extended(kind, key, value) => {
                let typed = self.expression(key)?;
                if !matches!(typed.of, Type::Int | Type::Ip | Type::Quad | Type::Dynamic) {
                    return Err(type_error(key, (1, "EC_CONSTRUCT"), "int or ip", typed.of));
                }
                let value = self.typed(value, Type::Int, (2, "EC_CONSTRUCT"))?;
                Typed { node: Node::Extended(*kind, Box::new((typed.node, value)), line), of: Type::Ec }
            }
        })
    }

    /// An address as it is written: to BIRD 2 `::ffff:0:0/96` are the addresses of IPv4.
    fn address(&self, ip: IpAddr) -> IpAddr {
        if self.symbols.dialect == Dialect::Bird2 { ip.to_canonical() } else { ip }
    }

    /// Evaluates now what depends on nothing.
    fn fold(&self, typed: Typed, expr: &Expr) -> Parsed<Typed> {
        if !foldable(&typed.node) {
            return Ok(typed);
        }
        match Run::new(None, self.symbols.dialect).constant(&typed.node) {
            Ok(value) => Ok(Typed::constant(value)),
            Err(fault) => {
                let message = format!("filter preevaluation, line {}: {}", fault.line, fault.message);
                Err(Diagnostic::error(expr.span, message))
            }
        }
    }

    fn name(&mut self, name: &Ident) -> Parsed<Typed> {
        if let Some(variable) = self.variable(&name.name) {
            return Ok(Typed { node: Node::Local(variable.slot), of: variable.of });
        }
        match self.symbols.get(&name.name) {
            Some(Symbol::Constant(value)) => return Ok(Typed::constant(value.clone())),
            Some(Symbol::Attribute(attribute)) => {
                let of = attribute.custom_type();
                return Ok(Typed { node: Node::Attribute(attribute.clone()), of });
            }
            // A protocol or table may well have the name of an attribute.
            Some(symbol) if attribute::find(&name.name, self.symbols.dialect).is_none() => {
                let message = "syntax error, unexpected CF_SYM_KNOWN";
                return Err(Diagnostic::error(name.span, message)
                    .label(format!("is a {}, not a value", symbol.class().name())));
            }
            _ => {}
        }
        if let Some((attribute, of, access)) = attribute::find(&name.name, self.symbols.dialect) {
            if access == Access::Opaque {
                return Err(Diagnostic::error(name.span, "Reading opaque attribute is not allowed")
                    .label("only defined(…) can look at it"));
            }
            return Ok(Typed { node: Node::Attribute(attribute), of });
        }
        match enum_constants(self.symbols.dialect).find(|c| *c.0 == *name.name) {
            Some((_, kind, value)) => Ok(Typed::constant(Value::Enum(*kind, *value))),
            None => Err(self.undefined(name)),
        }
    }

    fn logic(&mut self, first: &Expr, rest: &[(LogicOp, Expr)], line: Line) -> Parsed<Typed> {
        let name = |op: LogicOp| if op == LogicOp::And { "AND" } else { "OR" };
        let first_name = rest.first().map_or("AND", |(op, _)| name(*op));
        let first = self.typed(first, Type::Bool, (1, first_name))?;
        let mut nodes = Vec::with_capacity(rest.len());
        for (op, operand) in rest {
            nodes.push((*op, self.typed(operand, Type::Bool, (2, name(*op)))?));
        }
        Ok(Typed { node: Node::Logic(Box::new(first), nodes.into(), line), of: Type::Bool })
    }

    fn arithmetic(&mut self, first: &Expr, rest: &[(ArithmeticOp, Expr)], line: Line) -> Parsed<Typed> {
        let name = |op: ArithmeticOp| match op {
            ArithmeticOp::Add => "ADD",
            ArithmeticOp::Subtract => "SUBTRACT",
            ArithmeticOp::Multiply => "MULTIPLY",
            ArithmeticOp::Divide => "DIVIDE",
        };
        let first_name = rest.first().map_or("ADD", |(op, _)| name(*op));
        let first = self.typed(first, Type::Int, (1, first_name))?;
        let mut nodes = Vec::with_capacity(rest.len());
        for (op, operand) in rest {
            nodes.push((*op, self.typed(operand, Type::Int, (2, name(*op)))?));
        }
        Ok(Typed { node: Node::Arithmetic(Box::new(first), nodes.into(), line), of: Type::Int })
    }

    fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr, whole: &Expr) -> Parsed<Typed> {
        let (a, b) = (self.expression(left)?, self.expression(right)?);
        if let Some(message) = compare_error(op, a.of, b.of) {
            return Err(Diagnostic::error(whole.span, message).label(format!("{} and {}", a.of, b.of)));
        }
        let node = Node::Compare(op, Box::new((a.node, b.node)), Line(whole.line));
        Ok(Typed { node, of: Type::Bool })
    }
}

/// What is wrong with comparing these types, if the types alone tell.
fn compare_error(op: CompareOp, left: Type, right: Type) -> Option<String> {
    if left == Type::Dynamic || right == Type::Dynamic {
        return None;
    }
    let name = match op {
        // What has no meaning is an error of the route it happens on: such a filter loads in BIRD.
        CompareOp::Equal | CompareOp::NotEqual | CompareOp::Match | CompareOp::NotMatch => return None,
        CompareOp::Less | CompareOp::Greater => "LT",
        CompareOp::LessEqual | CompareOp::GreaterEqual => "LTE",
    };
    let same = left.takes(right) || right.takes(left);
    (!same).then(|| format!("Arguments 1 and 2 of {name} must be of the same type"))
}

fn empty(kind: ListKind) -> Value {
    match kind {
        ListKind::Path => Value::Path(godwit_wire::AsPath::empty()),
        ListKind::Communities => Value::Clist(Box::default()),
        ListKind::Extended => Value::Eclist(Box::default()),
        ListKind::Large => Value::Lclist(Box::default()),
    }
}

/// A constant as the type it is wanted as: the one conversion, of an address to a quad.
pub(super) fn convert(node: Node, wanted: Type) -> Node {
    match node {
        Node::Const(value) => Node::Const(value.into_type(wanted).unwrap_or_else(|value| value)),
        node => node,
    }
}

pub(super) fn type_error(expr: &Expr, (index, of): (usize, &str), wanted: &str, got: Type) -> Diagnostic {
    let message = format!("Argument {index} of {of} must be of type {wanted}, got type {got}");
    Diagnostic::error(expr.span, message).label(format!("expected {wanted}"))
}

/// Whether an operation has only constants to work on. A call is left alone: it may never be made.
pub(crate) fn foldable(node: &Node) -> bool {
    let fixed = |n: &Node| matches!(n, Node::Const(_));
    match node {
        Node::Not(a, _) | Node::Accessor(_, a, _) | Node::Format(a) | Node::Defined(a) => fixed(a),
        Node::Logic(first, rest, _) => {
            // The first operand may decide alone, if all operators agree.
            let decided = |op: LogicOp| {
                matches!(**first, Node::Const(Value::Bool(b)) if b == (op == LogicOp::Or))
                    && rest.iter().all(|(o, _)| *o == op)
            };
            decided(LogicOp::And)
                || decided(LogicOp::Or)
                || (fixed(first) && rest.iter().all(|(_, n)| fixed(n)))
        }
        Node::Arithmetic(first, rest, _) => fixed(first) && rest.iter().all(|(_, n)| fixed(n)),
        Node::Compare(_, pair, _)
        | Node::IpMask(pair, _)
        | Node::Pair(pair, _)
        | Node::Extended(_, pair, _)
        | Node::List(_, pair, _) => fixed(&pair.0) && fixed(&pair.1),
        Node::Large(parts, _) => parts.iter().all(fixed),
        _ => false,
    }
}
