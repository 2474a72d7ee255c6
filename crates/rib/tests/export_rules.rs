//! What BGP sends to whom, and what it changes in the attributes on the way.

mod common;

use std::net::Ipv4Addr;

use common::peer::told;
use common::{
    LOCAL_AS, bgp, external, filter, internal, other, path, path_with, static_route, to_external,
    to_internal, via,
};
use godwit_filter::{Destination, RouteAttributes};
use godwit_rib::{BgpExport, BgpSource, ExportPolicy, PrivateAsPolicy, Refused, export_check};
use godwit_wire::{ExtendedCommunity, Origin, PathAttributes};

const CLUSTER: u32 = 0x0a00_00fe;

/// What goes from a BGP neighbor to another if nothing is filtered.
fn pass(from: BgpSource, path: &RouteAttributes, to: BgpExport) -> Option<PathAttributes> {
    told(bgp(from), path, to, ExportPolicy::All)
}

fn path_text(attributes: &PathAttributes) -> String {
    attributes.as_path.as_ref().unwrap().to_string()
}

#[test]
fn who_hears_of_whose_routes() {
    let client = |n| BgpSource { rr_client: true, ..internal(n) };
    let to_client = |n| BgpExport { rr_client: true, ..to_internal(n) };
    let cases = [
        ("external to external", external(1), to_external(2), true),
        ("external to internal", external(1), to_internal(2), true),
        ("internal to external", internal(1), to_external(2), true),
        ("internal to internal", internal(1), to_internal(2), false),
        ("client to internal", client(1), to_internal(2), true),
        ("internal to client", internal(1), to_client(2), true),
        ("client to client", client(1), to_client(2), true),
        ("client to external", client(1), to_external(2), true),
    ];
    for (case, from, to, sent) in cases {
        let verdict = export_check(&path(), &bgp(from.clone()), &to);
        assert_eq!(verdict, if sent { Ok(()) } else { Err(Refused::NotReflected) }, "{case}");
        assert_eq!(pass(from, &path(), to).is_some(), sent, "{case}");
    }
    let local = told(other("static1", 1), &static_route(via("192.0.2.9")), to_internal(2), ExportPolicy::All);
    assert!(local.is_some(), "local routes to internal neighbors");
}

#[test]
fn our_as_is_put_in_front_abroad_only() {
    let sent = |to| path_text(&pass(external(1), &path(), to).unwrap());
    assert_eq!(sent(to_external(2)), "65000 65001");
    assert_eq!(sent(to_internal(2)), "65001");
    assert_eq!(sent(BgpExport { rs_client: true, ..to_external(2) }), "65001", "to a route server's client");
    let elsewhere = BgpExport { local_as: 64999, public_as: 64999, ..to_external(2) };
    assert_eq!(sent(elsewhere), "64999 65001", "the AS of this session");
    let local =
        |to| told(other("static1", 1), &static_route(via("192.0.2.9")), to, ExportPolicy::All).unwrap();
    assert_eq!(path_text(&local(to_external(2))), "65000");
    let old = BgpExport { rs_client: true, rewrite_before_filter: true, ..to_external(2) };
    assert_eq!(path_text(&local(old.clone())), "65000", "1.6 puts itself in front of its own");
    assert_eq!(sent(old), "65001");
    assert_eq!(path_text(&local(to_internal(2))), "");
}

#[test]
fn origin_is_always_there() {
    let without = path_with(|p| p.bgp.origin = None);
    assert_eq!(pass(external(1), &without, to_internal(2)).unwrap().origin, Some(Origin::Incomplete));
    let local = told(other("static1", 1), &static_route(via("192.0.2.9")), to_internal(2), ExportPolicy::All);
    assert_eq!(local.unwrap().origin, Some(Origin::Igp));
}

#[test]
fn local_pref_stays_inside() {
    let sent = |path: &RouteAttributes, to| pass(external(1), path, to).unwrap().local_pref;
    let preferred = path_with(|p| p.bgp.local_pref = Some(250));
    assert_eq!(sent(&preferred, to_internal(2)), Some(250));
    assert_eq!(sent(&preferred, to_external(2)), None);
    assert_eq!(sent(&preferred, BgpExport { allow_local_pref: true, ..to_external(2) }), Some(250));
    let without = path_with(|p| p.bgp.local_pref = None);
    assert_eq!(sent(&without, BgpExport { default_local_pref: 70, ..to_internal(2) }), Some(70));
    assert_eq!(sent(&without, to_external(2)), None);
}

