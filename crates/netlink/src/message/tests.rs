//! What we ask of the kernel reads back as what we meant, and nothing that arrives upsets us.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage,
};
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteFlags, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use proptest::prelude::*;

use super::{events, for_each_message, requests};
use crate::metrics::Metrics;
use crate::model::{Address, Event, KernelRoute, Link, RouteHop, RouteKind};
use crate::{Operation, PROTOCOL_BIRD};

fn address(ipv4: bool) -> BoxedStrategy<IpAddr> {
    if ipv4 {
        any::<u32>().prop_map(|a| Ipv4Addr::from_bits(a).into()).boxed()
    } else {
        any::<u128>().prop_map(|a| Ipv6Addr::from_bits(a).into()).boxed()
    }
}

fn net(ipv4: bool) -> BoxedStrategy<IpNetwork> {
    if ipv4 {
        (any::<u32>(), 0..=32_u8)
            .prop_map(|(a, len)| {
                let net = Ipv4Network::new(a.into(), len).expect("length");
                IpNetwork::V4(Ipv4Network::new(net.network(), len).expect("length"))
            })
            .boxed()
    } else {
        (any::<u128>(), 0..=128_u8)
            .prop_map(|(a, len)| {
                let net = Ipv6Network::new(a.into(), len).expect("length");
                IpNetwork::V6(Ipv6Network::new(net.network(), len).expect("length"))
            })
            .boxed()
    }
}

fn hop(ipv4: bool) -> impl Strategy<Value = RouteHop> {
    // An IPv4 route may go by way of an IPv6 gateway.
    let gateway = prop_oneof![address(ipv4), address(false)];
    let gateway = prop::option::weighted(0.8, gateway);
    (gateway, 1..1000_u32, 1..=256_u16, any::<bool>())
        .prop_map(|(gateway, ifindex, weight, onlink)| RouteHop { gateway, ifindex, weight, onlink })
}

fn kind(ipv4: bool) -> impl Strategy<Value = RouteKind> {
    prop_oneof![
        // The weight of the only next hop means nothing, and no message has it.
        4 => hop(ipv4).prop_map(|hop| RouteKind::Unicast(vec![RouteHop { weight: 1, ..hop }])),
        4 => prop::collection::vec(hop(ipv4), 2..6).prop_map(RouteKind::Unicast),
        1 => Just(RouteKind::Blackhole),
        1 => Just(RouteKind::Unreachable),
        1 => Just(RouteKind::Prohibit),
    ]
}

fn route() -> impl Strategy<Value = KernelRoute> {
    any::<bool>().prop_flat_map(|ipv4| {
        let table = prop_oneof![Just(254_u32), 1..256_u32, any::<u32>().prop_map(|t| t.max(256))];
        let scope = prop_oneof![Just(0_u8), Just(253)];
        let prefsrc = prop::option::of(address(ipv4));
        let realm = if ipv4 { prop_oneof![Just(0_u32), any::<u32>()].boxed() } else { Just(0).boxed() };
        let metrics = prop::collection::vec((1..=15_u16, any::<u32>()), 0..4).prop_map(|list| {
            let mut metrics = Metrics::default();
            list.into_iter().for_each(|(number, value)| metrics.set(number, value));
            metrics
        });
        let rest = (scope, realm, metrics);
        (table, net(ipv4), kind(ipv4), any::<u8>(), any::<u32>(), prefsrc, rest).prop_map(
            |(table, net, kind, protocol, metric, prefsrc, (scope, realm, metrics))| KernelRoute {
                table,
                net,
                kind,
                protocol,
                metric,
                prefsrc,
                scope,
                realm,
                metrics,
            },
        )
    })
}

fn datagram(inner: RouteNetlinkMessage) -> Vec<u8> {
    let mut message = NetlinkMessage::from(inner);
    message.finalize();
    let mut out = vec![0; message.buffer_len()];
    message.serialize(&mut out);
    out
}

