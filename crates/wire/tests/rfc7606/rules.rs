//! Every rule with what it costs, from an external and from an internal neighbor.

use godwit_wire::{AttributeContext, Fault, Treatment, limits, parse_attributes, split_update};

use crate::common::*;
use crate::judge::{D, Fine, R, W, judge, outcome, put, row};

#[test]
fn good_updates_are_good() {
    row("as it should be", Fine, Fine, |b| b);
    row("extended length for a short value", Fine, Fine, |b| b.with(1, extended(0x40, 1, &[0])));
    for low in 1..16 {
        if low & 0x10 == 0 {
            row("low flag bits", Fine, Fine, put(1, 0x40 | low, &[0]));
        }
    }
    row("Partial on a well-known attribute", Fine, Fine, put(1, 0x60, &[0]));
    row("Partial on AS_PATH", Fine, Fine, put(2, 0x60, &segment(2, &[65001])));
}

#[test]
fn overrun_of_the_block() {
    row("attribute overruns the block", W, W, |b| b.and(vec![0x80, 4, 5, 0, 0, 0, 1]));
    row("one octet left over", W, W, |b| b.and(vec![0x80]));
    row("two octets left over", W, W, |b| b.and(vec![0x80, 4]));
    row("three octets left over, extended", W, W, |b| b.and(vec![0x90, 4, 0]));
    for external in [true, false] {
        let block = Block::base(external).and(vec![0x80]).octets();
        assert_eq!(judge(&block, false, &context(external)), R(1), "no NLRI to withdraw");
        let block = Block::base(external).with(14, attribute(0x80, 14, &mp_reach(&GLOBAL, &NET6)));
        let block = block.and(vec![0x80]).octets();
        assert_eq!(judge(&block, false, &context(external)), W, "MP_REACH_NLRI to withdraw");
    }
}

#[test]
fn lengths_beyond_the_message() {
    // Withdrawn routes length, then total attribute length.
    for body in [&[0, 5, 0, 0][..], &[0, 1, 8, 0][..], &[0, 0, 0, 1][..], &[0][..], &[0, 0, 0][..]] {
        let error = split_update(body).unwrap_err();
        assert_eq!((error.notification().code, error.notification().subcode), (3, 1), "{body:?}");
    }
    let frame = split_update(&[0, 2, 8, 10, 0, 3, 1, 2, 3, 16, 10, 1]).unwrap();
    assert_eq!(
        (frame.withdrawn, frame.attributes, frame.nlri),
        (&[8, 10][..], &[1, 2, 3][..], &[16, 10, 1][..])
    );
}

#[test]
fn withdraw_without_reachable_nlri_resets() {
    for external in [true, false] {
        let context = context(external);
        let bad_origin = Block::base(external).with(1, attribute(0x40, 1, &[9]));
        assert_eq!(judge(&bad_origin.octets(), false, &context), R(1));
        let unreach = attribute(0x80, 15, &[&[0, 2, 1][..], &NET6].concat());
        let with_unreach = bad_origin.clone().with(15, unreach.clone());
        assert_eq!(judge(&with_unreach.octets(), false, &context), R(1), "MP_UNREACH_NLRI is not reachable");
        let empty = bad_origin.clone().with(14, attribute(0x80, 14, &mp_reach(&GLOBAL, &[])));
        assert_eq!(judge(&empty.octets(), false, &context), R(1), "an empty MP_REACH_NLRI neither");
        // A family we ignore is reachable NLRI all the same.
        let vpn = [&[0, 1, 128, 12][..], &[0; 12], &[0, 120], &[7; 15]].concat();
        let ignored = bad_origin.with(14, attribute(0x80, 14, &vpn));
        assert_eq!(judge(&ignored.octets(), false, &context), W);
        // Alone and right, it is accepted.
        assert_eq!(judge(&unreach, false, &context), Fine);
    }
}

