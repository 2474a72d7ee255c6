//! Scene 12: both families are one process, and what befalls one is nothing to the other.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use godwit_lab::{stays, until};

use crate::cluster::{Cluster, Node, mesh};
use crate::sessions::Monitor;
use crate::speaker::Kind;
use godwit_lab::rack::ip_batch;

/// The prefixes of IPv4 that went away.
fn of_ipv4(monitors: &[Monitor]) -> Vec<String> {
    monitors.iter().flat_map(Monitor::deleted).filter(|net| !net.contains(':')).collect()
}

#[test]
fn lab_scene_12_trouble_of_ipv6_is_nothing_to_ipv4() -> Result<()> {
    let mut cluster = Cluster::meshed(3)?;
    cluster.blocks_are_everywhere()?;
    cluster.nodes.iter().try_for_each(Node::has_recovered)?;
    let monitors =
        cluster.nodes.iter().map(|node| Monitor::start(&node.machine)).collect::<Result<Vec<_>>>()?;
    let before = cluster.sessions();
    let [first, second, third] = &cluster.nodes[..] else { bail!("three nodes") };
    let ipv4 = |what: &str, from: &Node, to: &Node| -> Result<Flow> {
        let [ipv4, _] = Flow::both(what, &from.pod, &to.pod)?;
        Ok(ipv4)
    };
    let flows = [
        ipv4("scene 12, IPv6 has trouble", first, second)?,
        ipv4("scene 12, IPv6 has trouble", third, first)?,
    ];

    // A session is switched off and on, another is restarted, and the second node loses its IPv6 altogether.
    let (to_first, to_third) = (mesh(first.ipv6()), mesh(third.ipv6()));
    let said = second.speaker.birdc(6, &format!("disable {to_first}"));
    ensure!(said.contains("disabled"), "{said}");
    second.no_route_to(&first.block6)?;
    second.speaker.birdc(6, &format!("restart {to_third}"));
    second.speaker.birdc(6, &format!("enable {to_first}"));
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    ip_batch(&second.machine, &format!("addr del {} dev eth0\n", second.object.ipv6))?;
    second.speaker.birdc(6, "restart all");
    until("the sessions over an address that is gone to be down", || {
        !second.speaker.birdc(6, "show protocols").contains("Established")
    })
    .with_context(|| second.told())?;
    second.established(4, &mesh(first.ipv4()))?;
    ip_batch(
        &second.machine,
        &format!("addr add {} dev eth0 nodad\nroute replace default via fd00:20::1\n", second.object.ipv6),
    )?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    let of_ipv6: Vec<_> = cluster.nodes.iter().map(|node| mesh(node.ipv6())).collect();
    cluster.undisturbed(&before, &of_ipv6)?;
    ensure!(of_ipv4(&monitors).is_empty(), "{:?}", of_ipv4(&monitors));

    // `down` to IPv6: its routes go at once, and IPv4 is left as for a restart.
    cluster.nodes.iter().try_for_each(Node::has_recovered)?;
    let (start, block6) = (Instant::now(), cluster.nodes[1].block6.clone());
    cluster.nodes[1].speaker.birdc(6, "down");
    cluster.nodes[0].no_route_to(&block6)?;
    cluster.nodes[2].no_route_to(&block6)?;
    let took = start.elapsed();
    measured(&format!("scene 12, `down` on bird6.ctl: its routes are gone after {took:.1?}"));
    // Nobody's timer is that short.
    ensure!(took < Duration::from_secs(60), "its routes stayed for {took:?}");
    cluster.nodes[1].speaker.ends()?;
    stays("routes of IPv4", Duration::from_secs(1), || of_ipv4(&monitors).is_empty())?;
    cluster.nodes[1].start(Kind::Node)?;
    cluster.mesh_is_up()?;
    cluster.blocks_are_everywhere()?;
    cluster.nodes[1].has_recovered()?;
    stays("routes of IPv4", Duration::from_secs(1), || of_ipv4(&monitors).is_empty())?;
    nothing_lost(flows)
}