/// What a message with that route says to those who listen.
fn event_of(edit: impl FnOnce(&mut RouteMessage)) -> Vec<Event> {
    let mut message = RouteMessage::default();
    message.header.address_family = AddressFamily::Inet;
    message.header.kind = netlink_packet_route::route::RouteType::Unicast;
    message.header.table = 254;
    message.header.destination_prefix_length = 8;
    message.attributes.push(RouteAttribute::Destination(RouteAddress::Inet([10, 0, 0, 0].into())));
    message.attributes.push(RouteAttribute::Oif(2));
    edit(&mut message);
    events(&datagram(RouteNetlinkMessage::NewRoute(message)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn routes_round_trip(routes in prop::collection::vec(route(), 0..20), base in any::<u32>()) {
        let operations: Vec<Operation> = routes.iter().cloned().map(Operation::Replace).collect();
        let expected: Vec<Event> = routes.into_iter().map(Event::Route).collect();
        prop_assert_eq!(events(&requests(&operations, base)), expected);
    }

    #[test]
    fn deletions_name_the_route(route in route(), base in any::<u32>()) {
        let datagram = requests(&[Operation::Delete(route.clone())], base);
        let mut read = Vec::new();
        for_each_message(&datagram, |message| read.push(message));
        prop_assert_eq!(read.len(), 1);
        let inner = read.pop().map(|message| message.payload);
        let Some(netlink_packet_core::NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelRoute(m))) = inner
        else { return Err(TestCaseError::fail("no deletion")) };
        prop_assert_eq!(m.header.destination_prefix_length, route.net.prefix());
        prop_assert_eq!(u8::from(m.header.protocol), route.protocol);
        let has = |wanted: RouteAttribute| m.attributes.contains(&wanted);
        prop_assert!(has(RouteAttribute::Destination(route.net.ip().into())));
        prop_assert!(has(RouteAttribute::Table(route.table)));
        prop_assert!(route.metric == 0 || has(RouteAttribute::Priority(route.metric)));
        // What the route does may have changed under our hands: it must not decide.
        prop_assert!(!m.attributes.iter().any(|a| matches!(
            a,
            RouteAttribute::Gateway(_) | RouteAttribute::Oif(_) | RouteAttribute::MultiPath(_)
        )));
    }

    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = events(&octets);
    }

    /// Octets with a head in order, so that what is behind it is looked at.
    #[test]
    fn any_message(
        (kind, family) in (16..40_u16, prop_oneof![Just(2_u8), Just(10), any::<u8>()]),
        (flags, body) in (any::<u16>(), prop::collection::vec(any::<u8>(), 0..300)),
    ) {
        let mut out = Vec::new();
        out.extend((17 + body.len() as u32).to_ne_bytes());
        out.extend(kind.to_ne_bytes());
        out.extend(flags.to_ne_bytes());
        out.extend([0; 8]);
        out.push(family);
        out.extend(body);
        let _ = events(&out);
    }

    #[test]
    fn damaged_messages(
        routes in prop::collection::vec(route(), 1..4),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let operations: Vec<Operation> = routes.into_iter().map(Operation::Add).collect();
        let mut out = requests(&operations, 1);
        for (index, octet) in damage {
            let at = index.index(out.len());
            out[at] = octet;
        }
        let _ = events(&out);
        out.truncate(cut.index(out.len() + 1));
        let _ = events(&out);
    }
}

#[test]
fn flags_and_numbers_of_requests() {
    let route = |net: &str| KernelRoute {
        table: 254,
        net: net.parse().expect("net"),
        kind: RouteKind::Blackhole,
        protocol: PROTOCOL_BIRD,
        metric: 0,
        prefsrc: None,
        scope: 0,
        realm: 0,
        metrics: Metrics::default(),
    };
    let operations = [
        Operation::Add(route("10.0.0.0/8")),
        Operation::Replace(route("10.1.0.0/16")),
        Operation::Delete(route("::/0")),
    ];
    // The numbers wrap.
    let mut heads = Vec::new();
    for_each_message(&requests(&operations, u32::MAX), |m| {
        heads.push((m.header.sequence_number, m.header.flags));
    });
    let expected = [
        (u32::MAX, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL),
        (0, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE),
        (1, NLM_F_REQUEST | NLM_F_ACK),
    ];
    assert_eq!(heads, expected);
    assert!(requests(&[], 1).is_empty());
}

