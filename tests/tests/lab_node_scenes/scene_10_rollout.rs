//! Scene 10: `godwit node` is replaced on one node after the other, and crashes in a loop, while everything is used.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use godwit_lab::flow::{Flow, nothing_lost};
use godwit_lab::report::measured;
use godwit_lab::stays;

use crate::cluster::{Cluster, Node, mesh, peer};
use crate::outside::Tor;
use crate::sessions::{Monitor, Sessions};
use crate::speaker::Kind;
use crate::switched::{SWITCH, at_a_switch};

/// How long a crashing node lives, and how often it crashes. It has recovered by then: after a session is up
/// and before its End-of-RIB, a crash costs the routes that are still stale, whatever speaks (RFC 4724 §4.2).
const LIVES: Duration = Duration::from_secs(2);
const CRASHES: u32 = 5;

/// How soon a node's routes have to be gone once it withdraws them: nobody's timer is that short.
const AT_ONCE: Duration = Duration::from_secs(60);

/// Three nodes, a switch, and who watches their kernels; the switch's is the last.
struct Scene {
    cluster: Cluster,
    tor: Tor,
    monitors: Vec<Monitor>,
}

impl Scene {
    fn new(flags: &[&'static str]) -> Result<Self> {
        let (mut cluster, tor) = at_a_switch(Cluster::new()?, 3)?;
        for node in &mut cluster.nodes {
            node.speaker.more = flags.to_vec();
        }
        cluster.start(Kind::Node)?;
        let mut scene = Self { cluster, tor, monitors: Vec::new() };
        scene.is_up()?;
        scene.cluster.pods_reach_each_other()?;
        let machines = scene.cluster.nodes.iter().map(|node| &node.machine).chain([&scene.tor.machine]);
        scene.monitors = machines.map(Monitor::start).collect::<Result<_>>()?;
        Ok(scene)
    }

    /// All sessions are up, all routes there, and nobody recovers any more.
    fn is_up(&self) -> Result<()> {
        self.cluster.mesh_is_up()?;
        self.cluster.blocks_are_everywhere()?;
        for node in &self.cluster.nodes {
            for (family, address) in [4, 6].into_iter().zip(SWITCH) {
                node.established(family, &peer("Global", address)).with_context(|| self.tor.told())?;
                self.tor.learns(node.block(family), &[])?;
            }
        }
        self.cluster.nodes.iter().try_for_each(Node::has_recovered)
    }

    /// Between the pods, and between the switch and a pod; all over the second node.
    fn flows(&self, what: &str) -> Result<Vec<Flow>> {
        let [first, second, third] = &self.cluster.nodes[..] else { bail!("three nodes") };
        let flows = [
            Flow::both(what, &first.pod, &second.pod)?,
            Flow::both(what, &second.pod, &third.pod)?,
            Flow::both(what, &self.tor, &second.pod)?,
        ];
        Ok(flows.into_iter().flatten().collect())
    }

    fn sessions(&self) -> Vec<Sessions> {
        self.cluster.sessions()
    }

    /// The sessions of the others among themselves and with the switch are what they were.
    fn others_undisturbed(&self, before: &[Sessions], but: usize) -> Result<()> {
        let names = [4, 6].map(|family| mesh(self.cluster.nodes[but].address(family)));
        for (number, (node, before)) in self.cluster.nodes.iter().zip(before).enumerate() {
            if number != but {
                node.sessions().undisturbed(before, &names).with_context(|| node.told())?;
            }
        }
        Ok(())
    }

    /// No kernel lost a route, if only for a moment.
    fn none_deleted(&self) -> Result<()> {
        let deleted: Vec<_> = self.monitors.iter().map(Monitor::deleted).collect();
        let told = || self.monitors.iter().map(Monitor::told).collect::<Vec<_>>().join("\n--\n");
        ensure!(deleted.iter().all(Vec::is_empty), "{deleted:?}\n{}", told());
        Ok(())
    }
}

#[test]
fn lab_scene_10_a_roll_out_over_all_nodes() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    let flows = scene.flows("scene 10, a roll-out")?;
    for number in 0..3 {
        let (start, before) = (Instant::now(), scene.sessions());
        scene.cluster.nodes[number].speaker.stop()?;
        scene.cluster.nodes[number].start(Kind::Node)?;
        scene.is_up()?;
        let took = start.elapsed();
        measured(&format!("scene 10, node {} is replaced: recovered after {took:.1?}", number + 1));
        scene.others_undisturbed(&before, number)?;
        scene.none_deleted()?;
    }
    // What is not confirmed would go now.
    stays("all routes", Duration::from_secs(2), || scene.none_deleted().is_ok())?;
    nothing_lost(flows)
}

#[test]
fn lab_scene_10_what_is_withdrawn_on_stop_goes_at_once() -> Result<()> {
    let mut scene = Scene::new(&["--withdraw-on-stop"])?;
    let [first, second, _] = &scene.cluster.nodes[..] else { bail!("three nodes") };
    let flows = Flow::both("scene 10, another node withdraws", &first.pod, &second.pod)?;
    let before = scene.sessions();
    let start = Instant::now();
    scene.cluster.nodes[2].speaker.stop()?;
    let third = &scene.cluster.nodes[2];
    for family in [4, 6] {
        scene.cluster.nodes[..2].iter().try_for_each(|node| node.no_route_to(third.block(family)))?;
        scene.tor.forgets(third.block(family))?;
    }
    let took = start.elapsed();
    measured(&format!("scene 10, a node withdraws as it stops: its routes are gone after {took:.1?}"));
    ensure!(took < AT_ONCE, "its routes stayed for {took:?}");
    scene.others_undisturbed(&before, 2)?;
    scene.cluster.nodes[2].start(Kind::Node)?;
    scene.is_up()?;
    scene.others_undisturbed(&before, 2)?;
    nothing_lost(flows)
}

#[test]
fn lab_scene_10_a_node_crashes_again_and_again() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    let flows = scene.flows("scene 10, a crash loop")?;
    let (start, before) = (Instant::now(), scene.sessions());
    for _ in 0..CRASHES {
        scene.cluster.nodes[1].speaker.kill();
        scene.cluster.nodes[1].start(Kind::Node)?;
        stays("the routes through the crashing node", LIVES, || scene.none_deleted().is_ok())
            .with_context(|| format!("{:?}", scene.none_deleted()))?;
        scene.cluster.nodes[1].has_recovered()?;
    }
    scene.is_up()?;
    measured(&format!("scene 10, {CRASHES} crashes, each recovered from: {:.1?}", start.elapsed()));
    scene.others_undisturbed(&before, 1)?;
    scene.none_deleted()?;
    nothing_lost(flows)
}