/// BIRD 2: inside as it is; abroad only what the export filter set.
#[test]
fn med() {
    let with = path_with(|p| p.bgp.med = Some(50));
    let sent = |to, policy| told(bgp(external(1)), &with, to, policy).unwrap().med;
    assert_eq!(sent(to_internal(2), ExportPolicy::All), Some(50));
    assert_eq!(sent(to_external(2), ExportPolicy::All), None);
    assert_eq!(sent(to_external(2), filter("accept;")), None);
    assert_eq!(sent(to_external(2), filter("bgp_med = 7; accept;")), Some(7));
    assert_eq!(sent(to_external(2), filter("bgp_med = 50; accept;")), Some(50), "the same value, but set");
    assert_eq!(sent(to_internal(2), filter("unset(bgp_med); accept;")), None);
    let client = || BgpExport { rs_client: true, ..to_external(2) };
    assert_eq!(sent(client(), ExportPolicy::All), Some(50), "RFC 7947 2.2.3");
    let old = BgpExport { rewrite_before_filter: true, ..client() };
    assert_eq!(sent(old, ExportPolicy::All), Some(50), "in 1.6 as well");
}

/// BIRD 1.6 rewrites first, and the filter has the last word.
#[test]
fn med_and_order_of_1_6() {
    let old = |to| BgpExport { rewrite_before_filter: true, ..to };
    let with = path_with(|p| p.bgp.med = Some(50));
    let sent = |to, policy| told(bgp(external(1)), &with, old(to), policy).unwrap();
    assert_eq!(sent(to_external(2), ExportPolicy::All).med, Some(0));
    assert_eq!(sent(to_internal(2), ExportPolicy::All).med, Some(50));
    assert_eq!(sent(to_external(2), filter("bgp_med = 7; accept;")).med, Some(7));
    let preferring = filter("bgp_local_pref = 7; accept;");
    assert_eq!(sent(to_external(2), preferring.clone()).local_pref, None, "not even if the filter sets it");
    assert_eq!(sent(to_internal(2), preferring).local_pref, Some(7));
    let without = told(bgp(external(1)), &path(), old(to_external(2)), ExportPolicy::All).unwrap();
    assert_eq!(without.med, None, "no MED stays none");
    let mut fixed = static_route(via("192.0.2.9"));
    fixed.bgp.med = Some(30);
    let fixed = told(other("static1", 1), &fixed, old(to_external(2)), ExportPolicy::All).unwrap();
    assert_eq!(fixed.med, Some(30), "a local route's own");

    let seen = filter("if bgp_path.first = 65000 then { bgp_path.prepend(64000); accept; } reject;");
    let after = told(bgp(external(1)), &path(), old(to_external(2)), seen.clone()).unwrap();
    assert_eq!(path_text(&after), "64000 65000 65001", "the filter sees our AS in front");
    assert!(told(bgp(external(1)), &path(), to_external(2), seen).is_none(), "in BIRD 2 it does not");
}

#[test]
fn well_known_communities() {
    let cases = [
        ("no community", 65000 << 16 | 1, true, true),
        ("NO_EXPORT", 0xffff_ff01, true, false),
        ("NO_ADVERTISE", 0xffff_ff02, false, false),
        ("NO_EXPORT_SUBCONFED", 0xffff_ff03, true, false),
    ];
    for (name, community, inside, outside) in cases {
        let path = path_with(|p| p.bgp.communities = [9, community].into());
        for (to, allowed) in [(to_internal(2), inside), (to_external(2), outside)] {
            let sent = pass(external(1), &path, to.clone());
            assert_eq!(sent.is_some(), allowed, "{name}");
            if let Some(sent) = sent {
                assert_eq!(sent.communities, path.bgp.communities, "{name}: they are passed on");
            }
            let deaf = BgpExport { interpret_communities: false, ..to };
            assert!(pass(external(1), &path, deaf).is_some(), "{name}: not interpreted");
        }
    }
    let local = told(
        other("static1", 1),
        &{
            let mut route = static_route(via("192.0.2.9"));
            route.bgp.communities = [0xffff_ff02].into();
            route
        },
        to_internal(2),
        ExportPolicy::All,
    );
    assert!(local.is_none(), "on local routes too");
    // They are looked at before the filter, which may add them for the neighbor to heed.
    let added =
        told(bgp(external(1)), &path(), to_external(2), filter("bgp_community.add((65535, 65281)); accept;"));
    assert_eq!(*added.unwrap().communities, [0xffff_ff01]);
}

