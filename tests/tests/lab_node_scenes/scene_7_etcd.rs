//! Scene 7: etcd is away for a while, and was written to when it is back.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use godwit_lab::{Etcd, stays};

use crate::cluster::Cluster;
use crate::sessions::Monitor;
use crate::speaker::Kind;
use crate::store::{Object, Store};
use godwit_lab::rack::{Rack, forwarder};

/// How long etcd is away.
const AWAY: Duration = Duration::from_secs(20);

const ETCD: &str = "172.20.0.250";

fn etcd(cluster: &mut Cluster) -> Result<&mut Etcd> {
    match &mut cluster.store {
        Store::Etcd(etcd) => Ok(etcd),
        _ => bail!("this cluster has no etcd"),
    }
}

#[test]
fn lab_scene_7_etcd_goes_away_and_comes_back() -> Result<()> {
    let rack = Rack::new("rack")?;
    let machine = forwarder("etcd")?;
    let port = rack.plug(&machine, "eth0", &[&format!("{ETCD}/24")])?;
    let mut cluster = Cluster::in_store(rack, Store::Etcd(Etcd::start(Some(machine), ETCD)?))?;
    for number in 1..=3 {
        cluster.add(number, |_| {})?;
    }
    cluster.start(Kind::Node)?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    let flows = [
        Flow::both("scene 7, etcd is away", &cluster.nodes[0].pod, &cluster.nodes[1].pod)?,
        Flow::both("scene 7, etcd is away", &cluster.nodes[1].pod, &cluster.nodes[2].pod)?,
    ];
    let monitors =
        cluster.nodes.iter().map(|node| Monitor::start(&node.machine)).collect::<Result<Vec<_>>>()?;
    let uptimes = cluster.sessions();

    etcd(&mut cluster)?.down();
    stays("all routes", AWAY, || monitors.iter().all(|monitor| monitor.deleted().is_empty()))?;
    // It comes back and is written to before a node can know.
    cluster.rack.port(&port, false)?;
    etcd(&mut cluster)?.up()?;
    let written = [Object::Block { node: "node-3".into(), cidr: "10.50.77.0/26".into() }];
    cluster.put(&written)?;
    cluster.delete(&cluster.nodes[2].blocks[1..])?;
    cluster.rack.port(&port, true)?;
    let start = Instant::now();
    for node in &cluster.nodes[..2] {
        node.routes_to("10.50.77.0/26", &["via 172.20.0.13 dev eth0 "])?;
        node.no_route_to(&cluster.nodes[2].block6)?;
    }
    measured(&format!(
        "scene 7, a change made meanwhile arrives {:.1?} after etcd can be reached",
        start.elapsed()
    ));

    for ((node, before), monitor) in cluster.nodes.iter().zip(&uptimes).zip(&monitors) {
        node.sessions().undisturbed(before, &[]).with_context(|| node.told())?;
        let mut gone = monitor.deleted();
        gone.retain(|prefix| *prefix != cluster.nodes[2].block6);
        ensure!(gone.is_empty(), "{}: {gone:?}", node.object.name);
        ensure!(node.sessions().count() == 4, "{:?}", node.sessions());
    }
    // The third's IPv6 block is the one that was taken away.
    let [first, second] = flows;
    nothing_lost(first)?;
    let [ipv4, _] = second;
    nothing_lost([ipv4])
}
