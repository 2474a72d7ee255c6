//! The symbols of a configuration, apart from a text.

use std::sync::Arc;

use godwit_filter::{Diagnostic, Program, ProgramBuilder, SourceMap, Span, SymbolClass};

use super::{Ident, Parsed, predefine};
use crate::model::{Dialect, RouterConfig};

/// The symbols defined so far, without a text to read.
#[derive(Debug, Default)]
pub(crate) struct SymbolTable {
    pub(super) builder: ProgramBuilder,
    pub(super) dialect16: bool,
}

impl SymbolTable {
    /// Without symbols, for filters in files of `sources`.
    pub(crate) fn new(sources: &SourceMap) -> Self {
        Self { builder: ProgramBuilder::new(false, sources), dialect16: false }
    }

    /// Those of a router, to define more.
    pub(crate) fn of(router: &RouterConfig) -> Self {
        let builder = ProgramBuilder::from((*router.program).clone());
        Self { builder, dialect16: router.dialect == Dialect::Bird16 }
    }

    /// Takes a name for something filters cannot use.
    pub(crate) fn reserve(&mut self, name: &Ident, class: SymbolClass) -> Parsed<()> {
        self.builder.declare(&name.name, class, name.span)
    }

    /// Defines a number unless the name is taken.
    pub(crate) fn predefine(&mut self, name: &str, value: u32) {
        predefine(&mut self.builder, name, value);
    }

    /// All symbols so far.
    pub(crate) fn program(&self) -> Program {
        self.builder.program().clone()
    }

    /// All symbols.
    pub(crate) fn finish(self) -> Program {
        self.builder.finish()
    }
}

/// A router without any symbol but its tables, for filters of its dialect.
pub(crate) fn without_symbols(router: RouterConfig) -> RouterConfig {
    let mut builder = ProgramBuilder::new(router.dialect == Dialect::Bird16, &SourceMap::default());
    for table in &router.tables {
        // Nothing is defined yet that could have the name.
        let _ = builder.declare(&table.name, SymbolClass::Table, Span::default());
    }
    RouterConfig { program: Arc::new(builder.finish()), ..router }
}

/// Whether an error is about a function, filter or constant that is not defined.
pub(crate) fn misses_a_name(error: &Diagnostic) -> bool {
    error.message.contains("CF_SYM_UNDEFINED") || error.message.starts_with("No such filter")
}
