//! What was last known of the datastore: kept, and used when the datastore is not there.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Follower;
use crate::state_file::{self, State};
use crate::status::Source;
use crate::{Compiler, Fidelity};

/// How long the datastore may take before what was last known is used.
const WAIT: Duration = Duration::from_secs(2);

impl Follower {
    pub(super) fn may_use_state_file(&self) -> bool {
        self.options.state_file.is_some() && !self.state_file_tried && self.source == Source::Nothing
    }

    /// When it is used, if it may be.
    pub(super) fn last_known_due(&self) -> Option<Instant> {
        self.may_use_state_file().then(|| self.started + WAIT)
    }

    /// The datastore is not there: what was last known is better than nothing.
    pub(super) fn use_state_file(&mut self) {
        self.state_file_tried = true;
        let Some(path) = self.options.state_file.clone() else { return };
        let state = match state_file::load(&path, &self.options.node.node) {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!("waiting for the datastore: there is no last known state ({error})");
                return;
            }
        };
        let written = state.written;
        let with_workloads = self.options.with_workloads;
        let mut restored = Compiler::new(self.options.node.clone(), Fidelity::Godwit, with_workloads);
        restored.restore(state.objects);
        if restored.compute().is_none() {
            tracing::warn!(
                "waiting for the datastore: the last known state has no node {}",
                self.options.node.node
            );
            return;
        }
        tracing::warn!("the datastore has not answered: using the state last known, written at {written}");
        self.source = Source::StateFile { written };
        // What was read so far goes on being read beside.
        self.fresh = Some(std::mem::replace(&mut self.compiler, restored));
        self.publish(Duration::ZERO, Duration::ZERO, format!("state file {}", path.display()));
    }

    pub(super) async fn save(&mut self) {
        self.save_at = None;
        let Some(path) = self.options.state_file.clone() else { return };
        let state = State {
            version: state_file::VERSION,
            node: self.options.node.node.clone(),
            release: self.options.node.release,
            written: unix_now(),
            objects: self.compiler.cluster().objects(),
        };
        let place = path.clone();
        let saved = tokio::task::spawn_blocking(move || state_file::save(&place, &state)).await;
        match saved {
            Ok(Ok(())) => tracing::debug!("state written to {}", path.display()),
            Ok(Err(error)) => tracing::warn!("the state cannot be kept: {error}"),
            Err(error) => tracing::warn!("the state cannot be kept: {error}"),
        }
    }
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
