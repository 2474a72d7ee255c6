//! `merge paths`: the paths as good as the best one go to the kernel with it, and every change of them does.

mod common;

use std::sync::Arc;

use common::{
    announce, bgp, external, filter, ip, net, other, path_with, settle, static_route, via, withdraw,
};
use godwit_filter::{Destination, NoSurroundings, RouteAttributes};
use godwit_rib::{ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, SourceId, Table, WantedRoute};
use godwit_wire::{AsPath, Origin};
use ipnetwork::Ipv4Network;

const A: &str = "203.0.113.0/24";

struct Lab {
    table: Table<Ipv4Network>,
    peers: Vec<SourceId>,
    kernel: ExporterId,
}

fn lab(merge_paths: bool, policy: ExportPolicy) -> Lab {
    let mut table = Table::new(1);
    let peers = (1..=3).map(|n| table.add_source(bgp(external(n)), None)).collect();
    let own = table.add_source(other("kernel", 1), None);
    let kind = ExporterKind::Kernel { merge_paths: merge_paths.then_some(16) };
    let kernel = table.add_exporter(Exporter::new(kind, policy, Some(own), Arc::new(NoSurroundings)));
    Lab { table, peers, kernel }
}

impl Lab {
    fn announce(&mut self, n: usize, change: impl FnOnce(&mut RouteAttributes)) {
        let path = path_with(|p| {
            p.destination = via(&format!("192.0.2.{n}"));
            // Of different neighboring ASes, and as long.
            p.bgp.as_path = Some(AsPath::from_sequence(&[65000 + n as u32]));
            change(p);
        });
        announce(&mut self.table, self.peers[n - 1], net(A), &path);
    }

    /// What the kernel is told now of the net: the gateways of its paths, the best one's first, then sorted.
    fn told(&mut self) -> Vec<Vec<String>> {
        settle(&mut self.table);
        let mut out = Vec::new();
        while self.table.has_export(self.kernel) {
            if let Some(Exported::Routes(routes)) = self.table.export(self.kernel, usize::MAX) {
                out.extend(routes.into_iter().map(|(_, route)| gateways(route)));
            }
        }
        out
    }
}

fn gateways(route: Option<WantedRoute>) -> Vec<String> {
    let Some(route) = route else { return Vec::new() };
    let text = |d: &Destination| {
        let hops = d.next_hops().iter().map(|h| h.gateway.map_or("-".into(), |g| g.to_string()));
        hops.collect::<Vec<String>>().join("+")
    };
    let mut list: Vec<String> = route.merged.iter().map(|path| text(&path.destination)).collect();
    list.sort();
    list.insert(0, text(&route.best.destination));
    list
}

#[test]
fn every_change_of_an_equal_path_is_told() {
    let mut lab = lab(true, ExportPolicy::All);
    lab.announce(1, |_| {});
    assert_eq!(lab.told(), [["192.0.2.1"]]);
    lab.announce(3, |_| {});
    assert_eq!(lab.told(), [["192.0.2.1", "192.0.2.3"]]);
    lab.announce(2, |_| {});
    assert_eq!(lab.told(), [["192.0.2.1", "192.0.2.2", "192.0.2.3"]]);
    // One that is no more as good.
    lab.announce(3, |p| p.bgp.med = Some(5));
    lab.announce(2, |p| p.destination = via("192.0.2.9"));
    assert_eq!(lab.told().last().unwrap(), &["192.0.2.1", "192.0.2.3", "192.0.2.9"]);
    withdraw(&mut lab.table, lab.peers[1], net(A));
    assert_eq!(lab.told(), [["192.0.2.1", "192.0.2.3"]]);
    withdraw(&mut lab.table, lab.peers[0], net(A));
    assert_eq!(lab.told(), [["192.0.2.3"]]);
    lab.table.flush_source(lab.peers[2]);
    assert_eq!(lab.told(), [Vec::<String>::new()]);
}

#[test]
fn without_the_option_only_the_best_counts() {
    let mut lab = lab(false, ExportPolicy::All);
    lab.announce(1, |_| {});
    assert_eq!(lab.told(), [["192.0.2.1"]]);
    lab.announce(2, |_| {});
    assert!(!lab.table.has_export(lab.kernel), "nothing to look at");
    lab.table.exporter_mut(lab.kernel).unwrap().refeed();
    assert_eq!(lab.told(), [["192.0.2.1"]]);
}

