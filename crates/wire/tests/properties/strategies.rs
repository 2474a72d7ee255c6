//! What may be: capabilities, attributes and nets.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use godwit_wire::{
    AddPathFamily, AddressFamily, Aggregator, AsPath, AsPathBuilder, AttributeContext, Capability,
    ExtendedCommunity, ExtendedNextHopFamily, GracefulRestart, GracefulRestartFamily, Hostname,
    LargeCommunity, LongLivedFamily, Open, Origin, PathAttributes, RareAttributes, Role, SegmentKind,
    UnknownAttribute, next_frame,
};
use ipnetwork::{Ipv4Network, Ipv6Network};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use crate::common::context;

pub(crate) fn family() -> impl Strategy<Value = AddressFamily> {
    (any::<u16>(), any::<u8>()).prop_map(|(afi, safi)| AddressFamily { afi, safi })
}

pub(crate) fn capability() -> impl Strategy<Value = Capability> {
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
    let next_hops = vec((family(), any::<u16>()), 0..40).prop_map(|families| {
        let family = |(family, next_hop_afi)| ExtendedNextHopFamily { family, next_hop_afi };
        Capability::ExtendedNextHop(families.into_iter().map(family).collect())
    });
    let long_lived = vec((family(), any::<bool>(), 0u32..1 << 24), 0..36).prop_map(|families| {
        let family = |(family, forwarding_preserved, stale_time_secs)| LongLivedFamily {
            family,
            forwarding_preserved,
            stale_time_secs,
        };
        Capability::LongLivedGracefulRestart(families.into_iter().map(family).collect())
    });
    let name = || vec(any::<u8>(), 0..120).prop_map(Bytes::from);
    let hostname =
        (name(), name()).prop_map(|(host, domain)| Capability::Hostname(Hostname { host, domain }));
    let role = (0u8..5).prop_map(|code| Capability::Role(Role::from_code(code).unwrap()));
    prop_oneof![
        family().prop_map(Capability::Multiprotocol),
        next_hops,
        long_lived,
        hostname,
        role,
        Just(Capability::ExtendedMessage),
        add_path,
        Just(Capability::RouteRefresh),
        graceful,
        any::<u32>().prop_map(Capability::FourOctetAs),
        Just(Capability::EnhancedRouteRefresh),
        (74u8.., vec(any::<u8>(), 0..=255))
            .prop_map(|(code, value)| Capability::Unknown { code, value: value.into() }),
    ]
}

pub(crate) fn open() -> impl Strategy<Value = Open> {
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
pub(crate) fn as_path() -> impl Strategy<Value = AsPath> {
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
pub(crate) fn narrow_path() -> impl Strategy<Value = AsPath> {
    let asn = prop_oneof![1u32..65_536, 65_536u32..];
    vec(asn, 1..300).prop_map(|ases| AsPath::from_sequence(&ases))
}

pub(crate) fn next_hop() -> impl Strategy<Value = IpAddr> {
    (1u8..224, any::<[u8; 3]>())
        .prop_filter("loopback", |(first, _)| *first != 127)
        .prop_map(|(a, [b, c, d])| IpAddr::from([a, b, c, d]))
}

pub(crate) fn sorted<T: Ord + std::fmt::Debug>(
    items: impl Strategy<Value = T>,
) -> impl Strategy<Value = Box<[T]>> {
    btree_set(items, 0..20).prop_map(|set| set.into_iter().collect())
}

pub(crate) fn rare() -> impl Strategy<Value = RareAttributes> {
    let aggregator = (1u32.., any::<u32>()).prop_map(|(asn, a)| Aggregator { asn, address: a.into() });
    let large = any::<[u32; 3]>().prop_map(|[global, data1, data2]| LargeCommunity { global, data1, data2 });
    let unknown = prop::collection::btree_map(41u8.., vec(any::<u8>(), 0..400), 0..4).prop_map(|map| {
        let attribute =
            |(code, value): (u8, Vec<u8>)| UnknownAttribute { flags: 0xe0, code, value: value.into() };
        map.into_iter().map(attribute).collect::<Vec<_>>()
    });
    let aigp =
        (option::of(any::<u64>()), vec((2u8.., vec(any::<u8>(), 0..20)), 0..3)).prop_map(|(metric, tlvs)| {
            let tlv = |(kind, value): (u8, Vec<u8>)| [&[kind, 0, value.len() as u8 + 3][..], &value].concat();
            (metric, tlvs.into_iter().flat_map(tlv).collect::<Box<[u8]>>())
        });
    (
        any::<bool>(),
        option::of(aggregator),
        option::of(any::<u32>().prop_map(Ipv4Addr::from)),
        vec(any::<u32>(), 0..10).prop_map(Vec::into_boxed_slice),
        sorted(any::<u64>().prop_map(ExtendedCommunity)),
        sorted(large),
        unknown,
        aigp,
        option::of(any::<u32>()),
    )
        .prop_map(
            |(atomic_aggregate, aggregator, originator_id, cluster_list, ext, large, unknown, aigp, otc)| {
                RareAttributes {
                    atomic_aggregate,
                    aggregator,
                    originator_id,
                    cluster_list,
                    ext_communities: ext,
                    large_communities: large,
                    link_local_next_hop: None,
                    aigp: aigp.0,
                    aigp_tlvs: aigp.1,
                    only_to_customer: otc,
                    unknown,
                }
            },
        )
}

pub(crate) fn attributes(path: impl Strategy<Value = AsPath>) -> impl Strategy<Value = PathAttributes> {
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

pub(crate) fn net4() -> impl Strategy<Value = Ipv4Network> {
    (any::<u32>(), 0u8..=32).prop_map(|(bits, len)| {
        let net = Ipv4Network::new(bits.into(), len).unwrap();
        Ipv4Network::new(net.network(), len).unwrap()
    })
}

pub(crate) fn net6() -> impl Strategy<Value = Ipv6Network> {
    (any::<u128>(), 0u8..=128).prop_map(|(bits, len)| {
        let net = Ipv6Network::new(bits.into(), len).unwrap();
        Ipv6Network::new(net.network(), len).unwrap()
    })
}

/// The bodies of the messages in a stream, each within the length negotiated.
pub(crate) fn bodies(mut stream: &[u8], len_max: usize) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some(frame) = next_frame(stream, len_max).unwrap() {
        bodies.push(frame.body);
        stream = &stream[frame.len..];
    }
    assert!(stream.is_empty());
    bodies
}

pub(crate) fn contexts() -> impl Strategy<Value = AttributeContext> {
    any::<[bool; 7]>().prop_map(
        |[external, four_octet_as, allow_local_pref, allow_as_sets, confederation, aigp, either_next_hop]| {
            let both = vec![AddressFamily::IPV4, AddressFamily::IPV6];
            AttributeContext {
                four_octet_as,
                allow_local_pref,
                allow_as_sets,
                confederation,
                aigp,
                extended_next_hop: if either_next_hop { both } else { Vec::new() },
                ..context(external)
            }
        },
    )
}

/// Octets that look like attributes more often than chance would have it.
pub(crate) fn attribute_like() -> impl Strategy<Value = Vec<u8>> {
    let flags = prop_oneof![Just(0x40u8), Just(0x80), Just(0xc0), any::<u8>()];
    let code = prop_oneof![1u8..=18, Just(26), Just(32), Just(35), any::<u8>()];
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
