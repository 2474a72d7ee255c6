//! Commands and expressions as lines of text.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::ast::{ArithmeticOp, ExtendedKind, LogicOp};
use crate::attribute;
use crate::code::{Case, Code, Function, MaskNode, Node, Step};
use crate::types::Dialect;

use super::words::{accessor_word, fixed, sign, word};
use super::{DEPTH_MAX, condition, inline, value};

/// How a function that could not be put in place is called until it has its number.
const MARK: &str = "\u{1}";

/// The lines of a filter, those of the functions that are still called last.
pub(super) fn filter(body: &[Step], code: &Code, dialect: Dialect, left: usize) -> Vec<String> {
    let mut printer = Printer::new(dialect, 0, code.depth);
    printer.functions.left = left;
    printer.block(body, 0);
    let mut lines = printer.lines;
    // By first appearance, so that the numbers do not depend on what the functions are called.
    let mut order: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let mut found = Vec::new();
        for tag in line.split(MARK).skip(1).step_by(2) {
            if !order.iter().any(|known| known == tag) && !found.iter().any(|known| known == tag) {
                found.push(tag.to_owned());
            }
        }
        for tag in found {
            lines.extend(printer.functions.texts.get(&tag).cloned().unwrap_or_default());
            order.push(tag);
        }
        at += 1;
    }
    let named =
        order.iter().enumerate().map(|(i, tag)| (format!("{MARK}{tag}{MARK}"), format!("function{}", i + 1)));
    let named: Vec<(String, String)> = named.collect();
    for line in lines.iter_mut().filter(|l| l.contains(MARK)) {
        for (tag, name) in &named {
            *line = line.replace(tag, name);
        }
    }
    lines
}

/// An expression as text to compare others with.
pub(super) fn key(node: &Node, dialect: Dialect) -> String {
    let mut printer = Printer::new(dialect, 0, DEPTH_MAX);
    printer.raw = true;
    printer.node(node, Level::Logic)
}

/// The functions that are called, by a tag made of what they do.
#[derive(Default)]
struct Functions {
    tags: HashMap<*const Function, String>,
    texts: HashMap<String, Vec<String>>,
    /// How many commands may still be put in place of calls.
    left: usize,
}

/// How tightly an expression must hold together to stand without parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Logic,
    Compare,
    Arithmetic,
    Atom,
}

struct Printer {
    dialect: Dialect,
    lines: Vec<String>,
    /// Variables by the order in which they appear.
    locals: HashMap<u16, usize>,
    /// How many of the variables are arguments.
    arguments: usize,
    /// Whether variables keep their own numbers.
    raw: bool,
    depth: u32,
    functions: Functions,
}

