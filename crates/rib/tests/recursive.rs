//! Next hops that are not on a link: the route to them decides where packets go, and the longest
//! one that there is.

mod common;

use std::sync::Arc;

use common::{
    announce, best, bgp, internal, ip, net, net6, other, path_with, settle, static_route, via, withdraw,
};
use godwit_filter::{AttributeValue, Destination, NextHop, NoSurroundings, RouteAttributes};
use godwit_rib::{
    ExportPolicy, Exported, Exporter, ExporterId, ExporterKind, NetKey, Resolution, SourceId, Table,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

/// A table with an internal neighbor, a protocol for the routes to its next hops, and a kernel.
struct Lab<K: NetKey> {
    table: Table<K>,
    peer: SourceId,
    igp: SourceId,
    kernel: ExporterId,
}

fn lab<K: NetKey>() -> Lab<K> {
    let mut table = Table::new(1);
    let peer = table.add_source(bgp(internal(1)), None);
    let igp = table.add_source(other("igp", 3), None);
    let surroundings = Arc::new(NoSurroundings);
    let kernel = table.add_exporter(Exporter::new(
        ExporterKind::Kernel { merge_paths: None },
        ExportPolicy::All,
        Some(igp),
        surroundings,
    ));
    Lab { table, peer, igp, kernel }
}

impl<K: NetKey> Lab<K> {
    /// What the kernel is told now: nets with where they go, or nothing for those to be removed.
    fn told(&mut self) -> Vec<(String, Option<Destination>)> {
        settle(&mut self.table);
        let mut out = Vec::new();
        while self.table.has_export(self.kernel) {
            if let Some(Exported::Routes(routes)) = self.table.export(self.kernel, usize::MAX) {
                out.extend(routes.into_iter().map(|(n, r)| (n.to_string(), r.map(|r| r.best.destination))));
            }
        }
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }
}

fn through(next_hop: &str) -> RouteAttributes {
    path_with(|p| {
        p.destination = Destination::Recursive(ip(next_hop));
        p.bgp.next_hop = Some(ip(next_hop));
    })
}

fn one(net: &str, destination: Destination) -> Vec<(String, Option<Destination>)> {
    vec![(net.into(), Some(destination))]
}

const A: &str = "203.0.113.0/24";

#[test]
fn a_route_appears_and_vanishes_with_the_one_below_it() {
    let mut lab = lab::<Ipv4Network>();
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    assert_eq!(lab.told(), one(A, Destination::Unreachable));
    assert_eq!(
        lab.table.net(net(A)).unwrap().paths().next().unwrap().resolution,
        Some(&Resolution::Unresolved)
    );

    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.5")));
    assert_eq!(lab.told(), one(A, via("192.0.2.5")));
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.6")));
    assert_eq!(lab.told(), one(A, via("192.0.2.6")), "it moves when the route below does");
    withdraw(&mut lab.table, lab.igp, net("10.9.0.0/16"));
    assert_eq!(lab.told(), one(A, Destination::Unreachable));
    withdraw(&mut lab.table, lab.peer, net(A));
    assert_eq!(lab.told(), [(A.to_string(), None)]);
    // Nobody asks for the next hop any more.
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.5")));
    assert!(!lab.table.has_job());
}

#[test]
fn the_longest_prefix_decides() {
    let mut lab = lab::<Ipv4Network>();
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    lab.told();
    let ladder = [("0.0.0.0/0", "192.0.2.5"), ("10.0.0.0/8", "192.0.2.6"), ("10.9.0.1/32", "192.0.2.7")];
    for (cover, gateway) in ladder {
        announce(&mut lab.table, lab.igp, net(cover), &static_route(via(gateway)));
        assert_eq!(lab.told(), one(A, via(gateway)), "{cover}");
    }
    for other in ["10.9.0.0/32", "10.9.0.2/31", "11.0.0.0/8", "10.0.0.0/9"] {
        announce(&mut lab.table, lab.igp, net(other), &static_route(via("192.0.2.99")));
        assert_eq!(lab.told(), [], "{other} is shorter or beside it");
    }
    withdraw(&mut lab.table, lab.igp, net("10.0.0.0/9"));
    for (cover, below) in [("10.9.0.1/32", "192.0.2.6"), ("10.0.0.0/8", "192.0.2.5")] {
        withdraw(&mut lab.table, lab.igp, net(cover));
        assert_eq!(lab.told(), one(A, via(below)), "without {cover}");
    }
}

#[test]
fn kinds_of_routes_below() {
    let mut lab = lab::<Ipv4Network>();
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    lab.told();
    let mut below = |destination| {
        announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(destination));
        lab.told().remove(0).1.unwrap()
    };
    let hop = |gateway: Option<&str>, ifindex| NextHop {
        gateway: gateway.map(ip),
        ifindex,
        weight: 1,
        onlink: false,
    };
    assert_eq!(
        below(Destination::Unicast(hop(None, 4))),
        Destination::Unicast(hop(Some("10.9.0.1"), 4)),
        "a link"
    );
    let several = Destination::Multipath([hop(Some("192.0.2.5"), 2), hop(Some("192.0.2.6"), 2)].into());
    assert_eq!(below(several.clone()), several);
    for dropped in [Destination::Blackhole, Destination::Prohibit, Destination::Unreachable] {
        assert_eq!(below(dropped.clone()), dropped);
    }
}

