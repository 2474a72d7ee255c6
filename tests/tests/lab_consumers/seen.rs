//! What each consumer makes of BIRD and of godwit, in the same place and with the same configuration.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use godwit_lab::{LIMIT, wait_for};
use similar::TextDiff;

use crate::calicoctl::{self, Peer};
use crate::exporter::{self, Metrics};
use crate::probes::{self, NotReady};
use crate::reporter::{self, Agent, Route, Session};
use crate::scene::{self, Family, Routes, Running, Scene};

/// All that is read of one daemon, without what changes from second to second.
#[derive(PartialEq, Debug)]
struct Seen {
    peers: Vec<Peer>,
    ready: Result<(), NotReady>,
    ready_young: Result<(), NotReady>,
    agent: Agent,
    sessions: Vec<Session>,
    /// Or why there are none.
    routes: Result<BTreeSet<Route>, String>,
    metrics: BTreeMap<String, Metrics>,
}

fn see(running: &Running, family: Family) -> Result<Seen> {
    let socket = running.router.socket();
    let mut peers = calicoctl::node_status(socket, family).context("calicoctl node status")?;
    for peer in &mut peers {
        ensure!(peer.since.matches(':').count() == 2, "{peer:?} has no time");
        peer.since.clear();
    }
    let mut agent = reporter::agent(socket).context("class Agent")?;
    for time in &mut agent.times {
        ensure!(time.len() == "2026-11-21 10:00:00".len(), "{time:?} is no time");
        time.clear();
    }
    let mut metrics = exporter::scrape(socket).context("the exporter")?;
    for (name, of) in &mut metrics {
        let rows = ["Export updates", "Export withdraws", "Import updates", "Import withdraws"];
        let has = |row: &str| of.changes.contains_key(row);
        // A protocol that is down has none.
        let whole = of.changes.is_empty() || rows.iter().all(|row| has(row));
        ensure!(whole, "{name}: {:?}", of.changes);
        // How often something was told is no matter; which columns have a number is.
        of.changes.values_mut().flatten().flatten().for_each(|n| *n = 0);
        // BIRD 1.6 counts a route again when one that is not the best goes or comes.
        let [_, _, exported, _] = &mut of.routes;
        *exported = (*exported).min(1);
    }
    Ok(Seen {
        peers,
        ready: probes::ready(socket, family, false)?,
        ready_young: probes::ready(socket, family, true)?,
        agent,
        sessions: reporter::sessions(socket, family).context("class BGP")?,
        // Which row spoils them depends on their order.
        routes: reporter::routes(socket)
            .map_err(|e| e.to_string().split(':').next().unwrap_or("").to_owned()),
        metrics,
    })
}

impl Seen {
    /// Whether a session tried to connect when one of them looked: when, and for how long, is a matter of time.
    fn connects(&self) -> bool {
        self.peers.iter().any(|p| p.bgp_state == "Connect")
            || self.sessions.iter().any(|s| s.state == "Connect")
            || self.metrics.values().any(|m| m.state.starts_with("Connect"))
    }
}

/// What is seen in a moment in which no session tries to connect.
fn see_at_rest(running: &Running, family: Family) -> Result<Seen> {
    let look = || Some(see(running, family)).filter(|seen| !seen.as_ref().is_ok_and(Seen::connects));
    wait_for("the sessions to rest", LIMIT, look)?.0
}

/// Looks at both; what is seen of BIRD is what has to be.
fn both(scene: &Scene) -> Result<Seen> {
    let theirs = see_at_rest(&scene.run(scene.family.bird())?, scene.family).context("BIRD")?;
    let running = scene.run(scene.family.godwit())?;
    let mut ours = see_at_rest(&running, scene.family).context("godwit")?;
    // The real node's is a patched BIRD, which calls itself so and whose version the reporter wants.
    ensure!(ours.agent.version.contains("birdv1.6.8"), "{:?}", ours.agent);
    ours.agent.version.clone_from(&theirs.agent.version);
    if theirs != ours {
        let (theirs, ours) = (format!("{theirs:#?}"), format!("{ours:#?}"));
        let diff = TextDiff::from_lines(&theirs, &ours);
        bail!("- is seen of BIRD, + of godwit\n{}", diff.unified_diff().context_radius(8));
    }
    Ok(theirs)
}

