//! What runs: names are slots and attribute codes, sets are built, constants are folded.
//!
//! Equality is by what code does: lines and the names of functions do not count.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::ast::{ArithmeticOp, CompareOp, ExtendedKind, LogicOp};
use crate::attribute::Attribute;
use crate::path_mask::MaskElement;
use crate::roa::RoaTable;
use crate::types::Type;
use crate::value::Value;

/// The source line of an operation, for run-time errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line(pub(crate) u32);

impl PartialEq for Line {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The name of the file that code stands in, for run-time errors; empty for a command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileName(pub(crate) Arc<str>);

impl PartialEq for FileName {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Hash for FileName {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Hash for Line {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// An expression.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) enum Node {
    Const(Value),
    /// A variable of the running function by its place.
    Local(u16),
    Attribute(Attribute),
    Not(Box<Node>, Line),
    /// Left to right, each operand only if it can still matter.
    Logic(Box<Node>, Box<[(LogicOp, Node)]>, Line),
    Arithmetic(Box<Node>, Box<[(ArithmeticOp, Node)]>, Line),
    Compare(CompareOp, Box<(Node, Node)>, Line),
    Defined(Box<Node>),
    Accessor(Accessor, Box<Node>, Line),
    /// `ip.mask(n)`
    IpMask(Box<(Node, Node)>, Line),
    Pair(Box<(Node, Node)>, Line),
    Extended(ExtendedKind, Box<(Node, Node)>, Line),
    Large(Box<[Node; 3]>, Line),
    /// A changed copy of a path or list.
    List(ListOp, Box<(Node, Node)>, Line),
    /// A path mask with parts known only when it runs.
    Mask(Box<[MaskNode]>, Line),
    Call(Arc<Function>, Box<[Node]>, Line),
    /// A call of the function it stands in.
    CallSelf(Box<[Node]>, Line),
    Format(Box<Node>),
    /// `roa_check`: of the route itself, or of a net and an AS.
    RoaCheck(RoaTable, Option<Box<(Node, Node)>>, Line),
}

/// An item of a path mask that is built when it runs.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) enum MaskNode {
    Fixed(MaskElement),
    /// A number or a set of numbers.
    Value(Node),
    Range(Node, Node),
}

/// What `.name` gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Accessor {
    Len,
    First,
    Last,
    LastNonaggregated,
    Ip,
    NetType,
    IsV4,
    Asn,
    Data,
    Data1,
    Data2,
    Min,
    Max,
    /// What only other nets than those of IP have: `.maxlen` of a ROA, `.rd` of a VPN, `.src` and `.dst` of a flow.
    MaxLen,
    Rd,
    Src,
    Dst,
    /// `.empty`: the empty value of the same type.
    Empty,
}

/// What makes a list of another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ListOp {
    Prepend,
    Add,
    Delete,
    Filter,
}

/// A command.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) enum Step {
    /// Sets a variable; the value must be of the type.
    SetLocal(u16, Type, Node, Line),
    SetAttribute(Attribute, Node, Line),
    /// Changes a path or list of the route in place.
    Update(Attribute, ListOp, Node, Line),
    Unset(Attribute),
    If(Box<[(Node, Block)]>, Block, Line),
    Case(Box<Case>),
    For(Box<For>),
    Return(Option<Node>, Line),
    Accept(Box<[Node]>),
    Reject(Box<[Node]>),
    Error(Box<[Node]>),
    Print(Box<[Node]>, bool),
    /// Runs a function for its effect.
    Run(Node),
    /// Says whether a condition holds, in a test.
    Assert(Box<Assert>),
}

/// Commands in order.
pub(crate) type Block = Box<[Step]>;

/// `case`: ranges that are apart and ascending, each with the number of its branch.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) struct Case {
    pub(crate) subject: Node,
    /// The type of the items; a value of another finds nothing.
    pub(crate) of: Type,
    pub(crate) ranges: Box<[(u128, u128, u16)]>,
    pub(crate) branches: Box<[Block]>,
    pub(crate) default: Block,
}

/// `bt_assert`.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) struct Assert {
    pub(crate) condition: Node,
    /// As it was written.
    pub(crate) text: Arc<str>,
    pub(crate) line: Line,
}

/// `for`.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) struct For {
    pub(crate) slot: u16,
    pub(crate) of: Type,
    pub(crate) list: Node,
    pub(crate) body: Block,
    pub(crate) line: Line,
}

/// The code of a filter or function.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) struct Code {
    pub(crate) body: Block,
    /// How many variables it has, arguments first.
    pub(crate) slots: u16,
    /// How deep commands and expressions nest in it, which bounds the stack a run takes.
    pub(crate) depth: u32,
    /// The custom and kernel attributes it sets, with those that functions it calls set.
    pub(crate) sets: Box<[Arc<str>]>,
    /// The tables of authorizations it asks, with those that functions it calls ask.
    pub(crate) roas: Box<[RoaTable]>,
    /// Where it stands.
    pub(crate) file: FileName,
}

/// The most functions that may stand in one another by their calls: it bounds the stack of all that follows them.
pub(crate) const CALLS_MAX: u32 = 1_000;

/// A compiled function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Box<[Type]>,
    pub(crate) result: Type,
    pub(crate) code: Code,
    /// How many functions stand in one another from this one down.
    pub(crate) height: u32,
    digest: u128,
}

impl Function {
    pub(crate) fn new(name: Arc<str>, arguments: Box<[Type]>, result: Type, code: Code, height: u32) -> Self {
        let digest = u128::from(half(0, &arguments, result, &code)) << 64
            | u128::from(half(1, &arguments, result, &code));
        Self { name, arguments, result, code, height, digest }
    }
}

/// Half of a function's digest.
fn half(which: u8, arguments: &[Type], result: Type, code: &Code) -> u64 {
    let mut hasher = DefaultHasher::new();
    (which, arguments, result, code).hash(&mut hasher);
    hasher.finish()
}

/// Equal when they do the same; the name does not count. The digest stands for all that the function does, with the
/// digests of those it calls: where functions call functions, following each call would take twice as long with
/// every function that calls the one before it twice. Only what tables of authorizations say stands beside it, for they
/// are filled after the functions were read.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.code.roas == other.code.roas
    }
}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}
