//! How the watches are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::scope_name;
use crate::cluster::Cluster;
use crate::status::{Fault, WatchStatus};
use crate::{Id, Scope, Update};

/// How often a fault that stays is said again.
const SAID_AGAIN: Duration = Duration::from_secs(60);

/// What is known of each watch.
#[derive(Debug, Default)]
pub(super) struct Health {
    watches: BTreeMap<Scope, Watch>,
}

#[derive(Debug, Default)]
struct Watch {
    revision: Box<str>,
    heard: Option<Instant>,
    fault: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    error: String,
    since: Instant,
    said: Instant,
    tries: u64,
}

impl Health {
    pub(super) fn note(&mut self, update: &Update) {
        let now = Instant::now();
        match update {
            Update::Listed { scope, .. } => self.heard(scope, None, now),
            Update::Changed(object) => self.heard_of(&object.id, now),
            Update::Deleted(id) => self.heard_of(id, now),
            Update::Heard { scope, revision } => self.heard(scope, Some(revision), now),
            Update::Works(scope) => {
                self.heard(scope, None, now);
                let Some(watch) = self.watches.get_mut(scope) else { return };
                if let Some(trouble) = watch.fault.take() {
                    let secs = now.duration_since(trouble.since).as_secs();
                    tracing::info!("{} is watched again, after {secs} s", scope_name(scope));
                }
            }
            Update::Fault { scope, error } => self.fault(scope, error, now),
        }
    }

    /// An object may have a watch of its own.
    fn heard_of(&mut self, id: &Id, now: Instant) {
        let own = Scope::One(id.clone());
        let scope = if self.watches.contains_key(&own) { own } else { Scope::Kind(id.kind) };
        self.heard(&scope, None, now);
    }

    fn heard(&mut self, scope: &Scope, revision: Option<&str>, now: Instant) {
        let watch = self.watches.entry(scope.clone()).or_default();
        watch.heard = Some(now);
        if let Some(revision) = revision {
            watch.revision = revision.into();
        }
    }

    fn fault(&mut self, scope: &Scope, error: &str, now: Instant) {
        let watch = self.watches.entry(scope.clone()).or_default();
        let name = scope_name(scope);
        match &mut watch.fault {
            Some(trouble) => {
                trouble.tries += 1;
                let other = trouble.error != error;
                if other || now.duration_since(trouble.said) >= SAID_AGAIN {
                    tracing::warn!("{name} cannot be watched ({} tries): {error}", trouble.tries);
                    trouble.said = now;
                }
                if other {
                    error.clone_into(&mut trouble.error);
                }
            }
            None => {
                tracing::warn!("{name} cannot be watched: {error}");
                watch.fault = Some(Trouble { error: error.to_owned(), since: now, said: now, tries: 1 });
            }
        }
    }

    /// Whether any watch has a fault.
    pub(super) fn is_degraded(&self) -> bool {
        self.watches.values().any(|w| w.fault.is_some())
    }

    pub(super) fn watches(&self, now: Instant, cluster: &Cluster) -> Vec<WatchStatus> {
        let age = |at: Instant| now.duration_since(at).as_secs();
        let status = |(scope, watch): (&Scope, &Watch)| WatchStatus {
            scope: scope_name(scope),
            objects: match scope {
                Scope::Kind(kind) => cluster.count(*kind),
                Scope::One(id) => usize::from(cluster.has(id)),
            },
            listed: cluster.is_listed(scope),
            revision: watch.revision.to_string(),
            age: watch.heard.map(age),
            fault: watch.fault.as_ref().map(|t| Fault {
                error: t.error.clone(),
                age: age(t.since),
                tries: t.tries,
            }),
        };
        self.watches.iter().map(status).collect()
    }
}
