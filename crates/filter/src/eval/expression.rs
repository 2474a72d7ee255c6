//! Expressions at run time.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

use godwit_wire::{ExtendedCommunity, LargeCommunity};
use ipnetwork::IpNetwork;

use super::{Halt, Run};
use crate::ast::{ArithmeticOp, CompareOp, ExtendedKind, LogicOp};
use crate::attribute::Attribute;
use crate::code::{Accessor, Line, MaskNode, Node};
use crate::glob;
use crate::path_mask::{MaskElement, PathMask};
use crate::types::{Dialect, EnumKind};
use crate::value::{Value, ip_number};

const NO_MATCH: &str = "~ applied on unknown type pair";

impl<'r> Run<'r> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, node: &'r Node) -> Result<Value, Halt> {
        match node {
            Node::Const(value) => Ok(value.clone()),
            Node::Local(slot) => {
                Ok(self.stack.get(self.base + usize::from(*slot)).cloned().unwrap_or(Value::Void))
            }
            Node::Attribute(attribute) => self.read(attribute),
            Node::Not(inner, line) => Ok(Value::Bool(!self.test(inner, *line, (1, "NOT"))?)),
            Node::Logic(first, rest, line) => self.logic(first, rest, *line).map(Value::Bool),
            Node::Compare(op, operands, line) => {
                self.compare(*op, &operands.0, &operands.1, *line).map(Value::Bool)
            }
            Node::Defined(inner) => self.defined(inner).map(Value::Bool),
            Node::Arithmetic(first, rest, line) => self.arithmetic(first, rest, *line).map(Value::Int),
            Node::Accessor(accessor, inner, line) => self.access(*accessor, inner, *line),
            Node::Call(function, arguments, line) => self.call(function, arguments, *line),
            Node::CallSelf(arguments, line) => self.call_this(arguments, *line),
            other => self.construct(other),
        }
    }

    /// What makes a new value of others.
    #[inline(never)]
    fn construct(&mut self, node: &'r Node) -> Result<Value, Halt> {
        match node {
            Node::IpMask(operands, line) => self.ip_mask(&operands.0, &operands.1, *line),
            Node::Pair(operands, line) => {
                let (a, b) = (self.int(&operands.0, *line)?, self.int(&operands.1, *line)?);
                if a > 0xffff || b > 0xffff {
                    let message = "Can't operate with value out of bounds in pair constructor";
                    return Err(Halt::fault(*line, message));
                }
                Ok(Value::Pair(a << 16 | b))
            }
            Node::Extended(kind, operands, line) => {
                let (key, value) = (self.eval(&operands.0)?, self.int(&operands.1, *line)?);
                extended_community(*kind, &key, value).map(Value::Ec).map_err(|m| Halt::fault(*line, m))
            }
            Node::Large(parts, line) => {
                let [a, b, c] = &**parts;
                let (global, data1, data2) = (self.int(a, *line)?, self.int(b, *line)?, self.int(c, *line)?);
                Ok(Value::Lc(LargeCommunity { global, data1, data2 }))
            }
            Node::List(op, operands, line) => {
                let (list, item) = (self.eval(&operands.0)?, self.eval(&operands.1)?);
                let Some(list) = list.as_list() else {
                    return Err(Halt::fault(*line, "Path, clist, eclist or lclist expected"));
                };
                list.apply(*op, &item).map_err(|m| Halt::fault(*line, m))
            }
            Node::Mask(items, line) => self.mask(items, *line),
            Node::RoaCheck(table, of, line) => self.roa_check(table, of.as_deref(), *line),
            Node::Format(inner) => Ok(Value::String(self.eval(inner)?.to_string().into())),
            _ => Ok(Value::Void),
        }
    }

    /// The value of a condition or operand that must be a boolean.
    pub(super) fn test(&mut self, node: &'r Node, line: Line, argument: (usize, &str)) -> Result<bool, Halt> {
        // The usual conditions, without a value in between.
        match node {
            Node::Compare(op, operands, line) => self.compare(*op, &operands.0, &operands.1, *line),
            Node::Logic(first, rest, line) => self.logic(first, rest, *line),
            Node::Defined(inner) => self.defined(inner),
            Node::Not(inner, line) => self.test(inner, *line, (1, "NOT")).map(|b| !b),
            other => match self.eval(other)? {
                Value::Bool(b) => Ok(b),
                value => {
                    let ((index, of), got) = (argument, value.ty());
                    let message = format!("Argument {index} of {of} must be of type bool, got type {got}");
                    Err(Halt::fault(line, message))
                }
            },
        }
    }

    fn int(&mut self, node: &'r Node, line: Line) -> Result<u32, Halt> {
        match self.eval(node)? {
            Value::Int(n) => Ok(n),
            other => {
                let message = format!("Argument must be of type int, got type {}", other.ty());
                Err(Halt::fault(line, message))
            }
        }
    }

    fn logic(&mut self, first: &'r Node, rest: &'r [(LogicOp, Node)], line: Line) -> Result<bool, Halt> {
        let first_name = if let Some((LogicOp::Or, _)) = rest.first() { "OR" } else { "AND" };
        let mut value = self.test(first, line, (1, first_name))?;
        for (op, operand) in rest {
            let (decided, name) = match op {
                LogicOp::And => (!value, "AND"),
                LogicOp::Or => (value, "OR"),
            };
            if !decided {
                value = self.test(operand, line, (2, name))?;
            }
        }
        Ok(value)
    }

    fn arithmetic(
        &mut self,
        first: &'r Node,
        rest: &'r [(ArithmeticOp, Node)],
        line: Line,
    ) -> Result<u32, Halt> {
        let mut sum = self.int(first, line)?;
        for (op, operand) in rest {
            let n = self.int(operand, line)?;
            sum = match op {
                ArithmeticOp::Add => sum.wrapping_add(n),
                ArithmeticOp::Subtract => sum.wrapping_sub(n),
                ArithmeticOp::Multiply => sum.wrapping_mul(n),
                ArithmeticOp::Divide => match sum.checked_div(n) {
                    Some(quotient) => quotient,
                    None => return Err(Halt::fault(line, "Mother told me not to divide by 0")),
                },
            };
        }
        Ok(sum)
    }

    fn defined(&mut self, node: &'r Node) -> Result<bool, Halt> {
        match node {
            Node::Attribute(attribute) => self.is_defined(attribute),
            // An empty list is none in 2.x.
            other => Ok(match (self.eval(other)?, self.dialect) {
                (Value::Void, _) => false,
                (Value::Path(path), Dialect::Bird2) => !path.as_wire().is_empty(),
                (Value::Clist(list), Dialect::Bird2) => !list.is_empty(),
                (Value::Eclist(list), Dialect::Bird2) => !list.is_empty(),
                (Value::Lclist(list), Dialect::Bird2) => !list.is_empty(),
                _ => true,
            }),
        }
    }

    fn compare(&mut self, op: CompareOp, left: &'r Node, right: &'r Node, line: Line) -> Result<bool, Halt> {
        let order = |ordering: Option<Ordering>| {
            ordering.ok_or_else(|| Halt::fault(line, "Can't compare values of incompatible types"))
        };
        match op {
            CompareOp::Equal => self.equal(left, right),
            CompareOp::NotEqual => self.equal(left, right).map(|b| !b),
            CompareOp::Match => self.matches(left, right, line),
            CompareOp::NotMatch => self.matches(left, right, line).map(|b| !b),
            CompareOp::Less => Ok(order(self.order(left, right)?)?.is_lt()),
            CompareOp::LessEqual => Ok(order(self.order(left, right)?)?.is_le()),
            CompareOp::Greater => Ok(order(self.order(left, right)?)?.is_gt()),
            CompareOp::GreaterEqual => Ok(order(self.order(left, right)?)?.is_ge()),
        }
    }

    fn equal(&mut self, left: &'r Node, right: &'r Node) -> Result<bool, Halt> {
        if let (Some(a), Some(b)) = (self.text(left), self.text(right)) {
            return Ok(a == b);
        }
        let left = self.eval(left)?;
        // A constant need not be copied to be looked at.
        match right {
            Node::Const(value) => Ok(left.same(value)),
            other => Ok(left.same(&self.eval(other)?)),
        }
    }

    fn order(&mut self, left: &'r Node, right: &'r Node) -> Result<Option<Ordering>, Halt> {
        let left = self.eval(left)?;
        match right {
            Node::Const(value) => Ok(compare(&left, value)),
            other => Ok(compare(&left, &self.eval(other)?)),
        }
    }

    /// Text that is there already.
    fn text(&self, node: &'r Node) -> Option<&'r str> {
        match node {
            Node::Const(Value::String(text)) => Some(text),
            Node::Attribute(Attribute::Proto) => self.subject.map(|s| s.protocol),
            _ => None,
        }
    }

    fn matches(&mut self, left: &'r Node, right: &'r Node, line: Line) -> Result<bool, Halt> {
        // Lists of the route are looked at where they are.
        let found = match (left, right) {
            (Node::Attribute(attribute), Node::Const(value)) => match self.list(attribute) {
                Some(list) => list.matches(value),
                None => match (self.text(left), value) {
                    (Some(text), Value::String(pattern)) => Some(glob::matches(pattern, text)),
                    _ => matches(&self.read(attribute)?, value),
                },
            },
            (left, Node::Attribute(attribute)) => {
                let left = self.eval(left)?;
                match self.list(attribute) {
                    Some(list) => list.has(&left),
                    None => matches(&left, &self.read(attribute)?),
                }
            }
            (left, Node::Const(value)) => matches(&self.eval(left)?, value),
            (left, right) => {
                let left = self.eval(left)?;
                matches(&left, &self.eval(right)?)
            }
        };
        found.ok_or_else(|| Halt::fault(line, NO_MATCH))
    }

    fn access(&mut self, accessor: Accessor, node: &'r Node, line: Line) -> Result<Value, Halt> {
        let found = match node {
            Node::Attribute(attribute) => match self.list(attribute) {
                Some(list) => list.access(accessor),
                None => access(accessor, &self.read(attribute)?),
            },
            other => access(accessor, &self.eval(other)?),
        };
        found.ok_or_else(|| Halt::fault(line, accessor.wants()))
    }

    fn ip_mask(&mut self, ip: &'r Node, length: &'r Node, line: Line) -> Result<Value, Halt> {
        let (ip, length) = (self.eval(ip)?, self.int(length, line)?);
        let Value::Ip(ip) = ip else {
            return Err(Halt::fault(line, "Argument 1 of IP_MASK must be of type ip"));
        };
        let width = if ip.is_ipv4() { 32 } else { 128 };
        let length = length.min(width) as u8;
        Ok(IpNetwork::new(ip, length).map_or(Value::Ip(ip), |net| Value::Ip(net.network())))
    }

    fn mask(&mut self, items: &'r [MaskNode], line: Line) -> Result<Value, Halt> {
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            elements.push(match item {
                MaskNode::Fixed(element) => element.clone(),
                MaskNode::Range(low, high) => MaskElement::Range(self.int(low, line)?, self.int(high, line)?),
                MaskNode::Value(node) => {
                    let value = self.eval(node)?;
                    let Some(element) = MaskElement::from_value(&value) else {
                        return Err(Halt::fault(line, "Can't resolve AS path mask item to int or int set"));
                    };
                    element
                }
            });
        }
        let mask = PathMask::new(elements).map_err(|m| Halt::fault(line, m))?;
        Ok(Value::Mask(Arc::new(mask)))
    }
}

