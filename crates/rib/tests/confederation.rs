//! Confederations (RFC 5065): we are AS 65000 of confederation 100, with members 65001 and up.

mod common;

use std::net::Ipv4Addr;

use common::contender::{Contender, arena, enter, winner};
use common::peer::told;
use common::update::{A, as_path, attribute, body, flat, local_pref, next_hop, origin, session, step};
use common::{LOCAL_AS, bgp, external, filter, internal, ip, path_with, to_external, to_internal};
use godwit_filter::RouteAttributes;
use godwit_rib::{
    Batches, BgpExport, BgpImport, BgpSource, ExportPolicy, NextHopPolicy, Refused, export_check,
};
use godwit_wire::{AsPath, PathAttributes, SegmentKind};

const CONFEDERATION: u32 = 100;

/// The neighbor 192.0.2.N of AS 65000 + N, another member.
fn member(n: u8) -> BgpSource {
    BgpSource { public_as: CONFEDERATION, interior: true, ..external(n) }
}

fn to_member(n: u8) -> BgpExport {
    BgpExport { public_as: CONFEDERATION, interior: true, ..to_external(n) }
}

/// One of those outside.
fn to_outside(n: u8) -> BgpExport {
    BgpExport { public_as: CONFEDERATION, ..to_external(n) }
}

/// A path of this text, `(…)` a confederation sequence and the rest a sequence.
fn as_path_of(inside: &[u32], outside: &[u32]) -> AsPath {
    let path = AsPath::from_sequence(outside);
    inside.iter().rev().fold(path, |path, asn| path.prepended(SegmentKind::ConfedSequence, *asn, 1))
}

fn with_path(inside: &[u32], outside: &[u32]) -> RouteAttributes {
    path_with(|p| {
        p.bgp.as_path = Some(as_path_of(inside, outside));
        p.bgp.med = Some(7);
        p.bgp.local_pref = Some(70);
        p.bgp.next_hop = Some(ip("10.77.0.1"));
    })
}

fn sent(from: BgpSource, path: &RouteAttributes, to: BgpExport) -> PathAttributes {
    told(bgp(from), path, to, ExportPolicy::All).unwrap()
}

fn text(attributes: &PathAttributes) -> String {
    attributes.as_path.as_ref().unwrap().to_string()
}

#[test]
fn inside_the_path_grows_by_a_sequence_of_its_own() {
    let cases = [
        (external(1), with_path(&[], &[200]), to_member(2), "(65000) 200"),
        (member(1), with_path(&[65001], &[200]), to_member(2), "(65000 65001) 200"),
        (member(1), with_path(&[65001], &[]), to_member(2), "(65000 65001)"),
        (member(1), with_path(&[65001], &[200]), to_internal(2), "(65001) 200"),
        (member(1), with_path(&[65001, 65002], &[200]), to_outside(2), "100 200"),
        (internal(1), with_path(&[], &[]), to_outside(2), "100"),
        (internal(1), with_path(&[], &[]), to_member(2), "(65000)"),
    ];
    for (from, path, to, expected) in cases {
        assert_eq!(text(&sent(from, &path, to)), expected);
    }
    let client = BgpExport { rs_client: true, ..to_outside(2) };
    assert_eq!(
        text(&sent(member(1), &with_path(&[65001], &[200]), client)),
        "200",
        "a route server's client"
    );
}

/// RFC 5065 §4: what is of the AS is of the confederation.
#[test]
fn members_are_told_what_internal_neighbors_are() {
    let path = with_path(&[65001], &[200]);
    let kept = |to| {
        let a = sent(member(1), &path, to);
        (a.med, a.local_pref, a.next_hop.unwrap().to_string())
    };
    let inside = (Some(7), Some(70), "10.77.0.1".to_owned());
    assert_eq!(kept(BgpExport { ifindex: 99, ..to_member(2) }), inside, "though on another link");
    assert_eq!(kept(to_internal(2)), inside);
    let outside = BgpExport { ifindex: 99, ..to_outside(2) };
    assert_eq!(kept(outside), (None, None, "192.0.2.254".to_owned()));
    let own = BgpExport { next_hop_self: NextHopPolicy::All, ..to_member(2) };
    assert_eq!(kept(own).2, "192.0.2.254");
    let without = path_with(|p| p.bgp.local_pref = None);
    let given = sent(external(1), &without, BgpExport { default_local_pref: 55, ..to_member(2) });
    assert_eq!(given.local_pref, Some(55));
}