type Change = fn(&mut RouteAttributes);

#[test]
fn what_makes_a_path_worse_keeps_it_out() {
    let worse: [(&str, Change); 6] = [
        ("preference", |p| p.preference -= 1),
        ("local preference", |p| p.bgp.local_pref = Some(99)),
        ("path", |p| p.bgp.as_path = Some(AsPath::from_sequence(&[65002, 65002]))),
        ("origin", |p| p.bgp.origin = Some(Origin::Incomplete)),
        ("LLGR_STALE", |p| p.bgp.communities = Box::new([0xffff_0006])),
        ("next hop", |p| p.destination = Destination::Recursive(ip("10.9.9.9"))),
    ];
    for (what, change) in worse {
        let mut lab = lab(true, ExportPolicy::All);
        lab.announce(1, |p| p.bgp.local_pref = Some(100));
        lab.announce(2, |p| {
            p.bgp.local_pref = Some(100);
            change(p);
        });
        assert_eq!(lab.told(), [["192.0.2.1"]], "{what}");
    }
}

#[test]
fn the_filter_is_asked_of_each_path() {
    let policy = filter("if from = 192.0.2.2 then reject; krt_metric = 7; accept;");
    let mut lab = lab(true, policy);
    for n in 1..=3 {
        lab.announce(n, |p| p.from = Some(ip(&format!("192.0.2.{n}"))));
    }
    assert_eq!(lab.told(), [["192.0.2.1", "192.0.2.3"]]);
    // A best path that is refused leaves nothing.
    withdraw(&mut lab.table, lab.peers[0], net(A));
    assert_eq!(lab.told(), [Vec::<String>::new()]);
}

#[test]
fn a_best_path_without_next_hops_goes_alone() {
    let mut lab = lab(true, filter("if from = 192.0.2.1 then dest = RTD_BLACKHOLE; accept;"));
    for n in 1..=2 {
        lab.announce(n, |p| p.from = Some(ip(&format!("192.0.2.{n}"))));
    }
    assert_eq!(lab.told(), [[""]]);
}

/// As BIRD does: also those of two protocols. Routes of interfaces and of the kernel are not.
#[test]
fn static_routes_are_merged() {
    let mut lab = lab(true, ExportPolicy::All);
    let (one, two) = (lab.table.add_source(other("s1", 2), None), lab.table.add_source(other("s2", 2), None));
    announce(&mut lab.table, one, net(A), &static_route(via("192.0.2.7")));
    announce(&mut lab.table, two, net(A), &static_route(via("192.0.2.8")));
    assert_eq!(lab.told(), [["192.0.2.7", "192.0.2.8"]]);
    let mut device = static_route(via("192.0.2.9"));
    device.source = godwit_filter::RouteSource::Device;
    announce(&mut lab.table, two, net(A), &device);
    assert_eq!(lab.told(), [["192.0.2.7"]]);
}

#[test]
fn next_hops_of_the_routes_below_come_with_the_paths() {
    let mut lab = lab(true, ExportPolicy::All);
    let igp = lab.table.add_source(other("igp", 2), None);
    lab.announce(1, |p| p.destination = Destination::Recursive(ip("10.9.0.1")));
    lab.announce(2, |p| p.destination = Destination::Recursive(ip("10.9.0.2")));
    assert_eq!(lab.told(), [[""]], "unreachable");
    let two = Destination::of_next_hops(
        ["192.0.2.5", "192.0.2.6"].iter().flat_map(|g| via(g).next_hops().to_vec()).collect(),
    );
    announce(&mut lab.table, igp, net("10.9.0.1/32"), &static_route(two.unwrap()));
    announce(&mut lab.table, igp, net("10.9.0.2/32"), &static_route(via("192.0.2.7")));
    let told = |lab: &mut Lab| lab.told().into_iter().filter(|g| g[0].len() > 9).collect::<Vec<_>>();
    assert_eq!(told(&mut lab).last().unwrap(), &["192.0.2.5+192.0.2.6", "192.0.2.7"]);
    announce(&mut lab.table, igp, net("10.9.0.2/32"), &static_route(via("192.0.2.8")));
    assert_eq!(told(&mut lab), [["192.0.2.5+192.0.2.6", "192.0.2.8"]]);
}