impl Printer {
    fn new(dialect: Dialect, arguments: usize, depth: u32) -> Self {
        let functions = Functions::default();
        Self { dialect, lines: Vec::new(), locals: HashMap::new(), arguments, raw: false, depth, functions }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(indent)));
    }

    fn block(&mut self, steps: &[Step], indent: usize) {
        for step in steps {
            self.step(step, indent);
        }
    }

    fn step(&mut self, step: &Step, indent: usize) {
        let text = match step {
            Step::If(branches, otherwise, _) => return self.choice(branches, otherwise, indent),
            Step::Case(case) => return self.case(case, indent),
            Step::For(step) => {
                let list = self.node(&step.list, Level::Logic);
                let variable = self.local(step.slot);
                self.line(indent, &format!("for {variable} in {list} do {{"));
                self.block(&step.body, indent + 1);
                "}".into()
            }
            Step::SetLocal(slot, _, node, _) => {
                let value = self.node(node, Level::Logic);
                format!("{} = {value};", self.local(*slot))
            }
            Step::SetAttribute(attribute, node, _) => {
                let value = self.node(node, Level::Logic);
                format!("{} = {value};", value::name(attribute::name_of(attribute)))
            }
            Step::Update(attribute, op, node, _) => {
                let argument = self.node(node, Level::Logic);
                format!("{}.{}({argument});", value::name(attribute::name_of(attribute)), word(*op))
            }
            Step::Unset(attribute) => format!("unset({});", value::name(attribute::name_of(attribute))),
            Step::Return(None, _) => "return;".into(),
            Step::Return(Some(node), _) => format!("return {};", self.node(node, Level::Logic)),
            Step::Accept(message) => self.said("accept", message),
            Step::Reject(message) => self.said("reject", message),
            Step::Error(message) => self.said("error", message),
            Step::Print(message, true) => self.said("print", message),
            Step::Print(message, false) => self.said("printn", message),
            Step::Assert(assert) => format!("bt_assert({});", self.node(&assert.condition, Level::Logic)),
            Step::Run(node) => format!("{};", self.node(node, Level::Atom)),
        };
        self.line(indent, &text);
    }

    fn said(&mut self, word: &str, message: &[Node]) -> String {
        if message.is_empty() { format!("{word};") } else { format!("{word} {};", self.nodes(message)) }
    }

    fn choice(&mut self, branches: &[(Node, Box<[Step]>)], otherwise: &[Step], indent: usize) {
        if let [(condition, block)] = branches
            && let [only @ (Step::Accept(_) | Step::Reject(_) | Step::Error(_))] = &**block
            && otherwise.is_empty()
        {
            // One line for each condition that leads there.
            for part in condition::parts(LogicOp::Or, condition.clone()) {
                let part = self.node(&part, Level::Logic);
                self.step(only, 0);
                let verdict = self.lines.pop().unwrap_or_default();
                self.line(indent, &format!("if {part} then {verdict}"));
            }
            return;
        }
        for (i, (condition, block)) in branches.iter().enumerate() {
            let condition = self.node(condition, Level::Logic);
            let word = if i == 0 { "if" } else { "} else if" };
            self.line(indent, &format!("{word} {condition} then {{"));
            self.block(block, indent + 1);
        }
        if !otherwise.is_empty() {
            self.line(indent, "} else {");
            self.block(otherwise, indent + 1);
        }
        self.line(indent, "}");
    }

    fn case(&mut self, case: &Case, indent: usize) {
        let subject = self.node(&case.subject, Level::Logic);
        self.line(indent, &format!("case {subject} {{"));
        let mut done: Vec<u16> = Vec::new();
        for (_, _, branch) in &case.ranges {
            if done.contains(branch) {
                continue;
            }
            done.push(*branch);
            let bound = |key: &u128| value::case_bound(case.of, *key, self.dialect);
            let of_branch = case.ranges.iter().filter(|(_, _, b)| b == branch);
            let items = of_branch.map(|(low, high, _)| {
                if low == high { bound(low) } else { format!("{}..{}", bound(low), bound(high)) }
            });
            let items = items.collect::<Vec<_>>().join(", ");
            self.line(indent + 1, &format!("{items}:"));
            if let Some(block) = case.branches.get(usize::from(*branch)) {
                self.block(block, indent + 2);
            }
        }
        if !case.default.is_empty() {
            self.line(indent + 1, "else:");
            self.block(&case.default, indent + 2);
        }
        self.line(indent, "}");
    }

    fn local(&mut self, slot: u16) -> String {
        if usize::from(slot) < self.arguments {
            return format!("argument{}", slot + 1);
        }
        if self.raw {
            return format!("variable{slot:05}");
        }
        let next = self.locals.len() + 1;
        format!("variable{}", self.locals.entry(slot).or_insert(next))
    }

    fn nodes(&mut self, nodes: &[Node]) -> String {
        nodes.iter().map(|n| self.node(n, Level::Logic)).collect::<Vec<_>>().join(", ")
    }

    fn node(&mut self, node: &Node, wanted: Level) -> String {
        let (text, level) = self.leveled(node);
        if level < wanted { format!("({text})") } else { text }
    }

    fn leveled(&mut self, node: &Node) -> (String, Level) {
        let text = match node {
            Node::Const(constant) => value::value(constant, self.dialect),
            Node::Local(slot) => self.local(*slot),
            Node::Attribute(attribute) => value::name(attribute::name_of(attribute)),
            Node::Not(inner, _) => format!("!{}", self.node(inner, Level::Atom)),
            Node::Logic(first, rest, _) => {
                let mut text = self.node(first, Level::Compare);
                for (op, operand) in rest {
                    text.push_str(if *op == LogicOp::And { " && " } else { " || " });
                    text.push_str(&self.node(operand, Level::Compare));
                }
                return (text, Level::Logic);
            }
            Node::Arithmetic(first, rest, _) => {
                let mut text = self.node(first, Level::Atom);
                for (op, operand) in rest {
                    let sign = match op {
                        ArithmeticOp::Add => " + ",
                        ArithmeticOp::Subtract => " - ",
                        ArithmeticOp::Multiply => " * ",
                        ArithmeticOp::Divide => " / ",
                    };
                    text.push_str(sign);
                    text.push_str(&self.node(operand, Level::Atom));
                }
                return (text, Level::Arithmetic);
            }
            Node::Compare(op, operands, _) => {
                let left = self.node(&operands.0, Level::Arithmetic);
                let right = self.node(&operands.1, Level::Arithmetic);
                return (format!("{left} {} {right}", sign(*op)), Level::Compare);
            }
            Node::Defined(inner) => format!("defined({})", self.node(inner, Level::Logic)),
            Node::Accessor(accessor, inner, _) => {
                format!("{}.{}", self.node(inner, Level::Atom), accessor_word(*accessor))
            }
            Node::IpMask(operands, _) => {
                let address = self.node(&operands.0, Level::Atom);
                format!("{address}.mask({})", self.node(&operands.1, Level::Logic))
            }
            Node::Pair(parts, _) => {
                let first = self.node(&parts.0, Level::Logic);
                format!("({first}, {})", self.node(&parts.1, Level::Logic))
            }
            Node::Extended(kind, parts, _) => {
                let kind = match kind {
                    ExtendedKind::RouteTarget => "rt".to_owned(),
                    ExtendedKind::RouteOrigin => "ro".to_owned(),
                    ExtendedKind::Unknown(code) => format!("unknown {code}"),
                    ExtendedKind::Generic => "generic".to_owned(),
                };
                let first = self.node(&parts.0, Level::Logic);
                format!("({kind}, {first}, {})", self.node(&parts.1, Level::Logic))
            }
            Node::Large(parts, _) => format!("({})", self.nodes(&**parts)),
            Node::List(op, parts, _) => {
                let list = self.node(&parts.0, Level::Logic);
                format!("{}({list}, {})", word(*op), self.node(&parts.1, Level::Logic))
            }
            Node::Mask(items, _) => self.mask(items),
            Node::Call(function, arguments, _) => {
                let tag = self.function(function);
                format!("{tag}({})", self.nodes(arguments))
            }
            Node::CallSelf(arguments, _) => format!("itself({})", self.nodes(arguments)),
            Node::RoaCheck(table, parts, _) => {
                let what = parts.as_deref().map_or_else(String::new, |(net, asn)| {
                    format!(", {}, {}", self.node(net, Level::Logic), self.node(asn, Level::Logic))
                });
                format!("roa_check([{table}]{what})")
            }
            Node::Format(inner) => format!("format({})", self.node(inner, Level::Logic)),
        };
        (text, Level::Atom)
    }

    fn mask(&mut self, items: &[MaskNode]) -> String {
        let item = |item: &MaskNode| match item {
            MaskNode::Fixed(element) => fixed(element),
            MaskNode::Value(node) => self.node(node, Level::Atom),
            MaskNode::Range(low, high) => {
                let low = self.node(low, Level::Atom);
                format!("{low}..{}", self.node(high, Level::Atom))
            }
        };
        format!("[= {} =]", items.iter().map(item).collect::<Vec<_>>().join(" "))
    }

    /// How a function is called until it has its number.
    fn function(&mut self, function: &Arc<Function>) -> String {
        let address = Arc::as_ptr(function);
        if let Some(tag) = self.functions.tags.get(&address) {
            return tag.clone();
        }
        let depth = self.depth + function.code.depth;
        if depth >= DEPTH_MAX {
            // Its name must do.
            return value::name(&function.name);
        }
        let (body, left) = inline::function(function, self.dialect, depth, self.functions.left);
        self.functions.left = left;
        let mut inner = Self::new(self.dialect, function.arguments.len(), depth);
        inner.functions = std::mem::take(&mut self.functions);
        inner.block(&body, 1);
        let mut hasher = DefaultHasher::new();
        (format!("{:?}", function.arguments), &inner.lines).hash(&mut hasher);
        let hash = format!("{:016x}", hasher.finish());
        let tag = format!("{MARK}{hash}{MARK}");
        let types = function.arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let mut lines = vec![format!("{tag}({types}) {{")];
        lines.append(&mut inner.lines);
        lines.push("}".into());
        self.functions = inner.functions;
        self.functions.texts.insert(hash, lines);
        self.functions.tags.insert(address, tag.clone());
        tag
    }
}
