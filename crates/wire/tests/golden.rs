//! UPDATEs as BIRD 2.0.12 sent them: read, and written again to the same octets.

mod common;

use std::net::{IpAddr, Ipv4Addr};

use bytes::BytesMut;
use common::*;
use godwit_wire::{
    AddressFamily, AsPath, AttributeContext, EncodeContext, EncodeError, MESSAGE_LEN_MAX, PathAttributes,
    Segment, SegmentKind, Treatment, UnknownAttribute, announce_ipv4, announce_ipv6, encode_attributes,
    end_of_rib, end_of_rib_family, ipv4_nlri, ipv6_nlri, next_frame, parse_attributes, split_update,
    withdraw_ipv4, withdraw_ipv6,
};
use ipnetwork::{Ipv4Network, Ipv6Network};

const WIDE: EncodeContext =
    EncodeContext { four_octet_as: true, message_len_max: MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };
const NARROW: EncodeContext =
    EncodeContext { four_octet_as: false, message_len_max: MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };

fn body(message: &[u8]) -> &[u8] {
    let frame = next_frame(message, MESSAGE_LEN_MAX).unwrap().unwrap();
    assert_eq!(frame.len, message.len());
    frame.body
}

/// Reads an UPDATE that announces IPv4 nets, checks that it is written to the same octets, and
/// gives what was read.
#[track_caller]
fn both_ways(digits: &str, external: bool, encode: &EncodeContext) -> (PathAttributes, Vec<Ipv4Network>) {
    let message = hex(digits);
    let frame = split_update(body(&message)).unwrap();
    let context = AttributeContext { four_octet_as: encode.four_octet_as, ..context(external) };
    let parsed = parse_attributes(frame.attributes, true, &context).unwrap();
    assert_eq!((parsed.verdict, &parsed.errors[..]), (Treatment::Accept, &[][..]));
    let nets: Vec<_> = ipv4_nlri(frame.nlri).unwrap().collect();
    let mut out = BytesMut::new();
    announce_ipv4(&parsed.attributes, &nets, encode, &mut out).unwrap();
    assert_eq!(out[..], message[..]);
    (parsed.attributes, nets)
}

/// Recorded over the loopback interface with next hop 127.0.0.1; 192.0.2.9 is put in its place.
/// All other octets are as they were sent.
fn recorded(digits: &str) -> String {
    assert_eq!(digits.matches("7f000001").count(), 1);
    digits.replace("7f000001", "c0000209")
}

#[test]
fn external_with_communities() {
    let digits = recorded(
        "ffffffffffffffffffffffffffffffff0054 02 0000 0039 4001010040020602010000fde84003047f000001\
         c00808fde80003fde80007c010080002fde800000005c0200c0000fde8000000010000000218cb0071",
    );
    let (a, nets) = both_ways(&digits, true, &WIDE);
    assert_eq!(nets, ["203.0.113.0/24".parse().unwrap()]);
    assert_eq!(a.as_path, Some(AsPath::from_sequence(&[65000])));
    assert_eq!(a.next_hop, Some(IpAddr::from([192, 0, 2, 9])));
    assert_eq!(*a.communities, [65000 << 16 | 3, 65000 << 16 | 7]);
    assert_eq!(a.ext_communities()[0].to_string(), "(rt, 65000, 5)");
    assert_eq!(a.large_communities()[0].to_string(), "(65000, 1, 2)");
}

#[test]
fn external_to_a_two_octet_neighbor() {
    let digits = recorded(
        "ffffffffffffffffffffffffffffffff004a020000002e400101004002080203fde85ba05ba04003047f000001\
         8004040000004dc0110e02030000fde800011170fa56ea0119c6336480",
    );
    let (a, nets) = both_ways(&digits, true, &NARROW);
    assert_eq!(a.as_path, Some(AsPath::from_sequence(&[65000, 70000, 4_200_000_001])));
    assert_eq!(a.med, Some(77));
    assert_eq!(nets, ["198.51.100.128/25".parse().unwrap()]);

    // Communities stand on either side of AS4_PATH.
    let digits = recorded(
        "ffffffffffffffffffffffffffffffff006e0200000053400101004002080203fde85ba05ba04003047f000001\
         8004040000004dc00808fde80003fde80007c010080002fde800000005c0110e02030000fde800011170fa56ea01\
         c0200c0000fde8000000010000000218cb0071",
    );
    both_ways(&digits, true, &NARROW);
}

