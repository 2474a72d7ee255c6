//! What there is of Services and Secrets when there is no Kubernetes beside etcd: nothing.

use futures::FutureExt as _;
use tokio::sync::watch;

use super::{Datastore, Running, Updates};
use crate::{Demand, Kind, Scope, Update};

/// Lists services, their endpoints and secrets as empty, and says so when somebody wants them.
#[derive(Debug)]
pub(super) struct Absent;

impl Datastore for Absent {
    fn describe(&self) -> String {
        "no Kubernetes: no services and secrets".into()
    }

    fn run(self: Box<Self>, mut demand: watch::Receiver<Demand>, updates: Updates) -> Running {
        async move {
            let nothing = [Kind::Service, Kind::EndpointSlice, Kind::Secret]
                .map(|kind| Update::Listed { scope: Scope::Kind(kind), objects: Vec::new() });
            if updates.send(nothing.into()).await.is_err() {
                return;
            }
            let wanted = |demand: &Demand| demand.services || !demand.secrets.is_empty();
            tokio::select! {
                Ok(_) = demand.wait_for(wanted) => tracing::warn!(
                    "services and secrets are in Kubernetes, and nothing says how to reach it beside etcd \
                     (KUBECONFIG, K8S_API_ENDPOINT): ranges of services are announced, single services are not, \
                     and peers with passwords are held down"
                ),
                () = updates.closed() => {}
            }
            updates.closed().await;
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn nothing_is_listed_so_that_nobody_waits() {
        let (sender, mut updates) = mpsc::channel(1);
        let (_demand, receiver) = watch::channel(Demand::default());
        let running = tokio::spawn(Box::new(Absent).run(receiver, sender));
        let listed = updates.recv().await.unwrap_or_default();
        let kinds: Vec<Kind> = listed
            .iter()
            .filter_map(|update| match update {
                Update::Listed { scope: Scope::Kind(kind), objects } if objects.is_empty() => Some(*kind),
                _ => None,
            })
            .collect();
        assert_eq!(kinds, [Kind::Service, Kind::EndpointSlice, Kind::Secret]);
        drop(updates);
        assert!(running.await.is_ok(), "it ends with its listener");
    }
}
