//! Export filters.

use godwit_filter::{Outcome, RouteAttributes, Subject, Verdict};

use crate::key::NetKey;
use crate::table::PathView;

use super::{ExportPolicy, Exporter};

impl Exporter {
    /// Runs the policy and counts what it refuses. `None`: refused. `Some(None)`: accepted as it is.
    pub(super) fn filter<K: NetKey>(
        &mut self,
        key: K,
        path: &PathView<'_>,
    ) -> Option<Option<Box<RouteAttributes>>> {
        let passed = self.pass(key, path);
        self.counters.updates.filtered += u64::from(passed.is_none());
        passed
    }

    /// The same without counting.
    pub(super) fn pass<K: NetKey>(
        &mut self,
        key: K,
        path: &PathView<'_>,
    ) -> Option<Option<Box<RouteAttributes>>> {
        let filter = match &self.policy {
            ExportPolicy::All => return Some(None),
            ExportPolicy::None => return None,
            ExportPolicy::Filter(filter) => filter,
        };
        let subject = Subject {
            net: key.to_net(),
            protocol: &path.source.protocol,
            attributes: path.attributes,
            surroundings: &*self.surroundings,
        };
        let Outcome { verdict, attributes, messages, error } = filter.run(&subject);
        if !messages.is_empty() || error.is_some() {
            self.messages.extend(messages);
            self.messages.extend(error);
        }
        (verdict == Verdict::Accept).then_some(attributes)
    }
}
