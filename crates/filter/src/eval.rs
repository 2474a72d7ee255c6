//! Running code on a route.

mod attributes;
mod checks;
mod expression;
mod extra;
mod presence;

use std::fmt;
use std::sync::Arc;

pub(crate) use checks::Checks;
pub(crate) use expression::{case_key, extended_community};

use crate::attribute::Attribute;
use crate::code::{Block, Case, Code, For, Function, Line, Node, Step};
use crate::types::{Dialect, Type};
use crate::value::Value;
use crate::{Outcome, RouteAttributes, Subject, Verdict};

/// The most levels of commands and expressions all running functions together may nest. A level
/// takes some hundred octets of stack, four times that in a build for debugging; threads have two
/// megabytes.
const DEPTH_MAX: u32 = if cfg!(debug_assertions) { 600 } else { 2_500 };
/// The most calls and turns of loops in a run: what recursion and loops can cost.
const STEPS_MAX: u32 = 200_000;
/// The most octets a run may print.
const PRINTED_MAX: usize = 65_536;

/// A run-time error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    /// The file the code stands in, once that is known.
    pub(crate) file: Option<Arc<str>>,
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// BIRD's words, and the place behind them: a configuration may be of many files.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filters, line {}: {}", self.line, self.message)?;
        match &self.file {
            Some(file) if !file.is_empty() => write!(f, " ({file}:{})", self.line),
            _ => Ok(()),
        }
    }
}

/// Why a run ends early.
#[derive(Debug)]
pub(crate) enum Halt {
    Accept,
    Reject,
    /// `error`
    Error,
    Fault(Box<Fault>),
}

impl Fault {
    /// Notes the file it happened in, unless that was further in.
    fn stands_in(mut self, code: &Code) -> Self {
        self.file.get_or_insert_with(|| code.file.0.clone());
        self
    }
}

impl Halt {
    /// A run-time error at a line.
    #[cold]
    pub(crate) fn fault(line: Line, message: impl Into<String>) -> Self {
        Self::Fault(Box::new(Fault { file: None, line: line.0, message: message.into() }))
    }
}

/// Where a block ends up.
enum Flow {
    /// At its end.
    Next,
    /// At a `return`.
    Return(Value),
}

/// A run of a filter on a route, or of an expression on nothing.
#[derive(Debug)]
pub(crate) struct Run<'r> {
    subject: Option<&'r Subject<'r>>,
    /// The attributes, once something changed them.
    changed: Option<Box<RouteAttributes>>,
    /// `bgp_path` was made of `+empty+`, or of a path that is not there: BIRD 2 takes that for no path until something is
    /// prepended to it. A path that came empty, or lost all it had, is one.
    no_path: bool,
    dialect: Dialect,
    /// Variables of the running functions.
    stack: Vec<Value>,
    /// Where those of the innermost begin.
    base: usize,
    this: Option<&'r Function>,
    depth: u32,
    steps: u32,
    messages: Vec<String>,
    /// What `printn` left without an end.
    partial: String,
    printed: usize,
    /// What `bt_assert` found, in a test.
    checks: Option<Checks>,
}

impl<'r> Run<'r> {
    pub(crate) fn new(subject: Option<&'r Subject<'r>>, dialect: Dialect) -> Self {
        Self {
            subject,
            changed: None,
            no_path: false,
            dialect,
            stack: Vec::new(),
            base: 0,
            this: None,
            depth: 0,
            steps: 0,
            messages: Vec::new(),
            partial: String::new(),
            printed: 0,
            checks: None,
        }
    }