/// A route that is itself recursive gives no answer, and hides shorter ones that would.
#[test]
fn no_resolution_through_a_recursive_route() {
    let mut lab = lab::<Ipv4Network>();
    announce(&mut lab.table, lab.igp, net("10.0.0.0/8"), &static_route(via("192.0.2.5")));
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    assert_eq!(lab.told(), one(A, via("192.0.2.5")));
    announce(&mut lab.table, lab.peer, net("10.9.0.0/16"), &through("10.8.0.1"));
    let told = lab.told();
    assert_eq!(
        told,
        [
            ("10.9.0.0/16".to_string(), Some(via("192.0.2.5"))),
            (A.to_string(), Some(Destination::Unreachable))
        ]
    );
    withdraw(&mut lab.table, lab.peer, net("10.9.0.0/16"));
    assert!(lab.told().contains(&(A.to_string(), Some(via("192.0.2.5")))));
    // Nor through itself.
    announce(&mut lab.table, lab.peer, net("10.9.0.0/24"), &through("10.9.0.1"));
    assert!(lab.told().contains(&("10.9.0.0/24".to_string(), Some(Destination::Unreachable))));
}

#[test]
fn the_best_path_follows_its_next_hop() {
    let mut lab = lab::<Ipv4Network>();
    let second = lab.table.add_source(bgp(internal(2)), None);
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    announce(&mut lab.table, second, net(A), &through("10.8.0.1"));
    let metric = |gateway, metric| {
        let mut route = static_route(via(gateway));
        route.set_extra("igp_metric", Some(AttributeValue::Int(metric)));
        route
    };
    assert_eq!(best(&lab.table, net(A)), Some(lab.peer), "the lower address, as neither resolves");
    announce(&mut lab.table, lab.igp, net("10.8.0.0/16"), &metric("192.0.2.8", 20));
    assert_eq!(lab.told(), one(A, via("192.0.2.8")));
    assert_eq!(best(&lab.table, net(A)), Some(second));
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &metric("192.0.2.9", 10));
    assert_eq!(lab.told(), one(A, via("192.0.2.9")));
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &metric("192.0.2.9", 30));
    assert_eq!(lab.told(), one(A, via("192.0.2.8")));
    withdraw(&mut lab.table, lab.igp, net("10.8.0.0/16"));
    assert_eq!(lab.told(), one(A, via("192.0.2.9")));
    let preferred: Vec<u64> = [lab.peer, second].iter().map(|s| lab.table.source_counters(*s).1).collect();
    assert_eq!(preferred, [1, 0]);
}

