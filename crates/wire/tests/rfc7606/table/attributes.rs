//! The attributes of RFC 7606 §7.1 to §7.10, §7.14 and §7.15, and LARGE COMMUNITIES.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(both("7606 7.1: ORIGIN of no octets", Withdraw, Withdraw, put(1, 0x40, &[])));
    rows.extend(both("7606 7.1: ORIGIN of two octets", Withdraw, Withdraw, put(1, 0x40, &[0, 0])));
    rows.extend(both("7606 7.1: ORIGIN 3", Withdraw, Withdraw, put(1, 0x40, &[3])));
    rows.extend(both("7606 7.1: ORIGIN 255", Withdraw, Withdraw, put(1, 0x40, &[255])));
    rows.extend(as_path());
    rows.extend(next_hop());
    for len in [0, 1, 3, 5, 8] {
        let value = vec![1; len];
        let name = format!("7606 7.4: MULTI_EXIT_DISC of {len} octets");
        rows.extend(both(&name, Withdraw, Withdraw, put(4, 0x80, &value)));
        let name = format!("7606 7.5: LOCAL_PREF of {len} octets");
        rows.extend(both(&name, Discard, Withdraw, put(5, 0x40, &value)));
        let name = format!("7606 7.9: ORIGINATOR_ID of {len} octets");
        rows.extend(both(&name, Discard, Withdraw, put(9, 0x80, &value)));
    }
    rows.push(row("7606 7.5: LOCAL_PREF from outside", External, Discard, put(5, 0x40, &[0, 0, 0, 9])));
    rows.push(row(
        "5065 5.2: LOCAL_PREF within a confederation",
        Member,
        Accept,
        put(5, 0x40, &[0, 0, 0, 9]),
    ));
    for len in [1, 4, 255] {
        let name = format!("7606 7.6: ATOMIC_AGGREGATE of {len} octets");
        rows.extend(both(&name, Discard, Discard, put(6, 0x40, &vec![0; len])));
    }
    rows.extend(aggregator());
    rows.extend(lists());
    rows
}

fn as_path() -> Vec<Row> {
    let path = |segments: &[Vec<u8>]| put(2, 0x40, &segments.concat());
    let first = || segment(2, &[65001]);
    let mut rows = Vec::new();
    let mut bad = |name: &str, value: &[u8]| rows.extend(both(name, Withdraw, Withdraw, put(2, 0x40, value)));
    bad("7606 7.2: segment type 0", &segment(0, &[65001]));
    bad("7606 7.2: segment type 5", &segment(5, &[65001]));
    bad("7606 7.2: segment type 255", &segment(255, &[65001]));
    bad("7606 7.2: segment overrun", &[2, 2, 0, 0, 0xfd, 0xe9]);
    bad("7606 7.2: segment overrun by 255 ASes", &[2, 255, 0, 0, 0xfd, 0xe9]);
    bad("7606 7.2: segment underrun, one octet left", &[2, 1, 0, 0, 0xfd, 0xe9, 2]);
    bad("7606 7.2: segment of no ASes", &[2, 1, 0, 0, 0xfd, 0xe9, 2, 0]);
    bad("7606 7.2: only a segment of no ASes", &[2, 0]);
    bad("7606 7.2: 2-octet ASes where 4 were agreed on", &segment2(2, &[65001, 65002, 65003]));
    bad("7607 2: AS 0", &segment(2, &[65001, 0]));
    bad("7607 2: AS 0 in a set", &[first(), segment(1, &[0])].concat());
    rows.extend(both("7947 2.2.2: a route server has an empty path", Accept, Accept, path(&[])));
    rows.extend(both("9774 3: AS_SET", Withdraw, Withdraw, path(&[first(), segment(1, &[7, 8])])));
    rows.extend(both(
        "5065 5: AS_CONFED_SEQUENCE where there is no confederation",
        Withdraw,
        Withdraw,
        path(&[segment(3, &[65010]), first()]),
    ));
    rows.extend(both(
        "5065 5: AS_CONFED_SET where there is no confederation",
        Withdraw,
        Withdraw,
        path(&[segment(4, &[65010]), first()]),
    ));
    rows.push(row(
        "7606 7.2: AS_CONFED_SEQUENCE from outside, last",
        External,
        Withdraw,
        path(&[first(), segment(3, &[65010])]),
    ));
    rows.push(row(
        "5065 5: a member's path begins with its AS",
        Member,
        Accept,
        path(&[segment(3, &[65010]), first()]),
    ));
    rows.push(row("5065 5: a member's path without AS_CONFED_SEQUENCE", Member, Withdraw, path(&[first()])));
    rows.push(row(
        "5065 5: a member's path with it later only",
        Member,
        Withdraw,
        path(&[first(), segment(3, &[65010])]),
    ));
    rows.push(row(
        "5065 5: a member's path that begins with AS_CONFED_SET",
        Member,
        Withdraw,
        path(&[segment(4, &[65010])]),
    ));
    rows.push(row("5065 5: an empty path of a member", Member, Withdraw, path(&[])));
    rows.push(row("7607 2: AS 0 in AS_CONFED_SEQUENCE", Member, Withdraw, path(&[segment(3, &[0])])));
    rows.push(row(
        "6793 4: 4-octet ASes where 2 were agreed on",
        Narrow,
        Withdraw,
        path(&[segment(2, &[65001, 65002])]),
    ));
    rows.push(row(
        "7606 7.2: 2-octet segment overrun",
        Narrow,
        Withdraw,
        put(2, 0x40, &[2, 2, 0xfd, 0xe9, 0xfd]),
    ));
    rows.push(row("7607 2: 2-octet AS 0", Narrow, Withdraw, path(&[segment2(2, &[65001, 0])])));
    rows
}

