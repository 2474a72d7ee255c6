//! The files that are written for whoever looks for confd's.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::until;

use crate::{Cluster, bird16, output};

const PEER: &str = "\
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata: {name: tor}
spec: {peerIP: 10.20.0.9, asNumber: 65020, password: {secretKeyRef: {name: fabric, key: east}}}
---
apiVersion: v1
kind: Secret
metadata: {name: fabric, namespace: kube-system}
data: {east: bGV0LW1lLWlu}
";

#[test]
fn lab_files_say_what_runs_and_bird_reads_them() -> Result<()> {
    let cluster = Cluster::new()?;
    let directory = cluster.scratch.file("config");
    let node = cluster.start(0, &["--write-bird-cfg", &directory.to_string_lossy()])?;
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap_or_default();
    until("the files", || read("bird6.cfg").contains("Mesh_fd20__2")).with_context(|| node.process.log())?;
    ensure!(read("bird_aggr.cfg").contains("route 10.44.1.0/26 blackhole"), "{}", read("bird_aggr.cfg"));
    let mode = || std::fs::metadata(directory.join("bird.cfg")).map(|meta| meta.permissions().mode() & 0o777);
    ensure!(mode()? == 0o644);
    cluster.manifest("40-peer.yaml", PEER)?;
    until("the peer", || read("bird.cfg").contains("password \"let-me-in\""))
        .with_context(|| node.process.log())?;
    ensure!(mode()? == 0o600);
    let left: Vec<_> = std::fs::read_dir(&directory)?.filter_map(|e| e.ok().map(|e| e.file_name())).collect();
    ensure!(left.len() == 6, "{left:?}");
    for name in ["bird", "bird6"] {
        let file = directory.join(format!("{name}.cfg"));
        let (good, shown) = output(&bird16(name), &["-p", "-c", &file.to_string_lossy()])?;
        ensure!(good, "{name}: {shown}");
    }
    let datastore = format!("dir:{}", cluster.manifests().display());
    let files = ["bird.cfg", "bird6.cfg"].map(|name| directory.join(name).to_string_lossy().into_owned());
    let common = ["calico", "diff", "--datastore", &datastore, "--node", "node-a", "--release", "3.33"];
    let against = ["--against", &files[0], &files[1]];
    let (good, shown) = output(&godwit_lab::godwit()?, &[&common[..], &against[..]].concat())?;
    ensure!(good, "{shown}");
    Ok(())
}