/// Only routes through a next hop that changed are told again.
#[test]
fn others_are_left_alone() {
    let mut lab = lab::<Ipv4Network>();
    for i in 0..20 {
        let next_hop = if i % 2 == 0 { "10.9.0.1" } else { "10.8.0.1" };
        announce(&mut lab.table, lab.peer, net(&format!("172.16.{i}.0/24")), &through(next_hop));
    }
    lab.told();
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.5")));
    let told = lab.told();
    assert_eq!(told.len(), 10);
    assert!(told.iter().all(|(_, to)| *to == Some(via("192.0.2.5"))));
    announce(&mut lab.table, lab.igp, net("10.0.0.0/8"), &static_route(via("192.0.2.5")));
    assert_eq!(lab.told().len(), 10, "the other half resolves now");
    withdraw(&mut lab.table, lab.igp, net("10.9.0.0/16"));
    assert_eq!(lab.told(), [], "the shorter route goes the same way");
}

/// A next hop that came into use while its route was changing.
#[test]
fn a_change_in_the_midst_of_the_work() {
    let mut lab = lab::<Ipv4Network>();
    for i in 0..20 {
        announce(&mut lab.table, lab.peer, net(&format!("172.16.{i}.0/24")), &through("10.9.0.1"));
    }
    lab.told();
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.5")));
    lab.table.step(5);
    lab.table.step(5);
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(via("192.0.2.6")));
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    let told = lab.told();
    assert_eq!(told.len(), 21);
    assert!(told.iter().all(|(_, to)| *to == Some(via("192.0.2.6"))), "{told:?}");
}

#[test]
fn ipv6() {
    let mut lab = lab::<Ipv6Network>();
    let prize = net6("2001:db8:ffff::/48");
    announce(&mut lab.table, lab.peer, prize, &through("2001:db8:9::1"));
    assert_eq!(lab.told(), one("2001:db8:ffff::/48", Destination::Unreachable));
    announce(&mut lab.table, lab.igp, net6("::/0"), &static_route(via("fe80::5")));
    assert_eq!(lab.told(), one("2001:db8:ffff::/48", via("fe80::5")));
    announce(&mut lab.table, lab.igp, net6("2001:db8:9::1/128"), &static_route(via("fe80::6")));
    assert_eq!(lab.told(), one("2001:db8:ffff::/48", via("fe80::6")));
    withdraw(&mut lab.table, lab.igp, net6("2001:db8:9::1/128"));
    assert_eq!(lab.told(), one("2001:db8:ffff::/48", via("fe80::5")));
    // There is no table of the other family to look in.
    announce(&mut lab.table, lab.peer, prize, &through("10.9.0.1"));
    assert_eq!(lab.told(), one("2001:db8:ffff::/48", Destination::Unreachable));
    withdraw(&mut lab.table, lab.peer, prize);
    assert_eq!(lab.told(), [("2001:db8:ffff::/48".to_string(), None)]);
}

#[test]
fn nothing_is_sent_to_an_address_of_our_own() {
    let own = |address: &str| [(ip(address), 2)].into();
    let to_link = Destination::Unicast(NextHop { gateway: None, ifindex: 2, weight: 1, onlink: false });
    let mut lab = lab::<Ipv4Network>();
    lab.table.set_own_addresses(own("10.9.0.1"));
    announce(&mut lab.table, lab.igp, net("10.9.0.0/16"), &static_route(to_link.clone()));
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    let told = lab.told();
    assert!(told.contains(&(A.into(), Some(Destination::Unreachable))), "{told:?}");

    // Addresses go and come.
    lab.table.set_own_addresses(own("10.9.0.2"));
    let on_link =
        Destination::Unicast(NextHop { gateway: Some(ip("10.9.0.1")), ifindex: 2, weight: 1, onlink: false });
    assert_eq!(lab.told(), one(A, on_link));
    lab.table.set_own_addresses(own("10.9.0.1"));
    assert_eq!(lab.told(), one(A, Destination::Unreachable));
    lab.table.set_own_addresses(own("10.9.0.1"));
    assert!(!lab.table.has_job(), "nothing changed");

    // It is another link's.
    lab.table.set_own_addresses([(ip("10.9.0.1"), 3)].into());
    assert_eq!(lab.told().len(), 1);
    lab.table.set_own_addresses(own("10.9.0.1"));
    assert_eq!(lab.told(), one(A, Destination::Unreachable));

    // Who has another way to it may go there, as with BIRD.
    announce(&mut lab.table, lab.igp, net("10.9.0.1/32"), &static_route(via("192.0.2.5")));
    assert_eq!(lab.told(), one(A, via("192.0.2.5")));
}

