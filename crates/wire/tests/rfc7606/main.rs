//! What becomes of a bad UPDATE (RFC 7606, and what each attribute's own RFC says).

#[path = "../common/mod.rs"]
mod common;

mod bounds;
mod judge;
mod rules;
mod table;
