//! Functions in place of their calls.

use crate::attribute::Attribute;
use crate::code::{Assert, Block, Case, Code, For, Function, Node, Step};
use crate::types::{Dialect, Type};
use crate::value::Value;

use super::{DEPTH_MAX, STEPS_MAX, condition, for_each_part, is_final, is_pure, map_parts, tidy};

/// The commands of a filter, and how many more may still be put in place of calls.
pub(super) fn filter(code: &Code, dialect: Dialect) -> (Vec<Step>, usize) {
    run(code, dialect, false, (code.depth, STEPS_MAX))
}

/// The same of a function that stays one; `depth` is how deep it stands, `left` what the filter left.
pub(super) fn function(function: &Function, dialect: Dialect, depth: u32, left: usize) -> (Vec<Step>, usize) {
    run(&function.code, dialect, true, (depth, left))
}

fn run(code: &Code, dialect: Dialect, function: bool, (depth, left): (u32, usize)) -> (Vec<Step>, usize) {
    let mut inline = Inline { dialect, function, left, slots: code.slots, depth, loops: 0 };
    let scope: Scope = (0..code.slots).map(Place::Slot).collect();
    let steps = inline.block(&code.body, &scope);
    (steps, inline.left)
}

/// What a variable of the code being read is in the code being made.
enum Place {
    Slot(u16),
    /// An argument that is the same wherever it is used.
    Value(Node),
}

/// The places of a function's variables.
type Scope = Vec<Place>;

struct Inline {
    dialect: Dialect,
    /// Whether the code is a function's, which may return.
    function: bool,
    /// How many commands may still be made of calls.
    left: usize,
    slots: u16,
    depth: u32,
    /// How many loops the code stands in.
    loops: u32,
}

impl Inline {
    fn block(&mut self, steps: &[Step], scope: &Scope) -> Vec<Step> {
        let mut out = Vec::with_capacity(steps.len());
        for step in steps {
            self.step(step, scope, &mut out);
            if out.last().is_some_and(is_final) {
                break;
            }
        }
        tidy::block(out, self.dialect)
    }

    fn boxed(&mut self, steps: &[Step], scope: &Scope) -> Block {
        self.block(steps, scope).into()
    }

    fn step(&mut self, step: &Step, scope: &Scope, out: &mut Vec<Step>) {
        let made = match step {
            // So it is when the code begins, but in a loop it may have been set the turn before.
            Step::SetLocal(_, Type::Dynamic, Node::Const(Value::Void), _) if self.loops == 0 => return,
            Step::SetLocal(slot, of, node, line) => {
                let Some(Place::Slot(slot)) = scope.get(usize::from(*slot)) else { return };
                Step::SetLocal(*slot, *of, self.node(node, scope), *line)
            }
            Step::SetAttribute(attribute, node, line) => {
                Step::SetAttribute(attribute.clone(), self.node(node, scope), *line)
            }
            Step::Update(attribute, op, node, line) => {
                Step::Update(attribute.clone(), *op, self.node(node, scope), *line)
            }
            Step::Unset(attribute) => Step::Unset(attribute.clone()),
            Step::If(branches, otherwise, line) => {
                let branches = branches.iter().map(|(condition, block)| {
                    let condition = self.node(condition, scope);
                    (condition, self.boxed(block, scope))
                });
                let branches: Box<[_]> = branches.collect();
                Step::If(branches, self.boxed(otherwise, scope), *line)
            }
            Step::Case(case) => Step::Case(Box::new(Case {
                subject: self.node(&case.subject, scope),
                of: case.of,
                ranges: case.ranges.clone(),
                branches: case.branches.iter().map(|block| self.boxed(block, scope)).collect(),
                default: self.boxed(&case.default, scope),
            })),
            Step::For(step) => {
                let Some(Place::Slot(slot)) = scope.get(usize::from(step.slot)) else { return };
                let list = self.node(&step.list, scope);
                self.loops += 1;
                let body = self.boxed(&step.body, scope);
                self.loops -= 1;
                Step::For(Box::new(For { slot: *slot, of: step.of, list, body, line: step.line }))
            }
            Step::Return(Some(node), line) => match self.node(node, scope) {
                // In 2.x a filter may return its verdict.
                Node::Const(Value::Bool(verdict)) if !self.function && self.dialect == Dialect::Bird2 => {
                    if verdict {
                        Step::Accept(Box::default())
                    } else {
                        Step::Reject(Box::default())
                    }
                }
                node => Step::Return(Some(node), *line),
            },
            Step::Return(None, line) => Step::Return(None, *line),
            Step::Accept(message) => Step::Accept(self.nodes(message, scope)),
            Step::Reject(message) => Step::Reject(self.nodes(message, scope)),
            Step::Error(message) => Step::Error(self.nodes(message, scope)),
            Step::Print(message, newline) => Step::Print(self.nodes(message, scope), *newline),
            Step::Run(Node::Call(function, arguments, line)) => {
                let arguments = self.nodes(arguments, scope);
                match self.body_of(function, &arguments) {
                    Some(steps) => {
                        out.extend(steps);
                        return;
                    }
                    None => Step::Run(Node::Call(function.clone(), arguments, *line)),
                }
            }
            Step::Run(node) => Step::Run(self.node(node, scope)),
            Step::Assert(assert) => {
                let condition = self.node(&assert.condition, scope);
                Step::Assert(Box::new(Assert { condition, text: assert.text.clone(), line: assert.line }))
            }
        };
        out.push(made);
    }

    fn nodes(&mut self, nodes: &[Node], scope: &Scope) -> Box<[Node]> {
        nodes.iter().map(|node| self.node(node, scope)).collect()
    }

