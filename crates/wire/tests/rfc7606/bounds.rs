//! What is not known here, what has bounds, and rules swept over.

use godwit_wire::{AddressFamily, AttributeContext, Fault, Treatment, limits, parse_attributes};

use crate::common::*;
use crate::judge::{D, Fine, Outcome, R, W, judge, put, row};

#[test]
fn as4_attributes() {
    row("AS4_PATH from an AS4 neighbor", D, D, put(17, 0xc0, &segment(2, &[1])));
    row("AS4_AGGREGATOR from an AS4 neighbor", D, D, put(18, 0xc0, &[0, 0, 0, 1, 1, 2, 3, 4]));
    let narrow = AttributeContext { four_octet_as: false, ..context(true) };
    let base = Block::external().with(2, attribute(0x40, 2, &segment2(2, &[65001, 23456])));
    let as4 = |value: &[u8]| judge(&base.clone().and(attribute(0xc0, 17, value)).octets(), true, &narrow);
    assert_eq!(as4(&segment(2, &[70000])), Fine);
    assert_eq!(as4(&[]), D, "empty");
    assert_eq!(as4(&[2, 2, 0, 0, 0, 1]), D, "cut short");
    assert_eq!(as4(&segment(2, &[0])), D, "AS 0");
    assert_eq!(as4(&segment(9, &[1])), D, "unknown segment");
    assert_eq!(as4(&segment(1, &[70000])), W, "AS_SET");
}

#[test]
fn unknown_attributes() {
    row("flagged well-known", W, W, put(200, 0x40, b"x"));
    row("flagged well-known, not transitive", W, W, put(200, 0x00, b"x"));
    row("optional, not transitive", Fine, Fine, put(200, 0x80, b"x"));
    row("type 0", D, D, put(0, 0xc0, b"x"));
    row("AIGP", D, D, put(26, 0x80, &[1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 1]));
    row("OTC", Fine, Fine, put(35, 0xc0, &[0, 0, 0, 1]));
    for len in [0, 3, 5] {
        row("OTC of another length", W, W, put(35, 0xc0, &vec![1; len]));
    }

    let value: Vec<u8> = (0..=255).collect();
    for flags in [0xc0, 0xe0, 0xcf] {
        let octets = extended(flags, 200, &[&value[..], &value].concat());
        let block = Block::external().and(octets).octets();
        let context = context(true);
        let parsed = parse_attributes(&block, true, &context).unwrap();
        let carried = &parsed.attributes.rare.unwrap().unknown[0];
        assert_eq!((carried.flags, carried.code), (0xe0, 200), "Partial is set");
        assert_eq!(*carried.value, *[&value[..], &value].concat());
    }
    let block = Block::external().and(attribute(0x80, 200, b"x")).octets();
    assert_eq!(parse_attributes(&block, true, &context(true)).unwrap().attributes.rare, None);
}

#[test]
fn unknown_attributes_are_bounded() {
    let many = |n: u8| (100..100 + n).fold(Block::external(), |b, code| b.and(attribute(0xc0, code, b"x")));
    let max = limits::UNKNOWN_ATTRIBUTES_MAX as u8;
    assert_eq!(judge(&many(max).octets(), true, &context(true)), Fine);
    let block = many(max + 1).octets();
    let context = context(true);
    let parsed = parse_attributes(&block, true, &context).unwrap();
    assert_eq!(parsed.verdict, Treatment::Withdraw);
    assert_eq!(parsed.attributes.rare.unwrap().unknown.len(), limits::UNKNOWN_ATTRIBUTES_MAX);
}

#[test]
fn the_list_of_errors_is_bounded() {
    let block = (0..1000).fold(Block::external(), |b, _| b.and(attribute(0x40, 1, &[0])));
    let octets = block.and(vec![0x80]).octets();
    let context = context(true);
    let parsed = parse_attributes(&octets, true, &context).unwrap();
    assert_eq!(parsed.errors.len(), limits::ATTRIBUTE_ERRORS_MAX);
    assert_eq!(parsed.verdict, Treatment::Withdraw, "the error that is not listed counts");
}