#[test]
fn reflection() {
    let client = |n, cluster_id| BgpSource { rr_client: true, cluster_id, ..internal(n) };
    let to_client = |n, cluster_id| BgpExport { rr_client: true, cluster_id, ..to_internal(n) };
    let from_1 = Some(Ipv4Addr::new(10, 0, 0, 1));
    let path = path_with(|p| {
        p.bgp.med = Some(5);
        p.bgp.local_pref = Some(120);
        p.bgp.next_hop = Some(common::ip("10.77.0.1"));
    });
    let cases = [
        ("client to client of one cluster", client(1, 1), to_client(2, 1), vec![1]),
        ("client to client of another", client(1, 1), to_client(2, 2), vec![2, 1]),
        ("client to others", client(1, 1), to_internal(2), vec![1]),
        ("others to client", internal(1), to_client(2, 2), vec![2]),
    ];
    for (case, from, to, clusters) in cases {
        let sent = pass(from, &path, to).unwrap();
        assert_eq!(sent.originator_id(), from_1, "{case}");
        assert_eq!(sent.cluster_list(), clusters, "{case}");
        // RFC 4456 §10: the rest is not touched.
        let rest = PathAttributes { rare: None, ..sent };
        assert_eq!(rest, path.bgp, "{case}");
    }
    let reflected = path_with(|p| {
        p.bgp.rare_mut().originator_id = Some(Ipv4Addr::new(10, 0, 0, 77));
        p.bgp.rare_mut().cluster_list = [8, 9].into();
    });
    let sent = pass(internal(1), &reflected, to_client(2, 2)).unwrap();
    assert_eq!(sent.originator_id(), Some(Ipv4Addr::new(10, 0, 0, 77)), "set once");
    assert_eq!(sent.cluster_list(), [2, 8, 9], "put in front");
    assert!(pass(internal(1), &reflected, to_client(2, 9)).is_none(), "it has been through the cluster");
    assert_eq!(export_check(&reflected, &bgp(internal(1)), &to_client(2, 9)), Err(Refused::ClusterLoop));
    let outward = pass(client(1, 1), &reflected, BgpExport { cluster_id: 9, ..to_internal(2) });
    assert!(outward.is_some(), "only a client is in the cluster of its session");
    let sent = pass(external(1), &common::path(), to_client(2, CLUSTER)).unwrap();
    assert_eq!(sent.rare, None, "external routes are not reflected but announced");
}

#[test]
fn what_is_of_no_concern_abroad() {
    let transitive = ExtendedCommunity(0x0002_fde8_0000_0001);
    let local = ExtendedCommunity(0x4004_fde8_0000_0001);
    assert!(transitive.is_transitive() && !local.is_transitive());
    let path = path_with(|p| {
        let rare = p.bgp.rare_mut();
        rare.originator_id = Some(Ipv4Addr::new(10, 0, 0, 77));
        rare.cluster_list = [8].into();
        rare.ext_communities = [transitive, local].into();
    });
    let sent = pass(internal(1), &path, to_external(2)).unwrap();
    assert_eq!((sent.originator_id(), sent.cluster_list()), (None, &[][..]));
    assert_eq!(sent.ext_communities(), [transitive]);
    let inside = pass(external(1), &path, to_internal(2)).unwrap();
    assert_eq!(inside.ext_communities(), [transitive, local]);
}

/// RFC 4271 §5.1.6, §5.1.7: what somebody has aggregated says so as long as it lives.
#[test]
fn what_others_have_aggregated_stays_so() {
    let aggregator = Some(godwit_wire::Aggregator { asn: 400_000, address: Ipv4Addr::new(10, 0, 0, 9) });
    let path = path_with(|p| {
        let rare = p.bgp.rare_mut();
        (rare.atomic_aggregate, rare.aggregator) = (true, aggregator);
    });
    for to in [to_internal(2), to_external(2)] {
        let sent = pass(external(1), &path, to).unwrap().rare.unwrap();
        assert_eq!((sent.atomic_aggregate, sent.aggregator), (true, aggregator));
    }
}