    fn node(&mut self, node: &Node, scope: &Scope) -> Node {
        if let Node::Local(slot) = node {
            return match scope.get(usize::from(*slot)) {
                Some(Place::Slot(slot)) => Node::Local(*slot),
                Some(Place::Value(value)) => value.clone(),
                None => Node::Const(Value::Void),
            };
        }
        let mapped = map_parts(node, &mut |part| self.node(part, scope));
        if let Node::Call(function, arguments, _) = &mapped
            && let Some(value) = self.value_of(function, arguments)
        {
            return value;
        }
        condition::simplify(mapped, self.dialect)
    }

    /// Whether there is room for the code of a function; it is taken.
    fn take_room(&mut self, function: &Function) -> bool {
        let size = size(&function.code.body);
        let fits = size <= self.left
            && self.depth + function.code.depth < DEPTH_MAX
            && self.slots.checked_add(function.code.slots).is_some()
            && !calls_itself(&function.code.body);
        if fits {
            self.left -= size;
        }
        fits
    }

    /// The value of a function that only computes one.
    fn value_of(&mut self, function: &Function, arguments: &[Node]) -> Option<Node> {
        let [Step::Return(Some(value), _)] = &*function.code.body else { return None };
        if !arguments.iter().all(is_pure) || !self.take_room(function) {
            return None;
        }
        let scope = arguments.iter().cloned().map(Place::Value).collect();
        self.depth += function.code.depth;
        let value = self.node(value, &scope);
        self.depth -= function.code.depth;
        Some(value)
    }

    /// The commands of a function that returns nothing, with its arguments in place.
    fn body_of(&mut self, function: &Function, arguments: &[Node]) -> Option<Vec<Step>> {
        let body = &function.code.body;
        let returns = any(body, &mut |step| matches!(step, Step::Return(..)));
        if returns || !self.take_room(function) {
            return None;
        }
        let mut out = Vec::new();
        let mut scope = Scope::with_capacity(usize::from(function.code.slots));
        // Whatever is called is taken to change attributes.
        let changes = any(body, &mut |step| {
            matches!(step, Step::SetAttribute(..) | Step::Update(..) | Step::Unset(_)) || calls(step)
        });
        for slot in 0..function.code.slots {
            let argument = arguments.get(usize::from(slot));
            let set = any(body, &mut |step| match step {
                Step::SetLocal(place, ..) => *place == slot,
                Step::For(f) => f.slot == slot,
                _ => false,
            });
            let stays = argument.filter(|a| !set && is_pure(a) && !(changes && changeable(a)));
            scope.push(match (argument, stays) {
                (_, Some(value)) => Place::Value(value.clone()),
                (argument, None) => {
                    let place = self.slots;
                    self.slots = self.slots.saturating_add(1);
                    if let Some(value) = argument {
                        let of = function.arguments.get(usize::from(slot)).copied().unwrap_or(Type::Dynamic);
                        out.push(Step::SetLocal(place, of, value.clone(), crate::code::Line(0)));
                    }
                    Place::Slot(place)
                }
            });
        }
        self.depth += function.code.depth;
        out.extend(self.block(body, &scope));
        self.depth -= function.code.depth;
        Some(out)
    }
}

/// Whether the value depends on what commands change: variables, and attributes that can be set.
fn changeable(node: &Node) -> bool {
    match node {
        Node::Attribute(attribute) => {
            !matches!(attribute, Attribute::Net | Attribute::Proto | Attribute::Source)
        }
        // Of the path of the route.
        Node::RoaCheck(_, None, _) => true,
        other => {
            let mut found = false;
            for_each_part(other, &mut |part| found |= changeable(part));
            found
        }
    }
}

/// How many commands.
fn size(block: &[Step]) -> usize {
    let mut count = 1;
    any(block, &mut |_| {
        count += 1;
        false
    });
    count
}

/// Whether `f` holds of some command, at any depth.
fn any(block: &[Step], f: &mut dyn FnMut(&Step) -> bool) -> bool {
    block.iter().any(|step| {
        f(step)
            || match step {
                Step::If(branches, otherwise, _) => {
                    branches.iter().any(|(_, block)| any(block, f)) || any(otherwise, f)
                }
                Step::Case(case) => case.branches.iter().any(|block| any(block, f)) || any(&case.default, f),
                Step::For(step) => any(&step.body, f),
                _ => false,
            }
    })
}

/// The expressions of a command itself, not of those in it.
fn expressions<'s>(step: &'s Step, f: &mut dyn FnMut(&'s Node)) {
    match step {
        Step::SetLocal(_, _, node, _)
        | Step::SetAttribute(_, node, _)
        | Step::Update(_, _, node, _)
        | Step::Return(Some(node), _)
        | Step::Run(node) => f(node),
        Step::Assert(assert) => f(&assert.condition),
        Step::If(branches, ..) => branches.iter().for_each(|(condition, _)| f(condition)),
        Step::Case(case) => f(&case.subject),
        Step::For(step) => f(&step.list),
        Step::Accept(list) | Step::Reject(list) | Step::Error(list) | Step::Print(list, _) => {
            list.iter().for_each(f);
        }
        Step::Unset(_) | Step::Return(None, _) => {}
    }
}

/// Whether a command calls anything.
fn calls(step: &Step) -> bool {
    let mut found = false;
    expressions(step, &mut |node| found |= !is_pure(node));
    found
}

fn calls_itself(block: &[Step]) -> bool {
    fn of(node: &Node) -> bool {
        let mut found = matches!(node, Node::CallSelf(..));
        for_each_part(node, &mut |part| found |= of(part));
        found
    }
    any(block, &mut |step| {
        let mut found = false;
        expressions(step, &mut |node| found |= of(node));
        found
    })
}
