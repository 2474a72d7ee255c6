//! What the parser makes of the text. Names are not resolved and nothing is typed yet.

use std::net::IpAddr;
use std::sync::Arc;

use ipnetwork::IpNetwork;

use crate::Span;

/// A name and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ident {
    /// The name without quotes.
    pub(crate) name: Arc<str>,
    /// Its place.
    pub(crate) span: Span,
}

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Expr {
    /// What it is.
    pub(crate) kind: ExprKind,
    /// Its place.
    pub(crate) span: Span,
    /// The 1-based line it starts on, for run-time errors.
    pub(crate) line: u32,
}

/// The kinds of [`Expr`].
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum ExprKind {
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Int(u32),
    /// A string.
    String(Arc<str>),
    /// An address.
    Ip(IpAddr),
    /// A prefix; its host bits are zero.
    Prefix(IpNetwork),
    /// A constant, variable or attribute.
    Name(Arc<str>),
    /// `name(arguments)`.
    Call(Ident, Vec<Expr>),
    /// `receiver.name` or `receiver.name(arguments)`.
    Method(Box<Expr>, Ident, Option<Vec<Expr>>),
    /// `!x`.
    Not(Box<Expr>),
    /// `a && b || c …`, evaluated left to right with both operators on one level.
    Logic(Box<Expr>, Vec<(LogicOp, Expr)>),
    /// `a + b - c …` or `a * b / c …`.
    Arithmetic(Box<Expr>, Vec<(ArithmeticOp, Expr)>),
    /// A comparison or match.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// `(a, b)`: a pair.
    Pair(Box<Expr>, Box<Expr>),
    /// `(a, b, c)`: a large community.
    Large(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `(kind, a, b)`: an extended community.
    Extended(ExtendedKind, Box<Expr>, Box<Expr>),
    /// `[ … ]`.
    Set(Vec<SetItem>),
    /// `[= … =]`.
    Mask(Vec<MaskItem>),
    /// `+empty+` and the like.
    Empty(ListKind),
}

/// `&&` or `||`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum LogicOp {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// The operators on integers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// The comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum CompareOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `~`
    Match,
    /// `!~`
    NotMatch,
}

/// The first word of an extended community.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ExtendedKind {
    /// `rt`: a route target.
    RouteTarget,
    /// `ro`: a route origin.
    RouteOrigin,
    /// `unknown N`: these two octets as type and sub-type.
    Unknown(u32),
    /// `generic`: two raw words.
    Generic,
}

/// The lists a route may carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ListKind {
    /// An AS path.
    Path,
    /// Communities.
    Communities,
    /// Extended communities.
    Extended,
    /// Large communities.
    Large,
}

/// An item of a set or of a `case` branch.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum SetItem {
    /// One value.
    Value(Expr),
    /// `a..b`.
    Range(Expr, Expr),
    /// `P+`, `P-`, `P{a,b}`.
    Prefix(Expr, PrefixPattern),
    /// A pair, extended or large community with wildcards or ranges.
    Tuple(TupleItem),
}

/// Which lengths a prefix in a set allows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum PrefixPattern {
    /// `+`: itself and what is inside.
    Longer,
    /// `-`: itself and what covers it.
    Shorter,
    /// `{a,b}`.
    Range(Expr, Expr),
}

/// A tuple in a set.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TupleItem {
    /// Set for an extended community, which has two parts.
    pub(crate) kind: Option<ExtendedKind>,
    /// Two parts of a pair, three of a large community.
    pub(crate) parts: Vec<TuplePart>,
    /// After `..`: the other end, as many parts.
    pub(crate) end: Option<Vec<TuplePart>>,
    /// Its place.
    pub(crate) span: Span,
    /// The 1-based line it starts on.
    pub(crate) line: u32,
}

/// A part of a tuple in a set.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum TuplePart {
    /// `*`
    Any,
    /// One value.
    One(Expr),
    /// `a..b`
    Range(Expr, Expr),
}

/// An item of a path mask.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum MaskItem {
    /// `*`: any number of ASes.
    Any,
    /// `?`: one AS.
    One,
    /// `+`: the item before once more, any number of times.
    Repeat(Span),
    /// `a..b`
    Range(Expr, Expr),
    /// A number, a name, a set or an expression in parentheses.
    Value(Expr),
}

/// A type as a declaration names it: `int`, `prefix set`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TypeName {
    /// The first word.
    pub(crate) word: Ident,
    /// Whether `set` follows.
    pub(crate) set: bool,
}

/// A declaration, with its initial value if it has one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Declaration {
    /// The type.
    pub(crate) of: TypeName,
    /// The name.
    pub(crate) name: Ident,
    /// The value after `=`.
    pub(crate) value: Option<Expr>,
}

/// The body of a filter or function.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Body {
    /// What is declared before `{`.
    pub(crate) declarations: Vec<Declaration>,
    /// The commands.
    pub(crate) commands: Vec<Command>,
}

/// `function NAME (…) …`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct FunctionDefinition {
    /// The name.
    pub(crate) name: Ident,
    /// Arguments by position.
    pub(crate) arguments: Vec<(TypeName, Ident)>,
    /// The type after `->`.
    pub(crate) result: Option<TypeName>,
    /// The body.
    pub(crate) body: Body,
}

/// A command.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Command {
    /// What it is.
    pub(crate) kind: CommandKind,
    /// Its place: the first word.
    pub(crate) span: Span,
    /// The 1-based line it starts on, for run-time errors.
    pub(crate) line: u32,
}

/// The kinds of [`Command`].
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum CommandKind {
    /// `{ … }`
    Block(Vec<Command>),
    /// `int a = 1;`
    Declare(Declaration),
    /// `if … then … else if … else …`, a chain of `else if` on one level.
    If(Vec<(Expr, Vec<Command>)>, Vec<Command>),
    /// `case … { … }`
    Case(Expr, Vec<(Vec<SetItem>, Vec<Command>)>, Option<Vec<Command>>),
    /// `for TYPE NAME in … do …`; no type: a variable that exists.
    For(Option<TypeName>, Ident, Expr, Vec<Command>),
    /// `name = value;`
    Assign(Ident, Expr),
    /// `name.method(arguments);`, which changes `name`.
    Update(Ident, Ident, Vec<Expr>),
    /// `return value;`
    Return(Option<Expr>),
    /// `accept …;`
    Accept(Vec<Expr>),
    /// `reject …;`
    Reject(Vec<Expr>),
    /// `error …;`
    Error(Vec<Expr>),
    /// `print …;`, or `printn …;` if not followed by a new line.
    Print(Vec<Expr>, bool),
    /// `bt_assert(condition);` with the text of the condition.
    Assert(Expr, Arc<str>),
    /// `bt_check_assign(name, value);` with what is between the parentheses.
    CheckAssign(Ident, Expr, Arc<str>),
    /// A function called for its effect, `unset(…)` among them.
    Call(Ident, Vec<Expr>),
}
