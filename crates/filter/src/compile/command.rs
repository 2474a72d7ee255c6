//! Commands.

use crate::Diagnostic;
use crate::lexer::Token;
use crate::set::Set;
use crate::tree::{Attr, Expr, Line, ListOp, Stmt, StmtKind};
use crate::value::Type;

use super::{Compiler, DEPTH_MAX, Done, Symbol, type_of};

impl Compiler<'_, '_> {
    /// `{ … }`.
    pub(super) fn block(&mut self, depth: usize) -> Done<Vec<Stmt>> {
        self.parser.expect_punct("{")?;
        let outer = self.scope.len();
        let mut body = Vec::new();
        while !self.parser.eat_punct("}") {
            if self.parser.at_eof() {
                return Err(self.parser.unexpected("`}`"));
            }
            self.command(depth + 1, &mut body)?;
        }
        self.scope.truncate(outer);
        Ok(body)
    }

    fn command(&mut self, depth: usize, into: &mut Vec<Stmt>) -> Done<()> {
        if depth > DEPTH_MAX {
            return Err(Diagnostic::error(self.parser.span(), "Too many nested commands"));
        }
        let line = Line((self.lines)(self.parser.span()));
        let kind = match self.parser.peek() {
            Token::Punct(";") => {
                self.parser.next();
                return Ok(());
            }
            Token::Punct("{") => StmtKind::Block(self.block(depth)?),
            Token::Symbol(_) if self.is_type() => match self.declaration()? {
                Some(kind) => kind,
                None => return Ok(()),
            },
            Token::Symbol(word) => {
                let word = word.clone();
                self.word(&word, depth)?
            }
            _ => return Err(self.parser.unexpected("a command")),
        };
        into.push(Stmt { line, kind });
        Ok(())
    }

    fn word(&mut self, word: &str, depth: usize) -> Done<StmtKind> {
        match word {
            "if" => self.if_command(depth),
            "case" => self.case_command(depth),
            "for" => self.for_command(depth),
            "return" => {
                self.parser.next();
                let expr = if self.parser.is_punct(";") { None } else { Some(self.expression()?) };
                self.end(StmtKind::Return(expr))
            }
            "accept" | "reject" | "error" | "print" | "printn" => {
                self.parser.next();
                let list = self.print_list()?;
                self.end(match word {
                    "accept" => StmtKind::Accept(list),
                    "reject" => StmtKind::Reject(list),
                    "error" => StmtKind::Error(list),
                    _ => StmtKind::Print(list),
                })
            }
            "unset" => {
                self.parser.next();
                self.parser.expect_punct("(")?;
                let attr = self.attribute_name()?;
                self.parser.expect_punct(")")?;
                self.end(StmtKind::Unset(attr))
            }
            _ => self.assignment_or_call(),
        }
    }

    fn end(&mut self, kind: StmtKind) -> Done<StmtKind> {
        self.parser.expect_punct(";")?;
        Ok(kind)
    }

    fn print_list(&mut self) -> Done<Vec<Expr>> {
        let mut list = Vec::new();
        if self.parser.is_punct(";") {
            return Ok(list);
        }
        loop {
            list.push(self.expression()?);
            if !self.parser.eat_punct(",") {
                return Ok(list);
            }
        }
    }

    /// One command, or a block: what stands behind `then`, `else`, `do`.
    fn arm(&mut self, depth: usize) -> Done<Vec<Stmt>> {
        let mut body = Vec::new();
        let outer = self.scope.len();
        self.command(depth + 1, &mut body)?;
        self.scope.truncate(outer);
        Ok(body)
    }

    fn if_command(&mut self, depth: usize) -> Done<StmtKind> {
        self.parser.next();
        let span = self.parser.span();
        let condition = self.expression()?;
        if let Some(ty) = type_of(&condition, &self.scope).filter(|t| !matches!(t, Type::Bool | Type::Void)) {
            return Err(Diagnostic::error(
                span,
                format!("Argument 1 of CONDITION must be of type bool, got type {ty}"),
            )
            .label(format!("this is of type {ty}")));
        }
        self.parser.expect_symbol("then")?;
        let then = self.arm(depth)?;
        let otherwise = if self.parser.eat_symbol("else") { self.arm(depth)? } else { Vec::new() };
        Ok(StmtKind::If(condition, then, otherwise))
    }

    fn case_command(&mut self, depth: usize) -> Done<StmtKind> {
        self.parser.next();
        let expr = self.expression()?;
        self.parser.expect_punct("{")?;
        let (mut branches, mut default) = (Vec::new(), Vec::new());
        while !self.parser.eat_punct("}") {
            let is_default = self.parser.eat_symbol("else");
            let mut ranges = Vec::new();
            if !is_default {
                loop {
                    self.set_item(&mut ranges)?;
                    if !self.parser.eat_punct(",") {
                        break;
                    }
                }
            }
            self.parser.expect_punct(":")?;
            let mut body = Vec::new();
            while self.is_command_start() {
                self.command(depth + 1, &mut body)?;
            }
            if is_default {
                default = body;
            } else {
                branches.push((Set::new(ranges), body));
            }
        }
        Ok(StmtKind::Case(expr, branches, default))
    }

