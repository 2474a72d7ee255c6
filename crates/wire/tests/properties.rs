//! What is encoded decodes to the same value; nothing that arrives makes a parser panic.

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::{Bytes, BytesMut};
use common::context;
use godwit_wire::{
    AddPathFamily, AddressFamily, Aggregator, AsPath, AsPathBuilder, AttributeContext, Capability,
    EncodeContext, ExtendedCommunity, GracefulRestart, GracefulRestartFamily, LargeCommunity,
    MESSAGE_LEN_MAX, Notification, Open, Origin, PathAttributes, RareAttributes, RouteRefresh, SegmentKind,
    Treatment, UnknownAttribute, announce_ipv4, announce_ipv6, end_of_rib_family, ipv4_nlri, ipv6_nlri,
    next_frame, parse_attributes, split_update, withdraw_ipv4, withdraw_ipv6,
};
use ipnetwork::{Ipv4Network, Ipv6Network};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

fn family() -> impl Strategy<Value = AddressFamily> {
    (any::<u16>(), any::<u8>()).prop_map(|(afi, safi)| AddressFamily { afi, safi })
}

fn capability() -> impl Strategy<Value = Capability> {
    let graceful = (any::<bool>(), any::<bool>(), 0u16..4096, vec((family(), any::<bool>()), 0..20))
        .prop_map(|(restarting, notification, restart_time_secs, families)| {
            let family =
                |(family, forwarding_preserved)| GracefulRestartFamily { family, forwarding_preserved };
            Capability::GracefulRestart(GracefulRestart {
                restarting,
                notification,
                restart_time_secs,
                families: families.into_iter().map(family).collect(),
            })
        });
    let add_path = vec((family(), 1u8..4), 0..20).prop_map(|families| {
        let family = |(family, way)| AddPathFamily { family, receive: way & 1 != 0, send: way & 2 != 0 };
        Capability::AddPath(families.into_iter().map(family).collect())
    });
    prop_oneof![
        family().prop_map(Capability::Multiprotocol),
        add_path,
        Just(Capability::RouteRefresh),
        graceful,
        any::<u32>().prop_map(Capability::FourOctetAs),
        Just(Capability::EnhancedRouteRefresh),
        (71u8.., vec(any::<u8>(), 0..=255))
            .prop_map(|(code, value)| Capability::Unknown { code, value: value.into() }),
    ]
}

fn open() -> impl Strategy<Value = Open> {
    let hold = prop_oneof![Just(0), 3..=u16::MAX];
    (any::<u16>(), hold, any::<u32>(), vec(capability(), 0..12)).prop_map(
        |(asn, hold_time_secs, identifier, capabilities)| Open {
            asn,
            hold_time_secs,
            identifier: identifier.into(),
            capabilities,
        },
    )
}

/// Paths as an internal neighbor with 4-octet ASes may send them.
fn as_path() -> impl Strategy<Value = AsPath> {
    let kind = prop_oneof![
        4 => Just(SegmentKind::Sequence),
        1 => Just(SegmentKind::Set),
        1 => Just(SegmentKind::ConfedSequence),
        1 => Just(SegmentKind::ConfedSet),
    ];
    vec((kind, vec(1u32.., 1..20)), 0..5).prop_map(|segments| {
        let mut builder = AsPathBuilder::default();
        for (kind, ases) in segments {
            builder.push(kind, &ases);
        }
        builder.finish()
    })
}

/// Paths a 2-octet session carries without loss: a single sequence of public segments.
fn narrow_path() -> impl Strategy<Value = AsPath> {
    let asn = prop_oneof![1u32..65_536, 65_536u32..];
    vec(asn, 1..300).prop_map(|ases| AsPath::from_sequence(&ases))
}

fn next_hop() -> impl Strategy<Value = IpAddr> {
    (1u8..224, any::<[u8; 3]>())
        .prop_filter("loopback", |(first, _)| *first != 127)
        .prop_map(|(a, [b, c, d])| IpAddr::from([a, b, c, d]))
}

fn sorted<T: Ord + std::fmt::Debug>(items: impl Strategy<Value = T>) -> impl Strategy<Value = Box<[T]>> {
    btree_set(items, 0..20).prop_map(|set| set.into_iter().collect())
}

