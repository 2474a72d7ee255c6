//! Sets and path masks.

use std::net::IpAddr;

use godwit_wire::{ExtendedCommunity, LargeCommunity};
use ipnetwork::IpNetwork;

use super::{Lower, Typed};
use crate::ast::{Expr, ExtendedKind, MaskItem, PrefixPattern as Pattern, SetItem, TupleItem, TuplePart};
use crate::code::{Line, MaskNode, Node};
use crate::eval::{Run, extended_community};
use crate::parser::Parsed;
use crate::path_mask::{MaskElement, PathMask};
use crate::prefix_set::{PrefixPattern, PrefixSet};
use crate::range_set::RangeSet;
use crate::types::{SetType, Type};
use crate::value::{Set, Value, ip_number};
use crate::{Diagnostic, Span};

/// An item of a set as ranges of its kind.
#[derive(Clone, Debug)]
pub(super) enum Ranges {
    Small(SetType, Vec<(u32, u32)>),
    Ip(IpAddr, IpAddr),
    Ec(ExtendedCommunity, ExtendedCommunity),
    Lc(LargeCommunity, LargeCommunity),
    Prefix(PrefixPattern),
}

impl Ranges {
    pub(super) fn set_type(&self) -> SetType {
        match self {
            Self::Small(of, _) => *of,
            Self::Ip(..) => SetType::Ip,
            Self::Ec(..) => SetType::Ec,
            Self::Lc(..) => SetType::Lc,
            Self::Prefix(_) => SetType::Prefix,
        }
    }
}