#[test]
fn internal() {
    let digits = recorded(
        "ffffffffffffffffffffffffffffffff0066020000004b4001010040020a020200011170fa56ea014003047f000001\
         8004040000004d40050400000064c00808fde80003fde80007c010080002fde800000005c0200c0000fde8\
         000000010000000218cb0071",
    );
    let (a, _) = both_ways(&digits, false, &WIDE);
    assert_eq!(a.local_pref, Some(100));
}

#[test]
fn ipv6() {
    for (digits, external) in [
        (
            "ffffffffffffffffffffffffffffffff0044 02 0000002d900e001c0002011020010db8000000000000000000000009\
             003020010db800014001010040020602010000fde8",
            true,
        ),
        // To an internal neighbor, with an empty path.
        (
            "ffffffffffffffffffffffffffffffff0045020000002e900e001c0002011020010db8000000000000000000000009\
             003020010db800014001010040020040050400000064",
            false,
        ),
    ] {
        let message = hex(digits);
        let frame = split_update(body(&message)).unwrap();
        let context = context(external);
        let parsed = parse_attributes(frame.attributes, false, &context).unwrap();
        assert_eq!(parsed.verdict, Treatment::Accept);
        let reach = parsed.mp_reach.unwrap();
        let nets: Vec<_> = ipv6_nlri(reach.nlri).unwrap().collect();
        assert_eq!(nets, ["2001:db8:1::/48".parse().unwrap()]);
        let mut attributes = parsed.attributes;
        attributes.next_hop = reach.next_hop;
        let mut out = BytesMut::new();
        announce_ipv6(&attributes, &nets, &WIDE, &mut out).unwrap();
        assert_eq!(out[..], message[..]);
    }
}

#[test]
fn ends_of_rib() {
    for (family, digits) in [
        (AddressFamily::IPV4, "ffffffffffffffffffffffffffffffff00170200000000"),
        (AddressFamily::IPV6, "ffffffffffffffffffffffffffffffff001d0200000006800f03000201"),
    ] {
        let mut out = BytesMut::new();
        end_of_rib(family, &mut out);
        assert_eq!(out[..], hex(digits));
        assert_eq!(end_of_rib_family(&split_update(body(&out)).unwrap()), Some(family));
    }
    let family_of = |digits: &str| end_of_rib_family(&split_update(&hex(digits)).unwrap());
    assert_eq!(family_of("0000 0007 900f0003000201"), Some(AddressFamily::IPV6), "extended length");
    // What only looks like one.
    assert_eq!(family_of("0000 0004 40010100"), None);
    assert_eq!(family_of("0000 0003 c00100"), None);
    assert_eq!(family_of("0000 0006 400f03000201"), None, "flags");
    assert_eq!(family_of("0000 000a 800f03000201 40010109"), None, "one more attribute");
    assert_eq!(family_of("0000 000a 40010109 800f03000201"), None);
    assert_eq!(family_of("0000 0008 800f0500020100 00"), None, "it withdraws ::/0 and one more");
    assert_eq!(family_of("0000 0006 800f03000201 00"), None, "it announces 0.0.0.0/0");
    assert_eq!(family_of("0001 00 0000"), None, "it withdraws 0.0.0.0/0");
}

