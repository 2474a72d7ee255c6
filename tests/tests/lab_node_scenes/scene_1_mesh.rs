//! Scene 1: a mesh whose nodes come, die, move and go.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use godwit_lab::as_busy;
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use serde_json::json;

use crate::cluster::{CLUSTER_AS, Cluster, mesh};
use crate::speaker::Kind;
use crate::store::Object;
use godwit_lab::rack::ip_batch;

/// The names under which the others know a node.
fn names(cluster: &Cluster, node: usize) -> Vec<String> {
    [4, 6].map(|family| mesh(cluster.nodes[node].address(family))).to_vec()
}

#[test]
fn lab_scene_1_a_mesh_and_a_fourth_node() -> Result<()> {
    let mut cluster = Cluster::meshed(3)?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    let flows = Flow::both("scene 1, a node joins", &cluster.nodes[0].pod, &cluster.nodes[1].pod)?;
    let before = cluster.sessions();
    cluster.add(4, |_| {})?;
    cluster.nodes[3].start(Kind::usual())?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    cluster.undisturbed(&before, &[])?;
    nothing_lost(flows)
}

/// It is cut off and killed, so that nobody hears of it; it comes back before the others have noticed.
#[test]
fn lab_scene_1_a_node_dies_without_notice_and_returns() -> Result<()> {
    let mut cluster = Cluster::meshed(3)?;
    cluster.pods_reach_each_other()?;
    let flows = Flow::both("scene 1, another node dies", &cluster.nodes[0].pod, &cluster.nodes[1].pod)?;
    let before = cluster.sessions();
    let dead = names(&cluster, 2);

    // The last node's address is the greatest as text: it is the one that connects.
    cluster.rack.port(&cluster.nodes[2].port, false)?;
    cluster.nodes[2].speaker.kill();
    let pod = cluster.nodes[2].pod.ipv4.clone();
    ensure!(!cluster.nodes[0].pod.pings(&pod), "a node that is cut off answers");
    cluster.undisturbed(&before[..2], &[])?;

    cluster.rack.port(&cluster.nodes[2].port, true)?;
    let start = Instant::now();
    cluster.nodes[2].start(Kind::usual())?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    measured(&format!("scene 1, a dead node returns: all is back after {:.1?}", start.elapsed()));
    cluster.undisturbed(&before[..2], &dead)?;

    // It dies for good, and is taken out of the cluster.
    cluster.rack.port(&cluster.nodes[2].port, false)?;
    cluster.nodes[2].speaker.kill();
    let mut gone = vec![Object::Node(cluster.nodes[2].object.clone())];
    gone.append(&mut cluster.nodes[2].blocks.clone());
    let start = Instant::now();
    cluster.delete(&gone)?;
    for node in &cluster.nodes[..2] {
        for family in [4, 6] {
            node.no_route_to(cluster.nodes[2].block(family))?;
        }
    }
    let took = start.elapsed();
    measured(&format!("scene 1, a dead node is removed: its routes are gone after {took:.1?}"));
    // Nobody waits for the dead to close its connections.
    ensure!(took < as_busy(Duration::from_secs(2)), "its routes stayed for {took:?}");
    cluster.undisturbed(&before[..2], &dead)?;
    nothing_lost(flows)
}

#[test]
fn lab_scene_1_a_node_moves_and_another_is_drained() -> Result<()> {
    let mut cluster = Cluster::meshed(4)?;
    cluster.pods_reach_each_other()?;
    let flows = Flow::both("scene 1, others move", &cluster.nodes[0].pod, &cluster.nodes[1].pod)?;
    let before = cluster.sessions();

    // The third moves within the rack: first the machine, then its object.
    let mut old = names(&cluster, 2);
    let (moved, was) = (&mut cluster.nodes[2], ["172.20.0.13/24", "fd00:20::13/64"]);
    moved.object.ipv4 = "172.20.0.43/24".into();
    moved.object.ipv6 = "fd00:20::43/64".into();
    for (was, is) in was.into_iter().zip([&moved.object.ipv4, &moved.object.ipv6]) {
        ip_batch(&moved.machine, &format!("addr del {was} dev eth0\naddr add {is} dev eth0\n"))?;
    }
    let defaults = "route replace default via 172.20.0.1\nroute replace default via fd00:20::1\n";
    ip_batch(&moved.machine, defaults)?;
    let object = Object::Node(moved.object.clone());
    let start = Instant::now();
    cluster.put(&[object])?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    measured(&format!("scene 1, a node moves: all is back after {:.1?}", start.elapsed()));
    for number in [0, 1, 3] {
        cluster.nodes[number].sessions().undisturbed(&before[number], &old)?;
    }

    // The fourth is drained and comes back.
    old.append(&mut names(&cluster, 3));
    let before = cluster.sessions();
    let mut gone = vec![Object::Node(cluster.nodes[3].object.clone())];
    gone.append(&mut cluster.nodes[3].blocks.clone());
    cluster.delete(&gone)?;
    for node in &cluster.nodes[..3] {
        for family in [4, 6] {
            node.no_route_to(cluster.nodes[3].block(family))?;
        }
    }
    cluster.undisturbed(&before[..3], &old[2..])?;
    cluster.register(&cluster.nodes[3])?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    cluster.undisturbed(&before[..3], &old[2..])?;
    nothing_lost(flows)
}

/// Without an annotation it would take the four minutes of BIRD's hold time.
#[test]
fn lab_scene_1_a_dead_node_is_noticed_in_seconds() -> Result<()> {
    let mut cluster = Cluster::new()?;
    let annotated = json!({
        "metadata": { "annotations": { "godwit/hold-time": "6s" } }, "spec": { "asNumber": CLUSTER_AS },
    });
    cluster.put(&[Object::Core("BGPConfiguration", "projectcalico.org/v3", "default".into(), annotated)])?;
    for number in 1..=3 {
        cluster.add(number, |_| {})?;
    }
    cluster.start(Kind::usual())?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    let flows = Flow::both("scene 1, another node is noticed", &cluster.nodes[0].pod, &cluster.nodes[1].pod)?;
    let before = cluster.sessions();
    cluster.rack.port(&cluster.nodes[2].port, false)?;
    let start = Instant::now();
    for node in &cluster.nodes[..2] {
        for family in [4, 6] {
            node.no_route_to(cluster.nodes[2].block(family))?;
        }
    }
    measured(&format!("scene 1, a dead node is noticed, hold time 6 s: after {:.1?}", start.elapsed()));
    cluster.rack.port(&cluster.nodes[2].port, true)?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.undisturbed(&before[..2], &names(&cluster, 2))?;
    nothing_lost(flows)
}
