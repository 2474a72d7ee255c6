//! Expressions in one shape.

use crate::ast::{CompareOp, LogicOp};
use crate::attribute::{self, Attribute};
use crate::code::{Line, Node};
use crate::compile::expression::foldable;
use crate::eval::Run;
use crate::types::{Dialect, SetType};
use crate::value::{Set, Value};

use super::is_pure;

/// How many operands of a chain are looked through for one that is there already.
const REPEATS_MAX: usize = 256;

/// The usual form of an operation whose operands are simplified.
pub(super) fn simplify(node: Node, dialect: Dialect) -> Node {
    if foldable(&node)
        && let Ok(value) = Run::new(None, dialect).constant(&node)
    {
        return Node::Const(value);
    }
    match node {
        Node::Not(inner, line) => not(*inner, line),
        Node::Logic(first, rest, _) => {
            // As many as one operator joins at once: one after the other, each would be looked at again for the next.
            let mut rest = rest.into_iter().peekable();
            let mut left = *first;
            while let Some((op, right)) = rest.next() {
                let mut list = vec![left, right];
                list.extend(
                    std::iter::from_fn(|| rest.next_if(|(next, _)| *next == op)).map(|(_, node)| node),
                );
                left = join(op, list);
            }
            left
        }
        Node::Defined(inner) => match &*inner {
            Node::Attribute(a) if always_defined(a, dialect) => Node::Const(Value::Bool(true)),
            _ => Node::Defined(inner),
        },
        Node::Compare(op, operands, line) => compare(op, operands.0, operands.1, line),
        other => other,
    }
}

fn always_defined(attribute: &Attribute, dialect: Dialect) -> bool {
    let list = matches!(
        attribute,
        Attribute::BgpCommunity
            | Attribute::BgpExtCommunity
            | Attribute::BgpLargeCommunity
            | Attribute::BgpClusterList
    );
    attribute::is_always_there(attribute) || (list && dialect == Dialect::Bird16)
}

/// `!node`
pub(super) fn not(node: Node, line: Line) -> Node {
    match node {
        Node::Const(Value::Bool(b)) => Node::Const(Value::Bool(!b)),
        Node::Not(inner, _) => *inner,
        Node::Compare(op, operands, line) => match opposite(op) {
            Some(op) => Node::Compare(op, operands, line),
            None => Node::Not(Box::new(Node::Compare(op, operands, line)), line),
        },
        other => Node::Not(Box::new(other), line),
    }
}

fn opposite(op: CompareOp) -> Option<CompareOp> {
    Some(match op {
        CompareOp::Equal => CompareOp::NotEqual,
        CompareOp::NotEqual => CompareOp::Equal,
        CompareOp::Match => CompareOp::NotMatch,
        CompareOp::NotMatch => CompareOp::Match,
        // Each is the other's opposite: what has no order is an error either way.
        CompareOp::Less => CompareOp::GreaterEqual,
        CompareOp::LessEqual => CompareOp::Greater,
        CompareOp::Greater => CompareOp::LessEqual,
        CompareOp::GreaterEqual => CompareOp::Less,
    })
}

/// These joined by one operator, chains of the same one flattened, what decides nothing left out.
pub(super) fn join(op: LogicOp, list: Vec<Node>) -> Node {
    let mut flat: Vec<Node> = Vec::with_capacity(list.len());
    let deciding = op == LogicOp::Or;
    let mut decided = false;
    for node in list {
        for part in parts(op, node) {
            match part {
                _ if decided => {}
                Node::Const(Value::Bool(b)) if b != deciding => {}
                Node::Const(Value::Bool(_)) => decided = true,
                part => {
                    // Long chains are of distinct operands, and looking for each in all takes long.
                    if flat.len() > REPEATS_MAX || !flat.contains(&part) || !is_pure(&part) {
                        flat.push(part);
                    }
                }
            }
        }
    }
    if decided {
        if flat.iter().all(is_pure) {
            return Node::Const(Value::Bool(deciding));
        }
        flat.push(Node::Const(Value::Bool(deciding)));
    }
    let mut rest = flat.into_iter();
    let Some(first) = rest.next() else { return Node::Const(Value::Bool(!deciding)) };
    let rest: Box<[_]> = rest.map(|node| (op, node)).collect();
    if rest.is_empty() { first } else { Node::Logic(Box::new(first), rest, Line(0)) }
}

/// The operands of a chain of one operator, or the expression itself.
pub(super) fn parts(op: LogicOp, node: Node) -> Vec<Node> {
    match node {
        Node::Logic(first, rest, _) if rest.iter().all(|(o, _)| *o == op) => {
            std::iter::once(*first).chain(rest.into_iter().map(|(_, n)| n)).collect()
        }
        other => vec![other],
    }
}

/// A comparison with its constant on the right, as `=` where that says the same.
fn compare(op: CompareOp, left: Node, right: Node, line: Line) -> Node {
    let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    let (left, right) = match (&left, &right) {
        (Node::Const(_), Node::Const(_)) => (left, right),
        (Node::Const(_), _) if equality => (right, left),
        _ => (left, right),
    };
    let (op, right) = match (op, right) {
        (CompareOp::Match | CompareOp::NotMatch, Node::Const(value)) => match exact(&left, &value) {
            Some((exact, value)) => {
                let matched = op == CompareOp::Match;
                let op = match (exact, matched) {
                    (true, true) => CompareOp::Equal,
                    (true, false) => CompareOp::NotEqual,
                    (false, _) => op,
                };
                (op, Node::Const(value))
            }
            None => (op, Node::Const(value)),
        },
        other => other,
    };
    Node::Compare(op, Box::new((left, right)), line)
}

/// The one value a match with a constant is for, and whether it must be that: else anything inside it.
fn exact(left: &Node, value: &Value) -> Option<(bool, Value)> {
    match value {
        Value::Set(set) => match (&**set, left) {
            (Set::Small(SetType::Enum(kind), set), _) => match set.ranges() {
                [(low, high)] if low == high => Some((true, Value::Enum(*kind, u8::try_from(*low).ok()?))),
                _ => None,
            },
            (Set::Prefix(set), Node::Attribute(Attribute::Net)) => match set.patterns().as_slice() {
                [one] if one.low == one.high && one.low == one.prefix.prefix() => {
                    Some((true, Value::Prefix(one.prefix)))
                }
                // Everything inside: of the default route, the set holds the length 0 apart.
                [one] if one.low == one.prefix.prefix() && one.high == width(one.prefix) => {
                    Some((false, Value::Prefix(one.prefix)))
                }
                _ => None,
            },
            _ => None,
        },
        Value::String(pattern) if !pattern.contains(['*', '?', '\\']) && is_text(left) => {
            Some((true, value.clone()))
        }
        _ => None,
    }
}

fn width(prefix: ipnetwork::IpNetwork) -> u8 {
    if prefix.is_ipv4() { 32 } else { 128 }
}

/// Whether it is a text on every route.
fn is_text(node: &Node) -> bool {
    matches!(node, Node::Attribute(Attribute::Ifname | Attribute::Proto))
}
