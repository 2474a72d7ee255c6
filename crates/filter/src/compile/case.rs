//! `case`: its items become ranges that are searched by halves.

use super::set::{Ranges, item_span};
use super::{Lower, Typed};
use crate::Diagnostic;
use crate::ast::{Command, Expr, SetItem};
use crate::code::{Block, Case, Node, Step};
use crate::eval::case_key;
use crate::parser::Parsed;
use crate::types::{SetType, Type};
use crate::value::{Value, ip_number};

type Keys = (u128, u128, u16);

impl Lower<'_> {
    pub(super) fn case(
        &mut self,
        subject: &Expr,
        branches: &[(Vec<SetItem>, Vec<Command>)],
        default: Option<&[Command]>,
    ) -> Parsed<Step> {
        let typed = self.expression(subject)?;
        let mut of = if typed.of == Type::Dynamic { None } else { Some(typed.of) };
        let mut keys: Vec<Keys> = Vec::new();
        let mut blocks: Vec<Block> = Vec::with_capacity(branches.len());
        for (number, (items, commands)) in branches.iter().enumerate() {
            let number = u16::try_from(number)
                .map_err(|_| Diagnostic::error(subject.span, "Too many branches in 'case'"))?;
            for item in items {
                let got = self.case_item(item, number, &mut keys)?;
                let wanted = *of.get_or_insert(got);
                let same = wanted == got || (wanted, got) == (Type::Quad, Type::Ip);
                if !same {
                    return Err(Diagnostic::error(
                        item_span(item),
                        "Items of 'case' must be of the type of its value",
                    )
                    .label(format!("is {got}, the value is {wanted}")));
                }
            }
            blocks.push(self.scoped(|l| l.block(commands))?);
        }
        let of = of.unwrap_or(Type::Void);
        if of == Type::Quad {
            // Addresses stand for the quads they look like.
            for (low, high, _) in &mut keys {
                *low &= u128::from(u32::MAX);
                *high &= u128::from(u32::MAX);
            }
        }
        let default_given = default.is_some();
        let default = self.scoped(|l| l.block(default.unwrap_or(&[])))?;
        let Typed { node, .. } = typed;
        let ranges = apart(keys, default_given, matches!(node, Node::Const(_)));
        Ok(Step::Case(Box::new(Case { subject: node, of, ranges, branches: blocks.into(), default })))
    }

    fn case_item(&mut self, item: &SetItem, branch: u16, keys: &mut Vec<Keys>) -> Parsed<Type> {
        // Booleans are no members of sets, yet a value to choose by.
        if let SetItem::Value(expr) = item
            && let Typed { node: Node::Const(value @ Value::Bool(_)), .. } = self.expression(expr)?
        {
            if let Some(key) = case_key(&value) {
                keys.push((key, key, branch));
            }
            return Ok(Type::Bool);
        }
        Ok(match self.item(item)? {
            Ranges::Small(of, ranges) => {
                keys.extend(ranges.iter().map(|(a, b)| (u128::from(*a), u128::from(*b), branch)));
                match of {
                    SetType::Pair => Type::Pair,
                    SetType::Quad => Type::Quad,
                    SetType::Enum(kind) => Type::Enum(kind),
                    _ => Type::Int,
                }
            }
            Ranges::Ip(a, b) => {
                keys.push((ip_number(a), ip_number(b), branch));
                Type::Ip
            }
            Ranges::Ec(a, b) => {
                keys.push((a.0.into(), b.0.into(), branch));
                Type::Ec
            }
            Ranges::Lc(a, b) => {
                let key = |lc| case_key(&Value::Lc(lc)).unwrap_or(0);
                keys.push((key(a), key(b), branch));
                Type::Lc
            }
            Ranges::Prefix(_) => {
                return Err(Diagnostic::error(item_span(item), "Prefixes cannot be items of 'case'"));
            }
        })
    }
}

/// Ranges that do not overlap. Where they do, BIRD's tree of them decides, whose root is the one in the middle,
/// with `else` before them all; what the tree loses sight of is of the one that begins first, as are the values
/// that BIRD knows when it reads the text.
fn apart(mut keys: Vec<Keys>, with_else: bool, constant: bool) -> Box<[Keys]> {
    keys.retain(|(low, high, _)| low <= high);
    keys.sort_by_key(|(low, ..)| *low);
    if keys.windows(2).all(|pair| matches!(pair, [a, b] if a.1 < b.0)) {
        return keys.into();
    }
    let in_order = first_come(&keys);
    if constant {
        return in_order.into();
    }
    let ends = keys.iter().flat_map(|(low, high, _)| [Some(*low), high.checked_add(1)]);
    let mut bounds: Vec<u128> = ends.flatten().collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut list = Vec::with_capacity(bounds.len());
    for (i, low) in bounds.iter().enumerate() {
        let high = bounds.get(i + 1).map_or(u128::MAX, |next| next - 1);
        if let Some(branch) = in_tree(&keys, with_else, *low).or_else(|| found(&in_order, *low)) {
            list.push((*low, high, branch));
        }
    }
    list.into()
}

/// The branch of a value in the tree.
fn in_tree(keys: &[Keys], with_else: bool, value: u128) -> Option<u16> {
    let before = usize::from(with_else);
    let (mut left, mut right) = (0, keys.len() + before);
    while left < right {
        let root = usize::midpoint(left, right);
        let key = root.checked_sub(before).and_then(|i| keys.get(i));
        match key {
            Some((low, ..)) if value < *low => right = root,
            Some((_, high, branch)) if value <= *high => return Some(*branch),
            _ => left = root + 1,
        }
    }
    None
}

/// Ranges apart from each other: where they overlap, the one that begins first has it.
fn first_come(keys: &[Keys]) -> Vec<Keys> {
    let mut list: Vec<Keys> = Vec::with_capacity(keys.len());
    for (low, high, branch) in keys {
        let free = match list.last() {
            Some((_, taken, _)) if *taken == u128::MAX => break,
            Some((_, taken, _)) => *low.max(&(taken + 1)),
            None => *low,
        };
        if free <= *high {
            list.push((free, *high, *branch));
        }
    }
    list
}

/// The branch of a value among ranges that are apart.
fn found(keys: &[Keys], value: u128) -> Option<u16> {
    let after = keys.partition_point(|(low, ..)| *low <= value);
    let (_, high, branch) = keys.get(after.checked_sub(1)?)?;
    (value <= *high).then_some(*branch)
}