    /// Runs a filter to its verdict.
    pub(crate) fn filter(mut self, code: &'r Code, name: Option<&str>) -> Outcome {
        self.stack.resize(usize::from(code.slots), Value::Void);
        self.depth = code.depth;
        let (verdict, error) = match self.block(&code.body) {
            // In 1.6 only a function returns something.
            Ok(Flow::Return(Value::Bool(true))) if self.dialect == Dialect::Bird2 => (Verdict::Accept, None),
            Ok(Flow::Return(Value::Bool(false))) if self.dialect == Dialect::Bird2 => (Verdict::Reject, None),
            Err(Halt::Accept) => (Verdict::Accept, None),
            Err(Halt::Reject) => (Verdict::Reject, None),
            Err(Halt::Error) => (Verdict::Error, None),
            Err(Halt::Fault(fault)) => (Verdict::Error, Some(fault.stands_in(code).to_string())),
            Ok(Flow::Return(_)) => {
                (Verdict::Error, Some("filters: Can't return non-bool from non-function".into()))
            }
            Ok(Flow::Next) => {
                let name = name.unwrap_or("(unnamed)");
                let message = format!("Filter {name} did not return accept nor reject. Make up your mind");
                (Verdict::Error, Some(message))
            }
        };
        if !self.partial.is_empty() {
            self.messages.push(std::mem::take(&mut self.partial));
        }
        Outcome { verdict, attributes: self.changed, messages: self.messages, error }
    }

    /// The value of an expression.
    pub(crate) fn constant(mut self, node: &'r Node) -> Result<Value, Fault> {
        match self.eval(node) {
            Ok(value) => Ok(value),
            Err(Halt::Fault(fault)) => Err(*fault),
            Err(_) => {
                Err(Fault { file: None, line: 1, message: "A constant cannot accept or reject".into() })
            }
        }
    }

    fn block(&mut self, block: &'r Block) -> Result<Flow, Halt> {
        for step in block {
            if let Flow::Return(value) = self.step(step)? {
                return Ok(Flow::Return(value));
            }
        }
        Ok(Flow::Next)
    }

    fn step(&mut self, step: &'r Step) -> Result<Flow, Halt> {
        match step {
            Step::If(branches, otherwise, line) => {
                for (condition, block) in branches {
                    if self.test(condition, *line, (1, "CONDITION"))? {
                        return self.block(block);
                    }
                }
                return self.block(otherwise);
            }
            Step::SetLocal(slot, of, node, line) => self.set_local(*slot, *of, node, *line)?,
            Step::SetAttribute(attribute, node, line) => {
                let value = self.eval(node)?;
                if matches!(attribute, Attribute::BgpPath) {
                    let empty = matches!(&value, Value::Path(path) if path.as_wire().is_empty());
                    self.no_path = empty && self.is_no_path(node)?;
                }
                self.write(attribute, value, *line)?;
            }
            Step::Update(attribute, op, node, line) => {
                let argument = self.eval(node)?;
                self.update(attribute, *op, &argument, *line)?;
            }
            Step::Unset(attribute) => self.unset(attribute)?,
            Step::Case(case) => return self.case(case),
            Step::For(step) => return self.for_loop(step),
            Step::Return(None, _) => return Ok(Flow::Return(Value::Void)),
            Step::Return(Some(node), _) => return self.eval(node).map(Flow::Return),
            Step::Accept(message) => return self.verdict(message, Halt::Accept),
            Step::Reject(message) => return self.verdict(message, Halt::Reject),
            Step::Error(message) => return self.verdict(message, Halt::Error),
            Step::Print(message, newline) => self.print(message, *newline)?,
            Step::Run(node) => {
                self.eval(node)?;
            }
            Step::Assert(assert) => self.assert(assert)?,
        }
        Ok(Flow::Next)
    }

    fn set_local(&mut self, slot: u16, of: Type, node: &'r Node, line: Line) -> Result<(), Halt> {
        let value = self.eval(node)?;
        let value = value.into_type(of).map_err(|value| {
            Halt::fault(line, format!("Argument 1 of SET must be of type {of}, got type {}", value.ty()))
        })?;
        if let Some(place) = self.stack.get_mut(self.base + usize::from(slot)) {
            *place = value;
        }
        Ok(())
    }

    #[cold]
    fn verdict(&mut self, message: &'r [Node], halt: Halt) -> Result<Flow, Halt> {
        if !message.is_empty() {
            self.print(message, true)?;
        }
        Err(halt)
    }

