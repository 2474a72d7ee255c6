//! The words of BIRD's languages that cannot be names: what `bird -p` of 2.0.12 and of 1.6.8 says no to where a protocol's
//! name is to be, and it is the same with others. A test asks it again.

use crate::model::Dialect;

/// Those of a dialect, with white space between them.
pub(super) fn keywords(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Bird2 => include_str!("keywords/2.txt"),
        Dialect::Bird16 => include_str!("keywords/1.6.txt"),
    }
}
