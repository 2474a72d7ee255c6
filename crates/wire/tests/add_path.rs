//! ADD-PATH (RFC 7911): the capability, and NLRI with path identifiers.

mod common;

use bytes::BytesMut;
use common::context;
use godwit_wire::{
    AddPathFamily, AddressFamily, AsPath, Capability, EncodeContext, EncodeError, MESSAGE_LEN_MAX,
    MessageError, Open, Origin, PathAttributes, announce_ipv4, announce_ipv6, ipv4_nlri, ipv4_path_nlri,
    ipv6_path_nlri, next_frame, parse_attributes, split_update, withdraw_ipv4, withdraw_ipv6,
};
use ipnetwork::{Ipv4Network, Ipv6Network};
use proptest::collection::vec;
use proptest::prelude::*;

const WIDE: EncodeContext =
    EncodeContext { four_octet_as: true, message_len_max: MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };

/// An OPEN with ADD-PATH capabilities of these values.
fn open(values: &[&[u8]]) -> Open {
    let mut capabilities = Vec::new();
    for value in values {
        capabilities.extend([69, u8::try_from(value.len()).unwrap()]);
        capabilities.extend_from_slice(value);
    }
    let len = u8::try_from(capabilities.len()).unwrap();
    let head = [4, 0xfd, 0xe8, 0, 90, 1, 1, 1, 1, len + 2, 2, len];
    Open::parse(&[&head[..], &capabilities].concat()).unwrap()
}

/// The attributes of a route of an internal neighbor.
fn attributes() -> PathAttributes {
    PathAttributes {
        origin: Some(Origin::Igp),
        as_path: Some(AsPath::from_sequence(&[65001])),
        next_hop: Some([192, 0, 2, 1].into()),
        local_pref: Some(100),
        ..PathAttributes::default()
    }
}

fn directions(open: &Open, family: AddressFamily) -> Option<(bool, bool)> {
    open.add_path(family).map(|f| (f.receive, f.send))
}

#[test]
fn the_capability() {
    let value = [0, 1, 1, 3, 0, 2, 1, 1, 0, 1, 128, 2];
    let open = open(&[&value]);
    let family = |family, receive, send| AddPathFamily { family, receive, send };
    let expected = vec![
        family(AddressFamily::IPV4, true, true),
        family(AddressFamily::IPV6, true, false),
        family(AddressFamily { afi: 1, safi: 128 }, false, true),
    ];
    assert_eq!(open.capabilities, [Capability::AddPath(expected)]);
    assert_eq!(directions(&open, AddressFamily::IPV6), Some((true, false)));
    assert_eq!(directions(&open, AddressFamily { afi: 2, safi: 2 }), None);
    let mut out = BytesMut::new();
    open.encode(&mut out);
    assert!(out.ends_with(&[&[69, 12][..], &value].concat()));
}

/// A18: what is not defined is not understood, and no session is lost over it.
#[test]
fn directions_that_are_not_defined() {
    for direction in [0, 4, 255] {
        let bad = open(&[&[0, 1, 1, 3, 0, 2, 1, direction]]);
        assert!(matches!(bad.capabilities[0], Capability::Unknown { code: 69, .. }), "{direction}");
        assert_eq!(directions(&bad, AddressFamily::IPV4), None, "{direction}");
    }
    for len in [1, 2, 3, 5] {
        assert!(matches!(open(&[&vec![1; len]]).capabilities[0], Capability::Unknown { code: 69, .. }));
    }
    assert_eq!(open(&[&[]]).capabilities, [Capability::AddPath(Vec::new())]);
}

#[test]
fn the_last_word_on_a_family_counts() {
    let once = open(&[&[0, 1, 1, 1, 0, 1, 1, 2]]);
    assert_eq!(directions(&once, AddressFamily::IPV4), Some((false, true)));
    let twice = open(&[&[0, 1, 1, 3, 0, 2, 1, 3], &[0, 1, 1, 1]]);
    assert_eq!(directions(&twice, AddressFamily::IPV4), Some((true, false)));
    assert_eq!(directions(&twice, AddressFamily::IPV6), Some((true, true)));
}

#[test]
fn nlri_octets() {
    let octets =
        [0, 0, 0, 1, 8, 10, 0, 0, 0, 2, 8, 10, 0x80, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 9, 10, 0xff];
    let nets: Vec<_> = ipv4_path_nlri(&octets).unwrap().map(|(id, net)| (id, net.to_string())).collect();
    let expected =
        [(1, "10.0.0.0/8"), (2, "10.0.0.0/8"), (0x8000_0000, "0.0.0.0/0"), (u32::MAX, "10.128.0.0/9")];
    assert_eq!(nets, expected.map(|(id, net)| (id, net.to_string())));
    let nets6: Vec<_> = ipv6_path_nlri(&octets[..6]).unwrap().collect();
    assert_eq!(nets6, [(1, "a00::/8".parse().unwrap())]);

    let offset = |error| match error {
        MessageError::NetworkField { offset, .. } => offset,
        other => panic!("{other}"),
    };
    // Every cut that is not between two prefixes.
    for cut in (0..octets.len()).filter(|cut| ![0, 6, 12, 17].contains(cut)) {
        assert!([0, 6, 12, 17].contains(&offset(ipv4_path_nlri(&octets[..cut]).unwrap_err())), "{cut}");
    }
    assert_eq!(offset(ipv4_path_nlri(&[0, 0, 0, 1, 0, 0, 0, 0, 1, 33, 1, 2, 3, 4, 5]).unwrap_err()), 5);
    assert!(ipv6_path_nlri(&[&[0, 0, 0, 1, 129][..], &[0; 20]].concat()).is_err());
    // Plain prefixes read as prefixes with identifiers: an error more often than not, never a crash.
    assert!(ipv4_path_nlri(&[24, 10, 0, 0]).is_err());
}