    fn print(&mut self, message: &'r [Node], newline: bool) -> Result<(), Halt> {
        use std::fmt::Write;
        for node in message {
            let value = self.eval(node)?;
            let before = self.partial.len();
            if self.printed < PRINTED_MAX {
                // Writing to a string does not fail.
                let _ = write!(self.partial, "{value}");
            }
            self.printed += self.partial.len() - before;
        }
        if newline && self.messages.len() < PRINTED_MAX / 16 {
            self.messages.push(std::mem::take(&mut self.partial));
        }
        Ok(())
    }

    fn case(&mut self, case: &'r Case) -> Result<Flow, Halt> {
        let value = self.eval(&case.subject)?;
        let value = value.into_type(case.of).unwrap_or(Value::Void);
        let found = case_key(&value).and_then(|key| {
            let after = case.ranges.partition_point(|(low, ..)| *low <= key);
            let (_, high, branch) = case.ranges.get(after.checked_sub(1)?)?;
            if key <= *high { case.branches.get(usize::from(*branch)) } else { None }
        });
        self.block(found.unwrap_or(&case.default))
    }

    fn for_loop(&mut self, step: &'r For) -> Result<Flow, Halt> {
        let list = self.eval(&step.list)?;
        let Some(list) = list.as_list() else {
            return Err(Halt::fault(step.line, "Only a path or a list can be iterated over"));
        };
        for member in list.members() {
            self.count(step.line)?;
            let member = member.into_type(step.of).unwrap_or(Value::Void);
            if let Some(place) = self.stack.get_mut(self.base + usize::from(step.slot)) {
                *place = member;
            }
            if let Flow::Return(value) = self.block(&step.body)? {
                return Ok(Flow::Return(value));
            }
        }
        Ok(Flow::Next)
    }

    /// Counts a call or a turn of a loop.
    fn count(&mut self, line: Line) -> Result<(), Halt> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(Halt::fault(line, "Filter takes too long")) } else { Ok(()) }
    }

    fn call(&mut self, function: &'r Function, arguments: &'r [Node], line: Line) -> Result<Value, Halt> {
        self.count(line)?;
        let depth = self.depth + function.code.depth + 1;
        if depth > DEPTH_MAX {
            return Err(Halt::fault(line, "Maximum recursion depth reached"));
        }
        let base = self.stack.len();
        for (i, (argument, of)) in arguments.iter().zip(&function.arguments).enumerate() {
            let value = self.eval(argument)?.into_type(*of).or_else(|value| {
                let (i, got) = (i + 1, value.ty());
                // An undefined attribute may be passed on; the function can ask defined().
                if got == Type::Void {
                    return Ok(value);
                }
                let message = format!("Argument {i} of '{}' must be {of}, got {got}", function.name);
                Err(Halt::fault(line, message))
            })?;
            self.stack.push(value);
        }
        self.stack.resize(base + usize::from(function.code.slots), Value::Void);
        let outer = (self.base, self.depth, self.this);
        (self.base, self.depth, self.this) = (base, depth, Some(function));
        let flow = self.block(&function.code.body);
        (self.base, self.depth, self.this) = outer;
        self.stack.truncate(base);
        match flow {
            Ok(Flow::Next) => Ok(Value::Void),
            Ok(Flow::Return(value)) => Ok(value),
            Err(Halt::Fault(fault)) => Err(Halt::Fault(Box::new(fault.stands_in(&function.code)))),
            Err(halt) => Err(halt),
        }
    }

    fn call_this(&mut self, arguments: &'r [Node], line: Line) -> Result<Value, Halt> {
        match self.this {
            Some(function) => self.call(function, arguments, line),
            None => Err(Halt::fault(line, "No function to call")),
        }
    }

    /// The name of the interface with an index.
    fn interface_name(&self, ifindex: u32) -> Option<Arc<str>> {
        self.subject.and_then(|s| s.surroundings.interface_name(ifindex))
    }
}
