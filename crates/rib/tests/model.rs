//! A table under random use, against a model that is plain maps: what the table shows, and what
//! every neighbor and a kernel table hold in the end, however slowly they read.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::peer::Peer;
use common::session::{NO_EXPORT, Session, path_by, policy};
use common::{
    LOCAL_AS, announce_all, bgp, external, internal, settle, to_external, to_internal, withdraw_all,
};
use godwit_filter::{Destination, NoSurroundings, RouteAttributes};
use godwit_rib::{BgpSource, ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, Table};
use godwit_wire::AsPath;
use ipnetwork::{IpNetwork, Ipv4Network};
use proptest::prelude::*;

const NETS: usize = 12;
const NEIGHBORS: usize = 4;

/// Nets of several lengths, some inside others.
fn net_at(i: usize) -> Ipv4Network {
    let text = [
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.0.0.0/16",
        "10.0.0.0/24",
        "10.0.0.0/32",
        "10.1.0.0/16",
        "172.16.0.0/12",
        "198.51.100.0/24",
        "198.51.100.128/25",
        "203.0.113.0/24",
        "203.0.113.1/32",
        "203.0.113.2/31",
    ][i % NETS];
    common::net(text)
}

/// What a neighbor may say of a net.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Variant {
    local_pref: u32,
    path_len: u8,
    no_export: bool,
}

/// The neighbors 192.0.2.1 to 192.0.2.4, two of each kind.
fn neighbor(n: usize) -> BgpSource {
    let number = n as u8 + 1;
    if n < 2 { external(number) } else { internal(number) }
}

fn path_of(n: usize, v: Variant) -> RouteAttributes {
    let mut path = path_by(n, v.local_pref, v.no_export);
    // Of one neighbor AS or of different ones: no MED, so it does not matter.
    path.bgp.as_path = Some(AsPath::from_sequence(&vec![65_100 + n as u32; v.path_len.into()]));
    path
}

#[derive(Clone, Debug)]
enum Op {
    Announce(usize, Vec<usize>, Variant),
    Withdraw(usize, Vec<usize>),
    /// The session ends, its reader with it.
    Down(usize),
    Up(usize),
    /// A neighbor reads so many changes. Those who do not are the slow ones.
    Read(usize, usize),
    ReadKernel(usize),
    Step(u32),
    Refresh(usize),
    Policy(usize, u8),
}

fn op() -> impl Strategy<Value = Op> {
    let n = || 0..NEIGHBORS;
    let some_nets = || prop::collection::vec(0..NETS, 1..6);
    let variant = (90..=110_u32, 1..4_u8, any::<bool>()).prop_map(|(l, path_len, no_export)| Variant {
        local_pref: l / 10 * 10,
        path_len,
        no_export,
    });
    prop_oneof![
        8 => (n(), some_nets(), variant).prop_map(|(n, nets, v)| Op::Announce(n, nets, v)),
        4 => (n(), some_nets()).prop_map(|(n, nets)| Op::Withdraw(n, nets)),
        1 => n().prop_map(Op::Down),
        2 => n().prop_map(Op::Up),
        6 => (n(), 1..7_usize).prop_map(|(n, max)| Op::Read(n, max)),
        2 => (1..7_usize).prop_map(Op::ReadKernel),
        4 => (1..8_u32).prop_map(Op::Step),
        1 => n().prop_map(Op::Refresh),
        1 => (n(), 0..3_u8).prop_map(|(n, p)| Op::Policy(n, p)),
    ]
}

struct World {
    table: Table<Ipv4Network>,
    sessions: Vec<Option<Session<Peer>>>,
    kernel: ExporterId,
    fib: BTreeMap<Ipv4Network, Destination>,
    /// The model: nets, and what each neighbor said of them.
    said: BTreeMap<Ipv4Network, BTreeMap<usize, Variant>>,
}