/// RFC 4456 is of one AS.
#[test]
fn reflection_ends_at_the_border_of_a_member() {
    let reflected = path_with(|p| {
        p.bgp.rare_mut().originator_id = Some(Ipv4Addr::new(10, 0, 0, 77));
        p.bgp.rare_mut().cluster_list = [8].into();
    });
    assert_eq!(sent(internal(1), &reflected, to_member(2)).rare, None);
    assert_eq!(export_check(&reflected, &bgp(internal(1)), &to_member(2)), Ok(()));
    assert_eq!(export_check(&reflected, &bgp(member(1)), &to_internal(2)), Ok(()));
    assert_eq!(export_check(&reflected, &bgp(internal(1)), &to_internal(2)), Err(Refused::NotReflected));
}

#[test]
fn communities_know_of_both_borders() {
    let cases =
        [(0xffff_ff01, [true, true, false]), (0xffff_ff02, [false; 3]), (0xffff_ff03, [true, false, false])];
    for (community, allowed) in cases {
        let path = path_with(|p| p.bgp.communities = [community].into());
        for (to, allowed) in [to_internal(2), to_member(2), to_outside(2)].into_iter().zip(allowed) {
            let verdict = export_check(&path, &bgp(member(1)), &to);
            assert_eq!(verdict.is_ok(), allowed, "{community:x}");
        }
    }
}

/// 1.6 has no confederations, but its order of things must not lose LOCAL_PREF.
#[test]
fn what_a_filter_sets_stays_inside() {
    let set = filter("bgp_local_pref = 9; accept;");
    let to = BgpExport { rewrite_before_filter: true, ..to_member(2) };
    assert_eq!(told(bgp(member(1)), &with_path(&[65001], &[]), to, set).unwrap().local_pref, Some(9));
}

/// AS_PATH with a confederation sequence in front, 4-octet ASes.
fn confederation_path(inside: &[u32], outside: &[u32]) -> Vec<u8> {
    attribute(0x40, 2, as_path_of(inside, outside).as_wire())
}

fn taken(session: BgpImport, path: Vec<u8>) -> bool {
    let attributes = [origin(0), path, next_hop([192, 0, 2, 1]), local_pref(50)].concat();
    let mut batches = Batches::default();
    step(session, ExportPolicy::All)
        .update(&body(&[], &attributes, &A), &common::Link, &mut batches)
        .unwrap();
    flat(&batches.ipv4)[0].1.is_some()
}

#[test]
fn loops_are_found_on_both_numbers() {
    let from_member = || {
        let mut session = BgpImport { public_as: CONFEDERATION, ..session() };
        session.attributes.confederation = true;
        session
    };
    assert!(taken(from_member(), confederation_path(&[65001], &[200])));
    assert!(!taken(from_member(), confederation_path(&[65001, LOCAL_AS], &[200])), "our member AS");
    assert!(!taken(from_member(), confederation_path(&[65001], &[CONFEDERATION])), "the confederation");
    let lenient = || BgpImport { allow_local_as: 1, ..from_member() };
    let both = confederation_path(&[65001, LOCAL_AS], &[CONFEDERATION, 200]);
    assert!(taken(lenient(), both), "each is counted by itself");
    assert!(!taken(lenient(), confederation_path(&[65001], &[CONFEDERATION, 200, CONFEDERATION])));
    let from_outside = || BgpImport { public_as: CONFEDERATION, ..session() };
    assert!(taken(from_outside(), as_path(&[65001, 200])));
    assert!(!taken(from_outside(), as_path(&[65001, CONFEDERATION])));
    assert!(!taken(from_outside(), confederation_path(&[65001], &[200])), "not from those outside");
    let strict = BgpImport { enforce_first_as: true, ..from_member() };
    assert!(
        taken(strict.clone(), confederation_path(&[65001], &[200])),
        "the member's own number comes first"
    );
    assert!(!taken(strict, confederation_path(&[65002, 65001], &[200])));
}

fn wins(what: &str, better: &Contender, worse: &Contender) {
    for order in [[better, worse], [worse, better]] {
        let mut table = arena();
        for contender in order {
            enter(&mut table, contender);
        }
        assert_eq!(winner(&table), Some(better.from.peer_address), "{what}");
    }
}

#[test]
fn members_count_as_internal_in_selection() {
    let member = |n| Contender::from(n).but(|c| c.from.interior = true);
    let inside = |n| member(n).but(|c| c.from.internal = true);
    wins("those outside come first", &Contender::from(9), &member(1));
    wins("a member is as good as an internal one: the address decides", &inside(1), &member(9));
    wins("and the other way round", &member(1), &inside(9));
}