/// For the first pair and for the AS4_PATH that is too long, what BIRD 2.0.12 showed; then the rest of
/// RFC 6793 §4.2.3.
#[test]
fn as4_merge() {
    let narrow = AttributeContext { four_octet_as: false, ..context(true) };
    let read = |path: &[u8], rest: &[Vec<u8>]| {
        let mut block = Block::external().with(2, attribute(0x40, 2, path));
        for octets in rest {
            block = block.and(octets.clone());
        }
        let octets = block.octets();
        let parsed = parse_attributes(&octets, true, &narrow).unwrap();
        let aggregator = parsed.attributes.rare.as_ref().and_then(|r| r.aggregator);
        (parsed.attributes.as_path.unwrap().to_string(), aggregator.map(|a| a.asn))
    };
    let path = segment2(2, &[65001, 23456, 23456]);
    let as4 = attribute(0xc0, 17, &segment(2, &[4_200_000_009, 70001]));
    let aggregator = |asn: u16| attribute(0xc0, 7, &[&asn.to_be_bytes()[..], &[1, 2, 3, 4]].concat());
    let as4_aggregator = attribute(0xc0, 18, &[0, 1, 0x11, 0x71, 1, 2, 3, 4]);
    assert_eq!(
        read(&path, &[aggregator(23456), as4.clone(), as4_aggregator.clone()]),
        ("65001 4200000009 70001".into(), Some(70001))
    );
    let too_long = attribute(0xc0, 17, &segment(2, &[4_200_000_009, 70001, 1, 2, 3]));
    assert_eq!(read(&path, &[too_long]).0, "65001 23456 23456", "a longer AS4_PATH is ignored");

    // RFC 6793 §4.2.3: an aggregator that is not AS_TRANS makes both stale.
    assert_eq!(
        read(&path, &[aggregator(7), as4.clone(), as4_aggregator.clone()]),
        ("65001 23456 23456".into(), Some(7))
    );
    assert_eq!(read(&path, &[aggregator(7), as4.clone()]).0, "65001 4200000009 70001");
    assert_eq!(read(&path, &[as4_aggregator]), ("65001 23456 23456".into(), None));
    // The front may reach over several segments, and end between two or inside one.
    let parts = [segment2(2, &[65001]), segment2(2, &[23456]), segment2(2, &[5])].concat();
    let tail = attribute(0xc0, 17, &segment(2, &[70001, 5]));
    assert_eq!(read(&parts, &[tail]).0, "65001 70001 5");
    let parts = [segment2(2, &[65001]), segment2(2, &[7, 23456])].concat();
    let tail = attribute(0xc0, 17, &segment(2, &[70001]));
    assert_eq!(read(&parts, &[tail]).0, "65001 7 70001");
    // AS4_PATH in front of AS_PATH; with a confederation segment, which does not count.
    let mixed = attribute(0xc0, 17, &[segment(3, &[9]), segment(2, &[70001])].concat());
    assert_eq!(read(&path, &[mixed]).0, "65001 23456 70001");
    let front = Block(vec![(17, as4)]).octets();
    let octets = [front, Block::external().with(2, attribute(0x40, 2, &path)).octets()].concat();
    let parsed = parse_attributes(&octets, true, &narrow).unwrap();
    assert_eq!(parsed.attributes.as_path, Some(AsPath::from_sequence(&[65001, 4_200_000_009, 70001])));
}

#[test]
fn nets() {
    let nets: Vec<_> = ipv4_nlri(&[0, 8, 10, 9, 10, 0x80, 32, 1, 2, 3, 4]).unwrap().collect();
    let want: Vec<Ipv4Network> = ["0.0.0.0/0", "10.0.0.0/8", "10.128.0.0/9", "1.2.3.4/32"]
        .iter()
        .map(|n| n.parse().unwrap())
        .collect();
    assert_eq!(nets, want);
    // Host bits do not count.
    let masked: Vec<_> = ipv4_nlri(&[9, 10, 0xff, 1, 0xff, 31, 1, 2, 3, 255]).unwrap().collect();
    let want: Vec<Ipv4Network> =
        ["10.128.0.0/9", "128.0.0.0/1", "1.2.3.254/31"].iter().map(|n| n.parse().unwrap()).collect();
    assert_eq!(masked, want);
    let masked: Vec<_> = ipv6_nlri(&[3, 0xff, 0, 33, 0x20, 1, 0xd, 0xb8, 0xff]).unwrap().collect();
    let want: Vec<Ipv6Network> =
        ["e000::/3", "::/0", "2001:db8:8000::/33"].iter().map(|n| n.parse().unwrap()).collect();
    assert_eq!(masked, want);

    let code = |e: godwit_wire::MessageError| (e.notification().code, e.notification().subcode);
    for len in [33, 34, 128, 129, 255] {
        assert_eq!(code(ipv4_nlri(&[&[8, 10, len][..], &[1; 32]].concat()).unwrap_err()), (3, 10));
    }
    for len in [129, 255] {
        assert_eq!(code(ipv6_nlri(&[&[len][..], &[1; 32]].concat()).unwrap_err()), (3, 10));
    }
    for cut in 1..5 {
        assert_eq!(code(ipv4_nlri(&[32, 1, 2, 3, 4][..cut]).unwrap_err()), (3, 10));
    }
    let error = ipv4_nlri(&[8, 10, 24, 1, 2]).unwrap_err();
    assert!(error.to_string().contains("cut short at octet 2"), "{error}");
}

