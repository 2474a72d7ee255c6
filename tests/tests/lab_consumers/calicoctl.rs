//! `calicoctl node status`: which protocols are peers, and what it shows of them.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use godwit_lab::Namespace;

use crate::scene::Family;
use crate::wire::Connection;

/// A row of its table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) kind: &'static str,
    pub(crate) state: String,
    /// A time, compared by nobody.
    pub(crate) since: String,
    pub(crate) bgp_state: String,
    pub(crate) info: String,
}

const HEADING: [&str; 6] = ["name", "proto", "table", "state", "since", "info"];

/// The peers in the process's reply, from a connection on which the command is sent before the greeting is read.
pub(crate) fn node_status(socket: &Path, family: Family) -> Result<Vec<Peer>> {
    peers(&mut Connection::open(socket)?, family)
}

/// The same on a connection there is.
pub(crate) fn peers(connection: &mut Connection, family: Family) -> Result<Vec<Peer>> {
    connection.send("show protocols")?;
    let mut found = Vec::new();
    loop {
        let line = connection.line()?;
        if line.starts_with("0000") {
            return Ok(found);
        } else if line.starts_with("0001") {
        } else if let Some(heading) = line.strip_prefix("2002") {
            let words: Vec<_> = heading.get(1..).unwrap_or_default().split_whitespace().collect();
            ensure!(words == HEADING, "unknown BIRD table output format: {line:?}");
        } else if let Some(row) = line.strip_prefix("1002") {
            found.extend(peer(row.get(1..).unwrap_or_default(), family));
        } else if let Some(row) = line.strip_prefix(' ') {
            found.extend(peer(row, family));
        } else {
            bail!("unexpected output line: {line:?}");
        }
    }
}

/// What a row tells of a peer; nothing if it is not one's.
fn peer(row: &str, family: Family) -> Option<Peer> {
    let fields: Vec<&str> = row.split_whitespace().collect();
    let [name, "BGP", _, state, since, bgp_state, info @ ..] = fields.as_slice() else { return None };
    let (kind, address) = peer_name(name)?;
    Some(Peer {
        name: (*name).to_owned(),
        address: address.replace('_', if family == Family::V4 { "." } else { ":" }),
        kind,
        state: (*state).to_owned(),
        since: (*since).to_owned(),
        bgp_state: (*bgp_state).to_owned(),
        info: info.join(" "),
    })
}

/// The kind of peer and the address that a protocol's name says.
pub(crate) fn peer_name(name: &str) -> Option<(&'static str, &str)> {
    let kinds = [("Global_", "global"), ("Node_", "node specific"), ("Mesh_", "node-to-node mesh")];
    kinds.into_iter().find_map(|(prefix, kind)| {
        name.strip_prefix(prefix).filter(|rest| !rest.is_empty()).map(|rest| (kind, rest))
    })
}

/// Whether a process of the namespace has exactly this as the first word of its command line.
/// The client looks at all processes of the host; here are others', too.
pub(crate) fn runs(namespace: &Namespace, name: &str) -> Result<bool> {
    let ids = godwit_lab::run("ip", &["netns", "pids", namespace.name()])?;
    Ok(ids.split_whitespace().any(|id| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.split(|b| *b == 0).next() == Some(name.as_bytes())
    }))
}
