//! A Calico cluster of three nodes without BIRD and without confd, shown as it happens.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use godwit_lab::rack::{Pod, Rack, forwarder, ip_batch};
use godwit_lab::{Namespace, Process, Scratch, birdc_text, wait_for};

use crate::demo::{step, took};

const LIMIT: Duration = Duration::from_secs(30);

/// A machine of the cluster, with `godwit node` on it.
struct Node {
    name: String,
    machine: Namespace,
    pod: Pod,
    daemon: Process,
    directory: PathBuf,
}

/// The cluster: a rack, and a folder of manifests that everyone follows.
struct Cluster {
    rack: Rack,
    manifests: PathBuf,
    scratch: Scratch,
}

pub(crate) fn run() -> Result<()> {
    godwit_lab::need_root()?;
    crate::packages::for_demo()?;
    step("building godwit");
    crate::cargo(&["build", "--release", "--quiet", "--bin", "godwit"])?;
    let scratch = Scratch::new("demo-calico")?;
    let manifests = scratch.file("manifests");
    std::fs::create_dir(&manifests)?;
    let cluster = Cluster { rack: Rack::new("rack")?, manifests, scratch };

    step("a cluster in a folder of manifests: an AS, a pool, and three nodes with a block each");
    cluster.apply("10-cluster.yaml", CLUSTER)?;
    for number in 1..=3 {
        let (node, block) = (node_manifest(number), block_manifest(number, &block(number)));
        cluster.apply(&format!("20-node-{number}.yaml"), &format!("{node}---\n{block}"))?;
    }
    step(
        "three machines in a rack, a pod on each, and on each machine one process: godwit node --datastore dir:…",
    );
    let began = Instant::now();
    let mut nodes = (1..=3).map(|number| cluster.node(number)).collect::<Result<Vec<_>>>()?;
    let [one, two, three] = nodes.as_mut_slice() else { anyhow::bail!("three nodes") };
    for (node, to) in [(&*one, 2), (one, 3), (two, 1), (two, 3), (three, 1), (three, 2)] {
        node.has_route(&block(to))?;
    }
    took("every node has every other's block in its kernel", began);
    show(one, "show protocols");
    println!("$ ip route    (node-1)\n{}", one.machine.ip(&["route"])?);
    step("the pod on node-1 pings the pod on node-3");
    println!("{}", one.pod.namespace.run("ping", &["-c", "2", "-i", "0.2", &three.pod.ipv4])?);

    step("a pod appears on node-2, with the first address of a new block");
    watch(&[&*one, three], || {
        cluster.apply("30-block.yaml", &block_manifest(2, "10.244.22.0/26"))?;
        let began = Instant::now();
        one.has_route("10.244.22.0/26")?;
        took("node-1's kernel has the block", began);
        Ok(())
    })?;
    let pod = Pod::new(&two.machine, "cali222", "10.244.22.1", "fd00:244::22:1")?;
    println!("{}", one.pod.namespace.run("ping", &["-c", "2", "-i", "0.2", &pod.ipv4])?);

    step("a BGPPeer is added: the router at the top of the rack, in AS 65001, with a password");
    let tor = cluster.top_of_rack()?;
    let began = Instant::now();
    cluster.apply("40-peer.yaml", PEER)?;
    wait_for("the blocks at the top of the rack", LIMIT, || {
        (1..=3).all(|n| !tor.1.routes(&block(n)).is_empty()).then_some(())
    })
    .with_context(|| one.daemon.log())?;
    took("all blocks are in its kernel", began);
    println!("$ ip route    (the router)\n{}", tor.1.ip(&["route", "show", "proto", "bird"])?);

    step("a BGPFilter for that peer hides the new block");
    let mesh = one.uptimes();
    watch(&[&*one], || {
        let began = Instant::now();
        cluster.apply("50-filter.yaml", FILTER)?;
        cluster.apply("40-peer.yaml", &format!("{PEER}  filters: [hide]\n"))?;
        wait_for("the block to go", LIMIT, || tor.1.routes("10.244.22.0/26").is_empty().then_some(()))?;
        took("gone from the router's kernel, the others are still there", began);
        Ok(())
    })?;
    if one.uptimes() == mesh {
        println!("   no session was restarted: the mesh is up since the same time as before");
    }

    step("a node leaves: node-3 is deleted from the datastore and switched off");
    watch(&[&*one], || {
        let began = Instant::now();
        std::fs::remove_file(cluster.manifests.join("20-node-3.yaml"))?;
        three.daemon.kill();
        wait_for("node-3's block to go", LIMIT, || one.machine.routes(&block(3)).is_empty().then_some(()))?;
        took("its block is gone from node-1's kernel", began);
        Ok(())
    })?;

    step("godwit on node-1 is killed and started again, while a pod pings");
    let mut ping = one.pod.namespace.command("ping");
    ping.args(["-q", "-i", "0.01", "-c", "300", &two.pod.ipv4]);
    let mut ping = Process::start(ping, cluster.scratch.file("ping"))?;
    one.daemon.kill();
    one.daemon = cluster.daemon(&one.machine, &one.name)?;
    wait_for("the pings", LIMIT, || ping.ended())?;
    println!("{}", ping.log().lines().filter(|l| l.contains("packets")).collect::<String>());
    show(one, "show protocols");
    Ok(())
}

fn block(node: u8) -> String {
    format!("10.244.{node}.0/26")
}

const CLUSTER: &str = "\
apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata: {name: default}
spec: {asNumber: 64512}
---
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: pods}
spec: {cidr: 10.244.0.0/16}
";

