//! Starting with less than everything, and stopping.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{stays, until};

use crate::Cluster;

/// Stopping is a restart to come: nothing is said to the neighbor, and our kernel keeps its routes.
#[test]
fn lab_term_is_graceful() -> Result<()> {
    let cluster = Cluster::new()?;
    let [mut one, two] = cluster.both()?;
    for prefix in ["10.44.2.0/26", "fd44::200/122"] {
        cluster.in_kernel(0, prefix)?;
    }
    ensure!(one.process.stop() == 0, "{}", one.process.log());
    ensure!(!one.socket("bird").exists() && !one.socket("bird6").exists());
    until("the session to be down", || !two.birdc("bird", "show protocols").contains("Established"))?;
    let told = two.birdc("bird", "show protocols all Mesh_10_20_0_1");
    ensure!(!told.contains(SHUTDOWN), "a NOTIFICATION\n{told}");
    stays("our routes", Duration::from_millis(500), || {
        ["10.44.2.0/26", "fd44::200/122"].iter().all(|prefix| !cluster.hosts[0].routes(prefix).is_empty())
    })
    .with_context(|| one.process.log())?;
    let one = cluster.start(0, &[])?;
    one.established("bird", "Mesh_10_20_0_2")
}

/// What a neighbor is told by a router that does not come back.
const SHUTDOWN: &str = "Received: Administrative shutdown";

#[test]
fn lab_what_is_withdrawn_on_stop_goes_at_once() -> Result<()> {
    let cluster = Cluster::new()?;
    let two = cluster.start(1, &[])?;
    let mut one = cluster.start(0, &["--withdraw-on-stop"])?;
    cluster.in_kernel(1, "10.44.1.0/26").with_context(|| two.process.log())?;
    ensure!(one.process.stop() == 0, "{}", one.process.log());
    let told = two.birdc("bird", "show protocols all Mesh_10_20_0_1");
    ensure!(told.contains(SHUTDOWN), "{told}\n{}", two.process.log());
    until("the routes to go", || cluster.hosts[1].routes("10.44.1.0/26").is_empty())
        .with_context(|| two.process.log())?;
    Ok(())
}

/// With the datastore gone, what was last known runs at once.
#[test]
fn lab_what_was_last_known_runs_without_a_datastore() -> Result<()> {
    let cluster = Cluster::new()?;
    let state = cluster.scratch.file("state.json");
    let state = state.to_string_lossy();
    let two = cluster.start(1, &[])?;
    let mut one = cluster.start(0, &["--state-file", &state])?;
    cluster.in_kernel(1, "10.44.1.0/26").with_context(|| two.process.log())?;
    one.process.stop();
    ensure!(std::path::Path::new(&*state).exists(), "{}", one.process.log());
    // Away for this one alone.
    let mut command = cluster.command(0, &["--state-file", &state])?;
    command.arg("--datastore").arg("etcd:http://127.0.0.1:1");
    let process = godwit_lab::Process::start(command, cluster.scratch.file("again.log"))?;
    let one = crate::Node { process, sockets: cluster.sockets(0) };
    one.established("bird", "Mesh_10_20_0_2")?;
    one.established("bird6", "Mesh_fd20__2")?;
    one.says("using the state last known")
}

/// Until there is a configuration there is nobody to ask, as there is no BIRD until confd has written a file.
#[test]
fn lab_without_a_configuration_nobody_answers() -> Result<()> {
    let cluster = Cluster::new()?;
    std::fs::rename(cluster.manifests().join("10-nodes.yaml"), cluster.scratch.file("nodes"))?;
    let mut node = cluster.start_only(0, &["--log-format", "json"])?;
    node.says("\"router\":\"godwit\"")?;
    stays("no socket", Duration::from_millis(300), || !node.socket("bird").exists())?;
    std::fs::rename(cluster.scratch.file("nodes"), cluster.manifests().join("10-nodes.yaml"))?;
    until("the sockets", || node.birdc("bird6", "show status").contains("Daemon is up"))
        .with_context(|| node.process.log())?;
    node.says("\"router\":\"bird6\"")?;
    ensure!(node.process.stop() == 0, "{}", node.process.log());
    Ok(())
}

/// A second one in the same place says what to do.
#[test]
fn lab_a_socket_that_is_taken_is_said() -> Result<()> {
    let cluster = Cluster::new()?;
    let _one = cluster.start(0, &[])?;
    let mut two = cluster.start_only(0, &["--status-socket", "none"])?;
    until("the second to end", || two.process.ended().is_some())?;
    ensure!(two.process.ended() == Some(1), "{}", two.process.log());
    two.says("another BIRD answers on")
}
