//! Scene 3: routers outside the cluster, and everything a BGPPeer can say about them.

use anyhow::{Context as _, Result, ensure};
use godwit_lab::until;
use serde_json::json;

use crate::cluster::{CLUSTER_AS, Cluster, peer};
use crate::outside::{BEHIND, Make, Neighbor, TOR_AS, Tor};
use crate::speaker::Kind;
use crate::store::{Object, bgp_peer};

/// The address of the switch for everybody, for one node, and for those of one label; IPv4 and IPv6.
const GLOBAL: [&str; 2] = ["172.20.0.1", "fd00:20::1"];
const OWN: [&str; 2] = ["172.20.0.2", "fd00:20::2"];
const LABEL: [&str; 2] = ["172.20.0.3", "fd00:20::3"];

/// The AS that one node shows the switch.
const SHOWN_AS: u32 = 64999;

const PASSWORD: &str = "fabric-secret";
const PASSWORD_BASE64: &str = "ZmFicmljLXNlY3JldA==";

/// Three peerings, each at its own addresses of the switch: a global one with a password, one of a single node that shows
/// another AS and keeps next hops, one by a label with TTL security and itself as the next hop.
fn peerings(cluster: &Cluster) -> Result<()> {
    let secret = json!({ "data": { "key": PASSWORD_BASE64 }, "metadata": { "namespace": "kube-system" } });
    let mut all = vec![Object::Core("Secret", "v1", "fabric".into(), secret)];
    for (index, family) in ["v4", "v6"].into_iter().enumerate() {
        let mut say = |name: &str, mut spec: serde_json::Value, address: &str| {
            spec["peerIP"] = address.into();
            spec["asNumber"] = TOR_AS.into();
            all.push(bgp_peer(&format!("{name}-{family}"), spec));
        };
        let password = json!({ "secretKeyRef": { "name": "fabric", "key": "key" } });
        say("global", json!({ "password": password }), GLOBAL[index]);
        let own = json!({ "node": "node-1", "localASNumber": SHOWN_AS, "nextHopMode": "Keep" });
        say("own", own, OWN[index]);
        let label = json!({ "nodeSelector": "rack == 'a'", "ttlSecurity": 1, "nextHopMode": "Self" });
        say("label", label, LABEL[index]);
    }
    cluster.put(&all)
}

fn neighbors(cluster: &Cluster) -> Vec<Neighbor> {
    let mut all = Vec::new();
    for (index, family) in [4, 6].into_iter().enumerate() {
        for (number, node) in cluster.nodes.iter().enumerate() {
            let name = |what: &str| format!("{what}_{number}_{family}");
            let address = node.address(family);
            let global = Neighbor::new(&name("global"), GLOBAL[index], address, CLUSTER_AS);
            all.push(Neighbor { password: Some(PASSWORD), ..global });
        }
        let label = Neighbor::new(
            &format!("label_{family}"),
            LABEL[index],
            cluster.nodes[1].address(family),
            CLUSTER_AS,
        );
        all.push(Neighbor { ttl_security: true, ..label });
    }
    all
}

/// The switch of one node's own: it has the same neighbors' addresses, so it is a machine of its own.
fn own_neighbors(cluster: &Cluster) -> Vec<Neighbor> {
    let of = |(index, family): (usize, u8)| {
        Neighbor::new(&format!("own_{family}"), OWN[index], cluster.nodes[0].address(family), SHOWN_AS)
    };
    [(0, 4), (1, 6)].map(of).to_vec()
}

fn with_length(addresses: [&str; 2]) -> [String; 2] {
    [format!("{}/24", addresses[0]), format!("{}/64", addresses[1])]
}

fn start(cluster: &Cluster, make: Make, at: [&str; 2], neighbors: &[Neighbor]) -> Result<Tor> {
    let [ipv4, ipv6] = with_length(at);
    Tor::start(&cluster.rack, make, &[&ipv4, &ipv6], neighbors, at == GLOBAL)
}

fn scene(make: Make) -> Result<()> {
    let mut cluster = Cluster::new()?;
    for number in 1..=3 {
        cluster.add(number, |node| {
            if number == 2 {
                node.labels = vec![("rack", "a")];
            }
        })?;
    }
    peerings(&cluster)?;
    let of = |what: &str| -> Vec<Neighbor> {
        neighbors(&cluster).into_iter().filter(|neighbor| neighbor.name.starts_with(what)).collect()
    };
    let global = start(&cluster, make, GLOBAL, &of("global"))?;
    let own = start(&cluster, make, OWN, &own_neighbors(&cluster))?;
    let label = start(&cluster, make, LABEL, &of("label"))?;
    cluster.start(Kind::usual())?;
    cluster.mesh_is_up()?;

    for (index, family) in [4, 6].into_iter().enumerate() {
        for (number, node) in cluster.nodes.iter().enumerate() {
            node.established(family, &peer("Global", GLOBAL[index])).with_context(|| global.told())?;
            // The others are where they belong, and nowhere else.
            for (at, of) in [(OWN, 0), (LABEL, 1)] {
                let name = peer("Node", at[index]);
                if number == of {
                    node.established(family, &name).with_context(|| own.told() + &label.told())?;
                } else {
                    let shown = node.speaker.birdc(family, "show protocols");
                    ensure!(!shown.contains(&name), "{name} at {number}: {shown}");
                }
            }
        }
        let [first, second, third] = [0, 1, 2].map(|number| &cluster.nodes[number]);
        let (net, behind) = (BEHIND[index].1, BEHIND[index].2);
        // What the global one announces is everywhere.
        for node in &cluster.nodes {
            until("its net in the kernel", || !node.kernel(net).is_empty()).with_context(|| node.told())?;
        }
        // Of everybody each its own, and what it has of the others, through itself.
        global.learns(first.block(family), &[first.address(family)])?;
        // To one node alone it shows its other AS, and the next hops as they were.
        own.learns(first.block(family), &[&SHOWN_AS.to_string(), first.address(family)])?;
        own.learns(second.block(family), &[&SHOWN_AS.to_string(), second.address(family)])?;
        // By the label: only through itself, and with the cluster's AS.
        label.learns(third.block(family), &[&CLUSTER_AS.to_string(), second.address(family)])?;
        if global.forwards() {
            for node in &cluster.nodes {
                let address = if family == 4 { &node.pod.ipv4 } else { &node.pod.ipv6 };
                until("a pod to answer", || global.pings(family, address))
                    .with_context(|| node.told() + &global.told())?;
                until("what is behind to answer", || node.pod.pings(behind))
                    .with_context(|| node.told() + &global.told())?;
            }
        }
    }
    Ok(())
}

#[test]
fn lab_scene_3_bird_1_6_at_the_top_of_the_rack() -> Result<()> {
    scene(Make::Bird16)
}

#[test]
fn lab_scene_3_bird_2_at_the_top_of_the_rack() -> Result<()> {
    scene(Make::Bird2)
}

#[test]
fn lab_scene_3_frr_at_the_top_of_the_rack() -> Result<()> {
    scene(Make::Frr)
}
