//! What is written only where it was negotiated: long messages, next hops of the other family, AIGP.

mod common;

use std::net::{IpAddr, Ipv6Addr};

use bytes::BytesMut;
use common::*;
use godwit_wire::{
    AddressFamily, AsPath, AttributeContext, EXTENDED_MESSAGE_LEN_MAX, EncodeContext, EncodeError,
    MESSAGE_LEN_MAX, Origin, PathAttributes, Treatment, announce_ipv4, announce_ipv6, encode_attributes,
    ipv4_nlri, ipv4_path_nlri, ipv6_nlri, next_frame, parse_attributes, split_update, withdraw_ipv4,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

fn attributes(next_hop: &str) -> PathAttributes {
    PathAttributes {
        origin: Some(Origin::Igp),
        as_path: Some(AsPath::from_sequence(&[65001])),
        next_hop: Some(next_hop.parse().unwrap()),
        local_pref: Some(100),
        ..PathAttributes::default()
    }
}

fn nets(count: u32) -> Vec<Ipv4Network> {
    (0..count).map(|n| Ipv4Network::new((0x0a00_0000 + n).into(), 32).unwrap()).collect()
}

const LONG: EncodeContext =
    EncodeContext { message_len_max: EXTENDED_MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };
const OTHER_FAMILY: EncodeContext = EncodeContext { extended_next_hop: true, ..EncodeContext::PLAIN };

fn lengths(mut stream: &[u8], len_max: usize) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let Some(frame) = next_frame(stream, len_max).unwrap() {
        lengths.push(frame.len);
        stream = &stream[frame.len..];
    }
    assert!(stream.is_empty());
    lengths
}

/// RFC 8654: as full as they may be.
#[test]
fn messages_are_filled() {
    let nets = nets(50_000);
    for (context, len_max) in [(EncodeContext::PLAIN, MESSAGE_LEN_MAX), (LONG, EXTENDED_MESSAGE_LEN_MAX)] {
        let mut out = BytesMut::new();
        announce_ipv4(&attributes("192.0.2.1"), &nets, &context, &mut out).unwrap();
        let announced = lengths(&out, len_max);
        let (last, full) = announced.split_last().unwrap();
        assert!(*last > 0 && full.iter().all(|len| *len > len_max - 5), "{announced:?}");
        let mut out = BytesMut::new();
        withdraw_ipv4(&nets, len_max, &mut out);
        let withdrawn = lengths(&out, len_max);
        assert!(withdrawn.iter().rev().skip(1).all(|len| *len > len_max - 5), "{withdrawn:?}");
    }
}

#[test]
fn a_route_only_a_long_message_holds() {
    let mut a = attributes("192.0.2.1");
    a.communities = (0..1024).collect();
    let mut out = BytesMut::new();
    assert_eq!(announce_ipv4(&a, &nets(1), &EncodeContext::PLAIN, &mut out), Err(EncodeError::TooLong));
    assert!(out.is_empty());
    announce_ipv4(&a, &nets(1), &LONG, &mut out).unwrap();
    assert_eq!(lengths(&out, EXTENDED_MESSAGE_LEN_MAX).len(), 1);
    let frame = next_frame(&out, EXTENDED_MESSAGE_LEN_MAX).unwrap().unwrap();
    let frame = split_update(frame.body).unwrap();
    let internal = context(false);
    assert_eq!(parse_attributes(frame.attributes, true, &internal).unwrap().attributes, a);
}

