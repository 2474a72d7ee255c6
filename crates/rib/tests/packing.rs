//! Nets with one set of attributes go out together, in messages no longer than the neighbor takes.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::peer::Peer;
use common::{
    announce_all, bgp, external, filter, net, path, path_with, path6, settle, to_external, to_internal,
    withdraw,
};
use godwit_filter::RouteAttributes;
use godwit_rib::{BgpExport, ExportPolicy, NetKey, RouteBatch, SourceId, Table};
use godwit_wire::{EncodeContext, PathAttributes, encode_attributes};
use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};
use proptest::prelude::*;

/// Header and the two length fields.
const OVERHEAD: usize = 23;

fn nets(count: u16) -> Vec<Ipv4Network> {
    (0..count).map(|i| net(&format!("10.{}.{}.0/24", i >> 8, i & 0xff))).collect()
}

fn table<K: NetKey>() -> (Table<K>, SourceId) {
    let mut table = Table::new(1);
    let source = table.add_source(bgp(external(1)), None);
    (table, source)
}

fn attributes_len(attributes: &PathAttributes) -> usize {
    let mut out = Vec::new();
    let context = EncodeContext { four_octet_as: true, message_len_max: 4096, ..EncodeContext::PLAIN };
    encode_attributes(attributes, true, &context, &mut out);
    out.len()
}

#[test]
fn nets_of_one_set_fill_messages() {
    let (mut table, source) = table();
    announce_all(&mut table, source, &nets(3_000), &path());
    let mut peer = Peer::new(&mut table, to_external(9), ExportPolicy::All, None);
    peer.listen(&mut table);
    let sent: BTreeSet<IpNetwork> = peer.nets.keys().copied().collect();
    assert_eq!(sent, nets(3_000).into_iter().map(IpNetwork::V4).collect());
    let attributes = peer.nets.values().next().unwrap();
    assert!(peer.nets.values().all(|a| a == attributes));
    let each = (4096 - OVERHEAD - attributes_len(attributes)) / 4;
    assert_eq!(peer.messages, 3_000_usize.div_ceil(each), "not one more than it takes");

    table.flush_source(source);
    settle(&mut table);
    peer.listen(&mut table);
    assert!(peer.nets.is_empty());
    assert_eq!(peer.messages, 3_000_usize.div_ceil((4096 - OVERHEAD) / 4));
}

#[test]
fn interleaved_sets_are_sorted_out() {
    let (mut table, source) = table();
    for (i, n) in nets(700).into_iter().enumerate() {
        announce_all(&mut table, source, &[n], &path_with(|p| p.bgp.communities = [i as u32 % 7].into()));
    }
    let mut peer = Peer::new(&mut table, to_external(9), ExportPolicy::All, None);
    peer.listen(&mut table);
    assert_eq!((peer.nets.len(), peer.messages), (700, 7));
}

/// The filter makes three sets out of one, and nets that it leaves alike stay together.
#[test]
fn what_a_filter_leaves_alike_goes_together() {
    let (mut table, source) = table();
    announce_all(&mut table, source, &nets(600), &path());
    let policy = filter(
        "if net ~ [10.0.0.0/24{25,32}] then reject;
         if net ~ [10.0.0.0/17{24,24}] then bgp_community.add((1, 1));
         if net = 10.1.7.0/24 then bgp_community.add((1, 2));
         if net = 10.2.9.0/24 then bgp_path.prepend(5);
         accept;",
    );
    let mut peer = Peer::new(&mut table, to_external(9), policy, None);
    peer.listen(&mut table);
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for a in peer.nets.values() {
        *groups.entry(format!("{:?} {:?}", a.as_path, a.communities)).or_default() += 1;
    }
    assert_eq!(peer.nets.len(), 600);
    assert_eq!(peer.messages, groups.len());
}

#[test]
fn ipv6_is_packed_as_well() {
    let (mut table, source) = table();
    let nets: Vec<Ipv6Network> =
        (0..2_000_u32).map(|i| common::net6(&format!("2001:db8:{i:x}::/48"))).collect();
    announce_all(&mut table, source, &nets, &path6());
    let to = BgpExport { own_next_hop: Some(common::ip("2001:db8::fe")), ..to_external(9) };
    let mut peer = Peer::new(&mut table, to, ExportPolicy::All, None);
    peer.listen(&mut table);
    assert_eq!(peer.nets.len(), 2_000);
    // 7 octets each; the attributes are the short ones of a test.
    assert_eq!(peer.messages, 2_000 * 7 / 4_000 + 1);
    table.flush_source(source);
    settle(&mut table);
    peer.listen(&mut table);
    assert!(peer.nets.is_empty());
    assert_eq!(peer.messages, 2_000 * 7 / 4_060 + 1);
}

