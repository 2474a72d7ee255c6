//! Scene 5: a filter that hides one pool from one peer, and changes while everything runs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use godwit_lab::{settles, stays};
use serde_json::json;

use crate::cluster::{CLUSTER_AS, Cluster, Node, mesh, peer};
use crate::outside::{Make, Neighbor, TOR_AS, Tor};
use crate::sessions::counters;
use crate::speaker::Kind;
use crate::store::{Object, bgp_peer, calico, ip_pool};

/// The switch that something is hidden from, and the other.
const HIDDEN: &str = "172.20.0.1";
const OPEN: &str = "172.20.0.2";

fn hides(cidr: &str) -> Object {
    let rule = json!({ "action": "Reject", "cidr": cidr, "matchOperator": "In" });
    calico("BGPFilter", "hide", json!({ "exportV4": [rule] }))
}

fn switch(cluster: &Cluster, address: &'static str) -> Result<Tor> {
    let of = |node: &Node| {
        let name = node.object.name.replace('-', "_");
        Neighbor::new(&name, address, node.ipv4(), CLUSTER_AS)
    };
    let neighbors: Vec<_> = cluster.nodes.iter().map(of).collect();
    Tor::start(&cluster.rack, Make::Bird2, &[&format!("{address}/24")], &neighbors, false)
}

/// What all sessions have counted, but for those with the switch that something is hidden from.
fn counted(cluster: &Cluster) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for node in &cluster.nodes {
        let mut names = vec![(4, peer("Global", OPEN))];
        for other in &cluster.nodes {
            names.extend([4, 6].map(|family| (family, mesh(other.address(family)))));
        }
        for (family, name) in names {
            all.insert(format!("{} {name}", node.object.name), counters(&node.speaker, family, &name));
        }
    }
    all
}

#[test]
fn lab_scene_5_a_filter_changes_and_nobody_else_notices() -> Result<()> {
    let mut cluster = Cluster::new()?;
    for number in 1..=2 {
        cluster.add(number, |_| {})?;
    }
    let private =
        |node: u8| Object::Block { node: format!("node-{node}"), cidr: format!("10.60.{node}.0/26") };
    cluster.put(&[ip_pool("private", "10.60.0.0/16"), private(1), private(2), hides("10.60.0.0/16")])?;
    let spec = |address: &str| json!({ "peerIP": address, "asNumber": TOR_AS });
    let mut hidden = spec(HIDDEN);
    hidden["filters"] = json!(["hide"]);
    cluster.put(&[bgp_peer("hidden", hidden), bgp_peer("open", spec(OPEN))])?;
    let (kept_out, open) = (switch(&cluster, HIDDEN)?, switch(&cluster, OPEN)?);
    cluster.start(Kind::usual())?;
    cluster.mesh_is_up()?;
    for node in ["10.50.1.0/26", "10.50.2.0/26"] {
        kept_out.learns(node, &[])?;
        open.learns(node, &[])?;
    }
    for node in ["10.60.1.0/26", "10.60.2.0/26"] {
        open.learns(node, &[])?;
        ensure!(kept_out.knows(node).is_empty(), "{}", kept_out.told());
    }
    let flows = Flow::both("scene 5, a filter changes", &cluster.nodes[0].pod, &cluster.nodes[1].pod)?;
    let uptimes = cluster.sessions();
    let before = settles("what sessions count", || counted(&cluster))?;
    ensure!(before.values().flatten().count() > 10, "nothing is counted: {before:?}");

    // It hides the other pool instead.
    let start = Instant::now();
    cluster.put(&[hides("10.50.0.0/16")])?;
    kept_out.learns("10.60.1.0/26", &[])?;
    kept_out.learns("10.60.2.0/26", &[])?;
    kept_out.forgets("10.50.1.0/26")?;
    kept_out.forgets("10.50.2.0/26")?;
    measured(&format!("scene 5, a filter changes: its peer sees it after {:.1?}", start.elapsed()));
    // And then nothing any more.
    cluster.put(&[hides("10.99.0.0/16")])?;
    kept_out.learns("10.50.1.0/26", &[])?;
    kept_out.learns("10.50.2.0/26", &[])?;

    stays("what other sessions count", Duration::from_secs(1), || counted(&cluster) == before)
        .with_context(|| format!("{before:#?}\n{:#?}", counted(&cluster)))?;
    // Nor is the session itself a new one.
    cluster.undisturbed(&uptimes, &[])?;
    nothing_lost(flows)
}
