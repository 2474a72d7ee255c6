//! The import step: from the body of an UPDATE to routes and withdrawals.

mod common;

use std::net::Ipv4Addr;

use common::update::{
    A, A6, B, GLOBAL, as_path, attribute, body, channel, flat, good, internal_session, local_pref, mp_reach,
    mp_unreach, next_hop, origin, session, step,
};
use common::{Link, ip, net, net6, via};
use godwit_filter::{Destination, RouteAttributes, RouteSource};
use godwit_rib::{Batches, BgpImport, ExportPolicy, ImportCounters, ImportStep, RowCounters, UpdateSummary};
use godwit_wire::{AddressFamily, Origin};
use ipnetwork::Ipv4Network;

/// Runs one UPDATE through a step.
fn run(step: &mut ImportStep, body: &[u8]) -> (Batches, UpdateSummary) {
    let mut batches = Batches::default();
    let summary = step.update(body, &Link, &mut batches).expect("the session goes on");
    (batches, summary)
}

/// The IPv4 routes of one UPDATE on a fresh session that takes everything.
fn routes(session: BgpImport, attributes: &[u8], nlri: &[u8]) -> Vec<(Ipv4Network, Option<RouteAttributes>)> {
    flat(&run(&mut step(session, ExportPolicy::All), &body(&[], attributes, nlri)).0.ipv4)
}

/// Whether a route with these attributes is taken.
fn taken(session: BgpImport, attributes: &[u8]) -> bool {
    let routes = routes(session, attributes, &A);
    assert_eq!(routes.len(), 1, "taken or withdrawn, but not lost");
    assert_eq!(routes[0].0, net("198.51.100.0/24"));
    routes[0].1.is_some()
}

#[test]
fn an_announcement() {
    let (batches, summary) =
        run(&mut step(session(), ExportPolicy::All), &body(&[], &good(), &[A, B].concat()));
    let routes = flat(&batches.ipv4);
    assert_eq!(
        routes.iter().map(|(n, _)| *n).collect::<Vec<_>>(),
        [net("198.51.100.0/24"), net("203.0.113.0/24")]
    );
    let route = routes[0].1.as_ref().unwrap();
    assert_eq!((route.source, route.preference, route.from), (RouteSource::Bgp, 100, Some(ip("192.0.2.1"))));
    assert_eq!(route.destination, via("192.0.2.1"));
    assert_eq!((route.bgp.origin, route.bgp.local_pref, route.bgp.med), (Some(Origin::Igp), Some(100), None));
    assert_eq!(route.bgp.as_path.as_ref().unwrap().to_string(), "65001 65002");
    assert_eq!(batches.ipv4.changes.len(), 1, "one set for both nets");
    let received = RowCounters { received: 2, ..RowCounters::default() };
    assert_eq!(batches.ipv4.counters, ImportCounters { updates: received, ..ImportCounters::default() });
    assert!(batches.ipv6.is_empty() && summary.remarks.is_empty() && summary.end_of_rib.is_none());
}

#[test]
fn withdrawals_come_before_announcements() {
    let (batches, _) = run(&mut step(session(), ExportPolicy::All), &body(&[A, B].concat(), &good(), &A));
    let routes: Vec<_> = flat(&batches.ipv4).into_iter().map(|(n, a)| (n.to_string(), a.is_some())).collect();
    let (a, b) = ("198.51.100.0/24".to_string(), "203.0.113.0/24".to_string());
    assert_eq!(routes, [(a.clone(), false), (b, false), (a, true)]);
    assert_eq!(batches.ipv4.counters.withdraws.received, 2);
}

#[test]
fn as_path_loops() {
    let with_path = |ases: &[u32]| [origin(0), as_path(ases), next_hop([192, 0, 2, 1])].concat();
    let allow = |times| BgpImport { allow_local_as: times, ..session() };
    assert!(!taken(session(), &with_path(&[65001, 65000])));
    assert!(taken(allow(1), &with_path(&[65001, 65000])));
    assert!(!taken(allow(1), &with_path(&[65001, 65000, 65000])));
    assert!(taken(allow(2), &with_path(&[65001, 65000, 65000])));
    assert!(taken(session(), &with_path(&[65001, 65099])));
}

