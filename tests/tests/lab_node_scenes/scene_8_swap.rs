//! Scene 8: a node goes from BIRD to godwit and back while it is used.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::report::measured;
use godwit_lab::stays;

use crate::cluster::{Cluster, Node, mesh};
use crate::flow::{Flow, nothing_lost};
use crate::sessions::Monitor;
use crate::speaker::Kind;

/// How long is looked at what happens once all sessions are back: BIRD's next scan of the kernel is in that time.
const AFTER: Duration = Duration::from_secs(3);

#[test]
fn lab_scene_8_from_bird_to_godwit_and_back() -> Result<()> {
    let mut cluster = Cluster::new()?;
    for number in 1..=3 {
        cluster.add(number, |_| {})?;
    }
    cluster.start(Kind::Files)?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    let monitors =
        cluster.nodes.iter().map(|node| Monitor::start(&node.machine)).collect::<Result<Vec<_>>>()?;
    let uptimes: Vec<_> = cluster.nodes.iter().map(Node::sessions).collect();
    let mut was = Kind::Files;
    for kind in [Kind::Node, Kind::Node, Kind::Files, Kind::Files] {
        let what = format!("scene 8, {kind:?} after {was:?}");
        let [first, swapped, third] = &cluster.nodes[..] else { bail!("three nodes") };
        let flows =
            [Flow::both(&what, &first.pod, &swapped.pod)?, Flow::both(&what, &third.pod, &swapped.pod)?];
        let start = Instant::now();
        // Calico's way to stop it.
        cluster.nodes[1].speaker.kill();
        cluster.nodes[1].start(kind)?;
        cluster.mesh_is_up()?;
        cluster.blocks_are_everywhere()?;
        let back = start.elapsed();
        cluster.nodes[1].has_recovered()?;
        let recovered = start.elapsed();
        measured(&format!("{what}: all sessions are back after {back:.1?}, recovered after {recovered:.1?}"));
        // What is not confirmed would go now.
        stays("routes of the others", AFTER, || monitors.iter().all(|monitor| monitor.lost().is_empty()))
            .with_context(|| {
                format!("{what}: {:?}", monitors.iter().map(Monitor::lost).collect::<Vec<_>>())
            })?;
        nothing_lost(flows.into_iter().flatten()).with_context(|| {
            let told =
                cluster.nodes.iter().zip(&monitors).map(|(node, monitor)| node.told() + &monitor.told());
            told.collect::<Vec<_>>().join("\n")
        })?;
        was = kind;
    }
    let swapped = [4, 6].map(|family| mesh(cluster.nodes[1].address(family)));
    for (number, (node, monitor)) in cluster.nodes.iter().zip(&monitors).enumerate() {
        ensure!(monitor.lost().is_empty(), "{}: {:?}", node.object.name, monitor.lost());
        if number != 1 {
            node.sessions().undisturbed(&uptimes[number], &swapped).with_context(|| node.told())?;
        }
    }
    Ok(())
}
