//! Scene 6: two subnets, pools with tunnels and without: who programs which route.
//!
//! Whether a tunnel carries packets is the kernel's affair; here it is only a device of that name.

use anyhow::{Context as _, Result, ensure};
use godwit_lab::report::measured;
use godwit_lab::{Namespace, until};
use serde_json::json;

use crate::cluster::Cluster;
use crate::speaker::{Kind, RELEASE};
use crate::store::{NodeObject, Object, calico};
use godwit_lab::rack::{Rack, forwarder, ip_batch};

/// What a node's kernel has of others' blocks.
#[derive(Clone, Copy)]
struct Programmed {
    /// Of the pool with IPIP between subnets.
    ipip: bool,
    /// Of the pool without tunnels.
    plain: bool,
}

/// Nodes 1 and 2 in one subnet, node 3 in another, a router between them.
struct Subnets {
    cluster: Cluster,
    _router: Namespace,
    _other_rack: Rack,
}

fn tunnel(machine: &Namespace) -> Result<()> {
    ip_batch(
        machine,
        "link add tunl0 type veth peer name tunl0-end\nlink set tunl0 up\nlink set tunl0-end up\n",
    )
}

fn subnets(release: &'static str) -> Result<Subnets> {
    let mut cluster = Cluster::new()?;
    cluster.release = release;
    let (other_rack, router) = (Rack::new("rack-b")?, forwarder("router")?);
    cluster.rack.plug(&router, "eth0", &["172.20.0.1/24", "fd00:20::1/64"])?;
    other_rack.plug(&router, "eth1", &["172.21.0.1/24", "fd00:21::1/64"])?;
    let pool = |name: &str, cidr: &str, modes: serde_json::Value| {
        let mut spec = modes;
        spec["cidr"] = cidr.into();
        calico("IPPool", name, spec)
    };
    cluster.put(&[
        pool("pods-v4", "10.50.0.0/16", json!({ "ipipMode": "CrossSubnet" })),
        pool("always", "10.60.0.0/16", json!({ "ipipMode": "Always" })),
        pool("vxlan", "10.61.0.0/16", json!({ "vxlanMode": "Always" })),
        pool("plain", "10.62.0.0/16", json!({})),
    ])?;
    for number in 1..=2 {
        cluster.add(number, |_| {})?;
    }
    let object = NodeObject {
        name: "node-3".into(),
        ipv4: "172.21.0.13/24".into(),
        ipv6: "fd00:21::13/64".into(),
        ..NodeObject::default()
    };
    let machine = forwarder("node-3")?;
    let port = other_rack.plug(&machine, "eth0", &[&object.ipv4, &object.ipv6])?;
    ip_batch(&machine, "route add default via 172.21.0.1\nroute add default via fd00:21::1\n")?;
    cluster.settle_in(3, object, machine, port)?;
    for node in &cluster.nodes {
        tunnel(&node.machine)?;
        let number = node.object.name.trim_start_matches("node-");
        let block = |pool: &str| Object::Block {
            node: node.object.name.clone(),
            cidr: format!("10.{pool}.{number}.0/26"),
        };
        cluster.put(&["60", "61", "62"].map(block))?;
    }
    cluster.start(Kind::Node)?;
    cluster.mesh_is_up()?;
    Ok(Subnets { cluster, _router: router, _other_rack: other_rack })
}

impl Subnets {
    /// Waits until the first node's kernel has of the others' blocks what it should.
    fn has(&self, what: &str, programmed: Programmed) -> Result<()> {
        let node = &self.cluster.nodes[0];
        let (near, far) = ("via 172.20.0.12 dev eth0 ", "via 172.20.0.1 dev eth0 ");
        let through = |hop: &str| format!("via {hop} dev tunl0 ");
        let (near_tunnel, far_tunnel) = (through("172.20.0.12"), through("172.21.0.13"));
        let expected = [
            ("10.50.2.0/26", programmed.ipip, near),
            ("10.50.3.0/26", programmed.ipip, &far_tunnel),
            ("10.60.2.0/26", programmed.ipip, &near_tunnel),
            ("10.60.3.0/26", programmed.ipip, &far_tunnel),
            ("10.61.2.0/26", false, ""),
            ("10.61.3.0/26", false, ""),
            ("10.62.2.0/26", programmed.plain, near),
            ("10.62.3.0/26", programmed.plain, far),
        ];
        for (block, there, via) in expected {
            until(&format!("{what}: {block} {there} {via}"), || {
                let routes = node.kernel(block);
                let onlink = !via.contains("tunl0") || routes.iter().all(|route| route.contains("onlink"));
                onlink && routes.len() == usize::from(there) && routes.iter().all(|route| route.contains(via))
            })
            .with_context(|| node.told())?;
            // Whoever programs it, BGP knows it.
            let known = node.speaker.birdc(4, &format!("show route {block}"));
            ensure!(known.contains("Mesh_"), "{what}: {known}");
        }
        measured(&format!("scene 6, {what}: IPIP {}, plain {}", programmed.ipip, programmed.plain));
        // IPv6 has no such tunnels.
        let expected = [
            ("fd00:50:0:2::/122", "via fd00:20::12 dev eth0"),
            ("fd00:50:0:3::/122", "via fd00:20::1 dev eth0"),
        ];
        for (block, via) in expected.into_iter().filter(|_| programmed.plain) {
            node.routes_to(block, &[via])?;
        }
        Ok(())
    }

    fn sessions_are_the_same(&self, before: &crate::sessions::Sessions) -> Result<()> {
        self.cluster.nodes[0].sessions().undisturbed(before, &[])
    }
}

/// Releases that know of no choice.
#[test]
fn lab_scene_6_tunnels_of_3_30_are_programmed_by_us() -> Result<()> {
    subnets("3.30")?.has("3.30", Programmed { ipip: true, plain: true })
}

#[test]
fn lab_scene_6_tunnels_of_3_32_are_programmed_by_us() -> Result<()> {
    let subnets = subnets("3.32")?;
    subnets.has("3.32", Programmed { ipip: true, plain: true })?;
    let before = subnets.cluster.nodes[0].sessions();
    subnets.cluster.configure(json!({ "programClusterRoutes": "Disabled" }))?;
    subnets.has("3.32 Disabled", Programmed { ipip: false, plain: false })?;
    subnets.cluster.configure(json!({ "programClusterRoutes": "Enabled" }))?;
    subnets.has("3.32 Enabled", Programmed { ipip: true, plain: true })?;
    subnets.sessions_are_the_same(&before)
}

#[test]
fn lab_scene_6_who_programs_is_a_choice_since_3_33() -> Result<()> {
    let subnets = subnets(RELEASE)?;
    subnets.has("by default", Programmed { ipip: false, plain: true })?;
    let before = subnets.cluster.nodes[0].sessions();
    for (choice, ipip, plain) in [
        ("EnabledIPIPOnly", true, false),
        ("Enabled", true, true),
        ("Disabled", false, false),
        ("EnabledNoEncapOnly", false, true),
    ] {
        subnets.cluster.configure(json!({ "programClusterRoutes": choice }))?;
        subnets.has(choice, Programmed { ipip, plain })?;
    }
    subnets.sessions_are_the_same(&before)
}
