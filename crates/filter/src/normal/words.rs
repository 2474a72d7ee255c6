//! Operators and what follows a dot, as the language writes them.

use crate::ast::CompareOp;
use crate::code::{Accessor, ListOp};
use crate::path_mask::MaskElement;

use super::value;

/// A part of a path mask that is known.
pub(super) fn fixed(element: &MaskElement) -> String {
    match element {
        MaskElement::Any => "*".into(),
        MaskElement::One => "?".into(),
        MaskElement::Repeat => "+".into(),
        MaskElement::As(n) => n.to_string(),
        MaskElement::Range(low, high) => format!("{low}..{high}"),
        MaskElement::Set(set) => value::ranges(set.ranges(), |n| n),
    }
}

/// A comparison.
pub(super) fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "=",
        CompareOp::NotEqual => "!=",
        CompareOp::Less => "<",
        CompareOp::LessEqual => "<=",
        CompareOp::Greater => ">",
        CompareOp::GreaterEqual => ">=",
        CompareOp::Match => "~",
        CompareOp::NotMatch => "!~",
    }
}

/// What makes a list of another.
pub(super) fn word(op: ListOp) -> &'static str {
    match op {
        ListOp::Prepend => "prepend",
        ListOp::Add => "add",
        ListOp::Delete => "delete",
        ListOp::Filter => "filter",
    }
}

/// What follows a dot.
pub(super) fn accessor_word(accessor: Accessor) -> &'static str {
    match accessor {
        Accessor::Len => "len",
        Accessor::First => "first",
        Accessor::Last => "last",
        Accessor::LastNonaggregated => "last_nonaggregated",
        Accessor::Ip => "ip",
        Accessor::NetType => "type",
        Accessor::IsV4 => "is_v4",
        Accessor::Asn => "asn",
        Accessor::Data => "data",
        Accessor::Data1 => "data1",
        Accessor::Data2 => "data2",
        Accessor::Min => "min",
        Accessor::Max => "max",
        Accessor::MaxLen => "maxlen",
        Accessor::Rd => "rd",
        Accessor::Src => "src",
        Accessor::Dst => "dst",
        Accessor::Empty => "empty",
    }
}