fn attributes() -> PathAttributes {
    let octets = Block::internal().octets();
    parse_attributes(&octets, true, &context(false)).unwrap().attributes
}

/// Attributes whose block has exactly this length, by an unknown one.
fn padded(to: usize) -> PathAttributes {
    let mut a = attributes();
    let mut block = Vec::new();
    encode_attributes(&a, true, &WIDE, &mut block);
    let value = vec![7; to - block.len() - 4].into();
    a.rare_mut().unknown.push(UnknownAttribute { flags: 0xe0, code: 200, value });
    block.clear();
    encode_attributes(&a, true, &WIDE, &mut block);
    assert_eq!(block.len(), to);
    a
}

#[test]
fn many_nets_fill_messages() {
    let nets: Vec<Ipv4Network> =
        (0..5000u32).map(|n| Ipv4Network::new(Ipv4Addr::from(n << 8), 24).unwrap()).collect();
    let mut out = BytesMut::new();
    announce_ipv4(&attributes(), &nets, &WIDE, &mut out).unwrap();
    let announced = read_back(&out, 4090);
    assert_eq!(announced.iter().flat_map(|u| u.nlri.clone()).collect::<Vec<_>>(), nets);

    let mut out = BytesMut::new();
    withdraw_ipv4(&nets, MESSAGE_LEN_MAX, &mut out);
    assert_eq!(read_back(&out, 4090).iter().flat_map(|u| u.withdrawn.clone()).collect::<Vec<_>>(), nets);
    assert_eq!(withdrawn_all(&[]), 0);

    let nets6: Vec<Ipv6Network> =
        (0..3000u128).map(|n| Ipv6Network::new((n << 64).into(), 64).unwrap()).collect();
    let mut a = attributes();
    a.next_hop = Some("2001:db8::1".parse().unwrap());
    a.rare_mut().link_local_next_hop = Some("fe80::1".parse().unwrap());
    let mut out = BytesMut::new();
    announce_ipv6(&a, &nets6, &WIDE, &mut out).unwrap();
    let read = read_back(&out, 4080);
    assert_eq!(read.iter().flat_map(|u| u.nlri6.clone()).collect::<Vec<_>>(), nets6);
    let mut out = BytesMut::new();
    withdraw_ipv6(&nets6, MESSAGE_LEN_MAX, &mut out);
    let read = read_back(&out, 4080);
    assert_eq!(read.iter().flat_map(|u| u.withdrawn6.clone()).collect::<Vec<_>>(), nets6);
}

fn withdrawn_all(nets: &[Ipv4Network]) -> usize {
    let mut out = BytesMut::new();
    withdraw_ipv4(nets, MESSAGE_LEN_MAX, &mut out);
    out.len()
}

#[derive(Default)]
struct Read {
    nlri: Vec<Ipv4Network>,
    withdrawn: Vec<Ipv4Network>,
    nlri6: Vec<Ipv6Network>,
    withdrawn6: Vec<Ipv6Network>,
}

/// Reads messages; all but the last are longer than `full`.
fn read_back(mut stream: &[u8], full: usize) -> Vec<Read> {
    let mut read = Vec::new();
    while let Some(frame) = next_frame(stream, MESSAGE_LEN_MAX).unwrap() {
        assert!(frame.len == stream.len() || frame.len > full, "{} octets", frame.len);
        let update = split_update(frame.body).unwrap();
        let context = context(false);
        let parsed = parse_attributes(update.attributes, !update.nlri.is_empty(), &context).unwrap();
        assert_eq!(parsed.verdict, Treatment::Accept, "{:?}", parsed.errors);
        read.push(Read {
            nlri: ipv4_nlri(update.nlri).unwrap().collect(),
            withdrawn: ipv4_nlri(update.withdrawn).unwrap().collect(),
            nlri6: parsed.mp_reach.map_or(vec![], |r| ipv6_nlri(r.nlri).unwrap().collect()),
            withdrawn6: parsed.mp_unreach.map_or(vec![], |r| ipv6_nlri(r.nlri).unwrap().collect()),
        });
        stream = &stream[frame.len..];
    }
    assert!(stream.is_empty());
    read
}

