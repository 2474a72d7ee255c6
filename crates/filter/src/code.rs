//! What runs: names are slots and attribute codes, sets are built, constants are folded.
//!
//! Equality is by what code does: lines and the names of functions do not count.

use std::sync::Arc;

use crate::ast::{ArithmeticOp, CompareOp, ExtendedKind, LogicOp};
use crate::attribute::Attribute;
use crate::path_mask::MaskElement;
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

/// An expression.
#[derive(Clone, PartialEq, Debug)]
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
}

/// An item of a path mask that is built when it runs.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum MaskNode {
    Fixed(MaskElement),
    /// A number or a set of numbers.
    Value(Node),
    Range(Node, Node),
}

/// What `.name` gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
    /// `.empty`: the empty value of the same type.
    Empty,
}

/// What makes a list of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ListOp {
    Prepend,
    Add,
    Delete,
    Filter,
}

/// A command.
#[derive(Clone, PartialEq, Debug)]
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
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Case {
    pub(crate) subject: Node,
    /// The type of the items; a value of another finds nothing.
    pub(crate) of: Type,
    pub(crate) ranges: Box<[(u128, u128, u16)]>,
    pub(crate) branches: Box<[Block]>,
    pub(crate) default: Block,
}

/// `bt_assert`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Assert {
    pub(crate) condition: Node,
    /// As it was written.
    pub(crate) text: Arc<str>,
    pub(crate) line: Line,
}

/// `for`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct For {
    pub(crate) slot: u16,
    pub(crate) of: Type,
    pub(crate) list: Node,
    pub(crate) body: Block,
    pub(crate) line: Line,
}

/// The code of a filter or function.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Code {
    pub(crate) body: Block,
    /// How many variables it has, arguments first.
    pub(crate) slots: u16,
    /// How deep commands and expressions nest in it, which bounds the stack a run takes.
    pub(crate) depth: u32,
    /// The custom and kernel attributes it sets, with those that functions it calls set.
    pub(crate) sets: Box<[Arc<str>]>,
    /// Where it stands.
    pub(crate) file: FileName,
}

/// A compiled function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Box<[Type]>,
    pub(crate) result: Type,
    pub(crate) code: Code,
}

/// Equal when they do the same; the name does not count.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
            || (self.arguments == other.arguments && self.result == other.result && self.code == other.code)
    }
}