#[test]
fn flags_of_known_attributes() {
    let u32s = [0, 0, 0, 1];
    let cases: [(u8, u8, &[u8]); 12] = [
        (1, 0x40, &[0]),
        (3, 0x40, &[192, 0, 2, 1]),
        (4, 0x80, &u32s),
        (5, 0x40, &u32s),
        (6, 0x40, &[]),
        (7, 0xc0, &[0, 0, 0, 1, 1, 1, 1, 1]),
        (8, 0xc0, &u32s),
        (9, 0x80, &u32s),
        (10, 0x80, &u32s),
        (16, 0xc0, &[0, 2, 0, 1, 0, 0, 0, 1]),
        (32, 0xc0, &[0; 12]),
        (35, 0xc0, &u32s),
    ];
    for (code, right, value) in cases {
        for flags in (0u8..=0xf0).step_by(0x10).filter(|f| f & 0xc0 != right) {
            let octets =
                if flags & 0x10 == 0 { attribute(flags, code, value) } else { extended(flags, code, value) };
            row(&format!("type {code} with flags {flags:#x}"), W, W, |b| b.with(code, octets.clone()));
        }
    }
    // Their own RFCs say discard.
    row("AIGP, transitive", D, D, put(26, 0xc0, &[1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 1]));
    row("BGP-LS, transitive", D, D, put(29, 0xc0, &[0; 4]));
    row("Prefix-SID, not transitive", D, D, put(40, 0x80, &[0; 10]));
    row("Prefix-SID, well-known", D, D, put(40, 0x40, &[0; 10]));
    // The nets of MP attributes with wrong flags are found, and withdrawn.
    for external in [true, false] {
        let block = Block::base(external).without(3).with(14, attribute(0xc0, 14, &mp_reach(&GLOBAL, &NET6)));
        let octets = block.octets();
        let parsed = parse_attributes(&octets, false, &context(external));
        assert_eq!(outcome(&parsed), W);
        assert_eq!(parsed.unwrap().mp_reach.unwrap().nlri, NET6);
    }
}

#[test]
fn repeated_attributes() {
    row("ORIGIN twice", D, D, |b| b.and(attribute(0x40, 1, &[2])));
    let block = Block::external().and(attribute(0x40, 1, &[2])).octets();
    let context = context(true);
    let parsed = parse_attributes(&block, true, &context).unwrap();
    assert_eq!(parsed.attributes.origin.map(|o| o as u8), Some(0), "the first is kept");
    assert_eq!(parsed.errors[0].fault, Fault::Duplicate);

    let reach = attribute(0x80, 14, &mp_reach(&GLOBAL, &NET6));
    let unreach = attribute(0x80, 15, &[0, 2, 1]);
    row("MP_REACH_NLRI twice", R(1), R(1), |b| b.and(reach.clone()).and(reach.clone()));
    row("MP_UNREACH_NLRI twice", R(1), R(1), |b| b.and(unreach.clone()).and(unreach.clone()));
}

#[test]
fn origin() {
    row("ORIGIN of no octets", W, W, put(1, 0x40, &[]));
    row("ORIGIN of two octets", W, W, put(1, 0x40, &[0, 0]));
    row("ORIGIN 3", W, W, put(1, 0x40, &[3]));
    row("ORIGIN 255", W, W, put(1, 0x40, &[255]));
}

