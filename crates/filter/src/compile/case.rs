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
        let default = self.scoped(|l| l.block(default.unwrap_or(&[])))?;
        let Typed { node, .. } = typed;
        Ok(Step::Case(Box::new(Case {
            subject: node,
            of,
            ranges: apart(keys),
            branches: blocks.into(),
            default,
        })))
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

/// Ranges that do not overlap: where they do, the one that begins first has it.
fn apart(mut keys: Vec<Keys>) -> Box<[Keys]> {
    keys.retain(|(low, high, _)| low <= high);
    keys.sort_by_key(|(low, ..)| *low);
    let mut list: Vec<Keys> = Vec::with_capacity(keys.len());
    for (low, high, branch) in keys {
        let free = match list.last() {
            Some((_, taken, _)) if *taken == u128::MAX => break,
            Some((_, taken, _)) => low.max(taken + 1),
            None => low,
        };
        if free <= high {
            list.push((free, high, branch));
        }
    }
    list.into()
}