impl Lower<'_> {
    /// `[ … ]`
    pub(super) fn set(&mut self, items: &[SetItem]) -> Parsed<Value> {
        let mut ranges = Vec::with_capacity(items.len());
        let mut of = None;
        for item in items {
            let range = self.item(item)?;
            let wanted = *of.get_or_insert(range.set_type());
            if wanted != range.set_type() {
                return Err(Diagnostic::error(item_span(item), "Set items must be of one type")
                    .label(format!("is {}, others are {}", Type::Set(range.set_type()), Type::Set(wanted))));
            }
            if let (Ranges::Prefix(first), Ranges::Prefix(this)) = (ranges.first().unwrap_or(&range), &range)
                && first.prefix.is_ipv4() != this.prefix.is_ipv4()
            {
                let message = "Mixed IPv4/IPv6 prefixes in prefix set";
                return Err(Diagnostic::error(item_span(item), message));
            }
            ranges.push(range);
        }
        Ok(Value::set(build(&ranges)))
    }

    /// The value of a part of a set, which must be constant.
    fn fixed(&mut self, expr: &Expr) -> Parsed<Value> {
        match self.expression(expr)? {
            Typed { node: Node::Const(value), .. } => Ok(value),
            // A function of constants is made one here, as `define` does.
            Typed { node: node @ Node::Call(..), .. } if calls_with_constants(&node) => {
                let value = Run::new(None, self.symbols.dialect).constant(&node);
                value.map_err(|fault| Diagnostic::error(expr.span, "Runtime error").label(fault.message))
            }
            _ => Err(Diagnostic::error(expr.span, "Constant expression expected")
                .label("is known only when the filter runs")),
        }
    }

    pub(super) fn item(&mut self, item: &SetItem) -> Parsed<Ranges> {
        match item {
            SetItem::Value(expr) => {
                let value = self.fixed(expr)?;
                range(&value, &value).ok_or_else(|| not_an_item(expr.span, &value))
            }
            SetItem::Range(low, high) => {
                let (a, b) = (self.fixed(low)?, self.fixed(high)?);
                match range(&a, &b) {
                    Some(Ranges::Prefix(_)) | None => Err(not_an_item(low.span, &a)),
                    Some(ranges) => Ok(ranges),
                }
            }
            SetItem::Prefix(base, pattern) => self.prefix_pattern(base, pattern),
            SetItem::Tuple(tuple) => self.tuple(tuple),
        }
    }

    fn prefix_pattern(&mut self, base: &Expr, pattern: &Pattern) -> Parsed<Ranges> {
        let value = self.fixed(base)?;
        let Value::Prefix(prefix) = value else {
            return Err(Diagnostic::error(base.span, "Prefix expected")
                .label(format!("is {}", value.ty()))
                .help("in a set, put an expression in parentheses"));
        };
        let width = if prefix.is_ipv4() { 32 } else { 128 };
        let (low, high) = match pattern {
            Pattern::Longer => (prefix.prefix(), width),
            Pattern::Shorter => (0, prefix.prefix()),
            Pattern::Range(low, high) => {
                let (a, b) = (self.int(low)?, self.int(high)?);
                if a > b || b > u32::from(width) {
                    let message = format!("Invalid prefix pattern range: {{{a}, {b}}}");
                    let span = Span { end: high.span.end, ..low.span };
                    return Err(Diagnostic::error(span, message).label(format!("0 to {width}, ascending")));
                }
                (a as u8, b as u8)
            }
        };
        Ok(Ranges::Prefix(PrefixPattern { prefix, low, high }))
    }

    fn int(&mut self, expr: &Expr) -> Parsed<u32> {
        match self.fixed(expr)? {
            Value::Int(n) => Ok(n),
            other => Err(Diagnostic::error(expr.span, "Number expected").label(format!("is {}", other.ty()))),
        }
    }

    /// The bounds of a part, at most `max`.
    fn bounds(&mut self, part: &TuplePart, max: u32) -> Parsed<(u32, u32)> {
        let mut bound = |expr: &Expr| {
            let n = self.int(expr)?;
            if n <= max {
                return Ok(n);
            }
            Err(Diagnostic::error(expr.span, format!("Value {n} out of range (0-{max})")))
        };
        Ok(match part {
            TuplePart::Any => (0, max),
            TuplePart::One(expr) => {
                let n = bound(expr)?;
                (n, n)
            }
            TuplePart::Range(low, high) => (bound(low)?, bound(high)?),
        })
    }

    fn tuple(&mut self, tuple: &TupleItem) -> Parsed<Ranges> {
        match (tuple.kind, tuple.parts.as_slice()) {
            (Some(kind), [key, value]) => self.extended_item(kind, key, value, tuple.span),
            (None, [a, b]) => {
                let (a, b) = (self.bounds(a, 0xffff)?, self.bounds(b, 0xffff)?);
                if let Some([c, d]) = tuple.end.as_deref() {
                    let (c, d) = (self.bounds(c, 0xffff)?, self.bounds(d, 0xffff)?);
                    return Ok(Ranges::Small(SetType::Pair, vec![(a.0 << 16 | b.0, c.1 << 16 | d.1)]));
                }
                if b == (0, 0xffff) {
                    return Ok(Ranges::Small(SetType::Pair, vec![(a.0 << 16, a.1 << 16 | 0xffff)]));
                }
                let ranges = a.0..=a.1;
                Ok(Ranges::Small(SetType::Pair, ranges.map(|n| (n << 16 | b.0, n << 16 | b.1)).collect()))
            }
            (None, parts @ [a, b, c]) => {
                let wide = |p: &TuplePart| !matches!(p, TuplePart::One(_));
                // A range or wildcard leaves nothing to choose after it.
                if (wide(a) && !is_any(b)) || (wide(b) && !is_any(c)) {
                    let message = "After a range or wildcard only '*' may follow";
                    return Err(Diagnostic::error(tuple.span, message));
                }
                let low = self.large(parts)?;
                let high = match tuple.end.as_deref() {
                    Some(end) => self.large(end)?.1,
                    None => low.1,
                };
                Ok(Ranges::Lc(low.0, high))
            }
            _ => Err(Diagnostic::error(tuple.span, "Pair, ec or lc expected")),
        }
    }

    fn large(&mut self, parts: &[TuplePart]) -> Parsed<(LargeCommunity, LargeCommunity)> {
        let mut low = [0; 3];
        let mut high = [0; 3];
        for ((low, high), part) in low.iter_mut().zip(&mut high).zip(parts) {
            (*low, *high) = self.bounds(part, u32::MAX)?;
        }
        let make = |[global, data1, data2]: [u32; 3]| LargeCommunity { global, data1, data2 };
        Ok((make(low), make(high)))
    }

    fn extended_item(
        &mut self,
        kind: ExtendedKind,
        key: &TuplePart,
        value: &TuplePart,
        span: Span,
    ) -> Parsed<Ranges> {
        let TuplePart::One(key) = key else {
            return Err(Diagnostic::error(span, "The key of an extended community is one value"));
        };
        let key = self.fixed(key)?;
        // What a key of four octets leaves for the value.
        let short = kind != ExtendedKind::Generic && !matches!(key, Value::Int(0..=0xffff));
        let (low, high) = self.bounds(value, if short { 0xffff } else { u32::MAX })?;
        let make = |n| extended_community(kind, &key, n).map_err(|m| Diagnostic::error(span, m));
        Ok(Ranges::Ec(make(low)?, make(high)?))
    }

    /// `[= … =]`
    pub(super) fn mask(&mut self, items: &[MaskItem], whole: &Expr) -> Parsed<Typed> {
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            nodes.push(match item {
                MaskItem::Any => MaskNode::Fixed(MaskElement::Any),
                MaskItem::One => MaskNode::Fixed(MaskElement::One),
                MaskItem::Repeat(_) => MaskNode::Fixed(MaskElement::Repeat),
                MaskItem::Value(expr) => self.mask_value(expr)?,
                MaskItem::Range(low, high) => {
                    let argument = (1, "PATHMASK_CONSTRUCT");
                    let (a, b) =
                        (self.typed(low, Type::Int, argument)?, self.typed(high, Type::Int, argument)?);
                    match (a, b) {
                        (Node::Const(Value::Int(a)), Node::Const(Value::Int(b))) => {
                            MaskNode::Fixed(MaskElement::Range(a, b))
                        }
                        (a, b) => MaskNode::Range(a, b),
                    }
                }
            });
        }
        let fixed: Option<Vec<MaskElement>> = nodes
            .iter()
            .map(|n| match n {
                MaskNode::Fixed(element) => Some(element.clone()),
                _ => None,
            })
            .collect();
        let Some(elements) = fixed else {
            return Ok(Typed { node: Node::Mask(nodes.into(), Line(whole.line)), of: Type::Mask });
        };
        match PathMask::new(elements) {
            Ok(mask) => Ok(Typed::constant(Value::Mask(std::sync::Arc::new(mask)))),
            Err(message) => {
                let message = format!("filter preevaluation, line {}: {message}", whole.line);
                Err(Diagnostic::error(whole.span, message))
            }
        }
    }

    fn mask_value(&mut self, expr: &Expr) -> Parsed<MaskNode> {
        let typed = self.expression(expr)?;
        match (typed.of, typed.node) {
            (_, Node::Const(value)) => match MaskElement::from_value(&value) {
                Some(element) => Ok(MaskNode::Fixed(element)),
                None => Err(Diagnostic::error(expr.span, "Number or int set expected")
                    .label(format!("is {}", value.ty()))),
            },
            (Type::Int | Type::Dynamic | Type::Set(SetType::Int), node) => Ok(MaskNode::Value(node)),
            (of, _) => {
                Err(Diagnostic::error(expr.span, "Number or int set expected").label(format!("is {of}")))
            }
        }
    }
}