/// `left ~ right`; `None` for what cannot be compared so.
fn matches(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::String(text), Value::String(pattern)) => Some(glob::matches(pattern, text)),
        (Value::Ip(ip), Value::Prefix(net)) => Some(net.contains(*ip)),
        (Value::Prefix(inner), Value::Prefix(outer)) => {
            Some(inner.prefix() >= outer.prefix() && outer.contains(inner.ip()))
        }
        (left, right) => match (left.as_list(), right) {
            (Some(list), right) => list.matches(right),
            (None, Value::Set(set)) => set.contains(left),
            (None, right) => right.as_list()?.has(left),
        },
    }
}

/// The order of two values; `None` for what has none.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        // What is undefined comes before everything.
        (Value::Void, Value::Void) => Ordering::Equal,
        (Value::Void, _) => Ordering::Less,
        (_, Value::Void) => Ordering::Greater,
        (Value::Int(a), Value::Int(b))
        | (Value::Pair(a), Value::Pair(b))
        | (Value::Quad(a), Value::Quad(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Enum(kind, a), Value::Enum(other, b)) if kind == other => a.cmp(b),
        (Value::Ec(a), Value::Ec(b)) => a.cmp(b),
        (Value::Lc(a), Value::Lc(b)) => a.cmp(b),
        (Value::Ip(a), Value::Ip(b)) => ip_number(*a).cmp(&ip_number(*b)),
        (Value::Quad(a), Value::Ip(IpAddr::V4(b))) => a.cmp(&u32::from(*b)),
        (Value::Ip(IpAddr::V4(a)), Value::Quad(b)) => u32::from(*a).cmp(b),
        (Value::Prefix(a), Value::Prefix(b)) => {
            let key = |n: &IpNetwork| (n.is_ipv6(), ip_number(n.ip()), n.prefix());
            key(a).cmp(&key(b))
        }
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        _ => return None,
    })
}

