//! Scene 8: a node goes from BIRD to godwit and back while it is used.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::report::measured;

use crate::cluster::{Cluster, mesh};
use crate::flow::{Flow, nothing_lost};
use crate::sessions::Monitor;
use crate::speaker::Kind;

#[test]
fn lab_scene_8_from_bird_to_godwit_and_back() -> Result<()> {
    let mut cluster = Cluster::new()?;
    for number in 1..=3 {
        cluster.add(number, |_| {})?;
    }
    cluster.start(Kind::Files)?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    let flows = [
        Flow::both("scene 8, a node is swapped", &cluster.nodes[0].pod, &cluster.nodes[1].pod)?,
        Flow::both("scene 8, a node is swapped", &cluster.nodes[2].pod, &cluster.nodes[1].pod)?,
    ];
    let monitors =
        cluster.nodes.iter().map(|node| Monitor::start(&node.machine)).collect::<Result<Vec<_>>>()?;
    let uptimes: Vec<_> = cluster.nodes.iter().map(|node| node.sessions()).collect();
    for kind in [Kind::Node, Kind::Files, Kind::Node] {
        let start = Instant::now();
        // Calico's way to stop it.
        cluster.nodes[1].speaker.kill();
        cluster.nodes[1].start(kind)?;
        cluster.mesh_is_up()?;
        cluster.blocks_are_everywhere()?;
        measured(&format!("scene 8, {kind:?} instead: all sessions are back after {:.1?}", start.elapsed()));
    }
    let swapped = [4, 6].map(|family| mesh(cluster.nodes[1].address(family)));
    for (number, (node, monitor)) in cluster.nodes.iter().zip(&monitors).enumerate() {
        ensure!(monitor.lost().is_empty(), "{}: {:?}", node.object.name, monitor.lost());
        if number != 1 {
            node.sessions().undisturbed(&uptimes[number], &swapped).with_context(|| node.told())?;
        }
    }
    nothing_lost(flows.into_iter().flatten())
}
