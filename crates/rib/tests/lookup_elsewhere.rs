//! Next hops that are looked up in another table than their paths' own.

mod common;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use common::{announce, bgp, internal, ip, net, net6, other, path_with, settle, static_route, via, withdraw};
use godwit_filter::{Destination, NextHop, NoSurroundings, Recursion, RouteAttributes};
use godwit_rib::{
    ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, NetKey, SourceId, Table, WatcherId,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

const A: &str = "203.0.113.0/24";
const B: &str = "203.0.114.0/24";
const WATCHER: WatcherId = WatcherId(3);

/// An IPv4 table whose next hops are looked up in another one.
struct Lab<K: NetKey> {
    table: Table<Ipv4Network>,
    /// The other table's number.
    number: u16,
    peer: SourceId,
    kernel: ExporterId,
    below: Table<K>,
    igp: SourceId,
}

fn lab<K: NetKey>() -> Lab<K> {
    let mut table = Table::new(1);
    let number = table.add_lookup_table().unwrap();
    let peer = table.add_source(bgp(internal(1)), None);
    let kernel = ExporterKind::Kernel { merge_paths: None };
    let kernel = table.add_exporter(Exporter::new(kernel, ExportPolicy::All, None, Arc::new(NoSurroundings)));
    let mut below = Table::new(2);
    let igp = below.add_source(other("igp", 3), None);
    Lab { table, number, peer, kernel, below, igp }
}

impl<K: NetKey> Lab<K> {
    /// Carries questions and answers until there are none; how many there were of each.
    fn carry(&mut self) -> (usize, usize) {
        let (mut asked, mut answered) = (0, 0);
        loop {
            settle(&mut self.table);
            settle(&mut self.below);
            let lookups = self.table.take_lookups(self.number);
            self.below.look_up(WATCHER, &lookups);
            let answers = self.below.take_answers(WATCHER);
            if lookups.is_empty() && answers.is_empty() {
                assert!(!self.table.awaits_lookups());
                return (asked, answered);
            }
            (asked, answered) = (asked + lookups.len(), answered + answers.len());
            self.table.answered(self.number, answers);
        }
    }

    fn told(&mut self) -> Vec<(String, Option<Destination>)> {
        self.carry();
        let mut out = Vec::new();
        while self.table.has_export(self.kernel) {
            if let Some(Exported::Routes(routes)) = self.table.export(self.kernel, usize::MAX) {
                out.extend(routes.into_iter().map(|(n, r)| (n.to_string(), r.map(|r| r.best.destination))));
            }
        }
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }

    fn through(&self, address: &str, link_local: Option<&str>) -> RouteAttributes {
        let link_local = link_local.map(|a| a.parse::<Ipv6Addr>().unwrap());
        let hop = Recursion { address: ip(address), link_local, table: self.number };
        path_with(|p| p.destination = Destination::of_recursion(hop))
    }
}

fn one(net: &str, destination: Destination) -> Vec<(String, Option<Destination>)> {
    vec![(net.into(), Some(destination))]
}

fn device(gateway: Option<IpAddr>) -> Destination {
    Destination::Unicast(NextHop { gateway, ifindex: 4, weight: 1, onlink: false })
}

#[test]
fn a_route_follows_the_one_in_the_other_table() {
    let mut lab = lab::<Ipv4Network>();
    let path = lab.through("10.9.0.1", None);
    announce(&mut lab.table, lab.peer, net(A), &path);
    assert!(lab.table.awaits_lookups(), "nothing is known of it yet");
    assert_eq!(lab.told(), one(A, Destination::Unreachable));
    // What covers it in its own table is of no interest.
    let own = lab.table.add_source(other("static1", 2), None);
    announce(&mut lab.table, own, net("10.9.0.0/16"), &static_route(via("192.0.2.99")));
    assert_eq!(lab.told().len(), 1);

    announce(&mut lab.below, lab.igp, net("10.0.0.0/8"), &static_route(via("192.0.2.5")));
    assert_eq!(lab.told(), one(A, via("192.0.2.5")));
    announce(&mut lab.below, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.6")));
    assert_eq!(lab.told(), one(A, via("192.0.2.6")));
    announce(&mut lab.below, lab.igp, net("10.8.0.0/16"), &static_route(via("192.0.2.7")));
    assert_eq!(lab.carry(), (0, 0), "beside it");
    withdraw(&mut lab.below, lab.igp, net("10.9.0.0/16"));
    assert_eq!(lab.told(), one(A, via("192.0.2.5")));
    announce(&mut lab.below, lab.igp, net("10.0.0.0/8"), &static_route(Destination::Blackhole));
    assert_eq!(lab.told(), one(A, Destination::Blackhole));
}

#[test]
fn one_question_for_many_paths_and_none_when_they_are_gone() {
    let mut lab = lab::<Ipv4Network>();
    announce(&mut lab.below, lab.igp, net("10.0.0.0/8"), &static_route(via("192.0.2.5")));
    let path = lab.through("10.9.0.1", None);
    announce(&mut lab.table, lab.peer, net(A), &path);
    let other_attributes = {
        let mut path = path.clone();
        path.bgp.med = Some(7);
        path
    };
    announce(&mut lab.table, lab.peer, net(B), &other_attributes);
    assert_eq!(lab.carry(), (1, 1));
    withdraw(&mut lab.table, lab.peer, net(A));
    assert_eq!(lab.carry(), (0, 0));
    withdraw(&mut lab.table, lab.peer, net(B));
    assert_eq!(lab.carry(), (1, 0));
    announce(&mut lab.below, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.6")));
    assert!(!lab.below.has_job() && !lab.below.has_answers(WATCHER), "nobody asks any more");
}

/// While the other table is busy, what waits for it does not grow.
#[test]
fn only_the_last_word_waits() {
    let mut lab = lab::<Ipv4Network>();
    let path = lab.through("10.9.0.1", None);
    for _ in 0..10 {
        announce(&mut lab.table, lab.peer, net(A), &path);
        withdraw(&mut lab.table, lab.peer, net(A));
    }
    assert_eq!(lab.table.take_lookups(lab.number).len(), 1);
    announce(&mut lab.table, lab.peer, net(A), &path);
    lab.carry();
    for gateway in ["192.0.2.5", "192.0.2.6", "192.0.2.7"] {
        announce(&mut lab.below, lab.igp, net("10.0.0.0/8"), &static_route(via(gateway)));
        settle(&mut lab.below);
    }
    assert_eq!(lab.carry(), (0, 1));
    assert_eq!(lab.told(), one(A, via("192.0.2.7")));
}

#[test]
fn a_next_hop_of_the_other_family() {
    let mut lab = lab::<Ipv6Network>();
    announce(&mut lab.below, lab.igp, net6("2001:db8:9::/48"), &static_route(via("fe80::5")));
    announce(&mut lab.below, lab.igp, net6("2001:db8:a::/48"), &static_route(device(None)));
    let path = lab.through("2001:db8:9::1", None);
    announce(&mut lab.table, lab.peer, net(A), &path);
    assert_eq!(lab.told(), one(A, via("fe80::5")));
    let path = lab.through("2001:db8:a::1", None);
    announce(&mut lab.table, lab.peer, net(A), &path);
    assert_eq!(lab.told(), one(A, device(Some(ip("2001:db8:a::1")))));
    // On a link it is known by its link-local address; two with one global address are two.
    let path = lab.through("2001:db8:a::1", Some("fe80::a"));
    announce(&mut lab.table, lab.peer, net(B), &path);
    assert_eq!(lab.told(), one(B, device(Some(ip("fe80::a")))));
}

#[test]
fn what_becomes_of_routes_when_the_other_table_ends() {
    let mut lab = lab::<Ipv4Network>();
    announce(&mut lab.below, lab.igp, net("10.0.0.0/8"), &static_route(via("192.0.2.5")));
    let path = lab.through("10.9.0.1", None);
    announce(&mut lab.table, lab.peer, net(A), &path);
    assert_eq!(lab.told(), one(A, via("192.0.2.5")));
    lab.table.lookup_table_is_gone(lab.number);
    assert_eq!(lab.told(), one(A, Destination::Unreachable));
    assert_ne!(lab.table.add_lookup_table(), Some(lab.number), "a path still names it");
    let late = lab.through("10.9.0.2", None);
    announce(&mut lab.table, lab.peer, net(A), &late);
    assert!(!lab.table.awaits_lookups() && !lab.table.has_lookups(lab.number), "there is nobody to ask");
    withdraw(&mut lab.table, lab.peer, net(A));
    assert_eq!(lab.table.add_lookup_table(), Some(lab.number));
    // The other way: a table that does not ask any more.
    let path = lab.through("10.9.0.1", None);
    announce(&mut lab.table, lab.peer, net(A), &path);
    lab.carry();
    lab.below.remove_watcher(WATCHER);
    withdraw(&mut lab.below, lab.igp, net("10.0.0.0/8"));
    assert!(!lab.below.has_job() && !lab.below.has_answers(WATCHER));
}