const PEER: &str = "\
apiVersion: v1
kind: Secret
metadata: {name: bgp, namespace: kube-system}
stringData: {tor: between us}
---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata: {name: top-of-rack}
spec:
  peerIP: 172.20.0.1
  asNumber: 65001
  password: {secretKeyRef: {name: bgp, key: tor}}
";

const FILTER: &str = "\
apiVersion: projectcalico.org/v3
kind: BGPFilter
metadata: {name: hide}
spec:
  exportV4:
    - {action: Reject, matchOperator: In, cidr: 10.244.22.0/26}
";

/// The router at the top of the rack: any bird.conf.
const TOP_OF_RACK: &str = "\
router id 172.20.0.1;
protocol device {}
protocol direct { ipv4; }
protocol kernel { ipv4 { export where source = RTS_BGP; }; }
template bgp node {
  local 172.20.0.1 as 65001;
  password \"between us\";
  multihop;
  ipv4 { import all; export none; };
}
protocol bgp node1 from node { neighbor 172.20.0.11 as 64512; }
protocol bgp node2 from node { neighbor 172.20.0.12 as 64512; }
protocol bgp node3 from node { neighbor 172.20.0.13 as 64512; }
";

fn node_manifest(number: u8) -> String {
    format!(
        "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata: {{name: node-{number}}}\n\
         spec: {{bgp: {{ipv4Address: 172.20.0.1{number}/24}}}}\n"
    )
}

fn block_manifest(number: u8, cidr: &str) -> String {
    let name = cidr.replace(['.', '/'], "-");
    format!(
        "apiVersion: projectcalico.org/v3\nkind: BlockAffinity\nmetadata: {{name: node-{number}-{name}}}\n\
         spec: {{node: node-{number}, cidr: {cidr}, state: confirmed}}\n"
    )
}

impl Cluster {
    /// Writes a manifest as a whole, as an editor or a synchroniser does.
    fn apply(&self, name: &str, text: &str) -> Result<()> {
        let new = self.scratch.write(name, text)?;
        Ok(std::fs::rename(new, self.manifests.join(name))?)
    }

    fn node(&self, number: u8) -> Result<Node> {
        let name = format!("node-{number}");
        let machine = forwarder(&name)?;
        self.rack.plug(&machine, "eth0", &[&format!("172.20.0.1{number}/24")])?;
        ip_batch(&machine, "route add default via 172.20.0.1")?;
        let (ipv4, ipv6) = (format!("10.244.{number}.1"), format!("fd00:244::{number}:1"));
        let pod = Pod::new(&machine, &format!("cali{number}"), &ipv4, &ipv6)?;
        let daemon = self.daemon(&machine, &name)?;
        Ok(Node { directory: self.scratch.file(&name), name, machine, pod, daemon })
    }

    fn daemon(&self, machine: &Namespace, name: &str) -> Result<Process> {
        let mut command = machine.command(crate::built("release"));
        command.arg("node").arg("--datastore").arg(format!("dir:{}", self.manifests.display()));
        command.args(["--node", name, "--release", "3.33", "--socket-dir"]).arg(self.scratch.file(name));
        command.arg("--state-file").arg(self.scratch.file(&format!("{name}.state")));
        Process::start(command, self.scratch.file(&format!("{name}.log")))
    }

    fn top_of_rack(&self) -> Result<(Process, Namespace)> {
        let machine = forwarder("tor")?;
        self.rack.plug(&machine, "eth0", &["172.20.0.1/24"])?;
        let mut command = machine.command(crate::built("release"));
        command.arg("-f").arg("-c").arg(self.scratch.write("tor.conf", TOP_OF_RACK)?);
        command.arg("-s").arg(self.scratch.file("tor.ctl"));
        Ok((Process::start(command, self.scratch.file("tor.log"))?, machine))
    }
}

impl Node {
    fn has_route(&self, prefix: &str) -> Result<()> {
        let route = || (!self.machine.routes(prefix).is_empty()).then_some(());
        wait_for(&format!("{prefix} on {}", self.name), LIMIT, route).with_context(|| self.daemon.log())?;
        Ok(())
    }

    /// The kernel's routes that BGP put there.
    fn routes(&self) -> BTreeSet<String> {
        let routes = self.machine.ip(&["route", "show", "proto", "bird"]).unwrap_or_default();
        routes.lines().map(|line| line.trim().to_owned()).collect()
    }

    /// Since when each session of the mesh is as it is.
    fn uptimes(&self) -> Vec<String> {
        let protocols = birdc_text(&self.directory.join("bird.ctl"), "show protocols");
        protocols.lines().filter(|line| line.starts_with("Mesh_")).map(str::to_owned).collect()
    }
}

/// Does something, and says what it changed in the kernels of some nodes.
fn watch(nodes: &[&Node], act: impl FnOnce() -> Result<()>) -> Result<()> {
    let before: Vec<_> = nodes.iter().map(|node| node.routes()).collect();
    act()?;
    for (node, before) in nodes.iter().zip(before) {
        let after = node.routes();
        before.difference(&after).for_each(|route| println!("   {} - {route}", node.name));
        after.difference(&before).for_each(|route| println!("   {} + {route}", node.name));
    }
    Ok(())
}

fn show(node: &Node, command: &str) {
    println!(
        "$ birdc {command}    ({})\n{}",
        node.name,
        birdc_text(&node.directory.join("bird.ctl"), command)
    );
}
