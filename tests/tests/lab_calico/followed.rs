//! `watch` and `status`, when all is well and when it is not.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use godwit_lab::{Etcd, Process, Scratch, until};

use crate::etcd::{self, compact, put};
use crate::{NODE, cluster, command, folder, run, status};

/// A running `watch`.
struct Watch {
    process: Process,
    socket: PathBuf,
}

impl Watch {
    fn start(scratch: &Scratch, label: &str, datastore: &str, state_file: &Path) -> Result<Self> {
        let socket = scratch.file(&format!("{label}.sock"));
        let (socket_text, state) = (socket.to_string_lossy().into_owned(), state_file.to_string_lossy());
        let mut watch = command(&[
            "watch",
            "--datastore",
            datastore,
            "--node",
            NODE,
            "--socket",
            &socket_text,
            "--release",
            "3.33",
        ])?;
        watch.args(["--state-file", &state]);
        watch.env("CALICO_ENDPOINT_STATUS_PATH_PREFIX", scratch.path());
        Ok(Self { process: Process::start(watch, scratch.file(&format!("{label}.log")))?, socket })
    }

    /// Waits for a line.
    fn says(&self, what: &str) -> Result<()> {
        until(&format!("'{what}' of\n{}", self.process.log()), || self.process.log().contains(what))
            .map(|_| ())
            .map_err(|error| error.context(self.process.log()))
    }

    /// Waits for a status with a word in it and an exit code.
    fn is(&self, code: i32, word: &str) -> Result<()> {
        let mut last = (0, String::new());
        until(&format!("status {code} with '{word}'"), || {
            last = status(&self.socket).unwrap_or_default();
            last.0 == code && last.1.contains(word)
        })
        .map(|_| ())
        .map_err(|error| error.context(format!("{} {}", last.0, last.1)))
    }
}

fn none() -> PathBuf {
    PathBuf::from("none")
}

