//! From the tree to code: names resolved, types checked, constants folded.

mod call;
mod case;
mod command;
pub(crate) mod expression;
mod set;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Diagnostic;
use crate::ast::{Body, Expr, FunctionDefinition, Ident, TypeName};
use crate::code::{Block, CALLS_MAX, Code, FileName, Function, Node, Step};
use crate::eval::Run;
use crate::parser::Parsed;
use crate::roa::RoaTable;
use crate::symbols::Symbols;
use crate::types::Type;
use crate::value::Value;

/// The most variables a function may have (BIRD's limit).
const SLOTS_MAX: u16 = 255;

/// A variable in scope.
#[derive(Clone, Debug)]
struct Variable {
    name: Arc<str>,
    slot: u16,
    of: Type,
}

/// An expression compiled, and its type.
#[derive(Debug)]
struct Typed {
    node: Node,
    of: Type,
}

impl Typed {
    fn constant(value: Value) -> Self {
        Self { of: value.ty(), node: Node::Const(value) }
    }
}

/// Compiles one filter, function or expression.
#[derive(Debug)]
pub(crate) struct Lower<'s> {
    symbols: &'s Symbols,
    /// Variables in scope, inner ones last.
    variables: Vec<Variable>,
    /// Where the innermost scope begins in `variables`.
    scope: usize,
    slots: u16,
    depth: u32,
    depth_max: u32,
    /// The function being compiled, for its calls of itself.
    this: Option<(Ident, Vec<Type>)>,
    /// The types of the values returned.
    returned: Vec<Type>,
    /// What `->` declares.
    result: Option<Type>,
    /// The custom and kernel attributes that are set.
    sets: BTreeSet<Arc<str>>,
    /// The tables of authorizations that are asked.
    roas: Vec<RoaTable>,
    /// The file that is read.
    file: Arc<str>,
    /// The most functions that stand in one another in what is called.
    height: u32,
}

impl<'s> Lower<'s> {
    pub(crate) fn new(symbols: &'s Symbols, file: Arc<str>) -> Self {
        Self {
            symbols,
            file,
            variables: Vec::new(),
            scope: 0,
            slots: 0,
            depth: 0,
            depth_max: 0,
            this: None,
            returned: Vec::new(),
            result: None,
            sets: BTreeSet::new(),
            roas: Vec::new(),
            height: 0,
        }
    }

    /// A filter.
    pub(crate) fn filter(mut self, body: &Body) -> Parsed<Code> {
        let body = self.body(body)?;
        Ok(self.finish(body))
    }

    /// Commands that end in `accept`.
    pub(crate) fn commands(mut self, body: &Body) -> Parsed<Code> {
        let mut steps = self.body(body)?.into_vec();
        steps.push(Step::Accept(Box::default()));
        Ok(self.finish(steps.into()))
    }

    /// `if condition then accept; else reject;`
    pub(crate) fn condition(mut self, condition: &Expr) -> Parsed<Code> {
        let node = self.test(condition)?;
        let accept: Block = Box::new([Step::Accept(Box::default())]);
        let reject: Block = Box::new([Step::Reject(Box::default())]);
        let steps = command::choose(vec![(node, accept)], reject, condition.line);
        Ok(self.finish(steps.into()))
    }

    /// A function.
    pub(crate) fn function(mut self, definition: &FunctionDefinition) -> Parsed<Function> {
        for (of, name) in &definition.arguments {
            let of = type_of(of)?;
            self.declare(name, of)?;
        }
        let arguments: Vec<Type> = self.variables.iter().map(|v| v.of).collect();
        self.result = definition.result.as_ref().map(type_of).transpose()?;
        self.this = Some((definition.name.clone(), arguments.clone()));
        let body = self.body(&definition.body)?;
        let result = self.result.unwrap_or_else(|| match self.returned.as_slice() {
            // The end of the body may still be reached, which gives void at run time.
            [first, rest @ ..] if rest.iter().all(|t| t == first) => *first,
            _ => Type::Dynamic,
        });
        let name = definition.name.name.clone();
        let height = self.height + 1;
        if height > CALLS_MAX {
            return Err(Diagnostic::error(definition.name.span, "Function calls nest too deep"));
        }
        Ok(Function::new(name, arguments.into(), result, self.finish(body), height))
    }

    /// The value of an expression that must be constant.
    pub(crate) fn constant(mut self, expression: &Expr) -> Parsed<Value> {
        let typed = self.expression(expression)?;
        if let Node::Const(value) = typed.node {
            return Ok(value);
        }
        Run::new(None, self.symbols.dialect)
            .constant(&typed.node)
            .map_err(|fault| Diagnostic::error(expression.span, "Runtime error").label(fault.message))
    }

    /// Notes that a table of authorizations is asked.
    fn asks(&mut self, roas: &RoaTable) {
        if !self.roas.iter().any(|known| known.is(roas)) {
            self.roas.push(roas.clone());
        }
    }

    fn finish(self, body: Block) -> Code {
        let sets = self.sets.into_iter().collect();
        let (slots, depth, roas) = (self.slots, self.depth_max, self.roas.into());
        Code { body, slots, depth, sets, roas, file: FileName(self.file) }
    }

    fn body(&mut self, body: &Body) -> Parsed<Block> {
        let mut steps = Vec::new();
        for declaration in &body.declarations {
            self.declaration(declaration, &mut steps)?;
        }
        // The declarations before the brace and those after it are one scope.
        for command in &body.commands {
            self.command(command, &mut steps)?;
        }
        Ok(steps.into())
    }

    /// Counts the nesting of what `lower` compiles.
    fn deeper<T>(&mut self, lower: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        self.depth_max = self.depth_max.max(self.depth);
        let result = lower(self);
        self.depth -= 1;
        result
    }

    /// Runs `lower` in a scope of its own.
    fn scoped<T>(&mut self, lower: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let (scope, count) = (self.scope, self.variables.len());
        self.scope = count;
        let result = lower(self);
        self.variables.truncate(count);
        self.scope = scope;
        result
    }

    fn declare(&mut self, name: &Ident, of: Type) -> Parsed<u16> {
        let inner = self.variables.get(self.scope..).unwrap_or(&[]);
        if inner.iter().any(|v| v.name == name.name) {
            return Err(Diagnostic::error(name.span, format!("Symbol '{}' already defined", name.name)));
        }
        if self.slots >= SLOTS_MAX {
            return Err(Diagnostic::error(name.span, "Too many variables")
                .label(format!("at most {SLOTS_MAX} in a function")));
        }
        let slot = self.slots;
        self.slots += 1;
        self.variables.push(Variable { name: name.name.clone(), slot, of });
        Ok(slot)
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().rev().find(|v| &*v.name == name)
    }

    fn undefined(&self, name: &Ident) -> Diagnostic {
        self.symbols.undefined(name, self.variables.iter().map(|v| &*v.name))
    }
}

/// The type a declaration names.
fn type_of(name: &TypeName) -> Parsed<Type> {
    Type::from_words(&name.word.name, name.set).ok_or_else(|| {
        Diagnostic::error(name.word.span, "You can't create sets of this type").label("no such set")
    })
}

fn ident(name: &Arc<str>, span: crate::Span) -> Ident {
    Ident { name: name.clone(), span }
}