fn rare() -> impl Strategy<Value = RareAttributes> {
    let aggregator = (1u32.., any::<u32>()).prop_map(|(asn, a)| Aggregator { asn, address: a.into() });
    let large = any::<[u32; 3]>().prop_map(|[global, data1, data2]| LargeCommunity { global, data1, data2 });
    let unknown = prop::collection::btree_map(41u8.., vec(any::<u8>(), 0..400), 0..4).prop_map(|map| {
        let attribute =
            |(code, value): (u8, Vec<u8>)| UnknownAttribute { flags: 0xe0, code, value: value.into() };
        map.into_iter().map(attribute).collect::<Vec<_>>()
    });
    (
        any::<bool>(),
        option::of(aggregator),
        option::of(any::<u32>().prop_map(Ipv4Addr::from)),
        vec(any::<u32>(), 0..10).prop_map(Vec::into_boxed_slice),
        sorted(any::<u64>().prop_map(ExtendedCommunity)),
        sorted(large),
        unknown,
    )
        .prop_map(|(atomic_aggregate, aggregator, originator_id, cluster_list, ext, large, unknown)| {
            RareAttributes {
                atomic_aggregate,
                aggregator,
                originator_id,
                cluster_list,
                ext_communities: ext,
                large_communities: large,
                link_local_next_hop: None,
                aigp: None,
                aigp_tlvs: Box::default(),
                only_to_customer: None,
                unknown,
            }
        })
}

fn attributes(path: impl Strategy<Value = AsPath>) -> impl Strategy<Value = PathAttributes> {
    let origin = prop_oneof![Just(Origin::Igp), Just(Origin::Egp), Just(Origin::Incomplete)];
    let numbers = (option::of(any::<u32>()), any::<u32>());
    (origin, path, next_hop(), numbers, sorted(any::<u32>()), option::of(rare())).prop_map(
        |(origin, path, next_hop, (med, local_pref), communities, rare)| {
            let mut attributes = PathAttributes {
                origin: Some(origin),
                as_path: Some(path),
                next_hop: Some(next_hop),
                med,
                local_pref: Some(local_pref),
                communities,
                rare: rare.map(Box::new),
            };
            attributes.normalise();
            attributes
        },
    )
}

fn net4() -> impl Strategy<Value = Ipv4Network> {
    (any::<u32>(), 0u8..=32).prop_map(|(bits, len)| {
        let net = Ipv4Network::new(bits.into(), len).unwrap();
        Ipv4Network::new(net.network(), len).unwrap()
    })
}

fn net6() -> impl Strategy<Value = Ipv6Network> {
    (any::<u128>(), 0u8..=128).prop_map(|(bits, len)| {
        let net = Ipv6Network::new(bits.into(), len).unwrap();
        Ipv6Network::new(net.network(), len).unwrap()
    })
}

/// The bodies of the messages in a stream, each within the length negotiated.
fn bodies(mut stream: &[u8], len_max: usize) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some(frame) = next_frame(stream, len_max).unwrap() {
        bodies.push(frame.body);
        stream = &stream[frame.len..];
    }
    assert!(stream.is_empty());
    bodies
}

fn contexts() -> impl Strategy<Value = AttributeContext> {
    any::<[bool; 4]>().prop_map(|[external, four_octet_as, allow_local_pref, allow_as_sets]| {
        AttributeContext { four_octet_as, allow_local_pref, allow_as_sets, ..context(external) }
    })
}

/// Octets that look like attributes more often than chance would have it.
fn attribute_like() -> impl Strategy<Value = Vec<u8>> {
    let flags = prop_oneof![Just(0x40u8), Just(0x80), Just(0xc0), any::<u8>()];
    let code = prop_oneof![1u8..=18, Just(32), Just(35), any::<u8>()];
    let one = (flags, code, option::weighted(0.05, any::<u8>()), vec(any::<u8>(), 0..24)).prop_map(
        |(flags, code, lie, value)| {
            let len = lie.unwrap_or(value.len() as u8);
            let mut out = if flags & 0x10 == 0 { vec![flags, code, len] } else { vec![flags, code, 0, len] };
            out.extend(value);
            out
        },
    );
    vec(one, 0..12).prop_map(|list| list.concat())
}

