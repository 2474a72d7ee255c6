//! Commands, bodies, functions and filters.

use super::{Parsed, Parser};
use crate::ast::{Body, Command, CommandKind, Declaration, Expr, FunctionDefinition, SetItem, TypeName};
use crate::lexer::Token;
use crate::types::is_type_word;

impl Parser<'_> {
    /// The body of a filter or function: declarations, then `{ … }`.
    pub(crate) fn filter_body(&mut self) -> Parsed<Body> {
        let mut declarations = Vec::new();
        while self.at_declaration() {
            declarations.push(self.declaration()?);
        }
        Ok(Body { declarations, commands: self.commands_in_braces()? })
    }

    /// `NAME (arguments) [-> type] body`, after the word `function`.
    pub(crate) fn function_definition(&mut self) -> Parsed<FunctionDefinition> {
        let name = self.ident("the function's name")?;
        self.expect_mark("(")?;
        let mut arguments = Vec::new();
        while !self.is_punct(")") {
            let of = self.type_name()?;
            arguments.push((of, self.ident("the argument's name")?));
            if !self.eat_punct(";") && !self.eat_punct(",") {
                break;
            }
        }
        self.expect_mark(")")?;
        let result = if self.eat_punct("->") { Some(self.type_name()?) } else { None };
        Ok(FunctionDefinition { name, arguments, result, body: self.filter_body()? })
    }

    /// A type: `int`, `prefix set`.
    pub(crate) fn type_name(&mut self) -> Parsed<TypeName> {
        if !self.peek_word().is_some_and(is_type_word) {
            return Err(self.wrong(&["a type"]));
        }
        let word = self.ident("a type")?;
        let set = self.is_symbol("set") && self.word_at(1).is_some();
        if set {
            self.skip();
        }
        Ok(TypeName { word, set })
    }

    /// Whether `TYPE NAME` follows.
    fn at_declaration(&self) -> bool {
        self.peek_word().is_some_and(is_type_word) && self.word_at(1).is_some()
    }

    fn declaration(&mut self) -> Parsed<Declaration> {
        let of = self.type_name()?;
        let name = self.ident("the variable's name")?;
        let value = if self.eat_punct("=") { Some(self.expression()?) } else { None };
        self.expect_mark(";")?;
        Ok(Declaration { of, name, value })
    }

    /// `{ command … }`.
    pub(crate) fn commands_in_braces(&mut self) -> Parsed<Vec<Command>> {
        self.expect_mark("{")?;
        let mut commands = Vec::new();
        while !self.eat_punct("}") {
            commands.push(self.command()?);
        }
        Ok(commands)
    }

    fn command(&mut self) -> Parsed<Command> {
        let (span, line) = (self.span(), self.line());
        let kind = self.nested(Self::command_kind)?;
        Ok(Command { kind, span, line })
    }

    fn command_kind(&mut self) -> Parsed<CommandKind> {
        if self.is_punct("{") {
            return Ok(CommandKind::Block(self.commands_in_braces()?));
        }
        if self.at_declaration() {
            return Ok(CommandKind::Declare(self.declaration()?));
        }
        let Some(word) = self.peek_word() else {
            return Err(self.wrong(&[]).label("expected a command"));
        };
        // A keyword before `=` can only be a variable that has its name.
        if !self.is_punct_at(1, "=")
            && let Some(command) = self.keyword_command(word)?
        {
            return Ok(command);
        }
        let name = self.ident("a command")?;
        let command = match self.peek() {
            Token::Punct("=") => {
                self.skip();
                CommandKind::Assign(name, self.expression()?)
            }
            Token::Punct("(") => CommandKind::Call(name, self.arguments()?),
            Token::Punct(".") => {
                self.skip();
                let method = self.ident("a method")?;
                let arguments = if self.is_punct("(") { self.arguments()? } else { Vec::new() };
                CommandKind::Update(name, method, arguments)
            }
            _ => return Err(self.wrong(&["'='", "'('", "'.'"])),
        };
        self.expect_mark(";")?;
        Ok(command)
    }

    fn keyword_command(&mut self, word: &str) -> Parsed<Option<CommandKind>> {
        Ok(Some(match word {
            "if" => self.if_command()?,
            "case" => self.case_command()?,
            "for" => self.for_command()?,
            "return" => {
                self.skip();
                let value = if self.is_punct(";") { None } else { Some(self.expression()?) };
                self.expect_mark(";")?;
                CommandKind::Return(value)
            }
            "accept" => CommandKind::Accept(self.message()?),
            "reject" => CommandKind::Reject(self.message()?),
            "error" => CommandKind::Error(self.message()?),
            "print" => CommandKind::Print(self.message()?, true),
            "printn" => CommandKind::Print(self.message()?, false),
            "bt_assert" if self.is_punct_at(1, "(") => self.assert_command()?,
            "bt_check_assign" if self.is_punct_at(1, "(") => self.check_assign_command()?,
            _ => return Ok(None),
        }))
    }

    /// `WORD [expression, …] ;`
    fn message(&mut self) -> Parsed<Vec<Expr>> {
        self.skip();
        let mut list = Vec::new();
        if self.eat_punct(";") {
            return Ok(list);
        }
        // More likely the semicolon is missing than a message.
        if matches!(self.peek(), Token::Punct("}") | Token::Eof) {
            return Err(self.wrong(&["';'"]));
        }
        loop {
            list.push(self.expression()?);
            if !self.eat_punct(",") {
                break;
            }
        }
        if !self.eat_punct(";") {
            return Err(self.wrong(&["','", "';'"]));
        }
        Ok(list)
    }

    /// `bt_assert(condition);`
    fn assert_command(&mut self) -> Parsed<CommandKind> {
        self.skip();
        self.expect_mark("(")?;
        let start = self.position();
        let condition = self.expression()?;
        let text = self.text_from(start).into();
        self.expect_mark(")")?;
        self.expect_mark(";")?;
        Ok(CommandKind::Assert(condition, text))
    }

    /// `bt_check_assign(name, value);`
    fn check_assign_command(&mut self) -> Parsed<CommandKind> {
        self.skip();
        self.expect_mark("(")?;
        let start = self.position();
        let name = self.ident("a variable or attribute")?;
        self.expect_mark(",")?;
        let value = self.expression()?;
        let text = self.text_from(start).into();
        self.expect_mark(")")?;
        self.expect_mark(";")?;
        Ok(CommandKind::CheckAssign(name, value, text))
    }

    fn if_command(&mut self) -> Parsed<CommandKind> {
        let mut branches = Vec::new();
        loop {
            self.expect_keyword("if")?;
            let condition = self.expression()?;
            self.expect_keyword("then")?;
            branches.push((condition, self.one_command()?));
            // `else:` belongs to the `case` around.
            if !self.is_symbol("else") || self.is_punct_at(1, ":") {
                return Ok(CommandKind::If(branches, Vec::new()));
            }
            self.skip();
            if !self.is_symbol("if") {
                return Ok(CommandKind::If(branches, self.one_command()?));
            }
        }
    }

    /// A command where one stands alone; a block is its commands.
    fn one_command(&mut self) -> Parsed<Vec<Command>> {
        let command = self.command()?;
        Ok(match command.kind {
            CommandKind::Block(commands) => commands,
            _ => vec![command],
        })
    }

    fn for_command(&mut self) -> Parsed<CommandKind> {
        self.skip();
        let of = if self.at_declaration() && (self.word_at(1) != Some("in")) {
            Some(self.type_name()?)
        } else {
            None
        };
        let name = self.ident("the variable's name")?;
        self.expect_keyword("in")?;
        let list = self.expression()?;
        self.expect_keyword("do")?;
        Ok(CommandKind::For(of, name, list, self.one_command()?))
    }

    fn case_command(&mut self) -> Parsed<CommandKind> {
        self.skip();
        let subject = self.expression()?;
        self.expect_mark("{")?;
        let mut branches: Vec<(Vec<SetItem>, Vec<Command>)> = Vec::new();
        let mut default = None;
        while !self.eat_punct("}") {
            if self.is_symbol("else") && self.is_punct_at(1, ":") {
                if default.is_some() {
                    return Err(self.wrong(&[]).label("a second default branch"));
                }
                self.skip();
                self.skip();
                default = Some(self.branch_commands()?);
                continue;
            }
            let mut items = Vec::new();
            loop {
                items.push(self.set_item()?);
                if !self.eat_punct(",") {
                    break;
                }
            }
            if !self.eat_punct(":") {
                return Err(self.wrong(&["','", "':'"]));
            }
            branches.push((items, self.branch_commands()?));
        }
        Ok(CommandKind::Case(subject, branches, default))
    }

    /// The commands of a branch: up to the next branch or the end.
    fn branch_commands(&mut self) -> Parsed<Vec<Command>> {
        let mut commands = Vec::new();
        while self.at_branch_command() {
            commands.push(self.command()?);
        }
        Ok(commands)
    }

    fn at_branch_command(&self) -> bool {
        match self.peek() {
            Token::Punct("{") => true,
            Token::Symbol(_) => !matches!(self.peek_at(1), Token::Punct(":" | "," | "..")),
            _ => false,
        }
    }
}
