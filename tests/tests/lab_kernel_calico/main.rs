//! The kernel's table on a node of Calico: routes over several neighbors, through `tunl0`, beside Felix's.

mod beside;
mod several;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Process, Program, Router, Scratch, until};

/// A node with two neighbors, each on a link of its own: 192.0.2.2 and 198.51.100.2.
struct Lab {
    node: Namespace,
    neighbors: [Namespace; 2],
}

impl Lab {
    fn new(label: &str) -> Result<Self> {
        let node = Namespace::new(label)?;
        let neighbors = [Namespace::new(&format!("{label}a"))?, Namespace::new(&format!("{label}b"))?];
        Namespace::join(
            (&node, "na", &["192.0.2.1/24", "2001:db8:a::1/64"]),
            (&neighbors[0], "eth0", &["192.0.2.2/24", "2001:db8:a::2/64"]),
        )?;
        Namespace::join(
            (&node, "nb", &["198.51.100.1/24", "2001:db8:b::1/64"]),
            (&neighbors[1], "eth0", &["198.51.100.2/24", "2001:db8:b::2/64"]),
        )?;
        Ok(Self { node, neighbors })
    }

    /// An interface named as the one for IP-in-IP. What it does with packets is nobody's concern here.
    fn add_tunnel(&self) -> Result<()> {
        self.node.ip(&["link", "add", "tunl0", "type", "veth", "peer", "name", "tunl0p"])?;
        self.node.ip(&["addr", "add", "10.65.255.1/32", "dev", "tunl0"])?;
        self.node.ip(&["link", "set", "tunl0p", "up"])?;
        self.node.ip(&["link", "set", "tunl0", "up"])?;
        Ok(())
    }

    /// A neighbor of the same AS that announces blackholes.
    fn neighbor(&self, n: usize, nets4: &[&str], nets6: &[&str]) -> Result<Router> {
        let (us4, us6, node4, node6) = match n {
            0 => ("192.0.2.2", "2001:db8:a::2", "192.0.2.1", "2001:db8:a::1"),
            _ => ("198.51.100.2", "2001:db8:b::2", "198.51.100.1", "2001:db8:b::1"),
        };
        let routes = |nets: &[&str]| {
            nets.iter().map(|n| format!("route {n} blackhole;")).collect::<Vec<_>>().join(" ")
        };
        let config = format!(
            "router id {us4};
             protocol device {{}}
             protocol static {{ ipv4; {} }}
             protocol static {{ ipv6; {} }}
             template bgp node {{ local as 64512; connect delay time 1; connect retry time 1; error wait time 1, 1; }}
             protocol bgp n4 from node {{ neighbor {node4} as 64512; source address {us4};
               ipv4 {{ import all; export all; next hop self; }}; }}
             protocol bgp n6 from node {{ neighbor {node6} as 64512; source address {us6};
               ipv6 {{ import all; export all; next hop self; }}; }}",
            routes(nets4),
            routes(nets6)
        );
        Router::start(&self.neighbors[n], Program::Bird2, &config)
    }
}

/// The kernel's routes to exactly this net, without what of a line says nothing.
fn kernel(node: &Namespace, net: &str) -> Vec<String> {
    let family = if net.contains(':') { "-6" } else { "-4" };
    let shown = node.ip(&[family, "route", "show", "exact", net]).unwrap_or_default();
    let line = |l: &str| {
        let words = l.split_whitespace().filter(|w| !matches!(*w, "pref" | "medium"));
        words.collect::<Vec<_>>().join(" ")
    };
    shown.lines().map(line).collect()
}

fn kernel_is(node: &Namespace, net: &str, lines: &[&str], router: &Router) -> Result<()> {
    until(&format!("{net} as {lines:?}"), || kernel(node, net) == lines)
        .with_context(|| format!("{:?}\n{}\n{}", kernel(node, net), router.route(net), router.log()))?;
    Ok(())
}

/// `ip monitor route` while it lives.
struct Monitor {
    process: Process,
    node: String,
    _scratch: Scratch,
}

impl Monitor {
    fn start(node: &Namespace) -> Result<Self> {
        let scratch = Scratch::new("monitor")?;
        let mut command = Command::new("ip");
        command.args(["-n", node.name(), "-o", "monitor", "route"]);
        let process = Process::start(command, scratch.file("log"))?;
        let monitor = Self { process, node: node.name().to_owned(), _scratch: scratch };
        // It listens once it has told of this.
        until("ip monitor", || {
            let _ = monitor.touch("203.0.113.1/32");
            monitor.process.log().contains("203.0.113.1")
        })?;
        Ok(monitor)
    }

    fn touch(&self, net: &str) -> Result<()> {
        for what in ["replace", "del"] {
            let status =
                Command::new("ip").args(["-n", &self.node, "route", what, "blackhole", net]).status()?;
            ensure!(status.success());
        }
        Ok(())
    }

    /// What it told of routes of protocol 12 up to now.
    fn of_ours(&self) -> Result<Vec<String>> {
        self.touch("203.0.113.2/32")?;
        until("what is past", || self.process.log().contains("203.0.113.2"))?;
        let ours = |l: &&str| l.contains("proto bird");
        Ok(self.process.log().lines().filter(ours).map(|l| l.trim().to_owned()).collect())
    }
}
