//! AIGP (RFC 7311): the distance that adds up, in selection and on its way.

mod common;

use common::contender::{Contender, Via, arena, enter, prize, winner};
use common::peer::{Peer, told};
use common::update::{A, attribute, body, channel, flat, good, session};
use common::{
    LOCAL_AS, SEED, announce, bgp, external, internal, ip, net, other, path_with, static_route, to_external,
    to_internal, via,
};
use godwit_filter::{AttributeValue, Destination, RouteAttributes, RouteSource};
use godwit_rib::{
    AigpPolicy, Batches, BgpExport, ChannelImport, ExportPolicy, ImportStep, NextHopPolicy, Table,
};

fn wins(what: &str, better: &Contender, worse: &Contender) {
    for order in [[better, worse], [worse, better]] {
        let mut table = arena();
        for contender in order {
            enter(&mut table, contender);
        }
        assert_eq!(winner(&table), Some(better.from.peer_address), "{what}");
    }
}

fn with(n: u8, aigp: u64, metric: u8) -> Contender {
    Contender::from(n).but(|c| {
        c.aigp = Some(aigp);
        c.next_hop = Via::Metric(metric);
    })
}

/// The second of each pair has the lower address.
#[test]
fn the_whole_distance_decides() {
    wins("the lower", &with(9, 5, 10), &with(1, 6, 10));
    wins("with that to the next hop", &with(9, 9, 10), &with(1, 5, 15));
    wins("some is nearer than none", &with(9, u64::MAX - 11, 10), &Contender::from(1));
    let long = |c: Contender| c.but(|c| c.as_path.push(65003));
    wins("before the path length", &long(with(9, 5, 10)), &with(1, 6, 10));
    wins("after the local preference", &with(9, 9, 10).but(|c| c.local_pref = Some(101)), &with(1, 5, 10));
    wins(
        "a next hop on the link is one away",
        &with(9, 5, 1),
        &with(1, 6, 1).but(|c| c.next_hop = Via::Device),
    );
    let unknown = with(1, 0, 1).but(|c| c.next_hop = Via::UnknownMetric);
    wins("an unknown metric is further than all", &with(9, 1_000, 10), &unknown);
    wins(
        "as far as none at all",
        &Contender::from(1).but(|c| c.next_hop = Via::UnknownMetric),
        &unknown.but(|c| {
            c.from = external(9);
        }),
    );
}

#[test]
fn cost_is_the_distance_of_next_hops_on_the_link() {
    let on_link = |n: u8, cost| {
        let mut source = external(n);
        source.cost = cost;
        (source, path_with(|p| p.destination = via("192.0.2.1")))
    };
    let mut table = Table::new(1);
    for (source, path) in [on_link(1, 20), on_link(9, 10)] {
        let source = table.add_source(bgp(source), None);
        announce(&mut table, source, prize(), &path);
    }
    assert_eq!(winner(&table), Some(ip("192.0.2.9")), "the lower cost");
    let last = table.net(prize()).unwrap().paths().next().unwrap().source_id;
    table.set_cost(last, 30);
    common::settle(&mut table);
    assert_eq!(winner(&table), Some(ip("192.0.2.1")), "it can change");
}

/// A route with AIGP 5 by a next hop 7 away, from an external neighbor.
fn sent(to: BgpExport) -> Option<u64> {
    let mut table = Table::new(1);
    let igp = table.add_source(other("igp", 9), None);
    let mut to_hop = static_route(via("192.0.2.9"));
    to_hop.set_extra("igp_metric", Some(AttributeValue::Int(7)));
    announce(&mut table, igp, net("10.9.0.1/32"), &to_hop);
    let path = path_with(|p| {
        p.bgp.next_hop = Some(ip("10.9.0.1"));
        p.destination = Destination::Recursive(ip("10.9.0.1"));
        p.bgp.rare_mut().aigp = Some(5);
    });
    let source = table.add_source(bgp(external(1)), None);
    announce(&mut table, source, prize(), &path);
    let mut peer = Peer::new(&mut table, to, ExportPolicy::All, None);
    peer.listen(&mut table);
    peer.nets.get(&prize().into()).unwrap().aigp()
}

#[test]
fn who_becomes_the_next_hop_adds_the_distance() {
    let on = |to| BgpExport { aigp: AigpPolicy::On, ..to };
    assert_eq!(sent(on(to_internal(2))), Some(5), "the next hop stays");
    let own = |to| BgpExport { next_hop_self: NextHopPolicy::All, ..to };
    assert_eq!(sent(on(own(to_internal(2)))), Some(12));
    let elsewhere = BgpExport { ifindex: 99, ..to_external(2) };
    assert_eq!(sent(on(elsewhere.clone())), Some(12));
    assert_eq!(sent(BgpExport { next_hop_keep: NextHopPolicy::All, ..on(elsewhere.clone()) }), Some(5));
    assert_eq!(sent(elsewhere), None, "not to a neighbor without it");
    assert_eq!(sent(BgpExport { aigp: AigpPolicy::Originate, ..own(to_internal(2)) }), Some(12));
}

#[test]
fn an_unknown_distance_is_the_longest() {
    let path = path_with(|p| {
        p.destination = Destination::Recursive(ip("10.9.0.1"));
        p.bgp.rare_mut().aigp = Some(5);
    });
    let to = BgpExport { aigp: AigpPolicy::On, next_hop_self: NextHopPolicy::All, ..to_internal(2) };
    assert_eq!(told(bgp(external(1)), &path, to, ExportPolicy::All).unwrap().aigp(), Some(u64::MAX));
}

#[test]
fn routes_of_ours_get_their_metric() {
    let sent = |path: &RouteAttributes, aigp| {
        let to = BgpExport { aigp, ..to_external(2) };
        told(other("static1", 1), path, to, ExportPolicy::All).unwrap().aigp()
    };
    let mut measured = static_route(Destination::Blackhole);
    measured.set_extra("igp_metric", Some(AttributeValue::Int(11)));
    assert_eq!(sent(&measured, AigpPolicy::Originate), Some(11));
    assert_eq!(sent(&measured, AigpPolicy::On), None);
    assert_eq!(sent(&static_route(Destination::Blackhole), AigpPolicy::Originate), None, "none is known");
    let device = RouteAttributes::new(RouteSource::Device, 240, Destination::Blackhole);
    assert_eq!(sent(&device, AigpPolicy::Originate), Some(0));
    let of_bgp = told(
        bgp(internal(1)),
        &common::path(),
        BgpExport { aigp: AigpPolicy::Originate, ..to_external(2) },
        ExportPolicy::All,
    );
    assert_eq!(of_bgp.unwrap().aigp(), None, "a neighbor's route keeps what it has");
}

#[test]
fn it_is_taken_where_the_channel_has_it() {
    let value = [&[1, 0, 11][..], &5u64.to_be_bytes()].concat();
    let attributes = [good(), attribute(0x80, 26, &value)].concat();
    for aigp in [true, false] {
        let mut session = session();
        session.attributes.aigp = true;
        assert_eq!(session.local_as, LOCAL_AS);
        let channel = ChannelImport { aigp, ..channel(ExportPolicy::All) };
        let mut step = ImportStep::new(session, Some(channel), None, SEED);
        let mut batches = Batches::default();
        step.update(&body(&[], &attributes, &A), &common::Link, &mut batches).unwrap();
        let route = flat(&batches.ipv4).remove(0).1.unwrap();
        assert_eq!(route.bgp.aigp(), aigp.then_some(5));
        assert_eq!(route.bgp.rare.is_some(), aigp, "nothing is left of it");
    }
}