#[test]
fn routes_beyond_us_are_left_out() {
    assert_eq!(event_of(|_| ()).len(), 1);
    assert_eq!(event_of(|m| m.header.flags = RouteFlags::Cloned), []);
    assert_eq!(event_of(|m| m.header.tos = 8), []);
    assert_eq!(event_of(|m| m.header.source_prefix_length = 1), []);
    assert_eq!(event_of(|m| m.header.kind = netlink_packet_route::route::RouteType::Local), []);
    assert_eq!(event_of(|m| m.header.address_family = AddressFamily::Mpls), []);
    assert_eq!(event_of(|m| m.header.destination_prefix_length = 33), []);
}

#[test]
fn a_default_route_has_no_destination() {
    let found = event_of(|m| {
        m.header.destination_prefix_length = 0;
        m.attributes.retain(|a| !matches!(a, RouteAttribute::Destination(_)));
    });
    let [Event::Route(route)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(route.net, "0.0.0.0/0".parse().expect("net"));
}

#[test]
fn the_table_of_the_attribute_counts() {
    let found = event_of(|m| m.attributes.push(RouteAttribute::Table(70_000)));
    let [Event::Route(route)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(route.table, 70_000);
}

#[test]
fn links() {
    let mut message = LinkMessage::default();
    message.header.index = 7;
    message.header.flags = LinkFlags::Up | LinkFlags::Multicast | LinkFlags::Broadcast;
    message.attributes.push(LinkAttribute::IfName("cali1".into()));
    message.attributes.push(LinkAttribute::Mtu(1450));
    message.attributes.push(LinkAttribute::Controller(3));
    let expected = Link {
        index: 7,
        name: "cali1".into(),
        master: Some(3),
        admin_up: true,
        broadcast: true,
        multicast: true,
        mtu: 1450,
        ..Link::default()
    };
    assert_eq!(events(&datagram(RouteNetlinkMessage::NewLink(message.clone()))), [Event::Link(expected)]);
    assert_eq!(events(&datagram(RouteNetlinkMessage::DelLink(message))), [Event::LinkGone(7)]);
}

#[test]
fn addresses() {
    let local: IpAddr = [192, 0, 2, 1].into();
    let peer: IpAddr = [192, 0, 2, 2].into();
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = 24;
    message.header.index = 4;
    message.header.flags = AddressHeaderFlags::Secondary;
    let read = |message: &AddressMessage| events(&datagram(RouteNetlinkMessage::NewAddress(message.clone())));
    assert_eq!(read(&message), [], "without an address");
    message.attributes.push(AddressAttribute::Address(local));
    let mut expected = Address {
        ifindex: 4,
        address: "192.0.2.1/24".parse().expect("net"),
        peer: None,
        secondary: true,
        tentative: false,
        scope: 0,
    };
    assert_eq!(read(&message), [Event::Address(expected.clone())]);
    message.attributes.push(AddressAttribute::Local(local));
    assert_eq!(read(&message), [Event::Address(expected.clone())]);
    message.attributes[0] = AddressAttribute::Address(peer);
    message.header.flags = AddressHeaderFlags::Tentative;
    (expected.peer, expected.secondary, expected.tentative) = (Some(peer), false, true);
    assert_eq!(read(&message), [Event::Address(expected)]);
}

#[test]
fn dead_next_hops_of_others_are_left_out() {
    use netlink_packet_route::route::{RouteNextHop, RouteNextHopFlags};
    let hops = |protocol: u8, dead: [bool; 2]| {
        let events = event_of(|message| {
            message.header.protocol = protocol.into();
            let hop = |(index, dead): (u32, bool)| {
                let mut hop = RouteNextHop::default();
                hop.interface_index = index;
                hop.flags = if dead { RouteNextHopFlags::Dead } else { RouteNextHopFlags::empty() };
                hop
            };
            let hops = (1..).zip(dead).map(hop).collect();
            message.attributes.push(RouteAttribute::MultiPath(hops));
        });
        match events.as_slice() {
            [Event::Route(KernelRoute { kind: RouteKind::Unicast(hops), .. })] => hops.len(),
            _ => 0,
        }
    };
    assert_eq!((hops(4, [false, false]), hops(4, [false, true]), hops(4, [true, true])), (2, 1, 0));
    assert_eq!(hops(PROTOCOL_BIRD, [false, true]), 2);
}
