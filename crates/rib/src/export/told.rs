//! Lines about the routes that are exported, for those who asked for them with `debug`.

use crate::key::NetKey;
use crate::table::Table;
use crate::trace::Trace;

use super::{Exporter, Preview};

impl Exporter {
    /// What is told of the routes exported from now on.
    pub fn set_trace(&mut self, trace: Option<Trace>) {
        self.trace = trace;
    }

    /// Lines about routes, if they are traced, since last asked.
    pub fn take_traces(&mut self) -> Vec<String> {
        std::mem::take(&mut self.traces)
    }

    /// Says what became of nets, from what was sent before and is now.
    pub(super) fn tell<K: NetKey>(&mut self, trace: &Trace, table: &Table<K>, nets: &[(u32, bool)]) {
        for &(id, was) in nets {
            let Some(key) = table.key(id) else { continue };
            let best = table.best_path(id).map(|path| path.attributes.destination.clone());
            let now = self.sent.contains(id);
            if !now && best.is_some() {
                let filtered =
                    table.net(key).is_some_and(|net| matches!(self.preview(&net), Some(Preview::Filtered)));
                let (what, wanted) = if filtered {
                    ("filtered out", trace.filters)
                } else {
                    ("rejected by protocol", trace.routes)
                };
                self.traces.extend(wanted.then(|| trace.line('<', what, key, best.as_ref())));
            }
            let what = match (was, now) {
                (false, true) => "added",
                (true, true) => "replaced",
                (true, false) => "removed",
                (false, false) => continue,
            };
            self.traces.extend(trace.routes.then(|| trace.line('<', what, key, best.as_ref())));
        }
    }
}
