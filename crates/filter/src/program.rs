//! The symbols of a configuration and what their text compiles to.

mod testing;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::Ident;
use crate::code::Code;
use crate::compile::Lower;
use crate::definition::{Definition, Texts};
use crate::lexer::{Token, lex};
use crate::parser::Parser;
use crate::roa::Roa;
use crate::suggest::did_you_mean;
use crate::suite::Suite;
use crate::symbols::{Symbol, SymbolClass, Symbols};
use crate::types::Dialect;
use crate::value::Value;
use crate::{Diagnostic, Filter, SourceMap, Span, attribute};

/// The symbols of a configuration: constants, functions, filters, custom attributes, and the names
/// (not the meaning) of tables, protocols and templates.
#[derive(Clone, Debug, Default)]
pub struct Program {
    symbols: Symbols,
    /// What was written, in order.
    definitions: Vec<Definition>,
    /// The tests it holds.
    suites: Vec<Suite>,
}

/// Two programs are equal when the same names mean the same, however and in whichever order they were written.
impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.symbols == other.symbols
    }
}

impl Program {
    /// Every name with its class, ascending.
    pub fn symbols(&self) -> Vec<(String, SymbolClass)> {
        self.symbols.map.iter().map(|(name, s)| (name.to_string(), s.class())).collect()
    }

    /// The constants, custom attributes, functions and filters in the order they were defined, as they
    /// were written; what was predefined is not among them.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// What a name is.
    pub fn lookup(&self, name: &str) -> Option<SymbolClass> {
        self.symbols.get(name).map(Symbol::class)
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
    /// The text is no term, or it fails when it runs.
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
        let mut builder = ProgramBuilder { program: self.clone(), ..ProgramBuilder::default() };
        let parsed = parse(&mut builder, &mut parser)?;
        if parser.at_eof() { Ok(parsed) } else { Err(parser.wrong(&[])) }
    }
}

/// Gathers the symbols of a configuration while it is read.
#[derive(Debug, Default)]
pub struct ProgramBuilder {
    program: Program,
    texts: Texts,
    /// What is to come into tables of route origin authorizations.
    roas: BTreeMap<Arc<str>, Vec<Roa>>,
}

/// To define more.
impl From<Program> for ProgramBuilder {
    fn from(program: Program) -> Self {
        Self { program, ..Self::default() }
    }
}

type Done<T> = Result<T, Diagnostic>;

impl ProgramBuilder {
    /// No symbols yet. `dialect16`: where the dialects differ in meaning, BIRD 1.6's holds.
    pub fn new(dialect16: bool, _sources: &SourceMap) -> Self {
        let dialect = if dialect16 { Dialect::Bird16 } else { Dialect::Bird2 };
        let symbols = Symbols { dialect, ..Symbols::default() };
        Self { program: Program { symbols, ..Program::default() }, ..Self::default() }
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

    /// Defines a constant unless the name is taken: for what is predefined.
    pub fn predefine(&mut self, name: &str, value: Value) {
        self.program.symbols.map.entry(name.into()).or_insert(Symbol::Constant(value));
    }

    /// Takes a name for a table, protocol or template.
    ///
    /// # Errors
    /// The name is taken.
    pub fn declare(&mut self, name: &str, class: SymbolClass, span: Span) -> Done<()> {
        self.insert(&Ident { name: name.into(), span }, Symbol::Other(class))
    }

    fn insert(&mut self, name: &Ident, symbol: Symbol) -> Done<()> {
        self.check_free(name)?;
        self.program.symbols.map.insert(name.name.clone(), symbol);
        Ok(())
    }

    /// Notes the definition that began at `start`, with the word it begins with.
    fn define(&mut self, word: &str, name: &Ident, class: SymbolClass, parser: &Parser<'_>, start: usize) {
        let text = format!("{word} {}", parser.text_from(start)).into();
        self.program.definitions.push(Definition { class, name: name.name.clone(), text });
    }

    fn check_free(&self, name: &Ident) -> Done<()> {
        let Some(old) = self.program.symbols.get(&name.name) else { return Ok(()) };
        let error = Diagnostic::error(name.span, format!("Symbol '{}' already defined", name.name));
        Err(error.label(format!("is the name of a {} already", old.class().name())))
    }

    fn lower(&self, parser: &Parser<'_>) -> Lower<'_> {
        Lower::new(&self.program.symbols, parser.file_name())
    }

    fn make(&mut self, name: Option<Arc<str>>, code: Code, text: String) -> Arc<Filter> {
        let text = self.texts.share(text);
        Filter::new(name, code, self.program.symbols.dialect, text)
    }

    /// `NAME = term ;`, after `define`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_define(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let start = parser.position();
        let name = parser.ident("a constant's name")?;
        self.check_free(&name)?;
        parser.expect_punct("=")?;
        let (value, _) = self.parse_value(parser)?;
        parser.expect_punct(";")?;
        self.insert(&name, Symbol::Constant(value))?;
        self.define("define", &name, SymbolClass::Constant, parser, start);
        Ok(())
    }

    /// A term that is known now.
    ///
    /// # Errors
    /// It is no term, or it needs a route.
    pub fn parse_value(&mut self, parser: &mut Parser<'_>) -> Done<(Value, Span)> {
        let expression = parser.expression()?;
        Ok((self.lower(parser).constant(&expression)?, expression.span))
    }

    /// What follows `function`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_function(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let start = parser.position();
        let definition = parser.function_definition()?;
        self.check_free(&definition.name)?;
        let function = self.lower(parser).function(&definition)?;
        self.insert(&definition.name, Symbol::Function(Arc::new(function)))?;
        self.define("function", &definition.name, SymbolClass::Function, parser, start);
        Ok(())
    }

