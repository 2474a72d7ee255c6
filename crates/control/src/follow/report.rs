//! The status, for people and tools.

use std::time::Instant;

use super::{Follower, scope_name};
use crate::Problem;
use crate::status::{ChangeStatus, Counters, Remark, Source, Status};

impl Follower {
    pub(super) fn status(&self) -> Status {
        let now = Instant::now();
        let reading = self.fresh.as_ref().unwrap_or(&self.compiler);
        let refused = reading.cluster().refused().iter();
        let waits_for = reading.waits_for().iter().map(scope_name).collect();
        let last_change = self
            .last_change
            .as_ref()
            .map(|(at, change)| ChangeStatus { age: now.duration_since(*at).as_secs(), ..change.clone() });
        let protocols = self.compiler.current();
        let protocols = protocols.map_or((0, 0), |c| (c.ipv4.protocols.len(), c.ipv6.protocols.len()));
        Status {
            node: self.options.node.node.clone(),
            release: self.options.node.release.to_string(),
            datastores: self.names.clone(),
            source: self.source.clone(),
            degraded: self.health.is_degraded() || self.source != Source::Datastore,
            waits_for,
            watches: self.health.watches(now, reading.cluster()),
            refused: refused.map(|(id, why)| Remark { object: id.to_string(), text: why.clone() }).collect(),
            problems: self.compiler.problems().into_iter().map(remark).collect(),
            last_change,
            protocols,
            counters: Counters { work: self.compiler.work(), ..self.counters },
        }
    }
}

fn remark(of: Problem) -> Remark {
    Remark { object: of.id.to_string(), text: of.text }
}
