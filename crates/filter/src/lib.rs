//! The policy language: BIRD's filter language, lexed, parsed, type-checked, compiled and run.
//!
//! The same lexer and parser serve the configuration file's front end.
#![forbid(unsafe_code)]

mod compile;
mod diagnostic;
mod eval;
pub mod glob;
mod lexer;
mod parser;
mod program;
mod route;
mod run;
mod set;
mod tree;
mod value;

pub use compile::distance;
pub use diagnostic::{Diagnostic, Severity, SourceFile, SourceMap, Span};
pub use lexer::{IncludeFn, Token, Tokens, lex};
pub use parser::Parser;
pub use program::{Filter, Program, ProgramBuilder, SymbolClass};
pub use route::{AttributeValue, Destination, ExtraAttribute, NextHop, RouteAttributes, RouteSource, Scope};
pub use run::{NoSurroundings, Outcome, Subject, Surroundings, Verdict};
pub use set::{Key, MaskItem, PathMask, PrefixPattern, PrefixSet, Set};
pub use value::{EnumKind, Type, Value};
