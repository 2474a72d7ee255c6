//! A node as Calico's BIRD has it, and its neighbors: the same for BIRD 1.6.8 and for godwit.

use std::fmt::Write as _;

use anyhow::Result;
use godwit_lab::{Namespace, Program, Router, settles, until};

/// The half of the node that is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    /// A host of the network of the nodes; we are the first.
    pub(crate) fn host(self, n: u8) -> String {
        match self {
            Self::V4 => format!("10.9.0.{n}"),
            Self::V6 => format!("fd00:9::{n}"),
        }
    }

    /// The block of addresses of a node.
    pub(crate) fn block(self, n: u8) -> String {
        match self {
            Self::V4 => format!("10.65.{n}.0/26"),
            Self::V6 => format!("fd00:65:0:{n}::/122"),
        }
    }

    /// The address of a workload in a block.
    pub(crate) fn workload(self, n: u8) -> String {
        match self {
            Self::V4 => format!("10.65.{n}.9/32"),
            Self::V6 => format!("fd00:65:0:{n}::9/128"),
        }
    }

    /// The name of the protocol for a neighbor.
    pub(crate) fn protocol(self, kind: &str, n: u8) -> String {
        format!("{kind}_{}", self.host(n).replace(['.', ':'], "_"))
    }

    /// The real daemon of the family.
    pub(crate) fn bird(self) -> Program {
        match self {
            Self::V4 => Program::Bird16,
            Self::V6 => Program::Bird16V6,
        }
    }

    /// Ours in its place.
    pub(crate) fn godwit(self) -> Program {
        match self {
            Self::V4 => Program::Godwit,
            Self::V6 => Program::GodwitV6,
        }
    }

    /// What `ip` has to be told.
    fn flag(self) -> &'static str {
        if self == Self::V4 { "-4" } else { "-6" }
    }

    fn length(self) -> u8 {
        if self == Self::V4 { 24 } else { 64 }
    }
}

/// What is in the node's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Routes {
    /// What every consumer understands.
    Plain,
    /// Also routes of several next hops and those of a peer that is a workload.
    Odd,
}

/// Which neighbors there are, by the number of their address.
pub(crate) const MESH: u8 = 2;
/// It waits for us, who wait for it.
pub(crate) const PASSIVE: u8 = 3;
/// Nobody listens.
pub(crate) const REFUSED: u8 = 4;
pub(crate) const DISABLED: u8 = 5;
/// A client of ours, who are a route reflector.
pub(crate) const CLIENT: u8 = 6;
/// It is of another AS than we think.
pub(crate) const WRONG_AS: u8 = 7;
/// A workload on the node.
pub(crate) const WORKLOAD: u8 = 8;
/// A block that two neighbors announce.
pub(crate) const SHARED: u8 = 99;

/// The node's configuration.
pub(crate) fn node(family: Family, routes: Routes) -> String {
    let us = family.host(1);
    let mut text = format!(
        r#"
log stderr all;
router id 10.9.0.1;
function calico_aggr() {{ if net = {block} then accept; if net ~ {block} then reject; }}
filter calico_export_to_bgp_peers {{
  if source != RTS_BGP then bgp_local_pref = 2147482623;
  calico_aggr();
  if net ~ {pool} then accept;
  reject;
}}
filter calico_kernel_programming {{ if net = {block} then reject; krt_metric = 1024; accept; }}
template bgp bgp_template {{
  debug {{ states }};
  description "Connection to BGP peer";
  local as 64512;
  multihop;
  gateway recursive;
  import all;
  export filter calico_export_to_bgp_peers;
  source address {us};
  add paths on;
  graceful restart;
  connect delay time 1;
  connect retry time 5;
  error wait time 5,30;
}}
protocol static {{ route {block} blackhole; route {unreachable} unreachable; {odd} }}
protocol kernel {{ learn; persist; scan time 2; import all; export filter calico_kernel_programming;
  graceful restart; merge paths on; }}
protocol device {{ debug {{ states }}; scan time 2; }}
protocol direct {{ debug {{ states }}; interface -"cali*", -"kube-ipvs*", "*"; }}
"#,
        block = family.block(1),
        unreachable = family.block(101),
        pool = if family == Family::V4 { "10.65.0.0/16" } else { "fd00:65::/32" },
        odd = if routes == Routes::Odd {
            let (a, b) = (family.host(MESH), family.host(CLIENT));
            format!("route {} multipath via {a} via {b} weight 2;", family.block(102))
        } else {
            String::new()
        },
    );
    let mut peer = |kind: &str, n: u8, suffix: &str, neighbor: &str, more: &str| {
        let name = family.protocol(kind, n);
        let host = family.host(n);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "protocol bgp {name}{suffix} from bgp_template {{ neighbor {host} {neighbor}; {more} }}"
        );
    };
    peer("Global", REFUSED, "_port_1790", "port 1790 as 64513", "");
    if routes == Routes::Odd {
        peer("Local_Workload", WORKLOAD, "", "as 64600", "");
    }
    peer("Mesh", MESH, "", "as 64512", "");
    peer("Mesh", PASSIVE, "", "as 64512", "passive on;");
    peer("Node", DISABLED, "", "as 64512", "disabled;");
    peer("Node", CLIENT, "", "as 64512", "rr client; rr cluster id 224.0.0.1;");
    peer("Node", WRONG_AS, "", "as 64513", "error wait time 300,300;");
    text
}