fn next_hop() -> Vec<Row> {
    let mut rows = Vec::new();
    for len in [0, 1, 3, 5, 16] {
        let name = format!("7606 7.3: NEXT_HOP of {len} octets");
        rows.extend(both(&name, Withdraw, Withdraw, put(3, 0x40, &vec![1; len])));
    }
    rows.extend(both("4271 6.3: NEXT_HOP of nobody", Withdraw, Withdraw, put(3, 0x40, &[0; 4])));
    // As BIRD has it these are just on no link.
    for (first, what) in
        [(0, "this network"), (127, "loopback"), (224, "multicast"), (240, "class E"), (255, "broadcast")]
    {
        let name = format!("4271 6.3: NEXT_HOP of {what}");
        rows.extend(both(&name, Accept, Accept, put(3, 0x40, &[first, 0, 0, 1])));
    }
    rows
}

fn aggregator() -> Vec<Row> {
    let mut rows = Vec::new();
    for len in [0, 1, 4, 6, 7, 9] {
        let name = format!("7606 7.7: AGGREGATOR of {len} octets");
        rows.extend(both(&name, Discard, Discard, put(7, 0xc0, &vec![1; len])));
    }
    rows.push(row(
        "7606 7.7: AGGREGATOR of eight octets where six are due",
        Narrow,
        Discard,
        put(7, 0xc0, &[1; 8]),
    ));
    rows.push(row(
        "7606 7.7: AGGREGATOR of six octets where they are due",
        Narrow,
        Accept,
        put(7, 0xc0, &[1; 6]),
    ));
    rows.extend(both(
        "7607 2: AGGREGATOR of AS 0",
        Discard,
        Discard,
        put(7, 0xc0, &[0, 0, 0, 0, 1, 2, 3, 4]),
    ));
    rows.push(row("7607 2: AGGREGATOR of 2-octet AS 0", Narrow, Discard, put(7, 0xc0, &[0, 0, 1, 2, 3, 4])));
    rows
}

fn lists() -> Vec<Row> {
    let mut rows = Vec::new();
    for (clause, code, unit, name) in [
        ("7606 7.8", 8, 4, "COMMUNITIES"),
        ("7606 7.14", 16, 8, "EXTENDED COMMUNITIES"),
        ("7606 7.15", 25, 20, "IPv6 EXTENDED COMMUNITIES"),
        ("8092 6", 32, 12, "LARGE COMMUNITIES"),
    ] {
        for len in [0, 1, unit - 1, unit + 1, 3 * unit - 1] {
            let name = format!("{clause}: {name} of {len} octets");
            rows.extend(both(&name, Withdraw, Withdraw, put(code, 0xc0, &vec![1; len])));
        }
        let name = format!("{clause}: {name}, the same one twice");
        rows.push(row(&name, External, Accept, put(code, 0xc0, &vec![1; 2 * unit])));
    }
    for len in [0, 1, 3, 5] {
        let name = format!("7606 7.10: CLUSTER_LIST of {len} octets");
        rows.extend(both(&name, Discard, Withdraw, put(10, 0x80, &vec![1; len])));
    }
    rows.push(row("7606 7.9: ORIGINATOR_ID from outside", External, Discard, put(9, 0x80, &[1; 4])));
    rows.push(row("7606 7.9: ORIGINATOR_ID from another member AS", Member, Discard, put(9, 0x80, &[1; 4])));
    rows.push(row("7606 7.10: CLUSTER_LIST from outside", External, Discard, put(10, 0x80, &[1; 4])));
    rows.push(row("7606 7.10: CLUSTER_LIST from another member AS", Member, Discard, put(10, 0x80, &[1; 4])));
    rows
}
