//! etcd v3 as Calico uses it (calico.md §1.5): nodes, pools, configurations, peers, filters, and the
//! affinities of the own node. Services, endpoints and secrets are not in etcd: whoever wants them runs
//! the Kubernetes backend beside this one.
//!
//! `places` says what an answer means, `listing` what to ask next, `pace` when: all without I/O.
//! `connection` talks to one endpoint, `session` is the loop around them. What is listed is listed at
//! one revision; what is watched is watched from there; a stream that breaks is resumed where it was, and
//! when that cannot be (compacted, another cluster, a backup), the list is read again. etcd has to be 3.4 or
//! later, and not behind its own gRPC proxy: watchers with ids of ours, and progress requests, are newer.

use tokio::sync::watch;

use super::{Datastore, Running, Updates};
use crate::Demand;
use crate::settings::EtcdSettings;

mod connection;
mod explain;
mod listing;
mod pace;
mod places;
mod prefix;
mod rpc;
mod session;
mod target;

pub use pace::Timing;

/// etcd, and the node whose affinities are meant.
#[derive(Debug)]
pub struct Etcd {
    settings: EtcdSettings,
    node: String,
    timing: Timing,
}

impl Etcd {
    /// etcd by its settings, for the node of this name. Nothing is tried before it runs.
    pub fn new(settings: EtcdSettings, node: String) -> Self {
        Self { settings, node, timing: Timing::default() }
    }

    /// With other times than [`Timing::default`].
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }
}

impl Datastore for Etcd {
    fn describe(&self) -> String {
        let shown = self.settings.endpoints.iter().map(|url| target::shown(&self.settings, url));
        let line = format!("etcd at {}", shown.collect::<Vec<_>>().join(", "));
        match &self.settings.user {
            Some((user, _)) => format!("{line} as {user}"),
            None => line,
        }
    }

    fn run(self: Box<Self>, demand: watch::Receiver<Demand>, updates: Updates) -> Running {
        Box::pin(async move {
            // Nothing in it is for etcd; who sends it must not find it closed.
            let _demand = demand;
            let closed = updates.clone();
            let prefixes = prefix::all(&self.node);
            let session = session::Session::new(self.settings, self.timing, prefixes, updates);
            tokio::select! {
                () = closed.closed() => {}
                () = session.run() => {}
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_no_password() {
        let settings = EtcdSettings {
            endpoints: vec!["http://a:2379".into(), "https://u:p@b:2379".into()],
            user: Some(("godwit".into(), "secret".into())),
            ..EtcdSettings::default()
        };
        let line = Etcd::new(settings, "n1".into()).describe();
        assert_eq!(line, "etcd at http://a:2379, https://b:2379 as godwit");
    }
}
