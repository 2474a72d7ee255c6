//! Scene 11: what a BGPConfiguration and a BGPPeer can say beside, from end to end.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use godwit_lab::speaker::within;
use godwit_lab::{Namespace, Program, Router, until};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Node, peer};
use crate::speaker::Kind;
use crate::store::{Object, bgp_peer, calico};
use godwit_lab::rack::forwarder;

/// The port of the mesh, and that of one node.
const PORT: u16 = 1790;
const OWN_PORT: u16 = 1791;

/// How long a neighbor's routes are kept once it is gone.
const RESTART: Duration = Duration::from_secs(6);

/// How long a connection may take that will not be answered.
const PATIENCE: Duration = Duration::from_millis(1500);

fn mesh_settings() -> Value {
    json!({
        "listenPort": PORT, "bindMode": "NodeIP", "nodeMeshMaxRestartTime": format!("{}s", RESTART.as_secs()),
        "nodeMeshPassword": { "secretKeyRef": { "name": "mesh", "key": "key" } },
    })
}

/// The Secret with the password of the mesh.
fn secret(base64: &str) -> Object {
    let rest = json!({ "data": { "key": base64 }, "metadata": { "namespace": "kube-system" } });
    Object::Core("Secret", "v1", "mesh".into(), rest)
}

/// What a connection without a password comes to.
fn connect(from: &Namespace, to: &str, port: u16) -> Result<Option<ErrorKind>> {
    let to = SocketAddr::new(to.parse()?, port);
    within(from, move || Ok(TcpStream::connect_timeout(&to, PATIENCE).err().map(|error| error.kind())))
}

#[test]
fn lab_scene_11_port_addresses_password_and_restart_time_of_the_mesh() -> Result<()> {
    let mut cluster = Cluster::new()?;
    cluster.put(&[
        secret("b25lLXNlY3JldA=="),
        calico("BGPConfiguration", "node.node-3", json!({ "listenPort": OWN_PORT })),
    ])?;
    cluster.configure(mesh_settings())?;
    for number in 1..=3 {
        cluster.add(number, |_| {})?;
    }
    cluster.nodes[0].machine.ip(&["addr", "add", "172.20.0.111/24", "dev", "eth0"])?;
    cluster.start(Kind::usual())?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.pods_reach_each_other()?;

    // Each listens at its own addresses only, at the port that is its own.
    for (node, port) in cluster.nodes.iter().zip([PORT, PORT, OWN_PORT]) {
        let listening = node.machine.run("ss", &["-Hltn"])?;
        let mut at: Vec<_> = listening.lines().filter_map(|line| line.split_whitespace().nth(3)).collect();
        at.sort_unstable();
        ensure!(at == [format!("{}:{port}", node.ipv4()), format!("[{}]:{port}", node.ipv6())], "{at:?}");
    }
    let [first, second, third] = &cluster.nodes[..] else { bail!("three nodes") };
    let other = connect(&second.machine, "172.20.0.111", PORT)?;
    ensure!(other == Some(ErrorKind::ConnectionRefused), "another address of the node: {other:?}");
    // Who has no password hears nothing.
    for (node, port) in [(first, PORT), (third, OWN_PORT)] {
        for family in [4, 6] {
            let unsigned = connect(&second.machine, node.address(family), port)?;
            ensure!(unsigned == Some(ErrorKind::TimedOut), "without a password: {unsigned:?}");
        }
    }

    // The password is another, of all of them at once.
    let before = cluster.sessions();
    let start = Instant::now();
    cluster.put(&[secret("dHdvLXNlY3JldHM=")])?;
    until("the sessions to be new ones", || {
        let now = cluster.nodes.iter().map(Node::sessions);
        now.zip(&before).all(|(now, before)| now.count() == 4 && now.all_other_than(before))
    })
    .with_context(|| first.told())?;
    cluster.blocks_are_everywhere()?;
    measured(&format!("scene 11, the mesh has another password after {:.1?}", start.elapsed()));

    // Nobody keeps what a node left for longer than it asked for.
    cluster.nodes.iter().try_for_each(Node::has_recovered)?;
    let flows =
        Flow::both("scene 11, another node stays away", &cluster.nodes[0].pod, &cluster.nodes[2].pod)?;
    let start = Instant::now();
    cluster.nodes[1].speaker.kill();
    for node in [&cluster.nodes[0], &cluster.nodes[2]] {
        for family in [4, 6] {
            node.no_route_to(cluster.nodes[1].block(family))?;
        }
    }
    let took = start.elapsed();
    measured(&format!("scene 11, a restart time of {RESTART:?}: its routes are gone after {took:.1?}"));
    // By default it would be two minutes.
    ensure!(took + Duration::from_secs(1) > RESTART && took < Duration::from_secs(60), "{took:?}");
    cluster.nodes[1].start(Kind::usual())?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    nothing_lost(flows)
}

