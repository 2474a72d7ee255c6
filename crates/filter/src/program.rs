//! Compiled filters and the symbols around them.

use std::sync::Arc;

use crate::compile::{Compiler, Symbol, Symbols};
use crate::lexer::{Token, lex};
use crate::parser::Parser;
use crate::tree::{Attr, Function};
use crate::value::Value;
use crate::{Diagnostic, Outcome, SourceMap, Span, Subject, Verdict};

/// What kind of thing a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SymbolClass {
    /// `define`.
    Constant,
    /// `function`.
    Function,
    /// `filter`.
    Filter,
    /// `attribute`.
    Attribute,
    /// A protocol instance.
    Protocol,
    /// A template.
    Template,
    /// A routing table.
    Table,
}

/// A compiled filter. Two filters are equal when they do the same by structure, called functions
/// and constants included, so that reconfiguration sees what changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Filter {
    body: Function,
    /// What the end of the commands means: nothing said for a filter, acceptance for a static route's.
    fallback: Option<Verdict>,
    dialect16: bool,
}

impl Filter {
    /// The filter's name; `None` for one written in place.
    pub fn name(&self) -> Option<&str> {
        self.body.name.as_deref()
    }

    /// Runs the filter on a route.
    pub fn run(&self, subject: &Subject<'_>) -> Outcome {
        crate::eval::run(&self.body, subject, self.fallback, self.dialect16)
    }
}

/// The symbols of a configuration: constants, functions, filters, custom attributes, and the names
/// (not the meaning) of tables, protocols and templates.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {
    symbols: Symbols,
    dialect16: bool,
}

impl Program {
    /// Every name with its class, ascending.
    pub fn symbols(&self) -> Vec<(String, SymbolClass)> {
        let mut list: Vec<_> = self.symbols.iter().map(|(name, s)| (name.clone(), class(s))).collect();
        list.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        list
    }

    /// What a name is.
    pub fn lookup(&self, name: &str) -> Option<SymbolClass> {
        self.symbols.get(name).map(class)
    }

    /// A named filter.
    pub fn filter(&self, name: &str) -> Option<Arc<Filter>> {
        match self.symbols.get(name) {
            Some(Symbol::Filter(filter)) => Some(filter.clone()),
            _ => None,
        }
    }

    /// Compiles `where TEXT`.
    ///
    /// # Errors
    /// The text is no term of type bool.
    pub fn where_filter(&self, text: &str) -> Result<Arc<Filter>, Diagnostic> {
        self.with_text(text, ProgramBuilder::parse_where)
    }

    /// Compiles `filter { TEXT }`: a body with its braces.
    ///
    /// # Errors
    /// The text is no filter.
    pub fn filter_body(&self, text: &str) -> Result<Arc<Filter>, Diagnostic> {
        self.with_text(text, ProgramBuilder::parse_policy_filter)
    }

    /// The value of `eval TEXT`, printed.
    ///
    /// # Errors
    /// The text is no term, or it fails when it runs (`Runtime error: …`).
    pub fn eval(&self, text: &str) -> Result<String, Diagnostic> {
        self.with_text(text, |builder, parser| builder.parse_value(parser).map(|(v, _)| v.to_string()))
    }

