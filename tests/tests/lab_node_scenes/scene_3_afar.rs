//! Scene 3, from afar: a router that is not in the rack learns the pods' blocks from one node.

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Program, Router};
use serde_json::json;

use crate::cluster::{Cluster, peer};
use crate::speaker::Kind;
use crate::store::{NodeObject, bgp_peer};
use godwit_lab::rack::{Rack, forwarder, ip_batch};

/// BIRD 1.6 as it is set up outside a cluster: many hops away, it imports all and announces nothing.
const EXTERNAL: &str = "router id 192.168.64.6;
protocol kernel { scan time 60; import none; export all; }
protocol device { scan time 60; }
protocol bgp k8s_calico {
  local as 64512;
  neighbor 172.18.0.3 as 64511;
  import all;
  export none;
  multihop;
}
";

#[test]
fn lab_scene_3_a_router_far_away_learns_the_blocks() -> Result<()> {
    let mut cluster = Cluster::new()?;
    let (router, far_away) = (forwarder("router")?, forwarder("external")?);
    let far_rack = Rack::new("far")?;
    cluster.rack.plug(&router, "eth0", &["172.18.0.1/24"])?;
    far_rack.plug(&router, "eth1", &["192.168.64.1/24"])?;
    far_rack.plug(&far_away, "eth0", &["192.168.64.6/24"])?;
    ip_batch(&far_away, "route add default via 192.168.64.1\n")?;

    let object = NodeObject {
        name: "node-3".into(),
        ipv4: "172.18.0.3/24".into(),
        asn: Some(64511),
        ..NodeObject::default()
    };
    let machine = forwarder("node-3")?;
    let port = cluster.rack.plug(&machine, "eth0", &[&object.ipv4])?;
    ip_batch(&machine, "route add default via 172.18.0.1\n")?;
    cluster.settle_in(3, object, machine, port)?;
    cluster.put(&[bgp_peer("external", json!({ "peerIP": "192.168.64.6", "asNumber": 64512 }))])?;
    let external = Router::start(&far_away, Program::Bird16, EXTERNAL)?;
    cluster.start(Kind::usual())?;

    let node = &cluster.nodes[0];
    node.established(4, &peer("Global", "192.168.64.6")).with_context(|| external.log())?;
    let words = ["BGP.as_path: 64511\n", "BGP.next_hop: 172.18.0.3\n", "k8s_calico"];
    external.has_route(&node.block4, &words)?;
    // The block, and none of the pods in it.
    let all = external.birdc("show route");
    ensure!(all.matches("k8s_calico").count() == 1, "{all}");
    Ok(())
}