/// The number by which `case` finds a value.
pub(crate) fn case_key(value: &Value) -> Option<u128> {
    Some(match value {
        Value::Bool(b) => u128::from(*b),
        Value::Int(n) | Value::Pair(n) | Value::Quad(n) => u128::from(*n),
        Value::Enum(_, n) => u128::from(*n),
        Value::Ip(ip) => ip_number(*ip),
        Value::Ec(ec) => u128::from(ec.0),
        Value::Lc(lc) => u128::from(lc.global) << 64 | u128::from(lc.data1) << 32 | u128::from(lc.data2),
        _ => return None,
    })
}

fn access(accessor: Accessor, value: &Value) -> Option<Value> {
    Some(match (accessor, value) {
        (Accessor::Len, Value::Prefix(net)) => Value::Int(net.prefix().into()),
        (Accessor::Ip, Value::Prefix(net)) => Value::Ip(net.ip()),
        (Accessor::NetType, Value::Prefix(net)) => {
            Value::Enum(EnumKind::Net, if net.is_ipv4() { 1 } else { 2 })
        }
        (Accessor::IsV4, Value::Ip(ip)) => Value::Bool(ip.is_ipv4()),
        (Accessor::Asn, Value::Pair(n)) => Value::Int(n >> 16),
        (Accessor::Data, Value::Pair(n)) => Value::Int(n & 0xffff),
        (Accessor::Asn, Value::Lc(lc)) => Value::Int(lc.global),
        (Accessor::Data1, Value::Lc(lc)) => Value::Int(lc.data1),
        (Accessor::Data2, Value::Lc(lc)) => Value::Int(lc.data2),
        (accessor, value) => return value.as_list()?.access(accessor),
    })
}

