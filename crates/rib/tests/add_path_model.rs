//! Whatever neighbors do, whoever is sent every path (RFC 7911) holds in the end exactly those paths
//! of the others that pass, each under one identifier that stays.

mod common;

use std::collections::BTreeMap;

use common::paths::{PathPeer, announce_paths, withdraw_paths};
use common::peer::{Peer, told};
use common::session::{Session, path_by, policy};
use common::{bgp, external, internal, settle, to_external, to_internal, withdraw_all};
use godwit_filter::RouteAttributes;
use godwit_rib::{BgpExport, BgpSource, ExportPolicy, Table};
use ipnetwork::{IpNetwork, Ipv4Network};
use proptest::prelude::*;

const NEIGHBORS: usize = 5;
const NETS: u8 = 6;
const IDS: u32 = 4;

fn net_at(n: u8) -> Ipv4Network {
    Ipv4Network::new([10, n, 0, 0].into(), 16).unwrap()
}

/// 192.0.2.1 to .5: two external, two clients, and one that is neither. The last external one and
/// the last one send one path only, without identifiers.
fn neighbor(n: usize) -> BgpSource {
    let number = n as u8 + 1;
    match n {
        0 | 1 => external(number),
        2 | 3 => BgpSource { rr_client: true, ..internal(number) },
        _ => internal(number),
    }
}

fn has_ids(n: usize) -> bool {
    n != 1 && n != 4
}