#[test]
fn the_strongest_error_decides() {
    row("discard and withdraw", W, W, |b| {
        b.with(6, attribute(0x40, 6, &[0])).with(1, attribute(0x40, 1, &[9]))
    });
    row("withdraw and discard", W, W, |b| {
        b.with(1, attribute(0x40, 1, &[9])).with(6, attribute(0x40, 6, &[0]))
    });
    let reach = attribute(0x80, 14, &[0, 2]);
    row("withdraw and reset", R(1), R(1), |b| b.with(1, attribute(0x40, 1, &[9])).and(reach.clone()));
}

#[test]
fn errors_say_what_and_where() {
    let block = Block::external().and(attribute(0xc0, 8, &[1, 2, 3])).octets();
    let context = context(true);
    let parsed = parse_attributes(&block, true, &context).unwrap();
    let error = &parsed.errors[0];
    let at = Block::external().octets().len();
    assert_eq!((error.code, error.offset, error.fault), (8, at, Fault::Length));
    assert!(error.to_string().contains(&format!("COMMUNITIES (8) at octet {at}")), "{error}");
}

/// Attributes that no release of anything has agreed on: whatever is inside, a session survives.
#[test]
fn no_transitive_attribute_resets() {
    for code in (0..=255u8).filter(|c| !matches!(c, 14 | 15)) {
        for fill in [0xff, 0x00, 0x5a] {
            for len in 0..=40 {
                let block = Block::external().with(code, attribute(0xc0, code, &vec![fill; len])).octets();
                let got = judge(&block, true, &context(true));
                assert!(!matches!(got, R(_)), "type {code}, {len} octets of {fill:#x}: {got:?}");
            }
        }
    }
}

/// Every known type with every flags octet and lengths around the right one, against a second
/// statement of the rules.
#[test]
fn flags_and_lengths_of_every_type() {
    let mut cases = 0;
    for external in [true, false] {
        let lenient = AttributeContext { allow_as_sets: true, ..context(external) };
        for code in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 17, 18, 25, 32, 35u8] {
            for flags in (0..=0xf0).step_by(0x10) {
                for len in (0usize..=41).chain([255, 256]) {
                    if len > 255 && flags & 0x10 == 0 {
                        continue;
                    }
                    // Ones: no AS 0, no bad ORIGIN, no bad next hop, segments of a set (type 1).
                    let value = vec![1; len];
                    let octets = if flags & 0x10 == 0 {
                        attribute(flags, code, &value)
                    } else {
                        extended(flags, code, &value)
                    };
                    let block = Block::base(external).with(code, octets).octets();
                    let want = expected(code, flags, len, external);
                    assert_eq!(judge(&block, true, &lenient), want, "{code} {flags:#x} {len} {external}");
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 10_000, "{cases}");
}

fn expected(code: u8, flags: u8, len: usize, external: bool) -> Outcome {
    let right = match code {
        1 | 2 | 3 | 5 | 6 => 0x40,
        4 | 9 | 10 => 0x80,
        _ => 0xc0,
    };
    if flags & 0xc0 != right {
        return W;
    }
    let multiple = |unit: usize| if len > 0 && len.is_multiple_of(unit) { Fine } else { W };
    match code {
        1 => {
            if len == 1 {
                Fine
            } else {
                W
            }
        }
        // A set of one AS over and over.
        2 => {
            if len.is_multiple_of(6) {
                Fine
            } else {
                W
            }
        }
        3 | 4 | 35 => {
            if len == 4 {
                Fine
            } else {
                W
            }
        }
        5 | 9 => {
            if external {
                D
            } else if len == 4 {
                Fine
            } else {
                W
            }
        }
        6 => {
            if len == 0 {
                Fine
            } else {
                D
            }
        }
        7 => {
            if len == 8 {
                Fine
            } else {
                D
            }
        }
        8 => multiple(4),
        10 => {
            if external {
                D
            } else {
                multiple(4)
            }
        }
        16 => multiple(8),
        17 | 18 => D,
        25 => multiple(20),
        32 => multiple(12),
        _ => unreachable!(),
    }
}

#[test]
fn families_are_those_of_the_session() {
    let only4 = AttributeContext { families: vec![AddressFamily::IPV4], ..context(true) };
    let block = Block::external().and(attribute(0x80, 14, &mp_reach(&GLOBAL, &NET6))).octets();
    let parsed = parse_attributes(&block, true, &only4).unwrap();
    assert_eq!((parsed.verdict, parsed.mp_reach), (Treatment::Discard, None));
}