/// Builds an extended community (RFC 4360, RFC 5668), or says why it cannot be.
pub(crate) fn extended_community(
    kind: ExtendedKind,
    key: &Value,
    value: u32,
) -> Result<ExtendedCommunity, String> {
    let ip = match key {
        Value::Ip(IpAddr::V4(ip)) => Some(u32::from(*ip)),
        Value::Quad(n) => Some(*n),
        _ => None,
    };
    let number = match key {
        Value::Int(n) => Some(*n),
        _ => ip,
    };
    let Some(number) = number else {
        let message = "Argument 1 of EC constructor must be integer or IPv4 address";
        return Err(format!("{message}, got {}", key.ty()));
    };
    if kind == ExtendedKind::Generic {
        return Ok(ExtendedCommunity(u64::from(number) << 32 | u64::from(value)));
    }
    let (form, short) = match (ip.is_some(), number > 0xffff) {
        (true, _) => (0x0100, true),
        (false, false) => (0x0000, false),
        (false, true) => (0x0200, true),
    };
    if short && value > 0xffff {
        let what = if ip.is_some() { "IP" } else { "ASN" };
        return Err(format!("4-byte value {value} can't be used with 4-byte {what} in extended community"));
    }
    let kind = match kind {
        ExtendedKind::RouteTarget => form | 2,
        ExtendedKind::RouteOrigin => form | 3,
        ExtendedKind::Unknown(code) => u64::from(code as u16) | form,
        ExtendedKind::Generic => 0,
    };
    let rest = if short {
        u64::from(number) << 16 | u64::from(value)
    } else {
        u64::from(number) << 32 | u64::from(value)
    };
    Ok(ExtendedCommunity(kind << 48 | rest))
}
