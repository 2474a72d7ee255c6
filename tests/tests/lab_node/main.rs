//! `godwit node`: two nodes of a cluster of Calico's, from its manifests to the other's kernel.

mod files;
mod life;
mod names;
mod sessions;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use godwit_lab::{LIMIT, Namespace, Process, Scratch, birdc_text, text, until, wait_for, workspace};

/// What the nodes are called; their addresses end in 1 and 2.
const NODES: [&str; 2] = ["node-a", "node-b"];

/// Two hosts, a cable, and the datastore: a folder.
struct Cluster {
    hosts: [Namespace; 2],
    scratch: Scratch,
}

impl Cluster {
    fn new() -> Result<Self> {
        let (a, b) = (Namespace::new("na")?, Namespace::new("nb")?);
        let (a4, b4) = ("10.20.0.1/24", "10.20.0.2/24");
        Namespace::join((&a, "eth0", &[a4, "fd20::1/64"]), (&b, "eth0", &[b4, "fd20::2/64"]))?;
        let cluster = Self { hosts: [a, b], scratch: Scratch::new("node")? };
        std::fs::create_dir(cluster.manifests())?;
        cluster.manifest("10-nodes.yaml", &NODES.map(node).join("---\n"))?;
        cluster.manifest("20-pools.yaml", POOLS)?;
        cluster.manifest("30-blocks.yaml", &(block("node-a", 1) + "---\n" + &block("node-b", 2)))?;
        Ok(cluster)
    }

    fn manifests(&self) -> PathBuf {
        self.scratch.file("manifests")
    }

    /// Writes a manifest, or another in its place, as a whole.
    fn manifest(&self, name: &str, text: &str) -> Result<()> {
        let beside = self.scratch.write(name, text)?;
        Ok(std::fs::rename(beside, self.manifests().join(name))?)
    }

    /// The flags of a node.
    fn command(&self, node: usize, more: &[&str]) -> Result<Command> {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", self.hosts[node].name()]).arg(godwit_lab::godwit()?);
        command.arg("node").arg("--datastore").arg(format!("dir:{}", self.manifests().display()));
        command.args(["--node", NODES[node], "--release", "3.33", "--socket-dir"]).arg(self.sockets(node));
        command.args(more).env_remove("NODENAME");
        Ok(command)
    }

    fn sockets(&self, node: usize) -> PathBuf {
        self.scratch.file(NODES[node])
    }

    /// Starts a node and waits for its sockets.
    fn start(&self, node: usize, more: &[&str]) -> Result<Node> {
        let mut running = self.start_only(node, more)?;
        wait_for("both control sockets", LIMIT, || {
            let ended = running.process.ended().is_some();
            let answers = |name| running.birdc(name, "show status").contains("Daemon is up");
            (ended || (answers("bird") && answers("bird6"))).then_some(())
        })
        .with_context(|| running.process.log())?;
        Ok(running)
    }

    fn start_only(&self, node: usize, more: &[&str]) -> Result<Node> {
        let command = self.command(node, more)?;
        let process = Process::start(command, self.scratch.file(&format!("{}.log", NODES[node])))?;
        Ok(Node { process, sockets: self.sockets(node) })
    }

    /// Both, with the sessions between them up.
    fn both(&self) -> Result<[Node; 2]> {
        let nodes = [self.start(0, &[])?, self.start(1, &[])?];
        for (name, protocol) in [("bird", "Mesh_10_20_0_2"), ("bird6", "Mesh_fd20__2")] {
            nodes[0].established(name, protocol)?;
        }
        Ok(nodes)
    }

    /// Waits for a route in a node's kernel.
    fn in_kernel(&self, node: usize, prefix: &str) -> Result<()> {
        until(&format!("{prefix} in the kernel of {}", NODES[node]), || {
            self.hosts[node].routes(prefix).iter().any(|route| route.contains("proto bird"))
        })
        .map(|_| ())
    }
}

/// A node that runs.
struct Node {
    process: Process,
    sockets: PathBuf,
}

impl Node {
    fn socket(&self, name: &str) -> PathBuf {
        self.sockets.join(format!("{name}.ctl"))
    }

    /// What birdc prints, its banner first.
    fn birdc(&self, name: &str, command: &str) -> String {
        birdc_text(&self.socket(name), command)
    }

    fn established(&self, name: &str, protocol: &str) -> Result<()> {
        let shown = || self.birdc(name, &format!("show protocols {protocol}"));
        until(&format!("{protocol} to be up"), || shown().contains("Established"))
            .map(|_| ())
            .with_context(|| format!("{}\n{}", self.birdc(name, "show protocols all"), self.process.log()))
    }

    /// When a session came up, and how many UPDATEs and states it has seen since.
    fn since(&self, name: &str, protocol: &str) -> String {
        let shown = self.birdc(name, &format!("show protocols {protocol}"));
        let line = shown.lines().find(|line| line.starts_with(protocol)).unwrap_or_default().to_owned();
        line.split_whitespace().skip(3).take(2).collect::<Vec<_>>().join(" ")
    }

    /// Waits for a line in the log.
    fn says(&self, what: &str) -> Result<()> {
        until(what, || self.process.log().contains(what)).map(|_| ()).with_context(|| self.process.log())
    }
}

fn node(name: &str) -> String {
    let digit = if name == NODES[0] { 1 } else { 2 };
    format!(
        "apiVersion: v1\nkind: Node\nmetadata:\n  name: {name}\n  annotations:\n    \
         projectcalico.org/IPv4Address: 10.20.0.{digit}/24\n    projectcalico.org/IPv6Address: fd20::{digit}/64\n"
    )
}

const POOLS: &str = "\
apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata: {name: default}
spec: {asNumber: 64900, programClusterRoutes: Enabled}
---
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: v4}
spec: {cidr: 10.44.0.0/16, ipipMode: Never, vxlanMode: Never}
---
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: v6}
spec: {cidr: 'fd44::/48'}
";

/// A block of each family: 10.44.N.0/26 and fd44::N00/122.
fn block(node: &str, n: u8) -> String {
    let one = |name: &str, cidr: &str| {
        format!(
            "apiVersion: crd.projectcalico.org/v1\nkind: BlockAffinity\nmetadata: {{name: {node}-{name}-{n}}}\n\
             spec: {{node: {node}, cidr: '{cidr}', state: confirmed, deleted: 'false'}}\n"
        )
    };
    one("v4", &format!("10.44.{n}.0/26")) + "---\n" + &one("v6", &format!("fd44::{n}00/122"))
}

/// BIRD 1.6.8's programs.
fn bird16(name: &str) -> PathBuf {
    godwit_lab::target().join("peers/bird16/usr/sbin").join(name)
}

/// Runs a program to its end: whether it succeeded, and all it printed.
fn output(program: &Path, args: &[&str]) -> Result<(bool, String)> {
    let output = Command::new(program).args(args).current_dir(workspace()).output()?;
    Ok((output.status.success(), text(&output.stdout) + &text(&output.stderr)))
}
