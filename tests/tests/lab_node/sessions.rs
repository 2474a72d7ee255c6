//! From the datastore to the other node's kernel.

use anyhow::{Context as _, Result, ensure};
use godwit_lab::until;

use crate::{Cluster, block};

#[test]
fn lab_blocks_reach_the_other_nodes_kernel() -> Result<()> {
    let cluster = Cluster::new()?;
    let nodes = cluster.both()?;
    for (node, n) in [(0, 2), (1, 1)] {
        cluster.in_kernel(node, &format!("10.44.{n}.0/26")).with_context(|| nodes[node].process.log())?;
        cluster.in_kernel(node, &format!("fd44::{n}00/122")).with_context(|| nodes[node].process.log())?;
    }
    // Lines of the two routers can be told apart.
    nodes[0].says("> bird: Started")?;
    nodes[0].says("> bird6: Started")?;
    nodes[0].says("> godwit: node node-a")
}

#[test]
fn lab_a_change_reaches_the_peer_and_no_session_notices() -> Result<()> {
    let cluster = Cluster::new()?;
    let nodes = cluster.both()?;
    // Until the start is recovered from, the state is `wait`.
    until("the recovery to end", || nodes[1].since("bird", "Mesh_10_20_0_1").contains("up"))?;
    let before = nodes[1].since("bird", "Mesh_10_20_0_1");
    cluster.manifest("40-more.yaml", &block("node-a", 7))?;
    cluster.in_kernel(1, "10.44.7.0/26").with_context(|| nodes[0].process.log())?;
    cluster.in_kernel(1, "fd44::700/122").with_context(|| nodes[0].process.log())?;
    std::fs::remove_file(cluster.manifests().join("40-more.yaml"))?;
    until("the block to go", || cluster.hosts[1].routes("10.44.7.0/26").is_empty())
        .with_context(|| nodes[0].process.log())?;
    ensure!(nodes[1].since("bird", "Mesh_10_20_0_1") == before, "{}", nodes[1].process.log());
    let log = nodes[0].process.log() + &nodes[1].process.log();
    ensure!(!log.contains("Restarting protocol"), "{log}");
    Ok(())
}

/// What is asked for by hand: `configure` gives what runs, and no file is read.
#[test]
fn lab_configure_is_answered() -> Result<()> {
    let cluster = Cluster::new()?;
    let node = cluster.start(0, &[])?;
    let answer = node.birdc("bird", "configure");
    ensure!(answer.contains("Reconfigured"), "{answer}");
    let answer = node.birdc("bird6", "configure \"/tmp/other.cfg\"");
    ensure!(answer.contains("configured by Calico's datastore"), "{answer}");
    node.process.signal(nix::sys::signal::Signal::SIGHUP);
    node.says("the files of --extra are read again")?;
    node.process.signal(nix::sys::signal::Signal::SIGUSR1);
    node.says("> bird6: kernel1 ")
}

/// Deleting a node's own object changes nothing on it.
#[test]
fn lab_a_node_that_is_deleted_runs_on() -> Result<()> {
    let cluster = Cluster::new()?;
    let nodes = cluster.both()?;
    cluster.in_kernel(1, "10.44.1.0/26")?;
    cluster.manifest("10-nodes.yaml", &crate::node("node-b"))?;
    // The other one lets go of it.
    until("node-b to drop the peer", || !nodes[1].birdc("bird", "show protocols").contains("Mesh_"))
        .with_context(|| nodes[1].process.log())?;
    ensure!(
        nodes[0].birdc("bird", "show protocols").contains("Mesh_10_20_0_2"),
        "{}",
        nodes[0].process.log()
    );
    cluster.manifest("10-nodes.yaml", &crate::NODES.map(crate::node).join("---\n"))?;
    nodes[0].established("bird", "Mesh_10_20_0_2")
}

/// The operator's own file: refused at the start with its place, applied, read again when asked.
#[test]
fn lab_an_extra_file_is_laid_over_both_routers() -> Result<()> {
    let cluster = Cluster::new()?;
    let extra = cluster.scratch.file("extra.conf");
    let flags = ["--extra", &extra.to_string_lossy()];
    std::fs::write(&extra, "protocol static mine { rout 203.0.113.0/24 blackhole; }\n")?;
    let mut refused = cluster.start_only(0, &flags)?;
    until("it to end", || refused.process.ended().is_some())?;
    ensure!(refused.process.ended() == Some(1), "{}", refused.process.log());
    refused.says("extra.conf:1:")?;
    std::fs::write(&extra, "protocol static mine { route 203.0.113.0/24 blackhole; }\n")?;
    let node = cluster.start(0, &flags)?;
    ensure!(node.birdc("bird", "show protocols").contains("mine "), "{}", node.process.log());
    std::fs::write(&extra, "protocol static other { route 2001:db8::/32 blackhole; }\n")?;
    let answer = node.birdc("bird", "configure");
    ensure!(
        answer.contains("Reconfigured") && !node.birdc("bird", "show protocols").contains("mine "),
        "{answer}"
    );
    until("the other router", || node.birdc("bird6", "show protocols").contains("other "))?;
    std::fs::write(&extra, "protocol static other {\n")?;
    let answer = node.birdc("bird6", "configure");
    ensure!(answer.contains("extra.conf:"), "{answer}");
    ensure!(node.birdc("bird6", "show protocols").contains("other "), "{answer}");
    Ok(())
}
