//! A checked and resolved filter: names are slots, constants are folded, sets are compiled.

use std::sync::Arc;

use crate::Value;
use crate::value::Type;

/// A line number for run-time errors. All lines are equal: a filter that only moved is the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line(pub(crate) u32);

impl PartialEq for Line {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A route attribute.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Attr {
    Net,
    Proto,
    Source,
    From,
    Gw,
    Ifname,
    Ifindex,
    Dest,
    Scope,
    Preference,
    Weight,
    Onlink,
    Path,
    Origin,
    NextHop,
    Med,
    LocalPref,
    AtomicAggr,
    Aggregator,
    Community,
    ExtCommunity,
    LargeCommunity,
    OriginatorId,
    ClusterList,
    /// Kernel, IGP and custom attributes, by name.
    Extra(Arc<str>, Type),
}

impl Attr {
    pub(crate) fn ty(&self) -> Type {
        use crate::value::EnumKind;
        match self {
            Self::Net => Type::Prefix,
            Self::Proto | Self::Ifname => Type::String,
            Self::Source => Type::Enum(EnumKind::Source),
            Self::From | Self::Gw | Self::NextHop => Type::Ip,
            Self::Ifindex | Self::Preference | Self::Weight | Self::Med | Self::LocalPref => Type::Int,
            Self::Dest => Type::Enum(EnumKind::Destination),
            Self::Scope => Type::Enum(EnumKind::Scope),
            Self::Onlink => Type::Bool,
            Self::Path => Type::Path,
            Self::Origin => Type::Enum(EnumKind::Origin),
            Self::AtomicAggr | Self::Aggregator => Type::Void,
            Self::Community | Self::ClusterList => Type::Clist,
            Self::ExtCommunity => Type::Eclist,
            Self::LargeCommunity => Type::Lclist,
            Self::OriginatorId => Type::Quad,
            Self::Extra(_, ty) => *ty,
        }
    }

    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, Self::Net | Self::Proto | Self::Source | Self::Ifindex)
    }

    /// The attribute of this name; custom ones are the caller's.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "net" => Self::Net,
            "proto" => Self::Proto,
            "source" => Self::Source,
            "from" => Self::From,
            "gw" => Self::Gw,
            "ifname" => Self::Ifname,
            "ifindex" => Self::Ifindex,
            "dest" => Self::Dest,
            "scope" => Self::Scope,
            "preference" => Self::Preference,
            "weight" => Self::Weight,
            "onlink" => Self::Onlink,
            "bgp_path" => Self::Path,
            "bgp_origin" => Self::Origin,
            "bgp_next_hop" => Self::NextHop,
            "bgp_med" => Self::Med,
            "bgp_local_pref" => Self::LocalPref,
            "bgp_atomic_aggr" => Self::AtomicAggr,
            "bgp_aggregator" => Self::Aggregator,
            "bgp_community" => Self::Community,
            "bgp_ext_community" => Self::ExtCommunity,
            "bgp_large_community" => Self::LargeCommunity,
            "bgp_originator_id" => Self::OriginatorId,
            "bgp_cluster_list" => Self::ClusterList,
            "igp_metric" | "krt_source" | "krt_metric" | "krt_realm" | "krt_scope" | "krt_mtu"
            | "krt_window" | "krt_rtt" | "krt_rttvar" | "krt_sstresh" | "krt_cwnd" | "krt_advmss"
            | "krt_reordering" | "krt_hoplimit" | "krt_initcwnd" | "krt_rto_min" | "krt_initrwnd"
            | "krt_quickack" => Self::Extra(name.into(), Type::Int),
            "krt_prefsrc" => Self::Extra(name.into(), Type::Ip),
            "krt_tunnel" => Self::Extra(name.into(), Type::String),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Match,
    NotMatch,
    And,
    Or,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Accessor {
    Len,
    First,
    Last,
    LastNonaggregated,
    Ip,
    Type,
    IsV4,
    Asn,
    Data,
    Data1,
    Data2,
    Min,
    Max,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ListOp {
    Prepend,
    Add,
    Delete,
    Filter,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Expr {
    Const(Value),
    Local(usize),
    Attr(Attr),
    Binary(Op, Box<(Expr, Expr)>),
    Not(Box<Expr>),
    Defined(Box<Expr>),
    Access(Accessor, Box<Expr>),
    Mask(Box<(Expr, Expr)>),
    Pair(Box<(Expr, Expr)>),
    Lc(Box<(Expr, Expr, Expr)>),
    /// Sub-type (2 target, 3 origin) or the whole upper half, key, value.
    Ec(EcKind, Box<(Expr, Expr)>),
    List(ListOp, Box<(Expr, Expr)>),
    Format(Box<Expr>),
    Call(Arc<Function>, Vec<Expr>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EcKind {
    Target,
    Origin,
    Generic,
    Unknown(u32),
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Stmt {
    pub(crate) line: Line,
    pub(crate) kind: StmtKind,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum StmtKind {
    SetLocal(usize, Expr),
    SetAttr(Attr, Expr),
    Unset(Attr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// Ranges of each branch, its commands; the default last.
    Case(Expr, Vec<(crate::set::Set, Vec<Stmt>)>, Vec<Stmt>),
    For(usize, Expr, Vec<Stmt>),
    Return(Option<Expr>),
    Accept(Vec<Expr>),
    Reject(Vec<Expr>),
    Error(Vec<Expr>),
    Print(Vec<Expr>),
    Call(Expr),
    Block(Vec<Stmt>),
}

/// A function, or a filter's body.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Function {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) args: Vec<Type>,
    /// Slots for arguments and locals.
    pub(crate) slots: usize,
    pub(crate) body: Vec<Stmt>,
}