impl World {
    fn new() -> Self {
        let mut table = Table::new(1);
        let kernel = Exporter::new(
            ExporterKind::Kernel { merge_paths: None },
            ExportPolicy::All,
            None,
            Arc::new(NoSurroundings),
        );
        let kernel = table.add_exporter(kernel);
        let mut world =
            Self { table, sessions: Vec::new(), kernel, fib: BTreeMap::new(), said: BTreeMap::new() };
        world.sessions.resize_with(NEIGHBORS, || None);
        (0..NEIGHBORS).for_each(|n| world.run(&Op::Up(n)));
        world
    }

    fn run(&mut self, op: &Op) {
        let Self { table, sessions, .. } = self;
        match op {
            Op::Announce(n, nets, v) => {
                let Some(session) = &sessions[*n] else { return };
                let nets: Vec<_> = nets.iter().map(|i| net_at(*i)).collect();
                announce_all(table, session.source, &nets, &path_of(*n, *v));
                for net in nets {
                    self.said.entry(net).or_default().insert(*n, *v);
                }
            }
            Op::Withdraw(n, nets) => {
                let Some(session) = &sessions[*n] else { return };
                let nets: Vec<_> = nets.iter().map(|i| net_at(*i)).collect();
                withdraw_all(table, session.source, &nets);
                for net in nets {
                    self.said.entry(net).or_default().remove(n);
                }
            }
            Op::Down(n) => {
                let Some(session) = sessions[*n].take() else { return };
                session.end(table);
                self.said.values_mut().for_each(|paths| {
                    paths.remove(n);
                });
            }
            Op::Up(n) => {
                if sessions[*n].is_none() {
                    let source = table.add_source(bgp(neighbor(*n)), None);
                    let number = *n as u8 + 1;
                    let to = if *n < 2 { to_external(number) } else { to_internal(number) };
                    let peer = Peer::new(table, to, policy(0), Some(source));
                    sessions[*n] = Some(Session { source, exporter: peer.id, peer, policy: 0 });
                }
            }
            Op::Read(n, max) => {
                if let Some(session) = &mut sessions[*n] {
                    session.peer.listen_once(table, *max);
                }
            }
            Op::ReadKernel(max) => self.read_kernel(*max),
            Op::Step(budget) => {
                table.step(*budget);
            }
            Op::Refresh(n) => {
                if let Some(session) = &sessions[*n] {
                    session.refeed(table);
                }
            }
            Op::Policy(n, which) => {
                if let Some(session) = &mut sessions[*n] {
                    session.set_policy(table, *which);
                }
            }
        }
    }

    fn read_kernel(&mut self, max: usize) {
        let Some(Exported::Routes(routes)) = self.table.export(self.kernel, max) else { return };
        for (net, route) in routes {
            match route {
                Some(route) => {
                    self.fib.insert(net, route.best.destination);
                }
                None => assert!(self.fib.remove(&net).is_some(), "{net} was not there to be removed"),
            }
        }
    }

    /// Everything that waits is done, and everyone has read all there is.
    fn quiet(&mut self) {
        settle(&mut self.table);
        while self.table.has_export(self.kernel) {
            self.read_kernel(3);
        }
        for session in self.sessions.iter_mut().flatten() {
            session.peer.listen(&mut self.table);
        }
        settle(&mut self.table);
        assert!(!self.table.has_job());
    }

    /// The model's best path of a net: local preference, path length, external, address (which is
    /// in the order of router ids).
    fn best(&self, net: Ipv4Network) -> Option<(usize, Variant)> {
        let rank = |n: usize, v: Variant| (v.local_pref, 10 - v.path_len, n < 2, NEIGHBORS - n);
        self.said.get(&net)?.iter().map(|(n, v)| (*n, *v)).max_by_key(|(n, v)| rank(*n, *v))
    }

