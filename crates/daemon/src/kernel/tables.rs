//! Which kernel tables are in use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use godwit_netlink::Family;

/// Which protocol has which kernel table: two would take each other's routes for leftovers.
pub(crate) type Owners = Arc<Mutex<HashMap<(Family, u32), String>>>;

/// A kernel table that is a protocol's until this is dropped.
#[derive(Debug)]
pub(crate) struct Ownership {
    owners: Owners,
    what: (Family, u32),
}

impl Ownership {
    /// Takes a table, or says whose it is.
    pub(crate) fn take(owners: &Owners, what: (Family, u32), name: &str) -> Result<Self, String> {
        let mut taken = owners.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get(&what) {
            Some(owner) => Err(owner.clone()),
            None => {
                taken.insert(what, name.to_owned());
                Ok(Self { owners: owners.clone(), what })
            }
        }
    }
}

impl Drop for Ownership {
    fn drop(&mut self) {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.what);
    }
}
