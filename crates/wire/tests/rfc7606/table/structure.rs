//! The message and its attribute block (RFC 7606 §3, §4, §5; RFC 4271 §6.3).

use super::*;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = lengths();
    rows.extend(flags());
    rows.extend(repeated());
    rows.extend(overruns());
    rows.extend(missing());
    rows.extend(nets());
    rows.extend(nothing_to_withdraw());
    rows
}

/// 7606 §3 a: lengths that contradict the message's.
fn lengths() -> Vec<Row> {
    let reset = |name: &str, body: &[u8]| raw(name, External, Reset(1), body.to_vec());
    vec![
        reset("7606 3.a: Withdrawn Routes Length beyond the message", &[0, 5, 24, 10, 0, 0]),
        reset("7606 3.a: Withdrawn Routes Length of all ones", &[0xff, 0xff, 0, 0]),
        reset("7606 3.a: Total Path Attribute Length beyond the message", &[0, 0, 0, 5, 0x40, 1, 1, 0]),
        reset("7606 3.a: Total Path Attribute Length of all ones", &[0, 0, 0xff, 0xff]),
        reset("7606 3.a: the withdrawn routes leave no room for the attributes' length", &[0, 2, 8, 10, 0]),
        raw("4724 2: nothing at all is End-of-RIB", External, Accept, update(&[], &[], &[])),
        raw("4271 4.3: withdrawn routes alone", External, Accept, update(&NET4, &[], &[])),
    ]
}

/// 7606 §3 c: the optional and transitive bits. What else is in the octet does not matter.
fn flags() -> Vec<Row> {
    let u32s = [0, 0, 0, 1];
    let known: [(u8, u8, &[u8], &str); 14] = [
        (1, 0x40, &[0], "ORIGIN"),
        (2, 0x40, &[2, 1, 0, 0, 0xfd, 0xe9], "AS_PATH"),
        (3, 0x40, &[192, 0, 2, 1], "NEXT_HOP"),
        (4, 0x80, &u32s, "MULTI_EXIT_DISC"),
        (5, 0x40, &u32s, "LOCAL_PREF"),
        (6, 0x40, &[], "ATOMIC_AGGREGATE"),
        (7, 0xc0, &[0, 0, 0, 1, 1, 1, 1, 1], "AGGREGATOR"),
        (8, 0xc0, &u32s, "COMMUNITIES"),
        (9, 0x80, &u32s, "ORIGINATOR_ID"),
        (10, 0x80, &u32s, "CLUSTER_LIST"),
        (16, 0xc0, &[0, 2, 0, 1, 0, 0, 0, 1], "EXTENDED COMMUNITIES"),
        (25, 0xc0, &[0; 20], "IPv6 EXTENDED COMMUNITIES"),
        (32, 0xc0, &[0; 12], "LARGE COMMUNITIES"),
        (35, 0xc0, &u32s, "ONLY_TO_CUSTOMER"),
    ];
    let mut rows = Vec::new();
    for (code, right, value, name) in known {
        for (bit, what) in [(0x80, "Optional"), (0x40, "Transitive")] {
            let change = put(code, right ^ bit, value);
            rows.push(row(&format!("7606 3.c: {what} wrong on {name}"), Internal, Withdraw, change));
        }
    }
    rows.extend(both("7606 3.c: ORIGIN optional", Withdraw, Withdraw, put(1, 0xc0, &[0])));
    rows.extend(both("4271 4.3: Partial on ORIGIN is ignored", Accept, Accept, put(1, 0x60, &[0])));
    rows.extend(both("4271 4.3: the low four flags are ignored", Accept, Accept, put(1, 0x4f, &[0])));
    rows.push(row("4271 4.3: Extended Length for a short value", External, Accept, |b| {
        b.with(1, extended(0x40, 1, &[0]))
    }));
    rows.push(row(
        "7311 3: AIGP transitive",
        Aigp,
        Discard,
        put(26, 0xc0, &[1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 1]),
    ));
    rows.push(row("9552 8.2.2: BGP-LS transitive", External, Discard, put(29, 0xc0, &[0; 4])));
    rows.push(row("8669 6: Prefix-SID not transitive", External, Discard, put(40, 0x80, &[0; 10])));
    rows.push(row("8669 6: Prefix-SID well-known", External, Discard, put(40, 0x40, &[0; 10])));
    rows
}

