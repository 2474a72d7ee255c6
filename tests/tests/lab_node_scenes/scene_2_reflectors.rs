//! Scene 2: no mesh but two route reflectors, one of which is lost.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use godwit_lab::{stays, until};
use serde_json::json;

use crate::cluster::{Cluster, peer};
use crate::sessions::Monitor;
use crate::speaker::Kind;
use crate::store::bgp_peer;

/// How long a reflector may take to restart: what it left is kept that long.
const RESTART: Duration = Duration::from_secs(5);

/// Nodes 1 and 2 reflect, nodes 3 to 5 are clients.
fn reflected() -> Result<Cluster> {
    let mut cluster = Cluster::new()?;
    cluster.configure(json!({ "nodeToNodeMeshEnabled": false }))?;
    let restart = format!("{}s", RESTART.as_secs());
    for (name, who) in [("clients", "!has(reflector)"), ("reflectors", "has(reflector)")] {
        let to = "has(reflector)";
        let spec = json!({ "nodeSelector": who, "peerSelector": to, "maxRestartTime": restart });
        cluster.put(&[bgp_peer(name, spec)])?;
    }
    for number in 1..=5 {
        cluster.add(number, |node| {
            if number <= 2 {
                node.cluster_id = Some("244.0.0.1");
                node.labels = vec![("reflector", "true")];
            }
        })?;
    }
    // A reflector has no pods, nor a route to one.
    for reflector in &mut cluster.nodes[..2] {
        reflector.machine.ip(&["link", "del", &reflector.interface])?;
        let blocks = std::mem::take(&mut reflector.blocks);
        blocks.iter().try_for_each(|block| cluster.store.delete(block))?;
    }
    cluster.start(Kind::usual())?;
    for node in &cluster.nodes[2..] {
        for reflector in &cluster.nodes[..2] {
            for family in [4, 6] {
                node.established(family, &peer("Node", reflector.address(family)))?;
                reflector.established(family, &peer("Node", node.address(family)))?;
            }
        }
    }
    Ok(cluster)
}

#[test]
fn lab_scene_2_one_of_two_reflectors_is_lost() -> Result<()> {
    let mut cluster = reflected()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    let clients = &cluster.nodes[2..];
    ensure!(clients.iter().all(|node| node.sessions().count() == 4), "{:?}", clients[0].sessions());
    // A client knows each block by both.
    for reflector in [1, 2] {
        let shown = format!("show route protocol Node_172_20_0_1{reflector}");
        let known = clients[0].speaker.birdc(4, &shown);
        ensure!(known.contains("10.50.4.0/26") && known.contains("10.50.5.0/26"), "{known}");
    }

    let flows = [
        Flow::both("scene 2, a reflector dies", &clients[0].pod, &clients[1].pod)?,
        Flow::both("scene 2, a reflector dies", &clients[1].pod, &clients[2].pod)?,
    ];
    let monitors = clients.iter().map(|node| Monitor::start(&node.machine)).collect::<Result<Vec<_>>>()?;
    let uptimes = cluster.sessions();

    let start = Instant::now();
    cluster.nodes[0].speaker.kill();
    cluster.rack.port(&cluster.nodes[0].port, false)?;
    let clients = &cluster.nodes[2..];
    let of_the_dead = [4, 6].map(|family| (family, peer("Node", cluster.nodes[0].address(family))));
    for node in clients {
        for (family, name) in &of_the_dead {
            // First its routes are kept, then they go; the other's are there all the time.
            until("what the dead one said to be forgotten", || {
                let state = node.speaker.birdc(*family, &format!("show protocols {name}"));
                let routes = node.speaker.birdc(*family, &format!("show route protocol {name}"));
                state.contains(name) && !state.contains("Established") && !routes.contains(" via ")
            })
            .with_context(|| node.told())?;
        }
    }
    measured(&format!("scene 2, a dead reflector is forgotten after {:.1?}", start.elapsed()));
    no_route_went(&monitors)?;
    let only_the_dead: Vec<String> = of_the_dead.into_iter().map(|(_, name)| name).collect();
    for (node, before) in cluster.nodes.iter().zip(&uptimes).skip(1) {
        node.sessions().undisturbed(before, &only_the_dead)?;
    }

    // It comes back, and is one of two again.
    cluster.rack.port(&cluster.nodes[0].port, true)?;
    let start = Instant::now();
    cluster.nodes[0].start(Kind::usual())?;
    for node in &cluster.nodes[2..] {
        for family in [4, 6] {
            let name = peer("Node", cluster.nodes[0].address(family));
            node.established(family, &name)?;
            until("its routes", || {
                let routes = node.speaker.birdc(family, &format!("show route protocol {name}"));
                cluster.others(node).all(|other| routes.contains(other.block(family)))
            })
            .with_context(|| node.told())?;
        }
    }
    measured(&format!("scene 2, a reflector that comes back is heard after {:.1?}", start.elapsed()));
    no_route_went(&monitors)?;
    nothing_lost(flows.into_iter().flatten())
}

/// Looks for a while whether a route goes.
fn no_route_went(monitors: &[Monitor]) -> Result<()> {
    let gone = || monitors.iter().map(|monitor| monitor.gone(Kind::usual())).collect::<Vec<_>>();
    stays("all routes", Duration::from_secs(1), || gone().concat().is_empty())
        .with_context(|| format!("{:?}", gone()))
}