/// A path whose next hop is inside of its own net is the best only as long as its next hop resolves through another
/// path of that net, which it does only as long as that is the best.
#[test]
fn a_circle_comes_to_rest() {
    let mut lab = lab::<Ipv4Network>();
    let beside = lab.table.add_source(bgp(common::external(7)), None);
    let on_link = path_with(|p| {
        p.destination = via("192.0.2.7");
        p.bgp.local_pref = Some(50);
    });
    announce(&mut lab.table, beside, net("10.9.0.0/24"), &on_link);
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    assert_eq!(lab.told().len(), 2);
    announce(&mut lab.table, lab.peer, net("10.9.0.0/24"), &through("10.9.0.1"));
    let steps = (0..1000).take_while(|_| lab.table.step(3)).count();
    assert!(steps < 100, "{steps}");
    assert_eq!(lab.table.take_warnings(), ["Next hop 10.9.0.1 resolves through a route that depends on it"]);
    assert_eq!(best(&lab.table, net("10.9.0.0/24")), Some(lab.peer));
    // Nothing goes another way than by the path on the link, and with that it is over.
    assert!(lab.told().iter().all(|(_, to)| *to == Some(via("192.0.2.7"))));
    let moved = RouteAttributes { destination: via("192.0.2.8"), ..on_link };
    announce(&mut lab.table, beside, net("10.9.0.0/24"), &moved);
    let to = |gateway: &str| Some(via(gateway));
    assert_eq!(lab.told(), [("10.9.0.0/24".to_string(), to("192.0.2.8")), (A.to_string(), to("192.0.2.8"))]);
    withdraw(&mut lab.table, beside, net("10.9.0.0/24"));
    assert!(lab.told().iter().all(|(_, to)| *to == Some(Destination::Unreachable)));
    announce(&mut lab.table, beside, net("10.9.0.0/24"), &moved);
    withdraw(&mut lab.table, lab.peer, net("10.9.0.0/24"));
    lab.told();
    let hops = lab.table.net(net(A)).expect("it is there").paths().next().and_then(|p| p.resolution.cloned());
    assert!(matches!(hops, Some(Resolution::Hops { .. })), "{hops:?}");
    assert_eq!(best(&lab.table, net("10.9.0.0/24")), Some(beside));
}

/// BIRD says the same of them.
#[test]
fn what_resolves_through_another_recursive_route_is_told_once() {
    let mut lab = lab::<Ipv4Network>();
    announce(&mut lab.table, lab.peer, net("10.9.0.0/24"), &through("10.8.0.1"));
    announce(&mut lab.table, lab.peer, net(A), &through("10.9.0.1"));
    lab.told();
    let line = "Next hop address 10.9.0.1 resolvable through recursive route for 10.9.0.0/24";
    assert_eq!(lab.table.take_remarks(), [line]);
    announce(&mut lab.table, lab.igp, net("10.8.0.0/24"), &static_route(via("192.0.2.5")));
    lab.told();
    assert_eq!(lab.table.take_remarks(), Vec::<String>::new());
    // Inside of another such net it is said again.
    announce(&mut lab.table, lab.peer, net("10.9.0.0/25"), &through("10.8.0.1"));
    lab.told();
    assert_eq!(lab.table.take_remarks(), [line.replace("/24", "/25")]);
    // What is asked of a route that is not in the table changes nothing.
    let destination = |gateway: &str| through(gateway).destination;
    let of = |gateway: &str| lab.table.resolution_of(&destination(gateway));
    assert!(
        matches!(of("10.8.0.9"), Some(Resolution::Hops { .. }))
            && of("10.9.0.9") == Some(Resolution::Unresolved)
    );
    assert_eq!(lab.table.resolution_of(&via("192.0.2.5")), None);
    assert_eq!(lab.table.take_remarks(), Vec::<String>::new());
}