#[test]
fn as_path() {
    let path = |segments: &[Vec<u8>]| put(2, 0x40, &segments.concat());
    row("unknown segment type", W, W, path(&[segment(5, &[1])]));
    row("segment type 0", W, W, path(&[segment(0, &[1])]));
    row("segment of no ASes", W, W, path(&[segment(2, &[65001]), vec![2, 0]]));
    row("segment overrun", W, W, put(2, 0x40, &[2, 2, 0, 0, 0xfd, 0xe9]));
    row("odd tail", W, W, put(2, 0x40, &[2, 1, 0, 0, 0xfd, 0xe9, 2]));
    row("confederation segment", W, W, path(&[segment(3, &[65010]), segment(2, &[65001])]));
    row("confederation set", W, W, path(&[segment(4, &[65010]), segment(2, &[65001])]));
    row("confederation in the middle", W, W, path(&[segment(2, &[65001]), segment(3, &[65010])]));
    row("AS 0", W, W, path(&[segment(2, &[65001, 0])]));
    row("AS 0 in a set", W, W, path(&[segment(2, &[65001]), segment(1, &[0])]));
    row("AS_SET", W, W, path(&[segment(2, &[65001]), segment(1, &[7, 8])]));
    row("empty", Fine, Fine, path(&[]));
    let lenient = AttributeContext { allow_as_sets: true, ..context(true) };
    let with_set = path(&[segment(2, &[65001]), segment(1, &[7, 8])])(Block::external()).octets();
    assert_eq!(judge(&with_set, true, &lenient), Fine, "allow as sets");

    let long = |n: u32| {
        let ases: Vec<u32> = (1..=n).collect();
        let value: Vec<u8> = ases.chunks(255).flat_map(|c| segment(2, c)).collect();
        move |b: Block| b.with(2, extended(0x40, 2, &value))
    };
    row("as long as a path may be", Fine, Fine, long(limits::AS_PATH_MAX as u32));
    row("longer", W, W, long(limits::AS_PATH_MAX as u32 + 1));
    let single: Vec<u8> = (1..=1000).flat_map(|n| segment(2, &[n])).collect();
    row("a thousand segments", Fine, Fine, |b| b.with(2, extended(0x40, 2, &single)));
}

#[test]
fn next_hop() {
    for value in [&[][..], &[192, 0, 2], &[192, 0, 2, 1, 0], &GLOBAL] {
        row("NEXT_HOP of another length", W, W, put(3, 0x40, value));
    }
    for first in [0, 127, 224, 239, 240, 255] {
        row(&format!("NEXT_HOP {first}.0.0.1"), Fine, Fine, put(3, 0x40, &[first, 0, 0, 1]));
    }
    row("NEXT_HOP 0.0.0.0", W, W, put(3, 0x40, &[0; 4]));
    row("NEXT_HOP missing", W, W, |b| b.without(3));
}

#[test]
fn mandatory_attributes() {
    row("ORIGIN missing", W, W, |b| b.without(1));
    row("AS_PATH missing", W, W, |b| b.without(2));
    row("LOCAL_PREF missing", Fine, W, |b| b.without(5));
    row("all missing", W, W, |_| Block(vec![]));
    row("only an unknown attribute", W, W, |_| Block(vec![(31, attribute(0xc0, 31, &[7; 16]))]));
    // Without nets there is nothing to be mandatory for.
    for external in [true, false] {
        assert_eq!(judge(&attribute(0xc0, 31, &[7; 16]), false, &context(external)), Fine);
    }
    // IPv6 routes need no NEXT_HOP, but the others.
    let reach = attribute(0x80, 14, &mp_reach(&GLOBAL, &NET6));
    assert_eq!(judge(&Block::external().without(3).and(reach.clone()).octets(), false, &context(true)), Fine);
    assert_eq!(judge(&reach, false, &context(true)), W);
    assert_eq!(judge(&Block::external().without(3).and(reach).octets(), false, &context(false)), W);
    assert_eq!(judge(&attribute(0x80, 14, &mp_reach(&GLOBAL, &[])), false, &context(true)), Fine, "no nets");
}

#[test]
fn unreachable_applies_beside_a_withdrawal() {
    let unreach = attribute(0x80, 15, &[&[0, 2, 1][..], &NET6].concat());
    let block = Block::external().without(1).and(unreach).octets();
    let context = context(true);
    let parsed = parse_attributes(&block, true, &context).unwrap();
    assert_eq!(parsed.verdict, Treatment::Withdraw);
    assert_eq!(parsed.mp_unreach.unwrap().nlri, NET6);
}

