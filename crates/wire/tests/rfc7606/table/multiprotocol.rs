//! MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 7606 §7.11, RFC 4760, RFC 2545, RFC 8950).

use super::*;

/// fe80::1.
const LINK_LOCAL: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
/// ::ffff:192.0.2.1.
const MAPPED: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = ipv6_next_hops();
    rows.extend(ipv4_next_hops());
    rows.extend(shapes());
    rows
}

/// An UPDATE whose only nets are in an MP_REACH_NLRI of this value.
fn reach(name: &str, session: Session, want: Verdict, value: &[u8]) -> Row {
    let octets = extended(0x80, 14, value);
    without_nlri(name, session, want, |b| b.without(3).and(octets.clone()))
}

fn ipv6_next_hops() -> Vec<Row> {
    let mut rows = Vec::new();
    for len in [0, 1, 5, 12, 15, 17, 24, 31, 33, 48, 255] {
        let value = mp_reach(&vec![0x20; len], &NET6);
        let name = format!("7606 7.11: IPv6 next hop of {len} octets");
        rows.push(reach(&name, External, Reset(9), &value));
        rows.push(reach(&name, Internal, Reset(9), &value));
    }
    let mut with = |name: &str, session, want, next_hop: &[u8]| {
        rows.push(reach(name, session, want, &mp_reach(next_hop, &NET6)));
    };
    with("4760 3: a global next hop", External, Accept, &GLOBAL);
    with("2545 3: a global and a link-local one", External, Accept, &[GLOBAL, LINK_LOCAL].concat());
    with(
        "2545 3: a second next hop that is not link-local is left out",
        External,
        Accept,
        &[GLOBAL, GLOBAL].concat(),
    );
    with("2545 3: nothing and a link-local one", External, Accept, &[[0; 16], LINK_LOCAL].concat());
    with("2545 3: a link-local one alone", External, Accept, &LINK_LOCAL);
    with("4271 6.3: next hop ::", External, Withdraw, &[0; 16]);
    with("4271 6.3: next hop ::1", External, Accept, &[&[0; 15][..], &[1]].concat());
    with("4271 6.3: next hop ff02::1", External, Accept, &[&[0xff, 2][..], &[0; 13], &[1]].concat());
    with("4760 3: an IPv4 next hop for IPv6 nets", External, Withdraw, &[192, 0, 2, 1]);
    rows
}

fn ipv4_next_hops() -> Vec<Row> {
    let value = |next_hop: &[u8]| [&[0, 1, 1, next_hop.len() as u8][..], next_hop, &[0], &NET4].concat();
    let with = |name: &str, session, want, next_hop: &[u8]| reach(name, session, want, &value(next_hop));
    let mut rows = vec![
        with("4760 3: IPv4 nets in MP_REACH_NLRI", External, Accept, &[192, 0, 2, 1]),
        with("4271 6.3: the loopback for them", External, Accept, &[127, 0, 0, 1]),
        with("8950 4: an IPv6 next hop, not negotiated", External, Withdraw, &GLOBAL),
        with(
            "8950 4: two IPv6 next hops, not negotiated",
            External,
            Withdraw,
            &[GLOBAL, LINK_LOCAL].concat(),
        ),
        with("8950 3: an IPv6 next hop", ExtendedNextHop, Accept, &GLOBAL),
        with(
            "8950 3: a global and a link-local one",
            ExtendedNextHop,
            Accept,
            &[GLOBAL, LINK_LOCAL].concat(),
        ),
        with("8950 3: a link-local one alone", ExtendedNextHop, Accept, &LINK_LOCAL),
        with("8950 3: an IPv4 next hop all the same", ExtendedNextHop, Accept, &[192, 0, 2, 1]),
        with("8950 3: next hop ::", ExtendedNextHop, Withdraw, &[0; 16]),
        with(
            "4271 6.3: ::ffff:192.0.2.1 for IPv4 nets is an IPv6 next hop",
            ExtendedNextHop,
            Accept,
            &MAPPED,
        ),
    ];
    for len in [0, 3, 5, 8, 12, 15, 17, 24, 31, 33, 48] {
        let name = format!("8950 3: a next hop of {len} octets for IPv4 nets");
        rows.push(with(&name, ExtendedNextHop, Reset(9), &vec![1; len]));
    }
    rows.push(reach(
        "8950 4: an IPv4 next hop for IPv6 nets",
        ExtendedNextHop,
        Withdraw,
        &mp_reach(&[192, 0, 2, 1], &NET6),
    ));
    rows
}