impl MaskElement {
    /// A number or a set of numbers as an item.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(asn) => Some(Self::As(*asn)),
            Value::Set(set) => match &**set {
                Set::Small(SetType::Int, set) => Some(Self::Set(set.clone())),
                Set::Empty => Some(Self::Set(RangeSet::default())),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_any(part: &TuplePart) -> bool {
    matches!(part, TuplePart::Any)
}

/// From one value to another of the same type.
fn range(low: &Value, high: &Value) -> Option<Ranges> {
    Some(match (low, high) {
        (Value::Int(a), Value::Int(b)) => Ranges::Small(SetType::Int, vec![(*a, *b)]),
        (Value::Pair(a), Value::Pair(b)) => Ranges::Small(SetType::Pair, vec![(*a, *b)]),
        (Value::Quad(a), Value::Quad(b)) => Ranges::Small(SetType::Quad, vec![(*a, *b)]),
        (Value::Enum(kind, a), Value::Enum(other, b)) if kind == other => {
            Ranges::Small(SetType::Enum(*kind), vec![((*a).into(), (*b).into())])
        }
        (Value::Ip(a), Value::Ip(b)) => Ranges::Ip(*a, *b),
        (Value::Ec(a), Value::Ec(b)) => Ranges::Ec(*a, *b),
        (Value::Lc(a), Value::Lc(b)) => Ranges::Lc(*a, *b),
        (Value::Prefix(prefix), Value::Prefix(other)) if prefix == other => {
            let length = prefix.prefix();
            Ranges::Prefix(PrefixPattern { prefix: *prefix, low: length, high: length })
        }
        _ => return None,
    })
}

fn build(ranges: &[Ranges]) -> Set {
    let Some(first) = ranges.first() else { return Set::Empty };
    match first {
        Ranges::Small(of, _) => {
            let items = ranges.iter().flat_map(|r| match r {
                Ranges::Small(_, items) => items.as_slice(),
                _ => &[],
            });
            Set::Small(*of, RangeSet::new(items.copied().collect()))
        }
        Ranges::Ip(..) => Set::Ip(collect(ranges, |r| match r {
            Ranges::Ip(a, b) => Some((ip_number(*a), ip_number(*b))),
            _ => None,
        })),
        Ranges::Ec(..) => Set::Ec(collect(ranges, |r| match r {
            Ranges::Ec(a, b) => Some((*a, *b)),
            _ => None,
        })),
        Ranges::Lc(..) => Set::Lc(collect(ranges, |r| match r {
            Ranges::Lc(a, b) => Some((*a, *b)),
            _ => None,
        })),
        Ranges::Prefix(_) => {
            let patterns: Vec<PrefixPattern> = ranges
                .iter()
                .filter_map(|r| match r {
                    Ranges::Prefix(pattern) => Some(*pattern),
                    _ => None,
                })
                .collect();
            Set::Prefix(PrefixSet::new(&patterns))
        }
    }
}

fn collect<T: Copy + Ord>(ranges: &[Ranges], of: impl Fn(&Ranges) -> Option<(T, T)>) -> RangeSet<T> {
    RangeSet::new(ranges.iter().filter_map(of).collect())
}

pub(super) fn item_span(item: &SetItem) -> Span {
    match item {
        SetItem::Value(expr) | SetItem::Range(expr, _) | SetItem::Prefix(expr, _) => expr.span,
        SetItem::Tuple(tuple) => tuple.span,
    }
}

fn not_an_item(span: Span, value: &Value) -> Diagnostic {
    let label = match value {
        // Two prefixes with `..` between them.
        Value::Prefix(prefix) => format!("{} is no end of a range", IpNetwork::to_string(prefix)),
        other => format!("is {}", other.ty()),
    };
    Diagnostic::error(span, "Values of this type cannot be in a set").label(label)
}

/// Whether a call gets nothing but constants.
fn calls_with_constants(node: &Node) -> bool {
    match node {
        Node::Const(_) => true,
        Node::Call(_, arguments, _) => arguments.iter().all(calls_with_constants),
        _ => false,
    }
}
