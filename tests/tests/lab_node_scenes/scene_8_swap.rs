//! Scene 8: a node goes from BIRD to godwit and back while it is used.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::flow::{Flow, lost_at_most};
use godwit_lab::report::measured;
use godwit_lab::{stays, until};

use crate::cluster::{Cluster, Node, mesh};
use crate::sessions::Monitor;
use crate::speaker::Kind;

/// How long is looked at what happens once all sessions are back: BIRD's next scan of the kernel is in that time.
const AFTER: Duration = Duration::from_secs(3);

/// How many routes each node's kernel lost, if only for a moment.
fn deleted(monitors: &[Monitor]) -> Vec<usize> {
    monitors.iter().map(|monitor| monitor.deleted().len()).collect()
}

/// The second node is swapped; of its neighbors one is godwit and one is BIRD.
#[test]
fn lab_scene_8_from_bird_to_godwit_and_back() -> Result<()> {
    let mut cluster = Cluster::new()?;
    for (number, kind) in [(1, Kind::Node), (2, Kind::Files), (3, Kind::Files)] {
        cluster.add(number, |_| {})?;
        cluster.start(kind)?;
    }
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.nodes.iter().try_for_each(Node::has_recovered)?;
    let monitors =
        cluster.nodes.iter().map(|node| Monitor::start(&node.machine)).collect::<Result<Vec<_>>>()?;
    let uptimes = cluster.sessions();
    let mut was = Kind::Files;
    for kind in [Kind::Node, Kind::Node, Kind::Files, Kind::Files] {
        let what = format!("scene 8, {kind:?} after {was:?}");
        let [first, swapped, third] = &cluster.nodes[..] else { bail!("three nodes") };
        let of_godwit = Flow::both(&what, &first.pod, &swapped.pod)?;
        let of_bird = Flow::both(&what, &third.pod, &swapped.pod)?;
        let (start, before) = (Instant::now(), deleted(&monitors));
        // Calico's way to stop it.
        cluster.nodes[1].speaker.kill();
        cluster.nodes[1].start(kind)?;
        cluster.mesh_is_up()?;
        cluster.blocks_are_everywhere()?;
        let back = start.elapsed();
        cluster.nodes[1].has_recovered()?;
        let recovered = start.elapsed();
        measured(&format!("{what}: all sessions are back after {back:.1?}, recovered after {recovered:.1?}"));
        let told = || {
            let told =
                cluster.nodes.iter().zip(&monitors).map(|(node, monitor)| node.told() + &monitor.told());
            told.collect::<Vec<_>>().join("\n")
        };
        // What is not confirmed would go now. What BIRD 1.6 replaces is not there for a moment, which may be
        // just when it is looked at: of its routes only those that do not come back are lost.
        stays("routes of godwit's own", AFTER, || monitors[0].lost().is_empty()).with_context(told)?;
        until("the routes that BIRD replaces", || monitors.iter().all(|monitor| monitor.lost().is_empty()))
            .with_context(told)?;
        // BIRD 1.6 replaces a route by taking it away first, and a packet may come just then. godwit does not.
        let gaps: Vec<_> = deleted(&monitors).iter().zip(&before).map(|(now, before)| now - before).collect();
        ensure!(gaps[0] == 0, "{what}: godwit took away a route of its neighbor: {}", told());
        ensure!(kind == Kind::Files || gaps[1] == 0, "{what}: godwit took away a route: {}", told());
        lost_at_most(of_godwit, gaps[1]).with_context(told)?;
        lost_at_most(of_bird, gaps[1] + gaps[2]).with_context(told)?;
        was = kind;
    }
    let swapped = [4, 6].map(|family| mesh(cluster.nodes[1].address(family)));
    for number in [0, 2] {
        let node = &cluster.nodes[number];
        node.sessions().undisturbed(&uptimes[number], &swapped).with_context(|| node.told())?;
    }
    Ok(())
}
