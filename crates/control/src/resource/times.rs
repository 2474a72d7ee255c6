//! Times of sessions, given in annotations.

use serde::{Deserialize, Serialize};

/// The annotations `godwit/hold-time` and `godwit/keepalive-time`, seconds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SessionTimes {
    /// The hold time: 0, or 3 to 65535.
    pub hold: Option<u16>,
    /// The keepalive time: 1 to 65535.
    pub keepalive: Option<u16>,
    /// What is said of values that are ignored: sentences that begin with their verb.
    pub faults: Vec<Box<str>>,
}