/// The configuration of a neighbor: its own block, and one that others announce too. It waits for us: of two that
/// connect at once BIRD may end both, and then waits, twice as long each time.
fn neighbor(family: Family, n: u8, asn: u32) -> String {
    let (us, them) = (family.host(n), family.host(1));
    format!(
        r"
log stderr all;
router id 10.9.0.{n};
listen bgp address {us};
filter outgoing {{
  bgp_community.add((64512, {n}));
  if net = {shared} then {{ bgp_local_pref = 2147482623; }}
  accept;
}}
protocol device {{ }}
protocol static {{ route {block} blackhole; route {shared} blackhole; }}
protocol bgp node {{
  local as {asn}; neighbor {them} as 64512; source address {us}; multihop; passive;
  import all; export filter outgoing; add paths on; graceful restart;
  connect delay time 1; connect retry time 5; error wait time 1,2;
}}
",
        block = family.block(n),
        shared = family.block(SHARED),
    )
}

/// The node's surroundings; daemons run in it one after the other.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) family: Family,
    pub(crate) routes: Routes,
    pub(crate) node: Namespace,
    others: Namespace,
}

impl Scene {
    pub(crate) fn new(family: Family, routes: Routes) -> Result<Self> {
        let (node, others) = (Namespace::new("n")?, Namespace::new("o")?);
        let at = |n| format!("{}/{}", family.host(n), family.length());
        let theirs = [MESH, REFUSED, CLIENT, WRONG_AS, WORKLOAD].map(at);
        let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
        Namespace::join((&node, "eth0", &[&at(1)]), (&others, "eth0", &theirs))?;
        Namespace::join((&node, "cali1", &[]), (&others, "pod1", &[]))?;
        let ip = |args: &str| {
            node.ip(&[&[family.flag(), "route", "add"], &*args.split(' ').collect::<Vec<_>>()].concat())
        };
        // As Felix writes them: a workload here, and one whose address was borrowed from another node's block.
        for n in [1, MESH] {
            ip(&format!("{} dev cali1 proto 80 metric 1024", family.workload(n)))?;
        }
        let (via, other) = (family.host(MESH), family.host(CLIENT));
        ip(&format!("{} via {via} proto static metric 77", family.block(77)))?;
        if routes == Routes::Odd {
            // In the order of their addresses: others BIRD 1.6 does not take.
            let hops = format!("nexthop via {via} weight 1 nexthop via {other} weight 1");
            ip(&format!("{} proto static metric 78 {hops}", family.block(78)))?;
        }
        for (namespace, link) in [(&node, "eth0"), (&others, "eth0"), (&node, "cali1")] {
            namespace.has_link_local(link)?;
        }
        Ok(Self { family, routes, node, others })
    }

    /// Starts the neighbors and the node, and waits until nothing changes any more.
    pub(crate) fn run(&self, program: Program) -> Result<Running> {
        // What a daemon before this one left behind.
        self.node.ip(&[self.family.flag(), "route", "flush", "proto", "12"])?;
        let mut neighbors = Vec::new();
        for (n, asn) in [(MESH, 64512), (CLIENT, 64512), (WRONG_AS, 64999), (WORKLOAD, 64600)] {
            let config = neighbor(self.family, n, asn);
            neighbors.push(Router::start(&self.others, self.family.bird(), &config)?);
        }
        let config = node(self.family, self.routes);
        let router = Router::start(&self.node, program, &config)?;
        let running = Running { router, _neighbors: neighbors };
        running.settle(self)?;
        Ok(running)
    }
}

/// A node that runs.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) router: Router,
    _neighbors: Vec<Router>,
}

impl Running {
    fn settle(&self, scene: &Scene) -> Result<()> {
        let family = scene.family;
        let mut peers = vec![("Mesh", MESH), ("Node", CLIENT)];
        if scene.routes == Routes::Odd {
            peers.push(("Local_Workload", WORKLOAD));
        }
        for (kind, n) in peers {
            self.router.established(&family.protocol(kind, n))?;
            self.router.has_route(&family.block(n), &[])?;
        }
        until("both neighbors' shared route", || {
            let shown = self.router.birdc(&format!("show route {}", family.block(SHARED)));
            shown.matches("via").count() >= 2
        })?;
        until("the errors", || {
            let shown = self.router.birdc("show protocols");
            shown.contains("Socket: Connection refused") && shown.contains("Bad peer AS")
        })?;
        settles("the node", || {
            let kernel = self.router.birdc("show route protocol kernel1");
            let peers = self.router.birdc("show protocols");
            let states: Vec<String> = peers.lines().map(|l| l.split_whitespace().collect()).collect();
            (kernel, states)
        })?;
        Ok(())
    }
}