#[test]
fn reflection_loops() {
    let inside = |extra: Vec<u8>| {
        [origin(0), as_path(&[65009]), next_hop([192, 0, 2, 1]), local_pref(100), extra].concat()
    };
    let originator = |last| attribute(0x80, 9, &[10, 0, 0, last]);
    let clusters =
        |ids: &[u32]| attribute(0x80, 10, &ids.iter().flat_map(|i| i.to_be_bytes()).collect::<Vec<_>>());
    assert!(taken(internal_session(), &inside(vec![])));
    assert!(taken(internal_session(), &inside(originator(1))));
    assert!(!taken(internal_session(), &inside(originator(254))), "our router id");
    assert!(taken(internal_session(), &inside(clusters(&[1, 2]))));
    assert!(!taken(internal_session(), &inside(clusters(&[1, 0x0a00_00fe]))), "our cluster id");
    let other =
        BgpImport { router_id: Ipv4Addr::new(10, 0, 0, 9), cluster_id: Some(9), ..internal_session() };
    assert!(taken(other, &inside([originator(254), clusters(&[0x0a00_00fe])].concat())));
    let no_client = BgpImport { cluster_id: None, ..internal_session() };
    assert!(taken(no_client, &inside(clusters(&[0x0a00_00fe]))), "of another reflector of the cluster");
}

/// From an external neighbor the attributes of reflection mean nothing.
#[test]
fn reflection_attributes_from_outside_are_dropped() {
    let attributes =
        [good(), attribute(0x80, 9, &[10, 0, 0, 254]), attribute(0x80, 10, &[10, 0, 0, 254])].concat();
    let route = routes(session(), &attributes, &A).remove(0).1.unwrap();
    assert_eq!((route.bgp.originator_id(), route.bgp.cluster_list()), (None, &[][..]));
    assert_eq!(route.bgp.rare, None);
}

#[test]
fn the_first_as_is_enforced_on_demand() {
    let with_path = |ases: &[u32]| [origin(0), as_path(ases), next_hop([192, 0, 2, 1])].concat();
    let strict = || BgpImport { enforce_first_as: true, ..session() };
    assert!(taken(strict(), &with_path(&[65001, 65002])));
    assert!(!taken(strict(), &with_path(&[65002, 65001])));
    assert!(!taken(strict(), &with_path(&[])));
    assert!(taken(session(), &with_path(&[65002, 65001])));
}

/// RFC 7606: the routes go, the session stays, the log has a line.
#[test]
fn an_error_withdraws() {
    let faulty: [(&str, Vec<u8>); 5] = [
        ("ORIGIN of no known value", [origin(9), as_path(&[65001]), next_hop([192, 0, 2, 1])].concat()),
        ("no AS_PATH", [origin(0), next_hop([192, 0, 2, 1])].concat()),
        ("no NEXT_HOP", [origin(0), as_path(&[65001])].concat()),
        ("MED of three octets", [good(), attribute(0x80, 4, &[0, 0, 1])].concat()),
        (
            "AS_PATH that runs over",
            [origin(0), attribute(0x40, 2, &[2, 9, 0, 0]), next_hop([192, 0, 2, 1])].concat(),
        ),
    ];
    for (what, attributes) in faulty {
        let (batches, summary) =
            run(&mut step(session(), ExportPolicy::All), &body(&[], &attributes, &[A, B].concat()));
        let routes = flat(&batches.ipv4);
        assert_eq!(routes.len(), 2, "{what}");
        assert!(routes.iter().all(|(_, a)| a.is_none()), "{what}");
        // As BIRD counts: withdrawals came.
        let counted = batches.ipv4.counters;
        assert_eq!((counted.updates.received, counted.withdraws.received), (0, 2), "{what}");
        assert!(!summary.remarks.is_empty(), "{what}");
    }
}