#[test]
fn nets_that_just_fit() {
    let net: Ipv4Network = "203.0.113.1/32".parse().unwrap();
    let mut a = attributes();
    let mut block = Vec::new();
    godwit_wire::encode_attributes(&a, true, &WIDE, &mut block);
    let fits = |len_max, a: &_| {
        let mut out = BytesMut::new();
        let result =
            announce_ipv4(a, &[(7, net)], &EncodeContext { message_len_max: len_max, ..WIDE }, &mut out);
        result.map(|()| out.len())
    };
    // Header and two lengths; an identifier and a whole address.
    let least = 19 + 4 + block.len() + 4 + 5;
    assert_eq!(fits(least, &a), Ok(least));
    assert_eq!(fits(least - 1, &a), Err(EncodeError::TooLong), "a net without identifier would fit");
    a.next_hop = None;
    assert_eq!(fits(4096, &a), Err(EncodeError::NextHop));
}

fn net4() -> impl Strategy<Value = Ipv4Network> {
    (any::<u32>(), 0u8..=32).prop_map(|(bits, len)| {
        let mask = if len == 0 { 0 } else { u32::MAX << (32 - len) };
        Ipv4Network::new((bits & mask).into(), len).unwrap()
    })
}

fn net6() -> impl Strategy<Value = Ipv6Network> {
    (any::<u128>(), 0u8..=128).prop_map(|(bits, len)| {
        let mask = if len == 0 { 0 } else { u128::MAX << (128 - len) };
        Ipv6Network::new((bits & mask).into(), len).unwrap()
    })
}

/// The bodies of messages, none of them too long.
fn bodies(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some(frame) = next_frame(stream, MESSAGE_LEN_MAX).unwrap() {
        bodies.push(frame.body);
        stream = &stream[frame.len..];
    }
    assert!(stream.is_empty());
    bodies
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(
        paths in vec((any::<u32>(), net4()), 0..1200),
        paths6 in vec((any::<u32>(), net6()), 0..600),
    ) {
        let mut out = BytesMut::new();
        announce_ipv4(&attributes(), &paths, &WIDE, &mut out).unwrap();
        let mut read = Vec::new();
        for body in bodies(&out) {
            read.extend(ipv4_path_nlri(split_update(body).unwrap().nlri).unwrap());
        }
        prop_assert_eq!(&read, &paths);
        let mut out = BytesMut::new();
        withdraw_ipv4(&paths, MESSAGE_LEN_MAX, &mut out);
        let read = bodies(&out).into_iter();
        let read = read.flat_map(|b| ipv4_path_nlri(split_update(b).unwrap().withdrawn).unwrap());
        prop_assert_eq!(read.collect::<Vec<_>>(), paths);

        let mut a = attributes();
        a.next_hop = Some("2001:db8::1".parse().unwrap());
        let mut out = BytesMut::new();
        announce_ipv6(&a, &paths6, &WIDE, &mut out).unwrap();
        withdraw_ipv6(&paths6, MESSAGE_LEN_MAX, &mut out);
        let (mut announced, mut withdrawn) = (Vec::new(), Vec::new());
        for body in bodies(&out) {
            let context = context(false);
            let parsed = parse_attributes(split_update(body).unwrap().attributes, false, &context).unwrap();
            announced.extend(parsed.mp_reach.iter().flat_map(|r| ipv6_path_nlri(r.nlri).unwrap()));
            withdrawn.extend(parsed.mp_unreach.iter().flat_map(|r| ipv6_path_nlri(r.nlri).unwrap()));
        }
        prop_assert_eq!(&announced, &paths6);
        prop_assert_eq!(withdrawn, paths6);
    }

    /// A field that was checked gives every prefix in it; one with identifiers is seldom one without.
    #[test]
    fn nlri_of_anything(octets in vec(any::<u8>(), 0..600)) {
        let _ = ipv6_path_nlri(&octets).map(Iterator::count);
        if let Ok(paths) = ipv4_path_nlri(&octets) {
            let taken: usize = paths.map(|(_, n)| 5 + usize::from(n.prefix().div_ceil(8))).sum();
            prop_assert_eq!(taken, octets.len());
        }
        let _ = ipv4_nlri(&octets).map(Iterator::count);
    }
}