/// 7606 §3 g: one of a kind.
fn repeated() -> Vec<Row> {
    let path = segment(2, &[65009]);
    let reach = attribute(0x80, 14, &mp_reach(&GLOBAL, &NET6));
    let unreach = attribute(0x80, 15, &[0, 2, 1]);
    let communities = attribute(0xc0, 8, &[0; 4]);
    let mut rows = Vec::new();
    rows.extend(both("7606 3.g: ORIGIN twice", Discard, Discard, and(attribute(0x40, 1, &[2]))));
    rows.extend(both("7606 3.g: AS_PATH twice", Discard, Discard, and(attribute(0x40, 2, &path))));
    rows.extend(both("7606 3.g: NEXT_HOP twice", Discard, Discard, and(attribute(0x40, 3, &[192, 0, 2, 9]))));
    rows.push(row("7606 3.g: LOCAL_PREF twice", Internal, Discard, and(attribute(0x40, 5, &[9; 4]))));
    rows.push(row(
        "7606 3.g: the second ORIGIN malformed",
        External,
        Discard,
        and(attribute(0x40, 1, &[9, 9])),
    ));
    rows.push(row("7606 3.g, 7.1: the first ORIGIN malformed", External, Withdraw, |b| {
        b.with(1, attribute(0x40, 1, &[9])).and(attribute(0x40, 1, &[0]))
    }));
    rows.push(row("7606 3.g: ORIGIN three times", External, Discard, |b| {
        b.and(attribute(0x40, 1, &[1])).and(attribute(0x40, 1, &[2]))
    }));
    rows.push(row("7606 3.g: an unknown attribute twice", External, Discard, |b| {
        b.and(attribute(0x80, 200, b"a")).and(attribute(0x80, 200, b"b"))
    }));
    rows.push(row("7606 3.g, 7.8: COMMUNITIES malformed, then again", External, Withdraw, |b| {
        b.and(attribute(0xc0, 8, &[0; 3])).and(communities.clone())
    }));
    rows.extend(both("7606 3.g: MP_REACH_NLRI twice", Reset(1), Reset(1), |b| {
        b.and(reach.clone()).and(reach.clone())
    }));
    rows.extend(both("7606 3.g: MP_UNREACH_NLRI twice", Reset(1), Reset(1), |b| {
        b.and(unreach.clone()).and(unreach.clone())
    }));
    rows.push(row("7606 3.g: MP_REACH_NLRI twice, of two families", External, Reset(1), |b| {
        b.and(reach.clone()).and(attribute(0x80, 14, &[0, 1, 1, 4, 192, 0, 2, 1, 0, 8, 10]))
    }));
    rows.push(row("4760 3, 4: MP_REACH_NLRI and MP_UNREACH_NLRI", External, Accept, |b| {
        b.and(reach.clone()).and(unreach.clone())
    }));
    rows.extend(both("7606 3.h: discard and withdraw", Withdraw, Withdraw, |b| {
        b.and(attribute(0x40, 6, &[0])).with(1, attribute(0x40, 1, &[9]))
    }));
    rows.extend(both("7606 3.h: withdraw and reset", Reset(1), Reset(1), |b| {
        b.with(1, attribute(0x40, 1, &[9])).and(attribute(0x80, 14, &[0, 2]))
    }));
    rows.push(row("4271 5: attributes in another order", External, Accept, |b| {
        Block(b.0.into_iter().rev().collect())
    }));
    rows.push(row("7606 5.1: MP_REACH_NLRI last", External, Accept, and(reach.clone())));
    rows
}