#[test]
fn extended_messages_are_used_when_taken() {
    let (mut table, source) = table();
    announce_all(&mut table, source, &nets(10_000), &path());
    let to = BgpExport { message_len_max: 65_535, ..to_external(9) };
    let mut peer = Peer::new(&mut table, to, ExportPolicy::All, None);
    peer.listen(&mut table);
    assert_eq!((peer.nets.len(), peer.messages), (10_000, 1));
}

/// Paths of two sources are apart: what is rewritten depends on the source.
#[test]
fn sources_are_not_mixed_up() {
    let mut table = Table::new(1);
    let near = table.add_source(bgp(external(1)), None);
    let far = table.add_source(bgp(godwit_rib::BgpSource { ifindex: 0, ..external(2) }), None);
    let all = nets(10);
    let path = path_with(|p| p.destination = godwit_filter::Destination::Blackhole);
    announce_all(&mut table, near, &all[..5], &path);
    announce_all(&mut table, far, &all[5..], &path);
    assert_eq!(table.attrs().len(), 1, "one set for both");
    let mut peer = Peer::new(&mut table, to_external(9), ExportPolicy::All, None);
    peer.listen(&mut table);
    for (i, n) in all.iter().enumerate() {
        let expected = if i < 5 { "192.0.2.1" } else { "192.0.2.254" };
        assert_eq!(peer.nets[&IpNetwork::V4(*n)].next_hop, Some(common::ip(expected)), "{n}");
    }
}

/// A path for one of a few attribute sets, some of them long.
fn set(n: u32) -> RouteAttributes {
    path_with(|p| p.bgp.communities = (0..(n % 4) * 40).map(|c| c + n).collect())
}

prop_compose! {
    fn any_net()(bits in 0x0a00_0000..0x0b00_0000_u32, len in 8..=32_u8) -> Ipv4Network {
        NetKey::from_bits(u128::from(bits) << 96, len)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the nets, sets, limits and slices: the neighbor ends up with the table, and no set
    /// is spread over more messages than a slice of it fills.
    #[test]
    fn messages_hold_what_they_should(
        routes in prop::collection::btree_map(any_net(), 0..8_u32, 1..400),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..50),
        message_len_max in 700..4_096_usize,
        nets_max in prop_oneof![Just(usize::MAX), 1..100_usize],
        internal in any::<bool>(),
    ) {
        let (mut table, source) = table();
        let mut batch = RouteBatch::default();
        for (n, which) in &routes {
            batch.announce(*n, &common::hashed(&set(*which)));
        }
        table.apply(source, batch, 1);
        let to = if internal { to_internal(9) } else { to_external(9) };
        let mut peer = Peer::new(&mut table, BgpExport { message_len_max, ..to }, ExportPolicy::All, None);
        // Hearing checks the length of every message.
        while table.has_export(peer.id) {
            peer.listen_once(&mut table, nets_max);
        }
        let expected: BTreeMap<IpNetwork, Box<[u32]>> =
            routes.iter().map(|(n, which)| (IpNetwork::V4(*n), set(*which).bgp.communities)).collect();
        let heard: BTreeMap<_, _> = peer.nets.iter().map(|(n, a)| (*n, a.communities.clone())).collect();
        prop_assert_eq!(heard, expected);
        if nets_max == usize::MAX {
            let mut octets: BTreeMap<u32, usize> = BTreeMap::new();
            for (n, which) in &routes {
                *octets.entry(*which).or_default() += 1 + usize::from(n.prefix()).div_ceil(8);
            }
            let most: usize = octets.iter().map(|(which, octets)| {
                let attributes = &peer.nets[&IpNetwork::V4(*routes.iter().find(|(_, w)| *w == which).unwrap().0)];
                // A message may end up to four octets short for want of a net that fits.
                octets.div_ceil(message_len_max - OVERHEAD - attributes_len(attributes) - 4)
            }).sum();
            prop_assert!(peer.messages <= most, "{} messages, {} would do", peer.messages, most);
        }

        let all: Vec<_> = routes.keys().copied().collect();
        let gone: BTreeSet<_> = gone.iter().map(|i| all[i.index(all.len())]).collect();
        gone.iter().for_each(|n| withdraw(&mut table, source, *n));
        while table.has_export(peer.id) {
            peer.listen_once(&mut table, nets_max);
        }
        prop_assert_eq!(peer.nets.len(), routes.len() - gone.len());
        prop_assert!(gone.iter().all(|n| !peer.nets.contains_key(&IpNetwork::V4(*n))));
    }
}
