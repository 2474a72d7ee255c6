//! What is encoded decodes to the same value; nothing that arrives makes a parser panic.

#[path = "../common/mod.rs"]
mod common;
mod strategies;

use std::net::Ipv6Addr;

use bytes::{Bytes, BytesMut};
use common::context;
use godwit_wire::{
    AttributeContext, EncodeContext, MESSAGE_LEN_MAX, Notification, Open, Origin, PathAttributes,
    RouteRefresh, Treatment, announce_ipv4, announce_ipv6, end_of_rib_family, ipv4_nlri, ipv6_nlri,
    next_frame, parse_attributes, split_update, withdraw_ipv4, withdraw_ipv6,
};
use ipnetwork::Ipv4Network;
use proptest::collection::vec;
use proptest::prelude::*;
use strategies::*;

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
        let encode = EncodeContext { four_octet_as: true, message_len_max: len_max, aigp: true, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv4(&a, &nets, &encode, &mut out).unwrap();
        let mut read = Vec::new();
        for body in bodies(&out, len_max) {
            let frame = split_update(body).unwrap();
            let context = everything();
            let parsed = parse_attributes(frame.attributes, true, &context).unwrap();
            prop_assert_eq!(parsed.verdict, Treatment::Accept);
            prop_assert_eq!(&parsed.attributes, &a);
            read.extend(ipv4_nlri(frame.nlri).unwrap());
        }
        prop_assert_eq!(read, nets);
    }

    #[test]
    fn announcements_to_two_octet_neighbors(a in attributes(narrow_path()), net in net4()) {
        let encode = EncodeContext { four_octet_as: false, message_len_max: 65_535, aigp: true, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv4(&a, &[net], &encode, &mut out).unwrap();
        let frame = split_update(bodies(&out, 65_535)[0]).unwrap();
        let context = AttributeContext { four_octet_as: false, ..everything() };
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
        let encode = EncodeContext { four_octet_as: true, message_len_max: MESSAGE_LEN_MAX, aigp: true, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv6(&a, &nets, &encode, &mut out).unwrap();
        let mut read = Vec::new();
        for body in bodies(&out, MESSAGE_LEN_MAX) {
            let frame = split_update(body).unwrap();
            prop_assert_eq!(frame.attributes[1], 14, "MP_REACH_NLRI stands first");
            let context = everything();
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
        let encode = EncodeContext { four_octet_as: true, message_len_max: 65_535, aigp: true, ..EncodeContext::PLAIN };
        let mut out = BytesMut::new();
        announce_ipv4(&a, &["203.0.113.0/24".parse::<Ipv4Network>().unwrap()], &encode, &mut out).unwrap();
        let frame = split_update(bodies(&out, 65_535)[0]).unwrap();
        let internal = everything();
        let again = parse_attributes(frame.attributes, true, &internal).unwrap();
        prop_assert_eq!(again.verdict, Treatment::Accept);
        prop_assert_eq!(again.attributes, a);
    }
}

/// An internal session on which all there is was negotiated.
fn everything() -> AttributeContext {
    AttributeContext { aigp: true, allow_as_sets: true, confederation: true, ..context(false) }
}

fn sort<T: Ord + Copy>(items: &[T]) -> Box<[T]> {
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into()
}