proptest! {
    #[test]
    fn opens(open in open()) {
        let mut out = BytesMut::new();
        open.encode(&mut out);
        prop_assert_eq!(Open::parse(bodies(&out, MESSAGE_LEN_MAX)[0]).unwrap(), open);
    }

    #[test]
    fn notifications(code: u8, subcode: u8, data in vec(any::<u8>(), 0..4000)) {
        let notification = Notification { code, subcode, data: Bytes::from(data) };
        let mut out = BytesMut::new();
        notification.encode(&mut out);
        prop_assert_eq!(Notification::parse(bodies(&out, MESSAGE_LEN_MAX)[0]).unwrap(), notification);
    }

    #[test]
    fn route_refreshes(family in family(), subtype: u8) {
        let request = RouteRefresh { family, subtype };
        let mut out = BytesMut::new();
        request.encode(&mut out);
        prop_assert_eq!(RouteRefresh::parse(bodies(&out, MESSAGE_LEN_MAX)[0]).unwrap(), request);
    }

    #[test]
    fn announcements(a in attributes(as_path()), nets in vec(net4(), 1..1500), len_max in 4096usize..=65_535) {
        let encode = EncodeContext { four_octet_as: true, message_len_max: len_max, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv4(&a, &nets, &encode, &mut out).unwrap();
        let mut read = Vec::new();
        for body in bodies(&out, len_max) {
            let frame = split_update(body).unwrap();
            let context = context(false);
            let parsed = parse_attributes(frame.attributes, true, &context).unwrap();
            prop_assert_eq!(parsed.verdict, Treatment::Accept);
            prop_assert_eq!(&parsed.attributes, &a);
            read.extend(ipv4_nlri(frame.nlri).unwrap());
        }
        prop_assert_eq!(read, nets);
    }

    #[test]
    fn announcements_to_two_octet_neighbors(a in attributes(narrow_path()), net in net4()) {
        let encode = EncodeContext { four_octet_as: false, message_len_max: 65_535, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv4(&a, &[net], &encode, &mut out).unwrap();
        let frame = split_update(bodies(&out, 65_535)[0]).unwrap();
        let context = AttributeContext { four_octet_as: false, ..context(false) };
        let parsed = parse_attributes(frame.attributes, true, &context).unwrap();
        prop_assert_eq!(parsed.verdict, Treatment::Accept);
        let ases = |a: &PathAttributes| a.as_path.as_ref().unwrap().ases().collect::<Vec<_>>();
        prop_assert_eq!(ases(&parsed.attributes), ases(&a));
        // Segments may be cut elsewhere; all else is the same.
        prop_assert_eq!(PathAttributes { as_path: a.as_path.clone(), ..parsed.attributes }, a);
    }

    #[test]
    fn announcements_ipv6(a in attributes(as_path()), nets in vec(net6(), 1..600), low: u64, beside: bool) {
        let mut a = a;
        let global = Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(low));
        let link_local = beside.then(|| Ipv6Addr::from(0xfe80_u128 << 112 | u128::from(low)));
        a.next_hop = Some(global.into());
        a.rare_mut().link_local_next_hop = link_local;
        a.normalise();
        let encode = EncodeContext { four_octet_as: true, message_len_max: MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv6(&a, &nets, &encode, &mut out).unwrap();
        let mut read = Vec::new();
        for body in bodies(&out, MESSAGE_LEN_MAX) {
            let frame = split_update(body).unwrap();
            prop_assert_eq!(frame.attributes[1], 14, "MP_REACH_NLRI stands first");
            let context = context(false);
            let parsed = parse_attributes(frame.attributes, false, &context).unwrap();
            prop_assert_eq!(parsed.verdict, Treatment::Accept);
            let reach = parsed.mp_reach.unwrap();
            prop_assert_eq!((reach.next_hop, reach.link_local), (Some(global.into()), link_local));
            read.extend(ipv6_nlri(reach.nlri).unwrap());
        }
        prop_assert_eq!(read, nets);
    }

    #[test]
    fn withdrawals(nets in vec(net4(), 0..2000), nets6 in vec(net6(), 0..800)) {
        let mut out = BytesMut::new();
        withdraw_ipv4(&nets, MESSAGE_LEN_MAX, &mut out);
        let read = bodies(&out, MESSAGE_LEN_MAX).into_iter();
        let read = read.flat_map(|b| ipv4_nlri(split_update(b).unwrap().withdrawn).unwrap());
        prop_assert_eq!(read.collect::<Vec<_>>(), nets);
        let mut out = BytesMut::new();
        withdraw_ipv6(&nets6, MESSAGE_LEN_MAX, &mut out);
        let mut read = Vec::new();
        for body in bodies(&out, MESSAGE_LEN_MAX) {
            let frame = split_update(body).unwrap();
            prop_assert_eq!(end_of_rib_family(&frame), None);
            let context = context(true);
            let parsed = parse_attributes(frame.attributes, false, &context).unwrap();
            read.extend(ipv6_nlri(parsed.mp_unreach.unwrap().nlri).unwrap());
        }
        prop_assert_eq!(read, nets6);
    }

    #[test]
    fn frames_of_anything(octets in vec(any::<u8>(), 0..64), marker: bool) {
        let stream = if marker { [&[0xff; 16][..], &octets].concat() } else { octets };
        if let Ok(Some(frame)) = next_frame(&stream, MESSAGE_LEN_MAX) {
            prop_assert_eq!(frame.body.len() + 19, frame.len);
            prop_assert!(frame.len <= stream.len());
        }
    }

    #[test]
    fn control_messages_of_anything(octets in vec(any::<u8>(), 0..600), version4: bool) {
        let mut octets = octets;
        if let (true, Some(first)) = (version4, octets.first_mut()) {
            *first = 4;
        }
        let _ = Open::parse(&octets).map(|o| (o.families(), o.effective_as())).map_err(|e| e.notification());
        let _ = RouteRefresh::parse(&octets).map_err(|e| e.notification());
        let _ = Notification::parse(&octets).map(|n| (n.describe(), n.shutdown_message()));
    }

    #[test]
    fn updates_of_anything(octets in vec(any::<u8>(), 0..600), has_nlri: bool, context in contexts()) {
        let _ = split_update(&octets).map(|f| end_of_rib_family(&f));
        let _ = parse_attributes(&octets, has_nlri, &context).map_err(|e| e.to_string());
        let _ = ipv6_nlri(&octets).map(Iterator::count);
        // A field that was checked gives every prefix in it.
        if let Ok(nets) = ipv4_nlri(&octets) {
            let taken: usize = nets.map(|n| 1 + usize::from(n.prefix().div_ceil(8))).sum();
            prop_assert_eq!(taken, octets.len());
        }
    }

    /// The verdict is the strongest error's, what is kept can be encoded, and it is read back as
    /// it was: a route we pass on is never one that our neighbor has to refuse.
    #[test]
    fn attributes_of_almost_anything(block in attribute_like(), context in contexts(), path in narrow_path()) {
        let Ok(parsed) = parse_attributes(&block, true, &context) else { return Ok(()) };
        let strongest = parsed.errors.iter().map(|e| e.treatment).max().unwrap_or_default();
        prop_assert_eq!(parsed.verdict, strongest);
        let mut a = parsed.attributes;
        a.origin.get_or_insert(Origin::Igp);
        a.as_path.get_or_insert(path);
        a.local_pref.get_or_insert(100);
        a.next_hop = Some([192, 0, 2, 1].into());
        a.communities = sort(&a.communities);
        if let Some(rare) = a.rare.as_mut() {
            rare.ext_communities = sort(&rare.ext_communities);
            rare.large_communities = sort(&rare.large_communities);
        }
        let encode = EncodeContext { four_octet_as: true, message_len_max: 65_535, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv4(&a, &["203.0.113.0/24".parse::<Ipv4Network>().unwrap()], &encode, &mut out).unwrap();
        let frame = split_update(bodies(&out, 65_535)[0]).unwrap();
        let internal = common::context(false);
        let again = parse_attributes(frame.attributes, true, &internal).unwrap();
        prop_assert_eq!(again.verdict, Treatment::Accept);
        prop_assert_eq!(again.attributes, a);
    }
}

fn sort<T: Ord + Copy>(items: &[T]) -> Box<[T]> {
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into()
}