#[test]
fn numbers_and_flags() {
    for len in [0, 1, 3, 5, 8] {
        let value = vec![1; len];
        row("MULTI_EXIT_DISC", W, W, put(4, 0x80, &value));
        row("LOCAL_PREF", D, W, put(5, 0x40, &value));
        row("ORIGINATOR_ID", D, W, put(9, 0x80, &value));
    }
    row("LOCAL_PREF of an external neighbor", D, Fine, put(5, 0x40, &[0, 0, 0, 9]));
    row("ORIGINATOR_ID", D, Fine, put(9, 0x80, &[1, 1, 1, 1]));
    row("ATOMIC_AGGREGATE", Fine, Fine, put(6, 0x40, &[]));
    row("ATOMIC_AGGREGATE of one octet", D, D, put(6, 0x40, &[0]));

    let block = Block::external().with(5, attribute(0x40, 5, &[0, 0, 9])).octets();
    let lenient = AttributeContext { allow_local_pref: true, ..context(true) };
    assert_eq!(judge(&block, true, &lenient), D, "LOCAL_PREF of three octets, allowed");
    let block = Block::external().with(5, attribute(0x40, 5, &[0, 0, 0, 9])).octets();
    assert_eq!(parse_attributes(&block, true, &lenient).unwrap().attributes.local_pref, Some(9));
    assert_eq!(parse_attributes(&block, true, &context(true)).unwrap().attributes.local_pref, None);
}

#[test]
fn aggregator() {
    row("AGGREGATOR", Fine, Fine, put(7, 0xc0, &[0, 0, 0, 1, 1, 2, 3, 4]));
    row("AGGREGATOR of six octets", D, D, put(7, 0xc0, &[0, 1, 1, 2, 3, 4]));
    row("AGGREGATOR of AS 0", D, D, put(7, 0xc0, &[0, 0, 0, 0, 1, 2, 3, 4]));
    for len in [0, 1, 7, 9] {
        row("AGGREGATOR of another length", D, D, put(7, 0xc0, &vec![1; len]));
    }
    let narrow = AttributeContext { four_octet_as: false, ..context(true) };
    let path = attribute(0x40, 2, &segment2(2, &[65001]));
    let with = |value: &[u8]| Block::external().with(2, path.clone()).and(attribute(0xc0, 7, value)).octets();
    assert_eq!(judge(&with(&[0, 1, 1, 2, 3, 4]), true, &narrow), Fine);
    assert_eq!(judge(&with(&[0, 0, 0, 1, 1, 2, 3, 4]), true, &narrow), D);
}

#[test]
fn lists() {
    for (code, flags, unit) in [(8u8, 0xc0, 4), (16, 0xc0, 8), (32, 0xc0, 12), (25, 0xc0, 20)] {
        row(&format!("type {code}"), Fine, Fine, put(code, flags, &vec![1; unit * 3]));
        row(&format!("type {code}, empty"), W, W, put(code, flags, &[]));
        for len in [1, unit - 1, unit + 1, unit * 2 + 1] {
            row(&format!("type {code} of {len} octets"), W, W, put(code, flags, &vec![1; len]));
        }
    }
    for (code, unit) in [(8u8, 4), (16, 8), (32, 12)] {
        let of = |n: usize| {
            let octets = extended(0xc0, code, &vec![1; unit * n]);
            move |b: Block| b.with(code, octets.clone())
        };
        row("as many as may be", Fine, Fine, of(limits::COMMUNITIES_MAX));
        row("more", W, W, of(limits::COMMUNITIES_MAX + 1));
    }
    row("CLUSTER_LIST", D, Fine, put(10, 0x80, &[1; 8]));
    for len in [0, 1, 3, 5] {
        row("CLUSTER_LIST of another length", D, W, put(10, 0x80, &vec![1; len]));
    }
    let clusters = |n: usize| move |b: Block| b.with(10, extended(0x80, 10, &vec![1; 4 * n]));
    row("as long as may be", D, Fine, clusters(limits::CLUSTER_LIST_MAX));
    row("longer", D, W, clusters(limits::CLUSTER_LIST_MAX + 1));
}

