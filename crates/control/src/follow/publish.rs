//! Handing on what was computed, and saying what changed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use godwit_config::{ChangeKind, ConfigDiff, RouterConfig, diff};

use super::{Follower, SAVE_DELAY};
use crate::status::{ChangeStatus, Source};
use crate::{Family, Problem};

impl Follower {
    /// Hands the configuration on if it is another one.
    pub(super) fn publish(&mut self, apply: Duration, compute: Duration, what: String) {
        let Some(now) = self.compiler.current().cloned() else { return };
        self.say_problems();
        let start = Instant::now();
        let before = self.configurations.borrow().clone();
        let (mut added, mut removed, mut changed) = (0, 0, 0);
        let mut other = before.is_none();
        for family in Family::ALL {
            let old = before.as_ref().map(|b| b.family(family));
            if old.is_some_and(|old| Arc::ptr_eq(old, now.family(family))) {
                continue;
            }
            let nothing = RouterConfig::default();
            let difference = diff(old.map_or(&nothing, |o| o), now.family(family));
            other |= !difference.is_empty();
            let (a, r, c) = count(&difference);
            (added, removed, changed) = (added + a, removed + r, changed + c);
        }
        if !other {
            return;
        }
        if self.source == Source::Nothing {
            self.source = Source::Datastore;
        }
        self.configurations.send_replace(Some(now));
        let change = ChangeStatus {
            age: 0,
            what,
            added,
            removed,
            changed,
            apply_us: micros(apply),
            compute_us: micros(compute),
            publish_us: micros(start.elapsed()),
        };
        tracing::info!(
            "configuration changed by {}: {added} protocols added, {removed} removed, {changed} changed, in {} us",
            change.what,
            change.apply_us + change.compute_us + change.publish_us
        );
        self.last_change = Some((Instant::now(), change));
        self.counters.changes += 1;
        if self.options.state_file.is_some() && self.source == Source::Datastore {
            self.save_at.get_or_insert_with(|| Instant::now() + SAVE_DELAY);
        }
    }

    /// Says what is new to be said, once.
    fn say_problems(&mut self) {
        let now: BTreeSet<Problem> = self.compiler.problems().into_iter().collect();
        for problem in now.difference(&self.problems) {
            tracing::warn!("{problem}");
        }
        for gone in self.problems.difference(&now) {
            tracing::info!("no longer: {gone}");
        }
        self.problems = now;
    }
}

/// Protocols added, removed, changed.
fn count(difference: &ConfigDiff) -> (usize, usize, usize) {
    let of = |which: fn(&ChangeKind) -> bool| difference.protocols.iter().filter(|p| which(&p.kind)).count();
    (
        of(|k| matches!(k, ChangeKind::Added)),
        of(|k| matches!(k, ChangeKind::Removed)),
        of(|k| matches!(k, ChangeKind::Restart { .. } | ChangeKind::Modify { .. })),
    )
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
