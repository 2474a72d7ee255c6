//! UPDATEs of every attribute, put together at random, mean to another implementation what they mean here.

mod common;
mod told;

use bytes::BytesMut;
use common::*;
use godwit_wire::{
    AddressFamily, AttributeContext, EncodeContext, PathAttributes, announce_ipv4, announce_ipv6, next_frame,
};
use ipnetwork::{Ipv4Network, Ipv6Network};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use told::{Session, ours, theirs};

fn addresses() -> impl Strategy<Value = [u8; 4]> {
    (1u8..=223, any::<[u8; 3]>())
        .prop_filter("loopback", |(a, _)| *a != 127)
        .prop_map(|(a, [b, c, d])| [a, b, c, d])
}

fn global() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>().prop_map(|mut octets| {
        octets[0] = 0x20 | octets[0] & 0x0f;
        octets
    })
}

fn link_local() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 8]>().prop_map(|low| [&[0xfe, 0x80, 0, 0, 0, 0, 0, 0][..], &low].concat().try_into().unwrap())
}

/// NLRI: prefixes, with identifiers if they are agreed on. Bits beyond the length may be anything.
fn nets(ipv6: bool, paths: bool, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let octets =
        if ipv6 { global().prop_map(Vec::from).boxed() } else { addresses().prop_map(Vec::from).boxed() };
    let len = if ipv6 { 3u8..=128 } else { 4u8..=32 };
    vec((any::<u32>(), octets, len), count).prop_map(move |nets| {
        let mut out = Vec::new();
        for (id, mut octets, len) in nets {
            octets.truncate(usize::from(len.div_ceil(8)));
            if paths {
                out.extend(id.to_be_bytes());
            }
            out.push(len);
            out.extend(octets);
        }
        out
    })
}

fn segments(four_octet_as: bool) -> impl Strategy<Value = Vec<u8>> {
    let asn = prop_oneof![1u32..65_536, 1u32..];
    vec((select(vec![1u8, 2]), vec(asn, 1..30)), 1..5).prop_map(move |list| {
        let mut out = Vec::new();
        for (kind, ases) in list {
            if four_octet_as {
                out.extend(segment(kind, &ases));
            } else {
                out.extend(segment2(kind, &ases.iter().map(|a| (*a as u16).max(1)).collect::<Vec<_>>()));
            }
        }
        out
    })
}

/// A list of items of so many octets.
fn items(unit: usize) -> impl Strategy<Value = Vec<u8>> {
    (1usize..20).prop_flat_map(move |count| vec(any::<u8>(), unit * count))
}

/// Extended communities: route targets and origins of each kind, and opaque ones. Of some others the other
/// implementation does not write the sub-type it has read.
fn extended_communities() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![(select(vec![0u8, 1, 2]), 2u8..4), (Just(3u8), 0x40u8..)];
    vec((head, any::<[u8; 6]>()), 1..20).prop_map(|list| {
        list.into_iter().flat_map(|((kind, sub), rest)| [&[kind, sub][..], &rest].concat()).collect()
    })
}

/// One of many kinds of attribute: code, flags and value.
type Attribute = (u8, u8, Vec<u8>);