#[test]
fn mp_reach_next_hops() {
    let with = |next_hop: &[u8]| {
        let octets = extended(0x80, 14, &mp_reach(next_hop, &NET6));
        move |b: Block| b.without(3).with(14, octets.clone())
    };
    let judge6 = |next_hop: &[u8]| judge(&with(next_hop)(Block::external()).octets(), false, &context(true));
    for len in [0, 1, 5, 12, 15, 17, 24, 31, 33, 48, 255] {
        assert_eq!(judge6(&vec![0x20; len]), R(9), "next hop of {len} octets");
    }
    assert_eq!(judge6(&GLOBAL), Fine);
    assert_eq!(judge6(&[192, 0, 2, 1]), W, "an IPv4 next hop");
    let mut unspecified = [0; 16];
    assert_eq!(judge6(&unspecified), W, "::");
    unspecified[15] = 1;
    assert_eq!(judge6(&unspecified), Fine, "::1");
    unspecified[0] = 0xff;
    assert_eq!(judge6(&unspecified), Fine, "multicast");

    let mut link_local = [0; 16];
    (link_local[0], link_local[1], link_local[15]) = (0xfe, 0x80, 1);
    let check = |next_hop: &[u8], global: &str, beside: Option<&str>| {
        let block = with(next_hop)(Block::external()).octets();
        let context = context(true);
        let parsed = parse_attributes(&block, false, &context).unwrap();
        assert_eq!(parsed.verdict, Treatment::Accept, "{global} {beside:?}");
        let reach = parsed.mp_reach.unwrap();
        assert_eq!(reach.next_hop, Some(global.parse().unwrap()));
        assert_eq!(reach.link_local, beside.map(|a| a.parse().unwrap()));
    };
    check(&[GLOBAL, link_local].concat(), "2001:db8::1", Some("fe80::1"));
    check(&[GLOBAL, GLOBAL].concat(), "2001:db8::1", None);
    check(&[[0; 16], link_local].concat(), "::", Some("fe80::1"));
    // Alone or twice it is no global address (as with BIRD).
    check(&link_local, "::", Some("fe80::1"));
    check(&[link_local, link_local].concat(), "::", Some("fe80::1"));

    // IPv4 unicast in MP_REACH_NLRI.
    let judge4 = |next_hop: &[u8]| {
        let value = [&[0, 1, 1, next_hop.len() as u8][..], next_hop, &[0, 24, 203, 0, 113]].concat();
        judge(&Block::external().without(3).and(attribute(0x80, 14, &value)).octets(), false, &context(true))
    };
    assert_eq!(judge4(&[192, 0, 2, 1]), Fine);
    assert_eq!(judge4(&[127, 0, 0, 1]), Fine);
    assert_eq!(judge4(&[0; 4]), W);
    assert_eq!(judge4(&GLOBAL), W, "RFC 8950 was not negotiated");
    assert_eq!(judge4(&[1; 5]), R(9));
}

#[test]
fn mp_attributes() {
    row("MP_REACH_NLRI of two octets", R(1), R(1), put(14, 0x80, &[0, 2]));
    row("MP_REACH_NLRI of its family only", R(9), R(9), put(14, 0x80, &[0, 2, 1]));
    row("without the reserved octet", R(9), R(9), put(14, 0x80, &[&[0, 2, 1, 16][..], &GLOBAL].concat()));
    row("MP_UNREACH_NLRI of two octets", R(1), R(1), put(15, 0x80, &[0, 2]));
    // Not negotiated: ignored, whatever is inside.
    for value in [&[0, 1, 4][..], &[0, 25, 70, 255], &[0, 1, 128, 0, 0, 1, 2, 3]] {
        row("MP_REACH_NLRI not negotiated", D, D, put(14, 0x80, value));
        row("MP_UNREACH_NLRI not negotiated", D, D, put(15, 0x80, value));
    }
    let error = parse_attributes(&attribute(0x80, 14, &[0, 2, 1, 0, 0]), false, &context(true)).unwrap_err();
    assert_eq!(&error.notification().data[..], [0x80, 14, 5, 0, 2, 1, 0, 0], "the attribute is the data");
}
