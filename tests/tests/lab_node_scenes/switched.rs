//! Clusters with a switch at the top of their rack.

use anyhow::Result;
use serde_json::json;

use crate::cluster::{CLUSTER_AS, Cluster};
use crate::outside::{Make, Neighbor, TOR_AS, Tor};
use crate::store::bgp_peer;

/// The addresses of the switch, IPv4 and IPv6.
pub(crate) const SWITCH: [&str; 2] = ["172.20.0.1", "fd00:20::1"];

/// What a switch takes the nodes of a cluster for.
pub(crate) fn neighbors(cluster: &Cluster) -> Vec<Neighbor> {
    let mut all = Vec::new();
    for (address, family) in SWITCH.into_iter().zip([4, 6]) {
        for (number, node) in cluster.nodes.iter().enumerate() {
            let name = format!("node_{}_{family}", number + 1);
            all.push(Neighbor::new(&name, address, node.address(family), CLUSTER_AS));
        }
    }
    all
}

/// Nodes, which do not speak yet, and a switch that all of them peer with.
pub(crate) fn at_a_switch(mut cluster: Cluster, nodes: u8) -> Result<(Cluster, Tor)> {
    for number in 1..=nodes {
        cluster.add(number, |_| {})?;
    }
    for (address, family) in SWITCH.into_iter().zip([4, 6]) {
        let spec = json!({ "peerIP": address, "asNumber": TOR_AS });
        cluster.put(&[bgp_peer(&format!("tor-{family}"), spec)])?;
    }
    let [ipv4, ipv6] = [format!("{}/24", SWITCH[0]), format!("{}/64", SWITCH[1])];
    let tor = Tor::start(&cluster.rack, Make::Bird2, &[&ipv4, &ipv6], &neighbors(&cluster), true)?;
    Ok((cluster, tor))
}