#[test]
fn attributes_that_fill_a_message() {
    let net: Ipv4Network = "203.0.113.1/32".parse().unwrap();
    // Header, two lengths, one net of five octets.
    let most = MESSAGE_LEN_MAX - 19 - 4 - 5;
    let mut out = BytesMut::new();
    announce_ipv4(&padded(most), &[net], &WIDE, &mut out).unwrap();
    assert_eq!(out.len(), MESSAGE_LEN_MAX);
    let mut out = BytesMut::new();
    assert_eq!(announce_ipv4(&padded(most + 1), &[net], &WIDE, &mut out), Err(EncodeError::TooLong));
    assert_eq!(
        announce_ipv4(&padded(most + 1), &[net][..0], &WIDE, &mut out),
        Err(EncodeError::TooLong),
        "a try"
    );
    assert!(out.is_empty(), "nothing is written");

    // For IPv6: MP_REACH_NLRI's header, family and next hop, and one net of 17 octets.
    let net6: Ipv6Network = "2001:db8::1/128".parse().unwrap();
    let with_next_hop6 = |len: usize| {
        // NEXT_HOP, of seven octets, is not in the block.
        PathAttributes { next_hop: Some("2001:db8::1".parse().unwrap()), ..padded(len + 7) }
    };
    let most = MESSAGE_LEN_MAX - 19 - 4 - (4 + 5 + 16) - 17;
    announce_ipv6(&with_next_hop6(most), &[net6], &WIDE, &mut out).unwrap();
    assert_eq!(out.len(), MESSAGE_LEN_MAX);
    out.clear();
    let refused = announce_ipv6(&with_next_hop6(most + 1), &[net6], &WIDE, &mut out);
    assert_eq!((refused, out.len()), (Err(EncodeError::TooLong), 0));

    let mut huge = attributes();
    huge.communities = (0..20_000).collect();
    let wide = EncodeContext { message_len_max: usize::MAX, ..WIDE };
    assert_eq!(announce_ipv4(&huge, &[net], &wide, &mut out), Err(EncodeError::TooLong));
    huge.next_hop = None;
    assert_eq!(announce_ipv4(&huge, &[net], &wide, &mut out), Err(EncodeError::NextHop));
    assert_eq!(announce_ipv6(&attributes(), &[net6][..0], &wide, &mut out), Err(EncodeError::NextHop));
}

#[test]
fn communities_go_out_sorted_and_once() {
    let mut a = attributes();
    a.communities = Box::new([9, 3, 9, 1]);
    let mut out = Vec::new();
    encode_attributes(&a, true, &WIDE, &mut out);
    let want = attribute(0xc0, 8, &[0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 9]);
    assert!(out.ends_with(&want), "{out:?}");
    // CLUSTER_LIST keeps its order and its repetitions.
    a.communities = Box::default();
    a.rare_mut().cluster_list = Box::new([9, 3, 9]);
    out.clear();
    encode_attributes(&a, true, &WIDE, &mut out);
    assert!(out.ends_with(&attribute(0x80, 10, &[0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 9])));
}

#[test]
fn prepending_never_overflows_a_segment() {
    let full = AsPath::from_sequence(&[7; 255]);
    let longer = full.prepended(SegmentKind::Sequence, 65001, 1);
    assert_eq!(longer.segments().map(Segment::count).collect::<Vec<_>>(), [1, 255]);
    assert_eq!((longer.path_len(), longer.first_as()), (256, Some(65001)));
    assert_eq!(AsPath::from_wire(longer.as_wire()), Some(longer.clone()));
    let many = full.prepended(SegmentKind::Sequence, 1, 600);
    assert_eq!(many.path_len(), 855);
    assert_eq!(AsPath::from_wire(many.as_wire()), Some(many.clone()));
}
