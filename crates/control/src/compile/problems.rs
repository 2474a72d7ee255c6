//! What a user should know of.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Compiler;
use super::peer::Peer;
use super::session::PasswordState;
use crate::{Id, Kind};

/// Something a user should know of, about an object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The object.
    pub id: Id,
    /// What about it: a sentence that begins with its verb.
    pub text: String,
}

impl Problem {
    pub(crate) fn new(id: Id, text: impl Into<String>) -> Self {
        Self { id, text: text.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.text)
    }
}

impl Compiler {
    /// Everything a user should know of, in order.
    pub fn problems(&self) -> Vec<Problem> {
        let mut all: BTreeSet<Problem> = BTreeSet::new();
        if let Some(frame) = &self.frame {
            all.extend(frame.problems.iter().cloned());
            all.extend(self.filters_not_there());
        }
        all.extend(self.explicit.values().flat_map(|c| c.problems.iter().cloned()));
        all.extend(self.merged.problems.iter().cloned());
        all.extend(self.families.iter().flat_map(|f| f.problems.iter().cloned()));
        all.extend(self.held());
        all.into_iter().collect()
    }

    /// A typing error in a filter's name would be no filter at all.
    fn filters_not_there(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, peer) in &self.cluster.peers {
            for filter in &peer.filters {
                let id = Id::new(Kind::BgpFilter, filter);
                let text = if self.cluster.filters.contains_key(filter) {
                    continue;
                } else if self.cluster.refused().contains_key(&id) {
                    format!("names BGPFilter {filter}, which is refused: nothing passes")
                } else {
                    format!("names BGPFilter {filter}, which is not there: it filters nothing")
                };
                problems.push(Problem::new(Id::new(Kind::BgpPeer, name), text));
            }
        }
        problems
    }

    fn held(&self) -> Vec<Problem> {
        let held = |peer: &Arc<Peer>| match self.password(peer) {
            PasswordState::Missing(reason) => {
                Some(Problem::new(peer.from.clone(), format!("is held down at {}: {reason}", peer.address)))
            }
            PasswordState::None | PasswordState::Known(_) => None,
        };
        self.merged.peers().filter_map(held).collect()
    }
}
