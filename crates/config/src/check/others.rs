//! What pipes, caches of ROAs and BFD must have, in BIRD's words where it has some.

use crate::model::{BfdAuthentication, BfdConfig, BfdNeighbor, BfdTimes, PipeConfig, RpkiConfig};

/// What is wrong with a pipe.
pub(crate) fn pipe(config: &PipeConfig) -> Option<&'static str> {
    let channel = &config.channel;
    if channel.table == config.peer_table {
        Some("Primary table and peer table must be different")
    } else if channel.receive_limit.is_some() {
        Some("Pipe protocol does not support receive limits")
    } else if channel.keep_filtered {
        Some("Pipe protocol prohibits keeping filtered routes")
    } else {
        None
    }
}

/// What is wrong with an RPKI protocol.
pub(crate) fn rpki(config: &RpkiConfig) -> Option<&'static str> {
    if config.channels.is_empty() {
        Some("Channel not specified")
    } else if config.min_version > config.max_version {
        Some("Min version exceeds max version")
    } else {
        None
    }
}

/// What is wrong with a BFD protocol.
pub(crate) fn bfd(config: &BfdConfig) -> Option<&'static str> {
    config.neighbors.iter().find_map(bfd_neighbor)
}

/// What is strange about the options of its sessions: BIRD says so and goes on.
pub(crate) fn bfd_times(times: &BfdTimes) -> Option<&'static str> {
    let authenticated = times.authentication != BfdAuthentication::None;
    (authenticated == times.passwords.is_empty())
        .then_some("Authentication and password options should be used together")
}

/// What is wrong with a neighbor.
pub(crate) fn bfd_neighbor(neighbor: &BfdNeighbor) -> Option<&'static str> {
    if neighbor.multihop && neighbor.interface.is_some() {
        Some("Neighbor cannot set both interface and multihop")
    } else if neighbor.multihop && neighbor.local.is_none() {
        Some("Multihop neighbor requires specified local address")
    } else {
        None
    }
}