    /// What follows `filter` at the top level.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_filter(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let start = parser.position();
        let name = parser.ident("a filter name")?;
        let body_start = parser.position();
        let body = parser.filter_body()?;
        self.check_free(&name)?;
        let code = self.lower(parser).filter(&body)?;
        let filter = self.make(Some(name.name.clone()), code, parser.text_from(body_start));
        self.insert(&name, Symbol::Filter(filter))?;
        self.define("filter", &name, SymbolClass::Filter, parser, start);
        Ok(())
    }

    /// `[bgp CODE] TYPE NAME ;`, after `attribute`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_attribute(&mut self, parser: &mut Parser<'_>) -> Done<()> {
        let start = parser.position();
        let bgp = match parser.peek_at(1) {
            Token::Number(code) if parser.eat_symbol("bgp") => Some((*code, parser.span())),
            _ => None,
        };
        if bgp.is_some() {
            parser.skip();
        }
        let of = parser.type_name()?;
        let name = parser.ident("an attribute name")?;
        parser.expect_punct(";")?;
        let attribute = attribute::custom(bgp, &of, &name)?;
        self.insert(&name, Symbol::Attribute(attribute))?;
        self.define("attribute", &name, SymbolClass::Attribute, parser, start);
        Ok(())
    }

    /// What follows `filter` in a policy: a name, or a body.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_policy_filter(&mut self, parser: &mut Parser<'_>) -> Done<Arc<Filter>> {
        if let (Token::Symbol(_), Token::Punct(";") | Token::Eof) = (parser.peek(), parser.peek2()) {
            let name = parser.ident("a filter name")?;
            return self.program.filter(&name.name).ok_or_else(|| self.no_filter(&name));
        }
        let start = parser.position();
        let body = parser.filter_body()?;
        let code = self.lower(parser).filter(&body)?;
        Ok(self.make(None, code, parser.text_from(start)))
    }

    fn no_filter(&self, name: &Ident) -> Diagnostic {
        let error = Diagnostic::error(name.span, format!("No such filter: {}", name.name))
            .label("no filter of this name above");
        match did_you_mean(&name.name, self.program.symbols.names_of(SymbolClass::Filter)) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error,
        }
    }

    /// What follows `where`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_where(&mut self, parser: &mut Parser<'_>) -> Done<Arc<Filter>> {
        let start = parser.position();
        let condition = parser.expression()?;
        let code = self.lower(parser).condition(&condition)?;
        Ok(self.make(None, code, format!("where {}", parser.text_from(start))))
    }

    /// The `{ … }` of a static route, which ends in `accept`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_commands(&mut self, parser: &mut Parser<'_>) -> Done<Arc<Filter>> {
        let start = parser.position();
        let body = parser.filter_body()?;
        let code = self.lower(parser).commands(&body)?;
        Ok(self.make(None, code, parser.text_from(start)))
    }

    /// The symbols so far.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// All symbols.
    pub fn finish(mut self) -> Program {
        self.fill_roa_tables();
        self.program
    }
}