#[test]
fn an_attribute_that_is_discarded_costs_only_itself() {
    let attributes = [good(), attribute(0x40, 6, &[1])].concat();
    let mut step = step(session(), ExportPolicy::All);
    let (batches, summary) = run(&mut step, &body(&[], &attributes, &A));
    let route = flat(&batches.ipv4).remove(0).1.expect("the route is used");
    assert_eq!(route.bgp.rare, None);
    assert_eq!(summary.remarks.len(), 1);
}

#[test]
fn what_ends_a_session() {
    let bad: [(&str, Vec<u8>); 4] = [
        ("too short", vec![0, 0, 0]),
        ("withdrawn routes past the end", vec![0, 9, 0, 0]),
        ("a prefix of 33 bits", body(&[], &good(), &[33, 1, 2, 3, 4, 5])),
        ("a withdrawn prefix cut short", body(&[24, 1, 2], &[], &[])),
    ];
    for (what, body) in bad {
        let mut batches = Batches::default();
        assert!(step(session(), ExportPolicy::All).update(&body, &Link, &mut batches).is_err(), "{what}");
        assert!(batches.ipv4.nets.is_empty(), "{what}");
    }
}

#[test]
fn next_hops() {
    let with_hop = |hop| [origin(0), as_path(&[65001]), next_hop(hop)].concat();
    assert!(taken(session(), &with_hop([192, 0, 2, 77])));
    let refused = [("our own address", [192, 0, 2, 254]), ("an address not on the link", [10, 9, 8, 7])];
    for (what, hop) in refused {
        let (batches, summary) = run(&mut step(session(), ExportPolicy::All), &body(&[], &with_hop(hop), &A));
        assert!(flat(&batches.ipv4)[0].1.is_none(), "{what}");
        assert_eq!(summary.remarks.len(), 1, "{what}");
        assert!(summary.remarks[0].starts_with("Invalid NEXT_HOP attribute"), "{what}");
    }
    let mut step = step(session(), ExportPolicy::All);
    let recursive =
        godwit_rib::ChannelImport { recursive: true, ..common::update::channel(ExportPolicy::All) };
    step.set_channel(AddressFamily::IPV4, recursive);
    let (batches, _) = run(&mut step, &body(&[], &with_hop([10, 9, 8, 7]), &A));
    let route = flat(&batches.ipv4).remove(0).1.unwrap();
    assert_eq!(route.destination, Destination::Recursive(ip("10.9.8.7")));
}

#[test]
fn local_preference() {
    let route = |session, attributes: &[u8]| routes(session, attributes, &A).remove(0).1.unwrap();
    let sent = [good(), local_pref(250)].concat();
    assert_eq!(route(session(), &sent).bgp.local_pref, Some(100), "not taken from outside");
    assert_eq!(route(internal_session(), &sent).bgp.local_pref, Some(250));
    let mut allowed = session();
    allowed.attributes.allow_local_pref = true;
    assert_eq!(route(allowed, &sent).bgp.local_pref, Some(250));
    let other = BgpImport { default_local_pref: 70, ..session() };
    assert_eq!(route(other, &good()).bgp.local_pref, Some(70));
}

#[test]
fn nets_that_are_no_routes_are_rejected() {
    let nets: [(&[u8], bool); 7] = [
        (&[0], true),
        (&[8, 10], true),
        (&[8, 127], false),
        (&[32, 127, 0, 0, 1], false),
        (&[8, 224], false),
        (&[8, 0], false),
        (&[32, 255, 255, 255, 255], false),
    ];
    for (nlri, valid) in nets {
        let (batches, _) = run(&mut step(session(), ExportPolicy::All), &body(&[], &good(), nlri));
        assert_eq!(flat(&batches.ipv4)[0].1.is_some(), valid, "{nlri:?}");
        assert_eq!(batches.ipv4.counters.updates.rejected, u64::from(!valid), "{nlri:?}");
    }
}

