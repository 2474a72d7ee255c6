//! How it goes: what was read, what was refused, what changed last. `godwit calico status` prints it.

use serde::{Deserialize, Serialize};

use crate::Work;

/// How reading the datastore goes. Times are seconds since 1970, ages seconds, durations microseconds.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Status {
    /// Our node.
    pub node: String,
    /// The release of Calico that is emulated.
    pub release: String,
    /// The datastores, one line each.
    pub datastores: Vec<String>,
    /// Where the configuration comes from.
    pub source: Source,
    /// Whether something is wrong with a watch, so that changes may not be seen.
    pub degraded: bool,
    /// What there is no configuration without, and has not been read.
    pub waits_for: Vec<String>,
    /// Every watch.
    pub watches: Vec<WatchStatus>,
    /// Objects that were refused, and why.
    pub refused: Vec<Remark>,
    /// What else there is to say about objects.
    pub problems: Vec<Remark>,
    /// What changed last.
    pub last_change: Option<ChangeStatus>,
    /// How many protocols there are, IPv4's and IPv6's.
    pub protocols: (usize, usize),
    /// Totals since the start.
    pub counters: Counters,
}

/// Where a configuration comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Source {
    /// There is none yet.
    #[default]
    Nothing,
    /// The datastore as it is.
    Datastore,
    /// What was last known, at this time: the datastore has not been read since the start.
    StateFile {
        /// When it was written.
        written: u64,
    },
}

/// A watch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WatchStatus {
    /// Of what.
    pub scope: String,
    /// How many objects there are.
    pub objects: usize,
    /// Whether it was listed.
    pub listed: bool,
    /// The datastore's revision, if it said one.
    pub revision: String,
    /// How long ago anything was heard of it.
    pub age: Option<u64>,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// What is wrong with a watch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Fault {
    /// One line.
    pub error: String,
    /// Since how long.
    pub age: u64,
    /// How often it was tried.
    pub tries: u64,
}

/// A sentence about an object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Remark {
    /// The object: kind, namespace and name.
    pub object: String,
    /// The sentence.
    pub text: String,
}

/// A change that made another configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ChangeStatus {
    /// How long ago.
    pub age: u64,
    /// Which objects.
    pub what: String,
    /// Protocols that are new.
    pub added: usize,
    /// Protocols that are gone.
    pub removed: usize,
    /// Protocols that are not as they were.
    pub changed: usize,
    /// Noting what the datastore said.
    pub apply_us: u64,
    /// Computing the configuration.
    pub compute_us: u64,
    /// Comparing it with the one before, and handing it on.
    pub publish_us: u64,
}

/// Totals since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Objects the datastore told of.
    pub objects: u64,
    /// Objects that were refused.
    pub refused: u64,
    /// Faults of watches.
    pub faults: u64,
    /// Times a configuration was computed.
    pub computed: u64,
    /// Times it was another one.
    pub changes: u64,
    /// How far changes reached.
    #[serde(flatten)]
    pub work: Work,
}
