//! The names of a configuration and what they stand for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::Ident;
use crate::attribute::Attribute;
use crate::code::Function;
use crate::filter::Filter;
use crate::roa::RoaTable;
use crate::suggest::did_you_mean;
use crate::types::{Dialect, enum_constants};
use crate::value::Value;
use crate::{Diagnostic, attribute};

/// What kind of thing a name is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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

impl SymbolClass {
    /// The class as BIRD names it in `show symbols`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Function => "function",
            Self::Filter => "filter",
            Self::Attribute => "custom attribute",
            Self::Protocol => "protocol",
            Self::Template => "protocol template",
            Self::Table => "routing table",
        }
    }
}

/// What a name stands for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Symbol {
    Constant(Value),
    Function(Arc<Function>),
    Filter(Arc<Filter>),
    /// A custom attribute.
    Attribute(Attribute),
    /// A table of route origin authorizations.
    Roa(RoaTable),
    /// Something filters cannot use.
    Other(SymbolClass),
}

impl Symbol {
    pub(crate) fn class(&self) -> SymbolClass {
        match self {
            Self::Constant(_) => SymbolClass::Constant,
            Self::Function(_) => SymbolClass::Function,
            Self::Filter(_) => SymbolClass::Filter,
            Self::Attribute(_) => SymbolClass::Attribute,
            Self::Roa(_) => SymbolClass::Table,
            Self::Other(class) => *class,
        }
    }
}

/// Names with what they stand for, and the dialect they are read in.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Symbols {
    pub(crate) map: BTreeMap<Arc<str>, Symbol>,
    pub(crate) dialect: Dialect,
}

impl Symbols {
    pub(crate) fn get(&self, name: &str) -> Option<&Symbol> {
        self.map.get(name)
    }

    /// The names of a class.
    pub(crate) fn names_of(&self, class: SymbolClass) -> impl Iterator<Item = &str> {
        self.map.iter().filter(move |(_, s)| s.class() == class).map(|(name, _)| &**name)
    }

    /// What stands for a name that is not defined: BIRD's words, with the nearest name that is.
    pub(crate) fn undefined<'a>(&'a self, name: &Ident, more: impl Iterator<Item = &'a str>) -> Diagnostic {
        let known = self
            .map
            .keys()
            .map(|k| &**k)
            .chain(more)
            .chain(attribute::names().map(|n| -> &'a str { n }))
            .chain(enum_constants(self.dialect).map(|c| -> &'a str { c.0 }));
        let near = did_you_mean(&name.name, known);
        let error = Diagnostic::error(name.span, "syntax error, unexpected CF_SYM_UNDEFINED")
            .label(format!("'{}' is not defined", name.name));
        match near {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error,
        }
    }
}
