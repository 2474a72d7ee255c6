//! Where the resources come from. Each backend lists and watches, decodes, and never gives up: a fault
//! is said ([`Update::Fault`]) and tried again.

pub mod endpoint_status;
mod files;
pub mod folder;
pub mod etcd;

use tokio::sync::{mpsc, watch};

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
