//! Scene 9: the datastore is Kubernetes, with all that goes wrong there.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use godwit_lab::{stays, until};
use serde_json::json;

use crate::api::Api;
use crate::cluster::{Cluster, Node, mesh, peer};
use crate::outside::{Neighbor, TOR_AS};
use crate::scene_4_services::{service, slice};
use crate::sessions::Monitor;
use crate::speaker::Kind;
use crate::store::{Object, Store, bgp_peer};
use crate::switched::{SWITCH, at_a_switch, neighbors};
use godwit_lab::rack::{Rack, forwarder};

/// How long the API server refuses connections, and how long nothing at all is heard of it.
const AWAY: Duration = Duration::from_secs(8);
const SILENT: Duration = Duration::from_secs(4);

const API: &str = "172.20.0.250";

/// A cluster without nodes, and the port of the API server.
fn kubernetes() -> Result<(Cluster, String)> {
    let rack = Rack::new("rack")?;
    let machine = forwarder("api")?;
    let port = rack.plug(&machine, "eth0", &[&format!("{API}/24")])?;
    let cluster = Cluster::in_store(rack, Store::Kubernetes(Api::start(machine, API)?))?;
    Ok((cluster, port))
}

fn api(cluster: &Cluster) -> Result<&Api> {
    match &cluster.store {
        Store::Kubernetes(api) => Ok(api),
        _ => bail!("this cluster is not of Kubernetes"),
    }
}

/// A Secret with a password.
fn secret(base64: &str) -> Object {
    let rest = json!({ "data": { "key": base64 }, "metadata": { "namespace": "kube-system" } });
    Object::Core("Secret", "v1", "fabric".into(), rest)
}

/// The neighbors of the switch, those of IPv4 with a password.
fn with_password(cluster: &Cluster, password: &'static str) -> Vec<Neighbor> {
    let mut all = neighbors(cluster);
    for neighbor in all.iter_mut().filter(|neighbor| !neighbor.address.contains(':')) {
        neighbor.password = Some(password);
    }
    all
}

fn monitors(cluster: &Cluster) -> Result<Vec<Monitor>> {
    cluster.nodes.iter().map(|node| Monitor::start(&node.machine)).collect()
}

/// What all nodes have to say.
fn told(cluster: &Cluster) -> String {
    cluster.nodes.iter().map(Node::told).collect::<Vec<_>>().join("\n")
}

fn none_deleted(cluster: &Cluster, monitors: &[Monitor]) -> Result<()> {
    for (node, monitor) in cluster.nodes.iter().zip(monitors) {
        let deleted = monitor.deleted();
        ensure!(
            deleted.is_empty(),
            "{}: {deleted:?}\n{}\n{}",
            node.object.name,
            monitor.told(),
            told(cluster)
        );
    }
    Ok(())
}

/// No route to a pod went away.
fn none_of_the_pods(monitors: &[Monitor]) -> Result<()> {
    let gone: Vec<_> = monitors.iter().flat_map(Monitor::deleted).collect();
    let pods: Vec<_> =
        gone.iter().filter(|net| net.starts_with("10.50.") || net.starts_with("fd00:50")).collect();
    ensure!(pods.is_empty(), "{pods:?} went away");
    Ok(())
}

