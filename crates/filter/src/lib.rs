//! The policy language: BIRD's filter language, lexed, parsed, type-checked, compiled and run.
//!
//! The same lexer and expression parser serve the configuration file's front end.
#![forbid(unsafe_code)]

mod diagnostic;
mod program;
mod route;
mod run;

pub use diagnostic::{Diagnostic, Severity, SourceFile, SourceMap, Span};
pub use route::{
    AttributeValue, Destination, ExtraAttribute, NextHop, RouteAttributes, RouteSource, Scope,
};
pub use program::{Filter, Program};
pub use run::{NoSurroundings, Outcome, Subject, Surroundings, Verdict};