#[test]
fn nets_of_ipv6_that_are_no_routes_are_rejected() {
    let loopback: Vec<u8> = [&[128][..], &[0; 15], &[1]].concat();
    let nets: [(&[u8], bool); 5] =
        [(&[0], true), (&A6, true), (&[8, 0xff], false), (&[10, 0xfe, 0x80], false), (&loopback, false)];
    for (nlri, valid) in nets {
        let attributes = [mp_reach(&GLOBAL, nlri), origin(0), as_path(&[65001])].concat();
        let (batches, _) = run(&mut step(session(), ExportPolicy::All), &body(&[], &attributes, &[]));
        assert_eq!(flat(&batches.ipv6)[0].1.is_some(), valid, "{nlri:?}");
    }
}

#[test]
fn end_of_rib() {
    let marker = |body: &[u8]| run(&mut step(session(), ExportPolicy::All), body).1.end_of_rib;
    assert_eq!(marker(&body(&[], &[], &[])), Some(AddressFamily::IPV4));
    assert_eq!(marker(&body(&[], &mp_unreach(&[]), &[])), Some(AddressFamily::IPV6));
    assert_eq!(marker(&body(&A, &[], &[])), None);
    assert_eq!(marker(&body(&A, &mp_unreach(&[]), &[])), None);
    assert_eq!(marker(&body(&[], &mp_unreach(&A6), &[])), None);
}

/// An empty MP_UNREACH_NLRI beside anything else is no marker: a fault must not pass for one, or
/// routes kept over a restart would be swept.
#[test]
fn what_is_no_end_of_rib() {
    let mut step = step(session(), ExportPolicy::All);
    for beside in [origin(0), attribute(0x80, 4, &[1]), attribute(0xc0, 99, b"what")] {
        for block in [[mp_unreach(&[]), beside.clone()].concat(), [beside, mp_unreach(&[])].concat()] {
            let mut batches = Batches::default();
            if let Ok(summary) = step.update(&body(&[], &block, &[]), &Link, &mut batches) {
                assert_eq!(summary.end_of_rib, None, "{block:02x?}");
            }
        }
    }
}

#[test]
fn ipv6_in_multiprotocol_attributes() {
    let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let attributes = |hop: &[u8]| [mp_reach(hop, &A6), origin(0), as_path(&[65001])].concat();
    let read = |hop: &[u8]| {
        let (batches, _) = run(&mut step(session(), ExportPolicy::All), &body(&[], &attributes(hop), &[]));
        assert!(batches.ipv4.is_empty());
        let (key, route) = flat(&batches.ipv6).remove(0);
        assert_eq!(key, net6("2001:db8:1::/48"));
        route.unwrap()
    };
    let route = read(&GLOBAL);
    assert_eq!((route.destination, route.bgp.next_hop), (via("2001:db8::1"), Some(ip("2001:db8::1"))));
    let route = read(&[GLOBAL, link_local].concat());
    assert_eq!(route.destination, via("2001:db8::1"));
    assert_eq!(route.bgp.rare.unwrap().link_local_next_hop, Some("fe80::1".parse().unwrap()));
    let route = read(&[[0; 16], link_local].concat());
    assert_eq!(route.destination, via("fe80::1"));
    // Such an address is on every link: without the session's it is on none.
    let nowhere = BgpImport { ifindex: None, ..session() };
    let hop = [[0; 16], link_local].concat();
    let (batches, _) = run(&mut step(nowhere, ExportPolicy::All), &body(&[], &attributes(&hop), &[]));
    assert_eq!(flat(&batches.ipv6).remove(0).1, None);

    let (batches, _) = run(&mut step(session(), ExportPolicy::All), &body(&[], &mp_unreach(&A6), &[]));
    assert_eq!(flat(&batches.ipv6), [(net6("2001:db8:1::/48"), None)]);
    assert_eq!(batches.ipv6.counters.withdraws.received, 1);
}