fn fixed(code: u8, flags: u8, value: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Attribute> {
    value.prop_map(move |value| (code, flags, value)).boxed()
}

/// What must be there, and what may.
fn attributes(session: Session) -> impl Strategy<Value = Vec<Attribute>> {
    let wide = session.four_octet_as;
    let number = || any::<[u8; 4]>().prop_map(Vec::from);
    let mandatory = (
        fixed(1, 0x40, (0u8..3).prop_map(|n| vec![n])),
        fixed(2, 0x40, segments(wide)),
        fixed(3, 0x40, addresses().prop_map(Vec::from)),
        fixed(5, 0x40, number()),
    );
    let aggregator = (1u16.., any::<[u8; 4]>()).prop_map(move |(asn, address)| {
        let asn = if wide { u32::from(asn).to_be_bytes().to_vec() } else { asn.to_be_bytes().to_vec() };
        [asn, address.to_vec()].concat()
    });
    let aigp = any::<u64>().prop_map(|metric| [&[1, 0, 11][..], &metric.to_be_bytes()].concat());
    let reach6 = (global(), option::of(link_local()), nets(true, session.paths, 1..20)).prop_map(
        |(global, link_local, nets)| {
            mp_reach(&[&global[..], link_local.as_ref().map_or(&[], |l| l)].concat(), &nets)
        },
    );
    let reach4 = (global(), option::of(link_local()), nets(false, session.paths, 1..20)).prop_map(
        |(global, link_local, nets)| {
            let next_hop = [&global[..], link_local.as_ref().map_or(&[], |l| l)].concat();
            [&[0, 1, 1, next_hop.len() as u8][..], &next_hop, &[0], &nets].concat()
        },
    );
    let plain4 = (addresses(), nets(false, session.paths, 1..20))
        .prop_map(|(next_hop, nets)| [&[0, 1, 1, 4][..], &next_hop, &[0], &nets].concat());
    let unreach = |afi: u8| {
        nets(afi == 2, session.paths, 1..20).prop_map(move |nets| [&[0, afi, 1][..], &nets].concat())
    };
    let optional = vec![
        fixed(4, 0x80, number()),
        fixed(6, 0x40, Just(vec![])),
        fixed(7, 0xc0, aggregator),
        fixed(8, 0xc0, items(4)),
        fixed(9, 0x80, number()),
        fixed(10, 0x80, items(4)),
        fixed(14, 0x80, prop_oneof![reach6, reach4, plain4]),
        fixed(15, 0x80, prop_oneof![unreach(1), unreach(2)]),
        fixed(16, 0xc0, extended_communities()),
        fixed(26, 0x80, aigp),
        fixed(32, 0xc0, items(12)),
        fixed(35, 0xc0, number()),
        fixed(200, 0xc0, vec(any::<u8>(), 0..300)),
        fixed(201, 0xe0, vec(any::<u8>(), 0..10)),
    ];
    let optional: Vec<_> = optional.into_iter().map(option::of).collect();
    (mandatory, optional)
        .prop_map(|((a, b, c, d), rest)| [a, b, c, d].into_iter().chain(rest.into_iter().flatten()).collect())
}

fn sessions() -> impl Strategy<Value = Session> {
    any::<(bool, bool)>().prop_map(|(four_octet_as, paths)| Session { four_octet_as, paths })
}

/// The body of an UPDATE: attributes in any order, some with a length of two octets for no reason.
fn updates() -> impl Strategy<Value = (Session, Vec<u8>)> {
    sessions().prop_flat_map(|session| {
        let nets = || nets(false, session.paths, 0..30);
        let order = vec((any::<Index>(), any::<bool>()), 20);
        (nets(), attributes(session), order, nets()).prop_map(move |(withdrawn, attributes, order, nlri)| {
            let mut left = attributes;
            let mut block = Vec::new();
            for (index, long) in order {
                if left.is_empty() {
                    break;
                }
                let (code, flags, value) = left.remove(index.index(left.len()));
                let octets = if long || value.len() > 255 {
                    extended(flags, code, &value)
                } else {
                    attribute(flags, code, &value)
                };
                block.extend(octets);
            }
            let len = |octets: &[u8]| (octets.len() as u16).to_be_bytes();
            (session, [&len(&withdrawn)[..], &withdrawn, &len(&block), &block, &nlri].concat())
        })
    })
}

fn message(body: &[u8]) -> Vec<u8> {
    [&[0xff; 16][..], &((body.len() + 19) as u16).to_be_bytes(), &[2], body].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_read_is_what_another_reads((session, body) in updates()) {
        let here = ours(&body, session).map_err(TestCaseError::fail)?;
        let there = theirs(&message(&body), session).map_err(TestCaseError::fail)?;
        prop_assert_eq!(here, there);
    }

    /// What we write of what we read, another reads as it reads the original.
    #[test]
    fn what_is_written_is_what_another_reads((session, body) in updates(), net: u8, net6: bool) {
        let frame = godwit_wire::split_update(&body).unwrap();
        let context = session.context();
        let parsed = godwit_wire::parse_attributes(frame.attributes, true, &context).unwrap();
        let mut a: PathAttributes = parsed.attributes;
        sort(&mut a);
        let encode = EncodeContext {
            four_octet_as: session.four_octet_as,
            message_len_max: 65_535,
            aigp: true,
            extended_next_hop: true,
        };
        let mut out = BytesMut::new();
        if net6 {
            let reach = parsed.mp_reach.filter(|r| r.family == AddressFamily::IPV6);
            a.next_hop = Some(reach.and_then(|r| r.next_hop).unwrap_or(std::net::Ipv6Addr::from(GLOBAL).into()));
            let net = Ipv6Network::new(u128::from(net).rotate_right(8).into(), 8).unwrap();
            let net = Ipv6Network::new((u128::from(net.ip()) >> 8 | 0x20 << 120).into(), 32).unwrap();
            let net = Ipv6Network::new(net.network(), 32).unwrap();
            if session.paths {
                announce_ipv6(&a, &[(9, net)], &encode, &mut out).unwrap();
            } else {
                announce_ipv6(&a, &[net], &encode, &mut out).unwrap();
            }
        } else {
            let net = Ipv4Network::new([10, net, 0, 0].into(), 16).unwrap();
            if session.paths {
                announce_ipv4(&a, &[(9, net)], &encode, &mut out).unwrap();
            } else {
                announce_ipv4(&a, &[net], &encode, &mut out).unwrap();
            }
        }
        let written = next_frame(&out, 65_535).unwrap().unwrap();
        let here = ours(written.body, session).map_err(TestCaseError::fail)?;
        let there = theirs(&out, session).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&here, &there);
        prop_assert_eq!(here.path, ours(&body, session).unwrap().path);
    }
}

/// As they are written.
fn sort(a: &mut PathAttributes) {
    a.communities.sort_unstable();
    if let Some(rare) = a.rare.as_mut() {
        rare.ext_communities.sort_unstable();
        rare.large_communities.sort_unstable();
    }
}

impl Session {
    /// An internal session with all there is.
    pub(crate) fn context(self) -> AttributeContext {
        AttributeContext {
            four_octet_as: self.four_octet_as,
            allow_as_sets: true,
            aigp: true,
            families: vec![AddressFamily::IPV4, AddressFamily::IPV6],
            extended_next_hop: vec![AddressFamily::IPV4],
            ..AttributeContext::default()
        }
    }
}