    fn with_text<T>(
        &self,
        text: &str,
        parse: impl FnOnce(&mut ProgramBuilder, &mut Parser<'_>) -> Result<T, Diagnostic>,
    ) -> Result<T, Diagnostic> {
        let mut sources = SourceMap::default();
        let tokens = lex("", text, &mut sources, &mut |_, _| Err("include is not possible here".into()))?;
        let mut parser = Parser::new(&tokens);
        let mut builder = ProgramBuilder { program: self.clone(), line_starts: Vec::new() };
        let parsed = parse(&mut builder, &mut parser)?;
        if parser.at_eof() { Ok(parsed) } else { Err(parser.unexpected("the end of the command")) }
    }
}

fn class(symbol: &Symbol) -> SymbolClass {
    match symbol {
        Symbol::Constant(_) => SymbolClass::Constant,
        Symbol::Function(_) => SymbolClass::Function,
        Symbol::Filter(_) => SymbolClass::Filter,
        Symbol::Attribute(_) => SymbolClass::Attribute,
        Symbol::Other(class) => *class,
    }
}

/// Gathers the symbols of a configuration while it is read.
#[derive(Debug, Default)]
pub struct ProgramBuilder {
    program: Program,
    /// Starts of lines per file, for the line numbers of run-time errors.
    line_starts: Vec<Vec<u32>>,
}

type Done<T> = Result<T, Diagnostic>;

impl ProgramBuilder {
    /// No symbols yet. `dialect16`: the meaning of `defined()` on lists is BIRD 1.6's.
    pub fn new(dialect16: bool, sources: &SourceMap) -> Self {
        let program = Program { symbols: Symbols::new(), dialect16 };
        let starts = |text: &str| -> Vec<u32> {
            std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i as u32 + 1)).collect()
        };
        let line_starts = (0..).map_while(|i| sources.file(i)).map(|f| starts(&f.text)).collect();
        Self { program, line_starts }
    }

    /// What a name is.
    pub fn lookup(&self, name: &str) -> Option<SymbolClass> {
        self.program.lookup(name)
    }

    /// The value of a constant.
    pub fn constant(&self, name: &str) -> Option<&Value> {
        match self.program.symbols.get(name) {
            Some(Symbol::Constant(value)) => Some(value),
            _ => None,
        }
    }

    /// Takes a name for a table, protocol or template.
    ///
    /// # Errors
    /// The name is taken.
    pub fn declare(&mut self, name: &str, class: SymbolClass, span: Span) -> Done<()> {
        self.insert(name, Symbol::Other(class), span)
    }

    fn insert(&mut self, name: &str, symbol: Symbol, span: Span) -> Done<()> {
        if self.program.symbols.contains_key(name) {
            return Err(Diagnostic::error(span, format!("Symbol '{name}' already defined")));
        }
        self.program.symbols.insert(name.to_owned(), symbol);
        Ok(())
    }

    fn compile<T>(
        &self,
        parser: &mut Parser<'_>,
        parse: impl FnOnce(&mut Compiler<'_, '_>) -> Done<T>,
    ) -> Done<T> {
        let line = |span: Span| {
            let starts = self.line_starts.get(span.file as usize);
            starts.map_or(1, |s| s.partition_point(|start| *start <= span.start) as u32)
        };
        parse(&mut Compiler::new(&self.program.symbols, parser, self.program.dialect16, &line))
    }

    /// `NAME = term ;`, after `define`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_define(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let (name, span) = parser.expect_name("a constant's name")?;
        parser.expect_punct("=")?;
        let (value, _) = self.parse_value(parser)?;
        parser.expect_punct(";")?;
        self.insert(&name, Symbol::Constant(value), span)
    }

    /// A term that is known now.
    ///
    /// # Errors
    /// It is no term, or it needs a route.
    #[allow(clippy::redundant_closure_for_method_calls)] // the method's name is not general enough
    pub fn parse_value(&mut self, parser: &mut Parser<'_>) -> Done<(Value, Span)> {
        self.compile(parser, |c| c.constant())
    }

    /// What follows `function`.
    ///
    /// # Errors
    /// What is wrong with it.
    #[allow(clippy::redundant_closure_for_method_calls)] // the method's name is not general enough
    pub fn parse_function(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let span = parser.span();
        let (name, function) = self.compile(parser, |c| c.function())?;
        self.insert(&name, Symbol::Function(Arc::new(function)), span)
    }

    /// What follows `filter` at the top level.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_filter(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let (name, span) = parser.expect_name("a filter name")?;
        let body = self.compile(parser, |c| c.body(Some(name.as_str().into())))?;
        let filter = Filter { body, fallback: None, dialect16: self.program.dialect16 };
        self.insert(&name, Symbol::Filter(Arc::new(filter)), span)
    }

    /// `TYPE NAME ;`, after `attribute`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_attribute(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let at = parser.span();
        let (ty, _) = parser.expect_name("a type")?;
        let ty = match ty.as_str() {
            "int" => crate::value::Type::Int,
            "ip" => crate::value::Type::Ip,
            "string" => crate::value::Type::String,
            "bool" => crate::value::Type::Bool,
            _ => {
                let text = format!("Custom attributes of type {ty} are not supported yet");
                return Err(Diagnostic::error(at, text).label("int, ip, bool and string are"));
            }
        };
        let (name, span) = parser.expect_name("an attribute name")?;
        parser.expect_punct(";")?;
        self.insert(&name, Symbol::Attribute(Attr::Extra(name.as_str().into(), ty)), span)
    }

    /// What follows `filter` in a policy: a name, or a body.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_policy_filter(&mut self, parser: &mut Parser<'_>) -> Done<Arc<Filter>> {
        if let (Token::Symbol(name), Token::Punct(";") | Token::Eof) = (parser.peek(), parser.peek2()) {
            let span = parser.span();
            parser.next();
            return self.program.filter(name).ok_or_else(|| {
                Diagnostic::error(span, format!("No such filter: {name}"))
                    .label("no filter of this name above")
            });
        }
        let body = self.compile(parser, |c| c.body(None))?;
        Ok(Arc::new(Filter { body, fallback: None, dialect16: self.program.dialect16 }))
    }

    /// What follows `where`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_where(&mut self, parser: &mut Parser<'_>) -> Done<Arc<Filter>> {
        use crate::tree::{Line, Stmt, StmtKind};
        let body = self.compile(parser, |c| {
            let condition = c.expression()?;
            let stmt = |kind| Stmt { line: Line(1), kind };
            let then = vec![stmt(StmtKind::Accept(Vec::new()))];
            let otherwise = vec![stmt(StmtKind::Reject(Vec::new()))];
            let body = vec![stmt(StmtKind::If(condition, then, otherwise))];
            Ok(Function { slots: c.slots(), body, ..Function::default() })
        })?;
        Ok(Arc::new(Filter { body, fallback: None, dialect16: self.program.dialect16 }))
    }

    /// The `{ … }` of a static route.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_commands(&mut self, parser: &mut Parser<'_>) -> Done<Arc<Filter>> {
        let body = self.compile(parser, |c| c.body(None))?;
        Ok(Arc::new(Filter { body, fallback: Some(Verdict::Accept), dialect16: self.program.dialect16 }))
    }

    /// All symbols.
    pub fn finish(self) -> Program {
        self.program
    }
}