fn plain(family: Family) -> Result<()> {
    let seen = both(&Scene::new(family, Routes::Plain)?)?;
    let peer = |n| seen.peers.iter().find(|p| p.address == family.host(n));
    let states: Vec<_> = [scene::MESH, scene::PASSIVE, scene::CLIENT, scene::WRONG_AS]
        .iter()
        .map(|n| peer(*n).map(|p| (p.kind, p.state.as_str(), p.bgp_state.as_str(), p.info.as_str())))
        .collect();
    ensure!(
        states
            == [
                Some(("node-to-node mesh", "up", "Established", "")),
                Some(("node-to-node mesh", "start", "Passive", "")),
                Some(("node specific", "up", "Established", "")),
                Some(("node specific", "start", "Idle", "BGP Error: Bad peer AS")),
            ],
        "{:#?}",
        seen.peers
    );
    let separator = if family == Family::V4 { "." } else { ":" };
    let refused = format!("{}{separator}port{separator}1790", family.host(scene::REFUSED));
    let refused = seen.peers.iter().find(|p| p.address == refused).context("the peer of another port")?;
    ensure!(refused.info == "Socket: Connection refused", "{refused:?}");
    ensure!(peer(scene::DISABLED).is_none(), "a disabled peer without an error has no sixth field");
    ensure!(seen.agent.ready && seen.agent.router_id == "10.9.0.1", "{:?}", seen.agent);
    let up = seen.sessions.iter().filter(|s| s.up).map(|s| (s.peer.clone(), s.state.as_str()));
    let up: BTreeSet<_> = up.collect();
    let expected = [scene::MESH, scene::CLIENT].map(|n| (family.host(n), "Established"));
    ensure!(up == BTreeSet::from(expected), "{:?}", seen.sessions);
    let routes = seen.routes.as_ref().map_err(|e| anyhow::anyhow!("{e}"))?;
    let has = |net: String, kind, from: &str, primary| {
        let like = |r: &&Route| {
            r.destination == net && r.kind == kind && r.learned_from == from && r.primary == primary
        };
        routes.iter().any(|r| like(&r))
    };
    ensure!(has(family.block(scene::MESH), "via", "node-to-node mesh", true), "{routes:#?}");
    ensure!(has(family.block(scene::CLIENT), "via", "node specific", true), "{routes:#?}");
    ensure!(has(family.block(1), "blackhole", "static", true), "{routes:#?}");
    ensure!(has(family.block(101), "unreachable", "static", true), "{routes:#?}");
    ensure!(has(family.workload(1), "direct", "kernel", true), "{routes:#?}");
    ensure!(has(family.block(77), "via", "kernel", true), "{routes:#?}");
    let shared = routes.iter().filter(|r| r.destination == family.block(scene::SHARED));
    ensure!(shared.map(|r| r.primary).collect::<BTreeSet<_>>().len() == 2, "one of two: {routes:#?}");
    let metrics = |name: &str| seen.metrics.get(name).with_context(|| format!("{name}: {:?}", seen.metrics));
    let mesh = metrics(&family.protocol("Mesh", scene::MESH))?;
    ensure!(mesh.up && mesh.state.starts_with("Established") && mesh.preference == 100, "{mesh:?}");
    ensure!(mesh.description == "Connection to BGP peer" && mesh.routes[0] == 2, "{mesh:?}");
    ensure!(mesh.filters[1] == "calico_export_to_bgp_peers", "{mesh:?}");
    ensure!(metrics("kernel1")?.kind == "Kernel");
    Ok(())
}

#[test]
fn lab_consumers_see_of_a_node_what_they_see_of_bird() -> Result<()> {
    plain(Family::V4)
}

#[test]
fn lab_consumers_see_of_an_ipv6_node_what_they_see_of_bird6() -> Result<()> {
    plain(Family::V6)
}

/// A workload's peer is no peer to them, and its routes spoil the reporter's, here as there.
#[test]
fn lab_consumers_stumble_over_the_same_routes() -> Result<()> {
    let seen = both(&Scene::new(Family::V4, Routes::Odd)?)?;
    ensure!(seen.peers.iter().all(|p| !p.name.starts_with("Local")), "{:?}", seen.peers);
    ensure!(seen.routes.is_err(), "{:?}", seen.routes);
    Ok(())
}