#[test]
fn lab_scene_9_passwords_services_and_an_api_server_that_goes_away() -> Result<()> {
    let (cluster, port) = kubernetes()?;
    let (mut cluster, tor) = at_a_switch(cluster, 3)?;
    let password = json!({ "secretKeyRef": { "name": "fabric", "key": "key" } });
    let spec = json!({ "peerIP": SWITCH[0], "asNumber": TOR_AS, "password": password });
    cluster.put(&[secret("b2xkLXNlY3JldA=="), bgp_peer("tor-4", spec)])?;
    tor.configure(&with_password(&cluster, "old-secret"))?;
    cluster.start(Kind::Node)?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    let to_tor = [4, 6].map(|family| (family, peer("Global", SWITCH[usize::from(family == 6)])));
    let at_the_switch = |cluster: &Cluster| {
        cluster
            .nodes
            .iter()
            .try_for_each(|node| to_tor.iter().try_for_each(|(family, name)| node.established(*family, name)))
    };
    at_the_switch(&cluster).with_context(|| tor.told())?;
    let [first, second, third] = &cluster.nodes[..] else { bail!("three nodes") };
    let flows = [
        Flow::both("scene 9, Kubernetes", &first.pod, &second.pod)?,
        Flow::both("scene 9, Kubernetes", &second.pod, &third.pod)?,
    ];
    let (watched, before) = (monitors(&cluster)?, cluster.sessions());

    // The password is rotated: the sessions that have it are down until the switch has the new one.
    cluster.put(&[secret("bmV3LXNlY3JldA==")])?;
    let [(_, secured), _] = &to_tor;
    for node in &cluster.nodes {
        until("the session with another password to be down", || {
            !node.speaker.birdc(4, &format!("show protocols {secured}")).contains("Established")
        })?;
    }
    let start = Instant::now();
    tor.configure(&with_password(&cluster, "new-secret"))?;
    at_the_switch(&cluster).with_context(|| tor.told())?;
    measured(&format!("scene 9, a password is rotated: both ends have it, up after {:.1?}", start.elapsed()));
    cluster.undisturbed(&before, std::slice::from_ref(secured))?;
    none_of_the_pods(&watched)?;
    let before = cluster.sessions();

    // The API server refuses, then is silent, and is written to before a node can know.
    api(&cluster)?.down()?;
    stays("all routes", AWAY, || none_of_the_pods(&watched).is_ok())?;
    cluster.rack.port(&port, false)?;
    api(&cluster)?.up()?;
    cluster.put(&[Object::Block { node: "node-3".into(), cidr: "10.50.77.0/26".into() }])?;
    stays("all routes", SILENT, || none_of_the_pods(&watched).is_ok())?;
    cluster.rack.port(&port, true)?;
    let start = Instant::now();
    for node in &cluster.nodes[..2] {
        node.routes_to("10.50.77.0/26", &["via 172.20.0.13 dev eth0 "])?;
    }
    let took = start.elapsed();
    measured(&format!("scene 9, a change made meanwhile arrives {took:.1?} after the API server is reached"));

    // Whoever has an endpoint of a service has its address; without the mesh the switch sees who.
    nothing_lost(flows.into_iter().flatten())?;
    none_of_the_pods(&watched)?;
    cluster.undisturbed(&before, &[])?;
    let ranges = json!([{ "cidr": "10.96.0.0/16" }]);
    cluster.put(&[service("Local"), slice(&["node-1"])])?;
    cluster.configure(json!({ "nodeToNodeMeshEnabled": false, "serviceClusterIPs": ranges }))?;
    for nodes in [&[1][..], &[2, 3], &[3], &[]] {
        let names: Vec<_> = nodes.iter().map(|node| format!("node-{node}")).collect();
        let start = Instant::now();
        cluster.put(&[slice(&names.iter().map(String::as_str).collect::<Vec<_>>())])?;
        tor.hears_of("10.96.0.10/32", nodes)?;
        let took = start.elapsed();
        if nodes != [1] {
            measured(&format!("scene 9, endpoints move to {nodes:?}: the switch sees it after {took:.1?}"));
        }
    }
    let sessions_of_the_switch = [to_tor[0].1.clone(), to_tor[1].1.clone()];
    for (node, before) in cluster.nodes.iter().zip(&before) {
        ensure!(node.sessions().count() == 2, "{:?}", node.sessions());
        let gone: Vec<_> = [4, 6]
            .into_iter()
            .flat_map(|family| cluster.nodes.iter().map(move |node| mesh(node.address(family))))
            .filter(|name| !sessions_of_the_switch.contains(name))
            .collect();
        node.sessions().undisturbed(before, &gone)?;
    }
    Ok(())
}

