//! Blocks of addresses, and the nodes that have them.

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

/// The state of a block's affinity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum AffinityState {
    /// Empty: confirmed by an old release.
    #[default]
    Implicit,
    /// `confirmed`.
    Confirmed,
    /// `pending`: not there yet.
    Pending,
    /// `pendingDeletion`: being released.
    PendingDeletion,
}

/// A block of a node (§1.10). What is deleted, or of type `virtual`, is never one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlockAffinity {
    /// The node's name.
    pub node: Box<str>,
    /// The block, without host bits.
    pub cidr: IpNetwork,
    /// How far the node has it.
    pub state: AffinityState,
}