    /// What the model has a neighbor hold: of each net the path, local preference and communities.
    fn expected(&self, to: usize, policy: u8) -> BTreeMap<IpNetwork, (String, Option<u32>, Vec<u32>)> {
        let mut held = BTreeMap::new();
        for net in (0..NETS).map(net_at) {
            let Some((from, v)) = self.best(net) else { continue };
            let (inside, outside) = (from >= 2 && to >= 2, to < 2);
            let refused = from == to
                || inside
                || (v.no_export && outside)
                || policy == 1
                || (policy == 2 && v.local_pref < 100);
            if refused {
                continue;
            }
            let mut path = vec![(65_100 + from).to_string(); v.path_len.into()];
            if outside {
                path.insert(0, LOCAL_AS.to_string());
            }
            let mut communities: Vec<u32> = if v.no_export { vec![NO_EXPORT] } else { Vec::new() };
            if policy == 2 {
                communities.insert(0, 1 << 16 | 1);
            }
            let local_pref = (!outside).then_some(v.local_pref);
            held.insert(IpNetwork::V4(net), (path.join(" "), local_pref, communities));
        }
        held
    }

    fn check(&self) {
        let said: BTreeMap<_, _> = self.said.iter().filter(|(_, paths)| !paths.is_empty()).collect();
        for (net, paths) in &said {
            let view = self.table.net(**net).unwrap_or_else(|| panic!("{net} is missing"));
            let sources = |n: &usize| self.sessions[*n].as_ref().unwrap().source;
            let mut shown: Vec<_> = view.paths().map(|p| (p.source_id, (**p.attributes).clone())).collect();
            let (best, _) = self.best(**net).unwrap();
            assert_eq!(shown[0].0, sources(&best), "the best path of {net}");
            let mut expected: Vec<_> = paths.iter().map(|(n, v)| (sources(n), path_of(*n, *v))).collect();
            shown.sort_by_key(|(s, _)| *s);
            expected.sort_by_key(|(s, _)| *s);
            assert_eq!(shown, expected, "the paths of {net}");
        }
        assert_eq!(self.table.net_count(), said.len() as u64);
        assert_eq!(self.table.nets_from(0).count(), said.len());
        assert_eq!(self.table.path_count(), said.values().map(|p| p.len() as u64).sum::<u64>());
        let mut sets: Vec<RouteAttributes> = Vec::new();
        for path in said.values().flat_map(|p| p.iter().map(|(n, v)| path_of(*n, *v))) {
            if !sets.contains(&path) {
                sets.push(path);
            }
        }
        assert_eq!(self.table.attrs().len(), sets.len());
        for (n, session) in self.sessions.iter().enumerate() {
            let Some(session) = session else { continue };
            let imported = said.values().filter(|p| p.contains_key(&n)).count() as u64;
            let preferred = said.keys().filter(|net| self.best(***net).unwrap().0 == n).count() as u64;
            let (i, p, _) = self.table.source_counters(session.source);
            assert_eq!((i, p), (imported, preferred), "paths of neighbor {n}, and best ones");
            let held: BTreeMap<_, _> = session
                .peer
                .nets
                .iter()
                .map(|(net, a)| {
                    (*net, (a.as_path.as_ref().unwrap().to_string(), a.local_pref, a.communities.to_vec()))
                })
                .collect();
            assert_eq!(held, self.expected(n, session.policy), "what neighbor {n} holds");
            let (sent, _) = self.table.exporter(session.peer.id).unwrap().counters();
            assert_eq!(sent, held.len() as u64);
            assert!(!self.table.has_export(session.peer.id));
        }
        let wanted: BTreeMap<_, _> = said
            .keys()
            .map(|net| {
                let (n, v) = self.best(**net).unwrap();
                (**net, path_of(n, v).destination)
            })
            .collect();
        assert_eq!(self.fib, wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_table_is_what_the_model_says(
        runs in prop::collection::vec(prop::collection::vec(op(), 1..40), 1..4),
    ) {
        let mut world = World::new();
        for ops in runs {
            ops.iter().for_each(|op| world.run(op));
            world.quiet();
            world.check();
        }
        // When all are gone nothing is left behind.
        (0..NEIGHBORS).for_each(|n| world.run(&Op::Down(n)));
        world.quiet();
        world.check();
        prop_assert!(world.table.attrs().is_empty() && world.fib.is_empty());
    }
}