fn to(n: usize) -> BgpExport {
    let number = n as u8 + 1;
    match n {
        0 | 1 => to_external(number),
        2 | 3 => BgpExport { rr_client: true, ..to_internal(number) },
        _ => to_internal(number),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Variant {
    local_pref: u32,
    no_export: bool,
}

fn path_of(n: usize, v: Variant) -> RouteAttributes {
    path_by(n, v.local_pref, v.no_export)
}

#[derive(Clone, Debug)]
enum Op {
    Announce(usize, Vec<(u32, u8)>, Variant),
    Withdraw(usize, Vec<(u32, u8)>),
    Down(usize),
    Up(usize),
    Read(usize, usize),
    Step(u32),
    Refresh(usize),
    Policy(usize, u8),
}

fn op() -> impl Strategy<Value = Op> {
    let n = || 0..NEIGHBORS;
    let paths = || prop::collection::vec((0..IDS, 0..NETS), 1..8);
    let variant =
        (9..=11_u32, any::<bool>()).prop_map(|(l, no_export)| Variant { local_pref: l * 10, no_export });
    prop_oneof![
        8 => (n(), paths(), variant).prop_map(|(n, paths, v)| Op::Announce(n, paths, v)),
        5 => (n(), paths()).prop_map(|(n, paths)| Op::Withdraw(n, paths)),
        1 => n().prop_map(Op::Down),
        2 => n().prop_map(Op::Up),
        6 => (n(), 1..5_usize).prop_map(|(n, max)| Op::Read(n, max)),
        4 => (1..8_u32).prop_map(Op::Step),
        1 => n().prop_map(Op::Refresh),
        1 => (n(), 0..3_u8).prop_map(|(n, p)| Op::Policy(n, p)),
    ]
}

type Key = (Ipv4Network, usize, u32);

struct World {
    table: Table<Ipv4Network>,
    sessions: Vec<Option<Session<PathPeer>>>,
    /// One who is sent the best path only.
    plain: Peer,
    said: BTreeMap<Key, Variant>,
}

impl World {
    fn new() -> Self {
        let mut table = Table::new(1);
        let plain = Peer::new(&mut table, to_external(9), ExportPolicy::All, None);
        let mut world = Self { table, sessions: Vec::new(), plain, said: BTreeMap::new() };
        world.sessions.resize_with(NEIGHBORS, || None);
        (0..NEIGHBORS).for_each(|n| world.run(&Op::Up(n)));
        world
    }

    fn run(&mut self, op: &Op) {
        let Self { table, sessions, said, .. } = self;
        match op {
            Op::Announce(n, paths, v) => {
                let Some(session) = &sessions[*n] else { return };
                if has_ids(*n) {
                    let paths: Vec<_> = paths.iter().map(|(id, net)| (*id, net_at(*net))).collect();
                    announce_paths(table, session.source, &paths, &path_of(*n, *v));
                    said.extend(paths.iter().map(|(id, net)| ((*net, *n, *id), *v)));
                } else {
                    let nets: Vec<_> = paths.iter().map(|(_, net)| net_at(*net)).collect();
                    common::announce_all(table, session.source, &nets, &path_of(*n, *v));
                    said.extend(nets.iter().map(|net| ((*net, *n, 0), *v)));
                }
            }
            Op::Withdraw(n, paths) => {
                let Some(session) = &sessions[*n] else { return };
                let with_ids = has_ids(*n);
                let paths: Vec<_> =
                    paths.iter().map(|(id, net)| (if with_ids { *id } else { 0 }, net_at(*net))).collect();
                if with_ids {
                    withdraw_paths(table, session.source, &paths);
                } else {
                    let nets: Vec<_> = paths.iter().map(|(_, net)| *net).collect();
                    withdraw_all(table, session.source, &nets);
                }
                for (id, net) in paths {
                    said.remove(&(net, *n, id));
                }
            }
            Op::Down(n) => {
                let Some(session) = sessions[*n].take() else { return };
                session.end(table);
                said.retain(|(_, from, _), _| from != n);
            }
            Op::Up(n) => {
                if sessions[*n].is_none() {
                    let source = table.add_source(bgp(neighbor(*n)), None);
                    let peer = PathPeer::new(table, to(*n), policy(0), Some(source));
                    sessions[*n] = Some(Session { source, exporter: peer.id, peer, policy: 0 });
                }
            }
            Op::Read(n, max) => {
                if let Some(session) = &mut sessions[*n] {
                    session.peer.listen_once(table, *max);
                }
            }
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

    fn quiet(&mut self) {
        settle(&mut self.table);
        for session in self.sessions.iter_mut().flatten() {
            session.peer.listen(&mut self.table);
        }
        self.plain.listen(&mut self.table);
        settle(&mut self.table);
    }

    fn check(&self, told: &mut impl FnMut(usize, Variant, usize, u8) -> Option<String>) {
        for n in (0..NETS).map(net_at) {
            let mut shown: Vec<_> = self.table.net(n).map_or_else(Vec::new, |view| {
                let id = |p: &godwit_rib::PathView<'_>| (p.source_id, p.path_id.unwrap_or(0));
                view.paths().map(|p| (id(&p), (**p.attributes).clone())).collect()
            });
            shown.sort_by_key(|(id, _)| *id);
            let source = |n: usize| self.sessions[n].as_ref().unwrap().source;
            let said = self.said.iter().filter(|((net, ..), _)| *net == n);
            let mut expected: Vec<_> =
                said.map(|((_, n, id), v)| ((source(*n), *id), path_of(*n, *v))).collect();
            expected.sort_by_key(|(id, _)| *id);
            assert_eq!(shown, expected, "the paths of {n}");
        }
        assert_eq!(self.table.path_count(), self.said.len() as u64);
        for (n, session) in self.sessions.iter().enumerate() {
            let Some(session) = session else { continue };
            let imported = self.said.keys().filter(|(_, from, _)| *from == n).count() as u64;
            assert_eq!(self.table.source_counters(session.source).0, imported);
            let mut expected: Vec<(IpNetwork, String)> = Vec::new();
            for ((net, from, _), v) in self.said.iter().filter(|((_, from, _), _)| *from != n) {
                expected.extend(told(*from, *v, n, session.policy).map(|a| (IpNetwork::V4(*net), a)));
            }
            expected.sort();
            let mut held: Vec<_> =
                session.peer.held.iter().map(|((net, _), a)| (*net, format!("{a:?}"))).collect();
            held.sort();
            assert_eq!(held, expected, "what neighbor {n} holds");
            let exporter = self.table.exporter(session.peer.id).unwrap();
            assert_eq!(exporter.counters().0, held.len() as u64);
            assert!(!self.table.has_export(session.peer.id));
        }
        let preferred: u64 =
            self.sessions.iter().flatten().map(|s| self.table.source_counters(s.source).1).sum();
        assert_eq!(preferred, self.table.net_count());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn who_is_sent_every_path_holds_every_path(
        runs in prop::collection::vec(prop::collection::vec(op(), 1..40), 1..4),
    ) {
        let mut known = BTreeMap::new();
        let mut told = |from: usize, v: Variant, receiver: usize, which: u8| {
            let key = (from, v.local_pref, v.no_export, receiver, which);
            let ask = || {
                let a = told(bgp(neighbor(from)), &path_of(from, v), to(receiver), policy(which));
                a.map(|a| format!("{a:?}"))
            };
            known.entry(key).or_insert_with(ask).clone()
        };
        let mut world = World::new();
        for ops in runs {
            ops.iter().for_each(|op| world.run(op));
            world.quiet();
            world.check(&mut told);
        }
        (0..NEIGHBORS).for_each(|n| world.run(&Op::Down(n)));
        world.quiet();
        world.check(&mut told);
        prop_assert!(world.table.attrs().is_empty() && world.plain.nets.is_empty());
    }
}