/// An address behind the gateway, where the default route does not lead.
const GATEWAY: &str = "172.20.0.2";
const BEHIND: &str = "10.255.0.1";

/// BIRD 1.6 that speaks from that address, and says of a route that it has been in our AS, once and twice.
const EXTERNAL: &str = "router id 10.255.0.1;
protocol device { scan time 1; }
protocol direct { interface \"eth*\"; }
protocol kernel { scan time 1; export none; }
protocol static { route 203.0.113.0/25 blackhole; route 203.0.113.128/25 blackhole; }
filter looped {
  if net = 203.0.113.0/25 then { bgp_path.prepend(64512); accept; }
  if net = 203.0.113.128/25 then { bgp_path.prepend(64512); bgp_path.prepend(64512); accept; }
  reject;
}
protocol bgp node_1 {
  local 10.255.0.1 as 65000;
  neighbor 172.20.0.11 as 64512;
  multihop; passive;
  import all;
  export filter looped;
}
";

/// Not for BIRD as Calico starts it (`-R`): it writes no route before its peers are up, and this one is up by a route.
#[test]
fn lab_scene_11_a_peer_behind_a_gateway_whose_routes_were_here() -> Result<()> {
    let mut cluster = Cluster::new()?;
    let external = forwarder("external")?;
    cluster.rack.plug(&external, "eth0", &[&format!("{GATEWAY}/24")])?;
    external.ip(&["addr", "add", &format!("{BEHIND}/32"), "dev", "lo"])?;
    let bird = Router::start(&external, Program::Bird16, EXTERNAL)?;
    cluster.add(1, |_| {})?;
    let allowing = |own: u8| {
        let mut spec = json!({ "peerIP": BEHIND, "asNumber": 65000, "reachableBy": GATEWAY });
        if own > 0 {
            spec["numAllowedLocalASNumbers"] = own.into();
        }
        bgp_peer("behind", spec)
    };
    cluster.put(&[allowing(0)])?;
    cluster.start(Kind::Node)?;
    let [node] = &cluster.nodes[..] else { bail!("one node") };
    node.routes_to(BEHIND, &[&format!("via {GATEWAY} dev eth0 ")])?;
    node.established(4, &peer("Global", BEHIND)).with_context(|| bird.log())?;
    bird.has_route(&node.block4, &["BGP.as_path: 64512\n"])?;
    let looped = ["203.0.113.0/25", "203.0.113.128/25"];
    for (allowed, there) in [(1, 1), (2, 2), (1, 1), (0, 0)] {
        cluster.put(&[allowing(allowed)])?;
        for (number, net) in looped.into_iter().enumerate() {
            if number < there {
                node.routes_to(net, &[&format!("via {GATEWAY} dev eth0 ")])?;
            } else {
                node.no_route_to(net)?;
            }
        }
        node.established(4, &peer("Global", BEHIND))?;
    }
    // Without the peer there is no way to it either.
    cluster.delete(&[allowing(0)])?;
    node.no_route_to(BEHIND)
}
