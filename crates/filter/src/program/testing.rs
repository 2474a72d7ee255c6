//! What a configuration says beside its definitions: tests, and authorizations of origins.

use std::sync::Arc;

use super::{Done, Program, ProgramBuilder};
use crate::ast::Ident;
use crate::lexer::Token;
use crate::parser::Parser;
use crate::roa::{Roa, RoaTable};
use crate::suite::{Suite, SuiteOutcome, Test};
use crate::symbols::Symbol;
use crate::{Diagnostic, Span, SymbolClass, did_you_mean};

impl Program {
    /// Runs every test of the configuration in the order they stand in it.
    pub fn run_tests(&self) -> Vec<SuiteOutcome> {
        self.suites.iter().map(|suite| suite.run(self.symbols.dialect)).collect()
    }
}

impl ProgramBuilder {
    /// `(FUNCTION, "text")`, after `bt_test_suite`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_test_suite(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        parser.expect_punct("(")?;
        let name = parser.ident("a function's name")?;
        parser.expect_punct(",")?;
        let text = parser.expect_string("what it tests")?.into();
        parser.expect_punct(")")?;
        let Some(Symbol::Function(function)) = self.program.symbols.get(&name.name) else {
            return Err(self.cannot_test(&name, "a function"));
        };
        if !function.arguments.is_empty() {
            let wanted = function.arguments.len();
            let message = format!("Function '{}' expects {wanted} arguments, got 0 arguments", name.name);
            return Err(Diagnostic::error(name.span, message).label("a test is a function without arguments"));
        }
        let test = Test::Run(function.clone());
        self.program.suites.push(Suite { name: name.name, text, test });
        Ok(())
    }

    /// `(A, B, 0|1)`, after `bt_test_same`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_test_same(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let line = parser.line();
        parser.expect_punct("(")?;
        let a = parser.ident("a filter or function")?;
        parser.expect_punct(",")?;
        let b = parser.ident("a filter or function")?;
        parser.expect_punct(",")?;
        let wanted = match parser.peek() {
            Token::Number(n) => *n != 0,
            _ => return Err(parser.wrong(&["NUM"])),
        };
        parser.skip();
        parser.expect_punct(")")?;
        let same = match (self.testable(&a)?, self.testable(&b)?) {
            (Symbol::Function(a), Symbol::Function(b)) => a == b,
            (Symbol::Filter(a), Symbol::Filter(b)) => a.does_the_same(b),
            _ => false,
        };
        let test = Test::Same { same, wanted, file: parser.file_name(), line };
        let name: Arc<str> = format!("{} and {}", a.name, b.name).into();
        let text = if wanted { "are the same" } else { "are not the same" };
        self.program.suites.push(Suite { name, text: text.into(), test });
        Ok(())
    }

    /// Takes a name for a table of route origin authorizations.
    ///
    /// # Errors
    /// The name is taken.
    pub fn declare_roa_table(&mut self, name: &str, span: Span) -> Done<()> {
        self.insert(&Ident { name: name.into(), span }, Symbol::Roa(RoaTable::default()))
    }

    /// Puts an authorization into the table of this name. Filters see it when all is read.
    pub fn add_roa(&mut self, table: &str, roa: Roa) {
        self.roas.entry(table.into()).or_default().push(roa);
    }

    /// Fills the tables of authorizations.
    pub(super) fn fill_roa_tables(&mut self) {
        for (name, roas) in std::mem::take(&mut self.roas) {
            if let Some(Symbol::Roa(table)) = self.program.symbols.get(&name) {
                table.fill(roas.into_iter());
            }
        }
    }

    fn testable(&self, name: &Ident) -> Done<&Symbol> {
        match self.program.symbols.get(&name.name) {
            Some(symbol @ (Symbol::Function(_) | Symbol::Filter(_))) => Ok(symbol),
            _ => Err(self.cannot_test(name, "a filter or function")),
        }
    }

    fn cannot_test(&self, name: &Ident, wanted: &str) -> Diagnostic {
        let symbols = &self.program.symbols;
        if let Some(symbol) = symbols.get(&name.name) {
            return Diagnostic::error(name.span, format!("{wanted} is expected here"))
                .label(format!("is a {}", symbol.class().name()));
        }
        let known = symbols.names_of(SymbolClass::Function).chain(symbols.names_of(SymbolClass::Filter));
        let error = Diagnostic::error(name.span, "syntax error, unexpected CF_SYM_UNDEFINED")
            .label(format!("'{}' is not defined", name.name));
        match did_you_mean(&name.name, known) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error,
        }
    }
}
