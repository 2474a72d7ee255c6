//! What a backend says, and what it is asked for.

use std::collections::BTreeSet;

use crate::{Id, Kind, Resource};

/// An object as a datastore has it.
#[derive(Clone, PartialEq, Debug)]
pub struct Object {
    /// Which one.
    pub id: Id,
    /// What it says, or why that is refused: one line that names the field.
    pub resource: Result<Resource, String>,
}

/// What a list is a list of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// Every object of a kind.
    Kind(Kind),
    /// One object, there or not: the Secret that a peer names.
    One(Id),
}

impl Scope {
    /// The kind of its objects.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Kind(kind) => *kind,
            Self::One(id) => id.kind,
        }
    }
}

/// What a backend saw.
#[derive(Clone, PartialEq, Debug)]
pub enum Update {
    /// All there is in a scope. What is not among the objects is gone.
    Listed {
        /// Of what.
        scope: Scope,
        /// The objects, each once.
        objects: Vec<Object>,
    },
    /// An object is new, or changed.
    Changed(Object),
    /// An object is gone.
    Deleted(Id),
    /// The watch of a scope is alive: it was heard of now, at this revision.
    Heard {
        /// Which watch.
        scope: Scope,
        /// The datastore's revision, if it has one.
        revision: Box<str>,
    },
    /// Something is wrong with the watch of a scope; it is tried again. Said at every try.
    Fault {
        /// Which watch.
        scope: Scope,
        /// One line: what was tried, and what came of it.
        error: String,
    },
    /// The watch of a scope works again, or for the first time.
    Works(Scope),
}

/// What is to be watched beyond the kinds that always are (§1.1).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Demand {
    /// Services and their endpoints.
    pub services: bool,
    /// Secrets by name, in the namespace of the settings.
    pub secrets: BTreeSet<Box<str>>,
}