/// A blackhole may be announced: packets for it come here, and end here.
#[test]
fn destinations_are_no_reason_to_refuse() {
    for destination in [Destination::Blackhole, Destination::Unreachable, Destination::Prohibit] {
        let sent = told(other("static1", 1), &static_route(destination), to_external(2), ExportPolicy::All);
        assert_eq!(sent.unwrap().next_hop, Some(common::ip("192.0.2.254")));
    }
}

#[test]
fn ases_of_four_octets_reach_a_neighbor_of_two() {
    let wide = path_with(|p| p.bgp.as_path = Some(godwit_wire::AsPath::from_sequence(&[400_000, 65001])));
    let sent = pass(external(1), &wide, BgpExport { four_octet_as: false, ..to_external(2) }).unwrap();
    assert_eq!(path_text(&sent), format!("{LOCAL_AS} 400000 65001"));
}

/// RFC 9494 §4.3; of our own routes BIRD sends even such.
#[test]
fn what_is_stale_for_long_goes_to_those_who_know_what_that_is() {
    let stale = path_with(|p| p.bgp.communities = [0xffff_0006].into());
    let unaware = || BgpExport { long_lived: false, ..to_external(2) };
    assert!(pass(external(1), &stale, to_external(2)).is_some());
    assert_eq!(export_check(&stale, &bgp(external(1)), &unaware()), Err(Refused::LongLivedStale));
    assert!(pass(external(1), &stale, BgpExport { interpret_communities: false, ..unaware() }).is_some());
    assert!(pass(external(1), &path(), unaware()).is_some());
    let mut ours = static_route(via("192.0.2.9"));
    ours.bgp.communities = [0xffff_0006].into();
    assert!(told(other("static1", 1), &ours, unaware(), ExportPolicy::All).is_some());
}

/// Filters have to look at these (RFC 7999, RFC 8326); BIRD does nothing about them by itself.
#[test]
fn blackhole_and_graceful_shutdown_are_only_carried() {
    for community in [0xffff_029a, 0xffff_0000] {
        let path = path_with(|p| p.bgp.communities = [community].into());
        for to in [to_external(2), to_internal(2)] {
            let sent = pass(external(1), &path, to).unwrap();
            assert_eq!((&*sent.communities, sent.next_hop), (&[community][..], path.bgp.next_hop));
        }
    }
}

#[test]
fn a_neighbor_may_be_sent_the_med_there_is() {
    let with = path_with(|p| p.bgp.med = Some(50));
    let sent = |to| pass(external(1), &with, BgpExport { allow_med: true, ..to }).unwrap().med;
    assert_eq!(sent(to_external(2)), Some(50));
    assert_eq!(sent(BgpExport { rewrite_before_filter: true, ..to_external(2) }), Some(50));
}

#[test]
fn as_numbers_that_are_of_no_use_abroad() {
    let with = |ases: &[u32]| path_with(|p| p.bgp.as_path = Some(godwit_wire::AsPath::from_sequence(ases)));
    let sent = |ases: &[u32], to| path_text(&pass(external(1), &with(ases), to).unwrap());
    let theirs = || BgpExport { as_override: Some(200), ..to_external(2) };
    assert_eq!(sent(&[65001, 200, 300, 200], theirs()), "65000 65001 65000 300 65000");
    assert_eq!(sent(&[65001, 300], theirs()), "65000 65001 300");
    let private = |private_as| BgpExport { private_as, ..to_external(2) };
    assert_eq!(sent(&[65001, 200, 65002], private(PrivateAsPolicy::Remove)), "65000 200");
    assert_eq!(sent(&[65001], private(PrivateAsPolicy::Remove)), "65000", "ours stays");
    assert_eq!(sent(&[65001, 200, 65002], private(PrivateAsPolicy::Replace)), "65000 65000 200 65000");
    let inside = BgpExport { private_as: PrivateAsPolicy::Remove, as_override: Some(200), ..to_internal(2) };
    assert_eq!(sent(&[65001, 200], inside), "65001 200", "our AS knows them");
}
