//! The policy language: BIRD's filter language, lexed, parsed, type-checked, compiled and run.
//!
//! The same lexer and expression parser serve the configuration file's front end.
#![forbid(unsafe_code)]

mod ast;
mod attribute;
mod code;
mod compile;
mod definition;
mod diagnostic;
mod eval;
mod filter;
pub mod glob;
mod lexer;
mod lists;
mod normal;
mod parser;
mod path_mask;
mod prefix_set;
mod program;
mod range_set;
mod roa;
mod route;
mod run;
mod suggest;
mod suite;
mod symbols;
mod types;
mod value;

pub use attribute::{KERNEL_FEATURE_BITS, KERNEL_FEATURES, KERNEL_LOCK, KERNEL_LOCK_BITS};
pub use definition::Definition;
pub use diagnostic::{Diagnostic, Severity, SourceFile, SourceMap, Span};
pub use filter::Filter;
pub use lexer::{IncludeFn, Token, Tokens, lex, lex_piece};
pub use parser::Parser;
pub use path_mask::PathMask;
pub use prefix_set::PrefixSet;
pub use program::{Program, ProgramBuilder};
pub use range_set::RangeSet;
pub use roa::Roa;
pub use route::{
    AttributeValue, Destination, ExtraAttribute, NextHop, Recursion, RouteAttributes, RouteSource, Scope,
};
pub use run::{NoSurroundings, Outcome, Subject, Surroundings, Verdict};
pub use suggest::did_you_mean;
pub use suite::SuiteOutcome;
pub use symbols::SymbolClass;
pub use types::{EnumKind, SetType, Type};
pub use value::{Set, Value};