#[test]
fn lab_scene_9_nodes_start_without_an_api_server() -> Result<()> {
    let (mut cluster, port) = kubernetes()?;
    for number in 1..=3 {
        cluster.add(number, |_| {})?;
    }
    cluster.start(Kind::Node)?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.nodes.iter().try_for_each(Node::has_recovered)?;
    let [first, second, third] = &cluster.nodes[..] else { bail!("three nodes") };
    let flows = [
        Flow::both("scene 9, nodes start without an API server", &first.pod, &second.pod)?,
        Flow::both("scene 9, nodes start without an API server", &third.pod, &second.pod)?,
    ];
    let watched = monitors(&cluster)?;
    for (number, what) in [(1, "refuses"), (2, "is silent")] {
        match what {
            "refuses" => api(&cluster)?.down()?,
            _ => {
                cluster.rack.port(&port, false)?;
                api(&cluster)?.up()?;
            }
        }
        let (start, before) = (Instant::now(), cluster.sessions());
        cluster.nodes[number].speaker.stop()?;
        cluster.nodes[number].start(Kind::Node)?;
        cluster.mesh_is_up()?;
        cluster.nodes[number].has_recovered()?;
        let took = start.elapsed();
        measured(&format!("scene 9, a node starts while the API server {what}: recovered after {took:.1?}"));
        cluster.blocks_are_everywhere()?;
        let restarted = [4, 6].map(|family| mesh(cluster.nodes[number].address(family)));
        for (_, (node, before)) in
            cluster.nodes.iter().zip(&before).enumerate().filter(|(other, _)| *other != number)
        {
            node.sessions().undisturbed(before, &restarted).with_context(|| node.told())?;
        }
    }
    // The datastore is back: the nodes have nothing to change but what is new.
    let before = cluster.sessions();
    cluster.rack.port(&port, true)?;
    cluster.put(&[Object::Block { node: "node-2".into(), cidr: "10.50.77.0/26".into() }])?;
    for node in [&cluster.nodes[0], &cluster.nodes[2]] {
        node.routes_to("10.50.77.0/26", &["via 172.20.0.12 dev eth0 "])?;
    }
    cluster.put(&[Object::Block { node: "node-3".into(), cidr: "10.50.78.0/26".into() }])?;
    for node in &cluster.nodes[..2] {
        node.routes_to("10.50.78.0/26", &["via 172.20.0.13 dev eth0 "])?;
    }
    cluster.undisturbed(&before, &[])?;
    none_deleted(&cluster, &watched)?;
    nothing_lost(flows.into_iter().flatten())?;

    // A node's object goes, as when it is registered anew: it runs on, the others leave it.
    let [first, second, third] = &cluster.nodes[..] else { bail!("three nodes") };
    let flows = Flow::both("scene 9, the Node of another is deleted", &first.pod, &second.pod)?;
    let before = cluster.sessions();
    let of_the_third = [4, 6].map(|family| mesh(third.address(family)));
    let configured = third.speaker.birdc(4, "show protocols");
    cluster.delete(&[Object::Node(third.object.clone())])?;
    for node in [first, second] {
        until("the node to be no neighbor", || {
            [4, 6]
                .iter()
                .zip(&of_the_third)
                .all(|(family, name)| !node.speaker.birdc(*family, "show protocols").contains(name.as_str()))
        })
        .with_context(|| node.told())?;
    }
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
    };
    let now = third.speaker.birdc(4, "show protocols");
    ensure!(names(&now) == names(&configured), "{configured}\n{now}");
    let start = Instant::now();
    cluster.put(&[Object::Node(third.object.clone())])?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;
    measured(&format!("scene 9, a Node is created again: all is back after {:.1?}", start.elapsed()));
    cluster.undisturbed(&before[..2], &of_the_third)?;
    nothing_lost(flows)
}
