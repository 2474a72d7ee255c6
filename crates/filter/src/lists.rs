//! Paths and community lists: the operations on them, without copying what is only looked at.

use std::sync::LazyLock;

use godwit_wire::{AsPath, AsPathBuilder, ExtendedCommunity, LargeCommunity, SegmentKind};

use crate::code::{Accessor, ListOp};
use crate::types::SetType;
use crate::value::{Set, Value, ip_number};

/// The most ASes a path and the most members a list may grow to; past what a message can carry.
const MEMBERS_MAX: usize = 16_384;

static EMPTY_PATH: LazyLock<AsPath> = LazyLock::new(AsPath::empty);

/// A path or list, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListRef<'a> {
    Path(&'a AsPath),
    Clist(&'a [u32]),
    Eclist(&'a [ExtendedCommunity]),
    Lclist(&'a [LargeCommunity]),
}

impl Value {
    /// The value as a list, if it is one.
    pub(crate) fn as_list(&self) -> Option<ListRef<'_>> {
        Some(match self {
            Self::Path(path) => ListRef::Path(path),
            Self::Clist(list) => ListRef::Clist(list),
            Self::Eclist(list) => ListRef::Eclist(list),
            Self::Lclist(list) => ListRef::Lclist(list),
            _ => return None,
        })
    }

    /// A pair as the number it is, with what else may be a community.
    pub(crate) fn as_community(&self) -> Option<u32> {
        match self {
            Self::Pair(n) | Self::Quad(n) => Some(*n),
            Self::Ip(std::net::IpAddr::V4(ip)) => Some((*ip).into()),
            _ => None,
        }
    }
}

impl<'a> ListRef<'a> {
    /// The path of a route that may have none.
    pub(crate) fn path(path: Option<&'a AsPath>) -> Self {
        Self::Path(path.unwrap_or(&EMPTY_PATH))
    }

    /// A copy.
    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::Path(path) => Value::Path(path.clone()),
            Self::Clist(list) => Value::Clist(list.into()),
            Self::Eclist(list) => Value::Eclist(list.into()),
            Self::Lclist(list) => Value::Lclist(list.into()),
        }
    }

    fn len(self) -> u32 {
        match self {
            Self::Path(path) => path.path_len(),
            Self::Clist(list) => list.len() as u32,
            Self::Eclist(list) => list.len() as u32,
            Self::Lclist(list) => list.len() as u32,
        }
    }

    /// What `.accessor` gives; `None` if the list has no such thing.
    pub(crate) fn access(self, accessor: Accessor) -> Option<Value> {
        Some(match (self, accessor) {
            (_, Accessor::Len) => Value::Int(self.len()),
            (Self::Path(path), Accessor::First) => Value::Int(first_as(path)),
            (Self::Path(path), Accessor::Last) => Value::Int(path.origin_as().unwrap_or(0)),
            (Self::Path(path), Accessor::LastNonaggregated) => {
                Value::Int(path.last_nonaggregated().unwrap_or(0))
            }
            (Self::Clist(list), Accessor::Min) => Value::Pair(list.iter().min().copied().unwrap_or(0)),
            (Self::Clist(list), Accessor::Max) => Value::Pair(list.iter().max().copied().unwrap_or(0)),
            (Self::Eclist(list), Accessor::Min) => Value::Ec(extreme(list.iter().min(), NO_EC)),
            (Self::Eclist(list), Accessor::Max) => Value::Ec(extreme(list.iter().max(), NO_EC)),
            (Self::Lclist(list), Accessor::Min) => Value::Lc(extreme(list.iter().min(), NO_LC)),
            (Self::Lclist(list), Accessor::Max) => Value::Lc(extreme(list.iter().max(), NO_LC)),
            (Self::Path(_), Accessor::Empty) => Value::Path(AsPath::empty()),
            (Self::Clist(_), Accessor::Empty) => Value::Clist(Box::default()),
            (Self::Eclist(_), Accessor::Empty) => Value::Eclist(Box::default()),
            (Self::Lclist(_), Accessor::Empty) => Value::Lclist(Box::default()),
            _ => return None,
        })
    }

    /// The members in order, each a value.
    pub(crate) fn members(self) -> Box<dyn Iterator<Item = Value> + 'a> {
        match self {
            Self::Path(path) => Box::new(path.ases().map(Value::Int)),
            Self::Clist(list) => Box::new(list.iter().map(|n| Value::Pair(*n))),
            Self::Eclist(list) => Box::new(list.iter().map(|ec| Value::Ec(*ec))),
            Self::Lclist(list) => Box::new(list.iter().map(|lc| Value::Lc(*lc))),
        }
    }

    /// `list ~ right`; `None` for what cannot be compared so.
    pub(crate) fn matches(self, right: &Value) -> Option<bool> {
        Some(match (self, right) {
            (Self::Path(path), Value::Mask(mask)) => mask.matches(path),
            (list, Value::Set(set)) => match (list, &**set) {
                (_, Set::Empty) => false,
                (Self::Path(path), Set::Small(SetType::Int, set)) => path.ases().any(|a| set.contains(a)),
                (Self::Clist(list), Set::Small(SetType::Pair | SetType::Quad, set)) => {
                    list.iter().any(|c| set.contains(*c))
                }
                (Self::Clist(list), Set::Ip(set)) => list.iter().any(|c| set.contains(as_address(*c))),
                (Self::Eclist(list), Set::Ec(set)) => list.iter().any(|c| set.contains(*c)),
                (Self::Lclist(list), Set::Lc(set)) => list.iter().any(|c| set.contains(*c)),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// `left ~ list`: whether it is a member; `None` for what cannot be one.
    pub(crate) fn has(self, left: &Value) -> Option<bool> {
        Some(match (self, left) {
            (Self::Path(path), Value::Int(asn)) => path.ases().any(|a| a == *asn),
            (Self::Clist(list), left) => list.contains(&left.as_community()?),
            (Self::Eclist(list), Value::Ec(ec)) => list.contains(ec),
            (Self::Lclist(list), Value::Lc(lc)) => list.contains(lc),
            _ => return None,
        })
    }

    /// The list as an operation leaves it, or BIRD's words on why it cannot.
    pub(crate) fn apply(self, op: ListOp, argument: &Value) -> Result<Value, &'static str> {
        match self {
            Self::Path(path) => path_apply(path, op, argument).map(Value::Path),
            Self::Clist(list) => {
                let members: Vec<u32>;
                let of = match argument {
                    Value::Clist(other) => Argument::List(other),
                    Value::Set(set) => match &**set {
                        Set::Small(SetType::Pair | SetType::Quad, set) => Argument::Set(set),
                        Set::Ip(set) if op != ListOp::Add => {
                            let is_in = |c: &u32| set.contains(as_address(*c));
                            members = list.iter().copied().filter(is_in).collect();
                            Argument::List(&members)
                        }
                        Set::Empty | Set::Ip(_) => Argument::None,
                        _ => Argument::Other,
                    },
                    other => other.as_community().map_or(Argument::Other, Argument::One),
                };
                edit(list, op, of, "pair").map(Value::Clist)
            }
            Self::Eclist(list) => {
                let of = match argument {
                    Value::Eclist(other) => Argument::List(other),
                    Value::Ec(ec) => Argument::One(*ec),
                    Value::Set(set) => match &**set {
                        Set::Ec(set) => Argument::Set(set),
                        Set::Empty => Argument::None,
                        _ => Argument::Other,
                    },
                    _ => Argument::Other,
                };
                edit(list, op, of, "ec").map(Value::Eclist)
            }
            Self::Lclist(list) => {
                let of = match argument {
                    Value::Lclist(other) => Argument::List(other),
                    Value::Lc(lc) => Argument::One(*lc),
                    Value::Set(set) => match &**set {
                        Set::Lc(set) => Argument::Set(set),
                        Set::Empty => Argument::None,
                        _ => Argument::Other,
                    },
                    _ => Argument::Other,
                };
                edit(list, op, of, "lc").map(Value::Lclist)
            }
        }
    }
}

const NO_EC: ExtendedCommunity = ExtendedCommunity(0);
const NO_LC: LargeCommunity = LargeCommunity { global: 0, data1: 0, data2: 0 };

/// The place of a community among addresses: cluster ids are written as such.
fn as_address(community: u32) -> u128 {
    ip_number(std::net::Ipv4Addr::from(community).into())
}

fn extreme<T: Copy>(found: Option<&T>, none: T) -> T {
    found.copied().unwrap_or(none)
}

/// The first AS if the path begins with a sequence.
fn first_as(path: &AsPath) -> u32 {
    path.segments()
        .next()
        .filter(|s| s.kind == SegmentKind::Sequence)
        .and_then(|s| s.ases().next())
        .unwrap_or(0)
}

/// What a list is changed with.
enum Argument<'a, T> {
    One(T),
    List(&'a [T]),
    Set(&'a crate::range_set::RangeSet<T>),
    /// The empty set.
    None,
    Other,
}

impl<T: Copy + Ord> Argument<'_, T> {
    fn has(&self, member: T) -> bool {
        match self {
            Self::One(one) => *one == member,
            Self::List(list) => list.contains(&member),
            Self::Set(set) => set.contains(member),
            Self::None | Self::Other => false,
        }
    }
}

fn edit<T: Copy + Ord>(
    list: &[T],
    op: ListOp,
    argument: Argument<'_, T>,
    of: &str,
) -> Result<Box<[T]>, &'static str> {
    match (op, &argument) {
        (ListOp::Add, Argument::One(_) | Argument::List(_)) => {
            let one;
            let more = match &argument {
                Argument::One(member) => {
                    one = [*member];
                    &one[..]
                }
                Argument::List(more) => more,
                _ => &[],
            };
            let mut sum = Vec::with_capacity(list.len() + more.len());
            sum.extend_from_slice(list);
            for member in more {
                if !sum.contains(member) {
                    sum.push(*member);
                }
            }
            if sum.len() > MEMBERS_MAX { Err("List too long") } else { Ok(sum.into()) }
        }
        (ListOp::Add, Argument::Set(_) | Argument::None) => Err("Can't add set"),
        (ListOp::Delete, Argument::Other) => Err(match of {
            "pair" => "Can't delete non-pair",
            "ec" => "Can't delete non-ec",
            _ => "Can't delete non-lc",
        }),
        (ListOp::Delete, _) => Ok(list.iter().copied().filter(|m| !argument.has(*m)).collect()),
        (ListOp::Filter, Argument::One(_) | Argument::Other) => Err(match of {
            "pair" => "Can't filter pair",
            "ec" => "Can't filter ec",
            _ => "Can't filter lc",
        }),
        (ListOp::Filter, _) => Ok(list.iter().copied().filter(|m| argument.has(*m)).collect()),
        (ListOp::Add, Argument::Other) => Err(match of {
            "pair" => "Can't add non-pair",
            "ec" => "Can't add non-ec",
            _ => "Can't add non-lc",
        }),
        (ListOp::Prepend, _) => Err("AS path expected"),
    }
}

fn path_apply(path: &AsPath, op: ListOp, argument: &Value) -> Result<AsPath, &'static str> {
    let has: &dyn Fn(u32) -> bool = match (op, argument) {
        (ListOp::Prepend, Value::Int(asn)) => {
            if path.as_wire().len() > MEMBERS_MAX {
                return Err("AS path too long");
            }
            return Ok(path.prepended(SegmentKind::Sequence, *asn, 1));
        }
        (ListOp::Prepend, _) => return Err("Can't prepend non-integer"),
        (ListOp::Add, _) => return Err("Can't add to path"),
        (ListOp::Delete, Value::Int(asn)) => &|a| a == *asn,
        (ListOp::Filter, Value::Int(_)) => return Err("Can't filter integer"),
        (_, Value::Set(set)) => match &**set {
            Set::Small(SetType::Int, set) => &|a| set.contains(a),
            Set::Empty => &|_| false,
            _ => return Err(not_integers(op)),
        },
        _ => return Err(not_integers(op)),
    };
    let keep = op == ListOp::Filter;
    let mut builder = AsPathBuilder::default();
    for segment in path.segments() {
        let ases: Vec<u32> = segment.ases().filter(|a| has(*a) == keep).collect();
        builder.push(segment.kind, &ases);
    }
    Ok(builder.finish())
}

fn not_integers(op: ListOp) -> &'static str {
    if op == ListOp::Filter { "Can't filter non-integer set" } else { "Can't delete non-integer (set)" }
}