/// An UPDATE may carry both families; a loop concerns both.
#[test]
fn both_families_in_one_update() {
    let attributes =
        |ases: &[u32]| [mp_reach(&GLOBAL, &A6), origin(0), as_path(ases), next_hop([192, 0, 2, 1])].concat();
    for (ases, good) in [(&[65001][..], true), (&[65001, 65000][..], false)] {
        let (batches, _) = run(&mut step(session(), ExportPolicy::All), &body(&[], &attributes(ases), &A));
        let v4 = flat(&batches.ipv4).remove(0).1.map(|a| a.bgp.next_hop);
        let v6 = flat(&batches.ipv6).remove(0).1.map(|a| a.bgp.next_hop);
        assert_eq!(v4, good.then(|| Some(ip("192.0.2.1"))));
        assert_eq!(v6, good.then(|| Some(ip("2001:db8::1"))));
    }
}

#[test]
fn a_family_without_a_channel_is_not_heard() {
    let mut only6 = ImportStep::new(session(), None, Some(channel(ExportPolicy::All)), common::SEED);
    let (batches, _) = run(&mut only6, &body(&B, &good(), &A));
    assert!(batches.ipv4.is_empty() && batches.ipv6.is_empty());
    let mut only4 = ImportStep::new(session(), Some(channel(ExportPolicy::All)), None, common::SEED);
    let attributes = [mp_reach(&GLOBAL, &A6), mp_unreach(&A6), origin(0), as_path(&[65001])].concat();
    let (batches, _) = run(&mut only4, &body(&[], &attributes, &[]));
    assert!(batches.ipv4.is_empty() && batches.ipv6.is_empty());
}

/// RFC 8950: 198.51.100.0/24 by way of an IPv6 router, if that was agreed on.
#[test]
fn next_hops_of_the_other_family() {
    let mut value = vec![0, 1, 1, 16];
    value.extend(GLOBAL);
    value.push(0);
    value.extend(A);
    let attributes = [origin(0), as_path(&[65001]), attribute(0x80, 14, &value)].concat();
    let mut session = session();
    session.attributes.extended_next_hop = vec![godwit_wire::AddressFamily::IPV4];
    let mut batches = Batches::default();
    step(session, ExportPolicy::All).update(&body(&[], &attributes, &[]), &Link, &mut batches).unwrap();
    let route = flat(&batches.ipv4).remove(0).1.unwrap();
    assert_eq!(route.destination, common::via("2001:db8::1"));
    assert_eq!(route.bgp.next_hop, Some(common::ip("2001:db8::1")));
}

/// RFC 2545 §3: of two addresses either can be the gateway.
#[test]
fn next_hop_prefer() {
    let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let both = [&GLOBAL[..], &link_local].concat();
    let via = |prefer_link_local, next_hop: &[u8]| {
        let attributes = [origin(0), as_path(&[65001]), mp_reach(next_hop, &A6)].concat();
        let channel = godwit_rib::ChannelImport { prefer_link_local, ..channel(ExportPolicy::All) };
        let mut step = godwit_rib::ImportStep::new(session(), None, Some(channel), common::SEED);
        let mut batches = Batches::default();
        step.update(&body(&[], &attributes, &[]), &Link, &mut batches).unwrap();
        flat(&batches.ipv6).remove(0).1.unwrap().destination
    };
    assert_eq!(via(false, &both), common::via("2001:db8::1"));
    assert_eq!(via(true, &both), common::via("fe80::7"));
    assert_eq!(via(true, &GLOBAL), common::via("2001:db8::1"), "there is only one");
    let only = [&[0; 16][..], &link_local].concat();
    assert_eq!(via(false, &only), common::via("fe80::7"));
}