/// 7606 §4: lengths of attributes that contradict the block's.
fn overruns() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, octets) in [
        ("7606 4: an attribute overruns the block", &[0x80, 4, 5, 0, 0, 0, 1][..]),
        ("7606 4: one octet left over", &[0x80]),
        ("7606 4: two octets left over", &[0x80, 4]),
        ("7606 4: three octets left over, Extended Length", &[0x90, 4, 0]),
        ("7606 4: Extended Length overruns the block", &[0xd0, 8, 0xff, 0xff, 0, 0, 0, 1]),
        ("7606 4: an unknown attribute overruns the block", &[0xc0, 200, 9, 1]),
        ("7606 4: a repeated attribute overruns the block", &[0x40, 1, 9, 1]),
    ] {
        rows.extend(both(name, Withdraw, Withdraw, and(octets.to_vec())));
        let name = format!("{name}, nothing announced");
        rows.push(without_nlri(&name, External, Reset(1), and(octets.to_vec())));
    }
    // Its nets are as good as lost, be there others or not.
    for (name, code) in [("MP_REACH_NLRI", 14), ("MP_UNREACH_NLRI", 15)] {
        let octets = [&[0x80, code, 60, 0, 2, 1][..], &NET6].concat();
        let name = format!("7606 3.j, 4: {name} overruns the block");
        rows.extend(both(&name, Reset(1), Reset(1), and(octets.clone())));
        rows.push(without_nlri(&format!("{name}, alone"), External, Reset(1), |_| {
            Block(vec![(code, octets.clone())])
        }));
    }
    rows.push(without_nlri("7606 4: overrun behind MP_REACH_NLRI", External, Withdraw, |b| {
        b.without(3).and(attribute(0x80, 14, &mp_reach(&GLOBAL, &NET6))).and(vec![0x80])
    }));
    rows
}

/// 7606 §3 d: what must be there.
fn missing() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(both("7606 3.d: ORIGIN missing", Withdraw, Withdraw, |b| b.without(1)));
    rows.extend(both("7606 3.d: AS_PATH missing", Withdraw, Withdraw, |b| b.without(2)));
    rows.extend(both("7606 3.d: NEXT_HOP missing", Withdraw, Withdraw, |b| b.without(3)));
    rows.extend(both("4271 5.1.5: LOCAL_PREF missing", Accept, Withdraw, |b| b.without(5)));
    rows.push(row("5065 5.2: LOCAL_PREF left out by another member AS", Member, Accept, |b| b.without(5)));
    rows.extend(both("7606 3.d: no attribute at all", Withdraw, Withdraw, |_| Block(vec![])));
    let reach = attribute(0x80, 14, &mp_reach(&GLOBAL, &NET6));
    for (code, name, internal) in
        [(1, "ORIGIN", External), (2, "AS_PATH", External), (5, "LOCAL_PREF", Internal)]
    {
        let name = format!("7606 3.d: {name} missing beside MP_REACH_NLRI");
        rows.push(without_nlri(&name, internal, Withdraw, |b| b.without(3).without(code).and(reach.clone())));
    }
    rows.push(without_nlri("4760 3: no NEXT_HOP beside MP_REACH_NLRI", External, Accept, |b| {
        b.without(3).and(reach.clone())
    }));
    rows.push(row("7606 3.d: NEXT_HOP missing beside both", External, Withdraw, |b| {
        b.without(3).and(reach.clone())
    }));
    rows
}

