//! Recursive next hops under random change, against a lookup that reads all routes from the start.

mod common;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use common::{announce, bgp, internal, net, other, path_with, settle, static_route, via, withdraw};
use godwit_filter::{Destination, NoSurroundings};
use godwit_rib::{ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, Table};
use ipnetwork::Ipv4Network;
use proptest::prelude::*;

/// Nets that cover next hops, one inside the other, and one beside.
const COVERS: [&str; 6] =
    ["0.0.0.0/0", "10.0.0.0/8", "10.9.0.0/16", "10.9.0.0/31", "10.9.0.1/32", "10.8.0.0/16"];
const NEXT_HOPS: [&str; 4] = ["10.9.0.1", "10.9.0.0", "10.8.0.1", "11.0.0.1"];
const DEPENDENTS: usize = 5;

#[derive(Clone, Debug)]
enum Op {
    /// A static route: 0 drops, others name a gateway.
    Cover(usize, u8),
    /// A recursive route in the place of a cover, of higher preference or of lower.
    RecursiveCover(usize, usize, bool),
    Uncover(usize),
    UncoverRecursive(usize),
    Depend(usize, usize),
    Leave(usize),
    Step(u32),
    Read(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let cover = || 0..COVERS.len();
    prop_oneof![
        6 => (cover(), 0..4_u8).prop_map(|(c, g)| Op::Cover(c, g)),
        1 => (cover(), 0..NEXT_HOPS.len(), any::<bool>()).prop_map(|(c, h, p)| Op::RecursiveCover(c, h, p)),
        3 => cover().prop_map(Op::Uncover),
        1 => cover().prop_map(Op::UncoverRecursive),
        4 => (0..DEPENDENTS, 0..NEXT_HOPS.len()).prop_map(|(d, h)| Op::Depend(d, h)),
        2 => (0..DEPENDENTS).prop_map(Op::Leave),
        3 => (1..6_u32).prop_map(Op::Step),
        3 => (1..6_usize).prop_map(Op::Read),
    ]
}

fn gateway(g: u8) -> Destination {
    if g == 0 { Destination::Blackhole } else { via(&format!("192.0.2.{g}")) }
}

fn dependent(i: usize) -> Ipv4Network {
    net(&format!("203.0.113.{i}/32"))
}

/// What there is: static and recursive routes to nets, each at a preference.
#[derive(Default)]
struct Model {
    fixed: BTreeMap<Ipv4Network, u8>,
    /// The next hop, and whether it is preferred to a static route.
    recursive: BTreeMap<Ipv4Network, (usize, bool)>,
}

impl Model {
    /// The best route of a net: a static one's destination, or a next hop to look up.
    fn best(&self, net: Ipv4Network) -> Option<Result<u8, usize>> {
        match (self.fixed.get(&net), self.recursive.get(&net)) {
            (Some(g), None | Some((_, false))) => Some(Ok(*g)),
            (_, Some((hop, _))) => Some(Err(*hop)),
            (None, None) => None,
        }
    }

    fn resolved(&self, hop: usize) -> Destination {
        let address: Ipv4Addr = NEXT_HOPS[hop].parse().unwrap();
        let nets = self.fixed.keys().chain(self.recursive.keys()).copied();
        let longest = nets.filter(|n| n.contains(address)).max_by_key(|n| n.prefix());
        match longest.and_then(|n| self.best(n)) {
            Some(Ok(g)) => gateway(g),
            _ => Destination::Unreachable,
        }
    }

    fn wanted(&self) -> BTreeMap<Ipv4Network, Destination> {
        let nets = self.fixed.keys().chain(self.recursive.keys());
        nets.filter_map(|n| {
            let to = match self.best(*n)? {
                Ok(g) => gateway(g),
                Err(hop) => self.resolved(hop),
            };
            Some((*n, to))
        })
        .collect()
    }
}

fn read(
    table: &mut Table<Ipv4Network>,
    kernel: ExporterId,
    max: usize,
    fib: &mut BTreeMap<Ipv4Network, Destination>,
) {
    let Some(Exported::Routes(routes)) = table.export(kernel, max) else { return };
    for (net, route) in routes {
        match route {
            Some(route) => {
                fib.insert(net, route.best.destination);
            }
            None => assert!(fib.remove(&net).is_some(), "{net} was not there"),
        }
    }
}

proptest! {
    #[test]
    fn resolution_is_what_a_lookup_gives(ops in prop::collection::vec(op(), 1..80)) {
        let mut table = Table::<Ipv4Network>::new(1);
        let igp = table.add_source(other("igp", 3), None);
        let peer = table.add_source(bgp(internal(1)), None);
        let kernel =
            table.add_exporter(Exporter::new(ExporterKind::Kernel { merge_paths: None }, ExportPolicy::All, None, Arc::new(NoSurroundings)));
        let mut fib = BTreeMap::new();
        let mut model = Model::default();
        let through = |hop: usize, preferred: bool| {
            let address: IpAddr = NEXT_HOPS[hop].parse().unwrap();
            path_with(|p| {
                p.destination = Destination::Recursive(address);
                p.preference = if preferred { 250 } else { 100 };
            })
        };
        for op in ops {
            match op {
                Op::Cover(c, g) => {
                    announce(&mut table, igp, net(COVERS[c]), &static_route(gateway(g)));
                    model.fixed.insert(net(COVERS[c]), g);
                }
                Op::RecursiveCover(c, hop, preferred) => {
                    announce(&mut table, peer, net(COVERS[c]), &through(hop, preferred));
                    model.recursive.insert(net(COVERS[c]), (hop, preferred));
                }
                Op::Uncover(c) => {
                    withdraw(&mut table, igp, net(COVERS[c]));
                    model.fixed.remove(&net(COVERS[c]));
                }
                Op::UncoverRecursive(c) => {
                    withdraw(&mut table, peer, net(COVERS[c]));
                    model.recursive.remove(&net(COVERS[c]));
                }
                Op::Depend(d, hop) => {
                    announce(&mut table, peer, dependent(d), &through(hop, false));
                    model.recursive.insert(dependent(d), (hop, false));
                }
                Op::Leave(d) => {
                    withdraw(&mut table, peer, dependent(d));
                    model.recursive.remove(&dependent(d));
                }
                Op::Step(budget) => {
                    table.step(budget);
                }
                Op::Read(max) => read(&mut table, kernel, max, &mut fib),
            }
        }
        settle(&mut table);
        while table.has_export(kernel) {
            read(&mut table, kernel, 3, &mut fib);
        }
        prop_assert_eq!(fib, model.wanted());
    }
}