    /// Within `case`: whether a command follows rather than the next branch.
    fn is_command_start(&self) -> bool {
        match self.parser.peek() {
            Token::Punct("{" | ";") => true,
            Token::Symbol(word) if word == "else" => false,
            // A constant before `:`, `,` or `..` is a branch's item.
            Token::Symbol(_) => !matches!(self.parser.peek2(), Token::Punct(":" | "," | "..")),
            _ => false,
        }
    }

    fn for_command(&mut self, depth: usize) -> Done<StmtKind> {
        self.parser.next();
        let outer = self.scope.len();
        let slot = if self.is_type() {
            let ty = self.ty()?;
            let (name, _) = self.parser.expect_name("a variable name")?;
            self.declare(name, ty)
        } else {
            let (name, span) = self.parser.expect_name("a variable")?;
            self.variable(&name).ok_or_else(|| self.undefined(&name, span))?.0
        };
        self.parser.expect_symbol("in")?;
        let list = self.expression()?;
        self.parser.expect_symbol("do")?;
        let body = self.arm(depth)?;
        self.scope.truncate(outer);
        Ok(StmtKind::For(slot, list, body))
    }

    /// `TYPE NAME [= term];`.
    pub(super) fn declaration(&mut self) -> Done<Option<StmtKind>> {
        let ty = self.ty()?;
        let (name, _) = self.parser.expect_name("a variable name")?;
        let value = if self.parser.eat_punct("=") { Some(self.expression()?) } else { None };
        self.parser.expect_punct(";")?;
        let slot = self.declare(name, ty);
        // Without a value the variable is void again, also the second time around a loop.
        Ok(Some(StmtKind::SetLocal(slot, value.unwrap_or(Expr::Const(crate::Value::Void)))))
    }

    fn attribute_name(&mut self) -> Done<Attr> {
        let (name, span) = self.parser.expect_name("a route attribute")?;
        self.attribute(&name).ok_or_else(|| self.undefined(&name, span))
    }

    fn assignment_or_call(&mut self) -> Done<StmtKind> {
        let (name, span) = self.parser.expect_name("a command")?;
        if self.parser.is_punct("(") {
            if let Some(Symbol::Function(function)) = self.symbols.get(&name) {
                let call = self.call_arguments(function.clone(), &name)?;
                return self.end(StmtKind::Call(call));
            }
            return Err(self.undefined(&name, span));
        }
        let local = self.variable(&name);
        let attr = if local.is_none() { self.attribute(&name) } else { None };
        let Some((target, ty)) = local
            .map(|(slot, ty)| (Expr::Local(slot), ty))
            .or_else(|| attr.clone().map(|a| (Expr::Attr(a.clone()), a.ty())))
        else {
            return Err(self.undefined(&name, span));
        };
        if attr.as_ref().is_some_and(Attr::is_read_only) {
            return Err(Diagnostic::error(span, "This static attribute is read-only."));
        }
        let value_span = self.parser.span();
        let value = if self.parser.eat_punct("=") {
            self.expression()?
        } else {
            self.parser.expect_punct(".")?;
            self.modification(target)?
        };
        self.check_assignment(&value, ty, value_span)?;
        self.end(match (local, attr) {
            (Some((slot, _)), _) => StmtKind::SetLocal(slot, value),
            (None, Some(attr)) => StmtKind::SetAttr(attr, value),
            (None, None) => return Err(self.undefined(&name, span)),
        })
    }

    /// `x.add(y);` and its kin: the value to assign to `x`.
    fn modification(&mut self, target: Expr) -> Done<Expr> {
        let (method, span) = self.parser.expect_name("a method")?;
        let op = match method.as_str() {
            "empty" => {
                let empty = match type_of(&target, &self.scope) {
                    Some(Type::Path) => crate::Value::Path(godwit_wire::AsPath::empty()),
                    Some(Type::Eclist) => crate::Value::Eclist(Box::default()),
                    Some(Type::Lclist) => crate::Value::Lclist(Box::default()),
                    _ => crate::Value::Clist(Box::default()),
                };
                return Ok(Expr::Const(empty));
            }
            "prepend" => ListOp::Prepend,
            "add" => ListOp::Add,
            "delete" => ListOp::Delete,
            "filter" => ListOp::Filter,
            _ => {
                return Err(Diagnostic::error(span, format!("syntax error, unexpected {method}"))
                    .label("expected empty, prepend, add, delete or filter"));
            }
        };
        self.parser.expect_punct("(")?;
        let item = self.expression()?;
        self.parser.expect_punct(")")?;
        Ok(Expr::List(op, Box::new((target, item))))
    }

    fn check_assignment(&self, value: &Expr, ty: Type, span: crate::Span) -> Done<()> {
        let Some(got) = type_of(value, &self.scope) else { return Ok(()) };
        let fits = got == ty
            || got == Type::Void
            || ty == Type::Void
            || matches!((ty, got), (Type::Quad, Type::Ip) | (Type::PrefixSet, Type::Set));
        if fits {
            return Ok(());
        }
        Err(Diagnostic::error(span, format!("Argument 1 of SET must be of type {ty}, got type {got}"))
            .label(format!("this is of type {got}, and {ty} is wanted")))
    }
}
