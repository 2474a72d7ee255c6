//! Secrets, and references to what is in them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A value in a Secret: `secretKeyRef`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct SecretKey {
    /// The Secret's name, in calico-node's namespace.
    pub name: Box<str>,
    /// The key in it.
    pub key: Box<str>,
}

/// A secret. Its values are never shown.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Secret {
    /// Values by key.
    pub data: BTreeMap<Box<str>, Vec<u8>>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.data.keys()).finish()
    }
}
