//! Where the resources come from. Each backend lists and watches, decodes, and never gives up: a fault
//! is said ([`Update::Fault`]) and tried again.

mod absent;
pub mod endpoint_status;
pub mod etcd;
mod files;
pub mod folder;
pub mod kubernetes;

use tokio::sync::{mpsc, watch};

use self::kubernetes::Reads;
use crate::settings::{DatastoreSettings, KubernetesSettings, Settings};
use crate::{Demand, Update};

/// Where a backend sends what it sees. Batches of one message are applied together.
pub type Updates = mpsc::Sender<Vec<Update>>;

/// Ends when nobody listens to the updates any more.
pub type Running = futures::future::BoxFuture<'static, ()>;

/// A datastore that can be watched. Typha will be the fourth.
pub trait Datastore: Send {
    /// One line about it for people: kind and place, no password.
    fn describe(&self) -> String;

    /// Lists and watches for ever: the kinds that always are watched, and those that are demanded.
    /// Every scope is first [`Listed`](Update::Listed), then kept current. What is not demanded any
    /// more need not be said to be gone.
    fn run(self: Box<Self>, demand: watch::Receiver<Demand>, updates: Updates) -> Running;
}

/// Whether the files of workloads are watched: a folder of manifests stands for everything there is.
pub fn has_workloads(settings: &Settings) -> bool {
    !matches!(settings.datastore, DatastoreSettings::Folder(_))
}

/// The backends that the settings ask for.
pub fn open(settings: &Settings) -> Vec<Box<dyn Datastore>> {
    let node = settings.node.node.clone();
    let cluster = |of: KubernetesSettings, reads| -> Box<dyn Datastore> {
        Box::new(kubernetes::Kubernetes::new(of, settings.node.clone(), reads))
    };
    let mut all: Vec<Box<dyn Datastore>> = match &settings.datastore {
        DatastoreSettings::Folder(path) => vec![Box::new(folder::Folder::new(path.clone(), node))],
        DatastoreSettings::Etcd(etcd) => {
            let rest = etcd.kubernetes.clone();
            let rest = rest.map_or_else(
                || -> Box<dyn Datastore> { Box::new(absent::Absent) },
                |kubernetes| cluster(kubernetes, Reads::ServicesAndSecrets),
            );
            vec![Box::new(etcd::Etcd::new(etcd.clone(), node)), rest]
        }
        DatastoreSettings::Kubernetes(kubernetes) => vec![cluster(kubernetes.clone(), Reads::Everything)],
    };
    if has_workloads(settings) {
        let prefix = settings.endpoint_status_prefix.clone();
        all.push(Box::new(endpoint_status::EndpointStatusFolder::new(prefix)));
    }
    all
}
