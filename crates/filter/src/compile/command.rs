//! Commands.

use super::call::list_op;
use super::expression::{convert, type_error};
use super::{Lower, ident, type_of};
use crate::Diagnostic;
use crate::ast::{Command, CommandKind, CompareOp, Declaration, Expr, ExprKind, Ident, TypeName};
use crate::attribute::{self, Access, Attribute};
use crate::code::{Assert, Block, For, Line, ListOp, Node, Step};
use crate::parser::Parsed;
use crate::symbols::Symbol;
use crate::types::Type;
use crate::value::Value;

/// What may stand left of `=`.
enum Place {
    Local(u16, Type),
    Attribute(Attribute, Type),
}

impl Lower<'_> {
    /// Commands in order.
    pub(super) fn block(&mut self, commands: &[Command]) -> Parsed<Block> {
        let mut steps = Vec::with_capacity(commands.len());
        for command in commands {
            self.command(command, &mut steps)?;
        }
        Ok(steps.into())
    }

    pub(super) fn declaration(&mut self, declaration: &Declaration, steps: &mut Vec<Step>) -> Parsed<()> {
        let of = type_of(&declaration.of)?;
        let line = Line(declaration.value.as_ref().map_or(0, |v| v.line));
        // The value is read before the name is known: it may be of an outer variable of that name.
        let value = match &declaration.value {
            Some(expr) => self.assigned(expr, of)?,
            None => Node::Const(Value::Void),
        };
        let slot = self.declare(&declaration.name, of)?;
        let of = if declaration.value.is_some() { of } else { Type::Dynamic };
        steps.push(Step::SetLocal(slot, of, value, line));
        Ok(())
    }

    pub(super) fn command(&mut self, command: &Command, steps: &mut Vec<Step>) -> Parsed<()> {
        self.deeper(|l| l.step(command, steps))
    }

    fn step(&mut self, command: &Command, steps: &mut Vec<Step>) -> Parsed<()> {
        let line = Line(command.line);
        let step = match &command.kind {
            CommandKind::Block(commands) => {
                // A scope at compile time only.
                steps.extend(self.scoped(|l| l.block(commands))?);
                return Ok(());
            }
            CommandKind::Declare(declaration) => return self.declaration(declaration, steps),
            CommandKind::If(branches, otherwise) => {
                let mut list = Vec::with_capacity(branches.len());
                for (condition, commands) in branches {
                    let condition = self.test(condition)?;
                    list.push((condition, self.scoped(|l| l.block(commands))?));
                }
                let otherwise = self.scoped(|l| l.block(otherwise))?;
                steps.extend(choose(list, otherwise, command.line));
                return Ok(());
            }
            CommandKind::Case(subject, branches, default) => {
                self.case(subject, branches, default.as_deref())?
            }
            CommandKind::For(of, name, list, body) => self.for_loop(of.as_ref(), name, list, body, line)?,
            CommandKind::Assign(name, value) => self.assign(name, value, line)?,
            CommandKind::Update(name, method, arguments) => self.update(name, method, arguments, line)?,
            CommandKind::Return(value) => self.return_value(value.as_ref(), line)?,
            CommandKind::Accept(message) => Step::Accept(self.message(message)?),
            CommandKind::Reject(message) => Step::Reject(self.message(message)?),
            CommandKind::Error(message) => Step::Error(self.message(message)?),
            CommandKind::Print(message, newline) => Step::Print(self.message(message)?, *newline),
            CommandKind::Assert(condition, text) => {
                let condition = self.typed(condition, Type::Bool, (1, "ASSERT"))?;
                Step::Assert(Box::new(Assert { condition, text: text.clone(), line }))
            }
            CommandKind::CheckAssign(name, value, text) => {
                let set = self.assign(name, value, line)?;
                steps.push(set);
                let place = match self.place(name)? {
                    Place::Local(slot, _) => Node::Local(slot),
                    Place::Attribute(attribute, _) => Node::Attribute(attribute),
                };
                let value = self.expression(value)?.node;
                let condition = Node::Compare(CompareOp::Equal, Box::new((place, value)), line);
                Step::Assert(Box::new(Assert { condition, text: text.clone(), line }))
            }
            CommandKind::Call(name, arguments) => self.call_command(name, arguments, command)?,
        };
        steps.push(step);
        Ok(())
    }

    fn message(&mut self, list: &[Expr]) -> Parsed<Box<[Node]>> {
        list.iter().map(|e| self.expression(e).map(|t| t.node)).collect()
    }

    fn return_value(&mut self, value: Option<&Expr>, line: Line) -> Parsed<Step> {
        let Some(expr) = value else {
            self.returned.push(Type::Void);
            return Ok(Step::Return(None, line));
        };
        let typed = self.expression(expr)?;
        if let Some(wanted) = self.result
            && !wanted.takes(typed.of)
        {
            let message = format!("Return value must be {wanted}, got {}", typed.of);
            return Err(Diagnostic::error(expr.span, message).label(format!("expected {wanted}")));
        }
        self.returned.push(typed.of);
        Ok(Step::Return(Some(typed.node), line))
    }

    /// The value of an assignment to a place of a type.
    fn assigned(&mut self, expr: &Expr, of: Type) -> Parsed<Node> {
        let typed = self.expression(expr)?;
        if of.takes(typed.of) {
            return Ok(convert(typed.node, of));
        }
        Err(type_error(expr, (1, "SET"), &of.to_string(), typed.of))
    }

    fn place(&self, name: &Ident) -> Parsed<Place> {
        if let Some(variable) = self.variable(&name.name) {
            return Ok(Place::Local(variable.slot, variable.of));
        }
        match self.symbols.get(&name.name) {
            Some(Symbol::Attribute(attribute)) => {
                return Ok(Place::Attribute(attribute.clone(), attribute.custom_type()));
            }
            Some(symbol) if attribute::find(&name.name, self.symbols.dialect).is_none() => {
                return Err(Diagnostic::error(name.span, "You may set only variables.")
                    .label(format!("is a {}", symbol.class().name())));
            }
            _ => {}
        }
        match attribute::find(&name.name, self.symbols.dialect) {
            Some((Attribute::GwMpls, ..)) => {
                Err(Diagnostic::error(name.span, "MPLS labels are not supported"))
            }
            Some((_, _, Access::ReadOnly)) => {
                Err(Diagnostic::error(name.span, "This static attribute is read-only."))
            }
            Some((_, _, Access::Opaque)) => {
                Err(Diagnostic::error(name.span, "Setting opaque attribute is not allowed"))
            }
            Some((attribute, of, _)) => Ok(Place::Attribute(attribute, of)),
            None => Err(self.undefined(name)),
        }
    }

    fn assign(&mut self, name: &Ident, value: &Expr, line: Line) -> Parsed<Step> {
        Ok(match self.place(name)? {
            Place::Local(slot, of) => Step::SetLocal(slot, of, self.assigned(value, of)?, line),
            Place::Attribute(attribute, of) => {
                if let Attribute::Extra(name, _) = &attribute {
                    self.sets.insert(name.clone());
                }
                let node = self.assigned(value, of)?;
                Step::SetAttribute(attribute, node, line)
            }
        })
    }

    /// `name.method(arguments);`
    fn update(&mut self, name: &Ident, method: &Ident, arguments: &[Expr], line: Line) -> Parsed<Step> {
        let place = self.place(name)?;
        let of = match &place {
            Place::Local(_, of) | Place::Attribute(_, of) => *of,
        };
        let list = matches!(of, Type::Path | Type::Clist | Type::Eclist | Type::Lclist);
        let op = match (&*method.name, arguments) {
            ("empty", []) if list => None,
            (word, [argument]) if list => match list_op(word) {
                Some(op) => Some((op, argument)),
                None => return Err(unknown_method(method, of)),
            },
            (word, _) if list && (word == "empty" || list_op(word).is_some()) => {
                let wanted = usize::from(word != "empty");
                let message = format!(
                    "Function '{word}' expects {wanted} arguments, got {} arguments",
                    arguments.len()
                );
                return Err(Diagnostic::error(method.span, message));
            }
            _ => return Err(unknown_method(method, of)),
        };
        let Some((op, argument)) = op else {
            let empty = empty_of(of);
            return Ok(match place {
                Place::Local(slot, of) => Step::SetLocal(slot, of, empty, line),
                Place::Attribute(attribute, _) => Step::SetAttribute(attribute, empty, line),
            });
        };
        if op == ListOp::Prepend && of != Type::Path {
            return Err(unknown_method(method, of));
        }
        let item = self.list_argument(op, argument)?;
        Ok(match place {
            Place::Local(slot, of) => {
                let value = Node::List(op, Box::new((Node::Local(slot), item)), line);
                Step::SetLocal(slot, of, value, line)
            }
            Place::Attribute(attribute, _) => Step::Update(attribute, op, item, line),
        })
    }

    fn call_command(&mut self, name: &Ident, arguments: &[Expr], command: &Command) -> Parsed<Step> {
        let known = self.symbols.get(&name.name).is_some();
        if &*name.name == "unset" && !known {
            let [argument] = arguments else {
                return Err(Diagnostic::error(name.span, "Function 'unset' expects 1 arguments"));
            };
            let ExprKind::Name(target) = &argument.kind else {
                return Err(Diagnostic::error(argument.span, "Attribute expected"));
            };
            let target = ident(target, argument.span);
            return match (self.place(&target)?, attribute::find(&target.name, self.symbols.dialect)) {
                (Place::Attribute(attribute, _), None | Some((_, _, Access::Dynamic))) => {
                    Ok(Step::Unset(attribute))
                }
                _ => Err(Diagnostic::error(argument.span, "Only dynamic attributes can be unset")),
            };
        }
        let whole =
            Expr { kind: ExprKind::Call(name.clone(), Vec::new()), span: name.span, line: command.line };
        let typed = self.call(name, arguments, &whole)?;
        if matches!(typed.node, Node::Call(..) | Node::CallSelf(..)) {
            Ok(Step::Run(typed.node))
        } else {
            Err(Diagnostic::error(name.span, "The result of this function is not used")
                .label("has no effect of its own"))
        }
    }

    fn for_loop(
        &mut self,
        of: Option<&TypeName>,
        name: &Ident,
        list: &Expr,
        body: &[Command],
        line: Line,
    ) -> Parsed<Step> {
        let typed = self.expression(list)?;
        let member = match typed.of {
            Type::Path => Type::Int,
            Type::Clist => Type::Pair,
            Type::Eclist => Type::Ec,
            Type::Lclist => Type::Lc,
            Type::Dynamic => Type::Dynamic,
            other => {
                return Err(Diagnostic::error(list.span, "Only a path or a list can be iterated over")
                    .label(format!("is {other}")));
            }
        };
        self.scoped(|l| {
            let (slot, declared) = match of {
                Some(of) => {
                    let of = type_of(of)?;
                    (l.declare(name, of)?, of)
                }
                None => match l.place(name)? {
                    Place::Local(slot, of) => (slot, of),
                    Place::Attribute(..) => {
                        return Err(Diagnostic::error(name.span, "Loop variable expected"));
                    }
                },
            };
            if !declared.takes(member) {
                let message = format!("Loop variable '{}' must be {member}, is {declared}", name.name);
                return Err(Diagnostic::error(name.span, message));
            }
            let body = l.block(body)?;
            Ok(Step::For(Box::new(For { slot, of: declared, list: typed.node, body, line })))
        })
    }
}

fn unknown_method(method: &Ident, of: Type) -> Diagnostic {
    Diagnostic::error(method.span, format!("Type {of} has no method '{}'", method.name))
        .label("expected prepend, add, delete, filter or empty of a path or list")
}

fn empty_of(of: Type) -> Node {
    Node::Const(match of {
        Type::Path => Value::Path(godwit_wire::AsPath::empty()),
        Type::Eclist => Value::Eclist(Box::default()),
        Type::Lclist => Value::Lclist(Box::default()),
        _ => Value::Clist(Box::default()),
    })
}

/// `if` with the branches left out that constants decide.
pub(super) fn choose(branches: Vec<(Node, Block)>, otherwise: Block, line: u32) -> Vec<Step> {
    let mut list = Vec::with_capacity(branches.len());
    let mut last = otherwise;
    for (condition, block) in branches {
        match condition {
            Node::Const(Value::Bool(false)) => {}
            Node::Const(Value::Bool(true)) => {
                last = block;
                break;
            }
            _ => list.push((condition, block)),
        }
    }
    if list.is_empty() {
        return last.into_vec();
    }
    vec![Step::If(list.into(), last, Line(line))]
}
