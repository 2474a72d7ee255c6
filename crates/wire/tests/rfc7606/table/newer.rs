//! Attributes with RFCs of their own, and those not known here.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = as4();
    rows.extend(aigp());
    for len in [0, 1, 3, 5, 8] {
        let name = format!("9234 5: ONLY_TO_CUSTOMER of {len} octets");
        rows.extend(both(&name, Withdraw, Withdraw, put(35, 0xc0, &vec![1; len])));
    }
    rows.extend(both("9234 5: ONLY_TO_CUSTOMER", Accept, Accept, put(35, 0xc0, &[0, 0, 0xfd, 0xe9])));
    rows.extend(unknown());
    rows
}

/// RFC 6793 §6: what 2-octet neighbors carry for others.
fn as4() -> Vec<Row> {
    let mut rows = Vec::new();
    let path = segment(2, &[70000]);
    rows.extend(both("6793 6: AS4_PATH from a 4-octet neighbor", Discard, Discard, put(17, 0xc0, &path)));
    rows.extend(both(
        "6793 6: AS4_AGGREGATOR from a 4-octet neighbor",
        Discard,
        Discard,
        put(18, 0xc0, &[1; 8]),
    ));
    let mut with = |name: &str, want, value: &[u8]| rows.push(row(name, Narrow, want, put(17, 0xc0, value)));
    with("6793 6: AS4_PATH of no octets", Discard, &[]);
    with("6793 6: AS4_PATH of an odd length", Discard, &[2, 1, 0, 1, 0x11, 0x70, 9]);
    with("6793 6: AS4_PATH with a segment of no ASes", Discard, &[2, 0]);
    with("6793 6: AS4_PATH with a segment overrun", Discard, &[2, 2, 0, 0, 0, 1]);
    with("6793 6: AS4_PATH with segment type 9", Discard, &segment(9, &[1]));
    with("7607 2: AS4_PATH with AS 0", Discard, &segment(2, &[0]));
    with("6793 3: AS4_PATH with AS_CONFED_SEQUENCE, which is left out", Accept, &segment(3, &[70000]));
    with("9774 3: AS4_PATH with AS_SET", Withdraw, &segment(1, &[70000]));
    with("6793 4.2.3: AS4_PATH longer than AS_PATH is ignored", Accept, &segment(2, &[1, 2, 3]));
    for len in [0, 6, 7, 9] {
        let name = format!("6793 6: AS4_AGGREGATOR of {len} octets");
        rows.push(row(&name, Narrow, Discard, put(18, 0xc0, &vec![1; len])));
    }
    rows.push(row(
        "7607 2: AS4_AGGREGATOR of AS 0",
        Narrow,
        Discard,
        put(18, 0xc0, &[0, 0, 0, 0, 1, 1, 1, 1]),
    ));
    rows
}

/// RFC 7311 §3.
fn aigp() -> Vec<Row> {
    let tlv = [1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 10];
    let mut rows = Vec::new();
    rows.extend(both("7311 3.3: AIGP where it is not enabled", Discard, Discard, put(26, 0x80, &tlv)));
    rows.extend(both(
        "7311 3.3: malformed AIGP where it is not enabled",
        Discard,
        Discard,
        put(26, 0x80, &[1]),
    ));
    let mut with = |name: &str, want, value: &[u8]| rows.push(row(name, Aigp, want, put(26, 0x80, value)));
    with("7311 3: AIGP", Accept, &tlv);
    with("7311 3: a TLV not known", Accept, &[&[9, 0, 5, 1, 2][..], &tlv].concat());
    with("7311 3: a TLV not known of no octets", Accept, &[9, 0, 3]);
    with("7311 3: two AIGP TLVs", Accept, &[tlv, tlv].concat());
    with("7311 3: a TLV length of 0", Discard, &[9, 0, 0]);
    with("7311 3: a TLV length of 2", Discard, &[9, 0, 2]);
    with("7311 3: a TLV overruns the attribute", Discard, &[9, 0, 9, 1, 2]);
    with("7311 3: two octets left over", Discard, &[&tlv[..], &[9, 0]].concat());
    with("7311 3: an AIGP TLV of length 10", Discard, &[1, 0, 10, 0, 0, 0, 0, 0, 0, 0]);
    with("7311 3: an AIGP TLV of length 12", Discard, &[1, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    with("7311 3: the second AIGP TLV malformed", Discard, &[&tlv[..], &[1, 0, 4, 9]].concat());
    rows
}

/// RFC 4271 §9: what is not known here.
fn unknown() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(both(
        "4271 6.3: unknown and well-known, its routes withdrawn",
        Withdraw,
        Withdraw,
        put(200, 0x40, b"x"),
    ));
    rows.extend(both(
        "4271 6.3: unknown and neither, its routes withdrawn",
        Withdraw,
        Withdraw,
        put(200, 0x00, b"x"),
    ));
    rows.extend(both("4271 9: unknown, optional, not transitive", Accept, Accept, put(200, 0x80, b"x")));
    rows.extend(both("4271 9: unknown, optional, transitive", Accept, Accept, put(200, 0xc0, b"x")));
    rows.extend(both("4271 9: unknown, of no octets", Accept, Accept, put(200, 0xc0, &[])));
    rows.extend(both("4271 5: attribute type 0", Discard, Discard, put(0, 0xc0, b"x")));
    rows.push(row("6938: type 11, deprecated", External, Accept, put(11, 0x80, &[0; 4])));
    rows.push(row("2042: attribute type 255", External, Accept, put(255, 0xc0, &[0; 300])));
    rows
}