/// 7606 §5.3: fields of prefixes. What follows a bad one cannot be found.
fn nets() -> Vec<Row> {
    let with = |nlri: &[u8]| update(&[], &Block::external().octets(), nlri);
    let mut rows = vec![
        raw("7606 5.3: NLRI longer than 32 bits", External, Reset(10), with(&[33, 203, 0, 113, 0, 0])),
        raw("7606 5.3: NLRI of 255 bits", External, Reset(10), with(&[255, 1])),
        raw("7606 5.3: NLRI overruns the message", External, Reset(10), with(&[24, 203, 0])),
        raw("7606 5.3: the second prefix overruns", External, Reset(10), with(&[8, 10, 32, 203, 0, 113])),
        raw(
            "7606 3.i: a withdrawn prefix longer than 32 bits",
            External,
            Reset(10),
            update(&[33, 1, 1, 1, 1, 1], &[], &[]),
        ),
        raw(
            "7606 3.i: a withdrawn prefix overruns its field",
            External,
            Reset(10),
            update(&[24, 203, 0], &[], &[]),
        ),
        raw("4271 4.3: bits beyond the prefix length are irrelevant", External, Accept, with(&[9, 10, 0xff])),
        raw("4271 4.3: the default route", External, Accept, with(&[0])),
        raw("7606 3.h: bad attributes, and NLRI that cannot be read", External, Reset(10), {
            update(&[], &Block::external().with(1, attribute(0x40, 1, &[9])).octets(), &[33, 1])
        }),
        raw("7911 3: a path identifier cut short", AddPath, Reset(10), with(&[0, 0, 7])),
        raw("7911 3: a path identifier without a prefix", AddPath, Reset(10), with(&[0, 0, 0, 7])),
        raw("7911 3: NLRI without identifiers, negotiated", AddPath, Reset(10), with(&NET4)),
        raw(
            "7911 3: a prefix of 33 bits behind its identifier",
            AddPath,
            Reset(10),
            with(&[0, 0, 0, 7, 33, 1, 1, 1, 1, 1]),
        ),
        raw("7911 3: identifier 0", AddPath, Accept, with(&[0, 0, 0, 0, 24, 203, 0, 113])),
        raw("7911 3: a withdrawn path identifier cut short", AddPath, Reset(10), update(&[0, 0], &[], &[])),
    ];
    for (name, nlri) in [
        ("longer than 128 bits", &[129, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]),
        ("overruns the attribute", &[48, 0x20, 1]),
        ("without an address", &[64]),
    ] {
        let reach = attribute(0x80, 14, &mp_reach(&GLOBAL, nlri));
        let unreach = attribute(0x80, 15, &[&[0, 2, 1], nlri].concat());
        let change = |b: Block| b.without(3).and(reach.clone());
        rows.push(without_nlri(&format!("7606 5.3: IPv6 prefix {name}"), External, Reset(10), change));
        let change = |_: Block| Block(vec![(15, unreach.clone())]);
        rows.push(without_nlri(
            &format!("7606 5.3: withdrawn IPv6 prefix {name}"),
            External,
            Reset(10),
            change,
        ));
    }
    rows
}

/// 7606 §5.2: errors where nothing is announced that could be withdrawn.
fn nothing_to_withdraw() -> Vec<Row> {
    let unreach = attribute(0x80, 15, &[&[0, 2, 1][..], &NET6].concat());
    let bad = |b: Block| b.with(1, attribute(0x40, 1, &[9]));
    let mut rows = vec![
        without_nlri("7606 5.2: a bad ORIGIN and nothing announced", External, Reset(1), bad),
        without_nlri("7606 5.2: a bad ORIGIN beside MP_UNREACH_NLRI", External, Reset(1), |b| {
            bad(b).and(unreach.clone())
        }),
        without_nlri("7606 5.2: a bad ORIGIN beside an empty MP_REACH_NLRI", External, Reset(1), |b| {
            bad(b).and(attribute(0x80, 14, &mp_reach(&GLOBAL, &[])))
        }),
        without_nlri("7606 5.2: a bad ORIGIN beside a family we ignore", External, Withdraw, |b| {
            bad(b).and(attribute(0x80, 14, &[&[0, 1, 128, 12][..], &[0; 12], &[0, 120], &[7; 15]].concat()))
        }),
        raw("7606 5.2: a bad ORIGIN beside withdrawn routes", External, Reset(1), {
            update(&NET4, &bad(Block::external()).octets(), &[])
        }),
        without_nlri("7606 5.2: attribute discard and nothing announced", External, Discard, |b| {
            b.and(attribute(0x40, 6, &[0]))
        }),
        without_nlri("7606 5.2, 3.c: MP_UNREACH_NLRI alone, flags wrong", External, Withdraw, |_| {
            Block(vec![(15, attribute(0xc0, 15, &[&[0, 2, 1][..], &NET6].concat()))])
        }),
        without_nlri(
            "7606 5.2, 3.c: MP_UNREACH_NLRI with flags wrong, and others",
            External,
            Reset(1),
            |b| b.and(attribute(0xc0, 15, &[&[0, 2, 1][..], &NET6].concat())),
        ),
        without_nlri("7606 5.2: good attributes for nothing", External, Accept, |b| b),
        without_nlri("4724 2: MP_UNREACH_NLRI of no nets is End-of-RIB", External, Accept, |_| {
            Block(vec![(15, attribute(0x80, 15, &[0, 2, 1]))])
        }),
    ];
    rows.push(row("4271 6.3: a bad ORIGIN beside MP_UNREACH_NLRI and NLRI", External, Withdraw, |b| {
        bad(b).and(unreach.clone())
    }));
    rows
}