fn shapes() -> Vec<Row> {
    let both_mp = |name: &str, reach: Verdict, unreach: Verdict, value: &[u8]| {
        [
            row(&format!("{name}, MP_REACH_NLRI"), External, reach, put(14, 0x80, value)),
            row(&format!("{name}, MP_UNREACH_NLRI"), External, unreach, put(15, 0x80, value)),
        ]
    };
    let mut rows = Vec::new();
    rows.extend(both_mp("7606 7.11, 7.12: no octets", Reset(1), Reset(1), &[]));
    rows.extend(both_mp("7606 7.11, 7.12: two octets", Reset(1), Reset(1), &[0, 2]));
    rows.extend(both_mp("7606 7.11, 7.12: the family only", Reset(9), Accept, &[0, 2, 1]));
    rows.extend(both_mp(
        "4760 8: a family that was not negotiated",
        Discard,
        Discard,
        &[0, 1, 128, 0, 0, 1, 2, 3],
    ));
    rows.extend(both_mp("4760 8: a family that does not exist", Discard, Discard, &[0xff, 0xff, 255, 255]));
    rows.extend(both_mp("4760 8: AFI 0", Discard, Discard, &[0, 0, 1, 0, 0]));
    rows.push(row(
        "4760 8: IPv6 not negotiated",
        OnlyIpv4,
        Discard,
        put(14, 0x80, &mp_reach(&GLOBAL, &NET6)),
    ));
    rows.push(row(
        "7606 7.11: without the reserved octet",
        External,
        Reset(9),
        put(14, 0x80, &[&[0, 2, 1, 16][..], &GLOBAL].concat()),
    ));
    rows.push(row(
        "7606 7.11: the next hop overruns the attribute",
        External,
        Reset(9),
        put(14, 0x80, &[0, 2, 1, 32, 0x20, 1]),
    ));
    rows.push(row("4760 3: the reserved octet is ignored", External, Accept, |b| {
        let mut value = mp_reach(&GLOBAL, &NET6);
        value[20] = 0xff;
        b.and(attribute(0x80, 14, &value))
    }));
    rows.push(row("4760 3: no nets", External, Accept, put(14, 0x80, &mp_reach(&GLOBAL, &[]))));
    rows.push(row(
        "4271 6.3: next hop :: for no nets",
        External,
        Accept,
        put(14, 0x80, &mp_reach(&[0; 16], &[])),
    ));
    for (flags, what) in [(0xc0, "transitive"), (0x40, "well-known"), (0x00, "neither")] {
        let name = format!("7606 3.c: MP_REACH_NLRI {what}");
        rows.push(row(&name, External, Withdraw, put(14, flags, &mp_reach(&GLOBAL, &NET6))));
        let name = format!("7606 3.c: MP_UNREACH_NLRI {what}");
        rows.push(row(&name, External, Withdraw, put(15, flags, &[&[0, 2, 1][..], &NET6].concat())));
    }
    let paths = [&[0, 0, 0, 7][..], &NET6].concat();
    rows.push(reach("7911 3: IPv6 nets with identifiers", AddPath, Accept, &mp_reach(&GLOBAL, &paths)));
    rows.push(reach(
        "7911 3: IPv6 nets without identifiers, negotiated",
        AddPath,
        Reset(10),
        &mp_reach(&GLOBAL, &NET6),
    ));
    rows
}
