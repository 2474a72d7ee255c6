//! The reporter of CalicoNodeStatus objects: its three classes, each on a connection of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Result, bail};
use regex::Regex;

use crate::calicoctl::{peer_name, peers};
use crate::scene::Family;
use crate::wire::Connection;

/// Class `Agent`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Agent {
    pub(crate) ready: bool,
    pub(crate) version: String,
    pub(crate) router_id: String,
    /// Server time, last reboot, last reconfiguration.
    pub(crate) times: [String; 3],
}

/// A peer of class `BGP`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Session {
    pub(crate) peer: String,
    pub(crate) kind: &'static str,
    pub(crate) up: bool,
    pub(crate) state: String,
}

/// A route of class `Routes`; the order of rows means nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Route {
    pub(crate) destination: String,
    pub(crate) gateway: String,
    pub(crate) interface: String,
    pub(crate) kind: &'static str,
    pub(crate) learned_from: String,
    /// It is in the kernel's table, not just in the router's.
    pub(crate) primary: bool,
}

/// What is after the code of a line.
fn payload(line: &str) -> &str {
    line.get(if line.starts_with(' ') { 1 } else { 5 }..).unwrap_or_default()
}

/// Asks for class `Agent`.
pub(crate) fn agent(socket: &Path) -> Result<Agent> {
    let mut connection = Connection::open(socket)?;
    connection.send("show status")?;
    let mut agent = Agent::default();
    loop {
        let line = connection.line()?;
        if line.contains("BIRD") && line.contains("ready") {
            agent.ready = true;
        }
        let known = line.starts_with(' ') || ["0001", "1000", "1011"].iter().any(|c| line.starts_with(c));
        if !known {
            return Ok(agent);
        }
        let text = payload(&line);
        let [now, reboot, reconfiguration] = &mut agent.times;
        for (label, value) in [
            ("BIRD v", &mut agent.version),
            ("Router ID is ", &mut agent.router_id),
            ("Current server time is ", now),
            ("Last reboot on ", reboot),
            ("Last reconfiguration on ", reconfiguration),
        ] {
            if let Some(rest) = text.strip_prefix(label) {
                rest.clone_into(value);
            }
        }
    }
}

/// Asks for class `BGP`.
pub(crate) fn sessions(socket: &Path, family: Family) -> Result<Vec<Session>> {
    let mut connection = Connection::open(socket)?;
    let mut sessions = Vec::new();
    for peer in peers(&mut connection, family)? {
        connection.send(&format!("show protocols all {}", peer.name))?;
        let (mut state, mut address) = (String::new(), String::new());
        loop {
            let line = connection.line()?;
            if line.starts_with("0000") {
                break;
            }
            for (label, value) in [("BGP state:", &mut state), ("Neighbor address:", &mut address)] {
                if let Some((_, rest)) = line.split_once(label) {
                    rest.trim().clone_into(value);
                }
            }
        }
        sessions.push(Session { peer: address, kind: peer.kind, up: peer.state == "up", state });
    }
    Ok(sessions)
}

/// The forms a row may have; what is in brackets is who it comes from, a time and more.
static ROWS: LazyLock<[(&str, Regex); 4]> = LazyLock::new(|| {
    [
        ("via", r"^(?P<net>\S*)\s+via (?P<gateway>\S+) on (?P<interface>\S+) \[(?P<from>\S+) [^\]]*\]"),
        ("direct", r"^(?P<net>\S*)\s+dev (?P<interface>\S+) \[(?P<from>\S+) [^\]]*\]"),
        ("blackhole", r"^(?P<net>\S*)\s+blackhole \[(?P<from>\S+) [^\]]*\]"),
        ("unreachable", r"^(?P<net>\S*)\s+unreachable \[(?P<from>\S+) [^\]]*\]"),
    ]
    .map(|(kind, pattern)| (kind, Regex::new(pattern).expect("a pattern written here")))
});

/// Asks for class `Routes`; one row that is not understood spoils all.
pub(crate) fn routes(socket: &Path) -> Result<BTreeSet<Route>> {
    let mut connection = Connection::open(socket)?;
    connection.send("show route")?;
    let mut routes = BTreeSet::new();
    let mut net = String::new();
    loop {
        let line = connection.line()?;
        match line.get(..4) {
            Some("0000") => return Ok(routes),
            Some("0001") => continue,
            Some("1007") => {}
            _ if line.starts_with(' ') => {}
            _ => bail!("unexpected output line: {line:?}"),
        }
        let row = payload(&line);
        let Some((kind, found)) = ROWS.iter().find_map(|(k, form)| form.captures(row).map(|c| (*k, c)))
        else {
            bail!("unexpected route: {row:?}");
        };
        let part = |name| found.name(name).map_or(String::new(), |m| m.as_str().to_owned());
        if !part("net").is_empty() {
            net = part("net");
        }
        let from = part("from");
        let learned_from = match peer_name(&from) {
            Some((kind, _)) => kind.to_owned(),
            None => {
                let sources = ["kernel", "static", "direct"];
                match sources.iter().find(|s| from.starts_with(**s)) {
                    Some(source) => (*source).to_owned(),
                    None => bail!("unexpected route: not from {row:?}"),
                }
            }
        };
        routes.insert(Route {
            destination: net.clone(),
            gateway: part("gateway"),
            interface: part("interface"),
            kind,
            learned_from,
            primary: row.contains("] *"),
        });
    }
}
