//! What a filter does, written in one way: filters that do the same are to come out as the same lines.
//!
//! [`inline`] puts functions in place of their calls, [`condition`] and [`tidy`] bring expressions and
//! commands into one shape, [`print`] writes them down.

mod condition;
mod inline;
mod print;
mod tidy;
mod value;
mod words;

use crate::code::{Code, Node, Step};
use crate::types::Dialect;

/// The most commands put in place of calls in a filter: calls in calls multiply. After that functions stay
/// where they are.
const STEPS_MAX: usize = 5_000;
/// How deep inlined code may nest, which bounds the stack of all that walks it.
const DEPTH_MAX: u32 = 250;

/// The lines of a filter.
pub(crate) fn lines(code: &Code, dialect: Dialect) -> Vec<String> {
    let (body, left) = inline::filter(code, dialect);
    print::filter(&body, code, dialect, left)
}

/// Whether evaluating it does nothing but give a value. A call may do anything.
fn is_pure(node: &Node) -> bool {
    match node {
        Node::Const(_) | Node::Local(_) | Node::Attribute(_) => true,
        Node::Call(..) | Node::CallSelf(..) => false,
        other => {
            let mut pure = true;
            for_each_part(other, &mut |part| pure &= is_pure(part));
            pure
        }
    }
}

/// Whether nothing runs after it.
fn is_final(step: &Step) -> bool {
    match step {
        Step::Accept(_) | Step::Reject(_) | Step::Error(_) | Step::Return(..) => true,
        Step::If(branches, otherwise, _) => ends(otherwise) && branches.iter().all(|(_, block)| ends(block)),
        _ => false,
    }
}

/// Whether nothing runs after these.
fn ends(block: &[Step]) -> bool {
    block.last().is_some_and(is_final)
}

/// The operands of an expression.
fn for_each_part<'n>(node: &'n Node, f: &mut dyn FnMut(&'n Node)) {
    use crate::code::MaskNode;
    match node {
        Node::Const(_) | Node::Local(_) | Node::Attribute(_) => {}
        Node::Not(a, _) | Node::Defined(a) | Node::Accessor(_, a, _) | Node::Format(a) => f(a),
        Node::Logic(first, rest, _) => {
            f(first);
            rest.iter().for_each(|(_, n)| f(n));
        }
        Node::Arithmetic(first, rest, _) => {
            f(first);
            rest.iter().for_each(|(_, n)| f(n));
        }
        Node::Compare(_, pair, _)
        | Node::IpMask(pair, _)
        | Node::Pair(pair, _)
        | Node::Extended(_, pair, _)
        | Node::List(_, pair, _) => {
            f(&pair.0);
            f(&pair.1);
        }
        Node::RoaCheck(_, parts, _) => {
            if let Some(parts) = parts {
                f(&parts.0);
                f(&parts.1);
            }
        }
        Node::Large(parts, _) => parts.iter().for_each(f),
        Node::Mask(items, _) => {
            for item in items {
                match item {
                    MaskNode::Fixed(_) => {}
                    MaskNode::Value(n) => f(n),
                    MaskNode::Range(low, high) => {
                        f(low);
                        f(high);
                    }
                }
            }
        }
        Node::Call(_, arguments, _) | Node::CallSelf(arguments, _) => arguments.iter().for_each(f),
    }
}

/// The same operation on operands that `f` made of its own.
fn map_parts(node: &Node, f: &mut dyn FnMut(&Node) -> Node) -> Node {
    use crate::code::MaskNode;
    let mut pair = |p: &(Node, Node)| Box::new((f(&p.0), f(&p.1)));
    match node {
        Node::Const(_) | Node::Local(_) | Node::Attribute(_) => node.clone(),
        Node::Compare(op, p, line) => Node::Compare(*op, pair(p), *line),
        Node::IpMask(p, line) => Node::IpMask(pair(p), *line),
        Node::Pair(p, line) => Node::Pair(pair(p), *line),
        Node::Extended(kind, p, line) => Node::Extended(*kind, pair(p), *line),
        Node::List(op, p, line) => Node::List(*op, pair(p), *line),
        Node::Not(a, line) => Node::Not(Box::new(f(a)), *line),
        Node::RoaCheck(table, parts, line) => {
            Node::RoaCheck(table.clone(), parts.as_deref().map(pair), *line)
        }
        Node::Defined(a) => Node::Defined(Box::new(f(a))),
        Node::Accessor(accessor, a, line) => Node::Accessor(*accessor, Box::new(f(a)), *line),
        Node::Format(a) => Node::Format(Box::new(f(a))),
        Node::Logic(first, rest, line) => {
            let first = Box::new(f(first));
            Node::Logic(first, rest.iter().map(|(op, n)| (*op, f(n))).collect(), *line)
        }
        Node::Arithmetic(first, rest, line) => {
            let first = Box::new(f(first));
            Node::Arithmetic(first, rest.iter().map(|(op, n)| (*op, f(n))).collect(), *line)
        }
        Node::Large(parts, line) => {
            let [a, b, c] = &**parts;
            Node::Large(Box::new([f(a), f(b), f(c)]), *line)
        }
        Node::Mask(items, line) => {
            let item = |item: &MaskNode| match item {
                MaskNode::Fixed(element) => MaskNode::Fixed(element.clone()),
                MaskNode::Value(n) => MaskNode::Value(f(n)),
                MaskNode::Range(low, high) => MaskNode::Range(f(low), f(high)),
            };
            Node::Mask(items.iter().map(item).collect(), *line)
        }
        Node::Call(function, arguments, line) => {
            Node::Call(function.clone(), arguments.iter().map(f).collect(), *line)
        }
        Node::CallSelf(arguments, line) => Node::CallSelf(arguments.iter().map(f).collect(), *line),
    }
}