/// Two nodes and a block of ours.
fn fill(etcd: &Etcd) -> Result<()> {
    put(etcd, "nodes", NODE, r#"{"bgp":{"ipv4Address":"10.20.0.11/16"}}"#)?;
    put(etcd, "nodes", "worker-2", r#"{"bgp":{"ipv4Address":"10.20.0.12/16"}}"#)
}

#[test]
fn lab_changes_in_etcd_are_followed() -> Result<()> {
    let scratch = Scratch::new("calico-etcd")?;
    let etcd = etcd::start()?;
    fill(&etcd)?;
    let watch = Watch::start(&scratch, "watch", &format!("etcd:{}", etcd.url()), &none())?;
    watch.says("IPv4 + Mesh_10_20_0_12")?;
    put(&etcd, "bgppeers", "tor", r#"{"peerIP":"10.20.0.1","asNumber":65020}"#)?;
    watch.says("IPv4 + Global_10_20_0_1")?;
    put(&etcd, "bgppeers", "tor", r#"{"peerIP":"10.20.0.1","asNumber":65021}"#)?;
    watch.says("IPv4 ! Global_10_20_0_1: neighbor as")?;
    put(&etcd, "ippools", "pods", r#"{"cidr":"10.44.0.0/16"}"#)?;
    watch.says("IPv4 ~ Mesh_10_20_0_12")?;
    watch.is(0, "last change: 0 s ago by IPPools")
}

/// An etcd that is away, and compacted when it is back: what was computed stays, and what was missed comes.
#[test]
fn lab_an_etcd_that_is_away_costs_nothing() -> Result<()> {
    let scratch = Scratch::new("calico-away")?;
    let mut etcd = etcd::start()?;
    fill(&etcd)?;
    let watch = Watch::start(&scratch, "watch", &format!("etcd:{}", etcd.url()), &none())?;
    watch.says("IPv4 + Mesh_10_20_0_12")?;
    let before = watch.process.log().matches("IPv4 ").count();
    etcd.down();
    watch.is(1, "tries")?;
    ensure!(status(&watch.socket)?.1.contains("protocols: IPv4 4,"), "{}", status(&watch.socket)?.1);
    etcd.up()?;
    etcd.ctl(&["del", "/calico/resources/v3/projectcalico.org/nodes/worker-2"])?;
    put(&etcd, "nodes", "worker-3", r#"{"bgp":{"ipv4Address":"10.20.0.13/16"}}"#)?;
    compact(&etcd)?;
    watch.says("IPv4 + Mesh_10_20_0_13")?;
    watch.says("IPv4 - Mesh_10_20_0_12")?;
    watch.is(0, "works")?;
    ensure!(watch.process.log().matches("IPv4 ").count() == before + 2, "{}", watch.process.log());
    Ok(())
}

#[test]
fn lab_what_was_last_known_is_used_until_etcd_is_there() -> Result<()> {
    let scratch = Scratch::new("calico-state")?;
    let mut etcd = etcd::start()?;
    fill(&etcd)?;
    let datastore = format!("etcd:{}", etcd.url());
    let state = scratch.file("state.json");
    let mut first = Watch::start(&scratch, "first", &datastore, &state)?;
    first.says("IPv4 + Mesh_10_20_0_12")?;
    first.process.stop();
    until("the state to be kept", || state.exists())?;
    etcd.down();
    let second = Watch::start(&scratch, "second", &datastore, &state)?;
    second.says("IPv4 + Mesh_10_20_0_12")?;
    second.is(1, "what was last known")?;
    etcd.up()?;
    second.is(0, "configuration: from the datastore")
}

#[test]
fn lab_without_a_datastore_it_waits_and_says_for_what() -> Result<()> {
    let scratch = Scratch::new("calico-wait")?;
    let watch = Watch::start(&scratch, "watch", "etcd:http://127.0.0.1:1", &none())?;
    watch.is(1, "waiting for Node")?;
    watch.is(1, "127.0.0.1:1")
}

/// A file that cannot be read, and an object that is refused, are named; everything else applies.
#[test]
fn lab_what_is_wrong_with_manifests_is_said() -> Result<()> {
    let scratch = Scratch::new("calico-folder")?;
    let manifests = scratch.file("manifests");
    std::fs::create_dir(&manifests)?;
    for file in ["10-nodes.yaml", "20-calico.yaml"] {
        std::fs::copy(cluster().join("manifests").join(file), manifests.join(file))?;
    }
    let watch = Watch::start(&scratch, "watch", &folder(&manifests), &none())?;
    watch.says("IPv4 + Node_10_20_0_1_port_1790")?;
    watch.is(0, "works")?;
    std::fs::write(manifests.join("30.yaml"), "kind: [unclosed\n")?;
    watch.is(1, "30.yaml")?;
    let refused =
        "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: bad}, spec: {peerIP: nowhere}}\n";
    std::fs::write(manifests.join("30.yaml"), refused)?;
    watch.is(0, "BGPPeer bad spec.peerIP")?;
    let good = "{kind: BGPPeer, apiVersion: projectcalico.org/v3, metadata: {name: bad}, spec: {peerIP: 10.20.0.9, asNumber: 65009}}\n";
    std::fs::write(manifests.join("30.yaml"), good)?;
    watch.says("IPv4 + Global_10_20_0_9")?;
    std::fs::remove_file(manifests.join("30.yaml"))?;
    watch.says("IPv4 - Global_10_20_0_9")
}

#[test]
fn lab_nobody_to_ask_is_said() -> Result<()> {
    let scratch = Scratch::new("calico-nobody")?;
    let socket = scratch.file("nothing.sock");
    let (code, _, err) = run(&["status", "--socket", &socket.to_string_lossy()])?;
    ensure!(code == 2 && err.contains("nothing answers on"), "{code} {err}");
    Ok(())
}

/// Ranges of services are announced without Kubernetes, which single ones would need.
#[test]
fn lab_etcd_alone_has_no_services_to_wait_for() -> Result<()> {
    let scratch = Scratch::new("calico-alone")?;
    let etcd = etcd::start()?;
    fill(&etcd)?;
    put(&etcd, "bgpconfigurations", "default", r#"{"serviceClusterIPs":[{"cidr":"10.96.0.0/16"}]}"#)?;
    let watch = Watch::start(&scratch, "watch", &format!("etcd:{}", etcd.url()), &none())?;
    watch.says("IPv4 + static1")?;
    watch.says("single services are not")
}
