//! Where routes that come go: next hops that are looked up, and neighbors that no address of ours covers.

mod common;

use common::update::{A, A6, GLOBAL, as_path, body, channel, flat, mp_reach, next_hop, origin, session};
use common::{ETH0, Link, ip};
use godwit_filter::{Destination, NextHop, Recursion};
use godwit_rib::{Batches, BgpImport, ChannelImport, ExportPolicy, ImportStep};

fn looking_up(prefer_link_local: bool) -> ChannelImport {
    let lookup_tables = [3, 4];
    ChannelImport { recursive: true, lookup_tables, prefer_link_local, ..channel(ExportPolicy::All) }
}

/// RFC 2545 §3: the link-local address is used where the way there is a link; the lookup is of the global one.
#[test]
fn which_table_and_which_address() {
    let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let to = |prefer_link_local, next_hop: &[u8]| {
        let attributes = [origin(0), as_path(&[65001]), mp_reach(next_hop, &A6)].concat();
        let mut step = ImportStep::new(session(), None, Some(looking_up(prefer_link_local)), common::SEED);
        let mut batches = Batches::default();
        step.update(&body(&[], &attributes, &[]), &Link, &mut batches).unwrap();
        flat(&batches.ipv6).remove(0).1.unwrap().destination
    };
    let hop = |address, link_local: Option<&str>| {
        let link_local = link_local.map(|a| a.parse().unwrap());
        Destination::of_recursion(Recursion { address: ip(address), link_local, table: 4 })
    };
    let both = [&GLOBAL[..], &link_local].concat();
    assert_eq!(to(true, &both), hop("2001:db8::1", Some("fe80::7")));
    assert_eq!(to(false, &both), hop("2001:db8::1", None));
    assert_eq!(to(true, &GLOBAL), hop("2001:db8::1", None));
}

#[test]
fn an_address_alone() {
    let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let route = |next_hop: &[u8]| {
        let attributes = [origin(0), as_path(&[65001]), mp_reach(next_hop, &A6)].concat();
        let mut step = ImportStep::new(session(), None, Some(channel(ExportPolicy::All)), common::SEED);
        let mut batches = Batches::default();
        step.update(&body(&[], &attributes, &[]), &Link, &mut batches).unwrap();
        flat(&batches.ipv6).remove(0).1.unwrap()
    };
    let native = route(&[&[0; 16][..], &link_local].concat());
    assert_eq!(native.bgp.next_hop, Some(ip("::")));
    assert_eq!(native.destination, common::via("fe80::7"));
    assert_eq!(route(&link_local), native, "once");
    assert_eq!(route(&[link_local, link_local].concat()), native, "twice");
}

#[test]
fn onlink() {
    let peer = "198.51.100.9";
    let to = |onlink, address: [u8; 4]| {
        let session = BgpImport { onlink, peer_address: ip(peer), ..session() };
        let mut step = ImportStep::new(session, Some(channel(ExportPolicy::All)), None, common::SEED);
        let attributes = [origin(0), as_path(&[65001]), next_hop(address)].concat();
        let mut batches = Batches::default();
        step.update(&body(&[], &attributes, &A), &Link, &mut batches).unwrap();
        flat(&batches.ipv4).remove(0).1.map(|route| route.destination)
    };
    let hop = NextHop { gateway: Some(ip(peer)), ifindex: ETH0, weight: 1, onlink: true };
    assert_eq!(to(true, [198, 51, 100, 9]), Some(Destination::Unicast(hop)));
    assert_eq!(to(false, [198, 51, 100, 9]), None);
    assert_eq!(to(true, [198, 51, 100, 8]), None, "only the neighbor itself");
    assert_eq!(to(true, [192, 0, 2, 1]), Some(common::via("192.0.2.1")), "others as ever");
}

/// As with BIRD 1.6.
#[test]
fn a_next_hop_on_no_link_is_the_neighbor_in_16() {
    let to = |next_hop_is_peer_else, address: [u8; 4]| {
        let session = BgpImport { next_hop_is_peer_else, peer_address: ip("192.0.2.1"), ..session() };
        let mut step = ImportStep::new(session, Some(channel(ExportPolicy::All)), None, common::SEED);
        let attributes = [origin(0), as_path(&[65001]), next_hop(address)].concat();
        let mut batches = Batches::default();
        step.update(&body(&[], &attributes, &A), &Link, &mut batches).unwrap();
        flat(&batches.ipv4).remove(0).1.map(|route| route.destination)
    };
    assert_eq!(to(true, [10, 5, 0, 1]), Some(common::via("192.0.2.1")));
    assert_eq!(to(false, [10, 5, 0, 1]), None);
    assert_eq!(to(true, [192, 0, 2, 7]), Some(common::via("192.0.2.7")), "others as ever");
}