/// RFC 8950 §3: IPv4 nets go in MP_REACH_NLRI, octet for octet.
#[test]
fn ipv6_next_hops_for_ipv4_nets() {
    let net: Ipv4Network = "203.0.113.0/24".parse().unwrap();
    let mut a = attributes("2001:db8::1");
    let mut out = BytesMut::new();
    assert_eq!(announce_ipv4(&a, &[net], &EncodeContext::PLAIN, &mut out), Err(EncodeError::NextHop));
    announce_ipv4(&a, &[net], &OTHER_FAMILY, &mut out).unwrap();
    let expected = hex("ffffffffffffffffffffffffffffffff 0048 02 0000 0031
         900e0019 0001 01 10 20010db8000000000000000000000001 00 18cb0071
         40010100 4002060201 0000fde9 40050400000064");
    assert_eq!(out[..], expected[..]);

    a.rare_mut().link_local_next_hop = Some("fe80::1".parse().unwrap());
    for link_local in [None, a.rare.as_ref().unwrap().link_local_next_hop] {
        a.rare_mut().link_local_next_hop = link_local;
        let mut out = BytesMut::new();
        announce_ipv4(&a, &[(7, net)], &OTHER_FAMILY, &mut out).unwrap();
        let frame = split_update(next_frame(&out, MESSAGE_LEN_MAX).unwrap().unwrap().body).unwrap();
        let context = AttributeContext { extended_next_hop: vec![AddressFamily::IPV4], ..context(false) };
        let parsed = parse_attributes(frame.attributes, false, &context).unwrap();
        assert_eq!(parsed.verdict, Treatment::Accept);
        let reach = parsed.mp_reach.unwrap();
        assert_eq!((reach.family, reach.next_hop), (AddressFamily::IPV4, a.next_hop));
        assert_eq!(reach.link_local, link_local);
        assert_eq!(ipv4_path_nlri(reach.nlri).unwrap().collect::<Vec<_>>(), [(7, net)]);
    }
    // Many fill messages as they do in the NLRI field.
    let mut out = BytesMut::new();
    announce_ipv4(&a, &nets(5000), &OTHER_FAMILY, &mut out).unwrap();
    let mut read = Vec::new();
    let mut rest = &out[..];
    while let Some(frame) = next_frame(rest, MESSAGE_LEN_MAX).unwrap() {
        rest = &rest[frame.len..];
        let context = AttributeContext { extended_next_hop: vec![AddressFamily::IPV4], ..context(false) };
        let body = split_update(frame.body).unwrap();
        let parsed = parse_attributes(body.attributes, false, &context).unwrap();
        read.extend(ipv4_nlri(parsed.mp_reach.unwrap().nlri).unwrap());
    }
    assert_eq!(read, nets(5000));
}

/// IPv4 next hops of IPv6 nets are written IPv4-mapped.
#[test]
fn ipv4_next_hops_for_ipv6_nets() {
    let net: Ipv6Network = "2001:db8:1::/48".parse().unwrap();
    let a = attributes("192.0.2.1");
    let mut out = BytesMut::new();
    assert_eq!(announce_ipv6(&a, &[net], &EncodeContext::PLAIN, &mut out), Err(EncodeError::NextHop));
    announce_ipv6(&a, &[net], &OTHER_FAMILY, &mut out).unwrap();
    let frame = split_update(next_frame(&out, MESSAGE_LEN_MAX).unwrap().unwrap().body).unwrap();
    let read = |extended_next_hop| {
        let context = AttributeContext { extended_next_hop, ..context(false) };
        let parsed = parse_attributes(frame.attributes, false, &context).unwrap();
        assert_eq!(parsed.verdict, Treatment::Accept);
        let reach = parsed.mp_reach.unwrap();
        assert_eq!(ipv6_nlri(reach.nlri).unwrap().collect::<Vec<_>>(), [net]);
        reach.next_hop.unwrap()
    };
    assert_eq!(read(vec![AddressFamily::IPV6]), IpAddr::from([192, 0, 2, 1]));
    let mapped: Ipv6Addr = "::ffff:192.0.2.1".parse().unwrap();
    assert_eq!(read(vec![]), IpAddr::from(mapped));
}

/// RFC 7311 §3, RFC 9234 §5.
#[test]
fn aigp_and_only_to_customer() {
    let mut a = attributes("192.0.2.1");
    a.rare_mut().aigp = Some(0x0102_0304_0506_0708);
    a.rare_mut().aigp_tlvs = vec![9, 0, 5, 1, 2].into();
    a.rare_mut().only_to_customer = Some(65001);
    assert_eq!((a.aigp(), a.only_to_customer()), (Some(0x0102_0304_0506_0708), Some(65001)));
    let written = |context: &EncodeContext| {
        let mut out = Vec::new();
        encode_attributes(&a, true, context, &mut out);
        out
    };
    let with_aigp = EncodeContext { aigp: true, ..EncodeContext::PLAIN };
    let tail = hex("801a10 01000b 0102030405060708 09000501 02 c023040000fde9");
    assert!(written(&with_aigp).ends_with(&tail));
    let plain = written(&EncodeContext::PLAIN);
    assert!(plain.ends_with(&hex("c023040000fde9")) && plain.len() == written(&with_aigp).len() - 19);

    let read = |aigp| {
        let context = AttributeContext { aigp, ..context(false) };
        let octets = written(&with_aigp);
        let parsed = parse_attributes(&octets, true, &context).unwrap();
        (parsed.verdict, parsed.attributes)
    };
    assert_eq!(read(true), (Treatment::Accept, a.clone()));
    let (verdict, dropped) = read(false);
    assert_eq!(
        (verdict, dropped.aigp(), dropped.only_to_customer()),
        (Treatment::Discard, None, Some(65001))
    );
    assert_eq!(dropped.rare.unwrap().aigp_tlvs, Box::default());

    // Only the first metric counts; the others go with it, in front or behind.
    let tlv = |metric: u8| [1, 0, 11, 0, 0, 0, 0, 0, 0, 0, metric];
    let value = [&[9, 0, 3][..], &tlv(5), &tlv(6), &[8, 0, 4, 1]].concat();
    let block = Block::internal().and(attribute(0x80, 26, &value)).octets();
    let context = AttributeContext { aigp: true, ..context(false) };
    let parsed = parse_attributes(&block, true, &context).unwrap();
    let rare = parsed.attributes.rare.unwrap();
    assert_eq!(rare.aigp, Some(5));
    assert_eq!(*rare.aigp_tlvs, [&[9, 0, 3][..], &tlv(6), &[8, 0, 4, 1]].concat());
}

/// What a million routes are stored in does not grow with what few of them have.
#[test]
fn common_attributes_stay_small() {
    assert!(size_of::<PathAttributes>() <= 80, "{}", size_of::<PathAttributes>());
}
